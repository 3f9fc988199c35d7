# Bash completion of spillway: commands, flags as each command's --help lists them, files.
_spillway() {
  local word=${COMP_WORDS[COMP_CWORD]} command=
  local commands="run estimate check coverage synth pack convert inspect profiles table appraise sensitivity speccurve contrast certain frontier backcast sweep diff replicate report export init levers funds rulebooks schema"
  local k
  for ((k = 1; k < COMP_CWORD; ++k)); do
    case "${COMP_WORDS[k]}" in -*) ;; *) command=${COMP_WORDS[k]} && break ;; esac
  done
  if [ -z "$command" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
  elif [[ "$word" == -* ]]; then
    local flags
    flags=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null | grep -oE '(^|[ ,])--[a-z-]+' | tr -d ' ,')
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _spillway spillway
