"""Ages as tables write them: one year, a band of years, or everybody from an age on."""

from __future__ import annotations

import re

__all__ = ["span_of"]

_UNIT = r"\s*(?:ans?|years?)?"
_ONE = re.compile(r"([0-9]{1,3})\s*(?:ans?|years?)", re.ASCII)
_BAND = re.compile(rf"(?:de\s+)?([0-9]{{1,3}}){_UNIT}\s*(?:-|\u2013|à|a|to)\s*([0-9]{{1,3}}){_UNIT}", re.ASCII)
_OLDER = re.compile(rf"([0-9]{{1,3}}){_UNIT}\s*(?:\+|(?:et|ou|and|or|&)\s*(?:\+|plus|over|older|more))", re.ASCII)
_YOUNGER = re.compile(rf"(?:moins\s+de|under|<)\s*([0-9]{{1,3}}){_UNIT}", re.ASCII)


def span_of(text: str, oldest: int) -> tuple[int, int] | None:
    """First and last age of what a text names; None if it is no band, nor an age with its unit.

    >>> span_of("0 à 4 ans", 105), span_of("95 et plus", 105), span_of("20 ans", 105), span_of("20", 105)
    ((0, 4), (95, 105), (20, 20), None)
    """
    text = " ".join(text.casefold().split())
    if found := _ONE.fullmatch(text):
        first, last = int(found[1]), int(found[1])
    elif found := _BAND.fullmatch(text):
        first, last = int(found[1]), int(found[2])
    elif found := _OLDER.fullmatch(text):
        first, last = int(found[1]), oldest
    elif found := _YOUNGER.fullmatch(text):
        first, last = 0, int(found[1]) - 1
    else:
        return None
    return (first, last) if first <= last <= oldest else None
