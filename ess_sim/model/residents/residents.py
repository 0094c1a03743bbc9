"""Owns the residents' arrays, their lawful moves and their conservation; calls the kernel.

Everything that actors may do to residents is a method here. Each first advances the residents exactly to the actor's
instant, so that no actor can act on a state that is too old.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.clock import DAYS_PER_YEAR, Calendar
from ess_sim.errors import ConservationError
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.practice import Offer, Practice
from ess_sim.model.residents.rates import Hazards
from ess_sim.results.tables import cells
from ess_sim.results.tables.names import BAND_STARTS
from ess_sim.results.tables.record import Sparse
from ess_sim.streams import Streams

__all__ = ["Residents"]


_SPARE_PROVIDERS = 32


# First and last column of the counts of residents without MT who look for one, who do not, and of all (by pool).
_STATES_WITHOUT = {
    True: (k.C_SEEKING, k.C_SEEKING),
    False: (k.C_DISCOURAGED, k.C_NOT_SEEKING),
    None: (k.C_LOST, k.C_NEVER),
}
Floats = NDArray[np.float64]


class Residents:
    """All residents aged 17+ of one run.

    Parameters
    ----------
    day0 : Start
        The residents of day 0.
    practices : sequence of Practice
        Providers of day 0; their slots are 0, 1, ….
    on_list_of : int array, shape (residents,)
        Slot of each resident listed in the territory, −1 for the others.
    """

    def __init__(
        self,
        territory: Territory,
        calendar: Calendar,
        p: Mapping[str, float],
        rates: Hazards,
        day0: Start,
        practices: Sequence[Practice],
        on_list_of: NDArray[np.int64],
        streams: Streams,
    ) -> None:
        self._intake_per_fte = p["intake_per_month_per_fte"] * 12 / DAYS_PER_YEAR
        self._burst_days = p["intake_burst_days"]
        self._day = 0
        self._offers: dict[int, Offer] = {}  # by slot
        n = len(day0.zone)
        self._layout = k.Layout(
            rows=n + n // 20 + 200,
            slots=len(practices) + _SPARE_PROVIDERS,
            zones=len(territory.zones),
            pairs=len(territory.travel_indices),
            entries=len(day0.entry_time),
        )
        self._arena, self._tables = k.allocate(self._layout, streams.words("residents"))
        hazard, par, ints = self._tables.hazard, self._tables.par, self._arena.n
        ints[k.I_YEAR] = calendar.start.year

        minutes = np.asarray(territory.travel_minutes, dtype=np.float64)
        self._decay_minutes = p["distance_decay_minutes"]
        self._relief = math.nan  # physical relief that `weights` stand for: none yet

        daily = 1 / DAYS_PER_YEAR
        hazard[:, k.H_DEATH] = rates.death * daily
        hazard[:, k.H_OUT] = rates.move_out * daily
        hazard[:, k.H_WITHIN] = rates.move_within * daily
        hazard[:, k.H_ALD] = rates.ald_onset * daily
        arrival_ages = np.cumsum(day0.adults_by_age * rates.move_out)
        national = p["national_lost_share"] + p["national_never_declared_share"]
        relative = np.empty(k.MAX_AGE + 1)
        relative[:30], relative[30:60] = p["without_mt_relative_17_29"], p["without_mt_relative_30_59"]
        relative[60:] = p["without_mt_relative_60_plus"]

        par[k.P_VOLUNTARY] = p["voluntary_change_rate_per_year"] * daily
        hazard[:, k.H_ANY] = hazard[:, : k.H_ANY].sum(axis=1) + par[k.P_VOLUNTARY]
        par[k.P_HAZARD_MAX] = hazard[: k.OLDEST, k.H_ANY].max()
        par[k.P_HAZARD_OLDEST] = hazard[k.OLDEST :, k.H_ANY].max()
        by_age = np.array([p["young_call_multiplier"], 1, 1, p["old_call_multiplier"], p["old_call_multiplier"]])
        self._tables.loudness[:] = np.outer(by_age, [1, 1, p["ald_call_multiplier"], p["ald_call_multiplier"]]).ravel()
        par[k.P_GIVE_UP] = p["give_up_rate_per_year"] * daily
        par[k.P_NEED] = p["need_rate_per_year"] * daily
        par[k.P_FAR] = p["far_call_rate_per_year"] * daily
        par[k.P_OUTSIDE] = p["outside_release_rate_per_year"] * daily
        par[k.P_IMMIGRATION] = arrival_ages[-1] * daily
        par[k.P_TOLERANCE] = p["tolerance_minutes"]
        par[k.P_SHARPNESS] = p["acceptance_sharpness"]
        par[k.P_RELATIVES] = p["relatives_accepted_share"]
        par[k.P_FAMILY] = p["family_gp_share"]
        par[k.P_ENTRY_SEEKING] = p["entry_seeking_share"]
        par[k.P_NATIONAL_LOST_PART] = p["national_lost_share"] / national if national else 0.0
        par[k.P_SEARCH_LOST] = p["searching_share_lost"]
        par[k.P_SEARCH_NEVER] = p["searching_share_never_declared"]
        par[k.P_DISCOURAGED_PART] = p["discouraged_part"]
        par[k.P_RELEASED_YOUNG] = p["released_seeking_17_29"]
        par[k.P_RELEASED_MIDDLE] = p["released_seeking_30_59"]
        par[k.P_RELEASED_OLD] = p["released_seeking_60_plus"]
        par[k.P_RELEASED_ALD] = p["released_seeking_ald"]

        origins = np.repeat(np.arange(self._layout.zones), np.diff(territory.travel_indptr))
        self._tables.pair[:] = -1
        self._tables.pair[origins, territory.travel_indices] = np.arange(self._layout.pairs)
        for table, values in (
            (self._tables.indptr, territory.travel_indptr),
            (self._tables.indices, territory.travel_indices),
            (self._tables.minutes, minutes),
            (self._tables.arrival_ages, arrival_ages),
            (self._tables.zone_adults, np.cumsum(day0.adults / max(1, day0.adults.sum()))),
            (self._tables.ald_prevalence, rates.ald_prevalence),
            (self._tables.arrival_without, np.minimum(1.0, national * relative)),
            (self._tables.entry_time, day0.entry_time),
            (self._tables.entry_zone, day0.entry_zone),
        ):
            table[:] = values
        self._tables.zfloat[:, k.ZF_PRECARIOUS] = day0.precarious_share
        nobody = np.zeros(self._layout.zones)
        self.rates_of_behaviour(
            calls_per_year=p["call_rate_per_year"],
            returns_per_year=p["return_rate_per_year"],
            informed_share=nobody + p["informed_share"],
            dare=nobody + p["precarious_call_multiplier"],
            reach=np.zeros((self._layout.zones, 2)),
            financial_relief=nobody,
            physical_relief=0.0,
        )
        for slot, practice in enumerate(practices):
            self._occupy(slot, practice)
        k.refresh_supply(*self._arena, -1)
        columns = (day0.zone, day0.birth, day0.ald, day0.precarious, day0.state, day0.pool, day0.origin, on_list_of)
        k.begin(*self._arena, *columns)

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

    # --- what levers bend -----------------------------------------------------------------------------------------

    def rates_of_behaviour(
        self,
        *,
        calls_per_year: float,
        returns_per_year: float,
        informed_share: Floats,
        dare: Floats,
        reach: Floats,
        financial_relief: Floats,
        physical_relief: float,
    ) -> None:
        """Sets what policies can bend, from now on. Setting what holds already changes nothing.

        Parameters
        ----------
        calls_per_year, returns_per_year : float
            Rates of a resident of 30–59 who looks for an MT, and of one who gave up.
        informed_share, dare, financial_relief : float array, shape (zones,)
            By home zone: part of informed calls; part of the calls that the precarious dare to make; part of the
            financial barrier that is lifted.
        reach : float array, shape (zones, 2)
            Yearly rate at which those who do not look for an MT are reached; second column: precarious residents.
        physical_relief : float
            Part of the weight of distance that is lifted, within the territory's cut-off.
        """
        par, by_zone = self._tables.par, self._tables.zfloat
        par[k.P_CALL] = max(0.0, calls_per_year) / DAYS_PER_YEAR
        par[k.P_CALL_MAX] = par[k.P_CALL] * self._tables.loudness.max()
        par[k.P_RETURN] = max(0.0, returns_per_year) / DAYS_PER_YEAR
        by_zone[:, k.ZF_INFORMED] = np.clip(informed_share, 0.0, 1.0)
        by_zone[:, k.ZF_DARE] = np.clip(dare, 0.0, 1.0)
        by_zone[:, k.ZF_BARRIER] = 1.0 - np.clip(financial_relief, 0.0, 1.0)
        by_zone[:, [k.ZF_REACH, k.ZF_REACH_PRECARIOUS]] = np.maximum(0.0, reach) / DAYS_PER_YEAR
        par[k.P_REACH_MAX] = np.max(reach, initial=0.0) / DAYS_PER_YEAR
        relief = min(1.0, max(0.0, physical_relief))
        if relief != self._relief:
            self._relief = relief
            self._weigh_distances(relief)
        if self._arena.n[k.I_FIRST_BIRTH] > 0:  # day 0 is settled
            k.apply_rates(*self._arena)

    def _weigh_distances(self, relief: float) -> None:
        minutes, tolerance = self._tables.minutes, self._tables.par[k.P_TOLERANCE]
        weights = elementary.exp(-(1.0 - relief) * minutes / self._decay_minutes)
        longest = tolerance + relief * max(0.0, np.max(minutes, initial=tolerance) - tolerance)
        weights[minutes > longest] = 0.0
        self._tables.weights[:] = weights
        k.refresh_supply(*self._arena, -1)

    # --- providers ------------------------------------------------------------------------------------------------

    def _free_slot(self) -> int:
        if self._arena.n[k.I_ACTIVE] == self._layout.slots:
            self._grow(slots=2 * self._layout.slots)
        return int(np.argmin(self._tables.pint[:, k.V_ACTIVE]))

    def _occupy(self, slot: int, practice: Practice) -> None:
        intake = self._intake_per_fte * practice.fte
        bucket = max(1.0, intake * self._burst_days)
        pint, pfloat = self._tables.pint[slot], self._tables.pfloat[slot]
        pint[:] = 0
        pint[k.V_ACTIVE], pint[k.V_ZONE] = 1, practice.zone
        pint[k.V_RULE] = k.RULE_WITHOUT_MT if practice.only_without_mt else k.RULE_ANYONE
        pint[k.V_CENTRE], pint[k.V_RELATIVES] = practice.centre, not practice.centre
        pfloat[k.X_APPEAL], pfloat[k.X_FINANCIAL] = practice.appeal, practice.financial_barrier
        pfloat[k.X_TOKENS], pfloat[k.X_TOKEN_TIME] = bucket, self._arena.f[k.T_NOW]
        pfloat[k.X_BUCKET] = bucket
        self._offer(slot, Offer(practice.target, practice.openness, intake, bucket))

    def _offer(self, slot: int, offer: Offer) -> None:
        self._offers[slot] = offer
        k.set_provider(*self._arena, slot, *offer)

    def open(self, day: int, practice: Practice) -> int:
        """A provider opens; returns its slot."""
        self.advance(day)
        slot = self._free_slot()
        self._occupy(slot, practice)
        k.refresh_supply(*self._arena, practice.zone)
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
        target = held.target if target is None else target
        openness = held.openness if openness is None else openness
        intake, bucket = held.intake, held.bucket
        if fte is not None:
            intake = self._intake_per_fte * fte
            bucket = max(1.0, intake * self._burst_days)
        offer = Offer(target, openness, intake, bucket)
        if offer != held:
            self.advance(day)
            self._offer(slot, offer)

    def hand_over(
        self, day: int, slot: int, share: float, takers: Sequence[tuple[int, float]]
    ) -> tuple[int, list[int]]:
        """Hands a share of a list over to takers with room.

        Parameters
        ----------
        share : float
            Part of the list that is meant to pass on.
        takers : sequence of (slot, limit)
            Served in this order, each up to its limit.

        Returns
        -------
        intended : int
        realised : list of int
            Residents that each taker got.
        """
        self.advance(day)
        intended = int(share * self.list_size(slot) + 0.5)
        left = intended
        quotas = []
        for taker, limit in takers:
            quota = min(left, max(0, int(limit) - self.list_size(taker)))
            quotas.append(quota)
            left -= quota
        if sum(quotas):
            slots = np.array([t for t, _ in takers], dtype=np.int64)
            k.transfer(*self._arena, slot, slots, np.array(quotas, dtype=np.int64))
        return intended, quotas

    def close(self, day: int, slot: int) -> int:
        """A provider ends; who is still on its list is released. Returns their number."""
        self.advance(day)
        released = self.list_size(slot)
        self._release(slot, released)
        self._offer(slot, Offer(target=0.0, openness=0.0, intake=0.0, bucket=1.0))
        k.retire_slot(*self._arena, slot)
        k.refresh_supply(*self._arena, int(self._tables.pint[slot, k.V_ZONE]))
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
        self, day: int, *, zone: int | None = None, n: int, ald: bool | None = None, precarious: bool | None = None
    ) -> tuple[int, int]:
        """Helps residents without MT to a call: each starts to look and makes an informed one today.

        Parameters
        ----------
        zone : int, optional
            Index of their home zone; everywhere where it is left out.
        n : int
            How many at most, drawn at random from those who fit.
        ald, precarious : bool, optional
            Only residents with (True) or without (False) a long-term illness; only precarious ones or only others.

        Returns
        -------
        contacted, registered : int
        """
        self.advance(day)
        before = self.count_without_mt(day, zone=zone)
        any_or = {None: -1, False: 0, True: 1}
        contacted = k.accompany(*self._arena, -1 if zone is None else zone, any_or[ald], any_or[precarious], n)
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
        by_part = cells.view(self._tables.counts)
        some = [slice(None) if value is None else slice(int(value), int(value) + 1) for value in (ald, precarious)]
        here = by_part[slice(None) if zone is None else slice(zone, zone + 1), :, some[0], some[1]]
        first, last = _STATES_WITHOUT[looking]
        return int(here[..., first : last + 1].sum())

    def by_mt(self) -> tuple[int, int, int, int]:
        """Adults with an MT in a liberal practice, in a centre, outside the territory, and without MT.

        As of the last advance.
        """
        liberal, centres, outside, without = k.count_by_mt(*self._arena)
        return liberal, centres, outside, without

    def list_size(self, slot: int) -> int:
        """Residents on the provider's list, as of the last advance."""
        return int(self._tables.pint[slot, k.V_LIST])

    def target(self, slot: int) -> float:
        """The provider's target."""
        return self._offers[slot].target

    def openness(self, slot: int) -> float:
        """A provider's openness."""
        return self._offers[slot].openness

    def share_without_mt(self, day: int) -> NDArray[np.float64]:
        """Share of adults without MT by zone, shape (zones,); 0 where nobody lives."""
        self.advance(day)
        share = np.empty(self._layout.zones)
        k.share_without_mt(*self._arena, share)
        return share

    # --- records --------------------------------------------------------------------------------------------------

    def people(self) -> NDArray[np.int64]:
        """Every resident, as of the last advance: see `people`."""
        return k.people(self._arena, self._tables)

    @property
    def counts(self) -> NDArray[np.int32]:
        """The counts as they stand, shape (cells, 9), to be copied: see `Record`."""
        return self._tables.counts

    @property
    def spells(self) -> NDArray[np.int32]:
        """Copy of the ended spells without MT, shape (2, 241)."""
        return self._tables.spells.copy()

    def harvest(self, t: int, flows: Sparse, calls: Sparse) -> None:
        """Moves the flows and calls since the last harvest into record ``t``."""
        n = self._arena.n
        new_flows = np.empty((2, n[k.I_FLOWS_TOUCHED]), dtype=np.int32)
        new_calls = np.empty((2, n[k.I_CALLS_TOUCHED]), dtype=np.int32)
        k.harvest(*self._arena, new_flows, new_calls)
        flows.add(t, *new_flows)
        calls.add(t, *new_calls)

    def providers(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Slots of the active providers, and four figures of each, shape (providers, 4).

        List, target, openness, and the chance that a standard caller without MT is accepted.
        """
        active = self._arena.n[k.I_ACTIVE]
        slots, figures = np.empty(active, dtype=np.int64), np.empty((active, 4))
        k.look_at_providers(*self._arena, slots, figures)
        return slots, figures

    def check(self) -> None:
        """Recounts every resident and compares with the running accounts.

        Raises
        ------
        ConservationError
            If any count, list or link is wrong: a fault of ess_sim.
        """
        s, n = self._tables, self._arena.n
        people = self.people()
        row = np.flatnonzero(people[:, k.STATE] != k.FREE)
        alive, place, minutes = people[row], s.res[row, k.PLACE], s.res[row, k.MINUTES]
        age = n[k.I_YEAR] - alive[:, k.BIRTH]
        band = np.searchsorted(BAND_STARTS, age, side="right") - 1
        cell = cells.pack(alive[:, k.ZONE], band, alive[:, k.ALD], alive[:, k.PRECARIOUS])
        expected = np.zeros_like(s.counts)
        listed = alive[:, k.STATE] == k.LISTED
        reachable = listed & (minutes >= 0)
        for column, chosen in (
            (k.C_LISTED, listed),
            (k.C_FAR, listed & (place >= 0)),
            (k.C_SEEKING, alive[:, k.STATE] == k.SEEKING),
            (k.C_DISCOURAGED, alive[:, k.STATE] == k.DISCOURAGED),
            (k.C_NOT_SEEKING, alive[:, k.STATE] == k.NOT_SEEKING),
            (k.C_LOST, alive[:, k.POOL] == k.LOST),
            (k.C_NEVER, alive[:, k.POOL] == k.NEVER_DECLARED),
            (k.C_REACHABLE, reachable),
        ):
            expected[:, column] = np.bincount(cell[chosen], minlength=len(expected))
        expected[:, k.C_MINUTES] = np.bincount(cell[reachable], weights=minutes[reachable], minlength=len(expected))
        inside = alive[alive[:, k.PROVIDER] >= 0]
        by_slot = np.bincount(inside[:, k.PROVIDER], minlength=len(s.pint))
        by_zone = np.zeros_like(s.listed_by)
        np.add.at(by_zone, (inside[:, k.ZONE], inside[:, k.PROVIDER]), 1)
        problems = []
        if not np.array_equal(expected, s.counts):
            problems.append(f"counts differ in columns {sorted(set(np.nonzero(expected != s.counts)[1].tolist()))}")
        if not np.array_equal(by_slot, s.pint[:, k.V_LIST]):
            problems.append("list sizes differ from the residents on them")
        if not (np.array_equal(by_zone, s.listed_by) and np.array_equal(by_zone.sum(axis=1), s.zint[:, k.Z_LISTED])):
            problems.append("lists by zone differ from the residents on them")
        if (s.pint[by_slot > 0, k.V_ACTIVE] == 0).any():
            problems.append("residents on the list of a provider that has ended")
        on_list = np.where(listed, np.where(place >= 0, k.LIST_FAR, k.N_LISTS), alive[:, k.STATE] - k.SEEKING)
        lists = (s.seeking, s.discouraged, s.not_seeking, s.far)
        for which in range(k.N_LISTS):
            chosen = on_list == which
            entries, held = np.column_stack([row[chosen], cell[chosen]]), lists[which][place[chosen]]
            if n[k.I_SEEK + which] != len(entries) or not np.array_equal(held, entries):
                problems.append(f"list {which} differs from the residents who belong on it")
        if not np.array_equal(np.sort(s.oldest[: n[k.I_OLDEST]]), row[age >= k.OLDEST]):
            problems.append("the list of the oldest differs from their ages")
        if not np.array_equal(np.sort(s.free[: n[k.I_FREE]]), np.flatnonzero(people[:, k.STATE] == k.FREE)):
            problems.append("the list of free rows differs from the free rows")
        if k.total_rate(self._arena) != self._arena.f[k.T_RATE]:
            problems.append("the rate of events differs from the counts that it follows from")
        if problems:
            raise ConservationError("; ".join(problems))

    # --- growth ---------------------------------------------------------------------------------------------------

    def _grow(self, **sizes: int) -> None:
        """Moves everything to a larger arena."""
        old, born, counters = self._tables, self._arena.b, self._arena.n[: k.N_INTS].copy()
        self._layout = self._layout._replace(**sizes)
        self._arena, self._tables = k.allocate(self._layout, self._arena.s)
        for name in old._fields:
            table: NDArray[Any] = getattr(old, name)
            getattr(self._tables, name)[tuple(slice(n) for n in table.shape)] = table
        self._arena.b[: len(born)] = born
        self._arena.n[: k.N_INTS] = counters
        self._arena.n[k.I_ROWS], self._arena.n[k.I_SLOTS] = self._layout.rows, self._layout.slots
