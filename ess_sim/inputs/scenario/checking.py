"""A tree becomes a scenario, or a list of all that is wrong with it: the same for files and for variants in a batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from ess_sim.errors import Problem, TerritoryError
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    Location,
    MappingNode,
    Node,
    ScalarNode,
    limited,
    mark_of,
    problem_at,
    text_of,
    tree_of,
)
from ess_sim.inputs.documents.places import outside
from ess_sim.inputs.documents.validate import MISSING, validated
from ess_sim.inputs.scenario.policy_model import Kinds, PolicyModel, PolicyReader
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import CSV_KEYS, WAYS

__all__ = ["Check", "Hooks", "ParameterProblems", "Semantic", "with_whole_paths"]


ParameterProblems = Callable[[Mapping[str, float]], list[tuple[str, str]]]
Semantic = Callable[[Scenario], list[tuple[Location, str]]]


@dataclass(frozen=True)
class Hooks:
    """What a scenario's form does not show.

    Attributes
    ----------
    kinds : Kinds
        Which policies there are.
    parameter_problems : callable
        Says what is wrong with overrides: pairs of parameter name and message.
    semantic : callable
        Says what is wrong with a scenario that is valid in form: pairs of location and message. A `TerritoryError` that
        it raises is reported at the territory.
    """

    kinds: Kinds
    parameter_problems: ParameterProblems
    semantic: Semantic


@dataclass
class Check:
    """Turns one tree into a scenario, or says in ``problems`` all that is wrong with it.

    ``partial`` where an extended file is missing: nothing is said of what it might have held.
    """

    tree: MappingNode
    hooks: Hooks
    partial: bool = False
    extends: bool = False
    problems: list[Problem] = field(default_factory=list)

    def scenario(self) -> Scenario | None:
        """The scenario, or None where there are problems."""
        reader = PolicyReader(self.hooks.kinds, self.tree, self.partial)
        policies = reader.policies()
        self.problems += reader.problems
        self._parameters()
        scenario = self._whole(policies)
        if self._names_only_its_own() and scenario is not None and not self.partial:
            self._meaning(scenario, list(policies))
        self.problems = limited(self.problems)
        return None if self.problems or self.partial else scenario

    def _say(self, at: Location, what: str, *, key: bool = False) -> None:
        self.problems.append(problem_at(mark_of(self.tree, at, key=key), at, what))

    def _names_only_its_own(self) -> bool:
        """Whether the CSV files lie where the scenario's file may read them."""
        node = self.tree.get("territory")
        paths = {key: text_of(node.get(key)) for key in CSV_KEYS} if isinstance(node, MappingNode) else {}
        wrong = {key: why for key, path in paths.items() if path and (why := outside(path))}
        for key, why in wrong.items():
            self._say(("territory", key), why)
        return not wrong

    def _whole(self, policies: Mapping[int, PolicyModel]) -> Scenario | None:
        tree = self.tree.without("policies")
        tree.items["policies"] = tree.mark, tree_of(list(policies.values()), tree.mark)
        scenario, problems = validated(Scenario, tree, partial=self.partial, beside=("extends",))
        if self.extends:
            own_name = "a scenario states its own name: that of an extended file is not taken over"
            problems = [replace(p, what=own_name) if (p.where, p.what) == ("name", MISSING) else p for p in problems]
        self.problems += problems
        return scenario

    def _parameters(self) -> None:
        node = self.tree.get("parameters")
        if not isinstance(node, MappingNode):
            return
        # the value of a misspelt name may be wrong too: it stands as 0 here
        given = {name: _number(value) for name, (_, value) in islice(node.items.items(), 5 * MAX_PROBLEMS)}
        for name, what in self.hooks.parameter_problems({n: 0.0 if v is None else v for n, v in given.items()}):
            unknown = what.startswith("unknown")
            if unknown or given[name] is not None:
                self._say(("parameters", name), what, key=unknown)

    def _meaning(self, scenario: Scenario, places: list[int]) -> None:
        """What the semantic hook says, at its places in the tree; ``places``: those of the policies."""
        try:
            found = self.hooks.semantic(scenario)
        except TerritoryError as error:
            node = self.tree.get("territory")
            keys = [way for way in WAYS if isinstance(node, MappingNode) and way in node.items]
            found = error.placed(tuple(keys) if len(keys) == 1 else ())
        listed = self.tree.get("policies")
        all_read = not isinstance(listed, ListNode) or len(listed.items) == len(places)
        for at, what in found:
            if at[:1] == ("parameters",) and not all_read:
                continue  # whether an override serves anything depends on the policies that are left out
            if len(at) > 1 and at[0] == "policies" and isinstance(at[1], int):
                at = ("policies", places[at[1]], *at[2:])
            self._say(at, what)


def _number(node: Node) -> int | float | None:
    value = node.value if isinstance(node, ScalarNode) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def with_whole_paths(tree: MappingNode) -> MappingNode:
    """The tree with its CSV paths made absolute, each from the folder of the file that wrote it."""
    territory = tree.get("territory")
    if not isinstance(territory, MappingNode):
        return tree
    whole = MappingNode(territory.mark)
    for key in CSV_KEYS:
        node = territory.get(key)
        if isinstance(node, ScalarNode) and (text := text_of(node)):
            path = os.path.abspath(os.path.join(os.path.dirname(node.mark.file), text))
            whole.items[key] = territory.items[key][0], replace(node, value=path)
    return tree.under(MappingNode(tree.mark, {"territory": (tree.items["territory"][0], whole)}))
