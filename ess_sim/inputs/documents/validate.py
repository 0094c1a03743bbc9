"""Trees of users' files become models, or problems that say in plain words what is wrong, where, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ess_sim.errors import Problem, did_you_mean
from ess_sim.inputs.documents.nodes import (
    MAX_PROBLEMS,
    ListNode,
    Location,
    MappingNode,
    Mark,
    Node,
    described,
    entry,
    is_refused,
    problem_at,
)
from ess_sim.inputs.documents.scalars import REFUSED
from ess_sim.inputs.documents.wishes import (
    Typed,
    hint_for,
    is_model,
    key_types_in,
    keys_at,
    types_at,
    wish_for,
)

__all__ = ["MISSING", "problems_of", "validated"]


MISSING = "this key is required, and missing"
Model = TypeVar("Model", bound=BaseModel)


def validated(
    model: type[Model], node: Node, at: Location = (), *, partial: bool = False, beside: Sequence[str] = ()
) -> tuple[Model | None, list[Problem]]:
    """The model that the tree at ``at`` describes, or None and all that is wrong with it.

    Where an extended file is missing (``partial``), nothing is said of what it might have held. Keys that are allowed
    ``beside`` the model's fields are suggested, too.
    """
    try:
        value = model.__pydantic_validator__.validate_python(_plain(node))
    except ValidationError as error:
        return None, problems_of(error, model, node, at, partial=partial, beside=beside)
    # a field of any type would accept a refused value
    return (None if _holds_refused(node) else value), []


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    node: Node,
    at: Location = (),
    *,
    partial: bool = False,
    beside: Sequence[str] = (),
) -> list[Problem]:
    """What pydantic finds wrong with the tree at ``at``, in plain words; parameters as `validated`."""
    errors = error.errors(include_url=False, include_input=False)[: 5 * MAX_PROBLEMS]
    found = [f for e in errors if not (f := _located(e, node)).counts_faulty_items]
    return list(_explained(_one_member(found), model, at, partial, beside))


_REFUSED_KEY = "\0refused"  # no key of a file can hold a control character


def _plain(node: Node) -> Any:
    """The tree as plain data. `REFUSED` stands for what was refused, and fits no field of any model."""
    if isinstance(node, MappingNode):
        out = {key: _plain(value) for key, (_, value) in node.items.items()}
        return out | {_REFUSED_KEY: REFUSED} if node.incomplete else out
    return [_plain(item) for item in node.items] if isinstance(node, ListNode) else node.value


def _holds_refused(node: Node) -> bool:
    if isinstance(node, MappingNode):
        return node.incomplete or any(_holds_refused(value) for _, value in node.items.values())
    return any(map(_holds_refused, node.items)) if isinstance(node, ListNode) else is_refused(node)


@dataclass(frozen=True)
class _Found:
    """One of pydantic's errors, laid on the tree. ``union`` is how deep the first union member's tag stood."""

    error: Any
    path: Location
    key: Mark | None
    node: Node
    refused: bool
    union: int | None = None
    member: str = ""

    @property
    def kind(self) -> str:
        return str(self.error["type"])

    @property
    def of_key(self) -> bool:
        """Whether a mapping's key is wrong, not the value beside it."""
        return "[key]" in self.error["loc"]

    @property
    def counts_faulty_items(self) -> bool:
        """Whether a list is too short only because pydantic leaves out its items that are wrong: those say so."""
        whole = len(self.node.items) if isinstance(self.node, ListNode) else 0
        return self.kind == "too_short" and whole >= self.error["ctx"]["min_length"]


def _located(error: Any, node: Node) -> _Found:
    """Walk down the tree as far as the error's location goes; what is not in the tree is a union member's tag."""
    loc: Location = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    path, key, union, member = list[str | int](), None, None, ""
    for part in loc:
        if isinstance(node, MappingNode) and str(part) in node.items:
            part = str(part)  # of Python data: keys that are no text
        if part == _REFUSED_KEY:
            return _Found(error, tuple(path), key, node, True)
        if found := entry(node, part):
            key, node = found
            path.append(part)
        elif union is None:
            union, member = len(path), str(part)
    return _Found(error, tuple(path), key, node, is_refused(node), union, member)


_TYPE_ERRORS = re.compile(
    r".*_(type|parsing|from_float)|literal_error|enum|is_instance_of|model_attributes_type|none_required"
)
_BOUND_ERRORS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def _one_member(found: list[_Found]) -> list[_Found]:
    """Of each union keep the member that the value fits best, so that one fault gives one message."""
    kept = [f for f in found if f.union is None]
    unions: dict[Location, dict[str, list[_Found]]] = {}
    for f in found:
        if f.union is not None:
            unions.setdefault(f.path[: f.union], {}).setdefault(f.member, []).append(f)
    for at, members in unions.items():
        # A member whose only complaint is about the value's very type is not what was meant, if another fits better.
        close: list[list[_Found]] = [
            errors
            for errors in members.values()
            if any(len(f.path) > len(at) or not _TYPE_ERRORS.fullmatch(f.kind) for f in errors)
        ]
        best = min(close, key=len) if close else [f for errors in members.values() for f in errors]
        kept += best
    return kept


def _explained(
    found: Sequence[_Found], model: type[BaseModel], at: Location, partial: bool, beside: Sequence[str]
) -> Iterator[Problem]:
    hints: list[tuple[Location, str]] = []
    for f in sorted(found, key=lambda f: f.kind != "extra_forbidden"):
        might_be_elsewhere = partial and not any(isinstance(p, int) for p in f.path)
        if f.refused:
            continue
        if f.kind == "extra_forbidden":
            models = [t for t, _ in types_at(model, f.path[:-1]) if is_model(t)]
            known = [k for t in models for k in t.model_fields]
            hint = did_you_mean(str(f.path[-1])[:200], [*known, *(beside if len(f.path) == 1 else ())])
            hint = next((say[f.path[-1]] for t in models if f.path[-1] in (say := getattr(t, "no_keys", {}))), hint)
            hints.append((f.path[:-1], hint))
            yield problem_at(f.key or f.node.mark, (*at, *f.path), f"unknown key{hint}")
        elif f.of_key and (known := keys_at(model, f.path[:-1])):
            wish = did_you_mean(str(f.path[-1])[:200], known) or f": one of {', '.join(known)}"
            yield problem_at(f.key or f.node.mark, (*at, *f.path), f"unknown key{wish}")
        elif f.of_key and (wish := _key_wish(model, f.path[:-1])):
            yield problem_at(f.key or f.node.mark, (*at, *f.path), f"the key must be {wish}")
        elif might_be_elsewhere and f.kind in ("missing", "value_error", "assertion_error"):
            continue
        elif f.kind == "missing":
            name = str(f.error["loc"][-1])
            misspelt = any(where == f.path and repr(name) in hint for where, hint in hints)  # one mistake, not two
            if not misspelt and not (isinstance(f.node, MappingNode) and f.node.incomplete):
                yield problem_at(f.node.mark, (*at, *f.path, name), MISSING)
        else:
            yield problem_at(f.node.mark, (*at, *f.path), _worded(f, types_at(model, f.path)))


def _key_wish(model: type[BaseModel], path: Location) -> str:
    wishes = (wish_for(t, m) for t, m in key_types_in(types_at(model, path)))
    return " or ".join(dict.fromkeys(filter(None, wishes)))


def _worded(found: _Found, wanted: Sequence[Typed]) -> str:
    kind, node, context = found.kind, found.node, found.error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", "")) or str(found.error["msg"]).split(", ", 1)[-1]
    if _TYPE_ERRORS.fullmatch(kind) or kind in _BOUND_ERRORS:
        if kind in _BOUND_ERRORS:
            wanted = [(t, m) for t, m in wanted if t in (int, float, Decimal, date)]
        words = dict.fromkeys(filter(None, (wish_for(t, m) for t, m in wanted)))
        if words:
            return f"must be {' or '.join(words)}, not {described(node)}{hint_for(node, wanted)}"
    if kind in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        unit = "items" if kind == "too_short" else "characters"
        return "must not be empty" if least == 1 else f"must have at least {least} {unit}"
    if kind in ("too_long", "string_too_long"):
        return f"must have at most {context.get('max_length')} {'items' if kind == 'too_long' else 'characters'}"
    if kind == "string_pattern_mismatch" and found.path[-1:] == ("name",):
        return (
            f"{described(node)} cannot be a name: use 1 to 100 letters without accents, digits, '-', '_' or '.', "
            "and start with a letter or a digit"
        )
    if kind == "string_pattern_mismatch":
        return f"{described(node)} does not have the form {context.get('pattern')}"
    message = str(found.error["msg"])
    return message.replace("Input should be", "must be").replace("Value error, ", "") + f" (here: {described(node)})"
