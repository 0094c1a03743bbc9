"""Departures: named GPs, or the oldest, leave at once. No policy to wish for, but a shock to test a territory with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.policies.base import Policy
from ess_sim.practices import leave
from ess_sim.scenario import Location
from ess_sim.world import Behaviour, World

__all__ = ["Departures"]


class Departures(Policy):
    """List-holding GPs leave on one day without notice: those of day 0 named in ``gps``, or the ``oldest`` so many."""

    kind: ClassVar[str] = "departures"
    about: ClassVar[str] = "Named GPs, or the oldest, leave on one day without notice: a shock, to see who is critical."

    starts: date
    gps: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, strict=False)] | None = None
    oldest: Annotated[int, Field(ge=1, le=200_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Departures:
        if (self.gps is None) == (self.oldest is None):
            raise ValueError("give exactly one of gps and oldest")
        if self.gps is not None and len(set(self.gps)) < len(self.gps):
            raise ValueError("a GP is named twice in gps")
        return self

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """What `Policy.problems` finds, and names that no GP of this territory can bear."""
        found = super().problems(calendar, zones)
        for i, name in enumerate(self.gps or ()):
            prefix, _, rest = name.partition("-")
            zone, _, number = rest.rpartition("-")
            if prefix != "gp" or not number.isdecimal():
                found.append((("gps", i), f"{name!r} is no GP of day 0: they are called 'gp-<zone>-<number>'"))
            elif zone not in zones:
                found.append(
                    (("gps", i), f"{name!r}: unknown zone {zone!r} in this territory{did_you_mean(zone, zones)}")
                )
        return found

    def act(self, world: World) -> Behaviour:
        """All of them go at once; who has left already does not leave again."""
        if self.gps is not None:
            _check(world, self.gps)
            going = [world.gps[name] for name in sorted(self.gps) if name in world.gps]
        else:
            going = sorted(world.gps.values(), key=lambda gp: (gp.birth_year, gp.name))[: self.oldest]
        for gp in going:
            gp.leaves_on = world.today  # so that none of them hands her list over to another
        for gp in going:
            leave(world, gp)
        yield from ()  # a behaviour, though it never waits


def _check(world: World, names: Sequence[str]) -> None:
    known = [fact.actor for fact in world.facts if fact.event == "gp_present"]
    for name in names:
        if name not in known:
            raise ScenarioError(f"departures: no GP {name!r} on day 0{did_you_mean(name, known)}")
