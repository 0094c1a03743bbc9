"""Zones, residents by age, travel minutes."""

from __future__ import annotations

import dataclasses
import math
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.scenario.territory_spec import WAYS, TerritorySpec
from ess_sim.inputs.territory.ages import AGES, apportion, single_year_shares
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS
from ess_sim.inputs.territory.countries.search import search_territories
from ess_sim.inputs.territory.quarters import Quarter
from ess_sim.inputs.territory.roads.crow_fly import CrowFly, paces
from ess_sim.inputs.territory.territory import Territory
from ess_sim.inputs.territory.travel import shortest_paths

LAVAL, CHANGE, LOUVERNE = "53130", "53054", "53140"


@pytest.fixture(scope="module")
def agglomeration() -> Territory:
    return Territory.from_epci("200083392")


@pytest.fixture(scope="module")
def mayenne() -> Territory:
    return Territory.from_departement("53")


# --- Known facts ---


def test_laval_agglomeration(agglomeration: Territory) -> None:
    assert agglomeration.name == "Laval Agglomération"
    assert len(agglomeration.zones) == 34
    # The 34 communes' municipal populations of 2023 (an EPCI table of another edition says 114,872).
    assert agglomeration.population.sum() == 115_195
    row = agglomeration.zone_index(LAVAL)
    assert agglomeration.zone_names[row] == "Laval"
    assert agglomeration.departements[row] == "53"
    assert agglomeration.population[row].sum() == 49_400
    assert 91_000 < agglomeration.adults.sum() < 93_000


def test_mayenne(mayenne: Territory) -> None:
    assert len(mayenne.zones) == 240
    assert mayenne.population.sum() == 305_468


@pytest.mark.parametrize(
    ("make", "commune", "parts", "zones"),
    [
        (lambda: Territory.from_communes(["75056"]), "75056", 20, 20),
        (lambda: Territory.from_departement("75"), "75056", 20, 20),
        (lambda: Territory.from_epci("200054781"), "75056", 20, 149),
        (lambda: Territory.from_epci("200046977"), "69123", 9, 66),
        (lambda: Territory.from_epci("200054807"), "13055", 16, 107),
        (lambda: Territory.from_departement("13"), "13055", 16, 134),
    ],
)
def test_arrondissements_replace_their_commune(make, commune: str, parts: int, zones: int) -> None:  # type: ignore[no-untyped-def]
    territory = make()
    table = bundled.communes()
    arrondissements = set(table.loc[table["parent"] == commune, "code"])
    assert commune not in territory.zones
    assert len(arrondissements & set(territory.zones)) == parts
    assert len(territory.zones) == zones
    rows = [territory.zone_index(code) for code in arrondissements]
    assert territory.population[rows].sum() == table.set_index("code").at[commune, "population"]


def test_ept_and_its_notes() -> None:
    plaine = Territory.from_ept("200057867")
    assert (plaine.name, len(plaine.zones), plaine.population.sum()) == ("Plaine Commune", 8, 453_671)
    assert plaine.area_km2[plaine.zone_index("93066")] == 15.84
    assert any("area corrected" in n and "93066" in n for n in plaine.notes)


def test_a_commune_without_polygon_gets_a_marked_place() -> None:
    territory = Territory.from_communes(["15031", "15141"])
    assert any("position unknown" in n and "Celles (15031)" in n for n in territory.notes)
    assert any("area unknown" in n for n in territory.notes)
    assert territory.travel_minutes_between("15031", "15141") < 30


# --- Ages ---


def test_bands_keep_their_mass_and_decline_among_the_old() -> None:
    bands = bundled.population_of_departements().loc[(2021, "53")].to_numpy()
    shares = single_year_shares(bands)
    assert shares.shape == (AGES,)
    for i, low in enumerate(range(0, 95, 5)):
        assert shares[low : low + 5].sum() == pytest.approx(bands[i] / bands.sum(), abs=1e-12)
    assert shares[95:].sum() == pytest.approx(bands[-1] / bands.sum(), abs=1e-12)
    assert np.ptp(shares[20:25]) == pytest.approx(0, abs=1e-15)
    for low in (75, 80, 85, 90):
        assert (np.diff(shares[low : low + 5]) < 0).all()
    assert (np.diff(shares[95:105]) < 0).all()
    assert shares[105] < shares[102]
    assert (single_year_shares([bands, bands[::-1]])[0] == shares).all()


@pytest.mark.parametrize("bands", [[1.0] * 19, [0.0] * 20, [-1.0] + [1.0] * 19, [math.nan] + [1.0] * 19])
def test_faulty_bands_are_refused(bands: list[float]) -> None:
    for faulty in (bands, [[1.0] * len(bands), bands]):
        with pytest.raises(ValueError, match="20 numbers"):
            single_year_shares(faulty)


def test_a_commune_is_the_same_in_every_territory(agglomeration: Territory, mayenne: Territory) -> None:
    rows = [mayenne.zone_index(zone) for zone in agglomeration.zones]
    assert (mayenne.population[rows] == agglomeration.population).all()


@given(
    totals=st.lists(st.integers(0, 3000), min_size=1, max_size=12),
    weights=st.lists(st.lists(st.integers(0, 50), min_size=5, max_size=5), min_size=12, max_size=12),
)
def test_apportion_conserves_each_zone(totals: list[int], weights: list[list[int]]) -> None:
    shares = np.array(weights[: len(totals)], dtype=float) + 0.01
    shares /= shares.sum(axis=1, keepdims=True)
    result = apportion(totals, shares)
    assert result.sum(axis=1).tolist() == totals
    assert result.min() >= 0
    # The first zone has nothing carried over: the classical largest remainder, never a whole person off.
    assert np.abs(result[0] - totals[0] * shares[0]).max() < 1 + 1e-9


@given(totals=st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_apportion_carries_small_ages_over(totals: list[int]) -> None:
    shares = np.array([0.6, 0.39, 0.007, 0.003])
    result = apportion(totals, np.tile(shares, (len(totals), 1)))
    assert np.abs(result.sum(axis=0) - sum(totals) * shares).max() < 1.5


# --- Identity ---


def test_order_of_codes_changes_nothing(agglomeration: Territory) -> None:
    codes = list(agglomeration.zones)
    random.Random(1).shuffle(codes)
    again = Territory.from_communes(codes)
    assert again.zones == agglomeration.zones
    assert again.digest == agglomeration.digest
    assert (again.travel_minutes == agglomeration.travel_minutes).all()


def test_digest_distinguishes_territories(agglomeration: Territory) -> None:
    other = agglomeration.population.copy()
    other[0, 40] += 1
    variants = [
        dataclasses.replace(agglomeration, population=other),
        dataclasses.replace(agglomeration, cutoff_minutes=20.0),
        dataclasses.replace(agglomeration, crow_fly=CrowFly(minutes_per_km=1.2)),
        dataclasses.replace(agglomeration, area_km2=agglomeration.area_km2 * 2),
    ]
    assert len({t.digest for t in [agglomeration, *variants]}) == 5
    assert dataclasses.replace(agglomeration, name="x").digest == agglomeration.digest


def test_digest_is_the_same_in_another_process_and_networkx_is_loaded_late(agglomeration: Territory) -> None:
    code = (
        "import sys; from ess_sim import Territory; t = Territory.from_epci('200083392'); t.travel_minutes; "
        "assert 'networkx' not in sys.modules; t.travel_graph(); assert 'networkx' in sys.modules; print(t.digest)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == agglomeration.digest


def test_arrays_cannot_be_written(agglomeration: Territory) -> None:
    _ = agglomeration.travel_minutes
    for territory in (agglomeration, pickle.loads(pickle.dumps(agglomeration))):
        for array in (territory.population, territory.area_km2, territory.travel_indices, territory.travel_minutes):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
        assert territory.digest == agglomeration.digest
    with pytest.raises(dataclasses.FrozenInstanceError):
        agglomeration.name = "x"  # type: ignore[misc]


def test_repr_and_frame(agglomeration: Territory) -> None:
    assert repr(agglomeration).startswith("Territory('Laval Agglomération': 34 zones, 115195 residents, ")
    frame = agglomeration.to_frame()
    assert list(frame.columns[:5]) == ["zone", "name", "departement", "residents", "adults"]
    assert frame["residents"].sum() == 115_195
    assert (frame["adults"] == agglomeration.population[:, 17:].sum(axis=1)).all()


# --- Unknown codes ---


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("epci", "20008339", r"no EPCI code '20008339' \(did you mean '200083392', Laval Agglomération\?\)"),
        ("epci", "Mayenne", r"no EPCI 'Mayenne': this is the name of the département Mayenne \(53\), give it as `dep"),
        ("epci", "Saint-Denis", "this is the name of 4 communes, give one as `communes`"),
        ("epci", "laval aglomeration", r"did you mean '200083392', Laval Agglomération"),
        ("epci", 200083392, "EPCI code 200083392 is not text"),
        ("epci", "53", r"this is the département Mayenne, give it as `departement`"),
        ("epci", "qqqqqq", "search_territories"),
        ("departement", 1, "is not text: write it in quotes, with its leading zeros, e.g. '01'"),
        ("departement", "1", r"did you mean '01', Ain"),
        ("departement", "Mayene", r"did you mean '53', Mayenne"),
        ("epci", "52", "the département Haute-Marne, give it as `departement`, or the région Pays de la Loire, give"),
        ("region", "Mayenne", "this is the name of the département Mayenne"),
        ("region", "Bretagn", r"did you mean '53', Bretagne"),
        ("departement", " 53", r"did you mean '53'"),
        ("departement", "2a", r"did you mean '2A', Corse-du-Sud\?"),
        ("communes", ["2a004"], r"did you mean '2A004', Ajaccio\?"),
        ("communes", ["Lavall"], r"did you mean '53130', Laval or '"),
        ("communes", ["9"], r"no commune code '9': `ess-sim territories NAME`"),
        ("communes", ["99999"], r"no commune code '99999': `ess-sim territories NAME`"),
        ("departement", "988", "overseas collectivities"),
        ("departement", "20", "Corsica's codes begin with 2A or 2B"),
        ("communes", ["97502"], "no commune code '97502': the overseas collectivities"),
        ("communes", ["1001"], r"did you mean '01001'"),
        (
            "communes",
            ["St Denis"],
            r"'St Denis' names 4 communes: 11339 .* 93066 Saint-Denis \(Seine-Saint-Denis\)",
        ),
        ("communes", ["53130", "laval"], "'53130', Laval, is given twice"),
        ("communes", [53130], "commune code 53130 is not text"),
        ("communes", "53130", r"write \['53130'\]"),
        ("communes", [], "no code given"),
        ("communes", ["53130", "53130"], "'53130', Laval, is given twice"),
        ("communes", ["75056", "75101"], r"'75101', .* is given twice \(through '75056' and '75101'\)"),
    ],
)
def test_unknown_codes(kind: str, code: object, message: str) -> None:
    with pytest.raises(TerritoryError, match=message):
        getattr(Territory, f"from_{kind}")(code)


def test_zone_index(agglomeration: Territory) -> None:
    assert agglomeration.zones[agglomeration.zone_index(LAVAL)] == LAVAL
    with pytest.raises(TerritoryError, match=r"has no zone '531300' \(did you mean '53130'\?\)"):
        agglomeration.zone_index("531300")
    assert agglomeration.zone_index("laval") == agglomeration.zone_index(LAVAL)
    minutes = agglomeration.travel_minutes_between
    assert minutes("Laval", "CHANGE") == minutes(LAVAL, CHANGE)
    with pytest.raises(TerritoryError, match=r"has no zone 'Lavale' \(did you mean '53130', Laval\?\)"):
        agglomeration.zone_index("Lavale")
    two = dataclasses.replace(agglomeration, zone_names=("Twin", "Twin", *agglomeration.zone_names[2:]))
    with pytest.raises(TerritoryError, match="no zone 'twin': it names 53001, 53007: give the code"):
        two.zone_index("twin")
    with pytest.raises(TerritoryError, match="not text"):
        agglomeration.zone_index(53130)  # type: ignore[arg-type]


def test_search() -> None:
    everything = search_territories()
    assert everything.groupby("kind").size().to_dict() == {"departement": 101, "epci": 1255, "ept": 11, "region": 18}
    for kind in ("departement", "region"):
        assert everything.loc[everything["kind"] == kind, "population"].sum() == 68_350_798
    assert search_territories("LAVAL-agglomeration")["population"].tolist() == [115_195]
    assert "2A" in search_territories("2a")["code"].tolist()
    assert search_territories("DECIZE").values.tolist()[0] == ["58095", "Decize", "communes", "58", 1, 4932]
    assert search_territories("st denis")["name"].isin(["Saint-Denis"]).sum() == 4
    assert search_territories("pays de la loire")["departement"].tolist() == [""]
    assert search_territories("laval agglo")["departement"].tolist() == ["53"]
    assert search_territories("58095")["name"].tolist() == ["Decize"]
    for craon in ("CC Pays de Craon", "cc du pays de cra", "Communauté de communes Craon"):
        assert search_territories(craon)["code"].tolist() == ["200048551"]
    assert search_territories("CA de Laval")["code"].tolist()[0] == "200083392"
    assert search_territories("49149")["name"].tolist() == ["Gennes-Val-de-Loire"]  # of Gennes, a former commune
    assert "49261" in search_territories("gennes")["code"].tolist()
    assert len(search_territories("nowhere at all")) == len(search_territories("--")) == 0
    assert list(search_territories("nowhere at all").columns) == list(everything.columns)


# --- Quarters ---


HILARD = Quarter("53130-H", "Hilard", LAVAL, 4000, 48.077, -0.785)
FOURCHES = Quarter("53130-F", "Les Fourches", LAVAL, 7000, 48.083, -0.76)


def test_a_quarter_takes_residents_area_and_ages_from_its_commune(agglomeration: Territory) -> None:
    cut = agglomeration.with_quarters([HILARD, FOURCHES])
    assert len(cut.zones) == 36
    assert list(cut.zones) == sorted(cut.zones)
    rows = {code: cut.zone_index(code) for code in (LAVAL, "53130-F", "53130-H")}
    residents = {code: int(cut.population[row].sum()) for code, row in rows.items()}
    assert residents == {LAVAL: 49_400 - 11_000, "53130-F": 7000, "53130-H": 4000}
    whole = agglomeration.zone_index(LAVAL)
    assert (cut.population[list(rows.values())].sum(axis=0) == agglomeration.population[whole]).all()
    shape = agglomeration.population[whole] / 49_400
    for code, row in rows.items():
        assert np.abs(cut.population[row] - residents[code] * shape).max() < 2
        assert cut.area_km2[row] == pytest.approx(agglomeration.area_km2[whole] * residents[code] / 49_400)
        assert cut.departements[row] == "53"
    assert (cut.longitude[rows["53130-H"]], cut.latitude[rows["53130-H"]]) == (HILARD.longitude, HILARD.latitude)
    assert cut.longitude[rows[LAVAL]] == agglomeration.longitude[whole]
    assert cut.zone_names[rows["53130-F"]] == "Les Fourches"
    others = [z for z in agglomeration.zones if z != LAVAL]
    a, b = [agglomeration.zone_index(z) for z in others], [cut.zone_index(z) for z in others]
    assert (agglomeration.population[a] == cut.population[b]).all()
    assert any("cut out of Laval with its ages and its density: Les Fourches (53130-F), Hilard" in n for n in cut.notes)


def test_a_quarter_is_reached_from_its_own_position(agglomeration: Territory) -> None:
    cut = agglomeration.with_quarters([HILARD])
    south = agglomeration.with_quarters([dataclasses.replace(HILARD, latitude=48.02)])
    assert cut.travel_minutes_between("53130-H", LAVAL) < 4 < south.travel_minutes_between("53130-H", LAVAL)
    assert cut.travel_minutes_between("53130-H", CHANGE) < south.travel_minutes_between("53130-H", CHANGE)
    assert cut.travel_minutes_between(LAVAL, CHANGE) == agglomeration.travel_minutes_between(LAVAL, CHANGE)
    assert (
        CrowFly().start_minutes
        < cut.minutes_within[cut.zone_index("53130-H")]
        < cut.minutes_within[cut.zone_index(LAVAL)]
    )


def test_order_of_quarters_changes_nothing(agglomeration: Territory) -> None:
    digest = agglomeration.with_quarters([HILARD, FOURCHES]).digest
    assert agglomeration.with_quarters([FOURCHES, HILARD]).digest == digest
    assert agglomeration.with_quarters([HILARD]).digest not in (digest, agglomeration.digest)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_quarters_lose_and_invent_nobody(sizes: list[int]) -> None:
    communes = Territory.from_communes([LOUVERNE])
    whole = communes.population[0]
    quarters = [Quarter(f"Q{i}", "", LOUVERNE, n, 48.12, -0.72) for i, n in enumerate(sizes)]
    if sum(sizes) > whole.sum():
        with pytest.raises(TerritoryError, match="outside other quarters"):
            communes.with_quarters(quarters)
        return
    cut = communes.with_quarters(quarters)
    assert cut.population.sum(axis=1).tolist() == [whole.sum() - sum(sizes), *sizes]
    assert (cut.population.sum(axis=0) == whole).all()
    assert cut.area_km2.sum() == pytest.approx(communes.area_km2.sum())


def test_a_commune_may_be_cut_up_entirely() -> None:
    louverne = Territory.from_communes([LOUVERNE])
    everybody = Quarter("L", "", LOUVERNE, int(louverne.population.sum()), 48.12, -0.72)
    cut = louverne.with_quarters([everybody])
    assert cut.adults.tolist() == [0, louverne.adults[0]]
    assert np.isfinite(cut.minutes_within).all()


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"code": CHANGE}, "code", "there is already a zone '53054' in"),
        ({"code": "53130-F"}, "code", "there is already a zone '53130-F' in"),
        ({"of": "531300"}, "of", r"has no zone '531300' \(did you mean '53130'\?\)"),
        ({"of": "Lavale"}, "of", r"did you mean '53130', Laval"),
        ({"of": "53130-F"}, "of", "has no zone '53130-F'"),
        ({"of": "75056"}, "of", "has no zone '75056'.*its zones are 75101 to 75120"),
        ({"residents": 0}, "residents", "must be at least 1, not 0"),
        ({"residents": 42_401}, "residents", "42401 residents, but Laval has only 42400 outside other quarters"),
        ({"latitude": -0.785, "longitude": 48.077}, "latitude", "km from the middle of Laval.*not swapped"),
        ({"latitude": 48.6}, "latitude", "58 km from the middle of Laval"),
    ],
)
def test_faulty_quarters(agglomeration: Territory, change: dict[str, Any], field: str, message: str) -> None:
    faulty = dataclasses.replace(HILARD, **change)
    ((place, where, what),) = agglomeration.quarter_problems([FOURCHES, faulty])
    assert (place, where) == (1, field)
    assert re.search(message, what)
    with pytest.raises(TerritoryError, match=f"quarter '{faulty.code}': {field}: "):
        agglomeration.with_quarters([FOURCHES, faulty])


def test_zones_left_out_are_gone_and_said(agglomeration: Territory) -> None:
    rest = agglomeration.without([CHANGE, LAVAL])
    assert rest.zones == tuple(z for z in agglomeration.zones if z not in (LAVAL, CHANGE))
    assert rest.digest == agglomeration.without([LAVAL, CHANGE, LAVAL]).digest
    for code in (LOUVERNE, "53034"):
        a, b = agglomeration.zone_index(code), rest.zone_index(code)
        assert (agglomeration.population[a] == rest.population[b]).all()
        assert (agglomeration.area_km2[a], agglomeration.zone_names[a]) == (rest.area_km2[b], rest.zone_names[b])
    minutes = agglomeration.travel_minutes_between(LOUVERNE, "53034")
    assert rest.travel_minutes_between(LOUVERNE, "53034") == minutes
    gone = int(agglomeration.population.sum() - rest.population.sum())
    assert f"left out, with {gone} residents: Changé (53054), Laval (53130)" in rest.notes
    assert agglomeration.without([]).digest == agglomeration.digest
    with pytest.raises(TerritoryError, match=r"has no zone '531300' \(did you mean '53130'\?\)"):
        agglomeration.without(["531300"])
    with pytest.raises(TerritoryError, match="has none left"):
        agglomeration.without(agglomeration.zones)


def test_the_travel_table_comes_last(quarters: Path, tmp_path: Path) -> None:
    table = Territory.from_csv(quarters).with_travel_csv(travel(tmp_path / "t.csv", "Q1,Q2,5"))
    with pytest.raises(TerritoryError, match="name its quarters first"):
        table.with_quarters([HILARD])
    with pytest.raises(TerritoryError, match="leave zones out first"):
        table.without(["Q3"])


# --- Travel ---


def dense(territory: Territory) -> np.ndarray:
    n = len(territory.zones)
    matrix = np.full((n, n), np.inf)
    rows = np.repeat(np.arange(n), np.diff(territory.travel_indptr))
    matrix[rows, territory.travel_indices] = territory.travel_minutes
    return matrix


def test_travel_is_symmetric_sorted_and_holds_the_diagonal(mayenne: Territory) -> None:
    matrix = dense(mayenne)
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == mayenne.minutes_within).all()
    assert matrix[np.isfinite(matrix)].max() <= 30
    for start, stop in zip(mayenne.travel_indptr[:-1], mayenne.travel_indptr[1:], strict=True):
        assert (np.diff(mayenne.travel_indices[start:stop]) > 0).all()


def test_travel_agrees_with_the_plain_formula(agglomeration: Territory) -> None:
    lon, lat = np.radians(agglomeration.longitude), np.radians(agglomeration.latitude)
    matrix = dense(agglomeration)
    pace = paces()["53"].minutes_per_km
    for i in range(len(lon)):
        for j in range(len(lon)):
            if i == j:
                continue
            cosine = math.sin(lat[i]) * math.sin(lat[j])
            cosine += math.cos(lat[i]) * math.cos(lat[j]) * math.cos(lon[i] - lon[j])
            km = 6371.0088 * math.acos(min(cosine, 1.0))
            minutes = 1.5 + pace * (km + math.sqrt(km))
            assert matrix[i, j] == (pytest.approx(minutes, abs=1e-6) if minutes <= 30 else math.inf)


@pytest.mark.parametrize("cutoff", [1.0, 8.0, 30.0, 38.9, 40.3])
def test_direct_edges_are_the_shortest_paths(mayenne: Territory, cutoff: float) -> None:
    territory = dataclasses.replace(mayenne, cutoff_minutes=cutoff)
    assert territory._direct_is_shortest
    direct = dense(territory)
    origins, destinations, minutes = territory._shortest_paths()
    dijkstra = np.full_like(direct, np.inf)
    dijkstra[origins, destinations] = minutes
    np.fill_diagonal(dijkstra, territory.minutes_within)
    assert (np.isfinite(direct) == np.isfinite(dijkstra)).all()
    assert np.allclose(direct[np.isfinite(direct)], dijkstra[np.isfinite(dijkstra)], rtol=0, atol=1e-9)


def test_beyond_the_reach_of_the_fit_paths_are_chained(mayenne: Territory) -> None:
    territory = dataclasses.replace(mayenne, cutoff_minutes=45.0)
    assert not territory._direct_is_shortest
    matrix = dense(territory)
    near = dense(mayenne)
    assert (np.isfinite(matrix) & (matrix > CrowFly().minutes(30.0, "53"))).any()
    assert np.allclose(matrix[np.isfinite(near)], near[np.isfinite(near)], rtol=0, atol=1e-9)


def test_graph(agglomeration: Territory) -> None:
    graph = agglomeration.travel_graph()
    assert sorted(graph.nodes) == list(agglomeration.zones)
    assert graph.nodes[LAVAL]["within_minutes"] == agglomeration.travel_minutes_between(LAVAL, LAVAL)
    assert graph[LAVAL][CHANGE]["minutes"] == agglomeration.travel_minutes_between(CHANGE, LAVAL)


def test_within_a_zone() -> None:
    fly = CrowFly(minutes_per_km=2.0)
    assert fly.minutes_within(np.array([math.pi * 64, 1e5]), np.array([2.0, 2.0])).tolist() == [1.5 + 2 * 6, 15]
    for wrong in ({"start_minutes": 0}, {"minutes_per_km": 0}, {"bend": -1}):
        with pytest.raises(TerritoryError, match="positive"):
            CrowFly(**wrong)


def test_far_away_is_infinitely_far() -> None:
    assert Territory.from_communes([LAVAL, "97411"]).travel_minutes_between(LAVAL, "97411") == math.inf


# --- CSV ---

Rows = list[dict[str, object]]


def three_zones() -> Rows:
    return [
        {"zone": zone, "name": name, "lon": lon, "lat": 48.0, "area_km2": 4.5, "age": age, "count": 10 + age % 7 + i}
        for i, (zone, name, lon) in enumerate([("Q1", "Nord", 0.0), ("Q2", "Sud", 0.05), ("Q3", "Est", 0.1)])
        for age in range(AGES)
    ]


def write(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    pd.DataFrame(list(rows)).to_csv(path, index=False)
    return path


def test_csv(tmp_path: Path) -> None:
    territory = Territory.from_csv(write(tmp_path / "quarters.csv", three_zones()))
    assert territory.name == "quarters"
    assert territory.zones == ("Q1", "Q2", "Q3")
    assert territory.zone_names == ("Nord", "Sud", "Est")
    assert territory.departements == ("", "", "")
    assert territory.population[1, 20] == 10 + 20 % 7 + 1
    assert territory.travel_minutes_between("Q1", "Q2") == pytest.approx(CrowFly().minutes(3.72), abs=0.01)
    assert not any("have no row" in n for n in territory.notes)


def test_csv_row_and_column_order_do_not_matter(tmp_path: Path) -> None:
    rows = three_zones()
    first = Territory.from_csv(write(tmp_path / "a.csv", rows))
    random.Random(2).shuffle(rows)
    second = Territory.from_csv(write(tmp_path / "b.csv", [dict(reversed(r.items())) for r in rows]))
    assert first.digest == second.digest


def test_csv_round_trip_of_a_bundled_territory(agglomeration: Territory, tmp_path: Path) -> None:
    rows: Rows = [
        {"zone": z, "name": agglomeration.zone_names[i], "lon": agglomeration.longitude[i],
         "lat": agglomeration.latitude[i], "area_km2": agglomeration.area_km2[i], "age": age,
         "count": agglomeration.population[i, age], "departement": "53"}
        for i, z in enumerate(agglomeration.zones) for age in range(AGES)
    ]  # fmt: skip
    assert Territory.from_csv(write(tmp_path / "laval.csv", rows)).digest == agglomeration.digest


def test_csv_absent_ages_count_nobody_and_are_said(tmp_path: Path) -> None:
    territory = Territory.from_csv(write(tmp_path / "a.csv", [r for r in three_zones() if r["age"] != 30]))
    assert territory.population[:, 30].sum() == 0
    assert any("3 of 318 zones and ages have no row" in n for n in territory.notes)


HEADER = "zone,name,lon,lat,area_km2,age,count\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"p\.csv:1: the file is empty"),
        (HEADER, r"p\.csv:2: no rows"),
        (
            HEADER.replace("_km2", "_k") + "A,a,0,48,1,3,5\n",
            r"csv:1: missing column 'area_km2' \(did you mean 'area_k'",
        ),
        ("zone;name;lon\nA;a;0\n", r"p\.csv:1: missing column 'lat', 'area_km2', 'age', 'count'; wanted: zone,name,"),
        (HEADER.replace("\n", ",sex\n") + "A,a,0,48,1,3,5,1\n", r"p\.csv:1:38: unknown column 'sex'"),
        (
            HEADER + "A,a,0,48,1,3,5\nA,a,0,48,1,4,-2\n",
            r"p\.csv:3:14: count: -2 is out of range, it must be at least 0",
        ),
        (HEADER + "A,a,0,48,1,3,5\n\nA,a,0,48,1,4,2.5\n", r"p\.csv:4:14: count: 2\.5 is not a whole number"),
        (HEADER + "A,a,0,48,1,3,many\n", r"p\.csv:2:14: count: 'many' is not a number"),
        (HEADER + "A,a,0,48,1,3,\n", r"p\.csv:2:14: count: '' is not a number"),
        (
            HEADER + "A,a,0,48,1,106,5\n",
            r"p\.csv:2:12: age: 106 is out of range, it must be at least 0 and at most 105",
        ),
        (HEADER + "A,a,0,98,1,3,5\n", r"p\.csv:2:7: lat: 98 is out of range"),
        (HEADER + "A,a,0,48,0,3,5\n", r"p\.csv:2:10: area_km2: 0 is out of range, it must be more than 0"),
        (HEADER + ",a,0,48,1,3,5\n", r"p\.csv:2:1: zone: no code"),
        (HEADER + "A,a,0,48,1,3,5\nA,a,0,48,1,3,6\n", r"p\.csv:3:12: zone 'A' and age '3': already given in line 2"),
        (HEADER + "A,a,0,48,1,3,5\nA,b,0,48,1,4,5\n", r"p\.csv:3:3: name: zone 'A' has another name in a row before"),
        (HEADER + "A,a,0,48,1,3,5\nA,a,0,48,1,4,5,6,7\n", r"p\.csv:3:16: more values than the 7 columns"),
        (
            HEADER + "A,a,0,48,1,3,5,6\nA,a,0,48,1,4,5,6\n",
            r"p\.csv:2:16: more values than the 7 columns.*\n.*p\.csv:3:16: ",
        ),
        (HEADER + "A,a,0,48,1,3,5\nA,a,0,48,1,4\n", r"p\.csv:3:12: fewer values than the 7 columns"),
        (HEADER + "A,a,-0,77,48,07,1,3,5\n", r"p\.csv:2:19: more values .*decimals take a point"),
        (HEADER + "A,a,0,48,1,3,1 20\n", r"p\.csv:2:14: count: '1 20' is not a number"),
        (HEADER + 'A,a,0,48,1,3,5\nA,"a,0,48,1,4,5\nA,a,0,48,1,5,5\n', r"p\.csv:3:3: a quotation mark opens here"),
        (HEADER + 'A,"a"b,0,48,1,3,5\n', r"p\.csv:2:5: a quotation mark inside a value"),
        ("zone\tname\n", r"p\.csv:1: missing column 'lon'"),
        (HEADER.replace("name", "zone"), r"p\.csv:1:6: column 'zone' is given twice"),
        (HEADER.replace("\n", ",,\n"), r"p\.csv:1:39: two columns have no name: delete empty columns"),
        (HEADER.replace("\n", ",\n"), r"p\.csv:1:38: a column has no name: delete empty columns"),
        (HEADER + "A,a,0,48,1,3," + "1" + "0" * 18 + "\n", r"p\.csv:2:14: count: 1000000000000000000 is out of range"),
        (HEADER + "A,a,421000,6780000,1,3,5\n", r"lon: 421000 is out of range, .*degrees, not metres of a projection"),
    ],
)
def test_csv_faults_are_told_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TerritoryError, match=message):
        Territory.from_csv(tmp_path / "p.csv")


def test_csv_tells_all_faults_at_once_in_file_order(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "A,a,x,48,1,3,5\nA,a,0,48,1,4,-1\n" + "B,b,0,48,1,z,1\n" * 30, "utf-8")
    with pytest.raises(TerritoryError) as caught:
        Territory.from_csv(tmp_path / "p.csv")
    lines = str(caught.value).splitlines()
    assert "p.csv:2:5: lon" in lines[0]
    assert "p.csv:3:14: count" in lines[1]
    assert lines[-1] == "… and 12 more"


def test_csv_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(TerritoryError, match="no such file"):
        Territory.from_csv(tmp_path / "none.csv")
    (tmp_path / "mac.csv").write_bytes((HEADER + "A,é,0,48,1,3,5\n").encode("mac-roman"))
    with pytest.raises(TerritoryError, match=r"mac\.csv:2:3: not UTF-8 text .*: byte 0x8E"):
        Territory.from_csv(tmp_path / "mac.csv")
    (tmp_path / "mark.csv").write_bytes(HEADER.encode("utf-8-sig") + "é,".encode() + b"\xbb,0,48,1,3,5\n")
    with pytest.raises(TerritoryError, match=r"mark\.csv:2:3: not UTF-8 text .*: byte 0xBB"):
        Territory.from_csv(tmp_path / "mark.csv")


@pytest.fixture
def quarters(tmp_path: Path) -> Path:
    return write(tmp_path / "quarters.csv", three_zones())


def travel(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["from_zone,to_zone,minutes", *rows]) + "\n", encoding="utf-8")
    return path


def test_travel_csv_takes_the_shortest_path_between_zones_without_a_row(quarters: Path, tmp_path: Path) -> None:
    table = travel(tmp_path / "t.csv", "Q1,Q2,7", "Q2,Q3,8", "Q2,Q2,3")
    territory = Territory.from_csv(quarters, table)
    assert territory.travel_minutes_between("Q1", "Q3") == 15
    assert territory.travel_minutes_between("Q3", "Q1") == 15
    assert territory.travel_minutes_between("Q2", "Q2") == 3
    assert territory.travel_minutes_between("Q1", "Q1") == pytest.approx(
        CrowFly().minutes(math.sqrt(4.5 / math.pi) / 2)
    )
    assert any(n.startswith("travel: the user's own table") for n in territory.notes)
    assert not any("crow-fly" in n for n in territory.notes)


@pytest.mark.parametrize(
    ("rows", "there", "back"),
    [
        (("Q1,Q3,20",), 20, 20),  # through Q2 it would be 15
        (("Q1,Q3,20", "Q3,Q1,12"), 20, 12),
        (("Q1,Q3,40",), math.inf, math.inf),  # given, and beyond the cut-off
        (("Q1,Q3,0",), 0, 0),
    ],
)
def test_a_given_time_is_never_overruled(
    quarters: Path, tmp_path: Path, rows: tuple[str, ...], there: float, back: float
) -> None:
    territory = Territory.from_csv(quarters, travel(tmp_path / "t.csv", "Q1,Q2,7", "Q2,Q3,8", *rows))
    assert territory.travel_minutes_between("Q1", "Q3") == there
    assert territory.travel_minutes_between("Q3", "Q1") == back
    assert territory.travel_minutes_between("Q1", "Q2") == 7


def test_paths_are_those_of_the_graph_to_the_last_bit(mayenne: Territory) -> None:
    """Of default edges and of a table with gaps, zeros and two directions."""
    import networkx as nx

    rng = np.random.default_rng(7)
    some = dataclasses.replace(mayenne.without(mayenne.zones[60:]), cutoff_minutes=45.0)
    ends = rng.permutation([(i, j) for i in range(60) for j in range(60) if i != j])[:400].T
    minutes = np.where(rng.random(400) < 0.02, 0.0, rng.uniform(1, 40, 400))
    for territory in (some, dataclasses.replace(some, edges=(*ends, minutes))):
        edges = territory._default_edges(45.0) if territory.edges is None else territory.edges
        origins, destinations, found = shortest_paths(60, edges, 45.0)
        graph = territory.travel_graph()
        paths = {i: nx.single_source_dijkstra_path_length(graph, z, 45.0, "minutes") for i, z in enumerate(some.zones)}
        expected = {(i, some.zone_index(z)): m for i, to in paths.items() for z, m in to.items() if z != some.zones[i]}
        assert (
            dict(zip(zip(origins.tolist(), destinations.tolist(), strict=True), found.tolist(), strict=True))
            == expected
        )
        assert len(expected) > 1000


def test_travel_csv_directions_cutoff_and_lonely_zones(quarters: Path, tmp_path: Path) -> None:
    territory = Territory.from_csv(quarters, travel(tmp_path / "t.csv", "Q1,Q2,7", "Q2,Q1,9", "Q2,Q2,40"))
    assert territory.travel_minutes_between("Q1", "Q2") == 7
    assert territory.travel_minutes_between("Q2", "Q1") == 9
    assert territory.travel_minutes_between("Q2", "Q2") == 40  # never cut off from oneself
    assert territory.travel_minutes_between("Q1", "Q3") == math.inf
    assert any("1 of 3 zones lead nowhere" in n for n in territory.notes)
    short = dataclasses.replace(territory, cutoff_minutes=8.0)
    assert short.travel_minutes_between("Q2", "Q1") == math.inf


def test_travel_csv_order_does_not_matter(quarters: Path, tmp_path: Path) -> None:
    one = Territory.from_csv(quarters, travel(tmp_path / "a.csv", "Q1,Q2,7", "Q2,Q3,8"))
    two = Territory.from_csv(quarters).with_travel_csv(travel(tmp_path / "b.csv", "Q3,Q2,8", "Q2,Q3,8", "Q2,Q1,7"))
    assert one.digest == two.digest != Territory.from_csv(quarters).digest


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["Q1,Q2,7", "Q1,Q22,7"], r"t\.csv:3:4: to_zone: unknown zone 'Q22' \(did you mean"),
        (["Q1,Q2,-7"], r"t\.csv:2:7: minutes: -7 is out of range"),
        (["Q1,Q2,7", "Q1,Q2,8"], r"t\.csv:3:4: from_zone 'Q1' and to_zone 'Q2': already given in line 2"),
        (["Q1,Q2,inf"], r"t\.csv:2:7: minutes: 'inf' is not a number"),
    ],
)
def test_travel_csv_faults(quarters: Path, tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(TerritoryError, match=message):
        Territory.from_csv(quarters, travel(tmp_path / "t.csv", *rows))


# --- The class itself ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zones": ()}, "has no zones"),
        ({"departements": ("53", "", "2a")}, r"no département '2a' \(did you mean '2A', Corse-du-Sud\?\)"),
        ({"zones": ("Q2", "Q1", "Q3")}, "sorted"),
        ({"zone_names": ("a",)}, "one value for each"),
        ({"cutoff_minutes": 0.0}, "cutoff_minutes must be positive"),
        ({"population": np.zeros((3, 5), dtype=np.int64)}, "3 rows of 106 ages"),
        ({"population": np.full((3, AGES), 0.5)}, "whole numbers"),
        ({"population": np.full((3, AGES), -1)}, "none negative"),
        ({"longitude": np.array([0.0, np.nan, 1.0])}, "longitude must have one number"),
    ],
)
def test_pieces_must_fit(quarters: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(TerritoryError, match=message):
        dataclasses.replace(Territory.from_csv(quarters), **change)  # type: ignore[arg-type]


def test_a_kind_of_code_is_declared_once() -> None:
    """Countries' tables of kinds name what the specification and the bundled communes have."""
    assert {*KINDS, "france", "csv"} == set(WAYS) <= set(TerritorySpec.model_fields)
    assert len(KINDS) == sum(len(country.kinds) for country in COUNTRIES)  # no key twice
    for country in COUNTRIES:
        columns = {kind.column for kind in country.kinds}
        assert {country.region, country.vicinity, "code"} <= columns <= set(country.communes().columns)
    assert all(kind.example in set(kind.read()["code"]) for kind in KINDS.values())
