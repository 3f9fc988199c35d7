#!/usr/bin/env python3
"""Every command that the documentation shows runs, at small size, in the order and folder of its page.

Usage: docs_commands.py SPILLWAY SOURCE [PAGE...]

Commands are the lines of fenced sh blocks (and of blocks indented by four blanks) that begin with a program of ours or a
tool that the pages name. A command that cannot run here stands in NOT_RUN with the reason; a new one is run without being
asked. Words in `code` that begin with `spillway` are checked as well: the command and its flags must exist.
Snippets marked python or r run where their packages are installed.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SPILLWAY, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
PAGES = [pathlib.Path(page) for page in sys.argv[3:]] or [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]

PROGRAMS = r"(?:build/)?spillway|\./tools/|tools/|\./\.ci|cmake|ctest|ninja|sbatch|srun|mpirun|mpiexec|apt-get|git|cd|export|python3|Rscript|h5diff|bench/|apptainer|docker"

# What is not run here, and why. A pattern is searched in the whole command.
NOT_RUN = [
    (r"^\./tools/(run|test)", "builds this very program, or calls the tests that this one belongs to; .ci/run does both on a clean clone"),
    (r"^cmake |&& cmake --install", "a second build of the whole program; .ci/run configures and builds"),
    (r"^sbatch |^srun ", "needs a Slurm cluster; tests/run/sweep.sh and kill.sh run what the scripts run"),
    (r"^mpi(run|exec) ", "needs an MPI build; its own test runs it where there is one"),
    (r"spillway-\*|^docker run|MANPATH|\./clients/|/usr/share/spillway", "needs a release that tools/release has made"),
    (r"^git clone", "needs the repository's address"),
    (r"^bench/", "a measurement, not a test"),
    (r"configs/packs/|configs/(north-east|england-lad|england-lsoa|england-lad-gdhi|england-lsoa21|england-lsoa21-packages)\.toml", "needs the published tables, which are not shipped; unit/real_run_configs reads these configurations"),
    (r"coverage-full\.toml", "hours of simulation; unit/coverage reads its designs"),
]

# Pages may take these for granted; everything else a page must make itself. See prepare().
SMALL = ["--set", "data.synthetic_areas=900", "--replicates", "99"]


def fail(message):
    sys.exit("FAILED: " + message)


def blocks(text):
    """(language, lines) of every fenced or indented block, in order."""
    found, language, lines, indented = [], None, [], []
    for line in text.split("\n") + [""]:
        fence = re.match(r"```(\w*)\s*$", line)
        if fence:
            if language is None:
                language, lines = fence.group(1), []
            else:
                found.append((language, lines))
                language = None
        elif language is not None:
            lines.append(line)
        elif line.startswith("    "):
            indented.append(line[4:])
        elif indented and line.strip():
            found.append(("", indented))
            indented = []
    if indented:
        found.append(("", indented))
    return found


def commands(lines):
    """Commands of a block, continuation lines joined, prompts and trailing remarks left out."""
    text = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    for line in text.split("\n"):
        line = re.sub(r"^\$ ", "", line.strip())
        if re.match(rf"(?:{PROGRAMS})", line) and not re.match(r"spillway: ", line):
            # A remark stands after a # or, in a list of commands, after three blanks.
            yield re.split(r"\s+#\s|\s{3,}", line)[0].strip()


def prepare(folder):
    """What a reader has at hand: the program, the configurations at small size, a result of the default run."""
    (folder / "build").mkdir()
    (folder / "build/spillway").symlink_to(SPILLWAY)
    (folder / "tools").symlink_to(SOURCE / "tools")
    shutil.copytree(SOURCE / "configs", folder / "configs")
    smoke = (SOURCE / "configs/smoke.toml").read_text()
    small = smoke.replace("synthetic_areas = 2000", "synthetic_areas = 900").replace("= 399", "= 99")
    if small == smoke:
        fail("configs/smoke.toml has no longer the sizes that this test makes smaller")
    for name in ("configs/default.toml", "configs/smoke.toml", "config.toml"):
        (folder / name).write_text(small)
    coverage = folder / "configs/coverage.toml"
    coverage.write_text(re.sub(r"(?m)^worlds = .*", "worlds = 2", coverage.read_text()))
    (folder / "results").mkdir()


def shrink(command):
    """The configuration that `init` writes is of full size: such runs are made small, nothing else is changed."""
    words = command.split(" ")
    if len(words) > 2 and words[0].endswith("spillway") and words[1] in ("run", "estimate", "sensitivity", "frontier", "speccurve", "sweep") \
            and words[2] == "my-run.toml" and "synthetic_areas" not in command:
        command += " --set data.synthetic_areas=900 --set scenario.wealth_fund.parameters.amount=4.7e6"
        if "--replicates" not in command:
            command += " --replicates 99"
    if len(words) > 1 and words[1] == "sweep":  # the first value of every axis but one is enough
        command = re.sub(r"=\[(\d+), (\d+), [^]]*\]", r"=[\1, \2]", re.sub(r"(outcomes\.horizon)=\[(\d+), [^]]*\]", r"\1=[\2]", command))
    if len(words) > 1 and words[0].endswith("spillway") and words[1] == "sensitivity":
        command += " --rows 16" if "sobol" in command or "--method" not in command else ""
    return command.replace("--replicates 999", "--replicates 99").replace("--replicates 9999", "--replicates 99")


def run(command, folder, environment):
    return subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def flags_of(command, known={}):
    if command not in known:
        made = subprocess.run([SPILLWAY, command, "--help"], capture_output=True, text=True)
        known[command] = set(re.findall(r"--[a-z][a-z-]*", made.stdout)) if made.returncode == 0 else None
    return known[command]


def check_words(page, text):
    """`spillway command --flag` in running text names what exists."""
    for code in re.findall(r"`((?:build/)?spillway [a-z][^`]*)`", re.sub(r"(?s)```.*?```", "", text)):
        words = code.split()
        flags = flags_of(words[1])
        if flags is None:
            fail(f"{page.name}: `{code}`: there is no command '{words[1]}'")
        for word in words[2:]:
            flag = re.match(r"--[a-z][a-z-]*", word)
            if flag and flag.group(0) not in flags:
                fail(f"{page.name}: `{code}`: '{words[1]}' has no flag '{flag.group(0)}'")


def snippet_runner(language):
    """How to run a snippet of this language, or None where what it needs is not installed."""
    if language == "python":
        for python in (sys.executable, "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import h5py, xarray"], capture_output=True).returncode == 0:
                return [python]
    if language == "r" and shutil.which("Rscript"):
        if subprocess.run(["Rscript", "-e", "library(ncdf4); library(rhdf5)"], capture_output=True).returncode == 0:
            return ["Rscript"]
    return None


def main():
    ran, skipped, snippets, absent = 0, {}, 0, set()
    with tempfile.TemporaryDirectory() as top:
        base = pathlib.Path(top) / "base"
        base.mkdir()
        prepare(base)
        made = subprocess.run([SPILLWAY, "run", "configs/default.toml", "--output", "results/england.h5", "--quiet"], cwd=base, capture_output=True, text=True)
        if made.returncode != 0:
            fail("the default run at small size: " + made.stderr)
        for page in PAGES:
            text = page.read_text()
            check_words(page, text)
            folder = pathlib.Path(top) / page.stem
            shutil.copytree(base, folder, symlinks=True)
            shutil.copy(folder / "results/england.h5", folder / "run.h5")
            environment = {**os.environ, "PATH": f"{folder}/build:{os.environ['PATH']}", "NO_COLOR": "1"}
            for language, lines in blocks(text):
                if language in ("python", "r"):
                    runner = snippet_runner(language)
                    if runner is None:
                        absent.add(language)
                        continue
                    file = folder / f"snippet.{language}"
                    file.write_text("\n".join(lines).replace("E01000001", "S01000001") + "\n")
                    done = subprocess.run([*runner, file.name], cwd=folder, capture_output=True, text=True)
                    if done.returncode != 0:
                        fail(f"{page.name}: the {language} snippet '{lines[0]}...' does not run:\n{done.stderr[-1500:]}")
                    snippets += 1
                    continue
                if language not in ("", "sh", "bash", "console"):
                    continue
                for command in commands(lines):
                    reason = next((why for pattern, why in NOT_RUN if re.search(pattern, command)), None)
                    if reason:
                        skipped.setdefault(reason, []).append(f"{page.name}: {command}")
                        continue
                    begin = time.monotonic()
                    done = run(shrink(command), folder, environment)
                    if done.returncode != 0:
                        fail(f"{page.name}: '{command}' exits {done.returncode}:\n{done.stdout[-600:]}{done.stderr[-1500:]}")
                    print(f"{time.monotonic() - begin:6.2f} s  {page.name}: {command}")
                    ran += 1
            shutil.rmtree(folder)
    for reason, which in skipped.items():
        print(f"not run: {reason}")
        for one in which:
            print(f"    {one}")
    print(f"{ran} commands and {snippets} snippets of {len(PAGES)} pages ran; {sum(map(len, skipped.values()))} cannot run here"
          + (f"; snippets not run for want of their packages: {', '.join(sorted(absent))}" if absent else ""))
    if ran == 0 and len(sys.argv) < 4:
        fail("the pages show no command: has their form changed?")


main()
