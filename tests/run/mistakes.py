#!/usr/bin/env python3
"""Natural mistakes and what is said of each: the exit code, the value that is wrong, and what to do.

Run by ctest with the program and the source folder. With --list it prints every message, to be read by people, with the
score that a reader gave it (SCORE_OF_FIVE below; docs/developers/messages.md).
"""
import concurrent.futures
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

CONFIG = """[run]
name = "small"
seed = 1

[data]
pack = "synthetic"
synthetic_areas = 900

[weights]
kind = "contiguity"

[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
better = "higher"
estimators = ["within", "corrected_score"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code", small_sample = "cr1" }

[[model]]
name = "social_infrastructure"
kind = "iv"
outcome = "growth_decade"
window_years = 10
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population"]
estimators = ["ols", "2sls"]
headline = "2sls"
covariance = { kind = "cluster", by = "lad_code" }

[bootstrap]
scheme = "cluster_pairs"
cluster = "lad_code"
replicates = 19
draws = 19

[[scenario]]
name = "ring_fence"
lever = "ukspf_ring_fence"
[scenario.parameters]
share = 0.1

[[scenario]]
name = "fund"
lever = "community_wealth_fund"
[scenario.parameters]
amount = 2e6

[outcomes]
horizon = 3
"""


class Case:
    """One mistake: a change of the configuration, or a whole command line; what must be said."""

    def __init__(self, title, exit, says, edit=None, sets=(), run=None, before=None):
        self.title, self.exit, self.says = title, exit, says
        self.edit, self.sets, self.run, self.before = edit, sets, run, before


def edit(old, new):
    assert CONFIG.count(old) >= 1, old
    return CONFIG.replace(old, new, 1)


def config(title, says, old, new, exit=2):
    return Case(title, exit, says, edit=edit(old, new))


def setting(title, says, *sets, exit=2):
    return Case(title, exit, says, sets=sets)


def line(title, says, command, exit=2, before=None):
    return Case(title, exit, says, run=command, before=before)


CASES = [
    # Files and commands.
    line("a command misspelt", ["'runn'", "did you mean 'run'"], "runn c.toml"),
    line("a flag misspelt", ["did you mean '--threads'"], "run c.toml --thread 2"),
    line("no configuration given", ["run CONFIG is required", "for example: spillway run "], "run"),
    line("a configuration that is not there", ["nothere.toml", "no such"], "run nothere.toml"),
    line("a folder in place of a configuration", ["folder"], "run ."),
    line("a result in place of a configuration", ["key = value"], "run notes.txt", before="notes"),
    line("a spreadsheet in place of a configuration", ["no text file"], "check book.xlsx", before="xlsx"),
    line("a result that is not there", ["there is no result", "`spillway run CONFIG --output nothere.h5` writes one"], "report nothere.h5"),
    line("a configuration in place of a result", ["not an HDF5 file"], "report c.toml"),
    line("a table of nothing that exists", ["lads", "it has"], "table small.h5 lads", before="result"),
    line("an unknown format", ["known: terminal, csv"], "table small.h5 estimates --format excel", before="result"),
    line("a scenario misspelt", ["did you mean"], "certain small.h5 --scenario ringfence", before="result"),
    line("a contrast with nothing", ["did you mean"], "contrast small.h5 ring_fence funds", before="result"),
    line("a scenario against itself", ["against itself is zero", "name two scenarios", "ring_fence, fund"], "contrast small.h5 fund fund", before="result"),
    line("a configuration where a sweep's folder is wanted", ["is a configuration, and its grid needs a folder", "--output DIR --run"], "sweep --run c.toml"),
    line("the same value twice in a sweep", ["lists 2 twice", "list each value once"], "sweep c.toml --set outcomes.horizon=[2,2] --output grid"),
    setting("dots between thousands, in quotes", ["did you mean 2e6?"], 'scenario.fund.parameters.amount="2.000.000"'),
    config("dots between thousands", ["numbers have nothing between thousands; write amount = 2000000"], "amount = 2e6", "amount = 2.000.000"),
    config("spaces between thousands", ["numbers have nothing between thousands; write amount = 2000000"], "amount = 2e6", "amount = 2 000 000"),
    setting("a year of two digits", ["did you mean 2027?"], "scenario.fund.parameters.start=27"),
    setting("an envelope in pounds", ["it is in GBP m a year; did you mean 20?"], "appraisal.envelope=[20e6]"),
    setting("output as income", ["is output where people work"], "appraisal.distributional_weights=true", 'appraisal.income_column="gva"'),
    line("an export to a format that is not written", [".xlsx, .ods or .gpkg"], "export small.h5 --output small.csv", before="result"),
    line("a map of a synthetic England", ["made in memory and have no boundaries", "--pack"], "export small.h5 --output small.gpkg", before="result"),
    line("an output over the input", ["also"], "report small.h5 --output small.h5", before="result"),
    line("an output in a folder that is not there", ["there is no folder"], "run c.toml --output no/such/r.h5", exit=4),
    line("a rulebook of another year", ["green-book-2022"], "appraise small.h5 --rulebook green-book-2018", before="result"),
    line("a lever that does not exist", ["did you mean"], "levers comunity_wealth_fund"),
    line("threads as a word", ["--threads"], "run c.toml --threads all"),
    line("no threads at all", ["--threads"], "run c.toml --threads -1"),
    line("more draws than replicates", ["replicates"], "run c.toml --draws 50"),
    line("--set without a value", ["="], "run c.toml --set run.seed"),
    line("--set of an unknown key", ["did you mean 'seed'"], "run c.toml --set run.sed=7"),
    line("--set of a scenario that is not there", ["did you mean"], "run c.toml --set scenario.ringfence.parameters.share=0.2"),
    line("--set with a space in place of =", ["="], "run c.toml --set 'run.seed 7'"),
    line("--resume without a checkpoint to be kept", ["--checkpoint never"], "run c.toml --resume --checkpoint never"),
    line("a sweep without a folder", ["--output"], "sweep c.toml --set 'run.seed=[1,2]'"),
    line("a merge of no sweep", ["index.json"], "sweep --merge . --output all.h5"),
    line("a member beyond the sweep", ["members 1 to 2"], "sweep --member 9 grid", before="grid"),
    line("init over a file that exists", ["exists already"], "init --output c.toml"),
    # TOML.
    config("a bracket left open", ["write [run]"], '[run]', '[run'),
    config("a quote left out", ["stand in quotes"], 'name = "small"', 'name = small'),
    config("a comma in place of a point", ["share = 0.1"], 'share = 0.1', 'share = 0,1'),
    config("a key twice", ["twice"], 'seed = 1', 'seed = 1\nseed = 2'),
    config("a section misspelt", ["did you mean 'bootstrap'"], '[bootstrap]', '[boostrap]'),
    config("a key misspelt", ["did you mean 'horizon'"], 'horizon = 3', 'horizn = 3'),
    config("a single bracket for a model", ["[[model]]"], '[[model]]\nname = "spillover"', '[model]\nname = "spillover"'),
    config("Python's True", ["reproducible = true"], 'seed = 1', 'seed = 1\nreproducible = True'),
    config("a year's range in words", ["whole number"], 'horizon = 3', 'horizon = "3 years"'),
    # Values.
    setting("25 meant as per cent", ["did you mean 0.25"], "scenario.ring_fence.parameters.share=25"),
    setting("25 % as a text", ["0.25"], 'scenario.ring_fence.parameters.share="25 %"'),
    config("a per cent sign without quotes", ["share = 0.25"], 'share = 0.1', 'share = 25 %'),
    config("a colon in place of =", ["not a colon"], 'horizon = 3', 'horizon: 3'),
    config("yes for true", ["reproducible = true"], 'seed = 1', 'seed = 1\nreproducible = yes'),
    setting("a share above one", ["share"], "scenario.ring_fence.parameters.share=1.5"),
    setting("a negative share", ["-0.1"], "scenario.ring_fence.parameters.share=-0.1"),
    setting("300 meant as millions", ["300e6"], "scenario.fund.parameters.amount=300"),
    setting("an amount with a thousands comma", ["amount"], 'scenario.fund.parameters.amount="2,000,000"'),
    setting("an amount with a pound sign", ["amount"], 'scenario.fund.parameters.amount="£2m"'),
    setting("a horizon of none", ["horizon"], "outcomes.horizon=0"),
    setting("a horizon in calendar years", ["looks like a year"], "outcomes.horizon=2035"),
    setting("a negative horizon", ["-3"], "outcomes.horizon=-3"),
    setting("half a year", ["2.5"], "outcomes.horizon=2.5"),
    setting("quantiles in per cent", ["did you mean 0.05"], "outcomes.quantiles=[5, 50, 95]"),
    setting("quantiles out of order", ["ascending"], "outcomes.quantiles=[0.95, 0.05]"),
    setting("an outcome that is not known", ["did you mean"], 'outcomes.area=["uplfit"]'),
    setting("a grouping that is not known", ["did you mean"], 'outcomes.groupings=["regions"]'),
    setting("a grouping crossed with nothing", ["crosses"], 'outcomes.groupings=["area_type:"]'),
    setting("a grouping crossed with itself", ["crosses"], 'outcomes.groupings=["lad:lad"]'),
    setting("a seed below zero", ["-1"], "run.seed=-1"),
    setting("a seed with a fraction", ["1.5"], "run.seed=1.5"),
    setting("a name with a slash", ["a/b"], 'run.name="a/b"'),
    setting("a synthetic England of three", ["synthetic_areas"], "data.synthetic_areas=3"),
    setting("a pack that is not there", ["packs/england"], 'data.pack="packs/england"'),
    setting("weights that are not known", ["contiguity, knn"], 'weights.kind="contigious"'),
    setting("a distance band without a distance", ["cutoff_km"], 'weights.kind="distance_band"'),
    setting("a cutoff below zero", ["-5"], 'weights.kind="distance_band"', "weights.cutoff_km=-5"),
    setting("a key of other weights", ["cutoff_km"], "weights.cutoff_km=5"),
    setting("neighbours: none", ["k"], 'weights.kind="knn"', "weights.k=0"),
    setting("a type column that is not there", ["texts are in area_code", "area_type"], 'areas.type="types"'),
    setting("keep misspelt", ["full"], 'store.keep="sumary"'),
    setting("areas' draws of a result without areas", ["keep_draws_of"], 'store.keep="groups"', 'outcomes.keep_draws_of=["S01000001"]'),
    # Models.
    setting("an outcome that the pack lacks", ["gdp"], 'model.spillover.outcome="gdp"'),
    setting("an outcome misspelt", ["did you mean 'growth'"], 'model.spillover.outcome="grwth"'),
    setting("an estimator misspelt", ["did you mean 'corrected_score'"], 'model.spillover.headline="corected_score"'),
    setting("a headline that is not estimated", ["estimators"], 'model.spillover.headline="half_panel_jackknife"'),
    setting("a model's kind misspelt", ["did you mean 'spatial_lag_panel'"], 'model.spillover.kind="spatial_lag_pannel"'),
    setting("instruments left out", ["instruments"], "model.social_infrastructure.instruments=[]"),
    setting("an instrument that is a control too", ["turnout"], 'model.social_infrastructure.controls=["turnout"]'),
    setting("an instrument that the pack lacks", ["did you mean 'drug_crime_rate'?"], 'model.social_infrastructure.instruments=["crime"]'),
    setting("a cluster column that is not there", ["lad_cod"], 'bootstrap.cluster="lad_cod"'),
    setting("clusters of single areas' codes misspelt", ["did you mean"], 'model.spillover.covariance.by="lad_cde"'),
    config("clustering not named", ["lad_code"], 'cluster = "lad_code"\nreplicates', 'replicates'),
    setting("one replicate", ["replicates"], "bootstrap.replicates=0"),
    setting("a level in per cent", ["did you mean 0.95"], "model.spillover.level=95"),
    setting("better upwards", ["higher"], 'model.spillover.better="up"'),
    # Policies.
    setting("a lever misspelt", ["did you mean 'community_wealth_fund'"], 'scenario.fund.lever="community_welth_fund"'),
    setting("a parameter misspelt", ["did you mean 'share'"], "scenario.ring_fence.parameters.shares=0.1"),
    setting("a place that is not there", ["Tees Vally"], 'scenario.fund.parameters.where=["Tees Vally"]'),
    setting("a target that is no type", ["did you mean 'other_deprived'?"], 'scenario.fund.parameters.target="deprived"'),
    setting("a target column that is not there", ["imd_decil", "columns (`spillway inspect PACK` names them)"], 'scenario.fund.parameters.target={column="imd_decil", equals="1"}'),
    setting("a list of places that is not there", ["places.csv"], 'scenario.fund.parameters.target={list="places.csv"}'),
    setting("a start in the past", ["2019"], "scenario.fund.parameters.start=2019"),
    setting("a start beyond the horizon", ["2090"], "scenario.fund.parameters.start=2090"),
    setting("a distribution misspelt", ["point, uniform, triangular"], 'scenario.ring_fence.parameters.share={distribution="triangle", low=0.1, mode=0.2, high=0.3}'),
    setting("a mode outside its range", ["mode"], 'scenario.ring_fence.parameters.share={distribution="pert", low=0.1, mode=0.5, high=0.3}'),
    setting("low above high", ["low"], 'scenario.ring_fence.parameters.share={distribution="uniform", low=0.5, high=0.3}'),
    setting("a distribution without its high", ["high"], 'scenario.ring_fence.parameters.share={distribution="uniform", low=0.1}'),
    setting("spread misspelt", ["propagated"], 'scenario.fund.spread="propagate"'),
    setting("an estimate that is not there", ["social"], 'scenario.fund.estimates.infrastructure="social/2sls"'),
    setting("a far too large fund", ["extrapolate"], "scenario.fund.parameters.amount=2e9"),
    config("two scenarios of one name", ["fund"], 'name = "ring_fence"', 'name = "fund"'),
    # Appraisal.
    setting("a rulebook misspelt", ["green-book-2022, green-book-2026"], 'appraisal.rulebook="green-book-2025"'),
    setting("a price base year in the far future", ["2150"], "appraisal.price_base_year=2150"),
    setting("no years to appraise", ["appraisal_years"], "appraisal.appraisal_years=0"),
    setting("distributional weights without incomes", ["income_column"], "appraisal.distributional_weights=true"),
    config("a benefit without a source", ["has no source"], '[outcomes]', '[appraisal.benefits]\ngva_welfare_share = 0.3\n\n[outcomes]'),
    setting("optimism bias without capital", ["capital_share"], 'appraisal.optimism_bias_class="roads"'),
    setting("a deflator that is not known", ["gdp-2025-12"], 'appraisal.deflator_series="cpi"'),
    # Of three impatient users.
    line("a table's words in the wrong order", ["`spillway table small.h5 estimates`"], "table estimates small.h5", before="result"),
    line("a page as PDF", ["name it .html"], "report small.h5 --output small.pdf", before="result"),
    line("a result where a pack is wanted", ["is a file; expected a data pack"], "profiles small.h5", before="result"),
    line("a flag without its value", ["--json stands without its value"], "inspect small.h5 --json", before="result"),
    line("a count in letters", ["--replicates is 'many' (expected a number)"], "run c.toml --replicates many"),
    line("a word too many", ["'green-book' is more than rulebooks takes"], "rulebooks green-book"),
    line("a flag before the command", ["'--set' stands before the command"], "--set run.seed=1 run c.toml"),
    line("help as a command", ["did you mean `spillway run --help`"], "help run"),
    line("version as a command", ["did you mean `spillway --version`"], "version"),
    line("no command", ["no command is given"], ""),
    config("a path of Windows", ['write paths with /: "C:/Users/me/pack"'], 'pack = "synthetic"', 'pack = "C:\\Users\\me\\pack"'),
    setting("a path of Windows on the line", ['write paths with /: "C:/Users/me/pack"'], 'data.pack="C:\\Users\\me\\pack"'),
    setting("one place without brackets", ['did you mean ["Greater Manchester"]?'], 'scenario.fund.parameters.where="Greater Manchester"'),
    setting("one grouping without brackets", ['did you mean ["lad"]?'], 'outcomes.groupings="lad"'),
    setting("a financial year to start in", ["did you mean 2027?"], 'scenario.fund.parameters.start="2027-28"'),
    setting("a month to start in", ["did you mean 2027?"], 'scenario.fund.parameters.start="April 2027"'),
    setting("a financial year of prices", ["did you mean 2024?"], 'appraisal.price_base_year="2024-25"'),
    setting("ten with a point", ["did you mean 10?"], "outcomes.horizon=10.0"),
    setting("a million replicates as 1e6", ["did you mean 1000000?"], "bootstrap.replicates=1e6"),
    setting("a fifth as 1/5", ["did you mean 0.2?"], 'scenario.ring_fence.parameters.share="1/5"'),
    setting("an amount with its currency", ["did you mean 2e6?"], 'scenario.fund.parameters.amount="2e6 GBP"'),
    setting("a target of codes", ['{ list = "places.csv" }'], 'scenario.fund.parameters.target={codes=["S01000001"]}'),
    # Of a modeller, a research engineer and an economist, as they came to somebody who had not read this list.
    line("a table of a scenario", ["'fund' is a scenario", "--rows scenario=fund"], "table small.h5 fund", before="result"),
    line("a table of areas", ["did you mean 'area_split'?"], "table small.h5 areas", before="result"),
    line("rows that are not there", ["did you mean 'ring_fence'?"], "table small.h5 area_type --rows scenario=ringfence", before="result"),
    line("rows without a column", ["--rows COLUMN=WORD"], "table small.h5 area_type --rows London", before="result"),
    line("columns that are not there", ["did you mean 'median'?"], "table small.h5 area_type --columns group,meadian", before="result"),
    line("a result named as a spreadsheet", ["a result is an HDF5 file", "spillway export"], "run c.toml --output out.xlsx"),
    line("a comparison with itself", ["is the result itself"], "report small.h5 --compare small.h5", before="result"),
    line("a level of ranks in per cent", ["did you mean 0.9?"], "certain small.h5 --level 90", before="result"),
    line("values of a sweep without brackets", ["[0.1, 0.2, 0.3]"], "sweep c.toml --set scenario.ring_fence.parameters.share=0.1,0.2,0.3 --output g3"),
    line("a merge before the run", ["grid/0002.h5: has no result yet", "spillway sweep --run grid"], "sweep --merge grid --output all.h5", before="grid"),
    line("more authorities than areas", ["an authority has one area or more"], "synth --areas 100 --authorities 200 --output p"),
    line("a run's configuration as a recipe", ["expected a recipe", "`spillway run` takes this file"], "pack c.toml --data . --output p"),
    line("a dossier of nothing", ["for example: spillway dossier"], "dossier --verify dos"),
    line("a difference to nothing", ["for example: spillway diff"], "diff small.h5", before="result"),
    setting("a parameter alone", ["did you mean --set scenario.ring_fence.parameters.share=...?"], "share=0.2"),
    setting("a parameter without its scenario", ["did you mean --set scenario.ring_fence.parameters.share=...?"], "parameters.share=0.2"),
    setting("a key without its section", ["did you mean --set outcomes.horizon=...?"], "horizon=5"),
    setting("two groupings in one text", ['did you mean ["lad", "region"]?'], "outcomes.groupings=lad,region"),
    setting("a grouping in other words", ["did you mean 'lad'?"], 'outcomes.groupings=["local authority"]'),
    setting("a crossing with x", ["did you mean 'area_type:region'?"], 'outcomes.groupings=["area_type x region"]'),
    setting("a range in place of a value", ['{ distribution = "uniform", low = 0.1, high = 0.3 }'], 'scenario.ring_fence.parameters.share="0.1-0.3"'),
    setting("a list in place of a value", ["a sweep takes several"], "scenario.ring_fence.parameters.share=[0.1, 0.2]"),
    setting("a decimal comma in quotes", ["did you mean 2.5e6?"], 'scenario.fund.parameters.amount="2,5e6"'),
    setting("a profile in one text", ["did you mean [20, 20, 30]?"], 'scenario.fund.parameters.profile="20, 20, 30"'),
    setting("a ratio with a colon", ["did you mean 2?"], 'scenario.fund.parameters.match_private="2:1"'),
    setting("a financial year in short", ["did you mean 2027?"], 'scenario.fund.parameters.start="FY27"'),
    setting("a horizon with its unit", ["did you mean 10?"], 'outcomes.horizon="10 years"'),
    setting("years to appraise with their unit", ["did you mean 60?"], 'appraisal.appraisal_years="60 years"'),
    setting("a first year of two digits", ["did you mean 2026?"], "appraisal.first_year=26"),
    setting("one number where a list is wanted", ["did you mean [20]?"], "appraisal.envelope=20"),
    setting("yes where true is wanted", ["did you mean true?"], 'appraisal.distributional_weights="yes"'),
    setting("replicates in thousands", ["did you mean 10000?"], 'bootstrap.replicates="10k"'),
    setting("a seed without end", ["is too large"], "run.seed=99999999999999999999"),
    setting("an area by a name", ["is no area of the pack", "by code, such as 'S0"], 'outcomes.keep_draws_of=["Manchester"]'),
    setting("a list of places that is none", ["is no list of places", "area_code"], 'scenario.fund.parameters.target={list="c.toml"}'),
    setting("a ward as a grouping", ["'ward': is not one of nation, region"], 'outcomes.groupings=["ward"]'),
    setting("a negative year of a profile", ["-1 is out of range"], "scenario.fund.parameters.profile=[5, -1]"),
]


# How good each message is to who did not write it, 1 to 5: does it say what is wrong, the value, why, and what to do, so that the
# next try is right? Read with --list on 2026-11-30. These say all of it; the others (4) leave the last step to the reader.
SCORE_OF_FIVE = {
    "a command misspelt", "a flag misspelt", "a spreadsheet in place of a configuration", "a scenario misspelt",
    "a contrast with nothing", "an export to a format that is not written", "an output over the input",
    "an output in a folder that is not there", "a lever that does not exist", "more draws than replicates",
    "--set without a value", "--set of an unknown key", "--set of a scenario that is not there",
    "--set with a space in place of =", "init over a file that exists", "a bracket left open", "a quote left out",
    "a comma in place of a point", "a key twice", "a key misspelt", "a single bracket for a model", "Python's True",
    "25 meant as per cent", "25 % as a text", "a per cent sign without quotes", "yes for true",
    "300 meant as millions", "an amount with a thousands comma", "an amount with a pound sign",
    "a horizon in calendar years", "quantiles in per cent", "quantiles out of order", "an outcome that is not known",
    "a grouping that is not known", "a grouping crossed with itself", "a distance band without a distance",
    "a key of other weights", "keep misspelt", "areas' draws of a result without areas",
    "an outcome that the pack lacks", "an outcome misspelt", "an estimator misspelt",
    "a headline that is not estimated", "a model's kind misspelt", "instruments left out",
    "an instrument that the pack lacks", "a cluster column that is not there",
    "clusters of single areas' codes misspelt", "clustering not named", "a level in per cent", "a lever misspelt",
    "a parameter misspelt", "a target that is no type", "a start in the past", "a start beyond the horizon",
    "spread misspelt", "an estimate that is not there", "a far too large fund", "a rulebook misspelt",
    "distributional weights without incomes", "a benefit without a source", "optimism bias without capital",
    "a table's words in the wrong order", "a page as PDF", "a result where a pack is wanted",
    "a flag before the command", "help as a command", "version as a command", "a path of Windows",
    "a path of Windows on the line", "one place without brackets", "one grouping without brackets",
    "a financial year to start in", "a month to start in", "a financial year of prices", "ten with a point",
    "a million replicates as 1e6", "a fifth as 1/5", "an amount with its currency",
    "a table of a scenario", "a table of areas", "rows that are not there", "columns that are not there",
    "a result named as a spreadsheet", "a level of ranks in per cent", "a merge before the run",
    "a run's configuration as a recipe", "a parameter alone", "a parameter without its scenario",
    "a key without its section", "two groupings in one text", "a grouping in other words", "a crossing with x",
    "a range in place of a value", "a decimal comma in quotes", "a profile in one text", "a ratio with a colon",
    "a financial year in short", "a horizon with its unit", "years to appraise with their unit",
    "a first year of two digits", "one number where a list is wanted", "yes where true is wanted",
    "replicates in thousands", "a list of places that is none",
}


def score(case):
    return 5 if case.title in SCORE_OF_FIVE else 4


def prepare(folder, program, needed):
    (folder / "c.toml").write_text(CONFIG)
    (folder / "notes.txt").write_text("no scenario here, only notes\n")
    (folder / "book.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    if "result" in needed:
        subprocess.run([program, "run", "c.toml", "--output", "small.h5", "--quiet"], cwd=folder, check=True, capture_output=True)
    if "grid" in needed:
        subprocess.run([program, "sweep", "c.toml", "--set", "run.seed=[1,2]", "--output", "grid"], cwd=folder, check=True, capture_output=True)


def said(folder, program, number, case):
    """Exit code, and what is on both streams."""
    if case.run is not None:
        command = [program, *shlex.split(case.run)]
    else:
        name = "c.toml"
        if case.edit is not None:
            own = folder / str(number)
            own.mkdir()
            (own / "c.toml").write_text(case.edit)
            name = f"{number}/c.toml"
        command = [program, "check", name]
        for one in case.sets:
            command += ["--set", one]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, (done.stderr + done.stdout).replace(str(folder) + "/", "")


def faults(case, code, text):
    found = []
    if code != case.exit:
        found.append(f"exit {code}, expected {case.exit}")
    found += [f"does not say '{one}'" for one in case.says if one not in text]
    if re.search(r"what\(\)|terminate|Segmentation|std::|core dumped|basic_string", text):
        found.append("speaks of the program's insides")
    if not text.strip():
        found.append("says nothing")
    return found


def main():
    program, listing = str(pathlib.Path(sys.argv[1]).resolve()), "--list" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, program, {case.before for case in CASES})
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda item: said(folder, program, *item), enumerate(CASES)))
    wrong = 0
    for case, (code, text) in zip(CASES, answers):
        found = faults(case, code, text)
        wrong += bool(found)
        if listing or found:
            print(f"{'FAILED ' if found else ''}{case.title} [{code}] {score(case)} of 5")
            print("   " + text.strip().replace("\n", "\n   "))
            for one in found:
                print(f"   -> {one}")
    unknown = SCORE_OF_FIVE - {case.title for case in CASES}
    if unknown:
        print(f"FAILED scores of no mistake: {sorted(unknown)}")
    mean = sum(map(score, CASES)) / len(CASES)
    print(f"{len(CASES)} mistakes, {wrong} answered otherwise than expected; mean score {mean:.2f} of 5")
    return 1 if wrong or unknown or len(CASES) < 86 else 0


if __name__ == "__main__":
    sys.exit(main())
