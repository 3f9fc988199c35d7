#!/usr/bin/env bash
# `reproducible = true`: one SHA-256 of estimates, draws and scenarios whatever the C library finds in the processor.
#   reproducible.sh SPILLWAY SOURCE [PROCESSOR...]   and on these as qemu knows them (Nehalem is x86-64-v2, Haswell v3)
source "$(dirname "$0")/../support/set_up.sh"
shift 2

hash_of() { h5dump -m %.17g -g /estimates -g /draws -g /scenarios "$1" | tail -n +2 | sha256sum | cut -d' ' -f1; }
small=(--quiet --set data.synthetic_areas=900 --replicates 99)
[ $# = 0 ] || small=(--quiet)

# How glibc is told that an instruction is not there, of which it has variants of exp, log, pow, sin and so on.
masks=("" "-FMA,-FMA4,-AVX2,-AVX")
[ $# = 0 ] || masks+=("-FMA,-FMA4" "-FMA,-FMA4,-AVX2" "-AVX512F")
hashes=()
for mask in "${masks[@]}"; do
  GLIBC_TUNABLES="glibc.cpu.hwcaps=$mask" "$spillway" run "$config" --reproducible "${small[@]}" --output fixed.h5 >/dev/null
  hashes+=("$(hash_of fixed.h5)")
  echo "${hashes[-1]} ${mask:-as it is}"
done
for processor in "$@"; do
  qemu-x86_64-static -cpu "$processor" "$spillway" run "$config" --reproducible "${small[@]}" --output fixed.h5 >/dev/null
  hashes+=("$(hash_of fixed.h5)")
  echo "${hashes[-1]} $processor, emulated"
done
[ "$(printf '%s\n' "${hashes[@]}" | sort -u | wc -l)" = 1 ] || fail "the C library's variants give different results"

# A function that is not turned away from the C library would show on some processor only: none may be missing. A sanitizer
# has functions of its own around the C library's.
exact='sqrt floor ceil trunc round rint nearbyint lround llround lrint llrint fmod remainder frexp ldexp scalbn scalbln
  modf nextafter nexttoward copysign fabs fma fmin fmax logb ilogb fdim'
libm=$(ldd "$spillway" | awk '$1 == "libm.so.6" { print $3 }')
nm "$spillway" >symbols.txt
while read -r function; do
  plain=$function
  [ -z "${SPILLWAY_SANITIZED:-}" ] || continue
  for name in $exact; do [[ "$plain" =~ ^"$name"[fl]?$ ]] && continue 2; done
  grep -q " T __wrap_$plain\$" symbols.txt || fail "the program calls $plain of the C library in reproducible runs (CMakeLists.txt, SPILLWAY_MATHEMATICS)"
done < <(comm -12 <(nm -D --undefined-only "$spillway" | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u) \
  <(nm -D --defined-only "$libm" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u))
grep -q " T __wrap_exp\$" symbols.txt || fail "exp is not turned away from the C library"

# Without it, a level below the processor's may be asked for, so that unlike machines agree.
level=$(uname -m | sed 's/^x86_64$/x86-64-v2/')
SPILLWAY_INSTRUCTION_SET=$level "$spillway" run "$config" "${small[@]}" --output level.h5 >/dev/null
expect 0 ", $level, " "$spillway" inspect level.h5
expect 2 "SPILLWAY_INSTRUCTION_SET is 'x86-64-v9' (this processor has $level" \
  env SPILLWAY_INSTRUCTION_SET=x86-64-v9 "$spillway" run "$config" "${small[@]}" --output never.h5
[ ! -e never.h5 ] || fail "a run with an unknown level wrote a result"
