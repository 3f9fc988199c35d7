#!/usr/bin/env bash
# A result that a scenario draws from is an input: hashed into the provenance and into the checkpoint's key, so that a resume
# never mixes two versions of it.
# shellcheck disable=SC2154
# shellcheck disable=SC1091
source "$(dirname "$0")/../support/set_up.sh"
small=(--set data.synthetic_areas=600 --quiet --threads 2)
"$spillway" run "$config" "${small[@]}" --replicates 199 --draws 180 --seed 1 --output other.h5 >/dev/null
"$spillway" run "$config" "${small[@]}" --replicates 199 --draws 180 --seed 2 --output second.h5 >/dev/null
uses=(run "$config" "${small[@]}" --replicates 60000 --draws 180 --set 'scenario.ring_fence_10.estimates.spillover={ run = "other.h5", estimate = "spillover/corrected_score" }' --output o.h5)
cp other.h5 first.h5
"$spillway" "${uses[@]}" >/dev/null 2>said.txt &
job=$!
until ls o.h5.checkpoint/unit-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.005; done
kill -TERM $job || fail "finished before it could be stopped: $(cat said.txt)"
status=0
wait $job || status=$?
[ $status = 130 ] || fail "SIGTERM exits $status: $(cat said.txt)"
cp second.h5 other.h5
expect 2 "data is 'result " "$spillway" "${uses[@]}" --resume
cp first.h5 other.h5
"$spillway" "${uses[@]}" --resume >/dev/null
"$spillway" inspect o.h5 --json - | python3 -c '
import json, sys, hashlib
inputs = json.load(sys.stdin)["inputs"]
mine = [i for i in inputs if i["role"] == "result"]
assert len(mine) == 1 and mine[0]["path"] == "other.h5", inputs
assert mine[0]["sha256"] == hashlib.sha256(open("other.h5", "rb").read()).hexdigest(), mine' || fail "the provenance does not hold the other result"
echo "other result: in the provenance and in the key"
