#!/usr/bin/env bash
# Ranks change no bit: one SHA-256 of /draws and /scenarios for 1 to 4 ranks x 1, 2 threads (three scenarios: in turns, shared,
# or some of each), and after a kill and a resume with another shape; a rank that fails ends the job, is named, and leaves what
# can be resumed; studies say the same.
#   mpi.sh SPILLWAY SOURCE     skipped (77) where SPILLWAY has no MPI
set -euo pipefail
spillway=$1 source=$2
"$spillway" --version | grep -q MPI || { echo "SKIPPED: this build has no MPI (cmake -DSPILLWAY_MPI=ON)"; exit 77; }
command -v mpirun >/dev/null || { echo "SKIPPED: needs mpirun"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
[ "$(id -u)" != 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export NO_COLOR=1 OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_btl_vader_single_copy_mechanism=none
# Open MPI's own hints; MPICH's mpirun knows neither and needs neither.
options=()
! mpirun --version 2>&1 | grep -q "Open MPI" || options=(--oversubscribe --bind-to none)
ranks() { # ranks N COMMAND...
  local n=$1
  shift
  mpirun "${options[@]}" -n "$n" "$@"
}

fail() {
  echo "FAILED: $1"
  exit 1
}
sha() { for group in /draws /scenarios; do h5dump -m %.17g -g $group "$1" | tail -n +2; done | sha256sum | cut -d' ' -f1; }

"$spillway" run "$source/configs/smoke.toml" --threads 1 --quiet --output alone.h5 >/dev/null
want=$(sha alone.h5)
for n in 1 2 3 4; do
  for threads in 1 2; do
    ranks $n "$spillway" run "$source/configs/smoke.toml" --threads $threads --output "run$n$threads.h5" >said.txt 2>&1 || fail "$n ranks: $(cat said.txt)"
    got=$(sha "run$n$threads.h5")
    echo "$n ranks x $threads threads: $got"
    [ "$got" = "$want" ] || fail "$n ranks x $threads threads differ from one process: $got, not $want"
    h5diff --exclude-path=/run alone.h5 "run$n$threads.h5" >diff.txt || fail "$n ranks x $threads threads: $(head -3 diff.txt)"
    [ "$(grep -c "results: run$n$threads.h5" said.txt)" = 1 ] || fail "$n ranks x $threads threads do not speak once: $(cat said.txt)"
  done
done
# What ranks exchange is counted: what all send is what all receive, and none where scenarios are few and ranks one.
counted() { h5dump -y -w 1 -d "/run/ranks/$2" "$1" | awk '/^ *DATA {/ {on = 1; next} on && $1 + 0 > 0 {sum += $1} /^ *}/ {on = 0} END {printf "%.0f", sum}'; }
[ "$(counted run41.h5 bytes_sent)" -gt 1000000 ] || fail "4 ranks that share three scenarios exchange $(counted run41.h5 bytes_sent) bytes"
[ "$(counted run41.h5 bytes_sent)" = "$(counted run41.h5 bytes_received)" ] || fail "bytes sent and received differ"
! h5dump -d /run/ranks/bytes_sent alone.h5 >/dev/null 2>&1 || fail "one rank counts exchanges"
ranks 2 "$spillway" run "$source/configs/smoke.toml" --threads 1 --quiet --log ranks.log --output logged.h5 >/dev/null 2>&1
grep '"event":"end","stage":"scenario ' ranks.log | grep -q '"bytes_received":' || fail "the log does not count what ranks exchange"

"$spillway" run "$source/configs/smoke.toml" --seed 7 --quiet --output other.h5 >/dev/null
[ "$(sha other.h5)" != "$want" ] || fail "another seed has the same SHA-256"

# A long run, stopped in three ways and taken up with another shape each time.
awk '/^\[\[scenario\]\]/ {++n} /^\[outcomes\]/ {n = 0} n < 4' "$source/configs/smoke.toml" >long.toml
long=(run long.toml --replicates 61000 --draws 2000
  --set data.synthetic_areas=800 --quiet)
"$spillway" "${long[@]}" --output whole.h5 >/dev/null
want=$(sha whole.h5)
units() { ls "$1.checkpoint" 2>/dev/null | grep -c 'shard$' || true; }
until_units() { # until_units RESULT COUNT PID
  until [ "$(units "$1")" -ge "$2" ] || ! kill -0 "$3" 2>/dev/null; do sleep 0.02; done
}

mpirun "${options[@]}" -n 2 "$spillway" "${long[@]}" --threads 1 --resume --output run.h5 >said.txt 2>&1 &
job=$!
until_units run.h5 4 $job
victim=$(pgrep -P $job -x "$(basename "$spillway" | cut -c1-15)" | tail -1)  # one rank of ours
kill -KILL "$victim"
status=0
wait $job || status=$?
[ $status != 0 ] || fail "a killed rank does not end the job"
grep -Eq "rank [01]|Killed|signal 9" said.txt || fail "the launcher does not say which rank died: $(cat said.txt)"
[ ! -e run.h5 ] || fail "a killed job left a result"
kept=$(units run.h5)
[ "$kept" -ge 4 ] || fail "a killed job kept $kept units"

mpirun "${options[@]}" -n 4 "$spillway" "${long[@]}" --threads 1 --resume --output run.h5 >said.txt 2>&1 &
job=$!
until_units run.h5 $((kept + 4)) $job
kill -USR1 $job  # mpirun hands it to every rank
status=0
wait $job || status=$?
[ $status = 130 ] || fail "USR1 exits $status, not 130: $(cat said.txt)"
grep -q "units of 2048 are kept" said.txt || fail "an interrupted job does not say what is kept: $(cat said.txt)"
more=$(units run.h5)
[ "$more" -gt "$kept" ] || fail "USR1 kept nothing more"

ranks 3 "$spillway" "${long[@]}" --threads 2 --resume --output run.h5 >/dev/null 2>&1
got=$(sha run.h5)
echo "killed with 2 ranks ($kept units kept), stopped with 4 ($more), finished with 3 x 2 threads: $got"
[ "$got" = "$want" ] || fail "the resumed result differs: $got, not $want"
[ -z "$(ls -d run.h5.* 2>/dev/null)" ] || fail "litter is left behind: $(ls -d run.h5.*)"

# A rank that cannot keep its units names itself; what the others kept can be resumed.
status=0
mpirun "${options[@]}" -n 1 "$spillway" "${long[@]}" --threads 1 --output bad.h5 : \
  -n 1 bash -c 'trap "" XFSZ; ulimit -f 4; exec "$@"' - "$spillway" "${long[@]}" --threads 1 --output bad.h5 >said.txt 2>&1 || status=$?
[ $status = 4 ] || fail "a rank without room exits $status, not 4: $(cat said.txt)"
grep -q "spillway: rank 1 of 2 on host .*File too large" said.txt || fail "the rank without room is not named: $(cat said.txt)"
[ ! -e bad.h5 ] || fail "a failed job left a result"
"$spillway" "${long[@]}" --resume --output bad.h5 >/dev/null
[ "$(sha bad.h5)" = "$want" ] || fail "the result resumed after a failed rank differs"

# Ranks that do not compute the same are told apart.
status=0
mpirun "${options[@]}" -n 1 "$spillway" "${long[@]}" --output bad2.h5 : -n 1 "$spillway" "${long[@]}" --seed 7 --output bad2.h5 >said.txt 2>&1 || status=$?
[ $status = 2 ] || fail "ranks with two seeds exit $status, not 2"
grep -q "rank 0 of 2 on host .* differ in the configuration" said.txt || fail "ranks with two seeds are not told apart: $(cat said.txt)"
[ -z "$(ls -d bad2.h5 bad2.h5.tmp-* 2>/dev/null)" ] || fail "litter is left behind: $(ls -d bad2*)"

# Coverage: worlds by rank.
worlds=(coverage "$source/configs/coverage.toml" --set coverage.worlds=6 --set 'coverage.only=["iid_equal"]' --replicates 99 --quiet)
"$spillway" "${worlds[@]}" --output worlds1.h5 >/dev/null
ranks 2 "$spillway" "${worlds[@]}" --threads 1 --output worlds2.h5 >/dev/null 2>&1
h5diff --exclude-path=/run worlds1.h5 worlds2.h5 || fail "coverage differs between 1 and 2 ranks"

# Studies: points, cells and placebos by rank.
study() { # study NAME ARGUMENTS...
  local name=$1
  shift
  "$spillway" "$@" --threads 1 --quiet --json "$name.1.json" --output "$name.1.h5" >/dev/null 2>&1 || fail "$name alone"
  for n in 2 3; do
    ranks $n "$spillway" "$@" --threads 1 --quiet --json "$name.$n.json" --output "$name.$n.h5" >said.txt 2>&1 || fail "$name by $n ranks: $(cat said.txt)"
    h5diff --exclude-path=/run "$name.1.h5" "$name.$n.h5" || fail "$name differs between 1 and $n ranks"
    cmp "$name.1.json" "$name.$n.json" || fail "what $name says differs between 1 and $n ranks"
    [ -z "$(ls -d "$name.$n".*checkpoint* 2>/dev/null)" ] || fail "$name by $n ranks leaves units behind"
  done
}
study sensitivity sensitivity "$source/configs/smoke.toml" --scenario ring_fence_10 --method sobol --rows 64
study frontier frontier "$source/configs/smoke.toml" --scenario ring_fence_10 --points 5
study speccurve speccurve "$source/configs/smoke.toml" --scenario ring_fence_10 --replicates 199 --draws 199
mkdir configs
cp "$source/configs/backcast-programme.csv" configs
study backcast backcast "$source/configs/backcast.toml"

# A fault that every rank meets is told once.
status=0
ranks 3 "$spillway" run "$source/configs/smoke.toml" --set outcomes.horizon=0 --output fault.h5 >said.txt 2>&1 || status=$?
[ $status = 2 ] && [ "$(grep -c 'horizon' said.txt)" = 1 ] || fail "a fault of all ranks exits $status: $(cat said.txt)"

# What ranks do not share is refused, not computed once by each.
for command in "sweep $source/configs/smoke.toml --set run.seed=[1,2] --output grid"; do
  status=0
  # shellcheck disable=SC2086  # words of a command
  ranks 2 "$spillway" $command >said.txt 2>&1 || status=$?
  [ $status = 2 ] && grep -q "uses one rank, and 2 were started" said.txt || fail "'$command' by two ranks exits $status: $(head -3 said.txt)"
done
echo "mpi: one SHA-256 for every shape; a failed rank is named and its job resumes; coverage equal"
