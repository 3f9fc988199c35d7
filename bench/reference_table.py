#!/usr/bin/env python3
"""Every comparison with other programs' numbers, with its largest difference, as one table.

    bench/reference_table.py docs/methods/references.md build/tests            # writes the tables anew
    bench/reference_table.py docs/methods/references.md build/tests --check    # exit 1 where they no longer say what the tests print

The tests of tests/reference print a line a comparison; this runs them and reads the lines. A table stands between `<!-- table
NAME -->` and `<!-- end -->`. `--check` wants the same comparisons and counts, and no difference above ten times the one written
down (other processors round otherwise); it reads the tests whose references ship, and those of the maintainers' data where these are.
"""
import re
import subprocess
import sys

# Table, program of the test, and by the beginning of a comparison's name whose numbers they are.
TESTS = [
    ("shipped", "shipped_panel", [("unbalanced Arellano-Bond", "numpy, dense, from the equations"), ("unbalanced", "R lm with dummies, plm"),
                                  ("panel with effects", "R plm, sandwich, spdep"), ("pooled panel", "R plm, sandwich"), ("Arellano-Bond", "R plm (pgmm)"),
                                  ("corrected score", "numpy, from the equations"), ("replicates of", "numpy, from the equations"),
                                  ("BCa", "R boot"), ("two sets of weights", "numpy, from the equations")]),
    ("shipped", "shipped_iv", [("OLS and 2SLS", "R lm, AER, sandwich"), ("OLS by statsmodels", "Python statsmodels"), ("diagnostics by AER", "R AER, lmtest"),
                               ("LIML", "statsmodels; errors from the source"), ("GMM by", "statsmodels"), ("GMM, closed", "numpy, from the source"),
                               ("Kleibergen-Paap", "numpy, from the source"), ("AR and CLR", "scipy, numpy, from the source"),
                               ("wild cluster", "numpy, every sign vector refitted")]),
    ("shipped", "shipped_spatial", [("spatial lag panel", "scipy, dense quasi-likelihood"), ("p of Moran", "R spdep"), ("spatial", "R spatialreg"),
                                    ("stsls", "R spatialreg, spdep")]),
    ("shipped", "shipped_spillover", [("", "numpy, from the equations")]),
    ("shipped", "after_looking", [("", "numpy, scipy, pairs by brute force")]),
    ("maintainers", "iv", [("iv_stata", "Stata ivreg2"), ("kp_", "Julia FixedEffectModels, R fixest"), ("iv_", "R ivreg, fixest, sandwich, ivreg2r; Python linearmodels")]),
    ("maintainers", "panel", [("fe_", "R plm, fixest"), ("", "numpy, from the equations")]),
    ("maintainers", "sar", [("spreg", "Python spreg"), ("splm", "R splm"), ("", "R spatialreg, spdep")]),
    ("maintainers", "wild", [("", "R fwildclusterboot, base R enumeration")]),
]
LINE = re.compile(r"^  (.+?):?\s+(?:(\d+) numbers, )?largest relative difference (\S+?)(?: \((.*)\))?$")


def rows_of(folder, table):
    rows = []
    for where, test, programs in TESTS:
        if where != table:
            continue
        run = subprocess.run([f"{folder}/test_reference_{test}"], capture_output=True, text=True)
        if run.returncode == 77 or "SKIPPED" in run.stdout:
            return None
        if run.returncode != 0:
            sys.exit(f"test_reference_{test} fails; its differences are no table:\n{run.stdout}")
        found = {}  # a comparison made twice: the larger difference
        for line in run.stdout.splitlines():
            match = LINE.match(line)
            if not match:
                continue
            name, count, difference, worst = match.groups()
            name = name.rstrip(":")
            before = found.get(name)
            if before is None or float(difference) > float(before[1]):
                found[name] = (count or "", difference, worst or "")
        for name, (count, difference, worst) in found.items():
            program = next(who for start, who in programs if name.startswith(start))
            rows.append((test, name, program, count, difference, worst))
    return rows


def table_of(rows):
    lines = ["| test | comparison | against | numbers | largest relative difference | of |", "|-|-|-|-:|-:|-|"]
    lines += [f"| `{test}` | {name} | {who} | {count} | {float(difference):.1e} | {worst} |" for test, name, who, count, difference, worst in rows]
    return "\n".join(lines)


def written(text, table):
    match = re.search(rf"<!-- table {table} -->\n(.*?)\n<!-- end -->", text, re.S)
    if not match:
        sys.exit(f"the document has no '<!-- table {table} -->'")
    rows = {}
    for line in match.group(1).splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0].strip("`"), cells[1]] = cells
    return rows


def check(text, folder):
    wrong = []
    for table in ("shipped", "maintainers"):
        rows = rows_of(folder, table)
        if rows is None:
            print(f"SKIPPED: the comparisons of '{table}' need the maintainers' data")
            continue
        there = written(text, table)
        for test, name, who, count, difference, _ in rows:
            cells = there.pop((test, name), None)
            if cells is None:
                wrong.append(f"{test}: '{name}' is not in the table '{table}'")
            elif cells[2] != who or cells[3] != count:
                wrong.append(f"{test}: '{name}' is of {count} numbers against {who}, the table says {cells[3]} against {cells[2]}")
            elif float(difference) > 10 * max(float(cells[4]), 1e-14):
                wrong.append(f"{test}: '{name}' differs by {difference}, the table says {cells[4]}")
        wrong += [f"{test}: the table has '{name}', no test prints it" for test, name in there]
    return wrong


def main():
    document, folder = sys.argv[1], sys.argv[2]
    text = open(document, encoding="utf-8").read()
    if "--check" in sys.argv[3:]:
        wrong = check(text, folder)
        for one in wrong:
            print(one)
        if wrong:
            print(f"write the tables anew: bench/reference_table.py {document} {folder}")
        sys.exit(1 if wrong else 0)
    for table in ("shipped", "maintainers"):
        rows = rows_of(folder, table)
        if rows is None:
            print(f"SKIPPED: the table '{table}' is left as it is: its data are not here")
            continue
        written(text, table)
        text = re.sub(rf"(<!-- table {table} -->\n).*?(\n<!-- end -->)", lambda m: m.group(1) + table_of(rows) + m.group(2), text, flags=re.S)
    open(document, "w", encoding="utf-8").write(text)


if __name__ == "__main__":
    main()
