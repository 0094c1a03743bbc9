"""How much of each policy: as often its usual dose as a yearly public budget pays for.

A policy that is placed somewhere can be had several times, each time where the need is greatest next. One that holds
everywhere in a territory comes once, and so does one whose cost is unknown: its dose is the usual one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from ess_sim.errors import ScenarioError
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.beginnings.begin import site_of
from ess_sim.model.policies.base import Policy, Site

__all__ = ["MOST_COPIES", "Dose", "Part", "Remedy", "check_dose", "doses_within", "is_placed", "next_place", "times"]


MOST_COPIES = 50
"""Of one policy in one territory. The places in need are few (`Site.stops`): more copies go round them again."""


@runtime_checkable
class Remedy(Protocol):
    """What can be had in doses: a class of policies, or several policies of a file."""

    @property
    def kind(self) -> str: ...
    def standard(self, site: Site) -> Policy | tuple[Policy, ...]: ...


class Part(NamedTuple):
    """A policy, and how often.

    Attributes
    ----------
    kind : Remedy
    copies : int
    """

    kind: Remedy
    copies: int = 1


class Dose(NamedTuple):
    """What a territory gets.

    Attributes
    ----------
    name : str
        Of the policy, or of a pair ("smp+host_interns").
    parts : tuple of Part
    budgeted : bool
        Whether the copies follow from the budget.
    """

    name: str
    parts: tuple[Part, ...]
    budgeted: bool = False

    def policies(self, site: Site) -> tuple[Policy, ...]:
        """Instances for a place, all from its first day on."""
        return tuple(policy for part in self.parts for policy in times(part.kind, site, part.copies))


def next_place(site: Site, k: int) -> Site:
    """The same territory as if its k neediest places were served: they come last.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> site = site_of(read_scenario(scenarios_dir() / "laval" / "baseline.yaml"))
    >>> next_place(site, 1).zone == site.stops[1]
    True
    """

    def turned(zones: tuple[str, ...]) -> tuple[str, ...]:
        by = k % len(zones) if zones else 0
        return zones[by:] + zones[:by]

    return site._replace(stops=turned(site.stops), with_gps=turned(site.with_gps))


def times(kind: Remedy, site: Site, copies: int) -> tuple[Policy, ...]:
    """A policy in its usual dose so many times, each where the need is greatest next."""
    each = [kind.standard(next_place(site, k)) for k in range(copies)]
    return tuple(policy for found in each for policy in (found if isinstance(found, tuple) else (found,)))


def is_placed(kind: Remedy, site: Site) -> bool:
    """Whether it is a matter of places, so that more than one can be had: its usual dose changes with the place."""
    elsewhere = ("elsewhere",)
    moved = site._replace(stops=elsewhere, with_gps=elsewhere if site.with_gps else ())
    return bool(kind.standard(site) != kind.standard(moved))


def doses_within(
    doses: Sequence[Dose], scenario: Scenario, euro_a_year: float, costs: Mapping[str, float]
) -> list[Dose]:
    """Doses that cost about the same.

    Parameters
    ----------
    doses : sequence of Dose
        One copy of each part.
    scenario : Scenario
        The baseline of the territory.
    euro_a_year : float
        Public money for each of them, above 0. A pair has half of it for each part.
    costs : mapping of str to float
        What one copy of each kind costs the public purse a year, as far as that is known.

    Returns
    -------
    list of Dose
        As many copies as the budget pays for, rounded, at least one and at most `MOST_COPIES`.
    """
    site = site_of(scenario)
    out = []
    for dose in doses:
        parts, budgeted = [], False
        for kind, _ in dose.parts:
            cost = costs.get(kind.kind, 0.0)
            if not cost > 0 or not is_placed(kind, site):
                parts.append(Part(kind))
                continue
            copies = int(euro_a_year / len(dose.parts) / cost + 0.5)
            parts.append(Part(kind, min(MOST_COPIES, max(1, copies))))
            budgeted = True
        out.append(Dose(dose.name, tuple(parts), budgeted))
    return out


def check_dose(dose: Dose, site: Site) -> str:
    """Why it cannot be placed there; '' if it can."""
    try:
        dose.policies(site)
    except ScenarioError as error:
        return str(error)
    return ""
