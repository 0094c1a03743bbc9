"""Plain data fitted to strict models: lists become the tuples, and texts the dates, that a field is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from numbers import Integral
from typing import Any, get_origin

from pydantic import BaseModel, TypeAdapter

from ess_sim.inputs.documents.wishes import Typed, is_model, key_types_in, types_in

__all__ = ["fitted"]


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = (str, int, float, bool, type(None))


def fitted(data: Any, model: type[BaseModel]) -> Any:
    """A model's fields as its strict validation takes them; what does not fit is left for it to refuse.

    Examples
    --------
    >>> from datetime import date
    >>> class Wave(BaseModel):
    ...     opens: date
    ...     zones: tuple[str, ...]
    >>> fitted({"opens": "2026-01-01", "zones": ["53130"]}, Wave)
    {'opens': datetime.date(2026, 1, 1), 'zones': ('53130',)}
    """
    return _fitted(data, [(model, ())], frozenset())


def _fitted(value: Any, kinds: Sequence[Typed], around: frozenset[int]) -> Any:
    if id(value) in around:  # it contains itself: nothing fits it
        return value
    if type(value) in (dict, list, tuple):
        around = around | {id(value)}
    if type(value) is dict:
        keys = key_types_in(kinds)
        return {_scalar(k, keys, key=True): _fitted(inner, types_in(kinds, k), around) for k, inner in value.items()}
    if type(value) is list:
        items = [_fitted(item, types_in(kinds, i), around) for i, item in enumerate(value)]
        wanted: set[Any] = {get_origin(kind) or kind for kind, _ in kinds}
        made = next((m for m in (tuple, frozenset, set) if m in wanted), None) if list not in wanted else None
        with suppress(TypeError):  # of items that no set can hold
            return made(items) if made else items
        return items
    if type(value) is tuple:
        return tuple(_fitted(item, types_in(kinds, i), around) for i, item in enumerate(value))
    return _scalar(value, kinds)


def _scalar(value: Any, kinds: Sequence[Typed], *, key: bool = False) -> Any:
    """A scalar as a type that no file can write, or as the text for which YAML took it for a date."""
    types = [kind for kind, _ in kinds]
    if isinstance(value, Integral) and not isinstance(value, int) and Any not in types:
        value = int(value)  # numpy's whole numbers are no int
    if type(value) is date:
        return value.isoformat() if str in types and date not in types else value
    if type(value) not in (str, int, float) or Any in types or type(value) in types:
        return value
    for kind in types:
        if kind is date:
            if isinstance(value, str) and _DATE.fullmatch(value):
                with suppress(ValueError):
                    return date.fromisoformat(value)
        elif isinstance(kind, type) and not is_model(kind) and (key or kind not in _PLAIN) and get_origin(kind) is None:
            with suppress(Exception):  # of whatever a user's own type raises
                return TypeAdapter(kind).validate_python(value)
    return value
