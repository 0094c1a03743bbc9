"""Regulated installation: no newcomer may settle in a well-supplied zone, unless she takes over a practice."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import Phase
from ess_sim.model.policies.base import Case, Policy, Site
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["RegulatedInstallation"]


class RegulatedInstallation(Policy):
    """A zone is closed to newcomers while less than ``threshold`` of its adults are without MT.

    A newcomer who takes over the practice of a GP who has announced her exit may settle there all the same. Others go
    to the open zone that they like best, or give up settling here.
    """

    kind: ClassVar[str] = "regulated_installation"
    label: ClassVar[Words] = Words("Regulated installation", "Régulation de l'installation")
    about: ClassVar[str] = "No new GP where few residents lack an MT, unless she takes over a practice."

    starts: date
    ends: date | None = None
    threshold: Annotated[
        float, Field(gt=0, le=1, description="share of adults without MT below which a zone is closed")
    ]

    field_labels: ClassVar[dict[str, Words]] = {
        "threshold": Words(
            "closed to newcomers below this share without médecin traitant",
            "fermée aux nouveaux installés en deçà de cette part sans médecin traitant",
        ),
    }

    dose: ClassVar[Words] = Words(
        "zones are closed where fewer adults lack an MT than in France as a whole, 11 % (Cnam, June 2021)",
        "zones fermées en deçà de la part nationale d'adultes sans médecin traitant, 11\u00a0% (Cnam, juin 2021)",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, threshold=0.11)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, threshold=0.3)

    def act(self, world: World) -> Behaviour:
        """Closes zones while it lasts; which they are depends on the day on which a newcomer wants to settle."""
        name = world.unique_name("regulated-installation")
        world.note("cost_unknown", name, detail="staff who examine requests to settle")
        world.closed_below[name] = self.threshold
        yield world.at(self.last_day(world.calendar), Phase.POLICY, name)
        del world.closed_below[name]
