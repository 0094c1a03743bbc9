"""Open a centre: any legal form, salaried and retired GPs, interns and other staff, with its own money."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.inputs.scenario.centre_spec import CentreSpec, Finance, Grant, Posts, SalariedGps
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.policies.base import Case, Policy, Site
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["OpenCentre"]


class OpenCentre(Policy):
    """A health centre opens with empty posts, recruits, keeps accounts, and lasts as long as its form lets it."""

    kind: ClassVar[str] = "open_centre"
    label: ClassVar[Words] = Words("A health centre", "Centre de santé")
    about: ClassVar[str] = "A health centre opens: legal form, posts, grants; it may run out of money and close."
    opens_centre: ClassVar[bool] = True

    opens: date
    closes: date | None = None
    centre: Annotated[CentreSpec, Field(description="what it is")]

    dose: ClassVar[Words] = Words(
        "an association with one nurse and as many full-time GPs as are missing within 15 minutes, at most four",
        "une association, une infirmière et les médecins à temps plein qui manquent à 15 minutes, quatre au plus",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        posts = Posts(salaried_gps=SalariedGps(count=min(4, max(1, round(site.missing)))), nurses=1.0)
        return cls(opens=site.start, centre=CentreSpec(form="association", zone=site.zone, posts=posts))

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        grant = Grant(payer="agency", euro_per_year=60_000, source="an example", grade="D")
        posts = Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5), nurses=1.0, mediators=0.5)
        money = Finance(reserves_euro=40_000, grants=(grant,))
        centre = CentreSpec(form="association", zone=case.zones[0], name="maison", posts=posts, finance=money)
        return cls(opens=case.starts, closes=case.ends, centre=centre)

    @property
    def centre_name(self) -> str:
        return self.centre.name or f"centre-{self.centre.zone}"

    def act(self, world: World) -> Behaviour:
        """Opens, and closes where a date says so."""
        spec = self.centre
        centre = Centre(world.unique_name(self.centre_name), world.territory.zone_index(spec.zone), spec)
        world.begin(open_centre(world, centre))
        yield from close_on(world, centre, self.last_day(world.calendar))
