#!/usr/bin/env bash
# bench/check_ratios: passes on what it wrote, and names the stage that has become slower, has gone, or is new.
#   check_ratios.sh SPILLWAY SOURCE
set -euo pipefail
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "FAILED: $1"; cat out; exit 1; }
check() { code=0; PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$source/bench/check_ratios" --file ratios.json --measured "$@" >out 2>&1 || code=$?; }
measured() { # file, x floor of a, plain/ours of a, name of the second stage
  cat >"$1" <<JSON
{"machine": "a machine", "ceilings": {}, "efficiency": 0.9, "rows": {"a": {"to_floor": $2, "to_reference": $3}, "$4": {"to_floor": 2.0, "to_reference": null}}}
JSON
}

measured good.json 2.0 100 b
check good.json
[ "$code" = 1 ] && grep -q "update writes it" out || fail "no file of ratios is not said"
check good.json --update
[ "$code" = 0 ] || fail "--update failed"
grep -q '"machine": "a machine"' ratios.json || fail "the ratios do not say which machine they are of"
check good.json
[ "$code" = 0 ] && grep -q "no stage is worse" out || fail "the same figures are not accepted"
measured near.json 3.1 65 b
check near.json
[ "$code" = 0 ] || fail "a factor of 1.55 is not within 1.6"
measured floor.json 3.3 100 b
check floor.json
[ "$code" = 1 ] && grep -q "^a .*WORSE: farther from its floor by 1.65" out || fail "1.65 times farther from the floor passes"
measured plain.json 2.0 60 b
check plain.json
[ "$code" = 1 ] && grep -q "^a .*WORSE: slower against the plain way by 1.67" out || fail "1.67 times slower against the plain way passes"
check plain.json --tolerance 2
[ "$code" = 0 ] || fail "--tolerance 2 does not allow 1.67"
measured gone.json 2.0 100 c
check gone.json
[ "$code" = 1 ] && grep -q "^b .*was not measured" out && grep -q "^c .*not in" out || fail "a stage that has gone passes"
measured far.json 60 100 b
check far.json --update
measured farther.json 130 100 b
check farther.json
[ "$code" = 0 ] || fail "a stage 60 times its floor is held to that floor"
measured slower.json 130 50 b
check slower.json
[ "$code" = 1 ] && grep -q "^a .*WORSE: slower against the plain way by 2.00" out || fail "a stage far from its floor may become slower"
echo "check_ratios: all as said"
