"""Quadratic emulators: cheap approximations of a simulator's expected results, with an honest estimate of their error.

Each result is a Bayesian regression on all linear, square and product terms of the inputs. The sizes of the linear and
second-order terms, and how far the simulator's expectation deviates from any quadratic surface, are chosen by the
marginal likelihood; how well that works is measured by leaving points out.

Decompositions, whose last bits depend on the processor, are used only to choose among given sizes; everything that
follows from the sizes is computed in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.elementary import (
    backward,
    cholesky,
    forward,
    gram,
    log,
    power,
    product,
)
from ess_sim.errors import ArgumentError

__all__ = ["Emulator", "fit_emulator"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Emulator:
    """Emulators of several results of one simulator.

    Attributes
    ----------
    weights : array, shape (terms, results)
        Weights of the terms of each surface, which is relative to ``centre`` in units of ``scale``.
    centre, scale : array, shape (results,)
    error : array, shape (results,)
        Expected error (standard deviation) of a predicted expectation at points that were left out, over those judged.
    explained : array, shape (results,)
        Share of the variance between points, net of chance, that is predicted for points that are left out (Q²).
    surprise : array, shape (results,)
        Root mean square of the errors at points left out, each relative to its expected size: 1 if ``error`` is right.
    """

    weights: Floats
    centre: Floats
    scale: Floats
    error: Floats
    explained: Floats
    surprise: Floats

    def predict(self, inputs: Floats) -> Floats:
        """Expected results, shape (points, results).

        Parameters
        ----------
        inputs : array, shape (points, inputs)
            In [−1, 1], scaled like those that the emulator was fitted to.
        """
        return self.centre + self.scale * product(self.weights.T, _features(inputs)).T


def fit_emulator(inputs: Floats, results: Floats, noise: Floats, judged: NDArray[np.bool_] | None = None) -> Emulator:
    """Emulators of results that were simulated at some points.

    Parameters
    ----------
    inputs : array, shape (points, inputs)
        In [−1, 1].
    results : array, shape (points, results)
        Means over the runs of each point.
    noise : array, shape (results,)
        Variance of these means that is due to chance.
    judged : bool array, shape (points,), optional
        The points at which the error is estimated, by default all.

    Returns
    -------
    Emulator

    Raises
    ------
    ValueError
        For fewer than ten points.

    References
    ----------
    MacKay D. J. C. (1992), Bayesian interpolation, *Neural Computation* 4, 415–447: choosing the sizes of terms by the
    marginal likelihood.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.uniform(-1, 1, (60, 2))
    >>> y = (x[:, :1] - x[:, 1:]) ** 2
    >>> emulator = fit_emulator(x, y, np.array([1e-6]))
    >>> mean = emulator.predict(np.array([[0.5, -0.5]]))
    >>> bool(abs(mean[0, 0] - 1.0) < 0.01), bool(emulator.explained[0] > 0.99)
    (True, True)
    """
    if len(inputs) < 10:
        raise ArgumentError(f"an emulator needs at least ten points, not {len(inputs)}")
    features = _features(np.asarray(inputs, dtype=float))
    first_order = np.arange(len(features)) <= inputs.shape[1]
    centre, scale = results.mean(axis=0), results.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    by_chance = noise / (scale * scale)
    centred = (results - centre) / scale
    weights, _, _ = _fitted(features, first_order, centred, by_chance)
    # products of unimportant inputs are many and mostly chance, so they start small (heredity)
    reach = _reach(weights, inputs.shape[1])
    weights, errors, variances = _fitted(features * reach[:, None], first_order, centred, by_chance)
    weights *= reach[:, None]
    at = np.ones(len(inputs), dtype=bool) if judged is None else judged
    unexplained = np.maximum((errors * errors).mean(axis=0) - by_chance, 0.0)
    explained = 1.0 - unexplained / np.maximum(1.0 - by_chance, 1e-12)
    error = np.sqrt(np.maximum(variances[at] - by_chance, 0.0).mean(axis=0))
    surprise = np.sqrt((errors[at] * errors[at] / variances[at]).mean(axis=0))
    return Emulator(weights, centre, scale, scale * error, explained, surprise)


def _features(inputs: Floats) -> Floats:
    """The constant 1, the inputs, and all their squares and products of two, shape (terms, points)."""
    x = np.ascontiguousarray(inputs.T)
    i, j = np.triu_indices(len(x))
    second = x[i] * x[j]
    second[i == j] -= 1 / 3  # minus its mean over [−1, 1], so that a square cannot replace the constant
    return np.vstack([np.ones(x.shape[1]), x, second])


_RATIOS = power(10.0, np.arange(-3.0, 1.1, 0.5))
"""Sizes of second-order terms to try, relative to first-order ones."""


def _reach(weights: Floats, inputs: int) -> Floats:
    """How large each term is expected to be: the product of the importance of its inputs, at most 1."""
    i, j = np.triu_indices(inputs)
    squares = weights * weights
    total = squares[1 : inputs + 1].copy()
    for of in (i, j):
        np.add.at(total, of, squares[inputs + 1 :] / 3)
    share = np.sqrt((total / total.sum(axis=0)).mean(axis=1))
    share /= share.max()
    return np.concatenate([np.ones(inputs + 1), share[i] * share[j]])


_TERMS = power(10.0, np.arange(-6.0, 2.1, 0.4))
"""Sizes of first-order terms to try, in units of the results' variance."""


_MISFITS = np.concatenate([[1e-9], power(10.0, np.arange(-5.0, 0.1, 0.4))])
"""Misfits to try."""


def _fitted(
    features: Floats, first_order: NDArray[np.bool_], results: Floats, noise: Floats
) -> tuple[Floats, Floats, Floats]:
    """Weights of the terms for the most likely sizes of terms and misfit.

    Also the error at each point when it is left out, and its expected variance. One decomposition of the points'
    covariance serves all results, and all sizes with the same ratio.
    """
    linear = features[first_order].T @ features[first_order]
    second = features[~first_order].T @ features[~first_order]
    best: list[tuple[float, float, float, float]] = [(np.inf, 0.0, 0.0, 0.0)] * results.shape[1]
    for ratio in _RATIOS:
        size, axes = np.linalg.eigh(linear + ratio * second)
        turned = axes.T @ results
        for k, by_chance in enumerate(noise):
            found = _sizes(np.maximum(size, 0.0), turned[:, k], float(by_chance))
            best[k] = min(best[k], (*found, float(ratio)))
    weights = np.empty((len(features), results.shape[1]))
    errors, variances = np.empty(results.shape), np.empty(results.shape)
    products = gram(features) if len(features) <= len(results) else None  # only if that means fewer equations
    for k, (_, a, misfit, ratio) in enumerate(best):
        root = np.sqrt(np.where(first_order, a, a * ratio))
        scaled, y, rest = features * root[:, None], results[:, k], misfit + float(noise[k])
        if products is None:
            rooted, solved, diagonal = _by_points(scaled, y, rest)
        else:
            rooted, solved, diagonal = _by_terms(scaled, products * root[:, None] * root, y, rest)
        weights[:, k] = root * rooted
        variances[:, k] = 1.0 / diagonal  # leaving each point out, in closed form
        errors[:, k] = solved * variances[:, k]
    return weights, errors, variances


def _by_points(features: Floats, results: Floats, rest: float) -> tuple[Floats, Floats, Floats]:
    """Weights of terms of variance 1; solution and inverse's diagonal of the points' covariance plus ``rest``."""
    points = np.eye(len(results))
    factor = cholesky(gram(features.T) + rest * points)
    inverse = forward(factor, points)
    solved = backward(factor, forward(factor, results[:, None]))[:, 0]
    return (features * solved).sum(axis=1), solved, (inverse * inverse).sum(axis=0)


def _by_terms(features: Floats, products: Floats, results: Floats, rest: float) -> tuple[Floats, Floats, Floats]:
    """The same from the terms' sums of products: fewer equations if there are more points than terms."""
    factor = cholesky(products + rest * np.eye(len(features)))
    inner = forward(factor, features)
    explained = (inner * results).sum(axis=1, keepdims=True)
    solved = (results - (inner * explained).sum(axis=0)) / rest
    return backward(factor, explained)[:, 0], solved, (1.0 - (inner * inner).sum(axis=0)) / rest


def _sizes(size: Floats, turned: Floats, noise: float) -> tuple[float, float, float]:
    """The smallest negative log-likelihood, and the sizes of the terms and the misfit that give it."""
    variance = _TERMS[:, None, None] * size + _MISFITS[None, :, None] + noise
    unlikely = (log(variance) + turned * turned / variance).sum(axis=2) / 2
    i, j = np.unravel_index(int(unlikely.argmin()), unlikely.shape)
    return float(unlikely[i, j]), float(_TERMS[i]), float(_MISFITS[j])
