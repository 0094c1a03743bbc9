"""Consulting rooms that a scenario states: what they exclude, no doctor who comes can make good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["rooms_of"]


def rooms_of(scenario: Mapping[str, Any]) -> dict[str, int]:
    """Consulting rooms of the centres for interns that a scenario states, by zone; the most where there are several.

    A centre of which no rooms are given has enough for all its posts, and so has each of a roll-out.

    Examples
    --------
    >>> smp = {"kind": "smp", "zone": "53130", "rooms": 3, "interns": {"per_semester": 4}}
    >>> rooms_of({"policies": [smp], "supply": {}})
    {'53130': 3}
    """
    centres = [_part(policy, "centre") or policy for policy in scenario["policies"]]
    centres += scenario["supply"].get("centres") or []
    enough = 10**9
    found: dict[str, int] = {}
    for centre in centres:
        if not _part(_part(centre, "posts") or centre, "interns").get("per_semester"):
            continue
        zones = [centre["zone"]] if "zone" in centre else centre.get("zones") or []
        if not isinstance(zones, list):  # wherever residents lack GPs: beside any centre
            return {}
        for zone in zones:
            found[zone] = max(found.get(zone, 0), centre.get("rooms") or enough)
    return {zone: rooms for zone, rooms in found.items() if rooms < enough}


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A block within a block; one of a policy of your own may be anything else."""
    found = of.get(name)
    return found if isinstance(found, Mapping) else {}
