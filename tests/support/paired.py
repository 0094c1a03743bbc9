"""One run of the engine, and the reference's answer to the same day 0 and the same supply.

What the two share: the residents and providers of day 0, the dates at which residents reach 17, travel minutes,
parameters, and what actors do to supply. What they do not: a random number, a line of code, a list during the run.
Supply is given to the reference as the engine's actors *decided* it: shares and limits of a hand-over, not who was
handed over.

Differences of pairs are symmetric under agreement only if the engine's residents do not steer its supply. They do in
three ways: newcomers' taste for zones short of GPs, targets that rise where lists are full, places that residents of
elsewhere take. Compare scenarios with ``zone_choice_shortage``, ``stretch_per_year`` and ``elsewhere_follows_share`` 0.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from reference import model as ref
from reference.statistics import agreement

from ess_sim.inputs.catalogue.bundled import mortality
from ess_sim.inputs.scenario.blocks import RATES
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.residents.practice import Practice
from ess_sim.model.residents.quantities import BentRates
from ess_sim.model.run.recorder import Recorder
from ess_sim.model.run.simulation import _begin_policies, _begin_supply, build_world
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World
from ess_sim.results.tables import cells
from ess_sim.results.tables.names import CALL_OUTCOMES, CALLERS

SHARES = ("without_mt", "lost", "never_declared", "seeking", "discouraged", "listed_far")
CELLS = ("adults", *SHARES)
CALL_FAMILIES = {"total": (), "caller": (0,), "outcome": (1,), "caller x outcome": (0, 1)}
LIST_FAMILIES = {"total": (), "provider": (0,)}

_STATES = {
    k.LISTED: ref.LISTED,
    k.SEEKING: ref.SEEKING,
    k.DISCOURAGED: ref.DISCOURAGED,
    k.NOT_SEEKING: ref.NOT_SEEKING,
}
_POOLS = {k.NO_POOL: None, k.LOST: ref.LOST, k.NEVER_DECLARED: ref.NEVER_DECLARED}
_ORIGINS = {
    k.NO_ORIGIN: None,
    k.REACHED_17: ref.REACHED_17,
    k.ARRIVED: ref.ARRIVED,
    k.LONG_STANDING: ref.LONG_STANDING,
}
_RULES = {k.RULE_ANYONE: ref.ANYONE, k.RULE_WITHOUT_MT: ref.WITHOUT_MT}

_BY_ZONE = {
    "informed_share": "more_informed",
    "dare": "more_dare",
    "reach_rate": "reached",
    "financial_relief": "financial_relief",
}

Actor = Callable[[World], Behaviour]


@dataclass
class Observed:
    """What one model says of one replication.

    ``cells`` by measure: (records, zones, bands, 2, 2); ``calls``: (records, callers, outcomes), cumulative;
    ``lists``: one dict of sizes by provider a record.
    """

    cells: dict[str, np.ndarray]
    calls: np.ndarray
    lists: list[dict[int, int]]
    events: int = 0


@dataclass
class Given:
    """What both models are given."""

    rules: ref.Rules
    start: date
    minutes: np.ndarray
    persons: list[ref.PersonStart]
    providers: list[ref.ProviderStart]
    entries: list[tuple[float, int]]
    supply: list[ref.SupplyEvent] = field(default_factory=list)

    def zone_of_provider(self) -> dict[int, int]:
        zones = {p.key: p.zone for p in self.providers}
        zones |= {event.action[1]: event.action[2] for event in self.supply if event.action[0] == "open"}
        return zones


@dataclass
class Pair:
    """One replication of both models."""

    given: Given
    engine: Observed
    reference: Observed


# --- what the engine starts from ----------------------------------------------------------------------------------


def _dense_minutes(territory: Territory) -> np.ndarray:
    n = len(territory.zones)
    minutes = np.full((n, n), np.inf)
    origins = np.repeat(np.arange(n), np.diff(territory.travel_indptr))
    minutes[origins, territory.travel_indices] = territory.travel_minutes
    return minutes


def _persons(people: np.ndarray) -> list[ref.PersonStart]:
    return [
        ref.PersonStart(
            zone, birth, bool(ald), bool(precarious), _STATES[state], _POOLS[pool], _ORIGINS[origin], provider
        )
        for zone, birth, ald, precarious, state, pool, origin, provider in people.tolist()
    ]


def _day0(world: World) -> Given:
    residents = world.residents
    tables, people = residents._tables, residents.people()
    population = np.zeros((len(world.territory.zones), ref.AGES), dtype=np.int64)
    np.add.at(population, (people[:, k.ZONE], world.calendar.start.year - people[:, k.BIRTH]), 1)
    providers = []
    for key in np.flatnonzero(tables.pint[:, k.V_ACTIVE]).tolist():
        v, x = tables.pint[key].tolist(), tables.pfloat[key].tolist()
        providers.append(
            ref.ProviderStart(
                key,
                v[k.V_ZONE],
                "centre" if v[k.V_CENTRE] else "liberal",
                target=x[k.X_TARGET],
                openness=x[k.X_OPENNESS],
                rule=_RULES[v[k.V_RULE]],
                appeal=x[k.X_APPEAL],
                financial=x[k.X_FINANCIAL],
                intake_per_day=x[k.X_INTAKE],
                bucket=x[k.X_BUCKET],
                takes_relatives=not v[k.V_CENTRE],
            )
        )
    rules = ref.Rules.from_parameters(world.parameters, mortality(), population)
    return Given(
        rules=dataclasses.replace(
            rules, precarious_here=_stated(world, "precarious", "share"), here=_rates_here(world)
        ),
        start=world.calendar.start,
        minutes=_dense_minutes(world.territory),
        persons=_persons(people),
        providers=providers,
        entries=list(zip(tables.entry_time.tolist(), tables.entry_zone.tolist(), strict=True)),
    )


def _stated(world: World, blocks: str, field: str) -> dict[int, float]:
    """What the scenario states by zone."""
    zones = world.territory.zones
    found: dict[int, float | None] = {}
    said = getattr(world.scenario.residents, blocks) or ()
    for block in sorted(said, key=lambda block: block.zones != "remainder"):  # the remainder first, others over it
        codes = zones if block.zones == "remainder" else block.zones
        found |= {zones.index(code): getattr(block, field) for code in codes}
    return {zone: value for zone, value in found.items() if value is not None}


def _rates_here(world: World) -> dict[str, dict[int, float]]:
    """Rates that the scenario states by zone, by field of `Rules`."""
    by_field = {
        name: _stated(world, "rates", catalogue)
        for name, catalogue in ref.CATALOGUE_NAMES.items()
        if catalogue in RATES
    }
    return {name: zones for name, zones in by_field.items() if zones}


class SupplyLog:
    """Stands before the residents' methods and writes down what actors ask.

    Each provider has a key of its own, as the engine uses slots again.
    """

    def __init__(self, world: World, given: Given) -> None:
        self.world = world
        self.events = given.supply
        self.key_of_slot = {p.key: p.key for p in given.providers}
        self.next_key = len(given.providers)
        self.handing_over: dict[int, list[tuple[int, float, list[tuple[int, float]]]]] = {}
        self.stated = given.rules.here
        self.base = given.rules.of
        residents = world.residents
        for name in ("open", "adjust", "hand_over", "close", "release_excess", "set_rates", "accompany"):
            setattr(residents, name, partial(getattr(self, name), getattr(residents, name)))

    def _log(self, day: int, *action: Any) -> None:
        self.events.append(ref.SupplyEvent(day, action))

    def _intake(self, fte: float) -> tuple[float, float]:
        p = self.world.parameters
        intake = p["intake_per_month_per_fte"] * fte * 12 / 365.25
        return intake, max(1.0, intake * p["intake_burst_days"])

    def open(self, then: Callable[..., int], day: int, practice: Practice) -> int:
        slot = then(day, practice)
        key = self.key_of_slot[slot] = self.next_key
        self.next_key += 1
        kind = "centre" if practice.centre else "liberal"
        rule = ref.WITHOUT_MT if practice.only_without_mt else ref.ANYONE
        values = (practice.target, practice.openness, rule, practice.appeal, practice.financial_barrier)
        intake, news = self._intake(practice.fte), practice.news_per_year
        self._log(day, "open", key, practice.zone, kind, *values, *intake, not practice.centre, news)
        return slot

    def adjust(self, then: Callable[..., None], day: int, slot: int, **changes: float | None) -> None:
        key = self.key_of_slot[slot]
        for name in ("target", "openness"):
            if changes.get(name) is not None:
                self._log(day, name, key, changes[name])
        if (fte := changes.get("fte")) is not None:
            self._log(day, "intake", key, *self._intake(fte))
        then(day, slot, **changes)

    def hand_over(self, then: Callable[..., Any], day: int, slot: int, share: float, takers: Iterable[Any]) -> Any:
        takers = list(takers)  # the reference's lists are others: it may have to ask more of them
        keys = [(self.key_of_slot[taker], limit) for taker, limit in takers]
        self.handing_over.setdefault(slot, []).append((day, share, keys))
        return then(day, slot, share, takers)

    def close(self, then: Callable[..., int], day: int, slot: int) -> int:
        handovers = self.handing_over.pop(slot, [])
        assert all(when == day for when, *_ in handovers), "a list is handed over on the day it closes"
        self._log(day, "handover_and_close", self.key_of_slot.pop(slot), [rest for _, *rest in handovers])
        return then(day, slot)

    def release_excess(self, then: Callable[..., int], day: int, slot: int) -> int:
        self._log(day, "release_excess", self.key_of_slot[slot])
        return then(day, slot)

    def set_rates(self, then: Callable[..., None], rates: BentRates) -> None:
        """Taken from the levers, not from what the world made of them."""
        levers = self.world.levers
        zones = range(len(self.world.territory.zones))
        here = {name: {z: levers.at(name, z) for z in zones} for name in _BY_ZONE}
        reached_more = {z: here["reach_rate"][z] + levers.at("reach_rate_precarious", z) for z in zones}
        values = {
            "here": dict(self.stated)
            | {
                "call_rate": {
                    z: max(0.0, self.base("call_rate", z) * (1.0 + levers.at("call_ratio", z))) for z in zones
                },
                "return_rate": {z: max(0.0, self.base("return_rate", z) + levers.at("return_rate", z)) for z in zones},
            },
            "physical_relief": levers["physical_relief"],
            "reached_precarious": reached_more,
            **{_BY_ZONE[name]: values for name, values in here.items()},
        }
        # of several levers bent at one instant only the last word counts, and it spares the reference time
        moment = len(self.events)
        while moment and self.events[moment - 1].day == self.world.today:
            kind = self.events[moment - 1].action[0]
            if kind == "rates":
                del self.events[moment - 1]
            elif kind != "target":
                break
            moment -= 1
        self._log(self.world.today, "rates", values)
        then(rates)

    def accompany(self, then: Callable[..., Any], day: int, **whom: Any) -> Any:
        followed = (whom["followed"],) if whom.get("followed") else ()
        self._log(day, "accompany", whom.get("zone"), whom["n"], whom.get("ald"), whom.get("precarious"), *followed)
        return then(day, **whom)


# --- both models --------------------------------------------------------------------------------------------------


def run_engine(
    scenario: Scenario,
    *,
    seed: int,
    replication: int,
    days: Sequence[int],
    territory: Territory | None = None,
    actors: Sequence[Actor] = (),
) -> tuple[Given, Observed]:
    """One replication, as `ess_sim.simulate` does it, and what the reference needs of it.

    ``days`` must be record days of the calendar; ``actors`` are further behaviours that act on the world.
    """
    world = build_world(scenario, seed=seed, replication=replication, territory=territory)
    given = _day0(world)
    SupplyLog(world, given)
    recorder = Recorder(world)
    world.begin(recorder.new_years())
    _begin_supply(world)
    _begin_policies(world)
    for actor in actors:
        world.begin(actor(world))
    world.begin(recorder.record())
    world.run()
    world.residents.check()
    record = recorder.finish()
    rows = [list(record.days).index(day) for day in days]
    counts = cells.view(record.counts[rows].astype(np.int64), axis=1)
    columns = {
        "lost": k.C_LOST,
        "never_declared": k.C_LOST + k.NEVER_DECLARED - k.LOST,
        "seeking": k.C_SEEKING,
        "discouraged": k.C_SEEKING + k.DISCOURAGED - k.SEEKING,
        "listed_far": k.C_FAR,
    }
    found = {name: counts[..., column] for name, column in columns.items()}
    found["without_mt"] = counts[..., k.C_SEEKING : k.C_SEEKING + k.N_STATES_WITHOUT].sum(axis=-1)
    found["adults"] = found["without_mt"] + counts[..., k.C_LISTED]
    when, key, value = record.calls.arrays()
    kind = key // record.counts.shape[1]
    calls = np.zeros((len(record.days), len(CALLERS), len(ref.OUTCOMES)), dtype=np.int64)
    names = ["registered" if name.startswith("accepted") else name for name in CALL_OUTCOMES]
    outcome = np.array([ref.OUTCOMES.index(name) for name in names])[kind // len(CALLERS)]
    np.add.at(calls, (when, kind % len(CALLERS), outcome), value)
    # the recorder numbers the owners of lists as they come, as `SupplyLog` does
    zones = given.zone_of_provider()
    assert world.owner_zone == [zones[key] for key in range(len(zones))]
    lists = [{int(owner): int(size) for owner, size, *_ in record.providers[row]} for row in rows]
    return given, Observed(found, calls.cumsum(axis=0)[rows], lists, record.events)


def run_reference(given: Given, *, seed: int, days: Sequence[int]) -> tuple[Observed, ref.ReferenceModel]:
    """The reference's answer, with its own random numbers."""
    model = ref.ReferenceModel(
        given.rules,
        start=given.start,
        minutes=given.minutes,
        persons=given.persons,
        providers=given.providers,
        entries=given.entries,
        supply=given.supply,
        seed=seed,
    )
    records = model.run(max(days), days)
    cells = {name: np.stack([getattr(r, name) for r in records]) for name in CELLS}
    calls = np.array([[[r.calls.get((c, o), 0) for o in ref.OUTCOMES] for c in ref.CALLERS] for r in records])
    return Observed(cells, calls, [r.lists for r in records], model.real_events), model


def run_pair(
    scenario: Scenario,
    replication: int,
    *,
    seed: int,
    days: Sequence[int],
    territory: Territory | None = None,
    actors: Sequence[Actor] = (),
) -> Pair:
    """One replication of both models; the reference's seed has nothing to do with the engine's."""
    given, observed = run_engine(
        scenario, seed=seed, replication=replication, days=days, territory=territory, actors=actors
    )
    return Pair(given, observed, _answer(given, 1_000_003 * (seed + 1) + replication, tuple(days)))


def _answer(given: Given, seed: int, days: tuple[int, ...]) -> Observed:
    """The reference's answer, kept in the folder REFERENCE_CACHE for later calls with the same input (`mutants.py`)."""
    folder = os.environ.get("REFERENCE_CACHE")
    if folder is None:
        return run_reference(given, seed=seed, days=days)[0]
    kept = Path(folder) / hashlib.sha256(pickle.dumps((given, seed, days))).hexdigest()
    if kept.exists():
        known: Observed = pickle.loads(kept.read_bytes())
        return known
    answer, _ = run_reference(given, seed=seed, days=days)
    kept.parent.mkdir(exist_ok=True)
    new = kept.with_suffix(f".{os.getpid()}")
    new.write_bytes(pickle.dumps(answer))
    new.replace(kept)
    return answer


def run_pairs(scenario: Scenario, replications: int, **same: Any) -> list[Pair]:
    """Replications 0, 1 and so on."""
    return [run_pair(scenario, replication, **same) for replication in range(replications)]


# --- do they agree? -----------------------------------------------------------------------------------------------


def list_sizes(pairs: Sequence[Pair], record: int) -> tuple[np.ndarray, np.ndarray]:
    """Residents on each list of day 0 (0 once it has ended), then on newcomers' lists and on centres' by zone."""
    first, zones = len(pairs[0].given.providers), len(pairs[0].given.minutes)
    out = np.zeros((2, len(pairs), first + 2 * zones))
    for r, pair in enumerate(pairs):
        zone = pair.given.zone_of_provider()
        centres = {e.action[1] for e in pair.given.supply if e.action[0] == "open" and e.action[3] == "centre"}
        for which, observed in enumerate((pair.engine, pair.reference)):
            for key, size in observed.lists[record].items():
                late = first + zones * (key in centres) + zone[key]
                out[which, r, key if key < first else late] += size
    return out[0], out[1]


def compare(
    pairs: Sequence[Pair], days: Sequence[int], *, alpha: float, families: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All tests of agreement at each date, and all cells. ``alpha``: false-alarm rate of one test.

    Shares of adults (percentage points) by zone, band, ALD, precarious and zone × band, or by other ``families`` of
    cells; adults in numbers; residents by list; calls since the start by caller and outcome.
    """
    tests: list[pd.DataFrame] = []
    cells: list[pd.DataFrame] = []

    def add(record: int, measure: str, *arrays: np.ndarray, **how: Any) -> None:
        if max(array.mean(axis=0).sum() for array in arrays) == 0:
            return
        found = agreement(*arrays, alpha=alpha, **how)
        for frame, out in ((found.frame, tests), (found.cells, cells)):
            columns = list(frame.columns)
            out.append(frame.assign(day=days[record], measure=measure)[["day", "measure", *columns]])

    for record in range(len(days)):
        both = [[getattr(pair, name) for pair in pairs] for name in ("engine", "reference")]
        values = {name: [np.stack([o.cells[name][record] for o in side]) for side in both] for name in CELLS}
        adults = (values["adults"][0], values["adults"][1])
        add(record, "adults", *adults, families=families)
        for name in SHARES:
            add(record, name, *values[name], denominators=adults, families=families)
        add(record, "lists", *list_sizes(pairs, record), families=LIST_FAMILIES)
        calls = [np.stack([o.calls[record] for o in side]) for side in both]
        add(record, "calls", *calls, families=CALL_FAMILIES)
    return pd.concat(tests, ignore_index=True), pd.concat(cells, ignore_index=True)


def detectable(cells: pd.DataFrame, replications: int, alpha: float, power: float = 0.9) -> pd.Series:
    """Deviation of each row of ``cells`` that its family's max |t| test finds with probability ``power``, about."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    family = ["day", "measure", "family"]
    number = cells.groupby(family)["cell"].transform("count")
    critical = -stdtrit(replications - 1, alpha / (2 * number))
    return pd.Series((critical + stdtrit(replications - 1, power)) * cells["se"])


def describe(tests: pd.DataFrame, cells: pd.DataFrame) -> str:
    """What an assertion prints."""
    worst = cells.assign(size=cells.t.abs()).nlargest(12, "size").drop(columns="size")
    rejected = tests[tests.rejected]
    return f"{len(rejected)} of {len(tests)} tests reject:\n{rejected.to_string()}\nlargest |t|:\n{worst.to_string()}"


def supply_of(pair: Pair) -> Mapping[str, int]:
    """How often each kind of supply event occurs."""
    return Counter(event.action[0] for event in pair.given.supply)
