"""Blocks that say something of some zones: GPs, residents without MT, precarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from ess_sim.inputs.scenario.sourced import (
    Sourced,
    ZoneCode,
)
from ess_sim.inputs.territory.hints import zone_hint

__all__ = ["Block", "GpBlock", "Location", "PrecariousBlock", "WithoutMtBlock", "block_problems", "zones_of_blocks"]


Location = tuple[str | int, ...]
"""Where in a scenario a value stands, e.g. ``("policies", 0, "zone")``."""


class Block(Sourced):
    """A statement about some zones: a list of codes, or the word ``remainder`` for all that no other block names."""

    zones: Annotated[tuple[ZoneCode, ...], Field(min_length=1)] | Literal["remainder"]


class GpBlock(Block):
    """List-holding GPs on day 0, spread over the block's zones in proportion to adults (largest remainder)."""

    count: Annotated[int, Field(ge=0, le=200_000)]


class WithoutMtBlock(Block):
    """Adults of the block without MT on day 0, as a share or a number, and which part of them never declared one."""

    share: Annotated[float, Field(ge=0, le=1)] | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    never_declared_part: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _one(self) -> WithoutMtBlock:
        if (self.share is None) == (self.count is None):
            raise ValueError("give exactly one of share and count")
        return self

    def without_mt(self, adults: int) -> int:
        """Residents without MT among ``adults``, a whole number."""
        return self.count if self.count is not None else round((self.share or 0.0) * adults)


class PrecariousBlock(Block):
    """Share of the block's adults who are precarious, among those of day 0 and among those who arrive later."""

    share: Annotated[float, Field(ge=0, le=1)]


def block_problems(path: Location, blocks: Sequence[Block], zones: Sequence[str]) -> list[tuple[Location, str]]:
    """Unknown zones, zones named twice, a second remainder."""
    found: list[tuple[Location, str]] = []
    seen: dict[str, int] = {}
    known = set(zones)
    for i, block in enumerate(blocks):
        if block.zones == "remainder":
            if "remainder" in seen:
                found.append(((*path, i, "zones"), f"a second remainder (the first is block {seen['remainder']})"))
            seen.setdefault("remainder", i)
            continue
        for j, code in enumerate(block.zones):
            if code not in known:
                found.append(
                    ((*path, i, "zones", j), f"unknown zone {code!r} in this territory{zone_hint(code, zones)}")
                )
            elif code in seen:
                found.append(((*path, i, "zones", j), f"zone {code!r} is already named by block {seen[code]}"))
            else:
                seen[code] = i
    return found


def zones_of_blocks(blocks: Sequence[Block], zones: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Index of the block that speaks of each zone, shape (zones,); −1 where none does."""
    index = np.full(len(zones), -1, dtype=np.int64)
    place = {code: i for i, code in enumerate(zones)}
    for i, block in enumerate(blocks):
        if block.zones != "remainder":
            for code in block.zones:
                index[place[code]] = i
    for i, block in enumerate(blocks):
        if block.zones == "remainder":
            index[index == -1] = i
    return index
