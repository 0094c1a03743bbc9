"""Small results folders of made-up runs, written without simulating anything, and faults planted in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from records import ZONES, make_run

from ess_sim.experiments import experiment, sinks
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.registry import policy_class
from ess_sim.results.results import Results
from ess_sim.results.storage import digest, manifests, parquet
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.keys import Key, Parcel
from ess_sim.results.tables import schema

_ALIKE: dict[str, Any] = {"start": "2020-01-15", "horizon_years": 1, "territory": {"communes": list(ZONES)}}
_CHANGE: dict[str, Any] = {
    "parameters": {"informed_share": 0.6},
    "policies": [policy_class("later_retirement").model_validate({"starts": date(2020, 3, 1)})],
}
MADE_UP = [Scenario(name="base", **_ALIKE), Scenario(name="more", **_ALIKE, **_CHANGE)]
"""Two scenarios, of which `made_up_runs` makes runs."""


@cache
def _made(name: str, draw: int, replication: int, shift: float) -> Parcel:
    run = make_run(name, replication, shift=shift)
    frames = {table: run.table(table).assign(draw=np.int32(draw)) for table in schema.SCHEMAS}
    files = {table: parquet.encode_table(frame) for table, frame in frames.items()}
    note = {
        "files": {table: hashlib.sha256(data).hexdigest() for table, data in files.items()},
        "content": {table: digest.table_digest(frame) for table, frame in frames.items()},
        "end": {"share_without_mt": float(frames["outcomes"]["value"].iloc[0])},
        "read": ["informed_share"],
        "assumed": [],
    }
    return Parcel(files, note)


def _parcel(cell: Any) -> Parcel:
    """The bytes of a made-up run; the second scenario has more places after six months."""
    made = _made(*cell.key, 0.03 if cell.scenario.parameters else 0.0)
    return Parcel(made.files, cell.identity | made.note)


@contextmanager
def made_up_runs() -> Iterator[None]:
    """Within the block, experiments make up their runs, and wait for no disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sinks, "_parcel", _parcel)
        patched.setattr(experiment, "compile_kernel", lambda *_: None)
        patched.setattr(os, "fsync", lambda _: None)
        yield


def run_made_up(out: Path, replications: int = 2, **options: Any) -> Any:
    """An experiment of made-up runs in a folder."""
    with made_up_runs():
        return experiment.run_experiment(
            options.pop("scenarios", MADE_UP), replications=replications, out=out, **options
        )


def edit(path: Path, change: Any) -> None:
    """Changes a manifest or note, and seals it again, as a forger would."""
    said = manifests.read_manifest(path)
    said.pop(manifests.SEAL, None)
    change(said)
    manifests.write_sealed(path, said)


KEY = Key("more", 0, 1)
"""The run that `edited` changes."""


def numbers(path: Path) -> dict[str, pd.DataFrame]:
    """All tables of a folder."""
    results = Results.read(path)
    return {table: results.table(table) for table in schema.SCHEMAS}


def edited(out: Path, key: Key = KEY, points: float = 0.05) -> Path:
    """Five points are added to the outcomes of a run."""
    path = Folder.read(out).table_path(key, "outcomes")
    frame = parquet.read_table(path)
    path.write_bytes(parquet.encode_table(frame.assign(value=frame["value"] + points)))
    return path
