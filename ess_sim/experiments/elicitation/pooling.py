"""Answers made into distributions: each expert's, and that of all together.

An answer stands for a triangular distribution whose peak is the most likely value, and in which 5 % of the probability
lies below ``low`` and 5 % above ``high``. What cannot be at all is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ess_sim.experiments.elicitation.answers import Answer
from ess_sim.inputs.catalogue.parameters import possible

__all__ = ["TAIL", "Pool", "Weights", "apart", "ends_of", "pool"]


Floats = NDArray[np.float64]
Weights = Literal["equal", "column", "median"]
"""How experts are pooled: all alike, by the column ``weight`` of the forms, or by the median of their quantiles."""


TAIL = 0.05
"""Probability beyond ``low``, and beyond ``high``."""


_HALVINGS = 100


def ends_of(low: float, most_likely: float, high: float) -> tuple[float, float]:
    """Ends of the triangular distribution with this peak and 5 % of the probability beyond ``low`` and ``high`` each.

    Examples
    --------
    >>> a, b = ends_of(0.2, 0.4, 0.6)
    >>> round(a, 4), round(b, 4), round((0.2 - a) ** 2 / ((b - a) * (0.4 - a)), 6)
    (0.1075, 0.6925, 0.05)
    """
    below, above = most_likely - low, high - most_likely

    def sides(width: float) -> tuple[float, float]:
        """Distances of the ends from the peak, if they are so far apart: (side − below)² = 5 % · width · side."""
        share = np.sqrt(TAIL * width)
        found = [(share + np.sqrt(share * share + 4.0 * near)) / 2.0 for near in (below, above)]
        return float(found[0] * found[0]), float(found[1] * found[1])

    least, most = high - low, 10.0 * (high - low)
    for _ in range(_HALVINGS):
        middle = (least + most) / 2.0
        if sum(sides(middle)) > middle:
            least = middle
        else:
            most = middle
    left, right = sides((least + most) / 2.0)
    return most_likely - left, most_likely + right


@dataclass(frozen=True)
class _Triangle:
    """One expert's distribution, cut off at what is possible."""

    start: float
    peak: float
    end: float
    at_low: float
    at_high: float
    """Probability, before the cut, below the lowest and highest value that is possible."""

    @classmethod
    def of(cls, answer: Answer) -> _Triangle:
        start, end = ends_of(answer.low, answer.most_likely, answer.high)
        whole = cls(start, answer.most_likely, end, 0.0, 1.0)
        at_all = possible(answer.parameter)
        cut = whole.below(np.array([at_all.low, at_all.high]))
        return cls(start, answer.most_likely, end, float(cut[0]), float(cut[1]))

    def below(self, x: Floats) -> Floats:
        """Probability of a lower value."""
        width, left, right = self.end - self.start, self.peak - self.start, self.end - self.peak
        x = np.clip(x, self.start, self.end)
        rising = (x - self.start) * (x - self.start) / (width * left)
        falling = 1.0 - (self.end - x) * (self.end - x) / (width * right)
        whole = np.where(x < self.peak, rising, falling)
        return np.clip((whole - self.at_low) / (self.at_high - self.at_low), 0.0, 1.0)

    def quantiles(self, levels: Floats) -> Floats:
        width, left, right = self.end - self.start, self.peak - self.start, self.end - self.peak
        levels = self.at_low + (self.at_high - self.at_low) * levels
        rising = self.start + np.sqrt(levels * width * left)
        falling = self.end - np.sqrt((1.0 - levels) * width * right)
        return np.where(levels * width < left, rising, falling)


@dataclass(frozen=True)
class Pool:
    """The distribution of one parameter.

    Attributes
    ----------
    parameter : str
    answers : tuple of Answer
    weights : tuple of float
        Of the answers, in sum 1.
    by : {"equal", "column", "median"}
    """

    parameter: str
    answers: tuple[Answer, ...]
    weights: tuple[float, ...]
    by: Weights

    def quantiles(self, levels: Floats) -> Floats:
        """Values below which the parameter lies with these probabilities, in what is possible.

        Notes
        -----
        With ``median`` the median of the experts' quantiles; else the quantiles of the mixture of their distributions,
        in which one expert in disagreement with all others keeps a share of the probability.
        """
        triangles = [_Triangle.of(answer) for answer in self.answers]
        if self.by == "median":
            found: Floats = np.median([t.quantiles(levels) for t in triangles], axis=0)
        else:
            low = np.full(levels.shape, min(t.start for t in triangles))
            high = np.full(levels.shape, max(t.end for t in triangles))
            for _ in range(_HALVINGS):
                middle = (low + high) / 2.0
                below = sum(w * t.below(middle) for w, t in zip(self.weights, triangles, strict=True)) < levels
                low, high = np.where(below, middle, low), np.where(below, high, middle)
            found = (low + high) / 2.0
        at_all = possible(self.parameter)
        least = at_all.low
        if at_all.above:  # 0 itself is not possible
            least = min(min(answer.most_likely for answer in self.answers), 1.0) * 1e-6
        return np.clip(found, least, at_all.high)


def pool(answers: Sequence[Answer], by: Weights) -> tuple[Pool, ...]:
    """The distribution of each parameter, in the order in which the parameters first come.

    Parameters
    ----------
    answers : sequence of Answer
    by : {"equal", "column", "median"}
        With ``column`` the weights of a parameter's answers must not all be 0.

    Examples
    --------
    >>> said = [Answer("informed_share", "A", 0.2, 0.3, 0.4), Answer("informed_share", "B", 0.5, 0.6, 0.7)]
    >>> pool(said, "median")[0].quantiles(np.array([0.5])).round(3).tolist()
    [0.45]
    """
    found = []
    for name in dict.fromkeys(answer.parameter for answer in answers):
        own = tuple(answer for answer in answers if answer.parameter == name)
        given = [answer.weight if by == "column" else 1.0 for answer in own]
        found.append(Pool(name, own, tuple(w / sum(given) for w in given), by))
    return tuple(found)


def apart(answers: Sequence[Answer]) -> list[tuple[Answer, Answer]]:
    """Pairs of experts whose ranges, low to high, have no value in common: the lower one first."""
    found = [(one, other) for one in answers for other in answers if one.high < other.low]
    return sorted(found, key=lambda pair: (pair[0].high - pair[1].low, pair[0].expert, pair[1].expert))
