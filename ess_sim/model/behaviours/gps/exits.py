"""When GPs cease: hazards by age, expected retirements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from ess_sim import elementary
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, Mixture, ages_of_mixture

__all__ = [
    "RETIREMENT_AGE",
    "REVIEWS",
    "bent_probability",
    "exit_hazard",
    "expected_retirements",
]


_EXIT_AGES = (55, 60, 62, 64, 65, 66, 68, 70, 75, 80)
_EXIT_HAZARDS = (
    "exit_hazard_below_55",
    "exit_hazard_55_59",
    "exit_hazard_60_61",
    "exit_hazard_62_63",
    "exit_hazard_64",
    "exit_hazard_65",
    "exit_hazard_66_67",
    "exit_hazard_68_69",
    "exit_hazard_70_74",
    "exit_hazard_75_79",
    "exit_hazard_80_plus",
)


RETIREMENT_AGE = 60
"""From this age a GP who ceases joins the pool of retired GPs; before, she leaves for another way of working."""


REVIEWS = 80
"""Yearly reviews for which a GP's draws are made: more than anybody lives to see."""


def exit_hazard(p: Mapping[str, float], age: int) -> float:
    """Yearly probability that a list-holder of this age decides to cease (all causes from 55 on)."""
    return p[_EXIT_HAZARDS[bisect_right(_EXIT_AGES, age)]]


def bent_probability(probability: float, log_odds: float) -> float:
    """A probability moved on the scale of log-odds; 0 added is the same number, bit for bit."""
    if log_odds == 0.0 or probability <= 0.0 or probability >= 1.0:
        return probability
    odds = probability / (1.0 - probability) * elementary.exp_of(log_odds)
    return odds / (1.0 + odds)


def expected_retirements(p: Mapping[str, float], of: Mixture) -> float:
    """Retirements a year per list-holder at the ages of a mixture of départements."""
    chances = ages_of_mixture(of).tolist()
    return float(
        sum(c * exit_hazard(p, a) for a, c in zip(AGES_OF_GPS.tolist(), chances, strict=True) if a >= RETIREMENT_AGE)
    )
