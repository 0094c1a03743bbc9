"""Every resident counted again, and compared with the running accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.model import kernel as k
from ess_sim.model.residents.rounding import Ints
from ess_sim.results.tables import cells
from ess_sim.results.tables.names import BAND_STARTS

__all__ = ["mistakes"]


class _Found(NamedTuple):
    """The residents, one by one."""

    row: Ints
    people: Ints  # resident × column, see `people`
    age: Ints
    cell: Ints
    position: NDArray[np.int32]  # on her list
    minutes: NDArray[np.int32]

    @property
    def state(self) -> Ints:
        return self.people[:, k.STATE]


def mistakes(arena: k.Arena, tables: k.Tables) -> Iterator[str]:
    """What is wrong with counts, lists and links; nothing unless ess_sim has a fault."""
    people = k.people(arena, tables)
    free = people[:, k.STATE] == k.FREE
    found = _found(arena, tables, people, np.flatnonzero(~free))
    yield from _counts(arena, tables, found)
    yield from _providers(arena, tables, found)
    yield from _seats(arena, tables)
    yield from _appeal(tables)
    yield from _news(arena, tables)
    yield from _by_mt(arena, tables, found)
    yield from _lists(arena, tables, found)
    if not np.array_equal(np.sort(tables.free[: arena.n[k.I_FREE]]), np.flatnonzero(free)):
        yield "the list of free rows differs from the free rows"
    if k.add_up_rates(*arena) != arena.f[k.T_RATE]:
        yield "the rate of events differs from the counts that it follows from"


def _found(arena: k.Arena, tables: k.Tables, people: Ints, row: Ints) -> _Found:
    alive = people[row]
    age = arena.n[k.I_YEAR] - alive[:, k.BIRTH]
    band = np.searchsorted(BAND_STARTS, age, side="right") - 1
    cell = cells.pack(alive[:, k.ZONE], band, alive[:, k.ALD], alive[:, k.PRECARIOUS])
    return _Found(row, alive, age, cell, tables.res[row, k.PLACE], tables.res[row, k.MINUTES])


def _anew(arena: k.Arena, tables: k.Tables) -> list[NDArray[np.int32]]:
    """Counts and distributions as the kernel makes them of the residents as they are; the running ones stay."""
    running = (tables.counts, tables.spread, tables.by_mt)
    kept = [table.copy() for table in running]
    for table in running:
        table[:] = 0
    k.count_anew(*arena)
    found = [table.copy() for table in running]
    for table, values in zip(running, kept, strict=True):
        table[:] = values
    return found


def _counts(arena: k.Arena, tables: k.Tables, found: _Found) -> Iterator[str]:
    expected, spread, by_mt = _anew(arena, tables)
    if not np.array_equal(spread, tables.spread):
        yield "distributions by zone differ from the residents"
    # these are counted here by other means, so that the kernel does not vouch for itself
    listed = found.state == k.LISTED
    for column, chosen in ((k.W_LISTED, listed), (k.W_WITHOUT, ~listed)):
        by_mt[:, column] = np.bincount(found.people[chosen, k.ZONE], minlength=len(by_mt))
    if not np.array_equal(by_mt, tables.by_mt):
        yield "adults by zone differ from the residents"
    reachable = listed & (found.minutes >= 0)
    for column, chosen in (
        (k.C_LISTED, listed),
        (k.C_FAR, listed & (found.position >= 0)),
        *((k.C_SEEKING + i, found.state == k.SEEKING + i) for i in range(k.N_STATES_WITHOUT)),
        *((k.C_LOST + i, found.people[:, k.POOL] == k.LOST + i) for i in range(k.N_POOLS)),
        (k.C_REACHABLE, reachable),
    ):
        expected[:, column] = np.bincount(found.cell[chosen], minlength=len(expected))
    minutes = np.bincount(found.cell[reachable], weights=found.minutes[reachable], minlength=len(expected))
    expected[:, k.C_MINUTES] = minutes
    if not np.array_equal(expected, tables.counts):
        wrong = sorted(set(np.nonzero(expected != tables.counts)[1].tolist()))
        yield f"counts differ in columns {wrong}"


def _providers(arena: k.Arena, tables: k.Tables, found: _Found) -> Iterator[str]:
    listed = found.people[:, k.PROVIDER] >= 0
    inside, rows = found.people[listed], found.row[listed]
    slots, zones = inside[:, k.PROVIDER], inside[:, k.ZONE]
    by_slot = np.bincount(slots, minlength=len(tables.pint))
    if not np.array_equal(by_slot, tables.pint[:, k.V_LIST]):
        yield "list sizes differ from the residents on them"
    else:
        on_lists = np.split(rows[np.argsort(slots, kind="stable")], np.cumsum(by_slot)[:-1])
        if not all(np.array_equal(_members(arena, tables, p), held) for p, held in enumerate(on_lists) if len(held)):
            yield "who is on a list differs from the residents"
    if (tables.pint[by_slot > 0, k.V_ACTIVE] == 0).any():
        yield "residents on the list of a provider that has ended"
    n_zones, spots = len(tables.zint), tables.res[rows, k.SPOT]
    of_zone = (np.bincount(zones, minlength=n_zones), _of_centres(tables, inside, n_zones))
    right = all(map(np.array_equal, of_zone, (tables.zint[:, k.Z_LISTED], tables.zint[:, k.Z_IN_CENTRES])))
    here = spots - tables.zint[zones, k.Z_BLOCK]
    if not right or not np.array_equal(tables.of_zone[spots], rows) or not (here < of_zone[0][zones]).all():
        yield "lists by zone differ from the residents on them"


def _members(arena: k.Arena, tables: k.Tables, slot: int) -> NDArray[np.int32]:
    """Who is on a list, as the kernel finds it."""
    return np.sort(tables.scratch[: k.find_members(*arena, slot)])


def _of_centres(tables: k.Tables, inside: Ints, zones: int) -> Ints:
    centre = tables.pint[inside[:, k.PROVIDER], k.V_CENTRE] == 1
    return np.bincount(inside[centre, k.ZONE], minlength=zones)


def _seats(arena: k.Arena, tables: k.Tables) -> Iterator[str]:
    active = np.flatnonzero(tables.pint[:, k.V_ACTIVE])
    seats, zones = tables.pint[active, k.V_SEAT] - 1, tables.pint[active, k.V_ZONE]
    place = seats - tables.seating[zones, k.Q_FIRST]
    per_zone = np.bincount(zones, minlength=len(tables.zint))
    # not by `ready`, which is never where a bucket without intake is empty
    roomy = (tables.pfloat[active, k.X_OPENNESS] > 0) & (
        tables.pint[active, k.V_LIST] < tables.pfloat[active, k.X_TARGET]
    )
    right = (
        np.array_equal(tables.zone_providers[seats], active)
        and np.array_equal(per_zone, tables.seating[:, k.Q_PROVIDERS])
        and np.array_equal(np.bincount(zones[roomy], minlength=len(per_zone)), tables.seating[:, k.Q_ROOMY])
        and (place < per_zone[zones]).all()
        and np.array_equal(place < tables.seating[zones, k.Q_ROOMY], roomy)
        and (arena.n[k.I_ACTIVE], arena.n[k.I_ROOMY]) == (len(active), roomy.sum())
    )
    if not right:
        yield "providers by zone differ from the providers"


def _appeal(tables: k.Tables) -> Iterator[str]:
    """Sums of appeal, but for the order in which they were added up, and what tables of choice are made of."""
    active = np.flatnonzero(tables.pint[:, k.V_ACTIVE])
    zones, appeal = tables.pint[active, k.V_ZONE], tables.pfloat[active, k.X_APPEAL]
    in_news = (tables.pint[active, k.V_NEWS] == 1) & (tables.pfloat[active, k.X_OPENNESS] > 0)
    n = len(tables.zint)
    highest = np.zeros(n)
    np.maximum.at(highest, zones, appeal)
    total, news = np.bincount(zones, appeal, n), np.bincount(zones[in_news], appeal[in_news], n)
    bound = tables.appeal[:, k.APPEAL_BOUND]
    right = (
        np.allclose(tables.appeal[:, [k.APPEAL_SUM, k.APPEAL_MAX, k.APPEAL_NEWS]].T, [total, highest, news], rtol=1e-9)
        and ((tables.appeal[:, k.APPEAL_SUM] <= bound) & ((bound > 0) == (total > 0))).all()
    )
    if not right:
        yield "the appeal of providers by zone differs from the providers"
    origin = np.repeat(np.arange(n), np.diff(tables.indptr))
    reached = tables.weights > 0
    there = np.bincount(origin[reached], tables.seating[tables.indices[reached], k.Q_PROVIDERS], n)
    known, candidates = tables.zint[:, k.Z_STALE], tables.zint[:, k.Z_CANDIDATES]
    if (candidates > there)[known == k.FEWER].any() or (candidates != there)[known == k.FRESH].any():
        yield "candidates by zone differ from the providers"


def _news(arena: k.Arena, tables: k.Tables) -> Iterator[str]:
    zones = tables.pint[tables.pint[:, k.V_NEWS] == 1, k.V_ZONE]
    by_zone = np.bincount(zones, minlength=len(tables.zint))
    if arena.n[k.I_NEWS] != len(zones) or not np.array_equal(by_zone, tables.seating[:, k.Q_NEWS]):
        yield "lists in the news by zone differ from the providers"
    active = np.flatnonzero(tables.pint[:, k.V_ACTIVE])
    if not np.array_equal(tables.in_news[tables.pint[active, k.V_SEAT] - 1], tables.pint[active, k.V_NEWS]):
        yield "providers in the news by zone differ from the providers"
    pairs = np.flatnonzero(by_zone[tables.indices] > 0)  # in ascending order, as `heard` has them
    per_zone = np.diff(np.searchsorted(pairs, tables.indptr))
    sizes = tables.zint[:, k.Z_HEARD]
    heard = [tables.heard[first : first + n] for first, n in zip(tables.indptr, sizes, strict=False)]
    known = np.column_stack([tables.weights[pairs], tables.indices[pairs]])
    if not np.array_equal(per_zone, sizes) or not np.array_equal(np.concatenate(heard), known):
        yield "the news that each zone hears differ from the lists in the news"


def _by_mt(arena: k.Arena, tables: k.Tables, found: _Found) -> Iterator[str]:
    listed, provider = found.state == k.LISTED, found.people[:, k.PROVIDER]
    inside = listed & (provider >= 0)
    centre = inside & (tables.pint[np.where(inside, provider, 0), k.V_CENTRE] == 1)
    who = (inside & ~centre, centre, listed & ~inside, ~listed)
    if k.count_by_mt(*arena) != tuple(int(chosen.sum()) for chosen in who):
        yield "adults by where their MT practises differ from the residents"


def _lists(arena: k.Arena, tables: k.Tables, found: _Found) -> Iterator[str]:
    n = arena.n
    of_the_listed = np.where(found.position >= 0, k.LIST_FAR, k.N_LISTS)
    on_list = np.where(found.state == k.LISTED, of_the_listed, found.state - k.SEEKING)
    for which, name in enumerate(k.LISTS):
        chosen = on_list == which
        lost = found.people[chosen, k.POOL] == k.LOST
        entries = np.column_stack([found.row[chosen], 2 * found.cell[chosen] + lost])
        held = getattr(tables, name)[found.position[chosen]]
        if n[k.I_SEEK + which] != len(entries) or not np.array_equal(held, entries):
            yield f"list {which} differs from the residents who belong on it"
    if not np.array_equal(np.sort(tables.oldest[: n[k.I_OLDEST]]), found.row[found.age >= k.OLDEST]):
        yield "the list of the oldest differs from their ages"
