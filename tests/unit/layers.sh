#!/usr/bin/env bash
# Includes follow the flow, and the check that says so can fail.
set -euo pipefail
source=$2
"$source/tools/check_layers" "$source"

broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
mkdir -p "$broken"/{engine/weights,engine/run,engine/policy,scenarios,tools/studies,tools/export,tools/cli}
echo '#include "engine/outcome/outcome.hpp"' >"$broken/engine/weights/a.hpp"
echo '#include "scenarios/lever.hpp"' >"$broken/engine/run/b.cpp"
echo '#include <hdf5.h>' >"$broken/scenarios/c.cpp"
echo '#include "tools/cli/command.hpp"' >"$broken/tools/studies/d.cpp"
echo '#include <CLI/CLI.hpp>' >"$broken/tools/studies/e.cpp"
echo '#include "tools/studies/session.hpp"' >"$broken/scenarios/f.cpp"
echo '#include "engine/store/run_store.hpp"' >"$broken/engine/policy/g.hpp"
echo '#include "tools/export/dossier.hpp"' >"$broken/tools/studies/h.cpp"
echo '#include <sqlite3.h>' >"$broken/tools/cli/i.cpp"
printf '#include "%s"\n' tools/studies/session.hpp tools/export/dossier.hpp scenarios/lever.hpp engine/run/graph.hpp >"$broken/tools/cli/allowed.cpp"
found=$("$source/tools/check_layers" "$broken" || true)
for expected in "engine/weights/a.hpp:1: includes engine/outcome/outcome.hpp (weights may not use outcome)" \
  "engine/run/b.cpp:1: includes scenarios/lever.hpp (run may not use scenarios)" "scenarios/c.cpp:1: HDF5 belongs" \
  "tools/studies/d.cpp:1: includes tools/cli/command.hpp (studies may not use cli)" "tools/studies/e.cpp:1: CLI11 belongs" \
  "scenarios/f.cpp:1: includes tools/studies/session.hpp (scenarios may not use studies)" \
  "engine/policy/g.hpp:1: includes engine/store/run_store.hpp (policy may not use store)" \
  "tools/studies/h.cpp:1: includes tools/export/dossier.hpp (studies may not use export)" \
  "tools/cli/i.cpp:1: a format of export belongs"; do
  grep -qF "$expected" <<<"$found" || {
    echo "the check missed: $expected"
    exit 1
  }
done
! grep -q allowed <<<"$found" || {
  echo "the check refuses what is allowed: $found"
  exit 1
}
