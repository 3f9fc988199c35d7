#!/usr/bin/env bash
# Every mutant of tests/mutants.toml is in its file: code that moved would leave a line that plants nothing.
exec "$2/tests/mutants.py" --check
