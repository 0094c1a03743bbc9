"""Scenarios × replications, here or in several processes, in memory or into a results folder.

Only the parent process writes, each finished run at once and atomically, so that an interruption keeps what is
finished.
A results folder depends on the scenarios, the seed and the replications alone: what differs from one execution to
the next (times, host, number of processes) goes to its ``run.log``.
"""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import os
import platform
import signal
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ess_sim import store, tables
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.results import FORMAT, RESULTS_VERSION, Results, Run, table_path
from ess_sim.scenario import Scenario
from ess_sim.simulate import compile_kernel, prepare, simulate

__all__ = ["EXTRAS", "ExperimentError", "Interrupted", "Progress", "cores", "run_experiment"]

EXTRAS = ("comparison.csv", "share.png")
"""Files that faces add to a results folder, and that go with the results."""

Progress = Callable[[int, int, str], None]
"""Called in the parent with the number of finished runs, their total, and what has just happened."""


class ExperimentError(EssSimError, RuntimeError):
    """Some runs failed. The others are kept; ``failures`` says for each failed run what happened (a traceback)."""

    def __init__(self, message: str, failures: dict[tuple[str, int], str]) -> None:
        super().__init__(message)
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failures)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; the text says what was kept."""


@dataclass(frozen=True)
class _Failure:
    """A run that raised: plain text, because not every exception survives the way from one process to another."""

    summary: str
    traceback: str


def run_experiment(
    scenarios: Scenario | Sequence[Scenario],
    *,
    replications: int,
    seed: int = 1,
    jobs: int = 1,
    out: Path | str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Results:
    """Run scenarios several times each, with common random numbers.

    Parameters
    ----------
    scenarios : Scenario or sequence of Scenario
        With different names.
    replications : int
        Runs of each scenario, ≥ 1. Replication *r* of all scenarios shares its random numbers.
    seed : int
        Root seed, ≥ 0.
    jobs : int
        Processes, ≥ 1. The results do not depend on it. In a script, more than one needs the usual
        ``if __name__ == "__main__":`` guard.
    out : path, optional
        Folder for the results; it is made where it is missing. Without it they stay in memory.
    overwrite : bool
        Replace results of another experiment in ``out``. Those of the same scenarios, seed and replications are always
        replaced, and a folder that holds anything else never is.
    progress : callable, optional
        Called with the number of finished runs, their total, and a message.

    Returns
    -------
    Results
        In memory, or reading from ``out``.

    Raises
    ------
    ResultsError
        Before anything runs: ``out`` holds other things, or cannot be written.
    ValueError
        For fewer than one scenario, replication or process, a negative seed, or a name used twice.
    TerritoryError
        If a territory cannot be built.
    ExperimentError
        At the end, if runs failed; the others are kept in ``out``.
    KeyboardInterrupt
        After Ctrl-C; finished runs are kept in ``out``.

    Examples
    --------
    >>> from ess_sim.resources import scenarios_dir
    >>> from ess_sim.simulate import read_scenario
    >>> scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> run_experiment(scenario, replications=2, seed=1)
    Results(['laval-baseline'], 2 replications, seed=1)
    """
    scenarios = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    _check_arguments(scenarios, replications, seed, jobs)
    say = progress or _silent
    cells = [(s, r) for r in range(replications) for s in scenarios]
    for scenario in scenarios:
        prepare(scenario)
    store = _Folder.open(Path(out), scenarios, replications, seed, overwrite) if out is not None else None
    sink: _Folder | _Memory = store or _Memory()
    total, done, failures = len(cells), 0, dict[tuple[str, int], _Failure]()
    jobs = min(jobs, total)
    sink.log(f"{total} runs in {jobs} process{'es' if jobs > 1 else ''}")
    began = time.monotonic()
    try:
        say(done, total, "compiling the residents' kernel (some 30 seconds the first time)")
        compile_kernel()
        say(done, total, "running")
        with closing(_outcomes(cells, seed, jobs)) as outcomes:
            for (scenario, replication), outcome in outcomes:
                done += 1
                what = f"{scenario.name}, replication {replication}"
                if isinstance(outcome, _Failure):
                    failures[scenario.name, replication] = outcome
                    sink.log(f"FAILED {what}\n{outcome.traceback}")
                    what += f" failed: {outcome.summary}"
                else:
                    sink.add(outcome)
                    sink.log(f"finished {what}")
                say(done, total, what)
    except KeyboardInterrupt:
        kept = sink.close()
        sink.log(f"interrupted after {time.monotonic() - began:.1f} s")
        where = f"{kept} of {total} runs are kept in {out}" if out is not None else "nothing was kept"
        raise Interrupted(where) from None
    except BaseException as error:
        with suppress(EssSimError, OSError):  # a full disk must not hide what went wrong
            kept = sink.close()
            sink.log(f"stopped after {kept} of {total} runs: {type(error).__name__}: {error}")
        if isinstance(error, ResultsError):  # not the user's input any more
            raise ExperimentError(f"stopped while runs were under way: {error}", {}) from error
        raise
    kept = sink.close()
    sink.log(f"{kept} of {total} runs finished in {time.monotonic() - began:.1f} s")
    if failures:
        (name, number), first = next(iter(failures.items()))
        where = f"; the other {kept} are kept in {store.path}, tracebacks in its run.log" if store else ""
        raise ExperimentError(
            f"{len(failures)} of {total} runs failed, the first being replication {number} of {name!r} "
            f"({first.summary}){where}",
            {key: f.traceback for key, f in failures.items()},
        )
    return sink.results()


def _silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


def _check_arguments(scenarios: Sequence[Scenario], replications: int, seed: int, jobs: int) -> None:
    for name, value, least in (("replications", replications, 1), ("seed", seed, 0), ("jobs", jobs, 1)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be a whole number ≥ {least}, not {value!r}")
    if not scenarios:
        raise ValueError("no scenario: an experiment needs at least one")
    names = [s.name for s in scenarios]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"two scenarios are called {twice[0]!r}: give each a name of its own")


# --- running ------------------------------------------------------------------------------------------------------

_Cell = tuple[Scenario, int]


def _one(scenario: Scenario, replication: int, seed: int) -> Run | _Failure:
    """One run; runs in a worker, too."""
    try:
        return simulate(scenario, seed=seed, replication=replication)
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        return _Failure(f"{type(error).__name__}: {said}", traceback.format_exc())


def _outcomes(cells: Sequence[_Cell], seed: int, jobs: int) -> Generator[tuple[_Cell, Run | _Failure], None, None]:
    """Each cell with what became of it, as they finish."""
    if jobs == 1:
        for scenario, replication in cells:
            yield (scenario, replication), _one(scenario, replication, seed)
        return
    others = set(multiprocessing.active_children())
    # spawn: a forked child would inherit the state of numba's and the user's threads
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupts)
    waiting = iter(cells)
    running: dict[Future[Run | _Failure], _Cell] = {}
    finished = False
    try:
        while True:
            # few at a time: a long queue would hold every result in memory at once
            for cell in waiting:
                running[pool.submit(_one, *cell, seed)] = cell
                if len(running) > jobs:
                    break
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                cell = running.pop(future)
                yield cell, _result(future)
        finished = True
    except BrokenProcessPool as error:
        raise EssSimError("a worker process was killed (out of memory?): run again with fewer --jobs") from error
    finally:
        pool.shutdown(wait=finished, cancel_futures=True)
        if not finished:  # nobody waits for runs whose results are thrown away
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()


def _result(future: Future[Run | _Failure]) -> Run | _Failure:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # e.g. a scenario that cannot be pickled
        return _Failure(f"{type(error).__name__}: {error}", traceback.format_exc())


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; the parent alone decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# --- keeping ------------------------------------------------------------------------------------------------------


@dataclass
class _Memory:
    """Keeps runs as they are."""

    runs: list[Run] = field(default_factory=list)

    def add(self, run: Run) -> None:
        self.runs.append(run)

    def log(self, text: str) -> None:
        """Nothing to write to."""

    def close(self) -> int:
        return len(self.runs)

    def results(self) -> Results:
        return Results(self.runs)


def _version() -> str:
    try:
        return importlib.metadata.version("ess_sim")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _plan(scenario: Scenario) -> dict[str, Any]:
    """What a manifest says of a scenario before it runs."""
    territory = prepare(scenario)
    # where a user keeps files is nobody else's business; the territory's digest tells their content
    names = {k: Path(v).name for k in ("csv", "travel_csv") if (v := getattr(scenario.territory, k)) is not None}
    scenario = scenario.with_(territory=scenario.territory.model_copy(update=names))
    return {
        "scenario": scenario.to_dict(),
        "digest": scenario.digest,
        "territory": {"digest": territory.digest, "notes": list(territory.notes)},
        "zones": list(territory.zones),
        "parameters": [],
        "grade_d_read": 0,
        "assumed": [],
        "cells": {},
    }


@dataclass
class _Folder:
    """A results folder that fills up: ``manifest.json``, ``run.log``, ``<table>/<scenario>/<replication>.parquet``."""

    path: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, path: Path, scenarios: Sequence[Scenario], replications: int, seed: int, overwrite: bool) -> _Folder:
        """A fresh folder, or one whose earlier results may be replaced."""
        manifest = {
            "format": FORMAT,
            "results_version": RESULTS_VERSION,
            "ess_sim": _version(),
            "seed": seed,
            "replications": replications,
            "complete": False,
            "order": [s.name for s in scenarios],
            "scenarios": {s.name: _plan(s) for s in scenarios},
        }
        _replace_or_refuse(path, manifest, overwrite=overwrite)
        folder = cls(path, manifest)
        store.write_manifest(path / "manifest.json", manifest)
        with suppress(OSError):
            (path / "run.log").unlink()
        versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("numpy", "pandas", "numba", "pyarrow"))
        folder.log(f"ess_sim {_version()}, Python {platform.python_version()}, {versions}, {platform.platform()}")
        return folder

    def add(self, run: Run) -> None:
        """Writes the tables of a run; it counts from the moment all of them are there."""
        digests = {}
        try:
            for table in tables.SCHEMAS:
                frame = run.table(table)
                store.write_table(frame, table_path(self.path, table, run.name, run.replication))
                digests[table] = store.table_digest(frame)
        except BaseException:
            _remove(self.path, [(run.name, run.replication)])  # no half of a run among whole ones
            raise
        plan = self.manifest["scenarios"][run.name]
        plan["cells"][str(run.replication)] = digests
        earlier = {p["name"] for p in plan["parameters"] if p["read"]}
        plan["parameters"] = [p | {"read": p["read"] or p["name"] in earlier} for p in run.parameters]
        plan["grade_d_read"] = sum(p["read"] and p["grade"] == "D" for p in plan["parameters"])
        plan["assumed"] = sorted({*plan["assumed"], *run.record.assumed})

    def close(self) -> int:
        """Writes the manifest of what is there; returns the number of runs."""
        n = sum(len(s["cells"]) for s in self.manifest["scenarios"].values())
        self.manifest["complete"] = n == len(self.manifest["order"]) * self.manifest["replications"]
        store.write_manifest(self.path / "manifest.json", self.manifest)
        return n

    def results(self) -> Results:
        """What is there, read on demand."""
        return Results.read(self.path)

    def log(self, text: str) -> None:
        """Adds a line to ``run.log``, the only file that tells one execution from another."""
        with (self.path / "run.log").open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")


def _key(manifest: dict[str, Any]) -> Any:
    """What makes two experiments the same."""
    scenarios = manifest["scenarios"]
    said = [(name, scenarios[name]["digest"], scenarios[name]["territory"]["digest"]) for name in manifest["order"]]
    return said, manifest["seed"], manifest["replications"]


def _replace_or_refuse(path: Path, manifest: dict[str, Any], *, overwrite: bool) -> None:
    """Clears earlier results of the same experiment (or of any, with ``overwrite``) out of a folder.

    Only files that the earlier manifest speaks of are removed.

    Raises
    ------
    ResultsError
        If the folder holds something else.
    """
    if not (path / "manifest.json").is_file():
        store.check_output_folder(path)
        return
    earlier = store.read_manifest(path / "manifest.json")
    if earlier.get("format") != FORMAT:
        raise ResultsError(f"{path}: the folder holds a manifest.json that is not of ess_sim results: choose another")
    try:
        same = _key(earlier) == _key(manifest)
        cells = [(name, r) for name in earlier["order"] for r in range(earlier["replications"])]
    except (KeyError, TypeError):
        raise ResultsError(f"{path}: the folder holds results that this ess_sim cannot read: choose another") from None
    if not same and not overwrite:
        raise ResultsError(
            f"{path}: the folder holds results of {_told(earlier)}, not of {_told(manifest)}: "
            "choose another folder, or replace them with --overwrite (overwrite=True)"
        )
    _remove(path, cells)
    for name in EXTRAS:
        with suppress(FileNotFoundError):
            (path / name).unlink()


def _remove(path: Path, cells: Sequence[tuple[str, int]]) -> None:
    """Removes the tables of some runs, and the folders that this leaves empty."""
    for table in tables.SCHEMAS:
        for name, replication in cells:
            with suppress(FileNotFoundError):
                table_path(path, table, name, replication).unlink()
            with suppress(OSError):
                (path / table / name).rmdir()
        with suppress(OSError):
            (path / table).rmdir()


def _told(manifest: dict[str, Any]) -> str:
    digests = [manifest["scenarios"][name]["digest"][:8] for name in manifest["order"]]
    names = ", ".join(f"{n} ({d})" for n, d in zip(manifest["order"], digests, strict=True))
    return f"{names}, seed {manifest['seed']}, {manifest['replications']} replications"


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
