#!/usr/bin/env bash
# No output replaces an input or another output, devices and pipes are written to, links stay links, and what cannot be
# written is said by the exit code, never by silence.
# shellcheck disable=SC2154
# shellcheck disable=SC1091
source "$(dirname "$0")/../support/set_up.sh"
ulimit -c 0
short=(--set data.synthetic_areas=600 --replicates 199 --draws 180 --quiet --threads 2)
"$spillway" run "$config" "${short[@]}" --output base.h5 >/dev/null
"$spillway" synth --areas 600 --output pack >/dev/null
cp "$config" c.toml
unchanged() { # unchanged WHAT: every file below is what it was
  md5sum --quiet -c sums || fail "$1: an input was touched"
  [ -z "$(find . -name '*.tmp-*')" ] || fail "$1: litter: $(find . -name '*.tmp-*')"
}

# Output over input, by any name.
ln base.h5 hard.h5
ln -s base.h5 soft.h5
ln -s . here
cp base.h5 page.html
find . -type f ! -name sums -exec md5sum {} + >sums
scenarios=$("$spillway" inspect base.h5 --json - | python3 -c 'import json,sys; print(*[s["name"] if isinstance(s, dict) else s for s in json.load(sys.stdin)["scenarios"]][:2])')
read -r a b <<<"$scenarios"
for same in base.h5 ./base.h5 hard.h5 soft.h5 here/base.h5 "$PWD/base.h5"; do
  expect 2 "is also an input" "$spillway" report base.h5 --output "$same"
  expect 2 "is also an input" "$spillway" table base.h5 estimates --format csv --output "$same"
  expect 2 "is also an input" "$spillway" inspect base.h5 --json "$same"
  expect 2 "is also an input" "$spillway" appraise base.h5 --json "$same"
  [ -z "${b:-}" ] || expect 2 "is also an input" "$spillway" contrast base.h5 "$a" "$b" --output "$same"
done
expect 2 "is also an input" "$spillway" report page.html
expect 2 "is also an input" "$spillway" report base.h5 --compare page.html --output page.html
expect 2 "is also an input" "$spillway" report base.h5 --with page.html --output page.html
for flag in --output --json --log --status; do
  expect 2 "is also an input" "$spillway" run c.toml "${short[@]}" "$flag" here/c.toml
  expect 2 "is also an input" "$spillway" run c.toml "${short[@]}" --dry-run "$flag" c.toml
  expect 2 "is also an input" "$spillway" run c.toml "${short[@]}" --data pack "$flag" pack/areas.csv
  expect 2 "is also an input" "$spillway" run c.toml "${short[@]}" --data pack "$flag" pack/pack.toml
done
expect 2 "is also an input" "$spillway" run base.h5 --output base.h5
expect 2 "is also an input" "$spillway" estimate c.toml "${short[@]}" --json c.toml
expect 2 "is also an input" "$spillway" sensitivity c.toml "${short[@]}" --output c.toml
expect 2 "is also an input" "$spillway" coverage c.toml --dry-run --output c.toml
expect 2 "" "$spillway" run c.toml --set run.nmae=x --json c.toml # a fault's list goes nowhere near it
expect 2 "is also an input" "$spillway" convert pack --to lsoa21 --lookup pack/areas.csv --output new --json pack/areas.csv
unchanged "output over input"
# Standard output that is added to the end of an input.
for command in "inspect base.h5" "inspect base.h5 --json -" "table base.h5 estimates --format csv" "report base.h5 --output -" "appraise base.h5 --json -" "certain base.h5"; do
  for to in base.h5 hard.h5 soft.h5; do
    status=0
    # shellcheck disable=SC2086
    "$spillway" $command >>$to 2>said.txt || status=$?
    [ $status = 2 ] && grep -q "standard output goes to the end of an input ('base.h5')" said.txt || fail "'$command >>$to' exits $status: $(cat said.txt)"
  done
done
status=0
"$spillway" run c.toml "${short[@]}" --output o.h5 2>>c.toml || status=$?
[ $status = 2 ] && tail -1 c.toml | grep -q "standard error goes to the end of an input" || fail "messages at the end of the configuration: exit $status"
cp "$config" c.toml
rm said.txt
unchanged "standard output at the end of an input"
for pair in "--output --json" "--output --status" "--output --log" "--json --status" "--json --log" "--status --log"; do
  read -r first second <<<"$pair"
  expect 2 "are the same file" "$spillway" run c.toml "${short[@]}" "$first" o.h5 "$second" here/o.h5
done
[ ! -e o.h5 ] || fail "two outputs of one name left a file"
mkdir grid
cp c.toml grid/0001.toml
expect 2 "is also an input" "$spillway" sweep grid/0001.toml --set 'run.seed=[1, 2]' --output grid
cmp -s c.toml grid/0001.toml || fail "sweep replaced its configuration"
rm -r grid

# Places where no file can be: said before the work, by the name that was given.
ln -s circle circle
for command in "table base.h5 estimates --output" "inspect base.h5 --json" "levers --json" "contrast base.h5 $a $b --output" "run c.toml ${short[*]} --output"; do
  # shellcheck disable=SC2086
  expect 2 "'circle': its links lead round in a circle" "$spillway" $command circle
done
[ "$(readlink circle)" = circle ] || fail "a link that leads round was replaced"
for command in "levers --json" "schema --output" "init --output"; do
  # shellcheck disable=SC2086
  expect 4 "could not write 'no/such': there is no folder 'no'" "$spillway" $command no/such
done
expect 2 "--csv 'c.toml' is no folder" "$spillway" frontier base.h5 --csv c.toml
expect 2 "name of the new folder is empty" "$spillway" synth --areas 600 --output ""
expect 2 "init.d': it is a folder" "$spillway" init --output "$(mkdir init.d && echo "$PWD/init.d")"
expect 4 "No space left" "$spillway" init --output /dev/full
expect 2 "no such pack's manifest" "$spillway" report base.h5 --pack sums --output page2.html
expect 2 "no such pack's manifest" "$spillway" export base.h5 --pack . --output book.xlsx
expect 2 "--compress" "$spillway" run c.toml "${short[@]}" --compress 99
[ ! -e results ] && [ ! -e page2.html ] && [ ! -e book.xlsx ] || fail "a flag at fault left something"
for flag in --budget --cap --floor; do
  for pounds in nan inf -1; do expect 2 "$flag is $pounds" "$spillway" frontier base.h5 --scenario ring_fence_10 "$flag" "$pounds"; done
done

# Several files: all of them or none, and what was there stays.
mkdir -p grid/0002.toml tables/ring_fence_10-marginal-value.csv
expect 2 "0002.toml" "$spillway" sweep c.toml --set 'run.seed=[1, 2, 3]' --output grid
[ "$(ls grid)" = 0002.toml ] || fail "a sweep that could not be written left $(ls grid)"
expect 2 "marginal-value.csv" "$spillway" frontier base.h5 --scenario ring_fence_10 --csv tables
[ "$(ls tables)" = ring_fence_10-marginal-value.csv ] || fail "tables that could not be written left $(ls tables)"
echo former >tables/ring_fence_10-frontier.csv
expect 2 "marginal-value.csv" "$spillway" frontier base.h5 --scenario ring_fence_10 --csv tables
[ "$(cat tables/ring_fence_10-frontier.csv)" = former ] || fail "a former table was replaced by a command that failed"
rm -r grid tables
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
  mkdir small
  expect 4 "No space left" unshare -m bash -c "mount -t tmpfs -o size=4k tmpfs small; \"\$0\" sweep c.toml --set run.seed=[1,2,3] --output small/grid; code=\$?; ls small; exit \$code" "$spillway"
  ! unshare -m bash -c "mount -t tmpfs -o size=4k tmpfs small; \"\$0\" sweep c.toml --set run.seed=[1,2,3] --output small/grid 2>&1; ls small" "$spillway" | grep -qx grid || fail "a sweep on a full disk left a folder"
  rmdir small
fi
# Five descriptors for the program, whatever this script has inherited.
expect 4 "Too many open files" bash -c 'for fd in {3..63}; do eval "exec $fd>&-"; done; ulimit -n 5; exec "$@"' few "$spillway" dossier base.h5 --output few
[ -z "$(find . -name 'few*')" ] || fail "litter where descriptors are few: $(find . -name 'few*')"
# A folder of the user's under the name that a run's units would have.
mkdir mine.h5.checkpoint
echo thesis >mine.h5.checkpoint/thesis.txt
expect 2 "holds 'thesis.txt', which no run has put there" "$spillway" run c.toml "${short[@]}" --checkpoint always --output mine.h5
[ "$(cat mine.h5.checkpoint/thesis.txt)" = thesis ] || fail "a user's file was removed with a checkpoint"
rm -r mine.h5.checkpoint

for command in "inspect circle" "sweep circle --output grid" "sweep --merge circle --output all.h5" "appraise base.h5 --by circle" "appraise base.h5 --by list:circle" "init --output circle"; do
  # shellcheck disable=SC2086
  expect 2 "circle" "$spillway" $command
done

# Links stay links; pipes and devices are written to.
touch target.csv
ln -s target.csv link.csv
"$spillway" table base.h5 estimates --format csv --output link.csv
[ -L link.csv ] && [ -s target.csv ] || fail "a symbolic link was replaced"
ln -s there.h5 link.h5
"$spillway" run c.toml "${short[@]}" --output link.h5 >/dev/null
[ -L link.h5 ] && [ -s there.h5 ] || fail "a link as the result was replaced"
mkfifo fifo
cat fifo >came.csv &
"$spillway" table base.h5 estimates --format csv --output fifo
wait $!
cmp -s came.csv target.csv || fail "a pipe did not get the table"
[ -p fifo ] || fail "a pipe was replaced"
cmp -s <("$spillway" table base.h5 estimates --format csv --output /dev/stdout | cat) target.csv || fail "/dev/stdout"
expect 2 "is a pipe" "$spillway" run c.toml "${short[@]}" --output fifo
expect 2 "is a folder" "$spillway" table base.h5 estimates --output pack
expect 2 "is a folder" "$spillway" run c.toml "${short[@]}" --output pack
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
  devices='mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/full c 1 7 && "$@"; code=$?; [ -c /dev/null ] && [ -c /dev/full ] || exit 99; exit $code'
  for command in "appraise base.h5 --json" "run c.toml ${short[*]} --output x.h5 --status" "report base.h5 --output" "table base.h5 estimates --output"; do
    # shellcheck disable=SC2086
    expect 0 "" unshare -m bash -c "$devices" - "$spillway" $command /dev/null
  done
  expect 4 "No space left" unshare -m bash -c "$devices" - "$spillway" table base.h5 estimates --output /dev/full
  expect 2 "is a device" unshare -m bash -c "$devices" - "$spillway" run c.toml "${short[@]}" --output /dev/null
else
  echo "SKIPPED: devices (needs root that may unshare)"
fi

# Standard output that takes nothing.
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
for command in "table base.h5 estimates --format csv" "report base.h5 --output -" "inspect base.h5 --json -" "inspect base.h5" \
  "init --output -" "appraise base.h5" "run c.toml ${short[*]/--quiet/} --output out.h5" "estimate c.toml ${short[*]}" \
  "run c.toml ${short[*]} --dry-run" "--help" "--version"; do
  # shellcheck disable=SC2086
  expect 4 "could not write to standard output: No space left on device" full "$spillway" $command
  # shellcheck disable=SC2086
  expect 4 "could not write to standard output: Bad file descriptor" closed "$spillway" $command
done
"$spillway" inspect out.h5 --verify >/dev/null || fail "the result beside a full standard output is not whole"
status=0
"$spillway" report base.h5 --output - 2>said.txt | head -c 10 >/dev/null || status=${PIPESTATUS[0]}
[ "$status" = 4 ] && grep -q "Broken pipe" said.txt || fail "a reader that has gone: exit $status: $(cat said.txt)"

# Standard error that takes nothing ends nothing.
for how in full closed; do
  to=/dev/full
  for command in "0 run c.toml ${short[*]/--quiet/} --output e-$how.h5" "4 inspect none.h5/x" "2 run nope.toml" "2 inspect c.toml" "2 nonsense"; do
    status=0
    want=${command%% *}
    # shellcheck disable=SC2086
    if [ $how = full ]; then "$spillway" ${command#* } >/dev/null 2>$to || status=$?; else "$spillway" ${command#* } >/dev/null 2>&- || status=$?; fi
    [ $status = "$want" ] || [ "$want $status" = "4 2" ] || fail "standard error $how: '${command#* }' exits $status, not $want"
  done
  "$spillway" inspect "e-$how.h5" --verify >/dev/null || fail "standard error $how: the result is not whole"
done
# All three closed: no file of ours gets their numbers.
# shellcheck disable=SC2086,SC2048
"$spillway" run c.toml ${short[*]/--quiet/} --output none.h5 <&- >&- 2>&- && fail "closed descriptors: exit 0 though the summary is lost"
"$spillway" inspect none.h5 --verify >/dev/null || fail "closed descriptors: the result is not whole"
[ -z "$(find . -name '*.tmp-*')" ] || fail "litter: $(find . -name '*.tmp-*')"
echo "outputs: no input replaced, no failed write is a success"
