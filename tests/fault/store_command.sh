#!/usr/bin/env bash
# When the world or a file fails: `spillway` says what and why, exits as the contract says, leaves a former result as it was
# and no litter. Prints each message with its exit code.
#   store_command.sh SPILLWAY SOURCE
set -euo pipefail
spillway=$1 source=$2
folder=$(mktemp -d)
mounted=
trap '[ -z "$mounted" ] || umount "$folder/disk"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
ulimit -c 0

fail() {
  echo "FAILED: $1"
  exit 1
}
said() { grep -m1 "spillway: \|^FAILED" said.txt || head -1 said.txt; }
# expect WHAT EXIT TEXT COMMAND...
expect() {
  local what=$1 code=$2 text=$3 status=0
  shift 3
  "$@" >said.txt 2>&1 || status=$?
  [ $status = "$code" ] || fail "$what: exit $status, not $code: $(cat said.txt)"
  grep -qF -- "$text" said.txt || fail "$what: does not say '$text': $(cat said.txt)"
  printf '%-44s exit %d  %s\n' "$what" $status "$(said | sed "s|$folder/||g" | cut -c1-200)"
}
untouched() { # untouched FOLDER NAMES...: exactly these files, and run.h5 is the former one
  local at=$1
  shift
  [ "$(ls -A "$at" | sort | tr '\n' ' ')" = "$* " ] || fail "litter in $at: $(ls -A "$at")"
  cmp -s former.h5 "$at/run.h5" || fail "the former result in $at was touched"
}
short=(run "$source/configs/smoke.toml" --set data.synthetic_areas=600 --quiet)
quick=("${short[@]}" --replicates 199 --draws 180)
"$spillway" "${quick[@]}" --output former.h5 >/dev/null

# The disk.
mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=8m,mode=755 tmpfs disk 2>/dev/null; then
  mounted=yes
  cp former.h5 disk/run.h5
  head -c $((8 * 1048576 - $(stat -c %s former.h5) - 300000)) /dev/zero >disk/ballast
  expect "disk full" 4 "No space left on device" "$spillway" "${quick[@]}" --output disk/run.h5
  untouched disk ballast run.h5
  expect "disk full, the checkpoint" 4 "No space left on device" "$spillway" "${short[@]}" --replicates 61000 --draws 200 --output disk/run.h5
  rm -rf disk/run.h5.checkpoint
  untouched disk ballast run.h5
  mount -o remount,ro disk
  expect "read-only file system" 4 "Read-only file system" "$spillway" "${quick[@]}" --output disk/run.h5
  untouched disk ballast run.h5
  umount disk
  mounted=
  if command -v setpriv >/dev/null && setpriv --reuid 65534 --clear-groups "$spillway" --version >/dev/null 2>&1; then
    mkdir -m 555 closed
    cp former.h5 closed/run.h5
    expect "a folder without write permission" 4 "Permission denied" setpriv --reuid 65534 --clear-groups "$spillway" "${quick[@]}" --output closed/run.h5
    untouched closed run.h5
    chmod 000 closed
    expect "a folder without any permission" 4 "Permission denied" setpriv --reuid 65534 --clear-groups "$spillway" "${quick[@]}" --output closed/run.h5
    chmod 755 closed
  fi
else
  echo "SKIPPED: full disk, read-only disk, permissions (need root that may mount)"
fi
# A quota, as the C library would report it: within the writing of numbers, and late, when the file is synced.
if command -v cc >/dev/null && cc -shared -fPIC -O1 -o quota.so "$source/tests/fault/quota.c" -ldl 2>/dev/null &&
  LD_PRELOAD=$PWD/quota.so "$spillway" --version >/dev/null 2>&1; then
  mkdir quota
  cp former.h5 quota/run.h5
  for bytes in 1000 200000; do
    expect "a quota of $bytes bytes" 4 "Disk quota exceeded" env LD_PRELOAD="$PWD/quota.so" QUOTA_PATH=/quota/ QUOTA_BYTES=$bytes "$spillway" "${quick[@]}" --output quota/run.h5
    untouched quota run.h5
  done
  expect "a quota that is met when the file is synced" 4 "Disk quota exceeded" env LD_PRELOAD="$PWD/quota.so" QUOTA_PATH=/quota/ QUOTA_BYTES=1000 QUOTA_AT=sync "$spillway" "${quick[@]}" --output quota/run.h5
  untouched quota run.h5
  expect "a quota, the checkpoint" 4 "Disk quota exceeded" env LD_PRELOAD="$PWD/quota.so" QUOTA_PATH=.checkpoint/unit QUOTA_BYTES=100000 "$spillway" "${short[@]}" --replicates 61000 --draws 200 --output quota/run.h5
  rm -rf quota/run.h5.checkpoint
  untouched quota run.h5
else
  echo "SKIPPED: a quota (needs a C compiler and LD_PRELOAD)"
fi
mkdir limit
cp former.h5 limit/run.h5
expect "a limit on file sizes" 4 "File too large" bash -c 'ulimit -f 200; exec "$@"' - "$spillway" "${quick[@]}" --output limit/run.h5
untouched limit run.h5
expect "no such folder" 4 "there is no folder 'none'" "$spillway" "${quick[@]}" --output none/run.h5
mkdir gone
gone() {
  "$spillway" "${short[@]}" --replicates 9999 --draws 199 --log gone.log --output gone/run.h5 &
  local job=$!
  until grep -q '"begin"' gone.log 2>/dev/null; do sleep 0.005; done
  rm -rf gone
  wait $job
}
expect "the folder goes while the run works" 4 "No such file or directory" gone
expect "a log that cannot be written" 4 "there is no folder 'none'" "$spillway" "${quick[@]}" --log none/run.log --output limit/run.h5
untouched limit run.h5

# A former result.
expect "an existing result, --no-replace" 4 "it exists already" "$spillway" "${quick[@]}" --no-replace --output limit/run.h5
untouched limit run.h5
expect "an existing result, the run fails" 2 "share" "$spillway" "${quick[@]}" --set scenario.ring_fence_10.parameters.share=1.5 --output limit/run.h5
untouched limit run.h5
"$spillway" "${quick[@]}" --seed 7 --output limit/run.h5 >/dev/null
! cmp -s former.h5 limit/run.h5 || fail "a finished run did not replace the former result"

# Files that are cut or flipped.
"$spillway" synth --areas 600 --output pack >/dev/null
flip() { # flip FILE OFFSET: one bit
  local byte
  byte=$(od -An -tu1 -j "$2" -N1 "$1" | tr -d ' ')
  printf "$(printf '\\x%02x' $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
cp -r pack flipped
flip flipped/panel.csv 20000
expect "a flipped bit in an input file" 2 "panel.csv" "$spillway" "${quick[@]}" --data flipped --output new.h5
cp -r pack cut
truncate -s 20000 cut/panel.csv
expect "a truncated input file" 2 "panel.csv" "$spillway" "${quick[@]}" --data cut --output new.h5
cp -r pack unsummed
sed -i '/^sha256/d' unsummed/pack.toml
truncate -s 20000 unsummed/panel.csv
expect "a truncated input file without checksum" 2 "panel.csv" "$spillway" "${quick[@]}" --data unsummed --output new.h5
[ ! -e new.h5 ] || fail "a bad input left a result"

size=$(stat -c %s former.h5)
for share in 30 90; do
  cp former.h5 bad.h5
  truncate -s $((size * share / 100)) bad.h5
  expect "a result cut to $share %, inspect --verify" 2 "truncated" "$spillway" inspect bad.h5 --verify
  expect "a result cut to $share %, inspect" 4 "truncated" "$spillway" inspect bad.h5
done
cp former.h5 bad.h5
truncate -s $((size - 100)) bad.h5
expect "a result without its last 100 bytes" 2 "its seal is missing" "$spillway" inspect bad.h5 --verify
cp former.h5 bad.h5
offset=$(grep -obUa "lag:doubly_disadvantaged" bad.h5 | head -1 | cut -d: -f1)
flip bad.h5 "$offset"
expect "a flipped bit in a result's texts" 2 "damaged" "$spillway" inspect bad.h5 --verify
expect "a flipped bit in a result's texts, inspect" 4 "damaged" "$spillway" inspect bad.h5
cp former.h5 bad.h5
# In the middle of the largest numbers: where a dataset's own checksum finds it.
python=python3
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3  # Debian's, where another one stands before it
"$python" - bad.h5 <<'PY'
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    d = f["draws/value"]
    at = d.id.get_offset() + d.id.get_storage_size() // 2
raw = bytearray(open(sys.argv[1], "rb").read())
raw[at] ^= 4
open(sys.argv[1], "wb").write(raw)
PY
expect "a flipped bit in a result's numbers" 2 "differ from what was written" "$spillway" inspect bad.h5 --verify
echo "store: every failure named, former results untouched, no litter"
