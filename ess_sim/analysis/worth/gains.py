"""What knowing some parameters would add to a decision, how sure that is, and what chance alone would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.worth.smoothing import Smoother

__all__ = ["Gain", "gain_of", "shares_best", "without_regression"]


Floats = NDArray[np.float64]

_AT_ONCE = 250
"""Copies of the values that are fitted together."""


_FIRST = 199
"""Shuffles of everything; only what fewer than `_CLEARLY_NOT` of them reach is shuffled on."""


_CLEARLY_NOT = 20


@dataclass(frozen=True)
class Gain:
    """The expected value of knowing some parameters.

    Attributes
    ----------
    value : float
        In the unit of the values, ≥ 0.
    error : float
        Its Monte Carlo error: standard deviation over copies with other draws and other chance.
    low, high : float
        95 % interval, from 0.
    null, null_high : float
        Mean and 95th percentile of the same for shuffled draws, which know nothing.
    p : float
        How often shuffled draws show as much.
    explained : float
        Largest share of the variance of a difference between two choices that the parameters explain.
    """

    value: float
    error: float
    low: float
    high: float
    null: float
    null_high: float
    p: float
    explained: float


def gain_of(
    runs: Floats, parameters: Floats, *, copies: int, shuffles: int, seed: int, everything: bool = False
) -> Gain:
    """What knowing these parameters would add.

    Parameters
    ----------
    runs : array, shape (draws, replications, choices)
        What each choice yields in each run, higher being better.
    parameters : array, shape (draws, parameters)
    copies : int
        Bootstrap copies, for the error.
    shuffles : int
        Most shuffled copies, for the null.
    seed : int
    everything : bool
        Whether these are all parameters that vary, so that only chance is left where they are known: how large chance
        is then follows from the replications of a draw, if there are two or more, and the null shuffles single runs.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)
    >>> runs = np.column_stack([np.zeros(50), x])[:, None]
    >>> found = gain_of(runs, x[:, None], copies=50, shuffles=199, seed=1)
    >>> round(found.value, 2), found.p
    (0.26, 0.005)
    """
    smoother = Smoother(parameters)
    apart = _apart(runs)
    by_draw = apart.mean(axis=1)
    chance = _chance(apart) if everything and runs.shape[1] > 1 else None
    fitted, kept = smoother.fitted_and_kept(by_draw, chance)
    means = by_draw.mean(axis=0)
    left = (by_draw - means - fitted) / np.sqrt(np.maximum(1.0 - kept - 1.0 / len(runs), 0.05))
    fitted = fitted * _unshrunk(by_draw, fitted, chance)
    value = float(_gains(means, fitted[:, :, None])[0])
    spread = ((by_draw - means) ** 2).sum(axis=0)
    explained = np.divide((fitted * fitted).sum(axis=0), spread, out=np.zeros_like(spread), where=spread > 0)
    error, low, high = _error(smoother, means + fitted, left, chance, value, copies, seed)
    null, null_high, p = _null(smoother, apart, chance is not None, value, shuffles, seed)
    return Gain(value, error, low, high, null, null_high, p, float(explained.max()))


def _apart(runs: Floats) -> Floats:
    """Differences of the other choices from that with the best mean."""
    current = int(runs.mean(axis=(0, 1)).argmax())
    others = [k for k in range(runs.shape[2]) if k != current]
    return runs[:, :, others] - runs[:, :, [current]]


def _chance(apart: Floats) -> Floats:
    """Variance of the draws' means that is due to chance, of differences of shape (draws, replications, …)."""
    draws, replications = apart.shape[:2]
    within = apart - apart.mean(axis=1, keepdims=True)
    out: Floats = (within * within).sum(axis=(0, 1)) / (draws * (replications - 1) * replications)
    return out


def _gains(means: Floats, fitted: Floats, weights: Floats | None = None) -> Floats:
    """Mean of the best less the best of the means, of differences from one choice, whose own difference is 0.

    ``means``: shape (others,) or (others, copies); ``fitted``: shape (draws, others, copies); ``weights`` of the draws:
    shape (draws, copies).
    """
    expected = fitted + (means[:, None] if means.ndim == 1 else means)
    best = np.maximum(expected.max(axis=1), 0.0)
    if weights is None:
        weights = np.full((len(fitted), 1), 1.0 / len(fitted))
    now = np.maximum((weights[:, None] * expected).sum(axis=0).max(axis=0), 0.0)
    out: Floats = (weights * best).sum(axis=0) - now
    return out


def _fit_of(smoother: Smoother, copies: Floats, chance: Floats | None) -> Floats:
    """Fitted values of copies, shape (draws, others, copies); ``chance``: shape (others, copies)."""
    draws, others, many = copies.shape
    flat, noise = copies.reshape(draws, others * many), None if chance is None else chance.reshape(others * many)
    fitted = smoother.fitted(flat, noise)
    return (fitted * _unshrunk(flat, fitted, noise)).reshape(draws, others, many)


def _unshrunk(values: Floats, fitted: Floats, chance: Floats | None) -> Floats:
    """By what fitted values are multiplied to vary as much as what is expected does, where chance is known.

    Of more parameters than draws a regression keeps less than that, the more chance there is.
    """
    if chance is None:
        return np.ones(values.shape[1])
    spread = (fitted * fitted).sum(axis=0) / (len(values) - 1)
    between = np.maximum(values.var(axis=0, ddof=1) - chance, 0.0)
    out: Floats = np.sqrt(np.divide(between, spread, out=np.zeros_like(spread), where=spread > 0))
    return out


def _error(
    smoother: Smoother, expected: Floats, left: Floats, chance: Floats | None, value: float, copies: int, seed: int
) -> tuple[float, float, float]:
    """Standard error and 95 % interval.

    Each copy has the expected values, with what a fit leaves of each draw (``left``, as large as what chance added)
    given back with a sign by chance (wild bootstrap, the same sign for all choices), is fitted anew, and averaged over
    draws taken by chance.
    """
    rng = np.random.default_rng([seed, 1])
    draws = len(expected)
    found = []
    for start in range(0, copies, _AT_ONCE):
        many = min(_AT_ONCE, copies - start)
        signs = 2.0 * rng.integers(0, 2, (many, draws)).T - 1.0
        taken = rng.integers(0, draws, (many, draws))
        weights = np.stack([np.bincount(row, minlength=draws) for row in taken], axis=1) / draws
        copied = expected[:, :, None] + left[:, :, None] * signs[:, None]
        noise = None if chance is None else np.repeat(chance[:, None], many, axis=1)
        found.append(_gains(copied.mean(axis=0), _fit_of(smoother, copied, noise), weights))
    gains = np.sort(np.concatenate(found))
    error = float(gains.std(ddof=1))
    low, high = (float(gains[min(int(level * copies), copies - 1)]) for level in (0.025, 0.975))
    return error, min(low, value), max(high, value)


def _null(
    smoother: Smoother, apart: Floats, single: bool, value: float, shuffles: int, seed: int
) -> tuple[float, float, float]:
    """Mean and 95th percentile of shuffled draws, and how often they show as much (Besag & Clifford 1991).

    ``single``: single runs are shuffled, so that their draws are all alike; else the draws with all of their runs.
    """
    rng = np.random.default_rng([seed, 2])
    draws, replications, others = apart.shape
    means = apart.mean(axis=(0, 1))
    flat, by_draw = apart.reshape(draws * replications, others), apart.mean(axis=1)
    found = np.zeros(0)
    while len(found) < shuffles:
        many = min(_AT_ONCE if len(found) else _FIRST, shuffles - len(found))
        order = np.stack([rng.permutation(len(flat) if single else draws) for _ in range(many)], axis=1)
        if single:
            mixed = flat[order].reshape(draws, replications, many, others).transpose(0, 1, 3, 2)
            fitted = _fit_of(smoother, mixed.mean(axis=1), _chance(mixed))
        else:
            fitted = _fit_of(smoother, by_draw[order].transpose(0, 2, 1), None)
        found = np.concatenate([found, _gains(means, fitted)])
        if (found >= value).sum() > _CLEARLY_NOT:
            break
    reached = int((found >= value - 1e-12 * abs(value)).sum())
    high = float(np.sort(found)[min(int(0.95 * len(found)), len(found) - 1)])
    return float(found.mean()), high, (1 + reached) / (1 + len(found))


def shares_best(runs: Floats, parameters: Floats) -> Floats:
    """For each choice in which share of the draws it is expected to be the best, shape (choices,); ties are shared.

    ``parameters`` are all those that vary.
    """
    current = int(runs.mean(axis=(0, 1)).argmax())
    apart = runs - runs[:, :, [current]]
    by_draw = apart.mean(axis=1)
    chance = _chance(apart) if runs.shape[1] > 1 else None
    fitted = Smoother(parameters).fitted(by_draw, chance)
    expected = by_draw.mean(axis=0) + fitted * _unshrunk(by_draw, fitted, chance)
    best = expected >= expected.max(axis=1, keepdims=True)
    out: Floats = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return out


def without_regression(runs: Floats) -> float:
    """The gain if each draw's mean were what is expected there: chance counts as knowledge, so that it is too high."""
    by_draw = runs.mean(axis=1)
    return float(by_draw.max(axis=1).mean() - by_draw.mean(axis=0).max())
