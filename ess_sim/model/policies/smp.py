"""Service médical de proximité: young retired GPs and interns in one centre, the first supervising the second."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator

from ess_sim.clock import Phase
from ess_sim.inputs.scenario.centre_spec import CentreSpec, CostLine, Finance, Interns, Payer, Posts, RetiredGps
from ess_sim.model.behaviours.centres.centres import close_centre, open_centre
from ess_sim.model.behaviours.centres.lists import refresh_centre
from ess_sim.model.policies.base import Case, Policy, ZoneCode
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World

__all__ = ["Smp"]


class Smp(Policy):
    """A centre for residents without MT, run by young retired GPs who supervise interns: no supervisor, no intern.

    As in Laval a mutual runs it, and the local authorities pay for secretaries and premises.
    """

    kind: ClassVar[str] = "smp"
    label: ClassVar[Words] = Words(
        "Centre of retired GPs and interns (service médical de proximité)",
        "Service médical de proximité (médecins retraités et internes)",
    )
    about: ClassVar[str] = "Young retired GPs and interns in one centre that takes residents without MT (Laval, 2017)."
    opens_centre: ClassVar[bool] = True

    opens: date
    closes: date | None = None
    zone: ZoneCode
    retired_gps: RetiredGps
    interns: Interns
    rooms: Annotated[int, Field(ge=1, le=200)] = 3
    secretaries: Annotated[float, Field(ge=0, le=200)] = 0.0
    assistant_from: date | None = None
    only_without_mt: bool = True

    field_labels: ClassVar[dict[str, Words]] = {
        "assistant_from": Words("medical assistant from", "assistant médical à compter du"),
    }

    @field_validator("assistant_from")
    @classmethod
    def _while_open(cls, value: date | None, info: ValidationInfo) -> date | None:
        opens, closes = info.data.get("opens"), info.data.get("closes")
        if value is not None and opens is not None and value < opens:
            raise ValueError(f"{value} is before opens ({opens})")
        if value is not None and closes is not None and value >= closes:
            raise ValueError(f"{value} is not before closes ({closes})")
        return value

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(
            opens=case.starts,
            closes=case.ends,
            zone=case.zones[0],
            retired_gps=RetiredGps(count=3, fte_each=0.5),
            interns=Interns(per_semester=1),
            rooms=4,
            secretaries=1.5,
            assistant_from=case.middle,
            only_without_mt=True,
        )

    @property
    def centre_name(self) -> str:
        return f"smp-{self.zone}"

    def centres_opened(self) -> tuple[CentreSpec, ...]:
        """Its centre."""
        posts = Posts(retired_gps=self.retired_gps, interns=self.interns, secretaries=self.secretaries)
        borne: dict[CostLine, Payer] = {"secretaries": "local_authority", "premises_and_running": "local_authority"}
        if not self.retired_gps.list:  # who only supervises earns nothing: the mutual pays, not the centre
            borne["retired_gps"] = "members"
        spec = CentreSpec(
            form="mutualist",
            zone=self.zone,
            posts=posts,
            rooms=self.rooms,
            only_without_mt=self.only_without_mt,
            finance=Finance(borne_by=borne),
        )
        return (spec,)

    def act(self, world: World) -> Behaviour:
        """Opens with the retired GPs who are willing; interns come with the next semester."""
        (spec,) = self.centres_opened()
        centre = Centre(world.unique_name(self.centre_name), world.territory.zone_index(self.zone), spec)
        if self.secretaries:  # they free the doctors, who would not come without them; no effect of their own
            world.note("posts_filled", centre.name, centre.zone, value=self.secretaries, detail="secretaries")
        world.begin(open_centre(world, centre))
        dated = [
            (d, what) for d, what in ((self.assistant_from, "assistant"), (self.closes, "closes")) if d is not None
        ]
        for day, what in sorted(dated):
            yield world.at(world.calendar.day(day), Phase.POLICY, centre.name)
            if what == "assistant" and not centre.closed:
                centre.assistants, centre.assistants_since = 1.0, world.today
                world.note("post_filled", centre.name, centre.zone, detail="assistant")
                refresh_centre(world, centre)
            elif what == "closes":
                close_centre(world, centre)
                return
