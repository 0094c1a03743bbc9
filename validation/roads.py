"""Default travel minutes: fitted on nine tenths of INSEE's minutes between town halls, judged on the tenth kept aside.

``python -m validation.roads`` writes ``ess_sim/data/roads.csv`` anew. The pairs: each commune with minutes above 0, and
the nearest of those with 0 minutes, which have emergency care themselves (560 communes). That the nearest as the crow
flies is the one that INSEE took is not known, but the national line of all pairs below 30 km has the coefficients and
the R² (0.717) of the study that these data were published with. Islands without a road are left out.

The bend and the start are not fitted: hardly any pair is shorter than 2 km, where neighbours live. They were chosen so
that minutes per km fall with distance as in Isère, where all pairs are known.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from ess_sim.inputs.catalogue.bundled import communes, data_path, departements, text
from ess_sim.inputs.territory.roads.crow_fly import NATIONAL, CrowFly, paces
from ess_sim.inputs.territory.roads.distances import distances_km, near_pairs
from validation.findings import Finding

Floats = NDArray[np.float64]

MINUTES = Path(__file__).parent / "data" / "emergency_minutes_2019.csv.gz"
OLD_START, OLD_MINUTES_PER_KM = 1.85, 1.10
"""The line of version 0.1, fitted on Gironde."""
INNER_PARIS = ("75", "92", "93", "94")
"""One pace together, grade C: 89 pairs, none of them in Paris, and traffic."""
FEWEST_PAIRS, FEWEST_FOR_B, MOST_ERROR_FOR_B = 10, 60, 0.15
"""Below the first the country's pace is used (grade D); below the second, or beyond the third, the grade is C."""
SHORT_KM = 5.0
"""Most residents' GP is nearer than this; few of the pairs are."""
ISERE = {(2, 5): 2.34, (5, 10): 2.02, (10, 15): 1.84, (15, 20): 1.72, (20, 30): 1.61}
"""Minutes per km in 36,296 pairs of Isère's communes by distance (km): OSRM on OpenStreetMap, July 2021.

© OpenStreetMap contributors, ODbL; computed by neocarto/rspatial. Used for nothing but the shape.
"""


@dataclass(frozen=True)
class Pairs:
    """Communes, their nearest one with emergency care, km and minutes, and which are kept aside."""

    table: pd.DataFrame
    aside: NDArray[np.bool_]

    @classmethod
    def read(cls, path: Path = MINUTES) -> Pairs:
        known = pd.read_csv(path, dtype={"commune": str}).set_index("commune")["minutes"]
        places = communes().set_index("code")
        places = places[places["parent"] == ""].assign(minutes=known).dropna(subset=["minutes", "longitude"])
        places = places.drop(places.index.intersection(text("islands.csv")["commune"].tolist()))
        cared, others = places[places["minutes"] == 0], places[places["minutes"] > 0]
        nearest = cKDTree(_on_the_sphere(cared)).query(_on_the_sphere(others))[1]
        ends = (frame[axis].to_numpy() for frame in (others, cared.iloc[nearest]) for axis in ("longitude", "latitude"))
        table = pd.DataFrame(
            {
                "commune": others.index,
                "here": others["departement"].to_numpy(),
                "there": cared["departement"].to_numpy()[nearest],
                "km": distances_km(*ends),
                "minutes": others["minutes"].to_numpy(),
            }
        )
        table = table[(table["km"] > 0) & (table["km"] < CrowFly().reach_km)].reset_index(drop=True)
        return cls(table, np.array([kept_aside(code) for code in table["commune"]]))

    @property
    def km(self) -> Floats:
        return self.table["km"].to_numpy()

    @property
    def minutes(self) -> Floats:
        return self.table["minutes"].to_numpy()

    def pace(self, known: dict[str, float]) -> Floats:
        """Mean pace of both ends."""
        here, there = (self.table[end].map(known).to_numpy() for end in ("here", "there"))
        return np.asarray((here + there) / 2, dtype=np.float64)


def kept_aside(commune: str) -> bool:
    """One in ten, by a digest of the code: the same everywhere, and none chosen by hand."""
    return int(hashlib.sha256(commune.encode()).hexdigest(), 16) % 10 == 0


def _on_the_sphere(places: pd.DataFrame) -> Floats:
    lam, phi = (np.radians(places[axis].to_numpy()) for axis in ("longitude", "latitude"))
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def fitted(pairs: Pairs, fly: CrowFly | None = None) -> dict[str, float]:
    """Pace of each département and of the country, by least squares on all pairs that are not kept aside.

    Weights 1 / (1 + km): the variance of minutes grows with distance, and people go to what is near.
    """
    fly = fly or CrowFly()
    own = pairs.table["here"].value_counts()
    areas = {d: _area(d, own) for d in departements()["code"]}
    names = sorted({*areas.values()} - {NATIONAL})
    use = ~pairs.aside
    weight = 1 / (1 + pairs.km[use])
    length = pairs.km[use] + fly.bend * np.sqrt(pairs.km[use])
    above = pairs.minutes[use] - fly.start_minutes
    national = float((weight * length * above).sum() / (weight * length**2).sum())
    ends = [pairs.table.loc[use, end].map(areas).to_numpy() for end in ("here", "there")]
    parts = np.array([sum(0.5 * (end == name) for end in ends) for name in names]).T * length[:, None]
    rest = above - national * length * sum(0.5 * (end == NATIONAL) for end in ends)
    pace = np.linalg.solve(parts.T @ (parts * weight[:, None]), parts.T @ (rest * weight))
    of = dict(zip(names, pace.tolist(), strict=True)) | {NATIONAL: national}
    return {NATIONAL: national} | {d: of[area] for d, area in areas.items()}


def _area(departement: str, own: pd.Series[int]) -> str:
    """What shares a pace with a département."""
    if departement in INNER_PARIS:
        return INNER_PARIS[0]
    return departement if own.get(departement, 0) >= FEWEST_PAIRS else NATIONAL


def table_of(pairs: Pairs) -> pd.DataFrame:
    """What ``roads.csv`` holds: errors over all pairs that begin in a département; of the country, over those aside."""
    pace = {d: round(x, 3) for d, x in fitted(pairs).items()}
    predicted = CrowFly().minutes_at(pairs.km, pairs.pace(pace))
    rows = []
    for area in [NATIONAL, *departements()["code"]]:
        here = pairs.aside if area == NATIONAL else _begins_in(pairs, area)
        rmse, error = errors(pairs.minutes[here], predicted[here])
        n = int(here.sum())
        good = n >= FEWEST_FOR_B and error <= MOST_ERROR_FOR_B and area not in (NATIONAL, *INNER_PARIS)
        grade = "B" if good else "D" if n < FEWEST_PAIRS else "C"
        rows.append((area, f"{pace[area]:.3f}", n, f"{rmse:.2f}", f"{error:.3f}", grade))
    names = ["departement", "minutes_per_km", "pairs", "rmse_minutes", "median_relative_error", "grade"]
    return pd.DataFrame(rows, columns=names)


def _begins_in(pairs: Pairs, departement: str) -> NDArray[np.bool_]:
    together = INNER_PARIS if departement in INNER_PARIS else (departement,)
    return pairs.table["here"].isin(together).to_numpy()


def errors(observed: Floats, predicted: Floats) -> tuple[float, float]:
    """Root mean square in minutes, and the median of the relative error."""
    return float(np.sqrt(((observed - predicted) ** 2).mean())), float(np.median(np.abs(predicted / observed - 1)))


def candidates(pairs: Pairs) -> pd.DataFrame:
    """Formulas on the tenth kept aside, fitted on the others: ``rmse``, ``r2``, ``median_ratio``, ``median_error``."""
    use, km, minutes = ~pairs.aside, pairs.km, pairs.minutes
    line = np.polyfit(km[use], minutes[use], 1).astype(np.float64)
    straight = CrowFly(start_minutes=4.28, bend=0.0)
    curve = fitted(pairs)
    predicted: dict[str, Floats] = {
        "1.85 + 1.10 km": OLD_START + OLD_MINUTES_PER_KM * km,
        f"{line[1]:.2f} + {line[0]:.3f} km": np.asarray(np.polyval(line, km), dtype=np.float64),
        "4.28 + pace of the département × km": straight.minutes_at(km, pairs.pace(fitted(pairs, straight))),
        "1.5 + national pace × (km + √km)": CrowFly().minutes_at(km, np.full(len(km), curve[NATIONAL])),
        "1.5 + pace of the département × (km + √km)": CrowFly().minutes_at(km, pairs.pace(curve)),
    }
    observed = minutes[pairs.aside]
    rows = []
    for name, every in predicted.items():
        aside = every[pairs.aside]
        rmse, error = errors(observed, aside)
        rows.append((name, rmse, 1 - rmse**2 / observed.var(), np.median(observed / aside), error))
    return pd.DataFrame(rows, columns=["formula", "rmse", "r2", "median_ratio", "median_error"])


def isere() -> pd.Series[float]:
    """Minutes per km that the formula gives between the communes of Isère, by distance, over those of OSRM."""
    places = communes()
    places = places[places["departement"] == "38"]
    _, _, km = near_pairs(places["longitude"].to_numpy(), places["latitude"].to_numpy(), CrowFly().reach_km)
    km = km[km >= min(ISERE)[0]]
    per_km = CrowFly().minutes_at(km, np.full(len(km), paces()["38"].minutes_per_km)) / km
    return pd.Series({f"{a}_{b}": per_km[(km >= a) & (km < b)].mean() / known for (a, b), known in ISERE.items()})


def check(out: Path, *, jobs: int) -> list[Finding]:
    """Findings of part ``roads``; writes ``roads_candidates.csv``."""
    del jobs
    pairs = Pairs.read()
    table = candidates(pairs)
    table.to_csv(out / "roads_candidates.csv", index=False)
    old, now = table.iloc[0], table.iloc[-1]
    again, kept = table_of(pairs), text("roads.csv").set_index("departement")["minutes_per_km"].astype(float)
    moved = (again.set_index("departement")["minutes_per_km"].astype(float) - kept).abs().max()
    note = f"{pairs.aside.sum():,} of {len(pairs.km):,} pairs kept aside"
    short = pairs.aside & (pairs.km < SHORT_KM)
    minutes = CrowFly().minutes_at(pairs.km, pairs.pace(fitted(pairs)))
    bias = float((minutes - pairs.minutes)[short].mean())
    return [
        Finding("roads/coefficients", float(moved), note="fitted again on the bundled minutes"),
        Finding("roads/rmse", float(now["rmse"]), note=note),
        Finding("roads/rmse_to_old", float(now["rmse"] / old["rmse"]), note=f"{note}; old: {old['rmse']:.2f} min"),
        Finding("roads/median_ratio", float(now["median_ratio"]), note=note),
        Finding(
            "roads/short_error",
            errors(pairs.minutes[short], minutes[short])[1],
            note=f"{short.sum()} pairs kept aside, {bias:+.2f} min in the mean",
        ),
        *(Finding(f"roads/isere_{name}", float(x), note="all pairs of its communes") for name, x in isere().items()),
    ]


def main(arguments: list[str]) -> None:
    """Write ``roads.csv``; with a table of communes that has ``minutes_to_emergency_2019``, first the minutes."""
    if arguments:
        source = pd.read_csv(arguments[0], dtype=str, keep_default_na=False)
        source = source[source["minutes_to_emergency_2019"] != ""].sort_values("commune")
        minutes = source["minutes_to_emergency_2019"].str.removesuffix(".0")
        table = pd.DataFrame({"commune": source["commune"], "minutes": minutes})
        table.to_csv(MINUTES, index=False, lineterminator="\n", compression={"method": "gzip", "mtime": 0})
    target = Path(str(data_path("communes.csv.gz"))).with_name("roads.csv")
    table_of(Pairs.read()).to_csv(target, index=False, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
