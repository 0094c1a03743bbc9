"""Flat arrays that hold a run's residents and providers, and their layout."""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.errors import TerritoryError
from ess_sim.model.kernel import codes as c
from ess_sim.model.kernel.codes import Tables
from ess_sim.model.kernel.compiled import bare, inline
from ess_sim.results.tables import cells


class Layout(NamedTuple):
    """Sizes of one run, from which the offsets of all its tables follow."""

    rows: int  # residents that fit
    slots: int  # providers that fit
    zones: int
    pairs: int  # zone pairs within the travel cut-off
    entries: int  # future adults
    own_zones: int  # those of the territory, which come first; the others are its halo

    @property
    def cells(self) -> int:
        """Zone × age band × ALD × precarious: see `cells`."""
        return self.zones * c.ZONE_CELLS


class Arena(NamedTuple):
    """All memory of one run in five arrays.

    Passing thirty arrays from function to function would cost more than the events.

    ``b`` holds each resident's birth year since I_FIRST_BIRTH, 0 where a row is free: it is small enough to stay in the
    cache. ``n`` holds whole numbers (sizes, counters, and the offset of every table), ``m`` int32
    tables, ``f`` float tables, ``s`` the random generator's state.

    Functions that Python calls take the five one by one: numba is slow to recognise a named tuple.
    """

    b: NDArray[np.uint8]
    n: NDArray[np.int64]
    m: NDArray[np.int32]
    f: NDArray[np.float64]
    s: NDArray[np.uint64]


@inline
def arena_of(births: Any, wholes: Any, ints: Any, floats: Any, random: Any) -> Any:
    """The five arrays as compiled code passes them on."""
    return Arena(bare(births), bare(wholes), bare(ints), bare(floats), bare(random))


def _shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    rows, slots, zones, pairs, entries, _ = layout
    spots = rows + rows // 8 + zones * c.SPARE_SPOTS
    seats = slots + slots // 4 + zones * c.SPARE_SEATS
    flows, calls = c.N_CAUSES * c.N_POOLS * layout.cells, c.N_OUTCOMES * c.N_CALLERS * layout.cells
    ages = c.MAX_AGE + 1
    return {
        "res": (rows, c.RES_COLUMNS), "mt": (rows,), **dict.fromkeys(c.LISTS, (rows, 2)), "oldest": (rows,),
        "free": (rows,), "scratch": (rows,),
        "counts": (layout.cells, c.COUNTS_STEP), "spread": (zones, c.N_BINS),
        "flows": (flows,), "flows_touched": (flows,), "calls": (calls,), "calls_touched": (calls,),
        "spells": (c.N_POOLS, c.MAX_SPELL_MONTHS + 1), "pint": (slots, c.N_PINT),
        "of_zone": (spots,), "of_provider": (rows,), "joined": (rows // 4 + 1000, 2), "by_mt": (zones, 2),
        "indptr": (zones + 1,), "indices": (pairs,), "origin_indptr": (zones + 1,), "origins": (pairs,),
        "zint": (zones, c.N_ZINT),
        "seating": (zones, c.N_SEATING), "zone_providers": (seats,), "in_news": (seats,),
        "stack": (3, zones), "found": (slots,), "entry_zone": (entries,),
        "par": (c.N_PAR,), "draws": (c.IN_SIGHT, c.N_DRAWS), "pfloat": (slots, c.N_PFLOAT), "ready": (slots,),
        "found_weight": (slots,), "minutes": (pairs,), "weights": (pairs,), "heard": (pairs, 2), "choice": (pairs, 2),
        "zfloat": (zones, c.N_ZFLOAT), "appeal": (zones, c.N_APPEAL), "loudness": (c.ZONE_CELLS,),
        "hazard": (ages, c.H_COLUMNS), "arrival_ages": (ages,), "zone_adults": (zones,),
        "ald_prevalence": (ages,), "arrival_without": (ages,), "entry_time": (entries,),
    }  # fmt: skip


_FIRST_FLOAT = "par"


_CACHE_LINE, _HUGE_PAGE = 64, 1 << 21
_COPIED = 1 << 19
"""Numbers copied at once where an arena is enlarged: a huge page of them."""


def _zeros(size: int) -> NDArray[np.uint8]:
    """Bytes, all 0, on huge pages where the system has them, so that addresses are found quickly.

    They are taken from the system only as they are first written to: tables may be as long as they could ever need to
    be. numpy's own zeros get huge pages late, if at all.
    """
    private = {"flags": mmap.MAP_PRIVATE} if hasattr(mmap, "MAP_PRIVATE") else {}  # else forks would share them
    memory = mmap.mmap(-1, size + 2 * _HUGE_PAGE, **private)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a system may be built without
            memory.madvise(mmap.MADV_HUGEPAGE)
    raw = np.frombuffer(memory, dtype=np.uint8)
    first = -raw.ctypes.data % _HUGE_PAGE
    return raw[first : first + size]


def allocate(layout: Layout, seed_words: NDArray[np.uint64]) -> tuple[Arena, Tables]:
    """An arena for a run of these sizes, empty, and the views of its tables.

    Raises
    ------
    TerritoryError
        If an offset would not fit into 32 bits.
    """
    shapes = _shapes(layout)
    lengths = {name: -(-math.prod(shape) // _CACHE_LINE) * _CACHE_LINE for name, shape in shapes.items()}
    first_float = Tables._fields.index(_FIRST_FLOAT)
    int_tables, float_tables = Tables._fields[:first_float], Tables._fields[first_float:]
    sizes: dict[str, tuple[int, Any]] = {
        "b": (layout.rows, np.uint8),
        "n": (c.N_INTS + len(shapes), np.int64),
        "m": (sum(lengths[name] for name in int_tables), np.int32),
        "f": (sum(lengths[name] for name in float_tables), np.float64),
        "s": (len(seed_words), np.uint64),
    }
    if max(size for size, _ in sizes.values()) >= 1 << 32:
        raise TerritoryError(
            f"{layout.zones:,} zones with {layout.rows:,} residents and {layout.slots:,} practices are too many for "
            "one run: divide the territory"
        )
    memory = _zeros(sum(size * np.dtype(dtype).itemsize + _CACHE_LINE for size, dtype in sizes.values()))
    arrays: dict[str, NDArray[Any]] = {}
    for name, (size, dtype) in sizes.items():
        arrays[name] = memory[: size * np.dtype(dtype).itemsize].view(dtype)
        memory = memory[-(-arrays[name].nbytes // _CACHE_LINE) * _CACHE_LINE :]
    arena = Arena(**arrays)
    sizes_of_run = (layout.rows, layout.slots, layout.zones, layout.cells, layout.entries)
    arena.n[[c.I_ROWS, c.I_SLOTS, c.I_ZONES, c.I_CELLS, c.I_ENTRIES]] = sizes_of_run
    arena.n[c.I_OWN_CELLS] = layout.own_zones * c.ZONE_CELLS
    arena.n[c.I_MOST_JOINED] = shapes["joined"][0]
    views: dict[str, Any] = {}
    for which, names in ((arena.m, int_tables), (arena.f, float_tables)):
        offset = 0
        for name in names:
            arena.n[c.N_INTS + Tables._fields.index(name)] = offset
            views[name] = which[offset : offset + math.prod(shapes[name])].reshape(shapes[name])
            offset += lengths[name]
    tables = Tables(**views)
    tables.ready.fill(np.inf)
    arena.s[:] = seed_words
    return arena, tables


def enlarge(arena: Arena, tables: Tables, layout: Layout) -> tuple[Arena, Tables]:
    """An arena with more room and everything that the old one holds; what has never been written to takes no memory."""
    new, new_tables = allocate(layout, arena.s)
    for name in tables._fields:
        old, wider = getattr(tables, name).ravel(), getattr(new_tables, name).ravel()  # only the first axis grows
        for first in range(0, len(old), _COPIED):
            part = old[first : first + _COPIED]
            into = wider[first : first + len(part)]
            if part.any() or into.any():
                into[:] = part
    new.b[: len(arena.b)] = arena.b
    new.n[: c.N_INTS] = arena.n[: c.N_INTS]
    new.n[c.I_ROWS], new.n[c.I_SLOTS] = layout.rows, layout.slots
    new.n[c.I_MOST_JOINED] = len(new_tables.joined)
    return new, new_tables


def people(arena: Arena, tables: Tables) -> NDArray[np.int64]:
    """The residents, one a row (some rows are FREE), shape (rows, 8): ZONE, BIRTH, … PROVIDER."""
    high = arena.n[c.I_HIGH]
    mt, cell, past = tables.mt[:high], tables.res[:high, c.CELL], tables.res[:high, c.PAST]
    out = np.empty((high, 8), dtype=np.int64)
    out[:, c.BIRTH] = arena.b[:high] + arena.n[c.I_FIRST_BIRTH]
    parts = cells.unpack(cell)
    out[:, c.ZONE], out[:, c.ALD], out[:, c.PRECARIOUS] = parts.zone, parts.ald, parts.precarious
    out[:, c.STATE] = np.where(mt >= 0, c.LISTED, ~mt)
    without = out[:, c.STATE] > c.LISTED
    out[:, c.POOL] = np.where(without, past % c.ORIGIN_STEP, c.NO_POOL)
    out[:, c.ORIGIN] = np.where(without, past // c.ORIGIN_STEP, c.NO_ORIGIN)
    out[:, c.PROVIDER] = np.where(mt >= c.OUTSIDE, mt, c.NO_PROVIDER)
    return out
