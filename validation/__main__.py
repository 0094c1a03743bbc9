"""Runs the checks and writes their tables, pictures and report: ``python -m validation [PARTS…] [--out DIR]``.

Exit code 1 if a stated tolerance fails: a miss is reported as a miss, and never tuned away.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

import pandas as pd

from validation.findings import Finding, judge, read_tolerances
from validation.recorded import record, table_of

PARTS = (
    "residents",
    "roads",
    "demography",
    "access",
    "laws",
    "national",
    "openings",
    "laval",
    "agreement",
    "departements",
    "mechanisms",
    "balance",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the parts, write ``findings.csv`` and ``report.md``, and say what failed."""
    parser = argparse.ArgumentParser(prog="python -m validation", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PARTS", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--out", type=Path, default=Path("results/validation"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--record", action="store_true", help="write the findings into validation/checks.csv and docs/")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown part {sorted(unknown)[0]!r}: the parts are {', '.join(PARTS)}")
    tolerances = read_tolerances()
    chosen.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Finding]] = {}
    for part in chosen.parts or PARTS:
        began = time.monotonic()
        print(f"{part} …", file=sys.stderr, flush=True)
        found[part] = importlib.import_module(f"validation.{part}").check(chosen.out, jobs=chosen.jobs)
        print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    table = judge([f for some in found.values() for f in some], tolerances)
    table.to_csv(chosen.out / "findings.csv", index=False)
    said = report(table)
    (chosen.out / "report.md").write_text(said, encoding="utf-8")
    if chosen.record:
        record(found, chosen.out, tolerances)
    print(said)
    return 0 if table["passed"].all() else 1


def report(table: pd.DataFrame) -> str:
    """The findings as a table in Markdown, and how many of them are within their tolerance."""
    missed = int((~table["passed"]).sum())
    return "\n".join([*table_of(table), "", f"{len(table) - missed} of {len(table)} within their tolerance.", ""])


if __name__ == "__main__":
    sys.exit(main())
