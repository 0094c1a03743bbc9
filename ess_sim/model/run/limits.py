"""Limits that are certain before any run: what a scenario asks, and how much of it can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures import defaults
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Finance, Grant, Interns
from ess_sim.inputs.scenario.frozen import Frozen
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.behaviours.centres.retired import from_beyond
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.words import Words
from ess_sim.model.residents.day0 import adults_and_without
from ess_sim.model.run.centres.interns import intern_places, interns
from ess_sim.model.run.centres.money import money
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare

__all__ = ["ahead_of", "limits", "open_days"]


Part = TypeVar("Part", bound=Frozen)


def limits(scenario: Scenario) -> list[Limit]:
    """What cannot be in any run of a scenario, in the order of its blocks; nothing is wrong with it.

    What only a run can show is left out, and so is what is only expected (`notices`).

    Parameters
    ----------
    scenario : Scenario
        Of one that cannot be run at all, there is nothing to say.

    Examples
    --------
    >>> from ess_sim.model.run.read import Scenario
    >>> smp = {"kind": "smp", "opens": "2026-01-01", "zone": "58194", "retired_gps": {"count": 12}}
    >>> smp["interns"] = {"per_semester": 4}
    >>> places = {"communes": ["58194", "58303"]}
    >>> scenario = Scenario(name="a", start="2026-01-01", horizon_years=2, territory=places, policies=[smp])
    >>> limits(scenario)[0].words.en
    '1 of 4 intern places a semester can be filled: 3 rooms, and an intern needs one beside her supervisor'
    """
    try:
        check(scenario)
    except (ScenarioError, TypeError):  # a copy whose parts were never validated may hold anything
        return []
    ahead = ahead_of(scenario)
    found: list[Limit] = []
    policies = [policy for policy in scenario.policies if isinstance(policy, Policy)]
    centres = [
        *(scenario.supply.centres or ()),
        *(spec for policy in policies for spec in policy.centres_at_most(ahead)),
    ]
    for i, centre in enumerate(scenario.supply.centres or ()):
        whole = (0, ahead.calendar.horizon + 1)
        found += (x.below("supply", "centres", i, "posts") for x in interns(centre, ahead, whole))
        found += (x.below("supply", "centres", i) for x in money(centre, ahead, whole, centres))
    for i, policy in enumerate(scenario.policies):
        if isinstance(policy, Policy):
            found += (x.below("policies", i) for x in [*_of_centres(policy, ahead), *policy.limits(ahead)])
            found += (x.below("policies", i) for x in _between_records(policy, ahead))
        if isinstance(policy, OpenCentre):  # others run their centres by rules of their own
            days = open_days(policy, ahead)
            found += (x.below("policies", i, "centre") for x in money(policy.centre, ahead, days, centres))
    return [*found, *_first_day(scenario, ahead), *_faculty(scenario, ahead)]


def ahead_of(scenario: Scenario) -> Ahead:
    """What policies can know before any run of a scenario that is in order."""
    p, territory = Parameters(scenario.parameters), prepare(scenario)
    adults, _ = adults_and_without(scenario, territory, p)
    gps = start_gps(scenario, territory, p).by_zone
    return Ahead(
        scenario.calendar,
        p,
        territory,
        dict(zip(territory.zones, adults.tolist(), strict=True)),
        dict(zip(territory.zones, gps.tolist(), strict=True)),
        int(defaults.interns_per_semester(scenario, territory, p).value),
        _grants(scenario),
    )


def _grants(scenario: Scenario) -> tuple[Grant, ...] | None:
    """Grants of all centres; None where a policy gives some of its own."""
    if any(type(policy) not in KINDS.values() or policy.brings_grants for policy in scenario.policies):  # type: ignore[attr-defined]
        return None
    money = [finance for part in (scenario.supply, *scenario.policies) for _, finance in _inside(part, Finance)]
    return tuple(grant for finance in money for grant in finance.grants)


def _inside(model: Frozen, kind: type[Part]) -> Iterator[tuple[Location, Part]]:
    """Models of a kind within another, and where they stand."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        for at, inner in [((name,), value)] if not isinstance(value, tuple) else _numbered(name, value):
            if isinstance(inner, kind):
                yield at, inner
            elif isinstance(inner, Frozen):
                yield from (((*at, *deeper), one) for deeper, one in _inside(inner, kind))


def _numbered(name: str, values: tuple[object, ...]) -> list[tuple[Location, object]]:
    return [((name, i), value) for i, value in enumerate(values)]


def _of_centres(policy: Policy, ahead: Ahead) -> Iterator[Limit]:
    """Intern places of the centres that it opens, all of them alike."""
    places = [at for at, one in _inside(policy, Interns) if one.per_semester]
    opened = policy.centres_opened()
    if not opened or not places:
        return
    for limit in interns(opened[0], ahead, open_days(policy, ahead), each=len(opened) > 1):
        yield limit._replace(at=(*places[0], *limit.at[1:]))


def _between_records(policy: Policy, ahead: Ahead) -> Iterator[Limit]:
    """A policy that ends before anything is recorded."""
    calendar = ahead.calendar
    first, last = policy.first_day(calendar), policy.last_day(calendar)
    name = next((name for name in ("ends", "closes") if getattr(policy, name, None) is not None), "")
    if name and not any(first <= day < last for day in calendar.record_days):
        until = calendar.date(last)
        yield Limit(
            (name,),
            1,
            0,
            Words(
                f"0 records fall into its time, {calendar.date(first)} to {until}: nothing is recorded while it lasts",
                f"relevés pendant sa durée, du {calendar.date(first):%d/%m/%Y} au {until:%d/%m/%Y}\u00a0: aucun",
            ),
        )


def _first_day(scenario: Scenario, ahead: Ahead) -> Iterator[Limit]:
    """Posts for retired GPs that are offered on day 0, beside all who are in the pool on that day."""
    opened = [
        spec
        for policy in scenario.policies
        if isinstance(policy, Policy) and not policy.first_day(ahead.calendar)
        for spec in (policy.centres_opened() if policy.kind != "secpa_rollout" else ())
    ]
    posts = sum(spec.posts.retired_gps.count for spec in [*(scenario.supply.centres or ()), *opened])
    own, beyond = _pool(scenario, ahead)
    if posts > (there := own + beyond):
        of = f" ({own} of the département, {beyond} of beyond it)" if beyond else ""
        dont = f" ({own} du département, {beyond} plus loin)" if beyond else ""
        yield Limit(
            ("supply", "retired_pool") if scenario.supply.retired_pool is not None else (),
            posts,
            there,
            Words(
                f"{there} of {posts} posts for retired GPs can be filled on day 0: the pool holds no more{of}",
                f"postes de médecins retraités pouvant être pourvus au premier jour\u00a0: {there} sur {posts}"
                f"\u00a0; le vivier n'en compte pas davantage{dont}",
            ),
        )


def _pool(scenario: Scenario, ahead: Ahead) -> tuple[int, int]:
    """Retired GPs of the pool on day 0: those of the département, and those from beyond it."""
    here = ahead.gps_of(None)
    everywhere = max(here, int(defaults.departement_list_holders(scenario, ahead.territory, here).value))
    own = int(defaults.retired_pool(scenario, ahead.p, everywhere).value)
    return own, from_beyond(ahead.p, own)


def _faculty(scenario: Scenario, ahead: Ahead) -> Iterator[Limit]:
    """Places of all centres that are open as a semester begins, beside the interns whom the faculty sends them."""
    whole = (0, ahead.calendar.horizon + 1)
    centres: list[tuple[CentreSpec, tuple[int, int]]] = [(spec, whole) for spec in scenario.supply.centres or ()]
    for policy in scenario.policies:
        if isinstance(policy, Policy):
            centres += [(spec, open_days(policy, ahead)) for spec in policy.centres_at_most(ahead)]
    places = [(intern_places(spec, ahead.p).most, days) for spec, days in centres]
    asked = max(
        (sum(n for n, (first, last) in places if first <= day < last) for day in ahead.semesters(*whole)), default=0
    )
    if asked > (most := int(ahead.p["centre_interns_most"])):
        yield Limit(
            ("parameters", "centre_interns_most") if "centre_interns_most" in scenario.parameters else (),
            asked,
            most,
            Words(
                f"{most} of {asked} intern places a semester of all centres together can be filled: the faculty sends "
                "no more (centre_interns_most)",
                f"places d'interne par semestre de l'ensemble des centres pouvant être pourvues\u00a0: {most} sur "
                f"{asked}\u00a0; la faculté n'en envoie pas davantage (centre_interns_most)",
            ),
        )


def open_days(policy: Policy, ahead: Ahead) -> tuple[int, int]:
    """First day of the centres that a policy opens, and the day on which they close."""
    closes = getattr(policy, "closes", None)
    last = ahead.calendar.horizon + 1 if closes is None else ahead.calendar.day(closes)
    return policy.first_day(ahead.calendar), last
