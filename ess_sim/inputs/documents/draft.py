"""A scenario file and the files that it extends, merged, with the place of every value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from ess_sim.errors import Problem, ScenarioError, shortened
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    Location,
    MappingNode,
    ScalarNode,
    described,
    limited,
    mark_of,
    problem_at,
    text_of,
)
from ess_sim.inputs.documents.places import named_by_a_user, outside
from ess_sim.inputs.documents.reader import Reader

__all__ = ["Draft"]


Made = TypeVar("Made")


@dataclass
class Draft(Generic[Made]):
    """A file's own keys on their way to what they declare. ``problems``: all that is wrong with them."""

    tree: MappingNode
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | str) -> Made:
        """What a file declares.

        Raises
        ------
        ScenarioError
            With every problem of the file's form and of what it says.
        """
        reader = Reader()
        given = os.path.normpath(os.fspath(path))
        with named_by_a_user(given):
            document = reader.read(given)
            if document is None:
                raise ScenarioError(reader.problems)
            draft = cls(document.own)
            made = draft.made()
        if made is None or reader.problems:
            raise ScenarioError(limited([*reader.problems, *draft.problems]))
        return made

    def made(self) -> Made | None:
        """What the tree declares, or None where there are problems."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """Whether there are more problems than a reader can use."""
        return len(self.problems) > MAX_PROBLEMS

    def say(self, at: Location, what: str, *, key: bool = False) -> None:
        """One more problem, of the value at ``at`` (or of its key)."""
        self.problems.append(problem_at(mark_of(self.tree, at, key=key), at, what))

    def take(self, error: ScenarioError, path: str, at: Location) -> None:
        """The problems of the file at ``path``, which the value at ``at`` names."""
        for problem in error.problems:
            if (problem.file, problem.line) == (path, 0):  # it cannot be opened at all: its name is what to mend
                self.say(at, problem.what)
            else:
                self.problems.append(problem)

    def texts(self, key: str) -> Iterator[tuple[int, ScalarNode, str]]:
        """The items of a list that are texts (the others were complained about), with their places."""
        node = self.tree.get(key)
        for i, item in enumerate(node.items if isinstance(node, ListNode) else []):
            if self.full:
                return
            if isinstance(item, ScalarNode) and (text := text_of(item)):
                yield i, item, text

    def check_name(self, key: str) -> None:
        """Complains of a name that cannot be part of a file's name."""
        node = self.tree.get(key)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            return  # a date can be a name
        if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,99}", node.value):
            what = "cannot be a name: use 1 to 100 letters without accents, digits, '-', '_' or '.'"
            self.say((key,), f"{described(node)} {what}, and start with a letter or a digit")

    def check_at_most(self, most: Mapping[str, int]) -> None:
        """Complains of numbers that no machine could deal with."""
        for key, limit in most.items():
            node = self.tree.get(key)
            if isinstance(node, ScalarNode) and isinstance(node.value, int) and node.value > limit:
                self.say((key,), f"must be at most {limit:,}, not {described(node)}")

    def may_read(self, path: str, at: Location) -> bool:
        """Whether the file may name this one; complains where it may not."""
        if why := outside(path):
            self.say(at, f"{shortened(path)} {why}")
        return not why

    def beside(self, path: str) -> str:
        """A path that the file gives, which is relative to the file itself."""
        return os.path.normpath(os.path.join(os.path.dirname(self.tree.mark.file), path))
