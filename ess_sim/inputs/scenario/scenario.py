"""What a scenario says: a frozen, validated description of one territory, supply and policies.

A scenario knows no file and runs nothing. Policies are opaque frozen models; which kinds there are, the model says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import (
    Field,
    PrivateAttr,
    SerializeAsAny,
    field_validator,
    model_validator,
)

from ess_sim.arguments import checked
from ess_sim.clock import Calendar
from ess_sim.errors import ScenarioError, did_you_mean
from ess_sim.inputs.documents.nodes import NOWHERE, MappingNode, tree_of
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.notebooks.scenario_card import ScenarioCard
from ess_sim.inputs.scenario.blocks import (
    Location,
    ResidentsStart,
    Supply,
    block_problems,
    counts_problems,
    zones_of_blocks,
)
from ess_sim.inputs.scenario.centre_spec import CentreSpec, centre_problems
from ess_sim.inputs.scenario.frozen import Frozen, json_text
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.policy_model import PolicyModel, PolicyReader, begun, content_of, kinds_in_use
from ess_sim.inputs.scenario.sourced import with_zone_codes
from ess_sim.inputs.scenario.territory_spec import CSV_KEYS, TerritorySpec
from ess_sim.inputs.surroundings.halo import where_in_halo
from ess_sim.inputs.territory.territory import Territory

__all__ = ["PolicyModel", "ResidentsStart", "Scenario", "Supply"]


_MOST_DOCTORS, _ADULTS_PER_DOCTOR = 100, 50
"""A territory has at most 100 GPs and one for 50 adults; in France one for about a thousand."""


_MOST_RETIRED = 50_000
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


class Scenario(ScenarioCard, Frozen):
    """One territory, its supply, its residents and its policies, from ``start`` for ``horizon_years``.

    Read one from YAML with `ess_sim.read_scenario`, or make one of what a file would say; vary one with `with_`.

    Attributes
    ----------
    name : str
        Short identifier (letters, digits, ``-``, ``_``, ``.``), unique in a batch.
    title, description : Bilingual
        ``title.to("fr")`` is the French one where a file gives ``{en: …, fr: …}``.
    start : datetime.date
        Day 0.
    horizon_years : int
        Calendar years to run, 1–60.
    parameters : mapping of str to float
        Overrides of the parameter catalogue, by name; read-only.
    policies : tuple
        Frozen policies, as they were given: their order changes no result, and scenarios that differ in it are equal.
    outcomes : tuple of str
        Outcomes declared in advance (keys of `OUTCOMES`).

    Raises
    ------
    ScenarioError
        With everything that is wrong in form, each ``where: what``. Zones, dates and parameters are checked as soon as
        the scenario is run.

    Examples
    --------
    >>> import ess_sim
    >>> scenario = ess_sim.Scenario(
    ...     name="van",
    ...     start="2026-01-01",
    ...     horizon_years=5,
    ...     territory={"epci": "200083392"},
    ...     policies=[
    ...         {"kind": "outreach_van", "starts": "2026-07-01", "zones": ["53130"], "screenings_per_year": 500}
    ...     ],
    ... )
    >>> scenario.policies[0].zones
    ('53130',)
    """

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            description="short identifier of letters, digits, - _ and ., unique in a batch",
        ),
    ]
    title: Bilingual = Field(Bilingual(), description="one line for people, in one language or in both")
    description: Bilingual = Field(Bilingual(), description="question, what is known and not, in one language or both")
    sources: tuple[str, ...] = Field((), description="sources of the scenario as a whole, one text each")
    start: Annotated[date, Field(description="day 0, from 1990 to 2100; figures of the data are those of its year")]
    horizon_years: Annotated[int, Field(ge=1, le=60, description="calendar years to run")]
    territory: Annotated[TerritorySpec, Field(description="where: exactly one of its ways to name communes or zones")]
    supply: Supply = Field(Supply(), description="GPs, interns, retired GPs and centres on day 0")
    residents: ResidentsStart = Field(ResidentsStart(), description="residents' state on day 0")
    parameters: Mapping[str, float] = Field(
        default_factory=dict, description="values in place of those of the catalogue, by name (parameters.md)"
    )
    policies: tuple[SerializeAsAny[PolicyModel], ...] = Field(
        (), description="what is done, a list of blocks with a kind; their order changes no result"
    )
    outcomes: tuple[str, ...] = Field(
        ("share_without_mt",), description="outcomes declared in advance, which run and compare show"
    )

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if _DEVICE.fullmatch(value) or value.endswith("."):
            raise ValueError(f"a folder cannot be called {value!r} on Windows, and results have one of this name")
        return value

    @field_validator("start")
    @classmethod
    def _start(cls, value: date) -> date:
        if not 1990 <= value.year <= 2100:
            raise ValueError("start must lie between 1990 and 2100")
        return value

    @field_validator("outcomes")
    @classmethod
    def _outcomes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for v in value:
            if v not in OUTCOMES:
                raise ValueError(f"unknown outcome {v!r}{did_you_mean(v, OUTCOMES)}")
        if len(set(value)) != len(value):
            raise ValueError("an outcome is named twice")
        return value

    @model_validator(mode="after")
    def _zones_by_code(self) -> Scenario:
        """Zones that are called by their names get their codes; what names none, or several, `problems` speaks of."""
        names = self.territory.zone_names()
        for name in ("supply", "residents", "policies"):
            self.__dict__[name] = with_zone_codes(getattr(self, name), names)
        self._moved = tuple(dict.fromkeys(names.moved.values()))
        return self

    _years_before: int = PrivateAttr(default=0)
    _moved: tuple[str, ...] = PrivateAttr(default=())

    def __init__(self, /, **data: Any) -> None:
        reader = PolicyReader(kinds_in_use(), MappingNode(NOWHERE))
        if "policies" in data:
            reader.tree.items["policies"] = NOWHERE, tree_of(data["policies"])
            data = data | {"policies": tuple(reader.policies().values())}
        try:
            super().__init__(**data)
        except ScenarioError as error:
            raise ScenarioError([*reader.problems, *error.problems]) from None
        if reader.problems:
            raise ScenarioError(reader.problems)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # as in `Frozen`

    @classmethod
    @checked
    def for_territory(
        cls,
        codes: str | Sequence[str],
        *,
        start: date | str | None = None,
        years: int = 10,
        without_mt: float | None = None,
        policy: str | None = None,
        name: str | None = None,
    ) -> Scenario:
        """A scenario of any part of France on public data: what ``ess-sim new`` writes, number by number.

        Parameters
        ----------
        codes : str or sequence of str
            Codes or names: an intercommunality, an EPT, a département, a région, ``france``, or communes.
        start : date or ISO text, optional
            Day 0; by default 1 January of the year for which GPs were counted.
        years : int, optional
            Years to run.
        without_mt : float, optional
            Share of residents aged 17 or over without MT on day 0; by default France's.
        policy : str, optional
            Kind of a policy: in its usual dose, where it is needed most.
        name : str, optional
            By default made from the territory's name.

        Raises
        ------
        ScenarioError
            With everything that is wrong; of an unknown or ambiguous name, with what it could mean.

        Examples
        --------
        >>> import ess_sim
        >>> scenario = ess_sim.Scenario.for_territory("Sud Nivernais", years=5, policy="smp")
        >>> scenario.name, scenario.policies[0].zone
        ('sud-nivernais-smp', '58095')
        """
        made: Scenario = begun(codes, start=start, years=years, without_mt=without_mt, policy=policy, name=name)
        return made

    @property
    def policies_by_content(self) -> tuple[PolicyModel, ...]:
        """The policies in an order that does not depend on where they stand: they start in it."""
        return tuple(sorted(self.policies, key=content_of))

    @property
    def _compared(self) -> tuple[Any, ...]:
        """What makes scenarios equal: everything but the order of their policies, which changes nothing."""
        fields = (getattr(self, name) for name in type(self).model_fields if name != "policies")
        return *fields, self.policies_by_content

    def __eq__(self, other: object) -> bool:
        return self._compared == other._compared if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def calendar(self) -> Calendar:
        """Dates of the run."""
        return Calendar(self.start, self.horizon_years)

    @property
    def moved(self) -> tuple[str, ...]:
        """Notes on zones that were named by communes which are now a part of them."""
        return self._moved

    @property
    def years_declared(self) -> int:
        """Years within which its dates must lie: more than it runs where it is a shortened copy of another scenario."""
        return max(self.horizon_years, self._years_before)

    def with_(self, **changes: Any) -> Scenario:
        """A validated copy with some fields replaced, e.g. ``scenario.with_(name="short", horizon_years=5)``.

        In a copy that runs for fewer years, what is dated after its end does not happen; that is no mistake. A file
        cannot say so: `write_scenario` refuses such a copy.
        """
        fields = {k: getattr(self, k) for k in type(self).model_fields}
        made = Scenario(**(fields | changes))
        made._years_before = self.years_declared
        made._moved = tuple(dict.fromkeys((*self._moved, *made._moved)))
        return made

    def with_parameters(self, name: str | None = None, /, **overrides: float) -> Scenario:
        """A copy with some catalogue parameters overridden, under a new name where one is given."""
        return self.with_(name=self.name if name is None else name, parameters={**self.parameters, **overrides})

    def to_dict(self) -> dict[str, Any]:
        """The scenario as plain data (JSON types), as a file would say it."""
        return self._plain(self.policies)

    def _plain(self, policies: Iterable[PolicyModel]) -> dict[str, Any]:
        out = self.model_dump(mode="json", exclude={"policies"})
        out["policies"] = [p.to_block() for p in policies]
        plain: dict[str, Any] = json.loads(json_text(out, sort_keys=False))
        return plain

    @property
    def digest(self) -> str:
        """SHA-256 of all that the scenario says and that can change a result.

        Name, title, description, sources and outcomes cannot, nor can the order of policies. Of CSV files only the
        names count here; what is in them is the business of `Territory.digest`.
        """
        left_out = {"name", "title", "description", "sources", "outcomes"}
        data = {key: value for key, value in self._plain(self.policies_by_content).items() if key not in left_out}
        for key in CSV_KEYS:
            if data["territory"][key] is not None:
                data["territory"][key] = data["territory"][key].replace("\\", "/").rsplit("/", 1)[-1]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    @property
    def after_its_end(self) -> list[tuple[Location, str]]:
        """Dates that are right only because this is a shortened copy of another scenario."""
        found: list[tuple[Location, str]] = []
        if self.years_declared == self.horizon_years:
            return found
        declared = Calendar(self.start, self.years_declared)
        for i, policy in enumerate(self.policies):
            wrong_anyway = {loc for loc, _ in policy.problems(declared, ())}
            late = [(loc, what) for loc, what in policy.problems(self.calendar, ()) if loc not in wrong_anyway]
            found += [(("policies", i, *loc), what) for loc, what in late]
        return found

    def problems(self, territory: Territory) -> list[tuple[Location, str]]:
        """What only the territory shows: unknown or doubly named zones, impossible counts, dates off the horizon."""
        found: list[tuple[Location, str]] = []
        for path, blocks in (
            (("supply", "list_holding_gps"), self.supply.list_holding_gps),
            (("residents", "without_mt"), self.residents.without_mt),
            (("residents", "precarious"), self.residents.precarious),
            (("residents", "rates"), self.residents.rates),
        ):
            found += block_problems(path, blocks or (), territory.zones)
        found = found or counts_problems(
            ("supply", "list_holding_gps"), self.supply.list_holding_gps or (), territory.zones
        )
        if not found:
            adults = territory.adults
            blocks = self.residents.without_mt or ()
            for i, block in enumerate(blocks):
                here = int(adults[zones_of_blocks(blocks, territory.zones) == i].sum())
                if block.without_mt(here) > here:
                    what = f"more residents without MT ({block.count}) than adults ({here})"
                    found.append((("residents", "without_mt", i, "count"), what))
            for i, gps in enumerate(self.supply.list_holding_gps or ()):
                inside = zones_of_blocks(self.supply.list_holding_gps or (), territory.zones) == i
                if gps.total and not adults[inside].sum():
                    found.append((("supply", "list_holding_gps", i, gps.key), "GPs in zones without adults"))
        found += self._supply_problems(int(territory.adults.sum()))
        found += centre_problems(self.supply.centres or (), territory.zones) + self._names_of_centres_in_policies()
        declared = Calendar(self.start, self.years_declared)
        for i, policy in enumerate(self.policies):
            found += [(("policies", i, *loc), what) for loc, what in policy.problems(declared, territory.zones)]
        return [(at, where_in_halo(what, territory)) for at, what in found]

    def _supply_problems(self, adults: int) -> list[tuple[Location, str]]:
        """More doctors than any place has: a slip, or a run that takes for ever."""
        most = _MOST_DOCTORS + adults // _ADULTS_PER_DOCTOR
        supply = self.supply
        blocks = supply.list_holding_gps or ()
        largest = max(range(len(blocks)), key=lambda i: blocks[i].total, default=0)
        gps, entries, interns = sum(b.total for b in blocks), supply.first_installations, supply.interns_per_semester
        counts: list[tuple[Location, float, str]] = [
            (("list_holding_gps", largest, blocks[largest].key if blocks else "count"), gps, "list-holding GPs in all"),
            (("first_installations", "per_year"), entries.per_year if entries else 0, "installations a year"),
            (("interns_per_semester", "count"), interns.count if interns else 0, "interns a semester"),
        ]
        found: list[tuple[Location, str]] = [
            (("supply", *at), f"{n:,.0f} {what} for {adults:,} adults: a territory of this size has at most {most:,}")
            for at, n, what in counts
            if n > most
        ]
        if supply.retired_pool is not None and supply.retired_pool.count > _MOST_RETIRED:
            found.append(
                (("supply", "retired_pool", "count"), f"at most {_MOST_RETIRED:,}: more than all of France has")
            )
        return found

    def _names_of_centres_in_policies(self) -> list[tuple[Location, str]]:
        """A name given twice, and a policy for a centre that is not there on its first day."""
        found: list[tuple[Location, str]] = []
        names = {centre.name for centre in self.supply.centres or ()} - {None}
        for i, policy in enumerate(self.policies):
            centre = getattr(policy, "centre", None)
            if isinstance(centre, CentreSpec) and centre.name is not None:
                if centre.name in names:
                    found.append((("policies", i, "centre", "name"), f"a second centre called {centre.name!r}"))
                names.add(centre.name)
        meant = [(i, name) for i, p in enumerate(self.policies) if isinstance(name := getattr(p, "centre", None), str)]
        opens = self._days_of_centres() if meant else {}
        # a policy whose centres no one knows before the run may open the one that is meant
        known = all(p.centre_name for i, p in enumerate(self.policies) if _opens_one(p))
        calendar = Calendar(self.start, self.years_declared)
        for i, name in meant:
            if name not in opens and known:
                found.append(
                    (("policies", i, "centre"), f"no centre {name!r} in this scenario{did_you_mean(name, opens)}")
                )
            elif name in opens and opens[name] > self.policies[i].first_day(calendar):
                what = f"the centre {name!r} opens on {calendar.date(opens[name])}, after this policy's first day"
                found.append((("policies", i, "centre"), what))
        return found

    def _days_of_centres(self) -> dict[str, int]:
        """The day on which each centre opens that can be known before a run, by the name that it will have."""
        calendar = Calendar(self.start, self.years_declared)
        days: dict[str, list[int]] = {}
        for centre in self.supply.centres or ():
            days.setdefault(centre.name or f"centre-{centre.zone}", []).append(0)
        for policy in self.policies:
            if policy.centre_name is not None:
                days.setdefault(policy.centre_name, []).append(policy.first_day(calendar))
        # the second one of a name is numbered, and so on
        numbered = [(f"{n}-{i}" if i > 1 else n, day) for n, d in days.items() for i, day in enumerate(sorted(d), 1)]
        return dict(numbered)


def _opens_one(policy: PolicyModel) -> bool:
    return getattr(policy, "opens_centre", False) and not isinstance(getattr(policy, "centre", None), str)
