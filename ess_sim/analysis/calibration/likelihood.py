"""The likelihood of the fitted targets under the emulators, and its correction by real runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.calibration.points import Simulated, within
from ess_sim.elementary import cholesky, exp, forward
from ess_sim.elementary import log as logarithm

__all__ = ["Likelihood", "Observed"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """What is known about one result.

    Attributes
    ----------
    name : str
    value, sd : float
        Value and standard deviation (> 0) of the expectation, or of one realisation: see ``chance`` of `infer`.
    fitted : bool
        False: held out, to see whether it is predicted although it was not fitted.
    """

    name: str
    value: float
    sd: float
    fitted: bool = True


class Likelihood:
    """Likelihood of the fitted targets under the emulators."""

    def __init__(
        self,
        observed: Sequence[Observed],
        fitted: NDArray[np.bool_],
        simulated: Simulated,
        chance: bool,
        width: float = 1.0,
    ) -> None:
        self.emulator, self.effects = simulated.emulator()
        self._simulated = simulated
        self._fitted = fitted
        self._value = np.array([o.value for o in observed])[fitted]
        # a finite stock of replications gives the expectation only approximately
        one_run = within(simulated.results)[np.ix_(fitted, fitted)]
        self._known = np.diag(np.array([width * width * o.sd * o.sd for o in observed])[fitted])
        self._known += one_run * (1.0 / simulated.stock + (1.0 if chance else 0.0))

    def __call__(self, ranks: Floats) -> Floats:
        """Log-likelihoods, shape (points,)."""
        mean = self.emulator.predict(self._simulated.inputs(ranks))
        return self._log(mean, self.emulator.error * self.emulator.error)

    def _log(self, mean: Floats, variance: Floats) -> Floats:
        """Normal log-likelihoods: the covariance is that of the observations plus ``variance``, shape (results,)."""
        away = (mean[:, self._fitted] - self._value).T
        factor = cholesky(self._known + np.diag(variance[self._fitted]))
        solved = forward(factor, away)
        out: Floats = -0.5 * (solved * solved).sum(axis=0) - logarithm(factor.diagonal()).sum()
        return out

    def corrections(self, candidates: Floats) -> Floats:
        """Weights that correct a sample under the emulators by the results of its own runs; their sum is 1.

        The candidates must be the last points that were simulated.
        """
        last = slice(-len(candidates), None)
        left = self._simulated.results[last] - self.effects[self._simulated.numbers[last]]
        chance = within(left).diagonal() / left.shape[1]
        surface = self.emulator.predict(self._simulated.inputs(candidates))
        variance = self.emulator.error * self.emulator.error
        trusted = variance / (variance + chance)  # share of a run's distance from the surface that is not chance
        said = surface + trusted * (left.mean(axis=1) - surface)
        log = self._log(said, (1 - trusted) * variance) - self._log(surface, variance)
        weights = exp(log - log.max())
        # truncated, so that no candidate dominates by chance (truncated importance sampling, Ionides 2008)
        weights = np.minimum(weights, weights.mean() * math.sqrt(len(weights)))
        out: Floats = weights / weights.sum()
        return out
