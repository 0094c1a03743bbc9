"""Laval starts in balance: in the first year only supply moves the share without MT by more than half a point."""

import numpy as np
import pandas as pd

from ess_sim import simulate
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.run.read import read_scenario
from ess_sim.results.indicators.supply import start_balance

REPLICATIONS = 8


def test_first_twelve_months_are_explained_by_supply():
    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    beyond = []
    for replication in range(REPLICATIONS):
        run = simulate(scenario, seed=1, replication=replication)
        places = {"city": ["53130"], "rest": [z for z in run.zones if z != "53130"]}
        table = start_balance(run.snapshots, run.flows, places).set_index("group")
        assert np.allclose(table["change"], table[["released", "registered", "beyond_supply"]].sum(axis=1))
        beyond.append(table["beyond_supply"])
    mean = np.mean(beyond, axis=0)
    assert np.abs(mean).max() <= 0.5, f"city and rest move by {mean.round(2)} points beyond supply"


def test_half_of_the_practices_refuse_a_mystery_call_on_day_0():
    # UFC-Que Choisir, 2019: 44 %; with those who want to see the patient first up to 51 %
    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    refusals = []
    for replication in range(REPLICATIONS):
        outcomes = simulate(scenario, seed=1, replication=replication).outcomes()
        refusals.append(outcomes.loc[outcomes["outcome"] == "refusal_rate", "value"].iloc[0])
    assert 0.44 <= np.mean(refusals) <= 0.51


def test_day_0_shows_the_observed_shares():
    run = simulate(read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1), seed=3)
    day0 = run.snapshots[run.snapshots["date"] == run.snapshots["date"].min()]
    city = day0[day0["zone"] == "53130"]
    rest = day0[day0["zone"] != "53130"]
    for group, share, never in ((city, 0.20, 0.27), (rest, 0.10, 0.54)):
        adults, without = group["adults"].sum(), group[["lost", "never_declared"]].sum().sum()
        assert without == round(share * adults)
        assert group["never_declared"].sum() == round(never * without)


def test_the_first_year_holds_366_days_and_its_causes_add_up():
    days = pd.to_datetime(["2020-01-01", "2020-06-30", "2021-01-01", "2021-01-31"])
    snapshots = pd.DataFrame({"date": days, "zone": "a", "adults": [200, 1, 1, 1]})
    causes = ["released_cessation", "registered_liberal", "died", "released_closure"]
    flows = pd.concat(
        [pd.DataFrame({"date": day, "zone": "a", "cause": causes, "count": [8, -4, -1, 2]}) for day in days]
    )
    (row,) = start_balance(snapshots, flows, {"here": ["a"]}).to_dict("records")
    assert row == {"group": "here", "change": 5.0, "released": 10.0, "registered": -4.0, "beyond_supply": -1.0}
