"""Host interns: more places with the supervisors of a zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import Phase
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCode
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["HostInterns"]


class HostInterns(Policy):
    """The faculty sends more interns to liberal supervisors of one zone; no free supervisor, no intern."""

    kind: ClassVar[str] = "host_interns"
    label: ClassVar[Words] = Words(
        "More interns with the supervisors of a zone", "Davantage d'internes chez les maîtres de stage d'une zone"
    )
    about: ClassVar[str] = (
        "The faculty sends more interns each semester to the supervisors of a zone; some settle there later."
    )

    starts: date | None = None
    zone: ZoneCode
    per_semester: Annotated[int, Field(ge=1, le=200, description="interns more each semester")]
    ends: date | None = None

    dose: ClassVar[Words] = Words(
        "one more intern each semester, with the GPs nearest to where they lack most",
        "un interne de plus par semestre, auprès des médecins les plus proches du manque",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zone=site.staffed, per_semester=1)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zone=case.zones[1], per_semester=1)

    def interns_asked(self) -> dict[str, int]:
        """Those of its zone."""
        return {self.zone: self.per_semester}

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Semesters that begin in its time, and whether any GP supervises."""
        n, first, last = self.per_semester, self.first_day(ahead.calendar), self.last_day(ahead.calendar)
        if not ahead.semesters(first, last):
            yield Limit(
                (),
                n,
                0,
                Words(
                    f"0 of {n} more interns can come: no semester begins while it acts (2 May, 2 November)",
                    f"internes supplémentaires possibles\u00a0: 0 sur {n}\u00a0; aucun semestre ne commence pendant "
                    "la mesure (2 mai, 2 novembre)",
                ),
                void=True,
            )
        elif not ahead.p["supervisor_share"]:
            yield Limit(
                ("per_semester",),
                n,
                0,
                Words(
                    f"0 of {n} more interns a semester can come: no GP supervises (supervisor_share 0)",
                    f"internes supplémentaires possibles par semestre\u00a0: 0 sur {n}\u00a0; aucun médecin n'est "
                    "maître de stage (supervisor_share 0)",
                ),
            )

    def act(self, world: World) -> Behaviour:
        """Opens the places for the semesters to come."""
        sponsor = world.unique_name(f"interns-{self.zone}")
        world.extra_interns[sponsor] = (world.territory.zone_index(self.zone), self.per_semester)
        world.note(
            "intern_places_opened", sponsor, world.territory.zone_index(self.zone), value=float(self.per_semester)
        )
        world.note("cost_unknown", sponsor, detail="interns' pay, and their supervisors' time")
        if self.ends is not None:
            yield world.at(world.calendar.day(self.ends), Phase.POLICY, sponsor)
            del world.extra_interns[sponsor]
