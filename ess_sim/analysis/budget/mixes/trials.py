"""Runs of mixes, each made once: what they gain over the baseline, and what they cost beyond it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ess_sim.analysis.budget.mixes.limits import Budget, Cents
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.experiments.experiment import Progress, silent
from ess_sim.results.statistics.intervals import Floats

__all__ = ["BASE", "CONFIRM", "SEARCH", "SELECT", "Lived", "Spot", "Trials"]


BASE: Mix = ()
SEARCH, SELECT, CONFIRM = 0, 100_000, 200_000
"""First replications of the search, of the selection at its end, and of the figures that are stated: what was found by
chance in one of them is not found again in the next."""


class Spot(NamedTuple):
    """One run: a mix, a parameter draw (0: the scenario's own values) and a replication."""

    mix: Mix
    draw: int
    replication: int


class Lived(NamedTuple):
    """What is kept of a run.

    Attributes
    ----------
    value : float
        The outcome, in its unit as stated (shares in %).
    without : int
        Residents without MT on that day.
    cents : tuple of int
        Public cost of policies and structures in each year.
    unknown : tuple of (str, str)
        Who had a cost that is unknown, and which.
    """

    value: float
    without: int
    cents: tuple[int, ...]
    unknown: tuple[tuple[str, str], ...] = ()


Runner = Callable[[Sequence[Spot]], Iterator[tuple[Spot, Lived]]]
"""Makes runs and gives them in any order."""


class Trials:
    """All runs that were made so far.

    Parameters
    ----------
    run : callable
        Makes runs.
    minimise : bool
        Whether less of the outcome is better.
    prices : sequence of int
        Cents a year that the user adds to the cost of each unit.
    progress : callable, optional
    """

    def __init__(
        self, run: Runner, *, minimise: bool = True, prices: Sequence[int] = (), progress: Progress | None = None
    ) -> None:
        self._run, self._prices = run, tuple(prices)
        self._sign = 1.0 if minimise else -1.0
        self._found: dict[Spot, Lived] = {}
        self._say = progress or silent

    @property
    def made(self) -> int:
        """How many runs there are."""
        return len(self._found)

    def need(self, mixes: Iterable[Mix], replications: Iterable[int], stage: str, draws: Iterable[int] = (0,)) -> None:
        """Makes the runs of mixes and of the baseline that are missing."""
        every = dict.fromkeys([BASE, *mixes])
        spots = [Spot(mix, d, r) for d in draws for r in replications for mix in every]
        missing = [spot for spot in spots if spot not in self._found]
        for done, (spot, lived) in enumerate(self._run(missing), start=1):
            self._found[spot] = lived
            self._say(done, len(missing), f"{stage}: run {len(self._found)}")

    def gains(self, mix: Mix, replications: Iterable[int], draw: int = 0) -> Floats:
        """How much better the outcome is than the baseline's in each replication."""
        return np.array([self._sign * (b.value - m.value) for m, b in self._pairs(mix, replications, draw)])

    def goodness(self, mix: Mix, replications: Iterable[int], draw: int = 0) -> Floats:
        """The outcome in each replication, negative where less is better."""
        return np.array([-self._sign * mine.value for mine, _ in self._pairs(mix, replications, draw)])

    def people(self, mix: Mix, replications: Iterable[int]) -> Floats:
        """Residents without MT whom the baseline has more, in each replication."""
        return np.array([float(b.without - m.without) for m, b in self._pairs(mix, replications)])

    def cents(self, mix: Mix, replications: Iterable[int], draw: int = 0) -> Cents:
        """Public cost beyond the baseline's, shape (replications, years)."""
        more = sum(self._prices[unit] for unit in mix) if self._prices else 0
        rows = [
            [m + more - b for m, b in zip(mine.cents, base.cents, strict=True)]
            for mine, base in self._pairs(mix, replications, draw)
        ]
        return np.array(rows, dtype=np.int64)

    def unknown(self, mix: Mix) -> list[tuple[str, str]]:
        """Costs that are unknown in a run of a mix, and not in one of the baseline."""
        of: dict[Mix, set[tuple[str, str]]] = {mix: set(), BASE: set()}
        for spot, lived in self._found.items():
            if spot.mix in of:
                of[spot.mix].update(lived.unknown)
        return sorted(of[mix] - of[BASE]) if mix else []

    def worst(self, mix: Mix) -> Cents:
        """The greatest cost of each year in all runs with the scenario's own parameters."""
        out: Cents = self.cents(mix, self._made(mix)).max(axis=0)
        return out

    def over(self, mix: Mix, budget: Budget) -> tuple[int, int]:
        """Of all its runs with the scenario's own parameters, how many exceed the budget, and how many there are."""
        made = self._made(mix)
        return (int((~budget.holds(self.cents(mix, made))).sum()), len(made)) if made else (0, 0)

    def _made(self, mix: Mix) -> list[int]:
        return [spot.replication for spot in self._found if spot.mix == mix and not spot.draw]

    def _pairs(self, mix: Mix, replications: Iterable[int], draw: int = 0) -> Iterator[tuple[Lived, Lived]]:
        for r in replications:
            yield self._found[Spot(mix, draw, r)], self._found[Spot(BASE, draw, r)]
