"""Later retirement: GPs of retirement age go on for longer, with or without their pension (cumul emploi-retraite)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from ess_sim import elementary
from ess_sim.clock import Phase
from ess_sim.model.policies.base import Case, Policy, Site
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["LaterRetirement"]


class LaterRetirement(Policy):
    """The odds that a list-holding GP of 60 or more decides to cease in a year fall, everywhere in the territory."""

    kind: ClassVar[str] = "later_retirement"
    label: ClassVar[Words] = Words(
        "Later retirement, with or without a pension", "Retraite plus tardive et cumul emploi-retraite"
    )
    about: ClassVar[str] = "GPs of 60 and more cease later: incentives to go on, with or without a pension (cumul)."

    starts: date
    ends: date | None = None

    dose: ClassVar[Words] = Words(
        "everywhere in the territory",
        "sur tout le territoire",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends)

    def act(self, world: World) -> Behaviour:
        """Bends the odds; a GP who has announced her exit already keeps to it."""
        name = world.unique_name("later-retirement")
        world.note("cost_unknown", name, detail="pension contributions that GPs who go on no longer pay")
        log_odds = float(elementary.log(world.parameters["later_retirement_odds_ratio"]))
        with world.levers.bend(retirement_log_odds=log_odds):
            yield world.at(self.last_day(world.calendar), Phase.POLICY, name)
