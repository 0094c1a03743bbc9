"""Numbers that someone must be able to defend, with their sources; zones, which a scenario may call by their names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ess_sim.errors import ScenarioError
from ess_sim.inputs.documents.wishes import Typed, types_in
from ess_sim.inputs.scenario.frozen import Frozen
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

    source: Text
    grade: Grade


class Count(Sourced):
    """A number of persons or posts."""

    count: Annotated[int, Field(ge=0, le=1_000_000)]


class Rate(Sourced):
    """A number of events a year."""

    per_year: Annotated[float, Field(ge=0, le=1_000_000)]


_ZONE_FIELDS = ("zone", "zones")
"""Fields that name zones whatever their type says: a user's own policy may call a `ZoneCode` a ``str``."""


def with_zone_codes(value: Any, names: ZoneNames, kinds: Sequence[Typed] = (), field: str = "") -> Any:
    """A part of a scenario with the codes of zones for their names; the very same object where nothing is to do.

    ``kinds``: what the value may be, in ``field`` of the model that holds it.
    """
    if isinstance(value, BaseModel):
        old = {name: getattr(value, name, None) for name in _kinds_by_field(type(value))}
        new = {n: with_zone_codes(old[n], names, kinds, n) for n, kinds in _kinds_by_field(type(value)).items()}
        changed = {name: new[name] for name in old if new[name] is not old[name]}
        try:
            return value.model_copy(update=changed) if changed else value
        except ScenarioError:  # of a policy made without its checks: they say what is wrong with it
            return value
    if isinstance(value, str):
        code = names.zone(value) if _name_zones(kinds, field) else value
        return value if code == value else code
    if type(value) is tuple and value and all(isinstance(item, str) for item in value):
        codes = names.zones(value) if _name_zones(types_in(kinds, 0), field) else value
        return value if codes == value else codes
    if type(value) is tuple and value:
        items = tuple(with_zone_codes(item, names, types_in(kinds, i), field) for i, item in enumerate(value))
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


@lru_cache(maxsize=512)
def _kinds_by_field(model: type[BaseModel]) -> dict[str, list[Typed]]:
    """What each field of a model may hold."""
    return {name: types_in([(model, ())], name) for name in model.model_fields}


def _name_zones(kinds: Sequence[Typed], field: str) -> bool:
    """Whether texts of these types, in this field, name zones."""
    return any(kind is str and (_ZONE in meta or field in _ZONE_FIELDS) for kind, meta in kinds)
