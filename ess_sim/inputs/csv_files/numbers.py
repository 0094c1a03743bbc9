"""Numbers as people and agencies write them: decimal commas, separators of thousands, secret values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["SECRET", "Limits", "Reading", "is_secret", "marks_of", "read_number", "resolved"]

_SPACES = " \u00a0\u202f\u2009'’"
_WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_GROUPED = re.compile(
    rf"[-+]?[1-9][0-9]{{0,2}}(?:([{_SPACES}.,])[0-9]{{3}})(?:\1[0-9]{{3}})*(?:([.,])[0-9]+)?", re.ASCII
)
_LONGEST = 300

_LETTERS = ("s", "c", "x", "nd", "n.d.", "n.d", "ns", "n.s.", "nc", "n.c.", "na", "n.a.", "n/a", "#n/a", "nan", "null")
_SIGNS = ("-", "--", "\u2013", "\u2014", ".", "..", "...", "\u2026", "/", "//", "///", "*", "?")
SECRET = frozenset({*_LETTERS, *_SIGNS, "none"})
"""Small letters of what stands for a value that is secret or missing."""


class Limits(NamedTuple):
    """What the numbers of a column may be; ``above``: ``low`` is excluded; ``cause``: what makes them too large."""

    low: float
    high: float
    whole: bool = False
    above: bool = False
    cause: str = ""

    def hold(self, value: float) -> bool:
        """Whether a number may stand in the column, whole or not."""
        return self.low <= value <= self.high and not (self.above and value == self.low)


class Reading(NamedTuple):
    """A text as a number: with its mark for decimals, and with a mark that separates thousands (NaN: not so).

    ``mark``: the decimal mark that the text has, or that is left if its other mark separates thousands.
    """

    decimal: float
    grouped: float
    mark: str


_NONE = Reading(math.nan, math.nan, "")


def is_secret(text: str) -> bool:
    """Whether a text stands for a secret or missing value, as INSEE and spreadsheets write it."""
    return text.casefold() in SECRET or "secret" in text.casefold()


def read_number(text: str) -> Reading:
    """Both ways in which a text may be a number.

    >>> read_number("1 234,5"), read_number("1.234").grouped, read_number("s").decimal
    (Reading(decimal=nan, grouped=1234.5, mark=','), 1234.0, nan)
    """
    text = text.strip().replace("\u2212", "-")
    if len(text) > _LONGEST:
        return _NONE
    if _WHOLE.fullmatch(text):
        return Reading(float(text), math.nan, "")
    decimal, mark = math.nan, ""
    if _DECIMAL.fullmatch(text):
        decimal = float(text.replace(",", "."))
        mark = "," if "," in text else "." if "." in text else ""
    grouped = math.nan
    if (found := _GROUPED.fullmatch(text)) and found[1] != found[2]:
        grouped = float(text.replace(found[1], "").replace(",", "."))
        if math.isnan(decimal):
            mark = found[2] or {".": ",", ",": "."}.get(found[1], "")
    return Reading(decimal, grouped, mark) if math.isfinite(decimal) or math.isfinite(grouped) else _NONE


def marks_of(readings: Iterable[tuple[Reading, Limits]]) -> frozenset[str]:
    """The decimal marks of which a file leaves no doubt: those of numbers that can be read in one way only."""
    return frozenset(
        reading.mark
        for reading, limits in readings
        if math.isnan(reading.grouped) != math.isnan(reading.decimal) or not _open(reading, limits)
    ) - {""}


def resolved(reading: Reading, limits: Limits, marks: frozenset[str], usual: str) -> float:
    """The number that a text is in its file; NaN where it is none, infinite where it may be one or the other.

    Parameters
    ----------
    reading : Reading
        Of the text.
    limits : Limits
        Of its column.
    marks : frozenset of str
        Decimal marks of the file, by `marks_of`.
    usual : str
        Decimal mark of a file whose numbers leave it open; '' if there is none.

    Examples
    --------
    >>> area, count = Limits(0, 1e6), Limits(0, 1e6, whole=True)
    >>> dots = read_number("1.234")
    >>> [resolved(dots, area, frozenset(mark), ".") for mark in ".,"], resolved(dots, count, frozenset("."), "")
    ([1.234, 1234.0], inf)
    """
    if math.isnan(reading.grouped) or math.isnan(reading.decimal):
        return reading.decimal if math.isnan(reading.grouped) else reading.grouped
    if not _open(reading, limits):
        return reading.decimal
    if marks and reading.mark not in marks:
        return reading.grouped
    if limits.whole or len(marks) > 1:
        return math.inf
    return reading.decimal if reading.mark in (marks or {usual}) else math.inf


def _open(reading: Reading, limits: Limits) -> bool:
    """Whether both readings may stand in the column."""
    return math.isfinite(reading.grouped) and math.isfinite(reading.decimal) and limits.hold(reading.grouped)
