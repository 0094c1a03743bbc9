"""How a choice stands over parameter draws: how often another mix is better, and what each rule of prudence takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ess_sim.analysis.budget.mixes.limits import Budget
from ess_sim.analysis.budget.mixes.trials import BASE, Trials
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.results.statistics.selection import regret

__all__ = ["CRITERIA", "Robust", "robust_choice"]


CRITERIA = {
    "expected_value": "best in the mean over the draws",
    "max_min": "best in its worst draw, by the outcome itself",
    "minimax_regret": "least to be regretted in the draw where it is regretted most",
}


@dataclass(frozen=True)
class Robust:
    """Mixes over parameter draws.

    Attributes
    ----------
    table : pandas.DataFrame
        Row i is that of mix i: ``gain`` (mean over the draws), ``worst`` (least gain of a draw), ``mean_regret``,
        ``p95_regret``, ``max_regret``, ``share_best`` (of the draws; see `regret`), ``draws_over`` (share of the draws
        in which a run exceeds the budget).
    choices : dict of str to Mix
        By criterion, among mixes that hold the budget in every run of every draw.
    changes : float
        Share of the draws in which another of the mixes is better than the chosen one.
    matters : float
        Share of the draws in which one is better by more than the indifference.
    draws, replications : int
    """

    table: pd.DataFrame
    choices: dict[str, Mix]
    changes: float
    matters: float
    draws: int
    replications: int


def robust_choice(
    trials: Trials,
    mixes: Sequence[Mix],
    chosen: Mix,
    budget: Budget,
    draws: Sequence[int],
    replications: int,
    indifference: float,
) -> Robust:
    """Simulates mixes and the baseline with each draw.

    Parameters
    ----------
    trials : Trials
    mixes : sequence of Mix
        With the baseline and the chosen one.
    chosen : Mix
    budget : Budget
    draws : sequence of int
        Their numbers.
    replications : int
        Of each mix and draw. Few of them inflate every regret, and the share of draws in which the choice changes.
    indifference : float
        Smallest difference that matters.
    """
    runs = range(replications)
    trials.need(mixes, runs, "draws", draws)
    good = np.array([[trials.goodness(mix, runs, d).mean() for mix in mixes] for d in draws]).round(9)
    gains = good - good[:, [list(mixes).index(BASE)]]
    over = np.array([[not budget.holds(trials.cents(mix, runs, d)).all() for mix in mixes] for d in draws])
    table = regret(pd.DataFrame(good), minimise=False)
    table.insert(0, "gain", gains.mean(axis=0))
    table.insert(1, "worst", gains.min(axis=0))
    table["draws_over"] = over.mean(axis=0)
    within = np.flatnonzero(~over.any(axis=0))
    scores = {
        "expected_value": good.mean(axis=0),
        "max_min": good.min(axis=0),
        "minimax_regret": -table["max_regret"].to_numpy(float),
    }
    choices = {name: mixes[int(within[score[within].argmax()])] for name, score in scores.items()}
    changes = 1.0 - float(table["share_best"].iloc[list(mixes).index(chosen)])
    matters = float((good.max(axis=1) - good[:, list(mixes).index(chosen)] > indifference).mean())
    return Robust(table, choices, changes, matters, len(draws), replications)
