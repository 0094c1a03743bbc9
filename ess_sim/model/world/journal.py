"""What a run writes down while it goes on: dated facts, money, working lives, owners of lists."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ess_sim.results.tables.record import Entry, Fact, Stint

__all__ = ["Journal"]


class Journal(ABC):
    """The part of a world that only records; nothing in a run depends on it.

    Attributes
    ----------
    facts : list of Fact
    entries : list of Entry
        Payments and expenses.
    stints : list of Stint
    owners, owner_zone, owner_centre : list
        Name, zone and whether it is a centre of each who has or had a list.
    owner_of_slot : int array
        Index in ``owners`` of the present owner of each slot; −1 in the halo.
    own_zones : int
        Number of zones of the territory. What happens in the zones after these, its halo, is not written down.
    assumed : list of str
        What the scenario left open and what was assumed instead.
    """

    def __init__(self, own_zones: int) -> None:
        self.own_zones = own_zones
        self.facts: list[Fact] = []
        self.entries: list[Entry] = []
        self.stints: list[Stint] = []
        self.owners: list[str] = []
        self.owner_zone: list[int] = []
        self.owner_centre: list[bool] = []
        self.owner_of_slot = np.zeros(0, dtype=np.int64)
        self.assumed: list[str] = []

    @property
    @abstractmethod
    def today(self) -> int:
        """Whole days since the start."""

    def note(
        self,
        event: str,
        actor: str,
        zone: int = -1,
        *,
        other: str = "",
        residents: int = -1,
        value: float = float("nan"),
        detail: str = "",
    ) -> None:
        """Writes a dated fact."""
        if zone < self.own_zones:
            self.facts.append(Fact(self.today, event, actor, zone, other, residents, value, detail))

    def pay(self, actor: str, line: str, payer: str, euro: float, zone: int = -1) -> int:
        """Records money, to the cent; returns the cents: what ``payer`` pays, or (negative) what the actor spends."""
        cents = round(euro * 100)
        if cents:
            self.entries.append(Entry(self.today, actor, zone, line, payer, cents))
        return cents

    def stint(
        self, person: str, mode: str, zone: int, fte: float, birth_year: int, woman: bool, since: int | None = None
    ) -> Stint:
        """Opens a stretch of working life; close it with `end_stint`."""
        stint = Stint(person, mode, zone, fte, birth_year, woman, self.today if since is None else since)
        if zone < self.own_zones:
            self.stints.append(stint)
        return stint

    def end_stint(self, stint: Stint | None) -> None:
        """Closes a stretch of working life today."""
        if stint is not None:
            stint.last_day = self.today

    def own(self, slot: int, name: str, zone: int, *, centre: bool) -> None:
        """Records whose list a slot holds from today on."""
        if slot >= len(self.owner_of_slot):
            self.owner_of_slot = np.pad(self.owner_of_slot, (0, slot + 64))
        if zone >= self.own_zones:
            self.owner_of_slot[slot] = -1
            return
        self.owner_of_slot[slot] = len(self.owners)
        self.owners.append(name)
        self.owner_zone.append(zone)
        self.owner_centre.append(centre)
