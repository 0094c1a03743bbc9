"""Minutes from distances: paces of départements, islands, what notes and figures say of them."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim import CrowFly, Quarter, Territory, TerritoryError
from ess_sim.inputs.catalogue.bundled import communes, departements, text
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.territory.roads.crow_fly import NATIONAL, paces
from ess_sim.inputs.territory.roads.islands import islands_of

LAVAL, ARGENTRE = "53130", "35006"  # Argentré-du-Plessis lies in the next département, Ille-et-Vilaine
OUESSANT, MOLENE, BREST, PLOUZANE = "29155", "29084", "29019", "29212"
BELLE_ILE = ["56009", "56114", "56152", "56241"]


def travel_of(territory: Territory) -> list[Figure]:
    return [figure for figure in territory.figures if figure.key == "territory.travel"]


def test_every_departement_has_a_pace_and_weak_ones_are_graded_so() -> None:
    known = paces()
    assert set(known) == {NATIONAL, *departements()["code"]}
    assert all(0.5 < pace.minutes_per_km < 3 for pace in known.values())
    assert {pace.grade for pace in known.values()} == {"B", "C", "D"}
    for code in ("75", "92", "93", "94", "06", "2A", "2B", "971"):
        assert known[code].grade == "C"
    assert {known[code] for code in ("75", "92", "93", "94")} == {known["75"]}
    assert known["973"].minutes_per_km == known[NATIONAL].minutes_per_km  # six pairs are too few
    assert known["48"].minutes_per_km > 1.2 * known["33"].minutes_per_km  # Lozère, Gironde


@given(st.floats(0, 30), st.floats(1e-6, 30), st.sampled_from(["", "53", "75", "48"]))
def test_minutes_rise_ever_more_slowly(km: float, more: float, departement: str) -> None:
    fly = CrowFly()
    near, middle, far = (fly.minutes(x, departement) for x in (km, km + more / 2, km + more))
    assert fly.start_minutes <= near < middle < far
    assert middle - near >= far - middle - 1e-9
    with pytest.raises(TerritoryError, match="not negative"):
        fly.minutes(-1.0)
    with pytest.raises(TerritoryError, match="no département '7'"):
        fly.minutes(1.0, "7")


@given(st.floats(0, 60), st.floats(0.2, 4), st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_the_distance_of_some_minutes(minutes: float, pace: float, bend: float) -> None:
    fly = CrowFly(bend=bend, minutes_per_km=pace)
    assert fly.minutes(fly.km_within(minutes, pace)) == pytest.approx(max(minutes, fly.start_minutes))


def test_a_pair_takes_the_mean_of_both_departements() -> None:
    border = Territory.from_communes([LAVAL, ARGENTRE])
    alone = CrowFly(minutes_per_km=1.0)
    km_and_root = dataclasses.replace(border, crow_fly=alone).travel_minutes_between(LAVAL, ARGENTRE) - 1.5
    known = paces()
    mean = (known["53"].minutes_per_km + known["35"].minutes_per_km) / 2
    assert border.travel_minutes_between(LAVAL, ARGENTRE) == pytest.approx(1.5 + mean * km_and_root)
    assert border.travel_minutes_between(ARGENTRE, LAVAL) == border.travel_minutes_between(LAVAL, ARGENTRE)


def test_a_way_around_never_takes_the_place_of_a_direct_edge() -> None:
    """From slow Paris over fast Indre, which lies on the way here, it would be quicker."""
    four = Territory(
        name="four in a row",
        zones=("A", "B", "C", "D"),
        zone_names=("A", "B", "C", "D"),
        departements=("75", "36", "36", "75"),
        population=np.ones((4, 106), dtype=np.int64),
        area_km2=np.ones(4),
        longitude=np.array([0.0, 0.02, 0.36, 0.38]),
        latitude=np.full(4, 48.0),
        cutoff_minutes=120.0,
    )
    assert not four._direct_is_shortest
    around = sum(four.travel_minutes_between(*leg) for leg in ("AB", "BC", "CD"))
    direct = four.travel_minutes_between("A", "D")
    assert around < direct == pytest.approx(CrowFly().minutes(28.27, "75"), abs=0.1)
    # beyond the cut-off, the way around does not count either
    assert dataclasses.replace(four, cutoff_minutes=around + 1).travel_minutes_between("A", "D") == math.inf


def test_islands_are_communes_of_their_name() -> None:
    known = communes().set_index("code")["name"]
    table = text("islands.csv").set_index("commune")["island"]
    assert len(table) == 24
    unlike = {table[code] for code, name in known.loc[table.index].items() if not alike(table[code], name)}
    assert unlike == {"Belle-Île", "Marie-Galante", "Petite-Terre"}, "islands of several communes"


def alike(island: str, commune: str) -> bool:
    return re.sub("[- ]", "", island) in re.sub("[- ]", "", commune)


def test_no_default_edge_leads_over_water() -> None:
    iroise = Territory.from_communes([OUESSANT, MOLENE, BREST, PLOUZANE])
    assert iroise.travel_minutes_between(OUESSANT, MOLENE) == math.inf
    assert iroise.travel_minutes_between(MOLENE, PLOUZANE) == math.inf
    assert iroise.travel_minutes_between(BREST, PLOUZANE) < 30
    assert dataclasses.replace(iroise, cutoff_minutes=200.0).travel_minutes_between(OUESSANT, BREST) == math.inf
    assert "travel: no default journey over water, a table of one's own may add ferries: Ouessant, Île-Molène" in (
        iroise.notes
    )
    assert OUESSANT not in iroise.travel_graph()[BREST]
    belle_ile = Territory.from_communes(BELLE_ILE)
    assert np.isfinite([belle_ile.travel_minutes_between(BELLE_ILE[0], other) for other in BELLE_ILE]).all()
    assert not any("over water" in note for note in belle_ile.notes)


def test_a_users_table_adds_the_ferry(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"from_zone,to_zone,minutes\n{MOLENE},{PLOUZANE},29\n", encoding="utf-8")
    table = Territory.from_communes([MOLENE, PLOUZANE]).with_travel_csv(tmp_path / "t.csv")
    assert table.travel_minutes_between(MOLENE, PLOUZANE) == 29
    assert [note for note in table.notes if note.startswith("travel: ")] == [
        "travel: the user's own table, shortest paths up to 30 min"
    ]
    (figure,) = travel_of(table)
    assert (figure.value, figure.given) == (2, True)


def test_an_island_needs_its_departement() -> None:
    zones = [OUESSANT, f"{OUESSANT}-LAMPAUL", OUESSANT, "B"]
    assert islands_of(zones, ["29", "29", "", "29"]) == ("Ouessant", "Ouessant", "", "")


def test_notes_and_figures_say_which_formula_served() -> None:
    one = Territory.from_communes([LAVAL])
    note = one.notes[-1]
    assert note.startswith("travel: 1.5 + 1.0")
    assert "(grade B: fitted on INSEE's Metric 2019, off by 10 % in the median and 4.2 min RMSE on 3,259" in note
    two = Territory.from_communes([LAVAL, "75115"])
    assert "by département" in two.notes[-1]
    assert "grade B, C in 75:" in two.notes[-1]
    assert [(f.key, f.grade, f.given) for f in travel_of(two)] == [
        ("territory.travel", "B", False), ("territory.travel", "C", False),
    ]  # fmt: skip
    assert [f.value for f in travel_of(two)] == [paces()[code].minutes_per_km for code in ("53", "75")]
    own = dataclasses.replace(two, crow_fly=CrowFly(minutes_per_km=1.25, bend=0.0))
    assert "travel: 1.5 + 1.25 × km min by car" in own.notes[-1]
    assert "grade D: the user's own formula" in own.notes[-1]
    (figure,) = travel_of(own)
    assert (figure.value, figure.grade, figure.given) == (1.25, "D", True)


def test_zones_without_departement_take_the_national_pace(tmp_path: Path) -> None:
    path = tmp_path / "z.csv"
    path.write_text("zone,name,lon,lat,area_km2,age,count\nA,A,0,48,1,40,9\nB,B,0.1,48,1,40,0\n", encoding="utf-8")
    territory = Territory.from_csv(path)
    assert territory.travel_minutes_between("A", "B") == pytest.approx(CrowFly().minutes(7.44), abs=0.01)
    assert "grade C: fitted" in territory.notes[-1]
    assert [f.grade for f in travel_of(territory)] == ["C"]


def test_the_digest_covers_the_pace() -> None:
    one = Territory.from_communes([LAVAL])
    other = dataclasses.replace(one, departements=("35",))
    assert len({one.digest, other.digest, dataclasses.replace(one, crow_fly=CrowFly(bend=1.1)).digest}) == 3


def test_a_quarter_is_as_fast_as_its_commune() -> None:
    cut = Territory.from_communes([LAVAL]).with_quarters([Quarter("Q", "Hilard", LAVAL, 4000, 48.077, -0.785)])
    assert len(set(cut._pace.tolist())) == 1
