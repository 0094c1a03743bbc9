"""Solidarity days: volunteers give some days a month to zones in shortage. They see patients and register none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Calendar
from ess_sim.errors import ScenarioError
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.model.behaviours.enrolment import Enrolment, enrol_monthly
from ess_sim.model.policies.ahead import Ahead, Limit, without_residents
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World

__all__ = ["SolidarityDays"]


class SolidarityDays(Policy):
    """GPs of all other zones who volunteer see residents without MT of these zones; their own lists must shrink."""

    kind: ClassVar[str] = "solidarity_days"
    label: ClassVar[Words] = Words("Solidarity days of volunteer GPs", "Journées de solidarité territoriale")
    about: ClassVar[str] = "Volunteer GPs give some days a month in zones in shortage: consultations, no declared MT."

    starts: date
    ends: date | None = None
    zones: Annotated[ZoneCodes, Field(description="zones in shortage that are served")]
    days_per_month: Annotated[float, Field(gt=0, le=10, description="days a month of each volunteer")] = 2.0

    field_labels: ClassVar[dict[str, Words]] = {
        "days_per_month": Words("days a month of each", "jours par mois de chacun"),
    }

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """What `Policy.problems` finds, and that no other zone is left to send volunteers."""
        found = super().problems(calendar, zones)
        if set(self.zones) >= set(zones):
            found.append((("zones",), "every zone is served, and no GP is left to volunteer: name fewer zones"))
        return found

    dose: ClassVar[Words] = Words(
        "two days a month of each volunteer (Pacte de lutte contre les déserts médicaux, 2025)",
        "deux jours par mois par volontaire (Pacte de lutte contre les déserts médicaux, 2025)",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        if site.every_zone <= 1:
            raise ScenarioError("volunteers come from other zones of the territory, which has one only")
        return cls(starts=site.start, zones=site.short[: site.every_zone - 1])

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones[:1], days_per_month=1.5)

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """Adults to be seen, and GPs who could volunteer."""
        yield from without_residents(ahead, self.zones)
        if not ahead.gps_of(set(ahead.gps) - set(self.zones)):
            yield Limit(
                ("zones",),
                1,
                0,
                Words(
                    "0 GPs can volunteer on day 0: no other zone has one",
                    "volontaires possibles au premier jour\u00a0: 0\u00a0; aucune autre zone n'a de médecin",
                ),
            )

    def act(self, world: World) -> Behaviour:
        """Volunteers by a draw of their own; consultations are capped by their days and by what residents ask for."""
        p = world.parameters
        name = world.unique_name(f"solidarity-{self.zones[0]}")
        served = zone_indices(world, self.zones)
        elsewhere = frozenset(range(len(world.territory.zones))) - frozenset(served)
        days_per_year = 12 * self.days_per_month
        working = p["gp_working_days_per_year"]
        given = -min(1.0, days_per_year / working) if working else -1.0
        volunteers = Enrolment(world, name, "solidarity days", given, joined="volunteer_joined", left="volunteer_left")
        consultations = 0.0

        def volunteer(gp: Gp) -> bool:
            return gp.zone in elsewhere and volunteers.draw(gp) < p["solidarity_volunteer_share"]

        def owed(since: int, day: int) -> float:
            nonlocal consultations
            years = (day - since) / DAYS_PER_YEAR
            days = len(volunteers.since) * days_per_year * years
            residents = sum(world.residents.count_without_mt(day, zone=zone) for zone in served)
            wanted = residents * p["consultations_without_mt_per_year"] * years
            consultations += min(days * p["solidarity_consultations_per_day"], wanted)
            turned = world.calendar.date(day).month == 1
            if turned or day >= min(self.last_day(world.calendar), world.calendar.horizon):
                when = str(world.calendar.year(day - turned))
                world.note("solidarity_consultations", name, served[0], value=float(round(consultations)), detail=when)
                consultations = 0.0
            return days * p["solidarity_euro_per_day"]

        yield from enrol_monthly(
            world,
            volunteers,
            last=self.last_day(world.calendar),
            claim=lambda: volunteers.claim(len(world.gps), volunteer),  # a place for everybody
            owed=owed,
            line="solidarity days",
            payer="insurer",
        )
