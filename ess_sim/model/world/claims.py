"""Claims of policies on scarce persons and places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ess_sim.model.world.records import Centre

__all__ = ["Claim", "PolicyClaim"]


Person = TypeVar("Person")


@dataclass(frozen=True)
class PolicyClaim(Generic[Person]):
    """A policy's wish for GPs or interns, settled with the day's other wishes of its kind.

    Attributes
    ----------
    policy : str
        Name of the claimant.
    kind : str
        What they are wanted for, such as ``medical assistant``.
    places : int
        How many are wanted.
    wanted : tuple of callables
        Whether a person is wanted: as a first choice, as a second choice, and so on.
    take : callable
        Called with each person who comes.
    """

    policy: str
    kind: str
    places: int
    wanted: tuple[Callable[[Person], bool], ...]
    take: Callable[[Person], None]


@dataclass(frozen=True)
class Claim:
    """A centre's wish for doctors, settled with the other claims of the day: ``sessions`` or ``salaried``."""

    centre: Centre
    kind: str
