"""What every command needs of a terminal: messages on the standard error, checks of choices, a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ess_sim.errors import ResultsError, did_you_mean, printable

__all__ = ["Callback", "check_choice", "complain", "progress"]


Callback = Callable[[int, int, str], None]
"""Takes the number of runs done, the number wanted, and a few words on the current step."""


def complain(text: str) -> None:
    """Write one or more lines to the standard error, with escapes for what would act on the terminal."""
    print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)


def check_choice(option: str, given: str | None, known: Sequence[str]) -> None:
    """Refuse an option's value that is not among the known ones."""
    if given is not None and given not in known:
        raise ResultsError(f"{option} {given}{did_you_mean(given, known)}: choose among {', '.join(known)}")


@contextmanager
def progress() -> Iterator[Callback]:
    """A bar with rate, time left and precision so far on a terminal; elsewhere a line every ten seconds."""
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
        said = [-1.0]

        def lines(done: int, total: int, what: str) -> None:
            now = time.monotonic() - began
            speed = pace(done, total, what)
            if done in (0, total) or " failed: " in what or now - said[0] > 10:
                said[0] = now
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
