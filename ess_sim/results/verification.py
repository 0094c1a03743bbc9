"""Whether a results folder holds what was written: every digest compared, every problem found at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ess_sim.errors import ResultsError
from ess_sim.results.storage import manifests
from ess_sim.results.storage.digest import fingerprint, table_digest
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key
from ess_sim.results.storage.layout import Layout, read_file
from ess_sim.results.storage.manifests import CURE, DamagedError
from ess_sim.results.tables import schema

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
        loose, wrong = _without_manifest(Layout(path))
        return Verification(None, loose, loose * len(schema.SCHEMAS), None, (str(error), *wrong), ())
    problems: list[str] = []
    runs = tables = 0
    for name in folder.manifest["order"]:
        try:
            keys = folder.keys(name)
        except ResultsError as error:
            problems.append(str(error))
            continue
        for key in keys:
            found = list(_wrong(folder, key))
            problems += found
            runs, tables = runs + 1, tables + len(schema.SCHEMAS)
    if not problems:
        problems = _counted_otherwise(folder)
    mark = None if problems else folder.fingerprint()
    return Verification(folder, runs, tables, mark, tuple(dict.fromkeys(problems)), tuple(_remarks(folder)))


def _without_manifest(at: Layout) -> tuple[int, list[str]]:
    """Runs with files of their own, and what is wrong with them, where no manifest says to what they belong."""
    keys = [key for name in at.noted() for key in at.loose(name)]
    problems = []
    for key in keys:
        try:
            for table, said in manifests.read_sealed(at.note(key))["files"].items():
                if hashlib.sha256(read_file(at.table(key, table))).hexdigest() != said:
                    problems.append(f"{at.table(key, table)}: damaged or changed; {CURE}")
        except ResultsError as error:
            problems.append(str(error))
    return len(keys), problems


def _wrong(folder: Folder, key: Key) -> Iterator[str]:
    try:
        note = folder.note(key)
    except ResultsError as error:
        yield str(error)
        return
    for table in schema.SCHEMAS:
        try:
            if table_digest(folder.table(key, table)) != note["content"][table]:
                yield f"{folder.at.table(key, table)}: its content is not that of which the note of {key} speaks"
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
    other = [name for name in folder.at.noted() if name not in folder.manifest["order"]]
    if other:
        yield f"runs of scenarios of which the manifest does not speak: {', '.join(other)}"
