# Sourced by the shell tests: `test.sh SPILLWAY SOURCE` goes on in a folder of its own, which is gone at the end.
set -euo pipefail
spillway=$1 source=$2
config=$source/configs/smoke.toml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

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
