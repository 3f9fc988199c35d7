#!/usr/bin/env bash
# What stands first is true and short: from the estimates that drive each policy, with what stands against it.
source "$(dirname "$0")/../support/set_up.sh"
"$spillway" synth --areas 600 --authorities 60 --output world >/dev/null
sed 's/^pack = .*/pack = "world"/; /^synthetic_areas/d; /^extrapolate/d' "$config" >small.toml
wealth=scenario.wealth_fund.parameters
small=(--replicates 99 --draws 79 --set $wealth.amount=3e6 --set scenario.ring_fence_10.parameters.amount=26e6)
run() { "$spillway" run "$@" 2>/dev/null; } # run CONFIG FLAGS...

# A screen, whatever the number of policies; --all has the rest, --quiet nothing.
run small.toml "${small[@]}" --output a.h5 >first.txt
[ "$(wc -l <first.txt)" -le 36 ] || fail "longer than a screen"
for k in 1 2 3 4 5 6 7 8; do printf '\n[[scenario]]\nname = "more_%s"\nlever = "bus_franchising"\n' $k; done >more.toml
sed '/^\[outcomes\]/,$d' small.toml | cat - more.toml <(sed -n '/^\[outcomes\]/,$p' small.toml) >many.toml
run many.toml "${small[@]}" --output many.h5 >many.txt
[ "$(wc -l <many.txt)" -le 36 ] || fail "eleven policies are longer than a screen: $(wc -l <many.txt) lines"
grep -Eq "^and [0-9]+ policies more: --all$" many.txt || fail "those left out are not counted"
[ -z "$(run small.toml "${small[@]}" --output a.h5 --quiet)" ] || fail "--quiet prints"
run small.toml "${small[@]}" --output a.h5 --all >all.txt
grep -q "^stage " all.txt && grep -q "as_published" all.txt || fail "--all leaves things out"
! grep -q "^stage " first.txt || fail "the first words are not short"
tail -3 first.txt | head -1 | grep -q "^results: a.h5" || fail "the file is not named at the end"

# Money of another size than places have is refused or stands first, also where its unit is said; a unit's scale is read wherever it stands.
sized() { # sized NAME DIVISOR UNIT: the world with its GVA divided
  cp -r world "$1"
  python3 - "$@" <<'SIZED'
import csv, re, sys
name, divisor, unit = sys.argv[1:]
rows = list(csv.reader(open(f"{name}/areas.csv")))
at = rows[0].index("gva")
for row in rows[1:]: row[at] = repr(float(row[at]) / float(divisor))
csv.writer(open(f"{name}/areas.csv", "w"), lineterminator="\n").writerows(rows)
text = re.sub(r"(?m)^sha256 = .*\n", "", open(f"{name}/pack.toml").read())
text, changed = re.subn(r'(?s)(\[columns\."?gva"?\][^\[]*?unit = )"[^"]*"', lambda m: f'{m[1]}"{unit}"', text)
assert changed == 1, text
open(f"{name}/pack.toml", "w").write(text)
SIZED
}
sized slip 1e6 GBP && sized said 1e6 "GBP (millions)" && sized doubtful 100 GBP && sized unknown 1 "GBP (hundreds)"
expect 2 "a head, which no place has (gva of the areas has the unit 'GBP', times 1 for pounds" "$spillway" check small.toml "${small[@]:4}" --data slip
expect 2 "column 'gva' has the unit 'GBP (hundreds)'" "$spillway" check small.toml "${small[@]:4}" --data unknown
run small.toml "${small[@]}" --data said --output said.h5 >said.txt
cmp <(grep -v "^results: \|said.h5\|a.h5" first.txt) <(grep -v "^results: \|said.h5\|a.h5" said.txt) || fail "GBP (millions) are not a million pounds each"
run small.toml "${small[@]}" --data doubtful --output b.h5 >doubtful.txt
head -1 doubtful.txt | grep -q "^warning: GVA of all areas is GBP .* a head: check the units of gva and population$" || fail "$(head -3 doubtful.txt)"
[ "$(grep -c "^warning: GVA of all areas" doubtful.txt)" = 1 ] || fail "the same warning for every scenario"
expect 0 "warning: GVA of all areas is GBP" "$spillway" check small.toml "${small[@]:4}" --data doubtful
! grep -q "^warning: GVA" first.txt || fail "GVA of places is doubted"

# 39 draws have a band, of 38 none is given, in pounds neither.
run small.toml --replicates 39 --draws 39 "${small[@]:4}" --output b.h5 | grep -q "^  Doubly disadvantaged areas: .*\] by the end of year 5, GBP .*\] a head a year" || fail "39 draws have no band"
run small.toml --replicates 38 --draws 38 "${small[@]:4}" --output b.h5 >38.txt
grep -q "^  Doubly disadvantaged areas: [^][]*; no band from 38 draws (it needs 39)" 38.txt || fail "$(grep "^  Doubly" 38.txt)"
"$spillway" appraise b.h5 --scenario wealth_fund --by lad >by.txt
grep -q "^     -: no band from 3[0-9] draws (it needs 39)$" by.txt && grep -q "^     South West 04 .* - .* - " by.txt || fail "$(grep -A9 "^By " by.txt)"

# The nation's figure of a transfer is areas' unequal sizes, and said to be; that of buses is told.
grep -A6 "^ring_fence_10: " first.txt | grep -q "^  All areas together: .*; not told by this model (areas' unequal sizes" || fail "$(cat first.txt)"
grep -A6 "^bus_franchising: " first.txt | grep -q "^  All areas together: .*; better in [0-9]* of " || fail "$(cat first.txt)"
# More a head than the estimate's areas had stands first against a policy.
! grep -q "outside support" first.txt || fail "GBP 3m lie outside support"
run small.toml "${small[@]}" --set $wealth.amount=70e6 --output b.h5 | grep -q "^  against it: outside support: more a head than 99 % of areas had; " || fail "GBP 70m lie inside support"

# A band of the spillover alone falls short where draws resample clusters in pairs, not where they come from score cells;
# a stock's band is its effect's.
falls="the spillover's part of this band holds in"
run small.toml "${small[@]}" --set model.spillover.interval=percentile_t --output b.h5 >pairs.txt
run small.toml "${small[@]}" --set model.spillover.interval=cell_draws --output b.h5 >cells.txt
grep -A6 "^ring_fence_10: " pairs.txt | grep -q "against it: .*$falls" || fail "$(cat pairs.txt)"
! grep -A6 "^wealth_fund: " pairs.txt | grep -q "$falls" || fail "a stock's band is said to be the spillover's"
! grep -q "$falls" cells.txt || fail "draws from cells are said to fall short"
# Replicates lean where instruments are weak, and by how much is theirs.
! grep -q "in the middle" first.txt || fail "draws lean where instruments are strong"
"$spillway" synth --areas 2000 --authorities 100 --instrument-strength 0.4 --output leaning >/dev/null
sed 's/pack = "world"/pack = "leaning"/' small.toml >leaning.toml
run leaning.toml "${small[@]:4}" --replicates 4999 --draws 99 --output w.h5 >leaning.txt
lean=$(sed -nE 's/^  against it: .*draws of grants_per_head lie ([0-9]+) % (above|below) its estimate in the middle.*/\1 \2/p' leaning.txt)
[ -n "$lean" ] || fail "draws do not lean: $(grep against leaning.txt)"
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 - $lean <<'CHECK' || fail "the lean is not that of the file's draws"
import h5py, statistics, sys
file = h5py.File("w.h5")
row = [name.decode() for name in file["draws/parameter"]].index("social_infrastructure/structural/grants_per_head")
good = [value[row] for value, status in zip(file["draws/value"][:], file["draws/status"][:]) if status == 0]
off = statistics.median(good) / file["estimates/social_infrastructure/structural/estimate"][0] - 1
assert sys.argv[2] == ("above" if off > 0 else "below") and abs(100 * abs(off) - int(sys.argv[1])) <= 0.51, (off, sys.argv)
CHECK
fi

# The cumulative effect comes first, in the tables too.
grep -m1 -E "^(cumulative_)?uplift " all.txt | grep -q "^cumulative_uplift" || fail "the last year's rate comes first"
grep -q "uplift: a year, in the last year" all.txt || fail "the rate is not called the last year's"
grep -q "^  Doubly disadvantaged areas: .* by the end of year 5, GBP " first.txt || fail "$(cat first.txt)"

# The numbers that matter are those that drive: another estimate in the scenario, another number; a figure's lever needs no model B.
grep -q "^  spillover (spillover/corrected_score): lag:doubly_disadvantaged" first.txt || fail "$(cat first.txt)"
grep -q "^  social infrastructure (social_infrastructure/structural): grants_per_head on growth_decade (log points a period) = " first.txt ||
  fail "the structural number is of growth a period: $(cat first.txt)"
strength=$("$spillway" table a.h5 estimates --format json | python3 -c '
import json, sys
form = next(one for one in json.load(sys.stdin)["models"] if one["estimator"] == "structural")
f = form["diagnostics"]["effective_f"]
print("%.1f" % f if f < 10 else "%.0f" % float("%.1e" % f))')
grep -q "^  social infrastructure .*; effective F $strength (weak below " first.txt ||
  fail "not its own strength ($strength): $(grep "^  social" first.txt)"
within=()
for one in ring_fence_10 wealth_fund bus_franchising; do within+=(--set scenario.$one.estimates.spillover=spillover/within); done
run small.toml "${small[@]}" "${within[@]}" --output b.h5 >within.txt
grep -q "^  spillover (spillover/within): lag:doubly_disadvantaged" within.txt && ! grep -q "corrected_score): lag" within.txt || fail "$(cat within.txt)"

# Weak instruments with their own critical value, and a sign that is not told, stand against a policy.
"$spillway" synth --areas 600 --authorities 60 --instrument-strength 0.05 --output weak >/dev/null
run small.toml "${small[@]}" --data weak --output c.h5 >weak.txt
grep -A6 "^wealth_fund: " weak.txt | grep -Eq "^  against it: .*weak instruments \(effective F [0-9.]+, and [0-9]+ is needed\); the effect of grants_per_head: (not told apart from zero|its sign is not established)" ||
  fail "$(cat weak.txt)"
! grep -A6 "^ring_fence_10: " weak.txt | grep "^  against it" | grep -q "weak instruments" || fail "instruments count against a policy that they do not drive"

# Returns beside benchmarks, before any other number where they cannot be believed: at the edges, 1 and 15 GBP per GBP.
gva() { # gva GBP: the row of the ring-fence where a pound brings so much
  run small.toml "${small[@]}" --set scenario.ring_fence_10.parameters.gva_per_pound="$1" --output g.h5 --all >g.txt
  "$spillway" appraise g.h5 --scenario ring_fence_10 --json g.json >/dev/null
  python3 -c "import json; print(json.load(open('g.json'))['appraisals'][0]['plausibility'])"
}
at=$(gva 0.5 | grep -oE "GBP [0-9.e+-]+ of GVA" | cut -d' ' -f2)
brings() { awk -v a="$at" -v to="$1" 'BEGIN { printf "%.6g", 0.5 * to / a }'; }
gva "$(brings 0.95)" | grep -q "^implausibly small against 3.2 (Frontier for Local Trust 2021" || fail "0.95 is plausible"
before=$(grep -n "implausibly small" g.txt | head -1 | cut -d: -f1) title=$(grep -n "^scenario ring_fence_10 " g.txt | head -1 | cut -d: -f1)
[ "$before" -lt "$title" ] || fail "the doubt does not stand before the numbers"
gva "$(brings 1.05)" | grep -q "^plausibility: in doubly_disadvantaged areas GBP 1.0" || fail "1.05 is not plausible"
gva "$(brings 14.5)" | grep -q "^plausibility: " || fail "14.5 is not plausible"
gva "$(brings 15.5)" | grep -q "^implausibly large against " || fail "15.5 is plausible"
h5dump -a /appraisal/ring_fence_10/plausibility g.h5 | grep -q "implausibly large" || fail "the file does not keep it"
run small.toml "${small[@]}" --set scenario.ring_fence_10.parameters.gva_per_pound="$(brings 15.5)" --output g.h5 >g.txt
grep -A1 "^ring_fence_10: " g.txt | tail -1 | grep -qE "^  implausibly large: GBP 1[0-9] of GVA .* in doubly disadvantaged areas; .* returned GBP 3 to 5 of all benefits$" || fail "the first words do not begin with it"

# Far beyond its estimate: heading, JSON, file, first words.
much=(--set $wealth.amount=400e6 --set 'scenario.wealth_fund.extrapolate="a trial of size"')
run small.toml "${small[@]}" "${much[@]}" --output x.h5 --all --json x.json >x.txt
grep -q "^scenario wealth_fund .*EXTRAPOLATED" x.txt || fail "the heading does not say it"
grep -q "EXTRAPOLATED: the policy adds up to .*; allowed because: a trial of size" x.json || fail "the JSON does not say it"
h5dump -a /scenarios/wealth_fund/extrapolated x.h5 | grep -q "a trial of size" || fail "the file does not say it"
! h5dump -a /scenarios/ring_fence_10/extrapolated x.h5 >/dev/null 2>&1 || fail "a policy within support is said to be beyond"
run small.toml "${small[@]}" "${much[@]}" --output x.h5 | grep -q "^wealth_fund: .* (EXTRAPOLATED)$" || fail "the first words do not say it"

# The paragraph leaves the verdict on spillover to the estimate.
grep -q "what that establishes stands with the estimate: its own interval" all.txt || fail "$(grep Spillover all.txt)"
! grep -q "that neighbours share in what happens is supported" all.txt || fail "two verdicts on spillover"

# Places by pounds are ranked by their own.
"$spillway" frontier small.toml "${small[@]}" --scenario ring_fence_10 --points 2 --area-draws 9 --quiet >f.txt
grep -q "note: Areas are not ranked by pounds that reach others, under equal weights or weights by size" f.txt || fail "no reason"
"$spillway" frontier small.toml "${small[@]}" --scenario ring_fence_10 --points 2 --area-draws 9 --quiet --worth outcome >o.txt
! grep -q "Areas are not ranked by pounds" o.txt || fail "outcomes are refused too"
echo "first words: short, from what drives, with what stands against"
