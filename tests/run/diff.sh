#!/usr/bin/env bash
# spillway diff: equal results are equal; what moved is found by name, with its size and place; exit codes 0, 1 and 2.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --areas 900 --output world >/dev/null
pack=world
small=(--quiet --set bootstrap.replicates=99 --set bootstrap.draws=99 --set outcomes.horizon=3)
run() { # run FILE ARGUMENTS...
  local file=$1
  shift
  "$spillway" run "$config" --data "$pack" "${small[@]}" --output "$file" "$@" >/dev/null
}
json() { # json EXPRESSION: true of d.json, called `it`
  python3 -c "import json, sys
it = json.load(open('d.json'))
moved = {one['path']: one for one in it['moved']}
sys.exit(0 if ($1) else 1)" || fail "not so of the differences: $1"
}
apart() { # apart A B: they differ, and d.json says how
  local status=0
  "$spillway" diff "$@" --json d.json >d.txt || status=$?
  [ $status = 1 ] || fail "diff $* exits $status, not 1: $(cat d.txt)"
}

run a.h5 --threads 1
run b.h5 --threads 2
"$spillway" diff a.h5 b.h5 --json d.json >d.txt || fail "two runs of one configuration differ: $(cat d.txt)"
grep -qE '^equal in ([0-9]{3,}) of \1 datasets$' d.txt || fail "equal results are said to be: $(cat d.txt)"
json "it['same'] and it['equal'] == it['datasets'] and not it['moved'] and not any(it['different'].values())"

# One scenario of another size: its numbers moved, those of the others did not, and the place is one of the file.
share=scenario.ring_fence_10.parameters.share
run c.h5 --set $share=0.25
apart a.h5 c.h5
[ "$(grep -n '^different settings:' d.txt | cut -d: -f1)" -lt "$(grep -n '^equal in' d.txt | cut -d: -f1)" ] || fail "settings are not said first"
grep -q 'share *= *0.25' d.txt || fail "the setting is not told: $(cat d.txt)"
json "moved and all('ring_fence_10' in path for path in moved) and it['equal'] + len(moved) >= it['datasets']"
json "not it['different']['world'] and not it['different']['version']"
place=$(python3 -c "import json
one = {m['path']: m for m in json.load(open('d.json'))['moved']}['/scenarios/ring_fence_10/area/cumulative_uplift/mean']['largest']
print(one['where']['area'].split()[0], one['a'], one['b'], one['difference'])")
read -r area a b size <<<"$place"
row=$(awk -F, -v area="$area" '$1 == area { print NR - 2 }' world/areas.csv)
at() { h5dump -m "%.17g" -d "/scenarios/ring_fence_10/area/cumulative_uplift/mean[$row;1;1;1]" "$1" | sed -n 's/^ *([0-9]*): \([^,]*\),*$/\1/p' | head -1; }
python3 -c "import sys; sys.exit(not ($a == $(at a.h5) and $b == $(at c.h5) and abs(abs($a - $b) - $size) < 1e-15))" ||
  fail "at $area the files hold $(at a.h5) and $(at c.h5), diff says $place"

# A tolerance: within it they are equal.
match=scenario.ring_fence_10.parameters.share
run c.h5 --set $match=0.2
run e.h5 --set $match=0.20000002
apart c.h5 e.h5
json "0 < max(one['largest']['difference'] for path, one in moved.items() if '/area/' in path and 'largest' in one) < 1e-6"
apart c.h5 e.h5 --tolerance 1e-9
"$spillway" diff c.h5 e.h5 --tolerance 1e-4 >d.txt || fail "within the tolerance they differ: $(cat d.txt)"

# Another order of the areas is matched by code; another world is said first.
cp -r world turned
{ head -1 world/areas.csv; tail -n +2 world/areas.csv | tac; } >turned/areas.csv
sed -i "s/$(sha256sum <world/areas.csv | cut -d' ' -f1)/$(sha256sum <turned/areas.csv | cut -d' ' -f1)/" turned/pack.toml
pack=turned
run f.h5
pack=world
apart a.h5 f.h5
[ "$(sed -n 3p d.txt)" = "different worlds:" ] && json "len(it['different']['world']) > 0" || fail "another world is not said first: $(head -5 d.txt)"
json "not any(path.startswith('/areas/') for path in moved)"

# What one has and the other has not is named.
run g.h5 --set 'outcomes.groupings=["nation", "region"]'
apart a.h5 g.h5
json "it['only_in_a'] and not it['only_in_b'] and all(any(name in p for name in ('/area_type/', '/lad/', '/combined_authority/', '/appraisal/')) for p in it['only_in_a'])"

# A reader that goes away is an error of the output, as everywhere.
status=0
"$spillway" diff a.h5 c.h5 2>pipe.err >/dev/full || status=$?
[ $status = 4 ] && grep -q 'standard output' pipe.err || fail "a full disk ends diff with $status: $(cat pipe.err)"

expect 2 "no-such.h5" "$spillway" diff a.h5 no-such.h5
expect 2 "smoke.toml" "$spillway" diff a.h5 "$config"
expect 2 "--json" "$spillway" diff a.h5 b.h5 --json a.h5
expect 2 "--tolerance" "$spillway" diff a.h5 b.h5 --tolerance -1
head -c 100000 a.h5 >short.h5
expect 4 "short.h5" "$spillway" diff a.h5 short.h5
echo "diff: equal results, moved numbers and their places, worlds, tolerances"
