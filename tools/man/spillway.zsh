#compdef spillway
# Zsh completion of spillway: `spillway complete` says what may come next, here as in bash and fish.
_spillway() {
  local -a found values shown
  local line
  found=("${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "${found[1]}" == ":files"* ]]; then
    line=${found[1]#:files}
    line=${line# }
    if [[ -n "$line" ]]; then _files -g "*$line"; else _files; fi
    return
  fi
  for line in "${found[@]}"; do
    [[ -n "$line" ]] || continue
    values+=("${line%%$'\t'*}")
    if [[ "$line" == *$'\t'* ]]; then shown+=("${line%%$'\t'*}  ${line#*$'\t'}"); else shown+=("$line"); fi
  done
  (( ${#values} )) || return 1
  if [[ "${values[1]}" == *[=.] ]]; then
    compadd -S '' -d shown -l -a values
  else
    compadd -d shown -l -a values
  fi
}
if [ "${funcstack[1]}" = "_spillway" ]; then
  _spillway "$@"
else
  compdef _spillway spillway
fi
