"""GPs enrolled by a policy that helps them or takes some of their time: their targets move as long as it lasts."""

from __future__ import annotations

from collections.abc import Callable, Container
from contextlib import ExitStack
from types import TracebackType

from ess_sim.behaviours.outreach import settling_days
from ess_sim.clock import Phase
from ess_sim.world import Behaviour, Gp, World

__all__ = ["Enrolment", "enrol_monthly"]


class Enrolment:
    """Liberal GPs whose target a policy moves by ``target_ratio``, each of them until she leaves or is released.

    Whatever the number of policies, a GP is enrolled once for each kind of aid. Use it in a ``with`` block: at its end
    everybody is released.

    Parameters
    ----------
    aid : str
        What they have in common, such as ``medical assistant``.
    target_ratio : float
        Relative change of their targets.
    """

    def __init__(self, world: World, aid: str, target_ratio: float) -> None:
        self._world, self._aid, self._target_ratio = world, aid, target_ratio
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

    def eligible(self, zones: Container[int]) -> list[Gp]:
        """GPs of these zones who stay in practice and have no such aid yet, in the order of their draws."""
        gps = self._world.gps.values()
        free = [g for g in gps if g.zone in zones and g.leaves_on is None and self._aid not in g.aids]
        return sorted(free, key=lambda g: (self.draw(g), g.name))

    def add(self, gp: Gp) -> None:
        """Enrols a GP today."""
        bent = ExitStack()
        bent.enter_context(self._world.levers.bend(actor=gp.name, target_ratio=self._target_ratio))
        gp.aids.add(self._aid)
        self._gps[gp.name], self._bent[gp.name], self.since[gp.name] = gp, bent, self._world.today

    def release_leavers(self) -> list[Gp]:
        """Releases those who have left practice, and returns them."""
        gone = [gp for name, gp in self._gps.items() if name not in self._world.gps]
        for gp in gone:
            self._release(gp)
        return gone

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
    name: str,
    enrolment: Enrolment,
    *,
    last: int,
    review: Callable[[], None],
    owed: Callable[[int, int], float],
    line: str,
    payer: str,
) -> Behaviour:
    """Reviews who is enrolled today and on the first of each month before ``last``; then books what is owed since.

    Parameters
    ----------
    last : int
        Day on which everybody is released; beyond the horizon if nobody is.
    review : callable
        Who has left goes and others come.
    owed : callable
        Euro for the days from the first to the second argument, asked before the review.
    line, payer : str
        What is paid, and by whom.
    """
    horizon = world.calendar.horizon
    with enrolment:
        review()
        since = world.today
        for day in settling_days(world, min(last, horizon)):
            yield world.at(day, Phase.POLICY, name)
            euro = owed(since, day)
            if day < last:
                review()
            else:
                enrolment.release_all()
            yield world.at(day, Phase.LEDGER, name)
            world.pay(name, line, payer, euro)
            since = day
        yield world.at(max(last, horizon + 1), Phase.POLICY, name)  # whoever is enrolled at the horizon stays so
