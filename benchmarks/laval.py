"""How fast a run is, against the naive reference, part by part, and as territories grow.

    python benchmarks/laval.py [--quick]

Engine and reference take turns, so that a slow moment of the machine falls on both. The reference does less than the
engine (residents only, with the supply of the engine's run: no actors, one record), so that ratios are on the low side.
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

HERE = Path(__file__).resolve()
ROOT = HERE.parents[1]
SEED = 1
TERRITORIES = {
    "Laval": ["53130"],
    "Laval Agglomération": "200083392",
    "Mayenne": ("53",),
    "Pays de la Loire": ("44", "49", "53", "72", "85"),
}


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


# --- against the reference ----------------------------------------------------------------------------------------


def against_reference(years: int, pairs: int, engine_runs: int) -> dict[str, Any]:
    """Laval's baseline: seconds of `simulate` and of the reference, in turns."""
    sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests")]
    from paired import run_engine, run_reference

    from ess_sim.inputs.catalogue.bundled import scenarios_dir
    from ess_sim.model.run.read import read_scenario
    from ess_sim.model.run.simulation import simulate

    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=years)
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
    from ess_sim.inputs.catalogue.bundled import scenarios_dir
    from ess_sim.model.run.read import read_scenario
    from ess_sim.model.run.simulation import simulate
    from ess_sim.results.storage.files.parquet import encode_table

    scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=years)
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


# --- growth -------------------------------------------------------------------------------------------------------


def grown(name: str, years: int, runs: int) -> dict[str, Any]:
    """One territory with GPs at national density; called in a process of its own, whose peak memory it reports."""
    from ess_sim.inputs.scenario.scenario import Scenario
    from ess_sim.inputs.scenario.territory_spec import TerritorySpec
    from ess_sim.inputs.territory.territory import Territory
    from ess_sim.model.run.prepare import prepare
    from ess_sim.model.run.simulation import simulate

    where = TERRITORIES[name]
    if isinstance(where, str):
        spec = TerritorySpec(epci=where)
    elif isinstance(where, list):
        spec = TerritorySpec(communes=tuple(where))
    else:
        spec = TerritorySpec(communes=tuple(zone for code in where for zone in Territory.from_departement(code).zones))
    scenario = Scenario(name="growth", start=date(2017, 6, 15), horizon_years=years, territory=spec)
    building, territory = timed(lambda: prepare(scenario))
    loading, _ = timed(lambda: simulate(scenario.with_(horizon_years=1), seed=SEED))
    seconds, events = [], 0
    watch = Stopwatch()
    for replication in range(runs):
        taken, run = timed(functools.partial(simulate, scenario, seed=SEED, replication=replication))
        seconds.append(taken)
        events = run.record.events
    with watching(watch):
        simulate(scenario, seed=SEED, replication=runs - 1)
    return {
        "territory": name,
        "zones": len(territory.zones),
        "adults": int(territory.adults.sum()),
        "gps": int((run.providers["date"] == run.providers["date"].min()).sum()),
        "years": years,
        "territory_s": building,
        "first_run_1_year_s": loading,
        "simulate_median_s": statistics.median(seconds),
        "candidate_events": events,
        "us_per_candidate_event": 1e6 * statistics.median(seconds) / events,
        "kernel_us_per_candidate_event": 1e6 * watch.seconds["kernel"] / events,
        "parts_s": dict(watch.seconds),
        "peak_memory_mb": peak_memory_mb(),
    }


def growth(cases: list[tuple[str, int]], runs: int) -> list[dict[str, Any]]:
    """Territories, each with its years."""
    out = []
    for name, years in cases:
        command = [sys.executable, str(HERE), "--territory", name, "--years", str(years), "--runs", str(runs)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        out.append(json.loads(done.stdout))
    return out


# --- what is said -------------------------------------------------------------------------------------------------


def report(results: dict[str, Any]) -> str:
    """The results in words."""
    reference = results["reference"]
    lines = [f"Laval, baseline, {reference['years']} years: engine (simulate) and naive reference, in turns", ""]
    lines.append(
        f"{'pair':>4} {'engine s':>9} {'reference s':>12} {'ratio':>6} {'cpu s':>7} {'cpu s':>7} {'ratio':>6} "
        f"{'real events':>12}  cpu µs a real event"
    )
    for pair in reference["pairs"]:
        lines.append(
            f"{pair['replication']:>4} {pair['engine_median_s']:>9.3f} {pair['reference_s']:>12.1f} "
            f"{pair['ratio']:>6.0f} {pair['engine_median_cpu_s']:>7.3f} {pair['reference_cpu_s']:>7.1f} "
            f"{pair['cpu_ratio']:>6.0f} {pair['real_events']:>12,}  engine {pair['engine_us_per_real_event']:.2f}, "
            f"reference {pair['reference_us_per_real_event']:.1f}"
        )
    lines += [
        "",
        f"median ratio {reference['median_ratio']:.0f}, of processor time {reference['median_cpu_ratio']:.0f}",
    ]
    lines += ["", "parts of one simulate, and around it (ms)"]
    lines += [f"{1000 * seconds:>10.1f}  {name}" for name, seconds in results["parts"].items()]
    lines += ["", "growth: GPs at national density, no policy", ""]
    lines.append(
        f"{'territory':<20} {'zones':>6} {'adults':>10} {'GPs':>6} {'years':>5} {'map s':>6} {'simulate s':>10} "
        f"{'candidates':>12} {'µs each':>8} {'kernel µs':>9} {'peak MB':>8}"
    )
    for row in results["growth"]:
        lines.append(
            f"{row['territory']:<20} {row['zones']:>6,} {row['adults']:>10,} {row['gps']:>6,} {row['years']:>5} "
            f"{row['territory_s']:>6.2f} {row['simulate_median_s']:>10.2f} {row['candidate_events']:>12,} "
            f"{row['us_per_candidate_event']:>8.3f} {row['kernel_us_per_candidate_event']:>9.3f} "
            f"{row['peak_memory_mb']:>8.0f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer years and pairs, no region: about a minute")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmarks" / "laval.json")
    parser.add_argument("--territory", choices=TERRITORIES, help="one territory of the growth table, as JSON")
    parser.add_argument("--years", type=int, default=5, help="with --territory")
    parser.add_argument("--runs", type=int, default=3, help="with --territory")
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # everything on one core
    if given.territory:
        print(json.dumps(grown(given.territory, given.years, given.runs)))
        return
    quick = given.quick
    cases = [(name, 2 if quick else 5) for name in list(TERRITORIES)[: 3 if quick else 4]]
    cases += [] if quick else [("Mayenne", 20)]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    results = {
        "machine": machine,
        "quick": quick,
        "reference": against_reference(3 if quick else 20, 1 if quick else 5, 7),
        "parts": parts(3 if quick else 20, 3 if quick else 7),
        "growth": growth(cases, 3 if quick else 5),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{machine}\n\n{report(results)}\n\n{given.out}")


if __name__ == "__main__":
    main()
