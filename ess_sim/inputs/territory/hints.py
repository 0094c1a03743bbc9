"""What was meant by a zone that a territory does not have."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from ess_sim.errors import did_you_mean
from ess_sim.inputs.territory.countries.codes import folded_name, former_codes, is_name, names_of_kind, whole_code
from ess_sim.inputs.territory.countries.members import parts_of_commune
from ess_sim.inputs.territory.countries.registry import COUNTRIES

__all__ = ["zone_hint"]


def zone_hint(code: str, zones: Collection[str]) -> str:
    """The end of a message on an unknown zone: its code as it should be written, where it lies, or what is near.

    >>> zone_hint("49149", ["49261", "49007"])
    ": Gennes is now a part of another one (did you mean '49261', Gennes-Val-de-Loire?)"
    >>> zone_hint("53054", ["49261", "49007"])
    ': Changé is none of its zones'
    """
    for country in COUNTRIES:
        names = names_of_kind(country.commune.key)
        whole = whole_code(code, country.commune)
        if whole in zones:
            return f" (did you mean {whole!r}?)"
        if ended := former_codes(country).get(whole):
            successor = f"{ended.successor!r}, {names[ended.successor]}"
            if ended.successor in zones:
                return f": {ended.what} (did you mean {successor}?)"
            return f": {ended.what}, {successor}, which is none of its zones"
        if whole in names:
            parts = [part for part in parts_of_commune(whole) if part in zones]
            return f": its zones are {parts[0]} to {parts[-1]}" if parts else f": {names[whole]} is none of its zones"
        if is_name(code):
            folded = folded_name(code)
            same = [zone for zone in zones if folded and folded_name(names.get(zone, "")) == folded]
            if same:
                return f" (did you mean {same[0]!r}, {names[same[0]]}?)"
    if code.isdigit():  # of five digits, two that differ are another place
        near = difflib.get_close_matches(code, zones, n=1, cutoff=0.8)
        return f" (did you mean {near[0]!r}?)" if near else ""
    return did_you_mean(code, zones)
