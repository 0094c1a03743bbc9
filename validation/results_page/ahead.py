"""One progress over parts of different lengths, in simulated years, so that the time left is that of the whole."""

from __future__ import annotations

from ess_sim.experiments.experiment import Progress


class Ahead:
    """Parts one after the other, each of so many runs of so many years.

    Parameters
    ----------
    say : callable
        Called with years done, years in all, and what is being done.
    parts : dict of str to int
        Simulated years of each part, in order; more than are needed where that is not known.
    """

    def __init__(self, say: Progress, parts: dict[str, int]) -> None:
        self._say, self._parts = say, parts
        self._total = sum(parts.values())

    def of(self, part: str, years: int) -> Progress:
        """The callback of a part whose runs last so many years; it may make several sets of runs."""
        names = list(self._parts)
        before = sum(self._parts[name] for name in names[: names.index(part)])
        number = f"{names.index(part) + 1} of {len(names)}, {part}"
        finished, last = 0, 0

        def say(done: int, total: int, what: str) -> None:  # noqa: ARG001 (the total of one set of runs)
            nonlocal finished, last
            finished += done - last if done >= last else done
            last = done
            now = before + min(finished * years, self._parts[part])
            # the progress takes its pace from the first "running"
            self._say(now, self._total, what if what == "running" else f"{number}: {what}")

        return say

    def end(self) -> None:
        """All parts are done."""
        self._say(self._total, self._total, "writing the page")
