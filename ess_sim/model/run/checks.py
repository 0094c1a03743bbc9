"""Problems of a scenario that only its territory and its parameters show."""

from __future__ import annotations

from ess_sim.errors import did_you_mean
from ess_sim.inputs.catalogue.parameters import A_CENTRE, Parameters, catalogue, override_problems, read_only_with
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.gps.day0 import day0_names, lists_problem
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.residents.day0 import listed_here
from ess_sim.model.run.prepare import prepare, whole

__all__ = ["problems", "unreadable_parameters"]


def problems(scenario: Scenario) -> list[tuple[Location, str]]:
    """What is wrong with a scenario that only its territory or its policies show."""
    spec = scenario.territory
    if (spec.quarters or spec.leave_out) and (found := spec.problems(whole(spec))):
        return found  # the territory cannot be built
    territory = prepare(scenario)
    found = [
        *scenario.problems(territory),
        *((("parameters", name), what) for name, what in unreadable_parameters(scenario)),
    ]
    if scenario.supply.other_gps is not None and "other_gps_per_list_holder" not in _read_where_needed(scenario):
        found.append((("supply", "other_gps"), "nothing reads it: no centre is there, and no policy opens one"))
    needed = {("supply", "list_holding_gps"), ("residents", "without_mt")}
    if not override_problems(scenario.parameters) and needed.isdisjoint(at[:2] for at, _ in found):
        found += _day0_problems(scenario, territory)
    return found


def _day0_problems(scenario: Scenario, territory: Territory) -> list[tuple[Location, str]]:
    """What only day 0 can tell: lists of centres that hold too many, and GPs whom policies name and who are not there.

    Parameters, blocks of GPs and blocks of residents without MT must be in order.
    """
    p = Parameters(scenario.parameters)
    gps = day0_names(scenario, territory, p)
    listed = [centre.listed for centre in scenario.supply.centres or []]
    found: list[tuple[Location, str]] = []
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
    read = set().union(*(p.reads() for p in scenario.policies if isinstance(p, Policy)))
    return read | read_only_with(A_CENTRE) if scenario.supply.centres else read


def unreadable_parameters(scenario: Scenario) -> list[tuple[str, str]]:
    """Overrides of parameters that nothing in this scenario reads: pairs of name and message."""
    read = _read_where_needed(scenario)
    conditions = {name: p.condition for name, p in catalogue().items() if p.only_with and name not in read}
    found = [
        (name, f"no policy of this scenario reads it: it matters only with {conditions[name]}")
        for name in scenario.parameters
        if name in conditions
    ]
    precarious_everywhere = any(block.zones == "remainder" for block in scenario.residents.precarious or [])
    for name, given, key in (
        ("entries_per_list_holder", scenario.supply.first_installations, "supply.first_installations"),
        ("retired_pool_per_list_holder", scenario.supply.retired_pool, "supply.retired_pool"),
        ("other_gps_per_list_holder", scenario.supply.other_gps, "supply.other_gps"),
        ("precarious_share", precarious_everywhere or None, "residents.precarious"),
    ):
        if name in scenario.parameters and given is not None:
            found.append((name, f"not read, because the scenario gives {key}"))
    return found
