"""What may keep a scenario's policies from acting in full, as far as it can be expected before the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.figures import defaults
from ess_sim.inputs.figures.gp_ages import mixture
from ess_sim.inputs.figures.gps import StartGps, start_gps
from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.population import in_french
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.behaviours.centres.retired import from_beyond
from ess_sim.model.behaviours.gps.exits import expected_retirements
from ess_sim.model.policies.ahead import Ahead
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.words import Words
from ess_sim.model.run.capacity import capacity_of, strain_words
from ess_sim.model.run.centres.interns import intern_places
from ess_sim.model.run.centres.money import planned
from ess_sim.model.run.checks import check
from ess_sim.model.run.limits import ahead_of, open_days
from ess_sim.model.run.prepare import prepare

__all__ = ["notices"]


_SHORT = 30
"""Days before the end from which on a policy has hardly any time."""


def notices(scenario: Scenario) -> list[Words]:
    """What binds, a sentence each, in English and in French; nothing is wrong with the scenario.

    Parameters
    ----------
    scenario : Scenario
        Of one that cannot be run at all, there is nothing to say.

    Examples
    --------
    >>> from ess_sim.model.run.read import Scenario
    >>> van = {"kind": "host_interns", "zone": "58194", "per_semester": 9}
    >>> places = {"communes": ["58194", "58303"]}
    >>> scenario = Scenario(name="a", start="2026-01-01", horizon_years=2, territory=places, policies=[van])
    >>> notices(scenario)[0].en[:51]
    '9 more interns a semester in zone 58194, where some'
    """
    try:
        check(scenario)
    except (ScenarioError, TypeError):  # a copy whose parts were never validated may hold anything
        return []
    p = Parameters(scenario.parameters)
    territory = prepare(scenario)
    start = start_gps(scenario, territory, p)
    gps = dict(zip(territory.zones, start.by_zone.tolist(), strict=True))
    ahead = ahead_of(scenario)
    policies = [policy for policy in scenario.policies if isinstance(policy, Policy)]
    centres = [
        *(scenario.supply.centres or ()),
        *(spec for policy in policies for spec in policy.centres_at_most(ahead)),
    ]
    return [
        *_no_gps(start, territory),
        *map(strain_words, capacity_of(scenario, territory, p, start).strains),
        *_retired(scenario, p, centres, start),
        *_salaried(scenario, p, centres, start.total),
        *_no_posts(centres),
        *_reserves(scenario, ahead),
        *_long_lists(scenario, p),
        *_interns_of_centres(p, centres),
        *_interns_of_supervisors(scenario, p, policies, gps),
        *_at_the_end(policies, Calendar(scenario.start, scenario.horizon_years)),
        *_too_late(scenario),
    ]


def _fr(number: float) -> str:
    """A number as it is written in French."""
    return f"{number:.1f}".replace(".", ",")


def _would(number: float) -> str:
    """What so many GPs would do, in French: the plural begins at two."""
    return "accepteraient" if number >= 2 else "accepterait"


def _no_gps(start: StartGps, territory: Territory) -> Iterator[Words]:
    if not start.total:
        yield Words(
            f"no GP of {territory.name} has a list on day 0: no resident has an MT there",
            f"aucun médecin de {in_french(territory.name)} n'a de patientèle au premier jour\u00a0: aucun habitant n'y "
            "a de médecin traitant",
        )


def _retired(scenario: Scenario, p: Mapping[str, float], centres: list[CentreSpec], start: StartGps) -> Iterator[Words]:
    posts = sum(centre.posts.retired_gps.count for centre in centres)
    if not posts:
        return
    territory = prepare(scenario)
    around = defaults.departement_list_holders(scenario, territory, start.total)
    everywhere = max(start.total, int(around.value))
    pool = int(defaults.retired_pool(scenario, p, everywhere).value)
    beyond = p["retired_from_beyond_ratio"]
    there = pool + from_beyond(p, pool)
    a_year = (1 + beyond) * everywhere * expected_retirements(p, mixture(territory, start.by_zone))
    # centres take those who have been retired for so long at most
    longest = max(c.posts.retired_gps.retired_for_at_most_years for c in centres if c.posts.retired_gps.count)
    share, since = p["retired_willing_share"], p["retired_pool_years"]
    willing = there * share * (min(1.0, longest / since) if since else 1.0)
    if posts > willing:
        more = there - pool
        yield Words(
            f"{posts} posts for retired GPs, but of the {there} in the pool on day 0"
            f"{f' ({pool} of the département, {more} of beyond it)' if more else ''} some {willing:.1f} would take "
            f"one, and of those who retire later some {a_year * share:.1f} a year",
            f"{posts} poste{'s'[: posts > 1]} de médecins retraités, mais sur les {there} du vivier au premier jour"
            f"{f' ({pool} du département, {more} plus loin)' if more else ''}, {_fr(willing)} environ en "
            f"{_would(willing)} un, puis {_fr(a_year * share)} par an parmi ceux qui partent ensuite",
        )
    figures = {
        "retired_pool": (f"{pool} in the pool", f"un vivier de {pool}"),
        "departement_list_holders": (
            f"{everywhere} list-holders in the département",
            f"{everywhere} médecins traitants dans le département",
        ),
    }
    if missing := [key for key in figures if getattr(scenario.supply, key) is None]:
        en, fr = zip(*(figures[key] for key in missing), strict=True)
        keys = [f"supply.{key}" for key in missing]
        yield Words(
            f"no local figure of retired GPs: {' and '.join(en)} are assumed; {' and '.join(keys)} would say it",
            f"pas de chiffre local sur les médecins retraités\u00a0: on suppose {' et '.join(fr)}\u00a0; à "
            f"préciser par {' et '.join(keys)}",
        )


def _salaried(
    scenario: Scenario, p: Mapping[str, float], centres: list[CentreSpec], list_holders: int
) -> Iterator[Words]:
    supply = scenario.supply
    staffed = sum(c.posts.salaried_gps.count if c.staffed is None else c.staffed for c in supply.centres or ())
    posts = sum(centre.posts.salaried_gps.count for centre in centres) - staffed
    others = defaults.other_gps(scenario, p, list_holders).value
    newcomers = defaults.first_installations(scenario, p, list_holders).value
    a_year = others * p["other_gp_looking_rate_per_year"] + newcomers * p["newcomer_salaried_share"]
    if posts > a_year:
        yield Words(
            f"{posts} posts for salaried GPs are vacant at first, but only some {a_year:.1f} GPs a year would take one",
            f"postes de médecins salariés vacants au départ\u00a0: {posts}, mais {_fr(a_year)} "
            f"médecin{'s'[: a_year >= 2]} par an environ en {_would(a_year)} un",
        )


def _no_posts(centres: list[CentreSpec]) -> Iterator[Words]:
    for centre in centres:
        posts = centre.posts
        if not (posts.doctors_fte or posts.interns.per_semester or posts.nurses or posts.mediators):
            yield Words(
                f"centre in {centre.zone}: no post for anyone who sees residents: it cannot act",
                f"centre à {centre.zone}\u00a0: aucun poste de soignant ni de médiation\u00a0: il ne peut pas agir",
            )


def _reserves(scenario: Scenario, ahead: Ahead) -> Iterator[Words]:
    """Centres that keep their own accounts by the rules of all: those of day 0, and those that `OpenCentre` opens."""
    for centre in scenario.supply.centres or ():
        yield from planned(centre, ahead, (0, ahead.calendar.horizon + 1))
    for policy in scenario.policies:
        if isinstance(policy, OpenCentre):
            yield from planned(policy.centre, ahead, open_days(policy, ahead))


def _long_lists(scenario: Scenario, p: Mapping[str, float]) -> Iterator[Words]:
    """Centres of day 0 with more on their list than all who may be there on that day would hold."""
    for centre in scenario.supply.centres or ():
        posts = centre.posts
        salaried = posts.salaried_gps.count if centre.staffed is None else centre.staffed
        fte = salaried * posts.salaried_gps.fte_each
        fte += posts.retired_gps.count * posts.retired_gps.fte_each * posts.retired_gps.list
        helped = min(1.0, posts.medical_assistants * p["doctors_per_assistant"] / fte) if fte else 0.0
        most = fte * p["centre_list_per_fte"] * (1.0 + p["assistant_target_gain"] * helped)
        most += posts.interns.per_semester * p["intern_target_residents"] * posts.interns.list
        if centre.listed > round(most):
            yield Words(
                f"centre in {centre.zone}: {centre.listed} adults on its list on day 0, but its doctors would hold "
                f"{round(most)} (centre_list_per_fte): it takes hardly anyone until the list has shrunk",
                f"centre à {centre.zone}\u00a0: {centre.listed} adultes dans sa patientèle au premier jour, mais ses "
                f"médecins en prendraient {round(most)} (centre_list_per_fte)\u00a0: il n'accepte presque personne "
                "avant qu'elle ait diminué",
            )


def _interns_of_centres(p: Mapping[str, float], centres: list[CentreSpec]) -> Iterator[Words]:
    """Places that are there only while a post is vacant; what cannot be in any case is a limit."""
    for centre in centres:
        asked, most, staffed, _ = intern_places(centre, p)
        if staffed < most:
            duty = int(centre.posts.doctors_fte + 1e-9)
            rooms = max(0, centre.rooms_for_all - duty)
            yield Words(
                f"centre in {centre.zone}: intern places a semester: {asked}, but with all posts filled "
                f"{duty} supervisors are on duty all week; rooms left for interns: {rooms}",
                f"centre à {centre.zone}\u00a0: places d'interne par semestre\u00a0: {asked}, mais, tous postes "
                f"pourvus, maîtres de stage présents toute la semaine\u00a0: {duty}, cabinets pour les "
                f"internes\u00a0: {rooms}",
            )


def _interns_of_supervisors(
    scenario: Scenario, p: Mapping[str, float], policies: list[Policy], gps: Mapping[str, int]
) -> Iterator[Words]:
    asked: Counter[str] = Counter()
    for policy in policies:
        asked.update(policy.interns_asked())
    usual = int(defaults.interns_per_semester(scenario, prepare(scenario), p).value)
    share = p["supervisor_share"]
    supervisors = share * sum(gps.values())
    left = max(0.0, 1 - usual / supervisors) if supervisors else 0.0
    for zone, places in asked.items():
        free = gps.get(zone, 0) * share * left
        if places > free:
            yield Words(
                f"{places} more interns a semester in zone {zone}, where some {gps.get(zone, 0)} GPs may supervise "
                f"{free:.1f} beside the faculty's usual interns ({usual} a semester in the territory)",
                f"{places} internes de plus par semestre dans la zone {zone}, où {gps.get(zone, 0)} médecins peuvent "
                f"en encadrer {_fr(free)} environ, outre ceux de la faculté ({usual} par semestre sur le territoire)",
            )


def _at_the_end(policies: list[Policy], calendar: Calendar) -> Iterator[Words]:
    for policy in policies:
        first = policy.first_day(calendar)
        if calendar.horizon - _SHORT <= first <= calendar.horizon:
            day, left = calendar.date(first), calendar.horizon - first
            name = policy.label.fr if policy.label else policy.kind
            yield Words(
                f"{policy.kind} begins on {day}, {left} day{'s'[: left != 1]} before the end of the run: "
                "hardly any effect can show",
                f"{name}\u00a0: début le {day:%d/%m/%Y}, {left} jour{'s'[: left > 1]} avant la fin, presque sans effet "
                "visible",
            )


def _too_late(scenario: Scenario) -> Iterator[Words]:
    for at, what in scenario.after_its_end:
        where = problem_at(NOWHERE, at, "").where
        yield Words(
            f"{where}: {what}: it does not happen in this shortened copy",
            f"{where}\u00a0: {what}\u00a0: cela n'a pas lieu dans cette copie abrégée",
        )
