"""The simulations of a calibration, each saved as it finishes, so that an interrupted one can resume."""

from __future__ import annotations

import importlib.metadata
import json
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ess_sim.analysis.calibration.inference import WAVES, runs
from ess_sim.analysis.calibration.observables import statistic, why_undefined
from ess_sim.analysis.calibration.targets import Calibration
from ess_sim.atomic import write_atomically
from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiments.engines.compute import compute
from ess_sim.experiments.engines.engine import Engine, Failure
from ess_sim.experiments.experiment import Progress, silent
from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.single_run import run_with
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.own_code import code_of
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.warm_up import compile_kernel
from ess_sim.results.storage.keys import RESULTS_VERSION

__all__ = ["Kept", "TargetRuns", "asked", "identity_of"]


def asked(c: Calibration) -> dict[str, Any]:
    """What was asked for, and of which version."""
    return {
        "ess_sim": importlib.metadata.version("ess_sim"),
        "results_version": RESULTS_VERSION,
        "scenario": {"name": c.scenario.name, "digest": c.scenario.digest},
        "prior": c.prior,
        "observed": "one future" if c.chance else "expectation",
        "simulations": c.simulations,
        "replications": c.replications,
        "seed": c.seed,
    }


UNFINISHED = "unfinished.txt"
"""File in a calibration's folder that holds its finished runs until there is a posterior."""


_Key = tuple[int, tuple[float, ...]]
"""Identifies a run: its replication, and the values of the fitted parameters."""


def identity_of(c: Calibration) -> dict[str, Any]:
    """Everything that a calibration's runs and its choice of points depend on."""
    return asked(c) | {
        "draws": c.draws,
        "territory": prepare(c.scenario).digest,
        "code": code_of(c.scenario.policies).whole,
        "parameters": [[p.name, p.low, p.value, p.high] for p in c.parameters],
        "targets": [[t.name, t.value, t.spread, t.held_out] for t in c.targets],
    }


@dataclass
class Kept:
    """Results of finished runs, in memory and optionally in a file: one line per run, below a line of identity.

    Attributes
    ----------
    results : dict
        Values of the targets by replication and parameter values.
    path : Path or None
        The file.
    """

    results: dict[_Key, list[float]] = field(default_factory=dict)
    path: Path | None = None

    @classmethod
    def open(cls, path: Path, identity: Mapping[str, Any], *, overwrite: bool) -> Kept:
        """The runs in a file of this identity, which is rewritten without damaged lines so that more can be added.

        Raises
        ------
        ResultsError
            If the file has another identity, is something else, or cannot be written.
        """
        head, *lines = [_line(identity)]
        if path.is_file():
            head, *lines = path.read_bytes().splitlines(keepends=True) or [b""]
        earlier = _content(head)
        if not isinstance(earlier, dict):
            raise ResultsError(f"{path}: not a file of runs from ess-sim calibrate: choose another folder")
        if earlier != identity:
            if not overwrite:
                other = ", ".join(name for name, said in identity.items() if earlier.get(name) != said)
                raise ResultsError(
                    f"{path.parent}: the folder holds runs of another calibration (it differs in {other}): choose "
                    "another folder, or replace them with --overwrite (overwrite=True)"
                )
            lines = []
        sound = [line for line in lines if _content(line) is not None]
        write_atomically(path, b"".join([_line(identity), *sound]))
        return cls({(number, tuple(values)): result for number, values, result in map(_content, sound)}, path)

    def add(self, key: _Key, result: list[float]) -> None:
        """Add a run.

        Raises
        ------
        EssSimError
            If it cannot be written.
        """
        self.results[key] = result
        if self.path is None:
            return
        try:
            with self.path.open("ab") as file:
                file.write(_line([*key, result]))
        except OSError as error:
            raise EssSimError(
                f"{self.path}: cannot be written ({error.strerror or error}); repeat the same call to resume"
            ) from error


def _line(content: Any) -> bytes:
    """JSON preceded by its checksum."""
    text = json.dumps(content).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _content(line: bytes) -> Any:
    """The content of a line; None if it is damaged."""
    checksum, _, text = line.partition(b" ")
    whole = checksum == b"%08x" % zlib.crc32(text.removesuffix(b"\n")) and text.endswith(b"\n")
    return json.loads(text) if whole else None


@dataclass(frozen=True)
class _Task:
    """One run, and what to read off it."""

    scenario: Scenario
    values: Mapping[str, float]
    seed: int
    replication: int
    wanted: tuple[tuple[str, date], ...]
    inputs: Inputs

    @property
    def key(self) -> _Key:
        return self.replication, tuple(self.values.values())


def _results(task: _Task) -> list[float]:
    """The targets' values in one run; called in a worker."""
    run = run_with(task.scenario, task.values, seed=task.seed, replication=task.replication, inputs=task.inputs)
    return [statistic(run, name, when) for name, when in task.wanted]


class TargetRuns:
    """A calibration's scenario as a simulator of its targets (`Simulator`).

    Parameters
    ----------
    calibration : Calibration
    engine : Engine
        Where to run.
    progress : callable, optional
        Called with the number of finished runs, the total of the whole calibration, and a message.
    kept : Kept, optional
        Runs that are already finished; new ones are added to them.

    Raises
    ------
    ResultsError
        When called, if a target is undefined in some runs.
    EssSimError
        When called, if a run fails.
    """

    def __init__(
        self, calibration: Calibration, engine: Engine, progress: Progress | None = None, kept: Kept | None = None
    ) -> None:
        self._calibration = calibration
        self._engine = engine
        self._say = progress or silent
        self._kept = kept if kept is not None else Kept()
        self._inputs = Inputs.of(calibration.scenario)
        self._done = 0
        self._wave = 0

    def __call__(self, values: Sequence[Mapping[str, float]], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Results of shape (points, replications, targets)."""
        c = self._calibration
        wanted = tuple((t.outcome, t.date) for t in c.targets)
        tasks = [
            _Task(c.scenario, point, c.seed, int(number), wanted, self._inputs)
            for point, row in zip(values, numbers, strict=True)
            for number in row
        ]
        missing = [task for task in tasks if task.key not in self._kept.results]
        self._wave += 1
        self._done += len(tasks) - len(missing)
        total = runs(c.simulations, c.replications, c.draws)
        if missing:
            compile_kernel(partial(self._say, self._done, total))
            self._say(self._done, total, "running")
        with closing(compute(self._engine, _results, missing)) as finished:
            for task, result in finished:
                if isinstance(result, Failure):
                    raise EssSimError(f"a run failed: {result.summary}\n{result.traceback}")
                self._kept.add(task.key, result)
                self._done += 1
                self._say(self._done, total, f"wave {self._wave} of {WAVES}")
        out = np.array([self._kept.results[task.key] for task in tasks]).reshape(*numbers.shape, len(wanted))
        for k, t in enumerate(c.targets):
            if not np.isfinite(out[:, :, k]).all():
                raise ResultsError(f"{t.name}: undefined in some runs ({why_undefined(t.outcome)})")
        return out
