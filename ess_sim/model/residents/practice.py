"""What a provider offers to residents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Practice"]


@dataclass(frozen=True)
class Practice:
    """What a provider of the territory offers to residents.

    Attributes
    ----------
    zone : int
        Index of the zone.
    target : float
        List size at and above which nobody is accepted.
    fte : float
        Full-time equivalents, which set the intake of new patients.
    centre : bool
        A health centre (takes no relatives beyond its target) rather than a liberal practice.
    only_without_mt : bool
        List rule: only residents without MT are admitted.
    financial_barrier : float
        Probability that an accepted precarious caller renounces or is refused for money.
    openness : float
        Factor of acceptance in [0, 1]; 0 takes nobody.
    appeal : float
        Factor of the weight in callers' choice, > 0.
    news_per_year : float
        Rate at which a resident within reach who looks or gave up hears of the new list, one for all lists of a run:
        it is in the news until it first turns somebody away for want of a place. 0: no news.
    """

    zone: int
    target: float
    fte: float = 1.0
    centre: bool = False
    only_without_mt: bool = False
    financial_barrier: float = 0.0
    openness: float = 1.0
    appeal: float = 1.0
    news_per_year: float = 0.0


class Offer(NamedTuple):
    """What a provider can take: what careers and policies change."""

    target: float
    openness: float
    intake: float  # patients a day
    bucket: float  # patients at once after a quiet time
