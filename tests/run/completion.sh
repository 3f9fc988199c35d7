#!/usr/bin/env bash
# Completion in bash, zsh and fish: commands, flags and values, all said by the program itself.
source "$(dirname "$0")/../support/set_up.sh"
export PATH="$folder/bin:$PATH"
mkdir bin && ln -s "$spillway" bin/spillway
"$spillway" run "$config" --set data.synthetic_areas=1500 --replicates 19 --draws 19 --output run.h5 --quiet

offers() { # offers WORD ARGUMENTS...: among the first column of what may come next
  local word=$1
  shift
  grep -qxF -- "$word" <(spillway complete "$@" | cut -f1) || fail "'spillway $*' does not offer '$word': $(spillway complete "$@" | head -5)"
}
only() { # only WORD ARGUMENTS...: nothing else
  [ "$(spillway complete "${@:2}" | cut -f1)" = "$1" ] || fail "'spillway ${*:2}' offers $(spillway complete "${@:2}" | cut -f1 | tr '\n' ' ')"
}
offers dossier ""
only table ta
offers --threads run --th
offers :files\ .toml run ""
offers :files\ .h5 table ""
offers estimates table run.h5 ""
offers winners table run.h5 w
offers sets table run.h5 s
offers area_type table run.h5 ar
only latex table run.h5 lad --format la
only wealth_fund certain run.h5 --scenario wea
only combined_authority certain run.h5 --grouping comb
only bus_franchising contrast run.h5 ring_fence_10 bus
offers green-book-2022 appraise run.h5 --rulebook gr
offers --rulebook=green-book-2022 appraise run.h5 --rulebook=green-book-2022
only employment_support levers empl
offers community_wealth_fund init --lever com
[ "$(spillway complete run "$config" --set scenario.wealth_fund.parameters.fund= | wc -l)" -ge 3 ] || fail "funds are not offered"
offers store.keep= run "$config" --set store
offers wealth_fund sensitivity "$config" --scenario ""
offers :files run x.toml --output ""
[ -z "$(spillway complete nothing "")" ] || fail "something follows an unknown command"
[ -z "$(spillway complete table nothere.h5 "" 2>&1 | grep -v 'estimates\|sets\|winners\|nation\|region\|lad\|area\|:files\|combined')" ] || fail "a result that is not there is spoken of"

in_bash() { # in_bash WORDS...: what bash would offer for the last one
  (source "$source/tools/man/spillway.bash" && COMP_WORDS=(spillway "$@") && COMP_CWORD=$# && _spillway && printf '%s\n' "${COMPREPLY[@]}")
}
[ "$(in_bash table run.h5 lad --format la)" = latex ] || fail "bash: $(in_bash table run.h5 lad --format la)"
[ "$(in_bash inspect ru)" = run.h5 ] || fail "bash offers no file: $(in_bash inspect ru)"
[ "$(in_bash appraise run.h5 --rulebook = green-book-2022)" = green-book-2022 ] || fail "bash: a value after ="

if command -v zsh >zsh.path; then
  # compadd and _files stand in for the line editor's.
  in_zsh() {
    zsh -f -c '
      compdef() { :; }
      compadd() { local -a rest; while (( $# )); do case $1 in -d|-S) shift 2;; -l) shift;; -a) print -l -- "${(@P)2}"; return;; *) shift;; esac; done }
      _files() { print -- "files $*"; }
      source "$1/tools/man/spillway.zsh"; shift
      words=(spillway "$@"); CURRENT=${#words}; _spillway' zsh "$source" "$@"
  }
  [ "$(in_zsh table run.h5 lad --format la)" = latex ] || fail "zsh: $(in_zsh table run.h5 lad --format la)"
  [ "$(in_zsh certain run.h5 --scenario wea)" = wealth_fund ] || fail "zsh: scenarios"
  [ "$(in_zsh inspect '')" = "files -g *.h5" ] || [ "$(in_zsh table '')" = "files -g *.h5" ] || fail "zsh: files: $(in_zsh table '')"
  zsh -n "$source/tools/man/spillway.zsh" || fail "zsh does not read its completion"
else
  echo "zsh is not installed: its completion was not run"
fi
if command -v fish >fish.path; then
  in_fish() { fish --no-config -c "source $source/tools/man/spillway.fish; complete -C '$1'" | cut -f1; }
  [ "$(in_fish 'spillway table run.h5 lad --format la')" = latex ] || fail "fish: $(in_fish 'spillway table run.h5 lad --format la')"
  [ "$(in_fish 'spillway certain run.h5 --scenario wea')" = wealth_fund ] || fail "fish: scenarios"
  in_fish 'spillway table ru' | grep -qx run.h5 || fail "fish offers no file: $(in_fish 'spillway table ru')"
else
  echo "fish is not installed: its completion was not run"
fi
echo passed
