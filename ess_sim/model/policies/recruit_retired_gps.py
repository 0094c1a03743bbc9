"""Recruit retired GPs: a centre where young retired GPs hold sessions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.inputs.scenario.centre_spec import CentreSpec, Posts, RetiredGps
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.policies.base import Case, Policy, ZoneCode
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["RecruitRetiredGps"]


class RecruitRetiredGps(Policy):
    """A municipal centre opens and offers sessions to the département's retired GPs; anyone may declare it as MT."""

    kind: ClassVar[str] = "recruit_retired_gps"
    label: ClassVar[Words] = Words(
        "Centre where retired GPs hold sessions", "Centre où des médecins retraités assurent des vacations"
    )
    about: ClassVar[str] = "A centre where young retired GPs hold sessions of about one day a week each."
    opens_centre: ClassVar[bool] = True

    opens: date
    closes: date | None = None
    zone: ZoneCode
    count: Annotated[int, Field(ge=1, le=500)]
    fte_each: Annotated[float, Field(gt=0, le=1)] = 0.2
    retired_for_at_most_years: Annotated[float, Field(gt=0, le=40)] = 5.0

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(
            opens=case.starts,
            closes=case.ends,
            zone=case.zones[0],
            count=3,
            fte_each=0.25,
            retired_for_at_most_years=6.5,
        )

    @property
    def centre_name(self) -> str:
        return f"sessions-{self.zone}"

    def centres_opened(self) -> tuple[CentreSpec, ...]:
        """Its centre."""
        retired = RetiredGps(
            count=self.count, fte_each=self.fte_each, retired_for_at_most_years=self.retired_for_at_most_years
        )
        return (CentreSpec(form="municipal", zone=self.zone, posts=Posts(retired_gps=retired)),)

    def act(self, world: World) -> Behaviour:
        """Opens, recruits, and closes where a date says so."""
        (spec,) = self.centres_opened()
        name = world.unique_name(self.centre_name)
        centre = Centre(name, world.territory.zone_index(self.zone), spec)
        world.begin(open_centre(world, centre))
        yield from close_on(world, centre, self.last_day(world.calendar))
