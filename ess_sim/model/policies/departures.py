"""Departures: named GPs, or the oldest, leave at once. No policy to wish for, but a shock to test a territory with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from ess_sim.inputs.editors.rules import exactly_one, rules
from ess_sim.model.behaviours.gps.careers import leave
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, GpNames, Policy, Site, named_gps
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["Departures"]


class Departures(Policy):
    """List-holding GPs leave on one day without notice: those of day 0 named in ``gps``, or the ``oldest`` so many."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one(("gps", "oldest"))))

    kind: ClassVar[str] = "departures"
    label: ClassVar[Words] = Words("GPs who leave without notice", "Départs de médecins sans préavis")
    about: ClassVar[str] = "Named GPs, or the oldest, leave on one day without notice: a shock, to see who is critical."

    starts: date
    gps: GpNames | None = Field(None, description="names of GPs of day 0, e.g. gp-53130-001; give this or oldest")
    oldest: Annotated[int, Field(ge=1, le=200_000)] | None = Field(
        None, description="how many of the oldest GPs leave; give this or gps"
    )

    field_labels: ClassVar[dict[str, Words]] = {
        "oldest": Words("number of the oldest GPs who leave", "nombre de médecins, parmi les plus âgés, qui partent"),
    }

    @model_validator(mode="after")
    def _one(self) -> Departures:
        if (self.gps is None) == (self.oldest is None):
            raise ValueError("give exactly one of gps and oldest")
        return self

    dose: ClassVar[Words] = Words(
        "about as many GPs as cease in a year, 5 % (Cnam 2023), all on one day: the oldest",
        "autant de médecins qu'il en cesse en un an environ, 5\u00a0% (Cnam 2023), le même jour\u00a0: les plus âgés",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, oldest=max(1, round(0.05 * site.gps)))

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, oldest=1)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """GPs who are there, if all leave on day 0."""
        there = ahead.gps_of(None)
        if self.oldest is not None and self.oldest > there and not self.first_day(ahead.calendar):
            yield Limit(
                ("oldest",),
                self.oldest,
                there,
                Words(
                    f"{there} of {self.oldest} GPs can leave: there are no more on day 0",
                    f"départs possibles\u00a0: {there} sur {self.oldest}\u00a0; il n'y a pas davantage de médecins au "
                    "premier jour",
                ),
                void=True,
            )

    def act(self, world: World) -> Behaviour:
        """All of them go at once; a GP who has left already does not leave again."""
        if self.gps is not None:
            going = named_gps(world, self.kind, self.gps)
        else:
            going = sorted(world.gps.values(), key=lambda gp: (gp.birth_year, gp.name))[: self.oldest]
        for gp in going:
            gp.leaves_on = world.today  # so that none of them hands her list over to another
        for gp in going:
            leave(world, gp)
        yield from ()  # a behaviour, though it never waits
