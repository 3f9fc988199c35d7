#!/usr/bin/env bash
# Every C++ file follows .clang-format (clang-format 14, Debian 12's).
set -euo pipefail
source=$2
cd "$source"
format=$(command -v clang-format-14 || command -v clang-format) || {
  echo "SKIPPED: no clang-format"
  exit 77
}
case "$("$format" --version)" in *"version 14."*) ;; *) echo "SKIPPED: $("$format" --version) is not version 14" && exit 77 ;; esac
mapfile -t files < <(git ls-files '*.cpp' '*.hpp' '*.c')
[ "${#files[@]}" -gt 300 ] || { echo "only ${#files[@]} files found"; exit 1; }
if ! "$format" --dry-run -Werror "${files[@]}" 2>/tmp/format.$$; then
  grep -o '^[^:]*' /tmp/format.$$ | sort -u | head -20
  rm -f /tmp/format.$$
  echo "run: $format -i on the files above"
  exit 1
fi
rm -f /tmp/format.$$
echo "${#files[@]} files follow .clang-format"
