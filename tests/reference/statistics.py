r"""Do two implementations of one model agree? Paired comparison over replications.

Replication *r* of engine and reference share everything that is given to both (residents on day 0, supply events) and
nothing random. If both draw from one law, the difference of a replication is as likely as its opposite, for all cells
at once: flipping the signs of whole replications keeps the correlation between cells and gives exact p-values.

Two questions are asked of each family of cells (total, by zone, by band, by zone × band):

- *one cell far off*: the largest \|t\| against Student's quantile, shared out over the family's cells (Bonferroni);
- *many cells a little off*: the mean of t² (df / (df − 2) under agreement) against its sign-flip distribution. This is
  what sees zones that are wrong by a percentage point, each within its own noise, while totals agree.

Shares of cells are compared after taking off the difference of the total share: what moves a whole replication up or
down (most of the noise) is judged once, in the total, and no longer hides how the cells lie around it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

FLIPS = 9_999
CHUNK = 1_000  # of sign patterns at a time, to bound memory


@dataclass
class Agreement:
    """``frame``: one row a test. ``cells``: one row a cell. ``ok``: no test rejects at ``alpha`` each."""

    frame: pd.DataFrame
    cells: pd.DataFrame
    alpha: float
    ok: bool

    def __str__(self) -> str:
        worst = self.cells.assign(size=self.cells.t.abs()).nlargest(10, "size").drop(columns="size")
        return f"{self.frame.to_string(index=False)}\n\nlargest |t|:\n{worst.to_string(index=False)}"


def replications_needed(alpha: float) -> int:
    """The fewest replications whose sign flips can give a p-value of ``alpha`` (an opposite pattern counts as one)."""
    return math.ceil(math.log2(1.0 / alpha)) + 1


def default_families(axes: int) -> dict[str, tuple[int, ...]]:
    """Families of cells by the axes they keep; axes are zone, band and, if there are more, ALD and precarious."""
    names = ("zone", "band", "ald", "precarious")[:axes]
    families: dict[str, tuple[int, ...]] = {"total": ()}
    families |= {name: (axis,) for axis, name in enumerate(names)}
    if axes >= 2:
        families["zone x band"] = (0, 1)
    return families


def agreement(
    engine: np.ndarray,
    reference: np.ndarray,
    *,
    denominators: tuple[np.ndarray, np.ndarray] | None = None,
    families: Mapping[str, tuple[int, ...]] | None = None,
    alpha: float = 0.001,
    fewest: float = 10.0,
    seed: int = 0,
) -> Agreement:
    """Compare counts of shape (R, zones, bands, ...).

    Parameters
    ----------
    engine, reference : ndarray
        Counts, the replication first; replications are paired.
    denominators : pair of ndarray, optional
        Adults of the engine's and of the reference's cells, same shape: compares shares (in percentage points), the
        total's and then the cells' around the total's. Without it sums are compared as they are.
    families : mapping of str to tuple of int, optional
        Families of cells by the axes they keep (0 is the first after the replication).
    alpha : float
        False-alarm rate of each test.
    fewest : float
        Cells that hold fewer on average are left out of the tests of cells (they stay in the sums): their differences
        are too discrete for Student's quantiles.
    """
    engine, reference = np.asarray(engine, float), np.asarray(reference, float)
    if engine.shape != reference.shape or engine.ndim < 1:
        raise ValueError(f"shapes differ: {engine.shape} and {reference.shape}")
    needed = max(4, replications_needed(alpha))
    if len(engine) < needed:
        raise ValueError(f"{len(engine)} replications cannot show disagreement at {alpha:g}: {needed} are needed")
    signs = _sign_patterns(len(engine), seed)
    counts = (engine, reference)
    total = np.zeros((len(engine), 1))  # what is taken off the cells' differences
    if denominators is not None:
        above, below = ([_sums(np.asarray(x, float), ()) for x in pair] for pair in (counts, denominators))
        total = 100.0 * (above[0] / below[0] - above[1] / below[1])
    tests, cells = [], []
    for family, keep in (families or default_families(engine.ndim - 1)).items():
        names, values = _cells(engine, keep), [_sums(x, keep) for x in counts]
        used = (values[0] + values[1]).mean(axis=0) / 2 >= fewest
        if not used.any():
            continue
        values = [x[:, used] for x in values]
        if denominators is not None:
            sizes = [_sums(np.asarray(x, float), keep)[:, used] for x in denominators]
            values = [100.0 * v / n for v, n in zip(values, sizes, strict=True)]
        deviations = values[0] - values[1] - (total if keep else 0.0)
        table = _compare_cells(values[0], values[1], deviations)
        cells.append(table.assign(family=family, cell=[name for name, use in zip(names, used, strict=True) if use]))
        tests += _tests(family, deviations, table.t.to_numpy(), signs, alpha)
    if not tests:
        raise ValueError(f"no cell holds {fewest:g} on average: nothing to compare")
    frame = pd.DataFrame(tests)
    order = ["family", "cell", "engine", "reference", "difference", "deviation", "se", "t"]
    return Agreement(frame, pd.concat(cells, ignore_index=True)[order], alpha, not bool(frame.rejected.any()))


def _sums(x: np.ndarray, keep: tuple[int, ...]) -> np.ndarray:
    """(R, cells of the family)."""
    dropped = tuple(axis + 1 for axis in range(x.ndim - 1) if axis not in keep)
    return x.sum(axis=dropped).reshape(len(x), -1)


def _cells(x: np.ndarray, keep: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(np.ndindex(*(x.shape[axis + 1] for axis in keep)))


def _t(differences: np.ndarray) -> np.ndarray:
    """Student's t of each column; 0 where all differences are 0."""
    mean = differences.mean(axis=0)
    se = differences.std(axis=0, ddof=1) / math.sqrt(len(differences))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mean == 0.0, 0.0, mean / se)


def _compare_cells(engine: np.ndarray, reference: np.ndarray, deviations: np.ndarray) -> pd.DataFrame:
    """``deviation``: the difference less the total's; ``se`` and ``t`` are the deviation's."""
    return pd.DataFrame(
        {
            "engine": engine.mean(axis=0),
            "reference": reference.mean(axis=0),
            "difference": (engine - reference).mean(axis=0),
            "deviation": deviations.mean(axis=0),
            "se": deviations.std(axis=0, ddof=1) / math.sqrt(len(deviations)),
            "t": _t(deviations),
        }
    )


def _tests(family: str, deviations: np.ndarray, t: np.ndarray, signs: np.ndarray, alpha: float) -> list[dict]:
    replications, cells = deviations.shape
    df = replications - 1
    largest = float(np.abs(t).max())
    critical = float(-stdtrit(df, alpha / (2 * cells)))
    p = min(1.0, cells * 2.0 * float(stdtr(df, -largest)))
    rows = [_row(family, cells, "max |t|", largest, critical, p, alpha)]
    if cells > 1:
        p = _sign_flip_p(deviations, signs)
        rows.append(_row(family, cells, "mean t²", float((t**2).mean()), df / (df - 2), p, alpha))
    return rows


def _row(family: str, cells: int, test: str, value: float, benchmark: float, p: float, alpha: float) -> dict:
    r"""``benchmark``: the critical value of max \|t\|, the expectation of mean t²."""
    return {
        "family": family,
        "cells": cells,
        "test": test,
        "value": value,
        "benchmark": benchmark,
        "p": p,
        "rejected": p <= alpha,
    }


def _sign_patterns(replications: int, seed: int) -> np.ndarray:
    """All patterns up to a global flip where they are few (the first row is the identity), else a random sample."""
    if 2 ** (replications - 1) <= FLIPS + 1:
        numbers = np.arange(2 ** (replications - 1))
        bits = numbers[:, None] >> np.arange(replications) & 1
        return 1.0 - 2.0 * bits
    drawn = np.random.default_rng(seed).integers(0, 2, size=(FLIPS + 1, replications))
    drawn[0] = 0
    return 1.0 - 2.0 * drawn


def _sign_flip_p(differences: np.ndarray, signs: np.ndarray) -> float:
    """Share of sign patterns, the observed one included, whose mean t² is at least the observed one."""
    replications = len(differences)
    squares = (differences**2).sum(axis=0)
    moving = squares > 0.0
    d, squares = differences[:, moving], squares[moving]
    values = []
    for rows in range(0, len(signs), CHUNK):
        sums = signs[rows : rows + CHUNK] @ d
        explained = np.minimum(sums**2 / replications / squares, 1.0 - 1e-12)
        values.append(((replications - 1) * explained / (1.0 - explained)).sum(axis=1))
    t2 = np.concatenate(values)
    return float((t2 >= t2[0] * (1.0 - 1e-9)).mean())
