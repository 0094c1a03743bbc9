"""Where the runs of an experiment go: memory or a results folder."""

from __future__ import annotations

import importlib.metadata
import math
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ess_sim.experiments.engines.engine import Failure
from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.plan import Cell, Plan
from ess_sim.experiments.single_run import run_with
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.run.prepare import prepare
from ess_sim.results.indicators.outcomes import at_end
from ess_sim.results.run import Run, about
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.journal import parcel_of
from ess_sim.results.storage.keys import FORMAT, RECORDED, RESULTS_VERSION, Parcel
from ess_sim.results.tables.names import TOTALS

__all__ = ["Disk", "Memory", "Sink"]


def _simulated(cell: Cell) -> Run:
    run = run_with(
        cell.scenario, cell.overrides, seed=cell.seed, replication=cell.stream, inputs=cell.inputs, keep=cell.keep
    )
    return replace(run, scenario=cell.scenario, draw=cell.key.draw, replication=cell.key.replication)


def _parcel(cell: Cell) -> Parcel:
    """A finished run as the bytes of its tables, those that are kept."""
    run = _simulated(cell)
    totals, outcomes = run.totals(), run.table("outcomes")
    end = at_end(outcomes)
    note = cell.identity | {
        "end": {name: value if math.isfinite(value) else None for name, value in end.items()},
        "totals": {name: totals[name].tolist() for name in TOTALS},
        "read": [p["name"] for p in run.parameters if p["read"]],
        "assumed": sorted(run.record.assumed),
    }
    tables = ((table, outcomes if table == "outcomes" else run.table(table)) for table in cell.keep.tables)
    return parcel_of(tables, note)


class Sink(Protocol):
    """Where finished cells go."""

    @staticmethod
    def work(cell: Cell) -> Any: ...
    def kept(self, cell: Cell) -> Mapping[str, float | None] | None: ...
    def add(self, cell: Cell, made: Any) -> Mapping[str, float | None]: ...
    def fail(self, cell: Cell, failure: Failure) -> None: ...
    def log(self, text: str) -> None: ...
    def close(self, *, stopped: bool = False) -> int: ...
    def summary(self, kept: int) -> str: ...


class Memory:
    """Keeps runs as they are."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.runs: list[Run] = []

    @staticmethod
    def work(cell: Cell) -> Run:
        return _simulated(cell)

    def kept(self, cell: Cell) -> None:
        """Memory holds nothing beforehand."""

    def add(self, cell: Cell, made: Run) -> Mapping[str, float | None]:  # noqa: ARG002 (the run knows its key)
        self.runs.append(made)
        if self._plan.precision is None:
            return {}  # building tables takes time, and the values are not needed
        return at_end(made.outcomes())

    def fail(self, cell: Cell, failure: Failure) -> None:
        """Nothing to write to."""

    def log(self, text: str) -> None:
        """Nothing to write to."""

    def close(self, *, stopped: bool = False) -> int:  # noqa: ARG002 (an exception loses them all)
        # workers finish in any order, but scenarios keep the order in which they were given
        order = {scenario.name: place for place, scenario in enumerate(self._plan.scenarios)}
        kept = (run for run in self.runs if run.replication < self._plan.replications)
        self.runs = sorted(kept, key=lambda run: (order[run.name], run.draw, run.replication))
        return len(self.runs)

    def summary(self, kept: int) -> str:  # noqa: ARG002 (an exception loses them all)
        return "nothing was kept"


class Disk:
    """Writes runs into a results folder."""

    def __init__(self, plan: Plan, path: Path, *, overwrite: bool) -> None:
        self._plan = plan
        said = plan.baselines_said
        self.folder = Folder.open(path, _manifest(plan), overwrite=overwrite, baselines_said=said)
        # if an earlier experiment asked for more replications, they are kept
        self._protected = self.folder.manifest["replications"]
        versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("numpy", "pandas", "numba", "pyarrow"))
        self.log(f"ess_sim {_version()}, Python {platform.python_version()}, {versions}, {platform.platform()}")

    @staticmethod
    def work(cell: Cell) -> Parcel:
        return _parcel(cell)

    def kept(self, cell: Cell) -> Mapping[str, float | None] | None:
        if not self.folder.holds(cell.key):
            return None
        if not self.folder.sound(cell.key, cell.identity):
            self.log(f"damaged, to be run again: {cell.key}")
            self.folder.remove(cell.key)
            return None
        end: Mapping[str, float | None] = self.folder.note(cell.key)["end"]
        return end

    def add(self, cell: Cell, made: Parcel) -> Mapping[str, float | None]:
        self.folder.add(cell.key, made)
        end: Mapping[str, float | None] = made.note["end"]
        return end

    def fail(self, cell: Cell, failure: Failure) -> None:
        self.folder.fail(cell.key, failure.summary, failure.traceback)
        self.log(f"FAILED {cell.key}: {failure.summary}\n{failure.traceback}")

    def log(self, text: str) -> None:
        self.folder.log(text)

    def close(self, *, stopped: bool = False) -> int:
        manifest = self.folder.manifest
        manifest["replications"] = most = max(self._plan.replications, self._protected)
        if self._plan.precision is not None:  # remove runs beyond the last replication that was needed
            for key in self.folder.finished():
                if key.replication >= most:
                    self.folder.remove(key)
        if self._plan.shard is not None:
            return self.folder.close(self._plan.total, in_order=not stopped)
        expected = len(manifest["order"]) * len(self._plan.draws.numbers) * most
        return self.folder.close(expected, in_order=not stopped)

    def summary(self, kept: int) -> str:
        return f"{kept} of {self._plan.total} runs are kept in {self.folder.path}; repeat the same call to resume"


def _version() -> str:
    try:
        return importlib.metadata.version("ess_sim")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _manifest(plan: Plan) -> dict[str, Any]:
    """The manifest before anything has run."""
    return {
        "format": FORMAT,
        "results_version": RESULTS_VERSION,
        "recorded": RECORDED,
        "ess_sim": _version(),
        "seed": plan.seed,
        "draws": plan.draws.to_dict(),
        # with a precision, the number is known only at the end
        "replications": plan.replications if plan.precision is None else 0,
        "complete": False,
        "keep": list(plan.keep.tables),
        "snapshots": plan.keep.snapshots,
        "shard": None if plan.shard is None else list(plan.shard),
        "order": [s.name for s in plan.scenarios],
        "baselines": dict(plan.baselines),
        # once for all scenarios, as hundreds of variants have them in common
        "catalogue": _catalogue(),
        "territories": {t.digest: _territory_entry(t) for t in map(prepare, plan.scenarios)},
        "scenarios": {s.name: _scenario_entry(s, plan.inputs[s.name]) for s in plan.scenarios},
    } | ({} if plan.draws.elicited is None else {"elicited": plan.draws.elicited})


def _catalogue() -> list[dict[str, Any]]:
    """Every parameter with its central value, range, unit, grade and source."""
    of_a_run = ("overridden", "read")
    return [{k: v for k, v in row.items() if k not in of_a_run} for row in Parameters().to_records()]


def _territory_entry(territory: Territory) -> dict[str, Any]:
    return {
        "notes": list(territory.notes),
        "zones": list(territory.zones),
        "zone_names": list(territory.zone_names),
        "departements": list(territory.departements),
    }


def _scenario_entry(scenario: Scenario, inputs: Inputs) -> dict[str, Any]:
    inputs.check(scenario)
    # names only: paths are private, and the territory's digest identifies the content
    names = {k: Path(v).name for k in ("csv", "travel_csv") if (v := getattr(scenario.territory, k)) is not None}
    shown = about(scenario.with_(territory=scenario.territory.model_copy(update=names)))
    return {
        "scenario": shown.scenario,
        "acts_from": shown.acts_from,
        "digest": scenario.digest,
        "territory": {"digest": inputs.territory, "residents": inputs.residents},
        "code": inputs.code.whole,
    }
