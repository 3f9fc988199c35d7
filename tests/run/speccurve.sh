#!/usr/bin/env bash
# spillway speccurve on a small England: every row is what a run with those choices says, and the same for any threads.
source "$(dirname "$0")/../support/set_up.sh"

for threads in 1 2; do
  "$spillway" speccurve "$config" --threads $threads --quiet --json curve$threads.json --csv curve$threads.csv \
    --output curve$threads.h5 >curve$threads.txt
done
cmp curve1.json curve2.json || fail "the curve differs between 1 and 2 threads"
h5diff curve1.h5 curve2.h5 /specification_curve || fail "the file differs between 1 and 2 threads"
"$spillway" speccurve "$config" --scenario wealth_fund --headline npsv_national --weights configured \
  --weights contiguity:size=population --quiet --json money.json >/dev/null
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
run sized weights.size=population
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
    # max-t over all: the largest of the rows' own |t|, and p no smaller than one over the draws.
    # A curve sorted by an uplift lists one rulebook; NPSV is tested under every one.
    books = len({r["rulebook"] for r in json.load(open("money.json"))["specification_curve"][0]["specifications"]})
    assert books > 1
    for headline, tests in curve["max_t"].items():
        each = books if headline.startswith("npsv") else 1
        for among, test in tests.items():
            drawn = [r for r in rows if r[headline]["p50"] is not None and (among == "all" or r["decision"] in ("accepted", "caution"))]
            assert 0 < test["tested"] <= each * len(drawn), (name, headline, among, test, len(drawn))
            assert 1 / (max(r["draws"] for r in drawn) + 1) <= test["p"] <= 1, test
            assert 0 <= test["at_5_percent"] <= test["tested"] and (test["at_5_percent"] > 0) == (test["p"] < 0.05), test
    assert any(t["all"]["tested"] > 1 for t in curve["max_t"].values()), "nothing was tested together"
    assert all(r["decision"] in ("shown", "refused", "impossible") for r in rows if r["iv_estimator"] == "ols")
    assert all(r["decision"] == "shown" for r in rows if r["estimator"] == "as_published" and r["uplift_nation"]["p50"] is not None
               and r["iv_estimator"] == "2sls" and "impossible" not in r["decision"] and r["decision"] != "refused")
money = json.load(open("money.json"))["specification_curve"][0]
# Neighbours that count by their size are a choice of W.
found = [r for r in money["specifications"] if r["rulebook"] == "green-book-2026" and not r["configured"]
         and all(r[k] == v for k, v in dict(base, weights="contiguity:size=population").items())]
assert len(found) == 1, [r["weights"] for r in money["specifications"]]
line = next(l for s in json.load(open("sized.json"))["scenarios"] if s["name"] == "wealth_fund" for l in s["outcomes"]
            if l["outcome"] == "cumulative_uplift" and l["group"] == "nation")
equal = next(r for r in money["specifications"] if r["configured"])
for q in ("p5", "p50", "p95"):
    assert abs(found[0]["uplift_nation"][q] - line[q]) <= 1e-5 * abs(line["p95"] - line["p5"]), (q, found[0], line)
assert found[0]["uplift_nation"]["p50"] != equal["uplift_nation"]["p50"], equal
assert {r["rulebook"] for r in money["specifications"]} == {"green-book-2022", "green-book-2026"}
CHECK

# Money: NPSV of the configured row is the run's under its own rulebook, and the appraisal's under the other; a draw's share of
# GVA that is additional goes with that draw. Where two rulebooks agree in all that counts here the rows do too.
additional='appraisal.benefits.gva_additional_share={distribution="uniform",low=0.02,high=0.9,source="test"}'
"$spillway" speccurve "$config" --scenario wealth_fund --headline npsv_national --weights configured --set "$additional" --quiet --json money.json >/dev/null
"$spillway" run "$config" --quiet --output run.h5 --set "$additional" >/dev/null
for book in green-book-2022 green-book-2026; do "$spillway" appraise run.h5 --scenario wealth_fund --rulebook $book --json $book.json >/dev/null; done
python3 - <<'CHECK' || fail "NPSV of a row is not that of the run"
import json
rows = [r for r in json.load(open("money.json"))["specification_curve"][0]["specifications"]]
assert sum(r["configured"] for r in rows) == 1
own = next(r for r in rows if r["configured"])
axes = ("weights", "estimator", "own_lag", "proxy", "instruments", "iv_estimator", "horizon")
for book in ("green-book-2022", "green-book-2026"):
    row = next(r for r in rows if r["rulebook"] == book and all(r[k] == own[k] for k in axes))
    appraisal = json.load(open(book + ".json"))["appraisals"][0]
    for side in ("national", "local"):
        wanted = appraisal[side]["npsv"]["p50"]
        assert abs(row["npsv_" + side]["p50"] / wanted - 1) < 1e-5, (book, side, row["npsv_" + side], wanted)
CHECK

# Decisions: errors that are correlated over years refuse what leaves the own lag out and put a caution on the rest.
"$spillway" synth --output serial --areas 800 --authorities 60 --serial-correlation 0.4 >/dev/null
serial=("$config" --data serial --quiet --set bootstrap.replicates=199 --set bootstrap.draws=99)
"$spillway" speccurve "${serial[@]}" --scenario ring_fence_10 --weights configured --json serial.json >/dev/null
"$spillway" estimate "${serial[@]}" --json in.json >/dev/null 2>&1 || [ $? = 3 ] # refused as a headline
"$spillway" estimate "${serial[@]}" --set model.spillover.own_lag=false --json out.json >/dev/null 2>&1 || [ $? = 3 ]
python3 - <<'CHECK' || fail "serially correlated residuals decide nothing"
import json
rows = json.load(open("serial.json"))["specification_curve"][0]["specifications"]
met = set()
for own_lag in ("in", "out"):
    for model in json.load(open(own_lag + ".json"))["models"]:
        p = model["diagnostics"].get("serial_correlation_p")
        if model["kind"] != "spatial_lag_panel" or p is None or model["estimator"] != "corrected_score": continue
        for row in rows:
            if row["own_lag"] != own_lag or row["estimator"] != "corrected_score" or row["decision"] == "impossible": continue
            said = [r for r in row["reasons"] if "serially correlated residuals" in r]
            assert bool(said) == (p < 0.05), (own_lag, p, row)
            if p < 0.05:
                met.add(own_lag)
                assert row["decision"] == "refused" if own_lag == "out" else row["decision"] != "accepted", row
assert met == {"in", "out"}, met
CHECK
# Where a fall is good the table says that its first ranks are the worst.
sed 's/better = "higher"/better = "lower"/' "$config" >lower.toml
"$spillway" speccurve lower.toml --scenario ring_fence_10 --weights configured --horizons 1 --quiet >lower.txt
grep -q "summed over the horizon; below zero is good, so the first ranks are the worst)" lower.txt || fail "$(head -1 lower.txt)"
! grep -q "first ranks are the worst" curve1.txt || fail "first ranks are called the worst where a rise is good"

# A signal among the specifications ends the call within two seconds, exit 130, and leaves nothing.
"$spillway" speccurve "$config" --scenario wealth_fund --threads 1 --quiet --log stopped.log --output stopped.h5 >stopped.txt 2>said.txt &
job=$!
until grep -q '"begin","stage":"specification curve wealth_fund: scenario"' stopped.log 2>/dev/null || ! kill -0 $job 2>/dev/null; do sleep 0.005; done
kill -TERM $job 2>/dev/null || fail "the curve was finished before it could be stopped"
since=$(date +%s%N) status=0
wait $job || status=$?
took=$((($(date +%s%N) - since) / 1000000))
[ $status = 130 ] || fail "SIGTERM exits $status, not 130: $(cat said.txt)"
[ $took -lt 2000 ] || fail "the curve went on for $took ms after SIGTERM"
grep -q "interrupted within the specification curve" said.txt || fail "$(cat said.txt)"
[ ! -e stopped.h5 ] || fail "a stopped curve left a result"
[ ! -s stopped.txt ] || fail "a stopped curve printed a table"

refused() { # refused TEXT ARGUMENTS...
  expect 2 "$1" "$spillway" speccurve "$config" --quiet "${@:2}"
}
refused "did you mean 'wealth_fund'" --scenario wealth_fnd
refused "did you mean 'uplift_nation'" --scenario ring_fence_10 --headline uplift_natio
refused "did you mean 'contiguity'" --weights contiguty
refused "needs its number of neighbours: knn:6" --weights knn
refused "no number above 0" --weights inverse_distance:-3
refused "needs periods from 1 to 200" --horizons 0
refused "green-book-2022" --rulebooks green-book-2021
echo "specification curve: all as expected"
