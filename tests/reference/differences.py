#!/usr/bin/env python3
"""docs/methods/references.md says what the reference tests print. Arguments: the program, the source folder."""
import pathlib
import subprocess
import sys

program, source = (pathlib.Path(p) for p in sys.argv[1:3])
tests = program.parent / "tests"
if not (tests / "test_reference_shipped_iv").exists():
    print("SKIPPED: the reference tests are not built")
    sys.exit(77)
sys.exit(subprocess.run([source / "bench/reference_table.py", source / "docs/methods/references.md", tests, "--check"]).returncode)
