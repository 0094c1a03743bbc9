"""Tariffs of a GP's consultation by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

__all__ = ["tariff"]

_BEFORE = "consultation_tariff_before_2017_05_euro"
_SINCE = (
    (date(2024, 12, 22), "consultation_tariff_2024_12_euro"),
    (date(2023, 11, 1), "consultation_tariff_2023_11_euro"),
    (date(2017, 5, 1), "consultation_tariff_2017_05_euro"),
)


def tariff(p: Mapping[str, float], day: date) -> float:
    """Tariff of a GP's consultation (sector 1), in euro.

    Parameters
    ----------
    p : mapping of str to float
        Parameters by name.
    day : date
        The tariff in force on that day; the last known one holds for good.

    Examples
    --------
    >>> from ess_sim.parameters import Parameters
    >>> p = Parameters()
    >>> tariff(p, date(2017, 4, 30)), tariff(p, date(2017, 5, 1)), tariff(p, date(2024, 12, 22))
    (23.0, 25.0, 30.0)
    """
    return p[next((name for since, name in _SINCE if day >= since), _BEFORE)]
