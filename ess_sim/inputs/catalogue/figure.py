"""A figure that a run starts from: its value, where it comes from, how good it is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Figure"]


class Figure(NamedTuple):
    """One input of a scenario in one territory.

    Attributes
    ----------
    key : str
        Where a scenario file would say it, e.g. ``supply.first_installations``; several may share a key.
    value : float
        In ``unit``.
    unit : str
    source : str
        Who says so, or the rule that gives it.
    grade : str
        A official, B study, C press or estimate, D assumption.
    given : bool
        Whether the scenario says it; else the bundled data and the catalogue do.
    """

    key: str
    value: float
    unit: str
    source: str
    grade: str
    given: bool = False
