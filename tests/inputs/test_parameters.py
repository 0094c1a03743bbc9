"""The catalogue of parameters and what a scenario may override."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim.errors import EssSimError, ParameterError
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue, override_problems

NAMES = sorted(catalogue())


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_complete(name: str) -> None:
    p = catalogue()[name]
    assert p.name == name == name.lower()
    assert p.low <= p.value <= p.high
    assert p.low < p.high
    assert p.grade in {"A", "B", "C", "D"}
    assert p.unit
    assert len(p.source) >= 4
    assert len(p.note) > 5
    if p.grade != "D":
        assert any(c.isdigit() for c in p.source) or "idem" in p.source.lower(), "a source with a year"


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_defensible_range_may_be_used(name: str) -> None:
    p = catalogue()[name]
    for value in (p.low, p.high):
        others = {"notice_months_max": 60.0} if name == "notice_months_min" else {}
        problems = override_problems({name: value} | others)
        if value == 0 and problems:
            assert "above 0" in problems[0][1]
        else:
            assert problems == []


def test_shares_that_belong_together() -> None:
    p = Parameters()
    assert p["national_lost_share"] + p["national_never_declared_share"] < 1
    knots = [p[f"ald_prevalence_at_{age}"] for age in (17, 40, 60, 80)]
    assert knots == sorted(knots)
    assert p["notice_months_min"] <= p["notice_months_max"]


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(-1, 2), max_size=5))
def test_overrides_are_taken_or_refused(overrides: dict[str, float]) -> None:
    problems = override_problems(overrides)
    if problems:
        with pytest.raises(ParameterError) as error:
            Parameters(overrides)
        assert all(what in str(error.value) for _, what in problems)
        return
    p = Parameters(overrides)
    assert dict(p) == {name: overrides.get(name, entry.value) for name, entry in catalogue().items()}
    assert p.overrides == overrides
    assert len(p) == len(NAMES)


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        ({"informed_shar": 0.5}, "did you mean 'informed_share'"),
        ({"informed_share": 1.01}, "between 0 and 1"),
        ({"informed_share": -0.01}, "between 0 and 1"),
        ({"need_rate_per_year": -1.0}, "out of range"),
        ({"need_rate_per_year": math.nan}, "out of range"),
        ({"need_rate_per_year": math.inf}, "out of range"),
        ({"group_size": 0.0}, "above 0"),
        ({"distance_decay_minutes": 0.0}, "above 0"),
        ({"settle_odds_ratio_local_origin": 0.0}, "above 0"),
        ({"notice_months_min": 20.0}, "notice_months_min is above notice_months_max"),
        ({"notice_months_max": 2.0}, "notice_months_min is above notice_months_max"),
    ],
)
def test_what_is_refused(overrides: dict[str, float], what: str) -> None:
    ((name, said),) = override_problems(overrides)
    assert name in overrides
    assert what in said
    with pytest.raises(ParameterError, match=name) as error:
        Parameters(overrides)
    assert isinstance(error.value, EssSimError)


def test_all_problems_at_once() -> None:
    found = override_problems({"nonsense": 1.0, "informed_share": 2.0, "need_rate_per_year": -1.0})
    assert [name for name, _ in found] == ["nonsense", "informed_share", "need_rate_per_year"]


def test_grades_say_what_the_source_is() -> None:
    """An official figure is not one read in the press, nor one that was worked out here."""
    for name, entry in catalogue().items():
        if entry.grade == "A":
            assert not re.search(r"ess_sim|through|assum|Egora|Echos", entry.source), name
        if entry.source.startswith("ess_sim"):
            assert entry.grade == "D", name


def test_what_was_read_is_remembered() -> None:
    p = Parameters({"informed_share": 0.8})
    assert p.read == set()
    assert p["informed_share"] == 0.8
    assert p["call_rate_per_year"] == catalogue()["call_rate_per_year"].value
    assert p.read == {"informed_share", "call_rate_per_year"}
    rows = {r["name"]: r for r in p.to_records()}
    assert set(rows) == set(NAMES)
    assert [r["name"] for r in rows.values() if r["read"]] == ["call_rate_per_year", "informed_share"]
    assert [r["name"] for r in rows.values() if r["overridden"]] == ["informed_share"]
    assert rows["informed_share"]["value"] == 0.8
    with pytest.raises(ParameterError, match="did you mean 'informed_share'"):
        p["informed_shares"]
    assert "informed_shares" not in p.read
