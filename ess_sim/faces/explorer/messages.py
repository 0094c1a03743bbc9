"""What is wrong, so that the page can say it in its own language: a phrase with its values, or a text to quote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

from ess_sim.errors import EssSimError, Problem, ScenarioError
from ess_sim.faces.words.glossary import phrases
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.words import Words
from ess_sim.model.run.limits import limits

__all__ = ["RefusedError", "fault", "faults_of", "limits_of", "noting", "placed", "refuse"]

_WRONG = 422
"""Status of what the user has to correct."""

_PREFIX = "fault_"
"""Of the phrases of ``data/words/explorer.toml`` that are messages; the English ones are those of the checks."""

_HINT = re.compile(r" \((did you mean|i\.e\.) .*\)$|: (give a value|write |a share lies|in parts of 1).*$")
"""What a message adds for who writes files by hand, which the page has no use for."""


class RefusedError(Exception):
    """A request that cannot be answered: its status, and what is wrong, as of `fault`."""

    def __init__(self, status: int, problems: list[dict[str, Any]]) -> None:
        super().__init__(status)
        self.status, self.problems = status, problems


def fault(key: str, *values: Any, where: str = "") -> dict[str, Any]:
    """One thing that is wrong, in a phrase of the page.

    Parameters
    ----------
    key : str
        Of the phrase, without its prefix.
    *values : str or number
        For its ``{}``.
    where : str
        Path of the field.

    Examples
    --------
    >>> fault("whole_range", 1, 60, 61, where="years")
    {'where': 'years', 'what': 'must be a whole number from 1 to 60, not 61', 'say': ['fault_whole_range', 1, 60, 61]}
    """
    words = _phrase(f"fault_{key}")
    return {"where": where, "what": words.en.format(*values), "say": [_PREFIX + key, *values]}


def _phrase(key: str) -> Words:
    return phrases("explorer")[key]


@contextmanager
def noting(problems: list[dict[str, Any]], **more: Any) -> Iterator[None]:
    """Notes what is wrong in the block, with ``more`` of each, so that all of it is said at once."""
    try:
        yield
    except EssSimError as error:
        problems += [more | problem for problem in faults_of(error)]
    except RefusedError as error:
        if error.status != _WRONG:
            raise
        problems += [more | problem for problem in error.problems]


def refuse(status: int, key: str, *values: Any, where: str = "") -> NoReturn:
    """Refuses a request for one thing that is wrong: see `fault`."""
    raise RefusedError(status, [fault(key, *values, where=where)])


@cache
def _known() -> list[tuple[str, re.Pattern[str]]]:
    """Messages of checks, those with the longest text first, as a shorter one may fit the same line."""
    found = {key: words.en for key, words in phrases("explorer").items() if key.startswith(_PREFIX)}
    order = sorted(found, key=lambda key: -len(found[key]))
    return [(key, re.compile(re.escape(found[key]).replace(r"\{\}", "(.*)"))) for key in order]


def placed(problem: Problem) -> dict[str, Any]:
    """A problem of a scenario; with ``say`` where the page has a phrase for it.

    Examples
    --------
    >>> placed(Problem("", 0, 0, "policies[0].closes", "2020-01-01 is not after the beginning, 2024-01-01"))["say"]
    ['fault_after_beginning', '2020-01-01', '2024-01-01']
    >>> "say" in placed(Problem("", 0, 0, "", "what no phrase is for"))
    False
    """
    found = {"where": problem.where, "what": problem.what}
    bare = _HINT.sub("", problem.what)
    for key, pattern in _known():
        if match := pattern.fullmatch(bare):
            return {**found, "say": [key, *match.groups()]}
    return found


def faults_of(error: EssSimError) -> list[dict[str, Any]]:
    """All that an error says."""
    if isinstance(error, ScenarioError):
        return [placed(problem) for problem in error.problems]
    lines: Iterable[str] = str(error).splitlines()
    return [placed(Problem("", 0, 0, "", line)) for line in lines]


def limits_of(scenario: Scenario) -> list[dict[str, str]]:
    """What cannot be in any run, as ``ess-sim validate`` says it: ``where``, and a line in both languages."""
    found = limits(scenario)
    return [{"where": problem_at(NOWHERE, x.at, "").where, "en": x.words.en, "fr": x.words.fr} for x in found]
