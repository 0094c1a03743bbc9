"""What a batch costs beyond its runs: time, memory, and a second look.

    python benchmarks/batches.py [--quick] [--replications R]

The batch is four Laval scenarios × R replications × 20 years, written into a folder. Measured are

- *overhead in time*: wall time of `run_experiment` with 2 processes, from the call to its return (start of the
  processes, writing and checks included, the kernel's compilation left out), over the time that 2 cores need for the
  cells alone, which is half the sum of the cells' own processor time, minus 1. A cell's own processor time is that of
  simulating it and making the bytes of its tables, in the same batch with 1 process just before;
- *overhead in processor time*: all processor time of the batch, parent and workers, over that of the cells, minus 1. It
  hardly depends on what else the machine does, as the former does;
- *speed-up*: wall time of the same batch in 1 process over that in 2, in turns, the median; and that of the first turn,
  in which the process from which workers are forked is started (which `ess-sim run` does while it reads scenarios);
- *memory*: largest resident memory of the parent, at 100 and 2,000 small cells in 2 processes;
- *resuming*: the same call again on the finished folder, which reads and checks every byte.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from laval import peak_memory_mb

from ess_sim.experiments import sinks
from ess_sim.experiments.experiment import run_experiment
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.blocks import GpBlock
from ess_sim.inputs.scenario.scenario import Scenario, Supply
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.model.run.read import read_scenarios
from ess_sim.model.run.warm_up import compile_kernel

HERE = Path(__file__).resolve()
ROOT = HERE.parents[1]
SCENARIOS = ("baseline", "smp", "smp_interns_only", "smp_retired_only")
_parcel, _took = sinks._parcel, list[float]()


def clocked_parcel(cell: Any) -> Any:
    """One cell of a batch in one process, whose processor seconds are noted."""
    begin = process_time()
    parcel = _parcel(cell)
    _took.append(process_time() - begin)
    return parcel


def laval(years: int) -> list[Scenario]:
    """The scenarios that are run."""
    paths = [scenarios_dir() / "laval" / f"{name}.yaml" for name in SCENARIOS]
    return [scenario.with_(horizon_years=years) for scenario in read_scenarios(paths)]


def processor_time() -> float:
    """Seconds of this process, of its children that have ended, and of what forks workers with those that it forked."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    stats = (Path(f"/proc/{child.pid}/stat").read_text() for child in multiprocessing.active_children())
    ticks = sum(int(ticks) for stat in stats for ticks in stat.rpartition(")")[2].split()[11:15])
    return sum(usage.ru_utime + usage.ru_stime for usage in spent) + ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Batch:
    """Seconds that one batch took."""

    jobs: int
    cells: int
    wall: float
    processor: float
    own: float  # processor time of the cells, in one process
    again: float  # wall time of the same call on the finished folder
    load: float  # of the machine, at the end: what other processes took part


def batch(scenarios: list[Scenario], replications: int, jobs: int) -> Batch:
    """One batch, run and then found again: seconds by the wall clock and of processors."""
    if jobs == 1:
        _took.clear()
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        before, begin = processor_time(), perf_counter()
        run_experiment(scenarios, replications=replications, jobs=jobs, out=out)
        wall, processor = perf_counter() - begin, processor_time() - before
        begin = perf_counter()
        run_experiment(scenarios, replications=replications, jobs=jobs, out=out)
        again = perf_counter() - begin
    assert len(_took) == len(scenarios) * replications
    return Batch(jobs, len(_took), wall, processor, sum(_took), again, os.getloadavg()[0])


def batches(years: int, replications: int, turns: int) -> dict[str, Any]:
    """Batches in one process and in two, in turns."""
    scenarios = laval(years)
    compile_kernel()
    run_experiment(scenarios, replications=1)  # builds territories, warms the file cache
    rows = [batch(scenarios, replications, jobs) for _ in range(turns) for jobs in (1, 2)]
    ones, twos = ([row for row in rows if row.jobs == jobs] for jobs in (1, 2))
    return {
        "scenarios": len(scenarios),
        "replications": replications,
        "years": years,
        "batches": [asdict(row) for row in rows],
        "overhead_wall": statistics.median(row.wall / (row.own / 2) - 1 for row in twos),
        "overhead_processor": statistics.median(row.processor / row.own - 1 for row in twos),
        "speed_up": statistics.median(one.wall / two.wall for one, two in zip(ones, twos, strict=True)),
        "speed_up_first": ones[0].wall / twos[0].wall,
        "again_ms_per_cell": 1000 * statistics.median(row.again / row.cells for row in rows),
    }


# --- memory -----------------------------------------------------------------------------------------------------------


def small_batch(cells: int) -> dict[str, float]:
    """Peak memory of the parent; called in a process of its own."""
    supply = Supply(
        list_holding_gps=(GpBlock(zones="remainder", count=2, source="none", grade="D"),),
        interns_per_semester=Count(count=1, source="none", grade="D"),
    )
    territory = TerritorySpec(communes=("53034", "53054"))
    hamlet = Scenario(name="hamlet", start=date(2020, 1, 1), horizon_years=1, territory=territory, supply=supply)
    with tempfile.TemporaryDirectory() as place:
        run_experiment(hamlet, replications=cells, jobs=2, out=Path(place) / "out")
        begin, peak = perf_counter(), peak_memory_mb()
        run_experiment(hamlet, replications=cells, jobs=2, out=Path(place) / "out")
        return {"cells": cells, "peak_memory_mb": peak, "again_s": perf_counter() - begin}


def memory(sizes: tuple[int, ...]) -> list[dict[str, float]]:
    """Peak memory of small batches, each in a process of its own."""
    out = []
    for cells in sizes:
        command = [sys.executable, str(HERE), "--cells", str(cells)]
        out.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return out


# --- what is said -----------------------------------------------------------------------------------------------------


def report(results: dict[str, Any]) -> str:
    """The results in words."""
    said = results["batches"]
    lines = [f"Laval, {said['scenarios']} scenarios × {said['replications']} replications × {said['years']} years", ""]
    lines.append("processes  cells   wall s  processor s  of the cells  again s   load")
    lines += [
        f"{row['jobs']:>9} {row['cells']:>6} {row['wall']:>8.1f} {row['processor']:>12.1f} {row['own']:>13.1f} "
        f"{row['again']:>8.2f} {row['load']:>6.1f}"
        for row in said["batches"]
    ]
    lines += [
        "",
        f"overhead in time, 2 processes on 2 cores  {100 * said['overhead_wall']:>6.1f} %  (target: at most 15 %)",
        f"overhead in processor time                {100 * said['overhead_processor']:>6.1f} %",
        f"speed-up by the second process            {said['speed_up']:>6.2f}    (target: at least 1.85)",
        f"in a process's first batch                {said['speed_up_first']:>6.2f}",
        f"resuming a finished batch                 {said['again_ms_per_cell']:>6.1f} ms a cell",
        "",
        "small cells, 2 processes",
    ]
    lines += [
        f"{row['cells']:>9,} cells: peak memory of the parent {row['peak_memory_mb']:.0f} MB, "
        f"resumed in {row['again_s']:.1f} s"
        for row in results["memory"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 years, 6 replications, 10 and 100 cells")
    parser.add_argument("--replications", type=int, default=25, help="200 is the full size (default: 25)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmarks" / "batches.json")
    parser.add_argument("--cells", type=int, help="one small batch, as JSON")
    given = parser.parse_args()
    if given.cells:
        print(json.dumps(small_batch(given.cells)))
        return
    sinks._parcel = clocked_parcel
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    results = {
        "machine": machine,
        "quick": given.quick,
        "batches": batches(3, 6, 1) if given.quick else batches(20, given.replications, 3),
        "memory": memory((10, 100) if given.quick else (100, 2_000)),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{machine}\n\n{report(results)}\n\n{given.out}")


if __name__ == "__main__":
    main()
