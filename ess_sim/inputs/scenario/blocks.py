"""Blocks that say something of some zones: GPs, residents without MT, precarity, residents' rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from ess_sim.inputs.catalogue.parameters import catalogue, override_problems
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.scenario.sourced import (
    Sourced,
    ZoneCode,
)
from ess_sim.inputs.territory.hints import zone_hint

__all__ = [
    "RATES",
    "Block",
    "GpBlock",
    "Location",
    "PrecariousBlock",
    "RatesBlock",
    "WithoutMtBlock",
    "block_problems",
    "given_everywhere",
    "values_by_zone",
    "zones_of_blocks",
]


Location = tuple[str | int, ...]
"""Where in a scenario a value stands, e.g. ``("policies", 0, "zone")``."""


class Block(Sourced):
    """A statement about some zones: a list of codes, or the word ``remainder`` for all that no other block names."""

    zones: Annotated[tuple[ZoneCode, ...], Field(min_length=1)] | Literal["remainder"]


class GpBlock(Block):
    """List-holding GPs on day 0, spread over the block's zones as the data know them, else in proportion to adults."""

    count: Annotated[int, Field(ge=0, le=200_000)]


class WithoutMtBlock(Block):
    """Adults of the block without MT on day 0, as a share or a number, and which part of them never declared one."""

    share: Annotated[float, Field(ge=0, le=1)] | None = None
    count: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
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


RATES = tuple(name for name, parameter in catalogue().items() if parameter.by_zone)
"""Parameters that a scenario may state by zone."""


_fields: Mapping[str, Any] = dict.fromkeys(RATES, (float | None, None))
_Rates = create_model("_Rates", __base__=Block, __module__=__name__, **_fields)


class RatesBlock(_Rates):  # the catalogue says which fields there are
    """Rates and shares of the block's residents, each under the name of the parameter that holds everywhere else."""

    @field_validator(*RATES)
    @classmethod
    def _range(cls, value: float | None, info: ValidationInfo) -> float | None:
        for _, what in override_problems({str(info.field_name): value} if value is not None else {}):
            raise ValueError(what)
        return value

    @model_validator(mode="after")
    def _some(self) -> RatesBlock:
        if all(getattr(self, name) is None for name in RATES):
            raise ValueError(f"give at least one of {', '.join(RATES)}")
        return self

    @model_serializer(mode="wrap")
    def _stated(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what is given: a rate that becomes possible later changes no digest."""
        return {name: value for name, value in dump(self).items() if value is not None}


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
            if len(found) > MAX_PROBLEMS:
                return found
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


def given_everywhere(blocks: Sequence[Block] | None, field: str) -> bool:
    """Whether blocks give a field in every zone, whatever the territory."""
    said = [getattr(block, field) is not None for block in blocks or ()]
    return all(said) and any(block.zones == "remainder" for block in blocks or ())


def values_by_zone(
    blocks: Sequence[Block] | None, zones: Sequence[str], field: str, elsewhere: Callable[[], float]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A field of the blocks in each zone, shape (zones,); ``elsewhere()`` where no block gives it, asked if needed."""
    given = [getattr(block, field) for block in blocks or ()]
    here = [given[i] if i >= 0 else None for i in zones_of_blocks(blocks or (), zones).tolist()]
    rest = elsewhere() if None in here else 0.0
    return np.array([rest if value is None else value for value in here], dtype=np.float64)
