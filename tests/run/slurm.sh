#!/usr/bin/env bash
# The batch scripts under a real Slurm: an array over a sweep, MPI over two nodes, USR1 -> checkpoint -> requeue -> finish,
# and a killed node whose job is requeued and finished. Prints the log of each.
#   SPILLWAY_SLURM_SANDBOX=.../slurm-sandbox slurm.sh SPILLWAY SOURCE [SPILLWAY_WITH_MPI]
# On request alone: it starts and stops a cluster of its own on this machine, as root, and takes some minutes.
set -euo pipefail
spillway=$1 source=$2 with_mpi=${3:-}
sandbox=${SPILLWAY_SLURM_SANDBOX:-}
[ -n "$sandbox" ] || { echo "SKIPPED: on request (set SPILLWAY_SLURM_SANDBOX to a script with start, stop and env)"; exit 77; }
command -v sbatch >/dev/null || { echo "SKIPPED: needs Slurm"; exit 77; }
folder=$(mktemp -d)
chmod 755 "$folder"
cd "$folder"
"$sandbox" start 2 2
trap '"$sandbox" stop; rm -rf "$folder"' EXIT
eval "$("$sandbox" env)"
export SPILLWAY=$spillway OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
small=(--mem=0 --time=10)  # the sandbox's nodes say nothing of memory

fail() {
  echo "FAILED: $1"
  cat ./*.out 2>/dev/null || true
  exit 1
}
show() { sed "s|$folder/||g; s|^|    |" "$1"; }
field() { scontrol show job -o "$1" 2>/dev/null | grep -o " $2=[^ ]*" | head -1 | cut -d= -f2; }
state() { field "$1" JobState; }
submit() { sbatch --parsable "${small[@]}" "$@"; }
wait_state() { # wait_state JOB SECONDS STATE...: until it has one of these states
  local job=$1 deadline=$((SECONDS + $2)) now
  shift 2
  while :; do
    now=$(state "$job")
    for wanted in "$@"; do [ "$now" != "$wanted" ] || return 0; done
    case $now in FAILED | CANCELLED | TIMEOUT) fail "job $job is $now" ;; esac
    ((SECONDS < deadline)) || fail "job $job is $now after $SECONDS s, not $*"
    sleep 0.2
  done
}
finish() { # finish JOB SECONDS: a requeued job is held for two minutes; start it at once
  local job=$1 deadline=$((SECONDS + $2))
  while [ "$(state "$job")" != COMPLETED ]; do
    case $(state "$job") in
      PENDING) # not in the second in which Slurm revoked the credential of its first start: it would refuse the new one, too
        sleep 3
        scontrol update "JobId=$job" StartTime=now 2>/dev/null || true ;;
      FAILED | CANCELLED | TIMEOUT) fail "job $job is $(state "$job")" ;;
    esac
    ((SECONDS < deadline)) || fail "job $job is $(state "$job") after $2 s"
    sleep 0.5
  done
}
units() { ls "$1.checkpoint" 2>/dev/null | grep -c 'shard$' || true; }
until_units() { # until_units RESULT COUNT
  local deadline=$((SECONDS + 400))
  until [ "$(units "$1")" -ge "$2" ]; do
    ((SECONDS < deadline)) || fail "no $2 units of $1 after 400 s"
    sleep 0.05
  done
}
same() { h5diff --exclude-path=/run "$1" "$2" >diff.txt || fail "$2 differs from $1: $(head -3 diff.txt)"; }

echo "== array: three members of a sweep, two at a time"
"$spillway" sweep "$source/configs/smoke.toml" --set 'outcomes.horizon=[2, 3, 4]' --output grid >/dev/null
job=$(submit --array=1-3%2 --cpus-per-task=1 --output=array-%a.out "$source/tools/slurm/array.sbatch" grid)
deadline=$((SECONDS + 240))
until [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]; do
  ((SECONDS < deadline)) || fail "the array is not done"
  sleep 0.5
done
cat array-1.out array-2.out array-3.out | grep -h "exit" | sed 's/^/    /'
"$spillway" sweep --merge grid --output grid/all.h5 | sed 's/^/    /'
"$spillway" inspect grid/all.h5 --verify >inspect.txt
head -1 inspect.txt | sed 's/^/    /'

# Long enough to be stopped: one scenario, many replicates.
awk '/^\[\[scenario\]\]/ {++n} /^\[outcomes\]/ {n = 0} n < 2' "$source/configs/smoke.toml" >long.toml
long=(--replicates 100000 --draws 500 --set data.synthetic_areas=900 --quiet)
"$spillway" run long.toml "${long[@]}" --output whole.h5 >/dev/null

echo "== USR1 -> checkpoint -> requeue -> finish, one node"
job=$(submit --cpus-per-task=2 --output=usr1.out "$source/tools/slurm/one-node.sbatch" long.toml usr1.h5 "${long[@]}" --log usr1.log)
until_units usr1.h5 5
scancel --batch --signal=USR1 "$job"
wait_state "$job" 300 PENDING
echo "    kept when it was requeued: $(units usr1.h5) of 49 units"
finish "$job" 400
grep -v "^ \|^$" usr1.out | grep -E "interrupted|exit" >log.txt; show log.txt
same whole.h5 usr1.h5
echo "    restarts: $(field "$job" Restarts); equal to the run left alone; its log: $(grep -o '"event":"[a-z]*"' usr1.log | sort | uniq -c | tr -s ' \n' ' ')"

echo "== a node is killed: its job is requeued and finished on the other"
job=$(submit --cpus-per-task=2 --output=node.out "$source/tools/slurm/one-node.sbatch" long.toml node.h5 "${long[@]}")
until_units node.h5 5
node=$(squeue -h -j "$job" -o %N)
step=$(pgrep -f "slurmstepd: \[$job\." | head -1)
batch=$(pgrep -P "$step" | head -1)
run=$(pgrep -P "$batch" | head -1)
kill -KILL "$(cat "$(dirname "$SLURM_CONF")/../run/$node.pid")" "$step" "$batch" "$run"
echo "    $node killed with $(units node.h5) of 49 units kept"
wait_state "$job" 400 PENDING
echo "    $(sinfo -Nh -n "$node" -o '%N is %T'), job $job pending"
finish "$job" 400
grep -E "exit" node.out >log.txt; show log.txt
[ "$(field "$job" NodeList)" != "$node" ] || fail "the job ran on the node that was killed"
same whole.h5 node.h5
echo "    restarts: $(field "$job" Restarts), finished on $(field "$job" NodeList); equal to the run left alone"

if [ -n "$with_mpi" ]; then
  "$sandbox" stop >/dev/null
  "$sandbox" start 2 2 >/dev/null
  export SPILLWAY=$with_mpi
  echo "== MPI: two nodes x one rank x two threads, USR1 -> requeue -> finish"
  "$with_mpi" run long.toml "${long[@]}" --output whole.h5 >/dev/null
  job=$(submit --nodes=2 --ntasks-per-node=1 --cpus-per-task=2 --output=mpi.out "$source/tools/slurm/mpi.sbatch" long.toml mpi.h5 "${long[@]}")
  until_units mpi.h5 6
  scancel --batch --signal=USR1 "$job"
  wait_state "$job" 300 PENDING
  echo "    kept when it was requeued: $(units mpi.h5) of 49 units"
  finish "$job" 400
  grep -E "interrupted|exit" mpi.out | grep -v "srun: error" >log.txt; show log.txt
  same whole.h5 mpi.h5
  echo "    restarts: $(field "$job" Restarts); equal to one process"
fi
echo "slurm: all jobs finished"
