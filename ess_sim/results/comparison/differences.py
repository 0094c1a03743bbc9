"""Paired differences between scenarios: intervals, tests, and what common random numbers gained.

Replications of one number (and draw) share their random numbers in all scenarios, so that the difference is taken
within each replication first. Without parameter draws each replication is an observation, and intervals cover chance
only. With draws each draw is one, by the mean over its replications: the intervals are those of the mean over all that
the parameters may be, and narrow with more draws (see `uncertainty` for the range of one future).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES, Outcome
from ess_sim.results.comparison.by_group import GroupValues, division, outcomes_by_group
from ess_sim.results.comparison.common_numbers import check_before_acts
from ess_sim.results.comparison.pairing import (
    ByObservation,
    Floats,
    Outcomes,
    Residents,
    Values,
    baselines,
    check_territories,
    common_dates,
    wanted_dates,
    wanted_outcomes,
)
from ess_sim.results.statistics.intervals import bootstrap_interval, half_width
from ess_sim.results.statistics.paired import holm, p_value, superiority, variance_reduction
from ess_sim.results.statistics.sequential import replications_needed

__all__ = ["compare", "levels"]


@checked
def levels(results: Outcomes, *, outcomes: str | Sequence[str] | None = None, dates: Any = None) -> pd.DataFrame:
    """Mean over the observations, its 95 % interval, and the spread, for each scenario, outcome and date.

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
        ``scenario``, ``date``, ``outcome``, ``unit`` (``%`` for shares, else as in `OUTCOMES`), ``n``
        (observations: replications, or parameter draws), ``mean``, ``sd``, ``half_width``, ``low``, ``high`` (of the
        mean; NaN with one observation; those of a share lie within 0 and 100 %, of ``gap_precarious`` within ±100 %,
        even where ``half_width`` leads further), ``p10``, ``p90`` (of the observations).

    Raises
    ------
    ResultsError
        For an unknown outcome, or a date without record.
    """
    names = wanted_outcomes(results, outcomes)
    wanted = wanted_dates(common_dates(results), dates)
    values = Values(results, names, wanted)
    rows = []
    for scenario in results.scenarios:
        for outcome in names:
            unit = OUTCOMES[outcome].unit_of_level
            for day, row in zip(wanted, values.of(scenario, outcome), strict=True):
                x = row[np.isfinite(row)]
                mean, half = _mean(x), float(half_width(x))
                spread = np.quantile(x, [0.1, 0.9]) if len(x) else [np.nan, np.nan]
                limits = _within(mean, half, OUTCOMES[outcome].limits_of_level)
                rows.append((scenario, day, outcome, unit, len(x), mean, _sd(x), half, *limits, *spread))
    columns = ["scenario", "date", "outcome", "unit", "n", "mean", "sd", "half_width", "low", "high", "p10", "p90"]
    return pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[s]"})


def _within(mean: float, half: float, bounds: tuple[float, float]) -> tuple[float, float]:
    """Limits of an interval, none beyond what is possible; NaN where there is no interval."""
    low, high = np.clip([mean - half, mean + half], *bounds)
    return float(low), float(high)


def _mean(x: Floats) -> float:
    return float(x.mean()) if len(x) else float("nan")


def _sd(x: Floats) -> float:
    return float(x.std(ddof=1)) if len(x) > 1 else float("nan")


@checked
def compare(
    results: Outcomes,
    *,
    baseline: str | Mapping[str, str],
    outcomes: str | Sequence[str] | None = None,
    dates: Any = None,
    wanted_half_width: float | None = None,
    by: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Paired differences of every other scenario from a baseline, of all residents or within groups.

    Parameters
    ----------
    results : Results
        At least two scenarios with the same replications. With parameter draws, a pair is a draw, with the mean over
        its replications.
    baseline : str or mapping of str to str
        Name of the scenario to compare with, or of that of each scenario (as `baselines` has it).
    outcomes : str or sequence of str, optional
        By default those that the scenarios declared in advance; with ``by``, those among them that it goes with.
    dates : sequence of date, optional
        Recorded dates; by default the records nearest to 1, 3, 5, 10 and 20 years after the start, and the last.
    wanted_half_width : float, optional
        Half-width of the interval that is wanted, in the unit of the difference; fills ``replications_needed``.
    by : {'zone', 'departement', 'age_band', 'ald', 'precarious'} or sequence of these, optional
        Compare within groups: for outcomes that have a value there (`BY_GROUP`; quantiles such as ``median_minutes`` by
        zone and département alone). An empty sequence makes one group of all residents.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, date and outcome (and group):

        - ``scenario``, ``baseline``, ``date``, ``outcome``, ``unit`` (``pp``, percentage points, for shares, whose
          means are in %; else as in `OUTCOMES`), ``n`` (pairs);
        - with ``by``: a column for each of its names (zones and départements as codes), ``group`` (in words, zones and
          départements by their names), ``adults`` (mean number of those whom the outcome is about, in the baseline),
          ``residents`` (for shares the mean difference in the number of those counted), ``residents_low``,
          ``residents_high`` (its 95 % Student interval); the groups' ``residents`` add up to that of all;
        - ``mean_baseline``, ``mean_scenario``, ``difference`` (mean of scenario − baseline), ``sd`` (of the
          differences);
        - ``half_width``, ``low``, ``high``: 95 % Student interval, NaN with one pair; ``low`` and ``high`` of shares
          lie within ±100 pp (of ``gap_precarious`` within ±200 pp), even where ``half_width`` leads further;
          ``boot_low``, ``boot_high``: 95 % bootstrap interval, which does not rest on the normal distribution;
        - ``p``: two-sided paired t-test; ``p_holm``: adjusted for all outcomes, scenarios and groups tested at that
          date (Holm), so that 5 % is the chance of any false alarm among them where differences are spread normally
          (12 % were measured with exponential ones);
        - ``p_better``, ``p_better_low``, ``p_better_high``: share of the pairs in which the scenario does better
          than the baseline (fewer residents without MT, more list-holders, …; ties half), and its 95 % interval;
        - ``variance_reduction``: variance of an unpaired difference over that of the paired one: what common random
          numbers gained; ``replications_needed``: in all, for the wanted half-width.

    Raises
    ------
    ResultsError
        For an unknown baseline, outcome or group, an outcome that has no meaning within groups, a date without record,
        scenarios whose replications, zones or residents are not the same, a single scenario, no scenario with a
        baseline, no date or outcome, or scenarios that differ before any policy acts.
    """
    compared = baselines(results.scenarios, baseline)
    if not compared:
        if len(results.scenarios) > 1:
            raise ResultsError(
                f"there is nothing to compare: no scenario has a baseline; name one of {', '.join(results.scenarios)}"
            )
        raise ResultsError(f"there is nothing to compare {results.scenarios[0]!r} with: the results hold one scenario")
    check_territories(results, compared)
    within = None if by is None else division(by)
    names = wanted_outcomes(results, outcomes) if within is None else outcomes_by_group(results, outcomes, within)
    wanted = wanted_dates(common_dates(results), dates)
    values: ByObservation
    if within is None:
        values = Values(results, names, wanted)
    elif isinstance(results, Residents):
        values = GroupValues(results, names, wanted, within)
    else:
        raise ResultsError("these results hold outcomes alone, no numbers of residents by group")
    for scenario, base in compared.items():
        _check_pairs(values, base, scenario)
        check_before_acts(results, values, base, scenario, names, wanted)
    rows = []
    for outcome in names:
        what = OUTCOMES[outcome]
        for scenario, base in compared.items():
            for day, group, b, s in values.pairs(base, scenario, outcome):
                about = {"scenario": scenario, "baseline": base, "date": day, "outcome": outcome}
                about["unit"] = what.unit_of_difference
                rows.append(about | group | _paired(b, s, what, wanted_half_width))
    table = pd.DataFrame(rows).astype({"date": "datetime64[s]"})
    table.insert(list(table.columns).index("p") + 1, "p_holm", table.groupby("date")["p"].transform(holm))
    return table


def _paired(b: Floats, s: Floats, outcome: Outcome, wanted: float | None) -> dict[str, float]:
    both = np.isfinite(b) & np.isfinite(s)
    b, s = b[both], s[both]
    d = s - b
    n = len(d)
    difference, half = _mean(d), float(half_width(d))
    low, high = _within(difference, half, outcome.limits_of_difference)
    boot = bootstrap_interval(d) if n > 1 else (np.nan, np.nan)
    beats = (superiority(s, b) if outcome.lower_is_better else superiority(b, s)) if n else (np.nan,) * 3
    needed = replications_needed(d, wanted) if wanted is not None and n > 1 else np.nan
    return {
        "n": n,
        "mean_baseline": _mean(b),
        "mean_scenario": _mean(s),
        "difference": difference,
        "sd": _sd(d),
        "half_width": half,
        "low": low,
        "high": high,
        "boot_low": float(boot[0]),
        "boot_high": float(boot[1]),
        "p": float(p_value(d)),
        "p_better": beats[0],
        "p_better_low": beats[1],
        "p_better_high": beats[2],
        "variance_reduction": variance_reduction(s, b) if n else np.nan,
        "replications_needed": needed,
    }


def _check_pairs(values: ByObservation, baseline: str, scenario: str) -> None:
    odd = sorted(values.runs(baseline) ^ values.runs(scenario))
    if odd:
        names = [f"{r} of draw {d}" if d else f"{r}" for d, r in odd[:5]]
        some = ", ".join(names) + (", …" if len(odd) > 5 else "")
        raise ResultsError(
            f"the replications of {scenario!r} and {baseline!r} are not paired: only one of them has replication {some}"
        )
