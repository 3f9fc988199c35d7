#!/usr/bin/env bash
# Parameters that cannot be: the message and exit code of each, and nothing written.
source "$(dirname "$0")/../support/set_up.sh"

refused() { # refused CONFIG TEXT OVERRIDES...: exit 2, the text, no result
  local file=$1 text=$2 flags=()
  shift 2
  for one in "$@"; do flags+=(--set "$one"); done
  expect 2 "$text" "$spillway" run "$file" --quiet --output run.h5 "${flags[@]}"
  [ ! -e run.h5 ] || fail "'$*' left a result"
}
wrong() { # wrong PARAMETER=VALUE TEXT
  refused "$config" "column 'scenario.${1%=*}': value '${1#*=}': $2" "scenario.$1"
}
wrong ring_fence_10.parameters.share=1.2 "it is out of range; expected from 0 to 1 (share)"
wrong ring_fence_10.parameters.share=-0.1 "it is out of range; expected from 0 to 1 (share)"
wrong wealth_fund.parameters.fund_years=-4 "it is out of range; expected from 0 to 50 (years)"
wrong wealth_fund.parameters.delivery_lag=-1 "it is out of range; expected from 0 to 20 (years)"
wrong bus_franchising.parameters.phase_in_years=-3 "it is out of range; expected from 0 to 50 (years)"
wrong ring_fence_10.parameters.shar=0.1 "lever 'ukspf_ring_fence' has no such parameter; did you mean 'share'?"
wrong ring_fence_10.parameters.channel=stok "is not one of flow, stock; did you mean 'stock'?"
refused "$config" "column 'outcomes.horizon': value '0': is out of range; expected a whole number from 1 to 200" outcomes.horizon=0
refused "$config" "column 'outcomes.horizon': value '2.5'" outcomes.horizon=2.5
refused "$config" "its draws reach from" 'scenario.ring_fence_10.parameters.share={distribution="uniform",low=0.5,high=1.5,source="test"}'
refused "$config" "is not one of green-book-2022, green-book-2026; did you mean 'green-book-2022'?" appraisal.rulebook=green-book-2021

sed 's/lever = "bus_franchising"/lever = "bus_franchise"/' "$config" >lever.toml
refused lever.toml "no lever 'bus_franchise' (did you mean 'bus_franchising'?)"
{
  cat "$config"
  printf '\n[[correlation]]\nparameters = ["wealth_fund.depreciation", "wealth_fund.delivery_lag", "wealth_fund.underspend"]\n'
  printf 'matrix = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]\n'
} >correlation.toml
refused correlation.toml "no random numbers correlate like this: the matrix of 'depreciation', 'delivery_lag', 'underspend' has the eigenvalue -0.8 (none may be negative); the nearest valid matrix is [[1.0000, 0.4999, -0.4999], [0.4999, 1.0000, 0.4999], [-0.4999, 0.4999, 1.0000]]"
echo "bad parameters: each refused with its message and exit code 2"
