"""What is certain before any run: limits that keep a policy from acting in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ess_sim.clock import Calendar
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.centre_spec import Grant
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.words import Words

__all__ = ["Ahead", "Limit", "without_residents"]


class Limit(NamedTuple):
    """A limit that binds in every run.

    Attributes
    ----------
    at : tuple
        Where the scenario asks for what cannot be: below the policy that says so; () for all of it.
    asked, most : float
        What is asked, and how much of it can be at most.
    words : Words
        Both numbers and the limit, one line.
    void : bool
        Whether every outcome of every run is that of ``most`` in place of ``asked``; with ``at`` (): that without the
        policy.
    """

    at: Location
    asked: float
    most: float
    words: Words
    void: bool = False

    def below(self, *at: str | int) -> Limit:
        """The same limit of what stands at ``at``."""
        return self._replace(at=(*at, *self.at))


class Ahead(NamedTuple):
    """What a policy can know before any run.

    Attributes
    ----------
    calendar : Calendar
    p : mapping of str to float
        Parameters.
    territory : Territory
    adults, gps : mapping of str to int
        Residents aged 17 or over, and list-holding GPs, of each zone on day 0.
    interns : int
        Whom the faculty sends to the territory's GPs each semester.
    grants : tuple of Grant or None
        All that centres may get in any run; None where that is not known before.
    """

    calendar: Calendar
    p: Mapping[str, float]
    territory: Territory
    adults: Mapping[str, int]
    gps: Mapping[str, int]
    interns: int
    grants: tuple[Grant, ...] | None

    def semesters(self, first: int, last: int) -> list[int]:
        """Days on which a semester of interns begins, from the first to the day before the last."""
        return [day for day in self.calendar.semesters[1:] if first <= day < last]

    def gps_of(self, zones: Iterable[str] | None) -> int:
        """List-holding GPs of some zones on day 0, or of all."""
        return sum(self.gps.values() if zones is None else (self.gps[zone] for zone in set(zones)))


def without_residents(ahead: Ahead, zones: Sequence[str] | None) -> Iterator[Limit]:
    """Zones of a policy in which it meets no one on day 0."""
    empty = [zone for zone in zones or () if not ahead.adults[zone]]
    if empty and zones is not None:
        n, all_of, where = len(zones) - len(empty), len(zones), ", ".join(empty[:5]) + ", …"[: 3 * (len(empty) > 5)]
        yield Limit(
            ("zones",),
            all_of,
            n,
            Words(
                f"{n} of {all_of} zones have residents aged 17 or over on day 0: no one lives in {where}",
                f"zones habitées par des personnes de 17 ans et plus au premier jour\u00a0: {n} sur {all_of}\u00a0; "
                f"aucune à {where}",
            ),
        )
