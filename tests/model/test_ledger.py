"""Accounts of health centres, to the cent, and what a deficit leads to in each legal form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Audit, events, make_territory, scenario_of, town, without_mt

from ess_sim.clock import Phase
from ess_sim.errors import ScenarioError
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.scenario.centre_spec import (
    FORMS,
    CentreSpec,
    DayZeroCentre,
    Finance,
    Form,
    Grant,
    Posts,
    SalariedGps,
    Spending,
)
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.model.behaviours.centres.centres import close_centre
from ess_sim.model.behaviours.centres.insolvency import PARENTS, must_close
from ess_sim.model.behaviours.centres.ledger import give
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.smp import Interns, RetiredGps, Smp
from ess_sim.model.run.simulation import build_world, simulate
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.records import Centre
from ess_sim.model.world.world import World
from ess_sim.results.run import Run

SAID: dict[str, Any] = {"source": "made up for a test", "grade": "D"}
CITY = make_territory({"A": town(3000), "B": town(1500)}, km=8.0)
P = Parameters()
FIXED = {"salaried_turnover_per_year": 0.0, "other_gp_looking_rate_per_year": 0.0, "newcomer_salaried_share": 0.0}
"""No doctor comes to a centre, or moves on."""


class Witness(Policy):
    """Keeps the world for a look at its end."""

    kind: ClassVar[str] = "test_ledger:Witness"
    worlds: ClassVar[list[World]] = []

    def act(self, world: World) -> Behaviour:
        self.worlds.append(world)
        yield from ()


def scenario(policies: Sequence[Policy] = (), *, years: int = 3, gps: int = 4, **changes: Any) -> Scenario:
    supply = {"first_installations": Rate(per_year=1.0, **SAID), "other_gps": Count(count=8, **SAID)}
    fields: dict[str, Any] = {"start": date(2020, 1, 1), "residents": without_mt(share=0.3)}
    return scenario_of(
        gps=gps,
        years=years,
        policies=list(policies),
        supply=supply | changes.pop("supply", {}),
        **(fields | changes),
    )


def there(form: Form = "association", *, listed: int = 900, finance: Finance | None = None, **fields: Any) -> Any:
    """A supply with one centre of two half-time salaried GPs on day 0."""
    posts = Posts(salaried_gps=SalariedGps(count=2, fte_each=0.5), **fields.pop("posts", {}))
    spec = DayZeroCentre(
        form=form,
        zone="A",
        name="centre",
        listed=listed,
        posts=posts,
        finance=finance or Finance(reserves_euro=1e6),
        source="made up for a test",
        grade="D",
        **fields,
    )
    return {"centres": [spec]}


def run_of(*args: Any, replication: int = 0, **changes: Any) -> Run:
    return simulate(scenario(*args, **changes), replication=replication, territory=CITY)


def booked(run: Run, day: date, name: str = "centre") -> dict[tuple[str, str], int]:
    """Cents by line and payer that a centre booked on a day."""
    table = run.accounts
    rows = table[(table["actor"] == name) & (table["date"] == str(day))]
    return {
        (str(line), str(payer)): int(n)
        for line, payer, n in zip(rows["line"], rows["payer"], rows["cents"], strict=True)
    }


# --- to the cent -----------------------------------------------------------------------------------------------------

euros = st.floats(0, 400_000).map(lambda x: round(x, 3))
staff = st.sampled_from([0.0, 0.5, 2.0])


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    since, until = sorted(date(2019, 6, 1) + timedelta(draw(st.integers(0, 1500))) for _ in range(2))
    return Grant(
        payer=draw(st.sampled_from(["insurer", "agency", "local_authority", "state", "members"])),
        euro_per_year=draw(euros),
        since=draw(st.sampled_from([None, since])),
        until=draw(st.sampled_from([None, until + timedelta(1)])),
        **SAID,
    )


@st.composite
def specs(draw: st.DrawFn) -> CentreSpec:
    posts = Posts(
        salaried_gps=SalariedGps(count=draw(st.integers(0, 3)), fte_each=draw(st.sampled_from([0.4, 1.0]))),
        retired_gps=RetiredGps(count=draw(st.integers(0, 3)), fte_each=0.3, list=draw(st.booleans())),
        interns=Interns(per_semester=draw(st.integers(0, 1)), list=draw(st.booleans())),
        nurses=draw(staff),
        mediators=draw(staff),
        medical_assistants=draw(staff),
        secretaries=draw(st.sampled_from([None, 0.0, 1.5])),
    )
    form = draw(st.sampled_from(FORMS))
    finance = Finance(
        reserves_euro=draw(st.sampled_from([None, 0.0, 5_000.0, 2e5])),
        members_euro=draw(st.sampled_from([0.0, 30_000.0])) if form == "scic" else 0.0,
        grants=tuple(draw(st.lists(grants(), max_size=2))),
        running_euro_per_year=draw(st.sampled_from([None, 40_000.125])),
        borne_by=draw(st.sampled_from([{}, {"secretaries": "local_authority", "premises_and_running": "state"}])),
    )
    return CentreSpec(
        form=form,
        zone=draw(st.sampled_from("AB")),
        manager="the group" if form == "group" else "",
        posts=posts,
        rooms=draw(st.sampled_from([None, 2])),
        only_without_mt=draw(st.booleans()),
        finance=finance,
    )


@st.composite
def centre_policies(draw: st.DrawFn) -> OpenCentre:
    opens = date(2020, 1, 1) + timedelta(draw(st.integers(0, 700)))
    closes = draw(st.sampled_from([None, opens + timedelta(draw(st.integers(1, 600)))]))
    closes = closes if closes is None or closes <= date(2022, 12, 31) else None
    return OpenCentre(opens=opens, closes=closes, centre=draw(specs()))


@settings(max_examples=25)
@given(
    st.lists(centre_policies(), min_size=1, max_size=3),
    st.sampled_from([{}, {"group_patience_months": 36.0, "mutualist_patience_months": 24.0}]),
    st.integers(0, 3),
    st.integers(0, 5),
)
def test_opening_plus_lines_is_closing(
    policies: list[OpenCentre], parameters: dict[str, float], leaving: int, replication: int
) -> None:
    shock = [Departures(starts=date(2021, 5, 5), oldest=leaving)] if leaving else []
    Witness.worlds.clear()
    parameters = parameters | {"other_gp_looking_rate_per_year": 0.1, "months_overdrawn_to_crisis": 1.0}
    run = run_of([*policies, *shock, Audit(), Witness()], parameters=parameters, replication=replication)
    (world,) = Witness.worlds
    days = run.scenario.calendar.day
    assert len(world.centres) == len(policies)
    for name, centre in world.centres.items():
        lines = [(e.day, e.cents) for e in world.entries if e.actor == name]
        assert sum(cents for _, cents in lines) == centre.reserves_cents
        opened = min(day for day, _ in lines) if lines else 0
        for fact in world.facts:
            if fact.actor == name and fact.event == "reserves":
                assert round(100 * fact.value) == sum(cents for day, cents in lines if day <= fact.day)
                assert fact.day == days(date(int(fact.detail) + 1, 1, 1)) >= opened
            if fact.actor == name and fact.event == "centre_closed":
                assert round(100 * fact.value) == sum(cents for _, cents in lines)
                assert max((day for day, _ in lines), default=0) <= fact.day
        if centre.form in PARENTS and centre.closed:
            assert centre.reserves_cents == 0, "the parent has paid what was owed, and got what was left"
        elif centre.form in PARENTS and lines:
            last = max(day for day, _ in lines)
            assert sum(cents for day, cents in lines if day <= last) >= 0, "the parent has covered it"
    assert all(isinstance(e.cents, int) and (e.payer or e.cents < 0) for e in world.entries)


def test_a_month_by_hand() -> None:
    """Every line of March 2021, from the list, the staff and the catalogue."""
    posts = {"nurses": 1.0, "mediators": 0.5, "medical_assistants": 1.0}
    grant = Grant(payer="agency", euro_per_year=60_000, since=date(2021, 3, 17), **SAID)
    supply = there(listed=400, posts=posts, finance=Finance(reserves_euro=1e6, grants=(grant,)))
    run = run_of(supply=supply, parameters=FIXED | {"centre_list_per_fte": 450.0})
    found = booked(run, date(2021, 4, 1))
    rows = run.providers.query("provider == 'centre'")
    listed = int(rows[rows["date"] == "2021-03-31"]["list"].iloc[0])
    near = 3 / listed  # it is not recorded at midnight
    children = P["children_per_listed_adult"]
    others = children + (1 + children) * P["centre_undeclared_per_declared"]
    fees = listed * (P["consultations_per_patient"] + others * P["consultations_per_other_patient"]) / 12 * 25.0
    assert fees / 25.0 < P["consultations_per_fte"] / 12
    nursing = P["nurse_fees_euro_per_fte_year"] / 12
    paid = 1 - P["fee_rejects_share"]
    assert found["fees", "insurer"] == pytest.approx(70 * fees * paid, rel=near)
    assert found["fees", "residents"] == pytest.approx(30 * fees * paid, rel=near)
    assert found["flat_payments", "insurer"] == pytest.approx(100 * fees * P["centre_flat_payments_to_fees"], rel=near)
    assert found["nursing_fees", "insurer"] == round(70 * nursing * paid)
    gp = 80_000 * 1.42
    nurse = P["nurse_cost_euro_per_fte_year"]
    assert found["salaried_gps", ""] == -round(100 * gp / 12)
    assert found["nurses", ""] == -round(100 * nurse / 12)
    assert found["contributions_refunded", "insurer"] == round(100 * 0.115 * 0.42 / 1.42 * (gp + nurse) / 12)
    assert found["medical_assistant_subsidy", "insurer"] == round(100 * 27_000 / 12), "its second year"
    assistant = P["medical_assistant_cost_euro_per_fte_year"]
    mediator = P["mediator_agency_euro_per_fte_year"] / 2
    secretaries = P["secretaries_per_doctor_fte"] * P["secretary_cost_euro_per_fte_year"]
    assert found["medical_assistants", ""] == -round(100 * assistant / 12)
    assert found["mediators", ""] == -round(100 * mediator / 12)
    assert found["secretaries", ""] == -round(100 * secretaries / 12)
    costs = gp + nurse + assistant + mediator + secretaries
    assert found["premises_and_running", ""] == pytest.approx(-100 * costs / 9 / 12, abs=1)
    assert found["grant", "agency"] == round(100 * 60_000 * 15 / 31 / 12), "from 17 March on"
    assert len(found) == 14


def test_the_tariff_follows_its_date() -> None:
    before, after = (
        booked(run_of(supply=there(), parameters=FIXED, start=date(2024, 1, 1), years=2), day)
        for day in (date(2024, 12, 1), date(2025, 2, 1))
    )
    ratio = after["fees", "insurer"] / before["fees", "insurer"]
    assert ratio == pytest.approx(30 / 26.5, rel=0.03)


def test_hours_cap_consultations() -> None:
    run = run_of(supply=there(listed=1500), parameters=FIXED | {"centre_list_per_fte": 1220.0}, years=2, gps=2)
    found = booked(run, date(2020, 3, 1))
    most = P["consultations_per_fte"] / 12 * 25 * (1 - P["fee_rejects_share"])
    assert found["fees", "insurer"] == round(70 * most)
    (first,) = events(run, "consultations").query("detail == '2020'")["value"]
    assert first == round(P["consultations_per_fte"])


def test_staff_is_paid_by_the_day() -> None:
    """A centre that opens on the 16th pays half a month; one that closes on the 11th, ten days."""
    posts = Posts(nurses=1.0, secretaries=0.0)
    spec = CentreSpec(form="municipal", zone="A", name="centre", posts=posts)
    run = run_of([OpenCentre(opens=date(2020, 6, 16), closes=date(2021, 4, 11), centre=spec)])
    month = P["nurse_cost_euro_per_fte_year"] / 12
    for day, part in ((date(2020, 7, 1), 15 / 30), (date(2021, 4, 1), 1.0), (date(2021, 4, 11), 10 / 30)):
        assert booked(run, day)["nurses", ""] == -round(100 * month * part)
    assert not booked(run, date(2021, 5, 1))


def test_default_reserves_and_what_others_bear() -> None:
    posts = Posts(nurses=2.0, secretaries=1.0)
    finance = Finance(
        running_euro_per_year=12_000,
        borne_by={"secretaries": "local_authority"},
        investment=Spending(payer="state", euro=70_000, **SAID),
    )
    spec = CentreSpec(form="municipal", zone="A", name="centre", posts=posts, finance=finance)
    run = run_of([OpenCentre(opens=date(2020, 6, 1), centre=spec)])
    cost = 2 * P["nurse_cost_euro_per_fte_year"] + P["secretary_cost_euro_per_fte_year"] + 12_000
    assert booked(run, date(2020, 6, 1)) == {
        ("opening_reserves", "local_authority"): round(100 * cost * P["new_centre_reserves_months"] / 12),
        ("investment", "state"): 7_000_000,
        ("investment", ""): -7_000_000,
    }
    assert not len(events(run, "cost_unknown"))
    july = booked(run, date(2020, 7, 1))
    assert july["secretaries", ""] == -july["secretaries", "local_authority"] < 0
    assert july["premises_and_running", ""] == -100_000
    unknown = run_of([OpenCentre(opens=date(2020, 6, 1), centre=spec.model_copy(update={"finance": Finance()}))])
    assert "investment" in events(unknown, "cost_unknown")["detail"].iloc[0]


def test_an_smp_is_paid_for_by_local_authorities() -> None:
    smp = Smp(
        opens=date(2020, 6, 1),
        zone="A",
        retired_gps=RetiredGps(count=4, fte_each=0.5),
        interns=Interns(per_semester=0),
        secretaries=2.0,
    )
    run = run_of([smp], parameters={"retired_willing_share": 0.6})
    august = booked(run, date(2020, 8, 1), "smp-A")
    month = 2 * P["secretary_cost_euro_per_fte_year"] / 12
    assert august["secretaries", "local_authority"] == round(100 * month)
    gross = P["retired_gp_gross_euro_per_day"] * P["working_days_per_year"]
    present = events(run, "post_filled").query("date <= '2020-07-01'")
    assert len(present) >= 1
    assert august["retired_gps", ""] == pytest.approx(-100 * 0.5 * len(present) * gross * 1.42 / 12, abs=1)


class Cut(Policy):
    """Grants of the centre are cut by half for a year."""

    kind: ClassVar[str] = "test_ledger:Cut"
    starts: date
    ends: date

    def act(self, world: World) -> Behaviour:
        with world.levers.bend(actor="centre", grant_ratio=-0.49):
            yield world.at(world.calendar.day(self.ends), 3, "cut")  # type: ignore[arg-type]


def test_a_cut_of_grants_lasts_as_long_as_it_is_bent() -> None:
    grant = Grant(payer="agency", euro_per_year=100_000, **SAID)
    supply = there(finance=Finance(reserves_euro=1e6, grants=(grant,)))
    run = run_of([Cut(starts=date(2021, 1, 1), ends=date(2022, 1, 1))], supply=supply, parameters=FIXED)
    rows = run.accounts.query("actor == 'centre' and line == 'grant'")
    of_month = rows.set_index("date")["cents"]
    before, during, after = (of_month[str(day)] for day in (date(2021, 1, 1), date(2021, 6, 1), date(2022, 2, 1)))
    assert before == after == round(10_000_000 / 12)
    assert during == pytest.approx(0.51 * before, abs=1)
    assert of_month[(of_month.index > "2021-01-01") & (of_month.index <= "2022-01-01")].sum() == pytest.approx(
        5_100_000, abs=12
    )


# --- the end of money ------------------------------------------------------------------------------------------------


def poor(form: Form, replication: int = 0, *, years: int = 9, members: float = 0.0, **parameters: float) -> Run:
    """A centre with two half-time GPs and far too many secretaries."""
    finance = Finance(reserves_euro=60_000, members_euro=members)
    supply = there(form, posts={"secretaries": 5.0}, finance=finance)
    return run_of(supply=supply, years=years, parameters=FIXED | parameters, replication=replication)


def fate(run: Run) -> str:
    closed = events(run, "centre_closed")
    return str(closed["detail"].iloc[0]) if len(closed) else "open"


@pytest.mark.parametrize(("form", "payer"), [("municipal", "local_authority"), ("mutualist", "members")])
def test_a_parent_covers_until_its_patience_ends(form: Form, payer: str) -> None:
    patience: dict[str, Any] = {f"{form}_patience_months": 40.0}
    run = poor(form, **patience)
    covered = run.accounts.query("line == 'deficit_covered'")
    assert set(covered["payer"]) == {payer}
    (closed,) = events(run, "centre_closed").to_dict("records")
    assert closed["detail"] == "deficit no longer covered"
    assert closed["date"] == covered["date"].max()
    assert len(covered) == 40
    assert closed["value"] == 0.0
    assert closed["residents"] > 500
    assert run.flows.query("cause == 'released_closure'")["count"].sum() == closed["residents"]
    # reserves first, then month by month
    assert covered["date"].min().date() > date(2020, 3, 1)
    assert len(covered) == len(set(covered["date"])), "once a month"
    assert (events(run, "reserves")["value"] == 0).all()
    assert fate(poor(form, years=3, **patience)) == "open"


def test_a_parent_may_have_covered_deficits_before() -> None:
    supply = there("mutualist", posts={"secretaries": 5.0}, finance=Finance(reserves_euro=0), months_of_deficit=55)
    run = run_of(supply=supply, years=2, parameters=FIXED | {"mutualist_patience_months": 60.0})
    assert events(run, "centre_closed")["date"].iloc[0].date() == date(2020, 6, 1), "the fifth month of this run"
    with pytest.raises(ScenarioError, match="has none"):
        there("scic", months_of_deficit=1)


def test_an_association_is_rescued_or_closes() -> None:
    found = {p: Counter[str]() for p in (0.3, 0.9)}
    for probability, fates in found.items():
        for r in range(6):
            run = poor("association", r, association_rescue_probability=probability)
            fates[fate(run)] += 1
            rescues = events(run, "rescue")
            fates["rescues"] += len(rescues)
            aid = run.accounts.query("line == 'emergency_aid'")
            assert aid["cents"].tolist() == [round(100 * v) for v in rescues["value"]]
            assert set(aid["payer"]) <= {"agency"}
    assert set(found[0.3] | found[0.9]) <= {"no rescue", "rescues", "open"}
    assert found[0.3]["no rescue"] == 6
    assert found[0.9]["rescues"] > found[0.3]["rescues"]


def test_a_rescue_pays_the_debts_and_a_year() -> None:
    run = next(
        run
        for r in range(9)
        if len(events(run := poor("association", r, association_rescue_probability=0.9), "rescue"))
    )
    first = events(run, "rescue").iloc[0]
    lines = run.accounts.query("actor == 'centre' and date <= @first.date")
    before = lines[lines["line"] != "emergency_aid"]["cents"].sum() / 100
    months = lines[~lines["line"].isin(["emergency_aid", "opening_reserves"])].groupby("date")["cents"].sum() / 100
    assert before < 0
    assert first["value"] == pytest.approx(-before - 12 * months.tail(12).mean(), abs=0.01)
    later = events(run, "rescue")["date"].tolist()[1:]
    assert all((day - first["date"]).days > 300 for day in later)


def test_a_cooperative_uses_its_members_money_then_goes_to_court() -> None:
    fates = Counter[str]()
    for r in range(8):
        plain, with_members = (poor("scic", r, members=m, group_patience_months=144.0) for m in (0.0, 50_000.0))
        shares = with_members.accounts.query("line == 'members_shares'")
        assert shares["cents"].sum() == 5_000_000
        assert set(shares["payer"]) == {"members"}
        court = [events(run, "receivership")["date"].iloc[0] for run in (plain, with_members)]
        assert court[0] < court[1], "members' money puts it off"
        taken = events(plain, "taken_over")
        end = taken["date"].iloc[0] if len(taken) else events(plain, "centre_closed")["date"].iloc[0]
        assert 180 <= (end - court[0]).days <= 184
        if len(taken):
            assert taken["detail"].tolist() == ["group"]
            written_off = plain.accounts.query("line == 'debts_written_off'")
            assert written_off["cents"].sum() > 0
            assert fate(plain) == "open"
            fates["taken over"] += 1
        else:
            assert events(plain, "centre_closed")["value"].iloc[0] < 0, "debts"
            fates[fate(plain)] += 1
    assert set(fates) == {"taken over", "no takeover"}


@pytest.mark.parametrize(("form", "fact"), [("association", "rescue"), ("scic", "receivership")])
def test_creditors_wait_until_debts_reach_so_many_months_of_costs(form: Form, fact: str) -> None:
    found = {}
    for months in (0.0, 3.0):
        run = poor(
            form, years=4, debts_to_crisis_months=months, association_rescue_probability=0.9, rescue_most_euro=1e6
        )
        day = events(run, fact, "centre_closed")["date"].iloc[0]
        lines = run.accounts.query("actor == 'centre' and date <= @day and line != 'emergency_aid'")
        found[months] = day, lines.groupby("date")["cents"].sum().cumsum() / 100, run
    p = Parameters(found[3.0][2].scenario.parameters)
    staff = p["salaried_gp_gross_euro_per_fte_year"] * 1.42 + 5 * p["secretary_cost_euro_per_fte_year"]
    month = staff / p["staff_share_of_costs"] / 12
    day, money, _ = found[3.0]
    assert money[day] <= -3 * month < money.iloc[-2]
    at_once, money, _ = found[0.0]
    assert at_once < day
    assert (money < 0).sum() == p["months_overdrawn_to_crisis"]


def test_good_money_closes_nobody() -> None:
    for form in FORMS:
        run = run_of(supply=there(form, finance=Finance(reserves_euro=1e7)), years=9, parameters=FIXED)
        assert fate(run) == "open"
        assert not set(run.accounts["line"]) & {"deficit_covered", "emergency_aid", "members_shares"}


def _portfolio(results: dict[str, int], months: int) -> dict[str, str]:
    """Centres of one group that have had these monthly results for so long; why each closes in January."""
    world = build_world(scenario(), seed=1, replication=0, territory=CITY)
    for name in results:
        spec = CentreSpec(form="group", zone="A", manager="one group")
        world.centres[name] = Centre(name, 0, spec)
    found = {}
    for name, result in results.items():
        centre = world.centres[name]
        centre.account.results.extend([result] * 12)
        centre.account.months_of_deficit = months if result < 0 else 0
    for name in results:
        centre = world.centres[name]
        found[name] = must_close(world, centre)
        centre.closed = bool(found[name])
    return found


def test_a_group_looks_at_all_its_centres() -> None:
    # day 0 is in January
    patience = int(P["group_patience_months"])
    assert _portfolio({"good": 900, "bad": -500, "worse": -300}, patience) == {"good": "", "bad": "", "worse": ""}
    found = _portfolio({"good": 400, "bad": -300, "worse": -500}, patience)
    assert found == {"good": "", "bad": "", "worse": "portfolio"}, "the worst, then the others break even"
    found = _portfolio({"good": 100, "bad": -300, "worse": -500}, patience)
    assert found == {"good": "", "bad": "portfolio", "worse": "portfolio"}
    assert set(_portfolio({"good": 100, "bad": -300, "worse": -500}, patience // 2).values()) == {""}


def test_a_group_absorbs_what_a_mutual_does_not() -> None:
    parameters: dict[str, Any] = {"group_patience_months": 50.0, "mutualist_patience_months": 50.0}
    assert fate(poor("mutualist", years=5, **parameters)) == "deficit no longer covered"
    alone = poor("group", years=6, **parameters)
    (closed,) = events(alone, "centre_closed").to_dict("records")
    assert (closed["detail"], closed["date"].date()) == ("portfolio", date(2025, 1, 1))


def test_draws_of_a_crisis_depend_on_the_centre_alone() -> None:
    plain = poor("association", 1, association_rescue_probability=0.9)
    assert len(events(plain, "rescue")) > 0
    busier = simulate(
        plain.scenario.with_(policies=(Departures(starts=date(2028, 11, 1), oldest=1),)), replication=1, territory=CITY
    )
    assert fate(busier) == fate(plain)
    days, aids = ([events(run, "rescue")[of].tolist() for run in (busier, plain)] for of in ("date", "value"))
    assert days[0] == days[1]
    assert aids[0] == aids[1]


# --- what nothing else noticed (`make mutants`) -----------------------------------------------------------------------


class Giver(Policy):
    """Gives a centre that has no grant one, from 11 March to 20 May 2020."""

    kind: ClassVar[str] = "test_ledger:Giver"

    def act(self, world: World) -> Behaviour:
        centre, grant = world.centres["centre"], Grant(payer="state", euro_per_year=120_000, **SAID)
        for when, gift in ((date(2020, 3, 11), grant), (date(2020, 5, 21), None)):
            yield world.at(world.calendar.day(when), Phase.POLICY, "giver")
            give(world, centre, "giver", gift)


def test_a_grant_of_a_policy_counts_from_its_first_day_to_its_last() -> None:
    run = run_of([Giver()], supply=there(), parameters=FIXED)
    for month, cents in ((4, 1_000_000 * 21 / 31), (5, 1_000_000), (6, 1_000_000 * 20 / 31)):
        assert booked(run, date(2020, month, 1))["grant", "state"] == round(cents)
    assert ("grant", "state") not in booked(run, date(2020, 7, 1))


def test_a_month_is_paid_at_its_own_tariff() -> None:
    """October 2023, which is booked on the first day of the new tariff; hours cap what is paid."""
    parameters = FIXED | {"centre_list_per_fte": 1220.0}
    run = run_of(supply=there(listed=1500), parameters=parameters, start=date(2023, 1, 1), years=1, gps=2)
    fees = [booked(run, date(2023, month, 1))["fees", "insurer"] for month in (10, 11, 12)]
    assert fees[0] == fees[1]
    assert fees[2] / fees[1] == pytest.approx(26.5 / 25)


class Closes(Policy):
    """Closes a centre."""

    kind: ClassVar[str] = "test_ledger:Closes"
    starts: date

    def act(self, world: World) -> Behaviour:
        close_centre(world, world.centres["centre"])
        yield from ()


def test_the_days_before_a_closure_are_paid_at_the_tariff_of_the_last() -> None:
    """The tariff rose on 1 November 2023; hours cap what is paid."""
    parameters = FIXED | {"centre_list_per_fte": 1220.0}
    supply = there(listed=1500)

    def fees(closes: date) -> int:
        run = run_of([Closes(starts=closes)], supply=supply, parameters=parameters, start=date(2023, 10, 1), gps=2)
        return booked(run, closes)["fees", "insurer"]

    assert fees(date(2023, 11, 3)) == pytest.approx(2 * fees(date(2023, 11, 2)), abs=2)


def test_a_cooperative_that_has_recovered_leaves_the_court() -> None:
    """Later debts are a new case, with the months of grace of a first one."""
    parameters = {"months_overdrawn_to_crisis": 2.0, "debts_to_crisis_months": 0.0, "receivership_months": 3.0}
    parameters |= {"cooperative_takeover_probability": 0.0}
    world = build_world(scenario(parameters=parameters), seed=1, replication=0, territory=CITY)
    centre = Centre("centre", 0, CentreSpec(form="scic", zone="A"))
    fates = []
    for overdrawn in "yyyyn" + "yyyyyy":
        centre.account.reserves_cents = -100 if overdrawn == "y" else 100
        fates.append((must_close(world, centre), sum(fact.event == "receivership" for fact in world.facts)))
    case = [("", 0), ("", 1), ("", 1), ("", 1)]
    again = [(fate, n + 1) for fate, n in case]
    assert fates == [*case, ("", 1), *again, ("no takeover", 2), ("no takeover", 2)]
