#!/usr/bin/env bash
# Every command teaches by example, is known to the completion and the manual page, and a wrong one is put right.
set -euo pipefail
spillway=$1 source=$2

fail() {
  echo "FAILED: $1"
  exit 1
}
commands=$("$spillway" --help | sed -n '/^Subcommands:/,/^$/p' | awk 'NR > 1 && NF {print $1}')
[ "$(wc -w <<<"$commands")" -ge 10 ] || fail "--help lists few commands: $commands"
# shellcheck disable=SC1091
source "$source/tools/man/spillway.bash"
for command in $commands; do
  "$spillway" "$command" --help >help.txt.$$ || fail "$command --help"
  grep -q "spillway $command .*" <(sed -n "/Example/,\$p" help.txt.$$) || fail "$command --help shows no example"
  rm -f help.txt.$$
  grep -q "^.B $command" "$source/tools/man/spillway.1" || fail "the manual page lacks $command"
  COMP_WORDS=("$spillway" "$command") COMP_CWORD=1
  _spillway
  [[ " ${COMPREPLY[*]} " == *" $command "* ]] || fail "completion lacks $command"
done
COMP_WORDS=("$spillway" run --thr) COMP_CWORD=2
_spillway
[ "${COMPREPLY[*]}" = "--threads" ] || fail "completion of --thr gives '${COMPREPLY[*]}'"

expect() { # expect EXIT TEXT ARGUMENTS...: exit code, and text in what is printed
  local code=$1 text=$2 status=0 out
  shift 2
  out=$("$spillway" "$@" 2>&1) || status=$?
  [ $status = "$code" ] || fail "'spillway $*' exits $status, not $code: $out"
  grep -qF -- "$text" <<<"$out" || fail "'spillway $*' does not say '$text': $out"
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
expect 2 "did you mean 'estimate'?" estimat x.toml
expect 2 "missing.toml: no such configuration" run "$folder/missing.toml"
expect 2 "" run
expect 0 "wrote" init --output "$folder/new.toml"
expect 2 "exists already" init --output "$folder/new.toml"
sed 's/^horizon/horizn/' "$source/configs/smoke.toml" >"$folder/typo.toml"
expect 2 "did you mean 'horizon'" run "$folder/typo.toml"
expect 2 "did you mean" run "$source/configs/smoke.toml" --set scenario.ring_fence_1.parameters.share=0.1
expect 2 "" run "$folder/typo.toml" --json "$folder/faults.json"
grep -q '"column": "outcomes.horizn"' "$folder/faults.json" || fail "--json does not hold the faults: $(cat "$folder/faults.json")"
expect 2 "" inspect "$folder/typo.toml"
expect 4 "" run "$source/configs/smoke.toml" --output "$folder/no/such/folder/run.h5"
! grep -q $'\033' <(NO_COLOR=1 "$spillway" run "$source/configs/smoke.toml" --output "$folder/run.h5" 2>&1) || fail "colours in a pipe"
expect 2 "known: terminal, csv, latex, markdown, json" table "$folder/run.h5" estimates --format xml
"$spillway" inspect "$folder/run.h5" --json - | python3 -c 'import json, sys; d = json.load(sys.stdin); assert any(x["path"] == "/weights/neighbours" for x in d["datasets"])' ||
  fail "inspect --json does not list the neighbours"
"$spillway" table "$folder/run.h5" estimates --format json | python3 -c 'import json, sys; assert json.load(sys.stdin)["models"][0]["coefficients"]' || fail "table --format json"
"$spillway" table "$folder/run.h5" area_type --format json | python3 -c 'import json, sys; assert isinstance(json.load(sys.stdin)["rows"][0]["median"], float)' || fail "table area_type --format json"
# What is suggested can be typed as it stands: by the path this program was called by, or its name on the PATH.
mkdir "$folder/bin" && ln -s "$spillway" "$folder/bin/spillway"
grep -qx "next: bin/spillway run new2.toml --dry-run .*" <(cd "$folder" && bin/spillway init --output new2.toml) || fail "init suggests another program than the one called"
grep -qx "next: spillway run new3.toml --dry-run .*" <(cd "$folder" && PATH="$folder/bin:$PATH" spillway init --output new3.toml) || fail "init suggests a path for a program on the PATH"
# A configuration for one lever reads back, its columns checked against the pack.
for lever in community_wealth_fund bus_franchising package; do
  expect 0 "wrote" init --lever $lever --output "$folder/$lever.toml"
  expect 0 "scenario $lever ($lever)" run "$folder/$lever.toml" --dry-run
done
"$spillway" synth --areas 900 --authorities 60 --output "$folder/world" >/dev/null
expect 0 "wrote" init --lever bus_franchising --pack "$folder/world" --output "$folder/bus-on-world.toml"
cp -r "$folder/world" "$folder/other"
sum_of() { sha256sum "$1" | cut -d' ' -f1; }
sed -i 's/growth_decade/growth_of_ten/' "$folder/other/areas.csv"
sed -i "s/growth_decade/growth_of_ten/; s/$(sum_of "$folder/world/areas.csv")/$(sum_of "$folder/other/areas.csv")/" "$folder/other/pack.toml"
expect 0 "name columns that the pack lacks (model.social_infrastructure.outcome is 'growth_decade')" init --lever bus_franchising --pack "$folder/other" --output "$folder/bus-on-other.toml"
expect 2 "did you mean 'bus_franchising'?" init --lever bus_franchise --output "$folder/none.toml"
[ ! -e "$folder/none.toml" ] || fail "init leaves a file of a lever that there is not"
# What there is to choose from, as tables and as JSON of the same catalogues.
expect 0 "community_wealth_fund" levers
expect 0 "match_private" levers community_wealth_fund
expect 2 "did you mean 'community_wealth_fund'?" levers comunity_wealth_fund
expect 0 "284 places of 20" funds
expect 0 "(in force)" rulebooks
"$spillway" levers --json - >"$folder/levers.json"
"$spillway" funds --json - >"$folder/funds.json"
"$spillway" rulebooks --json - >"$folder/rulebooks.json"
"$spillway" schema --output "$folder/schema.json"
python3 - "$folder" "$spillway" "$source" <<'PYTHON' || fail "the catalogues' JSON"
import json, subprocess, sys
it = {name: json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("levers", "funds", "rulebooks", "schema")}
fund = {one["name"]: one for one in it["funds"]["funds"]}
assert fund["ukspf_2022_25_england"]["profile_gbp_m"] == [400, 700, 1500] and fund["ukspf_2022_25_england"]["valid_until"] == 2025
assert fund["local_growth_fund"]["amount_gbp"] is None
assert any(rule["value"] is not None for rule in it["rulebooks"]["rulebooks"][-1]["rules"])
scenario = it["schema"]["properties"]["scenario"]["items"]
for lever in it["levers"]["levers"]:
    then = [one["then"] for one in scenario["allOf"] if one["if"]["properties"]["lever"]["const"] == lever["name"]]
    known = then[0]["properties"]["parameters"]["properties"]
    assert set(one["name"] for one in lever["parameters"]) <= set(known), lever["name"]

# What editors are told of a value is what the reader says of a wrong one.
looked_at = 0
for section, one in it["schema"]["properties"].items():
    for key, value in one.get("properties", {}).items():
        if "enum" in value:
            wrong, says = "zzz", "is not one of " + ", ".join(value["enum"])
        elif value.get("type") == "integer" and "maximum" in value:
            wrong, says = str(value["maximum"] + 1), f"expected a whole number from {value['minimum']} to {value['maximum']}"
        elif value.get("type") in ("integer", "number", "boolean", "array"):
            wrong, says = "zzz", "is text; expected"
        else:
            continue
        said = subprocess.run([sys.argv[2], "check", sys.argv[3] + "/configs/smoke.toml", "--set", f"{section}.{key}={wrong}"], capture_output=True, text=True)
        assert said.returncode == 2 and says in said.stderr, (section, key, says, said.stderr)
        looked_at += 1
assert looked_at > 25, looked_at
PYTHON
echo "command line: $(wc -w <<<"$commands") commands"
