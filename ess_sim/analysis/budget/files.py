"""What a choice leaves in its folder: the mix as a scenario that can be run, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ess_sim import atomic
from ess_sim.analysis.budget.mixes.runs import RUNS
from ess_sim.errors import ResultsError
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.files import scenario_text
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["BASELINE", "CHOSEN", "PAGE", "PICTURE", "check_folder", "write_choice"]


BASELINE, CHOSEN = "baseline.yaml", "chosen.yaml"
PAGE, PICTURE = "choice.html", "choice.png"
"""What the command adds for readers."""


def check_folder(folder: Path, tables: Mapping[str, object]) -> None:
    """Refuses a folder that holds anything but an earlier choice.

    Raises
    ------
    ResultsError
        If it is a file, or holds other files.
    """
    files = {RUNS, BASELINE, CHOSEN, PAGE, PICTURE, *(f"{name}.csv" for name in tables)}
    own = {*files, atomic.LOCK}
    if not folder.is_dir() or any(entry.name not in own for entry in folder.iterdir()):
        atomic.check_output_folder(folder)
    for name in sorted(files):
        if (folder / name).is_dir():
            raise ResultsError(f"{folder / name}: a folder is in the way")


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
            atomic.write_atomically(path, table.to_csv(index=False, lineterminator="\n").encode())
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
