"""What a health centre is: legal form, posts, list rule, money; frozen data, as scenarios and policies hold it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ess_sim.inputs.scenario.sourced import Frozen, Sourced, ZoneCode

__all__ = [
    "FORMS",
    "OWNERS",
    "CentreSpec",
    "CostLine",
    "DayZeroCentre",
    "Finance",
    "Form",
    "Grant",
    "Interns",
    "Payer",
    "Posts",
    "RetiredGps",
    "SalariedGps",
    "Spending",
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
Fte = Annotated[float, Field(gt=0, le=1)]
Staff = Annotated[float, Field(ge=0, le=500)]
Euro = Annotated[float, Field(ge=0, le=1e9)]


class SalariedGps(Frozen):
    """Posts for salaried GPs."""

    count: Annotated[int, Field(ge=0, le=500)]
    fte_each: Fte = 1.0


class RetiredGps(Frozen):
    """Posts for retired GPs. With ``list: false`` they only supervise: the immediate effect is switched off."""

    count: Annotated[int, Field(ge=0, le=500)]
    fte_each: Fte = 0.2
    retired_for_at_most_years: Annotated[float, Field(gt=0, le=40)] = 5.0
    list: bool = True


class Interns(Frozen):
    """Interns that the faculty sends on top of its usual places. With ``list: false`` they add nothing to the list."""

    per_semester: Annotated[int, Field(ge=0, le=50)]
    list: bool = True


class Posts(Frozen):
    """Who works in a centre once all posts are filled; staff that is no doctor in FTE, present from the opening.

    Attributes
    ----------
    secretaries : float, optional
        Administrative FTE; left out, so many per FTE of doctor present as the catalogue says.
    """

    salaried_gps: SalariedGps = SalariedGps(count=0)
    retired_gps: RetiredGps = RetiredGps(count=0)
    interns: Interns = Interns(per_semester=0)
    nurses: Staff = 0.0
    mediators: Staff = 0.0
    medical_assistants: Staff = 0.0
    secretaries: Staff | None = None

    @property
    def doctors_fte(self) -> float:
        """FTE of doctors with all posts filled."""
        return sum(posts.count * posts.fte_each for posts in (self.salaried_gps, self.retired_gps))


class Grant(Sourced):
    """A yearly grant, paid in equal daily parts from ``since`` to the day before ``until`` (left out: always)."""

    payer: Payer
    euro_per_year: Euro
    since: date | None = None
    until: date | None = None

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

    payer: Payer
    euro: Euro


class Finance(Frozen):
    """Money of a centre. What is left out comes from the catalogue.

    Attributes
    ----------
    reserves_euro : float, optional
        Own funds on the first day.
    members_euro : float
        What the members of a cooperative can still pay in when the reserves are gone.
    grants : tuple of Grant
    running_euro_per_year : float, optional
        Premises and all other costs that are not staff.
    borne_by : mapping
        Costs that another payer bears in full, e.g. ``{"secretaries": "local_authority"}``.
    investment : Spending, optional
        Spent as the centre opens; left out, it is unknown, and the results say so.
    """

    reserves_euro: Euro | None = None
    members_euro: Euro = 0.0
    grants: tuple[Grant, ...] = ()
    running_euro_per_year: Euro | None = None
    borne_by: Mapping[CostLine, Payer] = Field(default_factory=dict)
    investment: Spending | None = None


def fitting(form: Form | None, finance: Finance) -> Finance:
    """The money of a centre of this form (None: the form itself is wrong), or an error for what nothing would read."""
    if finance.members_euro and form not in (None, "scic"):
        raise ValueError(
            f"members_euro is what members of a cooperative pay in (form: scic); nothing reads it for form {form!r}"
        )
    return finance


class CentreSpec(Frozen):
    """A health centre: sector 1 and third-party payment, one list for all its doctors.

    Attributes
    ----------
    form : str
        Legal form (`FORMS`): says who covers a deficit, and what happens when none does.
    zone : str
        Code of the zone.
    name : str, optional
        Else it is called after its zone.
    manager : str
        Who runs it, for a centre of a group: centres of one manager are one portfolio.
    posts : Posts
    rooms : int, optional
        Consulting rooms; left out, enough for all posts.
    only_without_mt : bool
        Takes only residents without MT.
    finance : Finance

    Examples
    --------
    >>> posts = Posts(salaried_gps=SalariedGps(count=10, fte_each=0.6))
    >>> CentreSpec(form="scic", zone="75110", posts=posts).rooms_for_all
    6
    """

    form: Form
    zone: ZoneCode
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None
    manager: str = ""
    posts: Posts = Posts()
    rooms: Annotated[int, Field(ge=1, le=500)] | None = None
    only_without_mt: bool = False
    finance: Finance = Finance()

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


class DayZeroCentre(CentreSpec, Sourced):
    """A centre that is there on day 0, with adults on its list and salaried GPs in their posts.

    Attributes
    ----------
    listed : int
        Adults on its list.
    staffed : int, optional
        Salaried GPs present; left out, all posts are filled. Retired GPs are recruited on day 0.
    """

    listed: Annotated[int, Field(ge=0, le=1_000_000)]
    staffed: Annotated[int, Field(ge=0, le=500)] | None = None

    @model_validator(mode="after")
    def _posts(self) -> DayZeroCentre:
        if self.staffed is not None and self.staffed > self.posts.salaried_gps.count:
            raise ValueError(f"staffed is {self.staffed}, but there are {self.posts.salaried_gps.count} posts")
        return self
