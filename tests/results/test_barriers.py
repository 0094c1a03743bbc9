"""The three barriers to a GP — distance, money, not daring: who fails and why, and what lifting each is worth."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from math import sqrt

import pandas as pd
import pytest
from strategies import NONE, make_territory, near, room, scenario_of, town, without_mt

from ess_sim.analysis.accounts.attribution import shapley_of
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.policies.lift_barriers import LiftBarriers
from ess_sim.model.run.simulation import simulate
from ess_sim.results.indicators.calls import failed_calls
from ess_sim.results.results import Results
from ess_sim.results.run import Run

# all GPs are in A, beyond the tolerance of 20 minutes from B, but not unknown there
VALLEY = make_territory({"A": town(2400), "B": town(1200)}, minutes=((5.0, 25.0), (25.0, 5.0)))
SUPPLY = {
    "list_holding_gps": [GpBlock(zones=["A"], count=5, **NONE), GpBlock(zones=["B"], count=0, **NONE)],
    "first_installations": Rate(per_year=0.0, **NONE),
    "interns_per_semester": Count(count=0, **NONE),
}
PARAMETERS = {
    **room(0.4),
    "nominal_mt_share": 0.03,
    "precarious_share": 0.4,
    "precarious_call_multiplier": 0.4,
    "upfront_payment_barrier": 0.6,
    "sector2_share": 0.5,
    "sector2_barrier": 0.9,
    "call_rate_per_year": 3.0,
    "tolerance_minutes": 20.0,
}
BARRIERS = {"physical": "too_far", "financial": "financial", "psychological": "suppressed"}
STARTS, FROM = date(2020, 4, 1), "2020-04-30"


def run(replication: int = 0, **lifted: float) -> Run:
    policies = [LiftBarriers(starts=STARTS, **lifted)] if lifted else []
    scenario = scenario_of(
        name="-".join(["valley", *sorted(lifted)]),
        years=2,
        supply=SUPPLY,
        parameters=PARAMETERS,
        residents=without_mt(0.25),
        policies=policies,
    )
    return simulate(scenario, replication=replication, territory=VALLEY)


def failures(one: Run, *by: str) -> pd.Series:
    """Failed calls of residents without MT by reason, from the second month of the policy on."""
    failed = failed_calls(one.table("calls"), by)
    failed = failed[(failed["date"] > FROM) & (failed["caller"] == "without_mt")]
    return failed.groupby(["reason", *by], observed=True)["calls"].sum()


def test_who_fails_and_why() -> None:
    by_group = failures(run(), "zone", "precarious")
    for reason in BARRIERS.values():
        assert by_group[reason].sum() > 50
    assert set(by_group["too_far"].index.get_level_values("zone")) == {"B"}
    assert set(by_group["too_far"].index.get_level_values("precarious")) == {False, True}
    for reason in ("financial", "suppressed"):
        assert set(by_group[reason].index.get_level_values("precarious")) == {True}


@pytest.mark.parametrize("barrier", BARRIERS)
def test_a_lifted_barrier_stops_nobody(barrier: str) -> None:
    """Its own indicator vanishes, the two others remain."""
    before, after = failures(run()), failures(run(**{barrier: 1.0}))
    for name, reason in BARRIERS.items():
        if name == barrier:
            assert reason not in after.index
        else:
            assert after[reason] > 0.3 * before[reason]


def test_without_barriers_only_full_lists_refuse() -> None:
    assert set(failures(run(physical=1.0, financial=1.0, psychological=1.0)).index) <= {"closed", "no_place"}


@pytest.mark.parametrize("part", [0.25, 0.75])
def test_a_barrier_lifted_in_part(part: float) -> None:
    """The shares of calls not dared, and of those taken but lost for money, fall in proportion."""
    shares = []
    for one in (run(), run(financial=part, psychological=part)):
        calls = one.table("calls")
        calls = calls[(calls["date"] > FROM) & calls["precarious"] & (calls["caller"] == "without_mt")]
        by = calls.groupby("outcome", observed=False)["count"].sum()
        lost, taken = by["financial"], by["accepted"] + by["accepted_relative"]
        shares.append((by["suppressed"] / by.sum(), lost / (lost + taken), by.sum()))
    (_, money, _), (suppressed, less, wishes) = shares
    not_dared = (1 - PARAMETERS["precarious_call_multiplier"]) * (1 - part)
    assert near(suppressed, not_dared, sqrt(not_dared * (1 - not_dared) / wishes))
    assert less / money == pytest.approx(1 - part, abs=0.3)


def test_what_each_barrier_is_worth() -> None:
    """The three shares add up to what all three are worth together; money and daring matter to the precarious."""
    runs, variants = [], {}
    for on in (on for size in range(4) for on in combinations(BARRIERS, size)):
        these = [run(replication, **dict.fromkeys(on, 1.0)) for replication in range(6)]
        runs += these
        variants[these[0].name] = on
    results = Results(runs)
    worth = {
        outcome: shapley_of(results, variants, outcome=outcome).set_index("switch")
        for outcome in ("share_without_mt_precarious", "share_without_mt")
    }
    precarious, all_residents = worth.values()
    assert precarious.loc[list(BARRIERS), "value"].sum() == pytest.approx(precarious.loc["total", "value"])
    assert (precarious.loc[[*BARRIERS, "total"], "high"] < 0).all()
    for barrier in ("financial", "psychological"):
        assert precarious.loc[barrier, "value"] < 2 * all_residents.loc[barrier, "value"]
