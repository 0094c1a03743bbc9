"""A user's CSV of zones or travel minutes, read with every problem at its line."""

from __future__ import annotations

import csv
import functools
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray
from ess_sim.inputs.territory.hints import zone_hint
from ess_sim.inputs.territory.pieces import Pieces
from ess_sim.inputs.territory.plausible import Zones, doubts_of_travel, doubts_of_zones, faults_of_zones
from ess_sim.inputs.territory.travel import Edges

__all__ = ["Csv", "names_in_csv", "read_travel", "read_zones"]


_MAX_PROBLEMS = 20
_PACKED = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_EMPTY = ": delete empty columns, or name what they hold"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


Notes = tuple[str, ...]
FloatFunction = Callable[[IntArray, IntArray], FloatArray]


class Csv:
    """A user's CSV as text, and the faults found in it: all of them are reported at once, each with its line."""

    def __init__(self, path: str | PathLike[str], required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self.problems: list[tuple[int, int, str]] = []
        self.more = 0
        text = self._text()
        rows = dict(self._rows(text))
        if not rows:
            self._stop(1, f"the file is empty; it must start with {','.join(required)}")
        first, *lines = rows
        columns = self._columns(first, rows[first], required, optional)
        for line in lines:
            self._check_length(text, line, len(rows[line]), len(columns))
        self.stop_if_faulty()
        frame = pd.DataFrame([rows[line] for line in lines], index=lines, columns=columns, dtype=object)
        frame = frame.apply(lambda column: column.str.strip())
        self.frame: pd.DataFrame = frame[(frame != "").any(axis=1)]  # its index: the line of each row
        if self.frame.empty:
            self._stop(first + 1, "no rows")

    def _stop(self, line: int, what: str, column: int = 0) -> None:
        self.problems.append((line, column, what))
        self.stop_if_faulty()

    def _text(self) -> str:
        try:
            if self.path.exists() and not self.path.is_file():
                raise TerritoryError(f"{self.path}: this is not a regular file")
            data = self.path.read_bytes()
        except FileNotFoundError:
            raise TerritoryError(f"{self.path}: no such file") from None
        except (OSError, ValueError) as error:  # ValueError: a path that cannot be one
            raise TerritoryError(f"{self.path}: {getattr(error, 'strerror', None) or error}") from None
        for start, name in _PACKED.items():
            if data.startswith(start):
                raise TerritoryError(f"{self.path}: compressed ({name}): unpack it first")
        try:
            if b"\0" in data:
                raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), len(data), "no text")
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise TerritoryError(f"{self.path}:{line}: not UTF-8 text; save it as 'CSV UTF-8'") from None

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The line on which each row starts, and its values; empty lines are left out."""
        reader, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
        try:
            for row in reader:
                if row:
                    yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            raw = _line(text, line)
            if "expected after" in str(error):
                last = _line(text, reader.line_num)
                place = re.search(r'(?<=[^,"])"(?=[^",])', last)
                what = "a quotation mark inside a value: write it twice, or leave out those around the value"
                self._stop(reader.line_num, what, place.start() + 1 if place else 1)
            self._stop(line, "a quotation mark opens here and is never closed", raw.rfind('"') + 1)

    def _columns(self, line: int, first: list[str], required: Sequence[str], optional: Sequence[str]) -> list[str]:
        columns = [name.strip() for name in first]
        if len(columns) == 1 and (other := [name for sign, name in _SEPARATORS.items() if sign in columns[0]]):
            self._stop(line, f"values must be separated by commas, not {other[0]}, and decimals take a point")
        if again := [name for i, name in enumerate(columns) if name in columns[:i]]:
            self._stop(line, f"column {again[0]!r} is given twice" if again[0] else f"two columns have no name{_EMPTY}")
        missing = [c for c in required if c not in columns]
        if missing:
            hints = "".join(f" {c!r}{did_you_mean(c, set(columns) - set(required))}," for c in missing).rstrip(",")
            self._stop(line, f"missing column{hints}; wanted: {','.join(required)}")
        known = (*required, *optional)
        if surplus := [c for c in columns if c not in known]:
            if "" in surplus:
                self._stop(line, f"a column has no name{_EMPTY}")
            hints = "".join(f" {c!r}{did_you_mean(c, set(known) - set(columns))}," for c in surplus).rstrip(",")
            self._stop(line, f"unknown column{hints}")
        return columns

    def _check_length(self, text: str, line: int, values: int, columns: int) -> None:
        if values == columns:
            return
        if len(self.problems) >= _MAX_PROBLEMS:
            self.more += 1
        elif values > columns:
            what = f"more values than the {columns} columns of the first line (decimals take a point, not a comma)"
            self.problems.append((line, _start_of_value(_line(text, line), columns), what))
        else:
            what = f"fewer values than the {columns} columns of the first line"
            self.problems.append((line, len(_line(text, line)), what))

    def fault(self, wrong: Any, what: Callable[[Any], str]) -> None:
        """Note a fault for each row where ``wrong`` is true; ``what`` words it from the row."""
        rows = self.frame[np.asarray(wrong, dtype=bool)]
        self.problems += [(int(line), 0, what(row)) for line, row in rows[:_MAX_PROBLEMS].iterrows()]  # type: ignore[call-overload]
        self.more += max(len(rows) - _MAX_PROBLEMS, 0)  # words take their time

    def numbers(
        self, column: str, low: float, high: float, *, whole: bool = False, above: bool = False, cause: str = ""
    ) -> FloatArray:
        """A column as numbers; NaN, and a fault, where it is none or out of its range (``above``: low excluded).

        ``cause``: what makes numbers too large.
        """
        text = self.frame[column]
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64).copy()
        bad = ~np.isfinite(values)
        self.fault(bad, lambda row: f"{column}: {row[column]!r} is not a number{_cure(row[column])}")
        with np.errstate(invalid="ignore"):
            outside = ~bad & ((values < low) | (values > high) | (above & (values == low)))
            uneven = ~bad & ~outside & (values != np.floor(values)) if whole else np.zeros_like(bad)
        start = "more than" if above else "at least"
        limit = f"{start} {low:g}" if high == np.inf else f"{start} {low:g} and at most {high:,.10g}"
        self.fault(outside, lambda row: f"{column}: {row[column]} is out of range, it must be {limit}{cause}")
        self.fault(uneven, lambda row: f"{column}: {row[column]} is not a whole number")
        values[bad | outside | uneven] = np.nan
        return values

    def duplicates(self, columns: Sequence[str], keys: Sequence[Any]) -> None:
        """Note a fault for each row whose keys another row before it has."""
        table = pd.DataFrame(dict(zip(columns, keys, strict=True)), index=self.frame.index)
        again = table.duplicated(keep="first") & table.notna().all(axis=1)
        if not again.any():
            return
        first = table.assign(line=table.index).groupby(list(columns))["line"].transform("first")

        def what(row: Any) -> str:
            given = " and ".join(f"{c} {row[c]!r}" for c in columns)
            return f"{given}: already given in line {first[row.name]:.0f}"

        self.fault(again, what)

    def stop_if_faulty(self) -> None:
        """Raise one error with all faults, in file order."""
        if not self.problems:
            return
        found = sorted(set(self.problems))
        lines = [f"{self.path}:{line}:{f'{column}:' if column else ''} {what}" for line, column, what in found]
        more = self.more + max(len(lines) - _MAX_PROBLEMS, 0)
        raise TerritoryError("\n".join(lines[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more else [])))

    def doubt(self, doubts: Sequence[str]) -> tuple[str, ...]:
        """Warn of what is possible and hardly meant; gives the notes that say so."""
        for doubt in doubts:
            warnings.warn(f"{self.path}: {doubt}", UserWarning, stacklevel=2)
        return tuple(f"doubtful: {self.path.name}: {doubt}" for doubt in doubts)


def _line(text: str, number: int) -> str:
    """A line of a text, as csv counts them, without its end."""
    for i, line in enumerate(io.StringIO(text, newline=""), 1):
        if i == number:
            return line.rstrip("\r\n")
    return ""


def _start_of_value(line: str, number: int) -> int:
    """Column on which a value starts, the first one having number 0; the line's end where there are fewer."""
    quoted, seen = False, 0
    for i, sign in enumerate(line):
        quoted ^= sign == '"'
        seen += sign == "," and not quoted
        if seen == number:
            return i + 2 if i + 2 <= len(line) else len(line)
    return max(len(line), 1)


def _cure(value: str) -> str:
    if re.fullmatch(r"[-+]?\d+,\d+", value):
        return " (decimals take a point)"
    if re.fullmatch(r"\d+\s*ans?", value):
        return " (without a unit)"
    if re.match(r"(moins de|under|<)\s*\d|\d+\s*(ans\s*)?(\+|[-–]\s*\d|à\s|to\s|et\s|ou\s|and\s|or\s)", value):
        return " (one row an age, not a band of ages)"
    return " (without separators of thousands)" if re.fullmatch(r"[-+]?\d{1,3}([\s'’_.,]\d{3})+", value) else ""


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
        heads = Csv(path, _ZONE_COLUMNS, ("departement",)).frame.drop_duplicates("zone")
    except TerritoryError:
        return {}
    return {code: name or code for code, name in zip(heads["zone"], heads["name"], strict=True) if code}


_ZONE_COLUMNS = ("zone", "name", "lon", "lat", "area_km2", "age", "count")


def read_zones(path: str | PathLike[str], name: str) -> Pieces:
    """The pieces of a territory of a user's own zones; see `Territory.from_csv`. ``name``: '' for the file's name."""
    file = Csv(path, _ZONE_COLUMNS, ("departement",))
    table = _zone_rows(file)
    zones = sorted(set(table["zone"]))
    index = {zone: i for i, zone in enumerate(zones)}
    population = np.zeros((len(zones), AGES), dtype=np.int64)
    rows = table["zone"].map(index).to_numpy(np.int64)
    population[rows, table["age"].to_numpy(np.int64)] = table["count"].to_numpy(np.int64)
    heads = table.drop_duplicates("zone").set_index("zone").loc[zones]
    notes = [f"population: {file.path.name}, as given"]
    if absent := len(zones) * AGES - len(table):
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
        notes=(*notes, *file.doubt(doubts_of_zones(Zones.of(table)))),
        positions="zones",
    )


def _zone_rows(file: Csv) -> pd.DataFrame:
    """One row a zone and age, with numbers; raises one error with all faults."""
    frame = file.frame
    file.fault(frame["zone"] == "", lambda _: "zone: no code")
    degrees = ": degrees, not metres of a projection"
    numbers = pd.DataFrame(
        {
            "lon": file.numbers("lon", -180, 180, cause=degrees),
            "lat": file.numbers("lat", -90, 90, cause=degrees),
            "area_km2": file.numbers("area_km2", 0, 1e6, above=True, cause=": km², not m²"),
            "age": file.numbers("age", 0, AGES - 1, whole=True),
            "count": file.numbers("count", 0, 1e6, whole=True, cause=" residents of one age in one zone"),
        },
        index=frame.index,
    )
    file.duplicates(["zone", "age"], [frame["zone"].replace("", None), numbers["age"]])
    table = numbers.assign(zone=frame["zone"], name=frame["name"])
    table["departement"] = frame.get("departement", "")
    steady = ["name", "lon", "lat", "area_km2", "departement"]
    first = table.groupby("zone")[steady].transform("first")
    for column in steady:
        differs = (table[column] != first[column]) & table[column].notna() & first[column].notna()
        file.fault(differs, lambda row, c=column: f"{c}: zone {row['zone']!r} has another {c} in a row before")  # type: ignore[misc]
    file.stop_if_faulty()
    file.problems += [(line, 0, what) for line, what in faults_of_zones(Zones.of(table))]
    file.stop_if_faulty()
    return table


def read_travel(path: str | PathLike[str], index: Mapping[str, int], crow_fly: FloatFunction) -> tuple[Edges, Notes]:
    """Edges of a user's travel table, both ways where only one is given, and notes on what is doubtful in it.

    ``index``: row of each zone; ``crow_fly``: gives the crow-fly minutes between rows of zones.
    """
    file = Csv(path, ("from_zone", "to_zone", "minutes"))
    minutes = file.numbers("minutes", 0, 24 * 60, cause=": minutes, not seconds")
    for column in ("from_zone", "to_zone"):
        file.fault(
            ~file.frame[column].isin(index.keys()),
            lambda row, c=column: f"{c}: unknown zone {row[c]!r}{zone_hint(row[c], index)}",  # type: ignore[misc]
        )
    file.duplicates(["from_zone", "to_zone"], [file.frame["from_zone"], file.frame["to_zone"]])
    file.stop_if_faulty()
    origins = file.frame["from_zone"].map(index).to_numpy(np.int64)
    destinations = file.frame["to_zone"].map(index).to_numpy(np.int64)
    apart = origins != destinations
    notes = file.doubt(doubts_of_travel(minutes[apart], crow_fly(origins[apart], destinations[apart])))
    n = len(index)
    back = ~np.isin(destinations * n + origins, origins * n + destinations)
    edges = (
        np.concatenate([origins, destinations[back]]),
        np.concatenate([destinations, origins[back]]),
        np.concatenate([minutes, minutes[back]]),
    )
    return edges, notes
