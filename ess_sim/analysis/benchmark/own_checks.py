"""Faults of one's own policies where they are to be placed: found before a run, and said at their places in files."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ess_sim.analysis.benchmark.doses import Remedy
from ess_sim.analysis.benchmark.own import FromFile
from ess_sim.errors import EssSimError, Problem, ScenarioError
from ess_sim.inputs.documents.nodes import Mark, mark_of, problem_at
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.base import Policy, Site
from ess_sim.model.policies.own_code import is_own
from ess_sim.model.run.checks import problems

__all__ = ["check_own"]


def check_own(remedies: Iterable[Remedy], places: Iterable[tuple[Scenario, Site]]) -> None:
    """Refuses policies of the user's own that are wrong at one of some places.

    That a class finds no place somewhere is no fault (a `ScenarioError` without a field, raised in ``standard``).

    Parameters
    ----------
    remedies : iterable of Remedy
        Those of the package are not looked at.
    places : iterable of (Scenario, Site)
        Baselines without faults, and where in them a policy is to be placed.

    Raises
    ------
    ScenarioError
        With all that is wrong with all of them; of what is wrong at several places, at the first.
    """
    own = [remedy for remedy in remedies if isinstance(remedy, FromFile) or is_own(_class_of(remedy))]
    found: dict[tuple[str, int, int, str], list[Problem]] = {}
    for baseline, site in places if own else ():
        here: dict[tuple[str, int, int, str], list[Problem]] = {}
        for problem in (problem for one in own for problem in _problems(one, baseline, site)):
            here.setdefault((problem.file, problem.line, problem.column, problem.where), []).append(problem)
        found = here | found  # what a blank is filled with differs from place to place: one of them will do
    if found:
        raise ScenarioError(problem for same in found.values() for problem in same)


def _class_of(remedy: Remedy) -> type:
    return remedy if isinstance(remedy, type) else type(remedy)


def _problems(remedy: Remedy, baseline: Scenario, site: Site) -> Iterator[Problem]:
    if isinstance(remedy, FromFile):
        try:
            policies = remedy.standard(site)
        except ScenarioError as error:
            yield from error.problems
            return
        tree = remedy.filled(site)
        for at, what in _of_policies(baseline, policies):
            yield problem_at(mark_of(tree, at), at, what)
        return
    cls, mark = _class_of(remedy), _mark_of(_class_of(remedy))
    try:
        made = remedy.standard(site)
    except ScenarioError as error:
        yield from (
            problem_at(mark, (f"{cls.__name__}.standard", *filter(None, [problem.where])), problem.what)
            for problem in error.problems
            if problem.where or not _has_dose(cls)
        )
        return
    except Exception as error:  # whatever a user's code raises
        yield problem_at(mark, (f"{cls.__name__}.standard",), f"{type(error).__name__}: {error}")
        return
    policies = made if isinstance(made, tuple) else (made,)
    if not policies or not all(isinstance(policy, Policy) for policy in policies):
        yield problem_at(mark, (f"{cls.__name__}.standard",), f"gives a policy, or a tuple of them, not {made!r}")
        return
    for at, what in _of_policies(baseline, policies):
        yield problem_at(mark, (cls.__name__, *at[2:]), what)


def _of_policies(baseline: Scenario, policies: tuple[Policy, ...]) -> Iterator[tuple[Location, str]]:
    """What is wrong with policies beside those of the baseline: where, counted from the first of them, and what."""
    before = len(baseline.policies)
    try:
        found = problems(baseline.with_(policies=[*baseline.policies, *policies]))
    except EssSimError as error:
        yield from ((("policies",), line) for line in str(error).splitlines())
        return
    for at, what in found:
        match at:
            case ("policies", int(i), *rest) if i >= before:
                yield ("policies", i - before, *rest), what
            case _:
                yield ("policies",), what


def _has_dose(cls: type) -> bool:
    standard = getattr(cls, "standard", None)
    return getattr(standard, "__func__", standard) is not Policy.standard.__func__  # type: ignore[attr-defined]


def _mark_of(cls: type) -> Mark:
    """Where a class stands, as far as that is known."""
    try:
        file, line = inspect.getsourcefile(cls) or "", inspect.findsource(cls)[1] + 1
    except (OSError, TypeError):
        return Mark("", 0, 0)
    here = Path(file)
    return Mark(os.path.relpath(here) if here.is_relative_to(Path.cwd()) else file, line, 1)
