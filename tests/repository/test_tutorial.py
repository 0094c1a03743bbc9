"""The tutorial and the start pages do as they say: commands are read, those that need no runs are typed.

`make validate` types all of them, and compares all that the tutorial shows.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from ess_sim.faces.cli.app import app, main
from ess_sim.faces.explorer.server import Server

DOCS = Path(__file__).parents[2] / "docs"
NEED_RUNS = {"run", "report", "costs", "verify", "explore", "choose", "value", "benchmark", "library", "calibrate"}


class Step(NamedTuple):
    """A block of a page: a file to write, commands to type, or what the last of them prints."""

    language: str
    text: str


def steps(page: Path) -> list[Step]:
    return [Step(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)]


def commands(text: str) -> list[list[str]]:
    """The arguments of each command, with files for patterns."""
    typed = [shlex.split(line, comments=True)[1:] for line in text.splitlines() if line.startswith("ess-sim")]
    return [[str(p) for a in words for p in (sorted(Path().glob(a)) if "*" in a else [a])] for words in typed]


def shown_in(expected: str, printed: str) -> list[str]:
    """Lines of a block that the output has not: parts between lines with ``…`` have to be there, in this order."""
    at = 0
    missing = []
    for part in re.split(r"^…\n", expected, flags=re.M):
        found = f"\n{printed}".find(f"\n{part}", at) if part else at
        if found < 0:
            missing += [line for line in part.splitlines() if line not in printed.splitlines()] or [part]
        else:
            at = found + len(part)
    return missing


@pytest.fixture
def _no_server(monkeypatch):
    """The explorer listens, and is closed at once."""

    def close(_server):
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", close)
    monkeypatch.setattr("webbrowser.open", lambda _url: True)


def read_only(words: list[str]) -> None:
    """Reads the words of a command as typing it does, and runs nothing."""
    typer.main.get_command(app).commands[words[0]].make_context(words[0], words[1:])


def follow(page: Path, capsys: pytest.CaptureFixture[str], *, slow: bool) -> dict[str, list[str]]:
    """Types the commands of a page; what is lacking from their output of each block that shows it.

    Those that need runs are typed if ``slow``, else only read.
    """
    printed, lacking = None, {}
    for step in steps(page):
        if step.language == "yaml":
            path = re.match(r"# (\S+)\n", step.text)
            assert path, "the first line names the file"
            Path(path[1]).write_text(step.text, encoding="utf-8")
        for words in commands(step.text) if step.language == "bash" else ():
            if not slow and words[0] in NEED_RUNS:
                read_only(words)
                printed = None
                continue
            code = main(words)
            printed = capsys.readouterr().out
            assert code == (130 if words[0] == "explore" else 0), words
        if step.language == "text" and printed is not None:
            lacking[step.text] = shown_in(step.text, printed)
    return {text: lines for text, lines in lacking.items() if lines}


@pytest.mark.parametrize("name", ["tutorial", "accueil"])
def test_every_command_works(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert follow(DOCS / f"{name}.md", capsys, slow=False) == {}


def test_both_start_pages_begin_with_the_same_commands():
    english, french = (
        [shlex.split(line, comments=True) for line in steps(DOCS / f"{name}.md")[0].text.splitlines()]
        for name in ("index", "accueil")
    )
    assert english == [[w for w in line if w not in ("--lang", "fr")] for line in french[: len(english)]]


@pytest.mark.validate
@pytest.mark.usefixtures("_no_server")
@pytest.mark.parametrize("name", ["tutorial", "accueil"])
def test_it_prints_what_is_shown(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert follow(DOCS / f"{name}.md", capsys, slow=True) == {}


def test_words_that_a_command_does_not_know_are_found():
    with pytest.raises(Exception, match="--replicatons"):
        read_only(["run", "a.yaml", "--replicatons", "2"])


def test_a_line_that_is_not_printed_is_found():
    assert shown_in("a\n…\nc\n", "a\nb\nc\n") == []
    assert shown_in("…\nb\n…\n", "a\nb\nc\n") == []
    assert shown_in("x\n", "a\n") == ["x"]
    assert shown_in("a\nc\n", "a\nb\nc\n") == ["a\nc\n"], "a gap that is not marked"
    assert shown_in("c\n…\na\n", "a\nb\nc\n") == ["a\n"], "another order"
