"""``docs/scenarios.md``: every scenario of a results folder beside its twin, and beside what is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.experiments.batches.library import headlines, signed
from ess_sim.faces.reports.library.texts import key, said
from ess_sim.faces.reports.markdown import made_by, plain, table
from ess_sim.faces.reports.stress_batch import NOT_RECORDED, Batch, counted
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.surroundings.halo import is_closed
from ess_sim.results.comparison.pairing import default_dates
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables
from ess_sim.results.statistics.intervals import FEWEST, half_width

__all__ = ["is_page", "library_page"]


YEARS = (1, 5)
"""After how many years, besides the last day, the page says what the model says."""

_TITLE = "# The scenarios, and what the model says of them"

HEADLINE = "share_without_mt"
_CLOSED = (
    "*The territory is closed*: no one crosses its border. What a policy adds in places stays inside, so that the "
    "effect of centres and GPs is too large (by a third or more around Laval, fourfold for an SMP in a dense suburb); "
    "that of policies which only help residents to a place may be too small, as none can be taken from neighbours "
    "([limits](limits.md), 8)."
)
LEFT_OUT = ("gap_precarious", "share_without_mt_ald", "worst_decile_zones")


def is_page(path: Path) -> bool:
    """Whether a file is a page that `library_page` made, which another may replace."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.readline(200).strip() == _TITLE.encode()
    except OSError:
        return False


@checked
def library_page(path: Path | str, replications: int | None = None, *, command: str = "ess-sim library --write") -> str:
    """The page of a folder of scenarios and their twins.

    Parameters
    ----------
    path : path
        A results folder that ``ess-sim library`` (`ess_sim.run_experiment`) wrote.
    replications : int, optional
        Only the first so many of each scenario, where the folder holds more.
    command : str
        What makes the page, to be named in it.

    Returns
    -------
    str
        Markdown: for each scenario its title, question and published figures, and what the model says.

    Raises
    ------
    ResultsError
        If it is not a results folder, is of another version, or holds no finished run.
    """
    batch = Batch.read(Path(path), replications)
    results = batch.results
    found = headlines(results, results.baselines, outcomes=(HEADLINE, *LEFT_OUT), years=YEARS)
    by_scenario = {str(name): part for name, part in found.groupby("scenario")}
    n, m = len(results.replications), len(results.scenarios)
    software = "; ".join(batch.executions) or f"ess_sim {batch.manifest['ess_sim']}; the rest is {NOT_RECORDED}"
    lines = [
        _TITLE,
        "",
        *made_by(
            command,
            batch.manifest["results_version"],
            f"{counted(m, 'scenario')}, {counted(n, 'replication')} of each ({n * m:,} runs), "
            f"root seed {results.seed}; {plain(software)}",
        ),
    ]
    families = [
        (plain(in_language(batch.scenario(names[0])["title"]) or names[0]), names) for names in _families(results)
    ]
    lines += [f"- [{title}](#{names[0]}): {counted(len(names), 'scenario')}" for title, names in families]
    lines += ["", *key(n, YEARS)]
    lists = _lists(results)
    for title, names in families:
        lines += ["", f"## {title}", ""]
        if is_closed(batch.scenario(names[0])["territory"]):
            lines += [_CLOSED, ""]
        lines += _overview(batch, names, by_scenario)
        for name in names:
            lines += ["", *_section(batch, name, by_scenario[name], lists)]
    return "\n".join(lines) + "\n"


def _families(results: Results) -> list[list[str]]:
    """Scenarios that have one at the end of their twins, which comes first: each after its twin, else in order."""
    twins = results.baselines
    after: dict[str, list[str]] = {}
    for name in results.scenarios:
        after.setdefault(twins.get(name, ""), []).append(name)

    def family(name: str) -> Iterator[str]:
        yield name
        for other in after.get(name, []):
            yield from family(other)

    return [list(family(root)) for root in after[""]]


def _overview(batch: Batch, names: list[str], by_scenario: dict[str, pd.DataFrame]) -> Iterator[str]:
    """A table of scenarios on their last day."""
    short = ("precarious minus others, pp", "with ALD, pp", "worst tenth of zones, pp")
    head = ["scenario", "twin", "last day", "without MT, %", "difference, pp", *short]

    def row(name: str) -> Iterator[str]:
        part = by_scenario[name]
        end = part[part["date"] == part["date"].max()].set_index("outcome")
        first: Any = end.loc[HEADLINE]
        yield f"{_link(name)}: {plain(in_language(batch.scenario(name)['title']) or name)}"
        yield _link(first["twin"]) if first["twin"] else "–"
        yield f"{first['date']:%Y-%m-%d}"
        yield _level(first)
        for outcome in (HEADLINE, *LEFT_OUT):
            yield _difference(end.loc[outcome])

    return table(head, map(row, names))


def _section(batch: Batch, name: str, part: pd.DataFrame, lists: dict[str, pd.DataFrame]) -> Iterator[str]:
    yield from said(batch.scenario(name), batch.entry(name)["digest"])
    yield ""
    rows = [row for _, row in part[part["outcome"] == HEADLINE].iterrows()]
    start = pd.Timestamp(batch.scenario(name)["start"])
    yield from table(["", *(_when(row["date"], start, last=row is rows[-1]) for row in rows)], _rows(rows, lists[name]))


def _rows(rows: list[pd.Series[Any]], lists: pd.DataFrame) -> Iterator[Iterable[str]]:
    unit = OUTCOMES[HEADLINE]
    yield ["without MT", *(_level(row, f" {unit.unit_of_level}") for row in rows)]
    if twin := rows[0]["twin"]:
        yield [f"difference from {_link(twin)}", *(_difference(row, f" {unit.unit_of_difference}") for row in rows)]
    if len(lists):
        yield ["adults on the lists of centres (centres open)", *(_on_lists(lists, row["date"]) for row in rows)]


def _lists(results: Results) -> dict[str, pd.DataFrame]:
    """Adults on the lists of centres and number of centres, for each scenario by date and replication."""
    days = {name: default_dates(results.recorded(name), YEARS) for name in results.scenarios}

    def of_run(run: RunTables) -> pd.DataFrame:
        providers = run.table("providers")
        there = providers[(providers["kind"] == "centre") & providers["date"].isin(days[run.name])]
        sums = there.groupby("date")["list"].agg(["sum", "size"])
        return sums.reindex(days[run.name], fill_value=0).rename_axis("date").reset_index()

    found = results.each(of_run)
    each = {str(name): part for name, part in found.groupby("scenario", observed=True)}
    return {name: part if part["size"].any() else part.iloc[:0] for name, part in each.items()}


def _on_lists(lists: pd.DataFrame, day: pd.Timestamp) -> str:
    here = lists[lists["date"] == day].groupby("replication")[["sum", "size"]].mean()
    mean, half = float(here["sum"].mean()), float(half_width(here["sum"].to_numpy(float)))
    interval = ""
    if len(here) >= FEWEST and np.isfinite(half) and mean > 0:
        interval = f" [{max(0.0, mean - half):,.0f}, {mean + half:,.0f}]"
    return f"{mean:,.0f}{interval} ({here['size'].mean():.3g})"


def _when(day: pd.Timestamp, start: pd.Timestamp, *, last: bool) -> str:
    years = round((day - start).days / DAYS_PER_YEAR)
    return f"{day:%Y-%m-%d} ({'last day' if last else counted(years, 'year')})"


def _link(name: str) -> str:
    return f"[{name}](#{name})"


def _level(row: Any, unit: str = "") -> str:
    interval = f" [{row['level_low']:.1f}, {row['level_high']:.1f}]" if row["n"] >= FEWEST else ""
    return f"{row['level']:.1f}{unit}{interval}"


def _difference(row: Any, unit: str = "") -> str:
    text = signed(row["difference"], row["low"], row["high"], interval=row["n"] >= FEWEST).strip("()")
    number, bracket, limits = text.partition(" [")
    return f"{number}{unit if number[-1].isdigit() else ''}{bracket}{limits}"
