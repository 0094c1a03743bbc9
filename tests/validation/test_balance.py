"""What the check of every département's start runs, and how it judges it."""

from __future__ import annotations

import pandas as pd
import pytest

from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures.gp_ages import AGES_OF_GPS, gp_ages
from ess_sim.model.behaviours.gps.exits import exit_hazard
from validation import balance


def test_exits_are_those_of_the_ages() -> None:
    p = Parameters()
    at_once = sum(n * exit_hazard(p, age) for age, n in zip(AGES_OF_GPS.tolist(), gp_ages("75").tolist(), strict=True))
    paris, nantes = (balance.expected_exits(code, p) for code in ("75", "44"))
    assert paris == pytest.approx(at_once, rel=0.15)
    assert paris > 1.2 * nantes > 0.02  # a third of Paris's GPs are over 63, an eighth around Nantes
    assert balance.expected_exits("44", Parameters({"exit_hazard_below_55": 0.03})) > nantes


def test_as_many_settle_as_leave() -> None:
    scenario = balance.steady("90")
    gps = sum(block.total for block in scenario.supply.list_holding_gps or ())
    first = scenario.supply.first_installations
    assert first is not None
    assert first.per_year == pytest.approx(gps * balance.expected_exits("90", Parameters()), abs=1e-3)
    assert scenario.horizon_years == balance.YEARS
    assert not scenario.policies


def test_the_mean_is_that_of_adults() -> None:
    table = pd.DataFrame({"change": [1.0, -1.0], "gps": [10.0, 30.0], "adults_per_gp": [1500.0, 500.0]})
    assert balance._mean(table) == 0
