"""A results folder to be read: its runs, their notes and tables, each compared with its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.errors import NotKeptError, ResultsError
from ess_sim.results.storage import described, digest
from ess_sim.results.storage.files.manifests import CURE, DamagedError
from ess_sim.results.storage.journal import Journal
from ess_sim.results.storage.keys import Key, Summary
from ess_sim.results.storage.layout import Layout
from ess_sim.results.storage.parts import Part
from ess_sim.results.tables import bounds
from ess_sim.results.tables.names import TOTALS

__all__ = ["ReadFolder"]


_BYTES_AT_ONCE = 1 << 21
"""Of tables' files that are read together: their frames take some tens of MB."""


_PARTS_AT_ONCE = 64
"""Parts whose notes are held in memory, some hundred KB each."""


@dataclass(frozen=True, eq=False)
class ReadFolder:
    """The runs of a results folder.

    Parameters
    ----------
    path : Path
    manifest : dict
        What ``manifest.json`` holds.
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def at(self) -> Layout:
        """Where its files are."""
        return Layout(self.path)

    @property
    def tables(self) -> list[str]:
        """Names of the tables that are kept of each run."""
        kept: list[str] = self.manifest["keep"]
        return kept

    @cached_property
    def journal(self) -> Journal:
        """Runs that were not put in order yet."""
        return Journal(self.at.journal)

    @cached_property
    def damage(self) -> list[str]:
        """What is wrong with notes of parts, whose runs are lost."""
        return []

    @cached_property
    def _where(self) -> dict[Key, str]:
        """For each run its part, or '' for the journal."""
        found: dict[Key, str] = {}
        for name in self.at.parts():
            try:
                found.update(dict.fromkeys(self._part(name), name))
            except ResultsError as error:
                self.damage.append(str(error))
        return found | dict.fromkeys(self.journal, "")

    @cached_property
    def _part(self) -> Any:
        return lru_cache(_PARTS_AT_ONCE)(lambda name: Part(self.at, name))

    def holder(self, key: Key) -> Journal | Part:
        """What holds a run.

        Raises
        ------
        DamagedError
            If it is no longer there.
        """
        name = self._where.get(key)
        if name is not None and not (self.at.notes(name) if name else self.journal.path).exists():
            self._look_again()  # runs that joined put them in another order
            name = self._where.get(key)
        if name is None:
            raise DamagedError(f"{self.path}: the run {key} is no longer there; {CURE}")
        holder: Journal | Part = self._part(name) if name else self.journal
        return holder

    def _look_again(self) -> None:
        for found in ("_where", "_part", "journal", "damage"):
            self.__dict__.pop(found, None)

    def holds(self, key: Key) -> bool:
        """Whether there is such a run."""
        return key in self._where

    def keys(self, scenario: str) -> list[Key]:
        """The runs of a scenario, by draw and replication."""
        return sorted(key for key in self._where if key.scenario == scenario)

    def finished(self) -> list[Key]:
        """The runs there are, by scenario in the manifest's order, then draw and replication."""
        order = {name: i for i, name in enumerate(self.manifest["order"])}
        return sorted((key for key in self._where if key.scenario in order), key=lambda k: (order[k.scenario], k))

    def in_places(self, keys: Iterable[Key]) -> list[Key]:
        """Runs in the order in which they lie, so that each part is read once."""
        return sorted(keys, key=lambda key: (self._where[key], key))

    def others(self) -> list[str]:
        """Scenarios with runs of which the manifest does not speak."""
        return sorted({key.scenario for key in self._where}.difference(self.manifest["order"]))

    def note(self, key: Key) -> dict[str, Any]:
        """The note of a finished run.

        Raises
        ------
        ResultsError
            If it is damaged, or that of another run.
        """
        holder = self.holder(key)
        note = holder.note(key)
        about = self.manifest["scenarios"][key.scenario]
        said = {
            "scenario": about["digest"],
            "territory": about["territory"]["digest"],
            "code": about["code"],
            "seed": self.manifest["seed"],
            "draw": key.draw,
            "replication": key.replication,
        }
        if not isinstance(note, dict) or {name: note.get(name) for name in said} != said:
            raise DamagedError(f"{holder.path}: the note is not that of {key}; {CURE}")
        if not _vouches(note, set(self.tables)):
            raise DamagedError(f"{holder.path}: the note of {key} does not say what a note says; {CURE}")
        return note

    def totals(self, key: Key, records: int) -> dict[str, list[int]]:
        """What the note of a run says of all its residents: `TOTALS` at every record.

        Raises
        ------
        ResultsError
            If it does not say it of so many records.
        """
        said: Any = self.note(key).get("totals")
        counts = [said.get(name) for name in TOTALS] if isinstance(said, dict) else [None]
        if not all(isinstance(c, list) and len(c) == records and all(type(n) is int for n in c) for c in counts):
            raise DamagedError(f"{self.path}: the note of {key} does not say what a note says; {CURE}")
        found: dict[str, list[int]] = {name: said[name] for name in TOTALS}
        return found

    def table(self, key: Key, table: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One table of one run, as it was written.

        Parameters
        ----------
        columns : sequence of str, optional
            Only these.

        Raises
        ------
        ResultsError
            If it is missing, or is not the table that the run's note vouches for, or was not kept.
        """
        self._check_kept(table)
        size = self.note(key)["files"][table]["bytes"]
        frame: pd.DataFrame = self.holder(key).table(
            key, table, most_rows=self._most_rows(key, table, size), columns=columns
        )
        return frame

    def _check_kept(self, table: str) -> None:
        if table not in self.tables:
            raise NotKeptError(
                f"{self.path}: the table {table} was not kept: run it into another folder with {table} among --keep"
            )

    def many(
        self, keys: Iterable[Key], table: str, columns: Sequence[str]
    ) -> Iterator[tuple[list[Key], pd.DataFrame, list[int]]]:
        """Some columns of one table of many runs, a few runs at a time and in the order in which they lie.

        Yields
        ------
        list of Key, DataFrame, list of int
            Some runs, their rows one below the other, and how many rows are those of each.

        Raises
        ------
        ResultsError
            As `table`.
        """
        self._check_kept(table)
        some, size = list[Key](), 0
        for key in [*self.in_places(keys), None]:
            more = self.note(key)["files"][table]["bytes"] if key else 0
            if some and (key is None or size + more > _BYTES_AT_ONCE or self._where[key] != self._where[some[0]]):
                yield some, *self._some(some, table, columns)
                some, size = [], 0
            if key:
                some.append(key)
                size += more

    def _some(self, keys: list[Key], table: str, columns: Sequence[str]) -> tuple[pd.DataFrame, list[int]]:
        holder = self.holder(keys[0])
        if isinstance(holder, Part):
            most = sum(self._most_rows(key, table, self.note(key)["files"][table]["bytes"]) for key in keys)
            return holder.tables(keys, table, most, columns)
        frames = [self.table(key, table, columns=columns) for key in keys]
        return pd.concat(frames, ignore_index=True), [len(frame) for frame in frames]

    def file(self, key: Key, table: str) -> tuple[bytes, bytes]:
        """One table of one run: body and tail of its Parquet file, compared with their digests."""
        return self.holder(key).file(key, table)

    def _most_rows(self, key: Key, table: str, size: int) -> int:
        zones = len(self.territory(key.scenario)["zones"])
        years = self.manifest["scenarios"][key.scenario]["scenario"]["horizon_years"]
        return bounds.most_rows(table, zones=zones, years=years, size=size)

    def sound(self, key: Key, wanted: Mapping[str, Any]) -> bool:
        """Whether a run is there, is the one wanted, and every byte of it is as it was written.

        Parameters
        ----------
        wanted : mapping
            Entries that its note must have, e.g. the scenario's digest.
        """
        try:
            note = self.note(key)
            if {name: note.get(name) for name in wanted} != dict(wanted):
                return False
            holder = self.holder(key)
            for table in self.tables:
                holder.body(key, table)
            return True
        except ResultsError:
            return False

    # --- what it says ---------------------------------------------------------------------------------------------

    def summaries_of(self, keys: Iterable[Key], problems: list[str]) -> dict[str, Summary]:
        """What some runs rest on, by scenario.

        Parameters
        ----------
        problems : list of str
            Takes what is wrong with notes that are damaged, whose runs are left out.
        """
        names = self.manifest["order"]
        read: dict[str, set[str]] = {name: set() for name in names}
        assumed: dict[str, set[str]] = {name: set() for name in names}
        content: dict[str, dict[Key, str]] = {name: {} for name in names}
        for key in self.in_places(keys):
            try:
                note = self.note(key)
            except ResultsError as error:
                problems.append(str(error))
                continue
            read[key.scenario].update(note["read"])
            assumed[key.scenario].update(note["assumed"])
            said = json.dumps([key.draw, key.replication, note["content"]], sort_keys=True)
            content[key.scenario][key] = hashlib.sha256(said.encode()).hexdigest()
        grades = {p["name"]: p["grade"] for p in self.manifest["catalogue"]}
        out = {}
        for name in names:
            if unknown := sorted(read[name].difference(grades)):
                problems.append(
                    f"{self.at.manifest}: its catalogue lacks {unknown[0]!r}, which runs of {name} read; {CURE}"
                )
            runs = [content[name][key] for key in sorted(content[name])]
            out[name] = Summary(
                read=tuple(sorted(read[name])),
                grade_d=tuple(sorted(p for p in read[name] if grades.get(p) == "D")),
                assumed=tuple(sorted(assumed[name])),
                digest=hashlib.sha256("".join(runs).encode()).hexdigest(),
                runs=len(runs),
            )
        return out

    def summaries(self) -> dict[str, Summary]:
        """What the finished runs of each scenario rest on, when all notes are as the manifest counts them.

        Raises
        ------
        ResultsError
            If notes are damaged, or runs are gone or exchanged since the folder was complete.
        """
        problems: list[str] = []
        found = self.summaries_of(self.finished(), problems)
        problems = self.damage + problems
        if not problems and self.manifest["complete"]:
            problems = [self._otherwise(name, summary) for name, summary in found.items()]
        problems = list(filter(None, problems))
        if problems:
            more = f"\n(and {len(problems) - 5} more)" if len(problems) > 5 else ""
            raise DamagedError("\n".join(problems[:5]) + more)
        return found

    def _otherwise(self, name: str, summary: Summary) -> str:
        said = self.manifest["scenarios"][name]
        if (said.get("runs"), said.get("content")) == (summary.runs, summary.digest):
            return ""
        return (
            f"{self.at.manifest}: {said.get('runs')} runs of {name} were finished, but {summary.runs} are there, or "
            f"some were exchanged; {CURE}"
        )

    def fingerprint(self, summaries: Mapping[str, Summary] | None = None) -> str:
        """One digest of scenarios, draws, seed, versions and the content of all tables: what results can be cited by.

        It depends neither on the engine, nor on interruptions, nor on the files that hold them.
        """
        return digest.fingerprint(self.manifest, self.summaries() if summaries is None else summaries)

    def entry(self, scenario: str) -> dict[str, Any]:
        """All that the manifest says of a scenario, with its territory and parameters."""
        return described.entry_of(self.manifest, scenario)

    def territory(self, scenario: str) -> dict[str, Any]:
        """Zones of a scenario, with their names, and what was done to the data."""
        found: dict[str, Any] = self.manifest["territories"][
            self.manifest["scenarios"][scenario]["territory"]["digest"]
        ]
        return found


def _vouches(note: Mapping[str, Any], tables: set[str]) -> bool:
    """Whether a note says what a note says."""
    if not all(isinstance(note.get(x), dict) and set(note[x]) == tables for x in ("files", "content")):
        return False
    return all(map(_is_file, note["files"].values())) and all(_texts(note.get(x)) for x in ("read", "assumed"))


def _is_file(said: Any) -> bool:
    """Whether a note says of a table what it must."""
    counts = [said.get("bytes"), said.get("groups")] if isinstance(said, dict) else [None]
    return all(type(n) is int and n >= 0 for n in counts) and isinstance(said.get("sha256"), str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
