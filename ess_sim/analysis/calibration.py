"""Calibrations from their file to a posterior: runs of the scenario on any engine, read off at the targets' dates."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.analysis.diagnostics import Fit, diagnose
from ess_sim.analysis.inference import WAVES, Observed, infer, runs
from ess_sim.analysis.posterior import Posterior
from ess_sim.analysis.targets import Calibration, statistic
from ess_sim.engines import Engine, Failure, compute
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.folder import RESULTS_VERSION
from ess_sim.scenario import Scenario
from ess_sim.simulate import compile_kernel, prepare, simulate
from ess_sim.store import write_atomically

__all__ = ["TargetRuns", "calibrate", "posterior", "write_fit"]

Progress = Callable[[int, int, str], None]


def calibrate(
    calibration: Calibration,
    *,
    jobs: int | None = 1,
    engine: str | Executor = "processes",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a scenario's parameters to dated targets.

    Parameters
    ----------
    calibration : Calibration
        As `ess_sim.analysis.targets.read_calibration` reads it.
    jobs, engine, scheduler
        As for `ess_sim.run_experiment`; the fit does not depend on them.
    progress : callable, optional
        Called with the number of finished runs, their total, and a message.

    Returns
    -------
    Fit

    Raises
    ------
    ResultsError
        Where an outcome is about nobody, so that no number comes out.
    EssSimError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C; nothing is kept.
    """
    c = calibration
    where = Engine(engine, jobs, scheduler)
    prepare(c.scenario)
    compile_kernel()
    found = infer(
        c.parameters,
        [Observed(t.name, t.value, t.spread, not t.held_out) for t in c.targets],
        TargetRuns(c, where, progress),
        simulations=c.simulations,
        replications=c.replications,
        draws=c.draws,
        seed=c.seed,
        marginal=c.prior,
        chance=c.chance,
    )
    return diagnose(found)


def posterior(fit: Fit, calibration: Calibration) -> Posterior:
    """The sample with its provenance: what was fitted to what, by which version, and how well."""
    c = calibration
    sources = {t.name: {"source": t.source, "grade": t.grade} for t in c.targets}
    about = {
        "title": c.title,
        "ess_sim": importlib.metadata.version("ess_sim"),
        "results_version": RESULTS_VERSION,
        "scenario": {"name": c.scenario.name, "digest": c.scenario.digest},
        "prior": c.prior,
        "observed": "one future" if c.chance else "expectation",
        "simulations": c.simulations,
        "replications": c.replications,
        "seed": c.seed,
        "effective": round(fit.effective, 1),
        "candidates": fit.candidates,
        "warnings": list(fit.warnings),
        "parameters": _plain(fit.parameters),
        "targets": [row | sources[str(row["name"])] for row in _plain(fit.targets)],
    }
    return Posterior(c.name, fit.draws, about)


def write_fit(fit: Fit, calibration: Calibration, folder: Path) -> None:
    """Write the posterior with its manifest, and the tables of the diagnostics as CSV.

    Raises
    ------
    ResultsError
        Where they cannot be written.
    """
    for name in TABLES:
        table: pd.DataFrame = getattr(fit, name)
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
        write_atomically(folder / f"{name}.csv", text.encode())
    posterior(fit, calibration).write(folder)


TABLES = ("parameters", "targets", "emulator", "pairs", "combinations", "runs")
"""Tables of a fit, each a CSV file of its folder."""


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values, with as many digits as anybody can use."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=6))
    return rows


def _silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class _Task:
    """One run and what to read off it."""

    scenario: Scenario
    values: Mapping[str, float]
    seed: int
    replication: int
    wanted: tuple[tuple[str, date], ...]
    place: tuple[int, int]


def _results(task: _Task) -> list[float]:
    """Runs in a worker."""
    scenario = task.scenario.with_(parameters={**task.scenario.parameters, **task.values})
    run = simulate(scenario, seed=task.seed, replication=task.replication)
    return [statistic(run, name, when) for name, when in task.wanted]


class TargetRuns:
    """A calibration's scenario as a simulator of its targets (`ess_sim.analysis.inference.Simulator`).

    Parameters
    ----------
    calibration : Calibration
    engine : Engine
        Where to run.
    progress : callable, optional
        Called with the number of finished runs, the total of a whole calibration, and a message.

    Raises
    ------
    ResultsError
        When called, where an outcome is about nobody, so that no number comes out.
    EssSimError
        When called, if a run fails.
    """

    def __init__(self, calibration: Calibration, engine: Engine, progress: Progress | None = None) -> None:
        self._calibration = calibration
        self._engine = engine
        self._say = progress or _silent
        self._done = 0
        self._wave = 0

    def __call__(self, values: Sequence[Mapping[str, float]], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Results of shape (points, replications, targets)."""
        c = self._calibration
        wanted = tuple((t.outcome, t.date) for t in c.targets)
        tasks = [
            _Task(c.scenario, point, c.seed, int(number), wanted, (i, j))
            for i, (point, row) in enumerate(zip(values, numbers, strict=True))
            for j, number in enumerate(row)
        ]
        self._wave += 1
        out = np.full((*numbers.shape, len(wanted)), np.nan)
        total = runs(c.simulations, c.replications, c.draws)
        with closing(compute(self._engine, _results, tasks)) as finished:
            for task, result in finished:
                if isinstance(result, Failure):
                    raise EssSimError(f"a run failed: {result.summary}\n{result.traceback}")
                out[task.place] = result
                self._done += 1
                self._say(self._done, total, f"wave {self._wave} of {WAVES}")
        for k, t in enumerate(c.targets):
            if not np.isfinite(out[:, :, k]).all():
                raise ResultsError(f"{t.name}: nobody is concerned in some runs, so there is nothing to compare")
        return out
