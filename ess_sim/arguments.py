"""Arguments of public functions, checked against the annotations before anything is done with them.

An argument of the wrong type would otherwise fail far inside, in another library's words, or be taken for something
else: any text is true, any unknown name selects nothing.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
import reprlib
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from ess_sim.errors import ArgumentError, did_you_mean, shortened

__all__ = ["checked", "given", "is_path"]


Checked = TypeVar("Checked", bound=Callable[..., Any])

_MADE_BY = {
    "Batch": "read_batch reads one from a file",
    "Calibration": "read_calibration reads one from a file",
    "Posterior": "Posterior.read reads one from a folder or a file, or 'national'",
    "Results": "Results.read reads them from a folder",
    "Outcomes": "Results.read reads them from a folder",
    "Paired": "Results.read reads them from a folder",
    "Drawn": "Results.read reads them from a folder",
    "Scenario": "read_scenario reads one from a file, Scenario(…) makes one of what a file would say",
    "Territory": "e.g. Territory.from_epci makes one",
}
"""How to come by what a function takes."""


def checked(function: Checked) -> Checked:
    """A function, or a class with its own ``__init__``, that refuses arguments which its annotations do not allow.

    Annotations are read at the first call. What cannot be checked without using it (the elements of an iterator, the
    results of a callable) is not; numbers may be numpy's; NaN is no number.

    Examples
    --------
    >>> @checked
    ... def double(number: int, *, loud: bool = False) -> int:
    ...     return 2 * number
    >>> double(2, loud="no")
    Traceback (most recent call last):
    ess_sim.errors.ArgumentError: double: loud must be True or False, not 'no'
    >>> double(2, luod=True)
    Traceback (most recent call last):
    ess_sim.errors.ArgumentError: double has no argument 'luod' (did you mean 'loud'?)
    """
    if isinstance(function, type):
        own: Any = function
        own.__init__ = _checked(own.__init__, own.__qualname__, own if "__dataclass_fields__" in vars(own) else None)
        return function
    return typing.cast(Checked, _checked(function, function.__qualname__))


def _checked(function: Any, name: str, fields_of: type | None = None) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        signature, hints = _signature(function, fields_of)
        if found := _problems(signature, hints, name, args, kwargs):
            raise ArgumentError("\n".join(found))
        return function(*args, **kwargs)

    return call


def given(value: object) -> str:
    """A value as messages show it: short, printable, and never more than its type for what is no plain data.

    >>> given("x" * 100), given(object())
    ("'xxxxxxxxxxxx...xxxxxxxxxxxxx'", 'an object')
    """
    if value is None or isinstance(value, bool | int | float | str | bytes | list | tuple | dict | set | os.PathLike):
        try:
            return shortened(reprlib.repr(value))
        except Exception:  # an object inside whose repr fails
            return f"a {type(value).__name__}"
    return _a(f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__)


def _problems(
    signature: inspect.Signature, hints: Mapping[str, Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[str]:
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        unknown = [key for key in kwargs if key not in signature.parameters]
        names = [key for key in signature.parameters if key not in ("self", "cls")]
        return [f"{name} has no argument {key!r}{did_you_mean(key, names)}" for key in unknown] or [f"{name}: {error}"]
    found = []
    for key, value in bound.arguments.items():
        kind = hints.get(key, Any)
        if signature.parameters[key].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        if not _fits(value, kind) or (
            isinstance(value, str | os.PathLike) and _takes_a_path(kind) and not is_path(value)
        ):
            found.append(f"{name}: {key} must be {_words(kind)}, not {given(value)}{_hint(kind, value)}")
    return found


@functools.cache
def _signature(function: Any, fields_of: type | None) -> tuple[inspect.Signature, dict[str, Any]]:
    """Parameters and what they may be; of a data class its fields', which may come from another module."""
    return inspect.signature(function), typing.get_type_hints(fields_of or function, include_extras=True)


# --- whether a value fits an annotation


def _fits(value: Any, kind: Any) -> bool:
    if kind is str:  # most often
        return isinstance(value, str)
    if kind is Any or isinstance(kind, TypeVar):
        return True
    origin = get_origin(kind)
    if origin is Annotated:
        return _fits(value, get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in get_args(kind))
    if kind is None or kind is type(None):
        return value is None
    if origin is not None and isinstance(origin, type):
        return _fits_generic(value, origin, get_args(kind))
    return _is_a(value, kind)


def _takes_a_path(kind: Any) -> bool:
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    classes = (get_origin(one) or one for one in kinds)
    return any(isinstance(one, type) and issubclass(one, os.PathLike) for one in classes)


def is_path(value: str | os.PathLike[str]) -> bool:
    """Whether a text can be the name of a file at all."""
    try:
        name = os.fsencode(value)
    except (TypeError, UnicodeEncodeError):
        return False
    return bool(name) and b"\0" not in name


def _is_a(value: Any, kind: Any) -> bool:
    """Whether a value is of a class without parameters."""
    is_bool = isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")
    if kind is bool:
        return is_bool
    if kind is int:
        return not is_bool and _whole(value)
    if kind is float:
        try:
            return not is_bool and (_whole(value) or hasattr(value, "is_integer")) and float(value) == float(value)
        except (OverflowError, TypeError):
            return False
    return not isinstance(kind, type) or isinstance(value, kind)


def _whole(value: Any) -> bool:
    try:
        return isinstance(operator.index(value), int) and not isinstance(value, type)
    except Exception:
        return False


def _fits_generic(value: Any, origin: type, args: tuple[Any, ...]) -> bool:
    """Whether a value is of a class with parameters."""
    if issubclass(origin, Mapping):
        fits = isinstance(value, origin) and all(_fits(key, args[0]) for key in value)
        return fits and (args[1] is Any or all(_fits(inner, args[1]) for inner in value.values()))
    if origin is tuple and args[1:] != (Ellipsis,):
        return isinstance(value, tuple) and len(value) == len(args) and all(map(_fits, value, args))
    if not _holds_elements(origin):
        return isinstance(value, origin)
    if isinstance(value, str | bytes | Mapping) or not (isinstance(value, origin) or _like_a_sequence(value, origin)):
        return False
    return not args or not isinstance(value, Collection) or all(_fits(one, args[0]) for one in value)


def _holds_elements(origin: type) -> bool:
    """Whether the first parameter of a class says what its elements are."""
    return origin.__module__ in ("builtins", "collections.abc") and issubclass(origin, Iterable)


def _like_a_sequence(value: Any, origin: type) -> bool:
    """Arrays and indices of one dimension are sequences in all but name."""
    return origin is Sequence and getattr(value, "ndim", 0) == 1 and hasattr(value, "dtype")


# --- what an annotation says, in words

_PLAIN = {bool: "True or False", int: "a whole number", float: "a number", str: "a text", None: "None", Any: "anything"}
_NAMES = {
    **dict.fromkeys(("Drawn", "Outcomes", "Paired", "Results"), "Results"),
    "RunTables": "a Run",
    "ndarray": "an array",
}


def _words(kind: Any) -> str:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _words(args[0])
    if origin in (Union, types.UnionType):
        return _or(dict.fromkeys(_words(one) for one in args if one is not type(None))) + (
            ", or None" if type(None) in args else ""
        )
    if origin is Literal:
        return _or(map(repr, args))
    if isinstance(origin, type):
        if issubclass(origin, os.PathLike):
            return "a path"
        if issubclass(origin, Mapping):
            return f"a mapping of {_many(args[0])} to {_many(args[1])}"
        if issubclass(origin, Callable):  # type: ignore[arg-type]
            return "a function"
        if _holds_elements(origin) and args:
            return f"a {'tuple' if origin is tuple else 'sequence'} of {_many(args[0])}"
        return _NAMES.get(origin.__name__) or _a(origin.__name__)
    if kind in _PLAIN:
        return _PLAIN[kind]
    name = getattr(kind, "__name__", str(kind))
    return "a path" if isinstance(kind, type) and issubclass(kind, os.PathLike) else _NAMES.get(name) or _a(name)


def _many(kind: Any) -> str:
    names = {bool: "booleans", int: "whole numbers", float: "numbers", str: "texts", Any: "values"}
    origin, args = get_origin(kind), get_args(kind)
    if kind in names:
        return names[kind]
    if origin in (Union, types.UnionType):
        return " or ".join(map(_many, args))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mappings of {_many(args[0])} to {_many(args[1])}"
    if isinstance(origin, type) and _holds_elements(origin) and args:
        return f"sequences of {_many(args[0])}"
    return "paths" if isinstance(kind, type) and issubclass(kind, os.PathLike) else f"{kind.__name__} objects"


def _or(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _a(name: str) -> str:
    return name if name.startswith("the ") else f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _hint(kind: Any, value: object) -> str:
    """The nearest of the names that are allowed, or how to come by what is wanted."""
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    allowed = [str(name) for one in kinds if get_origin(one) is Literal for name in get_args(one)]
    made = [_MADE_BY[one.__name__] for one in kinds if getattr(one, "__name__", "") in _MADE_BY]
    return did_you_mean(value, allowed) if allowed else f" ({made[0]})" if made else ""
