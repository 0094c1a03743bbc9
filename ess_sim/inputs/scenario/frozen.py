"""Immutable models: lists become tuples, mappings become read-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ess_sim.errors import ScenarioError
from ess_sim.inputs.documents.fitting import fitted
from ess_sim.inputs.documents.nodes import tree_of
from ess_sim.inputs.documents.validate import problems_of

__all__ = ["Frozen", "FrozenDict", "fields_in_depth", "frozen", "json_text", "plain"]


Key = TypeVar("Key")
Value = TypeVar("Value")


class FrozenDict(dict[Key, Value]):
    """A dict that refuses every change, and can therefore be hashed.

    Examples
    --------
    >>> values = FrozenDict(settle_probability=0.1)
    >>> hash(values) == hash(FrozenDict({"settle_probability": 0.1}))
    True
    >>> values["settle_probability"] = 0.2
    Traceback (most recent call last):
    TypeError: a scenario never changes: make another one, e.g. with Scenario.with_parameters
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a scenario never changes: make another one, e.g. with Scenario.with_parameters")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def frozen(value: Any) -> Any:
    """The value with its lists, mappings and sets, at any depth, made ones that never change."""
    if isinstance(value, FrozenDict):
        return value
    if isinstance(value, dict):
        return FrozenDict({key: frozen(inner) for key, inner in value.items()})
    if isinstance(value, list) or type(value) is tuple:
        return tuple(map(frozen, value))
    return frozenset(value) if isinstance(value, set) else value


class Frozen(BaseModel):
    """Part of a scenario: never changed, no unknown keys, no silent conversion of types.

    Made from what a scenario file may say: lists, mappings, dates written as text.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each ``where: what``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ScenarioError(problems_of(error, type(self), tree_of(data))) from None

    # pydantic's mark of an __init__ that validates and does no more: a model inside another one reports to the outer
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="before")
    @classmethod
    def _as_files_say_it(cls, data: Any) -> Any:
        return fitted(data, cls)

    @model_validator(mode="after")
    def _freeze(self) -> Self:
        self.__dict__.update({name: frozen(value) for name, value in self.__dict__.items()})
        return self

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """As the class itself, of one mapping.

        Raises
        ------
        ScenarioError
            With everything that is wrong, each ``where: what``.
        """
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise ScenarioError(problems_of(error, cls, tree_of(obj))) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced, which are not validated (`Scenario.with_` validates)."""
        return super().model_copy(update={name: frozen(v) for name, v in (update or {}).items()}, deep=deep)


def fields_in_depth(model: Frozen) -> dict[str, Any]:
    """What to make a model of once more, with the models in it taken apart as well."""
    return {name: _apart(getattr(model, name)) for name in type(model).model_fields}


def _apart(value: Any) -> Any:
    if isinstance(value, Frozen):
        return fields_in_depth(value)
    if type(value) is tuple:
        return tuple(map(_apart, value))
    return {key: _apart(inner) for key, inner in value.items()} if isinstance(value, FrozenDict) else value


def plain(model: BaseModel) -> dict[str, Any]:
    """A model as plain data (JSON types); sets, whose own order differs from process to process, as sorted lists."""
    ordered: dict[str, Any] = _sets_sorted(model.model_dump(mode="json", warnings=False), model)  # tuples for lists
    return ordered


def _sets_sorted(dumped: Any, value: Any) -> Any:
    """What was dumped of a value, with sorted lists where the value holds sets."""
    if isinstance(dumped, dict) and isinstance(value, BaseModel):
        return {key: _sets_sorted(inner, getattr(value, key, None)) for key, inner in dumped.items()}
    if isinstance(dumped, dict) and isinstance(value, Mapping) and len(dumped) == len(value):
        pairs = zip(dumped.items(), value.values(), strict=True)
        return {key: _sets_sorted(inner, given) for (key, inner), given in pairs}
    if isinstance(dumped, list) and isinstance(value, tuple | list | frozenset | set) and len(dumped) == len(value):
        items = [_sets_sorted(inner, given) for inner, given in zip(dumped, value, strict=True)]
        return sorted(items, key=json_text) if isinstance(value, frozenset | set) else items
    return dumped


def json_text(value: Any, *, sort_keys: bool = True) -> str:
    """Plain data as one text, the same in every process; what is no plain data stands as its ``str``."""
    return json.dumps(value, sort_keys=sort_keys, default=_plainer)


def _plainer(value: Any) -> Any:
    return sorted(value, key=json_text) if isinstance(value, frozenset | set) else str(value)
