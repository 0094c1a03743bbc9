"""Floating catchment areas, against their conservation law and an independent implementation; APL from a run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from access.fca import two_stage_fca
from access.weights import step_fn
from hamlets import hamlets
from hypothesis import given, settings
from hypothesis import strategies as st

from ess_sim.analysis.accounts.accessibility import (
    CONSULTATIONS_PER_FTE,
    DISTANCE_BANDS,
    NEEDS,
    apl,
    floating_catchment,
    mean_apl,
)
from ess_sim.errors import ResultsError
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.simulation import simulate
from ess_sim.results.run import Run

PLAIN = ((15.0, 1.0),)
PAIRS = np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([5.0, 12.0, 3.0])


@st.composite
def landscapes(draw: Any) -> tuple[Any, ...]:
    """Supply, demand and pairs with minutes; some zones and places are empty or out of reach."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    zones, places = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    supply = rng.gamma(1.0, 5000.0, places) * (rng.random(places) < 0.8)
    demand = rng.gamma(1.0, 1000.0, zones) * (rng.random(zones) < 0.9)
    kept = np.flatnonzero(rng.random(zones * places) < draw(st.floats(0.05, 1.0)))
    return supply, demand, kept // places, kept % places, rng.uniform(0.0, 30.0, len(kept))


@settings(max_examples=200)
@given(landscapes(), st.sampled_from([PLAIN, DISTANCE_BANDS, ((8.0, 0.2), (25.0, 3.0))]))
def test_accessibility_adds_up_to_the_supply_within_reach(landscape: Any, bands: Any) -> None:
    supply, demand, origins, destinations, minutes = landscape
    reach = floating_catchment(*landscape, bands)
    near = (minutes < bands[-1][0]) & (demand[origins] > 0)
    reached = np.isin(np.arange(len(supply)), destinations[near])
    assert reach @ demand == pytest.approx(supply[reached].sum(), rel=1e-12, abs=1e-9)


@settings(max_examples=60)
@given(landscapes(), st.sampled_from([PLAIN, DISTANCE_BANDS]))
def test_as_pysal_has_it(landscape: Any, bands: Any) -> None:
    supply, demand, origins, destinations, minutes = landscape
    demand = demand + 1.0  # with no one to serve PySAL divides by 0
    costs = pd.DataFrame({"origin": origins, "dest": destinations, "cost": minutes})
    costs = costs[costs["cost"] < bands[-1][0]]
    theirs = two_stage_fca(
        pd.DataFrame({"demand": demand}),
        pd.DataFrame({"supply": supply}),
        costs,
        demand_index=True,
        supply_index=True,
        weight_fn=step_fn(dict(bands)),
    )
    ours = floating_catchment(supply, demand, origins, destinations, minutes, bands)
    assert ours == pytest.approx(theirs.reindex(range(len(demand)), fill_value=0.0).to_numpy(), rel=1e-9, abs=1e-12)


def test_a_limit_belongs_to_the_band_beyond() -> None:
    minutes = np.array([9.999, 10.0, 15.0, 20.0])
    reach = floating_catchment(np.ones(4), np.ones(4), np.arange(4), np.arange(4), minutes)
    assert reach.tolist() == [1.0, 1.0, 1.0, 0.0]  # alone within reach, each has all of it at any weight
    both = floating_catchment([1.0], [1.0, 1.0], np.arange(2), np.zeros(2, dtype=int), np.array([9.0, 10.0]))
    assert both == pytest.approx([1 / 1.3, 0.3 / 1.3])


@pytest.mark.parametrize(
    ("supply", "demand", "bands"),
    [([-1.0, 1.0], [1.0, 1.0], PLAIN), ([1.0, 1.0], [1.0, -1.0], PLAIN)]
    + [([1.0, 1.0], [1.0, 1.0], bands) for bands in (((10.0, 1.0), (10.0, 0.5)), ((10.0, -0.1),))],
)
def test_what_makes_no_sense_is_refused(supply: Any, demand: Any, bands: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        floating_catchment(supply, demand, *PAIRS, bands)


# --- APL -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Territory]:
    scenario = hamlets(Path(tmp_path_factory.mktemp("hamlets")))
    return simulate(scenario, seed=3), prepare(scenario)


def test_apl_of_a_run_by_hand(hamlet: tuple[Run, Territory]) -> None:
    run, territory = hamlet
    day = date(2019, 6, 30)
    table = apl(run, territory, [day], needs=dict.fromkeys(NEEDS, 1.0)).set_index("zone")
    adults = run.snapshots.query("date == @day").groupby("zone", observed=True)["adults"].sum()
    children = dict(zip(territory.zones, territory.population[:, :17].sum(axis=1).tolist(), strict=True))
    supply = dict.fromkeys("ABCD", 0.0)
    per_fte = {"liberal": CONSULTATIONS_PER_FTE, "sessions": catalogue()["consultations_per_fte"].value}
    for row in run.careers.itertuples():
        began, ended = row[run.careers.columns.get_loc("from") + 1], row.to
        if row.mode in per_fte and began <= pd.Timestamp(day) and (pd.isna(ended) or ended > pd.Timestamp(day)):
            supply[row.zone] += row.fte * per_fte[row.mode]
    assert min(supply[z] for z in "AB") > 0
    residents = {z: adults[z] + children[z] for z in "ABCD"}
    # A–B 11 minutes, A–C 17, C–B 24, C–D 27: see the hamlets' table; within each at most 6
    weight = {"AB": 0.3, "AC": 0.1}
    weight = {**weight, **{k[::-1]: v for k, v in weight.items()}, **{2 * z: 1.0 for z in "ABCD"}}
    for z in "ABCD":
        served = {j: sum(residents[i] * weight.get(i + j, 0.0) for i in "ABCD") for j in "ABCD"}
        assert table.loc[z, "apl"] == pytest.approx(sum(supply[j] / served[j] * weight.get(z + j, 0.0) for j in "ABCD"))
        assert table.loc[z, "residents"] == residents[z]
        assert table.loc[z, "standardised"] == pytest.approx(residents[z])  # equal needs are needs of 1
        assert table.loc[z, "consultations"] == pytest.approx(supply[z])


def test_the_mean_is_supply_over_standardised_residents(hamlet: tuple[Run, Territory]) -> None:
    run, territory = hamlet
    days = [date(2018, 3, 15), date(2020, 12, 31)]
    table = apl(run, territory, days)
    mean = mean_apl(table)
    sums = table.groupby("date")[["consultations", "standardised"]].sum()
    assert mean["date"].tolist() == [pd.Timestamp(d) for d in days]
    assert mean["apl"].to_numpy() == pytest.approx((sums["consultations"] / sums["standardised"]).to_numpy())
    assert (apl(run, territory)["date"] == run.snapshots["date"].max()).all()


def test_old_gps_are_left_out(hamlet: tuple[Run, Territory]) -> None:
    run, territory = hamlet
    day = pd.Timestamp(2019, 6, 30)
    there = run.careers[run.careers["mode"].isin(["liberal", "sessions"])]
    there = there[(there["from"] <= day) & (there["to"].isna() | (day < there["to"]))]
    cut = int(day.year - there["birth_year"].median())
    young = there["fte"][day.year - there["birth_year"] <= cut]
    fewer, all_of_them = (apl(run, territory, [day], oldest=age)["consultations"].sum() for age in (cut, None))
    assert 0 < fewer < all_of_them
    assert fewer <= young.sum() * CONSULTATIONS_PER_FTE


def test_older_residents_need_more(hamlet: tuple[Run, Territory]) -> None:
    """A is young, D is old."""
    run, territory = hamlet
    need = apl(run, territory).set_index("zone").eval("standardised / residents")
    assert need["A"] < need["B"] < need["C"] < need["D"]


def test_apl_wants_the_run_s_own_territory_and_records(hamlet: tuple[Run, Territory]) -> None:
    run, territory = hamlet
    with pytest.raises(ResultsError, match="nothing was recorded on 2019-06-29"):
        apl(run, territory, [date(2019, 6, 29)])
    with pytest.raises(ResultsError, match="is not the territory"):
        apl(run, Territory.from_communes(["53130"]))
