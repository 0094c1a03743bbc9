"""The three barriers to a GP, each lifted in part or whole: no scheme of the field, but it shows what each costs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from ess_sim.clock import Phase
from ess_sim.inputs.editors.rules import above_zero, at_least_one, rules
from ess_sim.model.policies.base import Case, Policy, Site
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.model.world.zonal import bend_each

__all__ = ["LiftBarriers"]


Part = Annotated[float, Field(ge=0, le=1)]


class LiftBarriers(Policy):
    """Distance, money, and not daring to ask: the part of each barrier that is lifted everywhere, from 0 to 1."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            at_least_one([above_zero("physical"), above_zero("financial"), above_zero("psychological")])
        )
    )

    kind: ClassVar[str] = "lift_barriers"
    label: ClassVar[Words] = Words("Barriers lifted (thought experiment)", "Obstacles levés (expérience de pensée)")
    about: ClassVar[str] = "Distance, money or not daring no longer matters, in part or at all: shows what each costs."

    starts: date
    ends: date | None = None
    physical: Part = Field(0.0, description="part of the distance that is lifted, 1: all")
    financial: Part = Field(0.0, description="part of the financial barrier that is lifted")
    psychological: Part = Field(0.0, description="part of not daring to ask that is lifted")

    field_labels: ClassVar[dict[str, Words]] = {
        "physical": Words("part of distance lifted", "part de l'obstacle physique (distance) levée"),
        "financial": Words("part of the financial barrier lifted", "part de l'obstacle financier levée"),
        "psychological": Words("part of not daring lifted", "part de l'obstacle psychologique levée"),
    }

    @model_validator(mode="after")
    def _some(self) -> LiftBarriers:
        if not (self.physical or self.financial or self.psychological):
            raise ValueError("lift at least one barrier: physical, financial or psychological above 0")
        return self

    dose: ClassVar[Words] = Words(
        "a thought experiment: all three barriers lifted altogether",
        "une expérience de pensée\u00a0: les trois obstacles entièrement levés",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, physical=1.0, financial=1.0, psychological=1.0)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, physical=0.25, financial=0.5, psychological=0.75)

    def act(self, world: World) -> Behaviour:
        """Bends the three levers."""
        name = world.unique_name("lift-barriers")
        last = self.last_day_of_run(world.calendar)
        not_dared = 1.0 - world.rates["precarious_call_multiplier"]  # by zone
        world.note("cost_unknown", name, detail="no scheme lifts barriers at a stroke: there is nothing to price")
        with (
            world.levers.bend(physical_relief=self.physical, financial_relief=self.financial),
            bend_each(world.levers, dare=self.psychological * not_dared),
        ):
            yield world.at(last, Phase.POLICY, name)
