"""What moves the share without MT of Laval in the first year, and whether practices refuse as they did."""

import numpy as np
import pandas as pd
import pytest

from ess_sim import simulate
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.read import read_scenario
from ess_sim.results.indicators.supply import start_balance

REPLICATIONS = 8


def test_first_twelve_months_are_explained():
    """What neither releases nor registrations moved is residents' own: those who reach 17, and moves."""
    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    territory = prepare(scenario)
    value = {name: parameter.value for name, parameter in catalogue().items()} | scenario.parameters
    of_france = value["national_lost_share"] + value["national_never_declared_share"]
    moved = []
    for replication in range(REPLICATIONS):
        run = simulate(scenario, seed=1, replication=replication)
        places = {"city": ["53130"], "rest": [z for z in run.zones if z != "53130"]}
        table = start_balance(run.snapshots, run.flows, places).set_index("group")
        assert np.allclose(table["change"], table[["released", "registered", "beyond_supply"]].sum(axis=1))
        of_place = run.flows["zone"].isin(places["city"]).map({True: "city", False: "rest"})
        points = run.flows.groupby([of_place, run.flows["cause"].astype(str)])["count"].sum().unstack(fill_value=0)
        adults = run.snapshots[run.snapshots["date"] == run.snapshots["date"].min()].groupby("zone")["adults"].sum()
        points *= 100 / np.array([[adults[places[name]].sum()] for name in points.index])
        people = run.snapshots.groupby(run.snapshots["zone"].isin(places["city"]).map({True: "city", False: "rest"}))
        listed = people["listed"].sum() / people["adults"].sum()
        moved.append(points.assign(beyond_supply=table["beyond_supply"], share=1 - listed))
    mean = pd.concat(moved).groupby(level=0).mean()
    moves = mean["moved_in"] + mean["moved_out"] + mean["moved_within"]
    assert np.allclose(mean["beyond_supply"], mean["reached_17"] + moves + mean["died"])
    for place in ("city", "rest"):
        rows = np.array([(zone == "53130") == (place == "city") for zone in territory.zones])
        ages = territory.population[rows].sum(axis=0)
        young = 100 * ages[15:18].mean() / ages[17:].sum()
        # whom the family's GP does not keep is without MT at 17
        assert mean.loc[place, "reached_17"] == pytest.approx(young * (1 - value["family_gp_share"]), rel=0.05)
        # those who leave are without MT as the place is, those who arrive as France is
        assert -mean.loc[place, "moved_out"] / mean.loc[place, "moved_in"] == pytest.approx(
            mean.loc[place, "share"] / of_france, rel=0.1
        )
    assert mean["died"].between(-0.25, 0.0).all()


def test_half_of_the_practices_refuse_a_mystery_call_where_and_when_they_were_made():
    # UFC-Que Choisir, France, June 2019: 44 %; with those who want to see the patient first up to 51 %
    scenario = read_scenario(scenarios_dir() / "national" / "baseline.yaml").with_(horizon_years=2)
    refusals = []
    for replication in range(4):
        outcomes = simulate(scenario, seed=1, replication=replication).outcomes()
        of_june = (outcomes["outcome"] == "refusal_rate") & (outcomes["date"] == "2019-06-30")
        refusals += outcomes.loc[of_june, "value"].tolist()
    assert len(refusals) == 4
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
