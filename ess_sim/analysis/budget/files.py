"""What a choice leaves in its folder: the mix as a scenario that can be run, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ess_sim import atomic
from ess_sim.analysis.budget.choice import TABLES
from ess_sim.analysis.budget.mixes.notes import RUNS, Notes
from ess_sim.errors import ResultsError
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.files import scenario_text
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.results.storage.files.csv_text import csv_text

__all__ = ["PAGE", "PICTURE", "check_folder", "fresh_replications", "opened", "write_choice"]


BASELINE, CHOSEN = "baseline.yaml", "chosen.yaml"
PAGE, PICTURE = "choice.html", "choice.png"
"""What the command adds for readers."""


_ANSWER = (CHOSEN, PAGE, PICTURE, *(f"{name}.csv" for name in TABLES))


def check_folder(folder: Path) -> None:
    """Refuses a folder that holds anything but an earlier choice.

    Raises
    ------
    ResultsError
        If it is a file, or holds other files; without runs beside them not even files of these names are a choice's.
    """
    own = {*_ANSWER, BASELINE, RUNS, atomic.LOCK}
    there = [entry.name for entry in folder.iterdir()] if (folder / RUNS).exists() else []
    if not there or any(name not in own and not name.endswith(".part") for name in there):
        atomic.check_output_folder(folder)
    for name in sorted(own):
        if (folder / name).is_dir():
            raise ResultsError(f"{folder / name}: a folder is in the way")


def opened(folder: Path, asked: Mapping[str, Any], *, overwrite: bool) -> Notes:
    """The runs of a folder that are there for a question; where there are none, no answer to another one stays.

    Raises
    ------
    ResultsError
        If the folder is of another question and not to be overwritten, or cannot be written.
    """
    notes = Notes(folder / RUNS, asked, overwrite=overwrite)
    for name in () if notes.found else _ANSWER:
        (folder / name).unlink(missing_ok=True)
    return notes


def fresh_replications(folder: Path) -> int:
    """On how many of each mix the figures of a folder's choice rest; 0 where it has none that can be read."""
    try:
        return int(pd.read_csv(folder / "candidates.csv", usecols=["n"])["n"].max())
    except (OSError, ValueError):
        return 0


def write_choice(
    folder: Path, baseline: Scenario, chosen: Scenario | None, tables: Mapping[str, pd.DataFrame | None]
) -> None:
    """Writes ``baseline.yaml``, ``chosen.yaml``, which extends it, and the tables; what is None is not there after it.

    Raises
    ------
    ScenarioError
        For a baseline that no file can say: see `write_scenario`.
    ResultsError
        If they cannot be written.
    """
    atomic.write_atomically(folder / BASELINE, scenario_text(baseline, folder).encode())
    for name, table in tables.items():
        path = folder / f"{name}.csv"
        if table is None:
            path.unlink(missing_ok=True)
        else:
            atomic.write_atomically(path, csv_text(table).encode())
    if chosen is None:
        (folder / CHOSEN).unlink(missing_ok=True)
        return
    said = {
        "extends": BASELINE,
        "name": chosen.name,
        "title": _both(chosen.title),
        "description": _both(chosen.description),
        "policies": [policy.to_block() for policy in chosen.policies],
    }
    atomic.write_atomically(folder / CHOSEN, dump(said).encode())


def _both(text: Bilingual) -> str | dict[str, str]:
    return str(text) if text.fr is None else {"en": str(text), "fr": text.fr}
