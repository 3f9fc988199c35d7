#!/usr/bin/env bash
# Every command honours every flag that it takes. The flags are read from each command's own help, so that a new command, or a
# flag given to an old one, is tried here or named as untried.
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --areas 900 --authorities 60 --output world >/dev/null
small=(--data world --set bootstrap.replicates=99 --set bootstrap.draws=99 --set outcomes.horizon=3)
"$spillway" run "$config" "${small[@]}" --quiet --output run.h5 >/dev/null

# What each job is called with, beside the flag that is tried; jobs of seconds.
declare -A job=(
  [run]="$config ${small[*]}"
  [estimate]="$config ${small[*]}"
  [sensitivity]="$config ${small[*]} --scenario ring_fence_10 --rows 16"
  [frontier]="$config ${small[*]} --scenario ring_fence_10 --points 3 --area-draws 9"
  [speccurve]="$config ${small[*]} --scenario ring_fence_10 --weights contiguity --rulebooks green-book-2022"
  [backcast]="$config ${small[*]} --set backcast.start=2019 --set backcast.places=20 --set backcast.placebos=19"
  [coverage]="$source/configs/coverage.toml --set coverage.worlds=2 --set bootstrap.replicates=49 --set coverage.only=[\"iid_equal\"]"
  [contrast]="run.h5 ring_fence_10 wealth_fund --areas --area-draws 9"
  [certain]="run.h5 --scenario ring_fence_10 --areas"
)

call() { # call COMMAND ARGUMENTS...
  local command=$1
  shift
  "$spillway" "$command" ${job[$command]} "$@"
}
json() { # json FILE EXPRESSION: true of the JSON in FILE, called `it`
  python3 -c "import json, sys
text = open('$1').read()
it = [json.loads(line) for line in text.splitlines()] if '$1'.endswith('.jsonl') else json.loads(text)
sys.exit(0 if ($2) else 1)"
}
nothing_written() { ! ls d.* *.checkpoint >/dev/null 2>&1; }

tried=0
for command in $("$spillway" --help | sed -n '/ubcommands/,/^$/p' | grep -oE '^  [a-z]+' ); do
  flags=$("$spillway" "$command" --help | grep -oE '^ +(-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+')
  takes() { grep -qx -- "--$1" <<<"$flags"; }
  if [ -z "${job[$command]:-}" ]; then
    # A command that is no study has nothing to log, to stop or to foretell; a sweep lists its members.
    for flag in log status resume $([ "$command" = sweep ] || echo dry-run); do
      takes $flag && fail "'$command' takes --$flag, and this test does not try it: add it to the jobs above"
    done
    continue
  fi
  rm -rf d.* *.checkpoint
  result=() from=(--seed 77)
  takes output && result=(--output d.h5)
  takes seed || from=()

  # All at once: log, status, threads, quiet, JSON, result.
  call $command "${from[@]}" --threads 2 --quiet --log d.jsonl --status d.status.json --json d.json "${result[@]}" >d.txt 2>d.err ||
    fail "$command fails: $(cat d.err)"
  [ ! -s d.err ] || fail "$command --quiet says: $(cat d.err)"
  if [ "$command" = run ]; then
    [ ! -s d.txt ] || fail "run --quiet says: $(cat d.txt)"
  else
    [ -s d.txt ] || fail "$command shows nothing"
  fi
  json d.json 'len(it) > 0' || fail "$command --json writes no JSON"
  json d.jsonl "it[0]['event'] == 'start' and it[0]['command'] == '$command' and it[0]['threads'] == 2" || fail "$command: the log starts with $(head -1 d.jsonl)"
  json d.jsonl "it[-1]['event'] == 'done' and it[-1]['exit'] == 0" || fail "$command: the log ends with $(tail -1 d.jsonl)"
  json d.jsonl "{'begin', 'end', 'plan'} <= {line['event'] for line in it}" || fail "$command: no stage is logged"
  json d.jsonl "sorted(l['stage'] for l in it if l['event'] == 'begin') == sorted(l['stage'] for l in it if l['event'] == 'end')" ||
    fail "$command: a stage is begun and not ended"
  json d.status.json "it['state'] == 'done' and it['exit'] == 0 and it['command'] == '$command'" || fail "$command: the status is $(cat d.status.json)"
  ! ls -d *.checkpoint >/dev/null 2>&1 || fail "$command leaves a checkpoint"
  if takes output; then
    "$spillway" inspect d.h5 --verify >/dev/null || fail "$command: the result is not whole"
    "$spillway" inspect d.h5 --json - >d.inspect.json
    json d.inspect.json "all(it['run'][key] for key in ('name', 'format_version', 'spillway_version', 'instruction_set', 'host', 'started', 'finished')) and it['run']['threads'] == 2 and it['run']['git_commit'] in '$("$spillway" --version)'" ||
      fail "$command: the provenance is $(python3 -c "import json; print(json.load(open('d.inspect.json'))['run'])")"
    case $command in contrast | certain) ;; *) false ;; esac || json d.inspect.json "it['run']['seed'] == 77" || fail "$command: the result does not know its seed"
    [ $command = coverage ] || json d.inspect.json "len(it['inputs']) > 2 and all(len(file['sha256']) == 64 for file in it['inputs'])" ||
      fail "$command: the result does not know its inputs"
    h5dump -a /run/config d.h5 >/dev/null 2>&1 || h5dump -d /run/config d.h5 >/dev/null 2>&1 || fail "$command: the result holds no configuration"
    [ "$(h5ls d.h5/run/stages 2>/dev/null | wc -l)" -gt 0 ] || fail "$command: the result holds no times of stages"
    if takes no-replace; then
      before=$(sha256sum d.h5)
      expect 4 "d.h5" call $command --quiet --no-replace --output d.h5
      [ "$before" = "$(sha256sum d.h5)" ] || fail "$command --no-replace changed the result"
      ! ls -d *.checkpoint >/dev/null 2>&1 || fail "$command --no-replace works before it refuses"
    fi
    if takes compress; then
      call $command --quiet --compress 1 --output d.small.h5 >/dev/null
      "$spillway" inspect d.small.h5 --verify >/dev/null || fail "$command --compress: the result is not whole"
    fi
  fi

  # A failure is logged too.
  if takes set; then
    rm -rf d.* *.checkpoint
    expect 2 "no_such_type" call $command --quiet --log d.jsonl --status d.status.json --set 'weights.kind="no_such_type"' "${result[@]}"
  fi

  # The plan: shown, and nothing done or written.
  if takes dry-run; then
    rm -rf d.* *.checkpoint
    call $command --dry-run --log d.jsonl --status d.status.json --json d.json "${result[@]}" >plan.txt || fail "$command --dry-run fails"
    [ -s plan.txt ] || fail "$command --dry-run shows nothing"
    if takes until-mcse; then
      call $command --dry-run --until-mcse 0.5 "${result[@]}" 2>&1 | cmp -s - plan.txt || fail "$command --dry-run --until-mcse draws"
    fi
    nothing_written || fail "$command --dry-run writes $(ls -d d.* *.checkpoint 2>/dev/null)"
  fi

  # Afresh where nothing is kept, and refused where nothing could be.
  if takes resume; then
    rm -rf d.* *.checkpoint
    call $command --quiet --resume "${result[@]}" --json d.json >d.txt || fail "$command --resume fails where nothing is kept"
    case $command in
      sensitivity | frontier | speccurve | contrast | certain) expect 2 "--resume without --output" call $command --quiet --resume ;;
    esac
  fi
  tried=$((tried + 1))
  echo "$command: $(wc -w <<<"$flags") flags"
done
[ $tried = ${#job[@]} ] || fail "only $tried of ${#job[@]} jobs were tried"
