"""The insurer's campaign for residents with a long-term illness (ALD) and without MT, as from April 2023."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.policies.base import Case, Policy, Site
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["AldCampaign"]


class AldCampaign(Policy):
    """The insurer contacts ALD residents without MT and calls practices with room with them. It adds no doctor."""

    kind: ClassVar[str] = "ald_campaign"
    label: ClassVar[Words] = Words(
        "Insurer's campaign for ALD residents without MT",
        "Campagne de l'Assurance maladie auprès des personnes en ALD sans médecin traitant",
    )
    about: ClassVar[str] = "The health insurer contacts ALD residents without MT and looks for a GP with them (2023)."

    starts: date
    ends: date | None = None
    contacted_share: Annotated[
        float, Field(gt=0, le=1, description="part of ALD residents without MT who are contacted")
    ] = 1.0

    field_labels: ClassVar[dict[str, Words]] = {
        "contacted_share": Words("part of them contacted", "part des personnes contactées"),
    }

    dose: ClassVar[Words] = Words(
        "all ALD residents without MT contacted, from mid-April to the end of a year as in 2023: 260 days",
        "toutes les personnes en ALD sans médecin traitant, pendant 260 jours, comme d'avril à décembre 2023",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, ends=site.start + timedelta(days=260))

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, contacted_share=0.5)

    def act(self, world: World) -> Behaviour:
        """Spreads contacts evenly over the campaign; who finds a GP depends on room, and on who is followed already."""
        p = world.parameters
        name = world.unique_name("ald-campaign")
        begin = world.today
        wanted = self.contacted_share * world.residents.count_without_mt(begin, ald=True)
        if self.ends is not None:
            last = world.calendar.day(self.ends)
        else:
            last = begin + round(p["ald_campaign_months"] * DAYS_PER_YEAR / 12)
        world.note("campaign_opened", name, residents=round(wanted))
        world.note("cost_unknown", name, detail="what a contact costs the insurer")
        helped = round(wanted * p["ald_campaign_accepted_share"])
        contacted = registered = asked = 0
        for day in world.settling_days(min(world.calendar.horizon, last)):
            yield world.at(day, Phase.POLICY, name)
            until_now = round(helped * (day - begin) / max(1, last - begin))
            found = world.residents.accompany(day, n=until_now - asked, ald=True, followed=p["followed_share_ald"])
            asked, contacted, registered = until_now, contacted + found[0], registered + found[1]
        world.note("residents_accompanied", name, residents=contacted)
        share = registered / contacted if contacted else float("nan")
        world.note("accompanied_registered", name, residents=registered, value=share, detail="value: share of them")
