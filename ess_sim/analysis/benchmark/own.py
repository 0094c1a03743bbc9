"""Policies of the user's own in the benchmark: a class with a usual dose, or a YAML file with blanks for the place.

A file holds ``policies`` as a scenario does. Since it is for any territory, it names no zone or date of one: it writes
``$zone`` (the neediest), ``$staffed`` (the neediest with a GP), ``$stops``, ``$short``, ``$with_gps`` (lists of zones,
see `Site`), ``$start`` or ``$end`` in their place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_sim.analysis.benchmark.doses import Remedy
from ess_sim.errors import EssSimError, Problem, ScenarioError, did_you_mean
from ess_sim.inputs.documents.draft import Draft
from ess_sim.inputs.documents.nodes import ListNode, MappingNode, Node, ScalarNode, described, tree_of
from ess_sim.inputs.scenario.policy_model import PolicyReader
from ess_sim.model.policies.base import Policy, Site
from ess_sim.model.policies.registry import KINDS, kinds

__all__ = ["BLANKS", "FromFile", "own_policies"]


BLANKS = ("zone", "staffed", "stops", "short", "with_gps", "start", "end")
"""What ``$…`` may name: attributes of `Site`."""

_ALLOW = "is Python code: if you trust it, --allow-code imports it"


@dataclass(frozen=True)
class FromFile:
    """The policies of a file, to be placed anywhere.

    Attributes
    ----------
    kind : str
        Name of the file without its ending.
    policies : ListNode
        As written.
    allow_code : bool
        Whether they may be classes of the user's own.
    """

    kind: str
    policies: ListNode
    allow_code: bool = False

    def standard(self, site: Site) -> tuple[Policy, ...]:
        """Them all at a place.

        Raises
        ------
        ScenarioError
            With all that is wrong with them, at its place in the file.
        """
        reader = PolicyReader(kinds(allow_code=self.allow_code), self.filled(site))
        found = reader.policies()
        if reader.problems:
            raise ScenarioError(reader.problems)
        return tuple(policy for _, policy in sorted(found.items()) if isinstance(policy, Policy))

    def filled(self, site: Site) -> MappingNode:
        """The file as it is at a place: without blanks."""
        return MappingNode(self.policies.mark, {"policies": (self.policies.mark, _filled(self.policies, site))})


class _File(Draft[FromFile]):
    """A file of policies on its way."""

    def made(self) -> FromFile | None:
        for key in self.tree.items:
            if key != "policies":
                self.say(
                    (key,),
                    f"unknown key{did_you_mean(key, ['policies'])}: a file of policies holds 'policies' alone",
                    key=True,
                )
        node = self.tree.get("policies")
        if not isinstance(node, ListNode) or not node.items:
            what = "a file of policies holds 'policies', a list of one or more"
            wrong = node is not None and not isinstance(node, ListNode)
            self.say(("policies",) if node else (), what + (f", not {described(node)}" if node and wrong else ""))
            return None
        self._blanks(node, ("policies",))
        kind = Path(self.tree.mark.file).stem
        if kind in KINDS:
            self.say((), f"the file is called as a policy of the package, {kind}: rename it")
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", kind):
            self.say((), "scenarios are called as the file is: name it of up to 40 letters (a–z), digits, - and _")
        return None if self.problems else FromFile(kind, node, self.allow_code)

    def _blanks(self, node: Node, at: tuple[Any, ...]) -> None:
        if isinstance(node, ScalarNode):
            if (name := _blank(node)) is not None and name not in BLANKS:
                known = (
                    did_you_mean(f"${name}", [f"${b}" for b in BLANKS])
                    or f": one of {', '.join('$' + b for b in BLANKS)}"
                )
                self.say(at, f"unknown blank '${name}'{known}")
            return
        parts = enumerate(node.items) if isinstance(node, ListNode) else ((k, v) for k, (_, v) in node.items.items())
        for step, inner in parts:
            self._blanks(inner, (*at, step))


def _blank(node: ScalarNode) -> str | None:
    return node.value[1:] if isinstance(node.value, str) and node.value.startswith("$") else None


def _filled(node: Node, site: Site) -> Node:
    """The tree with what the place puts into its blanks."""
    if isinstance(node, ScalarNode):
        name = _blank(node)
        if name is None:
            return node
        value = getattr(site, name)
        return tree_of(list(value) if isinstance(value, tuple) else value, node.mark)
    if isinstance(node, ListNode):
        out = ListNode(node.mark)
        for item in node.items:
            filled = _filled(item, site)
            for inner in filled.items if isinstance(filled, ListNode) and isinstance(item, ScalarNode) else [filled]:
                out.add(inner)
        return out
    return MappingNode(node.mark, {k: (mark, _filled(v, site)) for k, (mark, v) in node.items.items()}, node.incomplete)


def own_policies(given: Sequence[str], *, allow_code: bool = False) -> list[Remedy]:
    """Policies that are named on a command line: YAML files and classes, ``module:Class``.

    Raises
    ------
    ScenarioError
        With all that is wrong with all of them.
    """
    out: list[Remedy] = []
    problems: list[Problem] = []
    for text in given:
        try:
            if text.endswith((".yaml", ".yml")) or Path(text).exists():
                out.append(_File.read(text, allow_code=allow_code))
                continue
            if ":" not in text:
                raise ScenarioError(f"policy {text!r}: name a YAML file, or a class as module:Class")
            if not allow_code:
                raise ScenarioError(f"policy {text!r} {_ALLOW}")
            own = kinds(allow_code=True).own
            assert own is not None
            found = own(text, str(Path.cwd()))
            if not (isinstance(getattr(found, "kind", None), str) and issubclass(found, Policy)):
                raise ScenarioError(f"policy {text!r} has no kind")
            out.append(found)
        except ScenarioError as error:
            problems += error.problems
        except EssSimError as error:
            problems.append(Problem("", 0, 0, "", str(error)))
    if problems:
        raise ScenarioError(problems)
    return out
