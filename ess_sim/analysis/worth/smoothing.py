"""What is expected of a value where some parameters are known: regression on them, shrunk as the draws themselves say.

A quadratic surface with one size for its terms (ridge regression, or a Gaussian process with a polynomial kernel), as
the emulator of a calibration has, but solved once for all of the many shuffled and resampled copies of the values. The
size is chosen from a grid by the restricted likelihood of each copy; 0, so that nothing is expected to depend on the
parameters, is among the choices: that is what keeps chance from passing for knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.elementary import cholesky, forward, gram, log, power, product

__all__ = ["Smoother"]


Floats = NDArray[np.float64]

MOST_PRODUCTS = 10
"""Parameters up to which products of two of them are terms, too; of more, there are more products than draws."""


_SIZES = power(10.0, np.arange(-1.5, 3.1, 0.5))
"""Sizes of the terms to try: variance that they explain over the variance that is left, before the values are seen."""


_CURVED = (0.0, 0.1, 1.0)
"""Sizes of squares and products to try, relative to those of the parameters themselves."""


@dataclass(frozen=True)
class _Fit:
    """One size: fitted values are ``rootᵀ · (root · values)`` of centred values."""

    root: Floats
    unlikely: float
    """Part of minus twice the restricted log-likelihood that does not depend on the values."""


class Smoother:
    """The regression of any values on some parameters, at their draws.

    Parameters
    ----------
    parameters : array, shape (draws, parameters)
        Columns that never vary count for nothing.

    Examples
    --------
    >>> x = np.arange(40.0)[:, None]
    >>> smoother = Smoother(x)
    >>> bool(np.abs(smoother.fitted(x) - (x - x.mean())).max() < 0.1)
    True
    """

    def __init__(self, parameters: Floats) -> None:
        x = np.asarray(parameters, dtype=float)
        self.draws = len(x)
        self._fits = [fit for terms in _terms(x) for fit in _fits(terms)]

    def fitted(self, values: Floats, chance: Floats | None = None) -> Floats:
        """What is expected at each draw, relative to the mean of all.

        Parameters
        ----------
        values : array, shape (draws, copies)
        chance : array, shape (copies,), optional
            Variance of the values that is due to chance, where all else is due to these parameters. Of more parameters
            than draws, no regression could otherwise say which part of the values depends on them.

        Returns
        -------
        array, shape (draws, copies)
            0 throughout where the values are most likely not to depend on the parameters.
        """
        return self.fitted_and_kept(values, chance)[0]

    def fitted_and_kept(self, values: Floats, chance: Floats | None = None) -> tuple[Floats, Floats]:
        """The same, and for each draw and copy the part of its own deviation that a fitted value keeps (0–1)."""
        centred = values - values.mean(axis=0)
        squares = (centred * centred).sum(axis=0)
        freedom = self.draws - 1
        out = np.zeros_like(centred)
        kept = np.zeros_like(centred)
        varies = squares > 1e-24 * np.maximum((values * values).sum(axis=0), 1e-300)
        # what is no chance at all is left to a millionth of the variance, so that the likelihood is finite
        floor = None if chance is None else np.maximum(chance, 1e-6 * squares / freedom + 1e-300)

        def unlikely_with(left: Floats) -> Floats:
            """Minus twice the restricted log-likelihood, but for what does not depend on the size of the terms."""
            out: Floats
            if floor is not None:
                out = left / floor
                return out
            out = freedom * log(np.where(varies, np.maximum(left, 1e-12 * squares), 1.0))
            return out

        best = np.where(varies, unlikely_with(squares), -np.inf)
        chosen = np.full(centred.shape[1], -1)
        for i, fit in enumerate(self._fits):
            turned = product(fit.root, centred)
            unlikely = unlikely_with(squares - (turned * turned).sum(axis=0)) + fit.unlikely
            better = unlikely < best - 1e-9
            best, chosen = np.where(better, unlikely, best), np.where(better, i, chosen)
        for i in np.unique(chosen[chosen >= 0]):
            mine, root = np.flatnonzero(chosen == i), self._fits[i].root
            out[:, mine] = product(np.ascontiguousarray(root.T), product(root, centred[:, mine]))
            kept[:, mine] = (root * root).sum(axis=0)[:, None]
        return out, kept


def _terms(x: Floats) -> list[Floats]:
    """Terms of surfaces to try, shape (terms, draws), each with as many rows as there are draws at most."""
    moved = x - x.mean(axis=0)
    spread = np.sqrt((moved * moved).mean(axis=0))
    varies = spread > 1e-12 * np.maximum(np.abs(x).max(axis=0), 1e-300)
    z = np.ascontiguousarray((moved[:, varies] / spread[varies]).T)
    if not len(z):
        return []
    i, j = np.triu_indices(len(z))
    if len(z) > MOST_PRODUCTS:
        i = j = np.arange(len(z))
    second = z[i] * z[j]
    second = second - second.mean(axis=1, keepdims=True)
    if len(z) == 1:
        # of one parameter apart from its slope, and a third term: curves that rise and level off
        second = _apart(np.vstack([z, second, z * z * z]))[1:]
    found = []
    for curved in _CURVED:
        rows = z if curved == 0 else np.vstack([z, np.sqrt(curved) * second])
        found.append(_compressed(rows / np.sqrt((rows * rows).sum() / rows.shape[1])))
    return found


def _apart(rows: Floats) -> Floats:
    """Rows made orthogonal to a constant and to the rows before them (Gram and Schmidt), each of variance 1 or 0."""
    out = np.array(rows)
    for k, row in enumerate(out):
        row -= row.mean()
        for _ in range(2):  # once more for what rounding left
            for other in out[:k]:
                row -= (row * other).mean() * other
        size = np.sqrt((row * row).mean())
        row /= size if size > 1e-8 else np.inf
    return out


def _compressed(rows: Floats) -> Floats:
    """As few rows with the same products between draws."""
    draws = rows.shape[1]
    if len(rows) <= draws:
        return rows
    return np.ascontiguousarray(cholesky(gram(rows.T) + 1e-10 * np.eye(draws)).T)


def _fits(terms: Floats) -> list[_Fit]:
    products = gram(terms)
    found = []
    for size in _SIZES:
        factor = cholesky(size * products + np.eye(len(terms)))
        root = forward(factor, np.sqrt(size) * terms)
        found.append(_Fit(root, 2.0 * float(log(factor.diagonal()).sum())))
    return found
