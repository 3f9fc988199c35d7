#!/usr/bin/env bash
# A memory budget is kept or refused, never changes a result; one instruction set for all machines changes last digits only.
#   budget.sh SPILLWAY SOURCE
source "$(dirname "$0")/../support/set_up.sh"

run() { "$spillway" run "$source/configs/smoke.toml" --quiet "$@" >/dev/null; }

run --output free.h5
run --output tight.h5 --memory 0.045
h5diff free.h5 tight.h5 /scenarios || fail "a budget of 45 MB changed a result"

code=0
"$spillway" run "$source/configs/smoke.toml" --quiet --output none.h5 --memory 0.02 >/dev/null 2>message || code=$?
[ "$code" = 2 ] || fail "a budget below what the inputs take ended with code $code, not 2"
grep -q "run.memory_gb is 0.02, but inputs" message || fail "the message does not say what the budget lacks: $(cat message)"
[ ! -e none.h5 ] || fail "a refused run left a file"

run --output one.h5 --reproducible
[ "$(h5dump -a /run/instruction_set one.h5 | grep -c 'x86-64-v2')" = 1 ] || fail "the provenance does not name the one instruction set"
h5diff --relative=1e-4 free.h5 one.h5 /scenarios/ring_fence_10/aggregate || fail "one instruction set gives other results"
