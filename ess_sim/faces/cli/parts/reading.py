"""Reading the files that commands take, with a hint where one is of another kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ess_sim.errors import ResultsError, ScenarioError
from ess_sim.experiments.batches.batch import Batch, read_batch
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.estimate import estimated, fewer_tables, in_bytes, memory_here
from ess_sim.faces.cli.parts.terminal import complain
from ess_sim.faces.words.numbers import outside_notes
from ess_sim.inputs.documents.reader import top_keys
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.notices import notices
from ess_sim.model.run.read import read_scenarios
from ess_sim.results.keeping import Keep

__all__ = ["check_size", "read_experiment", "read_files", "say_what_binds", "warn_of"]


LONG_HOURS, LARGE_GIGABYTES = 2.0, 4.0
"""Hours of one core, and memory of a worker, above which a run says before it starts what it will take."""


def read_files(files: Sequence[Path], *, allow_code: bool = False) -> list[Scenario]:
    """The scenarios of files; for a file of another kind, a message that names the command for it."""
    try:
        return read_scenarios(files, allow_code=allow_code)
    except ScenarioError:
        for path in files:
            keys = top_keys(path)
            for key, command in (("batch", "run"), ("calibration", "calibrate")):
                if key in keys:
                    raise ResultsError(f"{path}: a {key} file, no scenario: ess-sim {command} {path}") from None
        raise


def read_experiment(files: Sequence[Path], *, allow_code: bool = False) -> tuple[Batch | None, list[Scenario]]:
    """What to run: the scenarios of a batch file, or of files of their own."""
    if not any("batch" in top_keys(path) for path in files):
        return None, read_files(files, allow_code=allow_code)
    if len(files) > 1:
        raise ResultsError("a batch file says by itself which scenarios to run: give it alone")
    batch = read_batch(files[0], allow_code=allow_code)
    return batch, list(batch.scenarios)


def say_what_binds(scenarios: Sequence[Scenario]) -> None:
    """What will keep policies from acting in full, and parameters outside their ranges, before the run."""
    outside: dict[str, list[str]] = {}
    for scenario in scenarios:
        for words in notices(scenario):
            complain(f"note: {scenario.name}: {words.en}")
        for line in outside_notes(scenario):
            outside.setdefault(line, []).append(scenario.name)
    for line, names in outside.items():  # variants of a batch, and a baseline and its policies, share them
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        complain(f"note: {names[0]}{more}: {line}")


def check_size(scenarios: Sequence[Scenario], runs_each: float, keep: Keep, jobs: int | None) -> None:
    """Say what the runs will take where that is much.

    Parameters
    ----------
    runs_each : float
        Runs of each scenario.
    jobs : int, optional
        Workers of this machine; None where others compute.

    Raises
    ------
    ResultsError
        If not even one run fits into the memory of this machine.
    """
    estimate, here = estimated(scenarios, runs_each, keep), memory_here()
    if jobs is not None and here is not None:
        if estimate.memory > here:
            raise ResultsError(
                f"a run needs about {in_bytes(estimate.memory)} of memory ({estimate.adults:,} adults), and this "
                f"machine has {in_bytes(here)}: ess-sim validate --size says it of each scenario"
                f"{fewer_tables(scenarios, here)}"
            )
        workers = min(jobs, max(1, estimate.runs))
        if workers * estimate.memory > here:
            complain(
                f"WARNING: {workers} workers need about {in_bytes(workers * estimate.memory)}, and this machine has "
                f"{in_bytes(here)}: --jobs {int(here / estimate.memory)}"
            )
    if estimate.hours > LONG_HOURS or estimate.gigabytes > LARGE_GIGABYTES:
        complain(f"WARNING: {estimate.words}")


def warn_of(draws: int | Posterior | None) -> None:
    """Repeat a calibration's warnings about its draws."""
    if isinstance(draws, Posterior) and (caveats := draws.caveats()):
        complain(f"WARNING: draws of {draws.name}: {caveats}")
        complain(f'         in full: "warnings" in {draws.manifest}; what they mean: docs/experiments.md')
