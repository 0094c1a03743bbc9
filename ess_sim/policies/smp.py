"""Service médical de proximité: young retired GPs and interns in one centre, the first supervising the second."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ess_sim.centres import close_centre, open_centre, refresh_centre
from ess_sim.clock import Phase
from ess_sim.policies.base import CENTRE_PARAMETERS, Policy
from ess_sim.world import Behaviour, Centre, World

__all__ = ["Smp"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class RetiredGps(_Part):
    """Posts for retired GPs. With ``list: false`` they only supervise: the immediate effect is switched off."""

    count: Annotated[int, Field(ge=0, le=500)]
    fte_each: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.2
    retired_for_at_most_years: Annotated[float, Field(gt=0, le=40, strict=False)] = 5.0
    list: bool = True


class Interns(_Part):
    """Interns that the faculty sends on top of its usual places. With ``list: false`` they add nothing to the list."""

    per_semester: Annotated[int, Field(ge=0, le=50)]
    list: bool = True


class Smp(Policy):
    """A centre for residents without MT, run by young retired GPs who supervise interns: no supervisor, no intern."""

    kind: ClassVar[str] = "smp"
    about: ClassVar[str] = "Young retired GPs and interns in one centre that takes residents without MT (Laval, 2017)."
    reads: ClassVar[frozenset[str]] = CENTRE_PARAMETERS | {"intern_target_residents", "settle_odds_ratio_generations"}

    opens: date
    closes: date | None = None
    zone: str
    retired_gps: RetiredGps
    interns: Interns
    rooms: Annotated[int, Field(ge=1, le=200)] = 3
    secretaries: Annotated[float, Field(ge=0, le=200, strict=False)] = 0.0
    assistant_from: date | None = None
    only_without_mt: bool = True

    def act(self, world: World) -> Behaviour:
        """Opens with the retired GPs who are willing; interns come with the next semester."""
        centre = Centre(
            name=world.unique_name(f"smp-{self.zone}"),
            zone=world.territory.zone_index(self.zone),
            fte_each=self.retired_gps.fte_each,
            holds_list=self.retired_gps.list,
            interns_hold_list=self.interns.list,
            intern_places=self.interns.per_semester,
            rooms=self.rooms,
            only_without_mt=self.only_without_mt,
        )
        if (
            self.secretaries
        ):  # they cost (later) and free the doctors, who would not come without them; no effect of their own
            world.note("posts_filled", centre.name, centre.zone, value=self.secretaries, detail="secretaries")
        world.begin(open_centre(world, centre, self.retired_gps.count, self.retired_gps.retired_for_at_most_years))
        dated = [
            (d, what) for d, what in ((self.assistant_from, "assistant"), (self.closes, "closes")) if d is not None
        ]
        for day, what in sorted(dated):
            yield world.at(max(world.today, world.calendar.day(day)), Phase.POLICY, centre.name)
            if what == "assistant":
                centre.assistant = True
                world.note("post_filled", centre.name, centre.zone, detail="assistant")
                refresh_centre(world, centre)
            else:
                close_centre(world, centre)
                return
