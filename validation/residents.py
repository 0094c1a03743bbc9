"""Residents by age: the rows of communes against what is known of them, the projection on a year that it did not see.

The rows of 31,719 communes are modelled. What cannot be repeated here, since it needs the sources of the rows, is the
test in which 1,720 communes with known ages were treated as unknown; its errors are in ``rows_held_out.csv``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.demography.cohorts import change_ratios, five_years_later
from validation.findings import Finding

Floats = NDArray[np.float64]

HERE = Path(__file__).parent
BEFORE, START, END = 2013, 2018, 2023
"""Change from the first to the second year projects the third."""
SIZES = (0, 100, 300, 1000, 3300, 10_000, 10_000_000)
"""Residents between which communes are grouped."""


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``residents``; writes ``residents_{projection,departements,75plus}.csv``."""
    del jobs  # seconds on one core
    projected, held = projection(bundled.population_of_departements())
    pd.DataFrame({"projected": projected.mean(), "held": held.mean()}).to_csv(out / "residents_projection.csv")
    rows = _rows()
    sums, old = departements(rows), share_75plus(rows)
    sums.to_csv(out / "residents_departements.csv")
    old.to_csv(out / "residents_75plus.csv")
    off = sums.drop("976").abs()  # Mayotte's rows are its profile, with another total
    bands = [float(errors.drop(columns="65+").to_numpy().mean()) for errors in (projected, held)]
    return [
        Finding(
            "residents/projected_65",
            float(projected["65+"].mean()),
            note=f"mean of 100 départements, worst {projected['65+'].max():.2f}; held still {held['65+'].mean():.2f}",
        ),
        Finding(
            "residents/projected_bands",
            bands[0] / bands[1],
            note=f"{bands[0]:.3f} points a band, held still {bands[1]:.3f}",
        ),
        Finding(
            "residents/rows_below_75",
            float(off.loc[:, :70].to_numpy().max()),
            note="worst of 15 bands, 100 départements",
        ),
        Finding(
            "residents/rows_75", float(off.loc[:, 75:].mean().max()), note=f"worst of 5 bands: {off.mean().idxmax()}"
        ),
        *(
            Finding(f"residents/share_75_{size}", float(row["error"]), note=f"mean of {row['communes']:.0f} communes")
            for size, row in old.iterrows()
        ),
    ]


def projection(estimates: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Absolute errors in 2023 (points of each band's share, and of that of 65 and over) by département.

    Of 2018 projected by the cohort change ratios of 2013 to 2018, and of 2018 held still.
    """
    codes = estimates.loc[BEFORE].index  # Mayotte has no estimate of 2013
    before, start, end = (estimates.loc[year].loc[codes].to_numpy(np.float64) for year in (BEFORE, START, END))
    later = five_years_later(start, change_ratios(before, start))
    wrong = [pd.DataFrame(np.abs(_shares(made) - _shares(end)), index=codes) for made in (later, start)]
    names = [*estimates.columns, "65+"]
    return wrong[0].set_axis(names, axis=1), wrong[1].set_axis(names, axis=1)


def _shares(bands: Floats) -> Floats:
    """Percent of residents in each band, and of 65 or over."""
    shares = 100 * bands / bands.sum(axis=1, keepdims=True)
    return np.column_stack([shares, shares[:, 13:].sum(axis=1)])


def _rows() -> pd.DataFrame:
    """Rows of communes and, in the place of three, of their arrondissements; by code, basis and département."""
    communes = bundled.communes().set_index("code")
    rows = bundled.population_of_communes().reset_index("basis")
    rows = rows[~rows.index.isin(set(communes["parent"]))]
    return rows.assign(departement=communes["departement"].reindex(rows.index)).set_index(
        ["basis", "departement"], append=True
    )


def departements(rows: pd.DataFrame) -> pd.DataFrame:
    """By how many percent the rows of each département differ from its estimate of 2021, by band."""
    made, known = rows.groupby("departement").sum(), bundled.population_of_departements().loc[2021]
    return 100 * (made / known.loc[made.index] - 1)


def share_75plus(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute error (points) of the share of 75 and over in modelled communes against the census, by size."""
    known = pd.read_csv(HERE / "share_75plus_2020.csv.gz", dtype={"commune": "str"}).set_index("commune")["share"]
    modelled = rows[rows.index.get_level_values("basis") == "model"].droplevel(["basis", "departement"])
    total = modelled.sum(axis=1)
    error = (100 * (modelled.loc[:, 75:].sum(axis=1) / total - known.reindex(modelled.index))).dropna()
    size = pd.cut(total.loc[error.index], list(SIZES), labels=[f"to_{most}" for most in SIZES[1:]])
    grouped = error.abs().groupby(size, observed=True)
    return pd.DataFrame({"error": grouped.mean(), "communes": grouped.size()})
