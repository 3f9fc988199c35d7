#!/usr/bin/env bash
# One small run of every command under valgrind: no byte is read that was not written, none beyond its block.
#   tests/attack/memory.sh build/spillway SOURCE      some ten minutes of a processor; tools/check-all memory runs it
# The program is the one that ships, at x86-64-v3 (valgrind knows no AVX-512). Valgrind has 64 bits where long double has 80, so that
# numbers may differ in their last digits: only exit codes are looked at. A result without its seal is left out: the process that tries it
# ends after ten seconds of processor, which are too few here. Exit 77 (skipped) where there is no valgrind.
# shellcheck disable=SC2154
# shellcheck disable=SC1091
source "$(dirname "$0")/../support/set_up.sh"
command -v valgrind >/dev/null || { echo "SKIPPED: needs valgrind" && exit 77; }
short=(--set data.synthetic_areas=400 --replicates 99 --draws 80 --quiet --threads 2)
"$spillway" synth --areas 400 --authorities 30 --output pack >/dev/null
"$spillway" run "$config" "${short[@]}" --data pack --output base.h5 >/dev/null
"$spillway" run "$config" "${short[@]}" --data pack --seed 7 --output other.h5 >/dev/null
cp -r pack lsoa && sed -i 's/^geography = .*/geography = "lsoa11"/' lsoa/pack.toml
{ echo LSOA11CD,LSOA21CD && tail -n +2 pack/areas.csv | cut -d, -f1 | sed 's/.*/&,&/'; } >lookup.csv
read -r a b _ < <("$spillway" inspect base.h5 --json - | python3 -c 'import json,sys; print(*[s["name"] if isinstance(s, dict) else s for s in json.load(sys.stdin)["scenarios"]])')
head -c 100000 base.h5 >cut.h5
printf '[run\n' >bad.toml
tried=0 found=0
memory() { # memory EXIT COMMAND...
  local code=$1 status=0
  shift
  valgrind -q --error-exitcode=99 --leak-check=no --child-silent-after-fork=yes "$spillway" "$@" >said.txt 2>errors.txt || status=$?
  tried=$((tried + 1))
  if [ $status != "$code" ]; then
    found=$((found + 1))
    echo "'$*' exits $status, not $code: $(grep -v '^$' errors.txt | head -40)"
  fi
}
memory 0 levers
memory 0 levers community_wealth_fund
memory 0 funds
memory 0 rulebooks --json r.json
memory 0 schema --output s.json
memory 0 init --lever community_wealth_fund --pack pack --output i.toml
memory 0 inspect pack
memory 0 inspect base.h5 --json i.json
memory 0 inspect base.h5 --verify
memory 4 inspect cut.h5
memory 2 run bad.toml
memory 2 nonsense
for table in estimates outcomes appraisal winners lad; do memory 0 table base.h5 $table --format csv --output t.csv; done
memory 0 table base.h5 estimates --format latex --output t.tex
memory 0 appraise base.h5 --rulebook green-book-2022 --json a.json
memory 0 report base.h5 --compare other.h5 --output page.html
memory 0 export base.h5 --output book.xlsx --output book.ods
memory 0 dossier base.h5 --output dossier
memory 0 contrast base.h5 "$a" "$b" --output contrast.h5 --json c.json
memory 0 certain base.h5 --areas --output certain.h5
memory 0 frontier base.h5 --scenario "$a" --csv tables --output frontier.h5
memory 0 replicate base.h5 --r r.R
memory 1 diff base.h5 other.h5 --json d.json
memory 0 profiles pack --csv p.csv
memory 0 convert lsoa --to lsoa21 --lookup lookup.csv --output new
memory 0 synth --areas 400 --authorities 30 --output synth
memory 0 check "$config" "${short[@]:0:2}" --data pack
memory 0 sweep "$config" --set 'run.seed=[1, 2]' --data pack --output grid
memory 0 estimate "$config" "${short[@]}" --data pack
memory 0 run "$config" "${short[@]}" --data pack --output run.h5 --json j.json --status st.json --log log --checkpoint always
memory 0 coverage "$config" --dry-run
echo "$tried commands under valgrind: $found with an error of memory or another exit code"
[ $found = 0 ]
