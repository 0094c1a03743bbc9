"""Nothing in the package needs a system like Linux."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from commands import BASE
from test_architecture import SOURCES, TREES, imports
from work import PATIENCE

from ess_sim import Scenario, ScenarioError, run_experiment
from ess_sim.errors import ArgumentError
from ess_sim.faces.cli import app

POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
NOT_ON_WINDOWS = {
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "WNOHANG", "chown", "fchmod", "fork"),
    *("forkpty", "geteuid", "getgid", "getpgid", "getuid", "killpg", "mkfifo", "nice", "setsid", "statvfs", "sysconf"),
    *("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "alarm", "pthread_kill"),
}
GUARDED = {
    ("experiments.estimate", "sysconf"),
    *(("experiments.engines.forking", name) for name in ("fork", "SIGCHLD", "SIGKILL", "WNOHANG")),
}
"""Used where the platform has been asked."""

WITHOUT = f"""
import builtins, sys
usual = builtins.__import__
def hidden(name, globals=None, *rest, **named):
    if name.split(".")[0] in {sorted(POSIX_ONLY)} and (globals or {{}}).get("__name__", "").startswith("ess_sim"):
        raise ModuleNotFoundError(f"No module named {{name!r}}")
    return usual(name, globals, *rest, **named)
builtins.__import__ = hidden
from ess_sim.faces.cli.app import main
sys.exit(main(sys.argv[1:]))
"""


def test_no_module_or_name_of_posix_only() -> None:
    assert {(name, i) for name in SOURCES for i in imports(name) if i.split(".")[0] in POSIX_ONLY} == set()
    used = [
        (name, node.attr)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("os", "signal")
    ]
    assert ("experiments.engines.processes", "SIGINT") in used
    assert {(name, attribute) for name, attribute in used if attribute in NOT_ON_WINDOWS} == GUARDED


def test_a_scenario_runs_without_them(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(BASE, encoding="utf-8")
    command = ["run", "small.yaml", "-n", "1", "-j", "1", "--no-figure", "--no-report", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "manifest.json").exists()


def test_names_that_no_folder_has_everywhere() -> None:
    def named(name: str) -> Scenario:
        return Scenario(name=name, start="2020-01-01", horizon_years=1, territory={"communes": ["53034"]})

    for name in ("con", "NUL", "aux.2", "com1", "laval."):
        with pytest.raises(ScenarioError, match="on Windows, and results have one of this name"):
            named(name)
    assert [named(name).name for name in ("console", "com", "laval.con")] == ["console", "com", "laval.con"]
    with pytest.raises(ArgumentError, match="'Laval' and 'laval' differ by capitals only"):
        run_experiment([named("Laval"), named("laval")], replications=1)


def test_a_closed_pipe_in_the_words_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(app, "silence", lambda _: None)
    monkeypatch.setattr("builtins.print", closed)
    monkeypatch.setattr(app, "WINDOWS", True)
    assert app.main(["--version"]) == app.BROKEN_PIPE
    monkeypatch.setattr(app, "complain", lambda _: None)
    monkeypatch.setattr(app, "WINDOWS", False)
    assert app.main(["--version"]) == app.FAILED
