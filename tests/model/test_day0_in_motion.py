"""What is under way on day 0: announced exits; and who takes places from elsewhere afterwards."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from strategies import make_territory, near, room, scenario_of, town

from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.model.run.simulation import simulate

HAZARD = 0.05
LEAVING = {name: HAZARD for name in catalogue() if name.startswith("exit_hazard")}
STAYING = dict.fromkeys(LEAVING, 0.0)


def test_some_have_announced_their_exit_before_day_0() -> None:
    """At a hazard h and notices of mean m years, h × m of GPs; as many leave in the first half-year as later."""
    gps = 400
    scenario = scenario_of(gps=gps, years=1, parameters={**LEAVING, "notice_share": 1.0, "notice_months_min": 6.0})
    run = simulate(scenario, seed=3, territory=make_territory({"A": town(24_000)}))
    facts = run.facts
    announced = facts[(facts["event"] == "gp_announced") & (facts["date"] == "2020-03-01")]
    expected = gps * HAZARD * (6 + 18) / 2 / 12
    assert near(len(announced), expected, expected**0.5)
    exits = facts[facts["event"] == "gp_exited"]
    early = exits[exits["date"] < "2020-09-01"]
    assert set(early["actor"]) <= set(announced["actor"])  # those who decide in the run stay for six more months
    half = gps * HAZARD / 2
    assert near(len(early), half, half**0.5)
    last_days = dict(zip(announced["actor"], announced["value"], strict=True))
    days = (exits["date"] - run.facts["date"].min()).dt.days
    assert all(last_days[gp] == day for gp, day in zip(exits["actor"], days, strict=True) if gp in last_days)


def test_without_notice_no_one_has_announced_her_exit() -> None:
    scenario = scenario_of(gps=400, years=1, parameters={**LEAVING, "notice_share": 0.0})
    run = simulate(scenario, seed=3, territory=make_territory({"A": town(24_000)}))
    events = Counter(run.facts["event"])
    assert events["gp_announced"] == 0
    assert events["gp_exited"] > 5


@pytest.mark.parametrize("moves", [0.0, 0.15])
def test_residents_of_elsewhere_take_as_many_places_as_residents_have_elsewhere(moves: float) -> None:
    """Targets that nothing else changes follow the share of adults whose MT is outside; without moves they stay."""
    parameters = room(2.0) | {
        **STAYING,
        "stretch_per_year": 0.0,
        "target_decline_from_60": 0.0,
        "nominal_mt_share": 0.1,
        "move_out_rate_per_year": moves,
        "far_call_rate_per_year": 0.0,
        "outside_release_rate_per_year": 0.0,
        "family_gp_share": 0.0,
    }
    scenario = scenario_of(gps=12, years=3, parameters=parameters)
    run = simulate(scenario, seed=3, territory=make_territory({"A": town(12_000)}))
    targets = run.providers.pivot(index="date", columns="provider", values="target")
    of_day0 = [name for name in targets if name.startswith("gp-")]
    ratio = targets[of_day0] / targets[of_day0].iloc[0]
    people = run.snapshots.groupby("date")[["adults", "listed", "listed_reachable"]].sum()
    outside = (people["listed"] - people["listed_reachable"]) / people["adults"]
    listed = people["listed"].iloc[0] / people["adults"].iloc[0]
    expected = (listed - outside) / (listed - outside.iloc[0])
    for month in range(14, len(ratio)):
        within = expected.iloc[month - 14 : month + 1]  # each follows at her own review, by the month before it
        assert ratio.iloc[month].between(within.min() - 0.004, within.max() + 0.004).all()
    assert (ratio.diff().abs() > 0.004).sum(axis=1).max() < 6, "they do not follow all at once"
    assert (np.abs(ratio - 1.0).max().min() > 0.2) == (moves > 0)
