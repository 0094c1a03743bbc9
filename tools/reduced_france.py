"""Draw the places of the reduced France (`scenarios/national/baseline.yaml`): prints its communes and its likeness.

The rule stands in that file's description. What it draws changes only with the bundled tables of communes, residents,
GPs and roads; a new draw is copied into the scenario by hand, with its figures. Takes half a minute.

::

    python tools/reduced_france.py
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ess_sim import Territory
from ess_sim.inputs.catalogue.bundled import communes, departements, epcis, epts
from ess_sim.inputs.catalogue.gp_tables import gp_departements
from ess_sim.inputs.figures.estimates import estimate

YEAR = 2017
PARTS, PLACES = 4, 2
"""Parts of France by residents per GP; places of each part and kind (rural, middling, dense)."""
WHOLE = (30_000, 50_000)
CORE, FULL, MOST = 15_000, 40_000, 45_000
NEAR = 0.12
"""By how much a place's residents per GP (logarithm) may differ from its département's."""
APART_KM = 60.0
STARTS = 2
SUMS = ["population", "gps", "adults", "young", "old", "way", "far", "sparse", "dense", "grey"]
WORTH = {
    "residents per GP": 12.6,
    "their spread between places": 0.01,
    "adults under 30": 0.003,
    "adults of 60 or over": 0.003,
    "minutes to the nearest GP": 0.15,
    "adults beyond 10 minutes": 0.01,
    "residents in communes below 120 a km2": 0.03,
    "residents in communes above 1,700 a km2": 0.03,
    "doctors of 55 or over": 0.01,
    "adults": 0.004,
}
"""What is compared with France, and a difference that weighs as much as any other."""

Floats = NDArray[np.float64]


def of_communes() -> pd.DataFrame:
    """Communes of metropolitan France: residents, GPs, minutes to the nearest commune with a GP, by code."""
    table = communes().set_index("code")
    frames = []
    for code in departements()["code"]:
        if len(code) > 2:  # overseas the data do not say in which communes GPs are
            continue
        place = Territory.from_departement(code, year=YEAR)
        gps = np.array([estimate(code, YEAR).by_commune[z] for z in place.zones])
        reached = np.where(gps[place.travel_indices] > 0, place.travel_minutes, np.inf)
        minutes = np.minimum.reduceat(reached, place.travel_indptr[:-1]).clip(max=place.cutoff_minutes)
        people, rows = place.population, table.loc[list(place.zones)]
        frame = pd.DataFrame(
            {
                "name": place.zone_names,
                "departement": code,
                "unit": np.where(rows["ept"] != "", rows["ept"], rows["epci"]),
                "longitude": place.longitude,
                "latitude": place.latitude,
                "population": people.sum(axis=1),
                "gps": gps,
                "adults": people[:, 17:].sum(axis=1),
                "young": people[:, 17:30].sum(axis=1),
                "old": people[:, 60:].sum(axis=1),
            },
            index=pd.Index(place.zones, name="code"),
        )
        density = frame["population"] / rows["area_km2"].clip(lower=0.01)
        frame["log_density"] = np.log(density.clip(lower=1.0))
        frame["way"] = minutes * frame["adults"]
        frame["far"] = frame["adults"].where(minutes > 10, 0)
        frame["sparse"] = frame["population"].where(density < 120, 0)
        frame["dense"] = frame["population"].where(density > 1700, 0)
        frame["grey"] = frame["gps"] * gp_departements()["doctors_55_plus_share_2025"][code]
        frames.append(frame)
    return pd.concat(frames)


def mean_of(of: pd.DataFrame, column: str) -> float:
    """Mean over residents."""
    return float(np.average(of[column], weights=of["population"]))


def candidates(of: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Intercommunalities, or parts of the larger ones, that could be a place."""
    for _, inside in of[of["unit"] != ""].groupby("unit"):
        residents = inside["population"]
        if WHOLE[0] <= residents.sum() <= WHOLE[1]:
            yield inside
        elif residents.sum() > WHOLE[1]:
            longitude, latitude = inside["longitude"].to_numpy(), inside["latitude"].to_numpy()
            for at in np.flatnonzero(residents.between(CORE, WHOLE[1])).tolist():
                east = (longitude - longitude[at]) * np.cos(np.radians(latitude[at]))
                core, *nearest = inside.index[np.hypot(east, latitude - latitude[at]).argsort()]
                taken = [core]
                for code in nearest:
                    if residents[taken].sum() < FULL and residents[taken].sum() + residents[code] <= MOST:
                        taken.append(code)
                if residents[taken].sum() >= WHOLE[0]:
                    yield inside[inside.index.isin(taken)]


def described(place: pd.DataFrame) -> dict[str, Any]:
    """Sums of a place, its middle, and how dense it is."""
    middle = {c: mean_of(place, c) for c in ("longitude", "latitude", "log_density")}
    return {**place[SUMS].sum(), **middle, "departement": place["departement"].iloc[0], "codes": sorted(place.index)}


def figures(sums: Floats, spread: float) -> Floats:
    """What is compared, in the order of `WORTH`, from sums in the order of `SUMS`."""
    population, gps, adults, young, old, way, far, sparse, dense, grey = sums
    shares = [young / adults, old / adults, way / adults, far / adults, sparse / population, dense / population]
    return np.array([population / gps, spread, *shares, grey / gps, adults / population])


def spread_of(population: Floats, gps: Floats) -> float:
    """Standard deviation of the logarithm of residents per GP, weighted by residents."""
    ratio = np.log(population / gps)
    mean = np.average(ratio, weights=population)
    return float(np.sqrt(np.average((ratio - mean) ** 2, weights=population)))


def drawn(pool: pd.DataFrame, france: Floats) -> list[int]:
    """Rows of the places: exchanged one by one as long as the whole comes nearer to France."""
    rng = np.random.default_rng(1)
    sums, of = pool[SUMS].to_numpy(dtype=float), pool["departement"].to_numpy()
    east, north = np.radians(pool["longitude"].to_numpy()), np.radians(pool["latitude"].to_numpy())
    cosine = np.cos((north[:, None] + north) / 2)
    close = 6371.0 * np.hypot((east[:, None] - east) * cosine, north[:, None] - north) < APART_KM
    worth = np.array(list(WORTH.values()))
    cells = [np.flatnonzero((pool["part"] == s) & (pool["kind"] == k)) for s in range(PARTS) for k in range(3)]

    def distance(rows: list[int]) -> float:
        here = sums[rows]
        apart = (figures(here.sum(axis=0), spread_of(here[:, 0], here[:, 1])) - france) / worth
        twice = close[np.ix_(rows, rows)].sum() - len(rows) + 2 * (len(rows) - len({of[r] for r in rows}))
        return float(np.square(apart).sum()) + 50.0 * float(twice)

    found = []
    for _ in range(STARTS):
        rows = [int(r) for cell in cells for r in rng.choice(cell, PLACES, replace=False)]
        best, before = distance(rows), np.inf
        while best < before:
            before = best
            for k in range(len(rows)):
                for other in cells[k // PLACES]:
                    changed = [*rows[:k], int(other), *rows[k + 1 :]]
                    if other not in rows and (nearer := distance(changed)) < best - 1e-9:
                        rows, best = changed, nearer
        found.append((best, rows))
    return min(found)[1]


def main() -> None:
    """Prints the communes as the scenario has them, and each figure beside France's."""
    of = of_communes()
    whole = of.groupby("departement")[SUMS].sum()
    ratio = (whole["population"] / whole["gps"]).sort_values()
    reached = whole["population"].loc[ratio.index].cumsum() - whole["population"].loc[ratio.index] / 2
    part = (PARTS * reached / whole["population"].sum()).astype(int)
    inside = of.groupby("unit")
    units = pd.DataFrame({"n": inside["population"].sum(), "d": [mean_of(u, "log_density") for _, u in inside]})
    units = units.sort_values("d")
    thirds = [units["d"][units["n"].cumsum() < t * units["n"].sum()].max() for t in (1 / 3, 2 / 3)]
    pool = pd.DataFrame([described(p) for p in candidates(of) if p["departement"].nunique() == 1])
    own = np.log(pool["population"] / pool["gps"].clip(lower=1)) - np.log(pool["departement"].map(ratio))
    pool = pool[own.abs() < NEAR].reset_index(drop=True)
    pool["part"], pool["kind"] = pool["departement"].map(part), np.digitize(pool["log_density"], thirds)
    france = figures(whole.sum().to_numpy(), spread_of(whole["population"].to_numpy(), whole["gps"].to_numpy()))
    rows = drawn(pool, france)
    names: dict[str, str] = dict(pd.concat([epcis(), epts()])[["code", "name"]].itertuples(index=False))
    for place in pool.loc[rows].sort_values(["part", "kind"], kind="stable").to_dict("records"):
        first = of.loc[place["codes"]].sort_values("population").iloc[-1]
        where = f"{place['departement']}, {first['name']} ({names[first['unit']]})"
        print(f"    # {where}: {place['population']:,.0f} residents, {place['gps']:.0f} GPs")
        codes = " ".join(f'"{code}",' for code in place["codes"])
        print(textwrap.fill(codes, 118, initial_indent="    ", subsequent_indent="    "))
    chosen = pool.loc[rows, SUMS].to_numpy(dtype=float)
    here = figures(chosen.sum(axis=0), spread_of(chosen[:, 0], chosen[:, 1]))
    for name, ours, theirs in zip(WORTH, here, france, strict=True):
        print(f"{name}: {ours:.4g}, France {theirs:.4g}")


if __name__ == "__main__":
    main()
