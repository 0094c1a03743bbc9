"""Users' YAML: every fault at its line and column, no reader disagrees on a value, and nothing grows out of bounds."""

# ruff: noqa: E501 (the tables of faults read best with one fault a line)

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from work import counted

from ess_sim.errors import Problem
from ess_sim.inputs.documents.dump import dump
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS, MappingNode, ScalarNode
from ess_sim.inputs.documents.reader import Reader
from ess_sim.inputs.documents.scalars import REFUSED, plain


def faults(*paths: Path | str) -> list[Problem]:
    reader = Reader()
    for path in paths:
        reader.read(os.fspath(path))
    return sorted(set(reader.problems))


def values(node: Any) -> Any:
    """A tree as plain data."""
    if isinstance(node, MappingNode):
        return {key: values(value) for key, (_, value) in node.items.items()}
    return node.value if isinstance(node, ScalarNode) else [values(item) for item in node.items]


def read(path: Path) -> Any:
    reader = Reader()
    document = reader.read(str(path))
    assert not reader.problems
    return values(document.merged)


GOOD = """\
name: good
start: 2017-06-15
horizon_years: 20
territory:
  epci: "200083392"
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def put(text: str | bytes, name: str = "s.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return put


# --- values and places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("", None),
        ("~", None),
        ("True", True),
        ("-12", -12),
        ("0", 0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1.0e+3", 1000.0),
        ("2017-06-15", date(2017, 6, 15)),
        ("Laval", "Laval"),
        ("53 130", "53 130"),
        ("-", "-"),
    ],
)
def test_plain_values(raw: str, value: Any) -> None:
    assert plain(raw) == (value, "")
    assert type(plain(raw)[0]) is type(value)


@pytest.mark.parametrize("raw", ["Yes", "off", "n", "007", "0b1", "1_0", "1:30", "1e3", ".Inf", "2017-02-30", "9" * 19])
def test_what_readers_disagree_on_is_refused(raw: str) -> None:
    value, complaint = plain(raw)
    assert value is REFUSED
    assert raw in complaint


def test_every_key_and_value_has_its_place(write: Any) -> None:
    document = Reader().read(str(write("a: 1\nb: [x, {c: y}]\n")))
    key, node = document.own.items["b"]
    assert (key.line, key.column, node.mark.line, node.mark.column) == (2, 1, 2, 4)
    inner, value = node.items[1].items["c"]
    assert (inner.column, value.mark.column) == (9, 12)


def test_byte_order_mark_simple_aliases_and_the_document_marks_are_fine(write: Any) -> None:
    text = b"\xef\xbb\xbf%YAML 1.1\n---\ntitle: &t Caf\xc3\xa9\ndescription: *t\n...\n"
    assert read(write(text)) == {"title": "Café", "description": "Café"}


# --- one fault at a time: line, column and words ----------------------------------------------------------------------

BAD_LINES = [  # a line after GOOD (line 6), column, where, words of the message
    ("horizon_years: 5", 1, "horizon_years", "written twice: first at line 3, column 1"),
    ("title: NO", 8, "title", 'NO is ambiguous (some YAML readers take it for false): write false, or "NO" in quotes'),
    ("title: on", 8, "title", 'write true, or "on" in quotes'),
    ("title: y", 8, "title", "write true"),
    ("title: 12:30", 8, "title", 'in sixties): write a plain number, or "12:30" in quotes'),
    ("title: 1e3", 8, "title", "write 1000 or 1.0e+3"),
    ("title: 1.5e3", 8, "title", "write 1500 or 1.5e+3"),
    ("title: .5e-3", 8, "title", "write 0.0005 or 0.5e-3"),
    ("title: 1e99", 8, "title", "write 1.0e+99"),
    ("title: 1.0e+999", 8, "title", "too large a number"),
    ("title: 01001", 8, "title", 'octal): write "01001" in quotes for text, or 1001 for a number'),
    ("title: 0o17", 8, "title", "0o17 is ambiguous"),
    ("title: 0x1F", 8, "title", "write an ordinary decimal number"),
    ("title: 1_000", 8, "title", "write 1000 without underscores"),
    ("title: =", 8, "title", "ambiguous"),
    ("title: " + "1" * 5000, 8, "title", "too large a number"),
    ("title: " + "1" * 5000 + ".5", 8, "title", "too long a number"),
    ('title: "\\ud800"', 8, "title", "not a character"),
    ("title: !!python/object:os.system x", 8, "title", "the tag !!python/object:os.system is refused"),
    ("title: !!str 5", 8, "title", "the tag !!str is refused"),
    ("title: *x", 8, "title", "*x repeats nothing"),
    ("sources: &a [x, *a]", 17, "sources[1]", "inside what it repeats"),
    ("<<: {title: x}", 1, "", "merge key << is refused"),
    ("5: x", 1, "", 'a key must be text: write "5" in quotes'),
    ("parameters: {informed_share: 1, 53188: -1}", 33, "parameters", 'a key must be text: put the code in quotes: "53188"'),
    ("2017-06-15: x", 1, "", "a key must be text"),
    ("null: x", 1, "", "a key must be text"),
    ("? \n: x", 2, "", "a key is empty"),
    ("? [a]\n: x", 3, "", "a key must be text, not a list"),
    ('"a\\0b": x', 1, "", "cannot be printed"),
    ("supply: {first_installations: {per_year: .nan, source: s, grade: A}}", 42, "supply.first_installations.per_year", "must be finite"),
    ("supply: {first_installations: {per_year: -.INF, source: s, grade: A}}", 42, "supply.first_installations.per_year", "must be finite"),
    ("residents: {without_mt: [{zones: remainder, share: no, never_declared_part: 0.2, source: s, grade: A}]}", 52, "residents.without_mt[0].share", "ambiguous"),
    ("residents: {without_mt: [{<<: x, zones: remainder, never_declared_part: 0.2}]}", 27, "residents.without_mt[0]", "merge key"),
    ("residents: {without_mt: [{zones: remainder, share: 0,2, never_declared_part: 0.2, source: s, grade: A}]}", 54, "residents.without_mt[0]", "write 0.2, not 0,2"),
    ("policies: [{kind: pay, anything: no}]", 34, "policies[0].anything", "ambiguous"),
    ("policies: [{kind: smp, opens: 2017-02-30, zone: a}]", 31, "policies[0].opens", "2017-02-30 is not a day of the calendar"),
    ("policies: [{kind: smp, opens: 2017-6-1, zone: a}]", 31, "policies[0].opens", "write the date 2017-06-01"),
    ("policies: [{kind: smp, opens: 2017-06-01 10:00:00, zone: a}]", 31, "policies[0].opens", "has a time: write the day alone, 2017-06-01"),
    ("policies: [{kind: smp, opens: 2017-06-01T10:00:00, zone: a}]", 31, "policies[0].opens", "has a time"),
    ("policies: [{kind: smp, opens: 2017-06-01, zone: a, retired_gps: {count: 1, lst: no}}]", 81, "policies[0].retired_gps.lst", "no is ambiguous"),
    ("extends: 5", 10, "extends", "must be the path of a file, or a list of paths, not 5"),
    ("extends: [5]", 11, "extends[0]", "must be the path of a file, not 5"),
    ("extends: nowhere.yaml", 10, "extends", "no such file"),
    ("extends: none/x.yaml", 10, "extends", "there is no folder"),
    ("extends: .", 10, "extends", "this is a folder"),
    ("extends: /dev/zero", 10, "extends", "/dev/zero lies outside"),
    ('extends: "a\\0b"', 10, "extends", "not a path"),
    ("extends: s.yaml", 10, "extends", "circular"),
    ("\ttitle: x", 1, "", "a tab: indent with spaces"),
    ("title: a: b", 9, "", "put a text that holds ': ' in quotes"),
    ("title: 'x", 10, "", "not valid YAML"),
    ("title: @x", 8, "", "put the text in quotes"),
    (" title: x", 2, "", "indentation"),
    ("sources: [a", 12, "", "not valid YAML"),
    ('title: "\\UFFFFFFFF"', 1, "", "not valid YAML from here on"),
    ("title: " + "[" * 60 + "]" * 60, 57, "", "nested deeper than 50 levels"),
    ("---\ntitle: x", 1, "", "a second document starts here"),
    ("title: a\x07", 9, "", "cannot be printed"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "where", "words"), BAD_LINES, ids=[b[0][:50] for b in BAD_LINES])
def test_bad_line(write: Any, line: str, column: int, where: str, words: str) -> None:
    path = write(GOOD + line + "\n")
    (problem,) = faults(path)
    assert words in problem.what
    assert problem.file == str(path)
    assert problem.where == where or not where
    if line in ("title: 'x", "sources: [a", 'title: "\\UFFFFFFFF"'):
        assert problem.line in (6, 7)  # at the end of the file, or at the last value that could be read
    else:
        assert (problem.line, problem.column) == (6, column)


BAD_FILES = [
    (b"", 1, "the file is empty"),
    (b"# only a comment\n", 1, "the file is empty"),
    (b"---\n", 1, "the file is empty"),
    (b"- a\n", 1, "not a list"),
    (b"some text\n", 1, "not text"),
    (b"name: a\nb: \x00\n", 2, "a NUL byte"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", 3, "a NUL byte"),
    ("name: é\n".encode("latin-1"), 1, "0xE9 is not UTF-8"),
    (b"\xef\xbb\xbfname: \xe9\n", 1, "0xE9 is not UTF-8"),
    (GOOD.encode("utf-16"), 1, "UTF-16"),
    (b"a: 1\n\x1b[0m\n", 2, "cannot be printed"),
    (b"x" * 1_000_001, 0, "too large (1000 kB)"),
]


@pytest.mark.parametrize(("data", "line", "words"), BAD_FILES, ids=[b[2] for b in BAD_FILES])
def test_bad_file(write: Any, data: bytes, line: int, words: str) -> None:
    (problem,) = faults(write(data))
    assert problem.line == line
    assert words in problem.what


def test_position_of_a_byte_that_is_not_utf8(write: Any) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        (problem,) = faults(write(mark + "é: 1\nabcé".encode() + b"\xe9"))
        assert (problem.line, problem.column) == (2, 5)


def test_missing_folder_and_unreadable(write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(GOOD, "baseline.yaml")
    (missing,) = faults(tmp_path / "baselin.yaml")
    assert "no such file (did you mean 'baseline.yaml'?)" in str(missing)
    (folder,) = faults(tmp_path)
    assert "this is a folder" in folder.what
    (nowhere,) = faults(tmp_path / "none" / "x.yaml")
    assert "there is no folder" in nowhere.what
    (inside,) = faults(path / "x.yaml")
    assert "x.yaml" in inside.file
    (nul,) = faults("a\0b.yaml")
    assert "not a path" in nul.what

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    (denied,) = faults(path)
    assert "cannot be read (Permission denied)" in denied.what


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "not a regular file" in faults(tmp_path / "pipe.yaml")[0].what


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000_000)  # sparse

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was opened")

    for opener in ("builtins.open", "io.open", "os.open"):
        monkeypatch.setattr(opener, refuse)
    assert "too large" in faults(path)[0].what


HOSTILE = {
    "flow": "a: " + "[" * 2000,
    "flow, whole file": "{" * 900_000,
    "mappings": "{a: " * 2000,
    "block": "".join(f"{' ' * i}a:\n" for i in range(1300)),
    "dashes": "- " * 2000,
    "explicit keys": "? " * 2000,
    "bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)),
    "deep aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000)),
    "directive": "%YAML 1." + "1" * 5000 + "\n---\na: 1",
    "long key": "? " + "k" * 300_000 + "\n: 1\n",
    "many bad scalars": "a:\n" + "- no\n" * 50_000,
}

MOST = {"long key": 1_200_000}
"""Calls that reading a file may take, about twice what it does: 100,000 where nothing else is said."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_bounded_time(write: Any, name: str) -> None:
    path = write(HOSTILE[name])
    with counted(MOST.get(name, 100_000)):
        found = faults(path)
    assert len(found) <= 2 * MAX_PROBLEMS
    assert all(len(str(p)) < len(str(path)) + 600 for p in found)


# --- extends ----------------------------------------------------------------------------------------------------------


def test_mappings_merge_null_removes_and_all_else_replaces(write: Any) -> None:
    write("a: {b: 1, c: 2}\nd: [1]\ne: x\n", "base.yaml")
    write("a: {c: 3}\nd: [2]\n", "more.yaml")
    child = write("extends: [base.yaml, more.yaml]\na: {b: null, f: null}\ne: {g: 4}\n", "deeper/../child.yaml")
    assert read(child) == {"a": {"c": 3, "f": None}, "d": [2], "e": {"g": 4}}


def test_missing_parent_shows_the_chain_and_each_who_names_it(write: Any) -> None:
    write("extends: bas.yaml\n", "mid.yaml")
    write(GOOD, "base.yaml")
    a = write("extends: mid.yaml\nname: a\n", "a.yaml")
    b = write("extends: bas.yaml\nname: b\n", "b.yaml")
    found = faults(a, b)
    assert [(Path(p.file).name, p.line, p.column, p.where) for p in found] == [
        ("b.yaml", 1, 10, "extends"),
        ("mid.yaml", 1, 10, "extends"),
    ]
    assert "no such file (did you mean 'base.yaml'?)" in found[1].what
    assert found[1].what.count(" → ") == 2


def test_circular_extends_is_reported_once(write: Any) -> None:
    a = write("extends: b.yaml\nname: a\n", "a.yaml")
    b = write("extends: a.yaml\nname: b\n", "b.yaml")
    c = write("extends: a.yaml\nname: c\n", "c.yaml")
    (problem,) = faults(a, b, c)
    assert (problem.file, problem.line, problem.column) == (str(b), 1, 10)
    assert problem.what == f"circular: {a} → {b} → {a}"


def test_a_long_chain_is_refused(write: Any) -> None:
    for i in range(200):
        write(f"extends: f{i + 1}.yaml\nname: f{i}\n", f"f{i}.yaml")
    (problem,) = faults(write("extends: f0.yaml\nname: x\n"))
    assert "a chain of more than 20 files" in problem.what


# --- from plain data to text ------------------------------------------------------------------------------------------


def test_what_is_dumped_reads_back_and_other_readers_agree(write: Any) -> None:
    texts = ["no", "y", "1e3", "0o17", "12:30", "01001", "a b", "", "é\n", "- x", "2017-02-30", "Laval", "200083392"]
    data = {"texts": texts, "numbers": [1, 0.5, 1e-7, 1e22], "other": [None, True, {}, []]}
    assert read(write(dump(data))) == data
    assert yaml.safe_load(dump(data))["texts"] == texts
    assert dump({"a": "2017-06-15"}) == "a: 2017-06-15\n"  # a date or text, whichever is wanted
