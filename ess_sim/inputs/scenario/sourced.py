"""Numbers that someone must be able to defend, with their sources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ess_sim.inputs.scenario.frozen import Frozen

__all__ = ["Count", "Frozen", "Grade", "Rate", "Sourced", "Text", "ZoneCode"]


Grade = Literal["A", "B", "C", "D"]
Text = Annotated[str, Field(min_length=1)]
ZoneCode = Annotated[str, Field(min_length=1)]


class Sourced(Frozen):
    """A number that someone must be able to defend.

    Grade A is official, B a study, C press or expert, D an assumption.
    """

    source: Annotated[Text, Field(description="who says so, and when")]
    grade: Annotated[Grade, Field(description="A official, B study, C press or expert, D assumption")]


class Count(Sourced):
    """A number of persons or posts."""

    count: Annotated[int, Field(ge=0, le=1_000_000, description="persons")]


class Rate(Sourced):
    """A number of events a year."""

    per_year: Annotated[float, Field(ge=0, le=1_000_000, description="events a year")]
