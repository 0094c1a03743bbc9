"""What the documentation says of the checks, as they were found last: ``python -m validation PARTS --record``.

A part's findings replace its own older ones in ``validation/checks.csv``, each with the results version that they were
measured with, and ``docs/checks.md`` is written from them. Pages of a part end with its tables, below a mark.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.faces.reports import markdown
from ess_sim.results.storage.keys import RESULTS_VERSION
from validation.findings import Finding, judge

ROOT = Path(__file__).resolve().parents[1]
CHECKS = Path(__file__).with_name("checks.csv")
DOCS = ROOT / "docs"
COLUMNS = ("part", "results_version", "id", "simulated", "low", "high", "note")
PAGES = ("departements", "mechanisms", "balance")
"""Parts with a page of their own in the documentation."""
MARK = "<!-- below: written by `python -m validation {part} --record` -->"


def record(found: Mapping[str, Iterable[Finding]], out: Path, tolerances: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes the findings of parts into the table of checks, and renews the pages of documentation."""
    rows = [
        (part, RESULTS_VERSION, f.id, f.simulated, f.low, f.high, f.note) for part, some in found.items() for f in some
    ]
    old = read_checks()
    table = pd.concat([old[~old["part"].isin(list(found))], pd.DataFrame(rows, columns=list(COLUMNS))])
    table.to_csv(CHECKS, index=False, float_format="%.6g")
    (DOCS / "checks.md").write_text(checks_page(read_checks(), tolerances), encoding="utf-8")
    for part in set(PAGES) & set(found):
        page = DOCS / f"{part}.md"
        tail = (out / f"{part}.md").read_text(encoding="utf-8")
        page.write_text(renewed(page.read_text(encoding="utf-8"), part, tail), encoding="utf-8")
        shutil.copyfile(out / f"{part}.png", DOCS / f"{part}.png")


def read_checks() -> pd.DataFrame:
    """The findings of each part when it was last recorded, one row each; columns ``COLUMNS``."""
    if not CHECKS.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.read_csv(CHECKS, keep_default_na=False, na_values={"low": [""], "high": [""], "simulated": ["nan"]})


def renewed(page: str, part: str, tail: str) -> str:
    """A page whose part below the mark is replaced.

    >>> print(renewed("# Head " + MARK.format(part="laws") + " old", "laws", "new").split()[-1])
    new
    """
    head, mark, _ = page.partition(MARK.format(part=part))
    if not mark:
        raise ValueError(f"the page of {part} has no line {MARK.format(part=part)}")
    return f"{head}{mark}\n\n*Measured with results version {RESULTS_VERSION}.*\n\n{tail}"


def checks_page(checks: pd.DataFrame, tolerances: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of all checks, part by part."""
    lines = [
        "# All checks, as they were found last",
        "",
        "Each number is held against a tolerance that was stated, with its reason, before the check ran",
        "([`validation/tolerances.yaml`](../validation/tolerances.yaml)).",
        "What they mean is on [the page of validation](validation.md).",
        "Written by `python -m validation --record`, which also takes the names of parts. A miss stays a miss.",
        "",
        *markdown.table(("part", "results version", "within", "checks"), list(_overview(checks, tolerances))),
        "",
    ]
    for part, some in checks.groupby("part", sort=False):
        lines += [f"## {str(part).capitalize()}", "", *table_of(_judged(some, tolerances)), ""]
    return "\n".join(lines)


def table_of(judged: pd.DataFrame) -> Iterator[str]:
    """Findings that have been judged as a table in Markdown, misses marked."""
    rows = []
    for row in judged.to_dict("records"):
        interval = "" if pd.isna(row["low"]) else f" [{row['low']:.4g}, {row['high']:.4g}]"
        observed = "–" if pd.isna(row["observed"]) else f"{row['observed']:.4g}"
        band = f"{row['accept_low']:.4g} to {row['accept_high']:.4g}"
        verdict = "ok" if row["passed"] else "**miss**"
        what = f"{row['what']} ({row['unit']})"
        rows.append((verdict, what, observed, f"{row['simulated']:.4g}{interval}", band, row["note"]))
    yield from markdown.table(("", "check", "observed", "simulated", "accepted", "how measured"), rows)


def _judged(some: pd.DataFrame, tolerances: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    fields = ["id", "simulated", "low", "high", "note"]
    return judge((Finding(*row) for row in some[fields].itertuples(index=False, name=None)), tolerances)


def _overview(checks: pd.DataFrame, tolerances: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    for part, some in checks.groupby("part", sort=False):
        judged = _judged(some, tolerances)
        version = str(some["results_version"].iloc[0])
        yield f"[{part}](#{part})", version, str(int(judged["passed"].sum())), str(len(judged))
