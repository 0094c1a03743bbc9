"""Scenario files, results and report of what the explorer shows, made by ``ess-sim run`` as by hand.

What is asked for is made to the end, whether or not a page waits for it; what is stopped or fails leaves nothing.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ess_sim.errors import ResultsError
from ess_sim.faces.words.glossary import Language
from ess_sim.inputs.scenario.files import scenario_text, write_scenario
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["Export", "Exports", "texts"]


_OPTIONS = ("--no-figure",)
"""Of ``ess-sim run``: the report has its own pictures."""

_BOUND = "ess_sim.faces.cli.bound"
_REPORT = "report.html"
_MOST_FOLDERS, _MOST_SHOWN = 1_000, 20
_PROGRESS = re.compile(r"(?:\[ *\d+ s\] )?(\d+)/(\d+)\b")
"""What a line of ``ess-sim run`` begins with: runs that are there, of so many."""


def texts(scenarios: Sequence[Scenario], folder: Path | str = "ess-sim-explorer") -> dict[str, str]:
    """Scenario files by their names, as `write_scenario` writes them into a folder.

    By default one in which there is no CSV file of a territory, so that paths of these are absolute.
    """
    return {f"{scenario.name}.yaml": scenario_text(scenario, folder) for scenario in scenarios}


def _in(lang: Language) -> list[str]:
    """The option of ``ess-sim run`` and ``ess-sim report`` that names a language."""
    return [] if lang == "en" else ["--lang", lang]


@dataclass
class Export:
    """A folder that is being filled, or was.

    Attributes
    ----------
    key : str
        By which the page that asked for it knows it.
    folder : Path
    lang : str
        Language in which its report opens.
    command : str
        What makes the same again.
    state : str
    runs : tuple of int
        Those that are there, of so many.
    why : str
        The last line of the error, if it has failed.
    """

    key: str
    folder: Path
    lang: Language
    command: str
    state: Literal["running", "written", "stopped", "failed"] = "running"
    runs: tuple[int, int] = (0, 0)
    why: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def said(self) -> dict[str, Any]:
        """What pages show of it: ``report`` (a path) where the run wrote one, else ``how`` to make it."""
        results = self.folder / "results"
        report = results / _REPORT
        how = shlex.join(["ess-sim", "report", str(results), *_in(self.lang)])
        made = {"report": str(report)} if report.is_file() else {"how": how}
        shown = {"key": self.key, "state": self.state, "folder": str(self.folder), "why": self.why}
        return {**shown, "command": self.command, "done": self.runs[0], "of": self.runs[1], **made}


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
        self._made: OrderedDict[str, Export] = OrderedDict()
        self._threads: list[threading.Thread] = []

    def close(self) -> list[Path]:
        """Stops what is being made; the folders that are therefore not there."""
        stopped = [export.folder for export in self._all() if self.stop(export.key)]
        for thread in self._threads:
            thread.join()
        return stopped

    def shown(self) -> list[dict[str, Any]]:
        """What was asked for, the newest first: `Export.said`."""
        return [export.said() for export in reversed(self._all())]

    def stop(self, key: str) -> bool:
        """Stops what is being made; whether it was."""
        with self._lock:
            export = self._made.get(key)
            if export is None or export.state != "running":
                return False
            export.state = "stopped"
            if export.process is not None:
                export.process.kill()
            return True

    def start(
        self,
        key: str,
        stem: str,
        scenarios: Sequence[Scenario],
        seed: int,
        replications: int,
        *,
        lang: Language = "en",
    ) -> Export:
        """Writes the files of scenarios, the first being the baseline, into a new folder, and begins to run them.

        The report opens in the language ``lang``.

        A key that is known starts nothing: a page may ask again when it has not heard the answer.

        Raises
        ------
        ResultsError
            If no folder can be made.
        """
        with self._lock:
            if key in self._made:
                return self._made[key]
            folder = self._new_folder(stem).resolve()
            options = ["--replications", str(replications), "--seed", str(seed), "--out", str(folder / "results")]
            options += _in(lang)
            typed = ["run", *(str(folder / f"{scenario.name}.yaml") for scenario in scenarios), *options]
            export = Export(key, folder, lang, shlex.join(["ess-sim", *typed]), runs=(0, len(scenarios) * replications))
            self._made[key] = export
            done = [old for old, made in self._made.items() if made.state != "running"]
            for old in done[: max(0, len(self._made) - _MOST_SHOWN)]:
                del self._made[old]
            thread = threading.Thread(target=self._make, args=(export, tuple(scenarios), typed))
            self._threads = [*(t for t in self._threads if t.is_alive()), thread]
            thread.start()
        return export

    def _all(self) -> list[Export]:
        with self._lock:
            return list(self._made.values())

    def _make(self, export: Export, scenarios: Sequence[Scenario], typed: list[str]) -> None:
        """Fills a folder, or takes it away again."""
        try:
            for scenario in scenarios:
                write_scenario(scenario, export.folder / f"{scenario.name}.yaml")
            last, failed = self._run(export, typed)
        except Exception as error:  # a full disk, no memory for a process
            last, failed = f"{type(error).__name__}: {error}", True
        with self._lock:
            if export.state == "running":
                export.state, export.why = ("failed", last) if failed else ("written", "")
        if export.state != "written":
            shutil.rmtree(export.folder, ignore_errors=True)

    def _run(self, export: Export, typed: list[str]) -> tuple[str, bool]:
        """Runs ``ess-sim`` to its end; its last line, and whether it has failed."""
        # -P: a file of the folder that it is started in is never taken for a module
        # bound: it ends with this process, also when this is killed, as nothing else has the other end of its input
        command = [sys.executable, "-P", "-m", _BOUND, *typed, *_OPTIONS, "--jobs", str(self._jobs)]
        end, nowhere, last = subprocess.PIPE, subprocess.DEVNULL, ""
        with self._lock:
            if export.state != "running":
                return "", True
            # a session of its own: Ctrl-C in the terminal is the explorer's business, and so is what becomes of this
            process = export.process = subprocess.Popen(
                command, stdin=end, stdout=nowhere, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        with process:
            assert process.stderr is not None
            for line in filter(None, map(str.strip, process.stderr)):
                last = line
                if found := _PROGRESS.match(line):
                    export.runs = int(found[1]), int(found[2])
        return last or f"exit code {process.returncode}", process.returncode != 0

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
