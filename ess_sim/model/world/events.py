"""Instants of the calendar at which behaviours wake."""

from __future__ import annotations

import heapq
from collections.abc import Generator
from functools import cache
from typing import Any

import simpy
from simpy.events import NORMAL, EventPriority

from ess_sim.clock import Phase
from ess_sim.streams import stable_rank

__all__ = ["At", "Behaviour", "Days"]


_rank = cache(stable_rank)
"""Of an actor, who waits many times; the ranks of pairs are each needed once."""


class Days(simpy.Environment):
    """SimPy's clock, which keeps what is to come by days.

    SimPy has one heap of all events. Thousands of actors who wait make it large, and each step would compare a dozen of
    them that have not been looked at for long; here it holds those of a day.
    """

    def __init__(self) -> None:
        super().__init__()
        self._later: dict[float, list[tuple[float, EventPriority, int, simpy.Event]]] = {}
        self._days: list[float] = []  # with such events: a heap, too

    def schedule(self, event: simpy.Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """An event will happen in so many days: among those of its day by priority, then in the order of calls."""
        if delay == 0:
            super().schedule(event, priority)
            return
        day = self.now + delay
        if day not in self._later:
            self._later[day] = []
            heapq.heappush(self._days, day)
        self._later[day].append((day, priority, next(self._eid), event))

    def step(self) -> None:
        """The next event happens."""
        if not self._queue and self._days:
            self._queue = self._later.pop(heapq.heappop(self._days))
            heapq.heapify(self._queue)
        super().step()


class At(simpy.Event):
    """Wakes a behaviour on a whole day, in a phase of that day, in an order that depends on names alone.

    SimPy breaks ties by order of creation; here equal days are ordered by the phase, then by the actor's name.
    """

    def __init__(self, env: simpy.Environment, day: int, phase: Phase, who: str) -> None:
        today = env.now
        if day < today:
            raise ValueError(f"{who}: day {day} is in the past (today is day {today})")
        # all at once, as SimPy's Timeout does: thousands are made in a run
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = None
        # SimPy's own priorities are 0 and 1: phases start at 2, each with room for 62-bit ranks
        env.schedule(self, (phase << 62) + _rank(who), day - today)  # type: ignore[arg-type]


Behaviour = Generator[At, Any, None]
