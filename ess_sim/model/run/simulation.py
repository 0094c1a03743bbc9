"""Scenario and seed in, `Run` out: prepares day 0, starts every behaviour in one written order."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ess_sim.arguments import checked
from ess_sim.clock import Phase
from ess_sim.errors import whole_number
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.defaults import departement_list_holders, first_installations, interns_per_semester
from ess_sim.inputs.figures.figures import assumed_lines
from ess_sim.inputs.scenario.policy_model import content_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.centres.centres import start_centres
from ess_sim.model.behaviours.centres.retired import fill_pool, retirements_beyond, retirements_elsewhere
from ess_sim.model.behaviours.gps.day0 import open_day0, start_careers, unstated
from ess_sim.model.behaviours.gps.elsewhere import make_room_for_elsewhere
from ess_sim.model.behaviours.gps.halo import halo_arrivals
from ess_sim.model.behaviours.gps.settling import outside_arrivals
from ess_sim.model.behaviours.internships import expected_settlers, semesters
from ess_sim.model.behaviours.ordinary_care import pay_ordinary_care
from ess_sim.model.policies.base import Policy
from ess_sim.model.residents.day0 import beside, draw_day0
from ess_sim.model.residents.rates import hazards
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare, residents_of
from ess_sim.model.run.recorder import Recorder
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.keeping import Keep, Snapshots
from ess_sim.results.run import Run
from ess_sim.results.tables.record import Record
from ess_sim.streams import Streams

__all__ = ["simulate"]


def _policy(world: World, policy: Policy, name: str) -> Behaviour:
    yield world.at(policy.first_day(world.calendar), Phase.POLICY, name)
    behaviour = policy.act(world)
    if not isinstance(behaviour, Iterator):
        raise TypeError(f"{type(policy).__name__}.act must be a generator: it yields at least once, e.g. world.at(…)")
    yield from behaviour


def _begin_policies(world: World) -> None:
    """Names each policy by its content, so that neither its place in a file nor its neighbours matter."""
    seen: dict[str, int] = {}
    for policy in world.scenario.policies_by_content:
        assert isinstance(policy, Policy)
        digest = hashlib.sha256(content_of(policy).encode()).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        world.begin(_policy(world, policy, f"{policy.kind}-{digest}-{seen[digest]}"))


def build_world(scenario: Scenario, *, seed: int, replication: int, territory: Territory | None = None) -> World:
    """The world of a valid scenario on day 0, before anyone has acted."""
    parameters = Parameters(scenario.parameters)
    territory = territory or prepare(scenario)
    streams = Streams(seed, replication)
    world = World(scenario, territory, parameters, streams)
    rates = hazards(parameters)
    day0 = draw_day0(scenario, territory, streams, parameters, rates)
    if territory.halo is not None:
        apart = Streams(seed, replication, "halo")
        day0 = beside(day0, draw_day0(unstated(scenario), territory.halo, apart, parameters, rates), rates)
    world.assumed += [*territory.notes, *scenario.moved, *day0.assumed]
    open_day0(world, day0, rates)
    return world


def _begin_supply(world: World) -> None:
    """Careers, arrivals, the pool of retired GPs, internships."""
    scenario, p = world.scenario, world.parameters
    list_holders = world.start_gps.total
    entries = first_installations(scenario, p, list_holders)
    interns = interns_per_semester(scenario, world.territory, p)
    around = departement_list_holders(scenario, world.territory, list_holders)
    world.assumed += assumed_lines(entries, interns, around)
    places, everywhere = int(interns.value), max(list_holders, int(around.value))
    start_careers(world)
    world.begin(make_room_for_elsewhere(world))
    fill_pool(world, everywhere)
    start_centres(world)
    world.begin(retirements_elsewhere(world, everywhere - list_holders))
    world.begin(retirements_beyond(world, everywhere))
    world.begin(semesters(world, places))
    # first installations *are* former interns: those who train here are not counted twice
    hosted = min(places, sum(gp.supervisor for gp in world.gps.values()))
    world.begin(outside_arrivals(world, max(0.0, entries.value - expected_settlers(p, hosted))))
    if world.halo is not None:
        around = first_installations(unstated(scenario), p, len(world.halo.gps))
        world.begin(halo_arrivals(world, world.halo, around.value))


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


def _lived(world: World, keep: Keep) -> tuple[World, Record]:
    """A world at the end of its run, and what was written down."""
    recorder = Recorder(world, keep)
    world.begin(recorder.new_years())
    _begin_supply(world)
    world.begin(pay_ordinary_care(world))
    _begin_policies(world)
    world.begin(recorder.record())
    world.run()
    record = recorder.finish()
    del world.residents  # a world refers to itself: they would stay in memory until that is found out
    return world, record


@checked
def simulate(
    scenario: Scenario,
    *,
    seed: int = 1,
    replication: int = 0,
    territory: Territory | None = None,
    keep: str | Sequence[str] | None = None,
    snapshots: Snapshots | None = None,
) -> Run:
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
    keep : str or sequence of str, optional
        Tables that the run keeps (keys of `SCHEMAS`), all by default. Outcomes are kept in any case. What is not kept
        takes no memory.
    snapshots : {'monthly', 'yearly', 'none'}, optional
        At which records the run keeps residents by cell, the largest table: all, by default; the first, the last and
        those nearest to the anniversaries of the first day; none. No other table depends on it.

    Returns
    -------
    Run

    Raises
    ------
    ScenarioError
        Before anything runs, with all that is wrong with the scenario in this territory: unknown zones, dates outside
        the run, counts that cannot be, overrides that are unknown, out of range, or read by nothing; or a territory
        that cannot be built.
    TerritoryError
        If the territory has no adult on day 0, or is too large for the model.
    ValueError
        If seed or replication is no whole number ≥ 0, or what is to be kept is no table.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> run = simulate(scenario, seed=1)
    >>> print(0.1 < run.share_without_mt()["share"].iloc[-1] < 0.2)
    True
    """
    seed, replication = whole_number("seed", seed, 0), whole_number("replication", replication, 0)
    kept = Keep.of(keep, snapshots)
    check(scenario, territory=territory)
    with _without_collection():
        world, record = _lived(build_world(scenario, seed=seed, replication=replication, territory=territory), kept)
    place, parameters = world.territory, world.parameters.to_records()
    return Run(
        scenario,
        seed,
        replication,
        place.zones,
        parameters,
        record,
        zone_names=place.zone_names,
        departements=place.departements,
        territory=place.digest,
        residents=residents_of(place),
        keep=kept,
    )
