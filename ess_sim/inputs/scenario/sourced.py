"""Frozen, validated pieces of a scenario, and numbers that someone must be able to defend."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Count", "Frozen", "Grade", "Rate", "Sourced", "Text", "ZoneCode"]


Grade = Literal["A", "B", "C", "D"]
Text = Annotated[str, Field(min_length=1)]
ZoneCode = Annotated[str, Field(min_length=1)]


class Frozen(BaseModel):
    """Part of a scenario: never changed, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Sourced(Frozen):
    """A number that someone must be able to defend.

    Grade A is official, B a study, C press or expert, D an assumption.
    """

    source: Text
    grade: Grade


class Count(Sourced):
    """A number of persons or posts."""

    count: Annotated[int, Field(ge=0, le=1_000_000)]


class Rate(Sourced):
    """A number of events a year."""

    per_year: Annotated[float, Field(ge=0, le=1_000_000)]
