"""Experimental designs over uncertain parameters: draws of the catalogue's parameters within their ranges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from ess_sim.errors import ArgumentError, ParameterError, did_you_mean
from ess_sim.inputs.catalogue.parameters import Parameter, catalogue
from ess_sim.results.statistics.variance import Floats

__all__ = ["Design", "Marginal", "draw_parameters", "levels", "space", "values_at"]


Design = Literal["latin-hypercube", "sobol"]
"""How parameters are drawn."""


Marginal = Literal["triangular", "uniform"]
"""How a parameter is distributed within its range."""
_GRADES = ("A", "B", "C", "D")


def space(names: Sequence[str] | None = None, grades: Collection[str] = ("B", "C", "D")) -> tuple[Parameter, ...]:
    """The parameters to vary, in the catalogue's order.

    Parameters
    ----------
    names : sequence of str, optional
        Parameters of any grade; by default all those of ``grades``.
    grades : collection of str
        Grades to vary if no names are given. By default, official figures (A) are taken as known.

    Raises
    ------
    ParameterError
        For an unknown name (with the nearest known one) or grade.

    Examples
    --------
    >>> [p.name for p in space(["informed_share", "call_rate_per_year"])]
    ['call_rate_per_year', 'informed_share']
    """
    known = catalogue()
    if names is not None:
        _check_names(names)
        return tuple(p for p in known.values() if p.name in names)
    for grade in grades:
        if grade not in _GRADES:
            raise ParameterError(f"unknown grade {grade!r}: the grades are {', '.join(_GRADES)}")
    return tuple(p for p in known.values() if p.grade in grades)


def _check_names(names: Sequence[str]) -> None:
    known = catalogue()
    for name in names:
        if name not in known:
            raise ParameterError(f"unknown parameter {name!r}{did_you_mean(name, known)}")


def draw_parameters(
    n: int,
    *,
    seed: int,
    names: Sequence[str] | None = None,
    method: Design = "latin-hypercube",
    marginal: Marginal = "triangular",
    fixed: Sequence[str] = (),
) -> tuple[dict[str, float], ...]:
    """Draws of parameters within their defensible ranges, independently of each other.

    The catalogue gives a low, a central and a high value, and nothing else. The triangular distribution on [low, high]
    with its mode at the central value says just that: nothing outside the range, the central value most likely, and no
    further shape made up. ``uniform`` ignores the central value, for those who trust only the range.

    Parameters
    ----------
    n : int
        Draws, ≥ 1.
    seed : int
        Equal arguments give equal draws, with one version of scipy.
    names : sequence of str, optional
        Parameters to draw, in any order; by default those of `space`.
    method : {"latin-hypercube", "sobol"}
        A Latin hypercube puts one draw into each of n equally likely slices of every parameter, for any n. A scrambled
        Sobol' sequence can be extended: a longer design with the same seed begins with the shorter one; it works best
        if n is a power of two.
    marginal : {"triangular", "uniform"}
        Distribution of each parameter.
    fixed : sequence of str
        Parameters not to draw, such as those that a scenario sets itself.

    Returns
    -------
    tuple of dict
        Values by name, valid as overrides (`override_problems` finds none).

    Raises
    ------
    ParameterError
        For an unknown name, or if nothing is left to draw.
    ValueError
        For a number below 1, or an unknown method or marginal.

    Examples
    --------
    >>> draws = draw_parameters(3, seed=1, names=["informed_share"])
    >>> all(0 <= draw["informed_share"] <= 0.9 for draw in draws)
    True
    """
    _check_names(fixed)
    parameters = [p for p in space(names) if p.name not in fixed]
    if not parameters:
        raise ParameterError("no parameter is left to draw: all of them are fixed")
    if n < 1:
        raise ArgumentError(f"a design needs at least one draw, not {n}")
    values = values_at(parameters, levels(n, len(parameters), seed, method), marginal)
    names_drawn = [p.name for p in parameters]
    return tuple(dict(zip(names_drawn, row, strict=True)) for row in values.tolist())


def levels(n: int, dimensions: int, seed: int, method: str) -> Floats:
    """The points of a design: evenly spread in [0, 1), shape (n, dimensions).

    Raises
    ------
    ValueError
        For an unknown method.
    """
    from scipy.stats import qmc  # type: ignore[import-untyped] # takes seconds to import

    rng = np.random.default_rng(seed)
    if method == "latin-hypercube":
        out: Floats = qmc.LatinHypercube(dimensions, seed=rng).random(n)
    elif method == "sobol":
        # the first n of the next power of two, which keeps the sequence balanced
        out = qmc.Sobol(dimensions, seed=rng).random_base2((n - 1).bit_length())[:n]
    else:
        raise ArgumentError(f"unknown method {method!r}: choose latin-hypercube or sobol")
    return out


def values_at(parameters: Sequence[Parameter], levels: Floats, marginal: Marginal) -> Floats:
    """Quantiles of the parameters' distributions.

    Parameters
    ----------
    parameters : sequence of Parameter
    levels : array, shape (points, parameters)
        In [0, 1].
    marginal : {"triangular", "uniform"}

    Returns
    -------
    array, shape (points, parameters)

    Raises
    ------
    ValueError
        For an unknown marginal.
    """
    return np.column_stack([_quantiles(p, u, marginal) for p, u in zip(parameters, levels.T, strict=True)])


def _quantiles(p: Parameter, levels: Floats, marginal: str) -> Floats:
    width = p.high - p.low
    if marginal == "uniform":
        values = p.low + width * levels
    elif marginal == "triangular":
        below, above = p.value - p.low, p.high - p.value
        values = np.where(
            levels * width < below,
            p.low + np.sqrt(levels * width * below),
            p.high - np.sqrt((1 - levels) * width * above),
        )
    else:
        raise ArgumentError(f"unknown marginal {marginal!r}: choose triangular or uniform")
    return np.clip(values, p.low, p.high)  # rounding may overshoot an end
