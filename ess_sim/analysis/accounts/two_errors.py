"""How sure a result is, from parameter draws: what chance leaves open, and what is open because nobody knows it.

Chance shrinks as replications are added. What is not known does not: only knowledge of the parameters narrows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.results import Results
from ess_sim.results.statistics.paired import superiority
from ess_sim.results.statistics.selection import regret
from ess_sim.results.statistics.variance import nested_variance

__all__ = ["regret_table", "uncertainty"]


Floats = NDArray[np.float64]
_PARTS = (
    *("expected_low", "expected_high", "future_low", "future_high"),
    *("variance_chance", "variance_not_knowing", "share_not_knowing"),
)


def uncertainty(
    results: Results,
    *,
    baseline: str | Mapping[str, str] | None = None,
    outcomes: str | Sequence[str] | None = None,
    dates: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Levels and paired differences with three intervals: of the mean, of what is expected, and of one future.

    Parameters
    ----------
    results : Results
        With parameter draws: at least 2 draws × 2 replications, the same for every scenario. For ranges that are more
        than the extremes of a few, some 40 draws are needed.
    baseline : str or mapping of str to str, optional
        What scenarios are compared with, as in `ess_sim.compare`; by default as the experiment said
        (``results.baselines``).
    outcomes : str or sequence of str, optional
        By default those that the scenarios declared in advance.
    dates : sequence of date, optional
        Recorded dates; by default those of `ess_sim.compare`.

    Returns
    -------
    pandas.DataFrame
        For each scenario first its level (``baseline`` is empty), then its difference from the baseline, by outcome and
        date: ``scenario``, ``baseline``, ``date``, ``outcome``, ``unit`` (``%`` for shares, ``pp`` for their
        differences), ``draws``, ``replications``, ``mean`` (over all of them), and

        - ``mean_low``, ``mean_high``: chance alone. 95 % Student interval of the mean over these very draws, from the
          replications' means over the draws; it shrinks with more replications.
        - ``expected_low``, ``expected_high``: not knowing alone. Range of the outcome that is expected if one knew the
          parameters, 95 % of the draws; it does not shrink with more runs.
        - ``future_low``, ``future_high``: both. Range of one future, 95 % of all runs; it does not shrink either.
        - ``variance_chance``, ``variance_not_knowing``: their parts of one future's variance, in the square of the
          unit; ``share_not_knowing``: the latter over the sum of both, 0–1.
        - ``draws_better``, ``draws_better_low``, ``draws_better_high``: share of the draws in whose mean the scenario
          does better than its baseline (ties half), and its 95 % Wilson limits. NaN for levels.

        Ranges and variances are NaN where a run has no value (a refusal rate without practices), the share where
        nothing varies at all.

    Raises
    ------
    ResultsError
        Without parameter draws, with fewer than 2 draws × 2 replications, or if runs are missing; and as
        `ess_sim.compare`.

    Notes
    -----
    The split of the variance is that of `nested_variance` with common random numbers, as
    draws share those of their replication. A draw's mean over few replications varies by chance as well:
    ``expected_*`` takes that into account, ``draws_better`` does not.
    """
    _check_draws(results)
    level = levels(results, outcomes=outcomes, dates=dates).assign(baseline="", replications=lambda t: t["n"])
    tables = [level]
    if len(results.scenarios) > 1:
        paired = compare(
            results,
            baseline=results.baselines if baseline is None else baseline,
            outcomes=outcomes,
            dates=dates,
        )
        tables.append(paired.assign(mean=paired["difference"], replications=paired["n"]))
    elif baseline is not None:
        raise ResultsError(f"there is nothing to compare {results.scenarios[0]!r} with: the results hold one scenario")
    table = pd.concat(tables, ignore_index=True)
    table = table.rename(columns={"low": "mean_low", "high": "mean_high"}).assign(draws=len(results.draws))
    values = _Values(results, table)
    parts = pd.DataFrame([_parts(values, row) for row in table.itertuples(index=False)])
    own = ["scenario", "baseline", "date", "outcome", "unit", "draws", "replications", "mean", "mean_low", "mean_high"]
    table = pd.concat([table[own], parts], axis=1)
    order = {name: place for place, name in enumerate(results.scenarios)}
    return table.sort_values("scenario", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def regret_table(
    results: Results, *, outcome: str = "share_without_mt", date: Date | str | None = None
) -> pd.DataFrame:
    """What choosing a scenario costs over the parameter draws, against the one that would have been best in each.

    Parameters
    ----------
    results : Results
        As in `uncertainty`; all scenarios are taken for choices.
    outcome : str
        Key of `OUTCOMES`.
    date : date, optional
        A recorded date; by default the end.

    Returns
    -------
    pandas.DataFrame
        As `regret`, by scenario: ``mean_regret``, ``p95_regret``, ``max_regret`` (percentage
        points for shares) and ``share_best`` (of the draws). A draw counts with its mean over the replications; with
        few replications chance adds to every regret.

    Raises
    ------
    ResultsError
        As `uncertainty`, or where a run has no value.
    """
    _check_draws(results)
    table = levels(results, outcomes=outcome, dates=None if date is None else [date])
    last = table[table["date"] == table["date"].max()]
    values = _Values(results, last)
    day = last["date"].iloc[0]
    by_draw = {name: values.of(name, outcome, day).mean(axis=1) for name in results.scenarios}
    for name, means in by_draw.items():
        if not np.isfinite(means).all():
            raise ResultsError(f"some runs of {name!r} have no {outcome} on {day.date()}: choose another outcome")
    frame = pd.DataFrame(by_draw, index=pd.Index(results.draws, name="draw"))
    return regret(frame, minimise=OUTCOMES[outcome].lower_is_better).rename_axis(index="scenario")


def _check_draws(results: Results) -> None:
    """Every scenario has every replication in every draw, and there is enough of both."""
    draws, replications = results.draws, results.replications
    if draws == (0,):
        raise ResultsError("these results have no parameter draws: run the experiment with draws, e.g. draws=40")
    if len(draws) < 2 or len(replications) < 2:
        raise ResultsError(
            f"uncertainty needs at least 2 draws × 2 replications, not {len(draws)} × {len(replications)}"
        )
    there = results.each(lambda _: pd.DataFrame({"runs": [1]}))
    table = there.pivot(index=["scenario", "replication"], columns="draw", values="runs")
    whole = pd.MultiIndex.from_product([results.scenarios, replications])
    for row, column in np.argwhere(table.reindex(whole).isna().to_numpy()):
        scenario, replication = whole[row]
        raise ResultsError(
            f"draw {table.columns[column]} of {scenario!r} has no replication {replication}: finish the experiment, or "
            "read fewer replications"
        )


class _Values:
    """Values in the unit of a comparison, by draw and replication."""

    def __init__(self, results: Results, table: pd.DataFrame) -> None:
        frame = results.outcomes(table["outcome"].unique().tolist(), table["date"].unique().tolist())
        keys = ["scenario", "outcome", "date"]
        self._cells = {
            (str(scenario), str(outcome), day): part.pivot(index="draw", columns="replication", values="value")
            for (scenario, outcome, day), part in frame.groupby(keys, observed=True)
        }

    def of(self, scenario: str, outcome: str, day: pd.Timestamp) -> Floats:
        """Shape (draws, replications)."""
        cells: Floats = self._cells[scenario, outcome, day].to_numpy(float)
        return cells * OUTCOMES[outcome].scale


def _parts(values: _Values, row: Any) -> dict[str, float]:
    """All that `uncertainty` says of one level or difference but its mean."""
    x = values.of(row.scenario, row.outcome, row.date)
    better = np.nan, np.nan, np.nan
    if row.baseline:
        base = values.of(row.baseline, row.outcome, row.date)
        sides = x.mean(axis=1), base.mean(axis=1)
        if np.isfinite(sides).all():
            better = superiority(*(sides if OUTCOMES[row.outcome].lower_is_better else sides[::-1]))
        x = x - base
    out = dict.fromkeys(_PARTS, np.nan)
    if np.isfinite(x).all():
        found = nested_variance(x, common=True)
        whole = found.within + found.between
        numbers = (*found.not_knowing, *found.both, found.within, found.between)
        out = dict(zip(_PARTS, (*numbers, found.between / whole if whole else np.nan), strict=True))
    return out | dict(zip(("draws_better", "draws_better_low", "draws_better_high"), better, strict=True))
