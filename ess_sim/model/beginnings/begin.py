"""A scenario of a territory that is only named: every number from public data or a national rate, with its source."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from ess_sim.arguments import checked
from ess_sim.errors import EssSimError, Problem, ScenarioError, did_you_mean, shortened
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.gp_counts import COUNT_YEAR
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.figures import figures_of
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.figures.residents import never_declared_part
from ess_sim.inputs.figures.residents import without_mt as estimates
from ess_sim.inputs.scenario.policy_model import use_beginning
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.territory_spec import TerritorySpec
from ess_sim.inputs.territory.countries.named import territory_of
from ess_sim.inputs.territory.countries.registry import KINDS as KINDS_OF_CODES
from ess_sim.inputs.territory.population import in_french
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.beginnings.need import Need, need_of
from ess_sim.model.policies.base import Policy, Site
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.words import Language, Words
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare

__all__ = ["DEFAULT_START", "OF_THE_USER", "Beginning", "Scenario", "begin", "site_of"]


DEFAULT_START = date(COUNT_YEAR, 1, 1)
"""Day 0 where none is given: that of the newest counts of GPs. The clock has no say."""


OF_THE_USER = "given by the user: write here who says so, and set the grade"
"""Source of a share without MT that came without one."""


_OUTCOMES = ("share_without_mt", "share_lost", "share_listed_far", "travel_minutes", "list_holders")
_HALO_MINUTES, _FEW_ADULTS, _MOST_ADULTS = 20.0, 75_000, 350_000
"""What a territory gets around it, as its border would keep too much of what a policy gives (docs/limits.md, 8): one of
few adults always, a larger one where the runs would not hold more adults than that with it."""
_ALL_NAMED = 50
"""Most zones of a territory whose zones without GP are named, too."""


class Beginning(NamedTuple):
    """A new scenario, and what it was made of.

    Attributes
    ----------
    baseline : Scenario
        Without policy.
    territory : Territory
    figures : tuple of Figure
        Every input of the baseline: the numbers of its blocks, and those that no block of it says.
    with_policy : Scenario or None
    need : Need or None
        Where the policy was placed by it.
    """

    baseline: Scenario
    territory: Territory
    figures: tuple[Figure, ...]
    with_policy: Scenario | None = None
    need: Need | None = None


@checked
def begin(
    codes: str | Sequence[str],
    *,
    start: date | str | None = None,
    years: int = 10,
    without_mt: float | None = None,
    policy: str | None = None,
    name: str | None = None,
    lang: Language = "en",
) -> Beginning:
    """The baseline of a territory, and the same with a policy; as `Scenario.for_territory`.

    Parameters
    ----------
    codes, start, years, without_mt, policy
        As of `Scenario.for_territory`.
    name : str, optional
        What the names of both scenarios begin with.
    lang : str, optional
        Of titles and descriptions.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with the argument's name.
    """
    problems: list[Problem] = []
    bare, kind = _asked(codes, start, years, without_mt, policy, name, problems)
    territory = None
    with _noting("codes", problems):
        territory = None if bare is None else prepare(bare)
    if problems or bare is None or territory is None:
        raise ScenarioError(problems)
    figures = figures_of(bare, territory)
    gps = start_gps(bare, territory, Parameters()).by_zone
    called = in_french(territory.name) if lang == "fr" else territory.name
    stem = name or _slug(called)
    baseline = Scenario(
        name=f"{stem}-baseline",
        title=Words(f"{called} without policy", f"{called}, sans mesure nouvelle").to(lang),
        description=_ABOUT.to(lang),
        start=bare.start,
        horizon_years=bare.horizon_years,
        territory=_surrounded(bare, territory),
        supply=_supply(figures, territory, gps.tolist()),
        residents={"without_mt": _without_mt(bare, territory, without_mt)},
        outcomes=_OUTCOMES,
    )
    check(baseline)
    figures = figures_of(baseline, territory)
    if kind is None:
        return Beginning(baseline, territory, figures)
    need = need_of(territory, gps, Parameters()["list_holders_per_100000"])
    with_policy = None
    with _noting("policy", problems, f"{kind.kind}: "):
        with_policy = baseline.with_(
            name=f"{stem}-{kind.kind}",
            title=f"{called}, {kind.label.to(lang) if kind.label else kind.kind}",
            description=_of_policy(kind).to(lang),
            policies=[kind.standard(_site(baseline, territory, need, gps.tolist()))],
        )
        check(with_policy)
    if problems:
        raise ScenarioError(problems)
    return Beginning(baseline, territory, figures, with_policy, need)


_ABOUT = Words(
    "No policy. Made by ess-sim new of public data and national rates: each block says which, and how good they are. "
    "Local figures in their place make it better.",
    "Aucune mesure nouvelle. Établi par ess-sim new à partir de données publiques et de taux "
    "nationaux\u00a0: chaque bloc "
    "dit lesquels, et ce qu'ils valent. Des chiffres locaux à leur place l'améliorent.",
)


def _of_policy(kind: type[Policy]) -> Words:
    """What a policy is, and its dose."""
    if kind.dose is None:
        return Words(kind.about, kind.about)
    return Words(f"{kind.about} Here: {kind.dose.en}.", f"{kind.dose.fr[:1].upper()}{kind.dose.fr[1:]}.")


def _scenario_of(codes: str | Sequence[str], *, name: str | None = None, **options: Any) -> Scenario:
    """What `Scenario.for_territory` gives."""
    made = begin(codes, **options)
    scenario = made.with_policy or made.baseline
    return scenario if name is None else scenario.with_(name=name)


use_beginning(_scenario_of)


def _surrounded(bare: Scenario, territory: Territory) -> TerritorySpec:
    """The territory, with a halo unless runs would take too long."""
    adults, closed = int(territory.adults.sum()), bare.territory
    around: TerritorySpec = closed.model_copy(update={"halo_minutes": _HALO_MINUTES})
    if adults < _FEW_ADULTS:
        return around
    too_many = adults > _MOST_ADULTS or prepare(bare.with_(territory=around)).whole.adults.sum() > _MOST_ADULTS
    return closed if too_many else around


@contextmanager
def _noting(where: str, problems: list[Problem], of: str = "") -> Iterator[None]:
    """Notes what is wrong with an argument, so that all of it is said at once."""
    try:
        yield
    except (EssSimError, ValueError) as error:
        problems += [Problem("", 0, 0, where, f"{of}{line}") for line in str(error).splitlines()]


def _asked(
    codes: str | Sequence[str],
    start: date | str | None,
    years: int,
    without_mt: float | None,
    policy: str | None,
    name: str | None,
    problems: list[Problem],
) -> tuple[Scenario | None, type[Policy] | None]:
    """A scenario that says no more than where and when, and the class of the policy; notes what is wrong."""
    where = None
    with _noting("codes", problems):
        key, found = territory_of([codes] if isinstance(codes, str) else list(codes))
        kind = KINDS_OF_CODES.get(key)
        where = {key: True if kind is None else found[0] if kind.group else list(found)}
    if without_mt is not None and not 0 <= without_mt <= 1:
        what = f"a share lies between 0 and 1, not {without_mt:g}"
        problems.append(Problem("", 0, 0, "without_mt", what + _percent(without_mt)))
    model = KINDS.get(policy or "")
    if policy is not None and model is None:
        known = did_you_mean(policy, KINDS) or f": one of {', '.join(sorted(KINDS))}"
        problems.append(Problem("", 0, 0, "policy", f"unknown policy {shortened(policy)!r}{known}"))
    try:
        day = {"start": DEFAULT_START if start is None else start, "horizon_years": years}
        bare = Scenario(name=f"{name or 'new'}-baseline", territory=where or {"france": True}, **day)
    except ScenarioError as error:
        keys = {"horizon_years": "years"}
        problems += [Problem("", 0, 0, keys.get(p.where, p.where), p.what) for p in error.problems]
        return None, model
    return (bare if where else None), model


def _percent(value: float) -> str:
    return f" (did you mean {value / 100:g}, i.e. {value:g} %?)" if 1 < value <= 100 else ""


def _slug(name: str) -> str:
    """A territory's name as scenarios and folders are called.

    >>> _slug("CC de l'Œuf, Saint-Éloi")
    'cc-de-l-oeuf-saint-eloi'
    """
    folded = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-") or "territory"


def _supply(figures: Sequence[Figure], territory: Territory, gps: Sequence[int]) -> dict[str, Any]:
    """Blocks of the supply on day 0."""
    by_key = {figure.key: figure for figure in figures}  # of several grades, the last is the weakest
    said = [figure for figure in figures if figure.key == "supply.list_holding_gps"]
    listed = {"source": "; ".join(f.source for f in said), "grade": max(f.grade for f in said)}
    counts = {z: n for z, n in zip(territory.zones, gps, strict=True) if n or len(territory.zones) <= _ALL_NAMED}
    blocks: dict[str, Any] = {
        "list_holding_gps": [{"zones": "remainder", **({"counts": counts} if counts else {"count": 0}), **listed}]
    }
    for key in ("interns_per_semester", "retired_pool", "departement_list_holders"):
        figure = by_key[f"supply.{key}"]
        blocks[key] = {"count": round(figure.value), **_support(figure)}
    return blocks


def _support(figure: Figure) -> Mapping[str, str]:
    return {"source": figure.source, "grade": figure.grade}


def _without_mt(bare: Scenario, territory: Territory, given: float | None) -> list[dict[str, Any]]:
    """Who has no MT on day 0: as given, else as estimated."""
    p = Parameters()
    if given is not None:
        part = round(never_declared_part(given, p), 4)
        stated = {"share": given, "never_declared_part": part, "source": OF_THE_USER, "grade": "D"}
        return [{"zones": "remainder", **stated}]
    blocks: list[dict[str, Any]] = []
    for inside, _, part, (share, _) in estimates(bare, territory, territory.adults, p):  # the last is the remainder
        zones = [zone for zone, here in zip(territory.zones, inside.tolist(), strict=True) if here]
        stated = {"share": round(share.value, 4), "never_declared_part": round(part, 4), **_support(share)}
        blocks.append({"zones": zones, **stated})
    blocks[-1]["zones"] = "remainder"
    return blocks


def site_of(scenario: Scenario) -> Site:
    """Where and when a policy begins in a scenario: by the GPs whom it says or leaves to the data.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> site = site_of(read_scenario(scenarios_dir() / "laval" / "baseline.yaml"))
    >>> site.zone, site.start.isoformat()
    ('53130', '2017-06-15')
    """
    territory, p = prepare(scenario), Parameters(scenario.parameters)
    gps = start_gps(scenario, territory, p).by_zone
    return _site(scenario, territory, need_of(territory, gps, p["list_holders_per_100000"]), gps.tolist())


def _site(baseline: Scenario, territory: Territory, need: Need, gps: Sequence[int]) -> Site:
    """Where and when a policy begins."""
    zones = territory.zones
    first = need.stops[0]
    short = [z for z in need.order if need.reach[z] < 1 and territory.adults[z]]
    return Site(
        start=baseline.start,
        end=baseline.calendar.end,
        stops=tuple(zones[z] for z in need.stops),
        short=tuple(zones[z] for z in short or [first]),
        with_gps=tuple(zones[z] for z in need.order if gps[z]),
        missing=float(need.missing[first]),
        gps=sum(gps),
        every_zone=len(zones),
    )
