"""List-holding GPs that the data give a département in a year, and each of its communes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ess_sim.inputs.catalogue.bundled import communes
from ess_sim.inputs.catalogue.gp_counts import COUNT_YEAR, MILLION, commune_shares, rpps_ratio
from ess_sim.inputs.catalogue.gp_tables import gp_departements
from ess_sim.inputs.territory.ages import IntArray
from ess_sim.inputs.territory.territory import Territory

__all__ = ["Estimate", "estimate", "list_holders", "spread"]


def spread(total: int, weights: IntArray, first: IntArray) -> IntArray:
    """Whole numbers that sum to ``total`` in proportion to whole ``weights``, exactly, by largest remainder.

    Parameters
    ----------
    total : int
        Not negative.
    weights : int array, shape (n,)
        Not negative; without any mass, all get nothing.
    first : int array, shape (n,)
        Of equal remainders, those with the larger number here go first, then the first.

    Examples
    --------
    >>> spread(4, np.array([1, 1, 1]), np.array([0, 5, 0])).tolist()
    [1, 2, 1]
    """
    mass = int(weights.sum())
    if mass == 0:
        return np.zeros(len(weights), dtype=np.int64)
    product = np.asarray(weights, dtype=np.int64) * total
    out: IntArray = product // mass
    order = np.lexsort((-np.asarray(first), -(product % mass)))
    out[order[: total - int(out.sum())]] += 1
    return out


class Estimate(NamedTuple):
    """List-holding GPs of a département on 1 January of a year.

    Attributes
    ----------
    total : int
        Of the whole département.
    by_commune : mapping of str to int
        Of each commune and arrondissement; adds up to ``total``.
    parts : mapping of str to int
        Of each commune and arrondissement, before rounding, in millionths of a GP.
    rule : str
        How the count was made, in words.
    grade : str
        A for the year that was counted, else B.
    """

    total: int
    by_commune: Mapping[str, int]
    parts: Mapping[str, int]
    rule: str
    grade: str


def list_holders(departement: str, year: int) -> int:
    """List-holding GPs of an entire département on 1 January of a year; as `estimate`, without its communes.

    Raises
    ------
    TerritoryError
        If there is no such département.
    """
    ratio, _ = rpps_ratio(departement, year)
    counted = int(gp_departements()["list_holders_2024"][departement])
    return counted if year == COUNT_YEAR else round(counted * ratio)


@lru_cache(maxsize=512)
def estimate(departement: str, year: int) -> Estimate:
    """List-holding GPs of a département in a year, from the Cnam's count of 2024.

    The count moves as the GPs of all modes of the département (France where they are not known). It is spread over
    communes by the shares of INSEE's base of facilities, whole GPs by largest remainder within the département, so that
    a commune has the same GPs in whatever territory it appears. Within Paris, Lyon and Marseille, and in the overseas
    départements, where no shares are known, in proportion to adults.

    Raises
    ------
    TerritoryError
        If there is no such département.

    Examples
    --------
    >>> mayenne = estimate("53", 2024)
    >>> mayenne.total, mayenne.by_commune["53130"]
    (169, 34)
    """
    _, series = rpps_ratio(departement, year)
    count = list_holders(departement, year)
    weights, residents = _weights(departement)
    codes = list(weights)
    whole = spread(count, np.array(list(weights.values())), np.array([residents[c] for c in codes])).tolist()
    mass = sum(weights.values())
    moved = "" if year == COUNT_YEAR else f", moved by {series}"
    return Estimate(
        count,
        MappingProxyType(dict(zip(codes, whole, strict=True))),
        MappingProxyType({code: count * MILLION * w // mass for code, w in weights.items()}),
        f"Cnam's count of {COUNT_YEAR}{moved}",
        "A" if year == COUNT_YEAR else "B",
    )


def _weights(departement: str) -> tuple[dict[str, int], dict[str, int]]:
    """What GPs of a département are spread by, whole numbers by commune or arrondissement, and residents of each."""
    table = communes()
    table = table[table["departement"] == departement]
    residents: dict[str, int] = dict(zip(table["code"], table["population"].tolist(), strict=True))
    parent: dict[str, str] = {c: p for c, p in zip(table["code"], table["parent"], strict=True) if p}
    divided = set(parent.values())
    shares = commune_shares()
    if shares.keys().isdisjoint(residents):
        adults = _adults(Territory.from_departement(departement))
        return adults, residents
    weights = {}
    arrondissements = _adults(Territory.from_communes(sorted(divided))) if divided else {}
    of_parent = {c: sum(n for code, n in arrondissements.items() if parent[code] == c) for c in divided}
    for code in residents:
        if code in parent:
            weights[code] = shares.get(parent[code], 0) * MILLION * arrondissements[code] // of_parent[parent[code]]
        elif code not in divided:
            weights[code] = shares.get(code, 0) * MILLION
    return weights, residents


def _adults(territory: Territory) -> dict[str, int]:
    return dict(zip(territory.zones, territory.adults.tolist(), strict=True))
