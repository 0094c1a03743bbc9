"""What an inference found, and what to know before using it: intervals, errors, parameters that are not identified."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.calibration.inference import Inference
from ess_sim.analysis.calibration.points import Simulated, within
from ess_sim.elementary import gram, principal
from ess_sim.experiments.draws.designs import values_at
from ess_sim.results.statistics.variance import nested_variance

__all__ = ["IDENTIFIED", "TOGETHER", "Fit", "diagnose"]


Floats = NDArray[np.float64]


IDENTIFIED = 0.5
"""A parameter counts as identified if the targets removed at least this share of its prior variance."""


TOGETHER = 0.3
"""Smallest posterior correlation, or weight in a combination, at which parameters are reported together."""


_LEAST_EFFECTIVE = 0.25
"""Smallest effective share of the candidates; below it, the emulators were too wrong to trust the sample."""


_MOST_NAMED = 8
"""Maximum number of pairs and combinations named in warnings; the tables hold all of them."""


@dataclass(frozen=True)
class Fit:
    """A posterior with its diagnostics.

    Attributes
    ----------
    draws : tuple of dict
        The sample: equally likely parameter values by name.
    parameters : DataFrame
        ``name, low, high`` (range), ``prior_median, median, q025, q975`` (of the candidates, weighted by their real
        runs), ``contraction`` (share of the prior variance that the targets removed, on the scale of prior ranks: 0 is
        nothing, 1 everything; below 0 the posterior is wider), ``identified``.
    targets : DataFrame
        ``name, fitted, value, sd``; results of real runs of the posterior: ``mean`` and its standard error
        ``mean_error``, ``low, high`` (95 % range of the expectation over the sample), ``future_low, future_high``
        (95 % range of one future); ``prior_low, prior_high`` (of the expectation over the prior); ``distance`` of the
        mean from the value, in standard deviations.
    emulator : DataFrame
        ``name``; ``explained`` (Q²) at points left out in the first three waves; ``error`` expected near the posterior,
        ``error_in_sd`` relative to the target's; ``surprise`` (1 if errors at points left out are as expected).
    pairs : DataFrame
        ``first, second, correlation`` in the posterior under the emulators, the strongest first.
    combinations : DataFrame
        What the targets do identify: ``number, contraction, name, weight`` of the directions, in ranks of the prior,
        along which they removed at least half of the prior variance.
    effective : float
        Effective number of the candidates after weighting by their real runs.
    candidates : int
        Number of candidates.
    warnings : tuple of str
        What a user must know before using the sample, in plain words.
    runs : DataFrame
        Every simulated point: ``wave``, ``weight`` (in the last wave), parameters, means of the results.
    """

    draws: tuple[dict[str, float], ...]
    parameters: pd.DataFrame
    targets: pd.DataFrame
    emulator: pd.DataFrame
    pairs: pd.DataFrame
    combinations: pd.DataFrame
    effective: float
    candidates: int
    warnings: tuple[str, ...]
    runs: pd.DataFrame


def diagnose(found: Inference) -> Fit:
    """The posterior with its diagnostics.

    Parameters
    ----------
    found : Inference

    Returns
    -------
    Fit
    """
    simulated, weights = found.simulated, found.weights
    names = [o.name for o in found.observed]
    last = simulated.wave == simulated.wave.max()
    parameters = _marginals(simulated, simulated.ranks[last], weights, found.particles)
    pairs, combinations = _together([p.name for p in simulated.parameters], found.particles)
    targets = _predicted(found)
    emulator = pd.DataFrame({"name": names, "explained": found.emulator.explained, "error": found.emulator.error})
    emulator["error_in_sd"] = emulator["error"] / [o.sd for o in found.observed]
    emulator["surprise"] = found.emulator.surprise
    effective = float(1.0 / (weights * weights).sum())
    of_all = np.full(len(simulated.ranks), np.nan)
    of_all[last] = weights
    points = pd.DataFrame(simulated.values(simulated.ranks))
    means = pd.DataFrame(simulated.results.mean(axis=1), columns=names)
    return Fit(
        draws=tuple(simulated.values(simulated.ranks[last][found.kept])),
        parameters=parameters,
        targets=targets,
        emulator=emulator,
        pairs=pairs,
        combinations=combinations,
        effective=effective,
        candidates=len(weights),
        warnings=(
            *_of_parameters(parameters, pairs, combinations),
            *_of_results(targets, emulator, effective / len(weights)),
        ),
        runs=pd.concat([pd.DataFrame({"wave": simulated.wave, "weight": of_all}), points, means], axis=1),
    )


def _marginals(simulated: Simulated, ranks: Floats, weights: Floats, particles: Floats) -> pd.DataFrame:
    """Quantiles of the weighted candidates; variances, which need more points, of the particles."""
    contraction = 1.0 - 12.0 * particles.var(axis=0)  # a prior rank has the variance 1/12
    points = np.array([0.025, 0.5, 0.975])
    quantiles = np.column_stack([_weighted_quantiles(r, weights, points) for r in ranks.T])
    q025, median, q975 = values_at(simulated.parameters, quantiles, simulated.marginal)
    middle = np.full((1, ranks.shape[1]), 0.5)
    return pd.DataFrame(
        {
            "name": [p.name for p in simulated.parameters],
            "low": [p.low for p in simulated.parameters],
            "high": [p.high for p in simulated.parameters],
            "prior_median": values_at(simulated.parameters, middle, simulated.marginal)[0],
            "median": median,
            "q025": q025,
            "q975": q975,
            "contraction": contraction,
            "identified": contraction >= IDENTIFIED,
        }
    )


def _weighted_quantiles(values: Floats, weights: Floats, at: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) - weights[order] / 2
    out: Floats = np.interp(at, reached, values[order])
    return out


def _together(names: list[str], particles: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations, and the combinations of parameters of which the targets removed half of the prior variance."""
    covariance = gram((particles - particles.mean(axis=0)).T) / (len(particles) - 1)
    sd = np.sqrt(covariance.diagonal())
    correlation = covariance / np.outer(sd, sd)
    i, j = np.triu_indices(len(names), 1)
    pairs = pd.DataFrame(
        {"first": [names[a] for a in i], "second": [names[b] for b in j], "correlation": correlation[i, j]}
    )
    pairs = pairs.iloc[np.argsort(-pairs["correlation"].abs().to_numpy(), kind="stable")].reset_index(drop=True)
    variances, directions = principal(12.0 * covariance)
    rows = []
    for number, (variance, direction) in enumerate(zip(variances, directions.T, strict=True), start=1):
        if variance > 1.0 - IDENTIFIED:
            break
        heaviest = np.argsort(-np.abs(direction), kind="stable")
        upwards = direction * np.sign(direction[heaviest[0]])
        rows += [(number, 1.0 - variance, names[k], float(upwards[k])) for k in heaviest]
    return pairs, pd.DataFrame(rows, columns=["number", "contraction", "name", "weight"])


def _predicted(found: Inference) -> pd.DataFrame:
    """Results of real runs of the sample, and of the prior."""
    simulated, weights = found.simulated, found.weights
    level = simulated.results - found.effects[simulated.numbers]
    last, first = simulated.wave == simulated.wave.max(), simulated.wave == 1
    chance = within(simulated.results).diagonal() / simulated.stock
    rows = []
    for k, o in enumerate(found.observed):
        after, before = nested_variance(level[last][found.kept, :, k]), nested_variance(level[first][:, :, k])
        future = nested_variance(simulated.results[last][found.kept, :, k]).both
        means = level[last][:, :, k].mean(axis=1)
        mean = float((weights * means).sum())
        error = math.sqrt(float((weights * weights).sum()) * float(means.var(ddof=1)) + float(chance[k]))
        rows.append(
            {
                "name": o.name,
                "fitted": o.fitted,
                "value": o.value,
                "sd": o.sd,
                "mean": mean,
                "mean_error": error,
                "low": after.not_knowing[0],
                "high": after.not_knowing[1],
                "future_low": future[0],
                "future_high": future[1],
                "prior_low": before.not_knowing[0],
                "prior_high": before.not_knowing[1],
                "distance": (mean - o.value) / math.hypot(o.sd, error),
            }
        )
    return pd.DataFrame(rows)


# --- warnings -----------------------------------------------------------------------------------------------------
def _of_parameters(parameters: pd.DataFrame, pairs: pd.DataFrame, combinations: pd.DataFrame) -> Iterator[str]:
    unknown = parameters.loc[~parameters["identified"], "name"].tolist()
    if unknown:
        yield (
            f"not identified: {', '.join(unknown)}. The targets leave more than {1 - IDENTIFIED:.0%} of the prior "
            "variance of each: its interval says what was assumed, not what was observed"
        )
    for number, rows in combinations.groupby("number", sort=True):
        group = rows[rows["weight"].abs() >= TOGETHER]
        if len(group) > 1 and int(str(number)) <= _MOST_NAMED:
            words = _signed(f"{r['weight']:+.1f} {r['name']}" for r in group.to_dict("records"))
            gone = rows["contraction"].iloc[0]
            yield f"identified only together: {words} ({gone:.0%} of this combination's prior variance is gone)"
    strong = pairs[pairs["correlation"].abs() >= TOGETHER].head(_MOST_NAMED)
    if len(strong):
        words = _signed(f"{r.first} and {r.second} ({r.correlation:+.2f})" for r in strong.itertuples(index=False))
        yield f"correlated in the posterior, so that none may be changed alone: {words}"


def _of_results(targets: pd.DataFrame, emulator: pd.DataFrame, effective: float) -> Iterator[str]:
    for r in targets[targets["distance"].abs() > 2].to_dict("records"):
        what = "was held out, and is not reproduced"
        if r["fitted"]:
            what = "is missed: no likely values within the ranges meet all targets"
        yield f"{r['name']} {what} ({r['mean']:.4g} where {r['value']:.4g} ± {r['sd']:.2g} (sd) was observed)"
    fitted = targets.loc[targets["fitted"], "name"]
    blunt = emulator.loc[(emulator["error_in_sd"] > 1) & emulator["name"].isin(fitted), "name"].tolist()
    if blunt:
        yield (
            f"the emulators of {', '.join(blunt)} err by more than the target's sd: more simulations would sharpen the "
            "posterior"
        )
    if effective < _LEAST_EFFECTIVE:
        yield (
            f"only {effective:.0%} of the last wave's points carry weight after their real runs: the emulators were "
            "misleading, and the sample is rough; use more simulations or replications"
        )


def _signed(texts: Iterable[str]) -> str:
    return ", ".join(texts).replace("-", "−")
