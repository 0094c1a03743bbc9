"""A results folder: which runs it holds whole, and who may write into it. `Layout` knows where its files are.

::

    manifest.json                                   what was asked, with every parameter and digest
    cells/<scenario>/<draw>-<replication>.json      a note for each finished run
    <table>/<scenario>/<draw>-<replication>.parquet its tables
    run.log                                         times, host, what failed: all that differs between executions
    ro-crate-metadata.json                          a description for repositories of data, once all is complete

`Folder.compact` puts the small files together: ``cells/<scenario>.json`` then holds the notes of a scenario, and
``<table>/<scenario>/packed.parquet`` its tables, a row group a run. Files of a run that lie loose go first.

A run counts from the moment its note is there. The note is written last and holds the SHA-256 of each of its files;
notes and manifest hold that of themselves. Every reader compares, so that whatever a crash, a full disk, a bad sector
or an editor leaves behind is found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.results.storage import crate, described, digest, manifests, parquet, salvage
from ess_sim.results.storage.keys import Key, Parcel
from ess_sim.results.storage.layout import Layout, append_line
from ess_sim.results.storage.manifests import DamagedError
from ess_sim.results.storage.reading import ReadFolder
from ess_sim.results.tables import schema

__all__ = ["Folder"]


@dataclass(frozen=True, eq=False)
class Folder(ReadFolder):
    """A results folder.

    Parameters
    ----------
    path : Path
    manifest : dict
        What ``manifest.json`` holds.
    """

    _place: tuple[int, int] | None = None  # of the folder that is written into, whatever its path leads to later

    @classmethod
    def read(cls, path: Path) -> Folder:
        """The folder at ``path``, to be read.

        Raises
        ------
        ResultsError
            If there are no results, those of another version, or damaged ones.
        """
        manifest = described.read(Layout(path).manifest)
        Layout(path).check_links()
        return cls(path, manifest)

    @classmethod
    def open(cls, path: Path, manifest: dict[str, Any], *, overwrite: bool) -> Folder:
        """The folder at ``path``, to be written into: new, or with results of the same experiment to go on from.

        A damaged manifest is made anew from what is asked for, if the runs that are there are of that experiment.

        Parameters
        ----------
        manifest : dict
            What is asked now. Runs of other scenarios of the same seed may be there and stay.
        overwrite : bool
            Remove results of another experiment first.

        Raises
        ------
        ResultsError
            If the folder holds something else, or cannot be written.
        """
        at = Layout(path)
        at.check_links()
        damage = ""
        if not cls.is_there(path):
            atomic.check_output_folder(path)
        else:
            try:
                earlier = cls.read(path)
            except ResultsError as error:
                if isinstance(error, described.OtherResultsError):
                    raise
                if not (isinstance(error, DamagedError) or salvage.holds_runs(at)):
                    raise
                damage = str(error)
                if overwrite:
                    at.clear()
                else:
                    salvage.go_on(at, manifest, damage)
            else:
                if described.same(earlier.manifest, manifest):
                    described.join(manifest, earlier.manifest)
                elif overwrite:
                    at.clear()
                else:
                    raise ResultsError(
                        f"{path}: the folder holds results of {described.in_words(earlier.manifest)}, not of "
                        f"{described.in_words(manifest)}: choose another folder, or replace them with --overwrite "
                        "(overwrite=True)"
                    )
        manifest["complete"] = False
        manifests.write_sealed(at.manifest, manifest)
        at.tidy()
        status = path.stat()
        folder = cls(path, manifest, _place=(status.st_dev, status.st_ino))
        if damage:
            folder.log(f"made anew: {damage}")
        folder._drop_damaged_packs()
        return folder

    @staticmethod
    def is_there(path: Path) -> bool:
        """Whether a folder holds results, or at least a manifest or runs of some."""
        return Layout(path).manifest.is_file() or salvage.holds_runs(Layout(path))

    # --- runs -----------------------------------------------------------------------------------------------------

    def _write_packed(self, scenario: str, notes: dict[str, Any]) -> None:
        manifests.write_sealed(self.at.packed_notes(scenario), notes)
        self._notes[scenario] = notes

    def _drop_damaged_packs(self) -> None:
        """Gives up packed runs of which no note is left: they are made again."""
        for name in self.manifest["order"]:
            try:
                self._packed(name)
            except ResultsError as error:
                self.log(f"to be run again: {error}")
                self.at.packed_notes(name).unlink()
                for table in schema.SCHEMAS:
                    self.at.packed_table(name, table).unlink(missing_ok=True)

    # --- changes --------------------------------------------------------------------------------------------------

    def check_still_there(self) -> None:
        """Refuses to write where the folder is no longer the one that was opened.

        Raises
        ------
        ResultsError
            If it was removed, moved or replaced.
        """
        try:
            status = self.path.stat()
            place = (status.st_dev, status.st_ino)
        except OSError:
            place = None
        if self._place is not None and place != self._place:
            raise ResultsError(f"{self.path}: the folder was removed or replaced while runs were in progress")

    def add(self, key: Key, parcel: Parcel) -> None:
        """Writes a finished run.

        Raises
        ------
        ResultsError
            If it cannot be written; then nothing of it counts.
        """
        self.check_still_there()
        self.at.crate.unlink(missing_ok=True)  # it describes the folder as it was
        for table, data in parcel.files.items():
            atomic.write_atomically(self.at.table(key, table), data)
        manifests.write_sealed(self.at.note(key), parcel.note)
        self.at.failure(key).unlink(missing_ok=True)

    def fail(self, key: Key, summary: str, traceback: str) -> None:
        """Writes down that a run failed."""
        self.check_still_there()
        manifests.write_manifest(self.at.failure(key), {"summary": summary, "traceback": traceback})

    def remove(self, key: Key) -> None:
        """Removes a run: its note first, so that no half of it counts."""
        packed = self._packed(key.scenario)
        if packed.pop(key.stem, None) is not None:
            self._write_packed(key.scenario, packed)
        self.at.note(key).unlink(missing_ok=True)
        for table in schema.SCHEMAS:
            self.at.table(key, table).unlink(missing_ok=True)

    def compact(self) -> int:
        """Puts the small files of each scenario together, one file a table; returns the number of runs.

        Nothing is lost if it is interrupted: the small files go when the large ones are whole.

        Raises
        ------
        ResultsError
            If a file is damaged, or cannot be written.
        """
        for name in self.manifest["order"]:
            keys, loose = self.keys(name), self.at.loose(name)
            if not loose:
                continue
            notes = {key.stem: self.note(key) for key in keys}
            for table in schema.SCHEMAS:
                parts = ((key.stem, self.table(key, table)) for key in keys)
                parquet.write_parts(self.at.packed_table(name, table), parts)
            self._parts.clear()
            self._write_packed(name, notes)
            for key in loose:
                self.at.note(key).unlink()
                for table in schema.SCHEMAS:
                    self.at.table(key, table).unlink()
        return len(self.finished())

    def close(self, expected: int) -> int:
        """Writes the manifest of what is there, and describes a complete folder; returns the number of runs.

        Parameters
        ----------
        expected : int
            Runs that make the results complete.
        """
        self.check_still_there()
        finished = self.finished()
        problems: list[str] = []
        summaries = {name: self.summary(name, problems) for name in self.manifest["order"]}
        for problem in problems:
            self.log(f"left out: {problem}")
        self.manifest["reads"] = {}
        for name, summary in summaries.items():
            said = self.manifest["scenarios"][name]
            said["read"] = described.note_reads(self.manifest, summary.read)
            said["grade_d_read"] = len(summary.grade_d)
            said["assumed"] = list(summary.assumed)
            said["runs"] = summary.runs
            said["content"] = summary.digest
        self.manifest["complete"] = not problems and len(finished) >= expected and not self.failures()
        self.manifest["fingerprint"] = digest.fingerprint(self.manifest, summaries)
        manifests.write_sealed(self.at.manifest, self.manifest)
        crate.update(self.at.crate, self.manifest)
        return len(finished)

    def log(self, text: str) -> None:
        """Adds a line to ``run.log``, the only file in which one execution differs from another."""
        self.check_still_there()
        append_line(self.at.log, f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}")
