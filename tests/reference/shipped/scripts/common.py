"""What every Python script of this folder shares: the pack, row-standardised W, and how values are written."""
import json
import os
import sys

import numpy as np
import pandas as pd
import scipy

areas = pd.read_csv("pack/areas.csv")
panel = pd.read_csv("pack/panel.csv")
edges = pd.read_csv("pack/edges.csv")
n = len(areas)
number = {code: i for i, code in enumerate(areas.area_code)}
W = np.zeros((n, n))
W[edges["from"].map(number), edges["to"].map(number)] = 1.0  # each pair once in the file
W = np.maximum(W, W.T)
degree = W.sum(axis=1)
W[degree > 0] /= degree[degree > 0, None]


def wide(name):
    """areas x periods of one panel variable."""
    return panel.pivot(index="area_code", columns="period", values=name).loc[areas.area_code].to_numpy()


def design(*columns):
    """Columns of areas with a constant in front."""
    return np.column_stack([np.ones(n)] + [areas[c].to_numpy(float) for c in columns])


def codes(column):
    return pd.factorize(areas[column])[0]


def save(values, file, **versions):
    made = {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__}
    made.update(versions)
    with open(os.path.join("values", file), "w") as out:
        json.dump({"made_by": "scripts/" + file.replace(".json", ".py"), "versions": made, "values": values}, out, indent=2)
        out.write("\n")
