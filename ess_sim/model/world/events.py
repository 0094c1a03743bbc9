"""Instants of the calendar at which behaviours wake."""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import Any

import simpy

from ess_sim.clock import Phase
from ess_sim.streams import stable_rank

__all__ = ["At", "Behaviour"]


_rank = cache(stable_rank)
"""Of an actor, who waits many times; the ranks of pairs are each needed once."""


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
