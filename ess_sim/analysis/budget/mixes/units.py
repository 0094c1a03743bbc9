"""What a budget can be spent on: each remedy in its usual dose at each of the first few places in need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ess_sim.analysis.benchmark.doses import Remedy, is_placed, next_place
from ess_sim.errors import ArgumentError, EssSimError
from ess_sim.inputs.scenario.frozen import Frozen
from ess_sim.inputs.scenario.policy_model import content_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.beginnings.begin import site_of
from ess_sim.model.policies.base import Policy, Site
from ess_sim.model.run.checks import check

__all__ = ["Mix", "Unit", "asked_by", "units_of", "words_of"]


Mix = tuple[int, ...]
"""Numbers of units, ascending; a number stands as often as the unit is had. The empty one is the baseline."""


@dataclass(frozen=True)
class Unit:
    """A remedy in its usual dose at a place.

    Attributes
    ----------
    kind : str
    place : int
        Number of the place in need, from 0.
    placed : bool
        Whether it is a matter of places; else it holds in the whole territory.
    policies : tuple of Policy
    """

    kind: str
    place: int
    placed: bool
    policies: tuple[Policy, ...]

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Zones that its policies name, each once."""
        return tuple(dict.fromkeys(zone for policy in self.policies for zone in _zones(policy)))

    @property
    def key(self) -> str:
        """Kind, and the first zone where it is a matter of places."""
        return f"{self.kind}@{self.zones[0]}" if self.placed and self.zones else self.kind

    @cached_property
    def asks(self) -> Counter[str]:
        """What it asks for, by the names of limits."""
        return asked_by(self.policies) + Counter({"copies": 1, f"copies.{self.kind}": 1})


def asked_by(policies: Sequence[Policy]) -> Counter[str]:
    """Centres, posts and intern places that policies ask for, as far as their fields say it.

    Examples
    --------
    >>> from ess_sim.model.policies.smp import Smp
    >>> smp = Smp(opens="2026-01-01", zone="53130", retired_gps={"count": 12}, interns={"per_semester": 1})
    >>> sorted(asked_by([smp]).items())
    [('centres', 1), ('interns', 1), ('retired_gps', 12), ('salaried_gps', 0)]
    """
    out: Counter[str] = Counter()
    for policy in policies:
        specs = policy.centres_opened()
        out["centres"] += max(len(specs), int(policy.opens_centre))
        out["interns"] += sum(policy.interns_asked().values())
        for spec in specs:
            out["retired_gps"] += spec.posts.retired_gps.count
            out["salaried_gps"] += spec.posts.salaried_gps.count
            out["interns"] += spec.posts.interns.per_semester
    return out


def _zones(model: Frozen) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name == "zone" and isinstance(value, str):
            yield value
        elif name == "zones" and isinstance(value, tuple):
            yield from (zone for zone in value if isinstance(zone, str))
        elif isinstance(value, Frozen):
            yield from _zones(value)


def words_of(unit: Unit, territory: Territory) -> str:
    """Kind and place in words, such as "smp in Laval"."""
    names = dict(zip(territory.zones, territory.zone_names, strict=True))
    if not unit.zones:
        return f"{unit.kind} everywhere"
    first, more = names.get(unit.zones[0], unit.zones[0]), len(unit.zones) - 1
    return f"{unit.kind} in {first}{f' and {more} more' if more else ''}"


def units_of(baseline: Scenario, kinds: Mapping[str, Remedy], places: int) -> tuple[list[Unit], dict[str, str]]:
    """All units that can be had in a territory, and why a kind is not among them.

    Parameters
    ----------
    baseline : Scenario
    kinds : mapping of str to Remedy
    places : int
        Places in need at which a remedy is tried, ≥ 1; one of the whole territory is had once.

    Raises
    ------
    ValueError
        If there is none: why.
    """
    site = site_of(baseline)
    units: list[Unit] = []
    absent: dict[str, str] = {}
    for kind, remedy in kinds.items():
        try:
            units += _of_kind(kind, remedy, site, baseline, places)
        except EssSimError as error:
            absent[kind] = "; ".join(str(error).splitlines())
    if not units:
        whys = "\n".join(f"{kind}: {why}" for kind, why in absent.items())
        raise ArgumentError(f"no policy can be placed in this territory\n{whys}")
    return units, absent


def _of_kind(kind: str, remedy: Remedy, site: Site, baseline: Scenario, places: int) -> Iterator[Unit]:
    placed = is_placed(remedy, site)
    seen = set()
    for place in range(places if placed else 1):
        made = remedy.standard(next_place(site, place))
        policies = made if isinstance(made, tuple) else (made,)
        content = tuple(sorted(map(content_of, policies)))
        if content in seen:
            continue
        seen.add(content)
        check(baseline.with_(policies=[*baseline.policies, *policies]))
        yield Unit(kind, place, placed, policies)
