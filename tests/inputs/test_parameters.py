"""The catalogue of parameters and what a scenario may override."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_sim.analysis.calibration.observables import STATISTICS
from ess_sim.errors import EssSimError, ParameterError
from ess_sim.inputs.catalogue.parameters import (
    A_CENTRE,
    MEASURED,
    Parameter,
    Parameters,
    catalogue,
    override_problems,
    read_only_with,
)
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.mediators import Mediators
from ess_sim.model.policies.medicobus import Medicobus
from ess_sim.model.policies.outreach_van import OutreachVan
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.regulated_installation import RegulatedInstallation
from ess_sim.model.policies.smp import Smp

NAMES = sorted(catalogue())


def wrong_with(p: Parameter) -> list[str]:
    """What an entry lacks, or says that cannot be."""
    needs_year = p.grade != "D" and not any(c.isdigit() for c in p.source)
    rules = {
        "name in lower case": p.name == p.name.lower(),
        "low ≤ value ≤ high": p.low <= p.value <= p.high,
        "a range": p.low < p.high,
        "a grade": p.grade in {"A", "B", "C", "D"},
        "a unit": bool(p.unit),
        "a source": len(p.source) >= 4,
        "a note": len(p.note) > 5,
        "a source with a year": not needs_year,
    }
    return [rule for rule, kept in rules.items() if not kept]


def test_every_entry_is_complete() -> None:
    assert {name: wrong for name, p in catalogue().items() if (wrong := wrong_with(p))} == {}
    assert [p.name for p in catalogue().values()] == list(catalogue())


def test_what_an_entry_may_lack_is_found() -> None:
    bad = Parameter("A", 1.0, 2.0, 2.0, "", "E", "x", "y")
    assert len(wrong_with(bad)) == 8


def _together(**overrides: float) -> list[tuple[str, str]]:
    return override_problems(overrides)


def test_parameters_that_cannot_be_true_together() -> None:
    ((name, what),) = _together(entries_per_list_holder=2.0, filling_years=1.0)
    assert name == "filling_years"
    assert what == "entries_per_list_holder × filling_years is 2: it must be below 2, or lists never fill"
    assert [name for name, _ in _together(entries_per_list_holder=10.0)] == ["entries_per_list_holder"]
    assert [name for name, _ in _together(filling_years=50.0)] == ["filling_years"]
    assert _together(entries_per_list_holder=1.9, filling_years=1.0) == []
    assert _together(women_fte=0.0) == [("women_fte", "must be above 0 (ratio)")], "all GPs of a place may be women"
    assert _together(women_fte=0.01, gps_women_share=1.0) == []
    ((name, what),) = _together(national_lost_share=0.6, national_never_declared_share=0.5)
    assert name == "national_never_declared_share"
    assert what.startswith("national_lost_share + national_never_declared_share is 1.1: residents without MT")
    assert _together(national_lost_share=0.6, national_never_declared_share=0.4) == []
    both = _together(national_lost_share=1.0, entries_per_list_holder=2.0, filling_years=2.0)
    assert [name for name, _ in both] == ["filling_years", "national_lost_share"], "all are said at once"


def condition_problems(p: Parameter) -> list[str]:
    """What is wrong with an entry's column ``only_with``."""
    found = [f"unknown kind {need!r}" for need in p.only_with if need not in {A_CENTRE, *KINDS}]
    if list(p.only_with) != sorted(set(p.only_with), key=lambda need: (need != A_CENTRE, need)):
        found.append("not sorted, or twice")
    if A_CENTRE in p.only_with:
        found += [f"{kind} opens a centre" for kind in p.only_with if kind in KINDS and KINDS[kind].opens_centre]
    return found


def test_conditions_name_what_exists() -> None:
    """A kind that is renamed or gone must not stay in the catalogue."""
    assert {name: found for name, p in catalogue().items() if (found := condition_problems(p))} == {}
    stale = replace(catalogue()["informed_share"], only_with=("smp", "centre", "gone"))
    assert condition_problems(stale) == ["unknown kind 'gone'", "not sorted, or twice", "smp opens a centre"]


def test_conditions_by_kind() -> None:
    assert read_only_with("regulated_installation") == {"redirected_settle_share"} == RegulatedInstallation.reads()
    assert OutreachVan.reads() == {"van_accompanied_share", "van_precarious_weight", "van_referred_share"}
    assert read_only_with(A_CENTRE) > Mediators.reads()
    assert Smp.reads() == read_only_with(A_CENTRE)
    assert Medicobus.reads() == Smp.reads() | {"medicobus_investment_euro", "medicobus_state_share"}
    assert HostInterns.reads() == read_only_with() == set()


def test_a_policy_of_one_s_own_reads_what_its_base_reads_and_more() -> None:
    class BetterVan(OutreachVan):
        kind: ClassVar[str] = "own:BetterVan"

        @classmethod
        def reads(cls) -> frozenset[str]:
            return super().reads() | {"mediator_dare_share"}

    assert BetterVan.reads() == OutreachVan.reads() | {"mediator_dare_share"}


def test_the_whole_defensible_range_may_be_used() -> None:
    wrong = []
    for name, p in catalogue().items():
        others = {"notice_months_max": 60.0} if name == "notice_months_min" else {}
        for value in (p.low, p.high):
            problems = override_problems({name: value} | others)
            if problems and not (value == 0 and "above 0" in problems[0][1]):
                wrong.append((name, value, problems))
    assert wrong == []


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
        ({"absorbed_share": 0.5}, "unknown parameter 'absorbed_share': runs measure it; handover_share acts on it"),
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
        ({"handover_share": 60.0}, "between 0 and 1: write 0.6 for 60 %"),
        ({"list_fill": 95.0}, "between 0 and 1.5: write 0.95 for 95 %"),
        ({"stretch_per_year": 3.5}, "between 0 and 0.5: write 0.035 for 3.5 %"),
        ({"filling_years": 50.0}, "must be below 45.5: GPs settle faster than lists fill"),
        ({"filling_years": 50.0, "entries_per_list_holder": 0.05}, "must be below 40"),
        ({"entries_per_list_holder": 1.4}, "must be below 1.33"),
    ],
)
def test_what_is_refused(overrides: dict[str, float], what: str) -> None:
    ((name, said),) = override_problems(overrides)
    assert name in overrides
    assert what in said
    with pytest.raises(ParameterError, match=name) as error:
        Parameters(overrides)
    assert isinstance(error.value, EssSimError)


def test_statistics_that_are_taken_for_parameters_exist() -> None:
    assert set(MEASURED) <= set(STATISTICS)
    assert set(MEASURED.values()) <= set(catalogue())


def test_what_all_share_is_read_only() -> None:
    for shared in (catalogue(), KINDS):
        with pytest.raises(TypeError):
            shared["smp"] = None  # type: ignore[index]
        assert list(shared) == list(dict(shared))


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
