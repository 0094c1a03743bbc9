"""GPs enrolled by a policy that helps them or takes some of their time: their targets move as long as it lasts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from ess_sim.clock import Phase
from ess_sim.model.world.allotment import settle_policy_claims
from ess_sim.model.world.claims import PolicyClaim
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Gp
from ess_sim.model.world.world import World

__all__ = ["Enrolment", "enrol_monthly"]


class Enrolment:
    """Liberal GPs whose target a policy moves by ``target_ratio``, each of them until she leaves or is released.

    Whatever the number of policies, a GP is enrolled once for each kind of aid. Use it in a ``with`` block: at its end
    everybody is released.

    Parameters
    ----------
    name : str
        Of the policy.
    aid : str
        What they have in common, such as ``medical assistant``.
    target_ratio : float
        Relative change of their targets.
    joined, left : str
        Facts to write when a GP is enrolled, and when she has left practice.
    """

    def __init__(self, world: World, name: str, aid: str, target_ratio: float, *, joined: str, left: str) -> None:
        self.name, self._world, self._aid, self._target_ratio = name, world, aid, target_ratio
        self._joined, self._left = joined, left
        self.since: dict[str, int] = {}  # day of enrolment, by name
        self._gps: dict[str, Gp] = {}
        self._bent: dict[str, ExitStack] = {}
        self._draws: dict[str, float] = {}

    def __enter__(self) -> Enrolment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release_all()

    def draw(self, gp: Gp) -> float:
        """Her own number in [0, 1), drawn once for good: a priority, or below which chance she takes part."""
        if gp.name not in self._draws:
            self._draws[gp.name] = float(self._world.streams.of(self._aid, gp.name).random())
        return self._draws[gp.name]

    def claim(self, places: int, *wanted: Callable[[Gp], bool]) -> None:
        """Releases those who have left practice, and claims GPs for all places that are free today.

        Parameters
        ----------
        places : int
            How many may be enrolled at once.
        wanted : callable
            Whether a GP may be enrolled: first of all, then in the second place, and so on.
        """
        world = self._world
        for gp in [gp for name, gp in self._gps.items() if name not in world.gps]:
            self._release(gp)
            world.note(self._left, self.name, gp.zone, other=gp.name)
        free = places - len(self.since)
        if free > 0:
            world.policy_claims.append(PolicyClaim(self.name, self._aid, free, wanted, self._add))

    def settle(self) -> None:
        """Shares GPs out among all who claim them today for the same aid."""
        settle_policy_claims(self._world, self._aid, self._eligible)

    def _eligible(self) -> list[Gp]:
        """GPs who stay in practice and have no such aid yet, in the order of their draws."""
        free = [g for g in self._world.gps.values() if g.leaves_on is None and self._aid not in g.aids]
        return sorted(free, key=lambda g: (self.draw(g), g.name))

    def _add(self, gp: Gp) -> None:
        bent = ExitStack()
        bent.enter_context(self._world.levers.bend(actor=gp.name, target_ratio=self._target_ratio))
        gp.aids.add(self._aid)
        self._gps[gp.name], self._bent[gp.name], self.since[gp.name] = gp, bent, self._world.today
        self._world.note(self._joined, self.name, gp.zone, other=gp.name)

    def release_all(self) -> None:
        """Releases everybody."""
        for gp in list(self._gps.values()):
            self._release(gp)

    def _release(self, gp: Gp) -> None:
        del self._gps[gp.name], self.since[gp.name]
        gp.aids.discard(self._aid)
        self._bent.pop(gp.name).close()


def enrol_monthly(
    world: World,
    enrolment: Enrolment,
    *,
    last: int,
    claim: Callable[[], None],
    owed: Callable[[int, int], float],
    line: str,
    payer: str,
) -> Behaviour:
    """Reviews who is enrolled today and on the first of each month before ``last``; then pays what is owed since.

    Parameters
    ----------
    last : int
        Day on which all are released; beyond the horizon if none is.
    claim : callable
        Claims GPs for the places that are free, by `Enrolment.claim`.
    owed : callable
        Euro for the days from the first to the second argument, asked before who is enrolled changes.
    line, payer : str
        What is paid, and by whom.
    """
    name, horizon = enrolment.name, world.calendar.horizon
    with enrolment:
        claim()
        yield world.at(world.today, Phase.CLAIMS, name)
        enrolment.settle()
        since = world.today
        for day in world.settling_days(min(last, horizon)):
            yield world.at(day, Phase.POLICY, name)
            euro = owed(since, day)
            if day < last:
                claim()
                yield world.at(day, Phase.CLAIMS, name)
                enrolment.settle()
            else:
                enrolment.release_all()
            yield world.at(day, Phase.LEDGER, name)
            world.pay(name, line, payer, euro)
            since = day
        yield world.at(max(last, horizon + 1), Phase.POLICY, name)  # GPs enrolled at the horizon stay so
