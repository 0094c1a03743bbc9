"""Yearly rates of residents by age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from ess_sim import elementary
from ess_sim.errors import ParameterError
from ess_sim.inputs.catalogue.bundled import mortality
from ess_sim.model import kernel as k
from ess_sim.model.residents.rounding import Floats

__all__ = ["Hazards", "hazards"]


_MOBILITY = ("mobility_17_29", "mobility_30_44", "mobility_45_59", "mobility_60_plus")
_PREVALENCE = ("ald_prevalence_at_17", "ald_prevalence_at_40", "ald_prevalence_at_60", "ald_prevalence_at_80")


@dataclass(frozen=True)
class Hazards:
    """Yearly rates by age 0…`kernel.MAX_AGE`, each of shape (MAX_AGE + 1,), and ALD prevalence."""

    death: Floats
    move_out: Floats
    move_within: Floats
    ald_onset: Floats
    ald_prevalence: Floats


def _by_age(young: float, middle: float, older: float, old: float) -> Floats:
    """A step function of age with the steps at 30, 45 and 60."""
    ages = np.arange(k.MAX_AGE + 1)
    return np.select([ages < 30, ages < 45, ages < 60], [young, middle, older], old).astype(float)


@cache
def _death_rates() -> tuple[int, Floats]:
    """First age of INSEE's life table and yearly death rates from there to its last age, men and women together."""
    table = mortality()
    q = table[["men_all", "women_all"]].to_numpy(float) / 1e5
    # rates from 17 to the table's first age need that age's unisex rate, which needs survivors: equal numbers there
    alive = np.vstack([np.ones(2), np.cumprod(1 - q, axis=0)[:-1]])
    unisex = (alive * q).sum(axis=1) / alive.sum(axis=1)
    return int(table.index[0]), -elementary.log(1.0 - unisex)


def hazards(p: Mapping[str, float]) -> Hazards:
    """Rates by age from the catalogue and INSEE's life table (docs/model.md, 2.1)."""
    first, known = _death_rates()
    death = np.full(k.MAX_AGE + 1, known[-1])
    death[first : first + len(known)] = known
    young = np.arange(first)
    at_17 = p["death_rate_at_17"]
    if at_17 < np.finfo(float).tiny:  # the limit for a rate that goes to 0
        death[:first] = 0.0
    else:
        death[:first] = at_17 * elementary.power(death[first] / at_17, np.clip((young - 17) / (first - 17), 0, 1))
    mobility = _by_age(*(p[name] for name in _MOBILITY))
    ages = np.arange(k.MAX_AGE + 2, dtype=float)
    prevalence = np.interp(ages, [17, 40, 60, 80], [p[name] for name in _PREVALENCE])
    found = Hazards(
        death,
        p["move_out_rate_per_year"] * mobility,
        p["move_within_rate_per_year"] * mobility,
        _onset(prevalence),
        prevalence[:-1],
    )
    _check(found, p)
    return found


def _onset(prevalence: Floats) -> Floats:
    """Yearly rate of ALD onset from the prevalence at each age and the next."""
    free, new = 1 - prevalence[:-1], np.maximum(0.0, np.diff(prevalence))
    # where everybody has an ALD, the limit for a prevalence that goes to 1 and then stays or falls: no onset
    return np.divide(new, free, out=np.zeros_like(new), where=free > 0)


_BEHIND = {
    "death": ("death_rate_at_17",),
    "move_out": ("move_out_rate_per_year", *_MOBILITY),
    "move_within": ("move_within_rate_per_year", *_MOBILITY),
    "ald_onset": _PREVALENCE,
    "ald_prevalence": _PREVALENCE,
}
"""Parameters that make up each of the hazards."""


def _check(found: Hazards, p: Mapping[str, float]) -> None:
    """A hazard that is no number would stop the residents' clock without a word."""
    for part, names in _BEHIND.items():
        rates = getattr(found, part)
        if not (np.isfinite(rates) & (rates >= 0)).all():
            given = ", ".join(f"{name} = {p[name]:g}" for name in names)
            raise ParameterError(f"{given}: no rate by age follows ({part})")
