"""What a policy is: a small frozen model whose one method is a behaviour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, Field

from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.inputs.catalogue.parameters import A_CENTRE, read_only_with
from ess_sim.inputs.documents.nodes import MAX_PROBLEMS
from ess_sim.inputs.scenario.blocks import Location
from ess_sim.inputs.scenario.centre_spec import CentreSpec
from ess_sim.inputs.scenario.frozen import plain
from ess_sim.inputs.scenario.scenario import PolicyModel
from ess_sim.inputs.scenario.sourced import ZoneCode
from ess_sim.inputs.territory.hints import zone_hint
from ess_sim.model.policies.ahead import Ahead, Limit
from ess_sim.model.policies.own_code import remember
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre, Gp
from ess_sim.model.world.world import World

__all__ = [
    "FIELDS_OF_MANY",
    "Case",
    "GpNames",
    "Policy",
    "Site",
    "ZoneCode",
    "ZoneCodes",
    "named_centre",
    "named_gps",
    "zone_indices",
]


ZoneCodes = Annotated[tuple[ZoneCode, ...], Field(min_length=1)]
"""One or more zones, where a policy may name several."""


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name, n in Counter(names).items():
        if n > 1:
            raise ValueError(f"{name!r} is named twice")
    return names


GpNames = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), AfterValidator(_once)]
"""GPs of day 0, each once; whether there are such GPs is checked against the territory."""


def zone_indices(world: World, zones: Sequence[str]) -> list[int]:
    """Indices of the zones named, each once, in the territory's order."""
    return sorted(world.territory.zone_index(zone) for zone in set(zones))


def named_centre(world: World, name: str) -> Centre:
    """The centre of this name, open or closed; an error where there has been none."""
    if name not in world.centres:
        today = world.calendar.date(world.today)
        raise ScenarioError(f"no centre {name!r} on {today}{did_you_mean(name, world.centres)}")
    return world.centres[name]


def named_gps(world: World, kind: str, names: Sequence[str]) -> list[Gp]:
    """GPs of day 0, named by a policy of this kind, who are still in practice, in the order of their names."""
    known = [fact.actor for fact in world.facts if fact.event == "gp_present"]
    for name in names:
        if name not in known:
            raise ScenarioError(f"{kind}: no GP {name!r} on day 0{did_you_mean(name, known)}")
    return [world.gps[name] for name in sorted(names) if name in world.gps]


class Case(NamedTuple):
    """When and where an example of a policy acts.

    Attributes
    ----------
    starts, ends : date
        Its first day, and the day by which it has ended; a year or more lies between them.
    zones : tuple of str
        Two zones of the territory. A centre of day 0 in the first of them is called ``example``.
    """

    starts: date
    ends: date
    zones: tuple[str, str]

    @property
    def middle(self) -> date:
        """The day half-way."""
        return self.starts + (self.ends - self.starts) // 2


class Site(NamedTuple):
    """When and where a new scenario needs a policy most: what `Policy.standard` puts its dose into.

    Attributes
    ----------
    start, end : date
        First and last day of the run.
    stops : tuple of str
        Zones in need that lie apart, up to six, the neediest first.
    short : tuple of str
        All zones with fewer GPs within reach than an adult in France has, or the neediest; neediest first.
    with_gps : tuple of str
        Zones with a list-holding GP, neediest first.
    missing : float
        GPs within reach of the neediest zone fewer than in France.
    gps : int
        List-holding GPs of the territory on day 0.
    every_zone : int
        Zones of the territory.
    """

    start: date
    end: date
    stops: tuple[str, ...]
    short: tuple[str, ...]
    with_gps: tuple[str, ...]
    missing: float
    gps: int
    every_zone: int

    @property
    def zone(self) -> str:
        """The neediest zone."""
        return self.stops[0]

    @property
    def staffed(self) -> str:
        """The neediest zone with a GP."""
        if not self.with_gps:
            raise ScenarioError("it needs a list-holding GP, and this territory has none")
        return self.with_gps[0]


FIELDS_OF_MANY: Mapping[str, str] = {
    "starts": "first day on which it acts",
    "ends": "first day on which it acts no more; left out: never",
    "opens": "day on which it opens",
    "closes": "day on which it closes; left out: never",
    "zone": "zone where it acts",
}
"""What fields mean that several policies share."""


class Policy(PolicyModel):
    """A dated intervention. Subclass it, name its ``kind``, give it fields, and write ``act``.

    `first_day` says when it acts for the first time: at the date in a field named ``starts`` or ``opens``, else at the
    scenario's start. ``act`` is a generator that moves the world: it yields ``world.at(day, Phase.POLICY, who)`` to
    wait, and bends levers inside ``with world.levers.bend(...)`` blocks. It pays what it costs (``world.pay``), or
    says that the cost is unknown (``world.note("cost_unknown", who, detail="what")``): otherwise it counts as free.

    Attributes
    ----------
    kind : str
        Name in scenario files (class attribute).
    label : Words or None
        What the policy is called in an explained scenario (class attribute); its ``kind`` where there is none.
    field_labels : dict of str to Words
        What its own fields are called there (class attribute); those that several policies share, such as ``starts``,
        have their words in ``data/words/explanation.toml``.
    about : str
        One sentence for ``ess-sim policies`` (class attribute).
    dose : Words or None
        What the dose of `standard` is modelled on, with its source (class attribute).
    opens_centre : bool
        Whether it opens a centre, so that the scenario reads all parameters of centres (class attribute).
    brings_mediators : bool
        Whether it sends mediators to centres that have no posts for them (class attribute).
    brings_grants : bool
        Whether it gives centres grants that stand in no block (class attribute).
    """

    kind: ClassVar[str]
    label: ClassVar[Words | None] = None
    field_labels: ClassVar[dict[str, Words]] = {}
    about: ClassVar[str] = ""
    dose: ClassVar[Words | None] = None
    opens_centre: ClassVar[bool] = False
    brings_mediators: ClassVar[bool] = False
    brings_grants: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        remember(cls)

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance that gives as many fields as go together; tests try on it what every policy must do."""
        raise NotImplementedError

    @classmethod
    def standard(cls, site: Site) -> Self:  # noqa: ARG003 - those that have a dose use it
        """The policy in its usual dose, for ``ess-sim new --policy``.

        Raises
        ------
        ScenarioError
            Where it cannot be placed: why.
        """
        raise ScenarioError("it has no usual dose: write its block by hand")

    @classmethod
    def reads(cls) -> frozenset[str]:
        """Parameters that matter only in some scenarios, such as those with this policy.

        Overriding one of them in a scenario without such a policy is an error. Which they are is said by the column
        ``only_with`` of the catalogue; a policy that is not part of the package extends this method.
        """
        kinds = [vars(base)["kind"] for base in cls.__mro__ if "kind" in vars(base)]
        return read_only_with(*kinds, *([A_CENTRE] if cls.opens_centre else []))

    def act(self, world: World) -> Behaviour:
        """Move the world, from ``first_day`` on."""
        raise NotImplementedError

    def first_day(self, calendar: Calendar) -> int:
        """Whole day since the start on which the policy acts for the first time."""
        dates = [getattr(self, name, None) for name in ("starts", "opens")]
        return max((calendar.day(d) for d in dates if d is not None), default=0)

    def last_day(self, calendar: Calendar) -> int:
        """Whole day since the start on which the policy ends; beyond the horizon where no date says so."""
        dates = [getattr(self, name, None) for name in ("ends", "closes")]
        return min((calendar.day(d) for d in dates if d is not None), default=calendar.horizon + 1)

    def last_day_of_run(self, calendar: Calendar) -> int:
        """The day on which the policy ends, at the latest the run's last one."""
        return min(self.last_day(calendar), calendar.horizon)

    def centres_opened(self) -> tuple[CentreSpec, ...]:
        """Centres that it opens, as they are known before the run: by default those among its fields."""
        fields = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value for value in fields if isinstance(value, CentreSpec))

    def centres_at_most(self, ahead: Ahead) -> tuple[CentreSpec, ...]:  # noqa: ARG002 - those that have limits use it
        """Those of `centres_opened` that can be there in a run."""
        return self.centres_opened()

    def interns_asked(self) -> dict[str, int]:
        """How many more interns the supervisors of a zone are to host each semester."""
        return {}

    def limits(self, ahead: Ahead) -> Iterator[Limit]:  # noqa: ARG002 - those that have limits use it
        """What keeps it from acting in full in every run: only what is certain, and no centre's intern places."""
        yield from ()

    def to_block(self) -> dict[str, Any]:
        """The policy as plain data with its ``kind``, as a scenario file would hold it."""
        return {"kind": self.kind, **plain(self)}

    def problems(self, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
        """Dates outside the horizon or before the beginning, and unknown zones, in the policy and the models in it."""
        found = _problems(self, (), calendar, zones)
        first = calendar.date(self.first_day(calendar))
        for name in ("ends", "closes"):
            last = getattr(self, name, None)
            if last is not None and last <= first:
                found.append(((name,), f"{last} is not after the beginning, {first}"))
        return found


def _problems(model: BaseModel, at: Location, calendar: Calendar, zones: Sequence[str]) -> list[tuple[Location, str]]:
    found: list[tuple[Location, str]] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        here = (*at, name)
        if isinstance(value, date) and not calendar.start <= value <= calendar.end:
            found.append((here, f"{value} is outside the horizon, {calendar.start} to {calendar.end}"))
        elif name == "zone" and isinstance(value, str) and value not in zones:
            found.append((here, f"unknown zone {value!r} in this territory{zone_hint(value, zones)}"))
        elif name == "zones" and isinstance(value, tuple):
            known = set(zones)
            unknown = [(i, code) for i, code in enumerate(value) if isinstance(code, str) and code not in known]
            some = unknown[: MAX_PROBLEMS + 1]  # suggesting takes its time
            found += [((*here, i), f"unknown zone {z!r} in this territory{zone_hint(z, zones)}") for i, z in some]
            again = [i for i, code in enumerate(value) if code in value[:i]][: MAX_PROBLEMS + 1]
            found += [((*here, i), f"zone {value[i]!r} is given twice") for i in again]
        elif isinstance(value, BaseModel):
            found += _problems(value, here, calendar, zones)
    return found
