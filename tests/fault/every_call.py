#!/usr/bin/env python3
"""Every system call of a command on its own files fails in turn, with each error that it may have.

    every_call.py SPILLWAY SOURCE [SHARE [COMMAND...]]     SHARE of the cases, default 0.001; 1: all (hours)

By strace's injection, in the calling thread. What must hold, whatever fails: exit 0 and a whole result (inspect --verify)
with the numbers of the run left alone; or exit 4 with words, every file that was there to the byte, and no litter. (A merge
names every member that cannot be read, and ends with 2.) COMMAND is one of run, resume, merge, report, export, frontier, table; default run and table.
"""
import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ERRORS = {
    "openat": ["EMFILE", "ENOSPC", "EIO", "EACCES", "EINTR"],
    "write": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "pwrite64": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "pread64": ["EIO", "EINTR"],
    "read": ["EIO", "EINTR"],
    "ftruncate": ["EIO", "ENOSPC", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EDQUOT", "EINTR"],
    "close": ["EIO", "ENOSPC", "EINTR"],
    "rename": ["EIO", "ENOSPC"],
    "renameat2": ["EIO", "ENOSPC", "EINVAL"],
    "unlink": ["EIO", "EACCES"],
    "unlinkat": ["EIO", "EACCES"],
    "mkdir": ["EIO", "ENOSPC", "EACCES"],
    "flock": ["EINTR", "ENOLCK"],
    "mmap": ["ENOMEM"],
    "clone3": ["EAGAIN", "ENOMEM"],
}
OWN_FILES_ONLY = {"openat", "write", "pwrite64", "pread64", "read", "ftruncate", "fsync", "close", "rename", "renameat2",
                  "unlink", "unlinkat", "mkdir", "flock"}
NAMING = {"openat", "rename", "renameat2", "unlink", "unlinkat", "mkdir"}


def places(trace, root):
    """{call: numbers}: which of a thread's calls touch files below root (of memory and threads: those after the start)."""
    counted, found, started, loading, first = collections.Counter(), collections.defaultdict(set), False, {}, None
    for line in trace.read_text(errors="replace").splitlines():
        made = re.match(r"(\d+)\s+(\w+)\((.*)", line)
        if not made:
            continue
        thread, call, rest = made.groups()
        first = first or thread
        counted[thread, call] += 1
        mine = root in re.sub(r"AT_FDCWD<[^>]*>", "", rest) or call in NAMING and re.search(r'"(\./)?run\.', rest) is not None
        if mine and not started:  # until here the program was loaded: a failure there is the system's
            started, loading = True, {one: counted[first, one] - (one == call) for one in ERRORS}
        if (mine if call in OWN_FILES_ONLY else started) and counted[thread, call] > loading.get(call, 0):
            found[call].add(counted[thread, call])
    return found


def main():
    spillway, source = sys.argv[1], pathlib.Path(sys.argv[2])
    share = float(sys.argv[3]) if len(sys.argv) > 3 else 0.001
    wanted = sys.argv[4:] or ["run", "table"]
    for tool in ("strace", "h5diff"):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} is not installed")
            sys.exit(77)
    chance = random.Random(20241)
    outcomes = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        kept = pathlib.Path(folder) / "kept"
        kept.mkdir()
        run = [spillway, "run", str(source / "configs/smoke.toml"), "--set", "data.synthetic_areas=300", "--replicates",
               "120", "--draws", "60", "--quiet", "--threads", "1", "--output", "run.h5"]

        def at_kept(command):
            subprocess.run(command, cwd=kept, check=True, stdout=subprocess.DEVNULL)

        at_kept(run + ["--seed", "7"])
        shutil.move(kept / "run.h5", kept / "former.h5")
        at_kept(run)
        shutil.move(kept / "run.h5", kept / "whole.h5")
        tables = [f"run.tables/ring_fence_10-{name}.csv" for name in ("frontier", "budgets", "marginal-value")]
        grid = {}
        if "merge" in wanted:
            at_kept([spillway, "sweep", *run[2:5], "--set", "bootstrap.replicates=120", "--set", "bootstrap.draws=60", "--set", "run.seed=[1, 2]",
                     "--output", "run.grid"])
            at_kept([spillway, "sweep", "--run", "run.grid", "--quiet"])
            grid = {f"run.grid/{file}": f"run.grid/{file}" for file in os.listdir(kept / "run.grid")}
            at_kept([spillway, "sweep", "--merge", "run.grid", "--output", "merged.h5"])
        # command: (what stands before, command line, result and its groups whose numbers must be those of another file)
        groups = ("/estimates", "/draws", "/scenarios")
        commands = {
            "run": ({"run.h5": "former.h5"}, run, ("run.h5", "whole.h5", groups)),
            "resume": ({"run.h5": "former.h5"}, run + ["--resume"], ("run.h5", "whole.h5", groups)),
            "merge": (grid | {"run.all.h5": "former.h5"}, [spillway, "sweep", "--merge", "run.grid", "--output", "run.all.h5"],
                      ("run.all.h5", "merged.h5", ("/members",))),
            "report": ({"run.h5": "whole.h5", "run.html": b"the former one"}, [spillway, "report", "run.h5"], None),
            "export": ({"run.h5": "whole.h5", "run.ods": b"the former one"}, [spillway, "export", "run.h5", "--output", "run.ods"], None),
            "frontier": ({"run.h5": "whole.h5"} | {file: b"the former one" for file in tables},
                         [spillway, "frontier", "run.h5", "--scenario", "ring_fence_10", "--quiet", "--csv", "run.tables"], None),
            "table": ({"run.h5": "whole.h5", "run.csv": b"the former one"},
                      [spillway, "table", "run.h5", "estimates", "--format", "csv", "--output", "run.csv"], None),
        }

        def files_below(root):
            return {str(file.relative_to(root)): file.read_bytes() for file in pathlib.Path(root).rglob("*") if file.is_file()}
        for name in wanted:
            if name not in commands:
                continue
            before, command, result = commands[name]
            root = os.path.join(folder, "live")

            def lay():
                shutil.rmtree(root, ignore_errors=True)
                os.mkdir(root)
                for file, what in before.items():
                    place = pathlib.Path(root) / file
                    place.parent.mkdir(exist_ok=True)
                    place.write_bytes(what if isinstance(what, bytes) else (kept / what).read_bytes())

            lay()
            laid = files_below(root)
            trace = pathlib.Path(folder) / "trace"
            left_alone = subprocess.run(["strace", "-f", "-y", "-s", "64", "-e", "trace=" + ",".join(ERRORS), "-e", "signal=none",
                                         "-o", str(trace)] + command, cwd=root, capture_output=True, text=True)
            if left_alone.returncode != 0:
                if "ptrace" in left_alone.stderr.lower():
                    print("SKIPPED: system calls cannot be traced here")
                    sys.exit(77)
                sys.exit(f"FAILED: {name} under strace: {left_alone.stderr}")
            want = files_below(root)
            if all(laid.get(file) == want[file] for file in want):
                sys.exit(f"FAILED: {name} writes nothing")
            cases = [(call, number, error) for call, numbers in sorted(places(trace, root).items())
                     for number in sorted(numbers) for error in ERRORS[call]]
            # A share of each call's cases, at least one of each error.
            picked = []
            for call in sorted({case[0] for case in cases}):
                for error in ERRORS[call]:
                    mine = [case for case in cases if case[0] == call and case[2] == error]
                    picked += chance.sample(mine, max(1, round(share * len(mine))))
            for call, number, error in picked:
                lay()
                what = f"{name}: {call} number {number} of a thread with {error}"
                try:
                    went = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                           f"inject={call}:error={error}:when={number}"] + command, cwd=root,
                                          capture_output=True, text=True, timeout=120, errors="replace")
                except subprocess.TimeoutExpired:
                    sys.exit(f"FAILED: {what}: no end after 120 s")
                there = files_below(root)
                if went.returncode == 0:
                    if result:
                        output, model, groups = result
                        verify = subprocess.run([spillway, "inspect", output, "--verify"], cwd=root, capture_output=True, text=True)
                        if verify.returncode != 0 or any(subprocess.run(["h5diff", str(kept / model), output, group], cwd=root,
                                                                        capture_output=True).returncode != 0 for group in groups):
                            sys.exit(f"FAILED: {what}: exit 0, and the result is not the run's: {verify.stderr}")
                    for file in want:
                        if there.get(file) != want[file] and not (result and file == output):
                            sys.exit(f"FAILED: {what}: exit 0, and {file} is not what was to be written")
                elif went.returncode == 4 or (went.returncode == 2 and name == "merge" and "run.grid/000" in went.stderr):
                    if "spillway: " not in went.stderr:
                        sys.exit(f"FAILED: {what}: exit {went.returncode} without words: {went.stderr!r}")
                    for file in laid:
                        if there.get(file) != laid[file]:
                            sys.exit(f"FAILED: {what}: exit {went.returncode}, and the former {file} is not what it was: {went.stderr}")
                else:
                    sys.exit(f"FAILED: {what}: exit {went.returncode}: {went.stderr[-600:]}")
                litter = sorted({str(entry.relative_to(root)) for entry in pathlib.Path(root).rglob("*")
                                 if str(entry.relative_to(root)) not in want and not any(file.startswith(str(entry.relative_to(root)) + "/") for file in want)})
                said = went.returncode != 0 or "could not be removed" in went.stderr
                if litter and call not in ("unlink", "unlinkat") and not (said and all(file.startswith("run.h5.checkpoint") for file in litter)):
                    sys.exit(f"FAILED: {what}: exit {went.returncode} leaves {', '.join(litter)}: {went.stderr}")
                outcomes[name, min(went.returncode, 1)] += 1
            print(f"{name}: {len(cases)} cases, {len(picked)} tried: {outcomes[name, 0]} went on to the whole output, "
                  f"{outcomes[name, 1]} were refused in words, the former one kept", flush=True)


if __name__ == "__main__":
    main()
