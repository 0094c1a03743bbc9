"""A user's CSV of zones or travel minutes, read with every problem at its line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.territory.ages import AGES, FloatArray, IntArray
from ess_sim.inputs.territory.pieces import Pieces

__all__ = ["Csv", "read_travel", "read_zones"]


_MAX_PROBLEMS = 20


class Csv:
    """A user's CSV as text, and the faults found in it: all of them are reported at once, each with its line."""

    def __init__(self, path: str | PathLike[str], required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self.problems: list[tuple[int, str]] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame = pd.read_csv(
                    self.path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
                )
        except FileNotFoundError:
            raise TerritoryError(f"{self.path}: no such file") from None
        except pd.errors.EmptyDataError:
            raise TerritoryError(f"{self.path}:1: the file is empty; it must start with {','.join(required)}") from None
        except UnicodeDecodeError:
            raise TerritoryError(f"{self.path}: not UTF-8 text; save it as 'CSV UTF-8'") from None
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise TerritoryError(f"{self.path}: {' '.join(str(error).split())}") from None
        except OSError as error:
            raise TerritoryError(f"{self.path}: {error.strerror or error}") from None
        columns = [str(c).strip() for c in frame.columns]
        if not isinstance(frame.index, pd.RangeIndex):
            raise TerritoryError(f"{self.path}:2: more values than the {len(columns)} columns of the first line")
        if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
            raise TerritoryError(f"{self.path}:1: values must be separated by commas")
        missing = [c for c in required if c not in columns]
        if missing:
            hints = "".join(f" {c!r}{did_you_mean(c, set(columns) - set(required))}," for c in missing).rstrip(",")
            raise TerritoryError(f"{self.path}:1: missing column{hints}; wanted: {','.join(required)}")
        if surplus := [c for c in columns if c not in (*required, *optional)]:
            known = set(required) | set(optional)
            hints = "".join(f" {c!r}{did_you_mean(c, known - set(columns))}," for c in surplus).rstrip(",")
            raise TerritoryError(f"{self.path}:1: unknown column{hints}")
        frame.columns = pd.Index(columns)
        frame = frame.fillna("").apply(lambda column: column.str.strip())
        frame.index = pd.RangeIndex(2, len(frame) + 2)  # a row's line in the file
        self.frame: pd.DataFrame = frame[(frame != "").any(axis=1)]
        if self.frame.empty:
            raise TerritoryError(f"{self.path}:2: no rows")

    def fault(self, wrong: Any, what: Callable[[Any], str]) -> None:
        """Note a fault for each row where ``wrong`` is true; ``what`` words it from the row."""
        rows = self.frame[np.asarray(wrong, dtype=bool)]
        self.problems += [(int(line), what(row)) for line, row in rows.iterrows()]  # type: ignore[call-overload]

    def numbers(self, column: str, low: float, high: float, *, whole: bool = False, above: bool = False) -> FloatArray:
        """A column as numbers; NaN, and a fault, where it is none or out of its range (``above``: low excluded)."""
        text = self.frame[column]
        values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64).copy()
        bad = ~np.isfinite(values)
        self.fault(bad, lambda row: f"{column}: {row[column]!r} is not a number")
        with np.errstate(invalid="ignore"):
            outside = ~bad & ((values < low) | (values > high) | (above & (values == low)))
            uneven = ~bad & ~outside & (values != np.floor(values)) if whole else np.zeros_like(bad)
        start = "more than" if above else "at least"
        limit = f"{start} {low:g}" if high == np.inf else f"{start} {low:g} and at most {high:g}"
        self.fault(outside, lambda row: f"{column}: {row[column]} is out of range, it must be {limit}")
        self.fault(uneven, lambda row: f"{column}: {row[column]} is not a whole number")
        values[bad | outside | uneven] = np.nan
        return values

    def duplicates(self, columns: Sequence[str], keys: Sequence[Any]) -> None:
        """Note a fault for each row whose keys another row before it has."""
        table = pd.DataFrame(dict(zip(columns, keys, strict=True)), index=self.frame.index)
        again = table.duplicated(keep="first") & table.notna().all(axis=1)
        if not again.any():
            return
        first = {tuple(key): line for line, key in zip(table.index[::-1], table.to_numpy()[::-1], strict=True)}

        def what(row: Any) -> str:
            line = first[tuple(table.loc[row.name])]
            return f"{' and '.join(f'{c} {row[c]!r}' for c in columns)}: already given in line {line}"

        self.fault(again, what)

    def stop_if_faulty(self) -> None:
        """Raise one error with all faults, in file order."""
        if not self.problems:
            return
        lines = [f"{self.path}:{line}: {what}" for line, what in sorted(set(self.problems))]
        more = len(lines) - _MAX_PROBLEMS
        raise TerritoryError("\n".join(lines[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more > 0 else [])))


def read_zones(path: str | PathLike[str], name: str) -> Pieces:
    """The pieces of a territory of a user's own zones; see `Territory.from_csv`. ``name``: '' for the file's name."""
    columns = ("zone", "name", "lon", "lat", "area_km2", "age", "count")
    csv = Csv(path, columns, ("departement",))
    table = _zone_rows(csv)
    zones = sorted(set(table["zone"]))
    index = {zone: i for i, zone in enumerate(zones)}
    population = np.zeros((len(zones), AGES), dtype=np.int64)
    rows = table["zone"].map(index).to_numpy(np.int64)
    population[rows, table["age"].to_numpy(np.int64)] = table["count"].to_numpy(np.int64)
    heads = table.drop_duplicates("zone").set_index("zone").loc[zones]
    notes = [f"population: {csv.path.name}, as given"]
    if absent := len(zones) * AGES - len(table):
        notes.append(f"population: {absent} of {len(zones) * AGES} zones and ages have no row: no residents there")
    return Pieces(
        name or csv.path.stem,
        zones=tuple(zones),
        zone_names=tuple(str(n) or zone for zone, n in zip(zones, heads["name"], strict=True)),
        departements=tuple(str(d) for d in heads["departement"]),
        population=population,
        area_km2=heads["area_km2"].to_numpy(np.float64),
        longitude=heads["lon"].to_numpy(np.float64),
        latitude=heads["lat"].to_numpy(np.float64),
        notes=tuple(notes),
        positions="zones",
    )


def _zone_rows(csv: Csv) -> pd.DataFrame:
    """One row a zone and age, with numbers; raises one error with all faults."""
    frame = csv.frame
    csv.fault(frame["zone"] == "", lambda _: "zone: no code")
    numbers = pd.DataFrame(
        {
            "lon": csv.numbers("lon", -180, 180),
            "lat": csv.numbers("lat", -90, 90),
            "area_km2": csv.numbers("area_km2", 0, np.inf, above=True),
            "age": csv.numbers("age", 0, AGES - 1, whole=True),
            "count": csv.numbers("count", 0, np.inf, whole=True),
        },
        index=frame.index,
    )
    csv.duplicates(["zone", "age"], [frame["zone"].replace("", None), numbers["age"]])
    table = numbers.assign(zone=frame["zone"], name=frame["name"])
    table["departement"] = frame.get("departement", "")
    steady = ["name", "lon", "lat", "area_km2", "departement"]
    first = table.groupby("zone")[steady].transform("first")
    for column in steady:
        differs = (table[column] != first[column]) & table[column].notna() & first[column].notna()
        csv.fault(differs, lambda row, c=column: f"{c}: zone {row['zone']!r} has another {c} in a row before")  # type: ignore[misc]
    csv.stop_if_faulty()
    return table


def read_travel(path: str | PathLike[str], index: Mapping[str, int]) -> tuple[IntArray, IntArray, FloatArray]:
    """Edges of a user's travel table, both ways where only one is given; ``index``: row of each zone."""
    csv = Csv(path, ("from_zone", "to_zone", "minutes"))
    minutes = csv.numbers("minutes", 0, np.inf)
    zones = tuple(index)
    for column in ("from_zone", "to_zone"):
        csv.fault(
            ~csv.frame[column].isin(zones),
            lambda row, c=column: f"{c}: unknown zone {row[c]!r}{did_you_mean(row[c], zones)}",  # type: ignore[misc]
        )
    csv.duplicates(["from_zone", "to_zone"], [csv.frame["from_zone"], csv.frame["to_zone"]])
    csv.stop_if_faulty()
    origins = csv.frame["from_zone"].map(index).to_numpy(np.int64)
    destinations = csv.frame["to_zone"].map(index).to_numpy(np.int64)
    n = len(zones)
    back = ~np.isin(destinations * n + origins, origins * n + destinations)
    return (
        np.concatenate([origins, destinations[back]]),
        np.concatenate([destinations, origins[back]]),
        np.concatenate([minutes, minutes[back]]),
    )
