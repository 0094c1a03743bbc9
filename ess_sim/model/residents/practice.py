"""What a provider offers to residents, and its row in the kernel's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.model import kernel as k

__all__ = ["NOTHING", "Intake", "Offer", "Practice", "adjusted", "occupy", "quotas"]


@dataclass(frozen=True)
class Practice:
    """What a provider of the territory offers to residents.

    Attributes
    ----------
    zone : int
        Index of the zone.
    target : float
        List size at and above which no patient is accepted.
    fte : float
        Full-time equivalents, which set the intake of new patients.
    centre : bool
        A health centre (takes no relatives beyond its target) rather than a liberal practice.
    only_without_mt : bool
        List rule: only residents without MT are admitted.
    financial_barrier : float
        Probability that an accepted precarious caller renounces or is refused for money.
    openness : float
        Factor of acceptance in [0, 1]; 0 accepts no patients.
    appeal : float
        Factor of the weight in callers' choice, > 0.
    news_per_year : float
        Rate at which a resident within reach who looks or gave up learns of the new list, one for all lists of a run:
        it is in the news until, nearly full, it first turns a caller away for want of a place. 0: no news.
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


NOTHING = Offer(target=0.0, openness=0.0, intake=0.0, bucket=1.0)
"""The offer of a provider that has ended."""


class Intake(NamedTuple):
    """How many new patients doctors take."""

    per_fte: float  # a day
    burst_days: float

    @classmethod
    def from_parameters(cls, p: Mapping[str, float]) -> Intake:
        """As the catalogue says."""
        return cls(p["intake_per_month_per_fte"] * 12 / DAYS_PER_YEAR, p["intake_burst_days"])

    def of(self, fte: float) -> tuple[float, float]:
        """Patients a day, and patients at once after a quiet time."""
        intake = self.per_fte * fte
        return intake, max(1.0, intake * self.burst_days)


def occupy(arena: k.Arena, tables: k.Tables, slot: int, practice: Practice, intake: Intake) -> Offer:
    """Writes a practice into a free row, with its bucket full; its offer has yet to be set."""
    offer = Offer(practice.target, practice.openness, *intake.of(practice.fte))
    pint, pfloat = tables.pint[slot], tables.pfloat[slot]
    pint[:] = 0
    pint[k.V_ACTIVE], pint[k.V_ZONE] = 1, practice.zone
    pint[k.V_RULE] = k.RULE_WITHOUT_MT if practice.only_without_mt else k.RULE_ANYONE
    pint[k.V_CENTRE], pint[k.V_RELATIVES] = practice.centre, not practice.centre
    pfloat[k.X_APPEAL], pfloat[k.X_FINANCIAL] = practice.appeal, practice.financial_barrier
    pfloat[k.X_TOKENS], pfloat[k.X_TOKEN_TIME] = offer.bucket, arena.f[k.T_NOW]
    pfloat[k.X_BUCKET] = offer.bucket
    return offer


def adjusted(held: Offer, intake: Intake, target: float | None, openness: float | None, fte: float | None) -> Offer:
    """An offer with what is given (not None) changed."""
    return Offer(
        held.target if target is None else target,
        held.openness if openness is None else openness,
        *((held.intake, held.bucket) if fte is None else intake.of(fte)),
    )


def quotas(residents: int, rooms: Iterable[int]) -> Iterator[int]:
    """Residents that each taker gets, in this order, each as many as she has room for, until all have found a place.

    >>> list(quotas(10, [4, -1, 9, 5]))
    [4, 0, 6]
    """
    for room in rooms:
        given = min(residents, max(0, room))
        yield given
        residents -= given
        if residents == 0:
            return
