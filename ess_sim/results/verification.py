"""Whether a results folder holds what was written: every digest compared, every problem found at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ess_sim.errors import ResultsError
from ess_sim.results.storage import salvage
from ess_sim.results.storage.digest import fingerprint, table_digest
from ess_sim.results.storage.files.manifests import DamagedError
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key
from ess_sim.results.storage.layout import Layout

__all__ = ["Verification", "verify"]


@dataclass(frozen=True)
class Verification:
    """What was found in a results folder.

    Attributes
    ----------
    folder : Folder or None
        The folder; None where its manifest is damaged.
    runs, tables : int
        Notes and tables that were compared with their digests.
    fingerprint : str or None
        That of the runs which are there; None where something is wrong.
    problems : tuple of str
        What is not as it was written.
    remarks : tuple of str
        What a reader should know besides, e.g. that runs are missing.
    """

    folder: Folder | None = field(repr=False)
    runs: int
    tables: int
    fingerprint: str | None
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def verify(path: Path) -> Verification:
    """Compares every file of a results folder with its digest, and every table's content with that of its note.

    Raises
    ------
    ResultsError
        If it is no results folder, or one of another version.
    """
    try:
        folder = Folder.read(path)
    except DamagedError as error:
        runs, tables, wrong = _without_manifest(Layout(path))
        return Verification(None, runs, tables, None, (str(error), *wrong), ())
    keys = folder.finished()
    problems = list(folder.damage)
    for key in folder.in_places(keys):
        problems += _wrong(folder, key)
    if not problems:
        problems = _counted_otherwise(folder)
    mark = None if problems else folder.fingerprint()
    tables = len(keys) * len(folder.tables)
    return Verification(folder, len(keys), tables, mark, tuple(dict.fromkeys(problems)), tuple(_remarks(folder)))


def _without_manifest(at: Layout) -> tuple[int, int, list[str]]:
    """Runs and tables, and what is wrong with them, where no manifest says to what they belong."""
    runs, tables, problems = 0, 0, []
    for holder in salvage.holders(at):
        for key in holder:
            kept = holder.note(key)["files"]
            runs, tables = runs + 1, tables + len(kept)
            for table in kept:
                try:
                    holder.body(key, table)
                except ResultsError as error:
                    problems.append(str(error))
    return runs, tables, problems


def _wrong(folder: Folder, key: Key) -> Iterator[str]:
    try:
        note = folder.note(key)
    except ResultsError as error:
        yield str(error)
        return
    for table in folder.tables:
        try:
            if table_digest(folder.table(key, table)) != note["content"][table]:
                yield f"{folder.path}: the content of {table} is not that of which the note of {key} speaks"
        except ResultsError as error:
            yield str(error)


def _counted_otherwise(folder: Folder) -> list[str]:
    try:
        summaries = folder.summaries()
    except ResultsError as error:
        return [str(error)]
    said = folder.manifest.get("fingerprint")
    if folder.manifest["complete"] and said != fingerprint(folder.manifest, summaries):
        return [f"{folder.at.manifest}: its fingerprint is not that of the runs that are there"]
    return []


def _remarks(folder: Folder) -> Iterator[str]:
    if not folder.manifest["complete"]:
        yield "the results are not complete: the command that made them makes what is missing"
    if failures := folder.failures():
        yield f"{len(failures)} runs failed, the first being {failures[0]}"
    if other := folder.others():
        yield f"runs of scenarios of which the manifest does not speak: {', '.join(other)}"
