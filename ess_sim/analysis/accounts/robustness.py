"""How robust a result is over parameter draws: the parts of its uncertainty, and the regret of a choice.

Uncertainty from chance shrinks as replications are added. Uncertainty about the parameters does not: only better
knowledge of them reduces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.arguments import checked
from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import Drawn
from ess_sim.results.statistics.paired import superiority
from ess_sim.results.statistics.selection import regret
from ess_sim.results.statistics.variance import FEWEST_DRAWS, nested_variance

__all__ = ["check_whole", "regret_table", "uncertainty"]


Floats = NDArray[np.float64]
_PARTS = (
    *("expected_low", "expected_high", "future_low", "future_high"),
    *("variance_chance", "variance_not_knowing", "share_not_knowing"),
)


@checked
def uncertainty(
    results: Drawn,
    *,
    baseline: str | Mapping[str, str] | None = None,
    outcomes: str | Sequence[str] | None = None,
    dates: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Levels and paired differences with three intervals: of the mean, of the expected value, and of one future.

    Parameters
    ----------
    results : Results
        With at least 10 parameter draws, each with replications of its own, as many in every scenario. Many draws of
        one or two replications say more than few draws of many.
    baseline : str or mapping of str to str, optional
        What scenarios are compared with, as in `ess_sim.compare`; by default the baselines of the experiment
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

        - ``mean_low``, ``mean_high``: 95 % Student interval of the mean, that of `ess_sim.levels` or `ess_sim.compare`,
          from the draws' means; it shrinks as draws are added.
        - ``expected_low``, ``expected_high``: parameter uncertainty only. 95 % range of the outcome expected for known
          parameters; more runs make it more certain, but do not shrink it to nothing.
        - ``future_low``, ``future_high``: both. 95 % range of one future; nor does it shrink.
        - ``variance_chance``, ``variance_not_knowing``: the parts of one future's variance that are due to chance and
          to not knowing the parameters, in squared units; ``share_not_knowing``: the latter over their sum, 0–1.
        - ``draws_better``, ``draws_better_low``, ``draws_better_high``: share of the draws in which the scenario's mean
          is better than its baseline's (ties count half), and its 95 % Wilson limits. NaN for levels.

        Ranges and variances are NaN if a run has no value (a refusal rate without practices), the share if nothing
        varies at all. With one replication chance and not knowing cannot be separated: everything about either is NaN,
        and only the range with both remains.

    Raises
    ------
    ResultsError
        With fewer than 10 parameter draws, or if runs are missing; and as `ess_sim.compare`.

    Notes
    -----
    The variance is split, and ranges are found, as in `nested_variance`, which says what they hold. A draw's mean over
    few replications also varies by chance: ``expected_*`` takes that into account, ``draws_better`` does not.
    """
    check_whole(results, FEWEST_DRAWS, "95 % ranges need")
    level = levels(results, outcomes=outcomes, dates=dates).assign(baseline="")
    tables = [level]
    if len(results.scenarios) > 1 and (baseline is not None or results.baselines):
        paired = compare(
            results,
            baseline=results.baselines if baseline is None else baseline,
            outcomes=outcomes,
            dates=dates,
        )
        tables.append(paired.assign(mean=paired["difference"]))
    elif baseline is not None:
        raise ResultsError(f"nothing to compare {results.scenarios[0]!r} with: the results hold only one scenario")
    table = pd.concat(tables, ignore_index=True)
    table = table.rename(columns={"low": "mean_low", "high": "mean_high"})
    table = table.assign(draws=len(results.draws), replications=len(results.replications))
    values = _Values(results, table)
    parts = pd.DataFrame([_parts(values, row) for row in table.itertuples(index=False)])
    own = ["scenario", "baseline", "date", "outcome", "unit", "draws", "replications", "mean", "mean_low", "mean_high"]
    table = pd.concat([table[own], parts], axis=1)
    order = {name: place for place, name in enumerate(results.scenarios)}
    return table.sort_values("scenario", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def regret_table(results: Drawn, *, outcome: str = "share_without_mt", date: Date | str | None = None) -> pd.DataFrame:
    """Regret of choosing a scenario: how far it falls short of the scenario that is best in each parameter draw.

    Parameters
    ----------
    results : Results
        With at least 2 parameter draws, the same for every scenario; every scenario is a possible choice.
    outcome : str
        Key of `OUTCOMES`.
    date : date, optional
        A recorded date; by default the end.

    Returns
    -------
    pandas.DataFrame
        As `regret`, by scenario: ``mean_regret``, ``p95_regret``, ``max_regret`` (percentage points for shares) and
        ``share_best`` (of the draws). The value of a draw is its mean over the replications; with few replications
        chance inflates every regret.

    Raises
    ------
    ResultsError
        Without parameter draws, with a single one, or if runs are missing or have no value.
    """
    check_whole(results, 2, "regret needs")
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


def check_whole(results: Drawn, fewest: int, what: str) -> None:
    """Refuses results in which a run is missing, or that have too few draws.

    Raises
    ------
    ResultsError
    """
    draws, replications = results.draws, results.replications
    if draws == (0,):
        cure = "run the experiment with draws, e.g. --draws 40 (draws=40)"
        raise ResultsError(f"these results have no parameter draws: {cure}")
    if len(draws) < fewest:
        raise ResultsError(f"{what} at least {fewest} parameter draws, not {len(draws)}: run the experiment with more")
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
    """Values in the unit of comparisons, by draw and replication."""

    def __init__(self, results: Drawn, table: pd.DataFrame) -> None:
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
    """Everything that `uncertainty` says about one level or difference, except its mean."""
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
        found = nested_variance(x)
        whole = found.within + found.between
        about = OUTCOMES[row.outcome]
        limits = about.limits_of_difference if row.baseline else about.limits_of_level
        ranges = np.clip([*found.not_knowing, *found.both], *limits).tolist()
        share = found.between / whole if whole else np.nan
        out = dict(zip(_PARTS, (*ranges, found.within, found.between, share), strict=True))
    return out | dict(zip(("draws_better", "draws_better_low", "draws_better_high"), better, strict=True))
