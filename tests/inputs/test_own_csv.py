"""CSV files as spreadsheets and agencies write them: read rightly with a note, or refused at their place."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ess_sim.errors import TerritoryError
from ess_sim.inputs.catalogue.bundled import former_communes
from ess_sim.inputs.csv_files.headers import SYNONYMS
from ess_sim.inputs.csv_files.numbers import read_number
from ess_sim.inputs.territory.countries.code_lists import read_codes
from ess_sim.inputs.territory.territory import Territory

HEADER = "zone,name,lon,lat,area_km2,age,count,departement"
FRENCH = "Code INSEE,Libellé,Longitude,Latitude,Superficie (km²),ÂGE,Effectif,Dép"
ROWS = (
    ("01053", "Bourg-en-Bresse", "5.2259", "46.2051", "23.9", "0", "500", "01"),
    ("01053", "Bourg-en-Bresse", "5.2259", "46.2051", "23.9", "40", "21234", "01"),
    ("01004", "Ambérieu; en «Bugey»", "5.37", "45.961", "24.6", "40", "1200", "01"),
    ("2A004", "Ajaccio", "8.7386", "41.9192", "82.03", "40", "3000", "2A"),
)


def territory(folder: Path, data: bytes | str, travel: str = "") -> Territory:
    (folder / "z.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "t.csv").write_text(travel)
    with warnings.catch_warnings(action="ignore"):
        return Territory.from_csv(folder / "z.csv", folder / "t.csv" if travel else None)


def notes(found: Territory, file: str = "z.csv") -> str:
    return " ".join(note for note in found.notes if note.startswith(f"{file}: read with"))


def written(separator: str, comma: bool, thousands: str, head: str, end: str, codes: str, pad: str, **_: str) -> str:
    """The rows in a dialect of CSV."""

    def cell(i: int, text: str) -> str:
        if i in (0, 7):
            text = {"plain": text, "formula": f'="{text}"', "short": text.lstrip("0").lower()}[codes]
        elif i == 6 and len(text) > 3:
            text = f"{text[:-3]}{thousands}{text[-3:]}"
        elif i != 1 and comma:
            text = text.replace(".", ",")
        text = f"{pad}{text}{pad}"
        return f'"{text}"' if separator in text else text

    lines = [separator.join(head.split(",")), *(separator.join(cell(i, t) for i, t in enumerate(row)) for row in ROWS)]
    return end.join([*lines, separator * 7, ""])


Choice = dict[str, Any]
DIALECTS: dict[str, tuple[Any, ...]] = {
    "separator": (",", ";", "\t", "|"),
    "comma": (False, True),
    "thousands": ("", " ", "\u00a0", "\u202f", "'"),
    "head": (HEADER, FRENCH, HEADER.upper()),
    "end": ("\n", "\r\n", "\n\n"),
    "codes": ("plain", "formula", "short"),
    "pad": ("", " "),
    "encoding": ("utf-8", "utf-8-sig", "cp1252", "utf-16"),
}


PLAIN = {key: values[0] for key, values in DIALECTS.items()}
SILENT = {"end": "\n", "pad": ""}
"""Choices that need no note."""


def some_dialects() -> Iterator[Choice]:
    """Each choice alone, and many at random together."""
    yield PLAIN
    for key, values in DIALECTS.items():
        yield from (PLAIN | {key: value} for value in values[1:])
    chance = random.Random(16)
    for _ in range(30):
        yield {key: chance.choice(values) for key, values in DIALECTS.items()}
    yield PLAIN | {"separator": ";", "comma": True, "thousands": "."}


def pairs_of_dialects() -> Iterator[Choice]:
    for one, two in itertools.combinations(DIALECTS, 2):
        yield from (PLAIN | {one: a, two: b} for a, b in itertools.product(DIALECTS[one], DIALECTS[two]))


@pytest.mark.parametrize("choices", [some_dialects, pytest.param(pairs_of_dialects, marks=pytest.mark.validate)])
def test_a_table_is_the_same_in_every_dialect(tmp_path: Path, choices: Callable[[], Iterator[Choice]]) -> None:
    whole = territory(tmp_path, written(**PLAIN))
    assert whole.zones == ("01004", "01053", "2A004")
    for choice in choices():
        text = written(**choice)
        encoding = "utf-8" if "\u202f" in text and choice["encoding"] == "cp1252" else choice["encoding"]
        found = territory(tmp_path, text.encode(encoding))
        assert found.digest == whole.digest, choice
        usual = choice | SILENT | {"encoding": "utf-8" if encoding == "utf-8-sig" else encoding} == PLAIN
        assert (notes(found) == "") == usual, choice


def test_what_was_understood_is_noted(tmp_path: Path) -> None:
    text = written(";", True, "\u00a0", FRENCH, "\r\n", "short", "")
    assert notes(territory(tmp_path, text.encode("cp1252"))) == (
        "z.csv: read with Windows-1252; semicolons; columns 'Code INSEE' as zone, 'Libellé' as name, 'Longitude' as"
        " lon, 'Latitude' as lat, 'Superficie (km²)' as area_km2, 'ÂGE' as age, 'Effectif' as count,"
        " 'Dép' as departement;"
        " decimal commas; separators of thousands in count; codes of départements written in full: 1 as 01, 2a as 2A;"
        " lost zeros of codes given back: 1053 as 01053, 1004 as 01004; codes in capital letters: 2a004 as 2A004"
    )


ONE = HEADER.removesuffix(",departement") + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE + "A,a,0,48,1.5,3,s\nB,b,1,48,nd,3,N/A - secret statistique\n",
         r"2:16: count: 's' stands for a secret or missing value: write a number, or leave the row out\n.*"
         r"3:10: area_km2: 'nd' stands .*\n.*3:15: count: 'N/A - secret statistique' stands for a secret"),
        *((ONE + f"A,a,0,48,1.5,3,{sign}\n", "2:16: count: .* stands for a secret or missing value")
          for sign in ("nd", "n.d.", "NA", "c", "-", "..", "///", "…", "#N/A", "*")),
        (ONE + "A,a,0.1,48,1.5,3,1.234\n", "2:18: count: '1.234' may be 1234 or 1.234: write it without separators of"),
        (ONE + 'A,a,0.1,48,1.5,3,"1,000"\nB,b,"0,1",48,1.5,3,1\n', "2:18: count: '1,000' may be 1000 or 1: write it"),
        (ONE.replace(",", ";") + "A;a;0;48;1.234;3;5\n", "2:10: area_km2: '1.234' may be 1234 or 1.234"),
        (ONE + "A,a,0,48,1,3,1 23\n", "2:14: count: '1 23' is not a number"),
        (ONE.replace("area_km2", "surface_ha") + "A,a,0,48,1,3,5\n", "1:19: column 'surface_ha' is in hectares: div"),
        (ONE.replace("area_km2", "surface") + "A,a,0,48,1,3,5\n", "1:19: area_km2: column 'surface' leaves its unit o"),
        (ONE.replace("area_km2", "surface") + "53130,Laval,-0.77,48.07,3422,40,9\n", "1:19: .* leaves its unit open"),
        (ONE.replace("zone", "code,insee") + "A,A,a,0,48,1,3,5\n", "1:6: columns 'code' and 'insee' both give zone"),
        (ONE + "1.05E+03,a,0,48,1,3,5\n", "2:1: zone: '1.05E[+]03' was taken for a number and has lost digits"),
        (ONE + "2-Jan,a,0,48,9,3,5\n#REF!,b,0,48,9,3,5\n", "2:1: zone: '2-Jan' is a date.*\n.*3:1: zone: '#REF!' is a"),
        (ONE + "1053,a,5.22,46.2,9,3,5\n1004,b,0.3,48,9,3,5\n", "2:1: zone: '1053' lies near Bourg-en-Bresse"),
        (ONE + "1001,Nord,5.22,46.2,9,3,5\n1002,Sud,5.23,46.2,9,3,5\n", "2:1: zone: '1001' lies near L'Abergement"),
        (ONE + "1053,a,5.22,46.2,9,3,5\n01053,a,5.22,46.2,9,4,5\n", "2:1: zone: '1053' is '01053', which has rows of"),
        (ONE + "A,a,0,48,1,0-4,5\nA,a,0,48,1,3,5\n", "3:12: zone 'A' and age '3': already given in line 2"),
        (ONE + "A,a,0,48,1,0-14,5\n", "2:12: age: '0-14' is too wide to be spread over its ages; bands have at most 5"),
        (ONE + "A,a,0,48,1,05-sept,5\n", "2:12: age: '05-sept' is not a number"),
        ("from_zone;to_zone\n", "1: missing column 'zone'"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_refused_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TerritoryError, match=rf"z\.csv:{message}"):
        territory(tmp_path, text)


def test_codes_of_ones_own_stay_as_they_are(tmp_path: Path) -> None:
    """Four digits, or the code of a commune that has ended, say nothing where neither name nor position agrees."""
    found = territory(tmp_path, ONE + "1.0,a,0,48,9,3,5\nX,b,0.1,48,9,3,5\n", "de,vers,minutes\n1.0,X,5\n")
    assert found.zones == ("1.0", "X")
    found = territory(tmp_path, ONE + "1001,a,0,48,9,3,5\n1002,b,0.1,48,9,3,5\n49149,c,0.2,48,9,3,5\n")
    assert found.zones == ("1001", "1002", "49149")
    assert notes(found) == ""


def test_bands_are_spread_over_their_ages(tmp_path: Path) -> None:
    rows = [f"{z},n,{lon},48,9,{age},{count}" for z, lon in (("A", 0), ("B", 0.1))
            for age, count in (("0-4", 12), ("15 à 19 ans", 13), ("20 ans", 7), ("95 ans et plus", 30))]  # fmt: skip
    found = territory(tmp_path, ONE + "\n".join(rows))
    population = found.population
    assert population[:, :5].sum(axis=1).tolist() == [12, 12]
    assert population[:, 15:20].sum(axis=0).tolist() == [6, 5, 5, 5, 5]  # 26 in all: rounding is carried over
    assert population[:, 20].tolist() == [7, 7]
    assert population[:, 95:].sum(axis=1).tolist() == [30, 30]
    assert population[0, 95] > population[0, 99]
    assert "bands of ages spread over their years" in notes(found)
    again = territory(tmp_path, ONE + "\n".join(reversed(rows)))
    assert again.digest == found.digest


MERGED = ONE + (  # Gennes and Saint-Martin-de-la-Place are parts of Gennes-Val-de-Loire, 49261
    "49149,Gennes,-0.23,47.34,30,40,100\n49149,Gennes,-0.23,47.34,30,50,7\n"
    "49261,Les Rosiers,-0.22,47.35,20,40,50\n49007,Angers,-0.55,47.47,42,40,900\n"
)


def test_communes_that_have_merged_count_with_their_successor(tmp_path: Path) -> None:
    found = territory(tmp_path, MERGED, "de,vers,minutes\n49149,49007,40\n49261,49007,35\n49149,49261,5\n")
    assert found.zones == ("49007", "49261")
    assert found.zone_names == ("Angers", "Les Rosiers")
    assert found.population[1, [40, 50]].tolist() == [150, 7]
    assert found.area_km2.tolist() == [42, 50]
    assert "merged counted with their successor: 49149 as 49261" in notes(found)
    assert found.edges is not None
    assert found.edges[2].tolist() == [35, 35]  # of its own row, both ways
    alone = territory(tmp_path, MERGED.replace("49261,Les Rosiers,-0.22,47.35,20,40,50\n", ""))
    assert alone.zone_names == ("Angers", "Gennes-Val-de-Loire")
    assert alone.longitude[1] == Territory.from_communes(["49261"]).longitude[0]
    only = territory(tmp_path, MERGED, "de,vers,minutes\n49149,49007,40\n")
    assert only.edges is not None
    assert only.edges[2].tolist() == [40, 40]


def test_journeys_of_merged_communes_that_differ_are_refused(tmp_path: Path) -> None:
    former = [c for c, s in _former() if s == "49261"][:2]
    travel = f"de,vers,minutes\n{former[0]},49007,40\n{former[1]},49007,35\n"
    with pytest.raises(
        TerritoryError, match=r"t\.csv:3:13: minutes: communes that have merged give '49261' to '49007'"
    ):
        territory(tmp_path, MERGED, travel)


def _former() -> list[tuple[str, str]]:
    table = former_communes()
    return list(zip(table["code"], table["successor"], strict=True))


def test_journeys_in_a_table_of_other_codes(tmp_path: Path) -> None:
    zones = written(**PLAIN)
    plain = territory(tmp_path, zones, "from_zone,to_zone,minutes\n01053,01004,35.5\n")
    found = territory(tmp_path, zones, "De;Vers;Durée (min)\n1053.0;1004.0;35,5\n")
    assert found.digest == plain.digest
    assert "codes of from_zone written in full: 1053 as 01053" in notes(found, "t.csv")
    with pytest.raises(TerritoryError, match=r"t\.csv:1:9: minutes: column 'durée' leaves its unit open, and half of"):
        territory(tmp_path, zones, "de;vers;durée\n1053;1004;2100\n".replace("2100", "1400"))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("53130\n53140\n", ["53130", "53140"]),
        ("\ufeffcode\r\n53130\r\n53140\r\n\r\n", ["53130", "53140"]),
        ("Commune;Code INSEE;Population\nLaval;53130;49657\nLouverné;53140;4268\n", ["53130", "53140"]),
        ("53130;Laval, centre\n53140;Louverné\n", ["53130", "53140"]),
        ("Territoire\n1053\n1004\n", ["01053", "01004"]),
        ("Bourg-en-Bresse,1053\nLaval,53130\n", ["01053", "53130"]),
        ('="01053"\n="53130"\n', ["01053", "53130"]),
        ("1053.0\n53130.0\n1004.0\n", ["01053", "53130", "01004"]),
        ("1.053E+03\n1.004E+03\n", ["01053", "01004"]),
        ("\u200f53130\u200e\n53140\u200b\n\ufeff01004\n", ["53130", "53140", "01004"]),
        ("1 053\n1\u202f004\n53\u00a0130\n", ["01053", "01004", "53130"]),
        ("2a004\n 49149 \n49261\n53130\n53130\n", ["2A004", "49261", "53130"]),
    ],
)
def test_lists_of_codes(tmp_path: Path, text: str, codes: list[str]) -> None:
    (tmp_path / "l.csv").write_text(text, "utf-8")
    found, said = read_codes(tmp_path / "l.csv")
    assert found == codes
    assert bool(said) == (text.split() not in (["53130", "53140"], ["\ufeffcode", "53130", "53140"]))
    assert sum("is given twice" in note for note in said) == (2 if "2a004" in text else 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file is empty"),
        ("code\n", "1:1: no codes below the first line"),
        ("5313\n53130\n", "1:1: no commune code '5313' .did you mean '05133'"),  # a digit too few, or a zero lost?
        ("5001\n53130\n", "1:1: no commune code '5001' .did you mean '05001'"),
        ("Laval\n53130\n", "1:1: no commune code 'Laval': this is a name .did you mean '53130'"),
        ("code,x\n53130,1\n99999,1\n,1\n", r"3:1: no commune code '99999'.*\n.*l\.csv:4:1: no code"),
        ("53130,53140\n53054,53147\n", "1:1: which column holds the codes, 53130 or 53140[?] leave the others out"),
        ("code;insee\n53130;53130\n", "1:1: which column holds the codes, code or insee"),
        ("53 130\n53140\n", "1:1: no commune code '53 130'"),
        ("200067700\n", "1:1: no commune code '200067700': this is the EPCI Sud Nivernais; a list holds communes$"),
        ("53130\n2-Jan\n", "2:1: code '2-Jan' is a date, which a spreadsheet may have made of it"),
        (
            "53130\n5-août\n02/01/2024\n#N/A\n####\n",
            r"2:1: .* is a date.*\n.*3:1: .*\n.*4:1: .*\n.*5:1: code '####' is an e",
        ),
        ("1.05E+03\n", "1:1: code '1.05E[+]03' was taken for a number and has lost digits: format the column as text"),
    ],
)
def test_lists_that_are_not_clear(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.csv").write_text(text, "utf-8")
    with pytest.raises(TerritoryError, match=rf"l\.csv:{message}"):
        read_codes(tmp_path / "l.csv")


def test_a_code_a_thousand_times_is_not_noted_a_thousand_times(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("53130\n" * 1000, "utf-8")
    found, said = read_codes(tmp_path / "l.csv")
    assert found == ["53130"]
    assert len(said) == 21
    assert said[-1] == "l.csv: 979 more lines give codes again"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(TerritoryError) as raised:
        read_codes(tmp_path)
    assert str(raised.value) == f"{tmp_path}: this is not a regular file"


@pytest.mark.parametrize(
    ("text", "decimal", "grouped"),
    [
        ("1234", 1234, None), ("-0,77", -0.77, None), ("1.234", 1.234, 1234), ("0.234", 0.234, None),
        ("1.234,5", None, 1234.5), ("1,234.5", None, 1234.5), ("1.234.567", None, 1234567), ("12 34", None, None),
        ("1'234", None, 1234), ("1.234.56", None, None), ("\u22121,5", -1.5, None), ("٣", None, None),
        ("1e400", None, None), ("1_000", None, None), ("0x1F", None, None), ("nan", None, None),
        ("1,234,5", None, None),
    ],
)  # fmt: skip
def test_numbers_in_both_ways(text: str, decimal: float | None, grouped: float | None) -> None:
    reading = read_number(text)
    assert [None if value != value else value for value in reading[:2]] == [decimal, grouped]


def test_no_name_stands_for_two_columns() -> None:
    names = [name for names in SYNONYMS.values() for name in names.split()] + list(SYNONYMS)
    assert len(names) == len(set(names))


def test_the_page_names_them_all() -> None:
    page = (Path(__file__).parents[2] / "docs" / "csv.md").read_text("utf-8")
    for column, names in SYNONYMS.items():
        assert f"| `{column}` | {', '.join(name.replace('_', ' ') for name in names.split())} |" in page
