"""Ages of GPs on day 0, and the mixture of départements that stands for a territory."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

from ess_sim import elementary
from ess_sim.inputs.catalogue.bundled import departements
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.gp_ages import GpAgeProfile, gp_age_profile
from ess_sim.inputs.territory.ages import FloatArray, IntArray
from ess_sim.inputs.territory.territory import Territory

__all__ = ["AGES_OF_GPS", "Mixture", "ages_of_mixture", "ages_of_territory", "gp_ages", "mixture", "profile_of"]


AGES_OF_GPS = np.arange(32, 81)
"""Ages that a GP may have on day 0."""
AGES_OF_GPS.flags.writeable = False


Mixture = tuple[tuple[str, int], ...]
"""Départements ('' where unknown), sorted, and the weight of each."""


def profile_of(departement: str) -> GpAgeProfile:
    """The profile of a département; any text that is no code of one has the mean of those that are known."""
    return gp_age_profile(departement if departement in set(departements()["code"]) else None)


@cache
def gp_ages(departement: str) -> FloatArray:
    """Probability of each of `AGES_OF_GPS` in a département.

    Even within the published bands (up to 60, 61–62, 63–65); beyond 65 each age has 0.78 times the GPs of the one
    before.
    """
    up_to_60, sixty_one, sixty_three, over_65 = profile_of(departement).shares
    ages = AGES_OF_GPS
    weight = np.select(
        [ages <= 60, ages <= 62, ages <= 65],
        [up_to_60 / 29, sixty_one / 2, sixty_three / 3],
        elementary.power(0.78, ages - 66.0),
    )
    old = ages > 65
    weight[old] *= over_65 / weight[old].sum()
    weight /= weight.sum()
    weight.flags.writeable = False
    return weight


def mixture(territory: Territory, gps: IntArray) -> Mixture:
    """Départements of a territory, weighted by list-holders of day 0; by residents where there is no GP at all."""
    weights = gps if gps.any() else territory.population.sum(axis=1)
    weights = weights if weights.any() else np.ones_like(weights)
    found: dict[str, int] = {}
    for departement, n in zip(territory.departements, weights.tolist(), strict=True):
        found[departement] = found.get(departement, 0) + n
    return tuple(sorted(found.items()))


@cache
def ages_of_mixture(of: Mixture) -> FloatArray:
    """Probability of each of `AGES_OF_GPS` in a mixture of départements."""
    whole = sum(n for _, n in of)
    chances = np.zeros(len(AGES_OF_GPS))
    for departement, n in of:
        chances += n / whole * gp_ages(departement)
    chances.flags.writeable = False
    return chances


def ages_of_territory(territory: Territory, gps: IntArray) -> Iterable[Figure]:
    """The part of GPs over 60, a figure for each way in which the ages of its départements are known."""
    weights = dict(mixture(territory, gps))
    by_source: dict[tuple[str, str], list[str]] = {}
    for departement in weights:
        profile = profile_of(departement)
        by_source.setdefault((profile.grade, profile.source), []).append(departement)
    for (grade, source), codes in sorted(by_source.items()):
        chances = ages_of_mixture(tuple((d, weights[d] or 1) for d in codes))
        value = float(chances[AGES_OF_GPS > 60].sum())
        named = ", ".join(d or "unknown" for d in codes) if len(codes) <= 6 else f"{len(codes)} départements"
        yield Figure("supply.gp_ages", value, "share over 60", f"{named}, {source}", grade)
