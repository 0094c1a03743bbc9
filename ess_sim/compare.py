"""Paired differences between scenarios: intervals, tests, and what common random numbers gained.

Replications of one number share their random numbers in all scenarios, so that the difference is taken within each
replication first. Intervals cover the replications' chance only: not the parameters (see
`ess_sim.analysis.uncertainty`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.statistics import (
    bootstrap_interval,
    half_width,
    holm,
    p_value,
    replications_needed,
    superiority,
    variance_reduction,
)
from ess_sim.clock import add_years
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.folder import About
from ess_sim.indicators import BETTER, FAIRNESS, UNITS, check_outcome

__all__ = [
    "Outcomes",
    "baselines",
    "common_dates",
    "compare",
    "default_dates",
    "fairness",
    "first_act",
    "first_difference",
    "levels",
    "summary",
    "wanted_dates",
]

HORIZONS = (1, 3, 5, 10, 20)
"""Years after the start at which scenarios are compared by default, besides the end."""

Floats = NDArray[np.float64]


class Outcomes(Protocol):
    """What a comparison needs of results."""

    @property
    def scenarios(self) -> tuple[str, ...]: ...
    @property
    def declared_outcomes(self) -> tuple[str, ...]: ...
    def recorded(self, scenario: str) -> pd.DatetimeIndex: ...
    def outcomes(self, names: Sequence[str] | None = None, dates: Any = None) -> pd.DataFrame: ...
    def about(self, scenario: str) -> About: ...


def _wanted_outcomes(results: Outcomes, outcomes: str | Sequence[str] | None) -> list[str]:
    wanted = [outcomes] if isinstance(outcomes, str) else list(outcomes or results.declared_outcomes)
    for name in wanted:
        check_outcome(name)
    return list(dict.fromkeys(wanted))


def baselines(scenarios: Sequence[str], baseline: str | Mapping[str, str]) -> dict[str, str]:
    """Each scenario that is compared, with the scenario that it is compared with.

    Parameters
    ----------
    scenarios : sequence of str
        All scenarios there are.
    baseline : str or mapping of str to str
        One for all, or one for each; a scenario that is its own baseline is not compared.

    Raises
    ------
    ResultsError
        For an unknown baseline.

    Examples
    --------
    >>> baselines(["base", "smp", "interns"], "base")
    {'smp': 'base', 'interns': 'base'}
    """
    chosen = {s: baseline if isinstance(baseline, str) else baseline.get(s, s) for s in scenarios}
    for name in chosen.values():
        if name not in scenarios:
            known = ", ".join(scenarios)
            raise ResultsError(f"no baseline {name!r}{did_you_mean(name, scenarios)}: the scenarios are {known}")
    return {scenario: base for scenario, base in chosen.items() if scenario != base}


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


def wanted_dates(recorded: pd.DatetimeIndex, dates: Sequence[Any] | Any | None) -> list[pd.Timestamp]:
    """Dates to look at, sorted: those given, or those of `default_dates`.

    Raises
    ------
    ResultsError
        For what is no date, or a date without record (with the nearest one).
    """
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


class _Values:
    """Values of outcomes at dates, in the unit of a comparison, averaged over parameter draws where there are any."""

    def __init__(self, results: Outcomes, outcomes: Sequence[str], dates: Sequence[pd.Timestamp]) -> None:
        frame = results.outcomes(outcomes, dates)
        self._there = {s: set(part["replication"].unique().tolist()) for s, part in frame.groupby("scenario")}
        keys = ["scenario", "outcome", "date", "replication"]
        self._wide: Any = frame.groupby(keys, observed=True)["value"].mean().unstack("replication")
        self._dates = list(dates)

    def of(self, scenario: str, outcome: str) -> Floats:
        """Shape (dates, replications)."""
        wide = self._wide.loc[(scenario, outcome)].reindex(self._dates)
        out: Floats = wide.to_numpy(float) * (100.0 if UNITS[outcome] == "share" else 1.0)
        return out

    def replications(self, scenario: str) -> set[int]:
        """Replications that a scenario has."""
        return self._there[scenario]


def common_dates(results: Outcomes, scenarios: Sequence[str] | None = None) -> pd.DatetimeIndex:
    """Dates that all (or these) scenarios recorded, sorted.

    Raises
    ------
    ResultsError
        If there is none.
    """
    first, *others = (results.recorded(name) for name in scenarios or results.scenarios)
    for dates in others:
        first = first.intersection(dates)
    if first.empty:
        raise ResultsError("the scenarios have no recorded date in common: they cannot be compared")
    return first.sort_values()


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
    names = _wanted_outcomes(results, outcomes)
    wanted = wanted_dates(common_dates(results), dates)
    values = _Values(results, names, wanted)
    rows = []
    for scenario in results.scenarios:
        for outcome in names:
            unit = "%" if UNITS[outcome] == "share" else UNITS[outcome]
            for day, row in zip(wanted, values.of(scenario, outcome), strict=True):
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
    baseline: str | Mapping[str, str],
    outcomes: str | Sequence[str] | None = None,
    dates: Sequence[Any] | None = None,
    wanted_half_width: float | None = None,
) -> pd.DataFrame:
    """Paired differences of every other scenario from a baseline.

    Parameters
    ----------
    results : Results
        At least two scenarios with the same replications. With parameter draws, a replication's value is the mean over
        them.
    baseline : str or mapping of str to str
        Name of the scenario to compare with, or of that of each scenario (as `ess_sim.batch.Batch.baselines` has it).
    outcomes : str or sequence of str, optional
        By default those that the scenarios declared in advance.
    dates : sequence of date, optional
        Recorded dates; by default the records nearest to 1, 3, 5, 10 and 20 years after the start, and the last.
    wanted_half_width : float, optional
        Half-width of the interval that is wanted, in the unit of the difference; fills ``replications_needed``.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, date and outcome:

        - ``scenario``, ``baseline``, ``date``, ``outcome``, ``unit`` (``pp``, percentage points, for shares, whose
          means are in %; else as in `ess_sim.indicators.UNITS`), ``n`` (pairs);
        - ``mean_baseline``, ``mean_scenario``, ``difference`` (mean of scenario − baseline), ``sd`` (of the
          differences);
        - ``half_width``, ``low``, ``high``: 95 % Student interval, NaN with one pair; ``boot_low``, ``boot_high``: 95 %
          bootstrap interval, which does not rest on the normal distribution;
        - ``p``: two-sided paired t-test; ``p_holm``: adjusted for all outcomes and scenarios tested at that date
          (Holm), so that 5 % is the chance of any false alarm among them;
        - ``p_better``, ``p_better_low``, ``p_better_high``: share of the replications in which the scenario does better
          than the baseline (fewer residents without MT, more list-holders, …; ties half), and its 95 % interval;
        - ``variance_reduction``: variance of an unpaired difference over that of the paired one: what common random
          numbers gained; ``replications_needed``: in all, for the wanted half-width.

    Raises
    ------
    ResultsError
        For an unknown baseline or outcome, a date without record, scenarios whose replications are not the same, a
        single scenario, or scenarios that differ before any policy acts.
    """
    compared = baselines(results.scenarios, baseline)
    if not compared:
        raise ResultsError(f"there is nothing to compare {results.scenarios[0]!r} with: the results hold one scenario")
    names = _wanted_outcomes(results, outcomes)
    wanted = wanted_dates(common_dates(results), dates)
    values = _Values(results, names, wanted)
    for scenario, base in compared.items():
        _check_pairs(values, base, scenario)
        _check_before_acts(results, values, base, scenario, names, wanted)
    rows = []
    for outcome in names:
        unit = "pp" if UNITS[outcome] == "share" else UNITS[outcome]
        for scenario, base in compared.items():
            for day, b, s in zip(wanted, values.of(base, outcome), values.of(scenario, outcome), strict=True):
                about = {"scenario": scenario, "baseline": base, "date": day, "outcome": outcome, "unit": unit}
                rows.append(about | _paired(b, s, BETTER[outcome], wanted_half_width))
    table = pd.DataFrame(rows).astype({"date": "datetime64[s]"})
    table.insert(list(table.columns).index("p") + 1, "p_holm", table.groupby("date")["p"].transform(holm))
    return table


def _paired(b: Floats, s: Floats, better: str, wanted: float | None) -> dict[str, float]:
    both = np.isfinite(b) & np.isfinite(s)
    b, s = b[both], s[both]
    d = s - b
    n = len(d)
    difference, half = _mean(d), float(half_width(d))
    boot = bootstrap_interval(d) if n > 1 else (np.nan, np.nan)
    beats = (superiority(s, b) if better == "lower" else superiority(b, s)) if n else (np.nan,) * 3
    needed = replications_needed(d, wanted) if wanted is not None and n > 1 else np.nan
    return {
        "n": n,
        "mean_baseline": _mean(b),
        "mean_scenario": _mean(s),
        "difference": difference,
        "sd": _sd(d),
        "half_width": half,
        "low": difference - half,
        "high": difference + half,
        "boot_low": float(boot[0]),
        "boot_high": float(boot[1]),
        "p": float(p_value(d)),
        "p_better": beats[0],
        "p_better_low": beats[1],
        "p_better_high": beats[2],
        "variance_reduction": variance_reduction(s, b) if n else np.nan,
        "replications_needed": needed,
    }


def _check_pairs(values: _Values, baseline: str, scenario: str) -> None:
    odd = sorted(values.replications(baseline) ^ values.replications(scenario))
    if odd:
        some = ", ".join(map(str, odd[:5])) + (", …" if len(odd) > 5 else "")
        raise ResultsError(
            f"the replications of {scenario!r} and {baseline!r} are not paired: only one of them has replication {some}"
        )


# --- common random numbers ----------------------------------------------------------------------------------------


def first_act(a: About, b: About) -> date | None:
    """First day on which two scenarios may differ: that of the first policy that only one of them has.

    The start, where they differ in anything else; None where they say the same.
    """
    if _but_policies(a) != _but_policies(b):
        return min(date.fromisoformat(x.scenario["start"]) for x in (a, b))

    def dated(x: About) -> Counter[tuple[str, str]]:
        blocks = (json.dumps(block, sort_keys=True) for block in x.scenario["policies"])
        return Counter(zip(blocks, x.acts_from, strict=True))

    only = (dated(a) - dated(b)) + (dated(b) - dated(a))
    return min((date.fromisoformat(day) for _, day in only), default=None)


def _but_policies(x: About) -> dict[str, Any]:
    told = {"name", "title", "description", "sources", "outcomes", "policies"}
    return {key: value for key, value in x.scenario.items() if key not in told}


def _too_early(scenario: str, baseline: str, found: Any, act: date | None) -> ResultsError:
    allowed = f"no policy tells them apart before {act}" if act else "no policy tells them apart at all"
    return ResultsError(
        f"{scenario!r} and {baseline!r} differ on {found}, although {allowed}: their random numbers are not common, or "
        "a policy draws from a stream that is not its own"
    )


def _check_before_acts(
    results: Outcomes,
    values: _Values,
    baseline: str,
    scenario: str,
    outcomes: Sequence[str],
    dates: Sequence[pd.Timestamp],
) -> None:
    """At each compared date before any policy acts, the two must be the same to the last bit."""
    act = first_act(results.about(baseline), results.about(scenario))
    for outcome in outcomes:
        a, b = values.of(baseline, outcome), values.of(scenario, outcome)
        for day, x, y in zip(dates, a, b, strict=True):
            if (act is None or day.date() < act) and not np.array_equal(x, y, equal_nan=True):
                raise _too_early(scenario, baseline, day.date(), act)


def first_difference(results: Any, *, baseline: str) -> pd.DataFrame:
    """First date at which a scenario differs from the baseline, in any replication: in facts, flows or outcomes.

    Facts are dated to the day; flows and outcomes are recorded at the end of each month.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``date`` (NaT where nothing differs), ``acts_from`` (first day on which a policy tells them apart;
        the start where they differ in more than policies; NaT where they say the same).

    Raises
    ------
    ResultsError
        For an unknown baseline, replications that are not the same, or a difference before any policy acts: then the
        scenarios do not share their random numbers, and no pair of theirs means anything.
    """
    found = []
    for scenario in baselines(results.scenarios, baseline):
        day = min((d for a, b in results.pairs(baseline, scenario) for d in _first_days(a, b)), default=None)
        act = first_act(results.about(baseline), results.about(scenario))
        if day is not None and (act is None or day.date() < act):
            raise _too_early(scenario, baseline, day.date(), act)
        found.append((scenario, day, act))
    return pd.DataFrame(found, columns=["scenario", "date", "acts_from"]).astype(
        {"date": "datetime64[s]", "acts_from": "datetime64[s]"}
    )


def _first_days(a: Any, b: Any) -> Iterator[pd.Timestamp]:
    """First day on which two runs differ, by table."""
    for table in ("facts", "flows", "outcomes"):
        own = ["scenario", "draw", "replication"]
        x, y = (run.table(table).drop(columns=own).astype({"date": "datetime64[s]"}) for run in (a, b))
        x, y = (frame.astype(dict.fromkeys(frame.select_dtypes("category"), str)) for frame in (x, y))
        columns = list(x.columns)
        both = x.value_counts(dropna=False).sub(y.value_counts(dropna=False), fill_value=0)
        odd = both.index[both.to_numpy() != 0]
        if len(odd):
            yield min(odd.get_level_values(columns.index("date")))


def summary(
    results: Outcomes,
    *,
    baseline: str | Mapping[str, str] | None = None,
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


def fairness(results: Outcomes, *, baseline: str | Mapping[str, str] | None = None) -> pd.DataFrame:
    """Who is left out at the last record, in words, to be printed beside a headline.

    Returns
    -------
    pandas.DataFrame
        ``scenario`` and a column for each of `ess_sim.indicators.FAIRNESS`: the level, with its difference from the
        baseline and its 95 % interval where there is one: ``5.1 % (−0.6 pp [−0.9, −0.3])``.

    Raises
    ------
    ResultsError
        As `compare`.
    """
    last = [common_dates(results)[-1]]
    words = {
        (row.scenario, row.outcome): _worded(row.mean_, np.nan, np.nan, row.unit)
        for row in _rows(levels(results, outcomes=list(FAIRNESS), dates=last).rename(columns={"mean": "mean_"}))
    }
    if baseline is not None and len(results.scenarios) > 1:
        for row in _rows(compare(results, baseline=baseline, outcomes=list(FAIRNESS), dates=last)):
            words[row.scenario, row.outcome] += f" ({_worded(row.difference, row.low, row.high, row.unit, sign='+')})"
    columns = {short: [words[s, name] for s in results.scenarios] for name, short in FAIRNESS.items()}
    return pd.DataFrame({"scenario": list(results.scenarios), **columns})


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
