"""Which zone of a territory a text means, and what was meant by one that it does not have."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ess_sim.errors import did_you_mean
from ess_sim.inputs.territory.countries.codes import (
    codes_with_name,
    described,
    folded_name,
    former_codes,
    is_name,
    names_of_kind,
    present_commune,
    whole_code,
)
from ess_sim.inputs.territory.countries.members import parts_of_commune
from ess_sim.inputs.territory.countries.registry import COUNTRIES

__all__ = ["ZoneNames", "zone_hint"]


@dataclass
class ZoneNames:
    """Zones of a territory by code, by name, and by the code or name of a commune that is now a part of one.

    Attributes
    ----------
    read : callable
        Gives the names of the zones, by code; called when a text may be something else than a code.
    any_text : bool
        Whether any text can be a code (in a CSV of one's own), so that none is taken for one unread.
    moved : dict
        Notes on communes that are now a part of a zone, by what named them.
    """

    read: Callable[[], Mapping[str, str]]
    any_text: bool = False
    moved: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return self.read()

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, name in self._names.items():
            found.setdefault(folded_name(name), []).append(code)
        return found

    def zone(self, text: str) -> str:
        """The code of the zone that a text means; the text itself where it means none, or several."""
        is_code = text[:1].isdigit() and not self.any_text
        if is_code and not any(text in former_codes(country) for country in COUNTRIES):
            return text  # the territory need not be known for that
        if text in self._names:
            return text
        folded = folded_name(text[:200])
        if same := self._by_name.get(folded, []) if folded else []:
            return same[0] if len(same) == 1 else text
        for country in COUNTRIES:
            present = present_commune(text, country)
            if present is not None and present.code in self._names:
                self.moved[text] = present.moved
                return present.code
        return text

    def zones(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The codes of several zones; communes that are now parts of one zone stand for it once."""
        found: dict[int, str] = {}
        merged: set[str] = set()
        for i, text in enumerate(texts):
            code = self.zone(text)
            if code in merged or (text in self.moved and code in found.values()):
                continue
            found[i] = code
            merged |= {code} if text in self.moved else set()
        return tuple(found.values())


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
            if len(same) > 1:
                return (
                    f": it names {', '.join(described(zone, country.commune.key) for zone in same[:12])}: give the code"
                )
            if same:
                return f" (did you mean {same[0]!r}, {names[same[0]]}?)"
            for commune in codes_with_name(code, country.commune.key):
                if parts := [part for part in parts_of_commune(commune) if part in zones]:
                    return f": its zones are {parts[0]} to {parts[-1]}"
            if near := _nearly_called(folded, {zone: names[zone] for zone in zones if zone in names}):
                return f" (did you mean {' or '.join(f'{zone!r}, {names[zone]}' for zone in near)}?)"
            if elsewhere := codes_with_name(code, country.commune.key):
                return f": {described(elsewhere[0], country.commune.key)} is none of its zones"
    if code.isdigit():  # of five digits, two that differ are another place
        near = difflib.get_close_matches(code, zones, n=1, cutoff=0.8)
        return f" (did you mean {near[0]!r}?)" if near else ""
    return did_you_mean(code, zones)


def _nearly_called(folded: str, names: Mapping[str, str]) -> list[str]:
    """The zones whose names are nearest to one."""
    alike: dict[str, list[str]] = {}
    for zone, name in names.items():
        other = folded_name(name)
        if abs(len(other) - len(folded)) < 3:
            alike.setdefault(other, []).append(zone)
    if len(alike) > 5_000:  # of all of a country: each comparison takes its time
        alike = {name: found for name, found in alike.items() if name[:1] == folded[:1]}
    near = difflib.get_close_matches(folded, alike, n=3, cutoff=0.75)
    return [zone for name in near for zone in alike[name]][:3]
