"""Small territories, scenarios and populations, made by hand or drawn at random, and policies that only look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ess_sim.clock import Calendar, Phase, add_years
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.blocks import GpBlock, RatesBlock, WithoutMtBlock
from ess_sim.inputs.scenario.centre_spec import FORMS, CentreSpec, Interns, Posts, RetiredGps, SalariedGps
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario, Supply
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.territory.ages import AGES
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model import kernel as k
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.recruit_retired_gps import RecruitRetiredGps
from ess_sim.model.policies.smp import Smp
from ess_sim.model.residents.day0 import Start
from ess_sim.model.residents.practice import Practice
from ess_sim.model.residents.quantities import rates_by_zone
from ess_sim.model.residents.rates import Hazards
from ess_sim.model.residents.residents import Residents
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.levers import Levers
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.results.storage.digest import table_digest
from ess_sim.results.tables.record import Sparse
from ess_sim.results.tables.schema import SCHEMAS
from ess_sim.streams import Streams

NONE: Mapping[str, Any] = {"source": "none", "grade": "D"}
FROM_POLICIES = frozenset().union(*(kind.reads() for kind in (HostInterns, RecruitRetiredGps, Smp)))
"""Parameters that only some policies read."""

# --- territories -----------------------------------------------------------------------------------------------------


def make_territory(
    people: Mapping[str, Mapping[int, int]], *, km: float = 5.0, minutes: Any = None, cutoff_minutes: float = 30.0
) -> Territory:
    """Zones in a row, ``km`` apart, with residents by age; or with a travel matrix of one's own."""
    zones = sorted(people)
    population = np.zeros((len(zones), AGES), dtype=np.int64)
    for z, zone in enumerate(zones):
        for age, n in people[zone].items():
            population[z, age] = n
    edges = None
    if minutes is not None:
        origins, destinations = np.nonzero(np.ones((len(zones), len(zones))))
        edges = origins, destinations, np.asarray(minutes, dtype=float)[origins, destinations]
    return Territory(
        name="somewhere",
        zones=tuple(zones),
        zone_names=tuple(zones),
        departements=("53",) * len(zones),
        population=population,
        area_km2=np.full(len(zones), 4.0),
        longitude=np.arange(len(zones), dtype=np.float64) * km / 74.6,
        latitude=np.full(len(zones), 48.0),
        notes=(),
        cutoff_minutes=cutoff_minutes,
        edges=edges,
    )


def town(adults: int = 1200) -> dict[int, int]:
    """Residents by age of a place with this many adults or so."""
    each = adults // 12
    return dict.fromkeys((8, 14, 16, 19, 24, 28, 33, 39, 44, 50, 57, 63, 68, 74, 82), each)


def csv_text(people: Mapping[str, Mapping[int, int]], order: Sequence[int] | None = None) -> str:
    """A population file, its rows in the given order."""
    rows = [f"{z},{z},{0.05 * i},48,4,{a},{n}" for i, z in enumerate(people) for a, n in people[z].items()]
    rows = [rows[i] for i in order] if order is not None else rows
    return "\n".join(["zone,name,lon,lat,area_km2,age,count", *rows]) + "\n"


def scenario_of(
    territory: TerritorySpec | Path | None = None, *, gps: int = 3, years: int = 3, **changes: Any
) -> Scenario:
    """A scenario with a few GPs; the territory may be handed to `simulate` instead."""
    if isinstance(territory, Path):
        territory = TerritorySpec(csv=str(territory))
    supply: dict[str, Any] = {
        "list_holding_gps": [GpBlock(zones="remainder", count=gps, **NONE)],
        "first_installations": Rate(per_year=0.5, **NONE),
        "interns_per_semester": Count(count=1, **NONE),
        "retired_pool": Count(count=6, **NONE),
        "departement_list_holders": Count(count=max(60, gps), **NONE),
    }
    fields: dict[str, Any] = {
        "name": "test",
        "start": date(2020, 3, 1),
        "horizon_years": years,
        "territory": territory or TerritorySpec(communes=("53034", "53054")),
        "supply": Supply(**(supply | changes.pop("supply", {}))),
    }
    return Scenario(**(fields | changes))


def room(part: float) -> dict[str, float]:
    """Parameters with which every GP of day 0 has room for this part of her list, and no list is still filling."""
    # at this shape GPs differ by 3 %
    alike = {"capacity_elasticity": 1.0, "custom_elasticity": 1.0, "filling_years": 0.0, "list_gamma_shape": 1e3}
    return alike | {"list_fill": 1.0 / (1.0 + part)}


FULL: Mapping[str, float] = room(-0.1) | {"stretch_per_year": 0.0}
"""Parameters with which every GP of day 0 holds more residents than she would."""


def without_mt(share: float | None = None, count: int | None = None, never: float = 0.5) -> ResidentsStart:
    """The same start everywhere."""
    block = WithoutMtBlock(zones="remainder", share=share, count=count, never_declared_part=never, **NONE)
    return ResidentsStart(without_mt=(block,))


# --- policies that look, and do nothing ------------------------------------------------------------------------------


class Audit(Policy):
    """Recounts everybody every so many days."""

    kind: ClassVar[str] = "strategies:Audit"

    every: int = 97

    def act(self, world: World) -> Behaviour:
        """Looks, and looks again."""
        while True:
            residents = world.residents
            residents.advance(world.today)
            residents.check()
            res = residents.people()
            listed = res[:, k.STATE] == k.LISTED
            lists = sum(residents.list_size(gp.slot) for gp in world.gps.values())
            # the slot of a centre that has closed may be another's
            lists += sum(residents.list_size(slot) for c in world.centres.values() if not c.closed for slot in c.slots)
            assert lists == (listed & (res[:, k.PROVIDER] >= 0)).sum()
            assert listed.sum() - lists == (listed & (res[:, k.PROVIDER] == k.OUTSIDE)).sum()
            yield world.at(world.today + self.every, Phase.LEDGER, "audit")


class Idle(Policy):
    """Wakes every day and bends every lever by nothing, across the night."""

    kind: ClassVar[str] = "strategies:Idle"

    def act(self, world: World) -> Behaviour:
        """Wakes up for nothing."""
        while True:
            with world.levers.bend(zone=None, actor="", **dict.fromkeys(Levers.NAMES, 0.0)):
                yield world.at(world.today + 1, Phase.POLICY, "idle")


class Bend(Policy):
    """Bends one lever from ``starts`` on, until ``ends``."""

    kind: ClassVar[str] = "strategies:Bend"

    starts: date | None = None
    lever: str
    by: float
    ends: date | None = None

    def act(self, world: World) -> Behaviour:
        """Bends it."""
        last = self.last_day_of_run(world.calendar)
        with world.levers.bend(zone=None, actor="", **{self.lever: self.by}):
            yield world.at(last, Phase.POLICY, f"bend-{self.lever}")


# --- what a run left -------------------------------------------------------------------------------------------------


def digests(run: Run) -> dict[str, str]:
    """Digest of every table."""
    return {name: table_digest(run.table(name)) for name in SCHEMAS}


def dense(sparse: Sparse, records: int, keys: int) -> NDArray[np.int64]:
    """Sparse counts as an array, shape (records, keys)."""
    out = np.zeros((records, keys), dtype=np.int64)
    when, key, value = sparse.arrays()
    np.add.at(out, (when, key), value)
    return out


def events(run: Run, *names: str) -> Any:
    """Facts of these kinds, in order."""
    return run.facts[run.facts["event"].isin(names)]


# --- residents alone -------------------------------------------------------------------------------------------------

_STILL = {
    "call_rate_per_year", "far_call_rate_per_year", "give_up_rate_per_year", "informed_share",
    "need_rate_lost_per_year", "need_rate_per_year", "outside_release_rate_per_year", "precarious_share",
    "relatives_accepted_share", "return_rate_per_year", "voluntary_change_rate_per_year",
}  # fmt: skip


def still(**changes: float) -> dict[str, float]:
    """Parameters with which nothing happens by itself, but for ``changes``."""
    values = dict(Parameters()) | dict.fromkeys(_STILL, 0.0)
    values |= {name: 1.0 for name in values if name.endswith("_call_multiplier")}
    assert set(changes) <= set(values)
    return values | changes


def no_hazards(**rates: float) -> Hazards:
    """Yearly rates that are the same at all ages, 0 but for ``rates``."""
    names = ("death", "move_out", "move_within", "ald_onset", "ald_prevalence")
    return Hazards(**{n: np.full(k.MAX_AGE + 1, rates.get(n, 0.0)) for n in names})


def crowd(n: int, state: Any = k.SEEKING, *, zones: int = 1, **columns: Any) -> Start:
    """Residents alike, of 40, in zone 0 and without long-term illness, but for ``columns``."""
    pool = np.where(np.asarray(state) == k.LISTED, k.NO_POOL, k.NEVER_DECLARED)
    plain = {"zone": 0, "birth": 1980, "ald": 0, "precarious": 0, "state": state, "pool": pool, "origin": k.NO_ORIGIN}
    values: dict[str, Any] = {}
    values |= {name: np.broadcast_to(columns.get(name, v), n).astype(np.int64) for name, v in plain.items()}
    values |= {name: values[name].astype(bool) for name in ("ald", "precarious")}
    by_age = np.bincount(np.clip(2020 - values["birth"], 0, k.MAX_AGE), minlength=k.MAX_AGE + 1)
    return Start(
        **values,
        outside=np.broadcast_to(columns.get("outside", False), n).copy(),
        adults=np.bincount(values["zone"], minlength=zones),
        adults_by_age=by_age,
        precarious_share=np.full(zones, columns.get("precarious_share", 0.0)),
        entry_time=np.asarray(columns.get("entry_time", np.zeros(0))),
        entry_zone=np.asarray(columns.get("entry_zone", np.zeros(0, dtype=int))),
        assumed=(),
    )


def population(
    day0: Start,
    practices: Sequence[Practice] = (),
    on_list_of: Any = -1,
    *,
    p: Mapping[str, float] | None = None,
    rates: Hazards | None = None,
    blocks: Sequence[RatesBlock] = (),
    minutes: Any = ((5.0,),),
    seed: int = 1,
    replication: int = 0,
) -> Residents:
    """Residents on their own from 1 January 2020: no actors, nothing that the arguments do not say."""
    zones = len(minutes)
    territory = make_territory({f"Z{z:03d}": {40: 1} for z in range(zones)}, minutes=minutes)
    p = p or still()
    return Residents(
        territory,
        Calendar(date(2020, 1, 1), 30),
        p,
        rates or no_hazards(),
        rates_by_zone(blocks, territory.zones, p),
        day0,
        practices,
        np.broadcast_to(on_list_of, len(day0.zone)).astype(np.int64),
        Streams(seed, replication),
    )


def totals(residents: Residents) -> dict[str, int]:
    """Counts of all residents together."""
    names = ("listed", "far", "seeking", "discouraged", "not_seeking", "lost", "never")
    sums = residents.counts.sum(axis=0)
    return dict(zip(names, sums[:7].tolist(), strict=True))


def calls_by_outcome(residents: Residents) -> NDArray[np.int64]:
    """Calls since the last harvest, shape (outcomes, callers)."""
    flows, calls = Sparse(), Sparse()
    residents.harvest(0, flows, calls)
    cells = len(residents.counts)
    counts = dense(calls, 1, k.N_OUTCOMES * k.N_CALLERS * cells).reshape(k.N_OUTCOMES, k.N_CALLERS, cells)
    return np.asarray(counts.sum(axis=2), np.int64)


def near(observed: float, expected: float, sd: float, *, widths: float = 4.5) -> bool:
    """Whether a random number with a fixed seed lies where it should (4.5 standard deviations: 7 in a million)."""
    return abs(observed - expected) <= widths * sd


# --- Hypothesis ------------------------------------------------------------------------------------------------------

codes = st.text("ABCDEFGHIJ0123456789", min_size=1, max_size=4)
ages = st.dictionaries(
    st.sampled_from([0, 10, 15, 16, 17, 18, 25, 29, 30, 44, 59, 60, 74, 75, 90, 105]), st.integers(0, 60)
)


@st.composite
def territories(draw: st.DrawFn) -> Territory:
    """One to four places with few residents or none, near one another or beyond reach."""
    people = draw(st.dictionaries(codes, ages, min_size=1, max_size=4))
    first = next(iter(people))
    people[first] = people[first] | {40: draw(st.integers(1, 80))}
    cutoff = draw(st.sampled_from([5.0, 15.0, 30.0]))
    return make_territory(people, km=draw(st.sampled_from([0.0, 4.0, 12.0, 40.0])), cutoff_minutes=cutoff)


@st.composite
def overrides(draw: st.DrawFn) -> dict[str, float]:
    """Some parameters, anywhere within their defensible ranges."""
    known = catalogue()
    names = draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=12))
    return {n: draw(st.floats(known[n].low, known[n].high, allow_subnormal=False)) for n in names}


@st.composite
def policies(draw: st.DrawFn, zone: st.SearchStrategy[str], start: date, years: int) -> Policy:
    """One of the package's policies."""
    days = (add_years(start, years) - start).days
    first, last = sorted(draw(st.lists(st.integers(0, days), min_size=2, max_size=2)))
    opens, closes = start + timedelta(first), start + timedelta(last)
    ending = draw(st.sampled_from([closes, None])) if first < last else None
    kind = draw(st.sampled_from(["smp", "recruit", "host", "centre"]))
    if kind == "host":
        return HostInterns(starts=opens, ends=ending, zone=draw(zone), per_semester=draw(st.integers(1, 3)))
    fte = draw(st.sampled_from([0.2, 0.5, 1.0]))
    if kind == "recruit":
        return RecruitRetiredGps(
            opens=opens, closes=ending, zone=draw(zone), count=draw(st.integers(1, 5)), fte_each=fte
        )
    retired = RetiredGps(count=draw(st.integers(0, 6)), fte_each=fte, list=draw(st.booleans()))
    interns = Interns(per_semester=draw(st.integers(0, 3)), list=draw(st.booleans()))
    if kind == "centre":
        salaried = SalariedGps(count=draw(st.integers(0, 4)), fte_each=fte)
        posts = Posts(salaried_gps=salaried, retired_gps=retired, interns=interns, medical_assistants=fte)
        spec = CentreSpec(form=draw(st.sampled_from(FORMS)), zone=draw(zone), posts=posts)
        return OpenCentre(opens=opens, closes=ending, centre=spec)
    possible = [None, opens, closes] if ending is None else [None, *([opens] if opens < ending else [])]
    return Smp(
        opens=opens,
        closes=ending,
        zone=draw(zone),
        retired_gps=retired,
        interns=interns,
        assistant_from=draw(st.sampled_from(possible)),
        only_without_mt=draw(st.booleans()),
    )


@st.composite
def worlds(draw: st.DrawFn, *, years: int = 4) -> tuple[Scenario, Territory]:
    """A scenario and its territory, small, and odd in every way that is allowed."""
    territory = draw(territories())
    horizon = draw(st.integers(1, years))
    start = draw(st.dates(date(2015, 1, 1), date(2034, 12, 31)))
    zone = st.sampled_from(territory.zones)
    counts = st.integers(0, 4)
    populated = [z for z, n in zip(territory.zones, territory.adults, strict=True) if n]
    block = draw(st.sampled_from([["remainder"], ["remainder"], populated[:1]]))
    supply = {
        "list_holding_gps": [
            GpBlock(zones="remainder" if b == "remainder" else (b,), count=draw(counts), **NONE) for b in block
        ],
        "first_installations": draw(st.sampled_from([None, Rate(per_year=0.0, **NONE), Rate(per_year=2.0, **NONE)])),
        "interns_per_semester": draw(st.sampled_from([None, Count(count=0, **NONE), Count(count=2, **NONE)])),
        "retired_pool": draw(st.sampled_from([None, Count(count=0, **NONE), Count(count=8, **NONE)])),
        "departement_list_holders": draw(st.sampled_from([None, Count(count=80, **NONE)])),
    }
    residents = ResidentsStart()
    if draw(st.booleans()):
        share, never = draw(st.sampled_from([0.0, 0.15, 1.0])), draw(st.sampled_from([0.0, 0.4, 1.0]))
        residents = without_mt(share, never=never)
    scenario = scenario_of(
        years=horizon,
        start=start,
        supply=supply,
        residents=residents,
        policies=draw(st.lists(policies(zone, start, horizon), max_size=3)),
        parameters=draw(overrides()),
    )
    unread = {name for name, _ in unreadable_parameters(scenario)}
    start_gps(scenario, territory, read := Parameters(scenario.parameters))
    unread |= {"list_holders_per_100000"} - read.read
    kept = {name: v for name, v in scenario.parameters.items() if name not in unread}
    return scenario.with_(parameters=kept), territory
