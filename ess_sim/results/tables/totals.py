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

_AT_ONCE = 1 << 18
"""Counts that are looked at together, so that what is made of them on the way stays in a processor's cache."""

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
    by_cell = cells.view(counts, axis=1)  # records, zones, bands, ALD, precarity, counts
    by_zone = by_cell[:, :, 0].astype(np.int64)
    for band in range(1, cells.N_BANDS):
        by_zone += by_cell[:, :, band]
    groups = by_zone.sum(axis=1)
    sums = groups.sum(axis=(1, 2)).astype(np.float64)
    for place, what in enumerate(COUNTED.values()):
        if what.parts > 1:  # in the unit, added in the order of bands, then of zones: the last bit depends on it
            column = np.zeros(by_zone.shape[:-1])
            for band in range(cells.N_BANDS):
                column += by_cell[:, :, band, ..., place] / what.parts
            sums[:, place] = column.reshape(len(column), -1).sum(axis=1)
    all_of_zone = by_zone.sum(axis=(2, 3))
    return groups, sums, _residents(all_of_zone, "listed", *STATES_WITHOUT), _residents(all_of_zone, *POOLS)


def _residents(by_zone: Counts, *names: str) -> NDArray[np.int32]:
    """The sum of some counts, shape (records, zones)."""
    out: NDArray[np.int32] = by_zone[..., [COUNTS.index(name) for name in names]].sum(axis=-1).astype(np.int32)
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
