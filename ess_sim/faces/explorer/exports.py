"""Scenario files, results and report of what the explorer shows, made by ``ess-sim run`` as by hand."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.files import scenario_text, write_scenario
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["Exports", "texts"]


_REPORT = "report.html"
_MOST_FOLDERS = 1_000


def texts(scenarios: Sequence[Scenario], folder: Path | str = "ess-sim-explorer") -> dict[str, str]:
    """Scenario files by their names, as `write_scenario` writes them into a folder.

    By default one in which there is no CSV file of a territory, so that paths of these are absolute.
    """
    return {f"{scenario.name}.yaml": scenario_text(scenario, folder) for scenario in scenarios}


class Exports:
    """Folders that the explorer fills.

    Parameters
    ----------
    out : Path
        Folder for them, made with the first one.
    jobs : int
        Worker processes of each.
    """

    def __init__(self, out: Path, jobs: int) -> None:
        self._out, self._jobs = out, jobs
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()

    def close(self) -> None:
        """Stops what is being made."""
        with self._lock:
            for process in self._running:
                process.kill()

    def run(
        self, stem: str, scenarios: Sequence[Scenario], seed: int, replications: int
    ) -> Generator[dict[str, Any], None, None]:
        """Writes the files of scenarios, the first being the baseline, into a new folder and runs them.

        Returns
        -------
        iterator of dict
            ``line`` of progress; at last ``folder``, ``command`` (what would make the same again), and ``report`` (a
            path) where the run wrote one, else ``how`` to make it; or ``failed``, the last line of the error.

        Raises
        ------
        ResultsError
            If no folder can be made.
        """
        folder = self._new_folder(stem)
        files = []
        for scenario in scenarios:
            files.append(folder / f"{scenario.name}.yaml")
            write_scenario(scenario, files[-1])
        results = folder / "results"
        options = ["--replications", str(replications), "--seed", str(seed), "--out", str(results)]
        typed = ["run", *map(str, files), *options]
        # -P: a file of the folder that it is started in is never taken for a module
        command = [sys.executable, "-P", "-m", "ess_sim", *typed, "--no-figure", "--jobs", str(self._jobs)]
        return self._progress(command, folder, results, shlex.join(["ess-sim", *typed]))

    def _progress(
        self, command: list[str], folder: Path, results: Path, typed: str
    ) -> Generator[dict[str, Any], None, None]:
        """Runs a command, and says how far it is."""
        last: deque[str] = deque(maxlen=1)
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as process:
            with self._lock:
                self._running.add(process)
            try:
                assert process.stderr is not None
                for line in process.stderr:
                    if line.strip():
                        last.append(line.strip())
                        yield {"line": line.strip()}
            finally:
                with self._lock:
                    self._running.discard(process)
                if process.poll() is None:
                    process.kill() if sys.exc_info()[0] else process.wait()
        if process.returncode:
            yield {"failed": last[-1] if last else f"exit code {process.returncode}"}
            return
        report = results / _REPORT
        made = {"report": str(report.resolve())} if report.is_file() else {"how": f"ess-sim report {_quoted(results)}"}
        yield {"folder": str(folder.resolve()), "command": typed, **made}

    def _new_folder(self, stem: str) -> Path:
        """One of its own, numbered from the second on."""
        for number in range(1, _MOST_FOLDERS):
            folder = self._out / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise ResultsError(f"{folder}: cannot be made ({error.strerror})") from None
            return folder
        raise ResultsError(f"{self._out}: holds too many folders already")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
