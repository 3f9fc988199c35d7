"""The program's exit codes as exceptions, with its own faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input. `line` is 0 where the fault is of the whole file."""

    what: str
    file: str = ""
    line: int = 0
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        column = f"column '{self.column}': " if self.column else ""
        value = f"value '{self.value}': " if self.value else ""
        return place + column + value + self.what


class SpillwayError(Exception):
    """The program did not do what was asked. `exit_code` is its own; `faults` holds what it listed, if anything."""

    exit_code = 1

    def __init__(self, message: str, faults: list[Fault] | None = None):
        self.faults = faults or []
        super().__init__(message)


class InputFault(SpillwayError):
    """Exit code 2: the configuration or the data are at fault; `faults` lists everything found."""

    exit_code = 2


class NumbersFailed(SpillwayError):
    """Exit code 3: not identified, singular, no convergence."""

    exit_code = 3


class WorldFailed(SpillwayError):
    """Exit code 4: disk, memory, permission."""

    exit_code = 4


class Interrupted(SpillwayError):
    """Exit code 130: stopped; `resume=True` goes on from what is kept."""

    exit_code = 130


class ProgramNotFound(SpillwayError):
    """There is no program `spillway` where it was looked for."""


def error_for(exit_code: int, message: str, faults: list[Fault]) -> SpillwayError:
    for kind in (InputFault, NumbersFailed, WorldFailed, Interrupted):
        if kind.exit_code == exit_code:
            return kind(message, faults)
    found = SpillwayError(f"{message} (exit code {exit_code})", faults)
    found.exit_code = exit_code
    return found
