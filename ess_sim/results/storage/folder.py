"""A results folder: which runs it holds whole, and who may write into it. `Layout` knows where its files are.

::

    manifest.json             what was asked, with every parameter and digest
    cells/<part>.json         notes of a hundred runs
    <table>/<part>.parquet    their tables, a few row groups a run
    runs.journal              runs that finished since: only while an execution is under way, or after it was stopped
    failures.json             which runs failed, and where
    run.log                   times, host, what failed: all that differs between executions
    ro-crate-metadata.json    a description for repositories of data, once all is complete

A run counts once it stands whole in the journal: one append that is forced to disk. At its end an execution puts all
runs in order, by replication, draw and scenario, and removes the journal when every part is whole. Equal runs then lie
in equal files, in whatever order and by however many workers they were made. A note holds the SHA-256 of its run's
tables; notes, manifest and the ends of tables have digests of their own. Every reader compares, so that whatever a
crash, a full disk, a bad sector or an editor leaves behind is found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.results.storage import crate, described, digest, salvage
from ess_sim.results.storage.files import manifests
from ess_sim.results.storage.files.manifests import DamagedError
from ess_sim.results.storage.files.plain import append_line
from ess_sim.results.storage.journal import REMOVED, Journal
from ess_sim.results.storage.keys import Key, Parcel
from ess_sim.results.storage.layout import Layout
from ess_sim.results.storage.parts import RUNS_A_PART, Part, part_name, write_part
from ess_sim.results.storage.reading import ReadFolder

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
    def open(cls, path: Path, manifest: dict[str, Any], *, overwrite: bool, baselines_said: bool = True) -> Folder:
        """The folder at ``path``, to be written into: new, or with results of the same experiment to go on from.

        A damaged manifest is made anew from what is asked for, if the runs that are there are of that experiment.

        Parameters
        ----------
        manifest : dict
            What is asked now. Runs of other scenarios of the same seed may be there and stay.
        overwrite : bool
            Remove results of another experiment first.
        baselines_said : bool
            Whether the baselines in ``manifest`` were asked for, or are the usual ones (`described.join`).

        Raises
        ------
        ResultsError
            If the folder holds something else, or cannot be written.
        """
        at = Layout(path)
        at.check_links()
        damage, rebased = "", list[str]()
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
                other = described.differences(earlier.manifest, manifest)
                if not other:
                    described.join(manifest, earlier.manifest, said=baselines_said)
                    rebased = described.other_baselines(earlier.manifest, manifest)
                elif overwrite:
                    at.clear()
                else:
                    raise ResultsError(
                        f"{path}: the folder holds results of {described.in_words(earlier.manifest)}; what is asked "
                        f"now differs in {', '.join(other)}: choose another folder, or replace them with --overwrite "
                        "(overwrite=True)"
                    )
        manifest["complete"] = False
        manifests.write_sealed(at.manifest, manifest)
        at.tidy()
        status = path.stat()
        folder = cls(path, manifest, _place=(status.st_dev, status.st_ino))
        if damage:
            folder.log(f"made anew: {damage}")
        for line in rebased:
            folder.log(line)
        folder.finished()  # looks at all notes
        for problem in folder.damage:
            folder.log(f"to be run again: {problem}")
        return folder

    @staticmethod
    def is_there(path: Path) -> bool:
        """Whether a folder holds results, or at least a manifest or runs of some."""
        return Layout(path).manifest.is_file() or salvage.holds_runs(Layout(path))

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

    @cached_property
    def _adding(self) -> set[Key]:
        """The run that is being written, if any."""
        return set()

    @cached_property
    def _failures(self) -> dict[Key, dict[str, Any]]:
        with suppress(ResultsError, KeyError, TypeError, ValueError):
            said = manifests.read_manifest(self.at.failures)["failures"] if self.at.failures.exists() else []
            return {Key(*failure["key"]): failure for failure in said}
        return {}

    def failures(self) -> list[Key]:
        """The runs that failed."""
        return sorted(self._failures)

    def add(self, key: Key, parcel: Parcel) -> None:
        """Writes a finished run.

        Raises
        ------
        ResultsError
            If it cannot be written; then nothing of it counts.
        """
        self.check_still_there()
        self.at.crate.unlink(missing_ok=True)  # it describes the folder as it was
        self._adding.add(key)
        self.journal.append(key, parcel)
        self._where[key] = ""
        self._adding.clear()
        self._failures.pop(key, None)

    def fail(self, key: Key, summary: str, traceback: str) -> None:
        """Notes that a run failed; written when the folder is closed."""
        self._failures[key] = {"key": list(key), "summary": summary, "traceback": traceback}

    def remove(self, key: Key) -> None:
        """Takes a run out: it is left behind when the runs are put in order."""
        self._where.pop(key, None)

    def close(self, expected: int, *, in_order: bool = True) -> int:
        """Writes the manifest of what is there, and describes a complete folder; returns the number of runs.

        Parameters
        ----------
        expected : int
            Runs that make the results complete.
        in_order : bool
            Put the runs in order first. After an interruption they stay where they are, to be gone on from.
        """
        self.check_still_there()
        if self._adding and self.journal.still_there():  # interrupted, perhaps when it was written already
            self.__dict__.pop("journal", None)
            self._where.update(dict.fromkeys(self._adding.intersection(self.journal), ""))
        problems = self.put_in_order() if in_order else []
        self._write_failures()
        finished = self.finished()
        summaries = self.summaries_of(finished, problems)
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
        self.manifest["complete"] = not problems and len(finished) >= expected and not self._failures
        self.manifest["fingerprint"] = digest.fingerprint(self.manifest, summaries)
        manifests.write_sealed(self.at.manifest, self.manifest)
        crate.update(self.at.crate, self.manifest)
        return len(finished)

    def _write_failures(self) -> None:
        if self._failures:
            said = [self._failures[key] for key in self.failures()]
            manifests.write_manifest(self.at.failures, {"failures": said})
        else:
            self.at.failures.unlink(missing_ok=True)

    def take(self, other: ReadFolder) -> None:
        """Takes over the runs of another folder, which are written when the runs are put in order."""
        self._elsewhere.update(dict.fromkeys(other.finished(), other))
        self._where.update(dict.fromkeys(other.finished(), ""))

    @cached_property
    def _elsewhere(self) -> dict[Key, ReadFolder]:
        return {}

    def holder(self, key: Key) -> Journal | Part:
        """What holds a run, here or in a folder that it is taken from."""
        other = self._elsewhere.get(key)
        return super().holder(key) if other is None else other.holder(key)

    def put_in_order(self) -> list[str]:
        """Writes the parts that are not as they should be, and removes what no run needs any more.

        Nothing is lost wherever this ends: the journal and older parts go when the new ones are whole.

        Returns
        -------
        list of str
            What is wrong with runs that can no longer be read, and are left out.
        """
        if not self.journal.still_there():
            raise ResultsError(f"{self.path}: finished runs are no longer there: {REMOVED}")
        problems = list[str]()
        parts = self._parts_in_order(problems)
        self.at.journal.unlink(missing_ok=True)
        self.at.keep_parts(parts)
        self.__dict__.pop("journal", None)
        return problems

    def _parts_in_order(self, problems: list[str]) -> set[str]:
        while True:
            try:
                return {self._part_in_order(number, keys) for number, keys in enumerate(self._slices())}
            except _LostRunError as lost:
                problems.append(str(lost))
                self.remove(lost.key)

    def _slices(self) -> list[list[Key]]:
        """The runs in their order, part by part."""
        keys = sorted(self._where, key=lambda k: (k.replication, k.draw, k.scenario))
        return [keys[i : i + RUNS_A_PART] for i in range(0, len(keys), RUNS_A_PART)]

    def _part_in_order(self, number: int, keys: Sequence[Key]) -> str:
        """The name of a part that holds these runs, which is written unless it is there."""
        held = {self._where[key] for key in keys}
        if len(held) == 1 and "" not in held:
            (name,) = held
            if name.startswith(f"{number:04d}-") and list(self._part(name)) == list(keys):
                if not self.at.is_whole(name, self.tables):
                    raise ResultsError(f"{self.path}: finished runs are no longer there: {REMOVED}")
                return name
        notes = {}
        for key in keys:
            with _losing(key):
                notes[key] = self.holder(key).note(key)
        name = part_name(number, notes)

        def file_of(key: Key, table: str) -> tuple[bytes, bytes]:
            with _losing(key):
                return self.file(key, table)

        write_part(self.at, name, notes, self.tables, file_of)
        self._part.cache_clear()
        for key in keys:
            self._where[key] = name
            self._elsewhere.pop(key, None)
        return name

    def log(self, text: str) -> None:
        """Adds a line to ``run.log``, the only file in which one execution differs from another."""
        self.check_still_there()
        append_line(self.at.log, f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}")


class _LostRunError(Exception):
    """A run that can no longer be read."""

    def __init__(self, key: Key, error: ResultsError) -> None:
        super().__init__(str(error))
        self.key = key


@contextmanager
def _losing(key: Key) -> Iterator[None]:
    try:
        yield
    except DamagedError as error:
        raise _LostRunError(key, error) from error
