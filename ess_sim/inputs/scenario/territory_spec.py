"""How a scenario names its territory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

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

from ess_sim.arguments import is_path
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.documents.places import outside
from ess_sim.inputs.editors.rules import exactly_one, given, rules, where
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.sourced import (
    Frozen,
    Sourced,
    Text,
    ZoneCode,
)
from ess_sim.inputs.surroundings.halo import MAX_HALO_MINUTES, with_halo
from ess_sim.inputs.territory.countries.codes import code_named, names_of_kind, present_commune
from ess_sim.inputs.territory.countries.members import zones_of_code, zones_of_country
from ess_sim.inputs.territory.countries.registry import COUNTRIES, KINDS, country_of
from ess_sim.inputs.territory.csv_table import names_in_csv
from ess_sim.inputs.territory.hints import ZoneNames, zone_hint
from ess_sim.inputs.territory.quarters import Quarter
from ess_sim.inputs.territory.territory import Territory

__all__ = ["CSV_KEYS", "WAYS", "QuarterSpec", "TerritorySpec", "Way"]


class Way(NamedTuple):
    """A way to name a territory.

    Attributes
    ----------
    make : callable
        Builds the territory of a code, of codes or of a file.
    kind : str
        Key of the kind of code, as `names_of_kind` knows it; '' of a file.
    group : bool
        Whether one code names a group of communes, which has a name of its own.
    """

    make: Callable[..., Territory]
    kind: str
    group: bool


def _france(_true: bool, **options: Any) -> Territory:
    return Territory.france(**options)


WAYS: Mapping[str, Way] = {
    **{key: Way(partial(Territory.from_codes, key), key, kind.group) for key, kind in KINDS.items()},
    "france": Way(_france, "", group=False),
    "csv": Way(Territory.from_csv, "", group=False),
}
"""The ways to name a territory, each a field of `TerritorySpec`: a scenario uses exactly one."""


CSV_KEYS = ("csv", "travel_csv")
"""Keys that hold paths."""


_NO_HALO = {
    "france": "nothing lies around the whole country",
    "csv": "what lies around zones of one's own is not known",
    "travel_csv": "a travel table of one's own knows no commune around the territory",
}
"""Keys that halo_minutes cannot go with, and why."""


_Code = ZoneCode | None
_ListOfCodes = Annotated[tuple[ZoneCode, ...], Field(min_length=1)] | None


class QuarterSpec(Sourced):
    """A part of one of the territory's zones as a zone of its own; ``residents`` counts all ages."""

    code: Annotated[ZoneCode, Field(description="a code of your choice, by which blocks and policies name the quarter")]
    name: Annotated[Text, Field(description="its name")]
    of: Annotated[ZoneCode, Field(description="the zone that it is a part of")]
    residents: Annotated[int, Field(ge=1, le=10_000_000, description="residents of all ages, taken from that zone")]
    latitude: Annotated[float, Field(ge=-90, le=90, description="of its middle, degrees (WGS84)")]
    longitude: Annotated[float, Field(ge=-180, le=180, description="of its middle, degrees (WGS84)")]

    def within(self, zones: ZoneNames) -> QuarterSpec:
        """The same quarter of a zone that is given by its code."""
        of = zones.zone(self.of)
        return self if of == self.of else self.model_copy(update={"of": of})

    def quarter(self) -> Quarter:
        """What the territory needs to know of it."""
        return Quarter(self.code, self.name, self.of, self.residents, self.latitude, self.longitude)


def _with_codes() -> Any:
    """A model with a field for every kind of code."""
    fields: dict[str, Any] = {
        key: (
            _Code if kind.group else _ListOfCodes,
            Field(None, description=f"{kind.words[0]}, by code or name"),
        )
        for key, kind in KINDS.items()
    }
    return create_model("_Codes", __base__=Frozen, **fields)


_LATER = ("region", "france", "halo_minutes")


def _names(key: str, zones: Iterable[str]) -> dict[str, str]:
    names = names_of_kind(key)
    return {zone: names[zone] for zone in zones}


class TerritorySpec(_with_codes()):  # type: ignore[misc]  # mypy cannot see fields that are made from a table
    """Which territory: exactly one of the codes, all of France (``france: true``), or CSV files of one's own.

    Wherever a code is asked for, its name will do (accents, case and hyphens do not matter); codes are what is kept.

    ``quarters`` become zones of their own; then the zones of ``leave_out`` go, e.g. the rest of a town. ``csv`` and
    ``travel_csv`` are paths, relative to the file that names them (in Python: to the working directory), and kept as
    absolute ones; the travel table is about the zones that remain. Communes within ``halo_minutes`` of the territory
    take part in the run and count in its costs only, and so do the zones of ``leave_out`` where there is a halo.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            exactly_one(tuple(WAYS)), *(where(given(key), halo_minutes={"enum": [0, None]}) for key in _NO_HALO)
        )
    )

    france: Literal[True] | None = Field(None, description="true: all communes of France")
    csv: Text | None = Field(
        None, description="file with zones of your own: columns zone,name,lon,lat,area_km2,age,count"
    )
    travel_csv: Text | None = Field(
        None, description="file with minutes of your own: columns from_zone,to_zone,minutes; replaces those of the data"
    )
    cutoff_minutes: Annotated[
        float, Field(gt=0, le=120, description="minutes beyond which no resident looks for a GP")
    ] = 30.0
    quarters: Annotated[tuple[QuarterSpec, ...], Field(min_length=1)] | None = Field(
        None, description="parts of zones that become zones of their own"
    )
    leave_out: _ListOfCodes = Field(None, description="zones that take no part, e.g. the rest of a town")
    halo_minutes: Annotated[float, Field(ge=0, le=MAX_HALO_MINUTES)] | None = Field(
        None, description="communes so many minutes around take part in the run, and count in its costs only"
    )

    @field_validator("halo_minutes")
    @classmethod
    def _of_bundled_communes(cls, value: float | None, info: ValidationInfo) -> float | None:
        for key in _NO_HALO if value else ():
            if info.data.get(key):
                raise ValueError(f"{_NO_HALO[key]}: leave it out, or {key}")
        return value

    @field_validator("france", mode="before")
    @classmethod
    def _no_number(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):  # 1 equals True
            raise ValueError(f"must be true, not {value}")
        return value

    @field_validator(*CSV_KEYS, mode="before")
    @classmethod
    def _whole_path(cls, value: Any) -> Any:
        if not value or not isinstance(value, str | os.PathLike):
            return value
        if not is_path(value):
            raise ValueError(f"no file can be called {os.fspath(value)!r}")
        return os.path.abspath(value)

    @model_validator(mode="after")
    def _one(self) -> TerritorySpec:
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of {', '.join(WAYS)}" + (f" (given: {', '.join(given)})" if given else "")
            )
        return self

    @model_validator(mode="after")
    def _by_code(self) -> TerritorySpec:
        """Names become codes; what names nothing, or several places, is left for building the territory to refuse."""
        for key in KINDS:
            given = getattr(self, key)
            if given is not None:
                codes = code_named(given, key) if isinstance(given, str) else tuple(code_named(c, key) for c in given)
                self.__dict__[key] = codes
        if self.quarters is not None:
            whole = self._names_of(self._whole_names)
            self.__dict__["quarters"] = tuple(q.within(whole) for q in self.quarters)
        if self.leave_out is not None:
            self.__dict__["leave_out"] = self._names_of(lambda: self._whole_names() | self._quarter_names()).zones(
                self.leave_out
            )
        return self

    @model_serializer(mode="wrap")
    def _stated(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Scenarios keep the digest that they had before there were these ways to name a territory, and halos."""
        return {name: value for name, value in dump(self).items() if name not in _LATER or value}

    def zone_names(self) -> ZoneNames:
        """What the zones are called, quarters among them; nothing is read before a name is asked for."""
        gone = set(self.leave_out or ())
        return self._names_of(
            lambda: {z: n for z, n in (self._whole_names() | self._quarter_names()).items() if z not in gone}
        )

    def _names_of(self, read: Callable[[], dict[str, str]]) -> ZoneNames:
        return ZoneNames(read, any_text=self.way == "csv")

    def _quarter_names(self) -> dict[str, str]:
        return {quarter.code: quarter.name for quarter in self.quarters or ()}

    def _whole_names(self) -> dict[str, str]:
        """Names of the zones of the whole territory; none of one that cannot be built, as its problems say."""
        if self.csv is not None:
            # a bare name stands for a file that lies elsewhere, in what a results folder says
            return {} if outside(self.csv) or not os.path.isabs(self.csv) else names_in_csv(self.csv)
        if self.way not in KINDS:
            country = next(country for country in COUNTRIES if country.key == self.way)
            zones = tuple(map(str, zones_of_country(country).index))
            return _names(country.commune.key, zones)
        kind = KINDS[self.way]
        zones = tuple(zone for code in self._present.values() for zone in zones_of_code(kind, code))
        return _names(country_of(self.way).commune.key, zones)

    @property
    def _present(self) -> dict[str, str]:
        """What the given codes that are known stand for: themselves, or the commune that a former one is a part of."""
        given, known = getattr(self, self.way), names_of_kind(self.way)
        present = {code: self._successor(code) for code in ((given,) if isinstance(given, str) else given)}
        return {code: one for code, one in present.items() if one in known}

    def _successor(self, code: str) -> str:
        country = country_of(self.way)
        present = present_commune(code, country) if KINDS[self.way] is country.commune else None
        return code if code in names_of_kind(self.way) or present is None else present.code

    @property
    def called(self) -> dict[str, str]:
        """Names of the codes that are given, of a commune that exists no more its successor's."""
        return {code: names_of_kind(self.way)[one] for code, one in self._present.items()} if self.way in KINDS else {}

    @property
    def way(self) -> str:
        """The key of `WAYS` that is given."""
        return next(way for way in WAYS if getattr(self, way) is not None)

    @property
    def group(self) -> str | None:
        """Code of the group of communes that is the territory, None where it is no such group."""
        code: str | None = getattr(self, self.way) if WAYS[self.way].group else None
        return code

    def whole(self, year: int) -> Territory:
        """The territory that is named, before quarters, left out zones and the travel table.

        ``year``: residents are those of its 1 January; those of a file are what it says.
        """
        way = WAYS[self.way]
        of_year = {} if self.csv is not None else {"year": year}
        territory = way.make(getattr(self, self.way), cutoff_minutes=self.cutoff_minutes, **of_year)
        return with_halo(territory, self.halo_minutes, year=year) if self.halo_minutes else territory

    def problems(self, whole: Territory) -> list[tuple[Location, str]]:
        """What keeps quarters from being carved out of the whole territory, or zones from being left out."""
        quarters = [q.quarter() for q in self.quarters or ()]
        found: list[tuple[Location, str]] = [
            (("territory", "quarters", i, field), what) for i, field, what in whole.quarter_problems(quarters)
        ]
        zones = {*whole.zones, *(q.code for q in quarters)}
        gone = self.leave_out or ()
        for i, code in enumerate(gone):
            if code not in zones and len(found) <= MAX_PROBLEMS:
                what = f"unknown zone {code!r} in this territory{zone_hint(code, zones)}"
                found.append((("territory", "leave_out", i), what))
            elif code in gone[:i]:
                found.append((("territory", "leave_out", i), f"zone {code!r} is given twice"))
        if zones <= set(gone):
            found.append((("territory", "leave_out"), "no zone is left"))
        return found
