"""One small rule set, written plainly for three libraries: how much a resident's year costs in each.

    python benchmarks/toy.py simpy|mesa|starsim [--residents 10000] [--years 5] [--seed 1]

RESIDENTS_PER_GP residents for each GP, whose list has LIMIT places; all begin with a place on the list of their number
modulo the GPs. Each month first every listed resident loses her GP with chance LOSS. Then the residents without GP, in
an order drawn anew, each with chance CALL call one GP drawn at random, who accepts as long as her list has a place. The
answer is the share of residents without GP, the mean of the last year's months.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from time import process_time
from typing import Any

import numpy as np

RESIDENTS_PER_GP, LIMIT, NOBODY = 1000, 920, -1
LOSS, CALL = 0.02, 0.2


def in_simpy(residents: int, months: int, seed: int) -> list[float]:
    """A process for each resident. Calls come at a random moment of the month's second half."""
    import random

    import simpy

    env, rng = simpy.Environment(), random.Random(seed)
    gps = residents // RESIDENTS_PER_GP
    mine = [i % gps if i // gps < LIMIT else NOBODY for i in range(residents)]
    lists = [mine.count(gp) for gp in range(gps)]
    shares: list[float] = []

    def resident(i: int) -> Any:
        for month in range(months):
            if mine[i] != NOBODY and rng.random() < LOSS:
                lists[mine[i]] -= 1
                mine[i] = NOBODY
            yield env.timeout(0.25 + 0.5 * rng.random())
            if mine[i] == NOBODY and rng.random() < CALL:
                gp = rng.randrange(gps)
                if lists[gp] < LIMIT:
                    lists[gp] += 1
                    mine[i] = gp
            yield env.timeout(month + 1 - env.now)

    def count() -> Any:
        for _ in range(months):
            yield env.timeout(0.9 if not shares else 1)
            shares.append(mine.count(NOBODY) / residents)

    for i in range(residents):
        env.process(resident(i))
    env.process(count())
    env.run()
    return shares


def in_mesa(residents: int, months: int, seed: int) -> list[float]:
    """An agent for each resident, two stages a step."""
    import mesa

    gps = residents // RESIDENTS_PER_GP

    class Resident(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Any, gp: int) -> None:
            super().__init__(model)
            self.gp = gp

        def lose(self) -> None:
            if self.gp != NOBODY and self.random.random() < LOSS:
                self.model.lists[self.gp] -= 1
                self.gp = NOBODY

        def call(self) -> None:
            if self.gp == NOBODY and self.random.random() < CALL:
                gp = self.random.randrange(gps)
                if self.model.lists[gp] < LIMIT:
                    self.model.lists[gp] += 1
                    self.gp = gp

    model = mesa.Model(seed=seed)
    model.lists = [0] * gps
    for i in range(residents):
        gp = i % gps if i // gps < LIMIT else NOBODY
        Resident(model, gp)
        if gp != NOBODY:
            model.lists[gp] += 1
    shares = []
    for _ in range(months):
        model.agents.do("lose")
        model.agents.shuffle_do("call")
        shares.append(1 - sum(model.lists) / residents)
    return shares


def in_starsim(residents: int, months: int, seed: int) -> list[float]:
    """Arrays of a module, one step a month."""
    import starsim as ss

    gps = residents // RESIDENTS_PER_GP
    rng = np.random.default_rng(seed)
    shares: list[float] = []

    class Registered(ss.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.define_states(ss.FloatArr("gp", default=NOBODY))

        def init_post(self) -> None:
            super().init_post()
            number = np.arange(residents)
            self.gp[:] = np.where(number // gps < LIMIT, number % gps, NOBODY)

        def step(self) -> None:
            gp = np.asarray(self.gp.values).astype(np.int64)
            gp[(gp != NOBODY) & (rng.random(residents) < LOSS)] = NOBODY
            callers = rng.permutation(np.flatnonzero((gp == NOBODY) & (rng.random(residents) < CALL)))
            called = rng.integers(gps, size=len(callers))
            free = LIMIT - np.bincount(gp[gp != NOBODY], minlength=gps)
            for one in range(gps):
                first = callers[called == one][: free[one]]
                gp[first] = one
            self.gp[:] = gp
            shares.append(float(np.mean(gp == NOBODY)))

    sim = ss.Sim(n_agents=residents, modules=Registered(), start=1, stop=months, dt=1, verbose=0)
    sim.run()
    return shares


KNOWN = {"simpy": in_simpy, "mesa": in_mesa, "starsim": in_starsim}


def main() -> None:
    """Prints what one run took as JSON; ``{"missing": …}`` where the library cannot be imported."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=KNOWN)
    parser.add_argument("--residents", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    try:
        __import__(given.library)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        sys.exit()
    begin = process_time()
    shares = KNOWN[given.library](given.residents, 12 * given.years, given.seed)
    spent = process_time() - begin
    assert len(shares) == 12 * given.years, f"{len(shares)} months"
    print(
        json.dumps(
            {
                "version": version(given.library),
                "share": sum(shares[-12:]) / 12,
                "cpu_s": spent,
                "us_per_resident_year": 1e6 * spent / given.residents / given.years,
            }
        )
    )


if __name__ == "__main__":
    main()
