from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from records import make_run

from ess_sim.errors import ResultsError
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.indicators.between_zones import inequality
from ess_sim.results.indicators.calls import barriers, failed_calls
from ess_sim.results.indicators.supply import list_sizes, months_without_mt
from ess_sim.results.results import Results
from ess_sim.results.storage.folder import Folder
from ess_sim.results.tables import schema


def test_a_pickled_run_takes_no_frames():
    run = make_run()
    before = len(pickle.dumps(run))
    assert not run.snapshots.empty
    sent = pickle.dumps(run)
    assert len(sent) == before
    back = pickle.loads(sent)
    assert repr(back) == repr(run) == "Run('base', seed=1, replication=0)"
    for table in schema.SCHEMAS:
        pd.testing.assert_frame_equal(back.table(table), run.table(table))


def test_tables_are_built_once():
    run = make_run()
    assert run.flows is run.flows
    assert run.table("flows") is run.flows
    with pytest.raises(ResultsError, match="did you mean 'flows'"):
        run.table("flow")
    with pytest.raises(ResultsError):
        run.table("record")


def test_grade_d_counts_only_what_was_read():
    assert make_run().grade_d == ("informed_share",)
    assert Results([make_run()]).grade_d == {"base": ("informed_share",)}


def test_many_runs():
    runs = [make_run(name, r) for r in (1, 0) for name in ("b", "a")]
    results = Results(runs)
    assert results.scenarios == ("b", "a")
    assert results.replications == (0, 1)
    assert (results.seed, results.manifest, results.declared_outcomes) == (1, None, ("share_without_mt",))
    assert results.assumed["a"] == ("the number of retired GPs",)
    shares = results.share_without_mt("zone")
    assert list(shares.columns[:5]) == ["scenario", "draw", "replication", "date", "zone"]
    one = shares[(shares["scenario"] == "a") & (shares["replication"] == 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        one.drop(columns=["scenario", "draw", "replication"]), runs[1].share_without_mt("zone")
    )
    outcomes = results.outcomes()
    assert set(outcomes["outcome"]) == set(OUTCOMES)
    assert len(outcomes) == 4 * len(runs[0].outcomes())
    assert len(results.snapshots) == 4 * len(runs[0].snapshots)
    assert set(results.table("spells", scenario="a")["scenario"]) == {"a"}
    assert results.run("a", 1) is runs[1]


def test_scenarios_stay_in_the_order_given():
    given = [("c", 2), ("b", 1), ("a", 0), ("c", 0), ("b", 0), ("a", 2), ("c", 1)]
    results = Results([make_run(name, r) for name, r in given])
    assert results.scenarios == ("c", "b", "a")
    assert results.baselines == {"b": "c", "a": "c"}
    runs = [make_run(name, r) for name, r in given]
    assert Results(runs, baselines={"c": "a"}).baselines == {"c": "a"}
    for wrong in ({"c": "basse"}, {"basse": "c"}):
        with pytest.raises(ResultsError, match="no scenario 'basse'"):
            Results(runs, baselines=wrong)
    outcomes = results.outcomes()
    assert outcomes["scenario"].unique().tolist() == ["c", "b", "a"]
    first = outcomes.drop_duplicates(["scenario", "replication"])
    assert first["replication"].tolist() == [0, 1, 2, 0, 1, 0, 2]
    assert list(results.grade_d) == list(results.assumed) == ["c", "b", "a"]


def test_one_run_and_many_have_the_same_tables():
    run = make_run()
    results = Results([run, make_run(replication=1)])
    for table in set(schema.SCHEMAS) - {"outcomes"}:  # a method, of narrower use
        pd.testing.assert_frame_equal(getattr(run, table), run.table(table))
        pd.testing.assert_frame_equal(getattr(results, table), results.table(table))
        assert getattr(results, table) is getattr(results, table)
        assert len(getattr(results, table)) > len(getattr(run, table)) > 0
    assert results.accounts["cents"].sum() == 2 * run.accounts["cents"].sum()


def test_zones_have_names():
    results = Results([make_run("a"), make_run("b")])
    assert results.zones("b").names == {"53130": "Laval", "53201": "Saint-Berthevin"}
    with pytest.raises(ResultsError, match="did you mean 'a'"):
        results.zones("aa")


def test_draws_are_told_apart():
    runs = [make_run("a", 0), make_run("a", 0)]
    runs[1].draw = 2
    results = Results(runs)
    assert results.draws == (0, 2)
    assert results.outcomes()["draw"].unique().tolist() == [0, 2]
    assert results.run("a", 0, draw=2) is runs[1]
    assert repr(results) == "Results(['a'], 1 replications, 2 parameter draws, seed=1)"


def test_outcomes_can_be_narrowed_down():
    results = Results([make_run("a"), make_run("b")])
    day = results.recorded("a")[3]
    some = results.outcomes(["travel_minutes"], [day])
    assert some[["scenario", "date", "outcome"]].astype(str).values.tolist() == [
        ["a", str(day.date()), "travel_minutes"],
        ["b", str(day.date()), "travel_minutes"],
    ]
    whole = results.outcomes()
    wanted = whole[(whole["date"] == day) & (whole["outcome"] == "travel_minutes")]
    assert some["value"].tolist() == wanted["value"].tolist()


def test_each_names_the_run_of_every_row():
    results = Results([make_run("a", r) for r in (0, 1)])
    exits = results.each(lambda run: run.table("facts")[["date", "event"]])
    pd.testing.assert_frame_equal(
        exits.reset_index(drop=True), results.facts[list(exits.columns)].astype(exits.dtypes.to_dict())
    )


@pytest.mark.parametrize(
    ("function", "table", "column"),
    [
        (inequality, "snapshots", "worst_decile"),
        (list_sizes, "providers", "above_target"),
        (months_without_mt, "spells", "within_a_year"),
        (failed_calls, "calls", "reason"),
        (barriers, "calls", "no_room"),
    ],
)
def test_further_numbers_of_each_run(function, table, column):
    """As the page on experiments says."""
    runs = [make_run("a", r) for r in (0, 1)]
    found = Results(runs).each(lambda run: function(run.table(table)))
    assert column in found.columns
    for run in runs:
        own = found[found["replication"] == run.replication].iloc[:, 3:].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, function(run.table(table)).reset_index(drop=True))


def test_pairs_must_be_whole():
    results = Results([make_run("a", 0), make_run("a", 1), make_run("b", 0)])
    with pytest.raises(ResultsError, match="only one of them has replication 1"):
        list(results.pairs("a", "b"))
    with pytest.raises(ResultsError, match="no scenario 'c'"):
        list(results.pairs("a", "c"))
    assert [(a.replication, b.replication) for a, b in results.pairs("a", "a")] == [(0, 0), (1, 1)]


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ResultsError, match="no run"):
        Results([])
    with pytest.raises(ResultsError, match="replication 0 of 'base' is given twice"):
        Results([make_run(), make_run()])
    with pytest.raises(ResultsError, match="two different scenarios are called 'base'"):
        Results([make_run(), make_run(replication=1, years=2)])
    other = make_run(replication=1)
    other.seed = 2
    with pytest.raises(ResultsError, match="different root seeds"):
        Results([make_run(), other])
    results = Results([make_run()])
    with pytest.raises(ResultsError, match="did you mean 'base'"):
        results.table("flows", scenario="bas")
    with pytest.raises(ResultsError, match="no replication 4"):
        results.run("base", 4)


def test_share_is_that_of_the_record():
    run = make_run()
    last = run.record.counts[-1].sum(axis=0)
    share = (last[5] + last[6]) / (last[0] + last[2] + last[3] + last[4])
    assert np.isclose(run.share_without_mt()["share"].iloc[-1], share)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no results here"),
        ("nonsense", "not a manifest"),
        ("[]", "not a manifest of ess_sim"),
        ('{"format": "ess_sim results", "results_version": 99}', "version 99"),
    ],
)
def test_folders_without_results(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ResultsError, match=message):
        Folder.read(tmp_path)
    with pytest.raises(ResultsError, match=message):
        Results.read(tmp_path)


def test_outcomes_stand_as_they_are_declared():
    declared = ("travel_minutes", "share_without_mt")
    about = SimpleNamespace(scenario={"outcomes": declared})
    results = Results([make_run()])
    results._about = {"base": about, "other": SimpleNamespace(scenario={"outcomes": ("share_lost", "travel_minutes")})}
    assert results.declared_outcomes == (*declared, "share_lost")
