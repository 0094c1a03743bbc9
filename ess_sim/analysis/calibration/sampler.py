"""Sampling a posterior whose likelihood is cheap: sequential Monte Carlo from the prior, by tempering."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ess_sim.elementary import cholesky, exp, gram, product, rounded
from ess_sim.elementary import log as logarithm

__all__ = ["sample", "systematic"]


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def sample(likelihood: Callable[[Floats], Floats], n: int, p: int, rng: np.random.Generator) -> Floats:
    """Points distributed as prior × likelihood, in ranks of the prior (where it is uniform), in random order."""
    size = max(n, 1000)
    points = rng.random((size, p))
    log, power = likelihood(points), 0.0
    while power < 1.0:
        step = _next_step(log, 1.0 - power)
        power = min(1.0, power + step)
        weights = exp(step * (log - log.max()))
        chosen = systematic(weights / weights.sum(), size, rng)
        points, log = points[chosen], log[chosen]
        spread = cholesky(gram((points - points.mean(axis=0)).T) / (size - 1) + 1e-10 * np.eye(p))
        for _ in range(_MOVES + 3 * p):
            size_of_move = 2.38 / math.sqrt(p) * rng.choice([1.0, 0.3, 0.1], size=(size, 1))
            normal = rounded(rng.standard_normal((size, p)), 27)  # its far tails come from a C library's logarithm
            proposed = points + size_of_move * product(normal, spread.T)
            proposed = np.abs(np.remainder(proposed + 1, 2) - 1)  # reflected at the ends: the proposal stays symmetric
            new = likelihood(proposed)
            taken = logarithm(rng.random(size)) < power * (new - log)
            points[taken], log[taken] = proposed[taken], new[taken]
    return points[rng.permutation(size)[:n]]


_MOVES = 20
"""Moves of each point at each temperature, besides three for each parameter."""


def _next_step(log: Floats, most: float) -> float:
    """The largest step of the likelihood's power that leaves half of the points effective."""

    def effective(step: float) -> float:
        w = exp(step * (log - log.max()))
        return float(w.sum() * w.sum() / (w * w).sum()) / len(log)

    if effective(most) >= 0.5:
        return most
    low, high = 0.0, most
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= 0.5 else (low, middle)
    return max(low, 1e-9)


def systematic(weights: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Indices drawn with these weights, as evenly as possible (systematic resampling)."""
    at = (np.arange(n) + rng.random()) / n
    out: Ints = np.searchsorted(np.cumsum(weights), at).clip(max=len(weights) - 1)
    return out
