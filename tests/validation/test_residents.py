"""The checks of residents by age pass, and would not with rows or ratios that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ess_sim.inputs.catalogue import bundled
from validation import residents
from validation.findings import judge, read_tolerances


def test_all_are_within_their_tolerance(tmp_path: Path) -> None:
    table = judge(residents.check(tmp_path, jobs=1), read_tolerances())
    assert table.loc[~table["passed"], "id"].tolist() == []
    assert len(list(tmp_path.iterdir())) == 3


def test_a_projection_is_judged_by_a_year_that_it_did_not_see() -> None:
    estimates = bundled.population_of_departements()
    right, _ = residents.projection(estimates)
    seen = estimates.copy()
    seen.loc[(residents.END, "23"), 65] += 10_000
    wrong, held = residents.projection(seen)
    assert wrong.loc["23", "65+"] > right.loc["23", "65+"] + 3
    assert (wrong.drop("23") == right.drop("23")).all().all()
    assert held.loc["53", 65] == pytest.approx(
        abs(np.diff([100 * estimates.loc[(y, "53"), 65] / estimates.loc[(y, "53")].sum() for y in (2018, 2023)])[0])
    )


def test_rows_of_another_place_would_be_found() -> None:
    rows = residents._rows()
    assert residents.share_75plus(rows)["error"].max() < 1
    assert residents.share_75plus(rows.iloc[:, ::-1].set_axis(rows.columns, axis=1))["error"].min() > 1
    moved = rows.rename(index={"23": "53"}, level="departement")
    assert abs(residents.departements(moved).loc["53"]).min() > abs(residents.departements(rows).loc["53"]).max()
