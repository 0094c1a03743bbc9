"""All that is said about speed, measured by one command: printed, and written as a page.

    python benchmarks/performance.py [--quick] [--france] [--again growth] [--out docs/performance.md]

Compilation; the naive reference; the parts of a run; growth with residents; two processes against one; the same toy
rules in other libraries (`pip install 'ess_sim[bench]'`). Numbers of one hour on one machine: ratios count.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import laval

from ess_sim.faces.reports import markdown

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TERRITORIES: dict[str, dict[str, Any]] = {
    "Laval Agglomération": {"epci": "200083392"},
    "Mayenne (53)": {"departement": "53"},
    "Pas-de-Calais (62)": {"departement": "62"},
    "Nord (59)": {"departement": "59"},
    "Pays de la Loire": {"region": "Pays de la Loire"},
    "France": {"france": True},
}
KEPT: dict[str, Any] = {"keep": "outcomes,facts,accounts,snapshots", "snapshots": "yearly"}
"""What the runs of the growth table record."""
LARGE = 10_000_000  # adults from which on one run is enough: it takes so long that chance evens out in it
UNCACHED = 1_000_000  # adults from which on their tables are larger than any processor's cache
BARS = {"ratio": 200, "slope": 1.1, "speed_up": 1.85, "compile_s": 15}


def of_a_process(*command: str, **environment: str) -> Any:
    """What a Python process of its own prints as JSON."""
    done = subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, text=True, env=os.environ | environment
    )
    return json.loads(done.stdout.splitlines()[-1])


# --- parts of the page ------------------------------------------------------------------------------------------------

COMPILE = """
import json, time
from ess_sim.model.run.warm_up import compile_kernel
wall, cpu = time.perf_counter(), time.process_time()
compile_kernel()
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def compilation(times: int) -> dict[str, float]:
    """Median seconds with an empty cache, by the wall clock and of processors, and again with a full one."""
    empty, full = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(of_a_process("-c", COMPILE, NUMBA_CACHE_DIR=cache))
            full.append(of_a_process("-c", COMPILE, NUMBA_CACHE_DIR=cache))
    median = [statistics.median(run[k] for run in runs) for runs in (empty, full) for k in (0, 1)]
    return dict(zip(("compile_s", "compile_cpu_s", "cached_s", "cached_cpu_s"), median, strict=True))


def one_size(name: str, years: int, runs: int) -> dict[str, Any]:
    """One territory with GPs as the data give them; called in a process of its own, whose peak memory it reports."""
    from ess_sim.inputs.scenario.scenario import Scenario
    from ess_sim.inputs.scenario.territory_spec import TerritorySpec
    from ess_sim.model.run.prepare import prepare
    from ess_sim.model.run.simulation import simulate
    from ess_sim.model.run.warm_up import compile_kernel

    compile_kernel()
    spec = TerritorySpec(**TERRITORIES[name])
    scenario = Scenario(name="growth", start=date(2017, 6, 15), horizon_years=years, territory=spec)
    bare = laval.peak_memory_mb()
    _, building, territory = laval.clocked(lambda: prepare(scenario))
    adults = int(territory.adults.sum())
    if adults < LARGE:
        simulate(scenario.with_(horizon_years=1), seed=1)  # what only a first run reads
    spent, events = [], []
    for r in range(runs if adults < LARGE else 1):
        _, seconds, run = laval.clocked(partial(simulate, scenario, seed=1, replication=r, **KEPT))
        spent.append(seconds)
        events.append(run.record.events)
        del run
    cpu = statistics.median(spent)
    return {
        "territory": name,
        "zones": len(territory.zones),
        "adults": adults,
        "years": years,
        "map_cpu_s": building,
        "spent": spent,
        "cpu_s": cpu,
        "us_per_adult_year": 1e6 * cpu / adults / years,
        "events_per_adult_year": statistics.median(events) / adults / years,
        "bytes_per_adult": (laval.peak_memory_mb() - bare) * 2**20 / adults,
        "peak_mb": laval.peak_memory_mb(),
    }


def _size_of_a_process(name: str, years: int, runs: int) -> dict[str, Any]:
    try:
        return dict(of_a_process(str(Path(__file__)), "--size", name, "--years", str(years), "--runs", str(runs)))
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:] or ["killed: out of memory?"]
        return {"territory": name, "missing": last[0]}


def growth(names: list[str], years: int, rounds: int) -> dict[str, Any]:
    """Territories of several sizes, in turns, and the slope of log cost on log adults with its 95 % interval.

    What slows the machine down for a while then falls on all of them; France has one turn, and each time the median
    of all runs counts.
    """
    rows = []
    turns = [[name for name in names if name != "France" or turn == 0] for turn in range(rounds)]
    found = [{name: _size_of_a_process(name, years, 2) for name in turn} for turn in turns]
    for name in names:
        row, *others = [turn[name] for turn in found if name in turn]
        if "missing" not in row:
            spent = [seconds for one in (row, *others) for seconds in one.get("spent", ())]
            row["cpu_s"] = statistics.median(spent)
            row["us_per_adult_year"] = 1e6 * row["cpu_s"] / row["adults"] / years
        rows.append(row)
    return with_slopes(rows)


def with_slopes(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows of territories, the smallest first, and how their cost grows."""
    measured = [row for row in rows if "missing" not in row]
    adults = [row["adults"] for row in measured]
    events = slope(adults, [row["events_per_adult_year"] * row["adults"] for row in measured])
    parts = [row for row in measured if row["territory"] != "France"]
    return {
        "rows": rows,
        **slope(adults, [row["cpu_s"] for row in measured]),
        "slope_of_events": events["slope"],
        "without_france": slope([row["adults"] for row in parts], [row["cpu_s"] for row in parts]),
    }


def slope(adults: list[int], seconds: list[float]) -> dict[str, Any]:
    """Of log seconds on log adults by least squares, with Student's 95 % interval; none of fewer than three sizes."""
    from scipy import stats  # type: ignore[import-untyped]

    if len(adults) < 2:
        return {"slope": None, "slope_interval": None}
    fit = stats.linregress([math.log(n) for n in adults], [math.log(s) for s in seconds])
    if len(adults) < 3:
        return {"slope": float(fit.slope), "slope_interval": None}
    half = float(stats.t.ppf(0.975, len(adults) - 2)) * fit.stderr
    return {"slope": float(fit.slope), "slope_interval": [fit.slope - half, fit.slope + half]}


def processes(replications: int) -> float:
    """How many times faster two processes are than one: medians of `batches.py`, Laval's four scenarios."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "batches.json"
        command = [sys.executable, str(HERE / "batches.py"), "--replications", str(replications), "--out", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return float(json.loads(out.read_text(encoding="utf-8"))["batches"]["speed_up"])


def toys(residents: int, years: int) -> list[dict[str, Any]]:
    """The toy rules in each library, three runs in turns: medians, and whether all give the same mean share."""
    libraries = ("simpy", "mesa", "starsim")
    size = ("--residents", str(residents), "--years", str(years))
    runs: dict[str, list[dict[str, Any]]] = {library: [] for library in libraries}
    for seed in (1, 2, 3):
        for library in libraries:
            runs[library].append(of_a_process(str(HERE / "toy.py"), library, *size, "--seed", str(seed)))
    rows = []
    for library, found in runs.items():
        if "missing" in found[0]:
            rows.append({"library": library, "missing": found[0]["missing"]})
            continue
        shares = [run["share"] for run in found]
        rows.append(
            {
                "library": f"{library} {found[0]['version']}",
                "us_per_resident_year": statistics.median(run["us_per_resident_year"] for run in found),
                "share": statistics.mean(shares),
                "error": statistics.stdev(shares) / math.sqrt(3),
            }
        )
    return rows


def disagreement(rows: list[dict[str, Any]]) -> str:
    """What differs by more than chance among the toys (5 standard errors, as three runs give them); '' if nothing."""
    known = [row for row in rows if "missing" not in row]
    for row in known[1:]:
        error = math.hypot(row["error"], known[0]["error"])
        if abs(row["share"] - known[0]["share"]) > max(5 * error, 0.002):
            return f"{row['library']} gives {row['share']:.4f}, {known[0]['library']} {known[0]['share']:.4f}"
    return ""


def agreement(rows: list[dict[str, Any]]) -> str:
    """What may be said where nothing differs."""
    measured = sum("missing" not in row for row in rows)
    if measured < 2:
        return "With one library there is nothing to compare."
    return f"All {measured} give the same share but for chance."


# --- the page ---------------------------------------------------------------------------------------------------------


def page(found: dict[str, Any]) -> str:
    """The results as a page."""
    reference, grown = found["reference"], found["growth"]
    costs = {row["territory"]: row["us_per_adult_year"] for row in grown["rows"] if "missing" not in row}
    nord = [f"{costs['Nord (59)'] / costs['Laval Agglomération']:.2f}"] if "Nord (59)" in costs else ["–"]
    of_france = [["the same with France", _slope(grown), "≤ 1.1"]] if "France" in costs else []
    bars = [
        ["times faster than the naive reference", f"{reference['median_cpu_ratio']:.0f}", f"≥ {BARS['ratio']}"],
        ["an adult-year of Nord in those of Laval", *nord, "≤ 1.5"],
        ["slope of log cost on log adults, up to a region", _slope(grown["without_france"]), "≤ 1.1"],
        *of_france,
        ["two processes against one", f"{found['speed_up']:.2f}" if found["speed_up"] else "–", "≥ 1.85"],
        ["compilation, s (processor s)", "{compile_s:.1f} ({compile_cpu_s:.1f})".format(**found["compile"]), "≤ 15"],
        ["loading compiled code after imports, s", f"{found['compile']['cached_s']:.1f}", ""],
    ]
    size_rows = [
        [row["territory"], *([row["missing"], *[""] * 6] if "missing" in row else _size(row))] for row in grown["rows"]
    ]
    toy_rows = [
        [row["library"], f"not measured: {row['missing']}", ""]
        if "missing" in row
        else [row["library"], f"{row['us_per_resident_year']:.2f}", f"{row['share']:.4f} ± {row['error']:.4f}"]
        for row in found["toys"]
    ]
    pairs = ", ".join(f"{pair['cpu_ratio']:.0f}" for pair in reference["pairs"])
    laval_cost = next((row["us_per_adult_year"] for row in grown["rows"] if "missing" not in row), float("nan"))
    return "\n".join(
        [
            "# How fast it is",
            "",
            f"Made by `python benchmarks/performance.py{' --quick' if found['quick'] else ''}` "
            f"(`make bench`) on {found['machine']}{_again(found.get('again'))}.",
            "Processor seconds unless it says otherwise; one process; day 0, actors and recording included.",
            "The cores may have been shared: ratios of what ran in turns count, single times do not.",
            "",
            *markdown.table(["", "measured", "bar", ""], [[*row, _verdict(*row[1:])] for row in bars]),
            "",
            f"The reference ({reference['years']} years of Laval in turns, {len(reference['pairs'])} pairs: {pairs}) "
            "moves residents only, with the supply of the engine's run.",
            "",
            "## Growth",
            "",
            *markdown.table(
                [
                    *("territory", "zones", "adults", "years", "s a run"),
                    *("µs per adult-year", "events per adult-year", "bytes per adult"),
                ],
                size_rows,
            ),
            "",
            *_of_events(grown),
            "GPs as the data give them, no policy; outcomes, facts, accounts and yearly snapshots are recorded; "
            "bytes are the process's peak above what its libraries take.",
            "",
            "## Where each millisecond goes",
            "",
            *markdown.table(["part", "ms"], [[name, f"{1000 * s:.1f}"] for name, s in found["parts"].items()]),
            "",
            "One run of Laval's baseline, without the communes around it, by the wall clock; each part without what it "
            "calls in others.",
            "",
            "## Beside other libraries",
            "",
            "The same toy rules, written plainly for each (`benchmarks/toy.py`): residents lose and find a GP among "
            "lists with limits, month by month.",
            "Three runs each, in turns. They are not this model, whose rules are many more: "
            f"it takes {laval_cost:.2f} µs for an adult-year of Laval.",
            "",
            *markdown.table(["library", "µs per resident-year", "share without GP"], toy_rows),
            "",
            found["disagreement"] or agreement(found["toys"]),
            "",
        ]
    )


def _again(parts: list[str] | None) -> str:
    """Which parts are of another hour."""
    return f"; measured again later: {', '.join(parts)} (`--again`)" if parts else ""


def _verdict(measured: str, bar: str) -> str:
    """Whether a number, as it is shown, meets its bar."""
    if not bar or measured == "–":
        return ""
    value, limit = float(measured.split()[0]), float(bar.split()[1])
    return "met" if (value >= limit if bar.startswith("≥") else value <= limit) else "missed"


def _slope(fit: dict[str, Any]) -> str:
    if not fit["slope"]:
        return "–"
    interval = fit["slope_interval"]
    return f"{fit['slope']:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def _size(row: dict[str, Any]) -> list[str]:
    return [
        *(f"{row['zones']:,}", f"{row['adults']:,}", f"{row['years']}", f"{row['cpu_s']:.2f}"),
        *(f"{row['us_per_adult_year']:.3f}", f"{row['events_per_adult_year']:.3f}", f"{row['bytes_per_adult']:.0f}"),
    ]


def _of_events(grown: dict[str, Any]) -> list[str]:
    """Whether work grows with the adults, and what memory adds."""
    if grown["slope_of_events"] is None:
        return []
    lines = [
        f"The slope of the events alone is {grown['slope_of_events']:.2f}. What the slope of cost has beyond that is "
        "not more work, but probably slower memory: the residents of a large territory fit into no cache.",
    ]
    uncached = [row for row in grown["rows"] if UNCACHED <= row.get("adults", 0) < LARGE and "us_per_adult_year" in row]
    if len(uncached) > 1:
        sizes = " to ".join(f"{row['adults'] / 1e6:.1f}" for row in (uncached[0], uncached[-1]))
        costs = ", ".join(f"{row['us_per_adult_year']:.3f}" for row in uncached)
        lines.append(
            f"It is a step rather than a slope: where none fits into a cache, from {sizes} million adults, an "
            f"adult-year costs {costs} µs."
        )
    return [*lines, ""]


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small, in a few minutes: does it work?")
    parser.add_argument("--france", action="store_true", help="all of France, too, where memory allows")
    parser.add_argument("--out", type=Path, help="the page (default: docs/performance.md; results/benchmarks if quick)")
    parser.add_argument(
        "--again",
        choices=("compile", "reference", "parts", "speed_up", "growth", "toys"),
        nargs="+",
        help="measure these parts only; the others are as results/benchmarks/performance.json has them",
    )
    parser.add_argument("--size", choices=TERRITORIES, help="one territory of the growth table, as JSON")
    parser.add_argument("--years", type=int, default=20, help="with --size")
    parser.add_argument("--runs", type=int, default=3, help="with --size")
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # everything on one core
    if given.size:
        print(json.dumps(one_size(given.size, given.years, given.runs)))
        return
    quick = given.quick
    names = list(TERRITORIES)[: 2 if quick else 5] + ["France"] * given.france
    folder = ROOT / "results" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    measures: dict[str, Callable[[], Any]] = {
        "toys": lambda: toys(*((2_000, 2) if quick else (20_000, 10))),
        "compile": lambda: compilation(1 if quick else 3),
        "reference": lambda: laval.against_reference(1 if quick else 20, 1 if quick else 5, 1 if quick else 7),
        "parts": lambda: laval.parts(1 if quick else 20, 1 if quick else 7),
        "speed_up": lambda: None if quick else processes(40),
        "growth": lambda: growth(names, 1 if quick else 20, 1 if quick else 3),
    }
    found: dict[str, Any] = {}
    if given.again:
        found = json.loads((folder / "performance.json").read_text(encoding="utf-8"))
        found["again"] = sorted({*found.get("again", ()), *given.again})
    found |= {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "quick": quick,
    }
    france = [row for row in found.get("growth", {"rows": []})["rows"] if row["territory"] == "France"]
    found |= {name: measure() for name, measure in measures.items() if not given.again or name in given.again}
    if france and "growth" in (given.again or ()) and not given.france:
        found["growth"] = with_slopes([*found["growth"]["rows"], *france])
    found["disagreement"] = disagreement(found["toys"])
    (folder / "performance.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    out = given.out or (folder / "performance-quick.md" if quick else ROOT / "docs" / "performance.md")
    out.write_text(page(found), encoding="utf-8")
    print(f"{page(found)}\n{out}")
    if found["disagreement"]:
        sys.exit("the toys disagree: their times compare different things")


if __name__ == "__main__":
    main()
