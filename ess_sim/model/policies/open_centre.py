"""Open a centre: any legal form, salaried and retired GPs, interns and other staff, with its own money."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.policies.base import CENTRE_PARAMETERS, Policy
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["OpenCentre"]


class OpenCentre(Policy):
    """A health centre opens with empty posts, recruits, keeps accounts, and lasts as long as its form lets it."""

    kind: ClassVar[str] = "open_centre"
    about: ClassVar[str] = "A health centre opens: legal form, posts, grants; it may run out of money and close."
    reads: ClassVar[frozenset[str]] = CENTRE_PARAMETERS

    opens: date
    closes: date | None = None
    centre: CentreSpec

    def act(self, world: World) -> Behaviour:
        """Opens, and closes where a date says so."""
        spec = self.centre
        name = world.unique_name(spec.name or f"centre-{spec.zone}")
        centre = Centre(name, world.territory.zone_index(spec.zone), spec)
        world.begin(open_centre(world, centre))
        yield from close_on(world, centre, self.last_day(world.calendar))
