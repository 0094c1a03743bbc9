"""What the user holds after a simulation: one `Run`, or the `Results` of many, with short methods that read tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ess_sim import indicators, tables
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.scenario import OUTCOMES, Scenario
from ess_sim.store import read_manifest, read_table
from ess_sim.tables import Record

__all__ = ["FORMAT", "RESULTS_VERSION", "Results", "Run", "table_path"]

FORMAT = "ess_sim results"
"""What a manifest calls itself."""
RESULTS_VERSION = 1
"""Version of the layout of results folders and of the tables in them."""


class _Tables(Protocol):
    """The tables of one run, wherever they are."""

    @property
    def name(self) -> str: ...
    @property
    def replication(self) -> int: ...
    def table(self, table: str) -> pd.DataFrame: ...
    def outcomes(self) -> pd.DataFrame: ...


@dataclass(eq=False)
class Run:
    """One simulated future of one scenario.

    Parameters
    ----------
    scenario : Scenario
    seed, replication : int
        Root seed and number of the replication, which together fix every draw.
    zones : tuple of str
        Zone codes of the territory, sorted.
    parameters : list of dict
        The full parameter set (`ess_sim.parameters.Parameters.to_records`).
    record : Record
        What the run wrote down.

    Notes
    -----
    The tables are built when first asked for, and kept. A pickled run takes the record only.
    """

    scenario: Scenario
    seed: int
    replication: int
    zones: tuple[str, ...]
    parameters: list[dict[str, Any]]
    record: Record

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def __repr__(self) -> str:
        return f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication})"

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

    @property
    def grade_d(self) -> tuple[str, ...]:
        """Names of the parameters that the run read and that are assumptions (grade D)."""
        return _grade_d(self.parameters)

    def table(self, table: str) -> pd.DataFrame:
        """One table by name (`ess_sim.tables.SCHEMAS`), built anew unless it is kept already.

        Raises
        ------
        ResultsError
            If there is no such table.
        """
        kept: pd.DataFrame | None = self.__dict__.get(table)
        if kept is not None and table in tables.SCHEMAS:
            return kept
        origin = tables.Origin(self.scenario.name, self.replication, self.scenario.start, self.zones)
        return tables.build(table, self.record, origin)

    @cached_property
    def snapshots(self) -> pd.DataFrame:
        """Residents by date and cell; all cells present. Columns: ``tables.describe("snapshots")``."""
        return self.table("snapshots")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Signed changes of the residents without MT, by cause."""
        return self.table("flows")

    @cached_property
    def calls(self) -> pd.DataFrame:
        """Calls by outcome."""
        return self.table("calls")

    @cached_property
    def facts(self) -> pd.DataFrame:
        """Dated facts: who did what."""
        return self.table("facts")

    @cached_property
    def providers(self) -> pd.DataFrame:
        """Lists, targets and openness of list-holding GPs and centres, by date."""
        return self.table("providers")

    @cached_property
    def careers(self) -> pd.DataFrame:
        """Stretches of doctors' and interns' working lives."""
        return self.table("careers")

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Ended spells without MT, by completed months."""
        return self.table("spells")

    def share_without_mt(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Share of residents aged 17+ without MT, by date and groups.

        Parameters
        ----------
        by : str or sequence of str, optional
            Among ``zone``, ``age_band``, ``ald``, ``precarious``.

        Returns
        -------
        pandas.DataFrame
            ``date``, the groups, ``adults``, ``without_mt`` (residents), ``share``, ``lost_share``,
            ``never_declared_share`` (of adults, in 0–1).

        Raises
        ------
        ResultsError
            For an unknown group.
        """
        return indicators.share_without_mt(self.snapshots, by)

    def outcomes(self) -> pd.DataFrame:
        """Every outcome of `ess_sim.scenario.OUTCOMES` at every record: ``date``, ``outcome``, ``value``."""
        return indicators.outcome_series(self.table("snapshots"), self.table("providers"))


def _grade_d(parameters: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(p["name"] for p in parameters if p["read"] and p["grade"] == "D"))


def table_path(folder: Path, table: str, scenario: str, replication: int) -> Path:
    """Where a results folder keeps one table of one run.

    >>> table_path(Path("out"), "flows", "laval", 3).as_posix()
    'out/flows/laval/0003.parquet'
    """
    return folder / table / scenario / f"{replication:04d}.parquet"


@dataclass(frozen=True)
class _StoredRun:
    """The tables of one run in a results folder, read when asked for."""

    folder: Path
    name: str
    replication: int
    zones: tuple[str, ...]

    def table(self, table: str) -> pd.DataFrame:
        if table not in tables.SCHEMAS:
            tables.describe(table)  # raises with the names that there are
        path = table_path(self.folder, table, self.name, self.replication)
        return tables.conform(read_table(path), table, zones=self.zones)

    def outcomes(self) -> pd.DataFrame:
        return indicators.outcome_series(self.table("snapshots"), self.table("providers"))


class Results:
    """The runs of one or more scenarios with common replications.

    Parameters
    ----------
    runs : sequence of Run
        At least one; no two of the same scenario and replication, all with one root seed.

    Raises
    ------
    ResultsError
        If there is no run, one is given twice, or the seeds differ.

    Notes
    -----
    `Results.read` makes one from a results folder; its tables are then read from there whenever a method needs them,
    one run at a time. The properties ``snapshots``, ``flows``, … hold all runs in memory, and are kept.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        runs = sorted(runs, key=lambda r: r.replication)
        if not runs:
            raise ResultsError("no run: results need at least one")
        if len({r.seed for r in runs}) > 1:
            raise ResultsError("the runs have different root seeds: they cannot be compared")
        first: dict[str, Run] = {}
        for run in runs:
            if first.setdefault(run.name, run).scenario != run.scenario:
                raise ResultsError(f"two different scenarios are called {run.name!r}")
        self._set(
            [r for name in first for r in runs if r.name == name],
            seed=runs[0].seed,
            declared=[o for r in first.values() for o in r.scenario.outcomes],
            grade_d={name: sorted({d for r in runs if r.name == name for d in r.grade_d}) for name in first},
            assumed={name: sorted({a for r in runs if r.name == name for a in r.record.assumed}) for name in first},
            manifest=None,
        )

    def _set(
        self,
        runs: Sequence[_Tables],
        *,
        seed: int,
        declared: Sequence[str],
        grade_d: dict[str, list[str]],
        assumed: dict[str, Sequence[str]],
        manifest: dict[str, Any] | None,
    ) -> None:
        keys = [(r.name, r.replication) for r in runs]
        if len(set(keys)) < len(keys):
            name, replication = next(k for k in keys if keys.count(k) > 1)
            raise ResultsError(f"replication {replication} of {name!r} is given twice")
        self._runs = list(runs)
        self._seed = seed
        self._declared = tuple(o for o in OUTCOMES if o in declared)
        self._grade_d = {name: tuple(d) for name, d in grade_d.items()}
        self._assumed = {name: tuple(a) for name, a in assumed.items()}
        self._manifest = manifest

    @classmethod
    def read(cls, path: Path | str) -> Results:
        """The results in a folder that `ess_sim.run_experiment` wrote.

        Raises
        ------
        ResultsError
            If it is no results folder, is of another version, or holds no finished run.
        """
        folder = Path(path)
        manifest = _manifest(folder)
        scenarios: dict[str, Any] = manifest["scenarios"]
        runs = [
            _StoredRun(folder, name, replication, tuple(scenarios[name]["zones"]))
            for name in manifest["order"]
            for replication in sorted(int(r) for r in scenarios[name]["cells"])
        ]
        if not runs:
            raise ResultsError(f"{folder}: these results hold no finished run")
        out = cls.__new__(cls)
        out._set(
            runs,
            seed=int(manifest["seed"]),
            declared=[o for s in scenarios.values() for o in s["scenario"]["outcomes"]],
            grade_d={name: list(_grade_d(s["parameters"])) for name, s in scenarios.items() if s["cells"]},
            assumed={name: s["assumed"] for name, s in scenarios.items() if s["cells"]},
            manifest=manifest,
        )
        return out

    def __repr__(self) -> str:
        return f"Results({list(self.scenarios)}, {len(self.replications)} replications, seed={self.seed})"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order they were given."""
        return tuple(dict.fromkeys(r.name for r in self._runs))

    @property
    def replications(self) -> tuple[int, ...]:
        """Numbers of the replications that at least one scenario has, sorted."""
        return tuple(sorted({r.replication for r in self._runs}))

    @property
    def seed(self) -> int:
        """Root seed."""
        return self._seed

    @property
    def declared_outcomes(self) -> tuple[str, ...]:
        """Outcomes that the scenarios declared in advance."""
        return self._declared

    @property
    def grade_d(self) -> dict[str, tuple[str, ...]]:
        """For each scenario the assumptions (grade D) among the parameters it read."""
        return dict(self._grade_d)

    @property
    def assumed(self) -> dict[str, tuple[str, ...]]:
        """For each scenario what it left open and national figures filled."""
        return dict(self._assumed)

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the results folder; None for results in memory."""
        return self._manifest

    def run(self, scenario: str, replication: int = 0) -> Run:
        """One run of results in memory.

        Raises
        ------
        ResultsError
            If there is none, or the results were read from a folder.
        """
        for run in self._runs:
            if (run.name, run.replication) == (scenario, replication):
                if isinstance(run, Run):
                    return run
                raise ResultsError("results read from a folder hold tables, not runs")
        raise ResultsError(f"no replication {replication} of {scenario!r}{did_you_mean(scenario, self.scenarios)}")

    def table(self, table: str, *, scenario: str | None = None) -> pd.DataFrame:
        """One table of all runs, or of all runs of one scenario, one below the other; not kept.

        Raises
        ------
        ResultsError
            For an unknown table or scenario.
        """
        if scenario is not None and scenario not in self.scenarios:
            raise ResultsError(f"no scenario {scenario!r}{did_you_mean(scenario, self.scenarios)}")
        return tables.concat([r.table(table) for r in self._runs if scenario in (None, r.name)], table)

    @cached_property
    def snapshots(self) -> pd.DataFrame:
        """Residents by scenario, replication, date and cell."""
        return self.table("snapshots")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Signed changes of the residents without MT, by cause."""
        return self.table("flows")

    @cached_property
    def calls(self) -> pd.DataFrame:
        """Calls by outcome."""
        return self.table("calls")

    @cached_property
    def facts(self) -> pd.DataFrame:
        """Dated facts."""
        return self.table("facts")

    @cached_property
    def providers(self) -> pd.DataFrame:
        """Lists, targets and openness of list-holding GPs and centres, by date."""
        return self.table("providers")

    @cached_property
    def careers(self) -> pd.DataFrame:
        """Stretches of doctors' and interns' working lives."""
        return self.table("careers")

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Ended spells without MT, by completed months."""
        return self.table("spells")

    def share_without_mt(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Share of residents aged 17+ without MT, by scenario, replication, date and groups.

        Columns as for `Run.share_without_mt`, after ``scenario`` and ``replication``.

        Raises
        ------
        ResultsError
            For an unknown group.
        """
        return self._each(lambda run: indicators.share_without_mt(run.table("snapshots"), by))

    def outcomes(self) -> pd.DataFrame:
        """Every outcome at every record: ``scenario``, ``replication``, ``date``, ``outcome``, ``value``."""
        return self._outcomes.copy()

    @cached_property
    def _outcomes(self) -> pd.DataFrame:
        return self._each(lambda run: run.outcomes())

    def _each(self, numbers: Callable[[_Tables], pd.DataFrame]) -> pd.DataFrame:
        """Numbers of each run, one below the other, with their run. Never holds two runs' tables at once."""
        parts = [numbers(run) for run in self._runs]
        out = pd.concat(parts, ignore_index=True)
        sizes = [len(p) for p in parts]
        names = list(self.scenarios)
        codes = np.array([names.index(r.name) for r in self._runs], dtype=np.int64)
        scenario = tables.coded(np.repeat(codes, sizes), names)
        out.insert(0, "scenario", scenario)
        out.insert(1, "replication", np.repeat(np.array([r.replication for r in self._runs], dtype=np.int32), sizes))
        return out


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    manifest = read_manifest(path)
    if manifest.get("format") != FORMAT:
        raise ResultsError(f"{path}: not a manifest of ess_sim results")
    if manifest.get("results_version") != RESULTS_VERSION:
        found = manifest.get("results_version")
        raise ResultsError(f"{path}: results of version {found!r}; this ess_sim reads version {RESULTS_VERSION}")
    return manifest
