"""A results folder to be read: its runs, their notes and tables, each compared with its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim.errors import ResultsError
from ess_sim.results.storage import described, digest, manifests, parquet
from ess_sim.results.storage.keys import Key, Summary
from ess_sim.results.storage.layout import STEM, Layout, read_file
from ess_sim.results.storage.manifests import CURE, DamagedError
from ess_sim.results.tables import bounds, schema

__all__ = ["ReadFolder"]


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
    _notes: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    _parts: dict[tuple[str, str], parquet.Parts] = field(default_factory=dict, repr=False)

    @property
    def at(self) -> Layout:
        """Where its files are."""
        return Layout(self.path)

    def table_path(self, key: Key, table: str) -> Path:
        """Where one table of one run is, unless it is packed."""
        return self.at.table(key, table)

    def _packed(self, scenario: str) -> dict[str, Any]:
        """Notes of packed runs, by their stem."""
        if not self._notes.get(scenario):  # another process may have packed them since
            path = self.at.packed_notes(scenario)
            self._notes[scenario] = manifests.read_sealed(path) if path.exists() else {}
        return self._notes[scenario]

    def is_packed(self, key: Key) -> bool:
        """Whether a run has no files of its own."""
        return key.stem in self._packed(key.scenario) and not self.at.note(key).is_file()

    def keys(self, scenario: str) -> list[Key]:
        """The runs of a scenario, by draw and replication."""
        packed = {Key(scenario, *map(int, stem.split("-"))) for stem in self._packed(scenario) if STEM.fullmatch(stem)}
        return sorted(packed.union(self.at.loose(scenario)))

    def finished(self) -> list[Key]:
        """The runs there are, by scenario in the manifest's order, then draw and replication."""
        return [key for name in self.manifest["order"] for key in self.keys(name)]

    def failures(self) -> list[Key]:
        """The runs that failed."""
        return sorted(key for name in self.manifest["order"] for key in self.at.failed(name))

    def note(self, key: Key) -> dict[str, Any]:
        """The note of a finished run.

        Raises
        ------
        ResultsError
            If it is damaged, or that of another run.
        """
        path = self.at.packed_notes(key.scenario) if self.is_packed(key) else self.at.note(key)
        note = self._packed(key.scenario)[key.stem] if self.is_packed(key) else manifests.read_sealed(path)
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
            raise DamagedError(f"{path}: the note is not that of {key}; {CURE}")
        vouches = all(
            isinstance(note.get(x), dict) and set(note[x]) == set(schema.SCHEMAS) for x in ("files", "content")
        )
        if not vouches or not all(_texts(note.get(x)) for x in ("read", "assumed")):
            raise DamagedError(f"{path}: the note of {key} does not say what a note says; {CURE}")
        return note

    def table(self, key: Key, table: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One table of one run, as it was written.

        Parameters
        ----------
        columns : sequence of str, optional
            Only these.

        Raises
        ------
        ResultsError
            If it is missing, or is not the table that the run's note vouches for.
        """
        note = self.note(key)
        if self.is_packed(key):
            path = self.at.packed_table(key.scenario, table)
            frame = self._parts_of(key.scenario, table).read(key.stem, self._most_rows(key, table, path))
            if digest.table_digest(frame) != note["content"][table]:
                raise DamagedError(
                    f"{path}: damaged or changed: not the table of {key} that its note vouches for; {CURE}"
                )
            return frame if columns is None else frame[list(columns)]
        path = self.at.table(key, table)
        try:
            data = read_file(path)
        except ResultsError as error:
            raise DamagedError(f"{path}: no such table; {CURE}" if not path.exists() else f"{error}; {CURE}") from None
        if hashlib.sha256(data).hexdigest() != note["files"][table]:
            raise DamagedError(
                f"{path}: damaged or changed: its bytes are not those that the run's note vouches for; {CURE}"
            )
        return parquet.decode_table(data, path, most_rows=self._most_rows(key, table, path), columns=columns)

    def _parts_of(self, scenario: str, table: str) -> parquet.Parts:
        if (scenario, table) not in self._parts:
            self._parts[scenario, table] = parquet.Parts(self.at.packed_table(scenario, table))
        return self._parts[scenario, table]

    def _most_rows(self, key: Key, table: str, path: Path) -> int:
        zones = len(self.territory(key.scenario)["zones"])
        years = self.manifest["scenarios"][key.scenario]["scenario"]["horizon_years"]
        return bounds.most_rows(table, zones=zones, years=years, size=path.stat().st_size)

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
            if self.is_packed(key):
                for table in schema.SCHEMAS:
                    self.table(key, table)
                return True
            return all(
                hashlib.sha256(read_file(self.at.table(key, table))).hexdigest() == said
                for table, said in note["files"].items()
            )
        except (ResultsError, OSError):
            return False

    # --- what it says ---------------------------------------------------------------------------------------------

    def summary(self, scenario: str, problems: list[str] | None = None) -> Summary:
        """What the finished runs of a scenario rest on.

        Parameters
        ----------
        problems : list of str, optional
            Takes what is wrong with notes that are damaged, whose runs are left out; without it, the first is an error.

        Raises
        ------
        ResultsError
            If a note is damaged.
        """
        read: set[str] = set()
        assumed: set[str] = set()
        content = hashlib.sha256()
        runs = 0
        for key in self.keys(scenario):
            try:
                note = self.note(key)
            except ResultsError as error:
                if problems is None:
                    raise
                problems.append(str(error))
                continue
            read.update(note["read"])
            assumed.update(note["assumed"])
            content.update(json.dumps([key.draw, key.replication, note["content"]], sort_keys=True).encode())
            runs += 1
        grades = {p["name"]: p["grade"] for p in self.manifest["catalogue"]}
        if unknown := sorted(read.difference(grades)):
            what = f"{self.at.manifest}: its catalogue lacks {unknown[0]!r}, which runs of {scenario} read; {CURE}"
            if problems is None:
                raise DamagedError(what)
            problems.append(what)
        grade_d = tuple(sorted(name for name in read if grades.get(name) == "D"))
        return Summary(tuple(sorted(read)), grade_d, tuple(sorted(assumed)), content.hexdigest(), runs)

    def summaries(self) -> dict[str, Summary]:
        """What the finished runs of each scenario rest on, when all notes are as the manifest counts them.

        Raises
        ------
        ResultsError
            If notes are damaged, or runs are gone or exchanged since the folder was complete.
        """
        problems: list[str] = []
        found = {name: self.summary(name, problems) for name in self.manifest["order"]}
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

        It depends neither on the engine, nor on interruptions, nor on whether the folder was compacted.
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


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
