"""Small random records whose accounts add up, for tests of whatever reads tables."""

from __future__ import annotations

import os
from collections.abc import Generator
from datetime import date
from typing import Any, ClassVar

import numpy as np

from ess_sim.clock import Phase
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy
from ess_sim.model.world.events import At
from ess_sim.model.world.world import World
from ess_sim.results.run import Run
from ess_sim.results.tables.distributions import N_BINS
from ess_sim.results.tables.names import AGE_BANDS, CALL_OUTCOMES, CALLERS, CAUSES, COUNTS, POOLS
from ess_sim.results.tables.record import Entry, Fact, Record, Sparse, Stint

ZONES = ("53130", "53201")
N_CELLS = len(ZONES) * len(AGE_BANDS) * 4


def make_scenario(name: str = "base", *, years: int = 1, **changes: object) -> Scenario:
    fields = {
        "name": name,
        "start": date(2020, 1, 15),
        "horizon_years": years,
        "territory": {"communes": list(ZONES)},
    }
    return Scenario.model_validate(fields | changes)


def make_record(scenario: Scenario, seed: int = 0, shift: float = 0.0) -> Record:
    """A record in which Δ(without MT) = Σ flows, by cell and pool; ``shift`` registers residents after six months."""
    rng = np.random.default_rng(seed)
    days = np.array(scenario.calendar.record_days, dtype=np.int64)
    counts = np.zeros((len(days), N_CELLS, len(COUNTS)), dtype=np.int32)
    adults = rng.integers(50, 200, N_CELLS)
    lost = rng.binomial(adults, 0.1)
    never = rng.binomial(adults - lost, 0.05)
    flows, calls, spread = Sparse(), Sparse(), Sparse()
    for t in range(len(days)):
        if t:
            released = rng.binomial(adults - lost - never, 0.01)
            registered = rng.binomial(lost, 0.05 + (shift if t > 6 else 0.0))
            arrived = rng.binomial(never, 0.02)
            lost = lost + released - registered
            never = never - arrived
            for cause, pool, change in (
                ("released_cessation", "lost", released),
                ("registered_liberal", "lost", -registered),
                ("registered_centre", "never_declared", -arrived),
            ):
                key = (CAUSES.index(cause) * len(POOLS) + POOLS.index(pool)) * N_CELLS + np.arange(
                    N_CELLS, dtype=np.int32
                )
                some = np.flatnonzero(change)
                flows.add(t, key[some], change[some].astype(np.int32))
            for outcome, n in (("accepted", registered), ("closed", registered * 2), ("suppressed", arrived)):
                key = (CALL_OUTCOMES.index(outcome) * len(CALLERS)) * N_CELLS + np.arange(N_CELLS, dtype=np.int32)
                some = np.flatnonzero(n)
                calls.add(t, key[some], n[some].astype(np.int32))
        without = lost + never
        seeking = without // 2
        discouraged = (without - seeking) // 3
        listed = adults - without
        far = listed // 10
        counted = {
            "listed": listed,
            "listed_far": far,
            "seeking": seeking,
            "discouraged": discouraged,
            "not_seeking": without - seeking - discouraged,
            "lost": lost,
            "never_declared": never,
            "listed_reachable": listed - far,
            "minutes": (listed - far) * 75,
        }
        counts[t] = np.stack(
            [counted[name] for name in COUNTS],
            axis=1,
        )
        reachable = counted["listed_reachable"].reshape(len(ZONES), -1).sum(axis=1)
        spread.add(t, np.arange(len(ZONES), dtype=np.int32) * N_BINS + 8, reachable)
    spells = np.zeros((2, 241), dtype=np.int32)
    spells[0, :12] = rng.integers(0, 9, 12)
    spells[1, 240] = 1
    gone = len(days) // 2
    providers = []
    for t in range(len(days)):
        rows = [[0, 900, 1000, 1.0, 0.4 + shift], [1, 1200, 1000, 1.0, 0.0], [2, 100, 300, 1.0, 0.9]]
        providers.append(np.array(rows[1:] if t >= gone else rows, dtype=np.float64))
    return Record(
        days=days,
        counts=counts,
        flows=flows,
        calls=calls,
        spells=spells,
        providers=providers,
        owners=["gp-2", "gp-10", "centre-a"],
        owner_zone=[0, 1, 0],
        owner_centre=[False, False, True],
        facts=[
            Fact(3, "announced", "gp-2", 0, value=180.0),
            Fact(int(days[gone]), "ceased", "gp-2", 0, other="gp-10", residents=900, detail="half notice"),
            Fact(int(days[-1]), "solidarity", "fund", -1),
        ],
        entries=[
            Entry(40, "centre-a", 0, "fees", "insurer", 123_456),
            Entry(40, "centre-a", 0, "salaries", "", -100_001),
            Entry(70, "fund", -1, "grant", "agency", 5_000_00),
        ],
        stints=[
            Stint("gp-2", "liberal", 0, 1.0, 1955, False, -3000, int(days[gone])),
            Stint("gp-10", "liberal", 1, 0.8, 1975, True, -3000),
            Stint("intern-1", "intern", 0, 1.0, 1993, True, 107),
        ],
        distributions=spread,
        assumed=("the number of retired GPs",),
    )


def make_run(name: str = "base", replication: int = 0, *, shift: float = 0.0, years: int = 1, **changes: object) -> Run:
    scenario = make_scenario(name, years=years, **changes)
    record = make_record(scenario, seed=1000 + replication, shift=shift)
    parameters = [
        {
            "name": "informed_share",
            "value": 0.5,
            "grade": "D",
            "read": True,
            "overridden": False,
            "source": "assumption",
        },
        {"name": "call_rate", "value": 6.0, "grade": "B", "read": True, "overridden": False, "source": "a study"},
        {"name": "other", "value": 1.0, "grade": "D", "read": False, "overridden": False, "source": "assumption"},
    ]
    return Run(scenario=scenario, seed=1, replication=replication, zones=ZONES, parameters=parameters, record=record)


class Crash(Policy):
    """In replication 0, ends the process without a word, as a machine does that runs out of memory."""

    kind: ClassVar[str] = "records:Crash"

    def act(self, world: World) -> Generator[At, Any, None]:
        if world.streams.replication == 0:
            os._exit(3)
        yield world.at(world.today, Phase.POLICY, "crash")


class Stumble(Policy):
    """Fails in the middle of a run, with an exception that cannot be pickled."""

    kind: ClassVar[str] = "records:Stumble"

    def act(self, world: World) -> Generator[At, Any, None]:
        yield world.at(30, Phase.POLICY, "stumble")
        error = RuntimeError("stumbled")
        error.world = lambda: world  # type: ignore[attr-defined]
        raise error
