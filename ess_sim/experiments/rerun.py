"""Stored runs simulated once more: whether the same scenario and seed give the same tables here and now."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from ess_sim.errors import EssSimError, ResultsError
from ess_sim.experiments.identity import Inputs
from ess_sim.experiments.plan import Cell, DrawnValues
from ess_sim.experiments.sinks import Disk
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.prepare import prepare
from ess_sim.results.keeping import Keep
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key

__all__ = ["chosen", "differences"]


def chosen(folder: Folder, n: int, seed: int) -> list[Key]:
    """Some runs of a folder, the same for the same seed, in the folder's order."""
    keys = folder.finished()
    return sorted(random.Random(seed).sample(keys, min(n, len(keys))), key=keys.index)


def differences(folder: Folder, key: Key, files: Path) -> list[str]:
    """Tables of a run that have other content when it is simulated again.

    Parameters
    ----------
    files : Path
        Where the CSV files are that the scenario names: results keep their names and digests only.

    Raises
    ------
    ResultsError
        If the run cannot be made again: its files are not there or are others, or it needs code of its own.
    """
    scenario = _scenario(folder, key.scenario, files)
    drawn = folder.manifest["draws"]
    values = DrawnValues(drawn["method"], tuple(drawn["values"])) if drawn else DrawnValues("", ())
    drawn_values, keep = values.of(scenario, key.draw), Keep.read(folder.manifest)
    cell = Cell(scenario, drawn_values, key, folder.manifest["seed"], Inputs.of(scenario), keep)
    note = folder.note(key)
    if other := sorted(name for name, value in cell.identity.items() if note.get(name) != value):
        raise ResultsError(f"{key}: not the run that would be made now: {', '.join(other)} differ")
    try:
        made = Disk.work(cell).note["content"]
    except EssSimError as error:
        raise ResultsError(f"{key}: cannot be made again: {error}") from error
    return [table for table, said in note["content"].items() if made[table] != said]


def _scenario(folder: Folder, name: str, files: Path) -> Scenario:
    entry = folder.entry(name)
    said: dict[str, Any] = entry["scenario"]
    own = [str(p.get("kind")) for p in said["policies"] if p.get("kind") not in KINDS]
    if own:
        raise ResultsError(f"{name}: its policy {own[0]!r} is code that does not come with the package: not run")
    territory = dict(said["territory"])
    for key in ("csv", "travel_csv"):
        if territory.get(key) is not None:
            path = (files / Path(territory[key]).name).absolute()
            if not path.exists():
                raise ResultsError(f"{name}: cannot be made again: {path}: no such file: --files names its folder")
            territory[key] = str(path)
    try:
        # a shortened copy of a scenario may have policies dated after its end, which one read from a file may not
        longest = Scenario(**(said | {"territory": territory, "horizon_years": 60}))
        scenario = longest.with_(horizon_years=said["horizon_years"])
        digest = prepare(scenario).digest
    except EssSimError as error:
        raise ResultsError(f"{name}: cannot be made again: {error}") from error
    if (scenario.digest, digest) != (entry["digest"], entry["territory"]["digest"]):
        raise ResultsError(f"{name}: the scenario or its territory is not the one that was run")
    return scenario
