"""What is known of a zone's residents as a distribution: how many have which whole number of something.

The one place that says what is distributed and how bins are numbered: the kernel and the tables take it from here.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

__all__ = ["DISTRIBUTIONS", "FIRST_BIN", "LAST_VALUE", "N_BINS", "Distribution", "Parts", "unpack"]


class Distribution(NamedTuple):
    """One quantity of residents, in whole numbers from 0.

    Attributes
    ----------
    about : str
        What the number is, and of which residents.
    unit : str
        Unit of the number.
    bins : int
        Values 0, 1, … have a bin each; the last stands for all above as well.
    rounded : bool
        Whether a value is the nearest whole number, or else that of completed units.
    """

    about: str
    unit: str
    bins: int
    rounded: bool

    @property
    def lowest(self) -> float:
        """Where the bin of a value begins, less the value."""
        return -0.5 if self.rounded else 0.0


DISTRIBUTIONS = {
    "minutes": Distribution("minutes to the MT, of those in listed_reachable", "minutes", 121, rounded=True),
}
"""Distributions by zone. A new one is declared here, and in the kernel's `counts`, which asks for it; the table
``distributions`` and the check of the running accounts follow."""


_ENDS = tuple(accumulate(d.bins for d in DISTRIBUTIONS.values()))
FIRST_BIN = (0, *_ENDS[:-1])
LAST_VALUE = tuple(d.bins - 1 for d in DISTRIBUTIONS.values())
N_BINS = _ENDS[-1]
"""A zone's bins stand side by side, those of the first distribution first."""


class Parts(NamedTuple):
    """What a bin stands for: index of the zone, place in `DISTRIBUTIONS`, value."""

    zone: Any
    quantity: Any
    value: Any


def unpack(key: Any) -> Parts:
    """What bins stand for that are numbered through all zones, of one number or an array of them.

    >>> unpack(N_BINS + 12) == (1, 0, 12)
    True
    """
    zone, place = key // N_BINS, key % N_BINS
    quantity = np.searchsorted(_ENDS, place, side="right")
    return Parts(zone, quantity, place - np.asarray(FIRST_BIN)[quantity])
