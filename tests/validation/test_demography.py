"""GPs by age: conservation, delays, ranges, and what is estimated between départements."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ess_sim.inputs.catalogue.gp_tables import departement_figures
from validation.gp_projection import (
    AGES,
    EntryEffect,
    Exposure,
    assumed,
    assumptions,
    doctors_by_age,
    entries,
    exits,
    exposure,
    gp_counts,
    gp_interns,
    heads,
    intake_interns,
    list_holders_exits,
    observed_interns,
    project,
    pyramid,
)

NOBODY = np.zeros((1, 5, len(AGES)))


def _nation(drawn: pd.DataFrame, years: int = 13) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    interns = observed_interns(drawn, first=2012, years=years)
    joined = entries(drawn, interns, first=2012, years=years)
    return pyramid(drawn), joined, exits(drawn, first=2012, years=years)


# --- data ------------------------------------------------------------------------------------------------------------


def test_every_assumption_has_a_range_a_grade_and_a_source() -> None:
    for table, value in ((assumptions(), "value"), (gp_interns(), "interns")):
        assert (table["low"] <= table[value]).all()
        assert (table[value] <= table["high"]).all()
        assert set(table["grade"]) <= set("ABCD")
        assert (table["source"].str.len() > 10).all()


def test_delays_share_out_every_intern_who_practises() -> None:
    delays = assumptions()["value"].filter(like="delay_").drop("delay_shift")
    assert delays.sum() == pytest.approx(1)
    # begun in November, registered in the middle of a calendar year: 48 months on average
    months = 12 * (np.array([3, 4, 5, 6]) + 0.5 - 10 / 12)
    assert delays.to_numpy() @ months == pytest.approx(48, abs=1)


def test_the_two_files_of_head_counts_agree() -> None:
    figures = departement_figures().loc["53"]
    assert gp_counts()["53"].loc[[2012, 2025]].tolist() == figures[["gp_count_2012", "gp_count_2025"]].tolist()


def test_draws_stay_in_their_ranges_and_follow_the_seed() -> None:
    drawn = assumed(200, seed=4)
    for name, row in assumptions().iterrows():
        assert drawn[name].between(row["low"], row["high"]).all()
    pd.testing.assert_frame_equal(drawn, assumed(200, seed=4))
    assert not drawn.equals(assumed(200, seed=5))
    with pytest.raises(ValueError, match="1 or more"):
        assumed(0)


# --- start, exits, entries -------------------------------------------------------------------------------------------


def test_pyramid_has_the_mean_age_and_the_over_70s_it_is_told() -> None:
    central = assumed()
    plain = pyramid(central.assign(older_than_doctors=0.0))
    older = pyramid(central.assign(older_than_doctors=0.6))
    assert plain.sum() == pytest.approx(1)
    assert float((older @ AGES - plain @ AGES)[0]) == pytest.approx(0.6, abs=0.1)
    many = pyramid(central.assign(over_70_2012=0.05))
    assert many[0, AGES >= 70].sum() == pytest.approx(0.05)


def test_list_holders_exits_cover_every_age() -> None:
    assert (list_holders_exits() > 0).all()


def test_exits_differ_from_list_holders_as_the_factors_say() -> None:
    central, held = assumed(), list_holders_exits()
    lasting = exits(central, first=2016, years=2)[0]
    factors = assumptions()["value"]
    at_60, at_70, at_40 = (int(np.flatnonzero(age == AGES)[0]) for age in (60, 70, 40))
    assert lasting[0, at_60] == pytest.approx(held[at_60] * factors["exit_factor_55_64"])
    assert lasting[0, at_70] == pytest.approx(held[at_70] * factors["exit_factor_65_plus"])
    # from 2017 on some change specialty, below 55 alone
    assert lasting[0, at_40] == pytest.approx(factors["exit_below_55"])
    assert lasting[1, at_40] == pytest.approx(factors["exit_below_55"] + factors["leaving_perimeter"])
    assert lasting[1, at_60] == lasting[0, at_60]


def test_exits_age_all_doctors_of_2012_into_those_of_2020() -> None:
    doctors = doctors_by_age()
    shares = pyramid(assumed().assign(older_than_doctors=0.0, over_70_2012=0.2 * 13_476 / 215_930))
    lasting = exits(assumed().assign(leaving_perimeter=0.0), first=2012, years=8)
    end = project(
        heads(int(doctors[2012].sum()), shares, seed=1), np.zeros_like(lasting), lasting, first=2012, seed=1
    ).loc[(0, 2020)]
    assert end.loc[60:64].sum() == pytest.approx(doctors.loc[60, 2020], rel=0.03)
    assert end.loc[65:].sum() == pytest.approx(doctors.loc[65, 2020], rel=0.03)


def test_a_class_of_interns_arrives_three_to_six_years_later() -> None:
    central = assumed().assign(trained_abroad=0.0, practising=1.0, emergency_share=0.0)
    interns = np.zeros((1, 15))
    interns[0, 7] = 1000.0  # those of the first year
    arrived = entries(central, interns, first=2012, years=10)[0].sum(axis=1)
    assert arrived == pytest.approx([0, 0, 0, 230, 350, 270, 150, 0, 0, 0])
    later = entries(central.assign(delay_shift=0.5), interns, first=2012, years=10)[0].sum(axis=1)
    assert later.sum() == pytest.approx(1000)
    assert (later - arrived) @ np.arange(10) == pytest.approx(500)


def test_emergency_specialists_are_missing_from_2017_on_and_from_old_classes_alone() -> None:
    central = assumed().assign(trained_abroad=0.0)
    interns = np.full((1, 17), 1000.0)
    without = entries(central.assign(emergency_share=0.0), interns, first=2012, years=12)[0].sum(axis=1)
    missing = 1 - entries(central.assign(emergency_share=0.1), interns, first=2012, years=12)[0].sum(axis=1) / without
    assert missing[:5] == pytest.approx(0)  # registered 2012 to 2016
    assert missing[5:8] == pytest.approx(0.1)  # 2017 to 2019: all began in 2016 or before
    assert 0 < missing[9] < 0.1
    assert missing[11] == pytest.approx(0)  # 2023: all began in 2017 or later


def test_those_trained_abroad_come_besides() -> None:
    central = assumed()
    none = np.zeros((1, 7))
    assert entries(central, none, first=2012, years=2)[0].sum(axis=1) == pytest.approx(300)
    assert entries(central, none, first=2012, years=2, abroad=np.array([80.0]))[0].sum(axis=1) == pytest.approx(80)
    with pytest.raises(ValueError, match="shape"):
        entries(central, none, first=2012, years=3)


def test_constant_intake_is_reached_after_five_years() -> None:
    central = assumed()
    interns = intake_interns(central, first=2021, years=29, known_until=2021)[0]
    assert len(interns) == 34
    assert interns[:8] == pytest.approx(gp_interns()["interns"].loc[2014:2021].to_numpy())
    final = 8700 * 1.05 * 0.395
    assert interns[12:] == pytest.approx(final)
    assert np.diff(interns[7:13]) == pytest.approx((final - 3489) / 5)


def test_interns_of_unknown_years_are_an_error() -> None:
    with pytest.raises(ValueError, match="interns_2024 is not known"):
        observed_interns(assumed(), first=2012, years=15)


# --- projection ------------------------------------------------------------------------------------------------------


def test_without_entries_and_exits_everybody_ages_and_nobody_goes() -> None:
    start = np.zeros((1, len(AGES)), dtype=np.int64)
    start[0, [0, -2]] = 7, 3
    table = project(start, NOBODY, NOBODY, first=2012, seed=1)
    end = table.loc[(0, 2017)]
    assert (end.loc[30], end.loc[90], end.sum()) == (7, 3, 10)


@settings(max_examples=25)
@given(
    leave=st.floats(0, 1),
    join=st.floats(0, 20),
    count=st.integers(0, 500),
    seed=st.integers(0, 1000),
)
def test_heads_are_counts_and_cohorts_never_grow(leave: float, join: float, count: int, seed: int) -> None:
    start = heads(count, pyramid(assumed()), seed=seed)
    joined = NOBODY.copy()
    joined[:, :, 5] = join  # all join at 30
    table = project(start, joined, np.full_like(NOBODY, leave), first=2012, seed=seed)
    values = table.to_numpy()
    assert start.sum() == count
    assert (values >= 0).all()
    older = values[1:, 6:-1] <= values[:-1, 5:-2]
    assert older.all()
    again = project(start, joined, np.full_like(NOBODY, leave), first=2012, seed=seed)
    pd.testing.assert_frame_equal(table, again)


def test_what_does_not_fit_is_an_error() -> None:
    start = heads(10, pyramid(assumed()), seed=1)
    with pytest.raises(ValueError, match="do not fit"):
        project(start, NOBODY[:, :2], NOBODY, first=2012, seed=1)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        project(start, NOBODY, NOBODY + 1.2, first=2012, seed=1)


# --- between départements --------------------------------------------------------------------------------------------


def test_exposure_is_what_projections_give_on_average() -> None:
    shares, joined, lasting = _nation(assumed())
    expected = exposure(shares, joined, lasting, total=101_435)
    n, draws = 1000, 3000
    part = np.repeat(joined, draws, axis=0) * n / 101_435
    ends = (
        project(
            heads(n, np.repeat(shares, draws, axis=0), seed=2),
            part,
            np.repeat(lasting, draws, axis=0),
            first=2012,
            seed=2,
        )
        .xs(2025, level="year")
        .sum(axis=1)
    )
    assert ends.mean() / n == pytest.approx(expected.growth, abs=0.003)
    assert ends.var() / n == pytest.approx(expected.variance, rel=0.1)


def test_the_spread_of_many_departements_is_found_again() -> None:
    shares, joined, lasting = _nation(assumed())
    seen = exposure(shares, joined, lasting, total=101_435)
    rng = np.random.default_rng(5)
    start = rng.integers(300, 3000, 1500)
    for spread in (0.0, 0.3):
        times = rng.gamma(1 / spread**2, spread**2, len(start)) if spread else np.ones(len(start))
        many = (len(start), *lasting.shape[1:])
        end = (
            project(
                heads(start, np.broadcast_to(shares, (len(start), len(AGES))), seed=6),
                joined * (start / 101_435 * times)[:, None, None],
                np.broadcast_to(lasting, many),
                first=2012,
                seed=6,
            )
            .xs(2025, level="year")
            .sum(axis=1)
            .to_numpy()
        )
        found = EntryEffect.estimate(start, end, growth=seen.growth, exposure=seen)
        assert found.spread == pytest.approx(spread, abs=0.03)


def test_few_departements_make_wide_draws() -> None:
    many, few = (EntryEffect(0.3, n).draw(20_000, seed=1) for n in (10_000, 7))
    assert many.mean() == pytest.approx(1, abs=0.01)
    assert many.std() == pytest.approx(0.3, abs=0.01)
    assert few.std() > 1.1 * many.std()
    assert (few > 0).all()
    assert (EntryEffect(0.0, 8).draw(5, seed=1) == 1).all()


def test_one_departement_tells_no_spread() -> None:
    with pytest.raises(ValueError, match="two or more"):
        EntryEffect.estimate(np.array([10]), np.array([9]), growth=1.0, exposure=Exposure(1.0, 0.4, 0.6))
