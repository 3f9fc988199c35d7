#!/usr/bin/env bash
# The installed library: find_package(spillway) from a project outside the tree, the worked example of docs/developers built
# against it; at the estimates' own draws it says what the program says.
source "$(dirname "$0")/../support/set_up.sh"
build=$(dirname "$(realpath "$spillway")")
for stage in base studies; do
  [ -f "$build/libspillway_$stage.a" ] || { echo "SKIPPED: $build is no build folder"; exit 77; }
done

cmake --install "$build" --prefix "$PWD/prefix" >install.txt || fail "$(tail -3 install.txt)"
[ ! -e prefix/include/spillway/tools/cli ] || fail "the command line's headers are installed"
[ -f prefix/include/spillway/tools/studies/session.hpp ] || fail "the studies' headers are not installed"
! find prefix/include -name '*_body.hpp' | grep . || fail "headers of kernels are installed"
[ "$(prefix/bin/spillway --version)" = "$("$spillway" --version)" ] || fail "the installed program is another"

cp -r "$source/docs/developers/library" example  # out of reach of the tree's own headers
cmake -S example -B example-build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$PWD/prefix" >configure.txt 2>&1 || fail "$(tail -5 configure.txt)"
grep -q "$PWD/prefix" example-build/CMakeCache.txt || fail "another spillway was found"
cmake --build example-build >build.txt 2>&1 || fail "$(grep -m3 -E 'error|undefined' build.txt)"

example-build/one_policy "$config" >said.txt || fail "the example fails"
"$spillway" run "$config" --quiet --output run.h5 --json run.json >/dev/null
python3 - <<'CHECK' || fail "the example does not say what the program says"
import json, sys
said = [line.split(" ", 3) for line in open("said.txt")]
asked = {row["group"]: row["p50"] for row in json.load(open("run.json"))["scenarios"][0]["outcomes"] if row["outcome"] == "cumulative_uplift"}
own = {group: float(p50) for factor, group, p50, unit in said if factor == "1"}
half = {group: float(p50) for factor, group, p50, unit in said if factor == "0.5"}
sys.exit(0 if own == asked and len(own) > 3 and half.keys() == own.keys() and half != own else 1)
CHECK

# A version that is not there is refused.
sed -i 's/find_package(spillway 0.2 /find_package(spillway 9.0 /' example/CMakeLists.txt
! cmake -S example -B other-build -G Ninja -DCMAKE_PREFIX_PATH="$PWD/prefix" >refused.txt 2>&1 || fail "version 9.0 is found"
grep -q "spillway" refused.txt || fail "$(tail -3 refused.txt)"
