#!/usr/bin/env bash
# Every header compiles alone: it includes what it needs, whatever the precompiled headers would have lent it.
#   headers.sh SPILLWAY SOURCE [HEADER...]
set -euo pipefail
build=$(cd "$(dirname "$1")" && pwd) source=$2
shift 2
cd "$source"
# The flags of a file of the command line, which sees every library, without the precompiled header.
flags=$(python3 - "$build" <<'PY'
import json, re, shlex, sys
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    if entry["file"].endswith("/tools/cli/main.cpp"):
        words = shlex.split(entry["command"])[1:]
        keep, skip = [], False
        for word, following in zip(words, words[1:] + [""]):
            if skip:
                skip = False
            elif word in ("-o", "-c", "-MT", "-MF", "-include"):
                skip = True
            elif word not in ("-MD", "-Winvalid-pch") and not word.startswith("-O"):
                keep.append(word)
        print(" ".join(shlex.quote(word) for word in keep))
        break
PY
)
[ -n "$flags" ] || { echo "no compile command of tools/cli/main.cpp in $build/compile_commands.json"; exit 1; }
level_of() { # the kernels' bodies are written for one instruction set
  case "$1" in *_v4*) echo -march=x86-64-v4 ;; *_v3*) echo -march=x86-64-v3 ;; esac
}
check() {
  local log
  if ! log=$(eval "${CXX:-c++} $flags $(level_of "$1") -fsyntax-only -x c++ -include '$1' /dev/null" 2>&1); then
    echo "$1 does not compile alone:"
    head -5 <<<"$log"
    return 1
  fi
}
export -f check level_of
export flags
if [ $# -eq 0 ]; then
  mapfile -t headers < <(git ls-files 'engine/*.hpp' 'scenarios/*.hpp' 'tools/*.hpp' 2>/dev/null || find engine scenarios tools -name '*.hpp')
  # It can fail: a header that lends itself a name from nowhere is found.
  broken=$(mktemp -d)
  trap 'rm -rf "$broken"' EXIT
  echo 'inline std::vector<int> nothing() { return {}; }' >"$broken/alone.hpp"
  if check "$broken/alone.hpp" >/dev/null; then
    echo "a header that includes nothing was let through"
    exit 1
  fi
else
  headers=("$@")
fi
printf '%s\0' "${headers[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'check "$0"'
echo "${#headers[@]} headers compile alone"
