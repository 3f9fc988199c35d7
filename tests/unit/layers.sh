#!/usr/bin/env bash
# Includes follow the flow, and the check that says so can fail.
set -euo pipefail
source=$2
"$source/tools/check_layers" "$source"

broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
mkdir -p "$broken"/{engine/weights,engine/run,scenarios,tools}
echo '#include "engine/outcome/outcome.hpp"' >"$broken/engine/weights/a.hpp"
echo '#include "scenarios/lever.hpp"' >"$broken/engine/run/b.cpp"
echo '#include <hdf5.h>' >"$broken/scenarios/c.cpp"
found=$("$source/tools/check_layers" "$broken" || true)
for expected in "engine/weights/a.hpp:1: includes engine/outcome/outcome.hpp (weights may not use outcome)" \
  "engine/run/b.cpp:1: includes scenarios/lever.hpp (run may not use scenarios)" "scenarios/c.cpp:1: HDF5 belongs"; do
  grep -qF "$expected" <<<"$found" || {
    echo "the check missed: $expected"
    exit 1
  }
done
