"""From a calibration file to a posterior: runs of the scenario on any engine, compared with the targets."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.analysis.calibration.diagnostics import Fit, diagnose
from ess_sim.analysis.calibration.inference import Observed, infer, runs
from ess_sim.analysis.calibration.runs import (
    UNFINISHED,
    Kept,
    TargetRuns,
    asked,
    identity_of,
)
from ess_sim.analysis.calibration.targets import Calibration
from ess_sim.arguments import checked
from ess_sim.atomic import check_output_folder, lock, users_path, write_atomically
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiments.draws.posterior import Posterior, is_posterior
from ess_sim.experiments.engines.engine import Engine
from ess_sim.experiments.experiment import Interrupted, Progress
from ess_sim.model.run.prepare import prepare

__all__ = ["calibrate", "posterior", "write_fit"]


@checked
def calibrate(
    calibration: Calibration,
    *,
    out: Path | str | None = None,
    overwrite: bool = False,
    jobs: int | None = 1,
    engine: str | Executor = "processes",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a scenario's parameters to dated targets.

    Parameters
    ----------
    calibration : Calibration
        From `read_calibration`.
    out : path, optional
        Folder for the posterior (`write_fit`). Until then it holds the finished runs: after an interruption, repeating
        the call resumes from there.
    overwrite : bool
        Replace an earlier posterior in ``out``, or the unfinished runs of another calibration. A folder that holds any
        other files is never touched.
    jobs, engine, scheduler
        As for `ess_sim.run_experiment`; the fit does not depend on them.
    progress : callable, optional
        Called with the number of finished runs, the total, and a message.

    Returns
    -------
    Fit

    Raises
    ------
    ResultsError
        Before anything runs, if ``out`` holds other files, is in use, or cannot be written; later, if a target is
        undefined in some runs.
    EssSimError
        If a run fails, or cannot be written.
    KeyboardInterrupt
        After Ctrl-C.
    """
    where = Engine(engine, jobs, scheduler)
    prepare(calibration.scenario)
    if out is None:
        return _fitted(calibration, TargetRuns(calibration, where, progress))
    folder = users_path(out)
    if not is_posterior(folder) and not (folder / UNFINISHED).is_file():
        check_output_folder(folder)  # before a lock file is created in it
    with lock(folder):
        if is_posterior(folder) and not overwrite:
            raise ResultsError(
                f"{folder}: the folder holds a posterior: choose another folder, or replace it with --overwrite "
                "(overwrite=True)"
            )
        for left_over in folder.glob(".*.part"):
            left_over.unlink()
        kept = Kept.open(folder / UNFINISHED, identity_of(calibration), overwrite=overwrite)
        try:
            fit = _fitted(calibration, TargetRuns(calibration, where, progress, kept))
            _write_late(fit, calibration, folder)
        except KeyboardInterrupt:
            total = runs(calibration.simulations, calibration.replications, calibration.draws)
            raise Interrupted(
                f"{len(kept.results)} of {total} runs are kept in {folder}; repeat the same call to resume"
            ) from None
        (folder / UNFINISHED).unlink()
    return fit


def _fitted(c: Calibration, simulator: TargetRuns) -> Fit:
    found = infer(
        c.parameters,
        [Observed(t.name, t.value, t.spread, not t.held_out) for t in c.targets],
        simulator,
        simulations=c.simulations,
        replications=c.replications,
        draws=c.draws,
        seed=c.seed,
        marginal=c.prior,
        chance=c.chance,
    )
    return diagnose(found)


def posterior(fit: Fit, calibration: Calibration) -> Posterior:
    """The sample with its provenance: what was fitted to which targets, by which version, and how well."""
    c = calibration
    sources = {t.name: {"source": t.source, "grade": t.grade} for t in c.targets}
    about = asked(c) | {
        "title": c.title,
        "effective": round(fit.effective, 1),
        "candidates": fit.candidates,
        "warnings": list(fit.warnings),
        "parameters": _plain(fit.parameters),
        "targets": [row | sources[str(row["name"])] for row in _plain(fit.targets)],
    }
    return Posterior(c.name, fit.draws, about)


def write_fit(fit: Fit, calibration: Calibration, folder: Path) -> None:
    """Write the posterior with its manifest, and the tables of the diagnostics as CSV files.

    Raises
    ------
    ResultsError
        If they cannot be written.
    """
    for name in TABLES:
        table: pd.DataFrame = getattr(fit, name)
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
        write_atomically(folder / f"{name}.csv", text.encode())
    posterior(fit, calibration).write(folder)


def _write_late(fit: Fit, calibration: Calibration, folder: Path) -> None:
    """As `write_fit`, but a failure such as a full disk no longer counts as an error in the input."""
    try:
        write_fit(fit, calibration, folder)
    except ResultsError as error:
        raise EssSimError(f"{error}; all runs are kept: repeat the same call to resume") from error


TABLES = ("parameters", "targets", "emulator", "pairs", "combinations", "runs")
"""Tables of a fit, each written to a CSV file of its folder."""


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values, rounded to six decimals."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=6))
    return rows
