#!/usr/bin/env bash
# tools/r from the built artefact: it builds and checks without errors or warnings, its own test runs against the program,
# and from what was installed the README's session, the report's template and the pipeline run.
command -v Rscript >/dev/null || { echo "SKIPPED: no R"; exit 77; }
for package in generics hdf5r jsonlite knitr; do
  Rscript -e "quit(status = !requireNamespace('$package', quietly = TRUE))" >/dev/null 2>&1 || { echo "SKIPPED: R has no package $package"; exit 77; }
done
source "$(dirname "$0")/../support/set_up.sh"
export SPILLWAY=$(realpath "$spillway")

# The only repository is an empty one, so that the check asks no network; packages that only some use need not be there.
mkdir -p repository/src/contrib
touch repository/src/contrib/PACKAGES
echo "options(repos = c(CRAN = 'file://$PWD/repository'), BioC_mirror = 'file://$PWD/repository')" >profile
export _R_CHECK_FORCE_SUGGESTS_=false R_PROFILE=$PWD/profile
R CMD build "$source/tools/r" >build.log 2>&1 || fail "R CMD build: $(cat build.log)"
! grep -iq warning build.log || fail "R CMD build warns: $(cat build.log)"
package=$(ls spillway_*.tar.gz)
R CMD check --no-manual "$package" >check.log 2>&1 || fail "R CMD check: $(grep -v ' OK$' check.log) $(tail -5 spillway.Rcheck/tests/*.fail 2>/dev/null)"
grep -q '^Status: OK$\|^Status: [0-9]* NOTEs\?$' check.log || fail "R CMD check: $(grep -v ' OK$' check.log)"
grep -q '^the R client: ' spillway.Rcheck/tests/client.Rout || fail "the package's own test did not run: $(tail -3 spillway.Rcheck/tests/client.Rout)"

# What the check installed, from the built artefact, is what a user has: one session of everything that is shown to them.
export R_LIBS=$PWD/spillway.Rcheck
installed=$R_LIBS/spillway
"$spillway" init --output my.toml >/dev/null
sed 's/synthetic_areas *= *[0-9]*/synthetic_areas = 900/; s/^replicates *= *[0-9]*/replicates = 99/; s/^draws *= *[0-9]*/draws = 99/
  /^lever = "community_wealth_fund"/a [scenario.parameters]\namount = 4.7e6' my.toml >small.toml
{
  echo 'pdf(NULL)'
  sed -n '/^```r$/,/^```$/p' "$source/tools/r/README.md" | sed '/^```/d' |
    sed 's/"my.toml"/"small.toml"/; s/replicates = 999/output = "run.h5"/'
  cat <<'R'
params <- list(run = "run.h5", scenario = "ring_fence_10", outcome = "cumulative_uplift", boundaries = "")
knitr::opts_knit$set(root.dir = getwd())
invisible(knitr::knit(system.file("rmarkdown/templates/spillway-report/skeleton/skeleton.Rmd", package = "spillway"), "report.md", quiet = TRUE))
commandArgs <- function(trailingOnly) c("small.toml", "out")
source(system.file("examples/pipeline.R", package = "spillway"))
R
} >session.R
Rscript -e 'quit(status = !requireNamespace("sf", quietly = TRUE))' >/dev/null 2>&1 || sed -i '/areas_sf/d' session.R
Rscript session.R >session.txt 2>&1 || fail "the session of the README, the template and the pipeline: $(tail -5 session.txt)"
grep -q 'horizon' session.txt || fail "the README's fault is not shown: $(tail -5 session.txt)"
grep -q '^Ring fence 10 would change cumulative uplift by ' report.md && ! grep -q '^## Error' report.md || fail "the report says: $(head -40 report.md)"
grep -q '^|Doubly disadvantaged' report.md || fail "the report has no table of types"
[ "$(ls figure/*.svg | wc -l)" -ge 2 ] || fail "the report has no pictures"
[ "$(wc -l <out/by-share.csv)" -eq 10 ] && [ -s out/by-share.svg ] || fail "the pipeline made: $(tail -12 session.txt)"

# The Quarto form is the same text under another head.
body() { awk 'heads > 1; /^---$/ { ++heads }' "$1"; }
template=$installed/rmarkdown/templates/spillway-report/skeleton/skeleton.Rmd
[ "$(body "$template" | wc -l)" -gt 50 ] && cmp -s <(body "$template") <(body "$installed/quarto/spillway-report.qmd") ||
  fail "the template and its Quarto form differ"
echo "the R client: $(grep '^Status' check.log); session, template and pipeline run from what was installed"
