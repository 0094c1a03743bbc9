"""Settlement grant: a sum for every GP who settles in some zones, whether she would have come anyway or not."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim import elementary
from ess_sim.clock import Phase
from ess_sim.model.policies.base import Case, Policy, Site, ZoneCodes, zone_indices
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World

__all__ = ["SettlementGrant"]


_LOWER_FROM = date(2026, 1, 1)  # end of the contracts of the convention of 2016


class SettlementGrant(Policy):
    """A grant for list-holders who settle in these zones: interns and newcomers choose them a little more often.

    Facts distinguish a grant that attracted a GP from a windfall: one paid to a GP who, by the same draws, would have
    settled in one of these zones if no policy had moved her choice.
    """

    kind: ClassVar[str] = "settlement_grant"
    label: ClassVar[Words] = Words("Grant for GPs who settle", "Aide à l'installation")
    about: ClassVar[str] = "The insurer pays GPs who settle in some zones; most of them would have come anyway."

    starts: date
    ends: date | None = None
    zones: Annotated[ZoneCodes, Field(description="where the grant is paid")]

    dose: ClassVar[Words] = Words(
        "the grant of the catalogue, in the zones that lack GPs most",
        "l'aide du catalogue, dans les zones les plus démunies",
    )

    @classmethod
    def standard(cls, site: Site) -> Self:
        """Its usual dose where a new scenario needs it most."""
        return cls(starts=site.start, zones=site.short)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zones=case.zones)

    def act(self, world: World) -> Behaviour:
        """Bends the choices, and pays on the day of settlement."""
        p = world.parameters
        name = world.unique_name(f"grant-{self.zones[0]}")
        zones = zone_indices(world, self.zones)
        more = float(elementary.log(1.0 + p["settlement_grant_effect"]))

        def pay(gp: Gp, unbent: int) -> None:
            if gp.zone not in zones:
                return
            late = world.calendar.date(world.today) >= _LOWER_FROM
            euro = p["settlement_grant_from_2026_euro"] if late else p["settlement_grant_until_2025_euro"]
            world.pay(name, "settlement grant", "insurer", euro, gp.zone)
            windfall = "windfall" if unbent in zones else "attracted"
            world.note("settlement_grant_paid", name, gp.zone, other=gp.name, value=euro, detail=windfall)

        with ExitStack() as bent:
            for zone in zones:
                bent.enter_context(world.levers.bend(zone=zone, settle_appeal=more, settle_log_odds=more))
            world.on_settled.append(pay)
            bent.callback(world.on_settled.remove, pay)
            yield world.at(self.last_day(world.calendar), Phase.POLICY, name)
