"""The end of a search: the best of its mixes by ranking and selection, on replications that the search never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ess_sim.analysis.budget.mixes.limits import Budget
from ess_sim.analysis.budget.mixes.search import Effort
from ess_sim.analysis.budget.mixes.trials import BASE, CONFIRM, SELECT, Trials
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.results.statistics.intervals import Floats
from ess_sim.results.statistics.selection import kim_nelson

__all__ = ["FIRST", "Selected", "select_mix"]


FIRST = 20
"""Replications of every finalist before one is eliminated."""

_AHEAD = 8
"""Replications that are made together, so that all processes have work."""


@dataclass(frozen=True)
class Selected:
    """What the selection found.

    Attributes
    ----------
    mix : Mix
        The chosen one; empty: nothing that was found is better than the baseline.
    decided : bool
        Whether the selection came to its end before the replications ran out: only then its confidence is stated.
    finalists : tuple of Mix
        Those that stayed within the budget, the baseline not among them.
    exceeded : tuple of Mix
        Finalists that exceeded it in a fresh run, and are out.
    replications : dict of Mix to int
        Used by the selection.
    """

    mix: Mix
    decided: bool
    finalists: tuple[Mix, ...]
    exceeded: tuple[Mix, ...]
    replications: dict[Mix, int]


def select_mix(
    trials: Trials,
    finalists: Sequence[Mix],
    budget: Budget,
    effort: Effort,
    *,
    indifference: float,
    confidence: float,
) -> Selected:
    """The best of the finalists and the baseline that holds the budget in every run.

    A mix that exceeds the budget in a fresh run is out, even if it had been selected: the selection is then repeated
    among the others, of which all runs are known already.
    """
    first = min(FIRST, effort.maximum)
    every = range(SELECT, SELECT + first)
    confirm = range(CONFIRM, CONFIRM + effort.confirmed)
    trials.need(finalists, every, "selection")
    exceeded = [mix for mix in finalists if not budget.holds(trials.cents(mix, every)).all()]
    while True:
        left = [mix for mix in finalists if mix not in exceeded]
        systems = [BASE, *left]
        if len(systems) == 1:
            return Selected(BASE, True, (), tuple(exceeded), {})
        made = _Sample(trials, systems, effort.maximum)
        found = kim_nelson(
            made,
            len(systems),
            indifference=indifference,
            confidence=confidence,
            first=first,
            maximum=effort.maximum,
            minimise=False,
        )
        best = found.best if found.best is not None else made.best_of(found.survivors, max(found.replications))
        mix = systems[best]
        used = dict(zip(systems, found.replications, strict=True))
        trials.need([mix], confirm, "confirmation")
        if mix == BASE or not trials.over(mix, budget)[0]:
            return Selected(mix, found.best is not None, tuple(left), tuple(exceeded), used)
        exceeded.append(mix)


class _Sample:
    """Supplies gains to the selection, some replications ahead."""

    def __init__(self, trials: Trials, systems: Sequence[Mix], maximum: int) -> None:
        self._trials, self._systems, self._maximum = trials, systems, maximum

    def __call__(self, systems: tuple[int, ...], replications: range) -> Floats:
        mixes = [self._systems[s] for s in systems]
        # in blocks that begin at the same places whatever is asked for: the same runs in every repetition
        until = min(self._maximum, -(-replications.stop // _AHEAD) * _AHEAD)
        self._trials.need(mixes, range(SELECT + replications.start, SELECT + until), "selection")
        runs = range(SELECT + replications.start, SELECT + replications.stop)
        return np.array([self._trials.gains(mix, runs) for mix in mixes])

    def best_of(self, systems: tuple[int, ...], replications: int) -> int:
        """The one with the greatest mean of those that are left."""
        runs = range(SELECT, SELECT + replications)
        return max(systems, key=lambda s: (float(self._trials.gains(self._systems[s], runs).mean()), -s))
