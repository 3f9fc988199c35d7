"""Compare two folders of values, number by number: compare.py STORED ANEW."""
import csv
import json
import math
import pathlib
import sys

stored, anew = map(pathlib.Path, sys.argv[1:])
worst = 0.0
faults = 0


def compare(where, a, b, scale=0.0):
    global worst, faults
    if isinstance(a, dict):
        for key in a:
            compare(f"{where}/{key}", a[key], b[key])
    elif isinstance(a, list):
        for k, pair in enumerate(zip(a, b)):
            compare(f"{where}[{k}]", *pair)
    elif isinstance(a, float) or isinstance(a, int):
        # p-values near machine noise are compared absolutely
        difference = abs(a - b) / max(abs(a), 1e-12)
        worst = max(worst, difference)
        if not difference <= 1e-6:
            faults += 1
            print(f"{where}: stored {a!r}, anew {b!r}")
    elif a != b:
        print(f"{where}: stored {a!r}, anew {b!r}")


for file in sorted(stored.glob("*.json")):
    compare(file.name, json.loads(file.read_text())["values"], json.loads((anew / file.name).read_text())["values"])
for file in sorted(stored.glob("*.csv")):
    for k, (a, b) in enumerate(zip(csv.reader(open(file)), csv.reader(open(anew / file.name)))):
        for x, y in zip(a, b):
            if k:
                compare(f"{file.name}:{k + 1}", float(x), float(y))
print(f"largest relative difference {worst:.1e}, {faults} above 1e-6")
sys.exit(1 if faults or math.isnan(worst) else 0)
