#!/usr/bin/env bash
# What an economist expects of a table: a column a model, errors in brackets, rows of effects, every diagnostic defined, an
# echo line a fit; and clusters that are not named are an error that suggests a choice.
set -euo pipefail
spillway=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $1"
  exit 1
}
has() { # has FILE PATTERN: a line matches
  grep -qE -- "$2" "$1" || fail "$(basename "$1") has no line like '$2': $(head -c 3000 "$1")"
}
cat >"$folder/three.toml" <<TOML
[data]
pack = "$source/tests/reference/shipped/pack"
[[model]]
name = "iv"
kind = "iv"
outcome = "growth_decade"
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population"]
fixed_effects = ["region_code"]
weights_column = "population"
estimators = ["ols", "2sls", "liml", "fuller", "gmm_iterated"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code", small_sample = "fixest" }
[[model]]
name = "sar"
kind = "spatial_autoregression"
outcome = "growth"
covariates = ["gva"]
estimators = ["qml"]
covariance = { kind = "iid" }
[[model]]
name = "panel"
kind = "spatial_lag_panel"
outcome = "growth"
covariates = ["gva"]
estimators = ["within", "pooled"]
headline = "within"
covariance = { kind = "driscoll_kraay", small_sample = "none" }
[bootstrap]
cluster = "lad_code"
replicates = 99
draws = 9
TOML
"$spillway" estimate "$folder/three.toml" --quiet --explain >"$folder/terminal.txt"
has "$folder/terminal.txt" '^ +ols +2sls +liml +fuller +gmm_iterated$'
has "$folder/terminal.txt" '^region_code effects( +yes){5}$'
has "$folder/terminal.txt" '^area effects +yes +yes +no$'
has "$folder/terminal.txt" '^period effects +no +yes +yes$'
has "$folder/terminal.txt" '^\(standard error\), \[95 % interval\]$'
has "$folder/terminal.txt" '^2sls of growth_decade on .*absorbing region_code, analytic weights; 360 rows; clusters lad_code \(36\), fixest: G/\(G-1\) .*WRE .*B = 99, .*Rademacher weights, seed'
has "$folder/terminal.txt" '^within with area effects.*covariance: Driscoll-Kraay, Bartlett with [0-9]+ lags over 10 periods'
for what in stock_yogo_size_10 effective_f_critical exclusion_switching_value kleibergen_paap_lm clr; do has "$folder/terminal.txt" "^$what: "; done

# In brief: one block a model, no definitions, the headline's numbers as the full table has them.
"$spillway" estimate "$folder/three.toml" --quiet >"$folder/brief.txt"
[ "$(wc -l <"$folder/brief.txt")" -le 60 ] || fail "the brief print of three models has $(wc -l <"$folder/brief.txt") lines"
has "$folder/brief.txt" 'AR p$'
has "$folder/brief.txt" '^N [0-9]+, T 10, [0-9]+ observations, '
has "$folder/brief.txt" 'notes on them .*: --all; what each statistic is: --explain$'
! grep -qE '^clr: ' "$folder/brief.txt" || fail "the brief print has definitions"
"$spillway" estimate "$folder/three.toml" --quiet --all >"$folder/all.txt"
has "$folder/all.txt" '^kleibergen_paap_lm '
! grep -qE '^clr: ' "$folder/all.txt" || fail "--all has definitions"

"$spillway" run "$folder/three.toml" --output "$folder/run.h5" --quiet >/dev/null
"$spillway" table "$folder/run.h5" estimates --format csv >"$folder/table.csv"
has "$folder/table.csv" '^,ols,2sls,liml,fuller,gmm_iterated,definition$'
has "$folder/table.csv" '^kleibergen_paap_f,.*ivreg2'
has "$folder/table.csv" '^,\(.*,standard error of grants_per_head$'
"$spillway" table "$folder/run.h5" estimates --format latex >"$folder/table.tex"
has "$folder/table.tex" 'begin\{tabular\}\{lrrrrr\}'
has "$folder/table.tex" 'region\\_code effects & yes'

sed 's/, by = "lad_code"//' "$folder/three.toml" >"$folder/unnamed.toml"
status=0
"$spillway" estimate "$folder/unnamed.toml" --quiet >"$folder/unnamed.txt" 2>&1 || status=$?
[ $status = 2 ] || fail "clusters that are not named exit $status, not 2"
has "$folder/unnamed.txt" 'needs its clusters named; write by = "lad_code"'
echo "tables: passed"
