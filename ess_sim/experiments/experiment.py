"""Scenarios × parameter draws × replications, on any engine, in memory or into a results folder.

A cell is one run, identified by the scenario's digest, the content of its territory's files, the code of policies of
the user's own, the root seed, the replication, the draw and `RESULTS_VERSION`. Workers return finished cells and only
the parent writes, so an interruption loses at most the cells in progress; repeating the call resumes from there. A
results folder depends only on what was asked for: whatever differs from one execution to the next (times, host,
engine) goes to its ``run.log``.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from ess_sim import atomic
from ess_sim.arguments import checked
from ess_sim.errors import ArgumentError, EssSimError, ResultsError, whole_number
from ess_sim.experiments.draws.designs import Design
from ess_sim.experiments.engines.compute import compute, get_ready
from ess_sim.experiments.engines.engine import MOST_RUNS, Engine, Failure
from ess_sim.experiments.headline import Headline
from ess_sim.experiments.identity import comparable
from ess_sim.experiments.plan import DrawnValues, Draws, Plan
from ess_sim.experiments.shards import read_shard
from ess_sim.experiments.sinks import Disk, Memory, Sink
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import check
from ess_sim.model.run.warm_up import compile_kernel
from ess_sim.results.comparison.pairing import baselines
from ess_sim.results.keeping import Keep, Snapshots
from ess_sim.results.results import Results
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key

__all__ = ["ExperimentError", "Interrupted", "Progress", "run_experiment", "silent"]


Progress = Callable[[int, int, str], None]
"""Called in the parent with the number of finished cells, the total, and a message."""


MOST_REPLICATIONS = 500
"""With ``precision`` and no number of replications."""


_WHOLE = "a shard goes without precision, which looks at all runs: give the number of replications"


MOST_DRAWS = 100_000
"""Beyond, the draws alone would not fit into memory."""


class ExperimentError(EssSimError, RuntimeError):
    """Some runs failed. The others are kept; ``failures`` holds the traceback of each failed run."""

    def __init__(self, message: str, failures: dict[Key, str]) -> None:
        super().__init__(message)
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failures)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; the message says what was kept."""


@checked
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
    keep: str | Sequence[str] | None = None,
    snapshots: Snapshots | None = None,
    shard: str | tuple[int, int] | None = None,
) -> Results:
    """Run scenarios several times each, with common random numbers.

    Parameters
    ----------
    scenarios : Scenario or sequence of Scenario
        Their names must differ.
    replications : int, optional
        Runs of each scenario (and draw), ≥ 1. Replication *r* (of draw *d*) uses the same random numbers in all
        scenarios. Required unless ``precision`` is given, in which case it is the maximum (500 by default).
    seed : int
        Root seed, ≥ 0.
    jobs : int, optional
        Workers, ≥ 1; None: one per core. The results do not depend on it. Runs with a policy that a notebook, or a
        script without ``if __name__ == "__main__":``, defines are done in this process.
    out : path, optional
        Folder for the results, created if missing. Runs of the same experiment that are already there and undamaged to
        the last byte are kept; only the others run. Without a folder, results stay in memory.
    overwrite : bool
        Replace results of another experiment in ``out``. A folder that holds any other files is never touched.
    progress : callable, optional
        Called with the number of finished cells, the total, and a message.
    engine : {'processes', 'dask'} or concurrent.futures.Executor
        Where to compute. An executor of your own is not shut down.
    scheduler : str, optional
        Address of a running Dask scheduler, e.g. ``tcp://10.0.0.1:8786``; without one, ``dask`` starts a local cluster.
    draws : int, Posterior or sequence of mapping of str to float, optional
        A number of draws of the uncertain parameters (`draw_parameters`), or the draws themselves: the posterior of a
        calibration, or values by name. Each draw has replications of its own: its replication *r* takes the random
        numbers of replication *d* × 1,000,000 + *r*. A parameter that a scenario sets itself keeps that value.
    design : {'latin-hypercube', 'sobol'}
        How parameters are drawn if ``draws`` is a number.
    precision : float, optional
        Continue until the 95 % interval of every scenario's difference from its baseline, in the first declared outcome
        at the end, has at most this half-width (in percentage points for shares) and stays that narrow through a
        look-ahead (Hoad's algorithm), or until ``replications`` is reached. Not with ``draws``, whose spread no
        replication narrows.
    baseline : str or mapping of str to str, optional
        Scenario to compare with (by default the first), or that of each scenario. It matters only for ``precision``
        and for messages. Scenarios of other zones or residents than their baseline's are not compared. Where only a
        part of the scenarios of ``out`` is given, without a baseline and a precision, each keeps its baseline.
    keep : str or sequence of str, optional
        Tables that are kept of each run (keys of `SCHEMAS`), all by default. Outcomes are kept in any case.
    snapshots : {'monthly', 'yearly', 'none'}, optional
        At which records residents by cell are kept, the largest table: all, by default; the first, the last and
        those nearest to the anniversaries of the first day; none. No other table depends on it.
    shard : str or (int, int), optional
        Make only this part of the runs: ``'3/40'`` or ``(3, 40)``, the third of forty; or ``'slurm'``, the place of
        this task in its array. The results go to a folder of their own below ``out`` (``0003-of-0040``); when all
        shards are there, `merge_shards` joins them. Not with ``precision``, which looks at all runs.

    Returns
    -------
    Results
        In memory, or read from ``out``.

    Raises
    ------
    ResultsError
        Before anything runs, if ``out`` holds other files, is in use, or cannot be written.
    ValueError
        For fewer than one scenario, replication, draw or job, a negative seed, or two scenarios with one name.
    ScenarioError
        Before anything runs, with all that is wrong with the scenarios and their territories.
    EngineError
        If the engine cannot be started, or breaks down; finished runs are kept in ``out``.
    ExperimentError
        At the end, if runs failed; the others are kept in ``out``.
    KeyboardInterrupt
        After Ctrl-C; finished runs are kept in ``out``.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml").with_(horizon_years=1)
    >>> run_experiment(scenario, replications=2, seed=1)
    Results(['laval-baseline'], 2 replications, seed=1)
    """
    scenarios = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    if replications is None:
        if precision is None:
            raise ArgumentError("give a number of replications, or a precision")
        replications = MOST_REPLICATIONS
    replications, seed = whole_number("replications", replications, 1, MOST_RUNS), whole_number("seed", seed, 0)
    _check_arguments(scenarios, draws, precision)
    kept, part = Keep.of(keep, snapshots), read_shard(shard)
    if part is not None and (out is None or precision is not None):
        raise ArgumentError("a shard needs a folder: give out" if out is None else _WHOLE)
    where = Engine(engine, jobs, scheduler)
    check(*scenarios)
    drawn = DrawnValues.make(scenarios, draws, design, seed)
    names = [s.name for s in scenarios]
    compared = comparable(baselines(names, baseline or names[0]), scenarios)
    outcome = scenarios[0].outcomes[0] if scenarios[0].outcomes else "share_without_mt"
    headline = Headline(outcome, names, compared, drawn.numbers, precision)
    said = baseline is not None or precision is not None  # which looks at these differences, and no others
    plan = Plan(
        tuple(scenarios), compared, drawn, replications, seed, precision, keep=kept, shard=part, baselines_said=said
    )
    if part is not None and part.total > plan.of_all_shards:
        raise ArgumentError(f"shard {part}: there are only {plan.of_all_shards} runs, fewer than shards")
    say = progress or silent
    if out is None:
        memory = Memory(plan)
        _run(plan, memory, where, headline, say)
        return Results(memory.runs, baselines=compared)
    path = atomic.users_path(out) / (part.folder if part is not None else "")
    if not Folder.is_there(path):
        atomic.check_output_folder(path)  # before a lock file is created in it
    with atomic.lock(path):
        _run(plan, Disk(plan, path, overwrite=overwrite), where, headline, say)
        return Results.read(path, replications=plan.replications)


def silent(done: int, total: int, what: str) -> None:
    """Default progress callback: does nothing."""


def _check_arguments(
    scenarios: Sequence[Scenario],
    draws: Draws,
    precision: float | None,
) -> None:
    if isinstance(draws, int | float):
        whole_number("draws", draws, 1, MOST_DRAWS)
    if precision is not None and not precision > 0:
        raise ArgumentError(f"precision must be above 0, not {precision!r}")
    if precision is not None and draws is not None:
        raise ArgumentError("precision adds replications, which do not narrow what draws leave open: take more draws")
    if not scenarios:
        raise ArgumentError("an experiment needs at least one scenario")
    names = [s.name for s in scenarios]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ArgumentError(f"two scenarios are called {twice[0]!r}: give each its own name")
    by_letters = {name.lower(): name for name in names}
    if alike := [name for name in names if by_letters[name.lower()] != name]:
        raise ArgumentError(
            f"the scenarios {alike[0]!r} and {by_letters[alike[0].lower()]!r} differ by capitals only, and many "
            "computers would put their results into one folder: rename one"
        )


def _run(plan: Plan, sink: Sink, engine: Engine, headline: Headline, say: Progress) -> None:
    """Runs the cells that are missing."""
    done, failures = 0, dict[Key, Failure]()
    began = time.monotonic()
    try:
        say(0, plan.total, "looking for finished runs")
        missing = []
        for cell in plan.cells():
            end = sink.kept(cell)
            if end is None:
                missing.append(cell)
                continue
            done += 1
            headline.add(cell.key, end.get(headline.outcome))
        sink.log(f"{plan.total} cells, {done} of them already finished; engine: {engine}")
        if missing and headline.enough is None:
            say(done, plan.total, "preparing")
            get_ready(engine)
            compile_kernel(partial(say, done, plan.total))
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
        sink.log(f"{kept} runs complete after {time.monotonic() - began:.1f} s")
    except BaseException as error:
        kept = done - len(failures)
        with suppress(EssSimError, OSError):  # a full disk must not hide the original error
            kept = sink.close(stopped=True)
            sink.log(f"stopped after {kept} of {plan.total} runs: {type(error).__name__}: {error}")
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(sink.summary(kept)) from None
        if isinstance(error, ResultsError | OSError):  # no longer an error in the user's input
            raise ExperimentError(f"stopped while runs were in progress: {error}", {}) from error
        raise
    if failures:
        first = next(iter(failures))
        raise ExperimentError(
            f"{len(failures)} of {plan.total} runs failed, the first being {first} ({failures[first].summary}); "
            f"{sink.summary(kept)}",
            {key: f.traceback for key, f in failures.items()},
        )
