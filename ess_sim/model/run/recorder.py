"""Writes the record: counts, flows, calls and lists on the calendar's record days. It changes nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ess_sim.clock import Phase
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.tables.record import Record, Sparse

__all__ = ["Recorder"]


class Recorder:
    """Takes the snapshots of one run."""

    def __init__(self, world: World) -> None:
        self.world = world
        days = world.calendar.record_days
        cells = world.residents.counts.shape
        self.counts = np.empty((len(days), *cells), dtype=np.int32)
        self.flows, self.calls, self.distributions = Sparse(), Sparse(), Sparse()
        self.owners: list[NDArray[np.int64]] = []
        self.providers: list[NDArray[np.float64]] = []

    def record(self) -> Behaviour:
        """One snapshot each record day, after everything else of that day."""
        world = self.world
        for t, day in enumerate(world.calendar.record_days):
            yield world.at(day, Phase.RECORD, "recorder")
            residents = world.residents
            residents.advance(day)
            self.counts[t] = residents.counts
            standing = residents.distributions.ravel()
            held = (standing != 0).nonzero()[0]
            self.distributions.add(t, held.astype(np.int32), standing[held])
            residents.harvest(t, self.flows, self.calls)
            slots, figures = residents.providers()
            owners = world.owner_of_slot[slots]
            self.owners.append(owners[owners >= 0])
            self.providers.append(figures[owners >= 0])

    def new_years(self) -> Behaviour:
        """Residents turn a year older on 1 January, before anybody acts."""
        for day in self.world.calendar.new_years:
            yield self.world.at(day, Phase.CALENDAR, "new-year")
            self.world.residents.new_year(day)

    def finish(self) -> Record:
        """The record of the run that has just ended."""
        world = self.world
        table = np.column_stack([np.concatenate(self.owners), np.concatenate(self.providers)])
        ends = np.cumsum([len(o) for o in self.owners])
        return Record(
            days=np.array(world.calendar.record_days, dtype=np.int64),
            counts=self.counts,
            flows=self.flows,
            calls=self.calls,
            spells=world.residents.spells,
            providers=np.split(table, ends[:-1]),
            owners=world.owners,
            owner_zone=world.owner_zone,
            owner_centre=world.owner_centre,
            facts=world.facts,
            entries=world.entries,
            stints=world.stints,
            distributions=self.distributions,
            events=world.residents.events,
            calls_made=world.residents.calls_made,
            assumed=tuple(sorted(set(world.assumed))),
        )
