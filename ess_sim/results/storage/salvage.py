"""A folder whose manifest is damaged or gone: whether its runs are those that are asked for now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ess_sim.errors import ResultsError
from ess_sim.results.storage.journal import Journal
from ess_sim.results.storage.layout import Layout
from ess_sim.results.storage.parts import Part

__all__ = ["go_on", "holders", "holds_runs"]


def holders(at: Layout) -> Iterator[Journal | Part]:
    """All that holds runs and can be read, whatever the manifest says."""
    for name in at.parts():
        with suppress(ResultsError):
            yield Part(at, name)
    with suppress(ResultsError):
        yield Journal(at.journal)


def holds_runs(at: Layout) -> bool:
    """Whether a folder holds runs, whatever its manifest says."""
    return any(True for holder in holders(at) for _ in holder)


def go_on(at: Layout, manifest: dict[str, Any], damage: str) -> None:
    """Takes over the runs of a folder without a sound manifest, where they are of the experiment that is asked for.

    Raises
    ------
    ResultsError
        If they are of another one, or it cannot be known.
    """
    notes = [(key, holder.note(key)) for holder in holders(at) for key in holder]
    mine = [key for key, _ in notes if key.scenario in manifest["order"]]
    strange = sorted({key.scenario for key, note in notes if not _fits(manifest, key.scenario, note)})
    others = sorted({key.scenario for key, _ in notes})
    if strange or (others and not mine):
        raise ResultsError(
            f"{damage}\n{at.path}: the folder holds runs of another experiment ({', '.join(strange or others)}): "
            "choose another folder, or replace them with --overwrite (overwrite=True)"
        )
    manifest["replications"] = max([manifest["replications"], *(key.replication + 1 for key in mine)])


def _fits(manifest: dict[str, Any], name: str, note: dict[str, Any]) -> bool:
    """Whether a run is of the scenario that is asked for now; of one that is not asked for: of the same seed."""
    about = manifest["scenarios"].get(name)
    said = {"seed": manifest["seed"]}
    if about is not None:
        said |= {"scenario": about["digest"], "territory": about["territory"]["digest"], "code": about["code"]}
    content = note.get("content")
    kept = set(content) if isinstance(content, dict) else set()
    return kept == set(manifest["keep"]) and {key: note.get(key) for key in said} == said
