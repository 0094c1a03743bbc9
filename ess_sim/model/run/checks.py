"""Problems of a scenario that its form alone does not show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache

from ess_sim.errors import Problem, ScenarioError, TerritoryError, did_you_mean
from ess_sim.inputs.catalogue.parameters import A_CENTRE, Parameters, catalogue, override_problems, read_only_with
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.scenario.blocks import RATES, Location, given_everywhere
from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.inputs.scenario.policy_model import content_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.day0 import day0_names, lists_problem, unstated
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.own_faults import own_faults
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.residents.day0 import listed_here
from ess_sim.model.run.prepare import Files, files_of, prepare, territory_problems

__all__ = ["check", "problems", "unreadable_parameters"]


def check(*scenarios: Scenario, territory: Territory | None = None) -> None:
    """Checks scenarios as reading a file does; those that were checked a while ago are not checked again.

    Parameters
    ----------
    *scenarios : Scenario
        With names of their own, where there are several: problems then say whose they are.
    territory : Territory, optional
        In place of their own.

    Raises
    ------
    ScenarioError
        With all problems of all scenarios, each ``where: what is wrong``; a territory that cannot be built is one.
    TerritoryError
        If a territory that is given cannot be used.
    """
    found = []
    for scenario in scenarios:
        for problem in _problems_of(scenario, territory):
            whose = f"{scenario.name}: {problem.where}" if len(scenarios) > 1 else problem.where
            found.append(replace(problem, where=whose))
    if found:
        raise ScenarioError(found)


def _problems_of(scenario: Scenario, territory: Territory | None) -> tuple[Problem, ...]:
    try:
        return _kept_problems(scenario, territory)
    except TerritoryError as error:
        if territory is not None:
            raise
        # never kept: meanwhile a CSV file may be mended
        return _as_problems([*_override_problems(scenario), *error.placed((scenario.territory.way,))])


def _kept_problems(scenario: Scenario, territory: Territory | None) -> tuple[Problem, ...]:
    try:
        hash(scenario)
    except TypeError:  # a user's own policy holds what cannot be hashed
        return _all_problems(scenario, territory)
    # scenarios are equal although they differ in these, which their problems depend on
    files = files_of(scenario.territory) if territory is None else ()
    order = tuple(map(content_of, scenario.policies))
    return _known_problems(scenario, territory, files, scenario.years_declared, order)


@lru_cache(maxsize=64)
def _known_problems(
    scenario: Scenario, territory: Territory | None, _files: Files, _years_declared: int, _order: tuple[str, ...]
) -> tuple[Problem, ...]:
    return _all_problems(scenario, territory)


def _all_problems(scenario: Scenario, territory: Territory | None) -> tuple[Problem, ...]:
    return _as_problems([*_override_problems(scenario), *problems(scenario, territory)])


def _override_problems(scenario: Scenario) -> list[tuple[Location, str]]:
    return [(("parameters", name), what) for name, what in override_problems(scenario.parameters)]


def _as_problems(found: Iterable[tuple[Location, str]]) -> tuple[Problem, ...]:
    return tuple(problem_at(NOWHERE, at, what) for at, what in found)


def problems(scenario: Scenario, territory: Territory | None = None) -> list[tuple[Location, str]]:
    """What is wrong with a scenario that only its territory (or the one given) or its policies show."""
    if territory is None:
        if impossible := territory_problems(scenario):
            return list(impossible)
        territory = prepare(scenario)
    found = [
        *scenario.problems(territory),
        *((("parameters", name), what) for name, what in unreadable_parameters(scenario)),
    ]
    if scenario.supply.other_gps is not None and "other_gps_per_list_holder" not in _read_where_needed(scenario):
        found.append((("supply", "other_gps"), "nothing reads it: no centre is there, and no policy opens one"))
    found += [
        (("policies", i, *at), what)
        for i, policy in enumerate(scenario.policies)
        if isinstance(policy, Policy)
        for at, what in own_faults(type(policy))
    ]
    needed = {("supply", "list_holding_gps"), ("residents", "without_mt")}
    if not override_problems(scenario.parameters) and needed.isdisjoint(at[:2] for at, _ in found):
        found += _day0_problems(scenario, territory)
    return found


def _day0_problems(scenario: Scenario, territory: Territory) -> list[tuple[Location, str]]:
    """What only day 0 shows: lists of centres that hold too many, and GPs whom policies name and who are not there.

    Parameters, blocks of GPs and blocks of residents without MT must be in order.
    """
    found: list[tuple[Location, str]] = []
    p = Parameters(scenario.parameters)
    gps = day0_names(scenario, territory, p)
    if territory.halo is not None:  # what they read is read
        day0_names(unstated(scenario), territory.halo, p)
    density = "list_holders_per_100000"
    if density in scenario.parameters and density not in p.read:
        what = "not read: blocks or the data (communes of the Cnam's count) say how many GPs each zone has"
        found.append((("parameters", density), what))
    listed = [centre.listed for centre in scenario.supply.centres or ()]
    if wrong := lists_problem(listed, listed_here(scenario, territory, p), without_gps=not gps):
        found.append((("supply", "centres"), wrong))
    around = scenario.supply.departement_list_holders
    if around is not None and around.count < len(gps) and len(set(territory.departements)) == 1:
        what = f"{around.count} list-holding GPs in the whole département, but {len(gps)} in the territory alone"
        found.append((("supply", "departement_list_holders", "count"), what))
    for i, policy in enumerate(scenario.policies):
        named = policy.gps if isinstance(policy, Departures | PlannedHandover) else None
        for j, name in enumerate(named or ()):
            if name not in gps:
                what = f"no GP {name!r} on day 0{did_you_mean(name, gps)}"
                found.append((("policies", i, "gps", j), what))
    return found


def _read_where_needed(scenario: Scenario) -> set[str]:
    """Parameters that this scenario reads, of those that only some scenarios read."""
    read = set().union(*(_reads(p) for p in scenario.policies if isinstance(p, Policy)))
    centres = scenario.supply.centres
    return read | _read_by_centres(read_only_with(A_CENTRE), centres) if centres else read


def _reads(policy: Policy) -> frozenset[str]:
    centres = policy.centres_opened()
    return policy.reads() if not centres or policy.brings_mediators else _read_by_centres(policy.reads(), centres)


def _read_by_centres(names: frozenset[str], centres: Iterable[CentreSpec]) -> frozenset[str]:
    """Without those of mediators, where none of the centres has any."""
    return names if any(centre.posts.mediators for centre in centres) else names - read_only_with(Mediators.kind)


def unreadable_parameters(scenario: Scenario, overridden: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Overrides (by default the scenario's own) that nothing in this scenario reads: pairs of name and message."""
    overridden = scenario.parameters if overridden is None else overridden
    read = _read_where_needed(scenario)
    conditions = {name: p.condition for name, p in catalogue().items() if p.only_with and name not in read}
    found = [
        (name, f"no policy of this scenario reads it: it matters only with {conditions[name]}")
        for name in overridden
        if name in conditions
    ]
    residents = scenario.residents
    # these hold around the territory, whatever a scenario says of it
    around = {"entries_per_list_holder", "precarious_share", *RATES} if scenario.territory.halo_minutes else set()
    for name, given, key in (
        ("entries_per_list_holder", scenario.supply.first_installations, "supply.first_installations"),
        ("interns_per_100000", scenario.supply.interns_per_semester, "supply.interns_per_semester"),
        ("retired_pool_per_list_holder", scenario.supply.retired_pool, "supply.retired_pool"),
        ("other_gps_per_list_holder", scenario.supply.other_gps, "supply.other_gps"),
        ("precarious_share", given_everywhere(residents.precarious, "share") or None, "residents.precarious"),
        *((rate, given_everywhere(residents.rates, rate) or None, "residents.rates") for rate in RATES),
    ):
        if name in overridden and given is not None and name not in around:
            found.append((name, f"not read, because the scenario gives {key}"))
    return found
