"""What can be read from the kernel's tables while a run goes on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ess_sim.model import kernel as k
from ess_sim.model.residents.rounding import Floats, Ints
from ess_sim.results.tables import cells
from ess_sim.results.tables.record import Sparse

__all__ = ["ByMt", "adults", "around", "by_mt", "harvest", "providers", "share_without_mt", "without_mt"]


_WITHOUT = tuple(range(k.C_SEEKING, k.C_SEEKING + k.N_STATES_WITHOUT))
_COLUMNS = {
    True: (k.C_SEEKING,),
    False: tuple(column for column in _WITHOUT if column != k.C_SEEKING),
    None: _WITHOUT,
}
"""Columns of the counts of residents without MT: those who look for one, those who do not, all."""


Counts = NDArray[np.int32]
"""Residents of the territory, shape (cells, counts)."""


def _sum(counts: Counts, columns: tuple[int, ...], zone: int | None, ald: bool | None, precarious: bool | None) -> int:
    """Sum of columns of the counts over the cells of a zone, with ALD or not, precarious or not (None: any)."""

    def chosen(value: int | None) -> slice:
        return slice(None) if value is None else slice(int(value), int(value) + 1)

    here = cells.view(counts)[chosen(zone), :, chosen(ald), chosen(precarious)]
    return sum(int(here[..., column].sum()) for column in columns)


def without_mt(
    counts: Counts, zone: int | None, ald: bool | None, precarious: bool | None, looking: bool | None
) -> int:
    """Residents without MT: of one zone, with or without ALD, precarious or not, looking for an MT or not."""
    return _sum(counts, _COLUMNS[looking], zone, ald, precarious)


def adults(counts: Counts, zone: int | None, ald: bool | None, precarious: bool | None) -> int:
    """Residents aged 17 and over: of one zone, with or without ALD, precarious or not."""
    return _sum(counts, (k.C_LISTED, *_WITHOUT), zone, ald, precarious)


class ByMt(NamedTuple):
    """Adults by where their MT practises."""

    liberal: int
    centres: int
    outside: int  # territory and halo
    without: int


def by_mt(arena: k.Arena, tables: k.Tables, own_zones: int) -> ByMt:
    """Adults of the territory by MT."""
    if own_zones == arena.n[k.I_ZONES]:
        return ByMt(*k.count_by_mt(*arena))
    return _by_mt(tables, slice(own_zones))


def around(tables: k.Tables, own_zones: int) -> ByMt:
    """Adults of the halo by MT."""
    return _by_mt(tables, slice(own_zones, None))


def _by_mt(tables: k.Tables, zones: slice) -> ByMt:
    listed, without = tables.by_mt[zones].sum(axis=0).tolist()
    inside, of_centres = tables.zint[zones, [k.Z_LISTED, k.Z_IN_CENTRES]].sum(axis=0).tolist()
    return ByMt(inside - of_centres, of_centres, listed - inside, without)


def share_without_mt(arena: k.Arena, zones: int) -> Floats:
    """Share of adults without MT by zone; 0 where no adult lives."""
    share = np.empty(zones)
    k.share_without_mt(*arena, share)
    return share


def providers(arena: k.Arena) -> tuple[Ints, Floats]:
    """Slots of the active providers, and four figures of each, shape (providers, 4).

    List, target, openness, and the chance that a standard caller without MT is accepted.
    """
    active = arena.n[k.I_ACTIVE]
    slots, figures = np.empty(active, dtype=np.int64), np.empty((active, 4))
    k.look_at_providers(*arena, slots, figures)
    return slots, figures


def harvest(arena: k.Arena, t: int, flows: Sparse, calls: Sparse) -> None:
    """Moves the flows and calls since the last harvest into record ``t``."""
    new_flows = np.empty((2, arena.n[k.I_FLOWS_TOUCHED]), dtype=np.int32)
    new_calls = np.empty((2, arena.n[k.I_CALLS_TOUCHED]), dtype=np.int32)
    k.harvest(*arena, new_flows, new_calls)
    flows.add(t, *_of_territory(arena, new_flows))
    calls.add(t, *_of_territory(arena, new_calls))


def _of_territory(arena: k.Arena, entries: Counts) -> Counts:
    """Keys and values of the territory's cells, the keys as if there were no others."""
    everywhere, own = int(arena.n[k.I_CELLS]), int(arena.n[k.I_OWN_CELLS])
    if own == everywhere:
        return entries
    kind, cell = np.divmod(entries[0], everywhere)
    out: Counts = np.stack([kind * own + cell, entries[1]])[:, cell < own]
    return out
