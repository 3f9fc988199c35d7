#!/bin/sh
# What a user reads where model B cannot know: weak instruments, none, six authorities, and a set without ends.
#     bench/weak_worlds.sh BINARY > out.txt         (seconds; docs/methods/weak-instruments.md keeps its output)
set -eu
spillway=${1:?usage: weak_worlds.sh BINARY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/model_b.toml" <<'TOML'
[run]
name = "weak"
seed = 20241

[data]
pack = "synthetic"

[weights]
kind = "contiguity"
islands = "keep-zero"

[areas]
type = "area_type"

[[model]]
name = "social_infrastructure"
kind = "iv"
outcome = "growth_decade"
window_years = 10
proxies = ["grants_per_head", "lottery_per_head"]
instrument_sets = [["drug_crime_rate", "turnout"]]
headline_cell = "grants_per_head:drug_crime_rate+turnout"
controls = ["log_population"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code", small_sample = "cr1" }

[bootstrap]
scheme = "cluster_pairs"
cluster = "lad_code"
replicates = 1999
TOML
world() {
  name=$1
  shift
  "$spillway" synth --output "$work/$name" --areas 2000 --policy-truth own --strength sharp "$@" > "$work/synth.txt"
  printf '\n== %s: spillway synth --areas 2000 %s\n\n' "$name" "$*"
  NO_COLOR=1 "$spillway" estimate "$work/model_b.toml" --data "$work/$name" --quiet 2> "$work/err.txt" || cat "$work/err.txt"
}
world weak --authorities 100 --instrument-strength 0.3
world unidentified --authorities 100 --instrument-strength 0
world six-authorities --authorities 6
world unbounded --authorities 100 --instrument-strength 0.15
