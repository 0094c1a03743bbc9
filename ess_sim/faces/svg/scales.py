"""From values to places in a picture, and round values to mark on an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from ess_sim.faces.svg.marks import Floats

__all__ = ["Scale", "cuts", "days", "digits_of", "round_steps", "years"]


_NOISE = 1e-6
"""A range below this is one of sums that were rounded, and nothing to be shown."""


@dataclass(frozen=True)
class Scale:
    """A straight line from values to places.

    Parameters
    ----------
    low, high : float
        Values at the two ends; ``high`` is above ``low``.
    first, last : float
        Places of the two ends, in units of the picture.

    Examples
    --------
    >>> float(Scale(0, 10, 100, 0)(2.5))
    75.0
    """

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: Any) -> Any:
        return self.first + (np.asarray(value, float) - self.low) / (self.high - self.low) * (self.last - self.first)


def round_steps(low: float, high: float, most: int = 5, spare: float = 1e-9) -> Floats:
    """Round values that enclose a range, at most about so many; it may exceed them by ``spare`` steps.

    >>> round_steps(-2.7, 0.2).tolist()
    [-3.0, -2.0, -1.0, 0.0, 1.0]
    >>> round_steps(4.0, 4.0, 2).tolist()
    [4.0, 4.5, 5.0]
    >>> round_steps(4.0, 4.0 + 1e-13, 2).tolist()
    [4.0, 4.5, 5.0]
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    if high - low < _NOISE:
        high = low + 1.0
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + spare), math.ceil(high / step - spare)
    return np.round(np.arange(first, max(last, first + 1) + 1) * step, 10)


def digits_of(values: Floats) -> int:
    """Decimals that are needed to tell marks of an axis apart."""
    return next((n for n in range(4) if np.allclose(values, np.round(values, n), atol=1e-9)), 4)


def cuts(values: Floats, classes: int = 6) -> Floats:
    """Round limits between classes of values, so that about as many values lie in each; rising, none twice."""
    found = values[np.isfinite(values)]
    if not len(found):
        return np.array([0.0])
    inner = np.quantile(found, np.arange(1, classes) / classes)
    spread = float(found.max() - found.min())
    step = float(round_steps(0.0, spread / 4, 10)[1]) if spread > _NOISE else 1.0
    return np.unique(np.round(np.round(inner / step) * step, 10))


def days(dates: Sequence[Any]) -> Floats:
    """Dates as numbers of days."""
    return np.asarray(np.array(dates, "datetime64[D]").astype(np.int64), float)


def years(first: date, last: date, most: int = 6) -> list[int]:
    """Round years between two dates to mark on an axis; the first year where there is none."""
    inside = range(first.year + (first.month > 1 or first.day > 1), last.year + 1)
    step = next(s for s in (1, 2, 5, 10, 20, 50) if len(inside) / s <= most)
    return [y for y in inside if y % step == 0] or list(inside[:1]) or [first.year]
