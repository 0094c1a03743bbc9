"""What policies are placed on: a baseline, its zones and, for each kind of policy, a block to begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from ess_sim.errors import ScenarioError
from ess_sim.faces.explanation.doubts import notes_on
from ess_sim.faces.explorer.titles import about_baseline, about_variant, named, title_of
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.files import baseline_of
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.beginnings.begin import begin, site_of
from ess_sim.model.behaviours.gps.day0 import day0_names
from ess_sim.model.policies.base import Case, Policy
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.words import Language, Words
from ess_sim.model.run.checks import check, unreadable_parameters
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.read import read_scenario

__all__ = ["LETTERS", "Base", "of_file", "of_place"]

LETTERS = "abcd"
"""Of variants: at most so many."""


_NAMED_BY_EXAMPLES = "example"
"""What examples of policies call a centre (`Case`)."""


@dataclass(frozen=True)
class Base:
    """What variants are made of and compared with.

    Attributes
    ----------
    baseline : Scenario
    pattern : Scenario
        What variants say besides their policies; where the user gave no file, the baseline.
    begun : tuple of dict
        Blocks of the policies with which a first variant begins.
    notes : tuple of Words
        What is to be known of the territory's data (`notes_on`).
    """

    baseline: Scenario
    pattern: Scenario
    begun: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[Words, ...] = ()

    @cached_property
    def territory(self) -> Territory:
        """Where it is."""
        return prepare(self.baseline)

    @cached_property
    def standards(self) -> dict[str, dict[str, Any]]:
        """A block of each kind of policy to begin with: its usual dose where it is needed most, else an example."""
        site = site_of(self.baseline)
        return {kind: _standard(cls, site) for kind, cls in KINDS.items()}

    @cached_property
    def gps(self) -> list[str]:
        """GPs of day 0, whom policies can name."""
        return sorted(day0_names(self.baseline, self.territory, Parameters(self.baseline.parameters)))

    @property
    def stem(self) -> str:
        """What names of variants begin with."""
        return re.sub(r"[-_.]baseline$", "", self.baseline.name)[:90]

    def variant(self, number: int, title: str, policies: Sequence[Any]) -> Scenario:
        """A variant: what `pattern` says, with other policies, and with what it is called and is about.

        With the policies that the user's file has, and no other title, it keeps what that file says of itself.

        Raises
        ------
        ScenarioError
            With all that is wrong, each problem with its place in the scenario.
        """
        if not isinstance(title, str) or not all(isinstance(p, dict) for p in policies):
            raise ScenarioError("a variant is a title and a list of policies")
        name = named(self.stem, LETTERS[number], title)
        if name == self.baseline.name:
            name += "-2"
        made = _fitting(self.pattern, policies, name=name)
        check(made)
        as_given = made.policies == self.pattern.policies and not title.strip()
        if not as_given or not (made.title and made.description):
            about = about_variant(made.policies, self.territory, self.baseline, self.pattern)
            made = made.with_(title=title_of(title, made.policies, self.territory), description=about)
        return made


def _standard(cls: type[Policy], site: Any) -> dict[str, Any]:
    try:
        made = cls.standard(site)
    except ScenarioError:  # it has no usual dose, or cannot be placed by need
        stops = [*site.stops, *site.short, site.zone]
        other = next((zone for zone in stops if zone != site.zone), site.zone)
        end = min(site.end, date(site.start.year + 4, 1, 1))
        made = cls.example(Case(site.start, end, (site.zone, other)))
    block = made.to_block()
    return block | {"centre": None} if block.get("centre") == _NAMED_BY_EXAMPLES else block


def _fitting(pattern: Scenario, policies: Sequence[Any], **changes: Any) -> Scenario:
    """The pattern with other policies, and without what nothing would then read."""
    made = pattern.with_(policies=list(policies), **changes)
    unread = {parameter for parameter, _ in unreadable_parameters(made)}
    kept = {parameter: value for parameter, value in made.parameters.items() if parameter not in unread}
    opens = made.supply.centres or any(
        isinstance(p, Policy) and (p.opens_centre or p.centres_opened()) for p in made.policies
    )
    supply = made.supply if opens else made.supply.model_copy(update={"other_gps": None})
    return made.with_(parameters=kept, supply=supply) if unread or supply != made.supply else made


def of_place(key: str, code: str, *, start: str | None, years: int, without_mt: float | None, lang: Language) -> Base:
    """The base of a place, on public data: what ``ess-sim new`` makes.

    Raises
    ------
    ScenarioError
        With all that is wrong, each with the argument's name.
    """
    made = begin(f"{key}:{code}" if code else key, start=start, years=years, without_mt=without_mt, lang=lang)
    return Base(made.baseline, made.baseline, notes=tuple(notes_on(made)))


def of_file(path: Path) -> Base:
    """The base of a scenario file: what it extends or, where that is no scenario, the file without its policies.

    Raises
    ------
    ScenarioError
        With all errors of the file.
    """
    given = read_scenario(path)
    check(given)
    blocks = tuple(policy.to_block() for policy in given.policies)
    parent = baseline_of(path)
    baseline = given if not blocks else None
    if parent is not None:
        try:
            extended = read_scenario(parent)
        except ScenarioError:
            extended = given  # it only lends pieces
        same = (extended.territory, extended.start, extended.horizon_years) == (
            given.territory,
            given.start,
            given.horizon_years,
        )
        baseline = extended if same and extended != given else baseline
    if baseline is None:
        title, about = about_baseline(given)
        baseline = _fitting(given, (), name=f"{given.name[:90]}-baseline", title=title, description=about)
    check(baseline)
    return Base(baseline, given, blocks)
