"""Four villages with few GPs, who come and go: everything that the models do happens here within three years."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.inputs.scenario.blocks import GpBlock, WithoutMtBlock
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario, Supply
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.policies.registry import policy_class
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

NOBODY_SAYS: dict[str, Any] = {"source": "made up for a test", "grade": "D"}

SIZES = {"A": 1500, "B": 800, "C": 650, "D": 450}  # residents of all ages
MINUTES = """from_zone,to_zone,minutes
A,A,4
B,B,5
C,C,6
D,D,5
A,B,11
A,C,17
B,C,24
C,D,27
"""
# A–B, A–C within the tolerance of 20 minutes; B–C, C–D beyond it; D to A and B beyond the cut-off of 30

PARAMETERS = {
    # residents do not steer supply
    "zone_choice_shortage": 0.0,
    "stretch_per_year": 0.0,
    "elsewhere_follows_share": 0.0,
    # competition for places
    "nominal_mt_share": 0.09,
    "young_call_multiplier": 0.7,
    "old_call_multiplier": 1.3,
    "ald_call_multiplier": 2.0,
    "family_gp_share": 0.8,
    "discouraged_part": 0.3,
    "call_rate_per_year": 8.0,
    "far_call_rate_per_year": 3.0,
    "tolerance_minutes": 20.0,
    "voluntary_change_rate_per_year": 0.2,
    "give_up_rate_per_year": 0.6,
    "return_rate_per_year": 0.4,
    "need_rate_per_year": 0.3,
    "need_rate_lost_per_year": 0.9,
    "outside_release_rate_per_year": 0.1,
    "acceptance_sharpness": 20.0,
    "relatives_accepted_share": 0.02,
    "capacity_elasticity": 1.0,
    "list_fill": 0.96,
    "settlers_announced_share": 0.5,
    "opening_news_rate_per_year": 1.0,
    "intake_per_month_per_fte": 6.0,
    "intake_burst_days": 10.0,
    "newcomer_target_relative": 0.7,
    # poverty that shows
    "precarious_share": 0.3,
    "upfront_payment_barrier": 0.7,
    "sector2_share": 0.4,
    # residents who come and go
    "move_out_rate_per_year": 0.09,
    "move_within_rate_per_year": 0.04,
    "death_rate_at_17": 0.003,
    # GPs who come and go
    "exit_hazard_below_55": 0.2,
    "exit_hazard_55_59": 0.2,
    "exit_hazard_60_61": 0.2,
    "exit_hazard_62_63": 0.3,
    "group_practice_share": 1.0,
    "handover_excess": 0.5,
    "handover_share": 0.8,
    "absorption_minutes": 12.0,  # between A and B
    "successor_handover_share": 0.7,
    "notice_share": 0.8,
    "notice_months_max": 12.0,
    # a centre whose doctors leave
    "retired_willing_share": 1.0,
    "retired_from_beyond_ratio": 0.0,
    "retired_sessions_years": 1.2,
    "centre_list_per_fte": 160.0,
    "intern_target_residents": 30.0,
    "centre_release_months": 3.0,
}


def hamlets(folder: Path) -> Scenario:
    """The scenario; its territory is written to ``folder``."""
    ages = np.arange(106)
    shape = np.where(ages < 75, 1.0, np.exp(-(ages - 75) / 12.0))
    rows = ["zone,name,lon,lat,area_km2,age,count"]
    for i, (zone, size) in enumerate(SIZES.items()):
        tilt = shape * np.exp((ages - 45) * 0.006 * (i - 1.5))  # A is young, D is old
        counts = np.floor(np.cumsum(tilt) / tilt.sum() * size).astype(int)
        rows += [f"{zone},{zone},{i / 10},48,9,{age},{n}" for age, n in enumerate(np.diff(counts, prepend=0))]
    (folder / "population.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "minutes.csv").write_text(MINUTES, encoding="utf-8")
    smp = policy_class("smp").model_validate(
        {
            "opens": date(2018, 9, 1),
            "zone": "A",
            "retired_gps": {"count": 4, "fte_each": 0.4, "retired_for_at_most_years": 5},
            "interns": {"per_semester": 1},
        }
    )
    return Scenario(
        name="hamlets",
        start=date(2018, 3, 15),
        horizon_years=3,
        territory=TerritorySpec(csv=str(folder / "population.csv"), travel_csv=str(folder / "minutes.csv")),
        supply=Supply(
            list_holding_gps=(
                GpBlock(zones=("A",), count=4, **NOBODY_SAYS),
                GpBlock(zones=("B",), count=2, **NOBODY_SAYS),
                GpBlock(zones=("C",), count=1, **NOBODY_SAYS),
                GpBlock(zones=("D",), count=1, **NOBODY_SAYS),
            ),
            first_installations=Rate(per_year=1.5, **NOBODY_SAYS),
            interns_per_semester=Count(count=1, **NOBODY_SAYS),
            retired_pool=Count(count=5, **NOBODY_SAYS),
        ),
        residents=ResidentsStart(
            without_mt=(
                WithoutMtBlock(zones=("A",), share=0.3, never_declared_part=0.3, **NOBODY_SAYS),
                WithoutMtBlock(zones="remainder", share=0.15, never_declared_part=0.5, **NOBODY_SAYS),
            )
        ),
        parameters=PARAMETERS,
        policies=(smp,),
    )


def bender(world: World) -> Behaviour:
    """Bends every lever that residents feel, for a year and a half."""
    yield world.at(400, Phase.POLICY, "bender")
    with world.levers.bend(call_ratio=-0.5, informed_share=0.3, return_rate=0.5, target_ratio=0.03):
        yield world.at(400 + round(1.5 * DAYS_PER_YEAR), Phase.POLICY, "bender")


def barriers(world: World) -> Behaviour:
    """Lifts barriers here and there, lets residents be reached, and helps some to calls, by zone and precarity."""
    a, b, c, _ = range(4)
    yield world.at(30, Phase.POLICY, "barriers")
    with (
        world.levers.bend(physical_relief=0.8, financial_relief=0.1, reach_rate=0.3),
        world.levers.bend(zone=a, informed_share=0.7, reach_rate_precarious=1.5, dare=0.4, financial_relief=0.7),
        world.levers.bend(zone=b, reach_rate=3.0, call_ratio=1.0, return_rate=0.5),
        world.levers.bend(zone=c, dare=-1.0, informed_share=-1.0),
        ExitStack() as later,
    ):
        for day in range(30, 210, 20):
            yield world.at(day, Phase.POLICY, "barriers")
            if day == 50:
                later.enter_context(world.levers.bend(physical_relief=0.4))  # more than all of it
            world.residents.accompany(day, zone=b, n=6, precarious=True)
            world.residents.accompany(day, n=8, ald=True, followed=0.5)
            world.residents.accompany(day, zone=a, n=4, ald=False, precarious=False)


def visitor(world: World) -> Behaviour:
    """Looks at the residents every day and changes nothing: no result may depend on it."""
    for day in range(1, world.calendar.horizon):
        yield world.at(day, Phase.POLICY, "visitor")
        world.residents.advance(day)
