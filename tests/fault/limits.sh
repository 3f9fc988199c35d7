#!/usr/bin/env bash
# What people and machines give and take away: texts that are nested, long or no files at all, names that lead out, threads,
# file sizes and signals. Every one ends in an exit code with words, none in a crash, a wait for ever or litter.
# shellcheck disable=SC2154
# shellcheck disable=SC1091
source "$(dirname "$0")/../support/set_up.sh"
ulimit -c 0
few=(--set data.synthetic_areas=600 --replicates 199 --draws 180 --quiet)
short=("${few[@]}" --threads 2)
soon() { timeout 20 "$@"; } # what waits or grows is ended with 124
run() { soon "$spillway" run "$@" "${short[@]}" --output o.h5; }
clean() { # clean WHAT: no result and no litter
  [ ! -e o.h5 ] && [ -z "$(find . -name '*.tmp-*' -o -name '*.checkpoint')" ] || fail "$1 left $(find . -newer sums)"
}
cp "$config" c.toml
"$spillway" synth --areas 600 --output pack >/dev/null
touch sums

# Texts.
python3 - <<'PY'
deep = 200_000
text = {"dotted": "a" + ".a" * deep + " = 1", "table": "[a" + ".a" * deep + "]", "tables": "[[a" + ".a" * deep + "]]",
        "quoted": '"a"' + '."a"' * deep + " = 1", "list": "a = " + "[" * deep + "]" * deep, "inline": "a = " + "{a = " * deep + "1" + "}" * deep,
        "spaces": "a" + " . a" * deep + " = 1", "after": 'b = """x\n"""\n# ]]]]\nc = "a.a" \nd = ' + "[" * deep,
        "mixed": "a" + ".a" * 20 + " = " + "[{a" + ".a" * 20 + " = " + "[" * 40}
for name, toml in text.items():
    open(f"deep-{name}.toml", "w").write(toml + "\n")
open("many.toml", "w").write(open("c.toml").read().replace('covariates = []', "covariates = [" + ", ".join(f'"a{k}"' for k in range(100_000)) + "]"))
open("key.toml", "w").write("k" * 10_000_000 + " = 1\n" + open("c.toml").read())
open("bytes.toml", "wb").write(b'[run]\nname = "\xff\xfe"\n')
PY
for text in deep-*.toml; do
  expect 2 "nested too deeply" run "$text"
  mkdir "p-$text" && cp "$text" "p-$text/pack.toml"
  expect 2 "nested too deeply" run c.toml --data "p-$text"
  expect 2 "nested too deeply" soon "$spillway" pack "$text" --data . --output new
  expect 2 "nested too deeply" soon "$spillway" sweep "$text" --set 'run.seed=[1,2]' --output grid
done
parts=$(printf 'a.%.0s' $(seq 30000))
expect 2 "parts" run c.toml --set "${parts}a=1"
expect 2 "nested too deeply" run c.toml --set "run.name=$(printf '[%.0s' $(seq 50000))"
expect 2 "members" soon "$spillway" sweep c.toml --set "run.seed=[$(seq -s, 10000)]" --set "outcomes.horizon=[$(seq -s, 100)]" --dry-run --output grid
expect 2 "" run many.toml
[ "$(run many.toml 2>&1 | wc -c)" -lt 30000 ] || fail "100,000 faults are a message of $(run many.toml 2>&1 | wc -c) bytes"
[ "$(run key.toml 2>&1 | wc -c)" -lt 3000 ] || fail "a key of 10 MB is repeated whole"
expect 2 "bytes.toml" run bytes.toml
mkfifo fifo
truncate -s 20M large.toml
for file in fifo /dev/zero . large.toml none.toml c.toml/x; do
  expect 2 "$file" run "$file"
  expect 2 "$file" soon "$spillway" sweep "$file" --set 'run.seed=[1,2]' --output grid --dry-run
  [ "$file" = . ] || expect 2 "$file" soon "$spillway" pack "$file" --data . --output new
done
mkdir p-fifo && mkfifo p-fifo/pack.toml
expect 2 "pack.toml" run c.toml --data p-fifo
mkdir s-fifo && mkfifo s-fifo/index.json
expect 2 "index.json" soon "$spillway" sweep --run s-fifo
clean "a text at fault"

# Names.
for name in ../../escaped /tmp/escaped a/b .. . "$(printf 'x%.0s' $(seq 300))" $'a\tb' $'a\x1bb' $'\xff'; do
  expect 2 "" soon "$spillway" run c.toml "${short[@]}" --set "run.name=$name"
done
printf '[run]\nname = "a\\u0000b"\n' | cat - <(grep -v '^name = "smoke\|^\[run\]' c.toml) >nul.toml
expect 2 "control character" run nul.toml
[ ! -e results ] || [ -z "$(ls results)" ] || fail "a name that is none wrote $(ls results)"
mkdir sweep
echo victim >victim.h5
cp c.toml sweep/0001.toml
for result in ../victim.h5 "$PWD/victim.h5" a/../../victim.h5 .. ''; do
  for key in name config result; do
    python3 - "$key" "$result" <<'PY'
import json, sys
member = {"name": "0001", "config": "0001.toml", "result": "0001.h5", "settings": []}
member[sys.argv[1]] = sys.argv[2]
json.dump({"config": "c.toml", "members": [member]}, open("sweep/index.json", "w"))
PY
    expect 2 "index.json" soon "$spillway" sweep --run sweep
    expect 2 "index.json" soon "$spillway" sweep --member 1 sweep
    expect 2 "index.json" soon "$spillway" sweep --merge sweep --output all.h5
  done
done
for index in '{' '[]' '{"members": []}' '{"members": [{}]}' '{"members": [{"name": 1}]}' $'\xff'; do
  printf '%s' "$index" >sweep/index.json
  expect 2 "index.json" soon "$spillway" sweep --run sweep
  soon "$spillway" sweep --run sweep 2>&1 | grep -q 'json\.exception' && fail "an index at fault shows the library's words"
done
[ "$(cat victim.h5)" = victim ] || fail "a sweep's index led out of its folder"
# A folder's name is the folder, whatever is in it.
for name in 'p"q' 'p\q' 'p#' $'p\tq' "p'q" 'p{q}'; do
  cp -r pack "$name"
  if [ "$name" = $'p\tq' ]; then expect 2 "control character" run c.toml --data "$name"; else
    run c.toml --data "$name" >/dev/null || fail "--data '$name'"
    rm o.h5
  fi
done
clean "names"

# Values of flags.
for threads in -1 4097 1000000000 99999999999999999999 two 1.5; do
  expect 2 "--threads" soon "$spillway" run c.toml --threads "$threads" --output o.h5
  expect 2 "--threads" soon "$spillway" sweep c.toml --threads "$threads" --output grid
done
expect 2 "threads" run c.toml --set run.threads=4097
for seed in -1 1e3 99999999999999999999 nan; do
  expect 2 "--seed" soon "$spillway" run c.toml --seed "$seed" --output o.h5
  expect 2 "--seed" soon "$spillway" synth --output new --seed "$seed"
done
for value in nan inf -1 -inf 1e400 x; do
  expect 2 "--instrument-strength" soon "$spillway" synth --output new --areas 100 --instrument-strength "$value"
  expect 2 "--serial-correlation" soon "$spillway" synth --output new --areas 100 --serial-correlation "$([ "$value" = -1 ] && echo 1 || echo "$value")"
  expect 2 "--areas" soon "$spillway" synth --output new --areas "$value"
done
expect 2 "--areas" soon "$spillway" synth --output new --areas 1000000000000
expect 2 "--authorities" soon "$spillway" synth --output new --areas 100 --authorities 0
[ ! -e new ] || fail "a flag at fault made a pack"

# What the system takes away.
limits=0
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && setpriv --reuid 65533 --clear-groups "$spillway" --version >/dev/null 2>&1; then
  chmod 777 . && limits=1
  expect 4 "threads" soon setpriv --reuid 65533 --clear-groups bash -c 'ulimit -u 3; exec "$@"' - "$spillway" run c.toml "${few[@]}" --threads 8 --output o.h5
  clean "threads that do not start"
fi
[ -n "${SPILLWAY_SANITIZED:-}" ] || expect 4 "threads" soon bash -c 'ulimit -v 3000000; exec "$@"' - "$spillway" run c.toml "${few[@]}" --threads 600 --output o.h5
clean "threads without memory"
for command in "run c.toml ${short[*]} --output o.h5" "synth --areas 3000 --output new" "convert pack --to lsoa21 --lookup lookup.csv --output new" "table base.h5 lad --format csv --output t.csv" \
  "report base.h5 --output r.html" "init --output i.toml"; do
  [ -e base.h5 ] || "$spillway" run c.toml "${short[@]}" --output base.h5 >/dev/null
  [ -e lookup.csv ] || { echo SYNTHETICCD,LSOA21CD && tail -n +2 pack/areas.csv | cut -d, -f1 | sed 's/.*/&,N&/'; } >lookup.csv
  blocks=20
  [[ $command == init* || $command == table* ]] && blocks=0
  # shellcheck disable=SC2086
  expect 4 "File too large" soon bash -c "ulimit -f $blocks; exec \"\$@\"" - "$spillway" $command
  [ ! -e new ] && [ -z "$(find . -name '*.tmp-*' -o -name '*.partial')" ] || fail "'$command' left $(find . -name '*.tmp-*' -o -name new)"
done
clean "file sizes"
for signal in HUP INT TERM XCPU PIPE USR1 XFSZ; do
  "$spillway" run c.toml --set data.synthetic_areas=600 --replicates 99999 --draws 199 --checkpoint never --log "log-$signal" --output o.h5 >/dev/null 2>said.txt &
  job=$!
  for _ in $(seq 400); do
    grep -qs '"begin"' "log-$signal" && break
    sleep 0.02
  done
  kill -"$signal" $job
  [ $signal = PIPE ] || [ $signal = XFSZ ] && { sleep 0.2; kill -TERM $job; } # heard and ignored: the write says it
  status=0
  wait $job || status=$?
  [ $status = 130 ] || fail "SIG$signal: exit $status, not 130: $(cat said.txt)"
  clean "SIG$signal"
done
echo "limits: all refused or stopped with words, no litter$([ $limits = 1 ] || echo ' (SKIPPED: a limit on processes needs root)')"
