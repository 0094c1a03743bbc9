"""The benchmark's scenarios: each territory as ``ess-sim new`` makes it, without policy and with each in its dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ess_sim.analysis.benchmark.doses import Dose, Part, Remedy, check_dose
from ess_sim.errors import EssSimError, ScenarioError, did_you_mean
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.beginnings.begin import begin, site_of
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.checks import check

__all__ = ["NO_REMEDY", "PAIRS", "YEARS", "Place", "Suite", "place_of", "remedies", "standard_doses", "suite_of"]


YEARS = 10
"""Years that are simulated; results are stated after 1, 5 and all of them."""

NO_REMEDY: Mapping[str, str] = {
    "departures": "a wave of exits",
    "grant_cut": "grants that end",
    "lift_barriers": "a thought experiment",
}
"""Kinds that are no remedies: not part of the standard benchmark."""

PAIRS: tuple[tuple[str, str], ...] = (
    ("smp", "host_interns"),  # doctors of today and those of tomorrow
    ("open_centre", "mediators"),  # places, and people who lead to them
    ("nurse_delegation", "medical_assistants"),  # two ways to longer lists
    ("settlement_grant", "regulated_installation"),  # the carrot and the stick
    ("planned_handover", "recruit_retired_gps"),  # a list that goes on, and help meanwhile
)
"""Pairs that are had together in practice, or that could support each other."""


@dataclass(frozen=True)
class Place:
    """A territory of the benchmark.

    Attributes
    ----------
    key : str
        As scenarios' names begin.
    baseline : Scenario
        Without policy, as ``ess-sim new`` makes it.
    adults : int
        Residents aged 17 and over on day 0.
    """

    key: str
    baseline: Scenario
    adults: int


@dataclass(frozen=True)
class Suite:
    """Scenarios to be run together.

    Attributes
    ----------
    scenarios : tuple of Scenario
        Of each territory the baseline, then its doses.
    twins : dict of str to str
        Baseline of each of the others.
    doses : dict of str to (str, Dose)
        Key of the territory, and the dose, by scenario.
    absent : dict of (str, str) to str
        Why a territory is without a dose, by the territory's key and the dose's name.
    """

    scenarios: tuple[Scenario, ...]
    twins: dict[str, str]
    doses: dict[str, tuple[str, Dose]]
    absent: dict[tuple[str, str], str]


def place_of(where: str, key: str | None = None) -> Place:
    """A territory as ``ess-sim new`` makes it: no number of it is tuned.

    Parameters
    ----------
    where : str
        Name or code.
    key : str, optional
        By default its name, as scenarios are called.

    Raises
    ------
    ScenarioError
        If there is no such territory.

    Examples
    --------
    >>> place = place_of("200067965", "town")
    >>> place.baseline.name, place.baseline.horizon_years, place.adults
    ('town-baseline', 10, 66903)
    """
    made = begin(where, years=YEARS, name=key)
    name = made.baseline.name
    return Place(name.removesuffix("-baseline"), made.baseline, int(made.territory.adults.sum()))


def standard_doses(kinds: Mapping[str, Remedy] | None = None, *, pairs: bool = True) -> list[Dose]:
    """One copy of every kind that is a remedy, and the pairs; or of the kinds that are given.

    Examples
    --------
    >>> [dose.name for dose in standard_doses()][-2:]
    ['settlement_grant+regulated_installation', 'planned_handover+recruit_retired_gps']
    """
    given = remedies() if kinds is None else kinds
    single = [Dose(kind, (Part(cls),)) for kind, cls in given.items()]
    both = [Dose("+".join(pair), tuple(Part(given[k]) for k in pair)) for pair in PAIRS if set(pair) <= set(given)]
    return single + both if pairs else single


def remedies(
    policies: Sequence[str | Remedy] | None = None, also: Sequence[Remedy] = (), wrong: list[str] | None = None
) -> dict[str, Remedy]:
    """What is asked for, by kind: by default all of the registry that are remedies, and one's own beside them.

    Parameters
    ----------
    policies, also : sequence of str or Remedy
    wrong : list of str, optional
        Gets what is wrong: kinds that are unknown or had twice.
    """
    found: dict[str, Remedy] = {}
    faults = [] if wrong is None else wrong
    if policies is None:
        found.update((kind, cls) for kind, cls in KINDS.items() if kind not in NO_REMEDY)
    for policy in policies or ():
        if isinstance(policy, str) and policy not in KINDS:
            faults.append(f"unknown policy {policy!r}{did_you_mean(policy, KINDS)}")
        else:
            remedy = KINDS[policy] if isinstance(policy, str) else policy
            found[remedy.kind] = remedy
    for remedy in also:
        if remedy.kind in found:
            faults.append(f"two policies are called {remedy.kind!r}: give yours another kind")
        found[remedy.kind] = remedy
    return found


def suite_of(places: Sequence[Place], doses: Mapping[str, Sequence[Dose]]) -> Suite:
    """The scenarios of territories with their doses.

    Parameters
    ----------
    places : sequence of Place
    doses : mapping of str to sequence of Dose
        By the territory's key.

    Raises
    ------
    ScenarioError
        If no dose can be placed anywhere.
    """
    scenarios, twins, of, absent = list[Scenario](), dict[str, str](), dict[str, tuple[str, Dose]](), {}
    for place in places:
        site = site_of(place.baseline)
        scenarios.append(place.baseline)
        for dose in doses[place.key]:
            name = f"{place.key}-{dose.name.replace('+', '-and-')}"
            if why := check_dose(dose, site):
                absent[place.key, dose.name] = why
                continue
            try:
                scenario = place.baseline.with_(name=name, title=dose.name, policies=list(dose.policies(site)))
                check(scenario)
            except EssSimError as error:
                absent[place.key, dose.name] = "; ".join(str(error).splitlines())
                continue
            scenarios.append(scenario)
            twins[name], of[name] = place.baseline.name, (place.key, dose)
    if not of:
        whys = "\n".join(f"{key}, {name}: {why}" for (key, name), why in absent.items())
        raise ScenarioError(f"no policy can be placed in any of these territories\n{whys}")
    return Suite(tuple(scenarios), twins, of, absent)
