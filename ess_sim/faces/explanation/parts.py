"""Parts of a scenario's values, and which of them continue which parts of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ess_sim.inputs.scenario.blocks import Block
from ess_sim.inputs.scenario.scenario import PolicyModel

__all__ = ["fields", "is_blocks", "kind", "paired"]


_SUPPORT = {"source", "grade"}


def fields(value: Any) -> dict[str, Any] | None:
    """The parts of a value by name; None where it has none."""
    if isinstance(value, BaseModel):
        # what supports a number comes after it
        return {name: getattr(value, name) for name in sorted(type(value).model_fields, key=_SUPPORT.__contains__)}
    return {str(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else None


def is_blocks(value: Any) -> bool:
    """Whether a value is a list of things with parts."""
    return isinstance(value, list | tuple) and bool(value) and all(fields(v) is not None for v in value)


def kind(policy: PolicyModel) -> str:
    """A policy's kind, as a file names it."""
    return str(policy.to_block()["kind"])


def _alike(block: Any) -> Any:
    """What makes two blocks of a list versions of one."""
    if isinstance(block, Block):
        return block.zones
    return kind(block) if isinstance(block, PolicyModel) else type(block)


def paired(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Each new block with the old one that it equals or else continues (None without), then the old ones left over."""
    left = list(old)
    found: list[Any] = [None] * len(new)
    keys: tuple[Callable[[Any], Any], ...] = (lambda block: block, _alike)
    for key in keys:
        for i, after in enumerate(new):
            match = next((before for before in left if key(before) == key(after)), None)
            if found[i] is None and match is not None:
                found[i] = match
                left.remove(match)
    return [*zip(found, new, strict=True), *((before, None) for before in left)]
