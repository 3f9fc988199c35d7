#!/usr/bin/env python3
"""Textual mutants of the glue between numbers and verdicts: is each caught by a test?

    tests/mutants.py BUILD_COMMAND [--only N,N] [--list]

Each mutant is one replacement in one file and the tests that should fail. It is made on a copy of the tree in a
temporary folder, BUILD_COMMAND (with {source} and {tests} filled in) builds and runs those tests there, and a
non-zero exit catches it. A mutant that does not compile counts as caught by the compiler and is listed apart.

    tests/mutants.py 'cmake -S {source} -B {source}/build && ninja -C {source}/build {tests} && for t in {tests}; do
                      {source}/build/tests/$t || exit 1; done'
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

TABLE = "test_unit_decision_table"
DECISION = "engine/estimate/decision.cpp"
RULES = "engine/estimate/decision.hpp"
FINDINGS = "engine/estimate/findings.hpp"

# (file, what stands there, what the mutant puts there, tests)
MUTANTS = [
    # thresholds
    (RULES, "enough_clusters = 50", "enough_clusters = 51", TABLE),
    (RULES, "enough_clusters = 50", "enough_clusters = 49", TABLE),
    (RULES, "fewest_clusters = 20", "fewest_clusters = 21", TABLE),
    (RULES, "enough_effective = 30.0", "enough_effective = 29.0", TABLE),
    (RULES, "cells_from = 8", "cells_from = 9", TABLE),
    (RULES, "years_from = 15", "years_from = 16", TABLE),
    (RULES, "low_information = 7", "low_information = 8", TABLE),
    (RULES, "level_of_tests = 0.05", "level_of_tests = 0.06", TABLE),
    (RULES, "level_of_leads = 0.01", "level_of_leads = 0.05", TABLE),
    (RULES, "largest_explosive_share = 0.10", "largest_explosive_share = 0.11", TABLE),
    (RULES, "explosive_to_mention = 0.01", "explosive_to_mention = 0.02", TABLE),
    (RULES, "largest_cells_gap = 0.25", "largest_cells_gap = 0.3", TABLE),
    (RULES, "largest_ratio = 1.25", "largest_ratio = 1.3", TABLE),
    (RULES, "fewest_replicates = 39", "fewest_replicates = 38", TABLE),
    # comparisons
    (DECISION, "if (share > rules.largest_explosive_share)", "if (share >= rules.largest_explosive_share)", TABLE),
    (DECISION, "else if (*found.stationary_root >= 1.0)", "else if (*found.stationary_root > 1.0)", TABLE),
    (DECISION, "return test && test->p < rules.level_of_tests;", "return test && test->p <= rules.level_of_tests;",
     TABLE),
    (DECISION, "if (one.clusters < effective)", "if (one.clusters > effective)", TABLE),
    (DECISION, "width.cells > width.years", "width.cells < width.years", TABLE),
    (DECISION, "*found.phi < 0.0", "*found.phi < -0.5", TABLE),
    # which branch
    (DECISION, "if (!found.stationary_root)\n    say(Weight::refuses", "if (!found.stationary_root)\n    say(Weight::notes",
     TABLE),
    (DECISION, "say(Weight::refuses, Code::not_stationary", "say(Weight::warns, Code::not_stationary", TABLE),
    (DECISION, "say(Weight::refuses, Code::tests_missing)", "say(Weight::warns, Code::tests_missing)", TABLE),
    (DECISION, "found.phi && found.periods > rules.shortest && !found.q2", "false", TABLE),
    (DECISION, "const bool cells = width.cells > width.years && !rejects(found.r1);",
     "const bool cells = width.cells > width.years;", TABLE),
    (DECISION, "const bool hold = found.r1 && ", "const bool hold = !found.r1 || ", TABLE),
    (DECISION, "return open && hold && few", "return hold && few", TABLE),
    (DECISION, "if (rules.asked == IntervalKind::cell_draws) return Decision::Draws::cells;", "", TABLE),
    (DECISION, "decision.interval = cells ? IntervalKind::score_cells : IntervalKind::year_clusters;",
     "decision.interval = IntervalKind::year_clusters;", TABLE),
    (DECISION, "rules.period_effects == PeriodEffects::common)", "true)", TABLE),
    (DECISION, "decision.reliable == Decision::Reliable::yes && !method.empty()", "!method.empty()", TABLE),
    (DECISION, "kind == IntervalKind::percentile_t ? found.replicates->usable_t : found.replicates->usable_values",
     "found.replicates->usable_values", TABLE),
    (DECISION, "one.cells / one.clusters", "one.table / one.clusters", TABLE),
    (DECISION, "std::max(one.table, one.clusters) / std::min(one.table, one.clusters)", "one.table / one.clusters",
     TABLE),
    (DECISION, "row_of(estimator).use == Use::biased && dynamic", "row_of(estimator).use == Use::biased", TABLE),
    (FINDINGS, "std::isfinite(p) ? std::optional<Test>", "true ? std::optional<Test>", TABLE),
    (FINDINGS, "*effective_f < *effective_f_critical", "*effective_f <= *effective_f_critical", TABLE),
    (FINDINGS, "return !(kleibergen_paap_f && *kleibergen_paap_f > 10.0);",
     "return kleibergen_paap_f && *kleibergen_paap_f <= 10.0;", TABLE),
    ("engine/estimate/simulated_coverage.hpp", "up_to_seven, rho, 0.89, 0.96", "up_to_seven, rho, 0.90, 0.96",
     "test_unit_simulated_coverage"),
    ("engine/estimate/simulated_coverage.hpp", "periods <= 7 ?", "periods <= 8 ?", "test_unit_simulated_coverage"),
    # which field a study reads, and what the estimators put there
    ("engine/run/coverage_world.cpp", "value.standard_error = one.standard_error;",
     "value.standard_error = one.smallest_detectable();", "test_unit_coverage"),
    ("engine/run/coverage_world.cpp", "value.low = one.low;", "value.low = one.high;", "test_unit_coverage"),
    ("engine/estimate/panel/panel_diagnostics.cpp", "found.r1 = result;", "found.r2 = result;",
     "test_unit_panel_decision"),
    ("engine/estimate/panel/panel_conclusion.cpp", "r.explosive += status == 3;", "r.explosive += status == 2;",
     "test_unit_panel_decision"),
    ("engine/estimate/iv/iv_strength.cpp", "found.effective_f_critical = computed(critical);",
     "found.effective_f_critical = computed(effective);", "test_unit_iv"),
    # the configuration's words and keys
    ("engine/config/catalogue.hpp", "\"own_lags\"", "\"own_lag_s\"",
     "test_unit_config"),
    ("engine/config/read_model.cpp", "fmt::join(model.endogenous, \"+\")", "fmt::join(model.endogenous, \",\")",
     "test_unit_config"),
    ("engine/config/read_model.cpp", "if (likelihood && kind != CovarianceKind::iid)", "if (false)",
     "test_fault_config"),
    ("engine/config/read_model.cpp", ": !of_iv;", ": true;", "test_fault_config"),
    ("engine/config/table_reader.cpp", "if (word.name == value) {", "if (false) {", "test_fault_config"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", nargs="?")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    wanted = [int(n) for n in options.only.split(",") if n] or range(len(MUTANTS))
    survived = missing = caught = compiler = 0
    if options.command and not options.list:
        # A command that fails without a mutant would call every mutant caught.
        for tests in sorted({MUTANTS[n][3] for n in wanted}):
            command = options.command.replace("{source}", str(root)).replace("{tests}", tests)
            if subprocess.run(["bash", "-c", command], capture_output=True).returncode != 0:
                print(f"{tests} fails on the tree as it is")
                return 1
    for n in wanted:
        file, old, new, tests = MUTANTS[n]
        label = f"{n:2d} {file}: {' '.join(old.split())[:60]} -> {' '.join(new.split())[:50]}"
        text = (root / file).read_text()
        if text.count(old) < 1:
            print(f"MISSING  {label}", flush=True)
            missing += 1
            continue
        if options.list or not options.command:
            print(label)
            continue
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "tree"
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns("build*", ".git", "results", "node_modules"))
            (copy / file).write_text(text.replace(old, new, 1))
            command = options.command.replace("{source}", str(copy)).replace("{tests}", tests)
            result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        if result.returncode == 0:
            print(f"SURVIVED {label}", flush=True)
            survived += 1
        elif "error:" in result.stdout + result.stderr and "doctest" not in result.stdout:
            print(f"COMPILER {label}", flush=True)
            compiler += 1
        else:
            print(f"caught   {label}", flush=True)
            caught += 1
    if not options.list and options.command:
        print(f"{caught} caught, {compiler} stopped by the compiler, {survived} survived, {missing} not found")
    return 1 if survived or missing else 0


if __name__ == "__main__":
    sys.exit(main())
