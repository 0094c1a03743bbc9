"""When GPs cease: hazards by age, expected retirements."""

from __future__ import annotations

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
    odds = probability / (1.0 - probability) * elementary.exp_of(log_odds)
    return odds / (1.0 + odds)


def expected_retirements(p: Mapping[str, float], of: Mixture) -> float:
    """Retirements a year per list-holder at the ages of a mixture of départements."""
    chances = ages_of_mixture(of).tolist()
    return float(
        sum(c * exit_hazard(p, a) for a, c in zip(AGES_OF_GPS.tolist(), chances, strict=True) if a >= RETIREMENT_AGE)
    )
