#!/usr/bin/env bash
# A package prints its interaction against the sum of its parts, keeps it with the appraisal, and says where there is none.
source "$(dirname "$0")/../support/set_up.sh"

cat "$source/configs/smoke.toml" - >package.toml <<'CONFIG'

[[scenario]]
name = "together"
lever = "package"
[scenario.parameters]
levers = ["community_wealth_fund", "bus_franchising"]

[[scenario]]
name = "money"
lever = "package"
[scenario.parameters]
levers = ["ukspf_ring_fence", "community_wealth_fund"]
CONFIG
for threads in 1 2; do
  "$spillway" run package.toml --threads $threads --quiet --all --replicates 99 --output run$threads.h5 >run$threads.txt
  grep -A4 "interaction of" run$threads.txt >lines$threads.txt || fail "no interaction is printed"
done
cmp lines1.txt lines2.txt || fail "the interaction differs between 1 and 2 threads"
grep -q "interaction of community_wealth_fund, bus_franchising, the package less the sum of its parts on the same draws" lines1.txt || fail "$(cat lines1.txt)"
grep -Eq "^  doubly_disadvantaged: package [0-9.e+-]+ \[.*sum of parts .*interaction [0-9.e+-]+ \[" lines1.txt || fail "$(cat lines1.txt)"
grep -q "interaction of ukspf_ring_fence, community_wealth_fund: zero; no lever of the package changes rho or W" lines1.txt || fail "a package of shocks has an interaction"
h5dump -a /appraisal/together/interaction run1.h5 | grep -q "sum of parts" || fail "the interaction is not kept"
