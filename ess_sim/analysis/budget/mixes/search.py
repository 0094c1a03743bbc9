"""The search for good mixes: from additive guesses on, one unit more, less or another one, with common random numbers.

Which neighbour of a mix is simulated next is predicted by the effect and the cost that a unit last had when it joined a
mix: under diminishing returns that is an upper bound, so that only the most promising need be simulated (lazy greedy,
Minoux 1978).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace

from ess_sim.analysis.budget.mixes.knapsack import additive
from ess_sim.analysis.budget.mixes.limits import Budget, Cents, Limits
from ess_sim.analysis.budget.mixes.pilot import Pilot
from ess_sim.analysis.budget.mixes.trials import BASE, SEARCH, Trials
from ess_sim.analysis.budget.mixes.units import Mix
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError

__all__ = ["Effort", "Found", "search"]


@checked
@dataclass(frozen=True)
class Effort:
    """How much is simulated.

    Attributes
    ----------
    pilot : int
        Replications of each unit alone, and of each mix of the search, ≥ 2.
    beam, wide : int
        Mixes whose neighbours are looked at, and neighbours that are simulated, in each round.
    rounds : int
        Most rounds.
    screened, more : int
        Mixes that get so many more replications at the end of the search.
    finalists : int
        Best of them, among which the best is selected.
    maximum : int
        Most replications of a finalist in the selection.
    confirmed : int
        Fresh replications from which all figures are stated.

    Raises
    ------
    ValueError
        With all that are too few.
    """

    pilot: int = 12
    beam: int = 4
    wide: int = 12
    rounds: int = 15
    screened: int = 24
    more: int = 12
    finalists: int = 10
    maximum: int = 150
    confirmed: int = 40

    def __post_init__(self) -> None:
        least = {"pilot": 2, "rounds": 0, "more": 0, "maximum": 3, "confirmed": 2}
        wrong = [
            f"{each.name} must be at least {least.get(each.name, 1)}, not {getattr(self, each.name)}"
            for each in fields(self)
            if getattr(self, each.name) < least.get(each.name, 1)
        ]
        if wrong:
            raise ArgumentError("\n".join(f"effort: {line}" for line in wrong))

    @classmethod
    def of(cls, factor: float) -> Effort:
        """So many times the usual replications, mixes that are tried a round, and finalists; none becomes too few.

        Parameters
        ----------
        factor : float
            From 0.1 to 20; 1 are the usual ones.

        Raises
        ------
        ValueError
            For a factor out of range.

        Examples
        --------
        >>> Effort.of(0.25).pilot, Effort.of(2).confirmed
        (3, 80)
        """
        if not 0.1 <= factor <= 20:
            raise ArgumentError(f"the effort is a factor from 0.1 to 20 of the usual one, not {factor!r}")
        usual = cls()
        least = {"pilot": 3, "wide": 4, "screened": 4, "more": 2, "finalists": 3, "maximum": 20, "confirmed": 10}
        return replace(usual, **{k: max(low, round(factor * getattr(usual, k))) for k, low in least.items()})


@dataclass
class Found:
    """What a search has seen.

    Attributes
    ----------
    gains : dict of Mix to float
        Mean gain of each mix that was simulated.
    over : set of Mix
        Those that exceed the budget in a run.
    screened : list of Mix
        The best within the budget after more replications, the best first.
    brought : dict of int to float
        What each unit gained when it last joined a mix.
    """

    gains: dict[Mix, float] = field(default_factory=dict)
    over: set[Mix] = field(default_factory=set)
    screened: list[Mix] = field(default_factory=list)
    brought: dict[int, float] = field(default_factory=dict)

    def lean(self, mix: Mix, least: float) -> Mix:
        """A mix without the units that last brought least: what they brought adds up to no more than ``least``."""
        left = least
        for unit in sorted(dict.fromkeys(mix), key=lambda unit: (self.brought[unit], unit)):
            left -= max(0.0, self.brought[unit])
            if left < 0 or len(mix) == 1:
                break
            mix = _without(mix, unit)
        return mix

    @property
    def best(self) -> list[Mix]:
        """Mixes within the budget, the best first."""
        within = [mix for mix in self.gains if mix not in self.over and mix != BASE]
        return sorted(within, key=lambda mix: (-self.gains[mix], len(mix), mix))


def search(
    trials: Trials,
    pilot: Pilot,
    budget: Budget,
    limits: Limits,
    effort: Effort,
    possible: Callable[[Mix], bool] = lambda _: True,
) -> Found:
    """Mixes within the budget, and what they gain.

    Parameters
    ----------
    trials : Trials
    pilot : Pilot
    budget : Budget
    limits : Limits
    effort : Effort
    possible : callable
        Whether the policies of a mix go together.
    """
    return _Search(trials, pilot, budget, limits, effort, possible).done()


class _Search:
    def __init__(
        self,
        trials: Trials,
        pilot: Pilot,
        budget: Budget,
        limits: Limits,
        effort: Effort,
        possible: Callable[[Mix], bool],
    ) -> None:
        self.trials, self.pilot, self.budget, self.limits = trials, pilot, budget, limits
        self.effort, self.possible = effort, possible
        self.runs = range(SEARCH, SEARCH + effort.pilot)
        self.found = Found()
        self.found.brought = {unit: pilot.gain(unit) for unit in pilot.units}
        self.cents: dict[int, Cents] = {unit: pilot.cents[unit] for unit in pilot.units}

    def done(self) -> Found:
        self._simulate([(unit,) for unit in self.pilot.units if self.limits.allow((unit,))], "search")
        self._simulate(list(dict.fromkeys(self._starts())), "search")
        still = 0
        for number in range(1, self.effort.rounds + 1):
            before = self._top()
            wanted = self._next()
            if not wanted:
                break
            self._simulate(wanted, f"search, round {number}")
            still = 0 if self._top() > before else still + 1
            if still == 2:
                break
        self._screen()
        return self.found

    def _top(self) -> float:
        return max((self.found.gains[mix] for mix in self.found.best[:1]), default=0.0)

    def _starts(self) -> Iterator[Mix]:
        """Additive guesses: as measured, pessimistic, one of each kind, and for a part of the money."""
        pilot = self.pilot
        if not pilot.units:
            return
        means = [pilot.gain(unit) for unit in pilot.units]
        errors = [float(pilot.gains[unit].std(ddof=1)) / self.effort.pilot**0.5 for unit in pilot.units]
        cautious = [mean - error for mean, error in zip(means, errors, strict=True)]
        yield additive(pilot, means, self.budget, self.limits)
        yield additive(pilot, cautious, self.budget, self.limits)
        yield additive(pilot, means, self.budget, self.limits, of_kind=1)
        for part in (4, 2):
            yield additive(pilot, means, Budget(self.budget.cents // part, self.budget.over_horizon), self.limits)
        yield additive(pilot, means, Budget(self.budget.cents * 3 // 4, self.budget.over_horizon), self.limits)

    def _simulate(self, mixes: list[Mix], stage: str) -> None:
        new = [mix for mix in mixes if mix and mix not in self.found.gains and self.possible(mix)]
        self.trials.need(new, self.runs, stage)
        for mix in new:
            self._note(mix)

    def _note(self, mix: Mix) -> None:
        self.found.gains[mix] = float(self.trials.gains(mix, self.runs).mean())
        cents = self.trials.cents(mix, self.runs)
        if not self.budget.holds(cents).all():
            self.found.over.add(mix)
        for unit in dict.fromkeys(mix):  # what it brought to the mix without it, if that is known
            rest = _without(mix, unit)
            if rest and rest in self.found.gains:
                self.found.brought[unit] = self.found.gains[mix] - self.found.gains[rest]
                self.cents[unit] = cents - self.trials.cents(rest, self.runs)

    def _next(self) -> list[Mix]:
        """Neighbours of the best mixes that promise most."""
        promised: dict[Mix, float] = {}
        for mix in self.found.best[: self.effort.beam]:
            cost = self.trials.cents(mix, self.runs)
            for near, gone, come in _neighbours(mix, self.pilot.units):
                if near in self.found.gains or near in promised or not self.limits.allow(near):
                    continue
                gain, less = self.found.gains[mix], cost
                if gone is not None:
                    gain, less = gain - self.found.brought[gone], less - self.cents[gone]
                if come is not None:
                    gain, less = gain + self.found.brought[come], less + self.cents[come]
                if near and self.budget.holds(less).all():
                    promised[near] = gain
        top = self._top()
        order = sorted(promised, key=lambda mix: (-round(promised[mix], 9), len(mix), mix))
        return [mix for mix in order if promised[mix] > top][: self.effort.wide]

    def _screen(self) -> None:
        """More replications of the best: of many that are measured briefly, the first owes most to chance."""
        runs = range(SEARCH, SEARCH + self.effort.pilot + self.effort.more)
        top = self.found.best[: self.effort.screened]
        self.trials.need(top, runs, "screening")
        for mix in top:
            self.found.gains[mix] = float(self.trials.gains(mix, runs).mean())
            if not self.budget.holds(self.trials.cents(mix, runs)).all():
                self.found.over.add(mix)
        self.found.screened = [mix for mix in self.found.best if mix in set(top)]


def _without(mix: Mix, unit: int) -> Mix:
    place = mix.index(unit)
    return mix[:place] + mix[place + 1 :]


def _neighbours(mix: Mix, units: tuple[int, ...]) -> Iterator[tuple[Mix, int | None, int | None]]:
    """One unit more, one less, one for another: the mix, what is gone and what has come."""
    for unit in units:
        yield tuple(sorted((*mix, unit))), None, unit
    for gone in dict.fromkeys(mix):
        rest = _without(mix, gone)
        yield rest, gone, None
        for unit in units:
            if unit != gone:
                yield tuple(sorted((*rest, unit))), gone, unit
