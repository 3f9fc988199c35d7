#!/usr/bin/env bash
# A build names its sources: the commit, and behind it a sum of what was changed since.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
built() { # built [ARGUMENT]
  cmake -DSOURCE="$folder/tree" -DOUTPUT="$folder/commit.hpp" ${1+"$1"} -P "$source/tools/package/commit.cmake"
  sed -n 's/^#define SPILLWAY_GIT_COMMIT "\(.*\)"$/\1/p' "$folder/commit.hpp"
}
fail() { echo "FAILED: $1"; exit 1; }
source=$2
mkdir -p "$folder/tree/engine"
cd "$folder/tree"
export GIT_CEILING_DIRECTORIES=$folder
[ "$(built)" = "" ] || fail "a folder that is no clone has a commit: $(built)"
git init -q . && echo "int a;" >engine/a.cpp && echo "text" >notes.md && git add -A
git -c user.name=t -c user.email=t@t.example commit -q -m one
id=$(git rev-parse --short=12 HEAD)
[ "$(built)" = "$id" ] || fail "a clean clone is $(built), not $id"
touch -d 2020-01-01 "$folder/commit.hpp" && built >/dev/null
[ "$(stat -c %Y "$folder/commit.hpp")" = "$(date -d 2020-01-01 +%s)" ] || fail "the file is written though it says nothing new"
echo "more" >>notes.md
[ "$(built)" = "$id" ] || fail "notes change the program's name"
echo "int b;" >>engine/a.cpp && edited=$(built)
[[ "$edited" =~ ^$id\+[0-9a-f]{8}$ ]] || fail "an edited tree is '$edited'"
echo "int c;" >engine/new.cpp && added=$(built)
[[ "$added" =~ ^$id\+[0-9a-f]{8}$ && "$added" != "$edited" ]] || fail "a new file leaves '$edited' at '$added'"
echo "int d;" >engine/new.cpp
[ "$(built)" != "$added" ] || fail "another content of a new file is not told"
rm engine/new.cpp
[ "$(built)" = "$edited" ] || fail "the same change has another name: $(built), was $edited"
# Whatever a file is called its content counts, and whoever builds, however their git shows a difference.
for name in größe.cpp 'a b.cpp' 'a;b.cpp'; do
  echo "int e;" >"engine/$name" && other=$(built)
  echo "int f;" >"engine/$name"
  [ "$(built)" != "$other" ] || fail "another content of $name is not told"
  rm "engine/$name"
done
for setting in diff.noprefix=true diff.algorithm=patience diff.context=0 core.abbrev=40 core.quotepath=false diff.renames=copies diff.relative=true; do
  git config "${setting%%=*}" "${setting#*=}"
  [ "$(built)" = "$edited" ] || fail "$setting makes it $(built), was $edited"
done
rm engine/a.cpp && gone=$(built)
[[ "$gone" =~ ^$id\+[0-9a-f]{8}$ && "$gone" != "$edited" ]] || fail "a file that is gone leaves '$edited' at '$gone'"
[ "$(built -DCOMMIT=of-a-release)" = of-a-release ] || fail "the commit that a release gives is not taken"
echo "commit: all as expected"
