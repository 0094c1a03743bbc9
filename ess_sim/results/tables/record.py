"""What a run writes down while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Entry", "Fact", "Record", "Sheets", "Sparse", "Stint", "Totals"]


class Fact(NamedTuple):
    """One dated fact: who did what, where, with whom, and how many residents it touched."""

    day: int
    event: str
    actor: str
    zone: int  # index of the zone, −1 where there is none
    other: str = ""
    residents: int = -1  # −1: does not apply
    value: float = float("nan")
    detail: str = ""


class Entry(NamedTuple):
    """One booking: who pays how much because of whom. See the table ``accounts``."""

    day: int
    actor: str
    zone: int  # −1 where there is none
    line: str
    payer: str
    cents: int


@dataclass
class Stint:
    """A stretch of a doctor's working life in one mode."""

    person: str
    mode: str  # liberal, locum, retired, sessions, intern, junior
    zone: int
    fte: float
    birth_year: int
    woman: bool
    first_day: int
    last_day: int = -1  # day on which it ended; −1: still going on at the horizon


@dataclass
class Sparse:
    """Monthly counts of which most are zero: record index, flat key and value of the others."""

    when: list[int] = field(default_factory=list)
    key: list[NDArray[np.int32]] = field(default_factory=list)
    value: list[NDArray[np.int32]] = field(default_factory=list)

    def add(self, t: int, key: NDArray[np.int32], value: NDArray[np.int32]) -> None:
        """Appends the counts of record ``t``, in any order, zeros allowed."""
        self.when.append(t)
        self.key.append(key)
        self.value.append(value)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Record index, key and value, each of shape (entries,), sorted by key within a record, without zeros."""
        empty = np.zeros(0, dtype=np.int32)
        when = np.repeat(np.array(self.when, dtype=np.int64), [len(k) for k in self.key])
        # record after record: many short sorts are faster than a long one
        orders = [np.argsort(k, kind="stable") for k in self.key]
        key = np.concatenate([empty, *(k[o] for k, o in zip(self.key, orders, strict=True))]).astype(np.int64)
        value = np.concatenate([empty, *(v[o] for v, o in zip(self.value, orders, strict=True))]).astype(np.int64)
        kept = np.flatnonzero(value)
        return when[kept], key[kept], value[kept]

    def extend(self, later: Sparse) -> None:
        """Appends those of later records."""
        self.when += later.when
        self.key += later.key
        self.value += later.value


class Sheets(NamedTuple):
    """What some records say by cell, zone and provider: arrays as those of `Record`, with the same names."""

    counts: NDArray[np.int32]
    flows: Sparse
    calls: Sparse
    distributions: Sparse
    providers: list[NDArray[np.float64]]


class Totals(NamedTuple):
    """What outcomes need of the residents, calls and practices of each record, the first axis of all arrays.

    Attributes
    ----------
    groups : int array, shape (records, 2, 2, counts)
        Sums of the counts by ALD and precarity; columns as in `COUNTS`.
    sums : float array, shape (records, counts)
        Sums of the counts over all residents, each in its unit.
    adults, without : int array, shape (records, zones)
        Adults, and those of them without MT.
    calls : int array, shape (records, outcomes, callers)
        Calls since the record before.
    distributions : int array, shape (records, bins)
        Residents by value of each of `DISTRIBUTIONS`, of all zones.
    practices : int array, shape (records,)
        Liberal practices.
    acceptance : float array, shape (records,)
        Sum over them of the chance that a standard caller is accepted.
    """

    groups: NDArray[np.int64]
    sums: NDArray[np.float64]
    adults: NDArray[np.int32]
    without: NDArray[np.int32]
    calls: NDArray[np.int64]
    distributions: NDArray[np.int64]
    practices: NDArray[np.int64]
    acceptance: NDArray[np.float64]


@dataclass
class Record:
    """Everything one run wrote down, in arrays; of tables that are not kept nothing is here but the totals.

    Attributes
    ----------
    days : int array, shape (records,)
        Whole days since the start: day 0, each month's last day, the horizon's end.
    counts : int array, shape (snapshots, cells, counts)
        Residents by cell (see `cells`), at the records of which snapshots are kept; columns as in `COUNTS`.
    flows : Sparse
        Changes of residents without MT since the record before; key = (cause × pools + pool) × cells + cell.
    calls : Sparse
        Calls since the record before; key = (outcome × callers + caller) × cells + cell.
    distributions : Sparse
        Residents by zone and value of each of `DISTRIBUTIONS`; key = zone × bins + bin.
    spells : int array, shape (2, 241)
        Spells without MT, begun after day 0 and ended by a registration, by pool and completed months.
    providers : list of arrays
        For each record, shape (providers, 5): owner (index in ``owners``), list, target, openness, chance that a
        standard caller is accepted.
    owners : list of str
        Names of list-holders and centres.
    owner_zone, owner_centre : list
        Zone index, and whether it is a centre, of each owner.
    facts : list of Fact
    entries : list of Entry
    stints : list of Stint
    snapshots : list of int, optional
        Which records ``counts`` are of: places in ``days``; all by default.
    totals : Totals, optional
        What outcomes need. Left out where everything is kept, as it can be made of that: see `totals_of`.
    around : int array, shape (records, 2), optional
        Adults of the halo, and those of them without MT; 0 by default.
    """

    days: NDArray[np.int64]
    counts: NDArray[np.int32]
    flows: Sparse
    calls: Sparse
    spells: NDArray[np.int32]
    providers: list[NDArray[np.float64]]
    owners: list[str]
    owner_zone: list[int]
    owner_centre: list[bool]
    facts: list[Fact]
    entries: list[Entry]
    stints: list[Stint]
    distributions: Sparse = field(default_factory=Sparse)
    events: int = 0
    calls_made: int = 0
    assumed: tuple[str, ...] = ()
    snapshots: list[int] | None = None
    totals: Totals | None = None
    around: NDArray[np.int64] | None = None
