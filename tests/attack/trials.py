"""What the attacks by lists of inputs share: numpy or a skip, a folder of their own, which inputs are tried, what came out otherwise."""
import collections
import os
import sys
import tempfile

try:
    import numpy as np  # noqa: F401
except ImportError:
    debian = "/usr/bin/python3"  # where another one stands before it
    if os.path.exists(debian) and sys.executable != debian:
        os.execv(debian, [debian] + sys.argv)
    print("SKIPPED: no numpy")
    sys.exit(77)

spillway = os.path.abspath(sys.argv[1])
only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
os.chdir(tempfile.mkdtemp())
tried, wrong = collections.Counter(), []
asked = 0


def among(kind, what, mended, every):
    """Whether this input is tried: with --quick those that told something when they were new, and one in `every` of the others."""
    global asked
    asked += 1
    if (only and only != kind) or ("--quick" in sys.argv and asked % every and not any(word in what for word in mended)):
        return False
    tried[kind] += 1
    return True


def judge(kind, what, faults, said):
    if faults:
        wrong.append((kind, what, "; ".join(faults), said if len(said) <= 900 else said[:300] + " ... " + said[-600:]))
    elif "-v" in sys.argv:
        print(f"{kind}: {what}: as it should be: " + said.strip()[:300].replace("\n", " | "))


def write(name, data):
    with open(name, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())
