"""Rotating doctors (Médecins solidaires): every week another volunteer from elsewhere holds a centre's surgery."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Finance
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.behaviours.centres.ledger import charge
from ess_sim.model.behaviours.centres.staff import volunteer
from ess_sim.model.policies.base import Case, Policy, ZoneCode
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["RotatingDoctors"]


_WEEK = 7
_SENDER = "rotating doctors"


class RotatingDoctors(Policy):
    """A centre of a national association: one doctor of the week in each ``line``, from outside the territory.

    The list belongs to the centre. A week without volunteer is a week without doctor in that line.
    """

    kind: ClassVar[str] = "rotating_doctors"
    label: ClassVar[Words] = Words(
        "Volunteer doctors in weekly turns (Médecins solidaires)",
        "Médecins volontaires se relayant chaque semaine (Médecins solidaires)",
    )
    about: ClassVar[str] = "A centre where volunteer GPs from all of France take turns, one week each."
    opens_centre: ClassVar[bool] = True

    opens: date
    closes: date | None = None
    zone: ZoneCode
    lines: Annotated[int, Field(ge=1, le=20)]
    finance: Finance = Finance()

    field_labels: ClassVar[dict[str, Words]] = {
        "lines": Words("doctors at a time", "médecins présents en même temps"),
    }

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(
            opens=case.starts, closes=case.ends, zone=case.zones[1], lines=1, finance=Finance(reserves_euro=50_000)
        )

    @property
    def centre_name(self) -> str:
        return f"rotating-{self.zone}"

    def act(self, world: World) -> Behaviour:
        """Opens, changes doctors every week, and closes where a date says so."""
        spec = CentreSpec(
            form="group", manager=_SENDER, zone=self.zone, rooms=self.lines, finance=self._reserves(world)
        )
        centre = Centre(world.unique_name(self.centre_name), world.territory.zone_index(self.zone), spec)
        world.begin(open_centre(world, centre))
        first, last = world.today, self.last_day(world.calendar)
        weeks = -(-(min(last, world.calendar.horizon + 1) - first) // _WEEK)
        absent = self._absent(world, centre.name, weeks)
        present = 0
        for week in range(weeks):
            yield world.at(first + _WEEK * week, Phase.SUPPLY, centre.name)
            if centre.closed:
                return
            if absent[week]:
                world.note("week_unstaffed", centre.name, centre.zone, value=float(absent[week]))
            if self.lines - absent[week] != present:
                present = self.lines - absent[week]
                charge(world, centre, _SENDER, present * self._euro_per_year(world))
                volunteer(world, centre, _SENDER, float(present))
        yield from close_on(world, centre, last)

    def _absent(self, world: World, name: str, weeks: int) -> list[int]:
        """Lines without doctor in each week; every line has draws of its own."""
        chance = world.parameters["rotating_week_unstaffed_probability"]
        draws = [world.streams.of("rotating-week", f"{name}/{line}").random(weeks) for line in range(self.lines)]
        return [sum(bool(of_line[week] < chance) for of_line in draws) for week in range(weeks)]

    def _euro_per_year(self, world: World) -> float:
        return world.parameters["rotating_doctor_euro_per_week"] * DAYS_PER_YEAR / _WEEK

    def _reserves(self, world: World) -> Finance:
        """As given; else own funds for as many months of all doctors' pay as any other centre has."""
        if self.finance.reserves_euro is not None:
            return self.finance
        months = world.parameters["new_centre_reserves_months"]
        return self.finance.model_copy(update={"reserves_euro": months / 12 * self.lines * self._euro_per_year(world)})
