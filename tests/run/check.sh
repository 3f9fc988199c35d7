#!/usr/bin/env bash
# What `check` and `--dry-run` refuse, a run refuses with the same words, and what they accept a run accepts.
source "$(dirname "$0")/../support/set_up.sh"
"$spillway" synth --areas 300 --authorities 30 --output world >/dev/null
sed 's/^pack = .*/pack = "world"/; /^synthetic_areas/d; /^extrapolate/d' "$config" >small.toml
small=(--set scenario.wealth_fund.parameters.amount=1.5e6 --set scenario.ring_fence_10.parameters.amount=10e6)
few=(--replicates 59 --draws 39)

sets() { # sets KEY=VALUE...: as flags
  local flags=()
  for one in "$@"; do flags+=(--set "$one"); done
  printf '%s\n' "${flags[@]}"
}
refused() { # refused TEXT KEY=VALUE...: by check, --dry-run and run, exit 2, nothing written
  local text=$1
  shift
  mapfile -t flags < <(sets "$@")
  expect 2 "$text" "$spillway" check small.toml "${small[@]}" "${flags[@]}"
  [[ $text == *"area type"* || ${all:-} = yes ]] || return 0
  expect 2 "$text" "$spillway" run small.toml --dry-run "${small[@]}" "${flags[@]}"
  expect 2 "$text" "$spillway" run small.toml "${few[@]}" --quiet --output run.h5 "${small[@]}" "${flags[@]}"
  [ ! -e run.h5 ] || fail "'$*' left a result"
}
accepted() { # accepted KEY=VALUE...
  mapfile -t flags < <(sets "$@")
  expect 0 "a run would take it (2 models, 3 scenarios)" "$spillway" check small.toml "${small[@]}" "${flags[@]}"
}
fence=scenario.ring_fence_10.parameters wealth=scenario.wealth_fund.parameters buses=scenario.bus_franchising.parameters

expect 0 "run small.toml" "$spillway" check small.toml "${small[@]}"
all=yes refused "each of 300 areas a neighbour of every other" weights.kind=distance_band weights.cutoff_km=20000
all=yes refused "weights k = 299 makes" weights.kind=knn weights.k=299
accepted weights.kind=distance_band weights.cutoff_km=5
accepted weights.kind=knn weights.k=290

# Rival weights of model A: columns, links and values that the pack has not, before anything is estimated.
all=yes refused "small.toml:" 'model.spillover.rival_weights=["size:nocolumn"]'
all=yes refused "no column 'nocolumn'" 'model.spillover.rival_weights=["second_ring","size:nocolumn"]'
expect 2 "no column 'nocolumn'" "$spillway" estimate small.toml --dry-run --set 'model.spillover.rival_weights=["size:nocolumn"]'
all=yes refused "needs a value above 0" 'model.spillover.rival_weights=["size:industry_mix"]'
accepted 'model.spillover.rival_weights=["second_ring","nearest:4","size:population"]'
"$spillway" check small.toml "${small[@]}" --json c.json >/dev/null && grep -q '"accepted": true' c.json || fail "check --json"

# Numbers: at the edge, and the mistakes that people make.
accepted $fence.share=1 $wealth.fund_years=50
all=yes refused "column '$fence.share': value '25': it is out of range; expected from 0 to 1 (share); did you mean 0.25?" $fence.share=25
refused "value '1.5': it is out of range; expected from 0 to 1 (share)" $fence.share=1.5
refused "did you mean 0.25?" "$fence.share=\"25 %\""
refused "did you mean 0.25?" "$fence.share=\"0.25\""
refused "did you mean pert(0.05, 0.1, 0.2)?" "$fence.share={distribution=\"pert\",low=5,mode=10,high=20,source=\"x\"}"
all=yes refused "value '300': that is GBP 300 in all; write 300e6 for 300 million" $wealth.amount=300
refused "value '9999': that is GBP 9999 in all" $wealth.amount=9999
accepted $wealth.amount=10000
refused "did you mean 1.5e6?" "$wealth.amount=\"GBP 1.5m\""
refused "did you mean 300e6?" "$wealth.amount=\"300 million\""
refused "2027 is a calendar year, and fund_years counts years" $wealth.fund_years=2027
refused "a date is no number of years" $wealth.fund_years=2027-04-01
refused "is a word; expected a number or distribution" $wealth.fund_years=ten
refused "did you mean true, without quotes?" "$fence.budget_neutral=\"yes\""
refused "did you mean false?" $fence.budget_neutral=0

# Words: case, plural, misspelt; what the pack has.
refused "did you mean 'share'?" $fence.Shares=0.1
refused "did you mean 'gva_per_pound'?" $fence.GVA-per-pound=0.1
all=yes refused "no area type 'Doubly Disadvantaged'; did you mean 'doubly_disadvantaged'?" "$wealth.target=\"Doubly Disadvantaged\""
all=yes refused "no area type 'poor' (the pack's types are" $wealth.target=poor
refused "no column 'imd_rnk'" $fence.allocation=by_need $fence.allocation_column=imd_rnk
refused "is not one of flow, stock; did you mean 'stock'?" $fence.channel=Stock
refused "parameters of the lever belong in [scenario.parameters]" scenario.ring_fence_10.share=0.1
refused "no lever 'bus_franchise' (did you mean 'bus_franchising'?)" scenario.bus_franchising.lever=bus_franchise

# Estimates: one that is not replicated, one of another kind, none.
all=yes refused "has no replicates to draw from" scenario.wealth_fund.estimates.spillover=spillover/double_filter_iv model.spillover.estimators='["corrected_score","double_filter_iv"]'
refused "needs a model of kind spatial_lag_panel" scenario.wealth_fund.estimates.spillover=social_infrastructure/2sls
refused "cluster" 'bootstrap.cluster=""'

# Outcomes, groupings, areas, appraisal.
refused "did you mean 'region'?" 'outcomes.groupings=["nation","regions"]'
refused "column 'outcomes.keep_draws_of': value 'E1': is no area of the pack" 'outcomes.keep_draws_of=["E1"]'
refused "no such line of benefits; did you mean 'gva_welfare_share'?" 'appraisal.benefits={gva_welfare_shares={value=0.3,source="x"}}'
refused "no column 'rgion'" 'model.social_infrastructure.fixed_effects=["rgion"]'

# Every fault at once, each with its line.
mapfile -t flags < <(sets $fence.share=25 $wealth.target=poor)
"$spillway" check small.toml "${flags[@]}" 2>said.txt && fail "two faults are accepted"
grep -q "share" said.txt && grep -q "'poor'" said.txt || fail "not both faults: $(cat said.txt)"
sed 's/^lever = "community_wealth_fund"/&\n[scenario.parameters]\ntarget = "poor"/' small.toml >poor.toml
line=$(grep -n 'target = "poor"' poor.toml | cut -d: -f1)
expect 2 "poor.toml:$line: column '$wealth.target': no area type 'poor'" "$spillway" check poor.toml
expect 2 "this file defines no model 'spilover'; it has spillover, social_infrastructure; make the two names alike" "$spillway" check small.toml --set scenario.wealth_fund.estimates.spillover=spilover/corrected_score

# What an estimate has not seen: warned of beyond the 99th percentile, refused beyond three times it.
fund() { "$spillway" check small.toml "${small[@]}" --set $wealth.amount="$1" "${@:2}" 2>&1; }
times() { fund "$1" | grep -oE "[0-9.e+]+ times the 99th" | cut -d' ' -f1 || true; }
for amount in 2e6 4e6 8e6 16e6 32e6; do
  at=$(times $amount)
  [ -n "$at" ] && break
done
edge() { awk -v a="$amount" -v t="$at" -v to="$1" 'BEGIN { printf "%.0f", a * to / t }'; }
fund "$(edge 0.9)" | grep -q "times the 99th" && fail "warned below the 99th percentile"
fund "$(edge 1.2)" | grep -q "warning: scenario 'wealth_fund': outside support: the policy adds up to" || fail "not warned above it: $(fund "$(edge 1.2)")"
fund "$(edge 2.7)" | grep -q "a run would take it" || fail "refused below three times"
beyond=$(edge 3.4)
all=yes refused "three times is too far to extrapolate" $wealth.amount="$beyond"
fund "$beyond" --set scenario.wealth_fund.extrapolate="a trial of size" | grep -q "EXTRAPOLATED: the policy adds up to .*; allowed because: a trial of size" || fail "the reason is not said"
expect 2 "extrapolate': is empty; give the reason" "$spillway" check small.toml --set 'scenario.wealth_fund.extrapolate=""'
# England's own fund on a small world is said to be another's.
"$spillway" check small.toml --set scenario.wealth_fund.extrapolate=x --set scenario.ring_fence_10.parameters.amount=10e6 |
  grep -q "are for England's 57 million residents" || fail "a fund of another size is not said"

# A sweep starts no member where one would be refused, and says which.
expect 2 "(member 0002: [\"$fence.share=25\"" "$spillway" sweep small.toml --set "$fence.share=[0.2, 25]" --set $wealth.amount=1.5e6 --output grid
[ ! -e grid ] || fail "a refused sweep leaves a folder"
expect 2 "did you mean 0.25?" "$spillway" sweep small.toml --set "$fence.share=[0.2, 25]" --set $wealth.amount=1.5e6 --output grid --dry-run

# What init writes is accepted: world and fund are of one size.
"$spillway" init --output my.toml >/dev/null
"$spillway" check my.toml >said.txt || fail "init's configuration is refused"
grep -q warning said.txt && fail "init's configuration is warned of: $(cat said.txt)"
echo "check: what it refuses a run refuses, what it accepts a run accepts"
