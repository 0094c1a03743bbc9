"""Vacant posts of centres: the day's claims on scarce doctors, shared out by keyed priorities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from ess_sim.model.world.allotment import allot
from ess_sim.model.world.records import Centre, Retiree, SalariedGp
from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

__all__ = ["fill", "share_out"]


Doctor = TypeVar("Doctor", Retiree, SalariedGp)


def share_out(
    world: World,
    kind: str,
    doctors: Iterable[Doctor],
    suits: Callable[[Doctor, Centre], bool] | None = None,
) -> list[tuple[Centre, Doctor]]:
    """Settles the day's claims of one kind: doctors in an order of their own, each with the claimant keyed to her.

    No order of claims or doctors matters. Claims of this kind are emptied; who stays without taker is noted.

    Parameters
    ----------
    kind : str
        ``sessions`` or ``salaried``.
    doctors : iterable
        All who would take a post.
    suits : callable, optional
        Whether a doctor may take a post of a centre.
    """
    claims = [c for c in world.claims if c.kind == kind and not c.centre.closed]  # one may close as it claims
    world.claims[:] = [c for c in world.claims if c.kind != kind]
    centres = {c.centre.name: c.centre for c in claims}
    posts = {name: centre.vacant(kind) for name, centre in centres.items()}  # a newcomer may have come since the claim

    def wanted(centre: Centre) -> Callable[[Doctor], bool]:
        return lambda doctor: suits is None or suits(doctor, centre)

    in_order = sorted(doctors, key=lambda d: stable_rank(d.name))
    hired = allot(in_order, posts, {name: wanted(centre) for name, centre in centres.items()})
    filled = Counter(name for name, _ in hired)
    for name, centre in centres.items():
        if vacant := posts[name] - filled[name]:
            _note_vacant(world, centre, kind, vacant)
    return [(centres[name], doctor) for name, doctor in hired]


def _note_vacant(world: World, centre: Centre, kind: str, vacant: int) -> None:
    since = world.calendar.date(centre.vacant_since.setdefault(kind, world.today))
    world.note("post_vacant", centre.name, centre.zone, other=f"since {since}", value=float(vacant), detail=kind)


def fill(world: World, centre: Centre, doctor: str, kind: str, vacant: int) -> None:
    """Notes that a post is filled; ``vacant`` others are not."""
    if not vacant:
        centre.vacant_since.pop(kind, None)
    world.note("post_filled", centre.name, centre.zone, other=doctor, detail=kind)
