"""What the body of a request asks for, once all of it is known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ess_sim.faces.explorer.base import LETTERS, Base
from ess_sim.faces.explorer.messages import RefusedError, noting, refuse
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["Asked", "Body", "malformed", "number_or_none", "text", "whole"]


MOST_REPLICATIONS = 200
_MOST_SEED = 2**31
_MOST_POLICIES = 20

Body = Mapping[str, Any]


def malformed(what: str) -> NoReturn:
    """Refuses what no page of ours sends."""
    raise RefusedError(400, [{"where": "", "what": what}])


def text(body: Body, key: str, most: int = 200) -> str:
    """A short text."""
    value = body.get(key)
    return value if isinstance(value, str) and len(value) <= most else malformed(f"{key}: must be a short text")


def whole(body: Body, key: str, least: int, most: int) -> int:
    """A whole number that the user has typed."""
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    return refuse(422, "whole_range", least, most, _shown(value), where=key)


def number_or_none(body: Body, key: str) -> float | None:
    """A number that the user has typed, or has left out."""
    value = body.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return refuse(422, "number", _shown(value), where=key)


def _shown(value: Any) -> str:
    return "empty" if value is None else str(value)[:40]


@dataclass(frozen=True)
class Asked:
    """Scenarios to run: the baseline and variants of it."""

    base: Base
    variants: tuple[Scenario, ...]
    seed: int
    replications: int

    @property
    def scenarios(self) -> list[Scenario]:
        """All of them, the baseline first."""
        return [self.base.baseline, *self.variants]

    @classmethod
    def of(cls, base: Base, body: Body) -> Asked:
        """What a body asks for.

        Raises
        ------
        RefusedError
            With all that is wrong at once; of a variant, with its place in the list.
        """
        problems: list[dict[str, Any]] = []
        numbers = {}
        for key, least, most in (("replications", 1, MOST_REPLICATIONS), ("seed", 0, _MOST_SEED)):
            with noting(problems):
                numbers[key] = whole(body, key, least, most)
        given = body.get("variants")
        if not isinstance(given, list) or len(given) > len(LETTERS):
            malformed(f"variants: must be a list of at most {len(LETTERS)}")
        parts = [_parts(i, variant) for i, variant in enumerate(given)]
        if len({number for number, *_ in parts}) < len(parts):
            malformed("variants: two have one number")
        made = []
        for i, (number, title, policies) in enumerate(parts):
            with noting(problems, variant=i):
                made.append(base.variant(number, title, policies))
        if problems:
            raise RefusedError(422, problems)
        return cls(base, tuple(made), **numbers)


def _parts(i: int, variant: Any) -> tuple[int, str, list[Any]]:
    """Number, title and policies of a variant."""
    if not isinstance(variant, dict):
        malformed(f"variants[{i}]: must be an object")
    policies = variant.get("policies")
    if not isinstance(policies, list) or not 0 < len(policies) <= _MOST_POLICIES:
        malformed(f"variants[{i}].policies: must be a list of 1 to {_MOST_POLICIES}")
    return whole(variant, "number", 0, len(LETTERS) - 1), text(variant, "title"), policies
