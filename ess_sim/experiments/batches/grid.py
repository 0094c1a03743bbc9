"""The grid of a batch file: its values, their combinations, and the names of the variants."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from ess_sim.errors import did_you_mean
from ess_sim.experiments.batches.variants import Places, Row
from ess_sim.inputs.documents.draft import Draft
from ess_sim.inputs.documents.nodes import (
    ListNode,
    Location,
    MappingNode,
    Mark,
    ScalarNode,
    described,
    is_refused,
)

__all__ = ["MAX_SCENARIOS", "GridDraft", "free", "nearest", "same", "shown"]


MAX_SCENARIOS = 1_000
"""Most scenarios that a batch may come to, variants included."""


_LONGEST_NAME = 100


Made = TypeVar("Made")


def same(node: ScalarNode) -> tuple[bool, Any]:
    """What makes two values the same (Python takes true for 1)."""
    return isinstance(node.value, bool), node.value


def shown(node: ScalarNode) -> str:
    """A value as names and titles show it."""
    if node.value is None:
        return "none"
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)


def free(name: str, taken: set[str]) -> str:
    """The name, shortened and numbered where it is too long or taken; it is taken from now on."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    found = name[:_LONGEST_NAME].rstrip(".")
    for n in itertools.count(2):
        if found.lower() not in map(str.lower, taken):  # many computers take them for one folder
            break
        found = f"{name[: _LONGEST_NAME - 6]}.{n}"
    taken.add(found)
    return found


def count(lengths: Sequence[int], zipped: bool) -> int:
    """Number of variants of a scenario, 1 where nothing varies."""
    return lengths[0] if zipped and lengths else math.prod(lengths)


def combined(grid: Mapping[str, list[ScalarNode]], zipped: bool) -> list[Row]:
    """The rows of a grid: each with each, or side by side (once each, where a scenario lacks a path)."""
    rows = zip(*grid.values(), strict=True) if zipped and grid else itertools.product(*grid.values())
    once: dict[Any, Row] = {}
    for row in rows:
        once.setdefault(tuple(map(same, row)), dict(zip(grid, row, strict=True)))
    return list(once.values())


def nearest(row: Row, baselines: Sequence[tuple[Row, str]]) -> str:
    """The first baseline that shares the row's values wherever both have one."""
    for other, name in baselines:
        if all(same(other[path]) == same(node) for path, node in row.items() if path in other):
            return name
    return baselines[0][1]


@dataclass
class GridDraft(Draft[Made]):
    """A draft of a file that varies scenarios: reads the values of ``vary`` and forms the rows of variants."""

    places: dict[Mark, Location] = field(default_factory=dict)  # of the grid's values

    def grid(self) -> dict[str, list[ScalarNode]]:
        """The values of every path; a path whose values are wrong is left out."""
        node = self.tree.get("vary")
        grid = {}
        for path, (_, given) in node.items.items() if isinstance(node, MappingNode) else ():
            at: Location = ("vary", path)
            if isinstance(given, ListNode):
                values = self._listed(at, given)
            elif isinstance(given, MappingNode):
                values = self._range(at, given)
            else:
                values = []
                if not is_refused(given):
                    what = f"must be a list of values or a range {{from: 4, to: 16, step: 4}}, not {described(given)}"
                    self.say(at, what)
            if values:
                grid[path] = values
        return grid

    def _listed(self, at: Location, given: ListNode) -> list[ScalarNode]:
        if not given.items:
            self.say(at, "must not be empty")
        values = []
        for i, item in enumerate(given.items):
            if not isinstance(item, ScalarNode):
                self.say((*at, i), f"must be a single value, not {described(item)}")
            elif not is_refused(item):
                values.append(item)
                self.places.setdefault(item.mark, (*at, i))
        return values if len(values) == len(given.items) else []

    def _range(self, at: Location, given: MappingNode) -> list[ScalarNode]:
        keys = ("from", "to", "step")
        numbers: dict[str, Decimal] = {}
        whole = True
        for key, (_, node) in given.items.items():
            if key not in keys:
                self.say((*at, key), f"unknown key{did_you_mean(key[:200], keys)}", key=True)
            elif isinstance(node, ScalarNode) and type(node.value) in (int, float):
                numbers[key] = Decimal(node.raw)  # as written: three times 0.1 is 0.3
                whole = whole and isinstance(node.value, int)
            elif not is_refused(node):
                self.say((*at, key), f"must be a number, not {described(node)}")
        missing = [key for key in keys if key not in given.items]
        if missing and not given.incomplete:
            self.say(at, f"a range needs from, to and step: {' and '.join(missing)} missing")
        if len(numbers) < len(keys):
            return []
        low, high, step = (numbers[key] for key in keys)
        if step <= 0:
            self.say((*at, "step"), f"must be above 0, not {step}")
        elif high < low:
            self.say((*at, "to"), f"{high} is below from, {low}")
        elif (high - low) / step >= MAX_SCENARIOS:
            self.say(at, f"more than {MAX_SCENARIOS:,} values")
        else:
            self.places.setdefault(given.mark, at)
            texts = [str(low + n * step) for n in range(int((high - low) / step) + 1)]
            return [ScalarNode(given.mark, int(t) if whole else float(t), t) for t in texts]
        return []

    def rows(
        self, names: Sequence[str], exists: Mapping[str, Places], grid: Mapping[str, list[ScalarNode]]
    ) -> dict[str, list[Row]]:
        """The variants of every scenario; one that does not vary has one row without values."""
        combine = self.tree.get("combine")
        zipped = isinstance(combine, ScalarNode) and combine.value == "zip"
        plain: list[Row] = [{}]
        rows = dict.fromkeys(names, plain)
        total = sum(count([len(grid[path]) for path in exists.get(name, ())], zipped) for name in rows)
        if total > MAX_SCENARIOS:
            self.say(("vary",), f"{total:,} scenarios: a batch holds at most {MAX_SCENARIOS:,}", key=True)
        if self._no_value_twice(grid, zipped) and total <= MAX_SCENARIOS:
            rows |= {name: combined({p: grid[p] for p in paths}, zipped) for name, paths in exists.items()}
        return rows

    def _no_value_twice(self, grid: Mapping[str, list[ScalarNode]], zipped: bool) -> bool:
        """Whether all variants differ, and lists that go side by side have one length."""
        if zipped:
            lengths = {path: len(values) for path, values in grid.items()}
            if len(set(lengths.values())) > 1:
                said = ", ".join(f"{path} has {n}" for path, n in lengths.items())
                self.say(("combine",), f"zip needs lists of one length: {said}")
                return False
            seen: dict[Any, int] = {}
            for i, row in enumerate(zip(*grid.values(), strict=True)):
                first = seen.setdefault(tuple(map(same, row)), i)
                if first != i:
                    self.say(("vary",), f"the values in place {i + 1} are those in place {first + 1}", key=True)
            return len(seen) == max(lengths.values(), default=0)
        sound = True
        for path, values in grid.items():
            known: set[Any] = set()
            for i, node in enumerate(values):
                if same(node) in known:
                    self.say(("vary", path, i), f"the value {described(node)} is written twice")
                    sound = False
                known.add(same(node))
        return sound
