"""A folder whose manifest is damaged or gone: whether its runs are those that are asked for now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ess_sim.errors import ResultsError
from ess_sim.results.storage import manifests
from ess_sim.results.storage.keys import Key
from ess_sim.results.storage.layout import STEM, Layout

__all__ = ["go_on", "holds_runs"]


def holds_runs(at: Layout) -> bool:
    """Whether a folder holds notes of runs, whatever its manifest says."""
    return next((True for name in at.noted() for _ in _notes(at, name)), False)


def go_on(at: Layout, manifest: dict[str, Any], damage: str) -> None:
    """Takes over the runs of a folder without a sound manifest, where they are of the experiment that is asked for.

    Raises
    ------
    ResultsError
        If they are of another one, or it cannot be known.
    """
    mine = {name: list(_notes(at, name)) for name in manifest["order"]}
    others = [name for name in at.noted() if name not in mine]
    strange = [
        name
        for name, notes in mine.items()
        for _, note in notes
        if (note.get("scenario"), note.get("seed")) != (manifest["scenarios"][name]["digest"], manifest["seed"])
    ]
    if strange or (others and not any(mine.values())):
        which = ", ".join(dict.fromkeys(strange or others))
        raise ResultsError(
            f"{damage}\n{at.path}: the folder holds runs of another experiment ({which}): choose another folder, or "
            "replace them with --overwrite (overwrite=True)"
        )
    there = [key.replication + 1 for notes in mine.values() for key, _ in notes]
    manifest["replications"] = max([manifest["replications"], *there])


def _notes(at: Layout, name: str) -> Iterator[tuple[Key, dict[str, Any]]]:
    """The sound notes of a scenario's runs."""
    for key in at.loose(name):
        try:
            yield key, manifests.read_sealed(at.note(key))
        except ResultsError:
            continue
    try:
        packed = manifests.read_sealed(at.packed_notes(name))
    except ResultsError:
        return
    for stem, note in packed.items():
        if STEM.fullmatch(stem) and isinstance(note, dict):
            yield Key(name, *map(int, stem.split("-"))), note
