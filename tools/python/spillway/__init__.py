"""Spillway from Python: run a configuration, read a result as labelled data.

A thin client. The program `spillway` does the work; its files and its `--json` and `--log` are the interface, so the
numbers here are the program's own.

    import spillway

    run = spillway.run("my.toml", share=0.25)      # any parameter of a scenario by its name
    run.groups("lad")                              # DataFrame: quantiles by authority, with units
    run.areas("wealth_fund")                       # DataFrame by area code, to join with a map
    run.draws("wealth_fund", grouping="region")    # xarray: draw x period x group
    spillway.estimate("my.toml").tidy()            # coefficients, one row each
"""

from .errors import Fault, InputFault, Interrupted, NumbersFailed, ProgramNotFound, SpillwayError, WorldFailed
from .program import find_program, version
from .result import Run, open_run
from .work import Estimates, estimate, init, pack, run, synth

__version__ = "0.2.0"
__all__ = [
    "Estimates", "Fault", "InputFault", "Interrupted", "NumbersFailed", "ProgramNotFound", "Run", "SpillwayError",
    "WorldFailed", "estimate", "find_program", "init", "open_run", "pack", "run", "synth", "version",
]
