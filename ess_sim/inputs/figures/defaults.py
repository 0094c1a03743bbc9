"""Numbers of GPs and interns that hold for a whole territory: the scenario's, or national rates in their place.

Each is one `Figure`: the model runs with its value, and the results show it. Where the scenario gives nothing, its
source begins with the rule that made it, up to the colon; then follows who says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.gps import estimates_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory

__all__ = [
    "departement_list_holders",
    "first_installations",
    "interns_per_semester",
    "local_grade",
    "other_gps",
    "retired_pool",
]


def local_grade(name: str, value: float) -> str:
    """Grade of a national parameter as the ``value`` of one place: an estimate at best; D where it is overridden."""
    of = catalogue()[name]
    return max(of.grade, "C") if value == of.value else "D"


def _from_rate(key: str, value: float, unit: str, rule: str, p: Mapping[str, float], name: str) -> Figure:
    of = catalogue()[name]
    source = of.source if p[name] == of.value else "the scenario's parameters"
    return Figure(key, value, unit, f"{rule} ({name}): {source}", local_grade(name, p[name]))


def first_installations(scenario: Scenario, p: Mapping[str, float], list_holders: int) -> Figure:
    """First installations a year; ``list_holders`` are those of the territory on day 0."""
    key, given = "supply.first_installations", scenario.supply.first_installations
    if given is not None:
        return Figure(key, given.per_year, "a year", given.source, given.grade, given=True)
    rate = p["entries_per_list_holder"]
    rule = f"{rate:g} for each of {list_holders} list-holders"
    return _from_rate(key, rate * list_holders, "a year", rule, p, "entries_per_list_holder")


def interns_per_semester(scenario: Scenario, territory: Territory, p: Mapping[str, float]) -> Figure:
    """Interns whom the faculty sends to the territory's GPs each semester, a whole number."""
    key, given = "supply.interns_per_semester", scenario.supply.interns_per_semester
    if given is not None:
        return Figure(key, given.count, "a semester", given.source, given.grade, given=True)
    rate, residents = p["interns_per_100000"], int(territory.population.sum())
    rule = f"{rate:g} per 100,000 residents"
    return _from_rate(key, round(rate * residents / 1e5), "a semester", rule, p, "interns_per_100000")


def departement_list_holders(scenario: Scenario, territory: Territory, list_holders: int) -> Figure:
    """List-holders of the département, the territory's own ``list_holders`` among them.

    Of a territory that spans several départements, those of all of them. Where the data give fewer than the territory
    has by the scenario, those of the territory: no one is around it.
    """
    key, given = "supply.departement_list_holders", scenario.supply.departement_list_holders
    if given is not None:
        return Figure(key, given.count, "GPs", given.source, given.grade, given=True)
    estimates = estimates_of(scenario, territory)
    n = sum(of.total for of in estimates.values())
    if n < list_holders or not estimates:
        why = "the data give fewer" if estimates else "the zones are of no known département"
        return Figure(key, list_holders, "GPs", f"those of the territory, as {why}: ess_sim assumption", "D")
    rules = sorted({of.rule for of in estimates.values()})
    rule = rules[0] if len(rules) == 1 else f"{rules[0]}, others alike"
    whose = f"of {', '.join(estimates)}" if len(estimates) <= 6 else f"of {len(estimates)} départements"
    grade = max(of.grade for of in estimates.values())
    return Figure(key, n, "GPs", f"{rule} {whose}: Cnam, data ameli; DREES, RPPS", grade)


def retired_pool(scenario: Scenario, p: Mapping[str, float], departement_gps: int) -> Figure:
    """Retired GPs in the pool on day 0; ``departement_gps`` are the list-holders of the whole département."""
    key, given = "supply.retired_pool", scenario.supply.retired_pool
    if given is not None:
        return Figure(key, given.count, "GPs", given.source, given.grade, given=True)
    rate = p["retired_pool_per_list_holder"]
    rule = f"{rate:g} for each of {departement_gps} list-holders of the département"
    return _from_rate(key, round(rate * departement_gps), "GPs", rule, p, "retired_pool_per_list_holder")


def other_gps(scenario: Scenario, p: Mapping[str, float], list_holders: int) -> Figure:
    """GPs in other work on day 0; ``list_holders`` are those of the territory."""
    key, given = "supply.other_gps", scenario.supply.other_gps
    if given is not None:
        return Figure(key, given.count, "GPs", given.source, given.grade, given=True)
    rate = p["other_gps_per_list_holder"]
    rule = f"{rate:g} for each of {list_holders} list-holders"
    return _from_rate(key, round(rate * list_holders), "GPs", rule, p, "other_gps_per_list_holder")
