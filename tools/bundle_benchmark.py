"""Puts a finished benchmark into the package: `python tools/bundle_benchmark.py FOLDER` (as --out named it)."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import pandas as pd

from ess_sim.analysis.benchmark.benchmark import BUDGET, DOSES, LEAGUE
from ess_sim.results.storage.files.manifests import read_manifest

TARGET = Path(__file__).resolve().parents[1] / "ess_sim" / "data" / "benchmark"
DIGITS = 6
"""Of each number: more than chance leaves sure."""


def main() -> None:
    """Reads, rounds and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    manifest = read_manifest(folder / "runs" / "manifest.json")
    if not manifest["complete"]:
        parser.error(f"{folder}: the benchmark is not complete")
    TARGET.mkdir(exist_ok=True)
    league = pd.read_csv(folder / LEAGUE).to_csv(index=False, lineterminator="\n", float_format=f"%.{DIGITS}g")
    (TARGET / "league.csv.gz").write_bytes(gzip.compress(league.encode(), mtime=0))
    (TARGET / DOSES).write_bytes((folder / DOSES).read_bytes())
    about = {
        "replications": manifest["replications"],
        "seed": manifest["seed"],
        "budget": BUDGET,
        "results_version": manifest["results_version"],
    }
    (TARGET / "about.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
