"""Real schemes and the places where they are: what each is said to do is seen in the results, and goes with its switch.

One replication or a few; docs/scenarios.md rests on 20.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from frames import same_frames
from seeds import run_of, same_until, share, without_mt
from strategies import events

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.scenario.files import baseline_of
from ess_sim.model.run.read import read_scenario
from ess_sim.results.run import Run
from ess_sim.results.statistics.intervals import t_interval

PLACES = (
    "creuse",
    "forms",
    "laval",
    "lille",
    "national",
    "paris",
    "perche",
    "saint_denis",
    "saint_nazaire",
    "secpa",
    "toulouse",
)
SEEDS = [
    f"{place}/{path.stem}"
    for place in PLACES
    for path in sorted((bundled.scenarios_dir() / place).glob("*.yaml"))
    if path.stem != "baseline"
]
FRANC_MOISIN = "93066-FM"
THE_TWO = ("gp-93066-FM-001", "gp-93066-FM-002")


def differences(name: str, twin: str, years: int, day: str, replications: Iterable[int], **of: object) -> np.ndarray:
    """Paired differences from the twin, percentage points."""
    return np.array(
        [share(run_of(name, years, r), day, **of) - share(run_of(twin, years, r), day, **of) for r in replications]
    )


def calls(run: Run, since: str) -> pd.Series[int]:
    table = run.calls[run.calls["date"] >= since]
    return table.groupby("outcome", observed=False)["count"].sum()


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SEEDS)
def test_a_scenario_asks_a_question_and_says_what_is_published(name: str) -> None:
    path = bundled.scenarios_dir() / f"{name}.yaml"
    scenario = read_scenario(path)
    assert scenario.title
    assert scenario.sources
    assert scenario.description.startswith("Question: ")
    assert "Published: " in scenario.description
    assert len(scenario.description) <= 600, "five lines"
    assert not re.search(r"[Ss]imulated|results version", scenario.description), "what the model says is a page's"
    assert scenario.parameters == {}, "one catalogue of parameters for all"
    twin = baseline_of(path)
    assert twin is not None
    base = read_scenario(twin)
    same = ("start", "horizon_years", "territory", "residents")
    assert all(getattr(base, field) == getattr(scenario, field) for field in same)
    assert base.policies != scenario.policies or base.supply.centres != scenario.supply.centres
    while (further := baseline_of(twin)) is not None:
        twin = further
    assert twin.name == "baseline.yaml"


# --- Laval: two clocks; two centres; no supervisor, no intern -------------------------------------------------------


def test_retired_gps_help_at_once_and_interns_later() -> None:
    retired = differences("laval/smp_retired_only", "laval/baseline", 4, "2018-06-01", range(4))
    assert retired.max() < 0, "the retired GPs' list fills from the first day"
    for replication in range(4):
        assert len(events(run_of("laval/smp_retired_only", 4, replication), "intern_hosted")) == 0
    settled = 0
    for replication in range(3):
        interns, base = (run_of(f"laval/{name}", 12, replication) for name in ("smp_interns_only", "baseline"))
        found = events(interns, "intern_settled")
        trained_there = found[found["actor"].astype(str).str.startswith("smp-53130-intern")]
        settled += len(trained_there)
        first = trained_there["date"].min() if len(trained_there) else interns.snapshots["date"].max()
        assert first > pd.Timestamp("2019-01-01"), "training and years as a locum come first"
        same_until(interns, base, "2019-01-01")
        assert len(events(interns, "intern_hosted")) > 0
    assert settled > 0


def test_two_centres_do_less_than_twice_what_one_does() -> None:
    replications = range(8)
    one, two = (
        differences(f"laval/{name}", "laval/baseline", 5, "2022-05-31", replications) for name in ("smp", "two_smps")
    )
    assert one.mean() < 0
    low, _ = t_interval(two - 2 * one)
    assert low > 0, "they compete for the same retired GPs"
    taken = {}
    for name in ("smp", "two_smps"):
        filled = events(run_of(f"laval/{name}", 5), "post_filled")
        filled = filled[filled["detail"] == "sessions"]
        assert not filled.duplicated(["date", "other"]).any(), "nobody is taken on twice on one day"
        taken[name] = filled["other"].nunique()
    assert taken["smp"] < taken["two_smps"] < 2 * taken["smp"]


def test_no_supervisor_no_intern() -> None:
    unsupervised, supervised, base = (
        run_of(f"laval/{name}", 4) for name in ("smp_interns_unsupervised", "smp_interns_only", "baseline")
    )
    assert len(events(supervised, "intern_hosted")) > 0
    assert len(events(unsupervised, "intern_hosted")) == 0
    vacant = events(unsupervised, "intern_place_vacant")
    assert len(vacant) == 8, "one place in each semester, and nobody to supervise"
    for table in ("snapshots", "flows", "calls"):
        one, other = (run.table(table).drop(columns="scenario") for run in (unsupervised, base))
        same_frames(one, other)


# --- Saint-Denis: la relève and mediators -----------------------------------------------------------------------------


def test_a_planned_hand_over_spares_residents_the_loss_of_their_gp() -> None:
    for replication in range(3):
        nobody, centre, handover = (
            run_of(f"saint_denis/{name}", 3, replication) for name in ("retirement", "place_sante", "handover")
        )
        base = run_of("saint_denis/baseline", 3, replication)
        same_until(nobody, base, "2012-10-01")
        same_until(handover, centre, "2011-10-31")  # once the exit is announced, the two take fewer patients
        released = {}
        for name, run in (("nobody", nobody), ("centre", centre), ("handover", handover)):
            told = events(run, "list_released")
            released[name] = int(told.loc[told["actor"].isin(THE_TWO), "residents"].sum())
            told = events(run, "list_handed_over")
            passed = told.loc[told["other"] == "place-sante", "residents"].sum()
            assert (passed > 0) == (name == "handover")
        assert released["handover"] < released["centre"] - 1000
        lost = {
            name: without_mt(run, "2012-10-31", zone=FRANC_MOISIN)["lost"]
            for name, run in (("nobody", nobody), ("centre", centre), ("handover", handover))
        }
        assert lost["handover"] < min(lost["centre"], lost["nobody"])


def test_mediators_bring_precarious_residents_back_foremost() -> None:
    gains: dict[bool, list[float]] = {True: [], False: []}
    for replication in range(4):
        mediated, twin = (run_of(f"saint_denis/{name}", 3, replication) for name in ("mediators", "handover"))
        assert len(events(twin, "residents_accompanied")) == 0
        assert events(mediated, "accompanied_registered")["residents"].sum() > 0
        for precarious, gain in gains.items():
            one, other = (
                share(run, "2014-09-30", zone=FRANC_MOISIN, precarious=precarious) for run in (twin, mediated)
            )
            gain.append(one - other)
    assert np.mean(gains[True]) > 0
    assert np.mean(gains[True]) > np.mean(gains[False])


def test_who_helps_when_money_runs_out_depends_on_the_legal_form() -> None:
    found: dict[str, set[str]] = {"without_grants": set(), "cooperative": set()}
    for name, seen in found.items():
        for replication in range(3):
            run = run_of(f"saint_denis/{name}", 4, replication)
            seen |= set(events(run, "rescue", "receivership", "taken_over")["event"].astype(str))
    assert found["without_grants"] == {"rescue"}
    assert "receivership" in found["cooperative"]
    assert "rescue" not in found["cooperative"]


# --- Toulouse: grant, reserves, closure ------------------------------------------------------------------------------


def test_a_cut_eats_the_reserves_and_may_close_the_centre() -> None:
    closed_by_cut = 0
    for replication in range(4):  # the cut ends in two of them by a closure, in two by a rescue
        kept, cut, rescued = (
            run_of(f"toulouse/{name}", 5, replication) for name in ("case_de_sante", "grant_cut", "grant_cut_rescued")
        )
        same_until(cut, kept, "2014-01-01")
        quarter = [_grants(run, "agency", "2014-01-01", "2014-04-01") for run in (kept, cut, rescued)]
        assert quarter == pytest.approx([25_000, 12_750, 22_000], abs=100)
        assert _reserves(cut, "2014-04-01") < _reserves(kept, "2014-04-01")
        assert len(events(kept, "centre_closed")) == len(events(rescued, "centre_closed")) == 0
        assert len(events(rescued, "rescue")) == 0
        crises = events(cut, "rescue", "centre_closed")
        assert len(crises) > 0
        assert crises["date"].min() >= pd.Timestamp("2014-04-01"), "three months overdrawn come first"
        closed_by_cut += len(events(cut, "centre_closed"))
    assert closed_by_cut > 0


def test_a_closure_leaves_residents_without_mt() -> None:
    more = []
    for replication in range(6):
        kept, stopped = (run_of(f"toulouse/{name}", 5, replication) for name in ("case_de_sante", "grants_stopped"))
        same_until(stopped, kept, "2014-11-01")
        for fact in events(stopped, "centre_closed").itertuples():
            assert fact.detail == "no rescue"
            flows = stopped.flows
            released = flows.loc[flows["cause"] == "released_closure", "count"].sum()
            assert released == fact.residents > 900
            day = str((fact.date + pd.offsets.MonthEnd(1)).date())
            more.append(without_mt(stopped, day)["lost"] - without_mt(kept, day)["lost"])
        assert (kept.flows["cause"] == "released_closure").sum() == 0
    assert len(more) >= 3
    assert min(more) > 500


def _grants(run: Run, payer: str, first: str, end: str) -> float:
    """Euro that a payer gave in some months; a month is booked on the first of the next."""
    table = run.accounts
    months = (table["date"] > first) & (table["date"] <= end)
    return float(table.loc[months & (table["line"] == "grant") & (table["payer"] == payer), "cents"].sum()) / 100


def _reserves(run: Run, day: str) -> float:
    table = run.accounts
    return float(table.loc[(table["actor"] == "case-de-sante") & (table["date"] <= day), "cents"].sum()) / 100


# --- Saint-Nazaire: a van, nurses, GPs -------------------------------------------------------------------------------


def test_a_van_meets_refers_and_brings_back() -> None:
    # it is small beside chance: seen if all are accompanied whom it meets and refers
    most = [run_of("saint_nazaire/van", 5, r, van_accompanied_share=1.0) for r in range(3)]
    for r, run in enumerate(most):
        assert share(run, "2021-12-31") < share(run_of("saint_nazaire/baseline", 5, r), "2021-12-31")
    van, base = (run_of(f"saint_nazaire/{name}", 5) for name in ("van", "baseline"))
    same_until(van, base, "2017-04-01")
    contacts = events(van, "outreach_contacts")
    assert contacts["value"].sum() == pytest.approx(2876 * 4.75, rel=0.01)
    accompanied = events(van, "residents_accompanied")["residents"].sum()
    registered = events(van, "accompanied_registered")["residents"].sum()
    assert 0 < registered < accompanied < events(van, "residents_met")["value"].sum()


def test_a_centre_of_nurses_has_no_list_until_gps_come() -> None:
    van, nurses, gps = (run_of(f"saint_nazaire/{name}", 8) for name in ("van", "nurses", "gps"))
    for table in ("snapshots", "flows", "calls"):
        one, other = (run.table(table).drop(columns="scenario") for run in (nurses, van))
        same_frames(one, other)
    assert "nursing_fees" in set(nurses.accounts["line"])
    same_until(gps, nurses, "2020-09-01")
    for run, lists in ((nurses, set()), (gps, {"a-vos-soins-gps"})):
        centres = run.providers[run.providers["kind"] == "centre"]
        assert set(centres["provider"].astype(str)) == lists
    last = gps.providers[gps.providers["provider"] == "a-vos-soins-gps"].iloc[-1]
    assert last["list"] > 200


# --- three barriers --------------------------------------------------------------------------------------------------

REASONS = {"physical": "too_far", "financial": "financial", "psychological": "suppressed"}


def test_each_barrier_has_its_own_switch_and_its_own_failures() -> None:
    near = {"tolerance_minutes": 10.0}  # within twenty minutes there is always an open list: no call is too far
    base = calls(run_of("laval/baseline", 4, **near), "2018-02-01")
    for barrier, reason in REASONS.items():
        run = run_of(f"laval/lift_{barrier}", 4, **near)
        same_until(run, run_of("laval/baseline", 4, **near), "2018-01-01")
        lifted = calls(run, "2018-02-01")
        # some communes are more than 30 minutes apart: beyond the cut-off distance matters whatever is lifted
        assert lifted[reason] <= (0.1 * base[reason] if barrier == "physical" else 0)
        for other in set(REASONS.values()) - {reason}:
            assert lifted[other] > 0.4 * base[other] > 0
    everything = calls(run_of("laval/lift_all", 4, **near), "2018-02-01")
    assert everything[["financial", "suppressed"]].sum() == 0
    assert everything["too_far"] < 0.1 * base["too_far"]


def test_precarious_residents_gain_where_daring_and_money_do_not_matter() -> None:
    for barrier in ("psychological", "all"):
        of = {
            precarious: differences(
                f"laval/lift_{barrier}", "laval/baseline", 4, "2021-05-31", range(3), precarious=precarious
            )
            for precarious in (True, False)
        }
        assert of[True].mean() < 0
        assert (of[True] - of[False]).max() < 0


# --- France: the 11 % -------------------------------------------------------------------------------------------------


def test_the_two_pools_of_the_eleven_percent_are_apart() -> None:
    run = run_of("national/baseline", 4)
    start = without_mt(run, "2017-12-01")
    assert 100 * start["lost"] / start["adults"] == pytest.approx(4.4, abs=0.01)
    assert 100 * start["never_declared"] / start["adults"] == pytest.approx(5.4, abs=0.01)
    flows = run.flows.groupby(["pool", "cause"], observed=True)["count"].sum()
    assert flows["lost"].get("reached_17", 0) == flows["never_declared"].get("released_cessation", 0) == 0
    assert flows["lost"]["released_cessation"] > 0
    assert flows["never_declared"]["reached_17"] > 0
    later = without_mt(run, "2021-06-30")
    change = (later - start)[["lost", "never_declared"]]
    in_time = run.flows[run.flows["date"] <= "2021-06-30"]
    by_pool = in_time.groupby("pool", observed=True)["count"].sum()
    assert change.to_dict() == by_pool.to_dict()


def test_cessations_fill_the_pool_of_those_who_lost_theirs() -> None:
    wave, base = (run_of(f"national/{name}", 1) for name in ("wave_of_exits", "baseline"))
    same_until(wave, base, "2018-01-01")
    more = without_mt(wave, "2018-01-31") - without_mt(base, "2018-01-31")
    assert more["lost"] > 3000
    assert abs(more["never_declared"]) < 0.05 * more["lost"]


# --- other policies ---------------------------------------------------------------------------------------------------


def test_an_ald_campaign_finds_places_and_adds_none() -> None:
    run, base = (run_of(f"national/{name}", 8, stretch_per_year=0.0) for name in ("ald_campaign", "baseline"))
    same_until(run, base, "2023-04-01")
    table = run.snapshots[run.snapshots["ald"]]
    twin = base.snapshots[base.snapshots["ald"]]
    after = [t.loc[t["date"] == "2023-12-31", ["lost", "never_declared"]].to_numpy().sum() for t in (table, twin)]
    assert after[0] < 0.9 * after[1]
    targets = [r.providers.loc[r.providers["date"] == "2023-12-31", "target"].sum() for r in (run, base)]
    assert targets[0] == pytest.approx(targets[1], rel=1e-3), "but for those whose MT is outside"


def test_later_retirement_means_fewer_exits_and_less_loss() -> None:
    exits = []
    for replication in range(2):
        run, base = (run_of(f"national/{name}", 4, replication) for name in ("later_retirement", "baseline"))
        exits.append(len(events(run, "gp_exited")) - len(events(base, "gp_exited")))
    assert sum(exits) < 0
    assert max(exits) <= 0
    lost = differences("national/later_retirement", "national/baseline", 4, "2021-11-30", range(2))
    assert lost.mean() < 0


def test_assistants_are_employed() -> None:
    run, base = (run_of(f"national/{name}", 4) for name in ("medical_assistants", "baseline"))
    same_until(run, base, "2019-11-01")
    assert len(events(run, "assistant_contract_signed")) >= 14


@pytest.mark.validate
def test_assistants_leave_fewer_without() -> None:
    assert differences("national/medical_assistants", "national/baseline", 8, "2025-11-30", range(3)).mean() < 0


def test_solidarity_days_register_nobody() -> None:
    run = run_of("national/solidarity_days", 8)
    same_until(run, run_of("national/baseline", 8), "2025-09-01")
    assert len(events(run, "volunteer_joined")) > 0
    assert events(run, "solidarity_consultations")["value"].sum() > 0
    base = run_of("national/baseline", 8)
    town = ("53147",)
    registered = [
        r.flows.loc[
            r.flows["zone"].isin(town) & r.flows["cause"].astype(str).str.startswith("registered"), "count"
        ].sum()
        for r in (run, base)
    ]
    assert registered[0] == pytest.approx(registered[1], rel=0.04), "consultations are no registrations"


def test_a_grant_is_paid_to_newcomers_most_of_whom_would_have_come() -> None:
    paid = pd.concat([events(run_of("laval/settlement_grant", 6, r), "settlement_grant_paid") for r in range(4)])
    assert set(paid["zone"].astype(str)) == {"53130"}
    kinds = paid["detail"].value_counts()
    assert kinds["windfall"] > kinds.get("attracted", 0)
    assert set(paid["value"]) == {50_000.0}


def test_contracts_bind_interns_to_the_territory() -> None:
    extra = 0
    for replication in range(3):
        run, base = (run_of(f"laval/{name}", 8, replication) for name in ("cesp", "baseline"))
        same_until(run, base, "2017-11-01")
        assert len(events(run, "cesp_signed")) > 0
        extra += len(events(run, "intern_settled")) - len(events(base, "intern_settled"))
    assert extra > 0


def test_regulation_sends_newcomers_where_doctors_lack() -> None:
    wanted, instead = [], []
    for replication in range(4):
        run, base = (run_of(f"laval/{name}", 6, replication) for name in ("regulated_installation", "baseline"))
        same_until(run, base, "2018-01-01")
        assert len(events(base, "newcomer_redirected")) == 0
        for fact in events(run, "newcomer_redirected").itertuples():
            before = str((fact.date - pd.Timedelta(days=1)).date())
            wanted.append(share(run, before, zone=fact.other))
            instead.append(share(run, before, zone=fact.zone))
    assert np.mean(wanted) < 15.0 < np.mean(instead)
