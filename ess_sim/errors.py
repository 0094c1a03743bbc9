"""Every error that ess_sim raises deliberately.

There is one root and one subclass per subsystem; each is also a subclass of the builtin error that a caller would
expect, so that ``except ValueError`` keeps working.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ArgumentError",
    "ConservationError",
    "EngineError",
    "EssSimError",
    "ParameterError",
    "Problem",
    "ResultsError",
    "ScenarioError",
    "TerritoryError",
    "did_you_mean",
    "printable",
    "shortened",
    "whole_number",
]


_LONGEST = 2_500
"""Most characters of a line of a message: what a file holds may be quoted in it."""


class EssSimError(Exception):
    """Root of all errors that ess_sim raises deliberately. Each line of its message can be shown on any terminal."""

    def __init__(self, message: object = "") -> None:
        super().__init__("\n".join(printable(line, _LONGEST) for line in str(message).split("\n")))


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with the input, and where it is.

    Attributes
    ----------
    file : str
        Path of the file that contains the faulty value ('' if there is none).
    line, column : int
        Position in that file, from 1 (0: the file as a whole).
    where : str
        Dotted path of the value, e.g. ``policies[0].zone``.
    what : str
        What is wrong, and what would be right.
    """

    file: str
    line: int
    column: int
    where: str
    what: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", printable(self.where, _LONGEST // 5))
        object.__setattr__(self, "what", printable(self.what, _LONGEST * 14 // 25))

    def __str__(self) -> str:
        file = printable(self.file)
        if len(file) > _LONGEST // 5:  # the end of a path says most
            file = f"…{file[1 - _LONGEST // 5 :]}"
        place = f"{file}:{self.line}:{self.column}: " if file and self.line else f"{file}: " if file else ""
        return f"{place}{self.where + ': ' if self.where else ''}{self.what}"


def _file_order(problem: Problem) -> tuple[object, ...]:
    """By place; within a place by the numbers in the text, e.g. the lines of another file (2 before 10)."""
    parts = re.split("([0-9]+)", problem.what)
    numbers = [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)]
    return problem.file, problem.line, problem.column, problem.where, numbers, problem.what


class ScenarioError(EssSimError, ValueError):
    """A scenario cannot be read. ``problems`` lists everything that is wrong, in file order."""

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("", 0, 0, "", problems)]
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=_file_order))
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ArgumentError(EssSimError, ValueError, TypeError):
    """A function was called with something that it does not take: each line names function, argument and remedy."""


class TerritoryError(EssSimError, ValueError):
    """A territory cannot be built: unknown code, empty selection, faulty CSV.

    ``at``: where below a scenario's ``territory`` each line of the message belongs, as far as that is known.
    """

    def __init__(self, message: object = "", at: Iterable[tuple[str | int, ...]] = ()) -> None:
        super().__init__(message)
        self.at = tuple(at)

    def placed(self, otherwise: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
        """Each line of the message and where it belongs, below ``territory``; ``otherwise`` where nothing says so."""
        return [
            (("territory", *(self.at[i] if i < len(self.at) else otherwise)), line)
            for i, line in enumerate(str(self).splitlines())
        ]


class ParameterError(EssSimError, ValueError):
    """An unknown parameter, or a value out of its range."""


class ResultsError(EssSimError, ValueError):
    """Results that cannot be read, written or compared."""


class NotKeptError(ResultsError):
    """A table, or records of it, that a results folder does not keep (``keep``, ``snapshots``)."""


class EngineError(EssSimError, RuntimeError):
    """The chosen engine cannot compute runs: a scheduler that does not answer, a broken executor."""


class ConservationError(EssSimError, RuntimeError):
    """The numbers of residents do not add up: an error in ess_sim, never in its input."""


_MANY = 1_000
"""Most names that one is compared with."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known name, or an empty string.

    >>> did_you_mean("horizon_year", ["start", "horizon_years"])
    " (did you mean 'horizon_years'?)"
    """
    wanted, choice = str(name)[:200], list(known)
    if len(choice) > _MANY:  # each comparison takes its time
        choice = [other for other in choice if other[:2] == wanted[:2]][:_MANY]
    near = difflib.get_close_matches(wanted, choice, n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def printable(text: str, most: int | None = None) -> str:
    r"""A text on one line, harmless to a terminal: escapes stand for what is not to be seen; truncated to ``most``.

    >>> printable("Laval\x1b[31m, Changé\u202e")
    'Laval\\x1b[31m, Changé\\u202e'
    """
    longer = most is not None and len(text) > most
    text = text[:most]  # escapes of the rest would be for nothing
    if not text.isprintable():
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    if most is not None and (longer or len(text) > most):
        return text[: most - 1] + "…"
    return text


def shortened(text: str, most: int = 60) -> str:
    """A user's text as messages quote it: printable, on one line, and truncated if long."""
    return printable(text, most)


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """``value`` as a Python int, if it is a whole number (also one of numpy's) from ``least`` to ``most``.

    1.0 and True are refused: as text, which the keys of random streams are, they differ from 1.

    >>> whole_number("seed", 3, 0)
    3
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is not None and most is not None and number > most:
        raise ArgumentError(f"{name} must be at most {most:,}, not {shortened(repr(number))}")
    if number is None or number < least:
        raise ArgumentError(f"{name} must be a whole number ≥ {least}, not {shortened(repr(value))}")
    return number
