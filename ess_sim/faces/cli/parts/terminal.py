"""What every command needs of a terminal: messages on the standard error, checks of choices, a progress bar."""

from __future__ import annotations

import codecs
import io
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar

import typer

from ess_sim.errors import ArgumentError, EssSimError, ResultsError, ScenarioError, did_you_mean, printable

__all__ = [
    "AllowCode",
    "Callback",
    "Faults",
    "check_choice",
    "complain",
    "draws_option",
    "open_closed_streams",
    "prepare_workers",
    "print_whatever_the_encoding",
    "progress",
    "silence",
]


AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code", help="Import policies of your own, kind: module:Class, from the file's folder: runs their code."
    ),
]
"""The option of every command that reads scenario files."""


def draws_option(of: str) -> Any:
    """The option of every command that takes draws of the parameters; ``of``: what they are to it."""
    shown = "how many; or those of a calibration: its folder, a CSV file, or national, which comes with the package."
    return typer.Option("--draws", "-d", help=f"{of}: {shown}")


def prepare_workers(jobs: int | None, engine: str | None = None) -> None:
    """Begins what worker processes need before their first run: they are ready when the command comes to it."""
    from ess_sim.experiments.engines.compute import get_ready
    from ess_sim.experiments.engines.engine import Engine

    with suppress(ArgumentError):  # which the command will refuse
        get_ready(Engine(engine or "processes", jobs))


T = TypeVar("T")
Callback = Callable[[int, int, str], None]
"""Takes the number of runs done, the number wanted, and a few words on the current step."""


_PLAIN = {
    "−": "-",
    "–": "-",
    "—": "-",
    "’": "'",
    "…": "...",
    "×": "x",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "±": "+/-",
    "€": "EUR",
}
_PLAIN |= {"œ": "oe", "Œ": "OE", "\u00a0": " ", "\u202f": " ", "\u2011": "-"}


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """Stands in for characters that an encoding lacks: like ones, letters without accents, at last a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    like = (_PLAIN.get(c) or unicodedata.normalize("NFKD", c) for c in error.object[error.start : error.end])
    return "".join(c.encode("ascii", "ignore").decode() or "?" for c in like), error.end


def open_closed_streams() -> None:
    """Stands in for streams that the caller has closed: else the first file opened would take their number.

    Messages of libraries would then be written into that file, and ours to the standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process


def print_whatever_the_encoding() -> None:
    """From now on no character makes printing fail, in a terminal or file of whatever encoding."""
    codecs.register_error("ess_sim.plain", _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="ess_sim.plain")


def complain(text: str) -> None:
    """Write lines to the standard error, if it is still read, with escapes for what would act on the terminal."""
    try:
        print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)
    except OSError:  # a closed pipe, a full disk: there is no other place to say it
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Throw away what is still in a closed pipe's buffer: it would raise again when the interpreter flushes it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Faults:
    """Collects what is wrong with options, so that all of it is said at once: ``with faults:`` around each check."""

    def __init__(self) -> None:
        self._found: list[EssSimError] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, EssSimError) or not isinstance(error, ValueError):
            return False
        self._found.append(error)
        return True

    def end(self) -> None:
        """Raise one error with all faults, if there are any: with their places, if all of them are those of files."""
        problems = [problem for error in self._found if isinstance(error, ScenarioError) for problem in error.problems]
        if all(isinstance(error, ScenarioError) for error in self._found) and any(p.line for p in problems):
            raise ScenarioError(problems)
        if self._found:
            raise ResultsError("\n".join(dict.fromkeys(map(str, self._found))))

    def ended(self, found: T | None) -> T:
        """As `end`; what was found by checks that all went well."""
        self.end()
        assert found is not None
        return found


def check_choice(option: str, given: str | None, known: Sequence[str]) -> None:
    """Refuse an option's value that is not among the known ones."""
    if given is not None and given not in known:
        raise ResultsError(f"{option} {given}{did_you_mean(given, known)}: choose among {', '.join(known)}")


@contextmanager
def progress() -> Iterator[Callback]:
    """A bar with rate, time left and precision so far on a terminal; elsewhere a line every ten seconds.

    Yields
    ------
    callable
        For ``progress=`` of `run_experiment` and `calibrate`. It writes to the standard error.

    Examples
    --------
    >>> with progress() as say:
    ...     say(20, 20, "done")
    """
    began = time.monotonic()
    at_first: list[tuple[float, int]] = []  # when the first run ended, and how many were there before

    def pace(done: int, total: int, what: str) -> str:
        now = time.monotonic()
        if not at_first:
            if what == "running":
                at_first.append((now, done))
            return ""
        then, there = at_first[0]
        if done == there or now == then:
            return ""
        rate = (done - there) / (now - then)
        left = (total - done) / rate
        return f"{rate:.1f}/s, {int(left) // 60}:{int(left) % 60:02d} left"

    if not sys.stderr.isatty():
        at, step = -1.0, ""  # of the last line

        def lines(done: int, total: int, what: str) -> None:
            nonlocal at, step
            now, this = time.monotonic() - began, what.partition(":")[0]
            speed = pace(done, total, what)
            if (done in (0, total) and this != step) or " failed: " in what or now - at > 10:
                at, step = now, this
                complain(f"[{now:5.0f} s] {done}/{total}{f', {speed}' if speed else ''}: {what}")

        yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[speed]}"))
    with Progress(*columns, TextColumn("{task.fields[what]}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, what="", speed="")

        def update(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, what=what, speed=pace(done, total, what))
            if " failed: " in what:
                bar.console.print(what, markup=False, highlight=False)

        yield update
