"""The parameter catalogue: every number of the model with unit, range, source and grade, and a scenario's overrides.

No number of the model stands in code. A run reads its parameters through one `Parameters` object that remembers which
names were read, so that a result can say how many of the numbers behind it are assumptions (grade D).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from ess_sim.errors import ParameterError, did_you_mean
from ess_sim.inputs.catalogue.bundled import data_path

__all__ = ["A_CENTRE", "MEASURED", "Parameter", "Parameters", "catalogue", "override_problems", "read_only_with"]


A_CENTRE = "centre"
"""Stands, in the column ``only_with``, for a health centre: one of day 0, or one that any policy opens."""


@dataclass(frozen=True)
class Parameter:
    """One entry of the catalogue.

    Attributes
    ----------
    name : str
        Stable snake_case name, as scenarios and scripts use it.
    value, low, high : float
        Central value and the range within which it is defensible.
    unit : str
        Unit in words.
    grade : str
        A official, B study, C press or expert, D assumption.
    source : str
        Who says so (producer, title, year).
    note : str
        What the parameter does, and the ids of the founding literature table.
    only_with : tuple of str
        Without one of these (kinds of policies, or a centre) the parameter changes nothing; empty where it always
        matters.
    by_zone : bool
        Whether a scenario may state it by zone (``residents.rates``): elsewhere the parameter holds.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    grade: str
    source: str
    note: str
    only_with: tuple[str, ...] = ()
    by_zone: bool = False

    @property
    def condition(self) -> str:
        """Without what the parameter changes nothing, in words; '' where it always matters.

        >>> catalogue()["assistant_target_gain"].condition
        'a centre or medical_assistants'
        """
        return " or ".join("a centre" if need == A_CENTRE else need for need in self.only_with)


@cache
def catalogue() -> Mapping[str, Parameter]:
    """The whole catalogue, by name; read-only.

    >>> catalogue()["informed_share"].grade
    'D'
    """
    rows = list(csv.DictReader(data_path("parameters.csv").read_text(encoding="utf-8").splitlines()))
    found = {
        r["name"]: Parameter(
            r["name"],
            float(r["value"]),
            float(r["low"]),
            float(r["high"]),
            r["unit"],
            r["grade"],
            r["source"],
            r["note"],
            tuple(r["only_with"].split()),
            r["by_zone"] == "yes",
        )
        for r in rows
    }
    return MappingProxyType(found)


def read_only_with(*needs: str) -> frozenset[str]:
    """Parameters that matter only with one of these (kinds of policies, or a centre), maybe among others.

    >>> sorted(read_only_with("ald_campaign"))
    ['ald_campaign_accepted_share', 'ald_campaign_months', 'followed_share_ald']
    """
    return frozenset(p.name for p in catalogue().values() if not set(needs).isdisjoint(p.only_with))


# What a parameter may be at all, by unit; low–high is the range that is *defensible*, and going beyond it is a user's
# right.
_BOUNDS: dict[str, tuple[float, float]] = {"share": (0.0, 1.0), "probability": (0.0, 1.0)}
_MOST: dict[str, float] = {
    "per year": 1_000,
    "per year and FTE": 100_000,
    "ratio": 100,
    "odds ratio": 1_000,
    "utility": 100,
    "exponent": 10_000,
    "shape": 1_000,
    "minutes": 1_440,
    "days": 3_660,
    "days per year": 366,
    "months": 1_200,
    "years": 1_000,
    "FTE": 500,
    "GPs": 1_000,
    "GPs per FTE": 1_000,
    "interns": 1_000,
    "residents": 10_000,
    "per 100,000 residents": 10_000,
    "EUR": 1e8,
    "EUR per year": 1e8,
    "residents per FTE": 100_000,
    "residents per month and FTE": 100_000,
    "consultations per day": 1_000,
}
"""The most that a parameter may be at all, by unit: beyond, it cannot be meant, or a run takes for ever."""


_BOUNDS_BY_NAME = {
    **dict.fromkeys(("capacity_elasticity", "custom_elasticity"), (0.0, 1.0)),  # above 1, more GPs had fewer places
    "absorption_minutes": (-1.0, _MOST["minutes"]),  # below 0: partners only
}
_MOST_BY_NAME: dict[str, float] = {
    "list_fill": 1.5,
    "stretch_per_year": 0.5,
    **dict.fromkeys(("death_rate_at_17", "target_decline_from_60"), 1.0),
    **dict.fromkeys(("move_out_rate_per_year", "move_within_rate_per_year", "outside_release_rate_per_year"), 10.0),
    **dict.fromkeys(("entries_per_list_holder", "other_gps_per_list_holder", "retired_pool_per_list_holder"), 10.0),
}
MEASURED: Mapping[str, str] = MappingProxyType(
    {
        "absorbed_share": "handover_share",
        "gave_up_share": "give_up_rate_per_year",
        "installations_per_list_holder": "entries_per_list_holder",
        "list_growth_in_post": "stretch_per_year",
    }
)
"""Statistics of runs that are easily taken for parameters, and the parameter that acts on each."""
_PART = 1.5
"""A parameter that is at most this is a part of something: one from 2 to 100 was meant in percent."""
_POSITIVE = {"exponent", "shape", "odds ratio", "GPs"}
_POSITIVE_NAMES = {
    "distance_decay_minutes",
    "list_fill",
    "tolerance_minutes",
    "locum_years_mean",
    "retired_sessions_years",
    "staff_share_of_costs",
    "women_fte",  # where all GPs are women, none would work
}


class Possible(NamedTuple):
    """What a parameter may be at all: from ``low`` to ``high``, and not 0 where it is to be ``above`` it."""

    low: float
    high: float
    above: bool

    @property
    def limits(self) -> dict[str, Any]:
        """The same in the words of JSON Schema."""
        return {"exclusiveMinimum" if self.above else "minimum": self.low, "maximum": self.high}


def possible(name: str) -> Possible:
    """The values that a parameter of the catalogue may have; those that are *defensible* are fewer.

    >>> possible("informed_share")
    Possible(low=0.0, high=1.0, above=False)
    """
    unit = catalogue()[name].unit
    most = _MOST_BY_NAME.get(name, _MOST.get(unit, 1e6))
    low, high = _BOUNDS_BY_NAME.get(name) or _BOUNDS.get(unit, (0.0, most))
    above = name not in _BOUNDS_BY_NAME and (unit in _POSITIVE or name in _POSITIVE_NAMES)
    return Possible(low, high, above)


def override_problems(overrides: Mapping[str, float]) -> list[tuple[str, str]]:
    """What is wrong with a scenario's overrides: pairs of parameter name and message.

    >>> override_problems({"informed_shar": 0.5})
    [('informed_shar', "unknown parameter 'informed_shar' (did you mean 'informed_share'?)")]
    """
    known = catalogue()
    found = []
    for name, value in overrides.items():
        if name not in known:
            measured = MEASURED.get(name)
            hint = f": runs measure it; {measured} acts on it" if measured else did_you_mean(name, known)
            found.append((name, f"unknown parameter {name!r}{hint}"))
            continue
        unit = known[name].unit
        low, high, above = possible(name)
        if not low <= value <= high:
            meant = f": write {value / 100:g} for {value:g} %" if high <= _PART and 2 <= value <= 100 else ""
            found.append((name, f"{value:g} {unit} is out of range: it lies between {low:g} and {high:g}{meant}"))
        elif value == 0 and above:
            found.append((name, f"must be above 0 ({unit})"))
    if not found:
        merged = {n: overrides.get(n, p.value) for n, p in known.items()}
        found += _impossible_together(overrides, merged)
    return found


def _impossible_together(given: Mapping[str, float], p: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """What cannot be true of two parameters at once, at the last of them that was given."""

    def last(*names: str) -> str:
        return next(name for name in reversed(names) if name in given)

    shortest, longest = "notice_months_min", "notice_months_max"
    if p[shortest] > p[longest]:
        yield last(longest, shortest), f"{shortest} is above {longest}"
    entries, years = "entries_per_list_holder", "filling_years"
    if p[entries] * p[years] >= 2:
        name = last(entries, years)
        other = years if name == entries else entries
        yield name, f"must be below {2 / p[other]:.3g} with {other} {p[other]:g}: GPs settle faster than lists fill"
    lost, never = "national_lost_share", "national_never_declared_share"
    if (both := round(p[lost] + p[never], 9)) > 1:  # 1 in decimals may be more in binary
        yield last(lost, never), f"{lost} + {never} is {both:g}: residents without MT are at most all, 1"


class Parameters(Mapping[str, float]):
    """The parameters of one run: the catalogue with a scenario's overrides, and a memory of what was read.

    Parameters
    ----------
    overrides : mapping of str to float
        Values by catalogue name.

    Raises
    ------
    ParameterError
        For an unknown name (with the nearest known one) or a value out of range.

    Examples
    --------
    >>> p = Parameters({"informed_share": 0.8})
    >>> p["informed_share"], sorted(p.read)
    (0.8, ['informed_share'])
    """

    def __init__(self, overrides: Mapping[str, float] | None = None) -> None:
        overrides = dict(overrides or {})
        problems = override_problems(overrides)
        if problems:
            raise ParameterError("; ".join(f"{name}: {what}" for name, what in problems))
        self._values = {name: float(overrides.get(name, p.value)) for name, p in catalogue().items()}
        self.overrides = {name: float(v) for name, v in sorted(overrides.items())}
        self._read: dict[str, float] = {}

    def __getitem__(self, name: str) -> float:
        value = self._read.get(name)
        if value is None:
            if name not in self._values:
                raise ParameterError(f"unknown parameter {name!r}{did_you_mean(name, self._values)}")
            value = self._read[name] = self._values[name]
        return value

    @property
    def read(self) -> Set[str]:
        """Names of those that have been read."""
        return self._read.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def to_records(self) -> list[dict[str, float | str | bool]]:
        """Every parameter with value, grade, source, and whether this run overrode or read it."""
        return [
            {
                "name": p.name,
                "value": self._values[p.name],
                "low": p.low,
                "high": p.high,
                "unit": p.unit,
                "grade": p.grade,
                "source": p.source,
                "overridden": p.name in self.overrides,
                "read": p.name in self.read,
            }
            for p in catalogue().values()
        ]
