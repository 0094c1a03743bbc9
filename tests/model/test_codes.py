"""What the tables name, the kernel knows: nothing is forgotten when a state, a cause or an outcome is added."""

from __future__ import annotations

import runpy
from datetime import date

import numpy as np
import pytest

from ess_sim.clock import DAYS_PER_YEAR
from ess_sim.errors import ResultsError
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.model.kernel import codes, counts
from ess_sim.model.residents.quantities import BY_ZONE, PARAMETERS
from ess_sim.model.world.levers import Levers
from ess_sim.results.tables import cells, distributions, frames, names


@pytest.mark.parametrize("table", ["STATES_WITHOUT", "POOLS", "CAUSES", "CALL_OUTCOMES", "CALLERS"])
def test_a_name_without_a_code_is_an_error(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, table, (*getattr(names, table), "waiting"))
    with pytest.raises(ValueError, match="the kernel and the tables differ in waiting"):
        runpy.run_path(codes.__file__)


def test_a_count_or_distribution_that_the_kernel_does_not_know_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(names, "COUNTS", (*names.COUNTS, "waiting"))
        with pytest.raises(ValueError, match="the kernel and the tables differ in waiting"):
            runpy.run_path(counts.__file__)
    known = distributions.DISTRIBUTIONS
    monkeypatch.setattr(distributions, "DISTRIBUTIONS", known | {"waiting": known["minutes"]})
    with pytest.raises(ValueError, match="the kernel and the tables differ in waiting"):
        runpy.run_path(counts.__file__)


def test_the_order_of_names_is_that_of_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "CAUSES", names.CAUSES[::-1])
    assert runpy.run_path(codes.__file__)["F_DIED"] == names.CAUSES.index("died") != codes.F_DIED


def test_counts_of_states_and_of_pools_stand_in_their_order() -> None:
    for first, table in ((counts.C_SEEKING, names.STATES_WITHOUT), (counts.C_LOST, names.POOLS)):
        assert names.COUNTS[first : first + len(table)] == table


def test_lists_in_another_order_than_the_states_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    states = names.STATES_WITHOUT[::-1]
    monkeypatch.setattr(names, "STATES_WITHOUT", states)
    with pytest.raises(ValueError, match="the kernel's lists are not not_seeking, discouraged, seeking, far"):
        runpy.run_path(codes.__file__)


def test_a_column_that_is_missing_or_unknown_is_an_error() -> None:
    origin = frames.Origin("one", 0, 0, date(2020, 1, 1), ("A",))
    columns = {"pool": [0], "months": [1]}
    for wrong in (columns, columns | {"count": [1], "waiting": [1]}):
        with pytest.raises(ResultsError, match=r"columns of spells that differ from its schema: .'(count|waiting)'"):
            frames.of_run(wrong, "spells", origin)


def test_cells_are_numbered_without_gaps_and_read_back() -> None:
    parts = np.indices((3, cells.N_BANDS, 2, 2)).reshape(4, -1)
    numbers = cells.pack(*parts)
    assert np.array_equal(numbers, np.arange(3 * cells.ZONE_STEP))
    assert np.array_equal(np.array(cells.unpack(numbers)), parts)
    assert np.array_equal(cells.view(numbers)[2, 4, 1, 0], cells.pack(2, 4, 1, 0))
    records = np.stack([numbers, -numbers])
    assert np.array_equal(cells.view(records, axis=1)[1], -cells.view(numbers))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({"PRECARIOUS_STEP": 3}, "two lowest bits"),
        ({"BAND_STEP": 6}, "two lowest bits"),
        ({"ZONE_STEP": 22}, "two lowest bits"),
        ({"PRECARIOUS_STEP": 2, "ALD_STEP": 1}, "does not lead from ZF_REACH"),
    ],
)
def test_cells_whose_bits_the_kernel_could_not_read_are_an_error(
    steps: dict[str, int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, step in steps.items():
        monkeypatch.setattr(cells, name, step)
    with pytest.raises(ValueError, match=message):
        runpy.run_path(codes.__file__)


def test_every_parameter_of_the_kernel_is_filled_from_one_place() -> None:
    named = {name: code for name, code in vars(codes).items() if name.startswith("P_")}
    computed = {"HAZARD_MAX", "HAZARD_OLDEST", "IMMIGRATION", "NATIONAL_LOST_PART"}  # day 0, from several parameters
    computed |= {"NEED_MAX"}  # the higher of two
    computed |= {"NEWS"}  # set by openings
    highest = {name for name in named if name.endswith("_MAX")} - {"P_HAZARD_MAX", "P_NEED_MAX"}
    assert {named[name] for name in highest} == {quantity.highest for quantity in BY_ZONE} - {None}
    left = {name for name, code in named.items() if code not in PARAMETERS} - highest
    assert left == {f"P_{name}" for name in computed}
    assert sorted(named.values()) == list(range(len(named)))


def test_every_column_of_a_zone_is_filled_from_one_place() -> None:
    named = {name: code for name, code in vars(codes).items() if name.startswith("ZF_")}
    assert sorted(named.values()) == list(range(len(named)))
    assert len(named) <= codes.N_ZFLOAT
    elsewhere = {codes.ZF_PRECARIOUS}  # day 0
    assert sorted([*elsewhere, *(quantity.column for quantity in BY_ZONE)]) == sorted(named.values())


def test_what_scenarios_may_state_by_zone_is_what_the_kernel_has_by_zone() -> None:
    """The catalogue's column and the model's table are one truth."""
    by_zone = [quantity.base for quantity in BY_ZONE if isinstance(quantity.base, str)]
    assert sorted(by_zone) == sorted(name for name, parameter in catalogue().items() if parameter.by_zone)
    assert {lever for quantity in BY_ZONE for lever in quantity.levers} <= set(Levers.NAMES)


@pytest.mark.parametrize("prefixes", [("I_", "A_"), ("P_", "T_", "B_", "R_")])
def test_no_two_numbers_share_a_place_in_the_arena(prefixes: tuple[str, ...]) -> None:
    places = [code for name, code in vars(codes).items() if name.startswith(prefixes)]
    assert len(places) > 30
    assert len(set(places)) == len(places)


def test_rates_of_the_catalogue_become_rates_per_day() -> None:
    units = {name: parameter.unit for name, parameter in catalogue().items()}
    for name, factor in PARAMETERS.values():
        assert factor == (1 / DAYS_PER_YEAR if units[name] == "per year" else 1.0), name


def test_bands_of_ages() -> None:
    ages = [17, 29, 30, 44, 45, 59, 60, 74, 75, codes.MAX_AGE]
    assert codes.BAND_OF[ages].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert names.AGE_BANDS == ("17-29", "30-44", "45-59", "60-74", "75+")
