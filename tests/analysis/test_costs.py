"""Costs, effects and what a resident-year is worth, from records whose sums can be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from records import make_run

from ess_sim.analysis.accounts.public_cost import acceptability, costs
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.faces.figures import costs as costs_figure
from ess_sim.faces.figures.costs import plot_costs
from ess_sim.results.results import Results
from ess_sim.results.run import Run
from ess_sim.results.statistics.intervals import ratio_interval, t_interval
from ess_sim.results.tables.record import Entry, Fact

SAID = {"base": 0.5, "smp": 0.6, "other": 0.7}  # scenarios that say the same must not differ


def booked(
    name: str,
    replication: int,
    entries: Sequence[Entry],
    *,
    shift: float = 0.0,
    facts: Sequence[Fact] = (),
    draw: int = 0,
) -> Run:
    """A run with bookings of our own; ``shift`` registers residents."""
    run = make_run(name, replication, shift=shift, parameters={"informed_share": SAID[name]})
    run.record.entries, run.draw = list(entries), draw
    run.record.facts += facts
    return run


def grant(cents: int, *, day: int = 0, payer: str = "agency", actor: str = "fund") -> Entry:
    return Entry(day, actor, -1, "grant", payer, cents)


def pair(n: int = 5, *, shift: float = 0.03, euro: float = 1000.0) -> Results:
    """A baseline without costs, and a scenario that costs about ``euro`` euro in each replication."""
    runs = [booked("base", r, []) for r in range(n)]
    runs += [booked("smp", r, [grant(round(100 * euro) + 1000 * r)], shift=shift) for r in range(n)]
    return Results(runs)


def value(
    table: pd.DataFrame, measure: str, of: str = "", *, scenario: str = "smp", discount: float = 0.0
) -> pd.Series:
    found = table[
        (table["measure"] == measure)
        & (table["of"] == of)
        & (table["scenario"] == scenario)
        & (table["discount"] == discount)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_who_pays_by_hand():
    entries = [
        grant(10_000_00),
        grant(2_000_00, payer="insurer", actor="centre-a"),
        grant(500_00, payer="members", actor="centre-a"),
        grant(300_00, payer="residents", actor="centre-a"),
        grant(-12_000_00, payer="", actor="centre-a"),  # an expense has no payer
        grant(50_000_00, payer="insurer", actor="liberal practices"),
        grant(7_000_00, payer="insurer", actor="practices elsewhere"),
    ]
    before = [
        grant(60_000_00, payer="insurer", actor="liberal practices"),
        grant(1_000_00, payer="state", actor="fund"),
    ]
    table = costs(Results([booked("base", 0, before), booked("smp", 0, entries)]), baseline="base", discount=0).table
    payers = {"insurer": 2000, "agency": 10_000, "local_authority": 0, "state": 0, "members": 500, "residents": 300}
    for payer, euro in payers.items():
        assert value(table, "level", payer)["mean"] == euro
    assert value(table, "level", "public")["mean"] == 12_000
    assert value(table, "level", "public", scenario="base")["mean"] == 1000
    assert value(table, "gross", "public")["mean"] == 11_000
    assert value(table, "gross", "state")["mean"] == -1000
    # 10,000 less to liberal practices, 7,000 more elsewhere
    assert value(table, "net", "insurer")["mean"] == 2000 - 10_000 + 7000
    assert value(table, "net", "public")["mean"] == 11_000 - 3000
    assert (table.loc[table["measure"] == "level", "baseline"] == ["", *[""] * 6, *["base"] * 7]).all()


def test_what_is_left_of_a_centres_funds_is_its_owners():
    def funds(actor: str, payer: str, spent: int) -> list[Entry]:
        return [
            Entry(0, actor, -1, "opening_reserves", payer, 1000_00),
            Entry(90, actor, -1, "nurses", "", -spent),
        ]

    entries = [
        *funds("town", "local_authority", 300_00),
        *funds("cooperative", "members", 400_00),
        *funds("in debt", "local_authority", 1500_00),
    ]
    forms = {"town": "municipal", "cooperative": "scic", "in debt": "municipal"}
    facts = [Fact(0, "centre_opened", centre, 0, detail=form) for centre, form in forms.items()]
    before = booked("base", 0, [])
    runs = [before, booked("smp", 0, entries, facts=facts)]
    table = costs(Results(runs), baseline="base", discount=(0.0, 0.1)).table
    assert value(table, "level", "local_authority")["mean"] == 2000 - 700
    assert value(table, "level", "members")["mean"] == 1000 - 600
    assert value(table, "gross", "public")["mean"] == 1300
    years = (before.record.days[-1] - before.record.days[0]) / 365.25
    assert value(table, "gross", "public", discount=0.1)["mean"] == pytest.approx(2000 - 700 / 1.1**years)


def test_a_centre_that_began_with_nothing_gives_back_what_is_left():
    entries = [
        grant(800_00, actor="town"),
        Entry(9, "cooperative", -1, "members_shares", "members", 500_00),
        Entry(90, "cooperative", -1, "nurses", "", -200_00),
        grant(70_00, actor="fund"),  # no centre: what a policy is given is spent
        grant(100_00, actor="again"),
        Entry(200, "again", -1, "nurses", "", -900_00),  # another centre of this name: its debts are its own
    ]
    begun = [(0, "town", "municipal"), (0, "cooperative", "scic"), (0, "again", "association")]
    facts = [Fact(day, "centre_present", centre, 0, detail=form) for day, centre, form in begun]
    facts.append(Fact(120, "centre_opened", "again", 0, detail="municipal"))
    runs = [booked("base", 0, []), booked("smp", 0, entries, facts=facts)]
    table = costs(Results(runs), baseline="base", discount=0).table
    assert value(table, "level", "agency")["mean"] == 970
    assert value(table, "level", "local_authority")["mean"] == -800
    assert value(table, "level", "members")["mean"] == 500 - 300 - 100


def test_gain_by_hand():
    results = pair(1)
    table = costs(results, baseline="base", discount=(0.0, 0.1)).table
    expected = {0.0: 0.0, 0.1: 0.0}
    for rate in expected:
        for name, sign in (("base", 1), ("smp", -1)):
            record = results.run(name).record
            without = record.counts[:, :, 5:7].sum(axis=(1, 2))
            for t in range(len(without) - 1):
                years = (record.days[t + 1] - record.days[t]) / 365.25
                middle = (record.days[t] + record.days[t + 1]) / 2 / 365.25
                expected[rate] += sign * years * (without[t] + without[t + 1]) / 2 / (1 + rate) ** middle
        assert value(table, "gain", discount=rate)["mean"] == pytest.approx(expected[rate])
    assert 0 < expected[0.1] < expected[0.0]


def test_residents_around_count_and_are_shown_apart():
    def surrounded(name: str, replication: int, without: int, **about: Any) -> Run:
        run = booked(name, replication, [], **about)
        territory = run.scenario.territory.model_copy(update={"halo_minutes": 20.0})
        run.scenario = run.scenario.model_copy(update={"territory": territory})
        run.record.around = np.full((len(run.record.days), 2), [1000, without + replication])
        return run

    runs = [surrounded("base", r, 200) for r in range(3)]
    runs += [surrounded("smp", r, 190 + r, shift=0.03) for r in range(3)]
    table = costs(Results(runs), baseline="base", discount=0).table
    days = runs[0].record.days
    years = (days[-1] - days[0]) / 365.25
    alone = value(costs(pair(3), baseline="base", discount=0).table, "gain")
    around = value(table, "gain", "around")
    assert around["mean"] == pytest.approx(9 * years)
    low, high = t_interval(np.array([8.0, 9.0, 10.0]) * years)
    assert (around["low"], around["high"]) == pytest.approx((float(low), float(high)))
    assert value(table, "gain")["mean"] == pytest.approx(alone["mean"] + 9 * years)
    assert value(table, "euro_per_resident_year")["mean"] == 0
    paid = [*runs[:3], *(replace(run, record=replace(run.record, entries=[grant(90_000_00)])) for run in runs[3:])]
    table = costs(Results(paid), baseline="base", discount=0).table
    assert value(table, "euro_per_resident_year")["mean"] == pytest.approx(90_000 / (alone["mean"] + 9 * years))
    assert value(table, "euro_per_resident_year", "territory")["mean"] == pytest.approx(90_000 / alone["mean"])
    closed = costs(pair(3), baseline="base", discount=0).table
    assert "around" not in closed["of"].tolist()
    with pytest.raises(ResultsError, match=r"communes around \(halo_minutes: 0 and 20\)"):
        costs(Results([*runs[:3], *(booked("smp", r, [], shift=0.03) for r in range(3))]), baseline="base")


def test_costs_are_discounted_to_the_start():
    two = [grant(100_000_00), grant(100_000_00, day=731)]
    table = costs(Results([booked("base", 0, []), booked("smp", 0, two)]), baseline="base").table
    assert value(table, "gross", "public")["mean"] == pytest.approx(200_000)
    discounted = 100_000 * (1 + 1.025 ** (-731 / 365.25))
    assert value(table, "gross", "public", discount=0.025)["mean"] == pytest.approx(discounted)
    assert set(table["discount"]) == {0.025, 0.0}  # both by default


def test_intervals_are_paired():
    results = pair()
    found = costs(results, baseline="base", discount=0, thresholds=(0, 50))
    points = found.pairs
    assert points["replication"].tolist() == list(range(5))
    assert points["cost"].tolist() == [1000 + 10 * r for r in range(5)]
    gain, cost = points["gain"].to_numpy(), points["cost"].to_numpy()
    for measure, of, x in (
        ("net", "public", cost),
        ("gain", "", gain),
        ("net_benefit", "0", -cost),
        ("net_benefit", "50", 50 * gain - cost),
    ):
        row = value(found.table, measure, of)
        assert row["n"] == 5
        low, high = (float(limit) for limit in t_interval(x))
        assert (row["low"], row["mean"], row["high"]) == pytest.approx((low, x.mean(), high))
    ratio = value(found.table, "euro_per_resident_year")
    assert ratio["mean"] == pytest.approx(cost.mean() / gain.mean())
    assert (ratio["low"], ratio["high"]) == pytest.approx(ratio_interval(cost, gain))
    assert ratio["low"] < ratio["mean"] < ratio["high"]
    assert value(found.table, "acceptable", "0")["mean"] == 0
    assert value(found.table, "acceptable", "50")["mean"] == np.mean(50 * gain > cost)


def test_no_cost_of_a_year_without_a_gain_that_is_sure():
    nothing = costs(pair(shift=0.0), baseline="base", discount=0).table
    row = value(nothing, "euro_per_resident_year")
    assert np.isnan(row["mean"])
    assert "includes 0" in row["note"]
    assert value(nothing, "net", "public")["mean"] == 1020  # the cost is stated all the same
    loss = value(costs(pair(), baseline="smp", discount=0).table, "euro_per_resident_year", scenario="base")
    assert np.isnan(loss["mean"])
    assert "lose years" in loss["note"]
    once = value(costs(pair(1), baseline="base", discount=0).table, "euro_per_resident_year")
    assert np.isnan(once["mean"])
    assert "one replication" in once["note"]


def test_turning_the_baseline_round_turns_every_sign():
    there, back = (costs(pair(), baseline=b, discount=0.025).table for b in ("base", "smp"))
    for measure, of in (("gross", "public"), ("net", "agency"), ("gain", ""), ("net_benefit", "100")):
        one = value(there, measure, of, discount=0.025)
        other = value(back, measure, of, scenario="base", discount=0.025)
        assert one["mean"] == pytest.approx(-other["mean"])
        assert one["low"] == pytest.approx(-other["high"])


def test_unknown_costs_are_said_beside_every_figure():
    unknown = [Fact(9, "cost_unknown", "van", 0, detail="the van's upkeep")]
    runs = [booked("base", r, []) for r in range(3)]
    runs += [booked("smp", r, [grant(1000_00)], shift=0.03, facts=unknown) for r in range(3)]
    runs += [booked("other", r, [grant(2000_00)], shift=0.05, facts=unknown) for r in range(3)]
    results = Results(runs)
    found = costs(results, baseline="base", discount=0)
    assert found.unknown.to_numpy().tolist() == [
        ["smp", "van", "the van's upkeep"],
        ["other", "van", "the van's upkeep"],
    ]
    notes = found.table[found.table["scenario"] == "smp"].groupby("measure")["note"].unique().to_dict()
    for measure in ("level", "gross", "net", "euro_per_resident_year"):
        assert notes[measure].tolist() == ["at least"]
    for measure in ("net_benefit", "acceptable"):
        assert notes[measure].tolist() == ["at most"]
    assert notes["gain"].tolist() == [""]
    assert (found.table.loc[found.table["scenario"] == "base", "note"] == "").all()
    against = costs(results, baseline="smp", discount=0).table
    assert value(against, "net", "public", scenario="base")["note"] == "at most"
    assert value(against, "net", "public", scenario="other")["note"] == ""  # unknown in both, and the same


def test_draws_are_averaged_and_are_the_futures():
    runs = []
    for draw in (1, 2, 3):
        for r in range(2):
            runs += [
                booked("base", r, [], draw=draw),
                booked("smp", r, [grant(100_00 * draw**6 + 100 * r)], shift=0.03, draw=draw),
            ]
    found = costs(Results(runs), baseline="base", discount=0, thresholds=10)
    mean = (1 + 64 + 729) * 100 / 3
    assert value(found.table, "net", "public")["mean"] == pytest.approx(mean + 0.5)
    assert value(found.table, "net", "public")["n"] == 3
    row = value(found.table, "acceptable", "10")
    worth = 10 * found.pairs.groupby("draw")["gain"].mean() > found.pairs.groupby("draw")["cost"].mean()
    assert row["n"] == 3
    assert 0 < worth.mean() < 1
    assert row["mean"] == pytest.approx(worth.mean())


def test_acceptability_rises_with_the_threshold_where_all_futures_gain():
    rng = np.random.default_rng(3)
    pairs = pd.DataFrame(
        {"scenario": "smp", "draw": 0, "replication": range(40), "gain": rng.gamma(4, 50, 40), "cost": 20_000.0}
    )
    curve = acceptability(pairs, [0, 50, 100, 200, 1e6])
    assert curve["mean"].is_monotonic_increasing
    assert curve["mean"].iloc[[0, -1]].tolist() == [0, 1]
    assert ((curve["low"] <= curve["mean"]) & (curve["mean"] <= curve["high"])).all()
    assert (curve["n"] == 40).all()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"discount": 2.5}, "2.5 is not a discount rate: it must be 0 or more and below 1"),
        ({"discount": -0.1}, "-0.1 is not a discount rate"),
        ({"discount": float("nan")}, "discount must be a number or a sequence of numbers, not nan"),
        ({"discount": ()}, "give at least one discount rate"),
        ({"thresholds": [100, -1]}, "-1 is not a threshold: it must be 0 or more$"),
        ({"baseline": "bsae"}, "did you mean 'base'"),
    ],
)
def test_what_is_refused(wrong, what):
    with pytest.raises((ResultsError, ArgumentError), match=what):
        costs(pair(2), **({"baseline": "base"} | wrong))


def test_scenarios_of_other_years_do_not_compare():
    longer = make_run("smp", 0, years=2)
    with pytest.raises(ResultsError, match="do not run over the same years"):
        costs(Results([booked("base", 0, []), longer]), baseline="base")
    with pytest.raises(ResultsError, match="nothing to compare"):
        costs(Results([make_run("base")]), baseline="base")
    with pytest.raises(ResultsError, match="not paired"):
        costs(Results([booked("base", 0, []), booked("smp", 0, []), booked("smp", 1, [])]), baseline="base")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_figure(tmp_path, suffix):
    found = costs(pair(), baseline="base", discount=0)
    curve = acceptability(found.pairs, np.linspace(0, 100, 21).tolist())
    drawn = [
        plot_costs(
            found.pairs, curve, tmp_path / f"{k}.{suffix}", baseline="base", thresholds=(10, 50), notes=["a", "b"]
        )
        for k in range(2)
    ]
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
    assert drawn[0].stat().st_size > 10_000
    with pytest.raises(ResultsError, match=r"\.png, \.svg or \.pdf"):
        plot_costs(found.pairs, curve, tmp_path / "a.jpg", baseline="base")


def test_the_figure_speaks_both_languages_and_shows_titles(tmp_path, monkeypatch):
    found = costs(pair(shift=0.0, euro=-2e6), baseline="base", discount=0)
    curve = acceptability(found.pairs, [0.0, 10_000.0])
    drawn = []
    monkeypatch.setattr(costs_figure, "written", lambda figure, target: drawn.append(figure) or target)
    names = {"smp": "SMP <of> Laval", "base": "Laval as it is"}
    for given in (
        {"baseline": "base", "names": names},
        {"baseline": "base", "names": {"smp": "L'équipe", "base": "Sans elle"}, "lang": "fr"},
        {},
    ):
        plot_costs(found.pairs, curve, tmp_path / "a.png", thresholds=(1000,), **given)
    english, french, plain = ({t.get_text() for t in figure.findobj(Text)} for figure in drawn)
    assert {"Gained and paid, difference from Laval as it is", "SMP <of> Laval", "Worth its cost?"} <= english
    assert {"Gain et coût, écart avec Sans elle", "L'équipe", "Le gain vaut-il son coût\u00a0?"} <= french
    assert any("millions d'euros" in text for text in french)
    assert {"10\u202f000", "10,000"} <= french | english
    assert {"10\u202f000", "10,000"} & french == {"10\u202f000"}
    assert not {text for text in french & english if any(c.isalpha() for c in text)}
    assert {"Gained and paid, difference from the baseline", "smp"} <= plain


def test_figure_of_one_future(tmp_path):
    found = costs(pair(1, shift=0.0, euro=-2e6), baseline="base", discount=0)
    curve = acceptability(found.pairs, [0.0, 10.0])
    assert plot_costs(found.pairs, curve, tmp_path / "a.png", baseline="base", thresholds=(10,)).stat().st_size > 10_000
