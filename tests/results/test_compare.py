from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from records import make_run, make_scenario

from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.faces.figures.share import plot_share
from ess_sim.inputs.scenario.outcomes import FAIRNESS
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.results.comparison.common_numbers import first_act, first_difference
from ess_sim.results.comparison.differences import compare, levels
from ess_sim.results.comparison.pairing import default_dates
from ess_sim.results.comparison.words import fairness, summary
from ess_sim.results.results import Results
from ess_sim.results.run import about
from ess_sim.results.statistics.intervals import half_width
from ess_sim.results.storage.keys import About

N = 6
SAID = {"base": {}, "smp": {"parameters": {"informed_share": 0.6}}}  # scenarios that say the same must not differ
RESULTS = Results(
    [make_run(name, r, shift=s, years=3, **SAID[name]) for r in range(N) for name, s in (("base", 0.0), ("smp", 0.03))]
)


class Fixed:
    """Results with values of our own choosing."""

    declared_outcomes = ("share_without_mt", "list_holders")
    day = pd.Timestamp("2020-01-01")

    def __init__(self, **values: list[float]) -> None:
        self.scenarios = tuple(values)
        self._frame = pd.DataFrame(
            [
                (s, 0, r, self.day, outcome, v)
                for s, vs in values.items()
                for r, v in enumerate(vs)
                for outcome in self.declared_outcomes
            ],
            columns=["scenario", "draw", "replication", "date", "outcome", "value"],
        )

    def outcomes(self, names: object = None, dates: object = None) -> pd.DataFrame:  # noqa: ARG002
        return self._frame

    def recorded(self, scenario: str) -> pd.DatetimeIndex:  # noqa: ARG002
        return pd.DatetimeIndex([self.day])

    def about(self, scenario: str) -> About:
        # scenarios of other horizons may differ from the first day on
        return About({"start": "2020-01-01", "policies": [], "horizon_years": scenario}, [])


def test_paired_interval_by_hand():
    table = compare(Fixed(a=[0.10, 0.20, 0.30], b=[0.11, 0.23, 0.32]), baseline="a").set_index("outcome")
    row = table.loc["share_without_mt"]
    assert (row["unit"], row["n"]) == ("pp", 3)
    assert row["mean_baseline"] == pytest.approx(20)
    assert row["mean_scenario"] == pytest.approx(22)
    assert row["difference"] == pytest.approx(2)
    assert row["sd"] == pytest.approx(1)
    assert row["half_width"] == pytest.approx(4.302652729911275 / np.sqrt(3))  # Student's t, 2 degrees of freedom
    assert (row["low"], row["high"]) == pytest.approx((2 - row["half_width"], 2 + row["half_width"]))
    unpaired = np.var([10, 20, 30], ddof=1) + np.var([11, 23, 32], ddof=1)
    assert row["variance_reduction"] == pytest.approx(unpaired / 1)
    assert table.loc["list_holders", "unit"] == "GPs"
    assert table.loc["list_holders", "difference"] == pytest.approx(0.02)


def test_student_quantile():
    assert half_width(np.array([0.0, 2.0])) == pytest.approx(12.706204736432095)  # √2 / √2 · t


def test_the_baseline_can_be_any_scenario():
    there = compare(RESULTS, baseline="base")
    back = compare(RESULTS, baseline="smp")
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["half_width"], back["half_width"])


def test_equal_scenarios_do_not_differ():
    table = compare(Fixed(a=[0.1, 0.2], b=[0.1, 0.2]), baseline="a")
    assert (table[["difference", "sd", "half_width"]] == 0).all().all()
    assert np.isinf(table["variance_reduction"]).all()
    assert (table[["p", "p_holm"]] == 1).all().all()
    assert (table["p_better"] == 0.5).all()


def test_one_replication_has_no_interval():
    table = compare(Fixed(a=[0.1], b=[0.2]), baseline="a")
    assert table[["sd", "half_width", "low", "high", "variance_reduction"]].isna().all().all()
    assert table["difference"].iloc[0] == pytest.approx(10)
    words = summary(Fixed(a=[0.1], b=[0.2]), baseline="a")
    assert words["level"].tolist() == ["10.0 %", "20.0 %"]
    assert words["difference"].tolist() == ["–", "+10.0 pp"]


def test_pairs_without_value_are_left_out():
    table = compare(Fixed(a=[0.1, np.nan, 0.3], b=[0.1, 0.2, 0.3]), baseline="a")
    assert table["n"].tolist() == [2, 2]
    assert table["mean_scenario"].iloc[0] == pytest.approx(20)


def test_pairing_helps_where_random_numbers_are_common():
    assert (compare(RESULTS, baseline="base")["variance_reduction"] > 2).all()


def test_default_dates_are_the_records_nearest_to_the_anniversaries():
    recorded = pd.DatetimeIndex(RESULTS.outcomes()["date"].unique())
    assert [str(d.date()) for d in default_dates(recorded)] == ["2020-12-31", "2023-01-15"]
    assert set(compare(RESULTS, baseline="base")["date"]) == set(default_dates(recorded))


def test_dates_of_ones_own():
    assert len(compare(RESULTS, baseline="base", dates=["2021-03-31", "2021-03-31"])) == 1
    with pytest.raises(ResultsError, match="nearest record is that of 2021-03-31"):
        compare(RESULTS, baseline="base", dates=["2021-04-01"])
    with pytest.raises(ResultsError, match="no date"):
        compare(RESULTS, baseline="base", dates=["soon"])


def test_outcomes_of_ones_own():
    table = compare(RESULTS, baseline="base", outcomes=["refusal_rate", "travel_minutes"])
    assert table["unit"].unique().tolist() == ["pp", "minutes"]
    with pytest.raises(ResultsError, match="did you mean 'share_lost'"):
        compare(RESULTS, baseline="base", outcomes="shares_lost")


def test_what_cannot_be_compared():
    with pytest.raises(ResultsError, match=r"no baseline 'bas' \(did you mean 'base'"):
        compare(RESULTS, baseline="bas")
    with pytest.raises(ResultsError, match="not paired: only one of them has replication 2"):
        compare(Fixed(a=[1, 2, 3], b=[1, 2]), baseline="a")
    with pytest.raises(ResultsError, match="the results hold one scenario"):
        compare(Fixed(a=[1, 2]), baseline="a")


@pytest.mark.parametrize("by", [None, "zone", ()])
@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"dates": []}, "dates is empty: name at least one"),
        ({"dates": [None]}, r"None is no date \(year-month-day\)"),
        ({"dates": 3j}, "is no date"),
        ({"dates": "2021-03-31T00:00Z"}, "is no date"),
        ({"outcomes": []}, "outcomes is empty: name at least one of share_without_mt, "),
        ({"outcomes": 3}, "compare: outcomes must be a text or a sequence of texts, or None, not 3"),
        ({"outcomes": [["share_lost"]]}, r"outcomes must be .*, not \[\['share_lost'\]\]"),
        ({"baseline": None}, "compare: baseline must be a text or a mapping of texts to texts, not None"),
        ({"baseline": 3}, "compare: baseline must be a text or a mapping of texts to texts, not 3"),
        ({"baseline": {}}, "no scenario has a baseline; name one of base, smp"),
        ({"baseline": {"smpp": "base"}}, r"no scenario 'smpp' \(did you mean 'smp'\?\): the scenarios are base, smp"),
        ({"baseline": {"smp": "bas"}}, r"no baseline 'bas' \(did you mean 'base'\?\): the scenarios are base, smp"),
        ({"baseline": {"smp": None}}, "baseline must be a text or a mapping of texts to texts, not {'smp': None}"),
        ({"by": 3}, "compare: by must be a text or a sequence of texts, or None, not 3"),
        ({"by": [["zone"]]}, r"by must be a text or a sequence of texts, or None, not \[\['zone'\]\]"),
    ],
)
def test_odd_arguments_are_refused_in_words(by, odd, message):
    with pytest.raises((ResultsError, ArgumentError), match=message):
        compare(RESULTS, **({"baseline": "base", "by": by} | odd))


def test_scenarios_without_outcomes_of_their_own():
    results = Results([make_run(name, outcomes=[], **SAID[name]) for name in SAID])
    with pytest.raises(ResultsError, match="the scenarios declare no outcome: name at least one of share_without_mt, "):
        compare(results, baseline="base")


def test_first_difference_is_the_first_day_on_which_anything_differs():
    found = first_difference(RESULTS, baseline="base")
    assert found["date"].tolist() == [pd.Timestamp("2020-01-15")]  # the synthetic practices differ from day 0
    assert found["acts_from"].tolist() == [pd.Timestamp("2020-01-15")]  # and so do the parameters
    same = Results([make_run(name) for name in ("a", "b")])
    assert first_difference(same, baseline="a")[["date", "acts_from"]].isna().all().all()
    facts = [make_run("a"), make_run("b", years=1, parameters={"informed_share": 0.6})]
    facts[1].record.facts[0] = facts[1].record.facts[0]._replace(day=5)
    assert first_difference(Results(facts), baseline="a")["date"].tolist() == [pd.Timestamp("2020-01-18")]


def interns(starts: str | None) -> HostInterns:
    return HostInterns.model_validate(
        {"zone": "53130", "per_semester": 1, "starts": starts and date.fromisoformat(starts)}
    )


def test_the_first_day_on_which_scenarios_may_differ():
    def first(a: list[HostInterns], b: list[HostInterns]) -> date | None:
        return first_act(*(about(make_scenario(policies=tuple(p))) for p in (a, b)))

    early, late = interns("2020-03-01"), interns("2020-10-01")
    assert first([], []) is None
    assert first([], [late]) == date(2020, 10, 1)
    assert first([early], [late]) == date(2020, 3, 1)
    assert first([early], [early, late]) == date(2020, 10, 1)
    assert first([early], [early, early]) == date(2020, 3, 1)
    assert first([], [interns(None)]) == date(2020, 1, 15)
    other = about(make_scenario("b", title="other words", outcomes=("share_lost",)))
    assert first_act(about(make_scenario("a")), other) is None
    assert first_act(about(make_scenario()), about(make_scenario(years=2))) == date(2020, 1, 15)


def test_a_difference_before_any_policy_acts_is_an_error():
    late = interns("2020-12-01")
    runs = [make_run("a", r) for r in range(3)] + [make_run("b", r, shift=0.5, policies=(late,)) for r in range(3)]
    results = Results(runs)  # the synthetic residents differ from the second half of 2020 on
    with pytest.raises(
        ResultsError, match="differ on 2020-08-31, although no policy distinguishes them before 2020-12-01"
    ):
        compare(results, baseline="a", dates=["2020-08-31"])
    with pytest.raises(ResultsError, match="differ on 2020-01-15"):
        first_difference(results, baseline="a")
    with pytest.raises(ResultsError, match="no policy distinguishes them at all"):
        compare(Results([make_run("a"), make_run("b", shift=0.5)]), baseline="a")


def test_levels():
    table = levels(RESULTS)
    assert (table["low"] < table["mean"]).all()
    assert (table["p10"] <= table["p90"]).all()
    assert table["unit"].unique().tolist() == ["%"]
    assert table["n"].unique().tolist() == [N]


def test_summary_is_written_for_people():
    words = summary(RESULTS, baseline="base")
    assert words["scenario"].tolist() == ["base", "smp"] * 2
    assert words["level"].str.fullmatch(r"\d+\.\d % \[\d+\.\d, \d+\.\d\]").all()
    assert words.loc[words["scenario"] == "smp", "difference"].str.fullmatch(r"−\d\.\d pp \[−\d\.\d, −\d\.\d\]").all()


def test_fairness_stands_beside_a_headline():
    words = fairness(RESULTS, baseline="base")
    assert words["scenario"].tolist() == ["base", "smp"]
    assert list(words.columns[1:]) == list(FAIRNESS.values())
    last = compare(RESULTS, baseline="base", outcomes=list(FAIRNESS), dates=["2023-01-15"]).set_index("outcome")
    for name, short in FAIRNESS.items():
        assert words[short].str.fullmatch(r"−?\d+\.\d %( \([−+]?\d\.\d pp \[[−+]?\d\.\d, [−+]?\d\.\d\]\))?").all()
        assert words[short].str.contains("pp").tolist() == [False, True]
        row, said = last.loc[name], words[short].str.replace("−", "-")
        assert said[0].split()[0] == f"{row['mean_baseline']:.1f}"
        assert said[1].split()[0] == f"{row['mean_scenario']:.1f}"
        assert f"{row['low']:+.1f}".replace("+0.0", "0.0") in said[1]
    assert not fairness(RESULTS)["with ALD"].str.contains("pp").any()


def test_zero_has_no_sign():
    words = summary(Fixed(a=[0.1, 0.2], b=[0.1, 0.2]), baseline="a")
    assert words["difference"].tolist() == ["–", "identical"]
    tiny = [0.1, 0.2, 0.3, 0.1, 0.2]
    words = summary(Fixed(a=tiny, b=[x + e for x, e in zip(tiny, (1e-6, -1e-6, 0, 0, 0), strict=True)]), baseline="a")
    assert words["difference"].tolist() == ["–", "0.0 pp [0.0, 0.0]"]


def test_identical_is_said_where_no_pair_differs():
    same = [0.1, 0.2, 0.3]
    assert summary(Fixed(a=same, b=same), baseline="a")["difference"][1] == "identical"
    assert summary(Fixed(a=[0.1], b=[0.1]), baseline="a")["difference"][1] == "identical"
    mean_alone = summary(Fixed(a=same, b=[0.2, 0.1, 0.3]), baseline="a")["difference"][1]
    assert mean_alone == "0.0 pp"


def test_intervals_of_shares_hold_what_can_be():
    """Student's interval of 29 % from two replications would be [−79, 138]."""
    few = Fixed(a=[0.20, 0.38], b=[0.98, 0.9])
    level = levels(few, outcomes="share_without_mt").set_index("scenario")
    assert level["low"].between(0, 100).all()
    assert level["high"].between(0, 100).all()
    assert level.loc["a", ["low", "high"]].tolist() == [0.0, 100.0]
    paired = compare(few, baseline="a", outcomes="share_without_mt").iloc[0]
    assert -100 <= paired["low"] < paired["difference"] < paired["high"] == 100.0
    words = summary(few, baseline="a")
    assert not words["level"].str.contains("[", regex=False).any()
    assert "[" not in words["difference"][1]
    enough = summary(Fixed(a=[0.2, 0.3, 0.2, 0.3, 0.2], b=[0.1, 0.3, 0.2, 0.3, 0.2]), baseline="a")
    assert enough["level"].str.contains("[", regex=False).all()
    assert "[" in enough["difference"][1]


def test_a_difference_of_shares_may_be_negative():
    class Gaps(Fixed):
        declared_outcomes = ("gap_precarious",)

    gaps = Gaps(a=[-0.02, -0.04, -0.03], b=[-0.9, 0.3, -0.7], c=[0.9, 0.95, 0.9])
    level = levels(gaps).set_index("scenario")
    assert level.loc["a", "low"] == pytest.approx(-3 - level.loc["a", "half_width"])
    assert level.loc["a", "high"] == pytest.approx(-3 + level.loc["a", "half_width"])
    assert level.loc["b", ["low", "high"]].tolist() == [-100.0, 100.0]
    paired = compare(gaps, baseline="b").set_index("scenario").loc["c"]
    assert 100 < paired["difference"] < paired["high"] == 200.0


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_figure(tmp_path, suffix):
    first = plot_share(RESULTS, tmp_path / f"a.{suffix}")
    second = plot_share(RESULTS, tmp_path / "b" / f"b.{suffix}", "base", seed=1)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 10_000


def test_figure_of_one_run(tmp_path):
    assert plot_share(Results([make_run()]), tmp_path / "one.png").stat().st_size > 10_000


def test_figures_that_cannot_be_drawn(tmp_path):
    with pytest.raises(ResultsError, match=r"\.png, \.svg or \.pdf"):
        plot_share(RESULTS, tmp_path / "a.jpg")
    with pytest.raises(ResultsError, match="no baseline"):
        plot_share(RESULTS, tmp_path / "a.png", "unknown")
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match="cannot be written"):
        plot_share(RESULTS, tmp_path / "file" / "a.png")


def test_statistics_of_a_comparison():
    rng = np.random.default_rng(4)
    base = rng.normal(0.15, 0.02, 30)
    near, far = base + rng.normal(0, 0.001, 30), base - 0.01 + rng.normal(0, 0.001, 30)
    table = compare(Fixed(a=list(base), b=list(near), c=list(far)), baseline="a", wanted_half_width=0.01)
    share = table[table["outcome"] == "share_without_mt"].set_index("scenario")
    assert (table["p_holm"] >= table["p"]).all()
    # four tests at the one date: the smallest p is multiplied by four
    assert table["p_holm"].min() == pytest.approx(4 * table["p"].min())
    assert share.loc["c", "p_better"] == 1
    assert share.loc["c", "p_better_low"] < 1
    c = table[(table["scenario"] == "c") & (table["outcome"] == "list_holders")].iloc[0]
    assert c["p_better"] == 0  # more list-holders are better
    assert share.loc["c", "variance_reduction"] > 100
    assert share.loc["c", "boot_low"] == pytest.approx(share.loc["c", "low"], abs=0.02)
    needed = share.loc["c", "replications_needed"]
    assert needed == pytest.approx((1.97 * share.loc["c", "sd"] / 0.01) ** 2, rel=0.05)
