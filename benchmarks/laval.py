"""What `performance.py` measures of Laval: seconds of a run beside the naive reference, and part by part.

Engine and reference take turns, so that a slow moment of the machine falls on both. The reference does less than the
engine (residents only, with the supply of the engine's run: no actors, one record), so that ratios are on the low side.
"""

from __future__ import annotations

import functools
import gc
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

HERE = Path(__file__).resolve()
ROOT = HERE.parents[1]
SEED = 1


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Wall-clock seconds, result."""
    begin = perf_counter()
    result = function()
    return perf_counter() - begin, result


def clocked(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall-clock seconds, processor seconds, result."""
    begin = process_time()
    seconds, result = timed(function)
    return seconds, process_time() - begin, result


def peak_memory_mb() -> float:
    """Of this process since it began; `getrusage` would count what its parent held when it began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def baseline(years: int) -> Any:
    """Laval's baseline without the communes around it, of which the reference knows nothing."""
    from ess_sim.inputs.catalogue.bundled import scenarios_dir
    from ess_sim.model.run.read import read_scenario

    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    closed = scenario.territory.model_copy(update={"halo_minutes": None})
    return scenario.with_(horizon_years=years, territory=closed)


# --- against the reference ----------------------------------------------------------------------------------------


def against_reference(years: int, pairs: int, engine_runs: int) -> dict[str, Any]:
    """Laval's baseline: seconds of `simulate` and of the reference, in turns."""
    sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests")]
    from paired import run_engine, run_reference

    from ess_sim.model.run.simulation import simulate

    scenario = baseline(years)
    horizon = scenario.calendar.horizon
    simulate(scenario, seed=SEED)  # loads what is compiled, builds the territory
    out = []
    for replication in range(pairs):
        one = functools.partial(simulate, scenario, seed=SEED, replication=replication)
        engine = [clocked(one)[:2] for _ in range((engine_runs + 1) // 2)]
        given, observed = run_engine(scenario, seed=SEED, replication=replication, days=(horizon,))
        answer = functools.partial(run_reference, given, seed=replication, days=(horizon,))
        reference_wall, reference_cpu, (_, model) = clocked(answer)
        real_events, candidate_events = model.real_events, observed.events
        # a hundred thousand persons left in memory would slow the engine down
        del answer, given, observed, model
        gc.collect()
        engine += [clocked(one)[:2] for _ in range(engine_runs // 2)]
        wall, cpu = (statistics.median(run[clock] for run in engine) for clock in (0, 1))
        out.append(
            {
                "replication": replication,
                "engine_s": [run[0] for run in engine],
                "engine_median_s": wall,
                "reference_s": reference_wall,
                "ratio": reference_wall / wall,
                "engine_median_cpu_s": cpu,
                "reference_cpu_s": reference_cpu,
                "cpu_ratio": reference_cpu / cpu,
                "real_events": real_events,
                "candidate_events": candidate_events,
                "reference_us_per_real_event": 1e6 * reference_cpu / real_events,
                "engine_us_per_real_event": 1e6 * cpu / real_events,
            }
        )
    medians = {f"median_{name}": statistics.median(pair[name] for pair in out) for name in ("ratio", "cpu_ratio")}
    return {"years": years, "pairs": out, **medians}


# --- part by part -------------------------------------------------------------------------------------------------


class Stopwatch:
    """Seconds that named parts take, what they call in other named parts left out."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent = perf_counter() - begin
            self.seconds[name] += spent - self._inner.pop()
            self._inner[-1] += spent

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return run


@contextmanager
def watching(watch: Stopwatch) -> Iterator[None]:
    """Measures the parts of each `simulate` within the block."""
    simulate_module = sys.modules["ess_sim.model.run.simulation"]
    from ess_sim.model import kernel
    from ess_sim.model.residents.residents import Residents
    from ess_sim.model.run.recorder import Recorder
    from ess_sim.model.world.world import World

    places: list[tuple[str, Any, tuple[str, ...]]] = [
        ("start (day 0)", simulate_module, ("build_world",)),
        ("actors", World, ("run",)),
        (
            "kernel",
            kernel,
            ("advance", "begin", "new_year", "refresh_supply", "release_some", "rescale", "set_provider"),
        ),
        ("kernel", kernel, ("transfer",)),
        ("recording", Residents, ("harvest", "providers")),
        ("recording", Recorder, ("__init__", "finish")),
        ("recount (check)", Residents, ("check",)),
    ]
    kept = [(owner, name, getattr(owner, name)) for _, owner, names in places for name in names]
    for part, owner, names in places:
        for name in names:
            setattr(owner, name, watch.wrapped(part, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)


def _tables(run: Any) -> dict[str, Any]:
    from ess_sim.results.tables.schema import SCHEMAS

    return {name: run.table(name) for name in SCHEMAS}


def parts(years: int, runs: int) -> dict[str, float]:
    """Median seconds of the parts of one `simulate`, of its frames and of writing them."""
    from ess_sim.atomic import write_atomically
    from ess_sim.model.run.simulation import simulate
    from ess_sim.results.storage.files.parquet import encode_table

    scenario = baseline(years)
    simulate(scenario, seed=SEED)
    rows = []
    for replication in range(runs):
        watch = Stopwatch()
        with watching(watch):
            total, run = timed(functools.partial(simulate, scenario, seed=SEED, replication=replication))
        row = dict(watch.seconds)
        row["rest"] = total - sum(row.values())
        row["simulate, all"] = total
        row["frames (all tables)"], frames = timed(functools.partial(_tables, run))
        with tempfile.TemporaryDirectory() as folder:
            begin = perf_counter()
            for name, frame in frames.items():
                write_atomically(Path(folder) / f"{name}.parquet", encode_table(frame))
            row["writing (Parquet)"] = perf_counter() - begin
        rows.append(row)
    out = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    for name, code in (
        ("python alone", "pass"),
        ("import simulate", "import ess_sim.model.run.simulation"),
    ):
        command = [sys.executable, "-c", code]
        run = functools.partial(subprocess.run, command, check=True)
        out[name] = statistics.median(timed(run)[0] for _ in range(3))
    return out
