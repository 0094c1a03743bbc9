"""Who practises where: list-holding GPs by name, by zone and by practice, those who leave, and who succeeds to them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ess_sim.model.world.records import Gp

__all__ = ["Roster"]


class Roster(dict[str, Gp]):
    """List-holding GPs in practice, by name, in the order in which they came.

    With what is asked for at each exit and each installation, so that neither has to look through all of them. Only its
    methods change who is there, who leaves and who succeeds to whom.

    Parameters
    ----------
    zones : int
        Number of zones, of the territory and its halo.
    """

    def __init__(self, zones: int) -> None:
        super().__init__()
        self._by_zone: dict[int, dict[str, Gp]] = {}
        self._practices: dict[int, dict[str, dict[str, Gp]]] = {}  # by zone, then by name
        self._leaving: dict[int, dict[str, Gp]] = {}
        self._with_leaving = np.zeros(zones, dtype=bool)

    def add(self, gp: Gp) -> None:
        """A GP begins to practise."""
        self[gp.name] = gp
        self._by_zone.setdefault(gp.zone, {})[gp.name] = gp
        self._practices.setdefault(gp.zone, {}).setdefault(gp.practice, {})[gp.name] = gp

    def remove(self, gp: Gp) -> None:
        """A GP practises no longer."""
        del self[gp.name]
        del self._by_zone[gp.zone][gp.name]
        self._leave_practice(gp)
        self._seek_successor(gp, False)
        if gp.successor is not None:
            gp.successor.predecessors.remove(gp)

    def in_zone(self, zone: int) -> Collection[Gp]:
        """Those of a zone, in the order in which they came."""
        return self._by_zone.get(zone, {}).values()

    def join(self, gp: Gp, practice: str) -> None:
        """A GP moves into another practice of her zone."""
        self._leave_practice(gp)
        gp.practice = practice
        self._practices[gp.zone].setdefault(practice, {})[gp.name] = gp

    def _leave_practice(self, gp: Gp) -> None:
        partners = self._practices[gp.zone][gp.practice]
        del partners[gp.name]
        if not partners:
            del self._practices[gp.zone][gp.practice]

    def in_practice(self, zone: int, practice: str) -> Collection[Gp]:
        """Those of a practice, which is in one zone."""
        return self._practices.get(zone, {}).get(practice, {}).values()

    def groups(self, zone: int) -> list[str]:
        """The group practices of a zone, sorted."""
        return sorted(practice for practice in self._practices.get(zone, ()) if practice.startswith("group-"))

    def announce(self, gp: Gp, last: int) -> None:
        """A GP has announced her exit on the day ``last``; of two that she announced, that of an earlier day counts."""
        gp.leaves_on = last if gp.leaves_on is None else min(last, gp.leaves_on)
        self._seek_successor(gp, gp.successor is None and gp.heir is None)

    def reserve(self, gp: Gp, successor: Gp) -> None:
        """Another GP of the zone is to succeed to one who leaves."""
        gp.successor = successor
        successor.predecessors.append(gp)
        self._seek_successor(gp, False)

    def succeeds_to_no_one(self, gp: Gp) -> None:
        """Those to whom a GP was to succeed are without successor again: a newcomer may."""
        for other in gp.predecessors:
            other.successor = None
            self._seek_successor(other, other.heir is None)
        gp.predecessors.clear()

    def _seek_successor(self, gp: Gp, seeks: bool) -> None:
        here = self._leaving.setdefault(gp.zone, {})
        if seeks:
            here[gp.name] = gp
        else:
            here.pop(gp.name, None)
        self._with_leaving[gp.zone] = bool(here)

    def leaving(self, zone: int) -> Collection[Gp]:
        """Those of a zone who have announced their exit and have neither a successor nor an heir."""
        return self._leaving.get(zone, {}).values()

    def zones_of_leaving(self) -> NDArray[np.int64]:
        """The zones in which there are such."""
        return np.flatnonzero(self._with_leaving)
