"""How a scenario names its territory."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ess_sim.errors import did_you_mean
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.sourced import (
    Frozen,
    Sourced,
    Text,
    ZoneCode,
)
from ess_sim.inputs.territory.quarters import Quarter
from ess_sim.inputs.territory.territory import Territory

__all__ = ["QuarterSpec", "TerritorySpec"]


class QuarterSpec(Sourced):
    """A part of one of the territory's zones as a zone of its own; ``residents`` counts all ages."""

    code: ZoneCode
    name: Text
    of: ZoneCode
    residents: Annotated[int, Field(ge=1, le=10_000_000)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]

    def quarter(self) -> Quarter:
        """What the territory needs to know of it."""
        return Quarter(self.code, self.name, self.of, self.residents, self.latitude, self.longitude)


class TerritorySpec(Frozen):
    """Which territory: exactly one of the codes, or CSV files of one's own.

    ``quarters`` become zones of their own; then the zones of ``leave_out`` go, e.g. the rest of a town. ``csv`` and
    ``travel_csv`` are paths, relative to the file that names them; the travel table is about the zones that remain.
    """

    epci: ZoneCode | None = None
    ept: ZoneCode | None = None
    departement: ZoneCode | None = None
    communes: Annotated[list[ZoneCode], Field(min_length=1)] | None = None
    csv: Text | None = None
    travel_csv: Text | None = None
    cutoff_minutes: Annotated[float, Field(gt=0, le=120)] = 30.0
    quarters: Annotated[list[QuarterSpec], Field(min_length=1)] | None = None
    leave_out: Annotated[list[ZoneCode], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> TerritorySpec:
        given = [k for k in ("epci", "ept", "departement", "communes", "csv") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                "give exactly one of epci, ept, departement, communes, csv"
                + (f" (given: {', '.join(given)})" if given else "")
            )
        return self

    def problems(self, whole: Territory) -> list[tuple[Location, str]]:
        """What keeps quarters from being carved out of the whole territory, or zones from being left out."""
        quarters = [q.quarter() for q in self.quarters or []]
        found: list[tuple[Location, str]] = [
            (("territory", "quarters", i, field), what) for i, field, what in whole.quarter_problems(quarters)
        ]
        zones = {*whole.zones, *(q.code for q in quarters)}
        gone = self.leave_out or []
        for i, code in enumerate(gone):
            if code not in zones:
                what = f"unknown zone {code!r} in this territory{did_you_mean(code, zones)}"
                found.append((("territory", "leave_out", i), what))
        if zones <= set(gone):
            found.append((("territory", "leave_out"), "no zone is left"))
        return found
