"""Zones with their numbers, for a geographic information system (QGIS, say) or a spreadsheet."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any

import pandas as pd

from ess_sim.errors import NotKeptError, TerritoryError
from ess_sim.inputs.catalogue.bundled import communes
from ess_sim.inputs.territory.contours.contours import contours
from ess_sim.inputs.territory.csv_table import read_zones
from ess_sim.results.comparison.differences import compare
from ess_sim.results.results import Results
from ess_sim.results.run import RunTables

__all__ = ["check_contours", "feature_collection", "positions_of", "zone_rows"]

_DIGITS = 5
"""After the decimal point of a degree: 1 m."""
_STEADY = ("zone", "name", "departement")
_OF_ROW = ("scenario", "baseline")
_ROUNDED = {
    "adults": 0,
    "without_pct": 2,
    "minutes": 1,
    "gps": 2,
    "difference_pp": 2,
    "difference_low_pp": 2,
    "difference_high_pp": 2,
    "gained": 0,
    "gained_low": 0,
    "gained_high": 0,
    "pairs": 0,
}
"""Digits after the decimal point: whole people, shares to a hundredth of a point, minutes to a tenth."""
_COMPARED = {
    "difference": "difference_pp",
    "low": "difference_low_pp",
    "high": "difference_high_pp",
    "residents": "gained",
    "residents_low": "gained_low",
    "residents_high": "gained_high",
    "n": "pairs",
}


def zone_rows(results: Results, compared: Mapping[str, str], day: pd.Timestamp) -> pd.DataFrame:
    """Numbers of every zone in every scenario on one day.

    Parameters
    ----------
    results : Results
    compared : mapping of str to str
        What each scenario is compared with; the others have levels alone.
    day : Timestamp
        A recorded date.

    Returns
    -------
    pandas.DataFrame
        One row a scenario and zone: ``scenario``, ``baseline`` ('' for none), ``date``, ``zone``, ``name``,
        ``departement``, ``adults``, ``without_pct`` (share without MT, %), ``minutes`` (mean way to the MT of those
        listed in the territory), ``gps`` (list-holding GPs who practise there; missing where the results do not keep
        ``providers``): means over the runs; ``pairs``, ``difference_pp``, ``difference_low_pp``,
        ``difference_high_pp`` (paired difference in percentage points, 95 % interval), ``gained``, ``gained_low``,
        ``gained_high`` (residents more with MT). Rounded: people to whole ones, percentages and GPs to two decimals,
        minutes to one.

    Raises
    ------
    ResultsError
        If the date is not recorded, or scenarios cannot be compared.
    """
    outcomes = ("share_without_mt", "travel_minutes")
    found = results.by_group(list(outcomes), ["zone"], [day])
    found[["scenario", "zone", "outcome"]] = found[["scenario", "zone", "outcome"]].astype(str)
    means = found.groupby(["scenario", "zone", "outcome"])[["adults", "value"]].mean().unstack("outcome")
    table = pd.DataFrame(
        {
            "adults": means["adults", outcomes[0]],
            "without_pct": 100 * means["value", outcomes[0]],
            "minutes": means["value", outcomes[1]],
        }
    )
    gps = _gps(results, day)
    table["gps"] = math.nan if gps is None else gps.reindex(table.index, fill_value=0.0)
    if compared:
        paired = compare(results, baseline=compared, outcomes=outcomes[0], dates=[day], by="zone")
        paired = paired.assign(**{k: -paired[k] for k in ("residents", "residents_low", "residents_high")})
        low, high = paired["residents_high"], paired["residents_low"]
        paired = paired.assign(residents_low=low, residents_high=high)
        paired[["scenario", "zone"]] = paired[["scenario", "zone"]].astype(str)
        table = table.join(paired.set_index(["scenario", "zone"])[list(_COMPARED)].rename(columns=_COMPARED))
    table = _rounded(table).reset_index()
    table.insert(1, "baseline", [compared.get(s, "") for s in table["scenario"]])
    table.insert(2, "date", day.date().isoformat())
    of = {s: results.zones(s) for s in results.scenarios}
    keys = list(zip(table["scenario"], table["zone"], strict=True))
    table.insert(4, "name", [of[s].names.get(z, z) for s, z in keys])
    table.insert(5, "departement", [of[s].departements.get(z, "") for s, z in keys])
    order = {name: i for i, name in enumerate(results.scenarios)}
    return table.sort_values(
        ["scenario", "zone"], key=lambda c: c.map(order) if c.name == "scenario" else c
    ).reset_index(drop=True)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    columns = {name: table[name].round(digits) + 0.0 for name, digits in _ROUNDED.items() if name in table}  # no -0
    return table.assign(**{n: c if _ROUNDED[n] else c.astype("Int64") for n, c in columns.items()})


def _gps(results: Results, day: pd.Timestamp) -> pd.Series[Any] | None:
    """Mean number of list-holding GPs by scenario and zone; None where it is not kept."""

    def count(run: RunTables) -> pd.DataFrame:
        rows = run.table("providers")
        rows = rows[(rows["date"] == day) & (rows["kind"] == "liberal")]
        return rows["zone"].astype(str).value_counts().rename_axis("zone").reset_index(name="gps")

    runs = len(results.each(lambda _: pd.DataFrame({"run": [1]})).drop_duplicates(["draw", "replication"]))
    try:
        found = results.each(count)
    except NotKeptError:
        return None
    return found.groupby([found["scenario"].astype(str), "zone"])["gps"].sum() / max(1, runs)


def positions_of(results: Results) -> dict[str, tuple[float, float]]:
    """Where zones lie: communes, quarters with a position, and zones of a user's own CSV, if it is still there."""
    wanted = {zone for name in results.scenarios for zone in results.zones(name).names}
    table = communes().set_index("code")[["longitude", "latitude"]].dropna()
    table = table[table.index.isin(wanted)]
    found = {str(z): (float(x), float(y)) for z, x, y in table.itertuples()}
    for name in results.scenarios:
        said = results.about(name).scenario.get("territory") or {}
        for quarter in said.get("quarters") or ():
            if quarter.get("longitude") is not None and quarter.get("latitude") is not None:
                found[str(quarter["code"])] = (float(quarter["longitude"]), float(quarter["latitude"]))
        if said.get("csv"):
            try:
                with warnings.catch_warnings(action="ignore"):  # the run has warned
                    own = read_zones(said["csv"], "")
            except TerritoryError:
                continue
            places = zip(own.zones, own.longitude, own.latitude, strict=True)
            found |= {z: (float(x), float(y)) for z, x, y in places if z in wanted}
    return found


def check_contours(results: Results, own: str | PathLike[str] | None) -> None:
    """Refuses a user's contours that `feature_collection` could not use.

    Raises
    ------
    TerritoryError
        As `ess_sim.contours`.
    """
    if own is not None:
        zones = [zone for name in results.scenarios for zone in results.zones(name).names]
        with warnings.catch_warnings(action="ignore"):  # for when they are used
            contours(zones, own, positions=positions_of(results))


def feature_collection(
    rows: pd.DataFrame,
    positions: Mapping[str, tuple[float, float]],
    own: str | PathLike[str] | None = None,
) -> str:
    """GeoJSON of the zones: one feature each, with its contour, else a point, else no geometry.

    Parameters
    ----------
    rows : pandas.DataFrame
        What `zone_rows` makes.
    positions : mapping of str to (longitude, latitude)
        What `positions_of` knows.
    own : path, optional
        A user's contours, as GeoJSON.

    Returns
    -------
    str
        A FeatureCollection, a feature a line. A zone's properties are its code, name and département, the date, and
        each number of each scenario as ``scenario.number``; those that are not known are null.

    Raises
    ------
    TerritoryError
        If a user's contours cannot be used.
    """
    zones = list(dict.fromkeys(rows["zone"]))
    shapes = contours(zones, own, positions=positions)
    numbers = [c for c in rows.columns if c not in (*_STEADY, *_OF_ROW, "date")]
    of_zone: dict[str, dict[str, Any]] = {}
    for row in rows.to_dict("records"):
        properties = of_zone.setdefault(row["zone"], {k: row[k] for k in (*_STEADY, "date")})
        stated = numbers if row["baseline"] else [k for k in numbers if k not in _COMPARED.values()]
        properties |= {f"{row['scenario']}.{k}": _number(row[k]) for k in stated}
    features = [
        {"type": "Feature", "id": z, "geometry": _geometry(z, shapes, positions), "properties": of_zone[z]}
        for z in zones
    ]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, allow_nan=False) for f in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else value


def _geometry(zone: str, shapes: Mapping[str, Any], positions: Mapping[str, tuple[float, float]]) -> Any:
    if zone in shapes:
        polygons = [[ring.round(_DIGITS).tolist() for ring in polygon] for polygon in shapes[zone]]
        return {"type": "MultiPolygon", "coordinates": polygons}
    if zone in positions:
        return {"type": "Point", "coordinates": [round(x, _DIGITS) for x in positions[zone]]}
    return None
