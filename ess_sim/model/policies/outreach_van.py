"""A prevention van (MarSOINS of À vos soins, Saint-Nazaire): screenings where people live, and referral."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.model.behaviours.centres.outreach import Team, meet_residents
from ess_sim.model.policies.ahead import Ahead, Limit, without_residents
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["OutreachVan"]


class OutreachVan(Policy):
    """A van offers screenings to all who come; of those referred who have no MT, some are accompanied to a call."""

    kind: ClassVar[str] = "outreach_van"
    label: ClassVar[Words] = Words("Prevention van", "Camion de prévention")
    about: ClassVar[str] = "A van screens residents where they live and refers those without MT (MarSOINS, 2017)."

    starts: date
    ends: date | None = None
    zones: Annotated[ZoneCodes, Field(description="where it stops")]
    screenings_per_year: Annotated[float, Field(gt=0, le=1_000_000, description="residents screened a year")]

    field_labels: ClassVar[dict[str, Words]] = {
        "screenings_per_year": Words("screenings a year", "dépistages par an"),
    }

    dose: ClassVar[Words] = Words(
        "2,876 screenings a year: MarSOINS in Saint-Nazaire, 2017",
        "2\u00a0876 dépistages par an\u00a0: MarSOINS à Saint-Nazaire, 2017",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=site.stops, screenings_per_year=2876.0)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones[1:], screenings_per_year=300.0)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Adults whom it can meet."""
        yield from without_residents(ahead, self.zones)

    def act(self, world: World) -> Behaviour:
        """The van on its rounds."""
        p = world.parameters
        zones = zone_indices(world, self.zones)
        weight, referred = p["van_precarious_weight"], p["van_referred_share"]
        name = world.unique_name(f"van-{self.zones[0]}")

        def rate() -> float:
            """Screenings of a resident who is not precarious: all of them shared out among everybody in these zones."""
            weighted = sum(_adults(world, zone, weight) for zone in zones)
            return self.screenings_per_year / weighted if weighted else 0.0

        accompanied = p["van_accompanied_share"]
        team = Team(name, zones, self.screenings_per_year, lambda: referred * rate(), weight, accompanied)
        last = self.last_day_of_run(world.calendar)
        world.note("cost_unknown", name, detail="what the van costs and who pays")
        yield from meet_residents(world, team, last)


def _adults(world: World, zone: int, precarious_weight: float) -> float:
    """Residents of a zone, each precarious one counted ``precarious_weight`` times."""
    others, precarious = (
        world.residents.count_adults(world.today, zone=zone, precarious=value) for value in (False, True)
    )
    return float(others + precarious_weight * precarious)
