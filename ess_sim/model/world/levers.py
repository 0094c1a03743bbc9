"""What policies bend: additive contributions by zone and actor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import did_you_mean

__all__ = ["Bend", "Levers", "Place"]


Place = int | str
"""Where a lever is bent: the index of a zone, the name of an actor, '' for everywhere."""


class Bend(AbstractContextManager[None]):
    """Levers that are bent within a ``with`` block."""

    def __init__(self, levers: Levers, place: Place, bent: Mapping[str, float]) -> None:
        self._levers = levers
        self.place = place
        self.bent = bent

    def __enter__(self) -> None:
        self._levers._enter(self)

    def __exit__(self, *_: object) -> None:
        self._levers._leave(self)


class Levers:
    """Named quantities that policies bend, everywhere, in one zone, or for one actor.

    Contributions add up (`math.fsum`: any order, no residue). What a lever does:

    ``exit_log_odds``: added to the log-odds of a GP's yearly exit, ``retirement_log_odds`` at retirement age only.
    ``settle_log_odds``: of an intern's settling. ``retired_willing_log_odds``: of a retired GP's taking sessions.
    ``target_ratio``: relative gain of a practice's target. ``settle_appeal``: utility added to a zone in newcomers'
    choice. ``grant_ratio``: relative change of a centre's grants; its actor
    is a centre, a payer as ``/agency``, or both as ``centre/agency``.

    Of residents, by home zone where one is given: ``informed_share``: added to the share of informed callers.
    ``dare``: added to the share of calls that precarious residents dare to make. ``reach_rate``: added to the yearly
    rate at which those who do not look for an MT start to, ``reach_rate_precarious`` for the precarious only.
    ``financial_relief``: part of the financial barrier that is lifted. ``call_ratio``: relative gain of the call rate.
    ``return_rate``: added to the yearly rate at which those who gave up look again. Everywhere only:
    ``physical_relief``: part of the weight of distance that is lifted.
    """

    NAMES = (
        "exit_log_odds",
        "retirement_log_odds",
        "settle_log_odds",
        "retired_willing_log_odds",
        "target_ratio",
        "settle_appeal",
        "grant_ratio",
        "informed_share",
        "dare",
        "reach_rate",
        "reach_rate_precarious",
        "financial_relief",
        "call_ratio",
        "return_rate",
        "physical_relief",
    )

    def __init__(self) -> None:
        self._contributions: dict[tuple[str, Place], list[float]] = {}
        self._sums: dict[tuple[str, Place], float] = {}
        self._zones: dict[str, set[int]] = {}  # in which each is bent; there may be thousands of actors besides
        self._callbacks: list[tuple[frozenset[str], Callable[[Place], None]]] = []
        self._waiting: list[Bend] = []

    def __getitem__(self, name: str) -> float:
        """What is bent everywhere."""
        return self._sums.get((self._known(name), ""), 0.0)

    def at(self, name: str, zone: int = -1, actor: str = "") -> float:
        """What is bent everywhere, in the zone and for the actor, together."""
        sums = self._sums
        if not sums:
            return 0.0
        name = self._known(name)
        places: tuple[Place, ...] = ("", zone, actor) if actor else ("", zone)
        return math.fsum(sums.get((name, place), 0.0) for place in places)

    def by_zone(self, name: str, zones: int) -> NDArray[np.float64]:
        """What is bent in each zone, there and everywhere together, shape (zones,).

        >>> levers = Levers()
        >>> with levers.bend(dare=0.1), levers.bend(zone=2, dare=0.2), levers.bend(zone=2, reach_rate=1.0):
        ...     levers.by_zone("dare", 3).round(9).tolist()
        [0.1, 0.1, 0.3]
        """
        out = np.full(zones, self[name])
        for zone in self._zones.get(name, ()):
            out[zone] += self._sums[name, zone]
        return out

    def _known(self, name: str) -> str:
        if name not in self.NAMES:
            raise ValueError(f"unknown lever {name!r}{did_you_mean(name, self.NAMES)}")
        return name

    def of(self, name: str, actor: str) -> float:
        """What is bent for one actor alone."""
        return self._sums.get((self._known(name), actor), 0.0)

    def on_change(self, names: Iterable[str], callback: Callable[[Place], None]) -> None:
        """Calls ``callback``, with the place, whenever one of these levers is bent or let go there.

        Needed by code that keeps a value derived from these levers.
        """
        self._callbacks.append((frozenset(map(self._known, names)), callback))

    def drop_callbacks(self) -> None:
        """From now on changes call nothing."""
        self._callbacks.clear()

    def bend(self, *, zone: int | None = None, actor: str = "", **contributions: float) -> Bend:
        """Adds to levers for as long as the ``with`` block lasts, across ``yield``.

        Parameters
        ----------
        zone : int, optional
            Index of the only zone in which they are bent.
        actor : str, optional
            Name of the only GP, centre or intern for whom they are bent.

        Raises
        ------
        ValueError
            For an unknown lever, a value that is no finite number, or both a zone and an actor.

        Examples
        --------
        >>> levers = Levers()
        >>> with levers.bend(exit_log_odds=-0.2):
        ...     levers["exit_log_odds"]
        -0.2
        >>> with levers.bend(zone=3, target_ratio=0.1):
        ...     levers.at("target_ratio", 3), levers.at("target_ratio", 4), levers["target_ratio"]
        (0.1, 0.0, 0.0)
        >>> levers["exit_log_odds"]
        0.0
        """
        if zone is not None and actor:
            raise ValueError("a lever is bent in a zone or for an actor, not both at once")
        bent = {self._known(name): float(value) for name, value in contributions.items()}
        for name, value in bent.items():
            if not math.isfinite(value):
                raise ValueError(f"the lever {name!r} is bent by {value}, which is no finite number")
        waiting = Bend(self, actor if zone is None else zone, bent)
        self._waiting.append(waiting)
        return waiting

    def check_entered(self) -> None:
        """Refuses that a behaviour goes on after it bent a lever outside of a ``with`` statement.

        Raises
        ------
        ValueError
            With the levers.
        """
        if self._waiting:
            names = ", ".join(name for waiting in self._waiting for name in waiting.bent)
            self._waiting.clear()
            raise ValueError(
                f"a lever ({names}) is bent without a with statement, which does nothing: write "
                "with world.levers.bend(...): and let it hold what happens meanwhile"
            )

    def _enter(self, bend: Bend) -> None:
        if bend in self._waiting:
            self._waiting.remove(bend)
        for name, value in bend.bent.items():
            self._contributions.setdefault((name, bend.place), []).append(value)
        self._sum_up(bend.bent, bend.place)

    def _leave(self, bend: Bend) -> None:
        for name, value in bend.bent.items():
            self._contributions[name, bend.place].remove(value)
        self._sum_up(bend.bent, bend.place)

    def _sum_up(self, names: Iterable[str], place: Place) -> None:
        for key in ((name, place) for name in names):
            if not isinstance(place, str):
                zones = self._zones.setdefault(key[0], set())
                (zones.add if self._contributions[key] else zones.discard)(place)
            if self._contributions[key]:
                self._sums[key] = math.fsum(self._contributions[key])
            else:
                del self._contributions[key]
                self._sums.pop(key, None)
        for wanted, callback in self._callbacks:
            if not wanted.isdisjoint(names):
                callback(place)
