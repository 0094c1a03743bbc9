"""What a scenario knows of policies: opaque frozen models. Which kinds there are, the model says as it is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ess_sim.clock import Calendar
from ess_sim.errors import Problem, ScenarioError, did_you_mean, shortened
from ess_sim.inputs.documents.nodes import (
    NOWHERE,
    ListNode,
    Location,
    MappingNode,
    Node,
    ScalarNode,
    described,
    is_refused,
    mark_of,
    problem_at,
)
from ess_sim.inputs.documents.validate import validated
from ess_sim.inputs.scenario.frozen import Frozen, fields_in_depth, json_text

__all__ = [
    "Kinds",
    "PolicyModel",
    "PolicyReader",
    "begun",
    "content_of",
    "kinds_in_use",
    "use_beginning",
    "use_kinds",
]


class PolicyModel(Frozen):
    """What a scenario needs to know of a policy: a frozen model with a kind, checks and a first day.

    Behaviour is added by `ess_sim.Policy`.
    """

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced, which is validated as a new policy is.

        Raises
        ------
        ScenarioError
            With everything that is wrong, each ``where: what``.
        """
        if not update:
            return super().model_copy(deep=deep)
        return type(self)(**({name: getattr(self, name) for name in type(self).model_fields} | dict(update)))

    @property
    def centre_name(self) -> str | None:
        """What the centre that it opens is called (a second one of this name is numbered); None: none, or not known."""
        return None

    def first_day(self, calendar: Calendar) -> int:
        """Whole day since the start on which the policy acts for the first time."""
        raise NotImplementedError

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """What is wrong with the policy in this scenario: (location within the block, message)."""
        raise NotImplementedError

    def to_block(self) -> dict[str, Any]:
        """The policy as plain data with its ``kind``."""
        raise NotImplementedError


def content_of(policy: PolicyModel) -> str:
    """All that a policy says, as one text: where it stands among others is no part of it."""
    return json_text(policy.to_block())


@dataclass(frozen=True)
class Kinds:
    """The kinds of policies that there are.

    Attributes
    ----------
    find : callable
        Gives the policy class of a kind; raises `ScenarioError` or `LookupError` where there is none.
    known : collection of str
        Names of kinds, for suggestions.
    own : callable, optional
        Imports the class that a file in a folder calls ``module:Class``: only where the user allows that code is run.
    """

    find: Callable[[str], type[PolicyModel]]
    known: Collection[str]
    own: Callable[[str, str], type[PolicyModel]] | None = None


def _none_known(kind: str) -> type[PolicyModel]:
    raise ScenarioError(
        f"the policy {kind!r} is not loaded: make scenarios with ess_sim.Scenario, or import "
        "ess_sim.model.policies.registry before"
    )


_in_use = Kinds(_none_known, ())


def use_kinds(kinds: Kinds) -> None:
    """From now on, policies that are written as plain data are of these kinds."""
    global _in_use
    _in_use = kinds


def kinds_in_use() -> Kinds:
    """The kinds that `use_kinds` named last."""
    return _in_use


def _no_way_to_begin(*_: Any, **__: Any) -> Any:
    raise ScenarioError("ess_sim.model.beginnings.begin is not loaded: call ess_sim.Scenario.for_territory")


_begin: Callable[..., Any] = _no_way_to_begin


def use_beginning(begin: Callable[..., Any]) -> None:
    """From now on, scenarios of a territory that is only named are made so: where policies go, the model knows."""
    global _begin
    _begin = begin


def begun(*args: Any, **options: Any) -> Any:
    """What the callable that `use_beginning` named last makes of this."""
    return _begin(*args, **options)


@dataclass
class PolicyReader:
    """Policies made of their blocks. ``problems``: all that is wrong with these."""

    kinds: Kinds
    tree: MappingNode
    partial: bool = False
    problems: list[Problem] = field(default_factory=list)

    def policies(self) -> dict[int, PolicyModel]:
        """The policies that are valid, by their place in the scenario."""
        node = self.tree.get("policies")
        if isinstance(node, ListNode):
            policies = {i: self._policy(("policies", i), item) for i, item in enumerate(node.items)}
            return {i: policy for i, policy in policies.items() if policy is not None}
        if node is not None and not is_refused(node):
            self._say(("policies",), f"must be a list of policies, not {described(node)}")
        return {}

    def _say(self, at: Location, what: str) -> None:
        self.problems.append(problem_at(mark_of(self.tree, at), at, what))

    def _policy(self, here: Location, node: Node) -> PolicyModel | None:
        if isinstance(node, ScalarNode) and isinstance(node.value, PolicyModel):
            return self._again(here, node.value)
        known = f": one of {', '.join(sorted(self.kinds.known))}" if self.kinds.known else ""
        if not isinstance(node, MappingNode):
            if not is_refused(node):
                self._say(here, f"must be a mapping with a kind, not {described(node)}")
            return None
        kind = node.get("kind")
        if kind is None:
            if not node.incomplete:
                self._say(here, f"a policy needs a kind{known}")
            return None
        if not isinstance(kind, ScalarNode) or not isinstance(kind.value, str):
            if not is_refused(kind):
                self._say((*here, "kind"), f"must be text{known}, not {described(kind)}")
            return None
        model = self._class(kind.value, (*here, "kind"), os.path.dirname(kind.mark.file))
        if model is None:
            return None
        try:
            policy, problems = validated(model, node.without("kind"), here, partial=self.partial, beside=("kind",))
        except Exception as error:  # a user's own class may raise anything; it must not hide the other problems
            what = f"the policy {described(kind)} cannot read this block ({type(error).__name__}: {error})"
            self._say(here, what)
            return None
        self.problems += problems
        return policy

    def _again(self, here: Location, policy: PolicyModel) -> PolicyModel:
        """A policy that is there already: of a kind that is known, it could have been made without its checks."""
        kind = getattr(policy, "kind", None)
        if isinstance(kind, str) and kind in self.kinds.known and self.kinds.find(kind) is type(policy):
            try:
                type(policy)(**fields_in_depth(policy))
            except ScenarioError as error:
                for problem in error.problems:
                    where = f"{problem_at(NOWHERE, here, '').where}.{problem.where}".rstrip(".")
                    self.problems.append(replace(problem, where=where))
        return policy

    def _class(self, kind: str, at: Location, folder: str) -> type[PolicyModel] | None:
        shown = repr(shortened(kind))
        own = self.kinds.own if ":" in kind and kind not in self.kinds.known else None
        try:
            model = self.kinds.find(kind) if own is None else own(kind, folder)
        except (ScenarioError, LookupError) as error:
            # str() of a KeyError is the repr of its message
            what = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
            hint = "" if "did you mean" in what else did_you_mean(kind[:200], self.kinds.known)
            self._say(at, (what if "polic" in what or " " in what else f"unknown policy {shown}") + hint)
            return None
        except Exception as error:  # importing a user's module runs the user's code
            self._say(at, f"the policy {shown} cannot be loaded ({type(error).__name__}: {error})")
            return None
        if not (isinstance(model, type) and issubclass(model, PolicyModel)):
            self._say(at, f"{shown} is not a policy class")
            return None
        return model
