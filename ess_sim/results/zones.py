"""Names and départements of the zones that results speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ess_sim.inputs.catalogue import bundled

__all__ = ["Zones"]


@dataclass(frozen=True)
class Zones:
    """The zones of a scenario, with their names.

    Attributes
    ----------
    names : mapping of str to str
        Name of each zone, by its code.
    departements : mapping of str to str
        Code of each zone's département; '' where it has none.
    """

    names: Mapping[str, str]
    departements: Mapping[str, str]

    @classmethod
    def of(cls, codes: Sequence[str], names: Sequence[str], departements: Sequence[str]) -> Zones:
        """From one name and département a zone; where there are none (older results), from the list of communes."""
        communes = _communes() if not (names and departements) else {}
        unknown = ("", "")
        return cls(
            dict(zip(codes, names or [communes.get(c, unknown)[0] or c for c in codes], strict=True)),
            dict(zip(codes, departements or [communes.get(c, unknown)[1] for c in codes], strict=True)),
        )

    def labels(self, by: str) -> dict[str, str]:
        """Names of the zones (``zone``) or of their départements, by code; a name that occurs twice has its code."""
        if by == "departement":
            known = _departements()
            return {code: known.get(code, code or "no département") for code in self.departements.values()}
        times = Counter(self.names.values())
        return {code: name if times[name] == 1 else f"{name} ({code})" for code, name in self.names.items()}


@cache
def _communes() -> dict[str, tuple[str, str]]:
    frame = bundled.communes()
    return dict(zip(frame["code"], zip(frame["name"], frame["departement"], strict=True), strict=True))


@cache
def _departements() -> dict[str, str]:
    frame = bundled.departements()
    return dict(zip(frame["code"], frame["name"], strict=True))
