"""A result file as labelled data."""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Sequence

import h5py
import numpy as np
import pandas as pd

from .errors import InputFault, WorldFailed
from .program import call

LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)


def open_run(path: str | os.PathLike, *, program: str | os.PathLike | None = None) -> "Run":
    """Open a result file of `spillway run`. Raises WorldFailed where it is absent or not complete."""
    return Run(path, program=program)


def _texts(dataset: h5py.Dataset) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in dataset[()]]


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class Run:
    """One result. Every table carries its unit in `.attrs["unit"]` (and by column in `.attrs["units"]`)."""

    def __init__(self, path: str | os.PathLike, *, program: str | os.PathLike | None = None):
        self.path = Path(path)
        self.program = program
        self.summary = ""       #: what `run` printed, where this came from `spillway.run`
        self.document: dict = {}  #: what `run --json` wrote
        if not self.path.is_file():
            raise WorldFailed(f"there is no result file '{self.path}' (check its path; spillway.run(...) writes one)")
        try:
            with h5py.File(self.path, "r") as file:
                if "run" not in file or int(file["run"].attrs.get("complete", 0)) != 1:
                    raise WorldFailed(f"'{self.path}' is no complete result of spillway run")
                self.name = _text(file["run"].attrs["name"])
                self.config = _text(file["run/config"][()])
        except OSError as error:
            if not h5py.is_hdf5(self.path):
                raise InputFault(f"'{self.path}' is not an HDF5 file (a result of spillway.run is one; a configuration goes to spillway.run)") from error
            raise WorldFailed(f"'{self.path}' cannot be read: {error}") from error

    def __repr__(self) -> str:
        return f"<spillway.Run '{self.name}' in {self.path}: {', '.join(self.scenarios())}>"

    # What there is.

    def scenarios(self) -> list[str]:
        """Names of the scenarios, as the file holds them."""
        with h5py.File(self.path, "r") as file:
            return list(file.get("scenarios", {}))

    def outcomes(self, scenario: str | None = None) -> list[str]:
        """Outcomes that are kept by group."""
        with h5py.File(self.path, "r") as file:
            return list(file[self._aggregate(file, scenario)])

    def groupings(self, scenario: str | None = None) -> list[str]:
        """Groupings: nation, region, ..."""
        with h5py.File(self.path, "r") as file:
            at = file[self._aggregate(file, scenario)]
            return list(at[next(iter(at))])

    # Tables.

    def groups(self, grouping: str = "nation", *, scenario: str | Sequence[str] | None = None, outcome: str | None = None,
               levels: Sequence[float] = LEVELS) -> pd.DataFrame:
        """Quantiles over draws by group, in the last period; one row a scenario, outcome and group.

        Columns: scenario, outcome, group, name (what the pack calls a group whose label is a code), p5 ..., mean,
        probability_positive (the share of draws above zero), probability_better (on the better side: the other side where
        lower is better), unit. Quantiles are type 7 of Hyndman & Fan (1996) over the stored draws, as in the program's
        tables. A run that kept no draws of the grouping (store.keep) has the quantiles of its configuration alone; other
        levels and the mean are NaN.
        """
        rows = []
        for level in levels:
            if not 0 <= level <= 1:
                raise InputFault(f"levels: {level!r} is no share (expected numbers from 0 to 1, 0.05 for 5 %)")
        with h5py.File(self.path, "r") as file:
            names = [scenario] if isinstance(scenario, str) else list(scenario) if scenario else list(file.get("scenarios", {}))
            known_as = self._names_of_codes(file)
            for name in names:
                at = file[self._aggregate(file, name)]
                for key in [self._choice(outcome, list(at), "outcome")] if outcome else list(at):
                    here = at[key]
                    group = here[self._choice(grouping, list(here), "grouping")]
                    if "value" not in group:
                        rows += self._kept_quantiles(file, name, key, group, levels)
                        continue
                    last = group["value"][:, -1, :]
                    for k, label in enumerate(_texts(group["group"])):
                        draws = last[:, k].astype(float)
                        draws = draws[np.isfinite(draws)]
                        row = {"scenario": name, "outcome": key, "group": label, "name": known_as.get(label, label)}
                        quantiles = np.quantile(draws, levels) if len(draws) else [np.nan] * len(levels)
                        row.update({f"p{100 * level:g}": q for level, q in zip(levels, quantiles)})
                        row["mean"] = draws.mean() if len(draws) else np.nan
                        row["probability_positive"] = float((draws > 0).mean()) if len(draws) else np.nan
                        row["probability_better"] = float((self._sign(file, name) * draws > 0).mean()) if len(draws) else np.nan
                        row["unit"] = _text(group["value"].attrs["units"])
                        rows.append(row)
        frame = pd.DataFrame(rows)
        units = set(frame["unit"]) if len(frame) else set()
        frame.attrs["unit"] = units.pop() if len(units) == 1 else "by row, in column 'unit'"
        return frame

    def areas(self, scenario: str | None = None, outcome: str | None = None, *, columns: bool = True) -> pd.DataFrame:
        """One row an area, by area code: quantiles (p5 ...), mean, sd, probability_better, probability_positive of the outcome; `columns`: the
        pack's own columns too. Join it with a geopandas frame on the index."""
        with h5py.File(self.path, "r") as file:
            self._need(file, "areas/area_code", "areas")
            codes = _texts(file["areas/area_code"])
            frame = pd.DataFrame(index=pd.Index(codes, name="area_code"))
            units: dict[str, str] = {}
            if columns:
                own = {}
                for name, dataset in file["areas"].items():
                    if name != "area_code" and isinstance(dataset, h5py.Dataset) and dataset.shape == (len(codes),):
                        own[name] = _texts(dataset) if dataset.dtype.kind in "OS" else dataset[()]
                        units[name] = _text(dataset.attrs.get("units", "1"))
                frame = pd.DataFrame(own, index=frame.index)
            name = self._scenario(file, scenario)
            self._need(file, f"scenarios/{name}/area", "outcomes by area")
            at = file[f"scenarios/{name}/area"]
            key = self._choice(outcome, list(at), "outcome") if outcome else next(iter(at))
            here, unit = at[key], _text(at[key]["mean"].attrs["units"])
            level = here["level"][()] if "level" in here else np.array(LEVELS)
            added = {f"p{100 * l:g}": here["quantile"][k] for k, l in enumerate(level)}
            added.update({c: here[c][()] for c in ("mean", "sd")})
            added.update(self._shares(file, name, here))
            frame = frame.assign(**added)
            units.update({c: "1" if c.startswith("probability_") else unit for c in added})
            frame.attrs.update(unit=unit, units=units, scenario=name, outcome=key)
            return frame

    def draws(self, scenario: str | None = None, outcome: str | None = None, grouping: str = "nation"):
        """Every draw of a grouping: xarray.DataArray draw x period x group, with its unit in attrs."""
        import xarray

        with h5py.File(self.path, "r") as file:
            name = self._scenario(file, scenario)
            at = file[self._aggregate(file, name)]
            key = self._choice(outcome, list(at), "outcome") if outcome else next(iter(at))
            group = at[key][self._choice(grouping, list(at[key]), "grouping")]
            self._need(group, "value", f"draws of {key} by {grouping}")
            return xarray.DataArray(
                group["value"][()],
                dims=("draw", "period", "group"),
                coords={"period": group["period"][()], "group": _texts(group["group"])},
                name=key,
                attrs={"units": _text(group["value"].attrs["units"]), "scenario": name, "grouping": grouping},
            )

    def parameters(self, scenario: str | None = None) -> pd.DataFrame:
        """The lever's sampled parameters, one row a draw."""
        with h5py.File(self.path, "r") as file:
            at = file[f"scenarios/{self._scenario(file, scenario)}/parameters"]
            return pd.DataFrame(at["value"][()], columns=_texts(at["parameter"]))

    def joint_draws(self) -> pd.DataFrame:
        """The joint replicates of every estimate that feeds a scenario, one row a replicate; `status` 0 is a good one."""
        with h5py.File(self.path, "r") as file:
            self._need(file, "draws/value", "replicates of the estimates")
            frame = pd.DataFrame(file["draws/value"][()], columns=_texts(file["draws/parameter"]))
            frame.insert(0, "status", file["draws/status"][()])
            return frame

    def estimates(self) -> pd.DataFrame:
        """Coefficients of every model and estimator, one row each."""
        rows = []
        with h5py.File(self.path, "r") as file:
            for model, estimators in file["estimates"].items():
                for estimator, at in estimators.items():
                    if estimator == "cells" or "coefficient" not in at:
                        continue
                    for k, term in enumerate(_texts(at["coefficient"])):
                        rows.append({"model": model, "estimator": estimator, "term": term, "estimate": at["estimate"][k],
                                     "std_error": at["standard_error"][k], "conf_low": at["low"][k], "conf_high": at["high"][k],
                                     "unit": _text(at.attrs.get("outcome_unit", ""))})
        return pd.DataFrame(rows)

    # What the program makes of it.

    def report(self, output: str | os.PathLike | None = None) -> Path:
        """Write the offline page; its path."""
        output = Path(output) if output else self.path.with_suffix(".html")
        call(["report", str(self.path), "--output", str(output)], program=self.program)
        return output

    def table(self, what: str, format: str = "markdown") -> str:
        """A table as the program prints it: `what` is "estimates" or a grouping; format: terminal, csv, latex, markdown, json."""
        return call(["table", str(self.path), what, "--format", format], program=self.program)[0]

    def tables(self, what: str) -> dict[str, pd.DataFrame]:
        """The program's own tables by title: `what` is "outcomes", "appraisal", "winners", "area_split" or a grouping."""
        if what in ("estimates", "sets"):
            raise InputFault(f"'{what}' is no table of rows alone (use estimates(), or table('{what}', 'json'))")
        found = json.loads(self.table(what, "json"))
        return {one["title"]: pd.DataFrame(one["rows"]) for one in (found if isinstance(found, list) else [found])}

    def verify(self) -> bool:
        """True where every byte is as it was written. Raises with what is not."""
        call(["inspect", str(self.path), "--verify"], program=self.program)
        return True

    # What a slim run left out.

    def _need(self, at: h5py.Group, path: str, what: str) -> None:
        if path in at:
            return
        keep = _text(at.file["run"].attrs.get("keep", "full"))
        raise InputFault(f"{self.path} holds no {what}" + (f": its run kept store.keep = \"{keep}\" (run its configuration again with "
                         "store.keep=full)" if keep != "full" else ""))

    @staticmethod
    def _kept_quantiles(file: h5py.File, scenario: str, outcome: str, group: h5py.Group, levels: Sequence[float]) -> list[dict]:
        kept, quantile = group["level"][()], group["quantile"][()]
        unit = _text(group["quantile"].attrs["units"])
        shares = Run._shares(file, scenario, group)
        rows = []
        for k, label in enumerate(_texts(group["group"])):
            row = {"scenario": scenario, "outcome": outcome, "group": label, "name": label}
            for level in levels:
                at = np.flatnonzero(np.isclose(kept, level))
                row[f"p{100 * level:g}"] = quantile[at[0], k] if len(at) else np.nan
            row.update(mean=np.nan, **{name: float(share[k]) for name, share in shares.items()}, unit=unit)
            rows.append(row)
        return rows

    @staticmethod
    def _sign(file: h5py.File, scenario: str) -> int:
        """+1 where more of the outcome is better, -1 where less is."""
        return 1 if _text(file[f"scenarios/{scenario}"].attrs.get("better", "higher")) == "higher" else -1

    @staticmethod
    def _shares(file: h5py.File, scenario: str, at: h5py.Group) -> dict[str, np.ndarray]:
        """probability_positive and probability_better as stored. Before format 1.3 the first held the second."""
        stored = at["probability_positive"][()]
        if "probability_better" in at:
            return {"probability_positive": stored, "probability_better": at["probability_better"][()]}
        higher = Run._sign(file, scenario) > 0
        return {"probability_positive": stored if higher else np.full(len(stored), np.nan), "probability_better": stored}

    # Names.

    @staticmethod
    def _names_of_codes(file: h5py.File) -> dict[str, str]:
        """Names of codes, from the pack's pairs of columns: region_code and region_name, ..."""
        known: dict[str, str] = {}
        for code in file["areas"]:
            name = code.removesuffix("_code") + "_name"
            if code.endswith("_code") and code != "area_code" and name in file["areas"]:
                known.update({c: n for c, n in zip(_texts(file["areas"][code]), _texts(file["areas"][name])) if c and n})
        return known

    def _choice(self, name: str, among: list[str], what: str) -> str:
        if name in among:
            return name
        near = difflib.get_close_matches(name, among, 1)
        meant = f" (did you mean '{near[0]}'?)" if near else ""
        raise InputFault(f"no {what} '{name}' in {self.path}{meant}; there are: {', '.join(among)}")

    def _scenario(self, file: h5py.File, name: str | None) -> str:
        names = list(file.get("scenarios", {}))
        if name is not None:
            return self._choice(name, names, "scenario")
        if len(names) == 1:
            return names[0]
        raise InputFault(f"{self.path} has the scenarios {', '.join(names) or '(none)'}: say which")

    def _aggregate(self, file: h5py.File, name: str | None) -> str:
        names = list(file.get("scenarios", {}))
        if name is None and names:
            name = names[0]
        return f"scenarios/{self._choice(name or '', names, 'scenario')}/aggregate"
