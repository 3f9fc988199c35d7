#!/usr/bin/env python3
"""Every system call of a command on its own files fails in turn, with each error that it may have.

    every_call.py SPILLWAY SOURCE [SHARE [COMMAND...]]     SHARE of the cases, default 0.001; 1: all (hours)

By strace's injection, in the calling thread. What must hold, whatever fails: exit 0 and a whole result (inspect --verify)
with the numbers of the run left alone; or exit 4 with words, the former result to the byte, and no litter. COMMAND is one
of run, resume, report, table; default run and table.
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
        mine = root in re.sub(r"AT_FDCWD<[^>]*>", "", rest) or re.search(r'"(\./)?run\.', rest) is not None
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
        # command: (what stands before, command line, output)
        commands = {
            "run": ({"run.h5": "former.h5"}, run, "run.h5"),
            "resume": ({"run.h5": "former.h5"}, run + ["--resume"], "run.h5"),
            "report": ({"run.h5": "whole.h5", "run.html": b"the former one"}, [spillway, "report", "run.h5"], "run.html"),
            "table": ({"run.h5": "whole.h5", "run.csv": b"the former one"},
                      [spillway, "table", "run.h5", "estimates", "--format", "csv", "--output", "run.csv"], "run.csv"),
        }
        for name in wanted:
            if name not in commands:
                continue
            before, command, output = commands[name]
            root = os.path.join(folder, "live")

            def lay():
                shutil.rmtree(root, ignore_errors=True)
                os.mkdir(root)
                for file, what in before.items():
                    place = pathlib.Path(root) / file
                    place.write_bytes(what if isinstance(what, bytes) else (kept / what).read_bytes())

            lay()
            trace = pathlib.Path(folder) / "trace"
            left_alone = subprocess.run(["strace", "-f", "-y", "-s", "64", "-e", "trace=" + ",".join(ERRORS), "-e", "signal=none",
                                         "-o", str(trace)] + command, cwd=root, capture_output=True, text=True)
            if left_alone.returncode != 0:
                if "ptrace" in left_alone.stderr.lower():
                    print("SKIPPED: system calls cannot be traced here")
                    sys.exit(77)
                sys.exit(f"FAILED: {name} under strace: {left_alone.stderr}")
            want = (pathlib.Path(root) / output).read_bytes()
            standing = {file: (pathlib.Path(root) / file).read_bytes() for file in os.listdir(root)
                        if os.path.isfile(os.path.join(root, file))}
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
                there = sorted(os.listdir(root))
                now = (pathlib.Path(root) / output).read_bytes() if output in there else None
                if went.returncode == 0:
                    if output.endswith(".h5"):
                        verify = subprocess.run([spillway, "inspect", output, "--verify"], cwd=root, capture_output=True, text=True)
                        same = all(subprocess.run(["h5diff", str(kept / "whole.h5"), output, group], cwd=root,
                                                  capture_output=True).returncode == 0
                                   for group in ("/estimates", "/draws", "/scenarios"))
                        if verify.returncode != 0 or not same:
                            sys.exit(f"FAILED: {what}: exit 0, and the result is not the run's: {verify.stderr}")
                    elif now != want:
                        sys.exit(f"FAILED: {what}: exit 0, and {output} is not what was to be written")
                elif went.returncode == 4:
                    if "spillway: " not in went.stderr:
                        sys.exit(f"FAILED: {what}: exit 4 without words: {went.stderr!r}")
                    file = before[output]
                    if now != (file if isinstance(file, bytes) else (kept / file).read_bytes()):
                        sys.exit(f"FAILED: {what}: exit 4, and the former {output} is not what it was: {went.stderr}")
                else:
                    sys.exit(f"FAILED: {what}: exit {went.returncode}: {went.stderr[-600:]}")
                litter = [file for file in there if file not in standing]
                said = went.returncode == 4 or "could not be removed" in went.stderr
                if litter and call not in ("unlink", "unlinkat") and not (said and litter == ["run.h5.checkpoint"]):
                    sys.exit(f"FAILED: {what}: exit {went.returncode} leaves {', '.join(litter)}: {went.stderr}")
                outcomes[name, went.returncode] += 1
            print(f"{name}: {len(cases)} cases, {len(picked)} tried: {outcomes[name, 0]} went on to the whole output, "
                  f"{outcomes[name, 4]} ended with exit 4 and the former one", flush=True)


if __name__ == "__main__":
    main()
