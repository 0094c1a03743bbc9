"""The bundled territories of real systems: what their files promise, and what is told of a file that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.figures import figures_of
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.files import write_scenario
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate
from ess_sim.results.indicators.supply import start_balance

NAMES = ("creuse", "lille", "national", "paris", "perche", "saint_denis", "saint_nazaire", "secpa", "toulouse")


def baseline(name: str) -> Scenario:
    return read_scenario(bundled.scenarios_dir() / name / "baseline.yaml")


# --- what the files promise ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_asks_a_question_and_changes_nothing(name: str) -> None:
    scenario = baseline(name)
    assert scenario.name == f"{name.replace('_', '-')}-baseline"
    assert scenario.title
    assert scenario.sources
    assert scenario.description.startswith("Question: ")
    assert scenario.policies == ()
    assert scenario.parameters == {}, "one catalogue of parameters for all"
    territory = prepare(scenario)
    assert 50_000 < territory.adults.sum() <= 300_000
    figures = figures_of(scenario, territory)
    of_gps = [f for f in figures if f.key == "supply.list_holding_gps"]
    assert {f.grade for f in of_gps if not f.given} <= {"C"}, "GPs of the communes, no national density"
    gps = sum(f.value for f in of_gps)
    (whole,) = (f.value for f in figures if f.key == "supply.departement_list_holders")
    assert whole >= gps > 0


GPS_PER_100000 = [
    ("national", None, 80.0),
    ("paris", ["75110"], 60.0),
    ("paris", ["75103", "75104", "75105", "75109"], 95.0),
    ("saint_denis", None, 66.5),
    ("toulouse", None, 1e5 / 1130),
]
"""Densities that sources of GPs state, and the zones whose residents they hold for (None: all)."""


@pytest.mark.parametrize(("name", "zones", "density"), GPS_PER_100000)
def test_gps_stated_for_residents_are_in_proportion_to_those_of_the_start_year(
    name: str, zones: list[str] | None, density: float
) -> None:
    scenario = baseline(name)
    territory = prepare(scenario)
    here = np.isin(territory.zones, zones or territory.zones)
    gps = start_gps(scenario, territory, Parameters()).by_zone[here].sum()
    assert gps == pytest.approx(density * territory.population[here].sum() / 1e5, abs=1.0)


@pytest.mark.parametrize("name", ["lille", "paris", "saint_denis", "saint_nazaire", "toulouse"])
def test_installations_stated_for_residents_are_in_proportion_to_those_of_the_start_year(name: str) -> None:
    scenario = baseline(name)
    given = scenario.supply.first_installations
    assert given is not None
    rate = re.match(r"([\d.]+) a year for 100,000 residents", given.source)
    assert rate is not None
    assert given.per_year == pytest.approx(float(rate[1]) * prepare(scenario).population.sum() / 1e5, abs=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_starts_as_it_says_and_in_balance(name: str) -> None:
    """Lists are of a size that the Cnam publishes somewhere, and in the first year only supply moves the share."""
    scenario = baseline(name).with_(horizon_years=1)
    beyond = []
    for replication in range(2):
        run = simulate(scenario, seed=1, replication=replication)
        first = run.snapshots[run.snapshots["date"] == run.snapshots["date"].min()]
        for block in scenario.residents.without_mt or []:
            named = [z for b in scenario.residents.without_mt or [] if b.zones != "remainder" for z in b.zones]
            zones = [z for z in run.zones if z not in named] if block.zones == "remainder" else block.zones
            here = first[first["zone"].isin(zones)][["adults", "listed", "never_declared"]].sum()
            without = here["adults"] - here["listed"]
            assert without == round((block.share or 0) * here["adults"])
            assert here["never_declared"] == round(block.never_declared_part * without)
        present = run.facts[run.facts["event"] == "gp_present"]
        gps = [f.value for f in figures_of(scenario, prepare(scenario)) if f.key == "supply.list_holding_gps"]
        assert len(present) == sum(gps)
        assert 600 < present["residents"].mean() < 1150
        places = {"all": list(run.zones)} | {q.code: [q.code] for q in scenario.territory.quarters or []}
        beyond.append(start_balance(run.snapshots, run.flows, places).set_index("group")["beyond_supply"])
    assert np.abs(np.mean(beyond, axis=0)).max() <= 1.0


@pytest.mark.parametrize("name", ["saint_denis", "toulouse"])
def test_quarters_are_written_back(tmp_path: Path, name: str) -> None:
    scenario = baseline(name)
    write_scenario(scenario, tmp_path / "again.yaml")
    again = read_scenario(tmp_path / "again.yaml")
    assert again == scenario
    assert prepare(again).digest == prepare(scenario).digest


def test_franc_moisin_is_a_zone_of_its_own() -> None:
    territory = prepare(baseline("saint_denis"))
    row = territory.zone_index("93066-FM")
    assert territory.zone_names[row] == "Franc-Moisin"
    assert territory.population[row].sum() == 11_000
    saint_denis = Territory.from_communes(["93066"], year=2011).population.sum()
    assert territory.population[[row, territory.zone_index("93066")]].sum() == saint_denis
    assert 134_000 < saint_denis < 137_000  # in 2023 there are 149,077


def test_toulouse_is_its_central_quarters() -> None:
    territory = prepare(baseline("toulouse"))
    assert "31555" not in territory.zones
    assert territory.population.sum() == 68_000
    others = Territory.from_communes(["31555"], year=2013).population.sum() - 68_000
    assert any(f"left out, with {others} residents: Toulouse (31555)" in note for note in territory.notes)


def test_the_reduced_france_follows_its_rule() -> None:
    """The rule as the file words it, applied again."""
    frame = bundled.communes().set_index("code")
    places = frame[~frame.index.isin(set(frame["parent"]) - {""})]
    home = frame.loc[np.where(places["parent"] != "", places["parent"], places.index)]
    paris = np.where(home["ept"] != "", home["ept"], home.index)
    group = pd.Series(np.where(home["epci"] == "200054781", paris, home["epci"]), index=places.index)
    places, group = places[group != ""], group[group != ""]
    sizes = places.groupby(group)["population"].sum().reset_index().sort_values(["population", "index"])
    cumulative = (sizes["population"].cumsum() / sizes["population"].sum()).to_numpy()
    chosen: list[str] = []
    for middle in (np.arange(8) + 0.5) / 8:
        members = places[group == sizes["index"].iloc[int(np.searchsorted(cumulative, middle))]]
        members = members[members["population"] <= 45_000]
        first = members["population"].idxmax()
        lon, lat = np.radians(members["longitude"]), np.radians(members["latitude"])
        east = np.sin((lon - lon[first]) / 2) ** 2 * np.cos(lat) * np.cos(lat[first])
        residents = 0
        for code in (np.sin((lat - lat[first]) / 2) ** 2 + east).sort_values(kind="stable").index:
            if residents < 40_000 and residents + members.at[code, "population"] <= 45_000:
                chosen.append(code)
                residents += members.at[code, "population"]
    assert sorted(chosen) == sorted(baseline("national").territory.communes or [])


# --- a file that is wrong --------------------------------------------------------------------------------------------

HEAD = """name: mine
start: 2020-01-01
horizon_years: 1
"""
QUARTERS = """territory:
  communes: ["53130", "53054"]
  quarters:
    - {code: "H", name: Hilard, of: "53130", residents: 4000, latitude: 48.077, longitude: -0.785, source: s, grade: C}
    - {code: "F", name: Fourches, of: "53130", residents: 7000, latitude: 48.083, longitude: -0.76, source: s, grade: C}
  leave_out: ["53054"]
"""


def told(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    return [f"{p.line}:{p.column}: {p.where}: {p.what}" for p in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'of: "53130", residents: 7000',
            'of: "53131", residents: 7000',
            "8:39: territory.quarters[1].of: Laval and 1 other commune has no zone '53131'",
        ),
        (
            "residents: 7000",
            "residents: 46000",
            "8:59: territory.quarters[1].residents: 46000 residents, but Laval has",
        ),
        ("residents: 7000", "residents: 0", "8:59: territory.quarters[1].residents: must be a whole number"),
        ("residents: 7000", "residents: many", "8:59: territory.quarters[1].residents: must be a whole number"),
        ('code: "F"', 'code: "H"', "8:14: territory.quarters[1].code: there is already a zone 'H'"),
        ('code: "F"', 'code: "53054"', "8:14: territory.quarters[1].code: there is already a zone '53054'"),
        (
            "latitude: 48.083",
            "latitude: 8.083",
            "8:75: territory.quarters[1].latitude: 4447 km from the middle of Laval",
        ),
        (
            "latitude: 48.083",
            "latitude: 98.083",
            "8:75: territory.quarters[1].latitude: must be a number from -90 to 90",
        ),
        ("residents: 7000", "resident: 7000", "8:48: territory.quarters[1].resident: unknown key (did you"),
        ('leave_out: ["53054"]', 'leave_out: ["53055"]', "9:15: territory.leave_out[0]: unknown zone '53055'"),
        ('leave_out: ["53054"]', 'leave_out: ["53054", H, F, "53130"]', "9:14: territory.leave_out: no zone is left"),
        (', "53054"]\n', ', "53999"]\n', "5:23: territory.communes[1]: no commune code '53999'"),
    ],
)
def test_faults_of_a_territory_are_told_at_their_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in QUARTERS
    problems = told(tmp_path, QUARTERS.replace(old, new))
    assert any(message in problem for problem in problems), problems


def test_quarters_may_be_named_by_blocks_and_zones_left_out_may_not(tmp_path: Path) -> None:
    supply = """supply:
  list_holding_gps:
    - {zones: [H, "53130"], count: 3, source: s, grade: D}
    - {zones: ["53054"], count: 3, source: s, grade: D}
residents:
  precarious:
    - {zones: [F, G], share: 0.3, source: s, grade: D}
"""
    problems = told(tmp_path, QUARTERS + supply)
    assert len(problems) == 2
    assert "supply.list_holding_gps[1].zones[0]: unknown zone '53054'" in problems[0]
    assert "residents.precarious[0].zones[1]: unknown zone 'G'" in problems[1]


def test_a_travel_table_is_about_quarters_too(tmp_path: Path) -> None:
    (tmp_path / "minutes.csv").write_text("from_zone,to_zone,minutes\nH,F,12\nF,53130,5\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(HEAD + QUARTERS + "  travel_csv: minutes.csv\n", encoding="utf-8")
    territory = prepare(read_scenario(tmp_path / "mine.yaml"))
    assert territory.zones == ("53130", "F", "H")
    assert territory.travel_minutes_between("H", "53130") == 17


@pytest.mark.parametrize(("commune", "part"), [("75056", "75110"), ("69123", "69381"), ("13055", "13215")])
def test_a_town_and_its_arrondissement_are_never_both(tmp_path: Path, commune: str, part: str) -> None:
    (problem,) = told(tmp_path, f'territory: {{communes: ["{commune}", "{part}"]}}\n')
    assert problem.startswith("4:")
    assert f"commune '{part}'" in problem
    assert f"is given twice (through '{commune}' and '{part}')" in problem
