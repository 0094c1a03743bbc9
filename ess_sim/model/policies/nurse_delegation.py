"""Nurse delegation: nursing teams take over acts, so that the GPs around them can hold a larger list."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.enrolment import Enrolment, enrol_monthly
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["NurseDelegation"]


class NurseDelegation(Policy):
    """A team of nurses works with so many GPs of its zones and near them; it has no GP and no list of its own."""

    kind: ClassVar[str] = "nurse_delegation"
    label: ClassVar[Words] = Words(
        "Acts delegated to nurses near GPs", "Délégation d'actes à des infirmières et infirmiers proches des médecins"
    )
    about: ClassVar[str] = (
        "Nurses take over acts from GPs nearby, who can then hold a larger list (Asalée, Lille's teams)."
    )

    starts: date
    ends: date | None = None
    zones: Annotated[ZoneCodes, Field(description="whose GPs, and those near, the nurses work with")]
    nurses: Annotated[float, Field(gt=0, le=100_000, description="nurses, FTE in all")]

    dose: ClassVar[Words] = Words(
        "one full-time nurse, who works with some six GPs (Asalée, 2024)",
        "une infirmière à temps plein, qui travaille avec six médecins environ (Asalée, 2024)",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=(site.staffed,), nurses=1.0)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones, nurses=1.25)

    def act(self, world: World) -> Behaviour:
        """Nurses work with GPs of their own zones first, then with others nearby, each time by keyed priority."""
        p = world.parameters
        name = world.unique_name(f"nurses-{self.zones[0]}")
        home = frozenset(zone_indices(world, self.zones))
        near = home | _within(world.territory, home, p["delegation_minutes"])
        places = int(self.nurses * p["delegation_gps_per_nurse_fte"] + 1e-9)
        euro_per_year = self.nurses * p["delegation_euro_per_nurse_fte_year"]
        world.note("delegation_started", name, min(home), value=self.nurses)
        helped = Enrolment(
            world,
            name,
            "nurse delegation",
            p["delegation_target_gain"],
            joined="delegation_agreed",
            left="delegation_ended",
        )

        yield from enrol_monthly(
            world,
            helped,
            last=self.last_day(world.calendar),
            claim=lambda: helped.claim(places, lambda gp: gp.zone in home, lambda gp: gp.zone in near),
            owed=lambda since, day: euro_per_year * (day - since) / DAYS_PER_YEAR,
            line="nurses",
            payer="insurer",
        )


def _within(territory: Territory, zones: frozenset[int], minutes: float) -> frozenset[int]:
    """Zones that can be reached from one of these in so many minutes."""
    near: set[int] = set()
    for zone in zones:
        row = slice(territory.travel_indptr[zone], territory.travel_indptr[zone + 1])
        near.update(np.asarray(territory.travel_indices[row])[territory.travel_minutes[row] <= minutes].tolist())
    return frozenset(near)
