"""Finding and calling the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Iterable, Mapping

from .errors import Fault, InputFault, ProgramNotFound, error_for


def find_program(program: str | os.PathLike | None = None) -> str:
    """The program to call: `program`, else $SPILLWAY, else `spillway` on the PATH, else ./build/spillway.

    Raises ProgramNotFound, which says how to get it.
    """
    tried = []
    for place, candidate in (("program=", program), ("$SPILLWAY", os.environ.get("SPILLWAY"))):
        if candidate:
            found = shutil.which(str(candidate))
            if found:
                return found
            raise ProgramNotFound(f"{place} names '{candidate}', which is no program that can be run")
    for candidate in ("spillway", "./build/spillway"):
        found = shutil.which(candidate)
        if found:
            return os.path.abspath(found)
        tried.append(candidate)
    raise ProgramNotFound(
        f"no program found (tried {', '.join(tried)}); build it with ./tools/run in a clone of Spillway, then put its "
        "build folder on the PATH, set the environment variable SPILLWAY, or give program="
    )


def version(program: str | os.PathLike | None = None) -> str:
    """What `spillway --version` says."""
    return subprocess.run([find_program(program), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _as_toml(value) -> str:
    """A value as --set takes it; numpy's and pandas' as what they hold."""
    if hasattr(value, "tolist"):
        # A number of single precision is the one that it is written as.
        value = float(str(value)) if getattr(value, "shape", None) == () and value.dtype.kind == "f" else value.tolist()
    if value is None:
        raise InputFault("None is no value of a setting; leave the setting out")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_quoted(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_quoted(v)}" for key, v in value.items()) + " }"
    # A word stands as it is; one of several lines would be no TOML.
    return _quoted(value) if isinstance(value, str) and "\n" in value else str(value)


def _quoted(value) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _as_toml(value)


def as_settings(settings: Mapping[str, object] | None) -> dict[str, object]:
    """The settings as a dict, or what should stand in their place."""
    if settings is not None and not isinstance(settings, Mapping):
        raise InputFault(f"settings is {type(settings).__name__} (expected a dict of dotted keys: {{'outcomes.horizon': 3}})")
    return dict(settings or {})


def set_flags(settings: Mapping[str, object]) -> list[str]:
    """`--set key=value` for every setting; keys are dotted paths."""
    flags: list[str] = []
    for key, value in settings.items():
        flags += ["--set", f"{key}={_as_toml(value)}"]
    return flags


def call(
    command: Iterable[str],
    *,
    program: str | os.PathLike | None = None,
    takes_json: bool = False,
    progress: bool | None = None,
    cwd: str | os.PathLike | None = None,
) -> tuple[str, dict | None]:
    """Call the program; its standard output and, where it `takes_json`, what it wrote as JSON.

    `progress`: show its progress lines (default: where a person looks, that is on a terminal or in a notebook).
    Raises SpillwayError's children with the program's own faults.
    """
    words = [find_program(program), *command]
    if progress is None:
        progress = sys.stderr.isatty() or "ipykernel" in sys.modules
    with tempfile.TemporaryDirectory(prefix="spillway-") as folder:
        written = Path(folder) / "out.json"
        if takes_json:
            words += ["--json", str(written)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
        messages: list[str] = []

        def listen() -> None:
            for line in process.stderr:
                messages.append(line)
                if progress and not line.startswith("spillway: "):
                    print(line, end="", file=sys.stderr, flush=True)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            output = process.stdout.read()
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        finally:
            listener.join(timeout=5)
        document = None
        if takes_json and written.exists() and written.stat().st_size:
            document = json.loads(written.read_text(encoding="utf-8"))
        if process.returncode != 0:
            faults = [Fault(**{k: f[k] for k in ("what", "file", "line", "column", "value") if k in f})
                      for f in (document or {}).get("faults", [])]
            text = "".join(messages).strip()
            at = text.find("spillway: ")
            raise error_for(process.returncode, text[at + len("spillway: "):] if at >= 0 else text, faults)
        return output, document
