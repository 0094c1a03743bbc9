"""A user's CSV as a table of our columns, with notes on what was understood and every problem at its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean, shortened
from ess_sim.inputs.csv_files.dialect import SEPARATORS, rows_of
from ess_sim.inputs.csv_files.headers import OF_ANOTHER_UNIT, WITHOUT_UNIT, column_key, matched
from ess_sim.inputs.csv_files.numbers import Limits, is_secret, marks_of, read_number, resolved
from ess_sim.inputs.csv_files.text import UnreadableError, decoded

__all__ = ["Column", "Csv", "file_bytes", "raise_problems"]

_MAX_PROBLEMS = 20
_EMPTY = ": delete empty columns, or name what they hold"

FloatArray = npt.NDArray[np.float64]


class Column(NamedTuple):
    """A column that a table may have; ``limits``: of its numbers, None for text."""

    name: str
    limits: Limits | None = None
    required: bool = True


class Csv:
    """A user's CSV as a table, and the faults found in it: all of them are reported at once, each at its place.

    ``frame``: text without spaces around it, one column each of ours; its index is the line of each row.
    ``first``: the line that names the columns.
    """

    def __init__(self, path: str | PathLike[str], columns: Sequence[Column]) -> None:
        self.path = Path(path)
        self.columns = {column.name: column for column in columns}
        self.problems: list[tuple[int, int, str]] = []
        self.more = 0
        self._notes: list[str] = []
        wanted = [column.name for column in columns if column.required]
        try:
            text, encoding = decoded(file_bytes(self.path))
            self._rows = rows_of(text, lambda first: len({*matched(first, self.columns)} - {""}))
        except UnreadableError as error:
            self._stop(error.line, error.what, error.column)
        if encoding:
            self._notes.append(encoding)
        if self._rows.separator != ",":
            self._notes.append(SEPARATORS[self._rows.separator])
        if not self._rows.cells:
            self._stop(1, f"the file is empty; it must start with {','.join(wanted)}")
        first, *lines = self._rows.cells
        self.first = first
        self._head = [name.strip() for name in self._rows.cells[first]]
        self._places = self._placed(first, wanted)
        for line in lines:
            self._check_length(line)
        self.stop_if_faulty()
        found = {name: [self._rows.cells[line][i].strip() for line in lines] for name, i in self._places.items()}
        self.frame: pd.DataFrame = pd.DataFrame(found, index=lines, dtype=object)
        if self.frame.empty:
            self._stop(first + 1, "no rows")
        self._marks: frozenset[str] | None = None

    def _stop(self, line: int, what: str, column: int = 0) -> None:
        self.problems.append((line, column, what))
        self.stop_if_faulty()

    def _placed(self, line: int, wanted: Sequence[str]) -> dict[str, int]:
        """The number of each of our columns in a row."""
        head = self._head

        def stop(i: int, what: str) -> None:
            self._stop(*self._rows.place(line, i)[:1], what, self._rows.place(line, i)[1])

        for i, name in enumerate(head):
            if name in head[:i]:
                stop(i, f"column {name!r} is given twice" if name else f"two columns have no name{_EMPTY}")
            if cure := OF_ANOTHER_UNIT.get(column_key(name)):
                stop(i, f"column {name!r} is {cure}")
        ours = matched(head, self.columns)
        for i, name in enumerate(ours):
            if name and name in ours[:i]:
                stop(i, f"columns {head[ours.index(name)]!r} and {head[i]!r} both give {name}: leave one out")
        if missing := [name for name in wanted if name not in ours]:
            unused = {name for name, known in zip(head, ours, strict=True) if not known}
            hints = "".join(f" {name!r}{did_you_mean(name, unused)}," for name in missing).rstrip(",")
            self._stop(line, f"missing column{hints}; wanted: {','.join(wanted)}")
        surplus = [i for i, name in enumerate(ours) if not name]
        if surplus:
            if empty := [i for i in surplus if not head[i]]:
                stop(empty[0], f"a column has no name{_EMPTY}")
            unused = {*self.columns} - {*ours}
            hints = "".join(f" {shortened(head[i])!r}{did_you_mean(head[i], unused)}," for i in surplus).rstrip(",")
            stop(surplus[0], f"unknown column{hints}")
        if renamed := [f"{name!r} as {ours[i]}" for i, name in enumerate(head) if name != ours[i]]:
            self._notes.append(f"columns {', '.join(renamed)}")
        return {name: i for i, name in enumerate(ours)}

    def _check_length(self, line: int) -> None:
        values, columns = len(self._rows.cells[line]), len(self._head)
        if values == columns:
            return
        if len(self.problems) >= _MAX_PROBLEMS:
            self.more += 1
        elif values > columns:
            cure = " (decimals take a point, or quotation marks)" if self._rows.separator == "," else ""
            what = f"more values than the {columns} columns of the first line{cure}"
            self.problems.append((*self._rows.place(line, columns), what))
        else:
            what = f"fewer values than the {columns} columns of the first line"
            self.problems.append((*self._rows.place(line, columns), what))

    def note(self, what: str) -> None:
        """Say what was understood."""
        if what not in self._notes:
            self._notes.append(what)

    @property
    def separator(self) -> str:
        """The sign between values."""
        return self._rows.separator

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood, if the file is not written as the documentation asks for."""
        return (f"{self.path.name}: read with {'; '.join(self._notes)}",) if self._notes else ()

    def without_unit(self, column: str) -> str:
        """The name that the file gives to a column, if it leaves its unit open; else ''."""
        name = self._head[self._places[column]]
        return name if column_key(name) in WITHOUT_UNIT else ""

    def problem(self, line: int, what: str, column: str = "") -> None:
        """Note a fault of one row, at one of our columns."""
        place = self._rows.place(line, self._places[column]) if column in self._places else (line, 0)
        self.problems.append((*place, what))

    def fault(self, wrong: Any, column: str, what: Callable[[Any], str], *, named: bool = True) -> None:
        """Note a fault of a column for each row where ``wrong`` is true; ``what`` words it from the row.

        ``named``: the message begins with the column.
        """
        rows = self.frame[np.asarray(wrong, dtype=bool)]
        for line, row in rows[:_MAX_PROBLEMS].iterrows():
            self.problem(int(line), f"{column}: {what(row)}" if named else what(row), column)  # type: ignore[call-overload]
        self.more += max(len(rows) - _MAX_PROBLEMS, 0)  # words take their time

    def _file_marks(self) -> frozenset[str]:
        if self._marks is None:
            columns = [c for c in self.columns.values() if c.limits is not None and c.name in self.frame]
            values = ((read_number(text), c.limits) for c in columns for text in pd.unique(self.frame[c.name]))
            self._marks = marks_of((reading, limits) for reading, limits in values if limits is not None)
            if "," in self._marks:
                self._notes.append("decimal commas")
        return self._marks

    def numbers(self, column: str, text: pd.Series | None = None) -> FloatArray:
        """A column as numbers; NaN, and a fault, where it is none or out of its limits.

        ``text``: stands for the column's; where it is missing nothing is wrong.
        """
        text = self.frame[column] if text is None else text
        limits = self.columns[column].limits
        if limits is None:
            raise TypeError(f"{column} holds no numbers")
        marks, usual = self._file_marks(), "." if self._rows.separator == "," else ""
        rows, unique = pd.factorize(text)
        readings = [read_number(value) for value in unique]
        known = np.array([resolved(reading, limits, marks, usual) for reading in readings] + [math.nan])
        if any(r.grouped == value and value != r.decimal for r, value in zip(readings, known[:-1], strict=True)):
            self._notes.append(f"separators of thousands in {column}")
        values = known[rows]
        given = rows >= 0
        self.fault(np.isinf(values), column, lambda row: _two_ways(row[column]))
        bad = given & np.isnan(values)
        self.fault(bad, column, lambda row: f"{_shown(row[column])} {_no_number(row[column])}")
        values[np.isinf(values)] = np.nan
        with np.errstate(invalid="ignore"):
            outside = (values < limits.low) | (values > limits.high) | (limits.above & (values == limits.low))
            uneven = ~outside & (values != np.floor(values)) & ~np.isnan(values) & limits.whole
        start = f"{'more than' if limits.above else 'at least'} {limits.low:g}"
        range_ = start if limits.high == np.inf else f"{start} and at most {limits.high:,.10g}"
        out = f"is out of range, it must be {range_}{limits.cause}"
        self.fault(outside, column, lambda row: f"{shortened(row[column])} {out}")
        self.fault(uneven, column, lambda row: f"{shortened(row[column])} is not a whole number")
        values[outside | uneven] = np.nan
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

        self.fault(again, columns[-1], what, named=False)

    def stop_if_faulty(self) -> None:
        """Raise one error with all faults, in file order."""
        raise_problems(self.path, self.problems, self.more)


def raise_problems(path: Path, problems: Sequence[tuple[int, int, str]], more: int = 0) -> None:
    """Raise one error with all problems of a file in its order, if there are any; ``more``: how many were not listed.

    Each problem is a line and a column (0: none) and what is wrong there.
    """
    if not problems:
        return
    found = sorted(set(problems))
    lines = [f"{path}{_at(line, column)}: {what}" for line, column, what in found]
    more += max(len(lines) - _MAX_PROBLEMS, 0)
    raise TerritoryError("\n".join(lines[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more else [])))


def file_bytes(path: Path) -> bytes:
    """The content of a regular file."""
    try:
        other = path.exists() and not path.is_file()
        data = b"" if other else path.read_bytes()
    except FileNotFoundError:
        raise TerritoryError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a path that cannot be one
        raise TerritoryError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if other:
        raise TerritoryError(f"{path}: this is not a regular file")
    return data


def _at(line: int, column: int) -> str:
    return f":{line}:{column}" if column else f":{line}" if line else ""


def _shown(value: str) -> str:
    return repr(shortened(value))


def _two_ways(value: str) -> str:
    reading = read_number(value)
    return (
        f"{_shown(value)} may be {reading.grouped:g} or {reading.decimal:g}: write it without separators of thousands"
    )


def _no_number(value: str) -> str:
    if not value:
        return "is not a number: write one, or leave the row out"
    if is_secret(value):
        return "stands for a secret or missing value: write a number, or leave the row out"
    return "is not a number"
