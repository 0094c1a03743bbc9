"""Day 0: who the residents are, which of them have no MT, and whose list the others are on.

Counts are exact (whole residents by largest remainder); who is behind them is drawn from named streams, so that all
scenarios of one replication start from the same people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import Calendar
from ess_sim.errors import TerritoryError
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.inputs.figures.residents import lost_shares, precarious, without_mt
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.zones import Zones
from ess_sim.model import kernel as k
from ess_sim.model.residents.rates import Hazards
from ess_sim.model.residents.rounding import (
    Floats,
    Ints,
    largest_remainder,
    lowest,
    lowest_by_zone,
)
from ess_sim.streams import Streams

__all__ = ["Start", "Whole", "adults_and_without", "beside", "draw_day0", "listed_here"]


Whole = NDArray[np.signedinteger[Any]]
"""Numbers kept as small as they are: there is one of each for every resident."""


@dataclass(frozen=True)
class Start:
    """The residents of day 0, one entry each, and the future adults.

    Attributes
    ----------
    zone, birth, ald, precarious, state, pool, origin : int arrays, shape (residents,)
        In the codes of `codes`. LISTED residents with an MT in the territory have ``outside`` False.
    outside : bool array
        The MT is outside the territory.
    adults : int array, shape (zones,)
    adults_by_age : int array, shape (MAX_AGE + 1,)
    precarious_share : float array, shape (zones,)
        Probability that an adult of the zone is precarious, now or arriving later.
    entry_time : float array
        Days since the start at which future adults reach 17 (at noon of their day, after the actors), sorted.
    entry_zone : int array
    assumed : tuple of str
        What the scenario left open and national figures filled.
    destinations : float array, shape (zones,), optional
        What each zone weighs in the choice of those who move; by default its adults.
    """

    zone: Whole
    birth: Whole
    ald: NDArray[np.bool_]
    precarious: NDArray[np.bool_]
    state: Whole
    pool: Whole
    origin: Whole
    outside: NDArray[np.bool_]
    adults: Ints
    adults_by_age: Ints
    precarious_share: Floats
    entry_time: Floats
    entry_zone: Whole
    assumed: tuple[str, ...]
    destinations: Floats | None = None


def _by_age_reached(territory: Zones) -> Ints:
    """Residents by the age that they reach in the start year, one more than the years completed on its 1 January.

    As many are born in the year as in the one before.
    """
    completed = np.asarray(territory.population, dtype=np.int64)
    reached = np.hstack([completed[:, :1], completed[:, :-1]])
    reached[:, -1] += completed[:, -1]
    return reached


def _adults(territory: Zones, calendar: Calendar) -> Ints:
    """Adults of day 0 by zone and age: of those who turn 17 in the start year, the part of the year that has passed."""
    first = calendar.day(calendar.start.replace(month=1, day=1))
    last = calendar.day(calendar.start.replace(month=12, day=31))
    table = _by_age_reached(territory)
    table[:, :17] = 0
    table[:, 17] = np.floor(table[:, 17] * (-first / (last - first + 1)) + 0.5)
    return table


def _future_adults(territory: Zones, calendar: Calendar, streams: Streams, adults_of_17: Ints) -> tuple[Floats, Whole]:
    """Entry times and zones of those who reach 17 during the run; of the first year's, some are adults on day 0."""
    population = _by_age_reached(territory)
    n_zones = len(population)
    times: list[Floats] = []
    zones: list[Whole] = []
    for year in range(calendar.start.year, calendar.end.year + 1):
        age_at_start = max(0, 17 - (year - calendar.start.year))  # beyond the youngest cohort known, it repeats
        cohort = population[:, age_at_start]
        first = calendar.day(calendar.start.replace(year=year, month=1, day=1))
        last = calendar.day(calendar.start.replace(year=year, month=12, day=31))
        rng = streams.of("reaching-17", str(year))
        if first < 0:
            cohort = cohort - adults_of_17
        day = rng.integers(max(first, 0), last + 1, size=int(cohort.sum()))
        # by day, then by zone; numpy sorts numbers of 16 bits by their digits, in no time
        order = np.argsort((day - first).astype(np.uint16), kind="stable")
        times.append(day[order].astype(np.float64) + 0.5)
        zones.append(np.repeat(np.arange(n_zones, dtype=np.int32), cohort)[order])
    return np.concatenate(times), np.concatenate(zones)


def _without_by_zone(
    scenario: Scenario, territory: Zones, adults: Ints, p: Mapping[str, float]
) -> tuple[Ints, Ints, list[str]]:
    """Residents to be lost and never declared on day 0 in each zone, exact by block, and what was assumed of them."""
    lost, never, assumed = np.zeros_like(adults), np.zeros_like(adults), []
    strain = lost_shares(scenario, territory, p)
    for inside, total, part, figures in without_mt(scenario, territory, adults, p):
        here = adults[inside]
        never[inside] = largest_remainder(round(part * total), here)
        lost[inside] = largest_remainder(total - round(part * total), here * strain[inside])
        if (lost[inside] + never[inside] > here).any():  # nearly all are without: then they are alike everywhere
            both = largest_remainder(total, here)
            never[inside] = largest_remainder(round(part * total), both)
            lost[inside] = both - never[inside]
        assumed += assumed_lines(*figures)
    return lost, never, assumed


def _outside(listed: Ints, p: Mapping[str, float]) -> int:
    """Adults with an MT outside the territory, of those listed by zone."""
    return round(p["nominal_mt_share"] * int(listed.sum()))


def adults_and_without(scenario: Scenario, territory: Zones, p: Mapping[str, float]) -> tuple[Ints, Ints]:
    """Adults of day 0 by zone, and those of them who have no MT, the same in every replication."""
    adults = _adults(territory, scenario.calendar).sum(axis=1)
    lost, never, _ = _without_by_zone(scenario, territory, adults, p)
    return adults, lost + never


def listed_here(scenario: Scenario, territory: Zones, p: Mapping[str, float]) -> int:
    """Adults with an MT in the territory on day 0, the same in every replication; lists of centres come out of them."""
    adults, without = adults_and_without(scenario, territory, p)
    listed = adults - without
    return int(listed.sum()) - _outside(listed, p)


def draw_day0(scenario: Scenario, territory: Zones, streams: Streams, p: Mapping[str, float], rates: Hazards) -> Start:
    """Draws the residents of day 0 (docs/model.md, 3)."""
    calendar = scenario.calendar
    table = _adults(territory, calendar)
    n_zones, n_ages = table.shape
    entry_time, entry_zone = _future_adults(territory, calendar, streams, table[:, 17])
    adults = table.sum(axis=1)
    if not adults.any():  # all who are 17 that year have yet to reach it
        raise TerritoryError(f"{territory.name} has no resident aged 17 or over on {calendar.start}")
    zone = np.repeat(np.repeat(np.arange(n_zones, dtype=np.int32), n_ages), table.ravel())
    age = np.repeat(np.tile(np.arange(n_ages, dtype=np.int16), n_zones), table.ravel())
    n = len(zone)
    first = np.concatenate([[0], np.cumsum(adults)])  # residents are sorted by zone
    adults_by_age = np.zeros(k.MAX_AGE + 1, dtype=np.int64)
    adults_by_age[:n_ages] = table.sum(axis=0)

    ald = streams.of("start", "ald").random(n) < rates.ald_prevalence[age]
    precarious_share, _ = precarious(scenario, territory.zones, p)
    is_precarious = streams.of("start", "precarious").random(n) < precarious_share[zone]

    # who has no MT: the lowest keys exponential / weight of each zone, i.e. weighted sampling without replacement
    lost_n, never_n, assumed = _without_by_zone(scenario, territory, adults, p)
    bands = np.searchsorted([30, 60], np.arange(n_ages), side="right")  # under 30, 30–59, 60 and over
    relative = np.array(
        [p["without_mt_relative_17_29"], p["without_mt_relative_30_59"], p["without_mt_relative_60_plus"]]
    )[bands]
    never_part = np.array(
        [p["never_declared_part_17_29"], p["never_declared_part_30_59"], p["never_declared_part_60_plus"]]
    )[bands]
    weight = np.where(ald, p["without_mt_relative_ald"], 1.0)
    weight *= np.where(is_precarious, p["without_mt_relative_precarious"], 1.0)
    least = 1e-12  # for all: the counts are given, so that even the unlikeliest may be needed
    never_key = streams.of("start", "never-declared").exponential(size=n)
    never_key /= np.maximum(weight * (relative * never_part)[age], least)
    never = lowest_by_zone(never_key, first, never_n)
    lost_key = streams.of("start", "lost").exponential(size=n)
    lost_key /= np.maximum(weight * (relative * (1 - never_part))[age], least)
    lost_key[never] = np.inf
    lost = lowest_by_zone(lost_key, first, lost_n)

    state = np.full(n, k.LISTED, dtype=np.int8)
    pool = np.full(n, k.NO_POOL, dtype=np.int8)
    draw = streams.of("start", "searching").random(n)
    for code, chosen, share in (
        (k.LOST, lost, p["searching_share_lost"]),
        (k.NEVER_DECLARED, never, p["searching_share_never_declared"]),
    ):
        members = np.flatnonzero(chosen)
        pool[members] = code
        seeking = round(share * len(members))
        gave_up = seeking + round(p["discouraged_part"] * (len(members) - seeking))
        state[members] = k.NOT_SEEKING
        state[members[lowest(draw[members], gave_up)]] = k.DISCOURAGED
        state[members[lowest(draw[members], seeking)]] = k.SEEKING

    listed = adults - lost_n - never_n
    outside_n = largest_remainder(_outside(listed, p), listed)
    outside_key = streams.of("start", "outside").random(n)
    outside_key[lost | never] = np.inf
    outside = lowest_by_zone(outside_key, first, outside_n)

    return Start(
        zone=zone,
        birth=np.int16(calendar.start.year) - age,
        ald=ald,
        precarious=is_precarious,
        state=state,
        pool=pool,
        origin=np.where(never, k.LONG_STANDING, k.NO_ORIGIN).astype(np.int8),
        outside=outside,
        adults=adults,
        adults_by_age=adults_by_age,
        precarious_share=precarious_share,
        entry_time=entry_time,
        entry_zone=entry_zone,
        assumed=tuple(assumed),
    )


def beside(own: Start, halo: Start, rates: Hazards) -> Start:
    """The residents of a territory and those of its halo as one, the territory's first.

    In each of the two as many are expected to arrive, from outside or from the other, as to leave.
    """
    n_zones = len(own.adults)

    def both(name: str) -> Any:
        return np.concatenate([getattr(own, name), getattr(halo, name)])

    def movers(start: Start) -> Floats:
        """Expected moves in a year, shared out over the zones by their adults."""
        moving = np.cumsum(start.adults_by_age * (rates.move_out + rates.move_within))[-1]
        weights: Floats = start.adults * (moving / start.adults.sum())
        return weights

    arrays = ("birth", "ald", "precarious", "state", "pool", "origin", "outside", "adults")
    by_time = np.argsort(both("entry_time"), kind="stable")
    return Start(
        **{name: both(name) for name in arrays},
        zone=np.concatenate([own.zone, halo.zone + np.int32(n_zones)]),
        adults_by_age=own.adults_by_age + halo.adults_by_age,
        precarious_share=np.concatenate([own.precarious_share, halo.precarious_share]),
        entry_time=both("entry_time")[by_time],
        entry_zone=np.concatenate([own.entry_zone, halo.entry_zone + n_zones])[by_time],
        assumed=(*own.assumed, *(f"halo: {what}" for what in halo.assumed)),
        destinations=np.concatenate([movers(own), movers(halo)]),
    )
