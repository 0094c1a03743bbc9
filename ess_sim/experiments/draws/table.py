"""CSV tables of parameter values, as a calibration writes them and as people save them: every fault at its place."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ess_sim.errors import ParameterError, ResultsError, did_you_mean, shortened
from ess_sim.inputs.catalogue.parameters import catalogue, override_problems

__all__ = ["MAX_BYTES", "MAX_DRAWS", "values_of"]


MAX_BYTES = 5_000_000
"""Largest table: some 2,000 draws of every parameter."""


MAX_DRAWS = 5_000
"""Most rows of a table."""


_MOST = 200
"""Most faults reported of one table."""


_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)


class _UnreadableError(Exception):
    """Nothing more can be made of this table: line, column and what is wrong."""

    def __init__(self, line: int, column: int, what: str) -> None:
        super().__init__(line, column, what)


def values_of(data: bytes, shown: str) -> tuple[dict[str, float], ...]:
    r"""The rows of a table, each with its values by parameter; a column ``draw`` numbers them and is left out.

    Parameters
    ----------
    data : bytes
        A comma-separated table in UTF-8, whose first line names catalogue parameters.
    shown : str
        What messages call the file.

    Raises
    ------
    ResultsError
        If this is no such table.
    ParameterError
        With every parameter that is unknown and every value that is no number or out of its range, each
        ``file:line:column: what is wrong``.

    Examples
    --------
    >>> values_of(b"draw,informed_share\n1,0.25\n2,0.5\n", "two.csv")
    ({'informed_share': 0.25}, {'informed_share': 0.5})
    """
    table = _Table()
    error: type[ParameterError | ResultsError] = ParameterError
    try:
        rows = table.rows(_decoded(data))
    except _UnreadableError as stop:
        table.faults.append(stop.args)
        error = ResultsError
    if faults := sorted(set(table.faults)):
        if len(faults) > _MOST:
            line, column, _ = faults[_MOST]
            faults[_MOST:] = [(line, column, "too many problems: this one and those behind it are not listed")]
        raise error("\n".join(f"{shown}:{line}:{column}: {what}" for line, column, what in faults))
    return tuple(rows)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _UnreadableError(1, 1, "this is UTF-16 text: save it as UTF-8")
    if data.startswith((b"PAR1", b"PK\3\4", b"\x1f\x8b")):
        raise _UnreadableError(
            1, 1, "not text: draws are a CSV table, neither compressed nor Parquet nor a spreadsheet"
        )
    try:
        text, wrong = data.decode("utf-8-sig"), -1
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", "surrogateescape")
        wrong = next(i for i, c in enumerate(text) if "\udc80" <= c <= "\udcff")
    nul = text.find("\0")
    if nul >= 0 and not 0 <= wrong < nul:
        raise _UnreadableError(*_behind(text[:nul]), "a NUL byte: this is not a text file")
    if wrong >= 0:
        raise _UnreadableError(*_behind(text[:wrong]), "a byte that is not UTF-8: save the file as UTF-8")
    return text


def _behind(text: str) -> tuple[int, int]:
    lines = re.split("\r\n|\r|\n", text)
    return len(lines), len(lines[-1]) + 1


@dataclass
class _Table:
    """Takes a table apart; ``faults``: line, column and what is wrong."""

    faults: list[tuple[int, int, str]] = field(default_factory=list)

    def say(self, line: int, column: int, what: str) -> None:
        self.faults.append((line, column, what))

    def rows(self, text: str) -> list[dict[str, float]]:
        """The rows; what is wrong with them is in ``faults``."""
        lines = _cells(text)
        line, head = next(lines, (1, []))
        if not head:
            raise _UnreadableError(1, 1, "the table is empty: its first line names parameters")
        if len(head) == 1 and re.search("[;\t|]", head[0]):
            raise _UnreadableError(line, 1, "columns must be separated by commas, and decimals take a point")
        names = self._names(line, head)
        if not any(names):
            return []  # of such rows nothing can be said
        found: list[dict[str, float]] = []
        for line, cells in lines:
            if len(self.faults) > _MOST:
                break
            if len(found) == MAX_DRAWS:
                raise _UnreadableError(line, 1, f"more than {MAX_DRAWS:,} draws")
            if len(cells) != len(head):
                more = " (decimals take a point, not a comma)" if len(cells) > len(head) else ""
                self.say(line, 1, f"{len(cells)} values for {len(head)} columns{more}")
                continue
            row: dict[str, float] = {}
            column = 1
            for name, cell in zip(names, cells, strict=True):
                if name:
                    self._take(row, name, cell, (line, column))
                column += len(cell) + 1
            if row and len(row) == sum(map(bool, names)):
                for name, what in override_problems(row):
                    self.say(line, 1 + sum(len(c) + 1 for c in cells[: names.index(name)]), f"{name}: {what}")
            found.append(row)
        if not found and not self.faults:
            self.say(line + 1 if text.endswith(("\n", "\r")) else line, 1, "no draws: a sample needs at least one")
        return found

    def _names(self, line: int, head: list[str]) -> list[str]:
        """The parameter of each column, '' for the number of the draw and for what is no parameter."""
        names: list[str] = []
        column = 1
        for i, cell in enumerate(head):
            name = cell.strip()
            known = name in catalogue()
            if known and name in names:
                self.say(line, column, f"a second column {name}")
            elif not known and not (name == "draw" and i == 0):
                shown = f"unknown parameter {shortened(name)!r}" if name else "a column without a name"
                self.say(line, column, f"{shown}{did_you_mean(name, catalogue())}")
            names.append(name if known and name not in names else "")
            column += len(cell) + 1
        if not any(names) and not self.faults:
            self.say(line, 1, "no column names a parameter")
        return names

    def _take(self, row: dict[str, float], name: str, cell: str, at: tuple[int, int]) -> None:
        text = cell.strip()
        if _NUMBER.fullmatch(text) and len(text) <= 300 and math.isfinite(float(text)):
            row[name] = float(text)
        else:
            comma = ": decimals take a point" if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text) else ""
            self.say(*at, f"{name}: {shortened(text)!r} is not a number{comma}")


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not empty, with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    began = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield began, cells
            began = reader.line_num + 1
    except csv.Error as error:
        raise _UnreadableError(began, 1, f"not a CSV table from here on ({error})") from None
