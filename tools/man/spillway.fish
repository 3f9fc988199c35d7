# Fish completion of spillway: `spillway complete` says what may come next, here as in bash and zsh.
function __spillway_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found ($words[1] complete $words[2..-1] "$word" 2>/dev/null)
    if string match -q ':files*' -- "$found[1]"
        set -l ending (string replace -r '^:files ?' '' -- "$found[1]")
        if test -n "$ending"
            __fish_complete_suffix $ending
        else
            __fish_complete_path "$word"
        end
    else
        printf '%s\n' $found
    end
end
complete -c spillway -f -a '(__spillway_complete)'
