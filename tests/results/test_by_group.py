"""Comparisons within groups: known answers, sums, names, refusals."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pairs import hamlet
from records import N_CELLS, ZONES, make_run
from stored import edit

from ess_sim.errors import ResultsError
from ess_sim.experiments.experiment import run_experiment
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.words import groups
from ess_sim.results.indicators.groups import DIVISIONS, SHARES
from ess_sim.results.results import Results
from ess_sim.results.tables.distributions import N_BINS
from ess_sim.results.tables.names import COUNTS
from ess_sim.results.tables.record import Sparse
from ess_sim.results.zones import Zones

SAID = {"base": {}, "smp": {"parameters": {"informed_share": 0.6}}}  # scenarios that say the same must not differ
RUNS = [make_run(name, r, shift=s, **SAID[name]) for r in range(3) for name, s in (("base", 0.0), ("smp", 0.03))]
KEPT = [run.snapshots for run in RUNS]  # built once
RESULTS = Results(RUNS)
END = pd.Timestamp("2021-01-15")
LISTED, SEEKING, LOST, NEVER = map(COUNTS.index, ("listed", "seeking", "lost", "never_declared"))
REACHABLE, MINUTES = map(COUNTS.index, ("listed_reachable", "minutes"))
CELLS = N_CELLS // len(ZONES)
KEYS = ["scenario", "replication", "date", "outcome"]


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """All residents together, by run, date and outcome."""
    return RESULTS.by_group(list(SHARES)).set_index(KEYS)[["adults", "residents"]].sort_index()


def counted(name: str, replication: int, cells: dict[int, tuple[int, int, int]]):
    """A run in which some cells hold so many adults, and of them so many who lost their MT or never had one."""
    run = make_run(name, replication, **SAID[name])
    run.record.counts[:] = 0
    for cell, (adults, lost, never) in cells.items():
        run.record.counts[:, cell, [LISTED, SEEKING, LOST, NEVER]] = adults - lost - never, lost + never, lost, never
    return run


@pytest.fixture(scope="module")
def by_hand() -> Results:
    """Two replications: the first zone gains 10 and 20 residents of 100, the second loses 8 and 8 of 400."""
    ald = CELLS + 2  # in the second zone
    return Results(
        [
            counted("base", 0, {0: (100, 30, 10), ald: (400, 40, 0)}),
            counted("base", 1, {0: (100, 40, 10), ald: (400, 60, 0)}),
            counted("smp", 0, {0: (100, 20, 10), ald: (400, 48, 0)}),
            counted("smp", 1, {0: (100, 20, 10), ald: (400, 68, 0)}),
        ]
    )


def test_differences_by_hand(by_hand):
    table = compare(by_hand, baseline="base", by="zone", dates=[END])
    assert table["zone"].tolist() == list(ZONES)
    assert table["group"].tolist() == ["Laval", "Saint-Berthevin"]
    assert table["adults"].tolist() == [100, 400]
    assert table["residents"].tolist() == [-15, 8]
    assert table["difference"].tolist() == pytest.approx([-15, 2])
    assert table["mean_baseline"].tolist() == pytest.approx([45, 12.5])
    half = 12.706204736432095 * 5  # Student's t of 1 degree of freedom, standard error of −10 and −20
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([-15 - half, -15 + half])
    assert table.loc[0, ["residents_low", "residents_high"]].tolist() == pytest.approx([-15 - half, -15 + half])
    assert table.loc[1, ["low", "high", "residents_low", "residents_high"]].tolist() == pytest.approx([2, 2, 8, 8])
    assert table["unit"].tolist() == ["pp", "pp"]

    both = compare(by_hand, baseline="base", by=["ald", "zone"], outcomes="share_lost", dates=[END])
    both = both.set_index("group")
    assert both.loc["without ALD, Laval", "residents"] == -15
    assert both.loc["with ALD, Saint-Berthevin", "residents"] == 8
    empty = both.loc["with ALD, Laval"]
    assert empty[["adults", "residents", "n"]].tolist() == [0, 0, 0]
    assert empty[["difference", "low", "p", "p_holm"]].isna().all()


@cache
def compared_whole(*outcomes: str) -> pd.DataFrame:
    return compare(RESULTS, baseline="base", outcomes=list(outcomes), by=[], dates=[END])


@pytest.mark.parametrize("by", [*DIVISIONS, ["zone", "age_band"], ["precarious", "ald", "departement"], []])
def test_groups_add_up_to_all_residents(by, whole):
    wanted = [by] if isinstance(by, str) else by
    outcomes = [name for name, share in SHARES.items() if share.among not in wanted]
    parts = RESULTS.by_group(outcomes, wanted)
    split = parts.groupby(KEYS, observed=True)[["adults", "residents"]].sum()
    pd.testing.assert_frame_equal(split, whole.loc[split.index], check_exact=True)

    table = compare(RESULTS, baseline="base", outcomes=outcomes, by=by, dates=[END])
    total = compared_whole(*outcomes)
    assert len(table) == len(outcomes) * len(parts.drop_duplicates(wanted) if wanted else [1])
    sums = table.groupby("outcome", sort=False)[["adults", "residents"]].sum()
    np.testing.assert_allclose(sums, total[["adults", "residents"]], rtol=1e-12)


def test_residents_over_adults_are_the_shares(whole):
    shares = RESULTS.outcomes(list(SHARES)).set_index(KEYS)["value"].sort_index()
    assert len(shares) == len(whole)
    np.testing.assert_array_equal(whole["residents"] / whole["adults"], shares)


@pytest.mark.parametrize("by", ["departement", []])
def test_a_group_that_holds_everybody_has_the_intervals_of_all(by):
    outcomes = list(SHARES)
    inside = compare(RESULTS, baseline="base", outcomes=outcomes, by=by, wanted_half_width=0.1, dates=[END])
    plain = compare(RESULTS, baseline="base", outcomes=outcomes, wanted_half_width=0.1, dates=[END])
    assert set(inside["group"]) == {"Mayenne"} if by else {"all residents"}
    pd.testing.assert_frame_equal(inside[plain.columns], plain, check_exact=True)


def test_holms_family_is_every_group_of_a_date():
    table = compare(RESULTS, baseline="base", outcomes=["share_lost", "share_without_mt"], by="age_band", dates=[END])
    assert len(table) == 10
    assert table["p_holm"].min() == pytest.approx(10 * table["p"].min())


def test_outcomes_without_groups_are_refused():
    assert set(SHARES) <= {name for name, outcome in OUTCOMES.items() if outcome.unit == "share"}
    with pytest.raises(
        ResultsError, match=r"list_holders is one number for all residents.*these can: share_without_mt, .*median_m"
    ):
        compare(RESULTS, baseline="base", by="zone", outcomes=["share_lost", "list_holders"])
    with pytest.raises(ResultsError, match="median_minutes is not known by ald, age_band: choose among zone, dep"):
        compare(RESULTS, baseline="base", by=["ald", "zone", "age_band"], outcomes=["share_lost", "median_minutes"])
    with pytest.raises(ResultsError, match="share_without_mt_ald is about one group alone: by 'ald', compare"):
        compare(RESULTS, baseline="base", by=["zone", "ald"], outcomes="share_without_mt_ald")
    with pytest.raises(ResultsError, match=r"cannot compare by 'zones' \(did you mean 'zone'\?\): choose among zone, "):
        compare(RESULTS, baseline="base", by="zones")
    with pytest.raises(ResultsError, match="did you mean 'share_lost'"):
        compare(RESULTS, baseline="base", by="zone", outcomes="shares_lost")


@pytest.fixture(scope="module")
def travel() -> Results:
    """Two replications of two zones.

    In the first 100 residents are at 4 minutes, of whom SMP moves 10 or 20 to 8; in the second 60 at 12 and 40 at 20.
    """

    def placed(name: str, replication: int, moved: int):
        run = make_run(name, replication, **SAID[name])
        record, last = run.record, len(run.record.days) - 1
        record.distributions = Sparse()
        for t in range(last + 1):
            gone = moved if t == last else 0
            keys = np.array([4, 8, N_BINS + 12, N_BINS + 20], dtype=np.int32)
            record.distributions.add(t, keys, np.array([100 - gone, gone, 60, 40], dtype=np.int32))
        record.counts[:] = 0
        for zone, sizes in enumerate(([100 - moved, moved], [60, 40])):
            minutes = 10 * np.dot(sizes, ([4, 8], [12, 20])[zone])
            record.counts[:, zone * CELLS, [LISTED, REACHABLE, MINUTES]] = sum(sizes), sum(sizes), minutes
        return run

    return Results([placed(*which) for which in (("base", 0, 0), ("base", 1, 0), ("smp", 0, 10), ("smp", 1, 20))])


def test_median_and_mean_minutes_by_zone(travel):
    """A value within its minute: half of 100 residents are 50 of the 100, 90 or 80 who are there."""
    table = compare(travel, baseline="base", by="zone", outcomes="median_minutes", dates=[END]).set_index("group")
    assert table["zone"].tolist() == list(ZONES)
    assert table["adults"].tolist() == [100, 100]
    assert table["unit"].unique().tolist() == ["minutes"]
    assert table["mean_baseline"].tolist() == pytest.approx([3.5 + 50 / 100, 11.5 + 50 / 60])
    moved = (50 / 90 + 50 / 80) / 2 - 50 / 100
    assert table["difference"].tolist() == pytest.approx([moved, 0.0])
    assert table[["residents", "residents_low", "residents_high"]].isna().all(axis=None)
    # all together: of 200, at 4 minutes and at 8, the 100th is at 4 minutes where none moved, else at 12
    whole = compare(travel, baseline="base", by=(), outcomes="median_minutes", dates=[END]).iloc[0]
    plain = compare(travel, baseline="base", outcomes="median_minutes", dates=[END]).iloc[0]
    assert whole["mean_baseline"] == plain["mean_baseline"] == pytest.approx(4.5)
    assert whole["mean_scenario"] == plain["mean_scenario"] == pytest.approx(8.5)
    assert compare(travel, baseline="base", by="departement", outcomes="median_minutes")["group"].eq("Mayenne").all()

    mean = compare(travel, baseline="base", by="zone", outcomes="travel_minutes", dates=[END])
    assert mean["mean_baseline"].tolist() == pytest.approx([4.0, 15.2])
    assert mean["difference"].tolist() == pytest.approx([0.6, 0.0])
    ((_, words),) = groups(travel, baseline="base", by="zone", outcomes="median_minutes")
    assert words["base"].tolist() == ["4.5 minutes", "4.0 minutes", "12.3 minutes"]
    assert words["residents"].tolist() == ["–"] * 3


def test_a_zone_in_which_all_lack_an_mt_has_no_median(travel):
    runs = [travel.run(name) for name in ("base", "smp")]
    for run in runs:
        run.record.distributions = Sparse()
        run.record.distributions.add(0, np.array([4], dtype=np.int32), np.array([7], dtype=np.int32))
    values = Results(runs).by_group(["median_minutes"], ["zone"])
    assert len(values) == 2 * len(runs[0].record.days) * len(ZONES)
    known = values[values["value"].notna()]
    assert known[["date", "zone", "adults", "value"]].drop_duplicates().values.tolist() == [
        [pd.Timestamp("2020-01-15"), ZONES[0], 7, 4.0]
    ]
    assert (values["adults"].isin([0, 7])).all()


def test_declared_outcomes_without_groups_are_left_out():
    def results(*outcomes: str) -> Results:
        return Results([make_run("base", outcomes=outcomes), make_run("smp", outcomes=outcomes, **SAID["smp"])])

    declared = "list_holders", "share_without_mt_ald", "share_lost"
    assert compare(results(*declared), baseline="base", by="ald")["outcome"].unique().tolist() == ["share_lost"]
    assert set(compare(results(*declared), baseline="base", by="zone")["outcome"]) == set(declared[1:])
    with pytest.raises(ResultsError, match=r"no declared outcome \(list_holders\) can be compared by group: name one"):
        compare(results("list_holders"), baseline="base", by="zone")


class _OutcomesAlone:
    """Results that know values only."""

    scenarios = RESULTS.scenarios
    declared_outcomes = RESULTS.declared_outcomes
    recorded, outcomes, about = RESULTS.recorded, RESULTS.outcomes, RESULTS.about


def test_results_that_know_no_groups_say_so():
    assert not compare(_OutcomesAlone(), baseline="base").empty
    with pytest.raises(ResultsError, match="no numbers of residents by group"):
        compare(_OutcomesAlone(), baseline="base", by="zone")


def test_scenarios_of_different_zones_have_no_zones_to_compare():
    here = [make_run("base"), make_run("smp", territory={"communes": ["53130", "53140"]})]
    here[1].zones = ("53130", "53140")
    with pytest.raises(ResultsError, match="'smp' and 'base' have different zones"):
        compare(Results(here), baseline="base", by="zone")
    assert compare(Results(here), baseline="base", by="departement")["group"].unique().tolist() == ["Mayenne"]


def test_draws_are_averaged_within_each_replication(by_hand):
    runs = [by_hand.run(name, r) for name in ("base", "smp") for r in (0, 1)]
    drawn = []
    for draw, shift in ((1, 0), (2, 6)):
        for run in runs:
            cells = {0: tuple(run.record.counts[-1, 0, [LISTED, SEEKING, LOST, NEVER]].tolist())}
            listed, _, lost, never = cells[0]
            one = counted(run.name, run.replication, {0: (listed + lost + never, lost - shift, never)})
            one.draw = draw
            drawn.append(one)
    table = compare(Results(drawn), baseline="base", by="zone", dates=[END])
    assert table.loc[0, ["n", "residents", "adults"]].tolist() == [2, -15, 100]
    assert table.loc[0, "mean_baseline"] == pytest.approx(45 - 3)


def test_names_of_zones():
    own = Zones.of(["a", "b", "c"], ["Nord", "Sud", "Sud"], ["53", "", "99"])
    assert own.labels("zone") == {"a": "Nord", "b": "Sud (b)", "c": "Sud (c)"}
    assert own.labels("departement") == {"53": "Mayenne", "": "no département", "99": "99"}
    unnamed = Zones.of(["53130", "x"], [], [])  # results of before names were kept
    assert unnamed.labels("zone") == {"53130": "Laval", "x": "x"}
    assert unnamed.labels("departement") == {"53": "Mayenne", "": "no département"}


def test_a_folder_gives_the_same_and_keeps_names(tmp_path):
    pair = [hamlet(), hamlet("more", gps=3)]
    memory = run_experiment(pair, replications=2, seed=3)
    kept = run_experiment(pair, replications=2, seed=3, out=tmp_path)
    table = compare(memory, baseline="hamlet", by=["zone", "ald"])
    pd.testing.assert_frame_equal(compare(kept, baseline="hamlet", by=["zone", "ald"]), table)
    assert table["group"].unique().tolist()[0] == "Bonchamp-lès-Laval, without ALD"
    (territory,) = json.loads((tmp_path / "manifest.json").read_text())["territories"].values()
    assert (territory["zone_names"], territory["departements"]) == (["Bonchamp-lès-Laval", "Changé"], ["53", "53"])

    def rename(manifest: dict[str, Any]) -> None:
        (territory,) = manifest["territories"].values()
        del territory["departements"]
        territory["zone_names"] = ["First", "Second"]  # a territory's own names go first

    edit(tmp_path / "manifest.json", rename)
    assert compare(Results.read(tmp_path), baseline="hamlet", by="zone")["group"].unique().tolist() == [
        "First",
        "Second",
    ]
    edit(tmp_path / "manifest.json", lambda said: [place.pop("zone_names") for place in said["territories"].values()])
    for by in (["zone", "ald"], "departement"):  # a folder of before names were kept
        pd.testing.assert_frame_equal(
            compare(Results.read(tmp_path), baseline="hamlet", by=by), compare(memory, baseline="hamlet", by=by)
        )


def test_words_for_people(by_hand):
    ((about, table),) = groups(by_hand, baseline="base", by="zone")
    assert (about.outcome, about.scenario, about.baseline, about.date) == ("share_without_mt", "smp", "base", END)
    assert list(table.columns) == ["group", "code", "adults", "base", "difference", "residents"]
    assert table["group"].tolist() == ["all residents", "Laval", "Saint-Berthevin"]
    assert table["code"].tolist() == ["", *ZONES]
    assert table["adults"].tolist() == ["500", "100", "400"]
    assert table["base"].tolist() == ["19.0 %", "45.0 %", "12.5 %"]
    assert table["residents"].tolist() == ["−7", "−15", "+8"]  # two replications: no interval
    assert table["difference"].iloc[2] == "+2.0 pp"
    found = list(groups(by_hand, baseline="base", by="ald", outcomes=["share_lost", "share_without_mt"]))
    assert [about.outcome for about, _ in found] == ["share_lost", "share_without_mt"]
    assert "code" not in found[0][1]
