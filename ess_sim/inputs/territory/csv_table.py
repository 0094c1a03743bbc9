"""A user's CSV of zones or travel minutes, read with every problem at its place."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Container, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.errors import TerritoryError
from ess_sim.inputs.csv_files.age_bands import span_of
from ess_sim.inputs.csv_files.numbers import Limits
from ess_sim.inputs.csv_files.table import Column, Csv
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray, apportion, band_shares
from ess_sim.inputs.territory.countries.codes import former_codes, whole_code
from ess_sim.inputs.territory.countries.registry import COUNTRIES
from ess_sim.inputs.territory.countries.table_codes import Meant, meant_codes, meant_region
from ess_sim.inputs.territory.countries.written_codes import few, unwrapped
from ess_sim.inputs.territory.hints import zone_hint
from ess_sim.inputs.territory.pieces import Pieces
from ess_sim.inputs.territory.plausible import Zones, doubts_of_travel, doubts_of_zones, faults_of_zones, zones_left_out
from ess_sim.inputs.territory.travel import Edges

__all__ = ["names_in_csv", "read_travel", "read_zones"]

Notes = tuple[str, ...]
FloatFunction = Callable[[IntArray, IntArray], FloatArray]

_DEGREES = ": degrees, not metres of a projection"
_ZONES = (
    Column("zone"),
    Column("name"),
    Column("lon", Limits(-180, 180, cause=_DEGREES)),
    Column("lat", Limits(-90, 90, cause=_DEGREES)),
    Column("area_km2", Limits(0, 1e6, above=True, cause=": km², not m²")),
    Column("age", Limits(0, AGES - 1, whole=True)),
    Column("count", Limits(0, 1e6, whole=True, cause=" residents of one age in one zone")),
    Column("departement", required=False),
)
_TRAVEL = (
    Column("from_zone"),
    Column("to_zone"),
    Column("minutes", Limits(0, 24 * 60, cause=": minutes, not seconds")),
)
_BAND_YEARS = 5
"""Most ages of a band that is spread over them; one that is open starts at 75 or later, where survivors are known."""
_OPEN_FROM = 75


def names_in_csv(path: str) -> dict[str, str]:
    """Names of the zones of a user's CSV, by code; none where it cannot be read, as reading the territory will say."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return {}
    return _names_in_csv(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=32)
def _names_in_csv(path: str, _changed: int, _size: int) -> dict[str, str]:
    try:
        with warnings.catch_warnings(action="ignore"):  # reading the territory warns
            pieces = read_zones(path, "")
    except TerritoryError:
        return {}
    return dict(zip(pieces.zones, pieces.zone_names, strict=True))


def read_zones(path: str | PathLike[str], name: str) -> Pieces:
    """The pieces of a territory of a user's own zones; see `Territory.from_csv`. ``name``: '' for the file's name."""
    file = Csv(path, _ZONES)
    table = _zone_rows(file)
    zones = sorted(set(table["zone"]))
    index = {zone: i for i, zone in enumerate(zones)}
    population = np.zeros((len(zones), AGES), dtype=np.int64)
    rows = table["zone"].map(index).to_numpy(np.int64)
    np.add.at(population, (rows, table["age"].to_numpy(np.int64)), table["count"].to_numpy(np.int64))
    heads = table.drop_duplicates("zone").set_index("zone").loc[zones]
    notes = [f"population: {file.path.name}, as given"]
    if absent := len(zones) * AGES - len(table.drop_duplicates(["zone", "age"])):
        notes.append(f"population: {absent} of {len(zones) * AGES} zones and ages have no row: no residents there")
    return Pieces(
        name or file.path.stem,
        zones=tuple(zones),
        zone_names=tuple(str(n) or zone for zone, n in zip(zones, heads["name"], strict=True)),
        departements=tuple(str(d) for d in heads["departement"]),
        population=population,
        area_km2=heads["area_km2"].to_numpy(np.float64),
        longitude=heads["lon"].to_numpy(np.float64),
        latitude=heads["lat"].to_numpy(np.float64),
        notes=(*notes, *file.notes, *_doubted(file.path, doubts_of_zones(Zones.of(table)))),
        positions="zones",
    )


def _doubted(path: Path, doubts: Sequence[str]) -> Notes:
    """Warn of what is possible and hardly meant; gives the notes that say so."""
    for doubt in doubts:
        warnings.warn(f"{path}: {doubt}", UserWarning, stacklevel=2)
    return tuple(f"doubtful: {path.name}: {doubt}" for doubt in doubts)


def _zone_rows(file: Csv) -> pd.DataFrame:
    """One row a zone and age, with numbers; raises one error with all faults."""
    frame = file.frame
    _unwrap(file, "zone")
    file.fault(frame["zone"] == "", "zone", lambda _: "no code")
    spans = _spans(file)
    numbers = {column: file.numbers(column) for column in ("lon", "lat", "area_km2", "count")}
    numbers["age"] = file.numbers("age", frame["age"].mask(frame["age"].isin(spans)))
    table = pd.DataFrame(numbers, index=frame.index).assign(zone=frame["zone"], name=frame["name"])
    table["departement"] = _departements(file)
    table["last"] = table["age"]
    for text, (first, last) in spans.items():
        table.loc[frame["age"] == text, ["age", "last"]] = first, last
    _twice(file, table)
    steady = ["name", "lon", "lat", "area_km2", "departement"]
    first_rows = table.groupby("zone")[steady].transform("first")
    for column in steady:
        differs = (table[column] != first_rows[column]) & table[column].notna() & first_rows[column].notna()
        file.fault(differs, column, lambda row, c=column: f"zone {row['zone']!r} has another {c} in a row before")  # type: ignore[misc]
    file.stop_if_faulty()
    heads = table.drop_duplicates("zone")
    meant = meant_codes(heads)
    _respell(file, table, meant)
    _check_area_unit(file, table)
    table = _single_ages(table)
    table = _with_successors(table, meant)
    for line, what in faults_of_zones(Zones.of(table)):
        file.problem(line, what, what.partition(":")[0])
    file.stop_if_faulty()
    return table


def _unwrap(file: Csv, column: str, known: Container[str] = ()) -> None:
    """Codes without what a spreadsheet made of them; those that are known stay."""
    texts = file.frame[column]
    unique = [text for text in pd.unique(texts) if text not in known]
    found = unwrapped(unique)
    for note in found.notes:
        file.note(note)
    lost = {unique[i]: what for i, what in found.lost.items()}
    file.fault(texts.isin(lost), column, lambda row: lost[row[column]])
    file.frame[column] = _renamed(texts, dict(zip(unique, found.codes, strict=True)))


def _renamed(codes: pd.Series, names: Mapping[str, str]) -> pd.Series:
    return codes.map(lambda code: names.get(code, code))


def _departements(file: Csv) -> pd.Series | str:
    """Their codes with their zeros."""
    if "departement" not in file.frame:
        return ""
    _unwrap(file, "departement")
    found = file.frame["departement"]
    for country in COUNTRIES:
        spelling = {code: meant_region(code, country) for code in pd.unique(found)}
        if changed := [(code, full) for code, full in spelling.items() if full != code]:
            file.note(f"codes of départements written in full: {few(changed)}")
        found = found.map(spelling)
    return found


def _spans(file: Csv) -> dict[str, tuple[int, int]]:
    """First and last age of each text in the column of ages that is a band; with faults where it cannot be spread."""
    ages = file.frame["age"]
    spans = {text: span for text in pd.unique(ages) if (span := span_of(text, AGES - 1))}
    wide = {
        text
        for text, (first, last) in spans.items()
        if last - first >= _BAND_YEARS and not (last == AGES - 1 and first >= _OPEN_FROM)
    }
    cure = f"bands have at most {_BAND_YEARS} ages, or {_OPEN_FROM} or more and older: write one row an age"
    file.fault(ages.isin(wide), "age", lambda row: f"{row['age']!r} is too wide to be spread over its ages; {cure}")
    if any(first < last for first, last in spans.values()):
        file.note("bands of ages spread over their years, evenly below 75 and as survivors from there on")
    return spans


def _twice(file: Csv, table: pd.DataFrame) -> None:
    """A fault for each row of which an age is in another row of its zone before it."""
    known = table[table["age"].notna() & (table["zone"] != "")]
    pairs = _each_age(known).assign(line=lambda rows: rows.index)
    first = pairs.groupby(["zone", "age"])["line"].transform("first")
    again = pairs.assign(first=first)[pairs.duplicated(["zone", "age"]).to_numpy()].drop_duplicates("line")
    before = dict(zip(again["line"], again["first"], strict=True))

    def what(row: Any) -> str:
        return f"zone {row['zone']!r} and age {row['age']!r}: already given in line {before[row.name]}"

    file.fault(file.frame.index.isin(before), "age", what, named=False)


def _each_age(table: pd.DataFrame) -> pd.DataFrame:
    """One row an age; the rows of a band follow each other."""
    years = (table["last"] - table["age"] + 1).to_numpy(np.int64)
    if (years == 1).all():
        return table
    rows = np.repeat(np.arange(len(table)), years)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(years) - years, years)
    return table.iloc[rows].assign(age=table["age"].to_numpy()[rows] + offset)


def _single_ages(table: pd.DataFrame) -> pd.DataFrame:
    """Bands spread over their ages, whole residents by largest remainder over the zones in their order."""
    bands = table[table["age"] < table["last"]]
    if bands.empty:
        return table
    result = _each_age(table)
    counts = table["count"].to_numpy(np.int64)
    parts: list[IntArray] = [np.array([count]) for count in counts]
    place = {line: i for i, line in enumerate(table.index)}
    for first, last in sorted({(int(a), int(b)) for a, b in zip(bands["age"], bands["last"], strict=True)}):
        ordered = bands[(bands["age"] == first) & (bands["last"] == last)].sort_values("zone")
        shares = band_shares(first, last)[first : last + 1]
        spread = apportion(ordered["count"].to_numpy(np.int64), np.tile(shares, (len(ordered), 1)))
        for line, part in zip(ordered.index, spread, strict=True):
            parts[place[line]] = part
    return result.assign(count=np.concatenate(parts))


def _respell(file: Csv, table: pd.DataFrame, meant: Meant) -> None:
    for note in meant.notes:
        file.note(note)
    heads = table.drop_duplicates("zone")
    codes = {*heads["zone"]}
    for line, code in heads["zone"].items():
        if what := meant.doubtful.get(code):
            file.problem(int(str(line)), f"zone: {what}", "zone")
        if (full := meant.spelling.get(code)) in codes:
            file.problem(int(str(line)), f"zone: {code!r} is {full!r}, which has rows of its own", "zone")
    file.stop_if_faulty()
    table["zone"] = _renamed(table["zone"], meant.spelling)


def _check_area_unit(file: Csv, table: pd.DataFrame) -> None:
    """A fault where the column's name leaves its unit open, and no areas of communes show that it is km²."""
    name = file.without_unit("area_km2")
    if not name:
        return
    heads = table.drop_duplicates("zone").set_index("zone")["area_km2"]
    for country in COUNTRIES:
        there = country.communes().set_index("code")["area_km2"].reindex(heads.index)
        ratio = (heads / there).dropna()
        if len(ratio) and 0.5 <= float(ratio.median()) <= 2:
            return
    what = f"area_km2: column {name!r} leaves its unit open: call it area_km2, and give km² (100 hectares are 1 km²)"
    file.problem(file.first, what, "area_km2")


def _with_successors(table: pd.DataFrame, meant: Meant) -> pd.DataFrame:
    """Residents and area of communes that have merged added to their successor, which lies at its own town hall."""
    if not meant.successors:
        return table
    now = {code: end.successor for code, end in meant.successors.items()}
    heads = table.drop_duplicates("zone").set_index("zone")
    area = heads.groupby(heads.index.map(lambda zone: now.get(zone, zone)))["area_km2"].sum()
    table = table.assign(zone=_renamed(table["zone"], now))
    for country in COUNTRIES:
        communes = country.communes().set_index("code")
        for code in sorted({*now.values()} & {*communes.index}):
            rows, there = table["zone"] == code, communes.loc[code]
            table.loc[rows, "area_km2"] = area[code]
            own = heads.loc[code] if code in heads.index else None
            for column, column_there in (("name", "name"), ("lon", "longitude"), ("lat", "latitude")):
                table.loc[rows, column] = own[column] if own is not None else there[column_there]
    return table


def read_travel(path: str | PathLike[str], index: Mapping[str, int], crow_fly: FloatFunction) -> tuple[Edges, Notes]:
    """Edges of a user's travel table, both ways where only one is given, and notes on what is doubtful in it.

    Of communes that have merged, journeys count for their successor if it has none of its own.

    ``index``: row of each zone; ``crow_fly``: gives the crow-fly minutes between rows of zones.
    """
    file = Csv(path, _TRAVEL)
    minutes = file.numbers("minutes")
    stands_in = np.zeros(len(minutes), dtype=bool)
    for column in ("from_zone", "to_zone"):
        stands_in |= _to_zones(file, column, index)
    file.duplicates(["from_zone", "to_zone"], [file.frame["from_zone"].where(~stands_in), file.frame["to_zone"]])
    file.stop_if_faulty()
    origins = file.frame["from_zone"].map(index).to_numpy(np.int64)
    destinations = file.frame["to_zone"].map(index).to_numpy(np.int64)
    keep = _of_their_own(file, origins * len(index) + destinations, origins == destinations, minutes, stands_in)
    origins, destinations, minutes = origins[keep], destinations[keep], minutes[keep]
    apart = origins != destinations
    doubts = doubts_of_travel(minutes[apart], crow_fly(origins[apart], destinations[apart]))
    if doubts and (name := file.without_unit("minutes")):
        file.problem(file.first, f"minutes: column {name!r} leaves its unit open, and {doubts[0]}", "minutes")
        file.stop_if_faulty()
    n = len(index)
    doubts += zones_left_out(len(np.unique((origins[apart], destinations[apart]))), n)
    back = ~np.isin(destinations * n + origins, origins * n + destinations)
    edges = (
        np.concatenate([origins, destinations[back]]),
        np.concatenate([destinations, origins[back]]),
        np.concatenate([minutes, minutes[back]]),
    )
    return edges, (*file.notes, *_doubted(file.path, doubts))


def _to_zones(file: Csv, column: str, index: Mapping[str, int]) -> npt.NDArray[np.bool_]:
    """Write codes as the territory's zones have them; true for rows whose code is of a commune that has merged."""
    _unwrap(file, column, index)
    spelling: dict[str, str] = {}
    merged: dict[str, str] = {}
    for code in pd.unique(file.frame[column]):
        for country in COUNTRIES if code not in index else ():
            whole = whole_code(code, country.commune)
            if whole in index:
                spelling[code] = whole
            elif (ended := former_codes(country).get(whole)) and ended.successor in index:
                merged[code] = ended.successor
    if spelling:
        file.note(f"codes of {column} written in full: {few(list(spelling.items()))}")
    if merged:
        file.note(f"journeys of communes that have merged as their successor's: {few(list(merged.items()))}")
    given = file.frame[column]
    known = index.keys() | spelling.keys() | merged.keys()
    file.fault(~given.isin(known), column, lambda row: f"unknown zone {row[column]!r}{zone_hint(row[column], index)}")
    file.frame[column] = _renamed(given, spelling | merged)
    return given.isin(merged).to_numpy(np.bool_)


def _of_their_own(file: Csv, pairs: IntArray, within: Any, minutes: FloatArray, stands_in: Any) -> Any:
    """True for the rows to keep: those of communes that have merged only where their successor's pair has no other."""
    own = {*pairs[~stands_in].tolist()}
    keep, first = ~stands_in, dict[int, int]()
    for i in np.flatnonzero(stands_in).tolist():
        if within[i] or pairs[i] in own:
            continue
        before = first.setdefault(int(pairs[i]), i)
        if before == i:
            keep[i] = True
        elif minutes[i] != minutes[before]:
            a, b = file.frame.iloc[i][["from_zone", "to_zone"]]
            what = f"minutes: communes that have merged give {a!r} to {b!r} two times; write one row with these codes"
            file.problem(int(file.frame.index[i]), what, "minutes")
    file.stop_if_faulty()
    return keep
