#!/usr/bin/env python3
"""Kills at random instants over run, resume, sweep, merge and coverage: what is there afterwards is the former result or the whole new
one, to the bit, and a last go ends with nothing left over.

    tests/attack/kills.py build/spillway SOURCE [--count N] [--seed S] [--only KIND]      default 100 in all

Kinds take turns; SIGKILL and SIGTERM take turns within a kind, and so do 1 to 3 threads. The instant is uniform over the time that the
command last took from nothing. `run` starts afresh each time, half of the times over a former result; `resume`, `sweep` and `coverage` go on from what
the last kill left, until they end and begin anew; `merge` copies its members and `link` links them. Prints a line a kind.
"""
import argparse
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("spillway")
parser.add_argument("source")
parser.add_argument("--count", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", default="")
options = parser.parse_args()
spillway, source = os.path.abspath(options.spillway), pathlib.Path(options.source).resolve()
draw = random.Random(options.seed)
folder = tempfile.mkdtemp()
os.chdir(folder)
if shutil.which("h5diff") is None:
    print("SKIPPED: needs h5diff (hdf5-tools)")
    sys.exit(77)

smoke = (source / "configs/smoke.toml").read_text()
pathlib.Path("small.toml").write_text(re.sub(r"synthetic_areas = \d+", "synthetic_areas = 800", smoke))
pathlib.Path("cover.toml").write_text("""[run]
name = "cover"
seed = 5
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["corrected_score"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = "lad_code"
replicates = 59
[coverage]
worlds = 20
[[coverage.design]]
name = "a"
areas = 400
authorities = 20
periods = 6
""")


def program(*command):
    done = subprocess.run([spillway, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, (command, done.stderr)


def fail(*what):
    print("FAILED:", *what, "in", folder)
    sys.exit(1)


def same(file, whole):
    """The result is whole, and its values are those of a run left alone."""
    return (subprocess.run([spillway, "inspect", file, "--verify"], capture_output=True).returncode == 0
            and subprocess.run(["h5diff", "--exclude-path=/run", whole, file], capture_output=True).returncode == 0)


class Kind:
    """One command. files: its results, each with the result of a run left alone; `goes_on`: it is not begun anew after each kill."""

    def __init__(self, name, command, files, goes_on):
        self.name, self.command, self.files, self.goes_on = name, command, files, goes_on
        self.counts, self.took, self.number = collections.Counter(), None, 0

    def clean(self):
        for file in self.files:
            for path in pathlib.Path(".").glob(file + "*"):
                (shutil.rmtree if path.is_dir() else os.remove)(path)

    def former(self):
        return {file: pathlib.Path(file).read_bytes() for file in self.files if pathlib.Path(file).exists()}

    def judge(self, before, said):
        """Every result is what it was before, or whole; how many are whole."""
        whole = 0
        for file, right in self.files.items():
            if pathlib.Path(file).exists() and pathlib.Path(file).read_bytes() != before.get(file):
                if not same(file, right):
                    fail(f"{self.name}: after kill {self.number} '{file}' is neither the former nor the new result: {said}")
                whole += 1
            elif file in before and not pathlib.Path(file).exists():
                fail(f"{self.name}: after kill {self.number} the former '{file}' has gone")
        return whole

    def go(self, kill):
        """Once, killed or not. @return  whether it ended by itself"""
        fresh = not any(True for file in self.files for _ in pathlib.Path(".").glob(file + "*"))
        before, began = self.former(), time.monotonic()
        process = subprocess.Popen([spillway, *self.command, "--threads", str(1 + self.number % 3)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if kill:
            try:
                process.wait(draw.uniform(0.0, 1.05 * self.took))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL if self.number % 2 else signal.SIGTERM)
        said = process.communicate()[1]
        if process.returncode == 0 and fresh:
            self.took = time.monotonic() - began
        # 130: stopped; -SIGTERM: before the signals were watched.
        if process.returncode not in ((0, -signal.SIGKILL, 130, -signal.SIGTERM) if kill else (0,)):
            fail(f"{self.name}: kill {self.number} exits {process.returncode}: {said}")
        whole = self.judge(before, said)
        if kill:
            self.counts["finished before" if process.returncode == 0 else "killed" if process.returncode == -signal.SIGKILL else "stopped"] += 1
            self.counts["a new result" if whole else "former kept" if before else "none yet"] += 1
        return process.returncode == 0

    def instant(self):
        self.number += 1
        if not self.goes_on:
            self.clean()
            if self.number % 4 > 1:
                for file in self.files:
                    shutil.copy("former.h5", file)
        if self.go(True) and self.goes_on:
            self.finish()

    def finish(self):
        """To the end, and nothing is left over."""
        self.go(False)
        for file, right in self.files.items():
            if not same(file, right):
                fail(f"{self.name}: the last go's '{file}' is not the result")
            left = [str(path) for path in pathlib.Path(".").glob(file + "?*")]
            if left:
                fail(f"{self.name}: left over: {left}")
        self.clean()


RUN = ["run", "small.toml", "--replicates", "8192", "--draws", "400", "--quiet", "--output"]
program(*RUN, "whole.h5")
program("run", "small.toml", "--replicates", "199", "--draws", "180", "--quiet", "--seed", "7", "--output", "former.h5")
program("sweep", "small.toml", "--set", "run.seed=[1, 2, 3]", "--set", "bootstrap.replicates=600", "--set", "bootstrap.draws=399", "--output", "alone")
program("sweep", "--run", "alone", "--quiet")
shutil.copytree("alone", "grid", ignore=shutil.ignore_patterns("*.h5"))
members = sorted(str(path.relative_to("alone")) for path in pathlib.Path("alone").rglob("*.h5"))
assert len(members) == 3, members
program("sweep", "--merge", "alone", "--quiet", "--output", "merged.h5")
program("sweep", "--merge", "alone", "--link", "--quiet", "--output", "alone/linked.h5")
program("coverage", "cover.toml", "--quiet", "--output", "covered.h5")
kinds = [kind for kind in (
    Kind("run", [*RUN, "run.h5"], {"run.h5": "whole.h5"}, False),
    Kind("resume", [*RUN, "resumed.h5", "--resume"], {"resumed.h5": "whole.h5"}, True),
    Kind("sweep", ["sweep", "--run", "grid", "--quiet"], {f"grid/{name}": f"alone/{name}" for name in members}, True),
    Kind("merge", ["sweep", "--merge", "alone", "--quiet", "--output", "again.h5"], {"again.h5": "merged.h5"}, False),
    Kind("link", ["sweep", "--merge", "alone", "--link", "--quiet", "--output", "alone/again.h5"], {"alone/again.h5": "alone/linked.h5"}, False),
    Kind("coverage", ["coverage", "cover.toml", "--quiet", "--resume", "--output", "cover.h5"], {"cover.h5": "covered.h5"}, True))
    if not options.only or options.only == kind.name]
began = time.monotonic()
for kind in kinds:
    kind.go(False)
    kind.clean()
for k in range(options.count):
    kinds[k % len(kinds)].instant()
    if k % 100 == 99:
        print(f"... {k + 1} kills, {time.monotonic() - began:.0f} s", flush=True)
for kind in kinds:
    kind.finish()
    print(f"{kind.name}: {kind.number} instants over {1000 * kind.took:.0f} ms: " + ", ".join(f"{n} {what}" for what, n in sorted(kind.counts.items())))
print(f"kills: {sum(kind.number for kind in kinds)} instants, 0 corrupt, {time.monotonic() - began:.0f} s")
os.chdir("/")
shutil.rmtree(folder)
