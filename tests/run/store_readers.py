#!/usr/bin/python3
"""A result file opens with h5py and, every group of it, with xarray over netCDF4 and over h5netcdf; the examples of
docs/guide/reading-results.md run as they stand there, in Python and, where R has ncdf4 or rhdf5, in R.

Usage: store_readers.py SPILLWAY SOURCE [RUN.h5]    without RUN.h5 the smoke configuration is run first.
Exit 77 (skipped) where h5py, xarray or both engines are missing.
"""
import math
import os
import subprocess
import sys
import tempfile


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(77)


try:
    import h5py
    import xarray
except ImportError as error:
    skip(f"needs python3-h5py and python3-xarray ({error})")


def has(module):
    return subprocess.run([sys.executable, "-c", "import " + module], capture_output=True).returncode == 0


ENGINES = [engine for engine, module in (("netcdf4", "netCDF4"), ("h5netcdf", "h5netcdf")) if has(module)]
if not ENGINES:
    skip("needs python3-netcdf4 or python3-h5netcdf")


def check(condition, what):
    if not condition:
        sys.exit("FAILED: " + what)


def read_with_h5py(path):
    groups = ["/"]
    datasets = 0
    with h5py.File(path, "r") as file:

        def visit(name, node):
            nonlocal datasets
            if isinstance(node, h5py.Group):
                groups.append("/" + name)
                return
            datasets += 1
            node[()]
            check(node.attrs.get("units", "") != "", f"/{name} has no units")
            check(node.attrs.get("long_name", "") != "", f"/{name} has no long_name")
            if h5py.h5ds.is_scale(node.id):
                return
            for axis, dimension in enumerate(node.dims):
                check(len(dimension) == 1, f"axis {axis} of /{name} has no scale")
                check(dimension[0].shape == (node.shape[axis],), f"axis {axis} of /{name} and its scale differ in length")

        file.visititems(visit)
        run = file["run"].attrs
        for name in ("format_version", "spillway_version", "git_commit", "seed", "name", "complete"):
            check(name in run, f"/run has no attribute {name}")
        check(run["complete"] == 1, "complete is not 1")
        check("[run]" in file["run/config"].asstr()[()], "/run/config is not the configuration")
        codes = file["areas/area_code"].asstr()[:]
        check(len(set(codes)) == len(codes), "area codes are not unique")
        check(file["draws/value"].shape == (len(file["draws/status"]), len(file["draws/parameter"])), "shape of the draws")
        for model in file["estimates"].values():
            for name, estimate in model.items():
                if name == "cells":
                    continue
                for k, error in enumerate(estimate["standard_error"][:]):
                    variance = estimate["covariance"][k, k]
                    check(math.isclose(error * error, variance, rel_tol=1e-12), f"standard error of {estimate.name}")
        for scenario in file["scenarios"].values():
            for outcome in scenario.get("area", {}).values():
                quantile = outcome["quantile"][:]
                check((quantile[1:] >= quantile[:-1]).all(), f"quantiles of {outcome.name} are not in order")
                check((outcome["area"].asstr()[:] == codes).all(), f"areas of {outcome.name} are not those of /areas")
    return groups, datasets


def read_with_xarray(path, engine, groups):
    """In a process of its own: h5py, netCDF4 and h5netcdf need not share one HDF5 library."""
    program = """
import sys, xarray
path, engine, groups = sys.argv[1], sys.argv[2], sys.argv[3:]
for group in groups:
    with xarray.open_dataset(path, group=group, engine=engine) as data:
        data.load()
        parts = group.strip("/").split("/")
        if parts[0] == "scenarios" and len(parts) == 4 and parts[2] == "area":
            assert data["quantile"].dims == ("level", "area"), data["quantile"].dims
            code = str(data["area"].values[3])
            assert data["quantile"].sel(area=code, level=0.5).size == 1, code
        if parts[0] == "scenarios" and len(parts) == 5 and parts[2] == "aggregate":
            assert data["value"].dims == ("draw", "period", "group"), data["value"].dims
            assert data["value"].attrs["units"]
            data["value"].quantile([0.05, 0.5, 0.95], dim="draw")
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, path, engine, *groups], capture_output=True, text=True)
    check(done.returncode == 0, f"xarray with {engine}: {done.stderr.strip()}")


def examples(source, language):
    """The fenced blocks of one language."""
    with open(os.path.join(source, "docs", "guide", "reading-results.md"), encoding="utf-8") as page:
        return [block.split("\n", 1)[1] for block in page.read().split("```")[1::2] if block.startswith(language + "\n")]


def run_example(command, text, folder, what):
    done = subprocess.run([*command, text], cwd=folder, capture_output=True, text=True)
    check(done.returncode == 0, f"{what} of docs/guide/reading-results.md: {done.stderr.strip()[-600:]}")
    return done.stdout


def python_examples(source, folder):
    blocks = examples(source, "python")
    check(len(blocks) == 2, f"docs/guide/reading-results.md has {len(blocks)} Python examples, not 2")
    for block in blocks:
        run_example([sys.executable, "-W", "ignore", "-c"], block, folder, "a Python example")


def r_examples(source, folder, path):
    """Those whose package R has; their numbers are h5py's."""
    if subprocess.run(["sh", "-c", "command -v Rscript"], capture_output=True).returncode != 0:
        return []
    read = []
    for block in examples(source, "r"):
        package = block.split("library(")[1].split(")")[0]
        if subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True).returncode != 0:
            continue
        run_example(["Rscript", "-e"], block, folder, f"the {package} example")
        read.append(package)
        value = "scenarios/ring_fence_10/aggregate/uplift/region/value"
        get = {"ncdf4": f"ncvar_get(nc_open('run.h5'), '{value}')", "rhdf5": f"h5read('run.h5', '/{value}')"}[package]
        told = run_example(["Rscript", "-e"], f"library({package}); v <- {get}; cat(sprintf('%.17g', c(dim(v), v[2, 1, 3], sum(v))))", folder, package).split()
        with h5py.File(path) as file:
            array = file[value][:]
        check([int(n) for n in told[:3]] == list(array.shape[::-1]), f"{package} sees the shape {told[:3]}")
        check(float(told[3]) == float(array[2, 0, 1]), f"{package} reads {told[3]}, h5py {array[2, 0, 1]}")
        check(math.isclose(float(told[4]), float(array.sum(dtype="f8")), rel_tol=1e-12), f"{package}'s sum differs")
    return read


def main():
    spillway, source = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 3:
            path = sys.argv[3]
        else:
            path = os.path.join(folder, "run.h5")
            config = os.path.join(source, "configs", "smoke.toml")
            subprocess.run([spillway, "run", config, "--output", path, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        groups, datasets = read_with_h5py(path)
        for engine in ENGINES:
            read_with_xarray(path, engine, groups)
        if len(sys.argv) == 3:  # the examples name the smoke configuration's scenarios
            python_examples(source, folder)
            packages = r_examples(source, folder, path)
            print("R: " + (" and ".join(packages) if packages else "SKIPPED, needs R with ncdf4 or rhdf5"))
        print(f"{len(groups)} groups, {datasets} datasets: h5py, xarray with {' and '.join(ENGINES)}")


main()
