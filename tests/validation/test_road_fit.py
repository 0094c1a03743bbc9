"""The fit of the default travel minutes: which pairs are kept aside, and that the bundled paces are what it gives."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ess_sim.inputs.catalogue.bundled import text
from ess_sim.inputs.territory.roads.crow_fly import NATIONAL
from validation import roads
from validation.findings import judge, read_tolerances


def test_the_bundled_paces_are_those_of_the_fit(tmp_path: Path) -> None:
    stated = {name: entry for name, entry in read_tolerances().items() if name.startswith("roads/")}
    verdicts = judge(roads.check(tmp_path, jobs=1), stated)
    assert verdicts["passed"].all(), verdicts[["id", "simulated"]]
    table = pd.read_csv(tmp_path / "roads_candidates.csv").set_index("formula")
    assert table["rmse"].idxmax() == "1.85 + 1.10 km"
    assert table["median_error"].idxmin() == "1.5 + pace of the département × (km + √km)"


def test_the_national_row_is_that_of_the_tenth_kept_aside() -> None:
    pairs = roads.Pairs.read()
    national = text("roads.csv").set_index("departement").loc[NATIONAL]
    assert int(national["pairs"]) == pairs.aside.sum()
    assert 0.09 < pairs.aside.mean() < 0.11
    shifted = pairs.table.assign(minutes=pairs.table["minutes"].where(~pairs.aside, 500.0))
    assert roads.fitted(roads.Pairs(shifted, pairs.aside)) == roads.fitted(pairs), "what is aside reaches the fit"
