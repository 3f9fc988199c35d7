#!/usr/bin/env bash
# A sweep writes its grid, runs it, takes up what is missing and merges it; a missing or damaged member is an error.
source "$(dirname "$0")/../support/set_up.sh"

status_of() {
  local status=0
  "$@" >said.txt 2>&1 || status=$?
  echo $status
}
axes=(--set 'run.seed=[1, 2]' --set 'outcomes.horizon=[2, 3]' --set bootstrap.replicates=99 --set bootstrap.draws=99
  --set data.synthetic_areas=1500)
"$spillway" sweep "$source/configs/smoke.toml" "${axes[@]}" --output grid >said.txt
grep -q "4 configurations" said.txt || fail "the grid has not four members"
grep -q -- "--array=1-4" said.txt || fail "no command for a job array"

# Nothing computed: every member is named.
[ "$(status_of "$spillway" sweep --merge grid --output all.h5)" = 2 ] || fail "a merge of nothing does not exit 2"
for k in 1 2 3 4; do grep -q "000$k.h5" said.txt || fail "missing member $k is not named"; done
[ ! -e all.h5 ] || fail "a failed merge left a file"

"$spillway" sweep --member 3 grid --quiet >/dev/null
"$spillway" sweep --run grid --quiet >ran.txt
grep -q "^member 0003" ran.txt && fail "a member that was done is run again"
mkdir grid/0002.h5.checkpoint # what a sweep leaves that is killed between a member's result and the end of the member
echo unit >grid/0002.h5.checkpoint/unit-0.shard
"$spillway" sweep --run grid --quiet >/dev/null
[ ! -e grid/0002.h5.checkpoint ] || fail "the units of a member that is done are left for good"
# A member is the run that its overrides describe.
"$spillway" run "$source/configs/smoke.toml" --set run.seed=2 --set outcomes.horizon=2 --set bootstrap.replicates=99 \
  --set bootstrap.draws=99 --set data.synthetic_areas=1500 --quiet --output direct.h5 >/dev/null
for group in /draws /estimates /scenarios; do
  h5diff direct.h5 grid/0003.h5 $group || fail "member 3 is not the run of its overrides: $group"
done
h5diff -q grid/0001.h5 grid/0003.h5 /draws && fail "two seeds gave the same draws"

"$spillway" sweep --merge grid --output all.h5 >/dev/null
"$spillway" inspect all.h5 --verify >said.txt || fail "the merged file is not whole: $(tail -3 said.txt)"
for k in 1 2 3 4; do
  for group in draws estimates scenarios areas; do
    h5diff grid/000$k.h5 all.h5 /$group /members/000$k/$group || fail "member $k differs in $group"
  done
done
h5dump -a /members/0003/run.seed all.h5 | grep -q '"2"' || fail "the member does not carry its settings"
# Axes still stand at their datasets: the copy's dimension list refers to the copy.
h5dump -a /members/0002/draws/value/DIMENSION_LIST all.h5 | grep -q "/members/000[12]/draws/replicate" || fail "axes are lost"

# A table of a merged sweep: those of its members, the values of the grid in front.
"$spillway" sweep --merge grid --output tabled.h5 --link >/dev/null
"$spillway" table all.h5 nation --format csv >all.csv
"$spillway" table tabled.h5 nation --format csv >linked.csv
cmp all.csv linked.csv || fail "tables of copies and of links differ"
axes_shown=$(head -1 all.csv)
for k in 1 2 3 4; do
  "$spillway" table grid/000$k.h5 nation --format csv | tail -n +2 >one.csv
  [ -s one.csv ] || fail "member $k has no table of the nation"
  grep "^000$k," all.csv | sed "s/^000$k,[^,]*,[^,]*,//" | cmp - one.csv || fail "the rows of member $k are not those of its own table ($axes_shown)"
done
case "$axes_shown" in member,run.seed,outcomes.horizon,scenario,*) ;; *) fail "the grid's axes do not stand in front: $axes_shown" ;; esac
grep -q '^0003,2,2,' all.csv || fail "member 3 is not shown by its values"
"$spillway" table all.h5 nation >said.txt
grep -q "the same in every member:.*bootstrap.draws = 99" said.txt || fail "what all members share is not said"
"$spillway" table all.h5 winners --rows run.seed=2 --columns member,run.seed,group --format csv >rows.csv
[ "$(tail -n +2 rows.csv | cut -d, -f2 | sort -u)" = 2 ] || fail "rows of a merged table are not picked by the grid"
[ "$(status_of "$spillway" table all.h5 nonsense)" = 2 ] || fail "a table that no member has is no error"
"$spillway" table all.h5 estimates --format json >estimates.json
python3 -c 'import json; t = json.load(open("estimates.json")); assert {r["member"] for r in t[0]["rows"]} == {1, 2, 3, 4}' || fail "JSON of a merged sweep lacks members"

# A member's result stands for its configuration, as any result does.
"$spillway" run grid/0003.h5 --dry-run >said.txt || fail "the configuration that member 3 holds is not read: $(cat said.txt)"

# Links in place of copies: the same paths lead to the same values, and nothing is copied.
"$spillway" sweep --merge grid --output linked.h5 --link >said.txt
grep -q "4 members linked" said.txt || fail "links are not said"
[ "$(stat -c %s linked.h5)" -lt 200000 ] || fail "a file of links is as large as copies"
"$spillway" inspect linked.h5 --verify >said.txt || fail "the linked file is not whole: $(tail -3 said.txt)"
for group in draws estimates scenarios; do
  h5diff all.h5 linked.h5 /members/0002/$group /members/0002/$group || fail "the linked member differs in $group"
done
mkdir moved && cp -r grid linked.h5 moved
(cd moved && "$spillway" inspect linked.h5 --verify >/dev/null) || fail "links do not survive a move of the whole folder"
rm moved/grid/0002.h5
[ "$(status_of "$spillway" inspect moved/linked.h5 --verify)" = 2 ] || fail "a linked member that has gone does not exit 2"
grep -q "0002.h5" said.txt || fail "the linked member that has gone is not named"
[ "$(cd moved && status_of "$spillway" inspect linked.h5)" = 4 ] || fail "reading a linked member that has gone is no error"
"$spillway" run moved/grid/0002.toml --output moved/grid/0002.h5 --quiet >/dev/null
[ "$(status_of "$spillway" inspect moved/linked.h5 --verify)" = 2 ] || fail "a linked member that was computed again passes for the one that was merged"
grep -q "is not the file that was merged" said.txt || fail "a linked member computed again is not named"
[ "$(status_of "$spillway" sweep --run grid --link)" = 2 ] || fail "--link without --merge is taken"

# Results that are not of their member's configuration.
cp grid/0002.h5 kept.h5
cp grid/0001.h5 grid/0002.h5
[ "$(status_of "$spillway" sweep --merge grid --output all2.h5)" = 2 ] || fail "another member's result does not exit 2"
grep -q "0002.h5: is the result of another configuration than 'grid/0002.toml': line 1" said.txt || fail "another member's result is not named"
"$spillway" run grid/0002.toml --seed 77 --output grid/0002.h5 --quiet >/dev/null
[ "$(status_of "$spillway" sweep --merge grid --output all2.h5)" = 2 ] || fail "another seed does not exit 2"
grep -q "'# --set run.seed=77' there and nothing here" said.txt || fail "the other seed is not named: $(cat said.txt)"
"$spillway" run grid/0002.toml --threads 1 --output grid/0002.h5 --quiet >/dev/null
"$spillway" sweep --merge grid --output all2.h5 >/dev/null || fail "a member run by hand with another number of threads is refused"
rm all2.h5
cp kept.h5 grid/0002.h5

# Members whose data are not the same files.
"$spillway" synth --areas 1500 --seed 1 --output pack >/dev/null
"$spillway" sweep "$source/configs/smoke.toml" --set 'run.seed=[1, 2]' --set bootstrap.replicates=99 --set bootstrap.draws=99 --data pack --output two >/dev/null
"$spillway" sweep --member 1 two --quiet >/dev/null
rm -r pack && "$spillway" synth --areas 1500 --seed 2 --output pack >/dev/null
"$spillway" sweep --member 2 two --quiet >/dev/null
[ "$(status_of "$spillway" sweep --merge two --output two.h5)" = 2 ] || fail "members of different data do not exit 2"
grep -q "0002.h5: was computed from another '.*' (.*) than member 0001: SHA-256" said.txt || fail "the other data are not named: $(cat said.txt)"

# One flipped byte in the values of a member.
h5dump -p -H -d /draws/value grid/0002.h5 >layout.txt
offset=$(awk '/OFFSET/ {print $2; exit}' layout.txt)
cp grid/0002.h5 kept.h5
printf '\x55\xaa\x55' | dd of=grid/0002.h5 bs=1 seek=$((offset + 100)) conv=notrunc status=none
[ "$(status_of "$spillway" sweep --merge grid --output all2.h5)" = 2 ] || fail "a damaged member does not exit 2"
grep -q "0002.h5" said.txt || fail "the damaged member is not named"
[ ! -e all2.h5 ] || fail "a failed merge left a file"
cp kept.h5 grid/0002.h5
truncate -s $(($(stat -c %s grid/0001.h5) / 2)) grid/0001.h5
rm grid/0004.h5
[ "$(status_of "$spillway" sweep --merge grid --output all2.h5)" = 2 ] || fail "a truncated member does not exit 2"
for k in 1 4; do grep -q "000$k.h5" said.txt || fail "faulty member $k is not named"; done

[ "$(status_of "$spillway" sweep "$source/configs/smoke.toml" --set 'run.seed=[1, 2]' --output grid)" = 2 ] || fail "another sweep in the same folder is not refused"
mkdir mine && echo "my notes" >mine/0002.toml
[ "$(status_of "$spillway" sweep "$source/configs/smoke.toml" --set 'run.seed=[1, 2]' --output mine)" = 2 ] && grep -q "my notes" mine/0002.toml && [ ! -e mine/0001.toml ] ||
  fail "a file of the grid's name is replaced"
[ "$(status_of "$spillway" sweep --member 5 grid)" = 2 ] || fail "member 5 of 4 is not refused"
[ "$(status_of "$spillway" sweep "$source/configs/smoke.toml" --set 'outcomes.horizn=[1, 2]' --output wrong)" = 2 ] || fail "an unknown key is not refused"
echo "sweep: four members run, merged, linked, verified; other configurations, missing, damaged and truncated ones refused"
