"""The page of mechanisms: what is off in each case, and how levels and changes are set out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ess_sim.analysis.calibration.targets import read_calibration
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.model.run.checks import unreadable_parameters
from validation import mechanisms
from validation.mechanisms import ALL_OFF, CENTRAL, MECHANISMS, Mechanism, summary, switched


def test_cases_differ_by_what_is_off_and_by_nothing_else() -> None:
    some = [Mechanism("a", "1", {"stretch_per_year": 0.0}), Mechanism("b", "2", {"filling_years": "notice_share"})]
    p = {"stretch_per_year": 0.03, "filling_years": 2.0, "notice_share": 0.4}
    assert switched(some, p) == {
        CENTRAL: {"stretch_per_year": 0.03, "filling_years": 2.0},
        "a": {"stretch_per_year": 0.0, "filling_years": 2.0},
        "b": {"stretch_per_year": 0.03, "filling_years": 0.4},
        ALL_OFF: {"stretch_per_year": 0.0, "filling_years": 0.4},
    }


def test_every_mechanism_can_be_switched_off_in_the_scenarios() -> None:
    """And each is on in the catalogue; runs are told apart by the order of values, which must be that of names."""
    cases = switched(MECHANISMS, Parameters())
    assert len({tuple(values) for values in cases.values()}) == 1
    assert len({tuple(values.values()) for values in cases.values()}) == len(MECHANISMS) + 2, "one is off already"
    scenario = read_calibration(mechanisms.FILE).scenario
    for values in cases.values():
        assert not list(unreadable_parameters(scenario.with_parameters(**values)))
        Parameters(values)


def test_a_change_is_paired() -> None:
    usual = np.array([10.0, 12.0, 17.0])
    found = summary(usual + np.array([1.0, 1.1, 0.9]), usual)
    assert found["change"] == pytest.approx(1.0)
    assert found["change_high"] - found["change"] == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-4)
    assert found["high"] - found["mean"] > 5
    assert summary(usual, usual)["change_low"] == 0.0


def test_the_page_says_levels_changes_and_what_is_held_out() -> None:
    rng = np.random.default_rng(1)
    outcomes = [("share_lost", True), ("share_never_declared", True), ("share_without_mt", False)]
    cases = [CENTRAL, MECHANISMS[0].name, ALL_OFF]
    rows = [
        {"case": case, "target": outcome, "outcome": outcome, "date": date(2021, 6, 30), "observed": 5.8, "sd": 0.3}
        | {"fitted": fitted}
        | summary(5.0 + 2.0 * i + rng.normal(0, 0.001, 9), 5.0 + rng.normal(0, 0.001, 9))
        for i, case in enumerate(cases)
        for outcome, fitted in outcomes
    ]
    targets = pd.DataFrame(rows)
    laval = pd.DataFrame(
        {"case": case, "years": years, "without_smp": 15.0}
        | summary(-1.0 - i - rng.normal(0, 0.001, 9), -1.0 + rng.normal(0, 0.001, 9))
        for i, case in enumerate(cases)
        for years in mechanisms.YEARS
    )
    text = mechanisms.page(targets, laval)
    assert "share without MT, 2021-06-30 (held out)" in text
    assert f"| {ALL_OFF} | +4.00 ± 0.00 |" in text
    assert f"| {MECHANISMS[0].name} | −2.00 [−2.00, −2.00] | −1.00 ± 0.00 | 15.0 |" in text
    assert f"| none ({CENTRAL}) | −1.00 [−1.00, −1.00] |  | 15.0 |" in text
    assert len(mechanisms.picture(targets, laval).axes) == 2
