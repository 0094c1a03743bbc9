"""Health mediators (médiatrices, aller-vers): they bring back residents who gave up or do not look for an MT."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.behaviours.centres.outreach import mediators_at_work
from ess_sim.model.policies.ahead import Ahead, Limit, without_residents
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["Mediators"]


class Mediators(Policy):
    """Health mediators meet residents without MT, the precarious foremost; some they accompany to a call."""

    kind: ClassVar[str] = "mediators"
    label: ClassVar[Words] = Words("Health mediators", "Médiatrices et médiateurs en santé")
    about: ClassVar[str] = (
        "Health mediators meet residents without MT, precarious ones foremost, and help some to call."
    )

    starts: date
    ends: date | None = None
    zones: ZoneCodes | None = Field(None, description="where they work; left out: everywhere")
    fte: Annotated[float, Field(gt=0, le=1000, description="mediators, FTE in all")]

    dose: ClassVar[Words] = Words(
        "one full-time mediator; Saint-Denis has three in one quarter",
        "une médiatrice à temps plein\u00a0; Saint-Denis en compte trois dans un quartier",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=site.stops[:1], fte=1.0)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones[:1], fte=1.25)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Adults whom they can meet."""
        yield from without_residents(ahead, self.zones)

    def act(self, world: World) -> Behaviour:
        """Mediators at work in their zones; the regional health agency pays by the month."""
        places = [None] if self.zones is None else zone_indices(world, self.zones)
        name = world.unique_name(f"mediators-{self.zones[0]}" if self.zones else "mediators")
        last = self.last_day_of_run(world.calendar)
        world.note("cost_unknown", name, detail="what others than the regional health agency pay for mediators' posts")
        world.begin(_salaries(world, name, self.fte * world.parameters["mediator_agency_euro_per_fte_year"], last))
        yield from mediators_at_work(world, name, places, self.fte, last)


def _salaries(world: World, name: str, euro_per_year: float, last: int) -> Behaviour:
    since = world.today
    for day in world.settling_days(last):
        yield world.at(day, Phase.LEDGER, name)
        world.pay(name, "mediators", "agency", euro_per_year * (day - since) / DAYS_PER_YEAR)
        since = day
