"""Which parameter values are compatible with observations: a Bayesian fit in which real runs have the last word.

Points drawn from the prior are simulated, emulators of the expected results are fitted to them, and the posterior under
the emulators is sampled; two further waves simulate points where that posterior lies. Finally a sample from it is
itself run, and weighted by the results. Everything reported about the posterior has been simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.calibration.emulator import Emulator
from ess_sim.analysis.calibration.likelihood import Likelihood, Observed
from ess_sim.analysis.calibration.points import Simulated, Simulator
from ess_sim.analysis.calibration.sampler import sample, systematic
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError
from ess_sim.experiments.draws.designs import Marginal, levels
from ess_sim.inputs.catalogue.parameters import Parameter

__all__ = ["PARTICLES", "WAVES", "Inference", "Observed", "infer", "runs"]


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


WAVES = 4
"""Waves of runs: one from the prior, two near the posterior, and one of the sample itself."""


PARTICLES = 4000
"""Number of points that represent the posterior under the emulators."""


_CANDIDATES = 2
"""Points that are run in the last wave for each draw that is kept."""


_SHARED = 4
"""Points of the first wave that share one replication."""


@dataclass(frozen=True)
class Inference:
    """The result of an inference, in ranks of the prior; `diagnose` interprets it.

    Attributes
    ----------
    observed : tuple of Observed
    simulated : Simulated
        Everything that was run; the candidates come last.
    emulator : Emulator
        Emulators of the results, fitted before the candidates were run.
    effects : array, shape (stock, targets)
        Effect of each replication on the results of all points alike.
    particles : array, shape (`PARTICLES`, parameters)
        The posterior under the emulators.
    weights : array, shape (candidates,)
        Weights of the candidates from their runs; their sum is 1.
    kept : int array, shape (draws,)
        The candidates that form the sample, repeated according to their weights.
    """

    observed: tuple[Observed, ...]
    simulated: Simulated
    emulator: Emulator
    effects: Floats
    particles: Floats
    weights: Floats
    kept: Ints


@checked
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
    """Sample the posterior of the parameters of a stochastic simulator, given observed results.

    Parameters
    ----------
    parameters : sequence of Parameter
        At least one, each with the range that the prior covers.
    observed : sequence of Observed
        At least one must be fitted.
    simulator : callable
        See `Simulator`.
    simulations : int
        Points in each of the first three waves, ≥ 20; the last wave has twice ``draws``.
    replications : int
        Runs of each point, ≥ 2.
    draws : int
        Size of the sample, ≥ 1.
    seed : int
        Equal arguments and simulators give equal fits.
    marginal : {"triangular", "uniform"}
        The prior of each parameter within its range.
    chance : bool
        Whether the observations are one realisation of what is simulated. False: they are expectations, as figures for
        a country are for a small territory that represents it.

    Returns
    -------
    Inference

    Raises
    ------
    ValueError
        For arguments out of range.

    Notes
    -----
    The likelihood is normal with the covariance diag(sd²), plus that of one run if ``chance``. The posterior under
    the emulators is sampled by tempering with random-walk moves (sequential Monte Carlo). Candidates are weighted by
    the likelihood given their runs, divided by that under the emulators; what the runs give is the emulator's surface
    plus the part of their distance from it that is not chance.

    References
    ----------
    Del Moral P., Doucet A., Jasra A. (2006), Sequential Monte Carlo samplers, *JRSS B* 68, 411–436.
    """
    if simulations < 20 or replications < 2 or draws < 1 or seed < 0:
        raise ArgumentError("a fit needs at least 20 simulations, 2 replications and 1 draw, and a seed ≥ 0")
    fitted = np.array([o.fitted for o in observed], dtype=bool)
    if not parameters or not fitted.any():
        raise ArgumentError("a fit needs at least one parameter and one fitted target")
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
    # the second wave casts a wider net, because the emulators of the first are rough
    for wave, width in ((2, 2.0), (3, 1.0)):
        likelihood = Likelihood(observed, fitted, simulated, chance, width)
        simulated.add(sample(likelihood, simulations, p, rng), wave, rng)
    likelihood = Likelihood(observed, fitted, simulated, chance)
    particles = sample(likelihood, PARTICLES, p, rng)
    candidates = particles[: _CANDIDATES * draws]
    simulated.add(candidates, WAVES, rng)
    weights = likelihood.corrections(candidates)
    kept = systematic(weights, draws, rng)
    return Inference(tuple(observed), simulated, likelihood.emulator, likelihood.effects, particles, weights, kept)


def runs(simulations: int, replications: int, draws: int) -> int:
    """Total number of runs of an inference."""
    return ((WAVES - 1) * simulations + _CANDIDATES * draws) * replications
