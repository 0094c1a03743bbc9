"""A comparison in words: the summary, the table of who is left out, the differences within groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.inputs.scenario.outcomes import FAIRNESS, OUTCOMES
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Outcomes, common_dates
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["fairness", "groups", "summary"]


@checked
def summary(
    results: Outcomes,
    *,
    baseline: str | Mapping[str, str] | None = None,
    outcome: str = "share_without_mt",
    dates: Any = None,
) -> pd.DataFrame:
    """One outcome in words, to be printed: level and difference from the baseline, with 95 % intervals.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``scenario``, ``level`` (``14.2 % [13.1, 15.3]``), ``difference`` (``−1.9 pp [−2.3, −1.5]``; – for the
        baseline; ``identical`` where no replication differs). With fewer than five replications an interval says
        little, and the brackets are left out.

    Raises
    ------
    ResultsError
        As `compare`.
    """
    found = levels(results, outcomes=outcome, dates=dates)
    table = found[["date", "scenario"]].copy()
    rows = _rows(found.rename(columns={"mean": "mean_"}))
    table["level"] = [_worded(row.mean_, row.low, row.high, row.unit, n=row.n) for row in rows]
    table["difference"] = "–"
    if baseline is not None and len(results.scenarios) > 1:
        paired = compare(results, baseline=baseline, outcomes=outcome, dates=dates)
        words = {(row.scenario, row.date): _difference(row) for row in _rows(paired)}
        keys = zip(table["scenario"], table["date"], strict=True)
        table["difference"] = [words.get(key, "–") for key in keys]
    return table.sort_values("date", kind="stable", ignore_index=True)


@checked
def fairness(results: Outcomes, *, baseline: str | Mapping[str, str] | None = None) -> pd.DataFrame:
    """Who is left out at the last record, in words, to be printed beside a headline.

    Returns
    -------
    pandas.DataFrame
        ``scenario`` and a column for each of `FAIRNESS`: the level, with its difference from the
        baseline and its 95 % interval where there is one: ``5.1 % (−0.6 pp [−0.9, −0.3])``.

    Raises
    ------
    ResultsError
        As `compare`.
    """
    last = [common_dates(results)[-1]]
    words = {
        (row.scenario, row.outcome): _worded(row.mean_, np.nan, np.nan, row.unit, n=row.n)
        for row in _rows(levels(results, outcomes=list(FAIRNESS), dates=last).rename(columns={"mean": "mean_"}))
    }
    if baseline is not None and len(results.scenarios) > 1:
        for row in _rows(compare(results, baseline=baseline, outcomes=list(FAIRNESS), dates=last)):
            words[row.scenario, row.outcome] += f" ({_difference(row)})"
    columns = {short: [words[s, name] for s in results.scenarios] for name, short in FAIRNESS.items()}
    return pd.DataFrame({"scenario": list(results.scenarios), **columns})


def groups(
    results: Outcomes,
    *,
    baseline: str | Mapping[str, str],
    by: str | Sequence[str],
    outcomes: str | Sequence[str] | None = None,
    dates: Any = None,
) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Differences from the baseline within groups, in words, to be printed: at the last record, unless dates are given.

    Yields
    ------
    tuple of named tuple and pandas.DataFrame
        For each outcome, scenario and date what the table is about (``outcome``, ``scenario``, ``baseline``, ``date``,
        ``n``), and the table: a row for all residents, then one for each group, with ``group``, the ``code`` of zones
        and départements, ``adults`` (``1,234``), the level in the baseline (``14.2 %``), ``difference`` (``−1.9 pp
        [−2.3, −1.5]``) and ``residents`` (the difference in their number, ``−23 [−28, −18]``).

    Raises
    ------
    ResultsError
        As `compare`.
    """
    dates = [common_dates(results)[-1]] if dates is None else dates
    within = compare(results, baseline=baseline, outcomes=outcomes, dates=dates, by=by)
    names = list(within["outcome"].unique())
    whole = compare(results, baseline=baseline, outcomes=names, dates=dates, by=())
    table = pd.concat([whole.assign(code=""), within.assign(code=_codes(within))], ignore_index=True)
    for _, part in table.groupby(["outcome", "scenario", "date"], sort=False):
        rows = list(_rows(part))
        first = rows[0]
        words = pd.DataFrame({"group": part["group"], "code": part["code"]})
        words["adults"] = [f"{row.adults:,.0f}" for row in rows]
        unit = OUTCOMES[first.outcome].unit_of_level
        words[first.baseline] = [_worded(row.mean_baseline, np.nan, np.nan, unit, n=row.n) for row in rows]
        words["difference"] = [_difference(row) for row in rows]
        words["residents"] = [
            _worded(row.residents, row.residents_low, row.residents_high, "", sign="+", form=",.0f", n=row.n)
            for row in rows
        ]
        yield first, words if words["code"].any() else words.drop(columns="code")


def _codes(table: pd.DataFrame) -> list[str]:
    """Codes of the zones or départements of each row; '' where there is none."""
    places = [table[by].astype(str) for by in ("departement", "zone") if by in table]
    return [" ".join(row) for row in zip(*places, strict=True)] if places else [""] * len(table)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples(index=False))


def _difference(row: Any) -> str:
    """A paired difference; where no pair differs at all, that is what it says."""
    if row.difference == 0 and (row.sd == 0 or row.n == 1):
        return "identical"
    return _worded(row.difference, row.low, row.high, row.unit, sign="+", n=row.n)


def _worded(value: float, low: float, high: float, unit: str, sign: str = "", form: str = ".1f", *, n: int) -> str:
    if not np.isfinite(value):
        return "–"

    def number(x: float) -> str:
        text = f"{x:{sign}{form}}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("+-")
        return text.replace("-", "−")

    interval = f" [{number(low)}, {number(high)}]" if np.isfinite(low) and n >= FEWEST else ""
    return f"{number(value)} {unit}".rstrip() + interval
