"""Intern places of a centre: how many can be filled, by its rooms and its supervisors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.words import Words

__all__ = ["InternPlaces", "intern_places", "interns"]


class InternPlaces(NamedTuple):
    """Intern places of a centre each semester.

    Attributes
    ----------
    asked : int
    most : int
        That can be filled at most, with any of its doctors there.
    staffed : int
        With all posts filled.
    duty : int
        Supervisors on duty all week with all posts filled.
    """

    asked: int
    most: int
    staffed: int
    duty: int


def intern_places(spec: CentreSpec, p: Mapping[str, float]) -> InternPlaces:
    """By the centre's own rule, with every salaried GP a supervisor if any GP is one.

    Examples
    --------
    >>> from ess_sim.inputs.scenario.centre_spec import Interns, Posts, RetiredGps
    >>> posts = Posts(retired_gps=RetiredGps(count=12), interns=Interns(per_semester=4))
    >>> intern_places(CentreSpec(form="mutualist", zone="53130", posts=posts, rooms=3), {"supervisor_share": 0.18})
    InternPlaces(asked=4, most=1, staffed=1, duty=2)
    """
    posts = spec.posts
    supervising = posts.retired_gps.count * posts.retired_gps.fte_each
    if p["supervisor_share"]:
        supervising += posts.salaried_gps.count * posts.salaried_gps.fte_each
    duty, doctors = int(supervising + 1e-9), int(posts.doctors_fte + 1e-9)
    # as doctors come and go, any number of them may be there; one who is absent leaves her room
    most = max(spec.places_for_interns(k, k) for k in range(duty + 1))
    return InternPlaces(posts.interns.per_semester, most, spec.places_for_interns(duty, doctors), duty)


def interns(spec: CentreSpec, ahead: Ahead, open_days: tuple[int, int], *, each: bool = False) -> Iterator[Limit]:
    """Places that no staff of a centre can fill, with its first day and that on which it closes.

    ``each``: it stands for several centres that are alike.
    """
    places, at = intern_places(spec, ahead.p), ("interns", "per_semester")
    asked, most = places.asked, places.most
    of_each, de_chaque = (" of each centre", " de chaque centre") if each else ("", "")
    if not asked:
        return
    if not ahead.semesters(*open_days):
        yield Limit(
            at,
            asked,
            0,
            Words(
                f"0 of {asked} intern places{of_each} can be filled: no semester begins while it is open (2 May, "
                "2 November)",
                f"places d'interne{de_chaque} pouvant être pourvues\u00a0: 0 sur {asked}\u00a0; aucun semestre ne "
                "commence pendant son ouverture (2 mai, 2 novembre)",
            ),
        )
    elif most < asked:
        rooms, duty = spec.rooms_for_all, places.duty
        if duty > most:
            why = f"{rooms} room{'s'[: rooms > 1]}, and an intern needs one beside her supervisor"
            motif = (
                f"{rooms} salle{'s'[: rooms > 1]} de consultation, et un interne en occupe une en plus de celle de son "
                "maître de stage"
            )
        else:
            why = f"with all posts filled {duty or 'no'} supervisor{'s'[: duty != 1]} would be on duty all week"
            motif = f"tous postes pourvus, maîtres de stage présents toute la semaine\u00a0: {duty}"
        yield Limit(
            at,
            asked,
            most,
            Words(
                f"{most} of {asked} intern places a semester{of_each} can be filled: {why}",
                f"places d'interne par semestre{de_chaque} pouvant être pourvues\u00a0: {most} sur {asked}\u00a0; "
                f"{motif}",
            ),
            void=True,
        )
