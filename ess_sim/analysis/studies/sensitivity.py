"""Which parameters matter for an outcome, and at which value of one a comparison turns round.

Morris' screening and Sobol' indices are SALib's (extra ``sensitivity``); how runs come about is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ess_sim.elementary import rounded
from ess_sim.inputs.catalogue.parameters import Parameter
from ess_sim.results.statistics.intervals import half_width

__all__ = ["Evaluate", "FlipPoint", "flip_point", "morris", "problem", "sobol"]


Floats = NDArray[np.float64]


Evaluate = Callable[[list[dict[str, float]]], ArrayLike]
"""Takes parameter values by name, one dict a run, all at once so that they may run in parallel; returns one outcome of
each."""


_BITS = 32
"""Of SALib's half-widths, in which a quantile of scipy's is: 10 digits, which are the same on every processor."""


_LEVELS = 4
"""Levels of Morris' grid, the number that he and SALib use."""


def problem(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Parameters as SALib wants them: each uniform from its low to its high.

    Parameters
    ----------
    parameters : sequence of Parameter
        As `space` gives them.

    Raises
    ------
    ValueError
        For no parameter.

    Examples
    --------
    >>> from ess_sim.experiments.draws.designs import space
    >>> problem(space(["informed_share"]))
    {'num_vars': 1, 'names': ['informed_share'], 'bounds': [[0.0, 0.9]]}
    """
    if not parameters:
        raise ValueError("a sensitivity analysis needs at least one parameter")
    return {
        "num_vars": len(parameters),
        "names": [p.name for p in parameters],
        "bounds": [[p.low, p.high] for p in parameters],
    }


def morris(evaluate: Evaluate, problem: dict[str, Any], *, trajectories: int, seed: int) -> pd.DataFrame:
    """Morris' elementary effects: which of many parameters matter at all, for few runs.

    Parameters
    ----------
    evaluate : callable
        Runs and outcomes, see `Evaluate`.
    problem : dict
        As `problem` gives it.
    trajectories : int
        Paths through the ranges, ≥ 2, each of (parameters + 1) runs; 10 to 20 are usual.
    seed : int
        Of the paths and of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        By descending ``mu_star``: ``parameter``, ``mu`` and ``mu_star`` (mean effect, mean absolute effect of moving
        the parameter over its whole range, in the unit of the outcome), ``half_width`` (of the 95 % bootstrap interval
        of ``mu_star``), ``sigma`` (standard deviation of the effects: large where the effect is bent or depends on
        other parameters).

    Raises
    ------
    ImportError
        Where SALib is not installed.
    ValueError
        For fewer than two trajectories, or outcomes that are not one finite number a run.

    References
    ----------
    Morris M. D. (1991), Factorial sampling plans for preliminary computational experiments, *Technometrics* 33(2).
    Campolongo F., Cariboni J., Saltelli A. (2007), An effective screening design for sensitivity analysis of large
    models, *Environmental Modelling & Software* 22(10).

    Examples
    --------
    >>> unit = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 2.0]]}
    >>> morris(lambda runs: [run["a"] + 3 * run["b"] for run in runs], unit, trajectories=4, seed=1)["parameter"][0]
    'b'
    """
    if trajectories < 2:
        raise ValueError(f"{trajectories} trajectories have no spread: take at least 2")
    salib = _salib()
    x = salib.sample.morris.sample(problem, trajectories, num_levels=_LEVELS, seed=seed)
    y = _outcomes(evaluate, problem, x)
    found = salib.analyze.morris.analyze(problem, x, y, num_levels=_LEVELS, seed=seed)
    table = pd.DataFrame(
        {
            "parameter": problem["names"],
            "mu": np.asarray(found["mu"], dtype=float),
            "mu_star": np.asarray(found["mu_star"], dtype=float),
            "half_width": rounded(found["mu_star_conf"], _BITS, each=True),
            "sigma": np.asarray(found["sigma"], dtype=float),
        }
    )
    return table.sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)


def sobol(
    evaluate: Evaluate, problem: dict[str, Any], *, n: int, seed: int, second_order: bool = False
) -> pd.DataFrame:
    """Sobol' indices: shares of the outcome's variance that parameters account for.

    Parameters
    ----------
    evaluate : callable
        Runs and outcomes, see `Evaluate`.
    problem : dict
        As `problem` gives it.
    n : int
        Base draws, a power of two; n × (parameters + 2) runs, n × (2 × parameters + 2) with ``second_order``.
    seed : int
        Of the draws and of the bootstrap.
    second_order : bool
        Whether to state the indices of pairs as well.

    Returns
    -------
    pandas.DataFrame
        One row an index: ``order`` (``first``: alone; ``total``: with all interactions; ``second``: interaction of a
        pair), ``parameter``, ``other`` (second of a pair, else empty), ``index`` and ``half_width`` (of its 95 %
        bootstrap interval). NaN where the outcome never varies.

    Raises
    ------
    ImportError
        Where SALib is not installed.
    ValueError
        For an n that is no power of two, or outcomes that are not one finite number a run.

    References
    ----------
    Saltelli A. et al. (2010), Variance based sensitivity analysis of model output, *Computer Physics Communications*
    181(2).

    Examples
    --------
    >>> unit = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 1.0]]}
    >>> table = sobol(lambda runs: [run["a"] for run in runs], unit, n=64, seed=1)
    >>> table[["order", "parameter"]].agg(" ".join, axis=1).tolist()
    ['first a', 'first b', 'total a', 'total b']
    """
    if n < 2 or n & (n - 1):
        raise ValueError(f"n must be a power of two, not {n}: the Sobol' sequence is balanced only then")
    salib = _salib()
    x = salib.sample.sobol.sample(problem, n, calc_second_order=second_order, seed=seed)
    y = _outcomes(evaluate, problem, x)
    # SALib takes a seed of 0 for none, and then draws from numpy's global generator
    with np.errstate(invalid="ignore", divide="ignore"):  # an outcome that never varies
        found = salib.analyze.sobol.analyze(problem, y, calc_second_order=second_order, seed=seed + 1)
    names = problem["names"]
    half_widths = {
        key: rounded(found[key + "_conf"], _BITS, each=True) for key in ("S1", "ST", *(("S2",) if second_order else ()))
    }
    rows = [
        (order, name, "", float(index), float(half))
        for order, key in (("first", "S1"), ("total", "ST"))
        for name, index, half in zip(names, found[key], half_widths[key], strict=True)
    ]
    if second_order:
        rows += [
            ("second", names[i], names[j], float(found["S2"][i, j]), float(half_widths["S2"][i, j]))
            for i in range(len(names))
            for j in range(i + 1, len(names))
        ]
    table = pd.DataFrame(rows, columns=["order", "parameter", "other", "index", "half_width"])
    if np.ptp(y) == 0:
        table[["index", "half_width"]] = np.nan
    return table


def _salib() -> Any:
    try:
        import SALib.analyze.morris
        import SALib.analyze.sobol
        import SALib.sample.morris
        import SALib.sample.sobol
    except ImportError as error:
        raise ImportError("sensitivity analysis needs SALib: pip install 'ess_sim[sensitivity]'") from error
    return SALib


def _outcomes(evaluate: Evaluate, problem: dict[str, Any], x: Floats) -> Floats:
    runs = [dict(zip(problem["names"], row, strict=True)) for row in x.tolist()]
    y = np.asarray(evaluate(runs), dtype=float)
    if y.shape != (len(runs),) or not np.isfinite(y).all():
        raise ValueError(f"evaluate must return one finite outcome for each of {len(runs)} runs")
    return y


@dataclass(frozen=True)
class FlipPoint:
    """Where a comparison turns round.

    Attributes
    ----------
    value : float or None
        Parameter value at which the mean difference changes its sign; None if it has the same sign at both ends.
    interval : tuple of float or None
        Values within which the sign may be either: between the nearest tried values on both sides whose 95 % Student
        intervals exclude 0 (or the ends of the range). Each interval has its own 5 % of error. None where the sign is
        clear at both ends and the same.
    evaluations : tuple of tuple of float
        What was tried, by value: parameter value, mean difference, half-width of its 95 % interval.
    """

    value: float | None
    interval: tuple[float, float] | None
    evaluations: tuple[tuple[float, float, float], ...]


def flip_point(difference: Callable[[float], ArrayLike], low: float, high: float, *, tolerance: float) -> FlipPoint:
    """The value of a parameter at which the difference between two scenarios changes its sign.

    By bisection of the mean over the replications, which is one and the same function of the parameter throughout,
    provided that all values use the same random numbers. Bisection and not a faster method, because it tries values on
    both sides of the turn, and these make the interval. If the sign changes more than once, one turn is found.

    Parameters
    ----------
    difference : callable
        Takes a parameter value; returns the paired differences, shape (replications,).
    low, high : float
        Range of the parameter.
    tolerance : float
        How closely to find the value, in the unit of the parameter, > 0. It takes 2 + log₂((high − low) / tolerance)
        evaluations.

    Raises
    ------
    ValueError
        For an empty range, a tolerance not above 0, or differences that are not finite.

    Examples
    --------
    >>> found = flip_point(lambda x: [x - 0.31, x - 0.29], 0, 1, tolerance=0.01)
    >>> round(found.value, 6)
    0.3
    """
    if not low < high or not tolerance > 0:
        raise ValueError(
            f"a turn is sought from low to high, closer than a tolerance above 0: {low}, {high}, {tolerance}"
        )
    tried: dict[float, tuple[float, float]] = {}

    def mean_at(x: float) -> float:
        d = np.asarray(difference(x), dtype=float)
        if d.ndim != 1 or not d.size or not np.isfinite(d).all():
            raise ValueError(f"difference must return finite paired differences, one a replication: not so at {x:g}")
        tried[x] = float(d.mean()), float(half_width(d))
        return tried[x][0]

    a, b = float(low), float(high)
    at_a, at_b = mean_at(a), mean_at(b)
    value: float | None = None
    if np.sign(at_a) * np.sign(at_b) < 0:
        for _ in range(ceil(log2((high - low) / tolerance))):
            middle = (a + b) / 2
            at_middle = mean_at(middle)
            if np.sign(at_middle) == np.sign(at_a):
                a, at_a = middle, at_middle
            else:
                b, at_b = middle, at_middle
        value = a - at_a * (b - a) / (at_b - at_a)
    # one replication has no interval (NaN): its sign is never clear
    unclear = [x for x, (mean, half) in tried.items() if not abs(mean) > half]
    interval = None
    if value is not None or unclear:
        inside = [*unclear, *([] if value is None else [value])]
        interval = (
            max((x for x in tried if x < min(inside)), default=float(low)),
            min((x for x in tried if x > max(inside)), default=float(high)),
        )
    return FlipPoint(value, interval, tuple((x, *tried[x]) for x in sorted(tried)))
