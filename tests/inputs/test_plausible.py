"""Zones and travel tables that cannot be true, or are hardly meant: refused or doubted with the likely cause."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import pytest

from ess_sim import Scenario
from ess_sim.errors import TerritoryError
from ess_sim.faces.cli.app import main
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.scenario import blocks
from ess_sim.inputs.territory.hints import zone_hint
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies import base

HEADER = "zone,name,lon,lat,area_km2,age,count,departement"


def zones(
    *places: tuple[str, float, float], area: float = 10.0, ages: range | tuple[int, ...] = (20, 41), **more: object
) -> str:
    """A CSV of zones with a code, a longitude and a latitude each."""
    count, departement, name = more.get("count", 100), more.get("departement", ""), more.get("name", "n")
    rows = [f"{z},{name},{lon},{lat},{area},{a},{count},{departement}" for z, lon, lat in places for a in ages]
    return "\n".join([HEADER, *rows]) + "\n"


def read(folder: Path, text: str, travel: str = "") -> tuple[Territory, list[str]]:
    """The territory, and what is doubtful in it: warned of, and noted."""
    (folder / "z.csv").write_text(text, encoding="utf-8")
    (folder / "t.csv").write_text(travel, encoding="utf-8")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        territory = Territory.from_csv(folder / "z.csv", folder / "t.csv" if travel else None)
    notes = [note.removeprefix("doubtful: ") for note in territory.notes if note.startswith("doubtful: ")]
    assert [str(w.message) for w in said] == [f"{folder}/{note}" for note in notes]
    return territory, notes


HERE = (("A", -0.77, 48.07), ("B", -0.72, 48.07), ("C", -0.67, 48.07))
TURNED = tuple((zone, lat, lon) for zone, lon, lat in HERE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (zones(*HERE, ages=range(0, 100, 5)), "z.csv:2:22: age: all ages are 5 years apart; if they are bands"),
        (zones(*HERE, ages=(0, 1, *range(5, 90, 5))), "z.csv:2:22: age: all ages are 5 years apart"),
        (zones(*HERE, ages=range(4, 100, 5)), "age: all ages are 5 years apart"),
        (zones(*HERE, ages=range(0, 100, 10)), "age: all ages are 10 years apart"),
        (zones(HERE[0], ages=range(100)) + zones(HERE[1], ages=range(0, 100, 5)).partition("\n")[2],
         "z.csv:103:22: age: all ages of zone 'B' are 5 years apart"),
        (zones(*TURNED, departement="53"), "z.csv:2: zone 'A' at lon 48.07, lat -0.77 lies outside France: are l"),
        (zones(HERE[0], TURNED[1], HERE[2]), "z.csv:4: zone 'B' at lon 48.07, lat -0.72 lies outside France: are"),
        (zones(*HERE, ("D", 0.0, 0.0)), "z.csv:8: zone 'D' at lon 0, lat 0 lies outside France: is this the right"),
        (zones(*HERE, departement="075"), "z.csv:2:29: departement: no département '075' (did you mean '75', Paris?)"),
        (zones(*HERE, departement="Mayenne"), "no département 'Mayenne': this is a name (did you mean '53'?)"),
        (zones(*HERE).replace(",20,", ",17 à 29 ans,"), "age: '17 à 29 ans' is too wide to be spread over its ages; b"),
        (zones(*HERE).replace(",20,", ",60 ans ou plus,"), "age: '60 ans ou plus' is too wide to be spread over its"),
        (zones(*HERE, area=0.0001), "area_km2: 200 residents on 0.0001 km² in zone 'A': more than 200000 a km²"),
        (zones(*HERE, area=1e7), "10000000.0 is out of range, it must be more than 0 and at most 1,000,000: km², not"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TerritoryError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (zones(*TURNED), "all zones lie at latitudes of -0.77 to -0.67 degrees: are latitude and longitude swapped?"),
        (zones(("A", -51, -30), ("B", -51, -30)), "all 2 zones lie at one point: have their coordinates lost"),
        (zones(*((z, -1, 48 + int(z > "B")) for z in "ABCDE")), "5 zones lie at only 2 points"),
        (zones(("A", -1, 48), ("B", 0, 48), ("C", 1, 48)), "all zones lie at whole degrees"),
        (zones(*HERE, area=1000.0), "zones of 1000 km² lie 3.7 km from each other: is area_km2 in hectares?"),
        (zones(*HERE[:2], area=400.0), "zones of 400 km² lie 3.7 km from each other: is area_km2 in hectares?"),
        (zones(("53130", 0.7675, 48.0711), HERE[1], name="Laval"), "zone '53130' lies 114 km from Laval: is the sign"),
        (zones(*HERE, ages=(0, 3, 6, 11, 18, 25, 40, 55, 65, 80), count=900), "have only 10 ages between 0 and 80"),
        (zones(*HERE, departement="75"), "zone 'A' lies 241 km from all communes of its departement '75'"),
        (zones(*HERE, departement="972"), "km from all communes of its departement '972'"),
        (zones(HERE[0], departement="53") + zones(*HERE[1:]).partition("\n")[2], "zone 'B' has no departement, but"),
        (zones(*HERE, ("a", -0.77, 48.09)), "zones 'A' and 'a' hardly differ: are they one?"),
        (zones(*HERE, ("A\u00ad", -0.77, 48.09)), "zones 'A' and 'A\\xad' hardly differ"),
        (zones(*HERE) + zones(("ALL", -0.72, 48.1), count=300).partition("\n")[2], "zone 'ALL' has as many residents"),
        (zones(*HERE, ages=range(76)).replace(",75,100,", ",75,1000,"), "3000 residents are aged 75, 300 the years"),
        (zones(*HERE, ages=range(60, 100)), "only 0 of 12000 residents are 20 to 59 years old: are ages missing?"),
    ],
)
def test_what_is_hardly_meant_is_doubted(tmp_path: Path, text: str, doubt: str) -> None:
    _, doubts = read(tmp_path, text)
    assert len(doubts) == 1
    assert doubt in doubts[0]


@pytest.mark.parametrize(
    "text",
    [
        zones(*HERE),
        zones(*HERE, ages=(20, 40, 60), departement="53"),
        zones(*HERE, ages=range(106)),
        zones(("X", 4.35, 50.85), ("Y", 4.40, 51.22), ("Z", 4.7, 50.88)),  # Belgium, north of France's box
        zones(("M", 45.32, 2.04)).replace("M,n", "M,Laval"),  # one zone, in no country that is bundled
        zones(("53130", 0.7675, 48.0711), HERE[1]),  # a code that means something else here
        zones(HERE[0], ("R", 55.45, -20.88), departement=""),  # the mainland and La Réunion
    ],
)
def test_what_may_be_true_is_taken(tmp_path: Path, text: str) -> None:
    assert (read(tmp_path, text)[1] == []) != ("M,Laval" in text)  # Somalia has the latitudes of France's longitudes


TRAVEL = "from_zone,to_zone,minutes\n"


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ("A,B,420\nB,C,480\nA,C,700\n", "take more than 52 times the crow-fly minutes: are they in seconds?"),
        ("A,B,0.1\nB,C,0.1\n", "times the crow-fly minutes: are they in hours?"),
        ("A,B,7\nB,C,8\nA,C,700\n", ""),  # a pair that is kept apart on purpose
        ("A,A,600\n", ""),
        ("A,B,0\nB,C,0\n", "all journeys between zones take 0 minutes"),
        ("A,B,45\nB,C,48\n", ""),  # on foot
    ],
)
def test_travel_in_another_unit_is_doubted(tmp_path: Path, rows: str, doubt: str) -> None:
    territory, doubts = read(tmp_path, zones(*HERE), TRAVEL + rows)
    assert [doubt in d for d in doubts] == [True] * bool(doubt)
    assert territory.notes[-1].startswith("travel: the user's own table")


def test_a_travel_table_that_leaves_out_most_zones_is_doubted(tmp_path: Path) -> None:
    five = (*HERE, ("D", -0.62, 48.07), ("E", -0.57, 48.07))
    _, doubts = read(tmp_path, zones(*five), TRAVEL + "A,B,5\n")
    assert ["3 of 5 zones occur in no journey" in doubt for doubt in doubts] == [True]


def test_more_than_a_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        TerritoryError, match=r"t\.csv:2:5: minutes: 1441 is out of range, .* at most 1,440: minutes, not s"
    ):
        read(tmp_path, zones(*HERE), TRAVEL + "A,B,1441\n")


def test_of_its_own_zones_nothing_is_said_of_town_halls(tmp_path: Path) -> None:
    territory = read(tmp_path, zones(*HERE))[0]
    assert "crow-fly km between zones" in territory.notes[-1]
    assert "town hall" not in " ".join(territory.without(["A"]).notes)
    assert "between town halls" in Territory.from_communes(["53130"]).notes[-1]


@pytest.mark.parametrize("name", ["z.csv.gz", "z.csv", "z.csv.zip"])
def test_compression_is_never_guessed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(zones(*HERE).encode()))
    with pytest.raises(TerritoryError, match=rf"{name}: compressed \(gzip\): unpack it first"):
        Territory.from_csv(tmp_path / name)
    (tmp_path / name).write_bytes(b"garbage")
    with pytest.raises(TerritoryError, match=rf"{name}:1: missing column 'zone'"):
        Territory.from_csv(tmp_path / name)
    (tmp_path / name).write_text(zones(*HERE), encoding="utf-16-le")
    with pytest.raises(TerritoryError, match=rf"{name}:1:2: a NUL byte: this is no text file"):
        Territory.from_csv(tmp_path / name)


# --- Codes ---


def test_every_former_code_leads_to_its_successor() -> None:
    """4,240 codes that have ended since 1943, so all of those since 2015."""
    former = bundled.former_communes()
    names = bundled.communes().set_index("code")["name"]
    assert len(former) == 4240
    assert not former["code"].isin(names.index).any()
    some = former.head(200)
    territory = Territory.from_communes(some["code"])
    assert set(territory.zones) == set(some["successor"])
    for code, successor in zip(some["code"], some["successor"], strict=True):
        (note,) = (note for note in territory.notes if note.startswith(code))
        assert note.endswith(f"is now a part of {successor} {names[successor]}, which stands for it")
    hints = [zone_hint(code, [successor]) for code, successor in zip(former["code"], former["successor"], strict=True)]
    assert all(repr(successor) in hint for hint, successor in zip(hints, former["successor"], strict=True))


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("2a004", " (did you mean '2A004'?)"),
        ("Ajaccio", " (did you mean '2A004', Ajaccio?)"),
        ("75056", ": its zones are 75101 to 75102"),
        ("53130", ": Laval is none of its zones"),
        ("49149", ": Gennes is now a part of another one, '49261', Gennes-Val-de-Loire, which is none of its zones"),
        ("75111", ": Paris 11e Arrondissement is none of its zones"),
        ("751010", " (did you mean '75101'?)"),
        ("99999", ""),
    ],
)
def test_unknown_zones_lead_to_what_was_meant(code: str, hint: str) -> None:
    assert zone_hint(code, ["2A004", "75101", "75102"]) == hint


def validate(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The problems that ``ess-sim validate`` finds."""
    assert main(["validate", str(path)]) == 2
    return capsys.readouterr().err.splitlines()[:-1]


SCENARIO = """\
name: s
start: 2026-01-01
horizon_years: 2
territory:
  communes:
    - "53130"
    - "49999"
    - Louvern
    - "53130"
    - 2a004
"""


def test_each_wrong_code_is_one_problem_at_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    lines = validate(tmp_path / "s.yaml", capsys)
    assert [line.partition("s.yaml:")[2].partition(" ")[0] for line in lines] == ["7:7:", "8:7:", "9:7:", "10:7:"]
    assert "territory.communes[1]: no commune code '49999'" in lines[0]
    assert "(did you mean '53140', Louverné" in lines[1]
    assert "'53130', Laval, is given twice" in lines[2]


def test_faults_of_a_travel_table_stand_at_its_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "z.csv").write_text(zones(*HERE), encoding="utf-8")
    (tmp_path / "t.csv").write_text(TRAVEL + "A,X,3\nA,B,9999\n", encoding="utf-8")
    text = SCENARIO.partition("  communes")[0] + "  csv: z.csv\n  travel_csv: t.csv\n"
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    lines = validate(tmp_path / "s.yaml", capsys)
    assert [line.partition("s.yaml:")[2].partition(" ")[0] for line in lines] == ["6:15:", "6:15:"]
    assert all("territory.travel_csv: " in line for line in lines)


@pytest.mark.filterwarnings("default::UserWarning")
def test_the_command_line_shows_doubts_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "z.csv").write_text(zones(*TURNED), encoding="utf-8")
    (tmp_path / "s.yaml").write_text(SCENARIO.partition("  communes")[0] + "  csv: z.csv\n", encoding="utf-8")
    assert main(["validate", str(tmp_path / "s.yaml")]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {tmp_path}/z.csv: all zones lie at latitudes of -0.77")


def test_suggestions_stop_where_problems_are_no_longer_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    for module in (blocks, base):
        monkeypatch.setattr(module, "zone_hint", lambda code, _: asked.append(code) or "")
    many = tuple(map(str, range(5000)))
    blocks.block_problems((), [blocks.PrecariousBlock(zones=many, share=0.1, source="s", grade="D")], ["A"])
    van = {"kind": "outreach_van", "starts": "2026-02-01", "zones": many, "screenings_per_year": 5}
    scenario = Scenario(name="s", start="2026-01-01", horizon_years=1, territory={"ept": "200057867"}, policies=[van])
    scenario.policies[0].problems(scenario.calendar, ["A"])
    assert len(asked) == 2 * 201


def test_a_zone_twice_in_a_list_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SCENARIO.partition("territory")[0] + (
        'territory: {communes: ["53130", "53140"], leave_out: ["53140", "53140"]}\n'
        "policies:\n"
        '  - {kind: outreach_van, starts: 2026-02-01, zones: ["53130", "53130"], screenings_per_year: 5}\n'
    )
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    assert "territory.leave_out[1]: zone '53140' is given twice" in validate(tmp_path / "s.yaml", capsys)[0]
    (tmp_path / "s.yaml").write_text(text.replace(', leave_out: ["53140", "53140"]', ""), encoding="utf-8")
    assert "policies[0].zones[1]: zone '53130' is given twice" in validate(tmp_path / "s.yaml", capsys)[0]


def test_a_commune_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["territories", "decize"]) == 0
    assert "58095  Decize" in capsys.readouterr().out


@pytest.mark.parametrize("cutoff", [45, 60])
def test_a_long_cutoff_of_a_departement_is_no_work_of_python(cutoff: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Territory, "travel_graph", None)
    territory = Territory.from_departement("62", cutoff_minutes=cutoff)
    assert len(territory.travel_minutes) > 200_000
