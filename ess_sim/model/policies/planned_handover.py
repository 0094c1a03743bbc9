"""Planned hand-over (la relève): a GP prepares her retirement, and a centre takes over her list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from ess_sim.clock import Phase
from ess_sim.inputs.editors.rules import given, rules, where
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Posts, SalariedGps
from ess_sim.model.behaviours.centres.centres import close_on, open_centre
from ess_sim.model.behaviours.gps.careers import leave, notice
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Case, GpNames, Policy, Site, named_centre, named_gps
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Gp
from ess_sim.model.world.world import World

__all__ = ["PlannedHandover"]


class PlannedHandover(Policy):
    """A centre opens, or is there, before GPs leave; on their last day it takes over their lists, if it has room.

    Those of day 0 named in ``gps``; left out, the oldest GP of the centre's zone whose hand-over is not planned yet. A
    GP who ceases earlier of her own accord hands over then. Until they leave they take fewer and fewer patients. What
    does not fit follows the rules of every other exit.
    """

    model_config = ConfigDict(json_schema_extra=rules(where(given("closes"), centre={"type": "object"})))

    kind: ClassVar[str] = "planned_handover"
    label: ClassVar[Words] = Words("Planned hand-over to a centre", "Relève préparée par un centre de santé")
    about: ClassVar[str] = "A GP prepares her retirement; on her last day her list passes to a centre (Saint-Denis)."
    opens_centre: ClassVar[bool] = True

    opens: date
    closes: date | None = None
    centre: CentreSpec | Annotated[str, Field(min_length=1)] = Field(
        description="a new centre, or the name of one that is there"
    )
    gps: GpNames | None = Field(None, description="GPs of day 0 who leave; left out: the oldest of the centre's zone")
    retires: Annotated[date, Field(description="their last day of practice, at the latest")]

    field_labels: ClassVar[dict[str, Words]] = {
        "retires": Words("last day of practice", "dernier jour d'exercice"),
    }

    @model_validator(mode="after")
    def _dates(self) -> PlannedHandover:
        if self.retires <= self.opens:
            raise ValueError(f"retires ({self.retires}) is not after opens ({self.opens})")
        if self.closes is not None and isinstance(self.centre, str):
            raise ValueError("closes is for a centre of the policy's own")
        if self.closes is not None and self.closes <= self.retires:
            raise ValueError(f"closes ({self.closes}) is not after retires ({self.retires})")
        return self

    dose: ClassVar[Words] = Words(
        "an association with two full-time GPs takes over from the oldest GP a year after it opens (or half-way)",
        "une association de deux médecins à temps plein relaie le plus âgé, un an après l'ouverture (ou à mi-parcours)",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        posts = Posts(salaried_gps=SalariedGps(count=2))
        centre = CentreSpec(form="association", zone=site.staffed, posts=posts)
        retires = site.start + min(timedelta(days=365), (site.end - site.start) // 2)
        return cls(opens=site.start, centre=centre, retires=retires)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        posts = Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5))
        centre = CentreSpec(form="association", zone=case.zones[1], name="releve", posts=posts)
        return cls(opens=case.starts, closes=case.ends, centre=centre, retires=case.middle)

    @property
    def centre_name(self) -> str | None:
        return None if isinstance(self.centre, str) else self.centre.name or f"centre-{self.centre.zone}"

    def limits(self, ahead: Ahead) -> Iterator[Limit]:
        """A GP in the centre's zone, where none is named and it opens on day 0."""
        spec = self.centre
        if self.gps is not None or isinstance(spec, str) or self.first_day(ahead.calendar):
            return
        if not ahead.gps[spec.zone]:
            yield Limit(
                ("centre", "zone"),
                1,
                0,
                Words(
                    f"0 of 1 list can be handed over: no GP of {spec.zone} has one on day 0",
                    f"patientèle à reprendre\u00a0: 0 sur 1\u00a0; aucun médecin n'en a à {spec.zone} au premier jour",
                ),
            )

    def act(self, world: World) -> Behaviour:
        """Plans on the first day, opens the centre where it is not there; the GPs leave on their last day."""
        spec = self.centre
        given = spec if isinstance(spec, str) else spec.name or f"centre-{spec.zone}"
        name = world.unique_name(f"handover-{given}")
        if not isinstance(spec, str):
            zone = world.territory.zone_index(spec.zone)
            # its places are meant for the lists to come
            centre = Centre(world.unique_name(given), zone, spec, announced=False)
            world.begin(open_centre(world, centre))
        yield world.at(world.today, Phase.SUPPLY, name)  # after centres that open today
        if isinstance(spec, str):
            centre = named_centre(world, spec)
        world.note("cost_unknown", name, centre.zone, detail="time spent on preparing the hand-over")
        last = world.calendar.day(self.retires)
        gps = self._leavers(world, name, centre)
        for gp in gps:
            gp.heir = centre
            world.begin(notice(world, gp, last))
            world.note("handover_planned", gp.name, gp.zone, other=centre.name, value=float(last - world.today))
        yield world.at(last, Phase.POLICY, name)
        for gp in gps:
            if gp.name in world.gps:
                leave(world, gp)
        yield from close_on(world, centre, self.last_day(world.calendar))

    def _leavers(self, world: World, name: str, centre: Centre) -> list[Gp]:
        """The GPs who plan to hand over; where a GP cannot, a fact says why."""
        if self.gps is None:
            here = [gp for gp in world.gps.values() if gp.zone == centre.zone]
            without_plan = sorted((gp for gp in here if gp.heir is None), key=lambda gp: (gp.birth_year, gp.name))
            if not without_plan:
                why = "every GP of the zone has a plan" if here else "no GP in the zone"
                world.note("handover_without_gp", name, centre.zone, detail=why)
            return without_plan[:1]
        present = {gp.name: gp for gp in named_gps(world, self.kind, self.gps)}
        for gp_name in sorted(self.gps):
            if gp_name not in present or present[gp_name].heir is not None:
                why = "she has a plan already" if gp_name in present else "she has left"
                world.note("handover_without_gp", name, centre.zone, other=gp_name, detail=why)
        return [gp for gp in present.values() if gp.heir is None]
