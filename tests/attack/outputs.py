#!/usr/bin/python3
"""A second attack on commands, outputs and result files: each input with its exit code, and what must be said, written down before
the program ran. Whatever it is, no input may change, nothing half-written may stay, and no library's words may be heard.

    tests/attack/outputs.py build/spillway SOURCE [EVERY] [-v] [-only=REGEX] [--part K/N] [--jobs J]

Every EVERY-th of them, default all; --part: the K-th of N shares of these, so that a long run can be had in pieces; --jobs: J shares of
that side by side. What came out otherwise is printed as it is found, the count every hundred inputs, and at the end the counts by kind.
The findings stand in docs/developers/second-attack.md. Exit 77 (skipped) where h5py is missing.
"""
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import h5py
    import numpy
except ImportError as error:
    print(f"SKIPPED: needs python3-h5py ({error})")
    sys.exit(77)
numpy.seterr(all="ignore")

options = {"--part": "1/1", "--jobs": "1"}
for name in options:
    if name in sys.argv:
        at = sys.argv.index(name)
        options[name] = sys.argv[at + 1]
        del sys.argv[at:at + 2]
part, parts = map(int, options["--part"].split("/"))
jobs = int(options["--jobs"])
if jobs > 1:  # each has a world of its own; what they say is passed on, the counts are added up
    began, sums = time.monotonic(), collections.Counter()
    children = [subprocess.Popen([sys.executable, "-u", *sys.argv, "--part", f"{(part - 1) * jobs + k + 1}/{parts * jobs}"], stdout=subprocess.PIPE, text=True) for k in range(jobs)]

    def hear(child):
        for line in child.stdout:
            print(line, end="", flush=True)
            count = re.match(r"(.*): (\d+) tried, (\d+) otherwise than expected$", line)
            if count:
                sums[count[1], "tried"] += int(count[2])
                sums[count[1], "otherwise"] += int(count[3])
        return child.wait()

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(hear, children))
    print(f"\nall {jobs} together, {time.monotonic() - began:.0f} s:")
    for name in dict.fromkeys(name for name, _ in sums):
        print(f"{name}: {sums[name, 'tried']} tried, {sums[name, 'otherwise']} otherwise than expected")
    print(f"{sum(n for (_, what), n in sums.items() if what == 'tried')} inputs, {sum(n for (_, what), n in sums.items() if what == 'otherwise')} otherwise than expected")
    sys.exit(max(codes, key=abs))
words = [w for w in sys.argv[1:] if not w.startswith("-")]
spillway, source = os.path.abspath(words[0]), pathlib.Path(words[1]).resolve()
every = int(words[2]) if len(words) > 2 else 1
only = next((w[6:] for w in sys.argv[1:] if w.startswith("-only=")), "")
start = time.monotonic()
home = tempfile.mkdtemp()
os.chdir(home)
made, tried, wrong, slow = collections.Counter(), collections.Counter(), [], []
LIBRARY = re.compile(r"std::|basic_string|vector::|json\.exception|HDF5-DIAG|H5[A-Z][a-z_]+\(|bad_alloc|filesystem error|terminate called|Assertion")


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not os.environ.get("SPILLWAY_SANITIZED"):  # a sanitizer maps terabytes
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))


def program(*command, stdin=None):
    return subprocess.run([spillway, *map(str, command)], capture_output=True, text=True, errors="replace", timeout=60, stdin=stdin or subprocess.DEVNULL, preexec_fn=limits)


def state():
    """Every file's name, kind and content: what a command must leave as it was."""
    found = {}
    for folder, folders, files in os.walk("."):
        for name in folders + files:
            path = os.path.join(folder, name)
            found[path] = os.readlink(path) if os.path.islink(path) else "folder" if os.path.isdir(path) else "special" if not os.path.isfile(path) else content(path)
    return found


sums = {}


def content(path):
    about = os.stat(path)
    key = (about.st_ino, about.st_size, about.st_mtime_ns)
    if key not in sums:
        sums[key] = hashlib.md5(open(path, "rb").read()).hexdigest()
    return sums[key]


def otherwise(kind, what, fault, said):
    wrong.append(kind)
    print(f"\n{kind}: {what}\n  {fault}\n  {said.strip()[-500:]}\n", flush=True)


def attack(kind, what, command, code, says="", new=(), never="", with_output=None, prepare=None):
    """One input. `new`: what may be there afterwards; `never`: what neither the terminal nor a new file may hold."""
    if only and not re.search(only, f"{kind}: {what}"):
        return None
    made[kind] += 1
    number = sum(made.values()) - 1
    if number % every or number // every % parts != part - 1:
        return None
    tried[kind] += 1
    if sum(tried.values()) % 100 == 0:
        print(f"... {sum(tried.values())} inputs ({kind}), {len(wrong)} otherwise than expected, {time.monotonic() - start:.0f} s", flush=True)
    if prepare:
        prepare()
    before = state()
    began = time.monotonic()
    try:
        done = program(*command)
    except subprocess.TimeoutExpired:
        otherwise(kind, what, "hangs", "")
        return None
    slow.append((time.monotonic() - began, kind, what))
    said = done.stdout + done.stderr
    faults = []
    if done.returncode not in (code if isinstance(code, tuple) else (code,)):
        faults.append(f"exit {done.returncode}, expected {code}")
    if says and done.returncode and says.lower() not in said.lower():
        faults.append(f"does not say '{says}'")
    if LIBRARY.search(said):
        faults.append(f"a library speaks: {LIBRARY.search(said).group(0)}")
    if "\x1b" in said or "\x07" in said or "\x9b" in said:
        faults.append("terminal escapes as they are")
    if done.returncode and done.stderr.count("\n") > 60 or any(len(line) > 4000 for line in done.stderr.split("\n")):
        faults.append("a message of a page")
    after = state()
    for path in sorted(set(before) | set(after)):
        name = path[2:]
        if before.get(path) == after.get(path) or any(name == n or name.startswith(n + "/") for n in new):
            continue
        faults.append(f"'{name}' {'was touched' if path in before and path in after else 'has gone' if path in before else 'was left'}")
    for name in new:
        if os.path.lexists(name):
            if never and os.path.isfile(name) and never.encode() in open(name, "rb").read():
                faults.append(f"{name} holds {never!r} as it is")
            if with_output and os.path.exists(name):
                faults += with_output(name)
            (shutil.rmtree if os.path.isdir(name) and not os.path.islink(name) else os.remove)(name)
    if never and not never.startswith("<") and never in done.stdout:  # a terminal knows no HTML
        faults.append(f"the terminal gets {never!r} as it is")
    if faults:
        otherwise(kind, what, "; ".join(faults), said)
    elif "-v" in sys.argv:
        print(f"{kind}: {what}: {(said.strip().splitlines() or [''])[-1][:150]}")
    return done


# ---- a small world
SHORT = ["--set", "data.synthetic_areas=400", "--replicates", "99", "--draws", "80", "--quiet", "--threads", "2"]
config = open(source / "configs/smoke.toml").read()
for key, value in (("proxies", '["grants_per_head"]'), ("instrument_sets", '[["turnout"]]'), ("headline_cell", '"grants_per_head:turnout"')):  # few objects: quick to read
    config = re.sub(f"(?m)^{key} = .*$", f"{key} = {value}", config)
# A result without its seal is read whole before a value of it is believed: two policies and three groupings are half of smoke's objects.
config = re.sub(r'(?s)\[\[scenario\]\]\nname = "bus_franchising".*?(?=\n\[outcomes\])', "", config).replace('["nation", "region", "combined_authority", "lad", "area_type"]', '["nation", "lad", "area_type"]')
config = config.replace('estimators = ["within", "half_panel_jackknife", "corrected_score", "double_filter_iv"]', 'estimators = ["within", "corrected_score"]')
open("c.toml", "w").write(config)
assert program("synth", "--areas", "400", "--authorities", "30", "--output", "pack").returncode == 0
done = program("run", "c.toml", *SHORT, "--data", "pack", "--output", "base.h5")
assert done.returncode == 0, done.stderr
shutil.copy("base.h5", "other.h5")
files = sorted(os.listdir("pack"))
AREAS = next(f for f in files if f.startswith("areas"))
codes = [line.split(",")[0] for line in open("pack/" + AREAS).read().split("\n")[1:] if line] if AREAS.endswith(".csv") else []
shutil.copytree("pack", "lsoa")
open("lsoa/pack.toml", "w").write(re.sub(r'geography = "[^"]*"', 'geography = "lsoa11"', open("pack/pack.toml").read()))
open("places.csv", "w").write("area_code,place\n" + "".join(f"{c},P{k % 3}\n" for k, c in enumerate(codes)))
open("lookup.csv", "w").write("LSOA11CD,LSOA21CD\n" + "".join(f"{c},{c}\n" for c in codes))
open("programme.csv", "w").write("area_code,year,gbp\n" + f"{codes[0]},2015,1000\n" if codes else "")
open("notes.txt", "w").write("kept by hand\n")
os.symlink("base.h5", "soft.h5")
os.link("base.h5", "hard.h5")
os.symlink(".", "here")
os.mkfifo("fifo")
os.mkdir("empty")
os.symlink("nowhere/at/all.csv", "dangling")
os.symlink("loop", "loop")
scenarios = ["ring_fence_10", "wealth_fund"]


def aliases(name):
    """Other names of one file."""
    hard, soft = "hard-" + name.replace("/", "-"), "soft-" + name.replace("/", "-")
    if not os.path.lexists(hard):
        os.link(name, hard)
        os.symlink(name, soft)
    return [name, "./" + name, "here/" + name, os.path.abspath(name), hard, soft]


# ---- 1. outputs over inputs
RESULT = ["base.h5"]
READERS = [  # command, its inputs, flags of its outputs
    (["inspect", "base.h5"], RESULT, ["--json"]),
    (["table", "base.h5", "estimates"], RESULT, ["--output"]),
    (["appraise", "base.h5", "--by", "list:places.csv"], ["base.h5", "places.csv"], ["--json"]),
    (["report", "base.h5", "--compare", "other.h5"], ["base.h5", "other.h5", "pack/pack.toml"], ["--output"]),
    (["report", "base.h5", "--with", "other.h5"], ["other.h5"], ["--output"]),
    (["dossier", "base.h5"], RESULT, ["--output"]),
    (["contrast", "base.h5", *scenarios], RESULT, ["--output", "--json", "--log", "--status"]),
    (["certain", "base.h5", "--areas"], ["base.h5", "pack/" + AREAS], ["--output", "--json", "--log", "--status"]),
    (["frontier", "base.h5", "--scenario", scenarios[0]], RESULT, ["--output", "--json", "--log", "--status", "--csv"]),
    (["replicate", "base.h5"], ["base.h5", "pack/" + AREAS, "pack/pack.toml"], ["--r"]),
    (["diff", "base.h5", "other.h5"], ["base.h5", "other.h5"], ["--json"]),
    (["run", "c.toml", *SHORT, "--data", "pack"], ["c.toml", "pack/pack.toml", "pack/" + AREAS], ["--output", "--json", "--log", "--status"]),
    (["estimate", "c.toml", *SHORT, "--data", "pack"], ["c.toml", "pack/" + AREAS], ["--json", "--log", "--status"]),
    (["check", "c.toml", "--data", "pack"], ["c.toml", "pack/pack.toml"], ["--json"]),
    (["sensitivity", "c.toml", *SHORT, "--data", "pack"], ["c.toml", "pack/pack.toml"], ["--output", "--json", "--status"]),
    (["speccurve", "c.toml", *SHORT, "--data", "pack"], ["c.toml", "pack/" + AREAS], ["--output", "--json", "--csv"]),
    (["coverage", str("c.toml")], ["c.toml"], ["--output", "--json"]),
    (["backcast", "c.toml", *SHORT, "--data", "pack"], ["c.toml", "pack/pack.toml"], ["--output", "--json"]),
    (["convert", "lsoa", "--to", "lsoa21", "--lookup", "lookup.csv", "--output", "new"], ["lookup.csv", "lsoa/pack.toml", "lsoa/" + AREAS], ["--json"]),
    (["profiles", "pack"], ["pack/pack.toml", "pack/" + AREAS], ["--json", "--csv"]),
    (["init", "--lever", "community_wealth_fund", "--pack", "pack"], ["pack/pack.toml", "pack/" + AREAS], ["--output"]),
]
for command, inputs, flags in READERS:
    for name in inputs:
        for flag in flags:
            for alias in aliases(name):
                attack("outputs over inputs", f"{' '.join(command[:3])} {flag} {alias}", [*command, flag, alias], 2)
for name in ("base.xlsx", "base.ods", "base.gpkg"):
    shutil.copy("base.h5", name)
    attack("outputs over inputs", f"export {name} over itself", ["export", name, "--output", name], 2)
    os.remove(name)
for folder in ("pack", "here/pack", os.path.abspath("pack")):
    attack("outputs over inputs", f"convert into {folder}", ["convert", "lsoa", "--to", "lsoa21", "--lookup", "lookup.csv", "--output", folder], 2)
    attack("outputs over inputs", f"synth into {folder}", ["synth", "--areas", "400", "--output", folder], 2)
    attack("outputs over inputs", f"dossier into {folder}", ["dossier", "base.h5", "--output", folder], 2)
    attack("outputs over inputs", f"frontier --csv {folder}/{AREAS}", ["frontier", "base.h5", "--csv", f"{folder}/{AREAS}"], 2)
attack("outputs over inputs", "run beside the result its scenario draws from", ["run", "c.toml", *SHORT, "--set", 'scenario.ring_fence_10.estimates.spillover={ run = "base.h5", estimate = "spillover/corrected_score" }', "--output", "hard.h5"], 2)

# ---- 2. places that are no files, or cannot be written
TEXT = [(["table", "base.h5", "estimates", "--format", "csv"], "--output"), (["inspect", "base.h5"], "--json"), (["report", "base.h5"], "--output"), (["levers"], "--json"), (["schema"], "--output"), (["init"], "--output"),
        (["diff", "base.h5", "other.h5"], "--json"), (["profiles", "pack"], "--csv"), (["check", "c.toml", "--data", "pack"], "--json"), (["appraise", "base.h5"], "--json")]
HDF5 = [(["run", "c.toml", *SHORT], "--output"), (["contrast", "base.h5", *scenarios], "--output"), (["certain", "base.h5"], "--output"), (["speccurve", "c.toml", *SHORT], "--output")]
FOLDER = [(["synth", "--areas", "400"], "--output"), (["dossier", "base.h5"], "--output"), (["convert", "lsoa", "--to", "lsoa21", "--lookup", "lookup.csv"], "--output")]
LONG = "n" * 300 + ".csv"
for kind, commands in (("text", TEXT), ("hdf5", HDF5)):
    for command, flag in commands:
        label = " ".join(command[:2])
        for place, code, says in (("empty", 2, "is a folder"), ("here", 2, "is a folder"), ("no/such/o.x", 4, "no folder"), ("notes.txt/o.x", 4, "no folder"), ("o.x/", 4, "no folder"), ("dangling", 4, "nowhere"), (LONG, 4, "too long"), ("/sys/o.x", 4, "/sys/o.x"),
                                  ("loop", 2, "in a circle")):
            attack("places", f"{label} {flag} {place[:20]}", [*command, flag, place], code, says)
        attack("places", f"{label} {flag} /dev/full", [*command, flag, "/dev/full"], 4 if kind == "text" else 2, "No space left" if kind == "text" else "is a device")
        if kind == "hdf5":
            attack("places", f"{label} {flag} a pipe", [*command, flag, "fifo"], 2, "is a pipe")
for command, flag in FOLDER:
    label = " ".join(command[:2])
    for place, code, says in (("notes.txt", 2, "notes.txt"), ("fifo", 2, "fifo"), ("no/such/folder/new", 0, ""), ("notes.txt/new", (2, 4), "notes.txt"), ("dangling", 0, ""), ("/sys/new", 4, "/sys"), ("loop", (2, 4), "loop"), ("n" * 300, 4, "too long"),
                              ("pack", 2, "pack")):
        attack("places", f"{label} {flag} '{place[:20]}'", [*command, flag, place], code, says, new=("no",) if place.startswith("no/") else ("nowhere",) if place == "dangling" else ())
attack("places", "synth into a name that is empty", ["synth", "--areas", "400", "--output", ""], 2, "empty")
attack("places", "convert into a name that is empty", ["convert", "lsoa", "--to", "lsoa21", "--lookup", "lookup.csv", "--output", ""], 2, "empty")
for name in ("o.txt", "o.csv", "o", "o.xlsx.gz", ".xlsx"):
    attack("places", f"export to {name}", ["export", "base.h5", "--output", name], 2, ".gpkg")
attack("places", "export two of one name", ["export", "base.h5", "--output", "o.xlsx", "./o.xlsx"], 2, "same file")
for name in ("notes.csv", "o.h5"):
    shutil.copy("notes.txt", name)
    attack("places", f"a result over {name}, a text", ["contrast", "base.h5", *scenarios, "--output", name], 0, new=(name,), with_output=lambda n: [] if program("inspect", n, "--verify").returncode == 0 else ["not whole"])
    shutil.copy("notes.txt", name)
    attack("places", f"--no-replace over {name}, a text", ["contrast", "base.h5", *scenarios, "--output", name, "--no-replace"], 4, "exists")
    os.remove(name)

# ---- 3. result files that were changed
SHOW = [("inspect", ["inspect", "e.h5", "--unsealed"]), ("verify", ["inspect", "e.h5", "--unsealed", "--verify"]), ("table", ["table", "e.h5", "estimates", "--unsealed", "--format", "csv", "--output", "o"]), ("outcomes", ["table", "e.h5", "outcomes", "--unsealed", "--format", "latex", "--output", "o"]),
        ("report", ["report", "e.h5", "--unsealed", "--output", "o"]), ("appraise", ["appraise", "e.h5", "--unsealed", "--json", "o"]), ("contrast", ["contrast", "e.h5", *scenarios, "--unsealed", "--json", "o"]), ("certain", ["certain", "e.h5", "--unsealed", "--json", "o"]),
        ("export", ["export", "e.h5", "--unsealed", "--output", "o.xlsx"]), ("dossier", ["dossier", "e.h5", "--unsealed", "--output", "folder"]), ("diff", ["diff", "e.h5", "base.h5", "--unsealed", "--json", "o"]), ("markdown", ["table", "e.h5", "estimates", "--unsealed", "--format", "markdown", "--output", "o"])]
SHOW = dict(SHOW)
JSON = ("appraise", "contrast", "certain", "diff")  # data, in which HTML, formulas and commands are what they are
NEW = ("o", "o.xlsx", "folder")


def edited(kind, what, change, shows, code=(0, 2, 4), says="", never="", with_output=None, sealed=4, raw=""):
    """One change of a copy of the result, seen by each of `shows`; without --unsealed it is refused always."""
    def prepare():
        shutil.copy("base.h5", "e.h5")
        with h5py.File("e.h5", "r+") as file:
            change(file)
    attack(kind, f"{what}, sealed", ["table", "e.h5", "estimates"], sealed, "e.h5", prepare=prepare)
    for show in shows.split():  # `raw`: CSV, whose cells are what they are
        plain = show == raw or show in JSON and "<" in never
        attack(kind, f"{what}: {show}", SHOW[show], code, says, new=NEW, never="" if plain else never,
               with_output=with_output and (lambda name, show=show: with_output(name, show)), prepare=prepare)


def put(path, data, **more):
    """Another dataset under this name, with the attributes of the former."""
    def change(file):
        former = {}
        if path in file:
            former = {k: v for k, v in file[path].attrs.items() if k in ("units", "long_name")}
            del file[path]
        made = file.create_dataset(path, data=data, **more)
        for name, value in former.items():
            made.attrs[name] = value
    return change


def remove(path):
    def change(file):
        del file[path]
    return change


def attribute(path, name, value):
    def change(file):
        if value is None:
            del file[path].attrs[name]
        else:
            file[path].attrs[name] = value
    return change


EST = "/estimates/spillover/corrected_score"
S = "/scenarios/ring_fence_10"
UP = S + "/area/cumulative_uplift"
with h5py.File("base.h5") as file:
    up = sorted(file[UP])
    group = S + "/aggregate/uplift/nation"
    nation = sorted(file[group])
    area_count = file["/areas/area_code"].shape[0]
AREA = UP + "/" + ("mean" if "mean" in up else up[0])
SERIES = group + "/" + ("value" if "value" in nation else nation[0])
for path, shows in ((EST + "/estimate", "table report markdown"), (EST + "/low", "table report"), (EST + "/covariance", "report table"), ("/draws/value", "export verify"), (AREA, "report certain export"), ("/areas/population", "report certain appraise"), ("/appraisal/wealth_fund/npsv", "appraise contrast certain"),
                    (S + "/cost", "appraise contrast"), (SERIES, "contrast outcomes report"), (S + "/replicate", "certain contrast")):
    for what, data in (("a value short", "short"), ("a value more", "more"), ("none", numpy.zeros(0)), ("a scalar", numpy.float64(1.0)), ("an axis more", "axis"), ("turned", "turned")):
        with h5py.File("base.h5") as file:
            was = file[path][()]
        if isinstance(data, str):
            data = {"short": was[:-1], "more": numpy.concatenate([was, was[:1]]), "axis": was[None], "turned": was.T if was.ndim > 1 else was[:, None]}[data]
        if data.shape == was.shape:
            continue
        edited("shapes", f"{path} has {what}", put(path, data), shows, code=(0, 2, 4), sealed=(0, 4))
    for what, data in (("texts", numpy.array([b"x"] * 3)), ("pairs", numpy.zeros(3, dtype=[("a", "f8"), ("b", "i4")])), ("opaque bytes", numpy.zeros(3, dtype="V8")), ("complex numbers", numpy.zeros(3, dtype="c16")), ("arrays", numpy.zeros(3, dtype="(2,)f8")), ("long doubles", numpy.zeros(3, dtype="g"))):
        edited("types", f"{path} is {what}", put(path, data), "verify " + shows.split()[0], code=(0, 2, 4), says=path)
for path in (EST + "/estimate", AREA, "/appraisal/wealth_fund/npsv", SERIES, "/areas/population", S + "/cost"):
    for what, value in (("NaN", numpy.nan), ("infinite", numpy.inf), ("1e308", 1e308), ("denormal", 5e-324)):
        def fill(file, path=path, value=value):
            file[path][...] = value
        edited("values", f"{path} all {what}", fill, "table report appraise contrast", code=(0, 2, 3, 4))
for what, shape, chunks in (("2^40 values, none written", (2 ** 40,), (1024,)), ("2^62 values", (2 ** 62,), (1024,)), ("2^31 x 2^31", (2 ** 31, 2 ** 31), (64, 64)), ("one chunk of 4 GB", (2 ** 29,), (2 ** 29 - 1,))):
    for path in (EST + "/estimate", AREA, "/areas/population"):
        def huge(file, path=path, shape=shape, chunks=chunks):
            del file[path]
            file.create_dataset(path, shape=shape, dtype="f8", chunks=chunks)
        edited("extents", f"{path}: {what}", huge, "table report verify", code=(0, 2, 4))
for filter_, options in (("lzf", {}), ("gzip", {}), (None, dict(fletcher32=True)), (None, dict(scaleoffset=2)), ("gzip", dict(shuffle=True, fletcher32=True))):
    with h5py.File("base.h5") as file:
        was = file[EST + "/estimate"][()]
    edited("filters", f"estimates packed by {filter_ or ''} {options}", put(EST + "/estimate", was, chunks=was.shape, compression=filter_, **options), "table report", code=0 if filter_ == "gzip" and not options else 4, says="filter", sealed=(0, 4))
open("secret.bin", "wb").write(b"SECRETOFTHISMACHINE" * 40)
for path in (EST + "/estimate", "/run/config", "/areas/area_name", AREA):
    def soft(file, path=path):
        del file[path]
        file[path] = h5py.SoftLink(EST + "/high")

    def external(file, path=path):
        del file[path]
        file[path] = h5py.ExternalLink("other.h5", path)

    def storage(file, path=path):
        del file[path]
        file.create_dataset(path, shape=(4,), dtype="S19", external=[("secret.bin", 0, 76)])

    def virtual(file, path=path):
        del file[path]
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource("other.h5", EST + "/estimate", shape=(4,))
        file.create_virtual_dataset(path, layout)

    def user(file, path=path):
        del file[path]
        file[path] = h5py.SoftLink("/nowhere")

    def reference(file, path=path):
        kept = file[EST + "/high"].ref
        del file[path]
        file.create_dataset(path, data=numpy.array([kept] * 4, dtype=h5py.ref_dtype))
    for change in (soft, external, storage, virtual, user, reference):
        edited("links", f"{path} by {change.__name__}", change, "table report export dossier" if path != "/run/config" else "report dossier certain", code=(0, 2, 4), never="SECRETOFTHIS")
for target in (scenarios[0], "aggregate"):
    def loop(file, target=target):
        (file["/scenarios"] if target == scenarios[0] else file[S])[target + "_again"] = file["/scenarios"]
    edited("links", f"a group within itself, {target}", loop, "inspect verify report export", code=(0, 2, 4))


def deep(file):
    at = file["/scenarios"]
    for _ in range(300):
        at = at.create_group("g")


edited("links", "300 groups within each other", deep, "inspect verify report", code=(0, 2, 4))
for path in ("/run", "/run/config", "/areas", "/areas/area_code", "/estimates", "/draws", "/scenarios", "/appraisal", EST + "/estimate", EST + "/coefficient", EST + "/low", S + "/parameters", S + "/period", S + "/area", S + "/aggregate", S + "/replicate", S + "/cost", "/weights", "/manifest", "/run/manifest", "/appraisal/wealth_fund/npsv", "/areas/lad_code", "/areas/population"):
    edited("missing", f"no {path}", remove(path), "table report contrast", code=(0, 2, 4))
for path, name in (("/run", "format_version"), ("/run", "name"), ("/run", "seed"), ("/run", "complete"), ("/run", "git_commit"), ("/areas", "type_column"), ("/areas", "period_years"), (EST, "areas"), (EST + "/estimate", "units"), (S, "better"), ("/draws", "replicates"), ("/appraisal/wealth_fund", "price_base_year")):
    edited("attributes", f"{path} without {name}", attribute(path, name, None), "table report appraise", code=(0, 2, 4))
    edited("attributes", f"{path}: {name} is a list", attribute(path, name, numpy.arange(5.0)), "table report appraise", code=(0, 2, 4))
    edited("attributes", f"{path}: {name} is a pair", attribute(path, name, numpy.zeros(1, dtype=[("a", "f8")])), "report", code=(0, 2, 4))
for what, version in (("99.0", "99.0"), ("empty", ""), ("words", "one point one"), ("1.x", "1.99999"), ("long", "1." + "1" * 5000)):
    edited("attributes", f"format_version {what}", attribute("/run", "format_version", version), "table inspect", code=(0, 4) if what == "1.x" else (2, 4))
# Texts on their way to a terminal, a table, a page.
TEXTS = {"terminal": "\x1b[2J\x1b]0;owned\x07x", "html": "<script>alert(1)</script>", "image": "<img src=x onerror=alert(1)>", "formula": '=HYPERLINK("http://x.example","y")', "formula2": "@SUM(1+1)|cmd", "latex": "\\input{/etc/passwd}", "markdown": "a | b `c` [x](http://x.example)\n# d", "quotes": 'a"b\'c,d;e', "direction": "a\u202eb\u200f",
         "template": "{{constructor.constructor('x')()}}", "long": "w" * 100000, "nothing": "", "path": "../../../etc/passwd"}
NEVER = {"terminal": "\x1b[2J", "html": "<script>alert(1)</script>", "image": "<img src=x onerror=alert(1)>"}


def texts_at(path, text):
    def change(file):
        file[path][...] = numpy.array([text] + [t.decode() for t in file[path][1:]], dtype=h5py.string_dtype())
    return change


def cells(name, show):
    """What a spreadsheet would take for a formula in a CSV, or LaTeX and Markdown for a command."""
    text = open(name, "rb").read().decode("utf-8", "replace") if name == "o" and show in ("table", "outcomes", "markdown") else ""
    faults = []
    if show == "table" and re.search(r'(^|,)"?[=@]', text, re.M):
        faults.append("a formula as it is")
    if show != "table" and re.search(r"(?<!\\)\\input\{", text):
        faults.append("a command of LaTeX as it is")
    return faults


for name, text in TEXTS.items():
    for path, shows in ((EST + "/coefficient", "table outcomes report markdown export dossier"), ("/areas/area_name", "report export certain"), ("/areas/area_type", "report export certain"), ("/areas/lad_code", "certain export report")):
        edited("texts", f"{name} in {path}", texts_at(path, text), shows, never=NEVER.get(name, ""), with_output=cells if path == EST + "/coefficient" else None, raw="table")
    for path, key in (("/run", "name"), ("/run", "host"), (S, "better"), ("/appraisal/wealth_fund", "plausibility"), ("/areas", "pack")):
        edited("texts", f"{name} in {path} {key}", attribute(path, key, text), "inspect report dossier", never=NEVER.get(name, ""))
    if name not in ("nothing", "path", "long"):
        def rename(file, text=text):
            file.move(S, "/scenarios/" + text.replace("/", "_"))
        edited("texts", f"{name} as a scenario's name", rename, "inspect outcomes report appraise export dossier", never=NEVER.get(name, ""), with_output=cells)
for what, text in (("empty", ""), ("no TOML", "[run\nname="), ("of another run", config.replace("smoke", "x")), ("NUL", "a\\0b"), ("a pack elsewhere", config.replace('pack = "synthetic"', 'pack = "/etc"')), ("1 MB", "# " + "x" * 1000000), ("deep", "a = " + "[" * 5000), ("a programme elsewhere", config + '\n[backcast]\nprogramme = "/etc/passwd"\n')):
    def reconfigure(file, text=text):
        del file["/run/config"]
        file.create_dataset("/run/config", data=text, dtype=h5py.string_dtype()).attrs["units"] = "1"
        file["/run/config"].attrs["long_name"] = "c"
    edited("configuration", f"kept configuration {what}", reconfigure, "report dossier appraise certain", code=(0, 2, 4), never="root:x:0")
for length in (0, 1, 8, 47, 48, 100, 1000, 10000, -1, -24, -1000):
    for show in ("inspect", "verify", "table", "report"):
        attack("cut", f"{length} bytes: {show}", SHOW[show], (0, 2, 4) if length < 0 else (2, 4), "e.h5", new=NEW, prepare=lambda: open("e.h5", "wb").write(open("base.h5", "rb").read()[:length]))
os.path.exists("e.h5") and os.remove("e.h5")

# ---- 4. arguments
for command in (["table", "base.h5", "nonsense"], ["table", "base.h5"], ["table", "base.h5", "estimates", "--format", "yaml"], ["table", "base.h5", "../estimates"], ["table", "base.h5", ""], ["contrast", "base.h5", scenarios[0], "nothing"], ["contrast", "base.h5", "", scenarios[0]],
                ["certain", "base.h5", "--level", "1.5"], ["certain", "base.h5", "--level", "nan"], ["certain", "base.h5", "--grouping", "nothing"], ["certain", "base.h5", "--outcome", "nothing"], ["certain", "base.h5", "--scenario", "nothing"], ["appraise", "base.h5", "--rulebook", "nothing"], ["appraise", "base.h5", "--rulebook", "../x"],
                ["appraise", "base.h5", "--diff", "nothing"], ["appraise", "base.h5", "--by", "nothing"], ["appraise", "base.h5", "--by", "list:nothing.csv"], ["appraise", "base.h5", "--by", "list:"], ["appraise", "base.h5", "--by", "list:notes.txt"], ["appraise", "base.h5", "--by", "list:base.h5"], ["appraise", "base.h5", "--by", "list:pack"], ["appraise", "base.h5", "--by", "list:fifo"], ["diff", "base.h5", "c.toml"], ["diff", "base.h5", "pack"],
                ["diff", "base.h5", "fifo"], ["diff", "base.h5", "other.h5", "--tolerance", "-1"], ["diff", "base.h5", "other.h5", "--tolerance", "nan"], ["diff", "base.h5", "other.h5", "--tolerance", "inf"], ["frontier", "base.h5", "--points", "0"], ["frontier", "base.h5", "--points", "-3"], ["frontier", "base.h5", "--points", "2000000000"], ["frontier", "base.h5", "--from", "1", "--to", "0"], ["frontier", "base.h5", "--from", "nan"],
                ["frontier", "base.h5", "--budget", "-1"], ["frontier", "base.h5", "--budget", "inf"], ["frontier", "base.h5", "--cap", "nan"], ["frontier", "base.h5", "--cap", "inf"], ["frontier", "base.h5", "--cap", "-1"], ["frontier", "base.h5", "--floor", "nan"], ["frontier", "base.h5", "--floor", "-1"], ["frontier", "base.h5", "--floor", "inf"], ["frontier", "base.h5", "--budget", "nan"], ["frontier", "base.h5", "--to", "inf"], ["export", "base.h5", "--pack", "notes.txt"], ["export", "base.h5", "--pack", "empty"], ["report", "base.h5", "--pack", "empty"], ["synth", "--areas", "400", "--programme", "programme.csv", "--programme-effect", "nan", "--output", "new"], ["frontier", "base.h5", "--worth", "nothing"], ["frontier", "base.h5", "--scenario", "nothing"], ["replicate", "base.h5", "--r", "o.R", "--draws", "0"], ["replicate", "base.h5", "--r", "o.R", "--draws", "-1"], ["replicate", "base.h5", "--r", "o.R", "--draws", "1000000"],
                ["dossier", "base.h5", "--verify", "notes.txt"], ["dossier", "base.h5", "--verify", "nothing"], ["dossier", "base.h5", "--sunset-years", "101"], ["report", "base.h5", "--with", "c.toml"], ["report", "base.h5", "--compare", "notes.txt"], ["report", "base.h5", "--pack", "notes.txt"], ["report", "base.h5", "--with", "base.h5", "--output", "o"],
                ["inspect", "fifo"], ["inspect", "empty"], ["inspect", ""], ["inspect", "/dev/null"], ["inspect", "/dev/zero"], ["inspect", "loop"], ["inspect", "dangling"], ["inspect", "base.h5/x"], ["levers", "nothing"], ["levers", "../x"], ["init", "--lever", "nothing"], ["init", "--pack", "empty", "--lever", "community_wealth_fund"], ["profiles", "empty"], ["profiles", "pack", "--type", "nothing"], ["profiles", "pack", "--column", "jobs"],
                ["profiles", "pack", "--column", "jobs=nothing"], ["profiles", "pack", "--format", "yaml"], ["synth", "--areas", "0", "--output", "new"], ["synth", "--areas", "-5", "--output", "new"], ["synth", "--areas", "3", "--authorities", "9", "--output", "new"], ["synth", "--areas", "400", "--instrument-strength", "nan", "--output", "new"], ["synth", "--areas", "400", "--serial-correlation", "1.5", "--output", "new"],
                ["synth", "--areas", "400", "--programme", "notes.txt", "--programme-effect", "1", "--output", "new"], ["run", "c.toml", "--compress", "99"], ["run", "c.toml", "--threads", "-1"], ["run", "c.toml", "--threads", "100000000"], ["run", "c.toml", "--memory", "-1"], ["run", "c.toml", "--memory", "nan"], ["run", "c.toml", "--replicates", "0"], ["run", "c.toml", "--replicates", "99999999999999999999"], ["run", "c.toml", "--draws", "-1"],
                ["run", "c.toml", "--seed", "-1"], ["run", "c.toml", "--seed", "1e3"], ["run", "c.toml", "--set", "run.seed"], ["run", "c.toml", "--set", "=1"], ["run", "c.toml", "--set", "run.seed="], ["run", "c.toml", "--set", "nothing.at=1"], ["run", "c.toml", "--set", "run.seed=[1, 2]"], ["run", "c.toml", "--set", "run.name=../x"], ["run", "c.toml", "--set", "run.name="], ["run", "c.toml", "--set", "run.name=a/b"], ["run", "c.toml", "--until-mcse", "nan"], ["run", "c.toml", "--until-mcse", "-1"], ["run", "c.toml", "--until-mcse", "0"]):
    attack("arguments", " ".join(command), command, (2, 3, 4), new=())

# ---- 5. lookups, boundaries, links and lists of areas
look = ["convert", "lsoa", "--to", "lsoa21", "--output", "new"]
head, first = "LSOA11CD,LSOA21CD\n", "".join(f"{c},{c}\n" for c in codes)
for what, text in (("empty", ""), ("a header alone", head), ("other columns", "a,b\n" + first), ("one column", "LSOA11CD\n" + "".join(f"{c}\n" for c in codes)), ("half the areas", head + first[:len(first) // 2].rsplit("\n", 1)[0] + "\n"), ("blank codes", head + ",\n" + first), ("an unknown area more", head + first + "X1,X1\n"),
                   ("an area to nowhere", head + first.replace(f"{codes[3]},{codes[3]}", f"{codes[3]},")), ("a row cut", head + first + codes[0]), ("semicolons", (head + first).replace(",", ";")), ("xlsx", "PK\x03\x04"), ("a weight column of words", "LSOA11CD,LSOA21CD,weight\n" + "".join(f"{c},{c},x\n" for c in codes)), ("NUL", head + "\0" + first)):
    open("bad.csv", "w").write(text)
    attack("lookups", f"lookup: {what}", [*look, "--lookup", "bad.csv"], (0, 2) if what in ("an unknown area more", "an area to nowhere", "half the areas", "a weight column of words", "blank codes", "semicolons") else 2, "bad.csv", new=("new",))
for what, text in (("empty", ""), ("no JSON", "{"), ("a list", "[]"), ("no features", '{"type":"FeatureCollection","features":[]}'), ("a point", json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"LSOA21CD": codes[0]}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]})),
                   ("no geometry", json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"LSOA21CD": codes[0]}, "geometry": None}]})), ("NaN", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"LSOA21CD":"x"},"geometry":{"type":"Polygon","coordinates":[[[NaN,1],[2,3],[4,5]]]}}]}'),
                   ("deep", "[" * 100000), ("a ring of two", json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"LSOA21CD": codes[0]}, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}]})), ("huge numbers", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"c":"x"},"geometry":{"type":"Polygon","coordinates":[[[1e999,1],[2,3],[4,5],[1e999,1]]]}}]}'),
                   ("TopoJSON without arcs", '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":{"c":"x"}}]}},"arcs":[]}'), ("TopoJSON, arc -9", '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[-9]],"properties":{"c":"x"}}]}},"arcs":[[[0,0],[1,1]]]}'), ("XML", "<kml></kml>")):
    open("bad.json", "w").write(text)
    attack("lookups", f"boundaries: {what}", [*look, "--lookup", "lookup.csv", "--boundaries", "bad.json"], (0, 2) if what == "a ring of two" else 2, "bad.json", new=("new",))  # corners alone count
for flag in ("--areas", "--adjacency"):
    for what, text in (("empty", ""), ("other columns", "a,b\n1,2\n"), ("unknown areas", "area_code,from,to\nX1,X1,X2\n"), ("a folder", None), ("binary", "\x7fELF\0\0")):
        open("bad.csv", "w").write(text or "")
        attack("lookups", f"{flag}: {what}", [*look, "--lookup", "lookup.csv", flag, "bad.csv" if text is not None else "empty"], 2, "", new=("new",))
for what, name in (("nothing there", "nothing.csv"), ("a folder", "empty"), ("a pipe", "fifo"), ("a device", "/dev/zero"), ("itself a result", "base.h5"), ("a link to nowhere", "dangling")):
    attack("lookups", f"lookup: {what}", [*look, "--lookup", name], (2, 4), "", new=("new",))
    attack("lookups", f"boundaries: {what}", [*look, "--lookup", "lookup.csv", "--boundaries", name], (2, 4), "", new=("new",))
for name in ("bad.csv", "bad.json"):
    os.path.exists(name) and os.remove(name)

# ---- 6. recipes
RECIPE = '[pack]\nname = "r"\ngeography = "lsoa11"\nperiod_years = 1\n'
shipped = sorted((source / "configs/packs").glob("*.toml"))
open("table.csv", "w").write("code,value\nE1,1\nE2,2\n")
for what, text in (("empty", ""), ("no TOML", "[pack"), ("the head alone", RECIPE), ("an unknown table", RECIPE + "[nothing]\na = 1\n"), ("an unknown key", RECIPE + "nothing = 1\n"), ("a path that leads out", RECIPE + '[[source]]\nname = "a"\nfile = "../../../etc/passwd"\n'), ("an absolute path", RECIPE + '[[source]]\nname = "a"\nfile = "/etc/passwd"\n'), ("deep", "a." * 100000 + "b = 1"), ("deep lists", "a = " + "[" * 100000),
                   ("NUL", RECIPE + "\0"), ("twice a table", RECIPE + RECIPE), ("a geography of ours not", RECIPE.replace("lsoa11", "parish")), ("period of 0", RECIPE.replace("period_years = 1", "period_years = 0")), ("a name that leads out", RECIPE.replace('"r"', '"../r"')), ("1 MB of a key", "a" * 1000000 + " = 1\n")):
    open("r.toml", "w").write(text)
    attack("recipes", what, ["pack", "r.toml", "--data", ".", "--output", "new"], 2, "", new=("new",))
os.remove("r.toml")
for recipe in shipped:
    attack("recipes", f"{recipe.name}, no tables there", ["pack", recipe, "--data", "empty", "--output", "new"], 2, "", new=("new",))
    attack("recipes", f"{recipe.name}, output within the tables", ["pack", recipe, "--data", "pack", "--output", "pack"], 2, "")
attack("recipes", "a recipe that is a result", ["pack", "base.h5", "--data", ".", "--output", "new"], 2, "base.h5", new=("new",))
attack("recipes", "a recipe that is a folder", ["pack", "empty", "--data", ".", "--output", "new"], 2, "empty", new=("new",))
os.remove("table.csv")

# ---- 7. sweeps, merges, resumes
SWEEP = ["--set", "data.synthetic_areas=600", "--set", "bootstrap.replicates=99", "--set", "bootstrap.draws=80"]
for what, axes, code in (("no axis", [], (0, 2)), ("an empty axis", ["run.seed=[]"], 2), ("an unknown key", ["run.sede=[1, 2]"], 2), ("a value twice", ["run.seed=[1, 1]"], (0, 2)), ("mixed types", ['run.seed=[1, "x"]'], 2), ("a million members", [f"run.seed=[{','.join(map(str, range(1000)))}]", f"outcomes.horizon=[{','.join(map(str, range(1, 1001)))}]"], 2),
                         ("names that lead out", ['run.name=["../a", "../b"]'], 2), ("a nested list", ["run.seed=[[1, 2], [3]]"], 2), ("not closed", ["run.seed=[1, 2"], 2), ("the output twice", ["run.seed=[1, 2]", "run.seed=[3, 4]"], (0, 2))):
    attack("sweeps", what, ["sweep", "c.toml", *SWEEP, *[w for a in axes for w in ("--set", a)], "--output", "grid"], code, "", new=("grid",))
assert program("sweep", "c.toml", *SWEEP, "--set", "run.seed=[1, 2]", "--output", "grid").returncode == 0
done = program("sweep", "--run", "grid", "--quiet", "--threads", "2")
assert done.returncode == 0, done.stderr
members = sorted(str(p) for p in pathlib.Path("grid").rglob("*.h5"))
configs = sorted(str(p) for p in pathlib.Path("grid").rglob("*.toml"))
keep = {name: open(name, "rb").read() for name in members + configs + [str(p) for p in pathlib.Path("grid").rglob("*.json")]}
MERGE = ["sweep", "--merge", "grid", "--quiet", "--output"]
for alias in [a for name in members + configs for a in aliases(name)]:
    attack("merges", f"merged over {alias}", [*MERGE, alias], 2)


def damage(what, change, code, says=""):
    change()
    attack("merges", what, [*MERGE, "o.h5"], code, says, new=("o.h5",))
    attack("merges", what + ", linked", [*MERGE, "grid/o.h5", "--link"], code, says, new=("grid/o.h5",))
    for name, data in keep.items():
        if os.path.lexists(name) and (os.path.islink(name) or os.path.isdir(name)):
            (os.rmdir if os.path.isdir(name) and not os.path.islink(name) else os.remove)(name)
        if not os.path.exists(name) or open(name, "rb").read() != data:
            open(name, "wb").write(data)


def write(name, data):
    return lambda: open(name, "wb").write(data)


def instead(name, make):
    def change():
        os.remove(name)
        make(name)
    return change


one, two = members[:2]
damage("as they are", lambda: None, 0)
damage("a member missing", lambda: os.remove(two), 2)
damage("a member empty", write(two, b""), 2)
damage("a member cut", write(two, keep[two][:-1000]), 2)
damage("a member damaged", write(two, keep[two][:9000] + b"XX" + keep[two][9002:]), 2)
damage("a member is the other", write(two, keep[one]), 2)
damage("a member is another's run", write(two, open("base.h5", "rb").read()), 2)
damage("a member is a folder", instead(two, os.mkdir), (2, 4))
damage("a member is a link to the other", instead(two, lambda name: os.symlink(os.path.abspath(one), name)), 2)
damage("a configuration changed since", write(configs[-1], keep[configs[-1]].replace(b"99", b"98")), 2)
damage("a configuration missing", lambda: os.remove(configs[-1]), 2)
index = [n for n in keep if n.endswith(".json")]
for name in index:
    for what, data in (("empty", b""), ("no JSON", b"{"), ("a list", b"[]"), ("null", b"null"), ("leads out", keep[name].replace(b"0001", b"../../etc/0001")), ("absolute", keep[name].replace(b'"0001', b'"/etc/0001')), ("deep", b"[" * 100000), ("numbers for names", re.sub(rb'"0001[^"]*"', b"1", keep[name]))):
        if data != keep[name]:
            damage(f"{name} {what}", write(name, data), (2, 4))
for command in (["sweep", "--run", "empty"], ["sweep", "--run", "nothing"], ["sweep", "--run", "notes.txt"], ["sweep", "--merge", "empty", "--output", "o.h5"], ["sweep", "grid", "--member", "0"], ["sweep", "grid", "--member", "3"], ["sweep", "grid", "--member", "-1"], ["sweep", "--merge", "grid"], ["sweep", "--link", "grid", "--output", "o.h5"]):
    attack("merges", " ".join(command), command, (0, 2) if command == ["sweep", "--merge", "grid"] else 2, "", new=("o.h5", "grid.h5"))
shutil.rmtree("grid")
# A checkpoint is of one configuration, seed, number of replicates and data: each change of them is told.
RUN = ["run", "k.toml", "--set", "data.synthetic_areas=400", "--quiet", "--threads", "2", "--draws", "80", "--checkpoint", "always", "--output", "k.h5"]
open("k.toml", "w").write(config)


def stopped():
    """What an interrupted run has kept: its units, made by a run that is told to stop once the first is there."""
    process = subprocess.Popen([spillway, *RUN, "--replicates", "40000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = pathlib.Path("k.h5.checkpoint")
    while process.poll() is None and not (folder.exists() and any(folder.glob("unit-*"))):
        pass
    process.terminate()
    process.wait()


stopped()
if not os.path.isdir("k.h5.checkpoint"):
    otherwise("resumes", "an interrupted run", "keeps nothing", "")
else:
    shutil.copytree("k.h5.checkpoint", "kept")
    AGAIN = [*RUN, "--resume"]
    for what, more, text in (("another seed", ["--seed", "7"], None), ("fewer replicates", ["--replicates", "39999"], None), ("another horizon", ["--set", "outcomes.horizon=3"], None), ("another model", ["--set", "model.spillover.own_lag=false"], None), ("other data", ["--set", "data.synthetic_areas=401"], None), ("a lever's parameter", ["--set", "scenario.ring_fence_10.parameters.share=0.2"], None), ("another cluster", ["--set", "bootstrap.cluster=constituency_code"], None),
                             ("another interval level", ["--set", "model.spillover.level=0.9"], None), ("other quantiles", ["--set", "outcomes.quantiles=[0.1, 0.9]"], None), ("an outcome more", ["--set", 'outcomes.groupings=["nation"]'], None), ("a comment in the file", [], "# a remark\n" + config), ("a pack in its place", ["--data", "pack"], None), ("other weights", ["--set", "weights.kind=knn", "--set", "weights.k=4"], None)):
        open("k.toml", "w").write(text or config)
        attack("resumes", what, [*AGAIN, *(more if "--replicates" in more else ["--replicates", "40000", *more])], (0, 2) if text else 2, "checkpoint", new=("k.h5", "k.h5.checkpoint") if text else ())
        if text:
            shutil.rmtree("k.h5.checkpoint", ignore_errors=True)
            shutil.copytree("kept", "k.h5.checkpoint")
    open("k.toml", "w").write(config)
    for what, data in (("empty", b""), ("no JSON", b"{"), ("null", b"null"), ("a number", b"3"), ("without values", b'[{"name": "configuration"}]'), ("numbers for texts", b'[{"name": "seed", "value": 3}]'), ("deep", b"[" * 100000), ("an escape", b'[{"name": "\\u001b[2J", "value": "\\u001b[2J"}]')):
        open("k.h5.checkpoint/key.json", "wb").write(data)
        attack("resumes", f"key {what}", [*AGAIN, "--replicates", "40000"], 2, "", new=())
    shutil.rmtree("k.h5.checkpoint")
    open("k.h5.checkpoint", "w").write("a file")
    attack("resumes", "a file in place of the folder", [*AGAIN, "--replicates", "40000"], (2, 4), "k.h5.checkpoint")
    os.remove("k.h5.checkpoint")
    os.symlink("loop", "k.h5.checkpoint")
    attack("resumes", "a loop in place of the folder", [*AGAIN, "--replicates", "40000"], (2, 4), "k.h5.checkpoint")

for name, count in tried.items():
    print(f"{name}: {count} tried, {wrong.count(name)} otherwise than expected")
print(f"{sum(tried.values())} of {sum(made.values())} inputs, {len(wrong)} otherwise than expected")
if "-v" in sys.argv:
    for seconds, kind, what in sorted(slow)[-15:]:
        print(f"{seconds:.1f} s: {kind}: {what}")
shutil.rmtree(home)
sys.exit(1 if wrong else 0)
