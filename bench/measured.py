"""What bench/table, bench/scaling and bench/check_ratios share: running things cold, and what Google Benchmark says.

Standard library only. Every figure is a median over repetitions; a ceiling is the best of them.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BUILD", TOP / "build"))
SPILLWAY = Path(os.environ.get("SPILLWAY", BUILD / "spillway"))
CONFIG = TOP / "configs" / "default.toml"


def say(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    """One line: date, processor, cores, load, version and commit."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    version = subprocess.run([SPILLWAY, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    day = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    return f"{day} UTC, {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {version}"


def cold(command, folder):
    """Run once in a new process: wall seconds, CPU seconds, peak MB, standard output. Fails where the process fails."""
    out = Path(folder) / "stdout.txt"
    with open(out, "w") as sink:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=sink, stderr=subprocess.PIPE)
        message = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {child.returncode}\n{message.decode()[-2000:]}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024, "out": out.read_text()}


def median_of(runs):
    """The medians of repeated cold runs; `out` is that of the run with the median wall time."""
    middle = sorted(runs, key=lambda run: run["wall"])[len(runs) // 2]
    return {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "peak_mb")} | {"out": middle["out"]}


class Packs:
    """Synthetic packs by number of areas, written once into one temporary folder that goes at the end."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="spillway-bench-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def of(self, areas):
        pack = self.folder / f"pack-{areas}"
        if not pack.exists():
            cold([SPILLWAY, "synth", "--areas", areas, "--output", pack], self.folder)
        return pack

    def run(self, areas, *more, config=CONFIG):
        """The main job, cold; the bytes of its file are in `file_bytes`."""
        result = self.folder / "run.h5"
        found = cold([SPILLWAY, "run", config, "--data", self.of(areas), "--output", result, "--all", *more], self.folder)
        found["file_bytes"] = result.stat().st_size
        result.unlink()
        return found


def stage_times(text):
    """[(stage, wall s, core s, peak MB)] of a summary."""
    rows, inside = [], False
    for line in text.splitlines():
        if line.startswith("stage "):
            inside = True
        elif inside:
            match = re.match(r"(.+?)\s+([\d.]+)\s+([\d.]+)\s+(\d+)$", line)
            if not match:
                break
            rows.append((match[1], float(match[2]), float(match[3]), float(match[4])))
    return rows


SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def bench(name, pattern, repetitions, min_time=0.05):
    """{benchmark: {"wall", "cpu", counters...}} of build/bench_<name>: medians, seconds; "best" holds the best rates."""
    command = [BUILD / f"bench_{name}", f"--benchmark_filter={pattern}", f"--benchmark_repetitions={repetitions}",
               f"--benchmark_min_time={min_time}", "--benchmark_format=json"]
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if ran.returncode != 0 or not ran.stdout.strip():
        raise SystemExit(f"{' '.join(map(str, command))}: exit {ran.returncode}\n{ran.stderr[-2000:]}")
    found = {}
    for one in json.loads(ran.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            say(f"bench_{name} {one['name']}: {one['error_message']}")
            continue
        if one.get("run_type") == "aggregate":
            continue
        short = re.sub(r"/(real_time|process_time|manual_time|min_time:[\d.]+|iterations:\d+|repeats:\d+)", "", one["run_name"])
        found.setdefault(short, []).append(one)
    table = {}
    for short, runs in found.items():
        unit = SECONDS[runs[0]["time_unit"]]
        numbers = [key for key, value in runs[0].items() if isinstance(value, float) and key not in ("real_time", "cpu_time")]
        table[short] = {"wall": unit * statistics.median(run["real_time"] for run in runs),
                        "cpu": unit * statistics.median(run["cpu_time"] for run in runs),
                        "label": runs[0].get("label", "")}
        table[short] |= {key: statistics.median(run[key] for run in runs) for key in numbers}
        table[short]["best"] = {key: max(run[key] for run in runs) for key in numbers}
    if not table:
        raise SystemExit(f"{' '.join(map(str, command))}: no such benchmark")
    return table


def ceilings(repetitions=3):
    """What the machine does now: flops and bytes a second by name and threads, e.g. ceiling["fma_f32", 2]."""
    found = bench("ceilings", ".", repetitions)
    rate = {}
    for name, one in found.items():
        match = re.match(r"(.+?)(?:/threads:(\d+))?$", name)
        value = one["best"].get("items_per_second", one["best"].get("bytes_per_second"))
        rate[match[1], int(match[2] or 1)] = value
    return rate


def exponent(points):
    """Least-squares slope of log cost on log size."""
    from math import log
    xs, ys = [log(x) for x, _ in points], [log(y) for _, y in points]
    mx, my = statistics.fmean(xs), statistics.fmean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
