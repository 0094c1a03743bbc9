"""What a halo is good for: the advice of ``docs/limits.md``, on two territories."""

from __future__ import annotations

import numpy as np
import pytest

from validation.borders import Outcome, outcomes


def standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


@pytest.fixture(scope="module")
def laval() -> dict[float, Outcome]:
    return {minutes: outcomes("Laval", minutes, 30) for minutes in (0.0, 20.0, 30.0)}


@pytest.mark.validate
def test_a_town_alone_keeps_too_much_of_what_a_centre_gives(laval: dict[float, Outcome]) -> None:
    kept = laval[20].effect - laval[0].effect
    assert kept.mean() > 0.005 + 3 * standard_error(kept)
    assert 0.3 < laval[20].beyond.mean() < 0.6
    assert not laval[0].beyond.any()
    level = laval[20].share - laval[0].share
    assert abs(level.mean()) < 0.005 + 3 * standard_error(level)


@pytest.mark.validate
def test_a_halo_as_wide_as_what_residents_tolerate_is_enough(laval: dict[float, Outcome]) -> None:
    more = laval[30].effect - laval[20].effect
    assert abs(more.mean()) < 0.002 + 3 * standard_error(more)


@pytest.mark.validate
def test_an_agglomeration_keeps_too_much_of_it_too() -> None:
    alone, surrounded = (outcomes("Laval Agglomération", minutes, 15) for minutes in (0.0, 20.0))
    assert 0.15 < surrounded.beyond.mean() < 0.35
    kept = surrounded.effect - alone.effect
    assert kept.mean() > 0.002 + 2 * standard_error(kept)
    level = surrounded.share - alone.share
    assert abs(level.mean()) < 0.005 + 3 * standard_error(level)


@pytest.mark.validate
def test_a_departement_among_fields_hardly_needs_one() -> None:
    alone, surrounded = (outcomes("Creuse", minutes, 15) for minutes in (0.0, 20.0))
    assert surrounded.beyond.mean() < 0.2
    change = surrounded.effect - alone.effect
    assert abs(change.mean()) < 0.002 + 3 * standard_error(change)
