"""Paired differences between scenarios, with Student intervals over the replications.

Replications of one number share their random numbers in all scenarios, so that the difference is taken within each
replication first. The interval covers the replications' chance only: not the parameters, which are conditional.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit  # type: ignore[import-untyped] # scipy.stats takes far longer to import

from ess_sim.clock import add_years
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.indicators import UNITS

__all__ = ["CONFIDENCE", "Outcomes", "compare", "default_dates", "first_difference", "half_width", "levels", "summary"]

CONFIDENCE = 0.95
"""Level of all intervals."""
HORIZONS = (1, 3, 5, 10, 20)
"""Years after the start at which scenarios are compared by default, besides the end."""

Floats = NDArray[np.float64]


class Outcomes(Protocol):
    """What a comparison needs of results."""

    @property
    def scenarios(self) -> tuple[str, ...]: ...
    @property
    def declared_outcomes(self) -> tuple[str, ...]: ...
    def outcomes(self) -> pd.DataFrame: ...


def half_width(values: Floats) -> Floats:
    """Half-width of the 95 % Student interval of the mean over the last axis; NaN for fewer than two values.

    >>> float(half_width(np.array([1.0, 2.0, 3.0])).round(4))
    2.4841
    """
    n = values.shape[-1]
    if n < 2:
        return np.full(values.shape[:-1], np.nan)
    t = stdtrit(n - 1, (1 + CONFIDENCE) / 2)
    out: Floats = np.asarray(t * values.std(axis=-1, ddof=1) / np.sqrt(n))
    return out


def _wanted_outcomes(results: Outcomes, outcomes: str | Sequence[str] | None) -> list[str]:
    wanted = [outcomes] if isinstance(outcomes, str) else list(outcomes or results.declared_outcomes)
    for name in wanted:
        if name not in UNITS:
            raise ResultsError(f"unknown outcome {name!r}{did_you_mean(name, UNITS)}: choose among {', '.join(UNITS)}")
    return list(dict.fromkeys(wanted))


def _check_scenario(results: Outcomes, name: str, what: str) -> None:
    if name not in results.scenarios:
        known = ", ".join(results.scenarios)
        raise ResultsError(f"no {what} {name!r}{did_you_mean(name, results.scenarios)}: the scenarios are {known}")


def default_dates(recorded: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """The records nearest to 1, 3, 5, 10 and 20 years after the first, and the last.

    Parameters
    ----------
    recorded : pandas.DatetimeIndex
        Dates of the records, sorted.
    """
    start = recorded[0].date()
    found = {recorded[-1]}
    for years in HORIZONS:
        day = pd.Timestamp(add_years(start, years))
        if day < recorded[-1]:
            found.add(_nearest(recorded, day))
    return sorted(found)


def _nearest(recorded: pd.DatetimeIndex, day: pd.Timestamp) -> pd.Timestamp:
    return recorded[int(np.abs((recorded - day).to_numpy()).argmin())]


def _wanted_dates(recorded: pd.DatetimeIndex, dates: Sequence[Any] | Any | None) -> list[pd.Timestamp]:
    if dates is None:
        return default_dates(recorded)
    given = [dates] if isinstance(dates, str | date) else list(dates)
    wanted = []
    for one in given:
        try:
            day = pd.Timestamp(one)
        except (TypeError, ValueError):
            raise ResultsError(f"{one!r} is no date (year-month-day)") from None
        if day not in recorded:
            near = _nearest(recorded, day).date()
            raise ResultsError(f"nothing was recorded on {day.date()}: the nearest record is that of {near}")
        wanted.append(day)
    return sorted(set(wanted))


def _values(frame: pd.DataFrame, scenario: str, outcome: str) -> pd.DataFrame:
    """Values of one outcome of one scenario: rows dates, columns replications, in the unit of the comparison."""
    chosen = frame[(frame["scenario"] == scenario) & (frame["outcome"] == outcome)]
    wide = chosen.pivot(index="date", columns="replication", values="value").sort_index()
    return wide * (100.0 if UNITS[outcome] == "share" else 1.0)


def _recorded(frame: pd.DataFrame, scenarios: Sequence[str]) -> pd.DatetimeIndex:
    """Dates that all of some scenarios recorded."""
    common: pd.DatetimeIndex | None = None
    for name in scenarios:
        dates = pd.DatetimeIndex(frame.loc[frame["scenario"] == name, "date"].unique())
        common = dates if common is None else common.intersection(dates)
    if common is None or common.empty:
        raise ResultsError("the scenarios have no recorded date in common: they cannot be compared")
    return common.sort_values()


def levels(
    results: Outcomes, *, outcomes: str | Sequence[str] | None = None, dates: Sequence[Any] | None = None
) -> pd.DataFrame:
    """Mean over the replications, its 95 % interval, and the spread, for each scenario, outcome and date.

    Parameters
    ----------
    results : Results
    outcomes : str or sequence of str, optional
        By default those that the scenarios declared.
    dates : sequence of date, optional
        Recorded dates; by default those of `default_dates`.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``date``, ``outcome``, ``unit`` (``%`` for shares, else as in `ess_sim.indicators.UNITS`), ``n``
        (replications), ``mean``, ``sd``, ``half_width``, ``low``, ``high`` (of the mean; NaN with one replication),
        ``p10``, ``p90`` (of the replications).

    Raises
    ------
    ResultsError
        For an unknown outcome, or a date without record.
    """
    frame = results.outcomes()
    names = results.scenarios
    wanted = _wanted_dates(_recorded(frame, names), dates)
    rows = []
    for scenario in names:
        for outcome in _wanted_outcomes(results, outcomes):
            values = _values(frame, scenario, outcome).loc[wanted]
            unit = "%" if UNITS[outcome] == "share" else UNITS[outcome]
            for day, row in zip(wanted, values.to_numpy(float), strict=True):
                x = row[np.isfinite(row)]
                mean, half = _mean(x), float(half_width(x))
                spread = np.quantile(x, [0.1, 0.9]) if len(x) else [np.nan, np.nan]
                rows.append(
                    (scenario, day, outcome, unit, len(x), mean, _sd(x), half, mean - half, mean + half, *spread)
                )
    columns = ["scenario", "date", "outcome", "unit", "n", "mean", "sd", "half_width", "low", "high", "p10", "p90"]
    return pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[s]"})


def _mean(x: Floats) -> float:
    return float(x.mean()) if len(x) else float("nan")


def _sd(x: Floats) -> float:
    return float(x.std(ddof=1)) if len(x) > 1 else float("nan")


def compare(
    results: Outcomes,
    *,
    baseline: str,
    outcomes: str | Sequence[str] | None = None,
    dates: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Paired differences of every other scenario from a baseline.

    Parameters
    ----------
    results : Results
        At least two scenarios with the same replications.
    baseline : str
        Name of the scenario to compare with.
    outcomes : str or sequence of str, optional
        By default those that the scenarios declared in advance.
    dates : sequence of date, optional
        Recorded dates; by default the records nearest to 1, 3, 5, 10 and 20 years after the start, and the last.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``baseline``, ``date``, ``outcome``, ``unit`` (``pp``, percentage points, for shares, whose means
        are in %; else as in `ess_sim.indicators.UNITS`), ``n`` (pairs), ``mean_baseline``, ``mean_scenario``,
        ``difference`` (mean of scenario − baseline), ``sd`` (of the differences), ``half_width``, ``low``, ``high``
        (95 % Student interval; NaN with one pair), ``variance_reduction`` (variance of an unpaired difference over that
        of the paired one; above 1 where pairing helps).

    Raises
    ------
    ResultsError
        For an unknown baseline or outcome, a date without record, scenarios whose replications are not the same, or a
        single scenario.
    """
    _check_scenario(results, baseline, "baseline")
    others = [s for s in results.scenarios if s != baseline]
    if not others:
        raise ResultsError(f"there is nothing to compare {baseline!r} with: the results hold one scenario")
    frame = results.outcomes()
    _check_pairs(frame, baseline, others)
    wanted = _wanted_dates(_recorded(frame, results.scenarios), dates)
    rows = []
    for outcome in _wanted_outcomes(results, outcomes):
        unit = "pp" if UNITS[outcome] == "share" else UNITS[outcome]
        base = _values(frame, baseline, outcome).loc[wanted].to_numpy(float)
        for scenario in others:
            values = _values(frame, scenario, outcome).loc[wanted].to_numpy(float)
            for day, b, s in zip(wanted, base, values, strict=True):
                rows.append((scenario, baseline, day, outcome, unit, *_paired(b, s)))
    columns = [
        "scenario",
        "baseline",
        "date",
        "outcome",
        "unit",
        "n",
        "mean_baseline",
        "mean_scenario",
        "difference",
        "sd",
    ]
    columns += ["half_width", "low", "high", "variance_reduction"]
    return pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[s]"})


def _paired(b: Floats, s: Floats) -> tuple[float, ...]:
    both = np.isfinite(b) & np.isfinite(s)
    b, s = b[both], s[both]
    d = s - b
    difference, half = _mean(d), float(half_width(d))
    unpaired = (b.var(ddof=1) + s.var(ddof=1)) if len(d) > 1 else np.nan
    paired = d.var(ddof=1) if len(d) > 1 else np.nan
    reduction = float(unpaired / paired) if paired > 0 else float("inf") if unpaired > 0 else float("nan")
    return len(d), _mean(b), _mean(s), difference, _sd(d), half, difference - half, difference + half, reduction


def _check_pairs(frame: pd.DataFrame, baseline: str, others: Sequence[str]) -> None:
    def replications(scenario: str) -> set[int]:
        return set(frame.loc[frame["scenario"] == scenario, "replication"].unique().tolist())

    base = replications(baseline)
    for scenario in others:
        odd = sorted(base ^ replications(scenario))
        if odd:
            some = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
            raise ResultsError(
                f"the replications of {scenario!r} and {baseline!r} are not paired: "
                f"only one of them has replication {some}"
            )


def first_difference(results: Outcomes, *, baseline: str) -> pd.DataFrame:
    """First record at which any outcome of a scenario differs from the baseline's, in any replication.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``date`` (NaT where nothing differs). With common random numbers it is never before the first day
        on which a policy acts.

    Raises
    ------
    ResultsError
        For an unknown baseline or replications that are not the same.
    """
    _check_scenario(results, baseline, "baseline")
    frame = results.outcomes()
    others = [s for s in results.scenarios if s != baseline]
    _check_pairs(frame, baseline, others)
    keys = ["replication", "date", "outcome"]
    base = frame[frame["scenario"] == baseline].set_index(keys)["value"]
    found = []
    for scenario in others:
        values = frame[frame["scenario"] == scenario].set_index(keys)["value"]
        a, b = values.align(base, join="inner")
        differs = (a != b) & ~(a.isna() & b.isna())
        days = differs.index.get_level_values("date")[differs.to_numpy()]
        found.append((scenario, days.min() if len(days) else pd.NaT))
    return pd.DataFrame(found, columns=["scenario", "date"]).astype({"date": "datetime64[s]"})


def summary(
    results: Outcomes,
    *,
    baseline: str | None = None,
    outcome: str = "share_without_mt",
    dates: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """One outcome in words, to be printed: level and difference from the baseline, with 95 % intervals.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``scenario``, ``level`` (``14.2 % [13.1, 15.3]``), ``difference`` (``−1.9 pp [−2.3, −1.5]``; – for the
        baseline). With one replication no interval can be stated, and the brackets are left out.

    Raises
    ------
    ResultsError
        As `compare`.
    """
    found = levels(results, outcomes=outcome, dates=dates)
    table = found[["date", "scenario"]].copy()
    table["level"] = [_worded(r.mean_, r.low, r.high, r.unit) for r in _rows(found.rename(columns={"mean": "mean_"}))]
    table["difference"] = "–"
    if baseline is not None and len(results.scenarios) > 1:
        paired = compare(results, baseline=baseline, outcomes=outcome, dates=dates)
        words = {
            (row.scenario, row.date): _worded(row.difference, row.low, row.high, row.unit, sign="+")
            for row in _rows(paired)
        }
        keys = zip(table["scenario"], table["date"], strict=True)
        table["difference"] = [words.get(key, "–") for key in keys]
    return table.sort_values("date", kind="stable", ignore_index=True)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples(index=False))


def _worded(value: float, low: float, high: float, unit: str, sign: str = "") -> str:
    if not np.isfinite(value):
        return "–"

    def number(x: float) -> str:
        text = f"{x:{sign}.1f}"
        if float(text) == 0:
            text = text.lstrip("+-")
        return text.replace("-", "−")

    interval = f" [{number(low)}, {number(high)}]" if np.isfinite(low) else ""
    return f"{number(value)} {unit}{interval}"
