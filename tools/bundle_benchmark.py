"""Puts a finished benchmark into the package: `python tools/bundle_benchmark.py FOLDER` (as --out named it)."""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import pandas as pd

from ess_sim.analysis.benchmark.benchmark import DOSES, LEAGUE
from ess_sim.analysis.benchmark.published import ABOUT
from ess_sim.results.storage.files.manifests import read_manifest

TARGET = Path(__file__).resolve().parents[1] / "ess_sim" / "data" / "benchmark"
DIGITS = 6
"""Of each number: more than chance leaves sure."""


def main(arguments: list[str] | None = None) -> None:
    """Reads, rounds and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    if not read_manifest(folder / "runs" / "manifest.json")["complete"]:
        parser.error(f"{folder}: the benchmark is not complete")
    if not (folder / ABOUT).is_file():
        parser.error(f"{folder}: without {ABOUT}, which ess-sim benchmark --out {folder} writes at its end")
    TARGET.mkdir(exist_ok=True)
    league = pd.read_csv(folder / LEAGUE).to_csv(index=False, lineterminator="\n", float_format=f"%.{DIGITS}g")
    (TARGET / "league.csv.gz").write_bytes(gzip.compress(league.encode(), mtime=0))
    for name in (DOSES, ABOUT):
        (TARGET / name).write_bytes((folder / name).read_bytes())


if __name__ == "__main__":
    main()
