"""CSV tables of parameter values, as a calibration writes them and as people save them: every fault at its place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ess_sim.errors import ParameterError, ResultsError, did_you_mean, shortened
from ess_sim.inputs.catalogue.parameters import catalogue, override_problems
from ess_sim.inputs.csv_files.dialect import SEPARATORS, Rows, rows_of
from ess_sim.inputs.csv_files.numbers import Limits, is_secret, marks_of, read_number, resolved
from ess_sim.inputs.csv_files.text import UnreadableError, decoded

__all__ = ["MAX_BYTES", "MAX_DRAWS", "values_of"]


MAX_BYTES = 5_000_000
"""Largest table: some 2,000 draws of every parameter."""


MAX_DRAWS = 5_000
"""Most rows of a table."""


_MOST = 200
"""Most faults reported of one table."""


def values_of(data: bytes, shown: str) -> tuple[tuple[dict[str, float], ...], list[str]]:
    r"""The rows of a table, each with its values by parameter, and notes on how the file was read.

    A column ``draw`` numbers the rows and is left out.

    Parameters
    ----------
    data : bytes
        A CSV table, whose first line names catalogue parameters.
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
    (({'informed_share': 0.25}, {'informed_share': 0.5}), [])
    >>> values_of(b"draw;informed_share\n1;0,25\n", "one.csv")
    (({'informed_share': 0.25},), ['semicolons', 'decimal commas'])
    """
    table = _Table()
    error: type[ParameterError | ResultsError] = ParameterError
    try:
        text, encoding = decoded(data)
        table.notes += [encoding] if encoding else []
        rows = table.rows(rows_of(text, lambda first: sum(name.strip() in catalogue() for name in first)))
    except UnreadableError as stop:
        table.say(max(stop.line, 1), max(stop.column, 1), stop.what)
        error = ResultsError
    if faults := sorted(set(table.faults)):
        if len(faults) > _MOST:
            line, column, _ = faults[_MOST]
            faults[_MOST:] = [(line, column, "too many problems: this one and those behind it are not listed")]
        raise error("\n".join(f"{shown}:{line}:{column}: {what}" for line, column, what in faults))
    return tuple(rows), table.notes


@dataclass
class _Table:
    """Takes a table apart; ``faults``: line, column and what is wrong; ``notes``: how it was read."""

    faults: list[tuple[int, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def say(self, line: int, column: int, what: str) -> None:
        self.faults.append((line, column, what))

    def rows(self, rows: Rows) -> list[dict[str, float]]:
        """The rows; what is wrong with them is in ``faults``."""
        if not rows.cells:
            raise UnreadableError(1, 1, "the table is empty: its first line names parameters")
        if rows.separator != ",":
            self.notes.append(SEPARATORS[rows.separator])
        first, *lines = rows.cells
        names = self._names(rows, first)
        if not any(names):
            return []  # of such rows nothing can be said
        marks = self._marks(rows, lines, names)
        found: list[dict[str, float]] = []
        for line in lines:
            if len(self.faults) > _MOST:
                break
            if len(found) == MAX_DRAWS:
                raise UnreadableError(line, 1, f"more than {MAX_DRAWS:,} draws")
            cells = rows.cells[line]
            if len(cells) != len(names):
                commas = len(cells) > len(names) and rows.separator == ","
                more = " (decimals take a point, or quotation marks)" if commas else ""
                self.say(line, 1, f"{len(cells)} values for {len(names)} columns{more}")
                continue
            row: dict[str, float] = {}
            for i, (name, cell) in enumerate(zip(names, cells, strict=True)):
                if name:
                    self._take(row, name, cell.strip(), marks, rows, (line, i))
            if row and len(row) == sum(map(bool, names)):
                for name, what in override_problems(row):
                    self.say(*rows.place(line, names.index(name)), f"{name}: {what}")
            found.append(row)
        if not found and not self.faults:
            after = rows.text.endswith(("\n", "\r"))
            self.say(first + 1 if after else first, 1, "no draws: a sample needs at least one")
        return found

    def _names(self, rows: Rows, line: int) -> list[str]:
        """The parameter of each column, '' for the number of the draw and for what is no parameter."""
        names: list[str] = []
        if rows.cells[line][0].strip().casefold() in ("parameter", "paramètre"):
            what = "a form of experts' answers, no table of draws: ess-sim elicit read makes draws of it"
            raise UnreadableError(*rows.place(line, 0), what)
        for i, cell in enumerate(rows.cells[line]):
            name = cell.strip()
            known = name in catalogue()
            if known and name in names:
                self.say(*rows.place(line, i), f"a second column {name}")
            elif not known and not (name == "draw" and i == 0):
                shown = f"unknown parameter {shortened(name)!r}" if name else "a column without a name"
                self.say(*rows.place(line, i), f"{shown}{did_you_mean(name, catalogue())}")
            names.append(name if known and name not in names else "")
        if not any(names) and not self.faults:
            self.say(line, 1, "no column names a parameter")
        return names

    def _marks(self, rows: Rows, lines: list[int], names: list[str]) -> frozenset[str]:
        """Decimal marks of the file."""
        cells = (
            (name, cell) for line in lines[:MAX_DRAWS] for name, cell in zip(names, rows.cells[line], strict=False)
        )
        marks = marks_of((read_number(cell), _limits(name)) for name, cell in cells if name)
        if "," in marks:
            self.notes.append("decimal commas")
        return marks

    def _take(
        self, row: dict[str, float], name: str, text: str, marks: frozenset[str], rows: Rows, at: tuple[int, int]
    ) -> None:
        value = resolved(read_number(text), _limits(name), marks, "." if rows.separator == "," else "")
        if math.isfinite(value):
            row[name] = value
        elif math.isinf(value):
            what = "may be with thousands or with decimals: write it without separators of thousands"
            self.say(*rows.place(*at), f"{name}: {text!r} {what}")
        else:
            missing = "stands for a missing value: write a number" if is_secret(text) else "is not a number"
            self.say(*rows.place(*at), f"{name}: {shortened(text)!r} {missing}")


def _limits(name: str) -> Limits:
    return Limits(catalogue()[name].low, catalogue()[name].high)
