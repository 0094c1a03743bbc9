"""Tables and manifests on disk: what is written is read back, equal content gives equal bytes, damage is reported."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ess_sim.atomic import check_output_folder, write_atomically
from ess_sim.errors import ResultsError
from ess_sim.results.storage.digest import table_digest
from ess_sim.results.storage.files.manifests import read_manifest, write_manifest
from ess_sim.results.storage.files.parquet import encode_table, read_table


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": np.array([0, 15, 15], dtype=np.int32),
            "when": pd.to_datetime(["2017-06-15", "2017-06-30", "2017-06-30"]).astype("datetime64[s]"),
            "zone": pd.Categorical(["53130", "53140", "53130"], categories=["53140", "53130", "53000"]),
            "note": ["a", None, "é"],
            "share": [0.1, np.nan, -0.0],
            "open": [True, False, True],
            "gap": pd.array([1, None, 3], dtype="Int16"),
        }
    )


def test_table_round_trip_and_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "a.parquet", tmp_path / "new" / "b.parquet"
    write_atomically(one, encode_table(frame()))
    write_atomically(two, encode_table(frame()))
    assert one.read_bytes() == two.read_bytes()
    assert b"pandas" not in one.read_bytes()
    back = read_table(one)
    assert list(back["zone"].cat.categories) == ["53140", "53130", "53000"]
    assert list(back["zone"]) == ["53130", "53140", "53130"]
    pd.testing.assert_frame_equal(back, frame(), check_dtype=True, check_categorical=False)
    assert table_digest(back) == table_digest(frame())
    write_atomically(two, encode_table(back))
    assert one.read_bytes() == two.read_bytes()


def test_dates_are_kept_as_days(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    days = pd.to_datetime(["2017-06-15", "2017-06-16"])
    dates = pd.DataFrame({"d": [date(2017, 6, 15), None], "t": days})
    write_atomically(tmp_path / "a.parquet", encode_table(dates))
    assert {str(t) for t in pq.read_schema(tmp_path / "a.parquet").types} == {"date32[day]"}
    back = read_table(tmp_path / "a.parquet")
    assert set(back.dtypes) == {np.dtype("datetime64[s]")}
    assert table_digest(back) == table_digest(dates)


def test_empty_tables(tmp_path: Path) -> None:
    for empty in (frame().iloc[:0], pd.DataFrame(), pd.DataFrame({"a": []}, dtype=object)):
        write_atomically(tmp_path / "e.parquet", encode_table(empty))
        back = read_table(tmp_path / "e.parquet")
        assert list(back.columns) == list(empty.columns)
        assert len(back) == 0
        assert table_digest(back) == table_digest(empty)


def test_digest_sees_content_only() -> None:
    base = frame()
    digest = table_digest(base)
    same = base.copy()
    same["zone"] = pd.Categorical(base["zone"].astype(str), categories=["53130", "53140"])
    same["day"] = same["day"].astype("int64")
    same["share"] = same["share"] + 0.0
    same["when"] = same["when"].astype("datetime64[ns]")
    same["note"] = same["note"].astype("category")
    same.index = pd.Index([7, 8, 9])
    assert table_digest(same) == digest
    for column, value in (("day", 1), ("share", 0.2), ("note", "b"), ("zone", "53130"), ("gap", 2), ("open", True)):
        other = base.copy()
        other.loc[1, column] = value
        assert table_digest(other) != digest, column
    assert table_digest(base.iloc[::-1]) != digest
    assert table_digest(base[[*base.columns[1:], "day"]]) != digest
    assert table_digest(base.rename(columns={"day": "days"})) != digest
    # Text cannot flow from one value into the next.
    assert table_digest(pd.DataFrame({"a": ["ab", "c"]})) != table_digest(pd.DataFrame({"a": ["a", "bc"]}))


@given(st.lists(st.text(max_size=5) | st.none(), min_size=1, max_size=20), st.randoms())
@settings(max_examples=100)
def test_digest_of_text_is_free_of_codes(values: list[str | None], random: Any) -> None:
    plain = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    categories = sorted({v for v in values if v is not None} | {"unused"})
    random.shuffle(categories)
    coded = pd.DataFrame({"x": pd.Categorical(values, categories=categories)})
    assert table_digest(plain) == table_digest(coded)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (pd.DataFrame({"a": [1, "x"]}), "column 'a'"),
        (pd.DataFrame({"a": [[1], [2]]}), "column 'a'"),
        (pd.DataFrame({"a": pd.to_datetime(["2017-06-15"]).tz_localize("UTC")}), "column 'a'"),
        (pd.DataFrame({"a": pd.to_datetime(["2017-06-15 10:00"])}), "column 'a'"),
        (pd.DataFrame({"a": np.array([1], dtype="uint64")}), "column 'a'"),
        (pd.DataFrame({5: [1]}), "text names, not 5"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns 'a'"),
        (pd.DataFrame({"a": [1]}, index=pd.Index([3], name="zone")), "reset_index"),
    ],
)
def test_tables_that_cannot_be_kept(tmp_path: Path, bad: pd.DataFrame, words: str) -> None:
    with pytest.raises(ResultsError, match=words):
        write_atomically(tmp_path / "x.parquet", encode_table(bad))
    with pytest.raises(ResultsError, match=words):
        table_digest(bad)
    assert list(tmp_path.iterdir()) == []


def test_unreadable_tables(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no such table"):
        read_table(tmp_path / "none.parquet")
    write_atomically(tmp_path / "cut.parquet", encode_table(frame()))
    whole = (tmp_path / "cut.parquet").read_bytes()
    for data in (b"", b"PAR1", b"nonsense" * 50, whole[: len(whole) // 2], whole[:-20]):
        (tmp_path / "cut.parquet").write_bytes(data)
        with pytest.raises(ResultsError, match="not a readable table"):
            read_table(tmp_path / "cut.parquet")
    with pytest.raises(ResultsError):
        read_table(tmp_path)


def test_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(path, {"b": [1, 0.1], "a": {"é": None}})
    data = path.read_bytes()
    assert data == '{\n  "a": {\n    "é": null\n  },\n  "b": [\n    1,\n    0.1\n  ]\n}\n'.encode()
    assert read_manifest(path) == {"b": [1, 0.1], "a": {"é": None}}
    for bad in ({"a": float("nan")}, {"a": date(2017, 6, 15)}, {"a": "\ud800"}, {"a": 1, 2: 3}):
        with pytest.raises(ResultsError, match="not plain data"):
            write_manifest(path, bad)  # type: ignore[arg-type]
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"]
)
def test_corrupt_manifest(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(data)
    with pytest.raises(ResultsError, match="not a manifest"):
        read_manifest(path)


def test_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no results here"):
        read_manifest(tmp_path / "manifest.json")
    with pytest.raises(ResultsError, match="cannot be read"):
        read_manifest(tmp_path)


def test_write_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "x.bin"
    write_atomically(path, b"one")
    write_atomically(str(path), b"two")
    assert path.read_bytes() == b"two"
    ordinary = tmp_path / "ordinary"
    ordinary.write_bytes(b"")
    assert path.stat().st_mode == ordinary.stat().st_mode

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultsError, match="No space left"):
        write_atomically(path, b"three")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["x.bin"]
    with pytest.raises(ResultsError, match="cannot be written"):
        write_atomically(path / "below a file", b"")


def test_check_output_folder(tmp_path: Path) -> None:
    check_output_folder(tmp_path / "new")
    check_output_folder(tmp_path)
    (tmp_path / "notes.txt").write_text(json.dumps({}))
    with pytest.raises(ResultsError, match=r"not empty \(it holds notes.txt\)"):
        check_output_folder(tmp_path)
    with pytest.raises(ResultsError, match="this is a file"):
        check_output_folder(tmp_path / "notes.txt")
