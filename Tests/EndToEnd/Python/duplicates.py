"""Runs the measurement of duplicates, which holds `kindred duplicates` to the recall and precision that it is told."""

import pathlib
import runpy
import sys

folder = pathlib.Path(__file__).resolve().parents[3] / "Benchmarks" / "quality" / "duplicates"
sys.path.insert(0, str(folder))
runpy.run_path(str(folder / "measure.py"), run_name="__main__")
