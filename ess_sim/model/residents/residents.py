"""Owns the residents' arrays, their lawful moves and their conservation; calls the kernel.

Everything that actors may do to residents is a method here. Each first advances the residents exactly to the actor's
instant, so that no actor can act on a state that is too old.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import DAYS_PER_YEAR, Calendar
from ess_sim.errors import ConservationError
from ess_sim.inputs.territory.zones import Zones
from ess_sim.model import kernel as k
from ess_sim.model.residents import readings, recount
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.practice import (
    NOTHING,
    Intake,
    Offer,
    Practice,
    adjusted,
    occupy,
    quotas,
)
from ess_sim.model.residents.quantities import BentRates, bent_rates, weigh_distances, write_rates
from ess_sim.model.residents.rates import Hazards
from ess_sim.model.residents.rounding import Floats
from ess_sim.model.residents.setup import fill_tables, layout_of
from ess_sim.results.tables import cells
from ess_sim.results.tables.record import Sparse
from ess_sim.streams import Streams

__all__ = ["Residents"]

_ALL = 1e12
"""A limit that no list reaches."""


class Residents:
    """All residents aged 17+ of one run.

    Those of a halo live as all others do; what is read or recorded here is of the territory alone.

    Parameters
    ----------
    territory : Zones
        With its halo, whose zones come last.
    by_zone : mapping of str to float array, shape (zones,)
        What holds in each zone while nothing is bent: see `rates_by_zone`.
    day0 : Start
        The residents of day 0.
    practices : sequence of Practice
        Providers of day 0; their slots are 0, 1, ….
    on_list_of : int array, shape (residents,)
        Slot of each resident listed in the territory or its halo, −1 for the others.
    own_zones : int, optional
        Number of zones of the territory itself; all if left out.
    """

    def __init__(
        self,
        territory: Zones,
        calendar: Calendar,
        p: Mapping[str, float],
        rates: Hazards,
        by_zone: Mapping[str, Floats],
        day0: Start,
        practices: Sequence[Practice],
        on_list_of: NDArray[np.int64],
        streams: Streams,
        own_zones: int | None = None,
    ) -> None:
        self._own = len(territory.zones) if own_zones is None else own_zones
        self._intake = Intake.from_parameters(p)
        self._decay_minutes = p["distance_decay_minutes"]
        self._relief = math.nan  # physical relief that `weights` stand for: none yet
        self._day = 0
        self._offers: dict[int, Offer] = {}  # by slot
        self._left: list[int] = []  # slots whose providers have ended: a heap
        self._layout = layout_of(territory, day0, len(practices), self._own)
        self._arena, self._tables = k.allocate(self._layout, streams.words("residents"))
        self._arena.n[k.I_YEAR] = calendar.start.year
        fill_tables(self._tables, territory, p, rates, day0)
        self.set_rates(bent_rates(by_zone))
        for slot, practice in enumerate(practices):
            self._occupy(slot, practice)
        k.refresh_supply(*self._arena)
        columns = (day0.zone, day0.birth, day0.ald, day0.precarious, day0.state, day0.pool, day0.origin, on_list_of)
        kinds = (np.int32, np.int16, np.int8, np.int8, np.int8, np.int8, np.int8, np.int32)
        k.begin(*self._arena, *(np.asarray(values, kind) for values, kind in zip(columns, kinds, strict=True)))

    # --- time -----------------------------------------------------------------------------------------------------

    def advance(self, day: int) -> None:
        """Simulates the residents exactly up to the instant ``day``."""
        if day > self._day:
            while k.advance(*self._arena, float(day)) == k.ROOM_FULL:
                self._grow(rows=self._layout.rows * 5 // 4 + 1000)
            self._day = day

    def new_year(self, day: int) -> None:
        """1 January: everyone turns a year older."""
        self.advance(day)
        k.new_year(*self._arena)

    @property
    def events(self) -> int:
        """Candidate events so far, thinned ones included."""
        return int(self._arena.n[k.I_EVENTS])

    @property
    def calls_made(self) -> int:
        """Calls so far."""
        return int(self._arena.n[k.I_CALLS])

    def set_rates(self, rates: BentRates) -> None:
        """Sets what policies can bend, from now on. Setting what holds already changes nothing."""
        write_rates(self._tables, rates)
        relief = min(1.0, max(0.0, rates.physical_relief))
        if relief != self._relief:
            self._relief = relief
            self._weigh_distances(relief)
        if self._arena.n[k.I_FIRST_BIRTH] > 0:  # day 0 is settled
            k.apply_rates(*self._arena)

    def _weigh_distances(self, relief: float) -> None:
        weigh_distances(self._tables, self._decay_minutes, relief, self._own)
        k.refresh_supply(*self._arena)

    # --- providers ------------------------------------------------------------------------------------------------

    def _free_slot(self) -> int:
        if self._left:
            return heapq.heappop(self._left)
        if len(self._offers) == self._layout.slots:
            self._grow(slots=2 * self._layout.slots)
        return len(self._offers)

    def _occupy(self, slot: int, practice: Practice) -> None:
        self._offer(slot, occupy(self._arena, self._tables, slot, practice, self._intake))

    def _offer(self, slot: int, offer: Offer) -> None:
        self._offers[slot] = offer
        k.set_provider(*self._arena, slot, *offer)

    def open(self, day: int, practice: Practice) -> int:
        """A provider opens; returns its slot."""
        self.advance(day)
        slot = self._free_slot()
        self._occupy(slot, practice)
        k.seat_slot(*self._arena, slot)
        if practice.news_per_year > 0.0:
            self._tables.par[k.P_NEWS] = practice.news_per_year / DAYS_PER_YEAR
            k.announce(*self._arena, slot)
        return slot

    def adjust(
        self,
        day: int,
        slot: int,
        *,
        target: float | None = None,
        openness: float | None = None,
        fte: float | None = None,
    ) -> None:
        """A provider's target, openness or FTE changes. Writing what holds already changes nothing, bit for bit."""
        held = self._offers[slot]
        offer = adjusted(held, self._intake, target, openness, fte)
        if offer != held:
            self.advance(day)
            self._offer(slot, offer)

    def hand_over(
        self, day: int, slot: int, share: float, takers: Iterable[tuple[int, float]]
    ) -> tuple[int, list[int]]:
        """Hands a share of a list over to takers with room.

        Parameters
        ----------
        share : float
            Part of the list that is meant to pass on.
        takers : iterable of (slot, limit)
            Served in this order, each up to its limit, which may be infinite; asked for as long as residents are left.

        Returns
        -------
        intended : int
        realised : list of int
            Residents that each taker got; those who were not asked any more are left out.
        """
        self.advance(day)
        intended = int(share * self.list_size(slot) + 0.5)
        asked: list[int] = []

        def rooms() -> Iterator[int]:
            for taker, limit in takers:
                asked.append(taker)
                yield math.floor(min(limit, _ALL)) - self.list_size(taker)

        given = list(quotas(intended, rooms()))
        if sum(given):
            k.transfer(*self._arena, slot, np.array(asked, dtype=np.int64), np.array(given, dtype=np.int64))
        return intended, given

    def close(self, day: int, slot: int) -> int:
        """A provider ends; the residents still on its list are released. Returns their number."""
        self.advance(day)
        released = self.list_size(slot)
        self._release(slot, released)
        self._offer(slot, NOTHING)
        k.retire_slot(*self._arena, slot)
        heapq.heappush(self._left, slot)
        return released

    def release_excess(self, day: int, slot: int) -> int:
        """Releases residents above the provider's target. Returns their number."""
        self.advance(day)
        excess = max(0, self.list_size(slot) - int(self._offers[slot].target))
        self._release(slot, excess)
        return excess

    def _release(self, slot: int, n: int) -> None:
        if n == 0:
            return
        centre = self._tables.pint[slot, k.V_CENTRE] == 1
        k.release_some(*self._arena, slot, n, k.F_RELEASED_CLOSURE if centre else k.F_RELEASED_CESSATION)

    def accompany(
        self,
        day: int,
        *,
        zone: int | None = None,
        n: int,
        ald: bool | None = None,
        precarious: bool | None = None,
        followed: float = 0.0,
    ) -> tuple[int, int]:
        """Helps residents without MT to a call: each starts to look and makes an informed one today.

        Parameters
        ----------
        zone : int, optional
            Index of their home zone; everywhere in the territory where it is left out.
        n : int
            How many at most, drawn at random from those who fit.
        ald, precarious : bool, optional
            Only residents with (True) or without (False) a long-term illness; only precarious ones or only others.
        followed : float
            Part of them, in [0, 1], whom a GP follows already: she becomes their MT whatever the room on her list.

        Returns
        -------
        contacted, registered : int
        """
        self.advance(day)
        before = self.count_without_mt(day, zone=zone)
        any_or = {None: -1, False: 0, True: 1}
        where = -1 if zone is None else zone
        contacted = k.accompany(*self._arena, where, any_or[ald], any_or[precarious], n, float(followed))
        return int(contacted), before - self.count_without_mt(day, zone=zone)

    def count_without_mt(
        self,
        day: int,
        *,
        zone: int | None = None,
        ald: bool | None = None,
        precarious: bool | None = None,
        looking: bool | None = None,
    ) -> int:
        """Residents without MT: of one zone, with or without ALD, precarious or not, looking for an MT or not."""
        self.advance(day)
        return readings.without_mt(self.counts, zone, ald, precarious, looking)

    def count_adults(
        self, day: int, *, zone: int | None = None, ald: bool | None = None, precarious: bool | None = None
    ) -> int:
        """Residents aged 17 and over: of one zone, with or without ALD, precarious or not."""
        self.advance(day)
        return readings.adults(self.counts, zone, ald, precarious)

    def by_mt(self) -> readings.ByMt:
        """Adults of the territory by where their MT practises, as of the last advance."""
        return readings.by_mt(self._arena, self._tables, self._own)

    def around_by_mt(self) -> readings.ByMt:
        """The same of the halo's adults; none where there is no halo."""
        return readings.around(self._tables, self._own)

    def list_size(self, slot: int) -> int:
        """Residents on the provider's list, as of the last advance."""
        return self._tables.pint.item(slot, k.V_LIST)

    def target(self, slot: int) -> float:
        """The provider's target."""
        return self._offers[slot].target

    def openness(self, slot: int) -> float:
        """A provider's openness."""
        return self._offers[slot].openness

    def share_without_mt(self, day: int) -> NDArray[np.float64]:
        """Share of adults without MT by zone, shape (zones,); 0 where no adult lives."""
        self.advance(day)
        return readings.share_without_mt(self._arena, self._layout.zones)[: self._own]

    def share_around(self, day: int) -> NDArray[np.float64]:
        """The same in the halo, by its zones."""
        self.advance(day)
        return readings.share_without_mt(self._arena, self._layout.zones)[self._own :]

    # --- records --------------------------------------------------------------------------------------------------

    def people(self) -> NDArray[np.int64]:
        """Every resident, those of the halo too, as of the last advance: see `people`."""
        return k.people(self._arena, self._tables)

    @property
    def counts(self) -> NDArray[np.int32]:
        """The counts as they stand, shape (cells, counts), to be copied: see `Record`."""
        return self._tables.counts[: self._own * cells.ZONE_STEP, : k.N_COUNTS]

    @property
    def distributions(self) -> NDArray[np.int32]:
        """The distributions as they stand, shape (zones, bins), to be copied: see `Record`."""
        return self._tables.spread[: self._own]

    @property
    def spells(self) -> NDArray[np.int32]:
        """Copy of the ended spells without MT, shape (2, 241)."""
        return self._tables.spells.copy()

    def harvest(self, t: int, flows: Sparse, calls: Sparse) -> None:
        """Moves the flows and calls since the last harvest into record ``t``."""
        readings.harvest(self._arena, t, flows, calls)

    def providers(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Slots of the active providers, and four figures of each, shape (providers, 4).

        List, target, openness, and the chance that a standard caller without MT is accepted.
        """
        return readings.providers(self._arena)

    def check(self) -> None:
        """Recounts every resident and compares with the running accounts.

        Raises
        ------
        ConservationError
            If any count, list or link is wrong: a fault of ess_sim.
        """
        found = list(recount.mistakes(self._arena, self._tables))
        if found:
            raise ConservationError("; ".join(found))

    def _grow(self, **sizes: int) -> None:
        """Moves everything to a larger arena."""
        self._layout = self._layout._replace(**sizes)
        self._arena, self._tables = k.enlarge(self._arena, self._tables, self._layout)
