"""What a health centre is: legal form, posts, list rule, money; frozen data, as scenarios and policies hold it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ess_sim.inputs.documents.nodes import Location
from ess_sim.inputs.editors.rules import rules, where
from ess_sim.inputs.scenario.sourced import Frozen, Sourced, ZoneCode
from ess_sim.inputs.territory.hints import zone_hint

__all__ = [
    "FORMS",
    "MEMBERS_PAY",
    "OWNERS",
    "CentreSpec",
    "CostLine",
    "DayZeroCentre",
    "Finance",
    "Form",
    "Grant",
    "Interns",
    "OtherPatients",
    "Payer",
    "Posts",
    "RetiredGps",
    "SalariedGps",
    "Spending",
    "centre_problems",
    "fitting",
]


Form = Literal["association", "scic", "mutualist", "municipal", "group"]


FORMS: tuple[Form, ...] = get_args(Form)
"""Legal forms: association; cooperative (SCIC); mutual society; commune; national non-profit group."""
Payer = Literal["insurer", "agency", "local_authority", "state", "members"]


OWNERS: dict[Form, Payer] = {form: "local_authority" if form == "municipal" else "members" for form in FORMS}
"""Whose money a form's own funds are: public for a commune, private for all others."""
CostLine = Literal[
    "salaried_gps",
    "retired_gps",
    "secretaries",
    "nurses",
    "mediators",
    "medical_assistants",
    "added_staff",
    "premises_and_running",
]
Fte = Annotated[float, Field(gt=0, le=1, description="full-time equivalent of each doctor")]
Staff = Annotated[float, Field(ge=0, le=500)]
Euro = Annotated[float, Field(ge=0, le=1e9)]


class SalariedGps(Frozen):
    """Posts for salaried GPs."""

    count: Annotated[int, Field(ge=0, le=500, description="posts")]
    fte_each: Fte = 1.0


class RetiredGps(Frozen):
    """Posts for retired GPs. With ``list: false`` they only supervise: the immediate effect is switched off."""

    count: Annotated[int, Field(ge=0, le=500, description="posts")]
    fte_each: Fte = 0.2
    retired_for_at_most_years: Annotated[
        float, Field(gt=0, le=40, description="only those who retired within the last so many years")
    ] = 5.0
    hours_per_day: Annotated[float, Field(gt=0, le=14)] | None = Field(
        None, description="hours of a day of sessions; left out: those of a full-time salaried GP"
    )
    list: bool = Field(True, description="whether they hold a list; with false they only supervise interns")


class Interns(Frozen):
    """Interns that the faculty sends on top of its usual places. With ``list: false`` they add nothing to the list."""

    per_semester: Annotated[int, Field(ge=0, le=50, description="interns each semester")]
    list: bool = Field(True, description="whether they add to the list")


class Posts(Frozen):
    """Who works in a centre once all posts are filled; staff that is no doctor in FTE, present from the opening."""

    salaried_gps: SalariedGps = Field(SalariedGps(count=0), description="posts for salaried GPs")
    retired_gps: RetiredGps = Field(RetiredGps(count=0), description="posts for retired GPs")
    interns: Interns = Field(Interns(per_semester=0), description="interns on top of the faculty's usual places")
    nurses: Staff = Field(0.0, description="nurses, FTE")
    mediators: Staff = Field(0.0, description="health mediators, FTE")
    medical_assistants: Staff = Field(0.0, description="medical assistants, FTE")
    secretaries: Staff | None = Field(
        None, description="administrative FTE; left out: so many per FTE of doctor present as the catalogue says"
    )

    @property
    def doctors_fte(self) -> float:
        """FTE of doctors with all posts filled."""
        return sum(posts.count * posts.fte_each for posts in (self.salaried_gps, self.retired_gps))


class OtherPatients(Sourced):
    """Patients of a centre's GPs who have not declared it, of any age."""

    per_declared: Annotated[float, Field(ge=0, le=20, description="for each declared patient of any age")]


class Grant(Sourced):
    """A yearly grant, paid in equal daily parts from ``since`` to the day before ``until`` (left out: always)."""

    payer: Annotated[Payer, Field(description="who pays")]
    euro_per_year: Annotated[Euro, Field(description="euros a year")]
    since: date | None = Field(None, description="first day of the grant; left out: always")
    until: date | None = Field(None, description="first day without it; left out: for ever")

    @model_validator(mode="after")
    def _order(self) -> Grant:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError(f"until ({self.until}) is not after since ({self.since})")
        return self

    def paid(self, first: date, end: date) -> int:
        """Days from ``first`` to the day before ``end`` for which it is paid.

        >>> grant = Grant(payer="agency", euro_per_year=1e5, until=date(2014, 1, 11), source="press", grade="C")
        >>> grant.paid(date(2014, 1, 1), date(2014, 2, 1))
        10
        """
        first = first if self.since is None else max(first, self.since)
        end = end if self.until is None else min(end, self.until)
        return max(0, (end - first).days)


class Spending(Sourced):
    """Money spent once."""

    payer: Annotated[Payer, Field(description="who pays")]
    euro: Annotated[Euro, Field(description="euros, once")]


class Finance(Frozen):
    """Money of a centre. What is left out comes from the catalogue."""

    reserves_euro: Euro | None = Field(None, description="own funds on the first day, euros")
    members_euro: Euro = Field(
        0.0, description="what members of a cooperative can still pay in when the reserves are gone, euros"
    )
    grants: tuple[Grant, ...] = Field((), description="yearly grants")
    running_euro_per_year: Euro | None = Field(
        None, description="premises and all other costs that are not staff, euros a year"
    )
    borne_by: Mapping[CostLine, Payer] = Field(
        default_factory=dict, description="costs that another payer bears in full, e.g. {secretaries: local_authority}"
    )
    investment: Spending | None = Field(
        None, description="spent as the centre opens; left out: unknown, and the results say so"
    )


def fitting(form: Form | None, finance: Finance) -> Finance:
    """The money of a centre of this form (None: the form itself is wrong), or an error for what nothing would read."""
    if finance.members_euro and form not in (None, "scic"):
        raise ValueError(
            f"members_euro is what members of a cooperative pay in (form: scic); nothing reads it for form {form!r}"
        )
    return finance


def of_form(*forms: Form, others: bool = False) -> dict[str, Any]:
    """Whether the key ``form`` names one of these forms, or one of all ``others``."""
    named = {"enum": list(forms)}
    return {"required": ["form"], "properties": {"form": {"not": named} if others else named}}


MEMBERS_PAY = where(of_form("scic", others=True), finance={"properties": {"members_euro": {"const": 0}}})
"""What `fitting` says."""
_OF_A_CENTRE = (MEMBERS_PAY, where(of_form("group", others=True), manager={"const": ""}))


class CentreSpec(Frozen):
    """A health centre: sector 1 and third-party payment, one list for all its doctors.

    Examples
    --------
    >>> posts = Posts(salaried_gps=SalariedGps(count=10, fte_each=0.6))
    >>> CentreSpec(form="scic", zone="75110", posts=posts).rooms_for_all
    6
    """

    model_config = ConfigDict(json_schema_extra=rules(*_OF_A_CENTRE))
    no_keys: ClassVar[Mapping[str, str]] = {
        "activity": ": it follows from doctors' hours and patients; other_patients says how many have not declared it"
    }

    form: Annotated[Form, Field(description="legal form: says who covers a deficit, and what happens when none does")]
    zone: Annotated[ZoneCode, Field(description="zone where it stands")]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = Field(
        None, description="by which policies name it; left out: called after its zone"
    )
    manager: str = Field("", description="who runs it, for a centre of a group: centres of one manager share money")
    posts: Posts = Field(Posts(), description="who works in it")
    rooms: Annotated[int, Field(ge=1, le=500)] | None = Field(
        None, description="consulting rooms; left out: enough for all posts"
    )
    only_without_mt: bool = Field(False, description="whether it takes only residents without MT")
    other_patients: OtherPatients | None = Field(
        None,
        description="patients without declaration; left out: as the catalogue says, none of a centre that takes only "
        "residents without MT",
    )
    finance: Finance = Field(Finance(), description="its money")

    @field_validator("manager")
    @classmethod
    def _of_group(cls, value: str, info: ValidationInfo) -> str:
        form = info.data.get("form")
        if value and form not in (None, "group"):
            raise ValueError(f"only a group's centres have a manager (form: group); nothing reads it for form {form!r}")
        return value

    @field_validator("finance")
    @classmethod
    def _of_form(cls, value: Finance, info: ValidationInfo) -> Finance:
        return fitting(info.data.get("form"), value)

    @property
    def rooms_for_all(self) -> int:
        """Consulting rooms: as given, or enough for all posts."""
        if self.rooms is not None:
            return self.rooms
        return math.ceil(self.posts.doctors_fte - 1e-9) + self.posts.interns.per_semester

    def places_for_interns(self, on_duty: int, doctors: int) -> int:
        """Interns it can host: a supervisor on duty all week for each, and a room to each doctor and to each intern.

        >>> posts = Posts(retired_gps=RetiredGps(count=10), interns=Interns(per_semester=4))
        >>> CentreSpec(form="municipal", zone="53130", posts=posts, rooms=3).places_for_interns(2, 2)
        1
        """
        return max(0, min(self.posts.interns.per_semester, on_duty, self.rooms_for_all - doctors))


class DayZeroCentre(CentreSpec, Sourced):
    """A centre that is there on day 0, with adults on its list and salaried GPs in their posts.

    Retired GPs are recruited on day 0.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(*_OF_A_CENTRE, where(of_form("association", "scic"), months_of_deficit={"const": 0}))
    )

    listed: Annotated[int, Field(ge=0, le=1_000_000, description="adults on its list on day 0")]
    staffed: Annotated[int, Field(ge=0, le=500)] | None = Field(
        None, description="salaried GPs present on day 0; left out: all posts are filled"
    )

    months_of_deficit: Annotated[int, Field(ge=0, le=600)] = Field(
        0, description="months of deficit that its parent organisation has covered before day 0"
    )

    @model_validator(mode="after")
    def _posts(self) -> DayZeroCentre:
        if self.months_of_deficit and self.form in ("association", "scic"):
            raise ValueError(f"months_of_deficit counts what a parent has covered; form {self.form!r} has none")
        if self.staffed is not None and self.staffed > self.posts.salaried_gps.count:
            raise ValueError(f"staffed is {self.staffed}, but there are {self.posts.salaried_gps.count} posts")
        return self


def centre_problems(centres: Sequence[DayZeroCentre], zones: Collection[str]) -> list[tuple[Location, str]]:
    """Unknown zones of the centres of day 0, and a name given twice."""
    found: list[tuple[Location, str]] = []
    names: set[str] = set()
    for i, centre in enumerate(centres):
        if centre.zone not in zones:
            what = f"unknown zone {centre.zone!r} in this territory{zone_hint(centre.zone, zones)}"
            found.append((("supply", "centres", i, "zone"), what))
        if centre.name is not None and centre.name in names:
            found.append((("supply", "centres", i, "name"), f"a second centre called {centre.name!r}"))
        names |= {centre.name} if centre.name is not None else set()
    return found
