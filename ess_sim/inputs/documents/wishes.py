"""What a model would have accepted at a place, in words."""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ess_sim.errors import did_you_mean, shortened
from ess_sim.inputs.documents.nodes import (
    Location,
    Node,
    ScalarNode,
)

__all__ = ["Typed", "hint_for", "is_model", "key_types_in", "keys_at", "types_at", "types_in", "wish_for"]


Typed = tuple[Any, tuple[Any, ...]]
"""A concrete type (no union, no Annotated) and the metadata written around it."""


def _origin(annotation: Any) -> Any:  # typed so that it may be compared with anything
    return get_origin(annotation)


def _concrete(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[Typed]:
    flat = [m for item in metadata for m in (item.metadata if isinstance(item, FieldInfo) else [item])]
    origin = _origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _concrete(inner, [*flat, *more])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _concrete(option, flat)
    elif isinstance(annotation, type) and hasattr(annotation, "written_as"):  # a type that files write as another one
        yield from _concrete(annotation.written_as, flat)
    else:
        yield annotation, tuple(flat)


def is_model(annotation: Any) -> bool:
    """Whether an annotation is a model's class."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def types_at(model: type[BaseModel], path: Location) -> list[Typed]:
    """Every type that the value at ``path`` may have."""
    current: list[Typed] = [(model, ())]
    for part in path:
        current = types_in(current, part)
    return current


def types_in(kinds: Iterable[Typed], part: str | int) -> list[Typed]:
    """Every type that one entry of a value of these types may have."""
    return [inner for annotation, _ in kinds for inner in _types_in(annotation, part)]


@functools.lru_cache(maxsize=1024)  # each policy of each scenario asks again
def _types_of_field(model: type[BaseModel], part: str | int) -> tuple[Typed, ...]:
    info = model.model_fields.get(part) if isinstance(part, str) else None
    return () if info is None else tuple(_concrete(info.annotation, info.metadata))


def _types_in(annotation: Any, part: str | int) -> Iterator[Typed]:
    """Every type that one entry of a model, a mapping or a list may have."""
    args = () if _origin(annotation) is Literal else get_args(annotation)
    is_tuple = _origin(annotation) is tuple
    if is_model(annotation):
        yield from _types_of_field(annotation, part)
    elif isinstance(part, str):
        yield from _concrete(args[1]) if len(args) == 2 and not is_tuple else ()
    elif is_tuple and args and args[-1] is not Ellipsis:
        yield from _concrete(args[part]) if part < len(args) else ()
    elif args:
        yield from _concrete(args[0])


def keys_at(model: type[BaseModel], path: Location) -> list[str]:
    """Keys that the mapping at ``path`` may have; empty where any text will do."""
    return [str(choice) for keys, _ in key_types_in(types_at(model, path)) for choice in _choices(keys)]


def key_types_in(kinds: Iterable[Typed]) -> list[Typed]:
    """Every type that the keys of a mapping of these types may have."""
    mappings = [get_args(t) for t, _ in kinds if isinstance(_origin(t), type) and issubclass(_origin(t), Mapping)]
    return [key for keys, _ in mappings for key in _concrete(keys)]


def _limits(metadata: Iterable[Any]) -> dict[str, Any]:
    names = ("ge", "gt", "le", "lt")
    return {n: limit for item in metadata for n in names if (limit := getattr(item, n, None)) is not None}


def _is_share(limits: Mapping[str, Any]) -> bool:
    return limits.get("ge") == 0 and limits.get("le") == 1


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The values that may be chosen from; () where any value of the type will do."""
    if _origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def wish_for(annotation: Any, metadata: Iterable[Any]) -> str:
    """What is wanted, e.g. ``a whole number from 1 to 60``; '' where no words are known."""
    plain = {
        bool: "true or false",
        str: "text",
        int: "a whole number",
        float: "a number",
        Decimal: "a number",
        date: "a date such as 2017-06-15",
    }
    base = _origin(annotation) or annotation
    if choices := _choices(annotation):
        *most, last = [repr(v) if isinstance(v, str) else str(v).lower() for v in choices]
        return f"{', '.join(most)} or {last}" if most else last
    if not isinstance(base, type):
        return ""
    if base in plain:
        return plain[base] + ("" if base in (bool, str) else _range(_limits(metadata)))
    if issubclass(base, BaseModel | Mapping):
        return "a mapping of keys and values"
    return "a list" if issubclass(base, Sequence | set | frozenset) else ""


def _range(limits: Mapping[str, Any]) -> str:
    if "ge" in limits and "le" in limits:
        return f" from {limits['ge']} to {limits['le']}"
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    words = [f"{sign} {limits[name]}" for name, sign in signs.items() if name in limits]
    return f" {' and '.join(words)}" if words else ""


_TEXT_NUMBER = re.compile(r"\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*(\D{0,30})", re.DOTALL)
_FRENCH_DATE = re.compile(r"\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\s*")


def hint_for(node: Node, wanted: Sequence[Typed]) -> str:
    """How to write what was probably meant, e.g. ``: write it in quotes: "53130"``."""
    if not isinstance(node, ScalarNode):
        return ""
    value = node.value
    kinds = [t for t, _ in wanted]
    limits = [_limits(m) for t, m in wanted if t in (int, float, Decimal)]
    share = any(map(_is_share, limits))
    in_list = ": write it in a list, with a dash or in brackets" if {list, tuple} & set(map(_origin, kinds)) else ""
    if value is None:
        return ": give a value, or remove the key"
    if not isinstance(value, str):
        if str in kinds and isinstance(value, int | float | date):
            return f': write it in quotes: "{shortened(node.raw, 40)}"'
        if share and isinstance(value, int | float) and 1 < value <= 100:
            return _percent(value, f"{node.raw} %")
        whole = isinstance(value, float) and value.is_integer() and int in kinds and float not in kinds
        return f": write {int(value)}" if whole else in_list  # type: ignore[arg-type]
    if limits and (match := _TEXT_NUMBER.fullmatch(value)):
        number, unit = match[1].replace(",", ".").lstrip("+"), match[2].strip()
        whole_only = not {float, Decimal} & {*kinds}
        if unit == "%" and (share or not whole_only):
            return _percent(float(number), value.strip(), share=share)
        if whole_only:
            if not float(number).is_integer():
                return ": only whole numbers fit here; decimals take a point, not a comma" if "," in match[1] else ""
            number = number.partition(".")[0]
        if unit:
            return f": the unit is implied: write {number}"
        return f": write {number}{' with a point' if ',' in match[1] and '.' in number else ' without quotes'}"
    if date in kinds and (match := _FRENCH_DATE.fullmatch(value)):
        return f": write {match[3]}-{match[2]:0>2}-{match[1]:0>2}"
    return did_you_mean(value[:200], (str(choice) for kind in kinds for choice in _choices(kind))) or in_list


def _percent(percent: float, written: str, *, share: bool = True) -> str:
    part = f"{percent / 100:.6f}".rstrip("0").rstrip(".")
    return f": {'a share lies between 0 and 1' if share else 'in parts of 1'}: write {part} for {written}"
