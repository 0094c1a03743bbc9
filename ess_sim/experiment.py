"""Scenarios × parameter draws × replications, on any engine, in memory or into a results folder.

A cell is one run; its key is the scenario's digest, the root seed, the replication, the draw and `RESULTS_VERSION`.
Workers return finished cells; only the parent writes, so that an interruption loses at most the cells in flight. The
same call again goes on where the last one stopped. A results folder depends on what was asked alone: what differs from
one execution to the next (times, host, engine) goes to its ``run.log``.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ess_sim import store, tables
from ess_sim.analysis.designs import Design, draw_parameters
from ess_sim.analysis.posterior import Posterior, check_draws
from ess_sim.compare import baselines
from ess_sim.engines import Engine, Failure, compute
from ess_sim.errors import EssSimError, ParameterError, ResultsError, whole_number
from ess_sim.folder import FORMAT, RESULTS_VERSION, Folder, Key, Parcel
from ess_sim.headline import Headline
from ess_sim.indicators import at_end
from ess_sim.parameters import Parameters
from ess_sim.results import Results, Run, about
from ess_sim.scenario import Scenario
from ess_sim.simulate import compile_kernel, prepare, simulate, unreadable_parameters

__all__ = ["ExperimentError", "Interrupted", "Progress", "run_experiment"]

Progress = Callable[[int, int, str], None]
"""Called in the parent with the number of finished cells, their total, and what has just happened."""

Draws = int | Posterior | Sequence[Mapping[str, float]] | None
"""A number of draws, or the draws; None: the scenario's own values."""

MOST_REPLICATIONS = 500
"""Where ``precision`` is wanted and no number of replications given."""


class ExperimentError(EssSimError, RuntimeError):
    """Some runs failed. The others are kept; ``failures`` says for each failed run what happened (a traceback)."""

    def __init__(self, message: str, failures: dict[Key, str]) -> None:
        super().__init__(message)
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failures)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; the text says what was kept."""


def run_experiment(
    scenarios: Scenario | Sequence[Scenario],
    *,
    replications: int | None = None,
    seed: int = 1,
    jobs: int | None = 1,
    out: Path | str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    engine: str | Executor = "processes",
    scheduler: str | None = None,
    draws: Draws = None,
    design: Design = "latin-hypercube",
    precision: float | None = None,
    baseline: str | Mapping[str, str] | None = None,
) -> Results:
    """Run scenarios several times each, with common random numbers.

    Parameters
    ----------
    scenarios : Scenario or sequence of Scenario
        With different names.
    replications : int, optional
        Runs of each scenario (and draw), ≥ 1. Replication *r* of all scenarios shares its random numbers. With
        ``precision`` the most there may be, 500 by default; without it, it must be given.
    seed : int
        Root seed, ≥ 0.
    jobs : int, optional
        Workers, ≥ 1; None: all cores. The results do not depend on it. In a script, more than one process needs the
        usual ``if __name__ == "__main__":`` guard.
    out : path, optional
        Folder for the results; it is made where it is missing. Runs of the same experiment that are there already, and
        whose every byte is sound, are kept; only the others run. Without it results stay in memory.
    overwrite : bool
        Replace results of another experiment in ``out``. A folder that holds anything else is never touched.
    progress : callable, optional
        Called with the number of finished cells, their total, and a message.
    engine : {'processes', 'threads', 'dask'} or concurrent.futures.Executor
        Where to compute. An executor of one's own is not shut down.
    scheduler : str, optional
        Address of a running Dask scheduler, e.g. ``tcp://10.0.0.1:8786``; ``dask`` without it starts a local cluster.
    draws : int, Posterior or sequence of mapping of str to float, optional
        A number of draws of the uncertain parameters (`ess_sim.analysis.designs.draw_parameters`), or the draws
        themselves: a posterior that a calibration left, or values by name. Each is run with every replication. A
        parameter that a scenario sets itself is not drawn in it.
    design : {'latin-hypercube', 'sobol'}
        How parameters are drawn, where a number is given.
    precision : float, optional
        Go on until the 95 % interval of every scenario's difference from the baseline (in the headline outcome, at the
        end) has at most this half-width, in percentage points for shares, and keeps it through a look-ahead (Hoad's
        algorithm), or ``replications`` are reached.
    baseline : str or mapping of str to str, optional
        What the headline compares with, the first scenario by default, or what it compares each scenario with. It
        matters for ``precision`` and messages only.

    Returns
    -------
    Results
        In memory, or reading from ``out``.

    Raises
    ------
    ResultsError
        Before anything runs: ``out`` holds other things, is in use, or cannot be written.
    ValueError
        For fewer than one scenario, replication, draw or job, a negative seed, or a name used twice.
    TerritoryError
        If a territory cannot be built.
    EngineError
        If the engine cannot be started, or breaks; finished runs are kept in ``out``.
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
    if replications is None:
        if precision is None:
            raise ValueError("say how many replications, or which precision is wanted")
        replications = MOST_REPLICATIONS
    replications, seed = whole_number("replications", replications, 1), whole_number("seed", seed, 0)
    _check_arguments(scenarios, draws, precision)
    where = Engine(engine, jobs, scheduler)
    for scenario in scenarios:
        prepare(scenario)
    drawn = _Draws.make(scenarios, draws, design, seed)
    names = [s.name for s in scenarios]
    compared = baselines(names, baseline or names[0])
    outcome = scenarios[0].outcomes[0] if scenarios[0].outcomes else "share_without_mt"
    headline = Headline(outcome, names, compared, drawn.numbers, precision)
    plan = _Plan(tuple(scenarios), compared, drawn, replications, seed, precision)
    say = progress or _silent
    if out is None:
        memory = _Memory(plan)
        _run(plan, memory, where, headline, say)
        return Results(memory.runs)
    path = Path(out)
    if not (path / "manifest.json").is_file():
        store.check_output_folder(path)  # before a lock is put there
    with store.lock(path):
        _run(plan, _Disk(plan, path, overwrite=overwrite), where, headline, say)
        return Results.read(path, replications=plan.replications)


def _silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


def _check_arguments(
    scenarios: Sequence[Scenario],
    draws: Draws,
    precision: float | None,
) -> None:
    if isinstance(draws, int | float):
        whole_number("draws", draws, 1)
    if precision is not None and not precision > 0:
        raise ValueError(f"precision must be above 0, not {precision!r}")
    if not scenarios:
        raise ValueError("no scenario: an experiment needs at least one")
    names = [s.name for s in scenarios]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"two scenarios are called {twice[0]!r}: give each a name of its own")


# --- what is to run -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Draws:
    """Parameter values to run with: those of the scenarios themselves, or numbered draws."""

    method: str
    values: tuple[Mapping[str, float], ...]  # of all drawn parameters, by draw − 1

    @classmethod
    def make(cls, scenarios: Sequence[Scenario], given: Draws, design: Design, seed: int) -> _Draws:
        if given is None:
            out = cls(design, ())
        elif isinstance(given, int):
            out = cls(design, draw_parameters(given, seed=seed, method=design))
        elif isinstance(given, Posterior):
            out = cls(f"posterior {given.name}", given.draws)
        else:
            check_draws(given)
            out = cls("given", tuple({name: float(v) for name, v in draw.items()} for draw in given))
        for scenario in scenarios:  # a scenario's own values may not go with those that are drawn
            for number in out.numbers:
                try:
                    Parameters(scenario.parameters | out.of(scenario, number))
                except ParameterError as error:
                    raise ParameterError(f"{scenario.name}, draw {number}: {error}") from None
        return out

    @property
    def numbers(self) -> list[int]:
        return list(range(1, len(self.values) + 1)) or [0]

    def of(self, scenario: Scenario, number: int) -> dict[str, float]:
        """What a draw overrides in a scenario: all that it can read and does not set itself."""
        if number == 0:
            return {}
        drawn = {n: v for n, v in self.values[number - 1].items() if n not in scenario.parameters}
        unread = {name for name, _ in unreadable_parameters(_overridden(scenario, drawn))}
        return {name: value for name, value in sorted(drawn.items()) if name not in unread}

    def to_dict(self) -> dict[str, Any] | None:
        if not self.values:
            return None
        return {"method": self.method, "n": len(self.values), "values": [dict(v) for v in self.values]}


def _overridden(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    return scenario.with_(parameters={**scenario.parameters, **values})


@dataclass
class _Plan:
    """What was asked. ``replications`` shrinks to what the precision took."""

    scenarios: tuple[Scenario, ...]
    baselines: Mapping[str, str]
    draws: _Draws
    replications: int
    seed: int
    precision: float | None

    @property
    def total(self) -> int:
        return len(self.scenarios) * len(self.draws.numbers) * self.replications

    def cells(self) -> Iterator[_Cell]:
        """All cells, replication by replication: whatever interrupts leaves whole pairs."""
        overrides = {(s.name, d): self.draws.of(s, d) for s in self.scenarios for d in self.draws.numbers}
        for replication in range(self.replications):
            for draw in self.draws.numbers:
                for s in self.scenarios:
                    yield _Cell(s, overrides[s.name, draw], Key(s.name, draw, replication), self.seed)


@dataclass(frozen=True)
class _Cell:
    """One run to be made."""

    scenario: Scenario
    overrides: dict[str, float]
    key: Key
    seed: int

    @property
    def identity(self) -> dict[str, Any]:
        """What a note must say of the run for it to be this one."""
        return {
            "scenario": self.scenario.digest,
            "territory": prepare(self.scenario).digest,
            "seed": self.seed,
            "draw": self.key.draw,
            "replication": self.key.replication,
            "parameters": self.overrides,
            "results_version": RESULTS_VERSION,
        }


# --- in a worker --------------------------------------------------------------------------------------------------


def _simulated(cell: _Cell) -> Run:
    run = simulate(_overridden(cell.scenario, cell.overrides), seed=cell.seed, replication=cell.key.replication)
    return replace(run, scenario=cell.scenario, draw=cell.key.draw)


def _parcel(cell: _Cell) -> Parcel:
    """A finished run as the bytes of its files."""
    run = _simulated(cell)
    run.snapshots, run.providers  # noqa: B018 - kept: outcomes need them again
    frames = {table: run.table(table) for table in tables.SCHEMAS}
    files = {table: store.encode_table(frame) for table, frame in frames.items()}
    note = cell.identity | {
        "files": {table: hashlib.sha256(data).hexdigest() for table, data in files.items()},
        "content": {table: store.table_digest(frame) for table, frame in frames.items()},
        "end": {name: value if math.isfinite(value) else None for name, value in at_end(frames["outcomes"]).items()},
        "read": [p["name"] for p in run.parameters if p["read"]],
        "assumed": sorted(run.record.assumed),
    }
    return Parcel(files, note)


# --- in the parent ------------------------------------------------------------------------------------------------


class _Sink(Protocol):
    """Where finished cells go."""

    @staticmethod
    def work(cell: _Cell) -> Any: ...
    def kept(self, cell: _Cell) -> Mapping[str, float | None] | None: ...
    def add(self, cell: _Cell, made: Any) -> Mapping[str, float | None]: ...
    def fail(self, cell: _Cell, failure: Failure) -> None: ...
    def log(self, text: str) -> None: ...
    def close(self) -> int: ...
    def told(self, kept: int) -> str: ...


class _Memory:
    """Keeps runs as they are."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self.runs: list[Run] = []

    @staticmethod
    def work(cell: _Cell) -> Run:
        return _simulated(cell)

    def kept(self, cell: _Cell) -> None:
        """Nothing is there before the beginning."""

    def add(self, cell: _Cell, made: Run) -> Mapping[str, float | None]:  # noqa: ARG002 (the run knows its key)
        self.runs.append(made)
        if self._plan.precision is None:
            return {}  # building tables takes time, and nobody asks
        return at_end(made.outcomes())

    def fail(self, cell: _Cell, failure: Failure) -> None:
        """Nothing to write to."""

    def log(self, text: str) -> None:
        """Nothing to write to."""

    def close(self) -> int:
        self.runs = [run for run in self.runs if run.replication < self._plan.replications]
        return len(self.runs)

    def told(self, kept: int) -> str:  # noqa: ARG002 (an exception takes them all along)
        return "nothing was kept"


class _Disk:
    """Writes runs into a results folder."""

    def __init__(self, plan: _Plan, path: Path, *, overwrite: bool) -> None:
        self._plan = plan
        self.folder = Folder.open(path, _manifest(plan), overwrite=overwrite)
        self._there = set(self.folder.finished())
        # an earlier experiment that asked for more keeps its replications
        self._protected = self.folder.manifest["replications"]
        versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("numpy", "pandas", "numba", "pyarrow"))
        self.log(f"ess_sim {_version()}, Python {platform.python_version()}, {versions}, {platform.platform()}")

    @staticmethod
    def work(cell: _Cell) -> Parcel:
        return _parcel(cell)

    def kept(self, cell: _Cell) -> Mapping[str, float | None] | None:
        if cell.key not in self._there:
            return None
        if not self.folder.sound(cell.key, cell.identity):
            self.log(f"damaged, to be run again: {cell.key}")
            self.folder.remove(cell.key)
            return None
        end: Mapping[str, float | None] = self.folder.note(cell.key)["end"]
        return end

    def add(self, cell: _Cell, made: Parcel) -> Mapping[str, float | None]:
        self.folder.add(cell.key, made)
        end: Mapping[str, float | None] = made.note["end"]
        return end

    def fail(self, cell: _Cell, failure: Failure) -> None:
        self.folder.fail(cell.key, failure.summary, failure.traceback)
        self.log(f"FAILED {cell.key}: {failure.summary}\n{failure.traceback}")

    def log(self, text: str) -> None:
        self.folder.log(text)

    def close(self) -> int:
        manifest = self.folder.manifest
        manifest["replications"] = most = max(self._plan.replications, self._protected)
        if self._plan.precision is not None:  # what ran ahead of the last replication that was needed
            for key in self.folder.finished():
                if key.replication >= most:
                    self.folder.remove(key)
        return self.folder.close(len(manifest["order"]) * len(self._plan.draws.numbers) * most)

    def told(self, kept: int) -> str:
        return f"{kept} of {self._plan.total} runs are kept in {self.folder.path}; the same again goes on from there"


def _version() -> str:
    try:
        return importlib.metadata.version("ess_sim")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _manifest(plan: _Plan) -> dict[str, Any]:
    """What a manifest says before anything has run."""
    return {
        "format": FORMAT,
        "results_version": RESULTS_VERSION,
        "ess_sim": _version(),
        "seed": plan.seed,
        "draws": plan.draws.to_dict(),
        # with a precision wanted, the number is known at the end
        "replications": plan.replications if plan.precision is None else 0,
        "complete": False,
        "order": [s.name for s in plan.scenarios],
        "baselines": dict(plan.baselines),
        "scenarios": {s.name: _scenario_entry(s) for s in plan.scenarios},
    }


def _scenario_entry(scenario: Scenario) -> dict[str, Any]:
    territory = prepare(scenario)
    # where a user keeps files is nobody else's business; the territory's digest tells their content
    names = {k: Path(v).name for k in ("csv", "travel_csv") if (v := getattr(scenario.territory, k)) is not None}
    shown = about(scenario.with_(territory=scenario.territory.model_copy(update=names)))
    return {
        "scenario": shown.scenario,
        "acts_from": shown.acts_from,
        "digest": scenario.digest,
        "territory": {"digest": territory.digest, "notes": list(territory.notes)},
        "zones": list(territory.zones),
        "parameters": Parameters(scenario.parameters).to_records(),
    }


def _run(plan: _Plan, sink: _Sink, engine: Engine, headline: Headline, say: Progress) -> None:
    """Runs what is missing."""
    done, failures = 0, dict[Key, Failure]()
    began = time.monotonic()
    try:
        say(0, plan.total, "looking for runs that are there already")
        missing = []
        for cell in plan.cells():
            end = sink.kept(cell)
            if end is None:
                missing.append(cell)
                continue
            done += 1
            headline.add(cell.key, end.get(headline.outcome))
        sink.log(f"{plan.total} cells, {done} of them there already; engine: {engine}")
        if missing and headline.enough is None:
            say(done, plan.total, "compiling the residents' kernel (some 30 seconds the first time)")
            compile_kernel()
            say(done, plan.total, "running")
        wanted = itertools.takewhile(lambda _: headline.enough is None, missing)
        with closing(compute(engine, sink.work, wanted)) as outcomes:
            for cell, outcome in outcomes:
                done += 1
                what = str(cell.key)
                if isinstance(outcome, Failure):
                    failures[cell.key] = outcome
                    sink.fail(cell, outcome)
                    headline.add(cell.key, None)
                    what += f" failed: {outcome.summary}"
                else:
                    headline.add(cell.key, sink.add(cell, outcome).get(headline.outcome))
                    sink.log(f"finished {what}")
                if headline.enough is not None:
                    break
                say(done, plan.total, "; ".join(filter(None, [what, str(headline)])))
        if headline.enough is not None:
            plan.replications = headline.enough
            say(plan.total, plan.total, f"{headline}: precise enough")
        kept = sink.close()
        sink.log(f"{kept} runs are there after {time.monotonic() - began:.1f} s")
    except BaseException as error:
        kept = done - len(failures)
        with suppress(EssSimError, OSError):  # a full disk must not hide what went wrong
            kept = sink.close()
            sink.log(f"stopped after {kept} of {plan.total} runs: {type(error).__name__}: {error}")
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(sink.told(kept)) from None
        if isinstance(error, ResultsError | OSError):  # not the user's input any more
            raise ExperimentError(f"stopped while runs were under way: {error}", {}) from error
        raise
    if failures:
        first = next(iter(failures))
        raise ExperimentError(
            f"{len(failures)} of {plan.total} runs failed, the first being {first} ({failures[first].summary}); "
            f"{sink.told(kept)}",
            {key: f.traceback for key, f in failures.items()},
        )
