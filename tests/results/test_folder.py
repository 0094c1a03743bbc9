"""Results folders: what counts as a run, what damage does, who may write; a thousand runs in one folder."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pairs import PAIR, contents
from records import make_run
from stored import pack_of, part_of
from work import PATIENCE, counted

from ess_sim import atomic
from ess_sim.errors import ResultsError
from ess_sim.experiments import experiment, sinks
from ess_sim.experiments.experiment import run_experiment
from ess_sim.results.results import Results
from ess_sim.results.storage import parts
from ess_sim.results.storage.files import footers, manifests
from ess_sim.results.storage.folder import Folder
from ess_sim.results.storage.journal import parcel_of
from ess_sim.results.storage.keys import FORMAT, RECORDED, RESULTS_VERSION, Key, Parcel, Summary
from ess_sim.results.tables import schema


def manifest(*names: str, **changes: Any) -> dict[str, Any]:
    parameters = [{"name": "informed_share", "grade": "D"}, {"name": "call_rate", "grade": "B"}]
    entry = {"digest": "d" * 64, "territory": {"digest": "t"}, "scenario": {"start": "2020-01-15", "horizon_years": 1}}
    entry |= {"acts_from": [], "code": ""}
    said = {
        "format": FORMAT,
        "results_version": RESULTS_VERSION,
        "recorded": RECORDED,
        "ess_sim": "0",
        "seed": 1,
        "draws": None,
        "replications": 2,
        "complete": False,
        "keep": list(schema.SCHEMAS),
        "snapshots": "monthly",
        "shard": None,
        "order": list(names),
        "baselines": {},
        "catalogue": parameters,
        "territories": {"t": {"notes": [], "zones": ["z"]}},
        "scenarios": {name: dict(entry) for name in names},
    }
    return said | changes


def parcel(key: Key, **changes: Any) -> Parcel:
    """Small tables, and a note that vouches for them."""
    frames = {table: pd.DataFrame({"replication": [key.replication], "table": [table]}) for table in schema.SCHEMAS}
    note = {
        "scenario": "d" * 64,
        "territory": "t",
        "code": "",
        "seed": 1,
        "draw": key.draw,
        "replication": key.replication,
        "read": ["call_rate", "informed_share"],
        "assumed": ["nothing"],
    }
    return parcel_of(frames.items(), note | changes)


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder.open(tmp_path / "out", manifest("a", "b"), overwrite=False)


KEY = Key("a", 0, 1)


def test_a_run_counts_once_it_stands_whole_in_the_journal(folder, monkeypatch):
    assert folder.finished() == []
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: 1 / 0)  # dies before it is known to be on the disk
        with pytest.raises(ZeroDivisionError):
            folder.add(KEY, parcel(KEY))
    assert folder.at.journal.stat().st_size > 0
    assert folder.finished() == []
    assert not folder.sound(KEY, {})
    folder.fail(KEY, "out of memory", "where")
    assert folder.failures() == [KEY]
    folder.add(KEY, parcel(KEY))
    folder.add(Key("b", 2, 0), parcel(Key("b", 2, 0)))
    assert folder.failures() == []  # it has not failed any more
    for found in (folder, Folder.read(folder.path)):
        assert found.finished() == [KEY, Key("b", 2, 0)]
        assert found.sound(KEY, {"replication": 1})
        assert not found.sound(KEY, {"replication": 2})
        assert not found.sound(Key("a", 0, 7), {})
        assert found.table(KEY, "flows")["table"].tolist() == ["flows"]
    folder.remove(KEY)
    folder.remove(KEY)  # nothing is there to be removed
    folder.close(1)
    assert Folder.read(folder.path).finished() == [Key("b", 2, 0)]
    assert not folder.at.journal.exists()


@pytest.mark.parametrize("cut", [1, 700, "in its head", "in the second"])
def test_a_journal_that_ends_in_the_middle_of_a_run_holds_the_others(folder, cut):
    keys = [Key("a", 0, r) for r in range(3)]
    ends = []
    for key in keys:
        folder.add(key, parcel(key))
        ends.append(folder.at.journal.stat().st_size)
    data = folder.at.journal.read_bytes()
    if cut == "in the second":  # a bad sector: only this run is lost
        at = ends[0] + 300
        folder.at.journal.write_bytes(data[:at] + bytes(8) + data[at + 8 :])
        left = [keys[0], keys[2]]
    else:
        folder.at.journal.write_bytes(data[: ends[1] + 9] if cut == "in its head" else data[:-cut])
        left = keys[:2]
    again = Folder.open(folder.path, manifest("a", "b", replications=3), overwrite=False)
    assert again.finished() == left
    assert all(again.sound(key, {}) for key in left)
    for key in set(keys).difference(left):
        again.add(key, parcel(key))
    again.close(3)
    expected = contents(folder.path)
    folder.at.clear()
    folder.at.journal.write_bytes(data)
    Folder.open(folder.path, manifest("a", "b", replications=3), overwrite=False).close(3)
    assert contents(folder.path) == expected


def test_parts_are_the_same_whatever_came_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    keys = [Key(name, d, r) for name in "ab" for d in (1, 2) for r in range(60)]
    folders = []
    for order in (keys, keys[::-1]):
        folder = Folder.open(tmp_path / str(len(folders)), manifest("a", "b", replications=60), overwrite=False)
        for i, key in enumerate(order):
            folder.add(key, _cheap_parcel(key))
            if i == 130:  # put in order, and gone on from
                folder.close(240)
                folder = Folder.open(folder.path, manifest("a", "b", replications=60), overwrite=False)
        folder.close(240)
        folders.append(folder)
    assert contents(folders[0].path) == contents(folders[1].path)
    assert len(folders[0].at.parts()) == 3
    assert sum(1 for p in folders[0].path.rglob("*") if p.is_file() and p.name != "run.log") == 2 + 3 * 11
    # nothing is written again that is as it should be, and a run more changes the last part alone
    before = {p: p.stat().st_mtime_ns for p in folder.path.glob("*/*")}
    more = Folder.open(folder.path, manifest("a", "b", replications=61), overwrite=False)
    more.add(Key("a", 1, 60), _cheap_parcel(Key("a", 1, 60)))
    more.close(241)
    kept = [p for p in before if p.exists() and p.stat().st_mtime_ns == before[p]]
    assert sorted({p.name[:4] for p in kept}) == ["0000", "0001"]
    assert len(kept) == 2 * 11


@cache
def _of_any_run() -> Parcel:
    return parcel(Key("a", 0, 0))


def _cheap_parcel(key: Key) -> Parcel:
    """The same tables for all runs."""
    made = _of_any_run()
    return Parcel(made.files, made.note | {"draw": key.draw, "replication": key.replication})


def test_a_kill_while_runs_are_put_in_order_loses_none(folder, monkeypatch):
    keys = [Key("a", 0, 0), Key("b", 0, 0), Key("b", 0, 1)]
    for key in keys:
        folder.add(key, parcel(key))
    folder.close(4)
    folder = Folder.open(folder.path, manifest("a", "b"), overwrite=False)
    folder.add(KEY, parcel(KEY))
    writes: list[Path] = []
    replace = Path.replace
    for stop in (1, 5, 11, 12):  # a table, another, the notes, the manifest
        writes.clear()

        def dies(self: Path, target: Path, stop: int = stop) -> Path:
            writes.append(target)
            if len(writes) == stop:
                raise ZeroDivisionError
            return replace(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", dies)
            with pytest.raises(ZeroDivisionError):
                folder.close(4)
        found = Folder.read(folder.path)
        assert found.finished() == sorted([*keys, KEY])
        assert all(found.sound(key, {}) for key in [*keys, KEY])
        folder = Folder.open(folder.path, manifest("a", "b"), overwrite=False)
    folder.close(4)
    assert len(folder.at.parts()) == 1
    assert Folder.read(folder.path).finished() == sorted([*keys, KEY])


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("table", schema.SCHEMAS)
def test_every_byte_counts(folder, table, in_order):
    folder.add(KEY, parcel(KEY))
    folder.close(1, in_order=in_order)
    path = folder.at.pack(folder.at.parts()[0], table) if in_order else folder.at.journal
    body = footers.body_of(parcel(KEY).files[table])
    data = bytearray(path.read_bytes())
    data[data.index(body) + len(body) // 2] ^= 1
    path.write_bytes(data)
    assert not Folder.read(folder.path).sound(KEY, {})
    path.unlink()
    assert not Folder.read(folder.path).sound(KEY, {})


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.clear(),
        lambda note: note.update(files=3),
        lambda note: note.update(files={}),
        lambda note: note["files"].update(flows="x"),
        lambda note: note["files"]["flows"].update(bytes=-1),
        lambda note: note["files"]["flows"].update(groups="many"),
        lambda note: note.update(read=3),
        lambda note: note.update(assumed=[3]),
        lambda note: note.update(seed=2),
    ],
)
def test_a_corrupt_note_vouches_for_nothing(folder, change):
    made = parcel(KEY)
    note = json.loads(json.dumps(made.note))
    change(note)
    folder.add(KEY, Parcel(made.files, note))
    with pytest.raises(ResultsError, match="the note"):
        folder.note(KEY)
    assert not Folder.read(folder.path).sound(KEY, {})


def test_what_else_lies_about_is_no_run(folder):
    folder.add(KEY, parcel(KEY))
    folder.close(1)
    for name in ("0000-0002.json", "0001-12345678.json~", ".0001-12345678.json.ab12.part", "notes.json"):
        (folder.path / "cells" / name).write_text("{}")
    assert Folder.read(folder.path).finished() == [KEY]


def test_summaries_join_what_runs_rest_on(folder):
    def found() -> Summary:
        return folder.summaries()["a"]

    first, second = Key("a", 0, 0), Key("a", 0, 1)
    folder.add(second, parcel(second, read=["informed_share"], assumed=["b", "c"]))
    one = found()
    assert (one.read, one.grade_d, one.assumed) == (("informed_share",), ("informed_share",), ("b", "c"))
    folder.add(first, parcel(first, read=["call_rate"], assumed=["a", "b"]))
    both = found()
    assert (both.read, both.grade_d, both.assumed) == (
        ("call_rate", "informed_share"),
        ("informed_share",),
        ("a", "b", "c"),
    )
    assert both.digest != one.digest
    assert folder.summaries()["b"].read == ()
    # the digest is that of the content, whatever the order of writing
    folder.remove(first)
    assert found().digest == one.digest


def test_close_says_what_is_there(folder):
    folder.add(KEY, parcel(KEY))
    assert folder.close(2) == 1
    said = Folder.read(folder.path).manifest
    assert said["complete"] is False
    assert [said["scenarios"][name]["runs"] for name in "ab"] == [1, 0]
    assert said["scenarios"]["a"]["content"] == folder.summaries()["a"].digest
    assert [p["read"] for p in Folder.read(folder.path).entry("a")["parameters"]] == [True, True]
    assert said["scenarios"]["a"]["grade_d_read"] == 1
    assert folder.close(1) == 1
    assert Folder.read(folder.path).manifest["complete"] is True
    folder.fail(Key("b", 0, 0), "stumbled", "")
    folder.close(1)
    assert manifests.read_manifest(folder.at.failures)["failures"][0]["summary"] == "stumbled"
    assert Folder.read(folder.path).failures() == [Key("b", 0, 0)]
    assert Folder.read(folder.path).manifest["complete"] is False


def test_more_scenarios_and_replications_join(folder):
    folder.add(KEY, parcel(KEY))
    folder.close(4)
    (folder.path / ".flows.parquet.0123456789abcdef.part").touch()
    (folder.path / "comparison.csv").touch()
    wider = Folder.open(folder.path, manifest("c", "b", replications=1, baselines={"c": "b"}), overwrite=False)
    assert wider.manifest["order"] == ["c", "b", "a"]
    assert wider.manifest["replications"] == 2
    assert wider.finished() == [KEY]
    assert {p.name for p in folder.path.iterdir()} == {"manifest.json", "cells", *schema.SCHEMAS}
    for other in ({"seed": 2}, {"ess_sim": "1"}, {"draws": {"n": 2, "method": "sobol"}}):
        with pytest.raises(ResultsError, match="choose another folder, or replace"):
            Folder.open(folder.path, manifest("a", "b", **other), overwrite=False)
    with pytest.raises(ResultsError, match="choose another folder, or replace"):
        Folder.open(folder.path, manifest("x"), overwrite=False)
    assert wider.finished() == [KEY]
    fresh = Folder.open(folder.path, manifest("x"), overwrite=True)
    assert fresh.finished() == []
    assert [p.name for p in folder.path.iterdir()] == ["manifest.json"]


def test_a_folder_of_the_earlier_layout_of_this_version(tmp_path):
    said = manifest("a")
    del said["keep"]
    manifests.write_manifest(tmp_path / "manifest.json", said)
    for read in (Folder.read, lambda path: Folder.open(path, manifest("a"), overwrite=True)):
        with pytest.raises(ResultsError, match=r"^[^\n]*results of an earlier layout of version \d+: choose another"):
            read(tmp_path)


def test_two_scenarios_are_never_each_others_baseline(folder):
    """What is asked last decides for all its scenarios, also for the one that has no baseline."""
    asked = [(("b", "a"), {"a": "b"}), (("a", "b"), {"b": "a"}), (("a", "c"), {"c": "a"})]
    for names, baselines in asked:
        last = Folder.open(folder.path, manifest(*names, baselines=dict(baselines)), overwrite=False)
    assert last.manifest["baselines"] == {"b": "a", "c": "a"}


@pytest.mark.parametrize(
    ("names", "baselines", "said", "expected"),
    [
        ("cb", {"b": "c"}, False, {"b": "a", "c": "a"}),  # a part: what it is compared with is not asked
        ("cb", {"b": "c"}, True, {"b": "c"}),
        ("cba", {"b": "c", "a": "c"}, False, {"b": "c", "a": "c"}),  # all of them, in another order
        ("bd", {"d": "b"}, False, {"b": "a", "c": "a", "d": "b"}),  # one more
        ("da", {"a": "d"}, False, {"a": "d", "b": "a", "c": "a"}),  # one that had none
        ("ba", {"a": "b"}, False, {"b": "a", "c": "a"}),  # never each other's
    ],
)
def test_a_part_run_again_keeps_its_baselines(tmp_path, names, baselines, said, expected):
    whole = {"b": "a", "c": "a"}
    folder = Folder.open(tmp_path, manifest("a", "b", "c", baselines=whole), overwrite=False)
    folder.add(KEY, parcel(KEY))
    folder.close(6)
    now = manifest(*names, baselines=dict(baselines))
    last = Folder.open(tmp_path, now, overwrite=False, baselines_said=said)
    assert last.manifest["baselines"] == expected
    log = last.at.log.read_text() if last.at.log.exists() else ""
    assert all((f"{name}: its baseline is" in log) == (whole.get(name) != expected.get(name)) for name in "abc")


@pytest.mark.parametrize(
    ("changes", "words"), [({"format": "photos"}, "not of ess_sim results"), ({"results_version": 0}, "of version 0")]
)
def test_folders_of_others_and_of_other_times(tmp_path, changes, words):
    manifests.write_manifest(tmp_path / "manifest.json", manifest("a") | changes)
    with pytest.raises(ResultsError, match=words):
        Folder.open(tmp_path, manifest("a"), overwrite=True)
    with pytest.raises(ResultsError, match=words):
        Folder.read(tmp_path)


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (None, "results without listed, .*, median_minutes.*, unlike those of this ess_sim: choose another folder"),
        ({"outcomes": RECORDED["outcomes"][1:]}, f"results without {RECORDED['outcomes'][0]}, unlike"),
        ({"counts": [*RECORDED["counts"], "waiting"]}, "results with waiting, unlike"),
        ({"outcomes": [3, *RECORDED["outcomes"][1:]]}, f"results without {RECORDED['outcomes'][0]} and with 3, unlike"),
        ({"outcomes": RECORDED["outcomes"][::-1]}, "results recorded in another order, unlike"),
    ],
)
def test_folders_whose_runs_recorded_something_else_need_no_new_version(tmp_path, recorded, words):
    other = None if recorded is None else RECORDED | recorded
    manifests.write_manifest(tmp_path / "manifest.json", manifest("a") | {"recorded": other})
    for read in (Folder.read, lambda path: Folder.open(path, manifest("a"), overwrite=False)):
        with pytest.raises(ResultsError, match=words):
            read(tmp_path)


def test_a_log_that_cannot_be_written(folder):
    (folder.path / "run.log").mkdir()
    with pytest.raises(ResultsError, match=r"run\.log: cannot be written \(Is a directory\)"):
        folder.log("hello")


# --- the lock ---------------------------------------------------------------------------------------------------------


def test_one_at_a_time(tmp_path):
    out = tmp_path / "new" / "out"
    with atomic.lock(out):
        with pytest.raises(ResultsError, match="another run is using"), atomic.lock(out):
            pass
        with atomic.lock(tmp_path / "other"):
            pass
    with atomic.lock(out):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom ess_sim.atomic import lock\n"
        "with lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ResultsError, match="another run is using"), atomic.lock(tmp_path):
            pass
        holder.kill()
    with atomic.lock(tmp_path):
        pass
    atomic.check_output_folder(tmp_path)  # what it leaves is in no one's way


def test_a_turn_is_waited_for(tmp_path):
    waits, through = threading.Event(), threading.Event()

    def second():
        with atomic.turn(tmp_path / "new" / "turn", waits.set):
            through.set()

    other = threading.Thread(target=second)
    with atomic.turn(tmp_path / "new" / "turn", pytest.fail):
        other.start()
        assert waits.wait(PATIENCE)
        assert not through.is_set()
    other.join(PATIENCE)
    assert through.is_set()


def test_without_a_place_for_the_file_a_turn_is_taken_at_once(tmp_path):
    (tmp_path / "file").touch()
    with atomic.turn(tmp_path / "file" / "turn", pytest.fail):
        pass


def test_a_file_that_is_being_read_is_replaced_a_little_later(tmp_path, monkeypatch):
    """As on Windows, where an open file cannot be replaced."""
    busy = [PermissionError("in use")] * 3
    replace, waits = Path.replace, []

    def replaced(self, target):
        if busy:
            raise busy.pop()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(atomic.time, "sleep", waits.append)
    with pytest.raises(ResultsError, match="cannot be written"):
        atomic.write_atomically(tmp_path / "file", b"1")
    monkeypatch.setattr(atomic, "WINDOWS", True)
    atomic.write_atomically(tmp_path / "file", b"2")
    assert (tmp_path / "file").read_bytes() == b"2"
    assert len(waits) == 2
    busy += [PermissionError("in use")] * 99
    with pytest.raises(ResultsError, match="cannot be written"):
        atomic.write_atomically(tmp_path / "file", b"3")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# --- very many runs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def cheap(monkeypatch) -> None:
    """Runs that cost next to nothing: made-up tables, but outcomes and a note of their own."""
    run = make_run()
    once = parcel_of([(table, run.table(table)) for table in schema.SCHEMAS], {})
    outcomes = run.table("outcomes")
    here, turns, overtaken = threading.get_ident(), itertools.count(), threading.Event()

    def made(cell: Any) -> Parcel:
        number = hashlib.sha256(f"{cell.key}".encode()).digest()[0] / 255
        time.sleep(number / 1000)
        if threading.get_ident() != here and (turn := next(turns)) in (0, 20):
            # of several threads' runs the first ends after others: 5 threads start no twenty-first before
            overtaken.set() if turn else overtaken.wait(PATIENCE)
        frame = outcomes.assign(value=number, replication=np.int32(cell.key.replication))
        own = parcel_of([("outcomes", frame)], {})
        note = cell.identity | {"end": {"share_without_mt": number}, "read": ["informed_share"], "assumed": []}
        note |= {name: once.note[name] | own.note[name] for name in ("files", "content")}
        return Parcel(once.files | own.files, note)

    monkeypatch.setattr(sinks, "_parcel", made)
    monkeypatch.setattr(experiment, "compile_kernel", lambda *_: None)
    monkeypatch.setattr(atomic.os, "fsync", lambda _: None)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("replications", [55, pytest.param(500, marks=pytest.mark.validate)])
def test_very_many_runs_in_any_order_and_again(tmp_path, monkeypatch, replications):
    one = run_experiment(PAIR, replications=replications, out=tmp_path / "one")
    with ThreadPoolExecutor(5) as executor:
        run_experiment(PAIR[::-1], replications=replications, out=tmp_path / "two", engine=executor, jobs=5)
    log = (tmp_path / "two" / "run.log").read_text(encoding="utf-8")
    logged = [line.partition(" finished ")[2] for line in log.splitlines() if " finished " in line]
    planned = [f"{scenario.name}, replication {r}" for r in range(replications) for scenario in PAIR[::-1]]
    assert logged != planned
    assert sorted(logged) == sorted(planned)
    expected = contents(tmp_path / "one")
    assert contents(tmp_path / "two") | {"manifest.json": b""} == expected | {"manifest.json": b""}
    assert len(one.outcomes(["share_without_mt"], dates=["2020-12-31"])) == 2 * replications

    # once more: every table is read, and one wrong byte among all of them is found
    read = []
    monkeypatch.setattr(
        parts.Part, "body", lambda self, key, table, old=parts.Part.body: (read.append(key), old(self, key, table))[1]
    )
    run_experiment(PAIR, replications=replications, out=tmp_path / "one")
    assert len(read) == 2 * replications * len(schema.SCHEMAS)
    assert contents(tmp_path / "one") == expected
    last = Key("more", 0, replications - 9)
    path, part = pack_of(tmp_path / "one", "careers", last), part_of(tmp_path / "one", last)
    data = bytearray(path.read_bytes())
    data[len(footers.MAGIC) + sum(len(part.body(key, "careers")) for key in takewhile(last.__ne__, part))] ^= 1
    path.write_bytes(data)
    run_experiment(PAIR, replications=replications, out=tmp_path / "one")
    assert contents(tmp_path / "one") == expected
    log = (tmp_path / "one" / "run.log").read_text(encoding="utf-8")
    assert log.count(f"damaged, to be run again: more, replication {replications - 9}") == log.count("damaged") == 1
    assert log.count(" finished ") == 2 * replications + 1
    assert f"{2 * replications} cells, {2 * replications - 1} of them already finished" in log


@pytest.mark.usefixtures("cheap")
def test_each_run_costs_the_same_to_find_again(tmp_path):
    """However many there are: nothing looks at all runs for the sake of one."""
    calls = []
    for replications in (10, 20, 30):
        run_experiment(PAIR, replications=replications, out=tmp_path)
        with counted() as again:
            run_experiment(PAIR, replications=replications, out=tmp_path)
        calls.append(again.calls)
    few, more, many = calls
    assert 0 < many - more < 1.1 * (more - few)


@pytest.mark.usefixtures("cheap")
def test_runs_join_to_what_one_call_gives(tmp_path):
    for scenarios, replications in ((PAIR[:1], 3), (PAIR[1:] + PAIR[:1], 2), (PAIR, 7)):
        run_experiment(scenarios, replications=replications, out=tmp_path / "grown", baseline="hamlet")
    run_experiment(PAIR, replications=7, out=tmp_path / "once")
    assert contents(tmp_path / "grown") == contents(tmp_path / "once")
    assert json.loads((tmp_path / "grown" / "manifest.json").read_text())["complete"] is True
    assert Results.read(tmp_path / "grown", replications=2).replications == (0, 1)
