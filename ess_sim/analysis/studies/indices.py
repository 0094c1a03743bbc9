"""Which parameters matter for an outcome: Morris' elementary effects and Sobol' indices.

Both are SALib's (extra ``sensitivity``); the caller supplies the function that makes the runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ess_sim.elementary import rounded
from ess_sim.errors import ArgumentError, shortened
from ess_sim.inputs.catalogue.parameters import Parameter

__all__ = ["Evaluate", "morris", "problem", "sobol"]


Floats = NDArray[np.float64]


Evaluate = Callable[[list[dict[str, float]]], ArrayLike]
"""Takes parameter values by name, one dict per run, all at once so that they can run in parallel; returns one outcome
per run."""


_BITS = 32
"""Bits kept of SALib's half-widths, which contain a quantile from scipy: 10 digits, the same on every processor."""


_LEVELS = 4
"""Number of levels of Morris' grid, as in his paper and in SALib."""


_MOST = 1 << 20
"""Trajectories, or points: beyond, the design alone would not fit into memory."""


def problem(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Parameters in SALib's form: each uniform from its low to its high value.

    Parameters
    ----------
    parameters : sequence of Parameter
        From `space`.

    Raises
    ------
    ValueError
        If there is no parameter.

    Examples
    --------
    >>> from ess_sim.experiments.draws.designs import space
    >>> problem(space(["informed_share"]))
    {'num_vars': 1, 'names': ['informed_share'], 'bounds': [[0.0, 0.9]]}
    """
    if not parameters:
        raise ArgumentError("a sensitivity analysis needs at least one parameter")
    return {
        "num_vars": len(parameters),
        "names": [p.name for p in parameters],
        "bounds": [[p.low, p.high] for p in parameters],
    }


def morris(evaluate: Evaluate, problem: dict[str, Any], *, trajectories: int, seed: int) -> pd.DataFrame:
    """Morris' elementary effects: which of many parameters matter at all, from few runs.

    Parameters
    ----------
    evaluate : callable
        Makes the runs and returns their outcomes, see `Evaluate`.
    problem : dict
        From `problem`.
    trajectories : int
        Paths through the ranges, ≥ 2, each of (parameters + 1) runs; 10 to 20 are usual.
    seed : int
        Seed of the paths and of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        By descending ``mu_star``: ``parameter``, ``mu`` and ``mu_star`` (mean effect and mean absolute effect of moving
        the parameter over its whole range, in the unit of the outcome), ``half_width`` (of the 95 % bootstrap interval
        of ``mu_star``), ``sigma`` (standard deviation of the effects: large if the effect is nonlinear or depends on
        other parameters).

    Raises
    ------
    ImportError
        If SALib is not installed.
    ValueError
        For fewer than two trajectories, or outcomes that are not one finite number per run.

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
    if not 2 <= trajectories <= _MOST:
        what = f"trajectories must be at least 2, not {shortened(str(trajectories))}: one has no spread"
        raise ArgumentError(what if trajectories < 2 else f"trajectories must be at most {_MOST:,}")
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
    """Sobol' indices: shares of the outcome's variance that each parameter accounts for.

    Parameters
    ----------
    evaluate : callable
        Makes the runs and returns their outcomes, see `Evaluate`.
    problem : dict
        From `problem`.
    n : int
        Base draws, a power of two; n × (parameters + 2) runs, n × (2 × parameters + 2) with ``second_order``.
    seed : int
        Seed of the draws and of the bootstrap.
    second_order : bool
        Whether to state the indices of pairs as well.

    Returns
    -------
    pandas.DataFrame
        One row per index: ``order`` (``first``: alone; ``total``: with all interactions; ``second``: interaction of a
        pair), ``parameter``, ``other`` (second of a pair, otherwise empty), ``index`` and ``half_width`` (of its 95 %
        bootstrap interval). NaN if the outcome never varies.

    Raises
    ------
    ImportError
        If SALib is not installed.
    ValueError
        If n is not a power of two, or outcomes are not one finite number per run.

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
    if n > _MOST:
        raise ArgumentError(f"n must be at most {_MOST:,}")
    if n < 2 or n & (n - 1):
        raise ArgumentError(f"n must be a power of two, not {n}: the Sobol' sequence is only balanced then")
    salib = _salib()
    x = salib.sample.sobol.sample(problem, n, calc_second_order=second_order, seed=seed)
    y = _outcomes(evaluate, problem, x)
    # SALib takes a seed of 0 as no seed, and then draws from numpy's global generator
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
        raise ArgumentError(f"evaluate must return one finite outcome for each of {len(runs)} runs")
    return y
