#!/usr/bin/env bash
# spillway replicate: an R script that knows nothing of this program comes to the same estimates (1e-8) and the same ten draws (1e-5).
command -v Rscript >/dev/null || { echo "SKIPPED: no R"; exit 77; }
Rscript -e 'quit(status = !requireNamespace("Matrix", quietly = TRUE))' >/dev/null 2>&1 || { echo "SKIPPED: R has no package Matrix"; exit 77; }
source "$(dirname "$0")/../support/set_up.sh"

"$spillway" synth --areas 900 --output world >/dev/null
small=(--quiet --set bootstrap.replicates=99 --set bootstrap.draws=99 --set outcomes.horizon=3)
"$spillway" run "$config" --data world "${small[@]}" --output run.h5 >/dev/null
"$spillway" replicate run.h5 --r again.R --quiet >said.txt
grep -q 'social_infrastructure/2sls, spillover/corrected_score' said.txt && ! grep -q 'not estimated' said.txt || fail "it says: $(cat said.txt)"
for word in spillway hdf5 h5; do ! grep -v '^#' again.R | grep -iE "library\($word|system\(" || fail "the script is not on its own"; done
(cd / && Rscript "$folder/again.R") >r.txt 2>&1 || fail "R comes to other numbers: $(cat r.txt)"
! grep -i warning r.txt || fail "R warns"
grep -q '^estimates: largest' r.txt && grep -q '^propagation: largest' r.txt || fail "R says: $(cat r.txt)"
[ "$(grep -cE '^ +(spillover|social_infrastructure) ' r.txt)" -eq 8 ] || fail "not every coefficient is compared: $(cat r.txt)"
[ "$(grep -cE '^ +(ring_fence_10|wealth_fund|bus_franchising) +10 ' r.txt)" -eq 3 ] || fail "not ten draws of every scenario: $(cat r.txt)"

# It can fail: an estimate off by 1e-7 of itself, a value off by 1e-4.
wrong() { # wrong FILE AWK-PROGRAM WORD
  rm -rf wrong.R wrong_data
  sed 's/again_data/wrong_data/' again.R >wrong.R
  cp -r again_data wrong_data
  awk -F, -v OFS=, "$2" again_data/"$1" >wrong_data/"$1"
  ! cmp -s {again,wrong}_data/"$1" || fail "nothing was changed in $1"
  local status=0
  Rscript wrong.R >r.txt 2>&1 || status=$?
  [ $status = 1 ] && grep -q "^$3: largest" r.txt || fail "R does not see that $1 is wrong: $(cat r.txt)"
}
wrong estimates.csv 'NR == 3 { $4 = sprintf("%.17g", $4 * (1 + 1e-7)) } 1' estimates
wrong scenario-1-draws.csv 'NR > 1 { $3 = $3 + 1e-3 } 1' propagation

# A world in memory brings its pack; weights that are no contiguity are given; regions, a covariate of areas, one rho for all.
"$spillway" run "$config" "${small[@]}" --set data.synthetic_areas=900 --set weights.kind=knn --set weights.k=5 \
  --set model.spillover.period_effects=by_region --set model.spillover.spatial_lag=common --output knn.h5 >/dev/null
"$spillway" replicate knn.h5 --r knn.R --scenario bus_franchising --draws 3 --quiet >/dev/null
Rscript knn.R >r.txt 2>&1 || fail "with other weights and effects R comes to other numbers: $(cat r.txt)"
[ "$(grep -cE '^ +bus_franchising +3 ' r.txt)" -eq 1 ] || fail "not the scenario and draws that were asked for: $(cat r.txt)"

# Areas that a model keeps: a column that restricts both models, and outcomes that are missing.
cp -r world holes
awk -F, -v OFS=, 'NR == 1 { print $0, "keep"; next } { print $0, NR % 7 != 0 }' world/areas.csv >holes/areas.csv
awk -F, -v OFS=, 'NR % 1601 == 0 { $4 = "" } 1' world/panel.csv >holes/panel.csv
for file in areas panel; do
  sed -i "s/$(sha256sum <world/$file.csv | cut -d' ' -f1)/$(sha256sum <holes/$file.csv | cut -d' ' -f1)/" holes/pack.toml
done
"$spillway" run "$config" --data holes "${small[@]}" --set bootstrap.draws=90 --set model.spillover.restrict_to=keep --set model.spillover.missing=drop \
  --set model.social_infrastructure.restrict_to=keep --output holes.h5 >/dev/null
"$spillway" replicate holes.h5 --r holes.R --draws 2 --quiet >said.txt
! grep -q 'not estimated' said.txt && Rscript holes.R >r.txt 2>&1 || fail "with areas left out R comes to other numbers: $(cat said.txt r.txt)"

# What is refused, and that nothing is left behind.
expect 2 "is there already" "$spillway" replicate run.h5 --r again.R
expect 2 "--r is '-'" "$spillway" replicate run.h5 --r -
expect 2 "run.h5" "$spillway" replicate run.h5 --r run.h5
expect 2 "ring_fence_11" "$spillway" replicate run.h5 --r other.R --scenario ring_fence_11
expect 2 "99 draws" "$spillway" replicate run.h5 --r other.R --draws 100 --quiet
"$spillway" synth --areas 900 --seed 7 --output elsewhere >/dev/null
expect 2 "has changed" "$spillway" replicate run.h5 --r other.R --data elsewhere --quiet
[ ! -e other.R ] && ! ls -d other_data* >/dev/null 2>&1 || fail "a refused call left $(ls -d other*)"
echo "replicate: $(grep '^[a-z]*: largest' r.txt | tr '\n' ';')"
