"""Writes the record: counts, flows, calls and lists on the calendar's record days. It changes nothing.

Where not everything is kept, only what is takes memory: a few records at a time are written in full, added up
(`tallied`), and left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import Phase
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.keeping import EVERYTHING, Keep
from ess_sim.results.tables.record import Record, Sheets, Sparse, Totals
from ess_sim.results.tables.totals import joined, tallied

__all__ = ["Recorder"]

_AT_ONCE = 1 << 21
"""Counts that are written in full at once: 8 MB of them."""


class Recorder:
    """Takes the snapshots of one run.

    Parameters
    ----------
    world : World
    keep : Keep, optional
        What is kept of it; everything by default.
    """

    def __init__(self, world: World, keep: Keep = EVERYTHING) -> None:
        self.world, self.keep = world, keep
        self._thin = keep != EVERYTHING
        days = world.calendar.record_days
        self._cells, self._counts = world.residents.counts.shape
        whole = len(days) if not self._thin else max(1, _AT_ONCE // (self._cells * self._counts))
        self._room = min(len(days), whole)
        self._first = 0  # of the records that are written in full
        self._full = self._empty(self._room)
        self._snapshots = keep.snapshot_records(world.calendar) if self._thin else []
        self._kept = self._empty(len(self._snapshots))
        self._totals: list[Totals] = []
        self._around = np.zeros((len(days), 2), dtype=np.int64)

    def _empty(self, records: int) -> Sheets:
        counts = np.empty((records, self._cells, self._counts), dtype=np.int32)
        return Sheets(counts, Sparse(), Sparse(), Sparse(), [])

    def record(self) -> Behaviour:
        """One snapshot each record day, after everything else of that day."""
        world, days = self.world, self.world.calendar.record_days
        for t, day in enumerate(days):
            yield world.at(day, Phase.RECORD, "recorder")
            residents, full = world.residents, self._full
            residents.advance(day)
            full.counts[t - self._first] = residents.counts
            if world.halo is not None:
                others = residents.around_by_mt()
                self._around[t] = sum(others), others.without
            standing = residents.distributions.ravel()
            held = (standing != 0).nonzero()[0]
            full.distributions.add(t, held.astype(np.int32), standing[held])
            residents.harvest(t, full.flows, full.calls)
            full.providers.append(self._providers())
            if self._thin and len(full.providers) in (self._room, len(days) - self._first):
                self._put_away()

    def _providers(self) -> NDArray[np.float64]:
        slots, figures = self.world.residents.providers()
        owners = self.world.owner_of_slot[slots]
        return np.column_stack([owners, figures])[owners >= 0]

    def _put_away(self) -> None:
        """Adds up the records that are written in full, and keeps what is to be kept of them."""
        full, first, tables = self._full, self._first, self.keep.tables
        n = len(full.providers)
        full = full._replace(counts=full.counts[:n])
        self._totals.append(tallied(full, self.world.owner_centre, first))
        for place, t in enumerate(self._snapshots):
            if first <= t < first + n:
                self._kept.counts[place] = full.counts[t - first]
        for table in ("flows", "calls", "distributions", "providers"):
            if table in tables:
                getattr(self._kept, table).extend(getattr(full, table))
        self._full = self._empty(0)._replace(counts=self._full.counts)
        self._first = first + n

    def new_years(self) -> Behaviour:
        """Residents turn a year older on 1 January, before anybody acts."""
        for day in self.world.calendar.new_years:
            yield self.world.at(day, Phase.CALENDAR, "new-year")
            self.world.residents.new_year(day)

    def finish(self) -> Record:
        """The record of the run that has just ended."""
        world, tables, thin = self.world, self.keep.tables, self._thin
        sheets = self._kept if thin else self._full
        return Record(
            days=np.array(world.calendar.record_days, dtype=np.int64),
            **sheets._asdict(),
            spells=world.residents.spells,
            owners=world.owners,
            owner_zone=world.owner_zone,
            owner_centre=world.owner_centre,
            facts=world.facts if "facts" in tables else [],
            entries=world.entries if "accounts" in tables else [],
            stints=world.stints if "careers" in tables else [],
            events=world.residents.events,
            calls_made=world.residents.calls_made,
            assumed=tuple(sorted(set(world.assumed))),
            snapshots=self._snapshots if thin else None,
            totals=joined(self._totals) if thin else None,
            around=self._around,
        )
