"""Médicobus: a mobile practice with one list at each stop; its doctors' time is divided equally."""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from ess_sim.inputs.scenario.centre_spec import CentreSpec, Finance, Form, Posts, RetiredGps, SalariedGps, Spending
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.behaviours.centres.ledger import spend_on_building
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["Medicobus"]


_SESSION_FTE = 0.2  # one day a week


class Medicobus(Policy):
    """A bus with retired GPs' sessions, or salaried GPs, on board; it takes residents without MT.

    It is a centre whose lists are at its stops. A day at one stop is lost for the others.
    """

    kind: ClassVar[str] = "medicobus"
    label: ClassVar[Words] = Words("Médicobus", "Médicobus")
    about: ClassVar[str] = "A bus with a GP on board stops in several zones and takes residents without MT."
    opens_centre: ClassVar[bool] = True

    starts: date
    ends: date | None = None
    zones: Annotated[ZoneCodes, Field(description="its stops")]
    fte: Annotated[float, Field(gt=0, le=5, description="GPs on board, FTE")]
    staff: Literal["retired_gps", "salaried_gps"] = Field("retired_gps", description="who they are")
    form: Form = Field("municipal", description="legal form of who runs it")

    field_labels: ClassVar[dict[str, Words]] = {
        "staff": Words("doctors on board", "médecins à bord"),
    }

    dose: ClassVar[Words] = Words(
        "one GP on board every working day, up to six stops: the médicobus of the Orne",
        "un médecin à bord chaque jour ouvré, six arrêts au plus\u00a0: le médicobus de l'Orne",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=site.stops, fte=1.0, form="association")

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(
            starts=case.starts, ends=case.ends, zones=case.zones, fte=0.4, staff="retired_gps", form="association"
        )

    @property
    def centre_name(self) -> str:
        return f"medicobus-{self.zones[0]}"

    def act(self, world: World) -> Behaviour:
        """Buys the bus, recruits, and stops where a date says so."""
        p = world.parameters
        stops = zone_indices(world, self.zones)
        base = world.territory.zone_index(self.zones[0])
        euro, share = p["medicobus_investment_euro"], p["medicobus_state_share"]
        local = Spending(payer="local_authority", euro=euro * (1.0 - share), source="catalogue", grade="C")
        (unpaid,) = self.centres_opened()
        spec = unpaid.model_copy(update={"finance": Finance(investment=local)})
        annexes = dict.fromkeys((zone for zone in stops if zone != base), -1)
        centre = Centre(world.unique_name(self.centre_name), base, spec, annexes=annexes)
        spend_on_building(world, centre, "state", euro * share)
        world.begin(open_centre(world, centre))
        yield from close_on(world, centre, self.last_day(world.calendar))

    def centres_opened(self) -> tuple[CentreSpec, ...]:
        """The bus and its doctors, without the money, which takes the catalogue's numbers."""
        return (CentreSpec(form=self.form, zone=self.zones[0], posts=self._posts(), only_without_mt=True),)

    def _posts(self) -> Posts:
        each = _SESSION_FTE if self.staff == "retired_gps" else 1.0
        count = math.ceil(self.fte / each - 1e-9)
        if self.staff == "retired_gps":
            return Posts(retired_gps=RetiredGps(count=count, fte_each=self.fte / count))
        return Posts(salaried_gps=SalariedGps(count=count, fte_each=self.fte / count))
