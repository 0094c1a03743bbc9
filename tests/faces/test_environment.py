"""What is around the command: encodings, pipes, a terminal that is gone, another's settings of matplotlib."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

import ess_sim
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.parts.terminal import progress

BASE = """
name: base
start: 2018-01-01
horizon_years: 1
territory: {communes: ["53034"]}
supply:
  list_holding_gps: [{zones: remainder, count: 1, source: test, grade: D}]
"""
MORE = "extends: base.yaml\nname: more\npolicies: [{kind: mediators, starts: 2018-02-01, fte: 2}]\n"
RUN = ["run", "base.yaml", "more.yaml", "-n", "2", "-j", "1"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with two scenarios and their results."""
    folder = tmp_path_factory.mktemp("environment")
    (folder / "base.yaml").write_text(BASE)
    (folder / "more.yaml").write_text(MORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main([*RUN, "--no-figure", "--no-report", "-o", "out"]) == 0
    return folder


def printed(monkeypatch, command, encoding):
    """What a command prints into a file of this encoding."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    assert main(command) == 0
    sys.stdout.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_no_encoding_makes_printing_fail(finished, monkeypatch, encoding):
    monkeypatch.chdir(finished)
    table = printed(monkeypatch, ["compare", "out"], encoding)
    assert "?" not in table
    assert "difference from base" in table
    assert "kind" in printed(monkeypatch, ["policies"], encoding)
    french = printed(monkeypatch, ["explain", "more.yaml", "--lang", "fr"], encoding)
    assert ("médiat" if encoding != "ascii" else "mediat") in french


def test_signs_that_an_encoding_lacks_have_a_plain_form(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["explain", "nø−où→.yaml"]) == 2
    sys.stderr.flush()
    assert b"n?-ou->.yaml" in raw.getvalue()


@pytest.mark.parametrize(
    ("command", "files"),
    [(RUN, {"comparison.csv", "share.png", "report.html"}), (["costs", "out"], {"costs.csv", "costs.png"})],
    ids=["run", "costs"],
)
def test_a_closed_pipe_loses_no_file(finished, monkeypatch, command, files):
    monkeypatch.chdir(finished)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main([*command, *(["-o", "out"] if command is RUN else [])]) == 141
    assert files <= {path.name for path in Path("out").iterdir()}


def test_a_closed_pipe_for_messages(finished, monkeypatch):
    monkeypatch.chdir(finished)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stderr", pipe)
        assert main([*RUN, "-o", "out"]) == 0
        assert main(["validate", "none.yaml"]) == 2


def test_a_standard_output_that_is_closed(finished, monkeypatch):
    monkeypatch.chdir(finished)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["compare", "out"]) == 0
    assert main(["compare", "out", "--csv"]) == 0


def test_an_error_output_that_is_closed(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    monkeypatch.setattr(sys, "stderr", None)
    assert main([*RUN, "-o", "out"]) == 0
    assert main(["validate", "none.yaml"]) == 2
    assert "none.yaml" not in capsys.readouterr().out  # where print would put it
    sys.stderr.close()


@pytest.mark.parametrize("closed", [(0,), (2,), (0, 1, 2)])
def test_no_file_takes_the_number_of_a_closed_stream(closed):
    code = f"""import os
for number in {closed}: os.close(number)
from ess_sim.faces.cli.parts.terminal import open_closed_streams
open_closed_streams()
os._exit(os.open(os.devnull, os.O_RDONLY) < 3)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
def test_outputs_that_are_full(finished, monkeypatch, capfd):
    monkeypatch.chdir(finished)
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        assert main([*RUN, "-o", "out"]) == 1
    assert "error: what is printed cannot be written (No space left on device)" in capfd.readouterr().err
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", full)
        assert main([*RUN, "-o", "out"]) == 0


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 1), (errno.EACCES, 2)], ids=["full", "closed"])
def test_a_full_disk_is_no_fault_of_the_input(finished, tmp_path, monkeypatch, capsys, number, code):
    monkeypatch.chdir(finished)
    for shard in ("1/2", "2/2"):
        assert main([*RUN, "--shard", shard, "-o", "shards"]) == 0

    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("ess_sim.atomic.os.fsync", full)
    for command in (
        ["merge", *map(str, sorted(Path("shards").iterdir())), "-o", str(tmp_path / "whole")],
        ["report", "out", "-o", str(tmp_path / "page.html")],
        ["zones", "out", "--csv", str(tmp_path / "zones.csv")],
        ["costs", "out", "--no-figure"],
        ["elicit", "new", "base.yaml", "--out", str(tmp_path / "form")],
        [*RUN, "-o", str(tmp_path / "another")],
    ):
        capsys.readouterr()
        assert main(command) == code
        assert f"cannot be written ({os.strerror(number)})" in capsys.readouterr().err.splitlines()[-1]


def test_a_working_directory_that_is_gone(finished, tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["validate", str(finished / "base.yaml")]) == 2
    assert capsys.readouterr().err == "error: the current folder no longer exists: change to another one\n"


def test_paths_that_no_file_can_have(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    for command in ([*RUN, "-o", "a" * 300], ["compare", "a" * 300], ["validate", "a" * 300]):
        assert main(command) == 2
        assert "File name too long" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[*RUN, "-o", "out"], ["costs", "out"]])
def test_a_matplotlib_that_cannot_start_costs_the_figure_only(finished, monkeypatch, capsys, command):
    monkeypatch.chdir(finished)
    for name in [
        n for n in sys.modules if n.startswith(("matplotlib", "ess_sim.faces.reports", "ess_sim.faces.figures"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    assert main(command) == 0
    assert "left out: matplotlib cannot start (ValueError: " in capsys.readouterr().out


def test_a_figure_is_the_same_under_any_matplotlibrc(finished, tmp_path):
    results = ess_sim.Results.read(finished / "out")
    plain = ess_sim.plot_share(results, tmp_path / "plain.png").read_bytes()
    with mpl.rc_context({"text.usetex": True, "font.size": 20, "axes.facecolor": "red"}):
        assert ess_sim.plot_share(results, tmp_path / "other.png").read_bytes() == plain


def test_progress_says_each_step_once_and_every_failure(capsys):
    with progress() as say:
        say(0, 3, "looking for finished runs")
        for k in range(40):
            say(0, 3, f"compiling the kernel: function {k} of 40")
        say(0, 3, "running")
        say(1, 3, "a failed: broken")
        say(2, 3, "b")
        say(3, 3, "c")
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == [
        *("looking for finished runs", "function 0 of 40", "running", "broken", "c")
    ]
