#!/usr/bin/env bash
# Every header compiles alone: it includes what it needs, whatever the precompiled headers would have lent it.
#   headers.sh SPILLWAY SOURCE [all | HEADER...]
# Without names a quarter of them, a quarter further with every commit: all take four minutes of two cores, which
# tools/check-all spends.
set -euo pipefail
build=$(cd "$(dirname "$1")" && pwd) source=$2
shift 2
cd "$source"
# The flags of a file of the command line, which sees every library, without the precompiled header and sanitizers.
flags=$(python3 - "$build" <<'PY'
import json, re, shlex, sys
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    if "-o CMakeFiles/spillway.dir/" in entry["command"]:
        words = shlex.split(entry["command"])[1:]
        keep, skip = [], False
        for word, following in zip(words, words[1:] + [""]):
            if skip:
                skip = False
            elif word in ("-o", "-c", "-MT", "-MF", "-include", "-Xclang"):
                skip = True
            elif word not in ("-MD", "-Winvalid-pch") and not word.startswith(("-O", "-fsanitize", "-fno-sanitize")):
                keep.append(word)
        print(" ".join(shlex.quote(word) for word in keep))
        break
PY
)
[ -n "$flags" ] || { echo "no compile command of the command line in $build/compile_commands.json"; exit 1; }
# Most of the time goes into parsing Eigen. A header that brings it in anyway, by itself or by what it includes, may find
# it parsed: what it sees is the same.
parsed=$(mktemp -d)
trap 'rm -rf "$parsed"' EXIT
echo '#include <Eigen/Dense>' >"$parsed/dense.hpp"
printf '#include <Eigen/%s>\n' Dense Sparse >"$parsed/sparse.hpp"
printf '%s\n' dense sparse | xargs -n 1 -P 2 bash -c "${CXX:-c++} $flags -x c++-header '$parsed/'\$0.hpp -o '$parsed/'\$0.hpp.gch"
brings_eigen() { # of each header: "sparse HEADER", "dense HEADER" or "none HEADER"
  python3 - "$@" <<'PY'
import pathlib, re, sys
def brings(path, seen):
    if path in seen or not pathlib.Path(path).is_file():
        return set()
    seen.add(path)
    found = set()
    for bracket, name in re.findall(r'^\s*#include ([<"])([^>"]+)[>"]', pathlib.Path(path).read_text(), re.M):
        found |= {name} if bracket == "<" else brings(name, seen)
    return found
for header in sys.argv[1:]:
    found = brings(header, set())
    has = "Eigen/Dense" in found
    print("sparse" if has and "Eigen/Sparse" in found else "dense" if has else "none", header)
PY
}
check() { # check KIND HEADER
  local log first=
  [ "$1" = none ] || first="-include '$parsed/$1.hpp'"
  if ! log=$(eval "${CXX:-c++} $flags -fsyntax-only -x c++ $first -include '$2' /dev/null" 2>&1); then
    echo "$2 does not compile alone:"
    head -5 <<<"$log"
    return 1
  fi
}
export -f check
export flags parsed
if [ $# -eq 0 ] || [ "$1" = all ]; then
  mapfile -t headers < <(git ls-files 'engine/*.hpp' 'scenarios/*.hpp' 'tools/*.hpp' 2>/dev/null || find engine scenarios tools -name '*.hpp')
  # It can fail: a header that lends itself a name from nowhere is found.
  echo 'inline std::vector<int> nothing() { return {}; }' >"$parsed/alone.hpp"
  if check none "$parsed/alone.hpp" >/dev/null; then
    echo "a header that includes nothing was let through"
    exit 1
  fi
  if [ "${1:-}" != all ]; then
    turn=$(($(git rev-list --count HEAD 2>/dev/null || echo 0) % 4))
    mapfile -t headers < <(printf '%s\n' "${headers[@]}" | awk -v turn="$turn" 'NR % 4 == turn')
  fi
else
  headers=("$@")
fi
brings_eigen "${headers[@]}" | xargs -n 2 -P "$(nproc)" bash -c 'check "$0" "$1"'
echo "${#headers[@]} headers compile alone"
