#!/usr/bin/env bash
# spillway speccurve on a small England: every row is what a run with those choices says, and the same for any threads.
set -euo pipefail
spillway=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
config=$source/configs/smoke.toml

fail() {
  echo "FAILED: $1"
  exit 1
}

for threads in 1 2; do
  "$spillway" speccurve "$config" --threads $threads --quiet --json curve$threads.json --csv curve$threads.csv \
    --output curve$threads.h5 >curve$threads.txt
done
cmp curve1.json curve2.json || fail "the curve differs between 1 and 2 threads"
h5diff curve1.h5 curve2.h5 /specification_curve || fail "the file differs between 1 and 2 threads"
"$spillway" speccurve "$config" --scenario wealth_fund --headline npsv_national --quiet --json money.json >/dev/null
"$spillway" inspect curve1.h5 --verify >inspect.txt
grep -q whole inspect.txt || fail "the result is not whole"
grep -q "^\* as configured" curve1.txt || fail "the configured row is not marked"

# Runs with the choices of three rows: as configured; another W, horizon and no own lag; another cell of model B.
run() { # run NAME OVERRIDES...
  local name=$1 flags=()
  shift
  for one in "$@"; do flags+=(--set "$one"); done
  "$spillway" run "$config" --quiet --output run.h5 --json "$name.json" "${flags[@]}" >/dev/null
}
run configured
run knn weights.kind=knn weights.k=6 outcomes.horizon=3 model.spillover.own_lag=false
run cell 'model.social_infrastructure.headline_cell="lottery_per_head:turnout"'
python3 - <<'CHECK' || fail "a row is not the run with its choices"
import csv, json
curves = {c["scenario"]: c for c in json.load(open("curve1.json"))["specification_curve"]}
assert set(curves) == {"ring_fence_10", "wealth_fund", "bus_franchising"}, list(curves)
assert len(list(csv.DictReader(open("curve1.csv")))) == sum(
    sum(r["rulebook"] == "green-book-2026" for r in c["specifications"]) for c in curves.values())
base = dict(weights="contiguity", estimator="corrected_score", own_lag="in", proxy="grants_per_head",
            instruments="drug_crime_rate+turnout", iv_estimator="2sls", horizon="5")
wanted = {"configured": base,
          "knn": dict(base, weights="knn:6", own_lag="out", horizon="3"),
          "cell": dict(base, proxy="lottery_per_head", instruments="turnout")}
for name, curve in curves.items():
    rows = curve["specifications"]
    medians = [r["uplift_doubly_disadvantaged"]["p50"] for r in rows if r["uplift_doubly_disadvantaged"]["p50"] is not None]
    assert sum(r["configured"] for r in rows) == 1, "configured rows"
    assert medians == sorted(medians, reverse=True), "not sorted"
    for run, choices in wanted.items():
        if run == "cell" and name != "wealth_fund": continue  # the other two do not use model B
        found = [r for r in rows if all(r[k] == v for k, v in choices.items())]
        assert len(found) == 1, (name, choices, len(found))
        assert found[0]["configured"] == (run == "configured")
        scenario = next(s for s in json.load(open(run + ".json"))["scenarios"] if s["name"] == name)
        for group, headline in (("nation", "uplift_nation"), ("doubly_disadvantaged", "uplift_doubly_disadvantaged")):
            line = next(l for l in scenario["outcomes"] if l["outcome"] == "cumulative_uplift" and l["group"] == group)
            value = found[0][headline]
            for q in ("p5", "p50", "p95"):
                assert abs(value[q] - line[q]) <= 1e-5 * abs(line["p95"] - line["p5"]), (name, run, group, q, value, line)
    assert all(r["reasons"] for r in rows if r["decision"] != "accepted"), "a decision without its reason"
    assert all(r["decision"] in ("shown", "refused", "impossible") for r in rows if r["iv_estimator"] == "ols")
    assert all(r["decision"] == "shown" for r in rows if r["estimator"] == "as_published" and r["uplift_nation"]["p50"] is not None
               and r["iv_estimator"] == "2sls" and "impossible" not in r["decision"] and r["decision"] != "refused")
money = json.load(open("money.json"))["specification_curve"][0]
assert {r["rulebook"] for r in money["specifications"]} == {"green-book-2022", "green-book-2026"}
CHECK

expect() { # expect EXIT TEXT ARGUMENTS...
  local code=$1 text=$2 status=0 out
  shift 2
  out=$("$spillway" speccurve "$config" --quiet "$@" 2>&1) || status=$?
  [ $status = "$code" ] || fail "'speccurve $*' exits $status, not $code: $out"
  grep -qF -- "$text" <<<"$out" || fail "'speccurve $*' does not say '$text': $out"
}
expect 2 "did you mean 'wealth_fund'" --scenario wealth_fnd
expect 2 "did you mean 'uplift_nation'" --scenario ring_fence_10 --headline uplift_natio
expect 2 "did you mean 'contiguity'" --weights contiguty
expect 2 "needs its number of neighbours: knn:6" --weights knn
expect 2 "no number above 0" --weights inverse_distance:-3
expect 2 "needs periods from 1 to 200" --horizons 0
expect 2 "green-book-2022" --rulebooks green-book-2021
echo "specification curve: all as expected"
