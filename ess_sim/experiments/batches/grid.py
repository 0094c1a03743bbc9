"""The variants of a grid: combinations, names, filters."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ess_sim.experiments.batches.variants import Row
from ess_sim.inputs.documents.nodes import (
    ScalarNode,
)

__all__ = ["combined", "count", "free", "nearest", "same", "shown"]


_LONGEST_NAME = 100


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
    found = name[:_LONGEST_NAME]
    for n in itertools.count(2):
        if found not in taken:
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
