"""Mistakes in a policy class of the user's own that would change results in silence: found before a run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, get_args

from ess_sim.errors import did_you_mean
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.own_code import is_own

__all__ = ["own_faults"]


BEGINNINGS, ENDS = ("starts", "opens"), ("ends", "closes")
"""Fields whose dates `Policy.first_day` and `Policy.last_day` go by."""


@lru_cache(maxsize=256)
def own_faults(cls: type[Policy]) -> tuple[tuple[Location, str], ...]:
    """What is wrong with a class, at its fields; nothing of the package's own classes."""
    if not is_own(cls):
        return ()
    return (*_dates(cls), *_levers(cls), *_act(cls))


def _own(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if issubclass(base, Policy) and is_own(base)]


def _functions(cls: type) -> Iterator[FunctionType]:
    """The functions that a class has of itself and of its own bases, also behind decorators."""
    seen: set[str] = set()
    for base in _own(cls):
        for value in (value for name, value in vars(base).items() if name not in seen):
            inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", value)
            if isinstance(inner, FunctionType):
                yield inspect.unwrap(inner)
        seen.update(vars(base))


def _dates(cls: type[Policy]) -> Iterator[tuple[Location, str]]:
    """Dates that decide nothing, such as a ``start`` that was meant as ``starts``."""
    dates = [name for name, field in cls.model_fields.items() if _is_date(field.annotation)]
    other = [name for name in dates if name not in (*BEGINNINGS, *ENDS)]
    defined = {name for base in _own(cls) for name in vars(base)}
    begins = "first_day" in defined or any(name in dates for name in BEGINNINGS)
    ends = "last_day" in defined or any(name in dates for name in ENDS)
    read = set().union(*(_words(function.__code__) for function in _functions(cls)))
    for name in other:
        known = (*(() if begins else BEGINNINGS), *(() if ends else ENDS))
        hint = did_you_mean(name, known)
        if not begins:
            yield (
                (name,),
                f"{cls.__name__} would act from the first day of the run, as no date says when it begins{hint}: call "
                f"the field starts or opens, or write first_day",
            )
        elif name not in read:
            yield (
                (name,),
                f"nothing in {cls.__name__} reads this date{hint}: only starts, opens, ends and closes act alone",
            )


def _is_date(kind: Any) -> bool:
    return (isinstance(kind, type) and issubclass(kind, date)) or any(map(_is_date, get_args(kind)))


def _words(code: CodeType) -> set[str]:
    """Names and texts in code and in the code within it."""
    words = {*code.co_names, *(const for const in code.co_consts if isinstance(const, str))}
    return words.union(*(_words(const) for const in code.co_consts if isinstance(const, CodeType)))


def _levers(cls: type[Policy]) -> Iterator[tuple[Location, str]]:
    """A lever that is bent in a statement of its own, without ``with``; where the source is known."""
    for function in _functions(cls):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, TypeError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("levers.bend"):
                yield (
                    (),
                    f"{cls.__name__}.{function.__name__} bends a lever without a with statement, which does nothing: "
                    f"write with {ast.unparse(call.func)}(...):",
                )


def _act(cls: type[Policy]) -> Iterator[tuple[Location, str]]:
    """A method ``act`` that is missing, or that no run could go through step by step."""
    if cls.act is Policy.act:
        yield (), f"{cls.__name__} has no method act: a policy without it does nothing"
    elif isinstance(cls.act, FunctionType) and _is_asynchronous(inspect.unwrap(cls.act)):
        yield (), f"{cls.__name__}.act is asynchronous: write def act, and yield world.at(…)"


def _is_asynchronous(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
