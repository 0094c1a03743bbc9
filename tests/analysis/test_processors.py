"""What is computed from runs has the same bytes on every processor, as the runs themselves have (see `test_golden`)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from processors import OLD_PROCESSOR, features
from records import make_run
from test_coverage import Studies

from ess_sim.analysis.accounts.accessibility import apl, mean_apl
from ess_sim.analysis.accounts.public_cost import costs
from ess_sim.analysis.calibration import inference
from ess_sim.analysis.calibration.diagnostics import diagnose
from ess_sim.analysis.calibration.emulator import Emulator, fit_emulator
from ess_sim.analysis.calibration.inference import Observed, infer
from ess_sim.analysis.studies.indices import morris, sobol
from ess_sim.analysis.worth.gains import gain_of
from ess_sim.inputs.catalogue.parameters import Parameter
from ess_sim.model.run.prepare import prepare
from ess_sim.results.indicators.supply import months_without_mt
from ess_sim.results.results import Results
from ess_sim.results.statistics.intervals import bootstrap_interval, mean_region, ratio_interval
from ess_sim.results.statistics.selection import kim_nelson
from ess_sim.results.tables.names import PAYERS
from ess_sim.results.tables.record import Entry, Stint
from validation.gp_projection import assumed, pyramid

Floats = NDArray[np.float64]


def given(*shape: int, seed: int = 1) -> Floats:
    """Values without a pattern, from multiplications and additions of whole numbers alone."""
    return np.random.default_rng(seed).random(shape)


# --- what is computed: each gives tables, arrays and numbers --------------------------------------------------------


def comparison() -> list[Any]:
    base = 0.1 + 0.1 * given(40, 12)
    other = base - 0.02 * given(40, 12, seed=2) * given(40, 12, seed=3)
    return [Studies(base=base, other=other).compared()]


def statistics() -> list[Any]:
    x, y = given(30, seed=4), 3.0 + given(30, seed=5)
    skewed = given(200, 15, seed=6) * given(200, 15, seed=7)
    return [bootstrap_interval(skewed), mean_region(x, y), *(ratio_interval(x[i:], y[i:]) for i in range(20))]


def selection() -> list[Any]:
    chance = given(200, 4, seed=8) * given(200, 1, seed=9)

    def sample(systems: tuple[int, ...], replications: range) -> Floats:
        return np.array([[chance[r, s] + 0.02 * s for r in replications] for s in systems])

    return [kim_nelson(sample, 4, indifference=0.02 + 0.001 * i, first=5 + i, maximum=200) for i in range(20)]


def spent() -> list[Any]:
    """Many small bookings, so that few of a discount's last bits are lost in the sums."""
    runs = []
    for name, share in (("base", 0.5), ("smp", 0.6)):
        for r in range(6):
            run = make_run(name, r, shift=0.03 if name == "smp" else 0.0, parameters={"informed_share": share}, years=2)
            days = (700 * given(40, seed=10 + r)).astype(int).tolist()
            cents = (1e6 * given(40, seed=20 + r) * share).astype(int).tolist()
            run.record.entries = [
                Entry(day, "fund", -1, "grant", PAYERS[i % 6], sum_)
                for i, (day, sum_) in enumerate(zip(days, cents, strict=True))
            ]
            runs.append(run)
    found = costs(Results(runs), baseline="base", discount=(0.025, 0.045))
    return [found.table, found.pairs]


def accessibility() -> list[Any]:
    run = make_run()
    run.record.stints = [Stint(f"gp-{i}", "liberal", i % 2, float(x), 1970, True, -9) for i, x in enumerate(given(9))]
    table = apl(run, prepare(run.scenario), run.snapshots["date"].unique())
    return [table, mean_apl(table), months_without_mt(run.spells), pyramid(assumed())]


def surfaces() -> list[Any]:
    """With fewer terms than points, and with more."""
    out: list[Any] = []
    for points, inputs in ((60, 3), (25, 8)):
        x = 2.0 * given(points, inputs, seed=11) - 1.0
        y = np.column_stack([x[:, 0] * x[:, 1] + x[:, 2], 1.0 / (3.0 + x[:, 0] + x[:, 1])])
        emulator = fit_emulator(x, y + 0.1 * given(*y.shape, seed=12), np.array([1e-3, 1e-3]))
        out += [*parts(emulator), emulator.predict(x)]
    return out


def parts(emulator: Emulator) -> list[Any]:
    return [getattr(emulator, f.name) for f in fields(emulator)]


def simulator(values: Sequence[Mapping[str, float]], numbers: NDArray[np.int64]) -> Floats:
    means = np.array([[v["a"] + v["b"], v["a"] * v["b"], v["c"] / (1.0 + v["a"])] for v in values])
    shared = given(1000, 3, seed=13)[numbers]
    own = given(*numbers.shape, 3, seed=len(values))
    out: Floats = means[:, None] + 0.1 * shared + 0.02 * own
    return out


def fit() -> list[Any]:
    """With an eighth of the particles, each of which would do: none is computed unlike the others."""
    inference.PARTICLES = 500
    parameters = [Parameter(name, 0.5, 0.0, 1.0, "share", "D", "made up", "made up") for name in "abc"]
    observed = [Observed("sum", 1.2, 0.05), Observed("product", 0.35, 0.03), Observed("part", 0.4, 0.05)]
    found = infer(parameters, observed, simulator, simulations=40, draws=40, chance=True)
    fitted = diagnose(found)
    inside = [found.simulated.ranks, found.simulated.results, found.particles, found.weights, found.kept, found.effects]
    return [*parts(found.emulator), *inside, *(getattr(fitted, f.name) for f in fields(fitted))]


def assumptions() -> list[Any]:
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0], [0.1, 0.7], [0.2, 0.9]]}

    def evaluate(runs: list[dict[str, float]]) -> list[float]:
        return [run["a"] + run["a"] * run["b"] + run["c"] * run["c"] for run in runs]

    return [
        morris(evaluate, problem, trajectories=10, seed=1),
        sobol(evaluate, problem, n=64, seed=1, second_order=True),
    ]


def information() -> list[Any]:
    x = given(60, 14, seed=60)
    runs = 0.3 * given(60, 2, 3, seed=61)
    runs[:, :, 1] += x[:, None, 0] - 0.5
    runs[:, :, 2] += x[:, None, 1] * x[:, None, 2] - 0.3
    sets = [(x, True), (x[:, :1], False), (x[:, 1:4], False), (x[:, 5:6], False)]
    return [gain_of(runs, c, copies=40, shuffles=99, seed=1, everything=every) for c, every in sets]


COMPUTED: tuple[Callable[[], list[Any]], ...] = (
    *(comparison, statistics, selection, spent, accessibility, surfaces, fit, assumptions, information),
)


# --- the same bytes -------------------------------------------------------------------------------------------------


def exact(value: Any) -> str:
    """A value with all the digits of its floats."""
    if isinstance(value, pd.DataFrame):
        return value.to_csv()
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def digests() -> dict[str, str]:
    """What each computation gives, in short."""
    return {f.__name__: hashlib.sha256("\n".join(map(exact, f())).encode()).hexdigest() for f in COMPUTED}


def test_an_old_processor_computes_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__))],
        env=os.environ | OLD_PROCESSOR | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    other = json.loads(done.stdout)
    assert not other.pop("features"), "numpy still uses the instructions that this test switches off"
    assert {name for name, digest in digests().items() if other[name] != digest} == set()


if __name__ == "__main__":
    print(json.dumps(digests() | {"features": features()}))
