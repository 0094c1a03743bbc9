"""Calendar dates, whole days since the start, and the order of things within one day.

The actors' clock counts whole days since the scenario's start, so that it never drifts; calendar dates are used only
for input and output.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cached_property

__all__ = [
    "DAYS_PER_YEAR",
    "SEMESTER_STARTS",
    "Calendar",
    "Phase",
    "add_years",
    "month_ends",
    "nearest",
    "nearest_anniversaries",
]

DAYS_PER_YEAR = 365.25
"""Days in a year, wherever a yearly rate is converted to a daily one."""

SEMESTER_STARTS = ((5, 2), (11, 2))
"""Month and day on which interns' semesters start (order of 21 April 2017: 2 May and 2 November)."""


class Phase(IntEnum):
    """Order of events within one day.

    CALENDAR is the new year (birthdays), POLICY what policies change, SUPPLY what GPs, interns and centres do, CLAIMS
    the settlement of the day's competing claims on scarce doctors, LEDGER the accounts, FATE their consequences, RECORD
    the snapshots, END the horizon.
    """

    CALENDAR = 2
    POLICY = 3
    SUPPLY = 4
    CLAIMS = 5
    LEDGER = 6
    FATE = 7
    RECORD = 8
    END = 9


def add_years(day: date, years: int) -> date:
    """The same calendar day ``years`` later; 29 February becomes 28 February if need be.

    >>> add_years(date(2016, 2, 29), 1)
    datetime.date(2017, 2, 28)
    """
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def month_ends(start: date, end: date) -> list[date]:
    """Last days of the months strictly after ``start`` and before ``end``.

    >>> month_ends(date(2017, 6, 15), date(2017, 8, 31))
    [datetime.date(2017, 6, 30), datetime.date(2017, 7, 31)]
    """
    out: list[date] = []
    year, month = start.year, start.month
    while True:
        day = date(year, month, calendar.monthrange(year, month)[1])
        if day >= end:
            return out
        if day > start:
            out.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def nearest(days: Sequence[int], day: int) -> int:
    """The place of the day that is nearest to one day, the first of those that are equally near. The days ascend.

    >>> nearest([0, 30, 60], 45)
    1
    """
    after = min(bisect_left(days, day), len(days) - 1)
    return after - 1 if after and day - days[after - 1] <= days[after] - day else after


def nearest_anniversaries(start: date, days: Sequence[int], years: Iterable[int]) -> list[int]:
    """Places of the days nearest to so many years after ``start``, and of the last, each once, ascending.

    Parameters
    ----------
    start : date
        Day 0.
    days : sequence of int
        Whole days since, ascending.
    years : iterable of int
        After how many years; those at or beyond the last day are left out.

    Examples
    --------
    >>> nearest_anniversaries(date(2020, 1, 1), [0, 30, 360, 400, 800], (1, 2, 3))
    [2, 4]
    """
    after = ((add_years(start, n) - start).days for n in years)
    return sorted({len(days) - 1, *(nearest(days, day) for day in after if day < days[-1])})


@dataclass(frozen=True)
class Calendar:
    """The dates of one run as whole days since its start.

    Parameters
    ----------
    start : date
        Day 0.
    horizon_years : int
        Calendar years until the end.

    Examples
    --------
    >>> c = Calendar(date(2017, 6, 15), 20)
    >>> c.end, c.day(date(2017, 6, 30)), c.date(200)
    (datetime.date(2037, 6, 15), 15, datetime.date(2018, 1, 1))
    """

    start: date
    horizon_years: int

    @cached_property
    def end(self) -> date:
        """The last day of the run."""
        return add_years(self.start, self.horizon_years)

    @cached_property
    def horizon(self) -> int:
        """The last day as whole days since the start."""
        return self.day(self.end)

    def day(self, when: date) -> int:
        """Whole days from the start to ``when``."""
        return (when - self.start).days

    def date(self, day: int) -> date:
        """The calendar date of a whole day since the start."""
        return self.start + timedelta(days=day)

    def year(self, day: int) -> int:
        """The calendar year of a whole day of the run, 0 to `horizon`."""
        return self.start.year + bisect_right(self.new_years, day)

    @cached_property
    def record_days(self) -> tuple[int, ...]:
        """Days on which the state is recorded: day 0, the last day of each month, the end of the horizon."""
        return (0, *(self.day(d) for d in month_ends(self.start, self.end)), self.horizon)

    @cached_property
    def new_years(self) -> tuple[int, ...]:
        """Every 1 January after the start and up to the end."""
        years = range(self.start.year + 1, self.end.year + 1)
        return tuple(self.day(date(y, 1, 1)) for y in years)

    @cached_property
    def semesters(self) -> tuple[int, ...]:
        """First days of the interns' semesters from the one in progress on day 0 (day ≤ 0) to the end."""
        days = [
            self.day(date(y, m, d)) for y in range(self.start.year - 1, self.end.year + 1) for m, d in SEMESTER_STARTS
        ]
        current = max(d for d in days if d <= 0)
        return tuple(d for d in sorted(days) if current <= d <= self.horizon)
