"""When GPs cease: ages, hazards, expected retirements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ess_sim import elementary
from ess_sim.inputs.catalogue.bundled import departements
from ess_sim.inputs.catalogue.gp_ages import gp_age_profile
from ess_sim.inputs.territory.territory import Territory

__all__ = [
    "RETIREMENT_AGE",
    "REVIEWS",
    "bent_probability",
    "departement_of_pools",
    "exit_hazard",
    "expected_retirements",
]


_EXIT_AGES = (
    (55, "exit_hazard_below_55"),
    (60, "exit_hazard_55_59"),
    (62, "exit_hazard_60_61"),
    (64, "exit_hazard_62_63"),
    (65, "exit_hazard_64"),
    (66, "exit_hazard_65"),
    (68, "exit_hazard_66_67"),
    (70, "exit_hazard_68_69"),
    (75, "exit_hazard_70_74"),
    (80, "exit_hazard_75_79"),
)


RETIREMENT_AGE = 60
"""From this age a GP who ceases joins the pool of retired GPs; before, she leaves for another way of working."""


REVIEWS = 80
"""Yearly reviews for which a GP's draws are made: more than anybody lives to see."""


def exit_hazard(p: Mapping[str, float], age: int) -> float:
    """Yearly probability that a list-holder of this age decides to cease (all causes from 55 on)."""
    for below, name in _EXIT_AGES:
        if age < below:
            return p[name]
    return p["exit_hazard_80_plus"]


def bent_probability(probability: float, log_odds: float) -> float:
    """A probability moved on the scale of log-odds; 0 added is the same number, bit for bit."""
    if log_odds == 0.0 or probability <= 0.0 or probability >= 1.0:
        return probability
    odds = probability / (1.0 - probability) * float(elementary.exp(log_odds))
    return odds / (1.0 + odds)


@cache
def gp_ages(departement: str) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Ages of GPs and their probabilities in a département, and whether the profile of others stands in for its own.

    Any text that is no département's code (a user's zones may have none) has the mean of those that are known.
    Even within the published bands (up to 60, 61–62, 63–65); beyond 65 each age has 0.78 times the GPs of the one
    before.
    """
    known = departement in set(departements()["code"])
    profile = gp_age_profile(departement if known else None)
    up_to_60, sixty_one, sixty_three, over_65 = profile.shares
    ages = np.arange(32, 81)
    weight = np.select(
        [ages <= 60, ages <= 62, ages <= 65],
        [up_to_60 / 29, sixty_one / 2, sixty_three / 3],
        elementary.power(0.78, ages - 66.0),
    )
    old = ages > 65
    weight[old] *= over_65 / weight[old].sum()
    return ages, weight / weight.sum(), profile.stand_in


def departement_of_pools(territory: Territory) -> tuple[str, str]:
    """The département whose ages hold for GPs outside the territory's lists, and a note where others could be meant."""
    first, several = territory.departements[0], sorted(set(territory.departements))
    if len(several) == 1:
        return first, ""
    named = ", ".join(d or "unknown" for d in several)
    return first, f"GPs' ages of département {first or 'unknown'}, that of the first zone (the territory spans {named})"


def expected_retirements(p: Mapping[str, float], departement: str) -> float:
    """Retirements a year per list-holder at the département's profile of ages."""
    ages, chances, _ = gp_ages(departement)
    return float(sum(c * exit_hazard(p, int(a)) for a, c in zip(ages, chances, strict=True) if a >= RETIREMENT_AGE))
