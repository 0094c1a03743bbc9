"""Numbers that someone must be able to defend, with their sources; zones, which a scenario may call by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ess_sim.errors import ScenarioError
from ess_sim.inputs.documents.wishes import Typed, key_types_in, types_in
from ess_sim.inputs.scenario.frozen import Frozen, FrozenDict, frozen
from ess_sim.inputs.territory.hints import ZoneNames

__all__ = ["Count", "Frozen", "Grade", "Rate", "Sourced", "Text", "ZoneCode", "with_zone_codes"]


Grade = Literal["A", "B", "C", "D"]
Text = Annotated[str, Field(min_length=1)]
_ZONE = "names a zone"
ZoneCode = Annotated[str, Field(min_length=1), _ZONE]
"""Code of a zone. Written as the zone's name, it becomes the code in a scenario."""


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


_ZONE_FIELDS = ("zone", "zones")
"""Fields that name zones whatever their type says: a user's own policy may call a `ZoneCode` a ``str``."""


def with_zone_codes(value: Any, names: ZoneNames, kinds: Sequence[Typed] = (), field: str = "") -> Any:
    """A part of a scenario with the codes of zones for their names; the very same object where nothing is to do.

    ``kinds``: what the value may be, in ``field`` of the model that holds it.
    """
    if isinstance(value, BaseModel):
        changed = {}
        for name in type(value).model_fields:
            old = getattr(value, name, None)
            new = with_zone_codes(old, names, types_in([(type(value), ())], name), name)
            if new is not old:
                changed[name] = new
        try:
            return value.model_copy(update=changed) if changed else value
        except ScenarioError:  # of a policy made without its checks: they say what is wrong with it
            return value
    if isinstance(value, str):
        zone = any(kind is str and (_ZONE in meta or field in _ZONE_FIELDS) for kind, meta in kinds)
        code = names.zone(value) if zone else value
        return value if code == value else code
    if isinstance(value, FrozenDict) and any(_ZONE in meta for _, meta in key_types_in(kinds)):
        codes = {key: names.zone(key) for key in value}
        twice = len(set(codes.values())) < len(codes)  # left as it is, for the checks to refuse
        return (
            value if twice or all(a == b for a, b in codes.items()) else frozen({codes[k]: v for k, v in value.items()})
        )
    if type(value) is tuple and value:
        items = types_in(kinds, 0)
        if all(isinstance(item, str) for item in value):
            zones = any(kind is str and (_ZONE in meta or field in _ZONE_FIELDS) for kind, meta in items)
            codes = names.zones(value) if zones else value
            return value if codes == value else codes
        new = tuple(with_zone_codes(item, names, types_in(kinds, i), field) for i, item in enumerate(value))
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    return value
