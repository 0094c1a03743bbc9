"""Persons wanted by several claimants on one day: each goes to the claimant whose rank for her is lowest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from ess_sim.model.world.world import World
from ess_sim.streams import stable_rank

__all__ = ["allot", "settle_policy_claims"]


class Named(Protocol):
    """A person with a name of her own."""

    name: str


Person = TypeVar("Person", bound=Named)


def allot(
    persons: Iterable[Person], places: Mapping[str, int], wanted_by: Mapping[str, Callable[[Person], bool]]
) -> list[tuple[str, Person]]:
    """Shares persons out, in their order, each to the claimant with the lowest rank of "claimant/person".

    No order of claimants matters, and one who claims less leaves everybody else where she is, or lets her move up.

    Parameters
    ----------
    persons : iterable
        In the order in which they are shared out.
    places : mapping of str to int
        What each claimant still wants.
    wanted_by : mapping of str to callable
        Whether each claimant wants a person.
    """
    left = dict(places)
    out = []
    for person in persons:
        suitors = [claimant for claimant, n in left.items() if n > 0 and wanted_by[claimant](person)]
        if suitors:
            winner = min(suitors, key=lambda claimant: stable_rank(f"{claimant}/{person.name}"))
            left[winner] -= 1
            out.append((winner, person))
    return out


def settle_policy_claims(world: World, kind: str, persons: Callable[[], Iterable[Any]]) -> None:
    """Settles the day's claims of policies of one kind, which are emptied: the first claimant to wake does it for all.

    First choices are settled before second choices, and so on.

    Parameters
    ----------
    persons : callable
        Who can be claimed, in the order in which they are shared out; asked only if there is a claim.
    """
    claims = {claim.policy: claim for claim in world.policy_claims if claim.kind == kind}
    world.policy_claims[:] = [claim for claim in world.policy_claims if claim.kind != kind]
    if not claims:
        return
    places = {policy: claim.places for policy, claim in claims.items()}
    left = list(persons())
    for turn in range(max(len(claim.wanted) for claim in claims.values())):
        wanted_by = {policy: claim.wanted[turn] for policy, claim in claims.items() if turn < len(claim.wanted)}
        taken = set()
        for policy, person in allot(left, {policy: places[policy] for policy in wanted_by}, wanted_by):
            places[policy] -= 1
            claims[policy].take(person)
            taken.add(person.name)
        left = [person for person in left if person.name not in taken]
