"""Small results folders of made-up runs, written without simulating anything, and faults planted in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from ess_sim.results.keeping import Keep
from ess_sim.results.results import Results
from ess_sim.results.storage.files import footers, manifests, parquet
from ess_sim.results.storage.journal import parcel_of
from ess_sim.results.storage.keys import Key, Parcel
from ess_sim.results.storage.layout import Layout
from ess_sim.results.storage.parts import Part, write_part
from ess_sim.results.tables import schema
from ess_sim.results.tables.names import TOTALS
from ess_sim.results.tables.totals import totals_of

_ALIKE: dict[str, Any] = {"start": "2020-01-15", "horizon_years": 1, "territory": {"communes": list(ZONES)}}
_CHANGE: dict[str, Any] = {
    "parameters": {"informed_share": 0.6},
    "policies": [policy_class("later_retirement").model_validate({"starts": date(2020, 3, 1)})],
}
MADE_UP = [Scenario(name="base", **_ALIKE), Scenario(name="more", **_ALIKE, **_CHANGE)]
"""Two scenarios, of which `made_up_runs` makes runs."""


@cache
def _made(name: str, draw: int, replication: int, shift: float, keep: Keep) -> Parcel:
    run = make_run(name, replication, shift=shift)
    at = keep.snapshot_records(run.scenario.calendar)
    record = replace(run.record, counts=run.record.counts[at], snapshots=at, totals=totals_of(run.record))
    run = replace(run, record=record, keep=keep)
    frames = {table: run.table(table).assign(draw=np.int32(draw)) for table in keep.tables}
    note = {
        "end": {"share_without_mt": float(frames["outcomes"]["value"].iloc[0])},
        "totals": {name: run.totals()[name].tolist() for name in TOTALS},
        "read": ["informed_share"],
        "assumed": [],
    }
    return parcel_of(frames.items(), note)


def _parcel(cell: Any) -> Parcel:
    """The bytes of a made-up run; the second scenario has more places after six months."""
    made = _made(*cell.key, 0.03 if cell.scenario.parameters else 0.0, cell.keep)
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


def interrupted(out: Path, after: int = 3, replications: int = 2, **options: Any) -> None:
    """An experiment of made-up runs that ends after some of them, as by Ctrl-C."""

    def stop(done: int, total: int, what: str) -> None:  # noqa: ARG001
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_made_up(out, replications, progress=stop, **options)


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


def part_of(out: Path, key: Key = KEY) -> Part:
    """The part that holds a run."""
    at = Layout(out)
    return next(part for part in (Part(at, name) for name in at.parts()) if key in part)


def pack_of(out: Path, table: str, key: Key = KEY) -> Path:
    """The file that holds a table of a run, among those of other runs."""
    return Layout(out).pack(part_of(out, key).name, table)


def edited(out: Path, key: Key = KEY, points: float = 0.05) -> Path:
    """Five points are added to the outcomes of a run, and the file is written as any program would."""
    path = pack_of(out, "outcomes", key)
    frame = parquet.read_table(path)
    own = (frame["scenario"] == key.scenario) & (frame["replication"] == key.replication)
    path.write_bytes(parquet.encode_table(frame.assign(value=frame["value"] + points * own)))
    return path


def forged(out: Path, change: Any, key: Key = KEY, table: str = "outcomes", *, content: bool = False) -> None:
    """A table of a run is another one, and all digests are right, but for that of its content, unless that is, too."""
    part = part_of(out, key)
    parcel = parcel_of([(table, change(part.table(key, table)))], {})
    data, said = parcel.files[table], parcel.note
    notes = {k: part.note(k) for k in part}
    kept = ("files", "content") if content else ("files",)
    notes[key] = notes[key] | {name: notes[key][name] | said[name] for name in kept}
    mine = footers.body_of(data), footers.tail_of(data)
    files = {(k, t): mine if (k, t) == (key, table) else part.file(k, t) for k in notes for t in notes[key]["files"]}
    write_part(part.at, part.name, notes, list(notes[key]["files"]), lambda k, t: files[k, t])
