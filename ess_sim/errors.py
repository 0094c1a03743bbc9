"""Every error that ess_sim raises deliberately.

There is one root and one subclass per subsystem; each is also a subclass of the builtin error that a caller would
expect, so that ``except ValueError`` keeps working.
"""

from __future__ import annotations

import difflib
import operator
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
    "shortened",
    "whole_number",
]


class EssSimError(Exception):
    """Root of all errors that ess_sim raises deliberately."""


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

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return f"{place}{self.where + ': ' if self.where else ''}{self.what}"


class ScenarioError(EssSimError, ValueError):
    """A scenario cannot be read. ``problems`` lists everything that is wrong, in file order."""

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("", 0, 0, "", problems)]
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ArgumentError(EssSimError, ValueError, TypeError):
    """A function was called with something that it does not take: each line names function, argument and remedy."""


class TerritoryError(EssSimError, ValueError):
    """A territory cannot be built: unknown code, empty selection, faulty CSV."""


class ParameterError(EssSimError, ValueError):
    """An unknown parameter, or a value out of its range."""


class ResultsError(EssSimError, ValueError):
    """Results that cannot be read, written or compared."""


class EngineError(EssSimError, RuntimeError):
    """The chosen engine cannot compute runs: a scheduler that does not answer, a broken executor."""


class ConservationError(EssSimError, RuntimeError):
    """The numbers of residents do not add up: an error in ess_sim, never in its input."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known name, or an empty string.

    >>> did_you_mean("horizon_year", ["start", "horizon_years"])
    " (did you mean 'horizon_years'?)"
    """
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def shortened(text: str, most: int = 60) -> str:
    """A user's text as messages show it: printable, on one line, and truncated if long."""
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= most else text[: most - 1] + "…"


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
