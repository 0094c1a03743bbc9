"""Planned hand-over (la relève): a GP prepares her retirement, and her list passes to a centre, not to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from ess_sim.behaviours.centres import close_centre, open_centre, take_over_list
from ess_sim.behaviours.practices import leave
from ess_sim.clock import Calendar, Phase
from ess_sim.policies.base import CENTRE_PARAMETERS, Policy, day0_gps, gp_name_problems, named_centre
from ess_sim.scenario import Location
from ess_sim.structures import CentreSpec
from ess_sim.world import Behaviour, Centre, Gp, World

__all__ = ["PlannedHandover"]


class PlannedHandover(Policy):
    """A centre opens, or is there, before GPs leave; on their last day it takes over their lists, if it has room.

    Those of day 0 named in ``gps``; left out, the oldest GP of the centre's zone whose hand-over nobody plans yet. Who
    ceases earlier by herself hands over then. What does not fit follows the rules of every other exit.
    """

    kind: ClassVar[str] = "planned_handover"
    about: ClassVar[str] = "A GP prepares her retirement; on her last day her list passes to a centre (Saint-Denis)."
    reads: ClassVar[frozenset[str]] = CENTRE_PARAMETERS

    opens: date
    closes: date | None = None
    centre: CentreSpec | Annotated[str, Field(min_length=1)]
    gps: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, strict=False)] | None = None
    retires: date

    @model_validator(mode="after")
    def _dates(self) -> PlannedHandover:
        if self.retires <= self.opens:
            raise ValueError(f"retires ({self.retires}) is not after opens ({self.opens})")
        if self.closes is not None and isinstance(self.centre, str):
            raise ValueError("closes is for a centre of the policy's own")
        if self.closes is not None and self.closes <= self.retires:
            raise ValueError(f"closes ({self.closes}) is not after retires ({self.retires})")
        return self

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """What `Policy.problems` finds, and names that no GP of this territory can bear."""
        return super().problems(calendar, zones) + gp_name_problems(self.gps or (), zones)

    def act(self, world: World) -> Behaviour:
        """Plans on the first day, opens the centre where it is not there; the GPs leave on their last day."""
        spec = self.centre
        given = spec if isinstance(spec, str) else spec.name or f"centre-{spec.zone}"
        name = world.unique_name(f"handover-{given}")
        if not isinstance(spec, str):
            centre = Centre(world.unique_name(given), world.territory.zone_index(spec.zone), spec)
            world.begin(open_centre(world, centre))
        yield world.at(world.today, Phase.SUPPLY, name)  # after centres that open today
        if isinstance(spec, str):
            centre = named_centre(world, spec)
        world.note("cost_unknown", name, centre.zone, detail="time spent on preparing the hand-over")
        last = world.calendar.day(self.retires)
        gps = self._leavers(world, centre)
        for gp in gps:
            take_over_list(gp, centre)
            gp.leaves_on = last if gp.leaves_on is None else min(last, gp.leaves_on)
            world.note("handover_planned", gp.name, gp.zone, other=centre.name, value=float(last - world.today))
        yield world.at(last, Phase.POLICY, name)
        for gp in gps:
            if gp.name in world.gps:
                leave(world, gp)
        if self.closes is not None:
            yield world.at(world.calendar.day(self.closes), Phase.POLICY, name)
            close_centre(world, centre)

    def _leavers(self, world: World, centre: Centre) -> list[Gp]:
        if self.gps is not None:
            return [gp for gp in day0_gps(world, self.kind, self.gps) if gp.heir is None]
        here = [gp for gp in world.gps.values() if gp.zone == centre.zone and gp.heir is None]
        return sorted(here, key=lambda gp: (gp.birth_year, gp.name))[:1]
