"""What the program does, as functions."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Mapping

import pandas as pd

from .errors import Fault, InputFault
from .program import as_settings, call, set_flags
from .result import Run, open_run

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    tomllib = None


def _scenarios_with(config: str | os.PathLike, parameter: str) -> list[str]:
    """Scenarios of the configuration, by the order in which they stand."""
    if not Path(config).is_file():
        raise InputFault(f"there is no configuration '{config}'")
    whole = Path(config).read_bytes()
    text = open_run(config).config if whole.startswith(b"\x89HDF\r\n\x1a\n") else whole.decode("utf-8", errors="replace")
    if tomllib is not None:
        try:
            return [str(s.get("name", "")) for s in tomllib.loads(text).get("scenario", []) if parameter in s.get("parameters", {})] or [
                str(s.get("name", "")) for s in tomllib.loads(text).get("scenario", [])]
        except tomllib.TOMLDecodeError:
            return []  # the program says what is wrong, with its line
    return re.findall(r'(?m)^\[\[scenario\]\]\s*(?:#.*)?\n(?:\s*#.*\n|\s*\n)*name\s*=\s*"([^"]+)"', text)


def _settings(config: str | os.PathLike, settings: Mapping[str, object] | None, parameters: Mapping[str, object], scenario: str | None) -> dict:
    """Dotted keys of --set: `settings` as they are, parameters as those of a scenario."""
    result = as_settings(settings)
    for name, value in parameters.items():
        names = [scenario] if scenario else _scenarios_with(config, name)
        if len(names) != 1:
            what = f"'{name}' could be a parameter of any of the scenarios {', '.join(names)}" if names else "the configuration has no scenario"
            raise InputFault(f"{what}; say scenario=, or settings={{'scenario.NAME.parameters.{name}': ...}}",
                             [Fault(what=what, file=str(config), column=name, value=str(value))])
        result[f"scenario.{names[0]}.parameters.{name}"] = value
    return result


def _common(data, seed, replicates, draws, threads, settings) -> list[str]:
    flags: list[str] = []
    for flag, value in (("--data", data), ("--seed", seed), ("--replicates", replicates), ("--draws", draws), ("--threads", threads)):
        if value is not None:
            flags += [flag, str(value)]
    return flags + set_flags(settings)


def run(
    config: str | os.PathLike,
    *,
    data: str | os.PathLike | None = None,
    output: str | os.PathLike | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    draws: int | None = None,
    threads: int | None = None,
    resume: bool = False,
    scenario: str | None = None,
    settings: Mapping[str, object] | None = None,
    program: str | os.PathLike | None = None,
    progress: bool | None = None,
    **parameters,
) -> Run:
    """Estimate, draw, simulate, store; the result, open for reading.

    config: a TOML configuration (`spillway.init` writes one). data: a pack's folder in place of the configuration's.
    output: the result file; default results/<name>.h5 in the working folder. parameters: parameters of the scenario
    (`share=0.25`), of `scenario` where there are several. settings: any other key by its dotted path
    (`{"outcomes.horizon": 5}`). Raises InputFault, NumbersFailed, WorldFailed, Interrupted with the program's words.
    """
    words = ["run", str(config), *_common(data, seed, replicates, draws, threads, _settings(config, settings, parameters, scenario))]
    if output is not None:
        words += ["--output", str(output)]
    if resume:
        words.append("--resume")
    text, document = call(words, program=program, takes_json=True, progress=progress)
    result = open_run(document["file"], program=program)
    result.summary = text
    result.document = document
    return result


class Estimates:
    """Estimates of every model and estimator, as `estimate --json` writes them (`document`)."""

    def __init__(self, document: dict, text: str = ""):
        self.document = document
        self.text = text

    def tidy(self) -> pd.DataFrame:
        """One row a coefficient: model, estimator, term, estimate, std_error, conf_low, conf_high (NaN: unbounded or none)."""
        rows = [
            {"model": m["name"], "estimator": m["estimator"], "term": c["name"], "estimate": c["estimate"],
             "std_error": c["standard_error"], "conf_low": c["low"], "conf_high": c["high"],
             "interval": m["interval"]["method"], "level": m["interval"]["level"], "unit": m.get("outcome_unit", "")}
            for m in self.document["models"] for c in m["coefficients"]
        ]
        frame = pd.DataFrame(rows)
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            frame[column] = pd.to_numeric(frame[column])
        return frame

    def glance(self) -> pd.DataFrame:
        """One row a model and estimator: observations, areas, clusters and every diagnostic."""
        return pd.DataFrame([
            {"model": m["name"], "estimator": m["estimator"], "kind": m["kind"], "observations": m["observations"],
             "areas": m["areas"], "clusters": m["clusters"], "refused": m.get("refused", False),
             **{name: value for name, value in m["diagnostics"].items() if not isinstance(value, list)}}
            for m in self.document["models"]
        ])

    def warnings(self) -> list[str]:
        """Every warning, with its model and estimator."""
        return [f"{m['name']}/{m['estimator']}: {text}" for m in self.document["models"] for text in m.get("warnings", [])]

    def __repr__(self) -> str:
        return self.text or repr(self.tidy())


def estimate(
    config: str | os.PathLike,
    *,
    data: str | os.PathLike | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    settings: Mapping[str, object] | None = None,
    program: str | os.PathLike | None = None,
    progress: bool | None = None,
) -> Estimates:
    """Estimate the models of a configuration and stop there. Arguments and errors as for `run`."""
    words = ["estimate", str(config), *_common(data, seed, replicates, None, threads, as_settings(settings))]
    text, document = call(words, program=program, takes_json=True, progress=progress)
    return Estimates(document, text)


def init(output: str | os.PathLike, *, program: str | os.PathLike | None = None) -> Path:
    """Write a configuration that explains every key."""
    call(["init", "--output", str(output)], program=program)
    return Path(output)


def synth(output: str | os.PathLike, *, areas: int | None = None, seed: int | None = None, program: str | os.PathLike | None = None) -> Path:
    """Write the synthetic England as a data pack; its folder."""
    words = ["synth", "--output", str(output)]
    for flag, value in (("--areas", areas), ("--seed", seed)):
        if value is not None:
            words += [flag, str(value)]
    call(words, program=program)
    return Path(output)


def pack(recipe: str | os.PathLike, *, data: str | os.PathLike, output: str | os.PathLike, program: str | os.PathLike | None = None) -> Path:
    """Build a data pack from published tables by a recipe; its folder."""
    call(["pack", str(recipe), "--data", str(data), "--output", str(output)], program=program)
    return Path(output)
