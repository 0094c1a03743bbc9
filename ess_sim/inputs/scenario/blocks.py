"""Day 0: blocks that say something of some zones (GPs, residents without MT, precarity, rates), and what holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from ess_sim.inputs.catalogue.parameters import catalogue, override_problems, possible
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.editors.rules import at_least_one, exactly_one, given, rules
from ess_sim.inputs.scenario.centre_spec import DayZeroCentre
from ess_sim.inputs.scenario.frozen import Frozen
from ess_sim.inputs.scenario.sourced import Count, Rate, Sourced, ZoneCode
from ess_sim.inputs.territory.hints import zone_hint

__all__ = [
    "RATES",
    "Block",
    "GpBlock",
    "Location",
    "PrecariousBlock",
    "RatesBlock",
    "ResidentsStart",
    "Supply",
    "WithoutMtBlock",
    "block_problems",
    "counts_problems",
    "given_everywhere",
    "values_by_zone",
    "zones_of_blocks",
]


Location = tuple[str | int, ...]
"""Where in a scenario a value stands, e.g. ``("policies", 0, "zone")``."""


class Block(Sourced):
    """A statement about some zones: a list of codes, or the word ``remainder`` for all that no other block names."""

    zones: Annotated[tuple[ZoneCode, ...], Field(min_length=1)] | Literal["remainder"] = Field(
        description="zones that the block speaks of; the word remainder: all that no other block of the list names"
    )


_Gps = Annotated[int, Field(ge=0, le=200_000)]


class GpBlock(Block):
    """List-holding GPs on day 0: so many in all zones together, or so many in each.

    A count is spread over the zones as the data know them, else in proportion to adults. The lists of a block hold, all
    together, as many residents as live in it with an MT.
    """

    model_config = ConfigDict(json_schema_extra=rules(exactly_one(("count", "counts"))))

    count: _Gps | None = Field(
        None, description="GPs in all these zones together, spread as the data know them; give this or counts"
    )
    counts: Annotated[Mapping[ZoneCode, _Gps], Field(min_length=1)] | None = Field(
        None, description="GPs of each zone, by its code; those of these zones that are not named have none"
    )

    @model_validator(mode="after")
    def _one(self) -> GpBlock:
        if (self.count is None) == (self.counts is None):
            raise ValueError("give exactly one of count and counts")
        return self

    @model_serializer(mode="wrap")
    def _stated(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what is given: a block with one count has the digest that it had before there were several."""
        return {name: value for name, value in dump(self).items() if value is not None}

    @property
    def key(self) -> str:
        """The key that says how many."""
        return "count" if self.counts is None else "counts"

    @property
    def total(self) -> int:
        """GPs in all zones together."""
        return sum(self.counts.values()) if self.counts is not None else self.count or 0


class WithoutMtBlock(Block):
    """Adults of the block without MT on day 0, as a share or a number, and which part of them never declared one."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one(("share", "count"))))

    share: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="part of these adults who have no MT; give this or count"
    )
    count: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        None, description="adults without MT; give this or share"
    )
    never_declared_part: Annotated[
        float,
        Field(ge=0, le=1, description="part of those without MT who never declared one; the others lost theirs"),
    ]

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

    share: Annotated[float, Field(ge=0, le=1, description="part of these adults who are precarious")]


RATES = tuple(name for name, parameter in catalogue().items() if parameter.by_zone)
"""Parameters that a scenario may state by zone."""


def _rate(name: str) -> Any:
    """The field of a rate: what the catalogue says of the parameter of this name."""
    parameter = catalogue()[name]
    said = f"{parameter.note} ({parameter.unit})"
    return float | None, Field(None, description=said, json_schema_extra=possible(name).limits)


_fields: Mapping[str, Any] = {name: _rate(name) for name in RATES}
_Rates = create_model("_Rates", __base__=Block, __module__=__name__, **_fields)


class RatesBlock(_Rates):  # the catalogue says which fields there are
    """Rates and shares of the block's residents, each under the name of the parameter that holds everywhere else."""

    model_config = ConfigDict(json_schema_extra=rules(at_least_one([given(name) for name in RATES])))

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


def counts_problems(path: Location, blocks: Sequence[GpBlock], zones: Sequence[str]) -> list[tuple[Location, str]]:
    """Zones that are counted by a block that does not speak of them; what `block_problems` finds is in order."""
    index = dict(zip(zones, zones_of_blocks(blocks, zones).tolist(), strict=True))
    found: list[tuple[Location, str]] = []
    for i, block in enumerate(blocks):
        wrong = [code for code in block.counts or () if index.get(code) != i]
        for code in wrong[: MAX_PROBLEMS + 1]:
            what = f"unknown zone {code!r} in this territory{zone_hint(code, zones)}"
            if code in index:
                what = f"zone {code!r} is not among the zones of this block" + (
                    f", but among those of block {index[code]}" if index[code] >= 0 else ""
                )
            found.append(((*path, i, "counts", code), what))
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


class Supply(Frozen):
    """GPs, interns, retired GPs, centres on day 0. What is left out is filled by the data; results say so."""

    list_holding_gps: Annotated[tuple[GpBlock, ...], Field(min_length=1)] | None = Field(
        None, description="GPs in practice who hold a list of declared patients (médecins traitants), by zone"
    )
    first_installations: Rate | None = Field(
        None, description="GPs who come from elsewhere and settle in the territory for the first time, interns apart"
    )
    interns_per_semester: Count | None = Field(
        None, description="GP interns whom the faculty sends to practices of the territory, each semester"
    )
    retired_pool: Count | None = Field(
        None,
        description="retired GPs of the département whom a centre could ask, on day 0; from beyond it come "
        "retired_from_beyond_ratio times as many again",
    )
    departement_list_holders: Count | None = Field(
        None, description="GPs with a list in the whole département: where later retirees of the pool come from"
    )
    other_gps: Count | None = Field(
        None, description="GPs of the territory in other work (locums, hospitals), whom a centre could hire"
    )
    centres: Annotated[tuple[DayZeroCentre, ...], Field(min_length=1)] | None = Field(
        None, description="health centres that are there on day 0"
    )


class ResidentsStart(Frozen):
    """Residents' state on day 0. Zones without a block get estimates (docs/model.md, 3), and the results say so.

    ``precarious`` holds for those who arrive later, too; zones without a block get the catalogue's `precarious_share`.
    ``rates`` hold throughout the run; what no block gives is everywhere as the parameter of that name says.
    """

    without_mt: Annotated[tuple[WithoutMtBlock, ...], Field(min_length=1)] | None = Field(
        None, description="residents aged 17 or over who have no médecin traitant on day 0, by zone"
    )
    precarious: Annotated[tuple[PrecariousBlock, ...], Field(min_length=1)] | None = Field(
        None, description="adults in poverty that doctors can see (C2S, AME), by zone"
    )
    rates: Annotated[tuple[RatesBlock, ...], Field(min_length=1)] | None = Field(
        None, description="rates of residents that differ by zone, throughout the run"
    )

    @model_serializer(mode="wrap")
    def _stated(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Scenarios that state no rates keep the digest that they had before there were any."""
        return {name: value for name, value in dump(self).items() if name != "rates" or value is not None}
