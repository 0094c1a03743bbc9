"""Rows of many runs, which a folder reads some at a time, are those of each run alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from frames import same_frames
from stored import interrupted, run_made_up

from ess_sim.errors import NotKeptError, ResultsError
from ess_sim.results.over_runs import of_each, rows_of
from ess_sim.results.results import Results
from ess_sim.results.storage import reading
from ess_sim.results.storage.files import parquet
from ess_sim.results.storage.layout import Layout

COLUMNS: dict[str, Any] = {"date": "datetime64[s]", "event": str, "value": float}


def ceased(rows: pd.DataFrame) -> pd.Series[bool]:
    return rows["event"] != "announced"


def runs_of(results: Results) -> list[Any]:
    return [run for name in results.scenarios for run in results.first(name, 9)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("many") / "out"
    run_made_up(out)
    return out


@pytest.mark.parametrize("most", [1, 4_000, 1 << 21])
def test_rows_are_those_of_each_run(folder: Path, tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BYTES_AT_ONCE", most)
    interrupted(tmp_path / "half")  # its runs stand in the journal
    for out in (folder, tmp_path / "half"):
        runs = runs_of(Results.read(out))[::-1]

        def alone(run: Any) -> pd.DataFrame:
            frame = run.table("facts")[list(COLUMNS)]
            return frame[ceased(frame)].astype(COLUMNS)

        expected = of_each(runs, alone)
        assert len(expected) == 2 * len(runs)
        same_frames(rows_of(runs, "facts", COLUMNS, ceased), expected)
    same_frames(rows_of(runs, "facts", COLUMNS, lambda rows: rows["event"] == ""), expected[:0])


def test_what_was_not_kept_or_is_another_table_is_refused(tmp_path: Path) -> None:
    results = run_made_up(tmp_path / "few", keep="outcomes")
    with pytest.raises(NotKeptError, match="the table facts was not kept"):
        rows_of(runs_of(results), "facts", COLUMNS, ceased)
    out = tmp_path / "odd"
    run_made_up(out)
    runs = runs_of(Results.read(out))
    (path,) = (Layout(out).pack(name, "facts") for name in Layout(out).parts())
    path.write_bytes(parquet.encode_table(parquet.read_table(path).drop(columns="value")))
    with pytest.raises(ResultsError, match="damaged or changed"):
        rows_of(runs, "facts", COLUMNS, ceased)
