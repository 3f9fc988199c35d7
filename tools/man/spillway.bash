# Bash completion of spillway: `spillway complete` says what may come next, here as in zsh and fish.
_spillway() {
  local -a words=() found=()
  local k word broken line
  # Bash cuts words at '=' and ':'; the program wants them whole.
  for ((k = 1; k <= COMP_CWORD; ++k)); do
    word=${COMP_WORDS[k]}
    if ((${#words[@]} > 0)) && [[ "$word" == [=:]* || "${words[-1]}" == *[=:] ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  word=${words[-1]-}
  broken=
  [[ "$word" == *[=:]* ]] && broken=${word%"${word##*[=:]}"}
  mapfile -t found < <("${COMP_WORDS[0]}" complete "${words[@]}" 2>/dev/null)
  COMPREPLY=()
  if [[ "${found[0]-}" == ":files"* ]]; then
    compopt -o filenames 2>/dev/null
    word=${word#"$broken"}
    line=${found[0]#:files} line=${line# }
    mapfile -t COMPREPLY < <(compgen -d -- "$word"; compgen -f -X "!*$line" -- "$word" | grep -vxFf <(compgen -d -- "$word"))
    return
  fi
  for line in "${found[@]}"; do
    line=${line%%$'\t'*}
    [[ "$line" == *[=.] ]] && compopt -o nospace 2>/dev/null
    line=${line#"$broken"}
    COMPREPLY+=("$line")
  done
}
complete -F _spillway spillway
