"""Which variant to choose: the best by sequential selection, by cost and effect, or by regret over what is not known.

Variants are numbered or named by the caller; nothing here knows how they are simulated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ess_sim.elementary import power
from ess_sim.errors import ArgumentError

__all__ = ["Selection", "kim_nelson", "pareto_front", "regret"]


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Selection:
    """What a selection of the best system found.

    Attributes
    ----------
    best : int or None
        Number of the selected system; None where the replications ran out first.
    survivors : tuple of int
        Systems not eliminated: the best alone, those that equal it exactly, or, undecided, all that still may be it.
    replications : tuple of int
        Replications made, by system.
    eliminated_at : tuple of int or None
        Replications after which a system was eliminated, by system; None for survivors.
    """

    best: int | None
    survivors: tuple[int, ...]
    replications: tuple[int, ...]
    eliminated_at: tuple[int | None, ...]


def kim_nelson(
    sample: Callable[[tuple[int, ...], range], ArrayLike],
    k: int,
    *,
    indifference: float,
    confidence: float = 0.95,
    first: int = 10,
    maximum: int,
    minimise: bool = True,
) -> Selection:
    """Select the best of k systems, eliminating the others as soon as they are clearly worse (Kim & Nelson 2001).

    If the best mean is better than all others by at least ``indifference``, the best system is selected with
    probability ≥ ``confidence``; else a system within ``indifference`` of it usually is. The guarantee holds for
    normal observations, and with common random numbers, since it rests on the variances of pairwise differences, which
    common random numbers make small: then fewer replications are needed.

    Parameters
    ----------
    sample : callable
        Takes the systems still in play (numbers from 0) and a range of replications; returns their observations, shape
        (systems, replications). Called with all systems for the first replications, then for one more at a time.
    k : int
        Number of systems, ≥ 2.
    indifference : float
        Smallest difference of means that matters, in the unit of the observations, > 0.
    confidence : float
        Probability of correct selection, above 1/k and below 1.
    first : int
        Replications of every system from which the variances are estimated, ≥ 3 (10 or more save replications later).
    maximum : int
        Most replications of one system.
    minimise : bool
        Whether the smallest mean is the best.

    Raises
    ------
    ValueError
        For arguments out of range, or observations that have another shape or are not finite.

    References
    ----------
    Kim S.-H., Nelson B. L. (2001), A fully sequential procedure for indifference-zone selection in simulation, *ACM
    Transactions on Modeling and Computer Simulation* 11(3). Here with c = 1, the authors' recommendation.

    Examples
    --------
    >>> def sample(systems, replications):
    ...     chance = np.array([np.random.default_rng(r).normal() for r in replications])
    ...     return [chance + (3.0, 1.0, 2.0)[s] for s in systems]
    >>> kim_nelson(sample, 3, indifference=0.5, maximum=100)
    Selection(best=1, survivors=(1,), replications=(10, 10, 10), eliminated_at=(10, None, 10))
    """
    if k < 2 or not indifference > 0 or not 1 / k < confidence < 1 or not 3 <= first <= maximum:
        raise ArgumentError(
            "a selection needs k ≥ 2 systems, an indifference above 0, a confidence between 1/k and 1, "
            "and 3 ≤ first ≤ maximum replications"
        )

    def observe(systems: tuple[int, ...], replications: range) -> Floats:
        values = np.asarray(sample(systems, replications), dtype=float)
        if values.shape != (len(systems), len(replications)) or not np.isfinite(values).all():
            raise ArgumentError(
                f"sample must return {len(systems)} × {len(replications)} finite observations "
                f"(systems, replications), not an array of shape {values.shape}"
            )
        return values if minimise else -values

    values = observe(tuple(range(k)), range(first))
    variances = (values[:, None] - values[None]).var(axis=-1, ddof=1)
    h2 = (first - 1) * (float(power(2 * (1 - confidence) / (k - 1), -2 / (first - 1))) - 1)
    # In sums, not means: a system goes when another's sum is smaller by more than this, which shrinks with r.
    slack_at_0 = h2 * variances / (2 * indifference)
    sums = values.sum(axis=1)
    alive = np.arange(k)
    replications = np.full(k, first)
    eliminated_at: list[int | None] = [None] * k
    r = first
    while True:
        slack = np.maximum(slack_at_0[np.ix_(alive, alive)] - r * indifference / 2, 0.0)
        gone = (sums[alive, None] > sums[alive] + slack).any(axis=1)
        for system in alive[gone]:
            eliminated_at[system] = r
        exhausted = not slack[np.ix_(~gone, ~gone)].any()
        alive = alive[~gone]
        # Without slack only systems with exactly equal sums are left, such as variants that change nothing.
        if exhausted or r == maximum:
            break
        sums[alive] += observe(tuple(alive.tolist()), range(r, r + 1))[:, 0]
        r += 1
        replications[alive] = r
    best = int(alive[0]) if exhausted else None
    return Selection(best, tuple(alive.tolist()), tuple(replications.tolist()), tuple(eliminated_at))


def pareto_front(table: pd.DataFrame, *, cost: str, effect: str, minimise_effect: bool = True) -> pd.Series:
    """Which rows no other row beats on both cost and effect.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a variant.
    cost : str
        Column of which less is better.
    effect : str
        Column of which less is better (a share without MT), or more where ``minimise_effect`` is false.
    minimise_effect : bool
        Whether less of the effect is better.

    Returns
    -------
    pandas.Series
        True or False, with the index of the table. Rows with equal cost and effect are both on the front, or neither;
        a row without cost or effect (NaN) never is.

    Raises
    ------
    ValueError
        For a column that the table does not have.

    Examples
    --------
    >>> variants = pd.DataFrame({"cost": [0, 1, 1, 2], "share": [9.0, 8.0, 7.0, 8.0]})
    >>> pareto_front(variants, cost="cost", effect="share").tolist()
    [True, False, True, False]
    """
    for name in (cost, effect):
        if name not in table:
            raise ArgumentError(f"no column {name!r}: the table has {', '.join(map(str, table.columns))}")
    c = table[cost].to_numpy(float)
    e = table[effect].to_numpy(float) * (1 if minimise_effect else -1)
    no_worse = (c[None] <= c[:, None]) & (e[None] <= e[:, None])
    better = (c[None] < c[:, None]) | (e[None] < e[:, None])
    complete = np.isfinite(c) & np.isfinite(e)
    front = complete & ~(no_worse & better & complete[None]).any(axis=1)
    return pd.Series(front, index=table.index, name="on_front")


def regret(values: pd.DataFrame, *, minimise: bool = True) -> pd.DataFrame:
    """What choosing a variant costs, over states of the world, against the one that would have been best there.

    Parameters
    ----------
    values : pandas.DataFrame
        Rows: states of the world (parameter draws); columns: variants.
    minimise : bool
        Whether the smallest value is the best.

    Returns
    -------
    pandas.DataFrame
        One row a variant, in the order given: ``mean_regret``, ``p95_regret``, ``max_regret`` (≥ 0, in the unit of the
        values; every state counts the same) and ``share_best`` (of the states in which no variant is better; with ties
        the shares sum to more than 1).

    Raises
    ------
    ValueError
        For an empty table, or values that are not finite.

    Examples
    --------
    >>> regret(pd.DataFrame({"a": [1.0, 4.0], "b": [2.0, 2.0]}))
       mean_regret  p95_regret  max_regret  share_best
    a          1.0        1.90         2.0         0.5
    b          0.5        0.95         1.0         0.5
    """
    x = values.to_numpy(float) * (1 if minimise else -1)
    if not x.size or not np.isfinite(x).all():
        raise ArgumentError("regret needs at least one state and one variant, and a finite value for each pair")
    lost = x - x.min(axis=1, keepdims=True)
    columns = {
        "mean_regret": lost.mean(axis=0),
        "p95_regret": np.quantile(lost, 0.95, axis=0),
        "max_regret": lost.max(axis=0),
        "share_best": (lost == 0).mean(axis=0),
    }
    return pd.DataFrame(columns, index=values.columns)
