#!/usr/bin/env python3
"""Every state that a power cut can leave behind, from the recorded system calls of one run.

    power_cuts.py SPILLWAY SOURCE [RESUMED [SUBSETS]]      default 8 states resumed, 6 subsets a cut

The run replaces a former result and keeps a checkpoint. After each of its calls the power is cut: what fsync has not
reached is lost, kept, or kept in part (pages of 4 KiB of data; entries of folders in order, or any of them). What must
hold in each state: at the result's place stand the former result's bytes or the new one's, never a mixture and never
nothing; a sample of the states, spread over the run, is laid out in a folder and resumed: exit 0 and the same numbers.
The way of ALICE (Pillai et al. 2014), with files as pages.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

PAGE = 4096
CALLS = ("openat,write,pwrite64,pwritev,writev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,"
         "unlink,unlinkat,mkdir,mkdirat,rmdir,copy_file_range,close")


class Inode:
    """A file as it is in memory, and as it is on the platter."""

    def __init__(self, durable=b""):
        self.now, self.durable, self.pages, self.resized = bytearray(durable), bytes(durable), set(), False

    def write(self, at, data):
        if len(self.now) < at:
            self.now.extend(bytes(at - len(self.now)))
        self.now[at:at + len(data)] = data
        self.pages.update(range(at // PAGE, (at + max(len(data), 1) - 1) // PAGE + 1))

    def resize(self, size):
        del self.now[size:]
        self.now.extend(bytes(size - len(self.now)))
        self.resized = True

    def sync(self):
        self.durable, self.pages, self.resized = bytes(self.now), set(), False

    def cut(self, keep):
        """keep(page) says whether an unsynced page was written back."""
        kept = [page for page in sorted(self.pages) if keep(page)]
        if len(kept) == len(self.pages):
            return bytes(self.now)
        made = bytearray(self.durable)
        for page in kept:
            data = self.now[page * PAGE:(page + 1) * PAGE]
            if len(made) < page * PAGE + len(data):
                made.extend(bytes(page * PAGE + len(data) - len(made)))
            made[page * PAGE:page * PAGE + len(data)] = data
        return bytes(made)


class World:
    """Folders and files below one root, with what is pending since their last fsync."""

    def __init__(self, root):
        self.root = root
        self.entries = {root: {}}  # folder -> name -> Inode or None for a folder
        self.durable = {root: {}}
        self.pending = []  # of each call, which is kept whole or not: (folder, name, Inode, None: a folder, or "gone")

    def set(self, *changes):
        made = []
        for path, what in changes:
            made.append((*os.path.split(path), what))
            if what is None:
                self.entries.setdefault(path, {})
                self.durable.setdefault(path, {})
        self.apply(self.entries, [made])
        self.pending.append(made)

    def get(self, path):
        folder, name = os.path.split(path)
        return self.entries.get(folder, {}).get(name)

    def apply(self, tables, ops):
        for folder, name, what in (change for op in ops for change in op):
            if what == "gone":
                tables[folder].pop(name, None)
            else:
                tables[folder][name] = what

    def sync_folder(self, folder):
        mine = [op for op in self.pending if op[0][0] == folder]
        self.apply(self.durable, mine)
        self.pending = [op for op in self.pending if op[0][0] != folder]

    def cut(self, ops):
        """{path: Inode, or None for a folder} after a cut that kept these entries."""
        tables = {folder: dict(names) for folder, names in self.durable.items()}
        self.apply(tables, ops)
        left, folders = {}, [self.root]
        while folders:
            folder = folders.pop()
            for name, what in tables.get(folder, {}).items():
                path = os.path.join(folder, name)
                left[path] = what
                if what is None:
                    folders.append(path)
        return left


def calls(trace):
    """(name, arguments as text, result) of each call that returned, unfinished ones joined."""
    open_calls = {}
    for line in trace.read_text().splitlines():
        thread, rest = line.split(None, 1)
        if rest.endswith("<unfinished ...>"):
            open_calls[thread] = rest[:-len("<unfinished ...>")]
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
        if resumed:
            rest = open_calls.pop(thread) + resumed.group(1)
        made = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)", rest)
        if made and int(made.group(3)) >= 0:
            yield made.group(1), made.group(2), int(made.group(3))


def text(quoted):
    return bytes.fromhex(quoted.replace("\\x", ""))


def strings(arguments):
    return [text(one) for one in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', arguments)]


def descriptor(argument):
    return re.match(r"(?:AT_FDCWD|\d+)<([^>]*)>", argument)


def replay(trace, world, root):
    """Yields after every call that changed something below root: what it was."""
    at = {}  # (number, path) -> place in the file

    def below(base, name):
        path = os.path.normpath(os.path.join(base, name.decode()))
        return path if path == root or path.startswith(root + "/") else None

    for name, arguments, result in calls(trace):
        folders = [text(one).decode() for one in re.findall(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>", arguments)]
        first = descriptor(arguments)
        mine = folders[0] if first and folders else None
        number = arguments.split("<")[0] if first else None
        said = None
        if name == "openat":
            path = below(folders[0], strings(arguments)[0])
            at[str(result)] = 0
            if path and "O_CREAT" in arguments and world.get(path) is None:
                world.set((path, Inode()))
                said = "create"
            if path and "O_TRUNC" in arguments and world.get(path):
                world.get(path).resize(0)
                said = "truncate"
        elif name in ("write", "pwrite64"):
            inode = world.get(mine) if mine and mine.startswith(root + "/") else None
            if inode:
                data = strings(arguments)[0]
                if len(data) < result:
                    raise SystemExit("the trace does not hold what was written")
                place = int(arguments.rsplit(",", 1)[1]) if name == "pwrite64" else at.get(number, 0)
                inode.write(place, data[:result])
                if name == "write":
                    at[number] = place + result
                said = name
        elif name in ("writev", "pwritev", "copy_file_range", "link", "linkat"):
            if any(one == root or one.startswith(root + "/") for one in folders):
                raise SystemExit(f"this test does not know {name}; teach it")
        elif name in ("ftruncate", "fallocate"):
            inode = world.get(mine) if mine else None
            if inode:
                numbers = [int(n) for n in re.findall(r", (\d+)", arguments)]
                inode.resize(numbers[0] if name == "ftruncate" else max(len(inode.now), sum(numbers[-2:])))
                said = name
        elif name in ("fsync", "fdatasync") and mine:
            if mine in world.entries:
                world.sync_folder(mine)
                said = "fsync of the folder"
            elif world.get(mine):
                world.get(mine).sync()
                said = "fsync"
        elif name in ("rename", "renameat", "renameat2"):
            old, new = (below((folders or [root])[0], one) for one in strings(arguments))
            if old and new:
                moved, there = world.get(old), world.get(new)
                world.set((new, moved), (old, there if "RENAME_EXCHANGE" in arguments else "gone"))
                said = name
        elif name in ("unlink", "unlinkat", "rmdir"):
            path = below(folders[0] if folders else root, strings(arguments)[0])
            if path:
                world.set((path, "gone"))
                said = "unlink"
        elif name in ("mkdir", "mkdirat"):
            path = below(folders[0] if folders else root, strings(arguments)[0])
            if path:
                world.set((path, None))
                said = "mkdir"
        if said:
            yield said


def traced(folder, root, command):
    """Records the system calls of one command, which must succeed."""
    trace = pathlib.Path(folder) / "trace"
    made = subprocess.run(["strace", "-f", "-y", "-xx", "-s", "40000000", "-e", "trace=" + CALLS, "-e", "signal=none", "-o",
                           str(trace)] + command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        if "ptrace" in made.stderr.lower():
            print("SKIPPED: system calls cannot be traced here")
            sys.exit(77)
        sys.exit(f"FAILED: {command[1]} under strace: {made.stderr}")
    return trace


def cut_everywhere(trace, root, standing, name, new, subsets, wanted, chance):
    """Every cut of a recorded command over the files that stood: prints the count, returns `wanted` whole states."""
    former, result = standing[name], os.path.join(root, name)

    def fresh():
        world = World(root)
        for one, data in standing.items():
            world.durable[root][one] = world.entries[root][one] = Inode(data)
        return world

    # Data alone changes nothing that a reader sees: of its calls every twentieth, of all others each.
    said = list(replay(trace, fresh(), root))
    looked_at = [k for k, call in enumerate(said) if "write" not in call or k % 20 == 0]
    pick_at = {looked_at[k * (len(looked_at) - 1) // max(1, wanted - 1)] for k in range(wanted)}
    world, states, kept_new, picked = fresh(), 0, 0, []
    for cut, call in enumerate(replay(trace, world, root)):
        if cut not in looked_at:
            continue
        pending = list(world.pending)
        choices = [(pending[:k], fate) for k in sorted({0, len(pending)}) for fate in (0, 1)]
        for _ in range(subsets):
            some = pending[:chance.randint(0, len(pending))] if chance.random() < 0.5 else \
                [op for op in pending if chance.random() < 0.5]
            choices.append((some, chance.choice((0.5, 0.9, 0.1))))
        pick = chance.randrange(len(choices)) if cut in pick_at else None
        for number, (ops, fate) in enumerate(choices):
            left = world.cut(ops)

            def written(inode):
                return inode.cut(lambda _: fate == 1 or (fate > 0 and chance.random() < fate))

            states += 1
            if result not in left:
                sys.exit(f"FAILED: after call {cut} ({call}) a cut leaves no {name} where there was one")
            stands = written(left[result])
            if stands not in (former, new):
                sys.exit(f"FAILED: after call {cut} ({call}) a cut leaves a {name} of {len(stands)} bytes that is neither "
                         "the former nor the new one")
            kept_new += stands == new
            if number == pick:
                picked.append((cut, call, {path: inode and written(inode) for path, inode in left.items()}))
    if not 0 < kept_new < states:
        sys.exit(f"FAILED: {kept_new} of {states} states have the new {name}; the trace says too little")
    print(f"{name}: {len(said)} calls, {states} states of a cut: the former in {states - kept_new}, the new one in "
          f"{kept_new}, nothing else")
    return picked


def main():
    spillway, source = sys.argv[1], pathlib.Path(sys.argv[2])
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    subsets = int(sys.argv[4]) if len(sys.argv) > 4 else 6
    for tool in ("strace", "h5diff"):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} is not installed")
            sys.exit(77)
    chance = random.Random(20241)
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(os.path.realpath(folder), "live")
        os.mkdir(root)
        live = pathlib.Path(root)
        run = [spillway, "run", str(source / "configs/smoke.toml"), "--set", "data.synthetic_areas=300", "--replicates",
               "200", "--draws", "100", "--quiet", "--output", "run.h5"]
        subprocess.run(run + ["--seed", "7"], cwd=root, check=True, stdout=subprocess.DEVNULL)
        former = (live / "run.h5").read_bytes()
        trace = traced(folder, root, run + ["--checkpoint", "always"])
        new = (live / "run.h5").read_bytes()
        picked = cut_everywhere(trace, root, {"run.h5": former}, "run.h5", new, subsets, wanted, chance)

        whole = pathlib.Path(folder) / "whole.h5"
        whole.write_bytes(new)
        for cut, call, left in picked:
            again = pathlib.Path(folder) / "again"
            shutil.rmtree(again, ignore_errors=True)
            again.mkdir()
            for path, data in sorted(left.items()):
                place = again / os.path.relpath(path, root)
                if data is None:
                    place.mkdir()
                else:
                    place.write_bytes(data)
            went = subprocess.run(run + ["--resume"], cwd=again, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if went.returncode != 0:
                sys.exit(f"FAILED: the state after call {cut} ({call}) is not resumed: exit {went.returncode}: {went.stderr}")
            for group in ("/estimates", "/draws", "/scenarios"):
                same = subprocess.run(["h5diff", str(whole), str(again / "run.h5"), group], capture_output=True, text=True)
                if same.returncode != 0:
                    sys.exit(f"FAILED: the state after call {cut} ({call}) resumes to other numbers: {same.stdout[:400]}")
        print(f"{len(picked)} states resumed to the same numbers")

        # The other outputs go through one writer: a page and a table stand for them.
        for name, command in {"run.html": ["report", "run.h5"],
                              "run.csv": ["table", "run.h5", "estimates", "--format", "csv", "--output", "run.csv"]}.items():
            (live / name).write_bytes(b"the former one")
            trace = traced(folder, root, [spillway] + command)
            standing = {"run.h5": new, name: b"the former one"}
            cut_everywhere(trace, root, standing, name, (live / name).read_bytes(), subsets, 1, chance)


if __name__ == "__main__":
    main()
