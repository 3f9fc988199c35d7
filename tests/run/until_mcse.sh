#!/usr/bin/env bash
# Monte Carlo errors of aggregate quantiles: in the file, in words; --until-mcse stops at a number of replicates whose run is bit
# for bit the run of that number, whatever the threads.
source "$(dirname "$0")/../support/set_up.sh"

for threads in 1 2; do
  "$spillway" run "$config" --until-mcse 0.3 --threads $threads --all --output until$threads.h5 >until$threads.txt 2>steps$threads.txt
  grep "replicates, " steps$threads.txt >numbers$threads.txt
done
cmp numbers1.txt numbers2.txt || fail "the steps depend on threads"
last=$(tail -1 numbers1.txt)
replicates=${last%% replicates*}
[ "$replicates" -gt 1024 ] || fail "the first step met a target that it should not: $last"
"$spillway" run "$config" --replicates "$replicates" --quiet --output direct.h5 >/dev/null
for group in /draws /scenarios /estimates /appraisal; do
  h5diff until1.h5 direct.h5 $group || fail "$group differs from the run of $replicates replicates"
  h5diff until1.h5 until2.h5 $group || fail "$group differs between 1 and 2 threads"
done
grep -q "Monte Carlo error with $replicates draws" until1.txt || fail "the summary does not say the error"
h5dump -d /scenarios/ring_fence_10/aggregate/cumulative_uplift/lad/monte_carlo_error -y -w 0 direct.h5 >error.txt || fail "no errors by authority in the file"
python3 - <<'CHECK' || fail "steps do not double, or do not fall below the target at the last one alone"
import re
lines = open("numbers1.txt").read().splitlines()
steps = [(int(l.split()[0]), float(re.search(r"quantile ([\d.]+)", l)[1])) for l in lines]
assert [n for n, _ in steps] == [1024 * 2**k for k in range(len(steps))], steps
assert steps[-1][1] <= 0.3 and all(e > 0.3 for _, e in steps[:-1]), steps
CHECK
# The number that decides is the largest of those in the file: all scenarios, both outcomes, the nation and area types.
for scenario in ring_fence_10 wealth_fund bus_franchising; do
  for outcome in uplift cumulative_uplift; do
    for grouping in nation area_type; do
      for what in quantile monte_carlo_error; do
        h5dump -d /scenarios/$scenario/aggregate/$outcome/$grouping/$what -b LE -o $scenario-$outcome-$grouping.$what direct.h5 >/dev/null
      done
    done
  done
done
python3 - <<'CHECK' || fail "the error that decides is not the largest of the file's"
import array, glob, re
largest = 0.0
files = glob.glob("*.monte_carlo_error")
assert len(files) == 12, files
for name in files:
    error, quantile = array.array("d"), array.array("d")
    error.frombytes(open(name, "rb").read())
    quantile.frombytes(open(name.replace("monte_carlo_error", "quantile"), "rb").read())
    groups = len(error) // 5  # levels 0.05, 0.25, 0.5, 0.75, 0.95
    for g in range(groups):
        spread = (quantile[3 * groups + g] - quantile[groups + g]) / 1.349
        if spread > 0: largest = max([largest] + [error[k * groups + g] / spread for k in range(5)])
said = float(re.search(r"quantile ([\d.]+)", open("numbers1.txt").read().splitlines()[-1])[1])
assert abs(said - largest) <= 6e-5 + 1e-3 * largest, (said, largest)
CHECK
# Wherever the scenario with the largest error stands: the first of the file, put last, decides as before.
python3 - "$config" >turned.toml <<'TURN'
import re, sys
parts = re.split(r"^(?=\[\[?(?!scenario\.))", open(sys.argv[1]).read(), flags=re.M)
scenarios = [p for p in parts if p.startswith("[[scenario]]")]
assert len(scenarios) == 3
for part in parts:
    print(scenarios.pop() if part.startswith("[[scenario]]") else part, end="")
TURN
"$spillway" run turned.toml --until-mcse 0.3 --most-replicates 1024 --output turned.h5 2>turned.txt >/dev/null
[ "$(head -1 turned.txt)" = "$(head -1 numbers1.txt)" ] || fail "the order of scenarios matters: $(head -1 turned.txt), $(head -1 numbers1.txt)"
"$spillway" run "$config" --until-mcse 0.001 --most-replicates 1500 --output capped.h5 >/dev/null 2>capped.txt
grep -q "not met with 1024 replicates" capped.txt || fail "a target that is not met is not said"
expect 2 "needs a share of the spread above 0" "$spillway" run "$config" --until-mcse 0 --quiet --output none.h5
[ ! -e none.h5 ] || fail "a refused target left a result"
echo "until-mcse: all as expected, stopped at $replicates replicates"
