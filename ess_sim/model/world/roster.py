"""Who practises: list-holding GPs by name and by zone, and those whose practice is to be taken over."""

from __future__ import annotations

from collections.abc import Collection

from ess_sim.model.world.records import Gp

__all__ = ["Roster"]


class Roster(dict[str, Gp]):
    """List-holding GPs in practice, by name, in the order in which they came.

    With what is asked for at each exit and each installation, so that neither has to look through all of them. Only
    `add` and `remove` change who is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_zone: dict[int, dict[str, Gp]] = {}
        self._leaving: dict[str, Gp] = {}

    def add(self, gp: Gp) -> None:
        """A GP begins to practise."""
        self[gp.name] = gp
        self._by_zone.setdefault(gp.zone, {})[gp.name] = gp

    def remove(self, gp: Gp) -> None:
        """A GP practises no longer."""
        del self[gp.name]
        del self._by_zone[gp.zone][gp.name]
        self._leaving.pop(gp.name, None)

    def in_zone(self, zone: int) -> Collection[Gp]:
        """Those of a zone, in the order in which they came."""
        return self._by_zone.get(zone, {}).values()

    def announce(self, gp: Gp, last: int) -> None:
        """A GP has announced her exit on the day ``last``; of two that she announced, that of an earlier day counts."""
        gp.leaves_on = last if gp.leaves_on is None else min(last, gp.leaves_on)
        self._leaving[gp.name] = gp

    def loses_successor(self, gp: Gp) -> None:
        """Who was to succeed to a GP does not any more: a newcomer may."""
        gp.successor = None
        self._leaving[gp.name] = gp

    def leaving(self) -> list[Gp]:
        """Those who have announced their exit and have neither a successor nor an heir."""
        for name in [name for name, gp in self._leaving.items() if gp.successor is not None]:
            del self._leaving[name]
        return [gp for gp in self._leaving.values() if gp.heir is None]
