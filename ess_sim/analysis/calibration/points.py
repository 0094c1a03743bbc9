"""The points that a calibration has simulated, and the emulators fitted to them.

The points share a stock of replications in turns. Most of the chance variation is what a replication does to all points
alike. That effect is estimated and removed, so that a few runs a point are enough, while the stock is large enough for
its mean to stand for the expectation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.calibration.emulator import Emulator, fit_emulator
from ess_sim.elementary import gram
from ess_sim.experiments.draws.designs import Marginal, values_at
from ess_sim.inputs.catalogue.parameters import Parameter

__all__ = ["Simulated", "Simulator", "within"]


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


Simulator = Callable[[Sequence[Mapping[str, float]], Ints], Floats]
"""Takes the parameter values of each point and the numbers of the replications to run it with, shape (points,
replications); returns results of shape (points, replications, targets)."""


@dataclass
class Simulated:
    """The points simulated so far, in ranks of the prior, with their results.

    Attributes
    ----------
    parameters, marginal
        The prior distribution.
    ranks : array, shape (points, parameters)
        In [0, 1], where the prior is uniform.
    results : array, shape (points, replications, targets)
    numbers : int array, shape (points, replications)
        Numbers of the replications.
    wave : int array, shape (points,)
        Wave of each point, from 1.
    stock : int
        Number of replications that the points share.
    """

    parameters: Sequence[Parameter]
    marginal: Marginal
    simulator: Simulator
    ranks: Floats
    results: Floats
    numbers: Ints
    wave: Ints
    stock: int

    def add(self, ranks: Floats, wave: int, rng: np.random.Generator) -> None:
        """Run these points, with replications from the stock in random order."""
        per_point = self.numbers.shape[1]
        turns = -(-len(ranks) * per_point // self.stock)
        # the stock is a multiple of a point's replications, so no point gets one twice
        order = np.concatenate([rng.permutation(self.stock) for _ in range(turns)])
        numbers = order[: len(ranks) * per_point].reshape(-1, per_point)
        self.results = np.concatenate([self.results, self.simulator(self.values(ranks), numbers)])
        self.ranks = np.vstack([self.ranks, ranks])
        self.numbers = np.vstack([self.numbers, numbers])
        self.wave = np.append(self.wave, np.full(len(ranks), wave))

    def values(self, ranks: Floats) -> list[dict[str, float]]:
        """Parameter values by name."""
        names = [p.name for p in self.parameters]
        columns = values_at(self.parameters, ranks, self.marginal)
        return [dict(zip(names, row, strict=True)) for row in columns.tolist()]

    def inputs(self, ranks: Floats) -> Floats:
        """Values on the scale of the emulators, on which the ends of the ranges are −1 and 1."""
        low = np.array([p.low for p in self.parameters])
        width = np.array([p.high - p.low for p in self.parameters])
        out: Floats = 2 * (values_at(self.parameters, ranks, self.marginal) - low) / width - 1
        return out

    def emulator(self) -> tuple[Emulator, Floats]:
        """Emulators fitted to all points so far, and the effect of each replication, shape (replications, targets)."""
        inputs, effects = self.inputs(self.ranks), np.zeros((self.stock, self.results.shape[2]))
        near = self.wave >= min(2, int(self.wave.max()))
        for _ in range(_TURNS):
            left = self.results - effects[self.numbers]
            chance = within(left).diagonal() / left.shape[1]
            emulator = fit_emulator(inputs, left.mean(axis=1), chance, near)
            effects = self._effects(self.results - emulator.predict(inputs)[:, None])
        return emulator, effects

    def _effects(self, residuals: Floats) -> Floats:
        """Mean residual of each replication, shrunk towards 0 by the part that is chance, and centred."""
        k = residuals.shape[2]
        number = self.numbers.ravel()
        shared_by = np.maximum(np.bincount(number, minlength=self.stock), 1)[:, None]
        sums = np.column_stack(
            [np.bincount(number, of_one.ravel(), self.stock) for of_one in residuals.T.swapaxes(1, 2)]
        )
        means = sums / shared_by
        # one-way random effects: variance of the replications' effects, and of the rest of a run
        most = float(1.0 / np.mean(1.0 / shared_by))
        of_run = residuals.reshape(-1, k).var(axis=0)
        of_effect = np.clip((means.var(axis=0) - of_run / most) / (1.0 - 1.0 / most), 1e-12, of_run)
        drawn: Floats = means * of_effect / (of_effect + (of_run - of_effect) / shared_by)
        out: Floats = drawn - drawn.mean(axis=0)
        return out


_TURNS = 4
"""How often emulators and effects of replications are fitted in turn: enough for four digits."""


def within(results: Floats) -> Floats:
    """Covariance of the runs of a point, pooled over the points; results have shape (points, replications, targets)."""
    about = results - results.mean(axis=1, keepdims=True)
    out: Floats = gram(about.reshape(-1, results.shape[2]).T) / (len(results) * (results.shape[1] - 1))
    return out
