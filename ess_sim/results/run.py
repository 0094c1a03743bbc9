"""One simulation: its tables and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from ess_sim.arguments import checked
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.indicators import outcomes, shares
from ess_sim.results.keeping import EVERYTHING, Keep
from ess_sim.results.notebooks.cards import RunCard
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import About, Key
from ess_sim.results.tables import checking, frames, schema
from ess_sim.results.tables.names import COUNTS, POOLS, STATES_WITHOUT, TOTALS
from ess_sim.results.tables.properties import TableProperties
from ess_sim.results.tables.record import Record, Totals
from ess_sim.results.tables.totals import totals_of
from ess_sim.results.zones import Zones

__all__ = ["Run", "RunTables", "StoredRun"]


@runtime_checkable
class RunTables(Protocol):
    """The tables of one run, wherever they are."""

    @property
    def name(self) -> str: ...
    @property
    def draw(self) -> int: ...
    @property
    def replication(self) -> int: ...
    def table(self, table: str) -> pd.DataFrame: ...
    def totals(self) -> pd.DataFrame: ...


@checked
@dataclass(eq=False)
class Run(RunCard, TableProperties):
    """One simulated future of one scenario.

    Parameters
    ----------
    scenario : Scenario
    seed, replication : int
        Root seed and number of the replication, which together (and with ``draw``) fix all random numbers.
    zones : tuple of str
        Zone codes of the territory, sorted.
    parameters : list of dict
        The full parameter set (`to_records`).
    record : Record
        What the run wrote down.
    draw : int
        Number of the parameter draw; 0 for the scenario's own values.
    zone_names, departements : tuple of str
        Name and département of each zone; empty where they are those of the communes with these codes.
    territory, residents : str
        Digests of the territory, and of who lives where in it; empty where they are not known.
    keep : Keep
        Which tables the record holds, and at which records snapshots; all by default. Outcomes and totals are known at
        every record in any case.

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
    draw: int = 0
    zone_names: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    territory: str = ""
    residents: str = ""
    keep: Keep = EVERYTHING

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
        return tuple(sorted(p["name"] for p in self.parameters if p["read"] and p["grade"] == "D"))

    @property
    def assumed(self) -> tuple[str, ...]:
        """What the scenario left open and national figures filled."""
        return self.record.assumed

    @cached_property
    def _totals(self) -> Totals:
        return totals_of(self.record)

    @property
    def named_zones(self) -> Zones:
        """The zones with their names."""
        return Zones.of(self.zones, self.zone_names, self.departements)

    @checked
    def table(self, table: str) -> pd.DataFrame:
        """One table by name (`SCHEMAS`), built anew unless it is kept already.

        Raises
        ------
        ResultsError
            If there is no such table, or it is not kept of this run.
        """
        schema.schema_of(table)
        kept: pd.DataFrame | None = self.__dict__.get(table)
        if kept is not None:
            return kept
        self.keep.check(table)
        start = self.scenario.start
        origin = frames.Origin(self.scenario.name, self.draw, self.replication, start, self.zones)
        if table == "outcomes":
            series = outcomes.outcome_series(self._totals, frames.dates(start, self.record.days))
            return checking.conform(frames.of_run({str(c): series[c] for c in series}, table, origin), table)
        return frames.build(table, self.record, origin)

    @checked
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
            ``never_declared_share`` (of adults, in 0–1), at the records of which there are snapshots.

        Raises
        ------
        ResultsError
            For an unknown group, or where no snapshots are kept of this run.
        """
        return shares.share_without_mt(self.snapshots, by)

    def totals(self) -> pd.DataFrame:
        """All adults, and those without MT, at every record.

        Returns
        -------
        pandas.DataFrame
            ``date``, ``adults``, ``without_mt``; ``adults_around``, ``without_mt_around`` of its halo, 0 without one.
        """
        made = self._totals.groups.sum(axis=(1, 2))
        without = made[:, [COUNTS.index(pool) for pool in POOLS]].sum(axis=1)
        adults = made[:, [COUNTS.index(state) for state in ("listed", *STATES_WITHOUT)]].sum(axis=1)
        dates = frames.dates(self.scenario.start, self.record.days)
        around = np.zeros((len(dates), 2), dtype=np.int64) if self.record.around is None else self.record.around
        return pd.DataFrame({"date": dates, **dict(zip(TOTALS, (adults, without, *around.T), strict=True))})

    def outcomes(self) -> pd.DataFrame:
        """Every outcome of `OUTCOMES` at every record: ``date``, ``outcome``, ``value``."""
        return self.table("outcomes")[["date", "outcome", "value"]]


@dataclass(frozen=True)
class StoredRun:
    """The tables of one run in a results folder, read when asked for."""

    folder: Folder
    key: Key
    zones: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.key.scenario

    @property
    def draw(self) -> int:
        return self.key.draw

    @property
    def replication(self) -> int:
        return self.key.replication

    def totals(self) -> pd.DataFrame:
        """As `Run.totals`; known whichever tables are kept."""
        every = self.folder.table(self.key, "outcomes", columns=("date",))["date"]
        dates = every.drop_duplicates().reset_index(drop=True)
        return pd.DataFrame({"date": dates, **self.folder.totals(self.key, len(dates))})

    def table(self, table: str) -> pd.DataFrame:
        if table not in schema.SCHEMAS:
            schema.describe_table(table)  # raises with the names that there are
        return checking.conform(self.folder.table(self.key, table), table, zones=self.zones)


def about(scenario: Scenario, residents: str = "") -> About:
    """What results keep of a scenario: the same, whatever the order of its policies."""
    calendar, policies = scenario.calendar, scenario.policies_by_content
    kept = scenario.model_copy(update={"policies": policies}).to_dict()
    return About(kept, [str(calendar.date(p.first_day(calendar))) for p in policies], residents)
