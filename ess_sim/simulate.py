"""Scenario and seed in, `Run` out: reads scenarios, prepares day 0, starts every behaviour in one written order."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from ess_sim import files
from ess_sim.behaviours.centres import start_centres
from ess_sim.behaviours.fees import fees
from ess_sim.behaviours.internships import expected_settlers, semesters
from ess_sim.behaviours.practices import day0_names, lists_problem, open_day0, outside_arrivals, start_careers
from ess_sim.behaviours.recorder import Recorder
from ess_sim.behaviours.retired import fill_pool, retirements_elsewhere
from ess_sim.clock import Phase
from ess_sim.errors import ParameterError, TerritoryError, did_you_mean, whole_number
from ess_sim.parameters import Parameters, override_problems
from ess_sim.policies.base import CENTRE_PARAMETERS, Policy
from ess_sim.policies.departures import Departures
from ess_sim.policies.planned_handover import PlannedHandover
from ess_sim.policies.registry import KINDS, policy_class
from ess_sim.residents import Practice
from ess_sim.results import Run
from ess_sim.scenario import Location, Scenario, TerritorySpec
from ess_sim.start import hazards, listed_here, start
from ess_sim.streams import Streams
from ess_sim.territory import Territory
from ess_sim.world import Behaviour, World

__all__ = ["compile_kernel", "prepare", "read_scenario", "read_scenarios", "simulate", "unreadable_parameters"]


def read_scenarios(paths: Sequence[str | Path]) -> list[Scenario]:
    """Reads scenario files, with everything they extend.

    Raises
    ------
    ScenarioError
        With all errors of all files, each ``file:line:column: where: what is wrong``.
    """
    return files.read_scenarios(
        paths,
        registry=policy_class,
        known_kinds=sorted(KINDS),
        parameter_problems=override_problems,
        semantic=_problems,
    )


def read_scenario(path: str | Path) -> Scenario:
    """Reads one scenario file. See `read_scenarios`.

    Examples
    --------
    >>> from ess_sim.resources import scenarios_dir
    >>> read_scenario(scenarios_dir() / "laval" / "smp.yaml").name
    'laval-smp'
    """
    return read_scenarios([path])[0]


def _problems(scenario: Scenario) -> list[tuple[Location, str]]:
    """What is wrong with a scenario that only its territory or its policies can tell."""
    spec = scenario.territory
    if (spec.quarters or spec.leave_out) and (found := spec.problems(_whole(spec))):
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
    read = set().union(*(p.reads for p in scenario.policies if isinstance(p, Policy)))
    return read | CENTRE_PARAMETERS if scenario.supply.centres else read


def unreadable_parameters(scenario: Scenario) -> list[tuple[str, str]]:
    """Overrides of parameters that nothing in this scenario reads: pairs of name and message."""
    conditional = {name: kind for kind, cls in sorted(KINDS.items()) for name in cls.reads}
    read = _read_where_needed(scenario)
    found = [
        (name, f"no policy of this scenario reads it (a {conditional[name]} policy would)")
        for name in scenario.parameters
        if name in conditional and name not in read
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


def _whole(given: TerritorySpec) -> Territory:
    """The territory that the codes mean, before quarters, left out zones and the travel table."""
    cutoff = given.cutoff_minutes
    if given.epci is not None:
        return Territory.from_epci(given.epci, cutoff_minutes=cutoff)
    if given.ept is not None:
        return Territory.from_ept(given.ept, cutoff_minutes=cutoff)
    if given.departement is not None:
        return Territory.from_departement(given.departement, cutoff_minutes=cutoff)
    if given.communes is not None:
        return Territory.from_communes(given.communes, cutoff_minutes=cutoff)
    return Territory.from_csv(str(given.csv), cutoff_minutes=cutoff)


@lru_cache(maxsize=32)
def _territory(spec: str) -> Territory:
    given = TerritorySpec.model_validate(json.loads(spec))
    territory = _whole(given)
    if given.quarters is not None:
        territory = territory.with_quarters(q.quarter() for q in given.quarters)
    if given.leave_out is not None:
        territory = territory.without(given.leave_out)
    if given.travel_csv is not None:
        territory = territory.with_travel_csv(given.travel_csv)
    if not territory.adults.sum():
        raise TerritoryError(f"{territory.name} has no resident aged 17 or over")
    territory.travel_minutes  # noqa: B018 - travel is computed here once, not inside the first run
    return territory


def prepare(scenario: Scenario) -> Territory:
    """The scenario's territory with its travel minutes, built once a process."""
    return _territory(scenario.territory.model_dump_json())


def _policy(world: World, policy: Policy, name: str) -> Behaviour:
    yield world.at(policy.first_day(world.calendar), Phase.POLICY, name)
    behaviour = policy.act(world)
    if not isinstance(behaviour, Iterator):
        raise TypeError(f"{type(policy).__name__}.act must be a generator: it yields at least once, e.g. world.at(…)")
    yield from behaviour


def _begin_policies(world: World) -> None:
    """Names each policy by its content, so that neither its place in a file nor its neighbours matter."""
    seen: dict[str, int] = {}
    for policy in world.scenario.policies:
        assert isinstance(policy, Policy)
        content = json.dumps(policy.to_block(), sort_keys=True, default=str)
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        world.begin(_policy(world, policy, f"{policy.kind}-{digest}-{seen[digest]}"))


def build_world(scenario: Scenario, *, seed: int, replication: int, territory: Territory | None = None) -> World:
    """The world on day 0, before anybody has acted."""
    parameters = Parameters(scenario.parameters)
    unread = unreadable_parameters(scenario)
    if unread:
        raise ParameterError("; ".join(f"{name}: {what}" for name, what in unread))
    territory = territory or prepare(scenario)
    streams = Streams(seed, replication)
    world = World(scenario, territory, parameters, streams)
    rates = hazards(parameters)
    day0 = start(scenario, territory, streams, parameters, rates)
    world.assumed += [*territory.notes, *day0.assumed]
    open_day0(world, day0, rates)
    return world


def _begin_supply(world: World) -> None:
    """Careers, arrivals, the pool of retired GPs, internships."""
    supply, p = world.scenario.supply, world.parameters
    list_holders = len(world.gps)
    if supply.first_installations is not None:
        entries = supply.first_installations.per_year
    else:
        entries = p["entries_per_list_holder"] * list_holders
        world.assumed.append(f"first installations: national rate, {entries:.1f} a year")
    if supply.interns_per_semester is not None:
        places = supply.interns_per_semester.count
    else:
        places = 0
        world.assumed.append("interns: none, as the scenario gives no number")
    start_careers(world)
    fill_pool(world, list_holders)
    start_centres(world)
    elsewhere = 0
    if supply.departement_list_holders is not None:
        elsewhere = supply.departement_list_holders.count - list_holders
    else:
        world.assumed.append("retirements elsewhere in the département: none, as the scenario gives no number of GPs")
    world.begin(retirements_elsewhere(world, max(0, elsewhere), world.territory.departements[0]))
    world.begin(semesters(world, places))
    # first installations *are* former interns: those who train here are not counted twice
    hosted = min(places, sum(gp.supervisor for gp in world.gps.values()))
    world.begin(outside_arrivals(world, max(0.0, entries - expected_settlers(p, hosted))))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pauses Python's search for reference cycles: a run makes hardly any; looking for them took a twentieth of it."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def simulate(scenario: Scenario, *, seed: int = 1, replication: int = 0, territory: Territory | None = None) -> Run:
    """Runs one scenario once.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    seed : int
        Root seed, ≥ 0. Scenarios of one seed and replication share all random numbers that no policy touches.
    replication : int
        Replication, ≥ 0.
    territory : Territory, optional
        A territory of one's own in place of the scenario's.

    Returns
    -------
    Run

    Raises
    ------
    ParameterError
        For overrides that are unknown, out of range, or read by nothing in this scenario.
    TerritoryError
        If the territory cannot be built.
    ValueError
        If seed or replication is no whole number ≥ 0.

    Examples
    --------
    >>> from ess_sim.resources import scenarios_dir
    >>> scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> run = simulate(scenario, seed=1)
    >>> 0.1 < run.share_without_mt()["share"].iloc[-1] < 0.2
    True
    """
    seed, replication = whole_number("seed", seed, 0), whole_number("replication", replication, 0)
    with _without_collection():
        world = build_world(scenario, seed=seed, replication=replication, territory=territory)
        recorder = Recorder(world)
        world.begin(recorder.new_years())
        _begin_supply(world)
        world.begin(fees(world))
        _begin_policies(world)
        world.begin(recorder.record())
        world.run()
    return Run(scenario, seed, replication, world.territory.zones, world.parameters.to_records(), recorder.finish())


def compile_kernel() -> None:
    """Compiles the residents' kernel (some 30 seconds once a machine, then cached) by running a hamlet for a year."""
    from datetime import date

    from ess_sim.scenario import Count, GpBlock, Supply

    supply = Supply(
        list_holding_gps=[GpBlock(zones="remainder", count=2, source="none", grade="D")],
        interns_per_semester=Count(count=1, source="none", grade="D"),
    )
    hamlet = Scenario(
        name="hamlet",
        start=date(2020, 1, 1),
        horizon_years=1,
        territory=TerritorySpec(communes=["53034", "53054"]),
        supply=supply,
    )
    world = build_world(hamlet, seed=0, replication=0)
    recorder = Recorder(world)
    world.begin(recorder.new_years())
    world.begin(recorder.record())
    with world.levers.bend(call_ratio=0.0):
        world.run()
    # what the year did not call for
    first, second = list(world.gps.values())
    residents, today = world.residents, world.today
    residents.hand_over(today, first.slot, 0.1, [(second.slot, 1e6)])
    residents.close(today, first.slot)
    residents.open(today, Practice(zone=0, target=1.0, news_per_year=1.0))
    residents.accompany(today, n=1)
    residents.share_without_mt(today)
    residents.by_mt()
