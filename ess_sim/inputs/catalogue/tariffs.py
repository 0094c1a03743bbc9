"""What the insurer pays by date: a GP's consultation, a medical assistant's post."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

__all__ = ["assistant_subsidy", "tariff"]


_BEFORE = "consultation_tariff_before_2017_05_euro"
_SINCE = (
    (date(2024, 12, 22), "consultation_tariff_2024_12_euro"),
    (date(2023, 11, 1), "consultation_tariff_2023_11_euro"),
    (date(2017, 5, 1), "consultation_tariff_2017_05_euro"),
)
_SUBSIDIES = (
    "assistant_subsidy_first_year_euro",
    "assistant_subsidy_second_year_euro",
    "assistant_subsidy_later_years_euro",
)


def tariff(p: Mapping[str, float], day: date) -> float:
    """Tariff of a GP's consultation (sector 1), in euro.

    Parameters
    ----------
    p : mapping of str to float
        Parameters by name.
    day : date
        The tariff in force on that day; the last known one stays in force.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.parameters import Parameters
    >>> p = Parameters()
    >>> tariff(p, date(2017, 4, 30)), tariff(p, date(2017, 5, 1)), tariff(p, date(2024, 12, 22))
    (23.0, 25.0, 30.0)
    """
    for since, name in _SINCE:
        if day >= since:
            return p[name]
    return p[_BEFORE]


def assistant_subsidy(p: Mapping[str, float], signed: date, month: date) -> float:
    """Subsidy of a full-time medical assistant, in euro a year, by the whole calendar months since the contract began.

    Parameters
    ----------
    p : mapping of str to float
        Parameters by name.
    signed : date
        First day of the contract.
    month : date
        Any day of the month that is paid.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.parameters import Parameters
    >>> p = Parameters()
    >>> [assistant_subsidy(p, date(2020, 6, 10), date(year, 6, 1)) for year in (2020, 2021, 2022, 2023)]
    [36000.0, 27000.0, 21000.0, 21000.0]
    """
    months = 12 * (month.year - signed.year) + month.month - signed.month
    return p[_SUBSIDIES[min(months // 12, len(_SUBSIDIES) - 1)]]
