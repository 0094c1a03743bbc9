"""A scenario in short, as Python prints it and as notebooks show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.inputs.notebooks.cards import Table, card

__all__ = ["ScenarioCard"]


class _Scenario(Protocol):
    name: str
    title: str
    start: date
    territory: Any
    parameters: Mapping[str, float]
    policies: tuple[Any, ...]

    @property
    def calendar(self) -> Any: ...
    @property
    def digest(self) -> str: ...


class ScenarioCard:
    """A scenario that is printed in one line and that notebooks show as a card."""

    def __repr__(self: _Scenario) -> str:
        kinds = ", ".join(str(policy.to_block()["kind"]) for policy in self.policies) or "no policy"
        return f"Scenario({self.name!r}: {self.start} to {self.calendar.end}, {_place(self.territory)}, {kinds})"

    __str__ = __repr__

    def _repr_html_(self: _Scenario) -> str:
        blocks = [policy.to_block() for policy in self.policies]
        rows = [
            (block["kind"], str(self.calendar.date(policy.first_day(self.calendar))), _fields(block))
            for policy, block in zip(self.policies, blocks, strict=True)
        ]
        facts = {
            "name": self.name,
            "from": f"{self.start} to {self.calendar.end}",
            "territory": _place(self.territory),
            "parameters": ", ".join(f"{name}: {value:g}" for name, value in self.parameters.items()),
            "policies": "" if rows else "none",
            "digest": self.digest[:16],
        }
        tables = [Table(["policy", "acts from", "with"], rows)] if rows else []
        return card(in_language(self.title) or self.name, facts, tables)


def _place(territory: Any) -> str:
    """The key by which a territory is named, and up to three of its codes, by their names where they have any."""
    given = getattr(territory, territory.way)
    codes = (given,) if isinstance(given, str) else given if isinstance(given, tuple) else ()
    if territory.way == "csv":
        return f"csv {given}"
    named = [str(territory.called.get(code, code)) for code in codes[:3]]
    more = f" and {len(codes) - 3} more" if len(codes) > 3 else ""
    return f"{territory.way} {', '.join(named)}{more}".rstrip()


def _fields(block: Mapping[str, Any]) -> str:
    """What a policy says, in short: the fields that hold a plain value."""
    plain = {k: v for k, v in block.items() if k != "kind" and isinstance(v, str | int | float)}
    return ", ".join(f"{key}: {value}" for key, value in plain.items())
