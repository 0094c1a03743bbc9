"""Quadratic emulators: cheap stand-ins for a simulator's expected results, with an honest account of their error.

Every result is a Bayesian regression on all linear, square and product terms of the inputs. How large the linear and
the second-order terms may be, and how far the simulator's expectation strays from any quadratic surface, is chosen by
the marginal likelihood; how well that works is measured on runs that were left out.

Decompositions, whose last bits depend on the processor, do nothing but choose among given sizes; what follows from the
sizes is computed in one order.
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
    power,
    product,
)

__all__ = ["Emulator", "fit_emulator"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Emulator:
    """Emulators of several results of one simulator.

    Attributes
    ----------
    weights : array, shape (terms, results)
        Of the terms of each surface, which is about ``centre`` and in units of ``scale``, both of shape (results,).
    error : array, shape (results,)
        Expected error (standard deviation) of a predicted expectation at points like those judged, were they left out.
    explained : array, shape (results,)
        Part of the variance between the points, chance taken off, that is predicted where a point is left out (Q²).
    surprise : array, shape (results,)
        Root mean square of the errors at left out points, each in units of what was expected: 1 if ``error`` is right.
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
            Scaled as those that the emulator was fitted to, in [−1, 1].
        """
        return self.centre + self.scale * product(self.weights.T, _features(inputs)).T


def fit_emulator(inputs: Floats, results: Floats, noise: Floats, judged: NDArray[np.bool_] | None = None) -> Emulator:
    """Emulators of results that were simulated at some points.

    Parameters
    ----------
    inputs : array, shape (points, inputs)
        In [−1, 1].
    results : array, shape (points, results)
        Means over each point's runs.
    noise : array, shape (results,)
        Variance by chance of these means.
    judged : bool array, shape (points,), optional
        The points where errors matter, all by default.

    Returns
    -------
    Emulator

    Raises
    ------
    ValueError
        For fewer than ten points.

    References
    ----------
    MacKay D. J. C. (1992), Bayesian interpolation, *Neural Computation* 4, 415–447, on choosing the terms' sizes by the
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
        raise ValueError(f"an emulator needs at least ten points, not {len(inputs)}")
    features = _features(np.asarray(inputs, dtype=float))
    first_order = np.arange(len(features)) <= inputs.shape[1]
    centre, scale = results.mean(axis=0), results.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    by_chance = noise / (scale * scale)
    centred = (results - centre) / scale
    weights, _, _ = _fitted(features, first_order, centred, by_chance)
    # products of inputs that do little are mostly chance, and there are many of them: they start small (heredity)
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
    """1, the inputs, and all their products of two, each second-order term of the same weight: (terms, points)."""
    x = np.ascontiguousarray(inputs.T)
    i, j = np.triu_indices(len(x))
    second = x[i] * x[j]
    second[i == j] -= 1 / 3  # the mean over [−1, 1]: a square must not stand in for the constant
    return np.vstack([np.ones(x.shape[1]), x, second])


_RATIOS = power(10.0, np.arange(-3.0, 1.1, 0.5))
"""Sizes of second-order terms to try, relative to first-order ones."""


def _reach(weights: Floats, inputs: int) -> Floats:
    """For each term, how much is to be expected of it: the product of what its inputs do in all, at most 1."""
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
    """Weights of the terms whose sizes, with that of the misfit, are the most likely.

    With them the error at each point when it is left out, and the variance that was to be expected of it.

    A decomposition of the points' covariance serves all results and all sizes of one ratio.
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
    products = gram(features) if len(features) <= len(results) else None  # as many equations as are needed
    for k, (_, a, misfit, ratio) in enumerate(best):
        root = np.sqrt(np.where(first_order, a, a * ratio))
        scaled, y, rest = features * root[:, None], results[:, k], misfit + float(noise[k])
        if products is None:
            rooted, solved, diagonal = _by_points(scaled, y, rest)
        else:
            rooted, solved, diagonal = _by_terms(scaled, products * root[:, None] * root, y, rest)
        weights[:, k] = root * rooted
        variances[:, k] = 1.0 / diagonal  # closed forms of leaving each point out
        errors[:, k] = solved * variances[:, k]
    return weights, errors, variances


def _by_points(features: Floats, results: Floats, rest: float) -> tuple[Floats, Floats, Floats]:
    """Weights of terms of variance 1; solution and diagonal of the inverse of the points' covariance, with ``rest``."""
    points = np.eye(len(results))
    factor = cholesky(gram(features.T) + rest * points)
    inverse = forward(factor, points)
    solved = backward(factor, forward(factor, results[:, None]))[:, 0]
    return (features * solved).sum(axis=1), solved, (inverse * inverse).sum(axis=0)


def _by_terms(features: Floats, products: Floats, results: Floats, rest: float) -> tuple[Floats, Floats, Floats]:
    """The same from the terms' sums of products, which are fewer equations where there are more points than terms."""
    factor = cholesky(products + rest * np.eye(len(features)))
    inner = forward(factor, features)
    explained = (inner * results).sum(axis=1, keepdims=True)
    solved = (results - (inner * explained).sum(axis=0)) / rest
    return backward(factor, explained)[:, 0], solved, (1.0 - (inner * inner).sum(axis=0)) / rest


def _sizes(size: Floats, turned: Floats, noise: float) -> tuple[float, float, float]:
    """Least minus log-likelihood, the size of the terms and the misfit that give it: last bits play no part."""
    variance = _TERMS[:, None, None] * size + _MISFITS[None, :, None] + noise
    unlikely = (np.log(variance) + turned * turned / variance).sum(axis=2) / 2
    i, j = np.unravel_index(int(unlikely.argmin()), unlikely.shape)
    return float(unlikely[i, j]), float(_TERMS[i]), float(_MISFITS[j])
