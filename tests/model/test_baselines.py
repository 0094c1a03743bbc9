"""The bundled territories of real systems: what their files promise, and what is told of a file that is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from work import PATIENCE

from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.estimates import estimate
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
    assert 50_000 < territory.adults.sum() <= (800_000 if name == "national" else 300_000)
    figures = figures_of(scenario, territory)
    of_gps = [f for f in figures if f.key == "supply.list_holding_gps"]
    assert {f.grade for f in of_gps if not f.given} <= {"C"}, "GPs of the communes, no national density"
    gps = sum(f.value for f in of_gps)
    (whole,) = (f.value for f in figures if f.key == "supply.departement_list_holders")
    assert whole >= gps > 0


GPS_PER_100000 = [
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
    """Lists are of a size that the Cnam publishes somewhere, and in the first year only supply moves the share.

    Supply, and residents who reach 17 without their family's GP, as many as the rule says.
    """
    p = Parameters()
    scenario = baseline(name).with_(horizon_years=1)
    beyond, entered = [], []
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
        # adults of the territory: those of elsewhere are as many as have their MT elsewhere
        assert 700 < present["residents"].mean() / (1 - p["nominal_mt_share"]) < 1250
        places = {"all": list(run.zones)} | {q.code: [q.code] for q in scenario.territory.quarters or []}
        flows = run.flows[(run.flows["cause"] == "reached_17") & (run.flows["date"] > first["date"].min())]
        people = first.groupby("zone", observed=True)["adults"].sum()
        came = flows.groupby("zone", observed=True)["count"].sum().reindex(people.index, fill_value=0)
        entered.append(np.array([100 * came[zones].sum() / people[zones].sum() for zones in places.values()]))
        beyond.append(start_balance(run.snapshots, run.flows, places).set_index("group")["beyond_supply"])
    assert np.abs(np.mean(beyond, axis=0) - np.mean(entered, axis=0)).max() <= 0.75
    population = prepare(scenario).population
    reach_17 = 100 * population[:, 16].sum() / population[:, 17:].sum()
    assert np.mean(entered, axis=0)[0] == pytest.approx((1 - p["family_gp_share"]) * reach_17, rel=0.15)


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


# --- the reduced France ----------------------------------------------------------------------------------------------


@cache
def metropolitan() -> pd.DataFrame:
    """Communes of metropolitan France in 2017: residents, GPs, density, intercommunality (around Paris its parts)."""
    table, parts = bundled.communes().set_index("code"), []
    for code in bundled.departements()["code"]:
        if len(code) == 2:
            place, gps = Territory.from_departement(code, year=2017), estimate(code, 2017).by_commune
            people = {"residents": place.population.sum(axis=1), "young": place.population[:, 17:30].sum(axis=1)}
            people |= {"adults": place.population[:, 17:].sum(axis=1), "old": place.population[:, 60:].sum(axis=1)}
            of = {"departement": code, "gps": [gps[z] for z in place.zones]}
            parts.append(pd.DataFrame({**people, **of}, index=list(place.zones)))
    frame = pd.concat(parts)
    rows = table.loc[frame.index]
    frame["log_density"] = np.log((frame["residents"] / rows["area_km2"].clip(lower=0.01)).clip(lower=1.0))
    frame["unit"] = np.where(rows["ept"] != "", rows["ept"], rows["epci"])
    return frame.join(rows[["longitude", "latitude"]])


def reduced() -> pd.DataFrame:
    return metropolitan().loc[list(baseline("national").territory.communes or ())]


def around(inside: pd.DataFrame, core: str) -> set[str]:
    """A commune and those nearest to it, up to 45,000 residents; no further one from 40,000 on."""
    east = (inside["longitude"] - inside.at[core, "longitude"]) * np.cos(np.radians(inside.at[core, "latitude"]))
    away = np.hypot(east, inside["latitude"] - inside.at[core, "latitude"])
    taken, total = {core}, inside.at[core, "residents"]
    for code in away.drop(core).sort_values(kind="stable").index:
        if total < 40_000 and total + inside.at[code, "residents"] <= 45_000:
            taken.add(code)
            total += inside.at[code, "residents"]
    return taken


@pytest.mark.validate
def test_the_reduced_france_follows_its_rule() -> None:
    """The rule as the file words it, applied again, but for the choice among places of one kind."""
    france, places = metropolitan(), reduced().groupby("departement")
    assert len(places) == 24, "each in a département of its own"
    own = france.groupby("departement")[["residents", "gps"]].sum()
    ratio = (own["residents"] / own["gps"]).sort_values()
    residents = own["residents"].loc[ratio.index]
    part = (4 * (residents.cumsum() - residents / 2) / residents.sum()).astype(int)
    units = france.assign(weighted=france["log_density"] * france["residents"]).groupby("unit").sum(numeric_only=True)
    units = units.assign(log_density=units["weighted"] / units["residents"]).sort_values("log_density")
    reached = units["residents"].cumsum() / units["residents"].sum()
    thirds = [units.loc[reached < share, "log_density"].max() for share in (1 / 3, 2 / 3)]
    kinds: Counter[tuple[int, int]] = Counter()
    for departement, place in places:
        (unit,) = place["unit"].unique()
        inside = france[france["unit"] == unit]
        assert 30_000 <= place["residents"].sum() <= 50_000
        if inside["residents"].sum() > 50_000:
            cores = place.index[place["residents"] >= 15_000]
            assert any(around(inside, core) == set(place.index) for core in cores), departement
        else:
            assert set(place.index) == set(inside.index)
        assert abs(np.log(place["residents"].sum() / place["gps"].sum() / ratio[departement])) < 0.12
        density = np.average(place["log_density"], weights=place["residents"])
        kinds[part[departement], int(np.digitize(density, thirds))] += 1
    assert kinds == {(ratio_of, density_of): 2 for ratio_of in range(4) for density_of in range(3)}


def test_the_reduced_france_is_as_large_and_as_like_france_as_it_says() -> None:
    scenario = baseline("national")
    assert scenario.supply.list_holding_gps is None, "as the data give them"
    start = simulate(scenario.with_(horizon_years=1)).snapshots
    adults = start.loc[start["date"] == start["date"].min(), "adults"].sum()
    both = pd.DataFrame([of.sum(numeric_only=True) for of in (reduced(), metropolitan())])
    here, gps = both.iloc[0], int(both["gps"].iloc[0])
    assert gps == start_gps(scenario, prepare(scenario), Parameters()).total
    per_gp = (both["residents"] / both["gps"]).map("{:,.0f}".format)
    young, old = ((100 * both[of] / both["adults"]).map("{:.1f}".format) for of in ("young", "old"))
    said = " ".join(scenario.description.split())
    assert f"It has {round(here['residents'], -3):,.0f} residents, {round(adults, -2):,} adults and {gps} GPs" in said
    assert f"{per_gp[0]} and {per_gp[1]} residents per GP" in said
    assert f"of adults {young[0]} and {young[1]} % under 30, {old[0]} and {old[1]} % from 60 on" in said


@pytest.mark.validate
def test_the_reduced_france_is_drawn_again() -> None:
    tool = Path(__file__).parents[2] / "tools" / "reduced_france.py"
    drawn = subprocess.run([sys.executable, tool], capture_output=True, encoding="utf-8", timeout=PATIENCE, check=True)
    assert sorted(re.findall(r'"(\w+)"', drawn.stdout)) == sorted(baseline("national").territory.communes or [])


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
