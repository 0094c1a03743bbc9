"""Islands that no road reaches: their communes are linked with each other, and with nothing else."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ess_sim.inputs.catalogue.bundled import text

__all__ = ["island_note", "islands_of"]


@functools.cache
def _islands() -> dict[str, str]:
    """Island of each commune that lies on one."""
    frame = text("islands.csv")
    return dict(zip(frame["commune"], frame["island"], strict=True))


def islands_of(zones: Sequence[str], departements: Sequence[str]) -> tuple[str, ...]:
    """Island on which each zone lies, '' where a road leads there.

    A part of a commune is recognised by a code that begins with the commune's; a zone of a user's table, too, where it
    has the commune's département.

    >>> islands_of(["29155", "29155-LAMPAUL", "29019"], ["29", "29", "29"])
    ('Ouessant', 'Ouessant', '')
    """
    known = _islands()
    return tuple(
        known.get(zone[:5], "") if departement and zone.startswith(departement) else ""
        for zone, departement in zip(zones, departements, strict=True)
    )


def island_note(islands: Sequence[str]) -> str:
    """What notes say of islands among the zones; '' where all lie on one, or none does."""
    names = sorted({*islands} - {""})
    if not names or {*islands} == {names[0]}:
        return ""
    return f"no default journey over water, a table of one's own may add ferries: {', '.join(names)}"
