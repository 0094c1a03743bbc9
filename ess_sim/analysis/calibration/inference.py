"""Which parameter values go with what was observed: a Bayesian fit whose last word is had by real runs.

Points of the prior are simulated, emulators of the expected results are fitted to them, and the posterior under the
emulators is sampled; two further waves simulate where that posterior lies. At last a sample of it is really run, and
weighted by what these runs say. Nothing is reported of a posterior that was not simulated.

The points share a stock of replications in turns. Most of what chance does to a result, a replication does to all
points alike: what each does is estimated and taken off, so that few runs a point will do, while the stock is large
enough for its mean to be the expectation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.calibration.emulator import Emulator, fit_emulator
from ess_sim.elementary import (
    cholesky,
    exp,
    forward,
    gram,
    product,
    rounded,
)
from ess_sim.elementary import log as logarithm
from ess_sim.experiments.draws.designs import Marginal, levels, values_at
from ess_sim.inputs.catalogue.parameters import Parameter

__all__ = ["PARTICLES", "WAVES", "Inference", "Observed", "Simulated", "Simulator", "infer", "runs", "within"]


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


Simulator = Callable[[Sequence[Mapping[str, float]], Ints], Floats]
"""Takes parameter values by point and the numbers of the replications to run each with, shape (points, replications);
gives results of shape (points, replications, targets)."""


WAVES = 4
"""The prior, twice the neighbourhood of the posterior, and the sample itself."""


PARTICLES = 4000
"""Points by which the posterior under the emulators is represented."""


_CANDIDATES = 2
"""Points really run at the end for each draw that is kept."""


_SHARED = 4
"""Runs of the first wave that share one replication."""


@dataclass(frozen=True)
class Observed:
    """What is known of one result.

    Attributes
    ----------
    name : str
    value, sd : float
        Of the expectation, or of one future: see ``chance`` of `infer`. ``sd`` > 0.
    fitted : bool
        False: held out, to see whether what was not fitted comes out as well.
    """

    name: str
    value: float
    sd: float
    fitted: bool = True


@dataclass(frozen=True)
class Inference:
    """What an inference leaves, in the prior's ranks; `diagnose` puts it in words.

    Attributes
    ----------
    observed : tuple of Observed
    simulated : Simulated
        Everything that was run, the candidates last.
    emulator : Emulator
        Of the results, fitted before the candidates were run.
    effects : array, shape (stock, targets)
        What each replication does to the results of all points alike.
    particles : array, shape (`PARTICLES`, parameters)
        The posterior under the emulator.
    weights : array, shape (candidates,)
        Of the candidates, by what their runs say; their sum is 1.
    kept : int array, shape (draws,)
        The candidates that are the sample, each as often as it counts.
    """

    observed: tuple[Observed, ...]
    simulated: Simulated
    emulator: Emulator
    effects: Floats
    particles: Floats
    weights: Floats
    kept: Ints


@dataclass
class Simulated:
    """The points simulated so far, in the prior's ranks, with their results.

    Attributes
    ----------
    parameters, marginal
        The prior.
    ranks : array, shape (points, parameters)
        In [0, 1]; the prior is even there.
    results : array, shape (points, replications, targets)
    numbers : int array, shape (points, replications)
        Of the replications.
    wave : int array, shape (points,)
        1 to `WAVES`.
    stock : int
        Replications that the points share.
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
        """Run these points, with replications from the stock in random turns."""
        per_point = self.numbers.shape[1]
        turns = -(-len(ranks) * per_point // self.stock)
        # the stock is a multiple of a point's replications: no point gets one twice
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
        """Values on the scale of the emulators: −1 and 1 are the ends of the ranges."""
        low = np.array([p.low for p in self.parameters])
        width = np.array([p.high - p.low for p in self.parameters])
        out: Floats = 2 * (values_at(self.parameters, ranks, self.marginal) - low) / width - 1
        return out

    def emulator(self) -> tuple[Emulator, Floats]:
        """Fitted to all points so far, and what each replication does to all points alike, (replications, targets)."""
        inputs, effects = self.inputs(self.ranks), np.zeros((self.stock, self.results.shape[2]))
        near = self.wave >= min(2, int(self.wave.max()))
        for _ in range(_TURNS):
            left = self.results - effects[self.numbers]
            chance = within(left).diagonal() / left.shape[1]
            emulator = fit_emulator(inputs, left.mean(axis=1), chance, near)
            effects = self._effects(self.results - emulator.predict(inputs)[:, None])
        return emulator, effects

    def _effects(self, residuals: Floats) -> Floats:
        """Mean residual of each replication, drawn towards 0 by as much of it as is chance; their mean is 0."""
        k = residuals.shape[2]
        number = self.numbers.ravel()
        shared_by = np.maximum(np.bincount(number, minlength=self.stock), 1)[:, None]
        sums = np.column_stack(
            [np.bincount(number, of_one.ravel(), self.stock) for of_one in residuals.T.swapaxes(1, 2)]
        )
        means = sums / shared_by
        # one-way random effects: variance of a replication's effect, and of the rest of a run
        most = float(1.0 / np.mean(1.0 / shared_by))
        of_run = residuals.reshape(-1, k).var(axis=0)
        of_effect = np.clip((means.var(axis=0) - of_run / most) / (1.0 - 1.0 / most), 1e-12, of_run)
        drawn: Floats = means * of_effect / (of_effect + (of_run - of_effect) / shared_by)
        out: Floats = drawn - drawn.mean(axis=0)
        return out


_TURNS = 4
"""How often emulators and effects of replications are fitted in turn: enough for the fourth digit."""


def within(results: Floats) -> Floats:
    """Covariance of runs of one point, pooled over the points, from results (points, replications, targets)."""
    about = results - results.mean(axis=1, keepdims=True)
    out: Floats = gram(about.reshape(-1, results.shape[2]).T) / (len(results) * (results.shape[1] - 1))
    return out


def infer(
    parameters: Sequence[Parameter],
    observed: Sequence[Observed],
    simulator: Simulator,
    *,
    simulations: int = 250,
    replications: int = 2,
    draws: int = 100,
    seed: int = 1,
    marginal: Marginal = "triangular",
    chance: bool = False,
) -> Inference:
    """Sample the parameters' posterior given observed results of a stochastic simulator.

    Parameters
    ----------
    parameters : sequence of Parameter
        With the ranges that the prior covers; at least one.
    observed : sequence of Observed
        At least one of them fitted.
    simulator : callable
        See `Simulator`.
    simulations : int
        Points of each of the first three waves, ≥ 20; the last one has twice ``draws``.
    replications : int
        Runs of every point, ≥ 2.
    draws : int
        Size of the sample, ≥ 1.
    seed : int
        Equal arguments and simulators give equal fits.
    marginal : {"triangular", "uniform"}
        The prior of each parameter within its range.
    chance : bool
        Whether what was observed is one future of what is simulated. False: it is an expectation, as figures of a
        country are for a small part that stands for it.

    Returns
    -------
    Inference

    Raises
    ------
    ValueError
        For arguments out of range.

    Notes
    -----
    The likelihood is normal with the covariance diag(sd²), plus that of one run where ``chance``. The posterior under
    the emulators is sampled by tempering with random-walk moves (sequential Monte Carlo). Candidates are weighted by
    the likelihood of what their runs say over that under the emulators; what the runs say is the emulator's surface
    plus the part of their distance from it that is not chance.

    References
    ----------
    Del Moral P., Doucet A., Jasra A. (2006), Sequential Monte Carlo samplers, *JRSS B* 68, 411–436.
    """
    if simulations < 20 or replications < 2 or draws < 1 or seed < 0:
        raise ValueError("a fit needs at least 20 simulations, 2 replications and 1 draw, and a seed ≥ 0")
    fitted = np.array([o.fitted for o in observed], dtype=bool)
    if not parameters or not fitted.any():
        raise ValueError("a fit needs at least one parameter and one fitted target")
    p, k = len(parameters), len(observed)
    rng = np.random.default_rng([seed, 1])
    stock = max(1, simulations // _SHARED) * replications
    nothing = np.empty((0, replications))
    simulated = Simulated(
        parameters,
        marginal,
        simulator,
        ranks=np.empty((0, p)),
        results=np.empty((0, replications, k)),
        numbers=nothing.astype(np.int64),
        wave=nothing[:, 0].astype(np.int64),
        stock=stock,
    )
    simulated.add(levels(simulations, p, seed, "latin-hypercube"), 1, rng)
    # the second wave looks about: where the posterior may be, as far as the first one's emulators can tell
    for wave, width in ((2, 2.0), (3, 1.0)):
        likelihood = _Likelihood(observed, fitted, simulated, chance, width)
        simulated.add(_sample(likelihood, simulations, p, rng), wave, rng)
    likelihood = _Likelihood(observed, fitted, simulated, chance)
    particles = _sample(likelihood, PARTICLES, p, rng)
    candidates = particles[: _CANDIDATES * draws]
    simulated.add(candidates, WAVES, rng)
    weights = likelihood.corrections(candidates)
    kept = _systematic(weights, draws, rng)
    return Inference(tuple(observed), simulated, likelihood.emulator, likelihood.effects, particles, weights, kept)


def runs(simulations: int, replications: int, draws: int) -> int:
    """How many runs an inference takes in all."""
    return ((WAVES - 1) * simulations + _CANDIDATES * draws) * replications


class _Likelihood:
    """Of the fitted targets, under the emulators."""

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
        # a stock of replications knows the expectation but so well
        one_run = within(simulated.results)[np.ix_(fitted, fitted)]
        self._known = np.diag(np.array([width * width * o.sd * o.sd for o in observed])[fitted])
        self._known += one_run * (1.0 / simulated.stock + (1.0 if chance else 0.0))

    def __call__(self, ranks: Floats) -> Floats:
        """Log-likelihoods, shape (points,)."""
        mean = self.emulator.predict(self._simulated.inputs(ranks))
        return self._log(mean, self.emulator.error * self.emulator.error)

    def _log(self, mean: Floats, variance: Floats) -> Floats:
        """Normal, with the covariance of what was observed plus a variance of the expectations, shape (results,)."""
        away = (mean[:, self._fitted] - self._value).T
        factor = cholesky(self._known + np.diag(variance[self._fitted]))
        solved = forward(factor, away)
        out: Floats = -0.5 * (solved * solved).sum(axis=0) - logarithm(factor.diagonal()).sum()
        return out

    def corrections(self, candidates: Floats) -> Floats:
        """Weights that turn a sample under the emulators into one under what its runs say; their sum is 1.

        The candidates are the last points that were simulated.
        """
        last = slice(-len(candidates), None)
        left = self._simulated.results[last] - self.effects[self._simulated.numbers[last]]
        chance = within(left).diagonal() / left.shape[1]
        surface = self.emulator.predict(self._simulated.inputs(candidates))
        variance = self.emulator.error * self.emulator.error
        trusted = variance / (variance + chance)  # part of a run's distance from the surface that is not chance
        said = surface + trusted * (left.mean(axis=1) - surface)
        log = self._log(said, (1 - trusted) * variance) - self._log(surface, variance)
        weights = exp(log - log.max())
        # no candidate may outweigh all others by chance alone (truncated importance sampling, Ionides 2008)
        weights = np.minimum(weights, weights.mean() * math.sqrt(len(weights)))
        out: Floats = weights / weights.sum()
        return out


def _sample(likelihood: Callable[[Floats], Floats], n: int, p: int, rng: np.random.Generator) -> Floats:
    """Points distributed as prior × likelihood, in the prior's ranks (where the prior is even), in random order."""
    size = max(n, 1000)
    points = rng.random((size, p))
    log, power = likelihood(points), 0.0
    while power < 1.0:
        step = _next_step(log, 1.0 - power)
        power = min(1.0, power + step)
        weights = exp(step * (log - log.max()))
        chosen = _systematic(weights / weights.sum(), size, rng)
        points, log = points[chosen], log[chosen]
        spread = cholesky(gram((points - points.mean(axis=0)).T) / (size - 1) + 1e-10 * np.eye(p))
        for _ in range(_MOVES + 3 * p):
            size_of_move = 2.38 / math.sqrt(p) * rng.choice([1.0, 0.3, 0.1], size=(size, 1))
            normal = rounded(rng.standard_normal((size, p)), 27)  # its far tails are a C library's logarithms
            proposed = points + size_of_move * product(normal, spread.T)
            proposed = np.abs(np.remainder(proposed + 1, 2) - 1)  # reflected at the ends: as likely back as forth
            new = likelihood(proposed)
            taken = logarithm(rng.random(size)) < power * (new - log)
            points[taken], log[taken] = proposed[taken], new[taken]
    return points[rng.permutation(size)[:n]]


_MOVES = 20
"""Moves of every point at each temperature, and three more for each parameter."""


def _next_step(log: Floats, most: float) -> float:
    """How far the likelihood's power may rise for half of the points to count still."""

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


def _systematic(weights: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Indices drawn with these weights, as evenly as can be."""
    at = (np.arange(n) + rng.random()) / n
    out: Ints = np.searchsorted(np.cumsum(weights), at).clip(max=len(weights) - 1)
    return out
