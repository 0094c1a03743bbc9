"""Totals by record: all that outcomes need of what is counted by cell, zone and provider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ess_sim.results.tables import cells
from ess_sim.results.tables.distributions import N_BINS
from ess_sim.results.tables.names import CALL_OUTCOMES, CALLERS, COUNTED, COUNTS, POOLS, STATES_WITHOUT
from ess_sim.results.tables.record import Record, Sheets, Sparse, Totals

__all__ = ["joined", "tallied", "totals_of"]

_AT_ONCE = 1 << 22
"""Counts that are looked at together, so that what is made of them on the way stays small."""

Counts = NDArray[np.int64]
_ByRecord = tuple[Counts, NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]


def totals_of(record: Record) -> Totals:
    """The totals of a run: as it wrote them, or else made of all that it wrote."""
    if record.totals is not None:
        return record.totals
    sheets = Sheets(record.counts, record.flows, record.calls, record.distributions, record.providers)
    return tallied(sheets, record.owner_centre)


def tallied(sheets: Sheets, owner_centre: Sequence[bool], first: int = 0) -> Totals:
    """The totals of some records in a row.

    Parameters
    ----------
    sheets : Sheets
    owner_centre : sequence of bool
        Whether each owner of a list is a centre.
    first : int
        Number of the first of these records.
    """
    records, n_cells, n_counts = sheets.counts.shape
    step = max(1, _AT_ONCE // (n_cells * n_counts))
    parts = [_of_residents(sheets.counts[t : t + step]) for t in range(0, records, step)]
    groups, sums, adults, without = (np.concatenate(part) for part in zip(*parts, strict=True))
    n = len(CALL_OUTCOMES) * len(CALLERS)
    calls = _added(sheets.calls, first, records, n, n_cells).reshape(records, len(CALL_OUTCOMES), len(CALLERS))
    spread = _added(sheets.distributions, first, records, N_BINS, 1)
    practices, acceptance = _of_practices(sheets.providers, owner_centre)
    return Totals(groups, sums, adults, without, calls, spread, practices, acceptance)


def joined(parts: Sequence[Totals]) -> Totals:
    """The totals of all records, from those of some after others."""
    return Totals(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _of_residents(
    counts: NDArray[np.int32],
) -> _ByRecord:
    """Of counts, shape (records, cells, counts): ``groups``, ``sums``, ``adults`` and ``without`` of `Totals`."""
    records, zones = len(counts), counts.shape[1] // cells.ZONE_STEP
    by_zone = {}
    groups = np.empty((records, 2, 2, len(COUNTS)), dtype=np.int64)
    sums = np.empty((records, len(COUNTS)))
    for place, (name, what) in enumerate(COUNTED.items()):
        column = cells.view(counts[:, :, place], axis=1)  # records, zones, bands, ALD, precarity
        by_zone[name] = column.sum(axis=2, dtype=np.int64)
        groups[..., place] = by_zone[name].sum(axis=1)
        sums[:, place] = groups[..., place].sum(axis=(1, 2))
        if what.parts > 1:  # in the unit, added in the order of bands, then of zones: the last bit depends on it
            parts = np.zeros((records, zones, 2, 2))
            for band in range(cells.N_BANDS):
                parts += column[:, :, band] / what.parts
            sums[:, place] = parts.reshape(records, -1).sum(axis=1)
    without = sum((by_zone[state] for state in STATES_WITHOUT), np.zeros_like(by_zone["listed"]))
    adults, pools = by_zone["listed"] + without, sum((by_zone[p] for p in POOLS), np.zeros_like(without))
    return groups, sums, _whole(adults), _whole(pools)


def _whole(by_group: Counts) -> NDArray[np.int32]:
    out: NDArray[np.int32] = by_group.sum(axis=(2, 3)).astype(np.int32)
    return out


def _added(sparse: Sparse, first: int, records: int, kinds: int, width: int) -> Counts:
    """Sums by record and kind: of a key, what is left of it when it is divided by the width, and by that of a zone."""
    if not sparse.key:
        return np.zeros((records, kinds), dtype=np.int64)
    when = np.repeat(np.array(sparse.when, dtype=np.int64) - first, [len(key) for key in sparse.key])
    kind = np.concatenate(sparse.key) // width % kinds
    value = np.concatenate(sparse.value)
    return np.bincount(when * kinds + kind, value, records * kinds).reshape(records, kinds).astype(np.int64)


def _of_practices(
    providers: Sequence[NDArray[np.float64]], owner_centre: Sequence[bool]
) -> tuple[Counts, NDArray[np.float64]]:
    """Liberal practices by record, and the sum of their chances to accept a caller."""
    records = len(providers)
    when = np.repeat(np.arange(records), [len(rows) for rows in providers])
    rows = np.concatenate([np.zeros((0, 5)), *providers])
    liberal = ~np.array(owner_centre, dtype=bool)[rows[:, 0].astype(np.int64)]
    when = when[liberal]
    practices, acceptance = np.bincount(when, minlength=records), np.bincount(when, rows[liberal, 4], records)
    return practices.astype(np.int64), acceptance.astype(np.float64)
