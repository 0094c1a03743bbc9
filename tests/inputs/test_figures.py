"""What a run starts from: GPs of every commune and département, their ages, national rates, and one list of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hamlets import NOBODY_SAYS, hamlets

import ess_sim
from ess_sim.inputs.catalogue.bundled import communes, departements, text
from ess_sim.inputs.catalogue.gp_ages import GP_AGE_BANDS, gp_age_profile
from ess_sim.inputs.catalogue.gp_counts import commune_shares, rpps_ratio
from ess_sim.inputs.catalogue.gp_tables import departement_figures, gp_departements
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.estimates import estimate, spread
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, gp_ages
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.model.behaviours.centres.salaried import follow_pools
from ess_sim.model.kernel.codes import LISTED, NEVER_DECLARED
from ess_sim.model.residents.day0 import draw_day0
from ess_sim.model.residents.rates import hazards
from ess_sim.model.run import simulation
from ess_sim.model.run.notices import notices
from ess_sim.model.run.prepare import prepare
from ess_sim.model.world.world import World

CODES = departements()["code"].tolist()
HILARD = {"code": "53130-H", "name": "Hilard", "of": "53130", "residents": 20000, "latitude": 48.077, "longitude": -0.8}


def a_scenario(territory: Any, start: str = "2024-01-01", **supply: Any) -> ess_sim.Scenario:
    return ess_sim.Scenario(name="a", start=start, horizon_years=1, territory=territory, supply=supply)


def by_zone(scenario: ess_sim.Scenario) -> dict[str, int]:
    territory = prepare(scenario)
    found = start_gps(scenario, territory, Parameters(scenario.parameters)).by_zone
    return dict(zip(territory.zones, found.tolist(), strict=True))


def figures(scenario: ess_sim.Scenario) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for figure in ess_sim.figures_of(scenario, prepare(scenario)):
        found.setdefault(figure.key, []).append(figure)
    return found


# --- counts -----------------------------------------------------------------------------------------------------------
def test_communes_add_up_to_the_count_of_each_departement() -> None:
    counts = gp_departements()["list_holders_2024"]
    assert counts.index.tolist() == CODES
    for code in CODES:
        found = estimate(code, 2024)
        assert sum(found.by_commune.values()) == found.total == counts[code]
        assert min(found.by_commune.values()) >= 0
        assert found.grade == "A"
    assert counts.loc[["53", "23", "93", "75"]].tolist() == [169, 77, 755, 1788]
    assert counts.sum() == 51775


def test_every_share_is_of_a_commune_and_they_add_up() -> None:
    table = communes().set_index("code")
    shares = commune_shares()
    assert set(shares) <= set(table.index)
    sums: dict[str, int] = {}
    for code, share in shares.items():
        sums[table.at[code, "departement"]] = sums.get(table.at[code, "departement"], 0) + share
    assert set(CODES) - set(sums) == {"971", "972", "973", "974", "976"}
    assert all(abs(n - 1_000_000) < 300 for n in sums.values())


def test_whole_towns_are_split_over_their_arrondissements() -> None:
    lyon = [code for code in estimate("69", 2024).by_commune if code.startswith("6938")]
    assert len(lyon) == 9
    assert sum(estimate("69", 2024).by_commune[code] for code in lyon) == pytest.approx(0.359255 * 1684, abs=5)
    assert min(estimate("974", 2024).by_commune.values()) > 0


def test_counts_move_with_the_gps_of_all_modes() -> None:
    ratio, how = rpps_ratio("53", 2017)
    assert ratio == 344 / 330
    assert "in 53" in how
    assert (estimate("53", 2017).total, estimate("53", 2017).grade) == (round(169 * 344 / 330), "B")
    # of others of the eight the first and the last year are known
    assert rpps_ratio("93", 2012)[0] == 1963 / (1635 + (1963 - 1635) / 13)
    assert rpps_ratio("23", 2022) == (99939 / 99003, "GPs of all modes in France, 2022 over 2024")
    assert rpps_ratio("23", 2031) == (100014 / 99003, "GPs of all modes in France, 2025 over 2024 (2031 is not known)")
    with pytest.raises(ess_sim.TerritoryError, match="no département '99'"):
        rpps_ratio("99", 2020)


def test_a_commune_has_the_same_gps_in_whatever_territory() -> None:
    whole = by_zone(a_scenario({"departement": "53"}))
    assert sum(whole.values()) == 169
    for territory in ({"epci": "200083392"}, {"communes": ["53130", "53062"]}, {"communes": ["61006", "53130"]}):
        part = by_zone(a_scenario(territory))
        assert {zone: n for zone, n in part.items() if zone in whole} == {z: whole[z] for z in part if z in whole}
    assert whole["53130"] > 20


def test_a_quarter_takes_its_part_of_the_commune() -> None:
    laval = by_zone(a_scenario({"communes": ["53130"]}))["53130"]
    cut = by_zone(a_scenario({"communes": ["53130"], "quarters": [HILARD | NOBODY_SAYS]}))
    assert sum(cut.values()) == laval
    assert cut["53130-H"] == pytest.approx(laval * 20000 / 49400, abs=1)
    alone = by_zone(a_scenario({"communes": ["53130"], "quarters": [HILARD | NOBODY_SAYS], "leave_out": ["53130"]}))
    assert alone == {"53130-H": cut["53130-H"]}
    once = ess_sim.Territory.from_communes(["53130"]).with_quarters([ess_sim.Quarter(**HILARD)])
    half = ess_sim.Quarter("53130-I", "Half of it", "53130-H", 10000, 48.077, -0.785)
    twice = once.with_quarters([half])
    found = start_gps(a_scenario({"communes": ["53130"]}), twice, Parameters()).by_zone
    assert found.sum() == laval
    assert found[2] == pytest.approx(found[1], abs=1)
    assert twice.digest != ess_sim.Territory.from_communes(["53130"]).digest


def test_own_zones_have_the_national_density(tmp_path: Path) -> None:
    scenario = hamlets(tmp_path).with_(supply={}, start="2024-01-01", policies=[])
    territory = prepare(scenario)
    residents = int(territory.population.sum())
    (figure,) = figures(scenario)["supply.list_holding_gps"]
    assert (figure.value, figure.grade, figure.given) == (round(78 * residents / 1e5), "D", False)
    block = {"zones": "remainder", "count": 31, **NOBODY_SAYS}
    adults = territory.adults
    spread_by_adults = by_zone(scenario.with_(supply={"list_holding_gps": [block]}))
    assert list(spread_by_adults.values()) == spread(31, adults, adults).tolist()
    more = scenario.with_(parameters={"list_holders_per_100000": 156.0})
    assert figures(more)["supply.list_holding_gps"][0].value == round(156 * residents / 1e5)


def test_a_density_that_nothing_reads_is_refused() -> None:
    scenario = a_scenario({"communes": ["53130"]}).with_parameters("b", list_holders_per_100000=60.0)
    with pytest.raises(ess_sim.ScenarioError, match="list_holders_per_100000: not read"):
        ess_sim.simulate(scenario)


@pytest.mark.filterwarnings("ignore:.*own.csv")  # of a code in a département that is not its own
def test_a_commune_of_ones_own_table_is_one(tmp_path: Path) -> None:
    """The code of a commune in its département has that commune's GPs; elsewhere, or without one, it is a zone."""
    rows = ["zone,name,lon,lat,area_km2,age,count,departement"]
    for zone, departement in (("53130", "53"), ("53147", "61"), ("53062", "")):
        rows += [
            f"{zone},Laval,{-0.77 - int(zone) / 1e6},48.07,30,{age},{n}" + f",{departement}"
            for age, n in ((10, 500), (40, 9500))
        ]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    scenario = a_scenario({"csv": str(path)})
    assert by_zone(scenario) == {"53062": 8, "53130": estimate("53", 2024).by_commune["53130"], "53147": 8}
    assert [f.grade for f in figures(scenario)["supply.list_holding_gps"]] == ["C", "D"]
    one = {"zones": "remainder", "count": 100, **NOBODY_SAYS}
    mixed = by_zone(a_scenario({"csv": str(path)}, list_holding_gps=[one]))
    assert sum(mixed.values()) == 100
    assert mixed["53130"] / mixed["53062"] == pytest.approx(34.3 / 7.8, rel=0.1)


def test_blocks_win_and_spread_where_gps_are() -> None:
    block = {"zones": "remainder", "count": 40, "source": "a paper", "grade": "B"}
    named = {"zones": ["53130"], "count": 7, "source": "a count", "grade": "A"}
    scenario = a_scenario({"departement": "53"}, list_holding_gps=[named, block])
    found, data = by_zone(scenario), estimate("53", 2024)
    assert found["53130"] == 7
    assert sum(found.values()) == 47
    assert all(n == 0 for zone, n in found.items() if zone != "53130" and not data.parts[zone])
    for figure, given in zip(figures(scenario)["supply.list_holding_gps"], (named, block), strict=True):
        assert (figure.value, figure.source, figure.grade) == (given["count"], given["source"], given["grade"])
        assert figure.given
    # villages without any GP: by adults
    villages = sorted(zone for zone, n in data.parts.items() if not n)[:3]
    few = by_zone(a_scenario({"communes": villages}, list_holding_gps=[block]))
    assert sum(few.values()) == 40
    assert min(few.values()) > 0


def test_spread() -> None:
    assert spread(5, np.array([0, 0]), np.array([1, 1])).tolist() == [0, 0]
    assert spread(7, np.array([3, 3, 1]), np.array([0, 1, 9])).tolist() == [3, 3, 1]
    assert spread(1, np.array([1, 1]), np.array([1, 2])).tolist() == [0, 1]


# --- ages -------------------------------------------------------------------------------------------------------------
def test_ages_of_every_departement_are_a_distribution() -> None:
    for code in CODES:
        chances = gp_ages(code)
        assert chances.sum() == pytest.approx(1, abs=1e-12)
        assert chances.min() > 0
        assert 0.15 < chances[AGES_OF_GPS > 60].sum() < 0.45
    grades = [gp_age_profile(code).grade for code in CODES]
    assert (grades.count("B"), grades.count("C")) == (8, 93)


def test_known_ages_are_kept() -> None:
    known = departement_figures()
    for code, row in known.iterrows():
        own = [row[f"share_supply_gp_{band}_2023"] for band in GP_AGE_BANDS]
        assert gp_age_profile(str(code)).shares == pytest.approx(own, abs=1e-4)


@pytest.mark.parametrize("band", ["up_to_60", "over_65"])
def test_the_fit_of_ages_is_that_of_the_bundled_tables(band: str) -> None:
    known = departement_figures()
    share = gp_departements().loc[known.index, "doctors_55_plus_share_2025"]
    own = known[f"share_supply_gp_{band}_2023"]
    slope, intercept = np.polyfit(share, own, 1)
    (row,) = (row for _, row in text("gp_age_fit.csv").iterrows() if row["band"] == band)
    assert (round(intercept, 3), round(slope, 3)) == (float(row["intercept"]), float(row["slope"]))
    error = 100 * np.sqrt(((own - intercept - slope * share) ** 2).mean())
    assert round(error, 1) == float(row["error_points"])
    creuse = gp_departements().at["23", "doctors_55_plus_share_2025"]
    assert gp_age_profile("23").share(band) == pytest.approx(float(row["intercept"]) + float(row["slope"]) * creuse)


# --- one list of all --------------------------------------------------------------------------------------------------
KEYS = {
    *("supply.list_holding_gps", "supply.gp_ages", "supply.first_installations", "supply.interns_per_semester"),
    *("supply.departement_list_holders", "supply.retired_pool", "supply.other_gps", "supply.centres"),
    *("residents.without_mt", "residents.without_mt.never_declared_part", "residents.precarious"),
}


def test_every_input_has_a_value_a_source_and_a_grade(tmp_path: Path) -> None:
    for scenario in (a_scenario({"departement": "23"}, "2022-01-01"), hamlets(tmp_path)):
        found = figures(scenario)
        assert set(found) >= KEYS
        everything = [figure for group in found.values() for figure in group]
        assert all(f.source.strip() and f.unit and f.grade in "ABCD" and np.isfinite(f.value) for f in everything)
    creuse = figures(a_scenario({"departement": "23"}, "2024-01-01"))
    assert [(f.value, f.grade) for f in creuse["supply.list_holding_gps"]] == [(77, "A")]
    assert [f for group in creuse.values() for f in group if f.given] == []


def test_what_the_scenario_says_is_given() -> None:
    said = {"source": "a count", "grade": "B"}
    supply = {
        "first_installations": {"per_year": 1.5, **said},
        **{key: {"count": 200 + i, **said} for i, key in enumerate(("retired_pool", "departement_list_holders"))},
        "interns_per_semester": {"count": 4, **said},
        "other_gps": {"count": 9, **said},
    }
    found = figures(a_scenario({"departement": "53"}, **supply))
    given = {key: figure[0].value for key, figure in found.items() if figure[0].given}
    assert given == {
        "supply.first_installations": 1.5,
        "supply.retired_pool": 200,
        "supply.departement_list_holders": 201,
        "supply.interns_per_semester": 4,
        "supply.other_gps": 9,
    }
    assert {figure.source for key in given for figure in found[key]} == {"a count"}


def test_overridden_rates_act_on_what_is_not_given() -> None:
    plain = a_scenario({"departement": "53"})
    bent = plain.with_parameters(
        "b", entries_per_list_holder=0.1, interns_per_100000=10.0, retired_pool_per_list_holder=1.0
    )
    found = figures(bent)
    assert found["supply.first_installations"][0].value == pytest.approx(16.9)
    assert found["supply.interns_per_semester"][0].value == 31
    assert found["supply.retired_pool"][0].value == 169
    assert {found[f"supply.{key}"][0].grade for key in ("first_installations", "retired_pool")} == {"D"}
    drawn = Parameters({"entries_per_list_holder": 0.2})
    (entries,) = (f for f in ess_sim.figures_of(plain, prepare(plain), drawn) if f.key == "supply.first_installations")
    assert entries.value == pytest.approx(33.8)
    with pytest.raises(ess_sim.ScenarioError, match="not read, because the scenario gives supply"):
        ess_sim.simulate(
            bent.with_(supply={"interns_per_semester": {"count": 4, **NOBODY_SAYS}}), territory=prepare(bent)
        )


def test_a_territory_of_several_departements_has_the_gps_of_all() -> None:
    across = figures(a_scenario({"communes": ["53130", "61006"]}))
    (around,) = across["supply.departement_list_holders"]
    assert around.value == 169 + gp_departements().at["61", "list_holders_2024"]
    more = {"zones": "remainder", "count": 400, **NOBODY_SAYS}
    assert (
        figures(a_scenario({"departement": "53"}, list_holding_gps=[more]))["supply.departement_list_holders"][0].value
        == 400
    )


def _noting(ran: dict[str, float], key: str, original: Any) -> Any:
    """The behaviour, with a note of the number that it begins with."""

    def noted(world: World, n: float) -> Any:
        ran[key] = n
        return original(world, n)

    return noted


@pytest.mark.parametrize("which", ["given", "data"])
def test_the_numbers_shown_are_those_that_run(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    across = a_scenario({"communes": ["53062", "53130", "61006"]})
    scenario = hamlets(tmp_path) if which == "given" else across
    shown = figures(scenario)
    ran: dict[str, float] = {}
    for name, key in (
        ("semesters", "interns_per_semester"),
        ("retirements_elsewhere", "elsewhere"),
        ("outside_arrivals", "arrivals"),
    ):
        monkeypatch.setattr(simulation, name, _noting(ran, key, getattr(simulation, name)))
    world = simulation.build_world(scenario, seed=1, replication=0)
    simulation._begin_supply(world)
    gps = sum(f.value for f in shown["supply.list_holding_gps"])
    assert len(world.gps) == gps > 0
    assert ran["interns_per_semester"] == shown["supply.interns_per_semester"][0].value
    assert ran["elsewhere"] == shown["supply.departement_list_holders"][0].value - gps
    pool = shown["supply.retired_pool"][0].value
    assert len(world.retired) == pool + round(world.parameters["retired_from_beyond_ratio"] * pool)
    assert 0 < ran["arrivals"] <= shown["supply.first_installations"][0].value
    follow_pools(world, lambda _: False)
    assert len(world.others) == shown["supply.other_gps"][0].value
    # residents
    p = Parameters(scenario.parameters)
    day0 = draw_day0(scenario, world.territory, world.streams, p, hazards(p))
    assert set(day0.precarious_share.tolist()) == {f.value for f in shown["residents.precarious"]}
    a = slice(0, 1) if which == "given" else slice(0, 2)  # zones of the first block, and of the first département
    without = sum((day0.state[day0.zone == z] != LISTED).sum() for z in range(len(day0.adults))[a])
    never = sum((day0.pool[day0.zone == z] == NEVER_DECLARED).sum() for z in range(len(day0.adults))[a])
    assert without == round(shown["residents.without_mt"][0].value * int(day0.adults[a].sum()))
    assert never == pytest.approx(shown["residents.without_mt.never_declared_part"][0].value * without, abs=3)
    # what is not given is announced
    (line,) = [text for text in world.assumed if text.startswith("list-holders of the département: ")]
    assert f": {shown['supply.departement_list_holders'][0].value}, " in line
    said = {text.partition(":")[0] for text in world.assumed}
    always = {"list-holders of the département", "GPs' ages", "GPs in other work on day 0"}
    rest = {"list-holding GPs", "first installations", "interns", "retired GPs in the pool on day 0"}
    assert always <= said
    assert rest & said == (set() if which == "given" else rest)


def test_a_territory_without_gps_says_so() -> None:
    scenario = a_scenario({"communes": ["53002"]})
    (figure,) = figures(scenario)["supply.list_holding_gps"]
    assert figure.value == 0
    (notice,) = notices(scenario)
    assert "has a list on day 0" in notice.en
    assert "n'a de patientèle" in notice.fr
    run = ess_sim.simulate(scenario)
    assert any(text.startswith("list-holding GPs: 0, ") for text in run.assumed)
    assert notices(a_scenario({"communes": ["53130"]})) == []
