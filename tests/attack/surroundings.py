#!/usr/bin/python3
"""An attack by what is around the program: the environment, limits, streams, folders, file systems, clocks, other jobs and names.

    tests/attack/surroundings.py build/spillway SOURCE [-v] [-only=REGEX]

Whatever it is, a command ends with one of the expected exit codes, a result is the one of a run left alone, no other file changes, nothing
half-written is left, no library is heard and no terminal escape passes. Some four minutes of a processor; tools/check-all attacks runs it,
docs/developers/second-attack.md has what it found. Mounts need root that may unshare; without they are left out and counted.
"""
import collections
import csv
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
import zipfile

words = [w for w in sys.argv[1:] if not w.startswith("-")]
S, source = os.path.abspath(words[0]), pathlib.Path(words[1]).resolve()
only = next((w[6:] for w in sys.argv[1:] if w.startswith("-only=")), "")
home = tempfile.mkdtemp()
os.chdir(home)
random.seed(20)
LIBRARY = re.compile(r"std::|basic_string|vector::|json\.exception|HDF5-DIAG|bad_alloc|filesystem error|terminate called|Assertion|no words of its own")
tried, wrong, left_out = collections.Counter(), collections.Counter(), collections.Counter()
mounts = os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def start(command, env=None, **more):
    around = {k: v for k, v in {**os.environ, **(env or {})}.items() if v is not None}
    return subprocess.Popen(command, env=around, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def end(process, seconds=60):
    try:
        return process.communicate(timeout=seconds)[0].decode("utf8", "replace")
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "HANGS"


def program(*command):
    return subprocess.run([S, *command], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)


def state():
    found = {}
    for folder, folders, files in os.walk("."):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                found[path] = os.readlink(path)
            elif os.path.isfile(path):
                found[path] = hashlib.md5(open(path, "rb").read()).hexdigest() if os.path.getsize(path) < 1 << 30 else "large"
            else:
                found[path] = "folder" if os.path.isdir(path) else "special"
    return found


def remove(path):
    if os.path.lexists(path):
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)


def clear(before):
    for path in sorted(set(state()) - set(before)):
        remove(path)


def judge(kind, what, faults, said=""):
    tried[kind] += 1
    if faults:
        wrong[kind] += 1
        print(f"\n{kind}: {what}\n  {'; '.join(faults)}\n  {said.strip()[-400:]}\n", flush=True)
    elif "-v" in sys.argv:
        print(f"{kind}: {what}: {(said.strip().splitlines() or [''])[-1][:150]}")


def skipped(kind, what):
    return only and not re.search(only, f"{kind}: {what}")


def attack(kind, what, command, codes, new=(), says="", check=None, seconds=60, **more):
    """One command, a list or a line for bash ($S: the program); `new`: what may be there afterwards, removed again."""
    if skipped(kind, what):
        return
    before = state()
    process = start(command if isinstance(command, list) else ["bash", "-c", command], {"S": S, **more.pop("env", {})}, **more)
    said = end(process, seconds)
    faults = ["hangs"] if said == "HANGS" else []
    if not faults and process.returncode not in codes:
        faults.append(f"exit {process.returncode}, expected {codes}")
    if says and says.lower() not in said.lower():
        faults.append(f"does not say '{says}'")
    if LIBRARY.search(said):
        faults.append(f"a library speaks: {LIBRARY.search(said).group(0)}")
    if "\x1b" in said:
        faults.append("terminal escapes as they are")
    if check and process.returncode == 0:
        faults += check()
    after = state()
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path) and not any(path == "./" + n or path.startswith(f"./{n}/") for n in new):
            faults.append(f"{path} {'was touched' if path in before and path in after else 'has gone' if path in before else 'was left'}")
    clear(before)
    judge(kind, what, faults, said)


def as_alone():
    """The result is that of a run left alone, whole."""
    done = program("diff", "o.h5", "base.h5"), program("inspect", "o.h5", "--verify")
    return [] if all(d.returncode == 0 for d in done) else ["another result than that of a run left alone"]


# ---- a small world
config = (source / "configs/smoke.toml").read_text()
for key, value in (("proxies", '["grants_per_head"]'), ("instrument_sets", '[["turnout"]]'), ("headline_cell", '"grants_per_head:turnout"')):
    config = re.sub(f"(?m)^{key} = .*$", f"{key} = {value}", config)
config = re.sub(r'(?s)\[\[scenario\]\]\nname = "bus_franchising".*?(?=\n\[outcomes\])', "", config).replace('["nation", "region", "combined_authority", "lad", "area_type"]', '["nation", "lad", "area_type"]')
config = config.replace('estimators = ["within", "half_panel_jackknife", "corrected_score", "double_filter_iv"]', 'estimators = ["within", "corrected_score"]')
pathlib.Path("c.toml").write_text(config)
assert program("synth", "--areas", "400", "--authorities", "30", "--output", "pack").returncode == 0
QUICK = "run c.toml --replicates 99 --draws 80 --quiet --threads 2 --data pack --output o.h5"
RUN = [S, *QUICK.split()]
assert program(*RUN[1:-1], "base.h5").returncode == 0


def copy_of_pack(name, change=lambda text: text):
    """Without checksums, so that its files may be changed."""
    shutil.copytree("pack", name)
    text = re.sub(r"(?m)^sha256 = .*\n", "", pathlib.Path(name, "pack.toml").read_text())
    pathlib.Path(name, "pack.toml").write_text(change(text))


# ---- 1. the environment
for name, values in {
        "TMPDIR": ["/nonexistent", "c.toml", "/dev/full", "", "x" * 5000], "HDF5_USE_FILE_LOCKING": ["garbage", "FALSE"], "HDF5_PLUGIN_PATH": [".", "/nonexistent"], "HDF5_PLUGIN_PRELOAD": ["::", ""],
        "HDF5_DISABLE_VERSION_CHECK": ["2"], "HDF5_DRIVER": ["core", "nothing"], "OMP_NUM_THREADS": ["0", "-1", "x"], "LC_ALL": ["tr_TR.UTF-8", "de_DE.UTF-8", "xx", "C"], "COLUMNS": ["0", "-1", "999999999999999"],
        "TERM": [None, "dumb"], "HOME": [None, "/nonexistent"], "PATH": [""], "TZ": ["garbage", ":/etc/passwd"], "SOURCE_DATE_EPOCH": ["garbage", "-1", "1e30", "99999999999999999999"], "SLURM_JOB_ID": ['x"y\x1b[2J\n'],
        "SLURM_NTASKS": ["4"], "OMPI_COMM_WORLD_SIZE": ["4", "-3", "x"], "PMI_SIZE": ["2"], "MALLOC_ARENA_MAX": ["1"], "SPILLWAY_INSTRUCTION_SET": ["v9", "x86-64-v2 ", ""]}.items():
    for value in values:
        codes = (0, 2, 4) if name.startswith(("SPILLWAY", "OMPI", "SLURM_N", "PMI", "HDF5_D")) else (0,)
        label = f"{name}={str(value)[:20]!r}"
        attack("environment", f"{label} run", RUN, codes, ["o.h5"], env={name: value}, check=as_alone)
        attack("environment", f"{label} report", [S, "report", "base.h5", "--output", "o.html"], codes, ["o.html"], env={name: value})
        if name == "TMPDIR":
            attack("environment", f"{label} pack", [S, "pack", str(source / "configs/packs/north-east.toml"), "--data", "pack", "--output", "new"], (2, 4), env={name: value})
            attack("environment", f"{label} export", [S, "export", "base.h5", "--output", "o.xlsx"], (0,), ["o.xlsx"], env={name: value})
            attack("environment", f"{label} a result without a seal", "cp base.h5 u.h5; truncate -s -8 u.h5; $S table u.h5 estimates --unsealed >/dev/null", (0, 4), ["u.h5"], env={name: value})

# ---- 2. modes and limits
TEXTS = [("report base.h5 --output o.html", "o.html"), ("table base.h5 estimates --format csv --output o.csv", "o.csv"), ("export base.h5 --output o.xlsx", "o.xlsx"), ("export base.h5 --output o.ods", "o.ods"), ("init --output o.toml", "o.toml"), ("inspect base.h5 --json o.json", "o.json"), (QUICK, "o.h5")]
for mask in ("0777", "0000", "0277", "0022"):
    for command, name in TEXTS:
        attack("modes", f"umask {mask} {command[:30]}", f"umask {mask}; $S {command}", (0,), [name], check=lambda name=name, mask=mask: [] if os.stat(name).st_mode & 0o777 == 0o666 & ~int(mask, 8) else [f"mode {os.stat(name).st_mode:o}"])
    for command in ("synth --areas 400 --output new", "dossier base.h5 --output new"):
        attack("modes", f"umask {mask} {command[:10]}", f"umask {mask}; $S {command}", (0, 4), ["new"])
for limit in ("-n 5", "-n 6", "-n 8", "-n 12", "-s 256", "-v 400000", "-l 0", "-m 1000", "-i 0"):
    for command, name in ((QUICK, "o.h5"), ("report base.h5 --output o.html", "o.html"), ("export base.h5 --output o.xlsx", "o.xlsx"), ("export base.h5 --output o.ods", "o.ods"), ("dossier base.h5 --output new", "new"), ("synth --areas 400 --output new", "new"), ("certain base.h5 --json o.json", "o.json"), ("levers --json o.json", "o.json")):
        attack("limits", f"ulimit {limit} {command[:25]}", f"ulimit {limit}; exec $S {command}", (0, 4), [name])

# ---- 3. streams, descriptors, working folders
APPENDED = ("inspect base.h5 --json -", "table base.h5 estimates --format csv", "inspect base.h5", "report base.h5 --output -", "appraise base.h5 --json -", "table base.h5 estimates --format csv --output /dev/stdout", "inspect base.h5 --json /dev/fd/1", "inspect base.h5 --json /proc/self/fd/1")
for command in APPENDED:
    attack("streams", f"standard output to the end of the input: {command}", f"$S {command} >>base.h5", (2,))
attack("streams", "output by a descriptor of the input", "$S table base.h5 estimates --output /dev/fd/5 5>>base.h5", (2,))
attack("streams", "output by a descriptor of a file", "$S table base.h5 estimates --format csv --output /dev/fd/5 5>o.csv", (0,), ["o.csv"], check=lambda: [] if os.path.getsize("o.csv") else ["empty"])
attack("streams", "input by a descriptor", "$S inspect /dev/fd/5 5<base.h5", (0,))
attack("streams", "input through a pipe", "cat base.h5 | $S inspect /dev/stdin", (2,))
attack("streams", "a configuration through a pipe", "$S run <(cat c.toml) --data pack --output o.h5", (2,))
attack("streams", "standard input is a folder", "$S inspect base.h5 <.", (0,))
attack("streams", "no arguments, not even a name", ["python3", "-c", f"import ctypes; ctypes.CDLL(None).execve({os.fsencode(S)!r}, (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))"], (2,))
attack("streams", "an empty name", "exec -a '' $S inspect base.h5", (0,))
attack("streams", "a name with an escape", "exec -a $'\\x1b[2J<b>' $S levers nothing", (2,))
for command in ("inspect ../base.h5", "report ../base.h5 --output o.html", f"report {home}/base.h5 --output {home}/o.html", "levers", f"run {home}/c.toml --data {home}/pack --replicates 99 --draws 80 --quiet --output {home}/o.h5", f"check {home}/c.toml --data {home}/pack", "synth --areas 400 --output new",
                "init --output x.toml", "run ../c.toml", "sweep ../c.toml --set run.seed=[1,2] --output g", f"export {home}/base.h5 --output {home}/o.xlsx", f"replicate {home}/base.h5 --r {home}/o.R"):
    attack("streams", f"a working folder that has gone: {command[:40]}", f"mkdir gone; cd gone; rmdir ../gone; exec $S {command}", (0, 2, 4), ["o.html", "o.h5", "o.xlsx", "o.R", "o_data"])

# ---- 4. names
os.mkdir(b"p\xff")
for name in os.listdir("pack"):
    shutil.copy("pack/" + name, b"p\xff/" + name.encode())
ODD = "$'{}\\xff{}'"
for command in (f"run c.toml --data {ODD.format('p', '')} --replicates 99 --draws 80 --quiet --output o.h5 --json o.json", f"check c.toml --data {ODD.format('p', '')} --json -", f"profiles {ODD.format('p', '')} --json -", f"inspect {ODD.format('p', '')} --json -", f"run c.toml --data pack --replicates 99 --draws 80 --quiet --output {ODD.format('o', '.h5')}",
                f"table base.h5 estimates --output {ODD.format('o', '.csv')}", "inspect $'no\\xff\\x1b[2J.h5'", f"export base.h5 --output {ODD.format('o', '.xlsx')}", f"sweep c.toml --set run.seed=[1,2] --data {ODD.format('p', '')} --output g", f"sweep c.toml --set run.seed=[1,2] --data pack --output {ODD.format('g', '')}",
                f"replicate base.h5 --r {ODD.format('o', '.R')}", f"dossier base.h5 --output {ODD.format('d', '')}"):
    attack("names", f"bytes that are no text: {command[:50]}", f"$S {command}; code=$?; rm -rf $'o\\xff'* $'g\\xff'* $'d\\xff'*; exit $code", (0, 2, 4), ["o.h5", "o.json", "g", "g\\ff"])
shutil.rmtree(b"p\xff")
for name in ("-x.h5", "a b.h5", "a\nb.h5", 'a"b.h5', "a'b.h5", "a;b.h5", "$(touch pwned).h5", "`touch pwned`.h5", "a%s%n.h5", "{}.h5", "a{0}.h5", "é.h5", "\u202eh5.exe", "a\\b.h5", "#.h5", "?a=1.h5", "%41.h5"):
    attack("names", f"a result named {name!r}", [*RUN[:-2], f"--output={name}"], (0, 2), [name, "q.html", "q.R", "q_data"],
           check=lambda name=name: [] if all(program(*c).returncode == 0 for c in (["inspect", "./" + name], ["report", "./" + name, "--output", "q.html"], ["replicate", "./" + name, "--r", "q.R"])) else ["cannot be read"])
for name in ('a"b', "a'b", "a]b", "a/b", "a:b*?", "History", "x" * 200, "é" * 40, "=1+1", "<b>", "$(x)", "a b", "A", "ring_fence_10", "nation", "\u202ex", "", "a\nb"):
    pathlib.Path("n.toml").write_text(config.replace('name = "wealth_fund"', "name = " + json.dumps(name)))
    readers = (["export", "o.h5", "--output", "o.xlsx", "o.ods"], ["replicate", "o.h5", "--r", "o.R"], ["report", "o.h5", "--output", "o.html"], ["contrast", "o.h5", "ring_fence_10", name, "--json", "o.json"], ["dossier", "o.h5", "--output", "new"], ["frontier", "o.h5", "--scenario", name, "--csv", "tables"])
    attack("names", f"a scenario named {name[:20]!r}", [S, "run", "n.toml", *RUN[3:]], (0, 2), ["o.h5", "o.xlsx", "o.ods", "o.R", "o_data", "o.html", "o.json", "new", "tables"],
           check=lambda: [f"{c[0]} exits {d.returncode}" for c in readers for d in [program(*c)] if d.returncode not in (0, 2) or LIBRARY.search((d.stdout + d.stderr).decode("utf8", "replace"))])
remove("n.toml")
copy_of_pack("hostile")
rows = list(csv.reader(open("hostile/areas.csv")))
at = rows[0].index("area_name")
for row, text in zip(rows[1:], ("x" * 40000, "\x01\x0b", "_x0041_", "a\ufffeb", "\uffff", '=cmd|"/c calc"!A1', "+1", "-1", "@SUM(1)", "\tx", "a\rb", "a\u2028b", "\u202egnp", "{{7*7}}", "${jndi:x}", "]]>", "<!--", "&#1;", "&amp;", "%s%n", "'; DROP TABLE areas; --", '"', "''", "\U0010ffff",
                                "e\u0301" * 500, "NULL", "TRUE", "1e5", "0001", "#N/A", "=", "https://a.example/" + "x" * 3000, "file:///etc/passwd", "mailto:a@b", "internal:x", "external:x")):
    row[at] = text
csv.writer(open("hostile/areas.csv", "w", newline="")).writerows(rows)
assert program("run", "c.toml", "--data", "hostile", *RUN[3:-4], "--output", "h.h5").returncode == 0


def books():
    faults = []
    for file in ("o.xlsx", "o.ods"):
        book = zipfile.ZipFile(file)
        for name in book.namelist():
            if name.endswith((".xml", ".rels")):
                try:
                    texts = [t.text or "" for t in xml.etree.ElementTree.fromstring(book.read(name)).iter()]
                    if file == "o.xlsx" and max(map(len, texts)) > 32767:
                        faults.append(f"{name} has a cell of {max(map(len, texts))} characters")
                except xml.etree.ElementTree.ParseError as error:
                    faults.append(f"{file} {name} is no XML: {error}")
            if b"External" in book.read(name):
                faults.append(f"{file} {name} leads out")
    return faults


attack("names", "areas with hostile names: spreadsheets", [S, "export", "h.h5", "--output", "o.xlsx", "o.ods"], (0,), ["o.xlsx", "o.ods"], check=books)
for command in ("certain h.h5 --areas", "table h.h5 outcomes", "profiles hostile", "inspect h.h5", "report h.h5 --output o.html", "dossier h.h5 --output new", "replicate h.h5 --r o.R"):
    attack("names", f"areas with hostile names: {command}", f"$S {command}", (0,), ["o.html", "new", "o.R", "o_data"])
remove("h.h5")

# ---- 5. what lies where a run keeps its units
KEPT = [*RUN, "--checkpoint", "always"]
os.makedirs("mine/o.h5.checkpoint")
pathlib.Path("mine/o.h5.checkpoint/thesis.txt").write_text("mine")
for more, codes in ((["--checkpoint", "always"], (2,)), (["--checkpoint", "always", "--resume"], (0,))):
    attack("units", f"a folder of the user's {more[-1]}", [*RUN[:-1], "mine/o.h5", *more], codes, ["mine/o.h5"])
os.symlink("mine/o.h5.checkpoint", "link")
for more in ([], ["--resume"]):
    attack("units", f"a link to a folder of the user's {more}", "ln -s mine/o.h5.checkpoint o.h5.checkpoint; exec $S " + " ".join([*KEPT[1:], *more]), (0, 2), ["o.h5", "o.h5.checkpoint"])
remove("link")
for name in ("key.json", "unit-0.shard", "unit-1000000000.shard"):
    attack("units", f"a pipe as {name}", f"mkdir o.h5.checkpoint; mkfifo o.h5.checkpoint/{name}; exec $S " + " ".join([*KEPT[1:], "--resume"]), (0, 2), ["o.h5", "o.h5.checkpoint"])
    attack("units", f"a device as {name}", f"mkdir o.h5.checkpoint; ln -s /dev/zero o.h5.checkpoint/{name}; exec $S " + " ".join([*KEPT[1:], "--resume"]), (0, 2), ["o.h5", "o.h5.checkpoint"])

# ---- 6. sizes and shapes on the disk
attack("sizes", "1 TB of zeros as a result", "truncate -s 1T big.h5; exec $S inspect big.h5", (2, 4), ["big.h5"])
attack("sizes", "1 TB of a table", "cp -r pack p; truncate -s 1T p/areas.csv; exec $S check c.toml --data p", (2, 4), ["p"])
copy_of_pack("shaped", lambda text: text + '\n[[file]]\npath = "shapes.json"\nrole = "boundaries"\n')
codes = [row["area_code"] for row in csv.DictReader(open("pack/areas.csv"))]
for what, points, refs, areas in (("one ring", 20000, 50000, 1), ("every area", 1000, 1000, 400)):
    json.dump({"type": "Topology", "arcs": [[[k % 1000, k // 1000] for k in range(points)]], "objects": {"a": {"geometries": [{"type": "Polygon", "arcs": [[0] * refs], "properties": {"code": c}} for c in codes[:areas]]}}}, open("shaped/shapes.json", "w"))
    for command in ("export base.h5 --pack shaped --output o.gpkg", "report base.h5 --pack shaped --output o.html"):
        attack("sizes", f"an arc named again and again, {what}: {command[:6]}", f"[ -n \"${{SPILLWAY_SANITIZED:-}}\" ] || ulimit -v 4000000; exec $S {command}", (0, 2), ["o.html"], "" if command.startswith("report") else "50 million points")
shutil.rmtree("shaped")

# ---- 7. a clock that goes back
pathlib.Path("clock.c").write_text("""#include <sys/time.h>
#include <time.h>
static long now = 2000000000;
int clock_gettime(clockid_t id, struct timespec* t) { (void)id; now -= 997; t->tv_sec = now; t->tv_nsec = 0; return 0; }
int gettimeofday(struct timeval* t, void* zone) { (void)zone; now -= 997; t->tv_sec = now; t->tv_usec = 0; return 0; }
time_t time(time_t* t) { now -= 997; if (t) *t = now; return now; }
""")
subprocess.run(["cc", "-shared", "-fPIC", "-o", "clock.so", "clock.c"], check=True)
for command, new in ((RUN, ["o.h5"]), ([*RUN, "--status", "o.json", "--log", "log"], ["o.h5", "o.json", "log"]), ([S, "report", "base.h5", "--output", "o.html"], ["o.html"]), ([S, "certain", "base.h5", "--json", "o.json"], ["o.json"])):
    attack("clock", f"back by 997 s at every look: {command[1]} {len(command)}", command, (0,), new, env={"LD_PRELOAD": home + "/clock.so"}, check=as_alone if command[1] == "run" else None)

# ---- 8. file systems
def mounted(kind, what, setup, command, codes, new=(), **more):
    if not mounts:
        left_out[kind] += 1
    else:
        attack(kind, what, ["unshare", "-m", "bash", "-c", f"{setup}; {command}"], codes, new, **more)


for what, setup in (("no /proc", "mount -t tmpfs tmpfs /proc"), ("no /dev", "mount -t tmpfs tmpfs /dev"), ("no /sys", "mount -t tmpfs tmpfs /sys")):
    for command, new in ((QUICK, ["o.h5"]), ("report base.h5 --output o.html", ["o.html"]), ("export base.h5 --output o.xlsx --output o.ods", ["o.xlsx", "o.ods"]), ("table base.h5 estimates", []), ("synth --areas 400 --output new", ["new"]), ("convert pack --to lsoa21 --lookup c.toml --output new", [])):
        mounted("file systems", f"{what}: {command[:30]}", setup, f"exec $S {command}", (0, 2, 4), new)
os.mkdir("disk")
WRITERS = (QUICK.replace("o.h5", "disk/o.h5"), "report base.h5 --output disk/o.html", "export base.h5 --output disk/o.xlsx", "export base.h5 --output disk/o.ods", "dossier base.h5 --output disk/new", "synth --areas 400 --output disk/new", "replicate base.h5 --r disk/o.R", "profiles pack --csv disk/o.csv",
           "sweep c.toml --set run.seed=[1,2,3,4,5,6,7,8] --data pack --output disk/g", "contrast base.h5 ring_fence_10 wealth_fund --output disk/o.h5", "certain base.h5 --output disk/o.h5 --json disk/o.json", "frontier base.h5 --scenario ring_fence_10 --csv disk/o")
for size in ("4k", "64k", "256k", "1m"):
    for command in WRITERS:
        mounted("file systems", f"a disk of {size}: {command[:40]}", f"mount -t tmpfs -o size={size} tmpfs disk", f"$S {command}; code=$?; [ $code = 0 ] || {{ find disk -mindepth 1 | grep . && exit 99; }}; exit $code", (0, 4))
for command in WRITERS:
    mounted("file systems", f"read-only: {command[:40]}", "mount -t tmpfs -o ro tmpfs disk", f"exec $S {command}", (2, 4), says="read-only")
pathlib.Path("mark").touch()
for what, setup, name in (("its folder", "mount --bind . disk", "disk/base.h5"), ("the file", "mount --bind base.h5 mark", "mark")):
    mounted("file systems", f"output over input by a second mount of {what}", setup, f"exec $S table base.h5 estimates --output {name}", (2,))
mounted("file systems", "output onto a file that is a mount", "mount --bind c.toml mark", "exec $S table base.h5 estimates --output mark", (2, 4))
remove("disk")
remove("mark")


# ---- 9. several jobs at once, files that change while they are read, signals
def together(what, commands, codes, check):
    if skipped("at once", what):
        return
    before = state()
    processes = [start([S, *command]) for command in commands]
    said = [end(process) for process in processes]
    ended = [process.returncode for process in processes]
    faults = [f"exit {code}: {text[-200:]}" for code, text in zip(ended, said) if code not in codes or LIBRARY.search(text)]
    if 0 in ended:
        faults += check(ended)
    elif not faults:
        faults.append("none of them ends well")
    faults += [f"{path} was left" for path in set(state()) - set(before) if ".tmp-" in path or ".checkpoint" in path and all(code == 0 for code in ended)]
    clear(before)
    judge("at once", what, faults)


for k in range(4):
    together(f"two runs of one output {k}", [RUN[1:]] * 2, (0,), lambda ended: as_alone())
    together(f"two runs that keep units {k}", [KEPT[1:]] * 2, (0, 2, 4), lambda ended: as_alone())
    together(f"two resumes {k}", [[*KEPT[1:], "--resume"]] * 2, (0, 2, 4), lambda ended: as_alone())
together("two that replace nothing", [[*RUN[1:], "--no-replace"]] * 2, (0, 4), lambda ended: as_alone() + ([] if sorted(ended) == [0, 4] else [f"exits {ended}"]))
for command, name in (("report base.h5 --output o.html", "o.html"), ("export base.h5 --output o.xlsx", "o.xlsx"), ("dossier base.h5 --output new", "new"), ("synth --areas 400 --output new", "new"), ("replicate base.h5 --r o.R", "o.R"), ("sweep c.toml --set run.seed=[1,2,3] --data pack --output g", "g")):
    together(f"two of {command[:20]}", [command.split()] * 2, (0, 2, 4), lambda ended, name=name: [] if os.path.exists(name) else [f"no {name}"])
for k in range(12):
    if k == 0:
        copy_of_pack("moving")
        rows = list(csv.reader(open("moving/areas.csv")))
        at = rows[0].index("population")
        shutil.copy("moving/areas.csv", "one.csv")
        csv.writer(open("two.csv", "w", newline="")).writerows(row[:at] + [row[at] if row is rows[0] else str(1.5 * float(row[at]))] + row[at + 1:] for row in rows)
        MOVING = [word if word != "pack" else "moving" for word in RUN]
        sums = {hashlib.sha256(open(name, "rb").read()).hexdigest(): name for name in ("one.csv", "two.csv")}
        for name in ("one.csv", "two.csv"):
            shutil.copy(name, "moving/areas.csv")
            assert program(*MOVING[1:-1], name + ".h5").returncode == 0
    stop = threading.Event()

    def swap():
        for name in iter(lambda: "two.csv" if int(time.time() * 1e4) % 2 else "one.csv", None):
            if stop.is_set():
                break
            shutil.copy(name, "next.csv")
            os.replace("next.csv", "moving/areas.csv")

    thread = threading.Thread(target=swap)
    thread.start()
    process = start(MOVING)
    said = end(process)
    stop.set()
    thread.join()
    faults = [] if process.returncode in (0, 2, 4) else [f"exit {process.returncode}"]
    if process.returncode == 0:
        recorded = [name for total, name in sums.items() if total in program("inspect", "o.h5", "--json", "-").stdout.decode()]
        equal = [name for name in sums.values() if program("diff", "o.h5", name + ".h5").returncode == 0]
        if len(recorded) != 1 or recorded != equal:
            faults.append(f"records {recorded}, is the result of {equal}")
    remove("o.h5")
    judge("at once", f"a table that is replaced while it is read {k}", faults, said)
shutil.copy("one.csv", "moving/areas.csv")
for command in ("report v.h5 --output o.html", "inspect v.h5 --verify", "export v.h5 --output o.xlsx", "certain v.h5 --json o.json", "contrast v.h5 ring_fence_10 wealth_fund --json o.json", "diff v.h5 base.h5"):
    for k in range(4):
        shutil.copy("base.h5", "v.h5")
        process = start([S, *command.split()])
        time.sleep(random.random() * 0.25)
        os.truncate("v.h5", random.randrange(os.path.getsize("v.h5")))
        said = end(process)
        judge("at once", f"a result that is cut while it is read: {command[:10]} {k}", [] if process.returncode in (0, 1, 2, 4) and not LIBRARY.search(said) else [f"exit {process.returncode}"], said)
        for name in ("v.h5", "o.html", "o.xlsx", "o.json"):
            remove(name)
shutil.copytree("pack", "lsoa")
pathlib.Path("lsoa/pack.toml").write_text(re.sub(r'geography = "[^"]*"', 'geography = "lsoa11"', pathlib.Path("pack/pack.toml").read_text()))
pathlib.Path("lookup.csv").write_text("LSOA11CD,LSOA21CD\n" + "".join(f"{c},{c}\n" for c in codes))
for command, seconds in (("report base.h5 --output o.html", 0.4), ("export base.h5 --output o.xlsx o.ods", 0.3), ("dossier base.h5 --output new", 0.3), ("synth --areas 3000 --output new", 0.6), ("replicate base.h5 --r o.R", 0.6), ("convert lsoa --to lsoa21 --lookup lookup.csv --output new", 0.5), ("profiles pack --csv o.csv --json o.json", 0.2),
                         ("frontier base.h5 --scenario ring_fence_10 --csv tables", 0.5), ("certain base.h5 --output o.h5 --json o.json", 0.4), ("contrast base.h5 ring_fence_10 wealth_fund --output o.h5", 0.3), ("appraise base.h5 --json o.json", 0.2)):
    for k in range(6):
        before = state()
        process = start([S, *command.split()])
        time.sleep(0.05 + random.random() * seconds)
        process.send_signal((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[k % 3])
        said = end(process)
        new = [path for path in state() if path not in before and ".checkpoint" not in path]  # units are kept for --resume
        # Before its first line a program hears no signal otherwise than by ending.
        judge("at once", f"{command[:30]} is told to stop {k}", ([] if process.returncode in (0, 130, -1, -2, -15) else [f"exit {process.returncode}"]) + (["left " + " ".join(new[:5])] if new and process.returncode else []) + [f"litter {p}" for p in new if ".tmp-" in p], said)
        clear(before)

for kind, count in tried.items():
    print(f"{kind}: {count} tried, {wrong[kind]} otherwise than expected" + (f", {left_out[kind]} left out (mounts)" if left_out[kind] else ""))
print(f"{sum(tried.values())} tried, {sum(wrong.values())} otherwise than expected")
shutil.rmtree(home)
sys.exit(1 if wrong else 0)
