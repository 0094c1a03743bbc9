"""Real schemes around centres: what each is said to do is seen in the results, and goes with its switch.

Rows 5 to 9 of the field (nursing teams, a group's portfolio, a cooperative, participatory structures, legal forms), and
two mobile ways of holding a list. Few replications; figures for each scenario's note come from 20.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from seeds import run_of, same_until, share
from strategies import events

from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.results.run import Run

FORMS = ("association", "cooperative", "mutualist", "municipal", "group")
CRISES = ("rescue", "receivership", "centre_closed")


def value(name: str) -> float:
    return catalogue()[name].value


def paid(run: Run, line: str, payer: str, *, actor: str | None = None) -> float:
    """Euro that a payer gave on a line."""
    table = run.accounts
    table = table[(table["line"] == line) & (table["payer"] == payer)]
    if actor is not None:
        table = table[table["actor"] == actor]
    return float(table["cents"].sum()) / 100


def lists(run: Run, day: str) -> Any:
    """Providers on the last record until a day, by name."""
    table = run.providers
    table = table[table["date"] == table.loc[table["date"] <= day, "date"].max()]
    return table.set_index(table["provider"].astype(str))


def names(facts: Any, column: str = "actor") -> set[str]:
    return set(facts[column].astype(str))


# --- Lille: nursing teams --------------------------------------------------------------------------------------------


def test_nurses_raise_the_targets_of_gps_nearby_and_hold_no_list() -> None:
    base, three, seven = (
        run_of(f"lille/{name}", 2, stretch_per_year=0.0)
        for name in ("baseline", "nursing_teams", "nursing_teams_seven")
    )
    same_until(three, base, "2019-12-01")
    day = "2020-02-01"
    before, after = lists(base, day), lists(three, day)
    assert list(before.index) == list(after.index), "no list is opened"
    agreed = events(three, "delegation_agreed")
    helped = names(agreed[agreed["date"] < "2020-01-31"], "other")
    teams = 3
    assert len(helped) == teams * int(6.4 * value("delegation_gps_per_nurse_fte"))
    gain = value("delegation_target_gain")
    for name, target in before["target"].items():
        expected = target * (1 + gain) if name in helped else target
        assert after.loc[name, "target"] == pytest.approx(expected, abs=1.0), "both are whole numbers"
    agreed = events(seven, "delegation_agreed")
    among = names(agreed[agreed["date"] < "2020-01-31"], "other")
    assert helped < among
    assert len(among) <= 45 * value("delegation_gps_per_nurse_fte")


def test_larger_lists_leave_fewer_residents_without_mt() -> None:
    for replication in range(2):
        base, three, seven = (
            share(run_of(f"lille/{name}", 3, replication), "2021-12-31")
            for name in ("baseline", "nursing_teams", "nursing_teams_seven")
        )
        assert seven < three < base


# --- Paris: a group's portfolio ---------------------------------------------------------------------------------------


def test_a_group_absorbs_deficits_for_years_then_closes_the_worst_until_the_others_break_even() -> None:
    balanced, portfolio, separate = (
        run_of(f"paris/{name}", 7) for name in ("red_cross", "pierre_nicole", "pierre_nicole_separate")
    )
    assert len(events(balanced, "centre_closed")) == 0
    closed, one_by_one = (events(run, "centre_closed") for run in (portfolio, separate))
    for run, facts in ((portfolio, closed), (separate, one_by_one)):
        assert set(facts["date"].dt.strftime("%m-%d")) == {"01-01"}, "it looks at its centres once a year"
        months = int(value("group_patience_months")) - run.scenario.supply.centres[0].months_of_deficit
        assert facts["date"].min() > pd.Timestamp("2019-07-01") + pd.DateOffset(months=months)
        assert months > 0
        assert set(facts["detail"]) == {"portfolio"}
        same_until(run, balanced, str(facts["date"].min().date()))  # money alone moves no resident
    assert len(closed) == 2
    assert names(one_by_one) == {"centre-3e", "centre-9e", "centre-10e"}
    assert names(closed) < names(one_by_one), "what the others earn keeps one alive"
    for centre in names(one_by_one):
        assert paid(portfolio, "deficit_covered", "members", actor=centre) > 100_000
    day = str((one_by_one["date"].max() + pd.offsets.MonthEnd(1)).date())
    without = [share(run, day) for run in (balanced, portfolio, separate)]
    assert without == sorted(without)
    assert without[2] - without[0] > 1.0, "three lists of 2,700 adults among 216,000"


# --- Paris: a cooperative --------------------------------------------------------------------------------------------


def test_deficits_eat_a_cooperatives_reserves_and_its_fate_is_an_outcome() -> None:
    fates = set()
    for replication in range(4):
        run = run_of("paris/richerand", 5, replication)
        books = run.accounts[run.accounts["actor"] == "richerand"].groupby("date")["cents"].sum().cumsum() / 100
        crisis = events(run, "receivership").iloc[0]
        assert books.iloc[0] > 1_000_000
        assert crisis["date"] > pd.Timestamp("2021-07-01"), "a year of costs lasts longer than two of deficit"
        assert crisis["value"] < 0
        assert books[: crisis["date"]].iloc[-1] == pytest.approx(crisis["value"])
        fate = events(run, "taken_over", "centre_closed").iloc[0]
        assert (fate["date"] - crisis["date"]).days in range(150, 220), "six months of observation"
        if fate["event"] in fates:
            continue
        lasting = run_of("paris/richerand_lasting_reserves", 5, replication)
        same_until(run, lasting, str(fate["date"].date()))
        if fate["event"] == "centre_closed":
            released = run.flows.loc[run.flows["cause"] == "released_closure", "count"].sum()
            assert released == fate["residents"] > 3000
            day = str((fate["date"] + pd.offsets.MonthEnd(1)).date())
            assert share(run, day) - share(lasting, day) > 1.0
        else:
            same_until(run, lasting, "2100-01-01")
            assert paid(run, "debts_written_off", "members") > 100_000
        fates.add(fate["event"])
        assert len(events(lasting, *CRISES)) == 0
        assert paid(run, "grant", "local_authority") == 0
    supported = run_of("paris/richerand_supported", 5)
    assert len(events(supported, *CRISES)) == 0
    assert paid(supported, "grant", "local_authority") == pytest.approx(150_000 * 59 / 12, rel=0.03)
    assert fates == {"taken_over", "centre_closed"}


# --- participatory structures ----------------------------------------------------------------------------------------


def test_structures_join_wave_by_wave_as_long_as_the_budget_lasts() -> None:
    twenty_six, sixty = (run_of(f"secpa/rollout_{n}", 8) for n in (26, 60))  # money is set aside until the end
    joined = events(twenty_six, "secpa_joined")
    waves = joined.groupby(joined["date"].dt.strftime("%Y-%m-%d")).size()
    assert waves.to_dict() == {"2021-07-01": 6, "2022-03-01": 20}
    assert set(joined["detail"]) == {"existing centre", "new centre"}
    assert len(events(twenty_six, "secpa_not_joined")) == 0
    refused = events(sixty, "secpa_not_joined")
    assert len(refused) == 34
    assert set(refused["detail"]) == {"no money left"}
    same_until(sixty, twenty_six, "2100-01-01")


def test_flat_funding_pays_for_mediators_and_keeps_centres_out_of_crisis() -> None:
    funded, alone = (run_of(f"secpa/{name}", 3) for name in ("rollout_26", "centres"))
    each = value("secpa_euro_per_structure_per_year")
    first_year = funded.accounts[(funded.accounts["line"] == "grant") & (funded.accounts["date"] <= "2022-03-01")]
    assert first_year["cents"].sum() / 100 == pytest.approx(6 * each * 8 / 12, rel=0.01)
    assert paid(alone, "grant", "insurer") == 0
    six = names(events(alone, "centre_present"))
    crises = [facts[facts["actor"].isin(six)] for facts in (events(funded, *CRISES), events(alone, *CRISES))]
    assert len(crises[0]) < len(crises[1])
    assert len(events(funded, "residents_accompanied")) > 0
    assert len(events(alone, "residents_accompanied")) == 0
    assert share(funded, "2023-12-31", precarious=True) < share(alone, "2023-12-31", precarious=True)


def test_the_end_of_the_funding_is_a_shock() -> None:
    goes_on, stopped = (run_of(f"secpa/{name}", 8) for name in ("rollout_26", "rollout_26_stopped"))
    same_until(stopped, goes_on, "2026-04-30")
    assert len(events(stopped, "secpa_funding_ended")) > 20
    grants = stopped.accounts[stopped.accounts["line"] == "grant"]
    assert grants["date"].max() == pd.Timestamp("2026-05-01")
    left = [
        events(run, "reserves").query("detail == '2026'").astype({"actor": str}).set_index("actor")["value"]
        for run in (goes_on, stopped)
    ]
    lost = left[0] - left[1]
    assert len(lost) == 26
    dismissal = (
        value("secpa_euro_per_structure_per_year") * value("secpa_staff_share") * value("secpa_dismissal_months") / 12
    )
    assert lost.min() > 0.8 * dismissal, "structures pay for the notice of their staff, and live on by their reserves"
    accompanied = [events(run, "residents_accompanied")["date"].max() for run in (goes_on, stopped)]
    assert accompanied[1] < pd.Timestamp("2026-08-02") < accompanied[0], "three months of notice"


# --- legal forms -----------------------------------------------------------------------------------------------------


def test_legal_forms_differ_by_who_pays_for_a_deficit_and_for_how_long() -> None:
    patience = {form: int(value(f"{form}_patience_months")) for form in ("mutualist", "municipal", "group")}
    least = min(patience, key=lambda form: patience[form])
    gave_up = 0
    for replication in (0, 5):
        base = run_of("laval/baseline", 12, replication)
        runs = {form: run_of(f"forms/{form}", 12, replication) for form in FORMS}
        kinds = {run.scenario.policies[0].to_block()["centre"]["form"] for run in runs.values()}
        assert len(kinds) == len(FORMS)
        first = pd.concat([events(run, "taken_over", "centre_closed") for run in runs.values()])["date"].min()
        for run in (*runs.values(), base) if replication == 0 else ():
            same_until(run, runs["group"], "2018-01-01" if run is base else str(first.date()))
        assert paid(runs["municipal"], "deficit_covered", "local_authority") > 100_000
        for form in ("mutualist", "group"):
            assert paid(runs[form], "deficit_covered", "members") > 100_000
        assert names(events(runs["cooperative"], "receivership")) == {"centre"}
        rescues = {form: events(run, "rescue")["value"].sum() for form, run in runs.items()}
        assert rescues["association"] > 0
        assert rescues["association"] == pytest.approx(paid(runs["association"], "emergency_aid", "agency"), abs=0.001)
        assert all(euro == 0 for form, euro in rescues.items() if form != "association")
        for form, months in patience.items():
            for closed in events(runs[form], "centre_closed")["date"]:
                assert form == least, "the others' patience lasts longer than these years"
                assert closed > pd.Timestamp("2018-01-01") + pd.DateOffset(months=months)
                gave_up += 1
                day = str((closed + pd.offsets.MonthEnd(1)).date())
                assert share(runs[form], day) > share(runs["group"], day) + 1.0
    assert gave_up > 0


# --- Médecins solidaires ---------------------------------------------------------------------------------------------


def test_the_list_of_rotating_doctors_belongs_to_their_centre() -> None:
    base, one, two = (
        run_of(f"creuse/{name}", 3) for name in ("baseline", "rotating_doctors", "rotating_doctors_two_lines")
    )
    same_until(one, base, "2022-10-31")
    same_until(two, one, "2024-09-23")
    there = lists(one, "2024-12-31")
    assert there.loc["rotating-23002", "zone"] == "23002"
    assert there.loc["rotating-23002", "list"] > 0.8 * 1100, "published: 1,100 declared patients of all ages"
    assert len(events(one, "post_filled")) == 0, "nobody of the territory's own"
    weeks = len(events(one, "week_unstaffed"))
    expected = value("rotating_week_unstaffed_probability") * 52.2 * 2.17
    assert 0 < weeks < 3 * expected
    both = lists(two, "2024-12-31")
    assert both.loc["rotating-23002-2", "list"] > 50
    without = [share(run, "2024-12-31") for run in (base, one, two)]
    assert without == sorted(without, reverse=True)


def test_rotating_doctors_serve_their_own_commune_first() -> None:
    pairs = [[run_of(f"creuse/{name}", 3, r) for name in ("baseline", "rotating_doctors")] for r in range(4)]
    there, all_around = (
        sum(share(run, "2023-12-31", **of) - share(base, "2023-12-31", **of) for base, run in pairs) / len(pairs)
        for of in ({"zone": "23002"}, {})
    )
    assert there < min(-1, all_around)
    assert all_around < 0


# --- a médicobus -----------------------------------------------------------------------------------------------------


def test_a_bus_divides_its_doctors_time_among_its_stops() -> None:
    base, bus = (run_of(f"perche/{name}", 3) for name in ("baseline", "medicobus"))
    same_until(bus, base, "2020-11-01")
    aboard = events(bus, "post_filled")
    assert names(aboard, "detail") == {"sessions"}
    there = lists(bus, "2021-12-31")
    there = there[there["kind"] == "centre"]
    fte = bus.careers.loc[(bus.careers["mode"] == "sessions") & (bus.careers["from"] <= "2021-12-31"), "fte"].sum()
    stops = {"61309", "61029", "61508", "61491", "61394", "61484"}
    assert set(there["zone"].astype(str)) == stops
    assert there["target"].nunique() == 1
    assert there["target"].sum() == pytest.approx(fte * value("centre_list_per_fte"), abs=6)
    assert share(bus, "2022-06-30") < share(base, "2022-06-30")
    euro, part = value("medicobus_investment_euro"), value("medicobus_state_share")
    assert paid(bus, "investment", "state") == pytest.approx(euro * part)
    assert paid(bus, "investment", "local_authority") == pytest.approx(euro * (1 - part))
