# Sourced by the shell tests: `test.sh SPILLWAY SOURCE` goes on in a folder of its own, which is gone at the end.
set -euo pipefail
spillway=$1 source=$2
config=$source/configs/smoke.toml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# A program under a sanitizer maps terabytes of addresses: SPILLWAY_SANITIZED lets it.
addresses() { [ -n "${SPILLWAY_SANITIZED:-}" ] || ulimit -v "$1"; } # addresses KB: no more than these

fail() {
  echo "FAILED: $1"
  exit 1
}

expect() { # expect EXIT TEXT COMMAND...: the command's exit code, and words of what it says
  local code=$1 text=$2 status=0 out
  shift 2
  out=$("$@" 2>&1) || status=$?
  [ $status = "$code" ] || fail "'$*' exits $status, not $code: $out"
  grep -qF -- "$text" <<<"$out" || fail "'$*' does not say '$text': $out"
}
