"""Rows of a CSV text, whatever separates its values, and the place of each value."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ess_sim.inputs.csv_files.text import UnreadableError

__all__ = ["SEPARATORS", "Rows", "rows_of"]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may separate values, and how notes call it."""


@dataclass(frozen=True)
class Rows:
    """The rows of a text that hold anything, by the line on which they start."""

    text: str
    separator: str
    cells: dict[int, list[str]]

    @cached_property
    def _lines(self) -> list[str]:
        return [line.rstrip("\r\n") for line in io.StringIO(self.text, newline="")]

    def place(self, line: int, number: int) -> tuple[int, int]:
        """Line and column where a value of a row starts, the first one having number 0; a row's end if it has fewer."""
        quoted, seen, at, column = False, 0, line, 1
        while seen < number:
            text = self._lines[at - 1]
            if column > len(text):
                if not quoted or at == len(self._lines):
                    return at, max(len(text), 1)
                at, column = at + 1, 1
                continue
            sign = text[column - 1]
            quoted ^= sign == '"'
            seen += sign == self.separator and not quoted
            column += 1
        return at, column


def rows_of(text: str, known: Callable[[Sequence[str]], int]) -> Rows:
    r"""The rows of a text, with the separator by which its first line says most.

    Parameters
    ----------
    text : str
        The file; a first line ``sep=;``, as Excel writes it, is taken at its word.
    known : callable
        How many of a first line's values are known.

    Raises
    ------
    UnreadableError
        At a quotation mark that nothing can be made of.

    Examples
    --------
    >>> rows = rows_of("zone;name\nA;Nord\n\n", lambda first: "zone" in first)
    >>> rows.separator, rows.cells
    (';', {1: ['zone', 'name'], 2: ['A', 'Nord']})
    >>> rows.place(2, 1)
    (2, 3)
    """
    said = re.match(r"sep=([,;\t|])[ \t]*(\r\n|\r|\n|$)", text)
    if said:
        return Rows(text, said[1], _cells(text, said[1], skip=1))
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    ranks = []
    for separator in SEPARATORS:
        row = next(csv.reader([first.rstrip("\r\n")], delimiter=separator), [])
        ranks.append((known(row), len(row)))
    separator = list(SEPARATORS)[ranks.index(max(ranks))]
    return Rows(text, separator, _cells(text, separator))


def _cells(text: str, separator: str, skip: int = 0) -> dict[int, list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    line, found = 1, {}
    try:
        for row in reader:
            if line > skip and any(cell.strip() for cell in row):
                found[line] = row
            line = reader.line_num + 1
    except csv.Error as error:
        raise _at_quotation(text, separator, line, reader.line_num, str(error)) from None
    return found


def _at_quotation(text: str, separator: str, line: int, last: int, error: str) -> UnreadableError:
    lines = list(io.StringIO(text, newline=""))
    if "expected after" in error:
        s = re.escape(separator)
        place = re.search(rf'(?<=[^{s}])"(?=[^{s}"])', lines[last - 1].rstrip("\r\n"))
        what = "a quotation mark inside a value: write it twice, or leave out those around the value"
        return UnreadableError(last, place.start() + 1 if place else 1, what)
    if "larger than" in error:
        return UnreadableError(line, 1, "a value of more than 131,072 characters: is a quotation mark left open?")
    raw = lines[line - 1].rstrip("\r\n")
    return UnreadableError(line, max(raw.rfind('"') + 1, 1), "a quotation mark opens here and is never closed")
