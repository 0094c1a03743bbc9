"""Residents by age of every commune in any year: published totals, the département's change, what is said of them."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim.errors import ArgumentError
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.ages import AGES
from ess_sim.inputs.territory.countries.country import STAND_IN, Basis, Country, Kind
from ess_sim.inputs.territory.countries.france import FRANCE
from ess_sim.inputs.territory.countries.search import search_territories
from ess_sim.inputs.territory.demography.cohorts import (
    Anchors,
    Origin,
    anchors_of_region,
    change_ratios,
    five_years_later,
)
from ess_sim.inputs.territory.demography.communes import bands_of_communes
from ess_sim.inputs.territory.quarters import Quarter
from ess_sim.inputs.territory.territory import Territory

BAND = np.minimum(np.arange(AGES) // 5, 19)
LAVAL = "53130"


def bands(territory: Territory) -> pd.DataFrame:
    """Residents by five-year band, one row a zone."""
    return pd.DataFrame(territory.population.T).groupby(BAND).sum().T.set_axis(list(territory.zones))


def share_65(residents: pd.Series[int]) -> float:
    return float(residents.iloc[13:].sum() / residents.sum())


@pytest.fixture(scope="module")
def france() -> Territory:
    return Territory.france()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return bundled.communes().set_index("code")


# --- everyone once ---


def test_every_commune_has_its_published_population(france: Territory, table: pd.DataFrame) -> None:
    assert len(france.zones) == 34_875 - 3 + 45
    assert france.population.sum() == 68_350_798
    assert (france.population.sum(axis=1) == table.loc[list(france.zones), "population"].to_numpy()).all()
    assert "_travel" not in france.__dict__  # millions of pairs: only when asked for
    rows = bundled.population_of_communes().droplevel("basis").sum(axis=1)
    then = Territory.france(year=2021)
    assert (then.population.sum(axis=1) == rows.reindex(then.zones).fillna(0).to_numpy()).all()


def test_every_departement_and_intercommunality_adds_up(france: Territory, table: pd.DataFrame) -> None:
    """What `from_epci` and `from_departement` build are rows of this France: see the test below."""
    parents = table["parent"].where(table["parent"] != "", table.index.to_series())
    whole = table.loc[parents.loc[list(france.zones)]].assign(residents=france.population.sum(axis=1))
    places = search_territories().set_index("code")
    for kind, number in (("departement", 101), ("epci", 1255), ("ept", 11)):
        residents = whole[whole[kind] != ""].groupby(kind)["residents"].sum()
        published = places.loc[places["kind"] == kind, "population"]
        assert len(residents) == number
        assert residents.sort_index().to_dict() == published.sort_index().to_dict()
    alone = set(whole.index[whole["epci"] == ""])
    assert alone == {"22016", "29083", "29155", "85113"}  # four islands belong to no EPCI


ODD = {
    "Ouessant, in no EPCI": (lambda: Territory.from_communes(["29155"]), 1, 860),
    "a commune of Mayotte": (lambda: Territory.from_communes(["97611"]), 1, 71_437),
    "Corse-du-Sud": (lambda: Territory.from_departement("2A"), 124, None),
    "Haute-Corse": (lambda: Territory.from_departement("2B"), 236, None),
    "Paris by arrondissement": (lambda: Territory.from_communes(["75056"]), 20, None),
    "Grand Paris, over four départements": (lambda: Territory.from_epci("200054781"), 149, None),
    "an EPCI over two départements": (lambda: Territory.from_epci("200006682"), None, None),
    "a commune nouvelle": (lambda: Territory.from_communes(["49261"]), 1, None),
    "two départements": (lambda: Territory.from_communes(["53130", "35288"]), 2, None),
    "a commune without residents, and a neighbour": (lambda: Territory.from_communes(["55039", "55545"]), 2, None),
}


@pytest.mark.parametrize("place", ODD)
def test_odd_places_have_the_residents_that_they_have_in_france(
    place: str, france: Territory, table: pd.DataFrame
) -> None:
    make, zones, residents = ODD[place]
    territory = make()
    rows = [france.zone_index(code) for code in territory.zones]
    assert (territory.population == france.population[rows]).all()
    assert territory.population.sum() == table.loc[list(territory.zones), "population"].sum()
    assert zones in (None, len(territory.zones))
    assert residents in (None, territory.population.sum())


def test_a_commune_without_residents_is_said_and_stays_empty() -> None:
    for year in (2012, 2021, 2022, 2023, 2030):
        alone = Territory.from_communes(["55039"], year=year)
        assert alone.population.sum() == 0
        assert "zones without residents: Beaumont-en-Verdunois" in alone.notes
        assert [figure.key for figure in alone.figures] == ["territory.residents", "territory.travel"]


# --- the rule ---


def test_the_creuse_is_as_old_as_published() -> None:
    """INSEE's estimate: 31.9 % of 65 or over. With the ages of eight other départements it was 17.6 %."""
    creuse = bands(Territory.from_departement("23")).sum()
    assert share_65(bundled.population_of_departements().loc[(2023, "23")]) == pytest.approx(0.319, abs=5e-4)
    assert share_65(creuse) == pytest.approx(0.319, abs=0.0025)  # rows of 2021 add up to 31.3 %, the estimate to 31.1 %


@pytest.mark.parametrize("year", [2012, 2017, 2021, 2022, 2023, 2025, 2028, 2033, 2050])
def test_bands_of_a_commune_change_as_the_departements(year: int, table: pd.DataFrame) -> None:
    own = bundled.population_of_communes().loc[LAVAL].iloc[0].astype(float)
    estimates = bundled.population_of_departements().xs("53", level="code").astype(float)
    of = {y: estimates.loc[y] for y in estimates.index}
    parents = of[2023].loc[20:40].sum()
    ratio = {age: of[2023][age] / of[2018][age - 5] for age in range(5, 95, 5)}
    ratio[95] = of[2023][95] / (of[2018][90] + of[2018][95])
    for then in (2028, 2033):
        before = of[then - 5]
        new = pd.Series({age: before[age - 5] * ratio[age] for age in range(5, 95, 5)})
        new[95] = (before[90] + before[95]) * ratio[95]
        new[0] = of[2023][0] / parents * new.loc[20:40].sum()
        of[then] = new.sort_index()
    of[2025] = of[2023] + (of[2028] - of[2023]) * 2 / 5
    of[2050] = of[2033]
    expected = own * of[year] / of[2021]
    correction = table.at[LAVAL, "population"] / (own * of[2023] / of[2021]).sum()
    part = {2022: 0.5}.get(year, float(year >= 2023))
    expected *= 1 + part * (correction - 1)
    made = bands(Territory.from_communes([LAVAL], year=year)).loc[LAVAL].to_numpy()
    assert made.sum() == pytest.approx(expected.sum(), abs=1)
    assert np.abs(made - expected.to_numpy()).max() < 6  # what rounding owes to other communes


def test_rounding_commune_by_commune_loses_no_age() -> None:
    """Alone it would lose most residents of 100 and over, of whom a commune of a few hundred has half a one."""
    mayenne = Territory.from_departement("53", year=2021)
    rows = bundled.population_of_communes().droplevel("basis").loc[list(mayenne.zones)]
    assert np.abs(bands(mayenne).sum().to_numpy() - rows.sum().to_numpy()).max() < 4
    assert mayenne.population[:, 100:].sum() > 50


def test_mayotte_keeps_its_legal_population_and_the_shape_of_its_estimates() -> None:
    """Legal populations of 2021 and 2023 are those of its census of 2017, a sixth below the estimate of 2023."""
    estimates = bundled.population_of_departements().xs("976", level="code")
    totals = {y: int(Territory.from_departement("976", year=y).population.sum()) for y in (2012, 2021, 2023, 2026)}
    assert totals[2021] == totals[2023] == 256_518
    assert totals[2012] == pytest.approx(256_518 * estimates.loc[2014].sum() / estimates.loc[2021].sum(), rel=0.01)
    assert totals[2026] > totals[2023]
    for year in (2021, 2023):  # published, and official no less wrong
        mayotte = Territory.from_departement("976", year=year)
        assert mayotte.figures[0].grade == "C"
        assert any("far from the INSEE estimates of 976 (-17 %)" in note for note in mayotte.notes)
    assert not any("far from" in note for code in ("23", "53") for note in Territory.from_departement(code).notes)
    now = bands(Territory.from_departement("976")).sum()
    assert np.abs(now / now.sum() - (estimates.loc[2023] / estimates.loc[2023].sum()).to_numpy()).max() < 1e-3


@pytest.mark.parametrize("make", [
    lambda year: Territory.from_epci("200083392", year=year),
    lambda year: Territory.from_ept("200057867", year=year),
    lambda year: Territory.from_departement("53", year=year),
    lambda year: Territory.from_communes([LAVAL], year=year),
    lambda year: Territory.from_codes("epci", "200083392", year=year),
    lambda year: Territory.france(year=year),
])  # fmt: skip
@pytest.mark.parametrize(
    ("year", "message"),
    [(1989, "1990 and 2100, not 1989"), (2101, "not 2101"), (2023.5, "whole number"), ("2023", "'2023'"), (True, "T")],
)
def test_a_year_out_of_range_is_refused(make, year: object, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ArgumentError, match=message):
        make(year)


# --- cohorts ---


@given(
    st.lists(st.integers(1, 9999), min_size=20, max_size=20), st.lists(st.integers(1, 9999), min_size=20, max_size=20)
)
def test_ratios_of_two_years_lead_from_one_to_the_other(before: list[int], now: list[int]) -> None:
    assert five_years_later(before, change_ratios(before, now)) == pytest.approx(now)


def test_a_cohort_is_followed() -> None:
    before, now = np.full(20, 100.0), np.full(20, 100.0)
    now[7] = 80.0  # a fifth of those who were 30 to 34 left
    later = five_years_later(now, change_ratios(before, now))
    assert later[7] == pytest.approx(80)
    assert later[8] == pytest.approx(80)
    assert later[0] == pytest.approx(100 * (100 + 100 + 100 + 80 + 80) / (100 + 100 + 100 + 80 + 100))
    empty = change_ratios(np.zeros(20), np.zeros(20))
    assert five_years_later(np.full(20, 5.0), empty)[[1, 19]].tolist() == [5.0, 10.0]


def test_years_between_and_beyond() -> None:
    anchors = Anchors(np.array([2010, 2015]), np.array([[10.0] * 20, [20.0] * 20]), 2010)
    found = {year: float(anchors.of_year(year)[0]) for year in (2000, 2010, 2011, 2014, 2015, 2030)}
    assert found == {2000: 10.0, 2010: 10.0, 2011: 12.0, 2014: 18.0, 2015: 20.0, 2030: 20.0}
    origins = [anchors.origin(year) for year in (2009, 2010, 2011, 2015, 2016)]
    assert origins == [Origin.FIRST_HELD, Origin.ESTIMATE, Origin.PROJECTION, Origin.PROJECTION, Origin.LAST_HELD]
    for region, first in (("53", 2012), ("976", 2014)):
        known = anchors_of_region(FRANCE, region)
        assert known is not None
        assert (known.years[0], known.years[-1], known.last_estimate) == (first, 2033, 2023)


# --- what is said ---


def test_notes_say_whose_residents_these_are() -> None:
    def notes(year: int, code: str = "53") -> str:
        return "\n".join(Territory.from_departement(code, year=year).notes)

    assert "population of 1 January 2023: INSEE municipal populations 2023; ages of 2021, changed as" in notes(2023)
    assert "population of 1 January 2021: residents of the communes in 2021\n" in notes(2021)
    assert "between residents of the communes in 2021 and INSEE municipal populations 2023" in notes(2022)
    assert "(INSEE estimates to 2023, then cohort change ratios)" in notes(2024)
    assert "grade D" not in notes(2033).replace(notes(2033).splitlines()[-1], "")  # but for travel
    assert "assumption (grade D): residents of the département 53 in 2034 are those of 2033" in notes(2034)
    assert "grade D): residents of the département 53 in 2011 are those of 2012" in notes(2011)
    assert "grade D): residents of the département 976 in 2013 are those of 2014" in notes(2013, "976")
    few, many = Territory.from_communes([LAVAL]).notes, Territory.from_departement("53").notes
    assert "ages: census 2021 (grade B): 49400 residents of Laval" in few
    assert any("(grade C): " in note and note.endswith("residents of 229 zones") for note in many)


@pytest.mark.parametrize(
    ("year", "grade"), [(2000, "D"), (2015, "B"), (2021, "A"), (2022, "B"), (2023, "A"), (2026, "C"), (2040, "D")]
)
def test_figures_add_up_and_are_graded(year: int, grade: str) -> None:
    pair = Territory.from_communes([LAVAL, "53054", "53001", "97611"], year=year)
    total, *by_basis = (figure for figure in pair.figures if figure.key != "territory.travel")
    assert (total.key, total.value, total.unit, total.grade) == (
        "territory.residents", pair.population.sum(), "residents", grade,
    )  # fmt: skip
    assert not total.given
    assert {figure.key for figure in by_basis} == {"territory.ages"}
    assert [figure.grade for figure in by_basis] == ["B", "C", "D"]
    assert sum(figure.value for figure in by_basis) == total.value


def test_figures_stay_and_are_no_part_of_the_digest() -> None:
    laval = Territory.from_communes([LAVAL, "53054"])
    quarter = Quarter("53130-H", "Hilard", LAVAL, 4000, 48.077, -0.785)
    assert laval.with_quarters([quarter]).figures == laval.without(["53054"]).figures == laval.figures
    assert dataclasses.replace(laval, figures=()).digest == laval.digest


# --- other countries ---


def country(
    rows: dict[str, list[int]], populations: dict[str, int], estimates: dict[int, list[int]] | None = None
) -> Country:
    """One region R with residents in 2020, rows of 2018, and estimates."""
    named = pd.DataFrame({"code": ["R"], "name": ["Region"]})
    places = pd.DataFrame({"code": list(populations), "population": list(populations.values()), "region": "R"})
    ages = pd.DataFrame.from_dict(rows, orient="index", columns=range(0, 100, 5))
    known = pd.DataFrame.from_dict(estimates or {}, orient="index", columns=range(0, 100, 5))
    known.index = pd.MultiIndex.from_product([known.index, ["R"]])
    return Country(
        name="Syldavia",
        kinds=(Kind("region", ("region", "région"), "region", "region", lambda: named, 1, "R"),),
        communes=lambda: places,
        region="region",
        vicinity="region",
        population="register",
        year=2020,
        ages=lambda: ages,
        bases={"": Basis("register", "A")},
        ages_year=2018,
        estimates=None if estimates is None else partial(pd.DataFrame.copy, known),
    )


def test_a_commune_without_row_has_the_ages_of_the_others() -> None:
    row = [2] * 10 + [4] * 10
    made = country({"A": row, "B": [0] * 20}, {"A": 66, "B": 30, "C": 15, "D": 0}, {2018: [100] * 20, 2019: [200] * 20})
    residents = pd.Series({"A": 66, "B": 30, "C": 15, "D": 0})
    found = bands_of_communes(made, "R", residents, 2020)
    assert found.basis == ("", STAND_IN, STAND_IN, STAND_IN)
    assert found.totals.tolist() == [66, 30, 15, 0]
    for commune in (0, 1, 2):
        assert found.bands[commune] / found.bands[commune].sum() == pytest.approx(np.array(row) / 60)
    assert not found.bands[3].any()
    then = bands_of_communes(made, "R", residents, 2018)
    assert then.totals == pytest.approx([60, 15, 7.5, 0])  # the row, or half of what the estimates double


def test_without_estimates_rows_hold_and_totals_move_between_two_years() -> None:
    made = country({"A": [3] * 20, "B": [5] * 20}, {"A": 90, "B": 0})
    totals = {
        year: bands_of_communes(made, "R", pd.Series({"A": 90, "B": 0}), year).totals.tolist()
        for year in (2000, 2018, 2019, 2020, 2099)
    }
    assert totals == {2000: [60, 100], 2018: [60, 100], 2019: [75, 50], 2020: [90, 0], 2099: [90, 0]}
