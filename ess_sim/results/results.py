"""The runs of an experiment together: their tables and their numbers, in memory or read from a results folder."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.arguments import checked
from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators import shares
from ess_sim.results.indicators.groups import by_group, check_division
from ess_sim.results.indicators.outcomes import check_outcome
from ess_sim.results.notebooks.cards import ResultsCard
from ess_sim.results.over_runs import KeptOutcomes, in_complete_replications, of_each, paired, rests_on, rows_of
from ess_sim.results.run import Run, RunTables, StoredRun, about
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import About, Summary
from ess_sim.results.tables import checking
from ess_sim.results.tables.properties import TableProperties
from ess_sim.results.zones import Zones

__all__ = ["Results"]


class Results(ResultsCard, TableProperties):
    """The runs of one or more scenarios with common replications.

    Parameters
    ----------
    runs : sequence of Run
        At least one; no two of the same scenario, draw and replication, all with one root seed.
    baselines : mapping of str to str, optional
        What each scenario is to be compared with; by default the first scenario.

    Raises
    ------
    ResultsError
        If there is no run, one is given twice, the seeds differ, the runs of one name are of several scenarios or
        territories, or ``baselines`` names an unknown scenario.

    Notes
    -----
    `Results.read` makes one from a results folder; its tables are then read from there whenever a method needs them,
    one run at a time. The properties ``snapshots``, ``flows``, … hold all runs in memory, and are kept.

    Scenarios are in the order in which they were first given; a folder's as asked for, those of earlier runs last.
    """

    @checked
    def __init__(self, runs: Sequence[Run], *, baselines: Mapping[str, str] | None = None) -> None:
        if not runs:
            raise ResultsError("no run: results need at least one")
        if len({r.seed for r in runs}) > 1:
            raise ResultsError("the runs have different root seeds: they cannot be compared")
        first: dict[str, Run] = {}
        for run in runs:
            if first.setdefault(run.name, run).scenario != run.scenario:
                raise ResultsError(f"two different scenarios are called {run.name!r}")
            if first[run.name].territory != run.territory:
                raise ResultsError(
                    f"the runs of {run.name!r} are of two different territories: they are not one scenario's"
                )
        order = list(first)
        for name in itertools.chain.from_iterable((baselines or {}).items()):
            if name not in first:
                raise ResultsError(f"baselines: no scenario {name!r}{did_you_mean(name, order)}")
        self._set(
            sorted(runs, key=lambda r: (order.index(r.name), r.draw, r.replication)),
            seed=runs[0].seed,
            scenarios={name: about(run.scenario, run.residents) for name, run in first.items()},
            baselines=dict.fromkeys(order[1:], order[0]) if baselines is None else baselines,
            folder=None,
        )

    def _set(
        self,
        runs: Sequence[RunTables],
        *,
        seed: int,
        scenarios: dict[str, About],
        baselines: Mapping[str, str],
        folder: Folder | None,
    ) -> None:
        seen = set()
        for run in runs:
            key = (run.name, run.draw, run.replication)
            if key in seen:
                raise ResultsError(f"replication {run.replication} of {run.name!r} is given twice")
            seen.add(key)
        self._runs = list(runs)
        self._seed = seed
        self._about = scenarios
        self._baselines = {s: baselines[s] for s in self.scenarios if baselines.get(s) in self.scenarios}
        self._folder = folder
        self._summaries: dict[str, Summary] = {}  # of a folder's runs
        self._kept = KeptOutcomes(self._runs)
        self._recorded: dict[str, pd.DatetimeIndex] = {}

    @classmethod
    @checked
    def read(cls, path: Path | str, *, replications: int | None = None) -> Results:
        """The results in a folder that `ess_sim.run_experiment` wrote, finished or not.

        Parameters
        ----------
        path : path
        replications : int, optional
            Only the first so many replications.

        Raises
        ------
        ResultsError
            If it is no results folder, is of another version, is damaged, or holds no finished run.
        """
        folder = Folder.read(users_path(path))
        summaries = folder.summaries()
        scenarios: dict[str, Any] = folder.manifest["scenarios"]
        zones = {name: tuple(folder.territory(name)["zones"]) for name in scenarios}
        runs = [
            StoredRun(folder, key, zones[key.scenario])
            for key in folder.finished()
            if replications is None or key.replication < replications
        ]
        if not runs:
            raise ResultsError(f"{folder.path}: these results hold no finished run")
        out = cls.__new__(cls)
        out._set(
            runs,
            seed=int(folder.manifest["seed"]),
            scenarios={r.name: About.of(scenarios[r.name]) for r in runs},
            baselines=folder.manifest["baselines"],
            folder=folder,
        )
        out._summaries = summaries
        return out

    def paired(self, scenarios: str | Collection[str] | None = None) -> Results:
        """Only the replications that every scenario (of ``scenarios``) has finished, e.g. of an interrupted experiment.

        Raises
        ------
        ResultsError
            If there is none.
        """
        kept = in_complete_replications(self._runs, scenarios)
        if len(kept) == len(self._runs):
            return self
        out = type(self).__new__(type(self))
        out._set(kept, seed=self._seed, scenarios=self._about, baselines=self._baselines, folder=self._folder)
        out._summaries = self._summaries
        return out

    def __repr__(self) -> str:
        draws = f", {len(self.draws)} parameter draws" if self.draws != (0,) else ""
        return f"Results({list(self.scenarios)}, {len(self.replications)} replications{draws}, seed={self.seed})"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order they were given."""
        return tuple(dict.fromkeys(r.name for r in self._runs))

    @property
    def replications(self) -> tuple[int, ...]:
        """Numbers of the replications that at least one scenario has, sorted."""
        return tuple(sorted({r.replication for r in self._runs}))

    @property
    def draws(self) -> tuple[int, ...]:
        """Numbers of the parameter draws that at least one scenario has, sorted; ``(0,)`` without draws."""
        return tuple(sorted({r.draw for r in self._runs}))

    @property
    def baselines(self) -> dict[str, str]:
        """What each scenario is to be compared with: as the experiment said, else the first scenario."""
        return dict(self._baselines)

    @property
    def seed(self) -> int:
        """Root seed."""
        return self._seed

    @property
    def declared_outcomes(self) -> tuple[str, ...]:
        """Outcomes that the scenarios declared in advance, in the order in which they declare them."""
        declared = dict.fromkeys(o for a in self._about.values() for o in a.scenario["outcomes"])
        return tuple(o for o in declared if o in OUTCOMES)

    @property
    def grade_d(self) -> dict[str, tuple[str, ...]]:
        """For each scenario the assumptions (grade D) among the parameters it read."""
        return {name: grade_d for name, (grade_d, _) in self._rests_on.items()}

    @property
    def assumed(self) -> dict[str, tuple[str, ...]]:
        """For each scenario what it left open and national figures filled."""
        return {name: assumed for name, (_, assumed) in self._rests_on.items()}

    @cached_property
    def _rests_on(self) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """For each scenario its assumptions of grade D and what it left open."""
        if self._folder is not None:
            return {name: (self._summaries[name].grade_d, self._summaries[name].assumed) for name in self.scenarios}
        return rests_on(self._runs)

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the results folder; None for results in memory."""
        return self._folder.manifest if self._folder is not None else None

    @property
    def fingerprint(self) -> str | None:
        """What the results of a folder can be cited by: a digest of scenarios, draws, seed, versions and all tables.

        It depends neither on the engine, nor on interruptions, nor on the machine. None for results in memory.
        """
        return self._folder.fingerprint(self._summaries) if self._folder is not None else None

    @checked
    def about(self, scenario: str) -> About:
        """What is known of a scenario besides its runs.

        Raises
        ------
        ResultsError
            For an unknown scenario.
        """
        if scenario not in self._about:
            raise ResultsError(f"no scenario {scenario!r}{did_you_mean(scenario, self.scenarios)}")
        return self._about[scenario]

    def zones(self, scenario: str) -> Zones:
        """The zones of a scenario with their names and départements.

        Raises
        ------
        ResultsError
            For an unknown scenario.
        """
        self.about(scenario)
        if self._folder is not None:
            said = self._folder.territory(scenario)
            return Zones.of(said["zones"], said.get("zone_names", ()), said.get("departements", ()))
        return next(r.named_zones for r in self._runs if isinstance(r, Run) and r.name == scenario)

    @checked
    def run(self, scenario: str, replication: int = 0, *, draw: int = 0) -> Run:
        """One run of results in memory.

        Raises
        ------
        ResultsError
            If there is none, or the results were read from a folder.
        """
        for run in self._runs:
            if (run.name, run.draw, run.replication) == (scenario, draw, replication):
                if isinstance(run, Run):
                    return run
                raise ResultsError("results read from a folder hold tables, not runs")
        raise ResultsError(f"no replication {replication} of {scenario!r}{did_you_mean(scenario, self.scenarios)}")

    @checked
    def table(self, table: str, *, scenario: str | None = None) -> pd.DataFrame:
        """One table of all runs, or of all runs of one scenario, one below the other; not kept.

        Raises
        ------
        ResultsError
            For an unknown table or scenario.
        """
        if scenario is not None:
            self.about(scenario)
        return checking.concat([r.table(table) for r in self._runs if scenario in (None, r.name)], table)

    @checked
    def share_without_mt(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Share of residents aged 17+ without MT, by scenario, draw, replication, date and groups.

        Columns as for `Run.share_without_mt`, after ``scenario``, ``draw`` and ``replication``.

        Raises
        ------
        ResultsError
            For an unknown group.
        """
        return self.each(lambda run: shares.share_without_mt(run.table("snapshots"), by))

    @checked
    def outcomes(self, names: str | Sequence[str] | None = None, dates: Any = None) -> pd.DataFrame:
        """Outcomes at every record: ``scenario``, ``draw``, ``replication``, ``date``, ``outcome``, ``value``.

        Parameters
        ----------
        names : str or sequence of str, optional
            Only these outcomes (keys of `OUTCOMES`).
        dates : date or sequence of date, optional
            Only these records. What is no date, and an unknown outcome, is a `ResultsError`.
        """
        wanted, days = None if names is None else checking.one_or_more(names), checking.days(dates)
        for name in wanted or ():
            check_outcome(name)
        if days is None:
            frame = self.each(lambda run: run.table("outcomes")[["date", "outcome", "value"]])
        else:
            frame = self._kept.on(days)
        return frame if wanted is None else frame[frame["outcome"].isin(wanted)].reset_index(drop=True)

    @checked
    def by_group(self, outcomes: Sequence[str], by: Sequence[str] = (), dates: Any = None) -> pd.DataFrame:
        """Outcomes by group, with the numbers of residents behind them.

        Parameters
        ----------
        outcomes : sequence of str
            Keys of `BY_GROUP`.
        by : sequence of str
            Among ``zone``, ``age_band``, ``ald``, ``precarious``, ``departement``; none for all residents together.
            Quantiles such as ``median_minutes`` are known by zone and département.
        dates : sequence of date, optional
            Only these records.

        Returns
        -------
        pandas.DataFrame
            ``scenario``, ``draw``, ``replication``, ``date``, ``outcome``, the groups, ``adults`` (those whom the
            outcome is about), ``residents`` (those counted among them; missing where the outcome is no share),
            ``value`` (unit: see `OUTCOMES`).

        Raises
        ------
        ResultsError
            For an unknown group, or an outcome that has no meaning within groups.
        """
        check_division(by, outcomes)
        wanted = checking.days(dates)
        of_zone = {name: self.zones(name).departements if "departement" in by else {} for name in self.scenarios}
        days = {name: self.recorded(name) for name in self.scenarios}
        if wanted is not None:
            days = {name: recorded[recorded.isin(wanted)] for name, recorded in days.items()}

        def values(run: RunTables) -> pd.DataFrame:
            return by_group(run.table, outcomes, by, days[run.name].to_numpy(), of_zone[run.name])

        return self.each(values)

    def recorded(self, scenario: str) -> pd.DatetimeIndex:
        """Dates of a scenario's records.

        Raises
        ------
        ResultsError
            For an unknown scenario.
        """
        self.about(scenario)
        if scenario not in self._recorded:
            dates = {"date": "datetime64[s]"}
            found = rows_of(self.first(scenario, 1), "outcomes", dates, lambda rows: ~rows["date"].duplicated())
            self._recorded[scenario] = pd.DatetimeIndex(found["date"]).sort_values()
        return self._recorded[scenario]

    def pairs(self, baseline: str, scenario: str) -> Iterator[tuple[RunTables, RunTables]]:
        """Runs of two scenarios with the same draw and replication.

        Raises
        ------
        ResultsError
            For an unknown scenario, or where one of them has a replication that the other has not.
        """
        for name in (baseline, scenario):
            self.about(name)
        yield from paired(self._runs, baseline, scenario)

    @checked
    def first(self, scenario: str, most: int) -> list[RunTables]:
        """The first so many runs of a scenario; an unknown one is a `ResultsError`."""
        self.about(scenario)
        return [run for run in self._runs if run.name == scenario][:most]

    @checked
    def each(self, numbers: Callable[[RunTables], pd.DataFrame]) -> pd.DataFrame:
        """Numbers of each run, one below the other, with their run. Never holds two runs' tables at once.

        Parameters
        ----------
        numbers : callable
            Gets something with the method ``table(name)`` (as `Run.table`) and returns a frame, e.g.
            ``lambda run: run.table("facts").query("event == 'gp_exited'")[["date", "actor"]]``.

        Returns
        -------
        pandas.DataFrame
            ``scenario``, ``draw``, ``replication`` and the columns of the frames.
        """
        return of_each(self._runs, numbers)
