"""Which communes surround a territory, and what a scenario may say where they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ess_sim.errors import ScenarioError, TerritoryError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.surroundings.halo import with_halo
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.read import read_scenario

LAVAL = Territory.from_communes(["53130"])


def scenario_of(**changes: Any) -> Scenario:
    fields = {"name": "a", "start": "2024-01-01", "horizon_years": 1, "territory": {"communes": ["53130"]}}
    return Scenario.model_validate(fields | changes)


@pytest.mark.parametrize(("codes", "minutes"), [(["53130"], 12), (["35360", "53130"], 13), (["23096"], 35)])
def test_the_halo_is_all_that_travel_in_the_whole_country_reaches(codes: list[str], minutes: float) -> None:
    """The naive way: every commune of the départements around, and the travel of all of them together."""
    around = ("03", "18", "19", "23", "35", "36", "49", "53", "61", "63", "72", "87")
    frame = bundled.communes()
    everywhere = Territory.from_communes(frame.loc[frame["departement"].isin(around), "code"], cutoff_minutes=minutes)
    near: set[str] = set()
    for code in codes:
        first, end = everywhere.travel_indptr[everywhere.zone_index(code) :][:2]
        near |= {everywhere.zones[i] for i in everywhere.travel_indices[first:end]}
    surrounded = with_halo(Territory.from_communes(codes), minutes)
    assert surrounded.halo is not None
    assert len(surrounded.halo.zones) >= 8
    assert {*surrounded.halo.zones} == near - {*codes}
    assert surrounded.zones == Territory.from_communes(codes).zones


def test_a_commune_has_the_same_residents_in_a_halo() -> None:
    halo = with_halo(LAVAL, 12).halo
    assert halo is not None
    assert np.array_equal(halo.population, Territory.from_communes(halo.zones).population)
    earlier = prepare(scenario_of(start="2016-01-01", territory={"communes": ["53130"], "halo_minutes": 12})).halo
    assert earlier is not None
    assert np.array_equal(earlier.population, Territory.from_communes(halo.zones, year=2016).population)


def test_the_whole_begins_with_the_territory() -> None:
    near = with_halo(Territory.from_communes(["53130", "53054"]), 10)
    assert near.halo is not None
    assert near.whole.zones == near.zones + near.halo.zones
    both = Territory.from_communes(["53130", "53034"])
    assert near.whole.travel_minutes_between("53130", "53034") == both.travel_minutes_between("53130", "53034")


def test_an_island_has_no_halo() -> None:
    ouessant = Territory.from_communes(["29155"])
    assert with_halo(ouessant, 15) is ouessant
    assert with_halo(LAVAL, 0) is LAVAL


@pytest.mark.parametrize(
    ("territory", "minutes", "message"),
    [
        (LAVAL, 61, "must lie between 0 and 60, not 61"),
        (LAVAL, float("nan"), "must lie between 0 and 60, not nan"),
        (with_halo(LAVAL, 8), 8, "Laval has a halo already"),
        (LAVAL, -1, "must lie between 0 and 60, not -1"),
    ],
)
def test_halos_that_cannot_be(territory: Territory, minutes: float, message: str) -> None:
    with pytest.raises(TerritoryError, match=message):
        with_halo(territory, minutes)


def test_around_zones_of_ones_own_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("zone,name,lon,lat,area_km2,age,count\nA,A,-0.7,48,1,40,5\n", encoding="utf-8")
    with pytest.raises(TerritoryError, match="no bundled communes"):
        with_halo(Territory.from_csv(path), 10)
    with pytest.raises(ScenarioError, match="what lies around zones of one's own is not known"):
        TerritorySpec(csv=str(path), halo_minutes=10)
    with pytest.raises(ScenarioError, match="nothing lies around the whole country"):
        TerritorySpec(france=True, halo_minutes=10)
    with pytest.raises(ScenarioError, match="travel table of one's own knows no commune around"):
        TerritorySpec(communes=("53130",), travel_csv=str(path), halo_minutes=10)
    assert TerritorySpec(csv=str(path), halo_minutes=0).halo_minutes == 0
    table = tmp_path / "m.csv"
    table.write_text("from_zone,to_zone,minutes\n53130,53054,9\n", encoding="utf-8")
    with pytest.raises(TerritoryError, match="no travel table"):
        with_halo(Territory.from_communes(["53130", "53054"]), 10).with_travel_csv(table)


def test_no_halo_changes_no_digest_and_a_halo_does() -> None:
    plain, none, some = (
        scenario_of(territory={"communes": ["53130"], **more})
        for more in ({}, {"halo_minutes": 0}, {"halo_minutes": 9})
    )
    assert plain.digest == none.digest != some.digest
    assert "halo_minutes" not in plain.to_dict()["territory"]
    assert some.to_dict()["territory"]["halo_minutes"] == 9
    assert prepare(plain).digest == prepare(none).digest != prepare(some).digest
    assert prepare(some).zones == ("53130",)


def test_zones_left_out_belong_to_the_halo() -> None:
    """What is left of a town of which some quarters matter surrounds them, with the residents that it has left."""
    quarter = {"code": "53130-H", "name": "Hilard", "of": "53130", "residents": 4000, "latitude": 48.077}
    quarter |= {"longitude": -0.785, "source": "none", "grade": "D"}
    spec = {"communes": ["53130"], "quarters": [quarter], "leave_out": ["53130"]}
    town = prepare(scenario_of(territory=spec | {"halo_minutes": 12}))
    assert town.zones == ("53130-H",)
    assert town.halo is not None
    assert "53130" in town.halo.zones
    whole = with_halo(Territory.from_communes(["53130"], year=2024), 12, year=2024).whole
    assert town.halo.population.sum() + 4000 == whole.population.sum()
    assert prepare(scenario_of(territory=spec)).halo is None
    # the rest of the town has its part of the town's GPs, the quarter the others
    scenario = scenario_of(territory=spec | {"halo_minutes": 12})
    p = Parameters()
    quarter_gps, others = (start_gps(scenario, part, p) for part in (town, town.halo))
    rest = int(others.by_zone[town.halo.zone_index("53130")])
    laval = start_gps(scenario_of(), prepare(scenario_of()), p).total
    assert 0 < rest < laval == rest + quarter_gps.total


def test_a_scenario_cannot_speak_of_the_halo(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: a\nstart: 2024-01-01\nhorizon_years: 2\n"
        'territory: {communes: ["53130"], halo_minutes: 12}\n'
        'supply: {list_holding_gps: [{zones: ["53034"], count: 3, source: none, grade: D}]}\n'
        "policies:\n  - {kind: host_interns, starts: 2024-06-01, zone: Changé, per_semester: 1}\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as error:
        read_scenario(path)
    first, second = str(error.value).splitlines()
    assert ":5:38: supply.list_holding_gps[0].zones[0]: zone '53034', Bonchamp-lès-Laval, lies in the halo" in first
    assert ":7:52: policies[0].zone: zone '53054', Changé, lies in the halo" in second


def test_what_is_given_for_the_territory_does_not_hold_around_it() -> None:
    """An override that only the halo reads is read."""
    said = {"first_installations": {"per_year": 2, "source": "none", "grade": "D"}}
    overridden = {"supply": said, "parameters": {"entries_per_list_holder": 0.02}}
    check(scenario_of(territory={"communes": ["53130"], "halo_minutes": 12}, **overridden))
    with pytest.raises(ScenarioError, match=r"not read, because the scenario gives supply\.first_installations"):
        check(scenario_of(**overridden))
