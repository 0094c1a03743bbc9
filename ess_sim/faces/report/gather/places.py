"""Where: residents without MT, gains, minutes and GPs, by zone or by larger areas where there are many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.faces.report.gather.batch import PER_CENT, Batch, Floats, estimate
from ess_sim.faces.words.speech import plain
from ess_sim.inputs.catalogue import bundled
from ess_sim.results.statistics.intervals import FEWEST, half_width

__all__ = ["MOST_MAPPED", "MOST_ZONES", "Cells", "Places", "places"]


MOST_ZONES = 150
"""Above so many zones, areas are EPCI, or départements where these are too many, too."""
MOST_MAPPED = 5
"""Scenarios of which there are maps, the baseline included."""
_POSITIVE = (0.0, np.inf)


@dataclass(frozen=True, eq=False)
class Cells:
    """Numbers of one scenario, each of shape (days, areas).

    Attributes
    ----------
    share, share_low, share_high : float array
        Without MT, %, with the 95 % interval of the mean.
    minutes, minutes_low, minutes_high : float array
        Mean to the MT; NaN where it is not known.
    gps, gps_low, gps_high : float array
        List-holding GPs in practice; NaN where it is not known.
    gain, gain_low, gain_high : float array
        Adults with MT more than in the baseline; empty for a baseline.
    points, points_low, points_high : float array
        Share without MT, difference in percentage points.
    """

    share: Floats
    share_low: Floats
    share_high: Floats
    minutes: Floats
    minutes_low: Floats
    minutes_high: Floats
    gps: Floats
    gps_low: Floats
    gps_high: Floats
    gain: Floats
    gain_low: Floats
    gain_high: Floats
    points: Floats
    points_low: Floats
    points_high: Floats


@dataclass(frozen=True, eq=False)
class Places:
    """Areas and their numbers.

    Attributes
    ----------
    kind : str
        ``zone``, ``epci`` or ``departement``.
    codes, names : list of str
        Of the areas.
    of_zone : dict of str to str
        Code of each zone's area.
    adults : float array
        Mean number in the baseline at the last day, by area.
    days : list of pandas.Timestamp
    base : str
        Name of the baseline, or of the only scenario.
    cells : dict of str to Cells
        By scenario, the baseline first.
    """

    kind: str
    codes: list[str]
    names: list[str]
    of_zone: dict[str, str]
    adults: Floats
    days: list[pd.Timestamp]
    base: str
    cells: dict[str, Cells]


def places(batch: Batch) -> Places:
    """Numbers by area of the main baseline and the first scenarios that are compared with it.

    Raises
    ------
    NotKeptError
        If the folder has no residents by zone.
    """
    base = batch.compared.get(batch.main, batch.main)
    names = [base, *(s for s, b in batch.compared.items() if b == base)][:MOST_MAPPED]
    days = batch.days
    zones = batch.thin.zones(base)
    kind, of_zone = _areas(dict(zones.names))
    codes = list(dict.fromkeys(of_zone[zone] for zone in zones.names))
    at = batch.thin.residents_of(base).days.get_indexer(pd.DatetimeIndex(days))
    place = np.array([codes.index(of_zone[zone]) for zone in zones.names])

    @cache
    def sums(name: str, column: str) -> Floats:
        """Shape (days, areas, runs)."""
        by_zone = batch.thin.residents_of(name).counts[column][:, at].sum(axis=(3, 4, 5))
        out = np.zeros((len(codes), *by_zone.shape[:2]))
        np.add.at(out, place, np.moveaxis(by_zone, 2, 0))
        return out.transpose(2, 0, 1)

    def of(name: str, part: str, whole: str = "", scale: float = 1.0) -> Floats:
        """Shape (days, areas, observations)."""
        values = sums(name, part)
        if whole:
            below = sums(name, whole)
            values = np.divide(scale * values, below, out=np.full(values.shape, np.nan), where=below > 0)
        observed = batch.thin.observed(name, np.moveaxis(values, 2, 0))
        return np.moveaxis(observed, 0, 2)

    gps = _gps(batch, names, days, codes, of_zone)
    cells = {}
    for name in names:
        share, minutes = of(name, "without", "adults", 100.0), of(name, "minutes", "reachable")
        gain, points = np.zeros((0, 0, 0)), np.zeros((0, 0, 0))
        if name != base:
            gain = of(base, "without") - of(name, "without")
            points = share - of(base, "without", "adults", 100.0)
        cells[name] = Cells(
            *_levels(share, PER_CENT),
            *_levels(minutes, _POSITIVE),
            *_levels(gps[name], _POSITIVE),
            *_interval(gain),
            *_interval(points),
        )
    adults = of(base, "adults")[-1].mean(axis=1)
    labels = zones.labels("zone") if kind == "zone" else _named(kind, codes)
    return Places(kind, codes, [plain(labels[c]) for c in codes], of_zone, adults, days, base, cells)


def _levels(values: Floats, bounds: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
    """Mean and limits over the observations (last axis) in which there is a value."""
    found = [estimate(row, bounds=bounds) for row in values.reshape(-1, values.shape[-1])]
    mean, low, high = (np.array([getattr(e, side) for e in found]) for side in ("mean", "low", "high"))
    shape = values.shape[:-1]
    return mean.reshape(shape), low.reshape(shape), high.reshape(shape)


def _interval(values: Floats) -> tuple[Floats, Floats, Floats]:
    if not values.size:
        empty = np.zeros(values.shape[:2])
        return empty, empty, empty
    half = half_width(values) if values.shape[-1] >= FEWEST else np.full(values.shape[:-1], np.nan)
    mean = values.mean(axis=-1)
    return mean, mean - half, mean + half


def _areas(zones: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What areas are, and the area of each zone: zones themselves unless they are many, and communes of France."""
    own = {zone: zone for zone in zones}
    if len(zones) <= MOST_ZONES:
        return "zone", own
    communes = bundled.communes().set_index("code")
    if not set(zones) <= set(communes.index):
        return "zone", own
    known = communes.loc[list(zones)]
    epci = {z: e or d for z, e, d in zip(known.index, known["epci"], known["departement"], strict=True)}
    if len(set(epci.values())) <= MOST_ZONES:
        return "epci", epci
    return "departement", {str(z): str(d) for z, d in known["departement"].items()}


def _named(kind: str, codes: list[str]) -> dict[str, str]:
    departements = bundled.departements().set_index("code")["name"].to_dict()
    names = {str(k): str(v) for k, v in departements.items()}
    if kind == "epci":
        names |= {str(k): str(v) for k, v in bundled.epcis().set_index("code")["name"].items()}
    return {code: names.get(code, code) for code in codes}


def _gps(
    batch: Batch, names: list[str], days: list[pd.Timestamp], codes: list[str], of_zone: Mapping[str, str]
) -> dict[str, Floats]:
    """List-holding GPs by scenario, shape (days, areas, observations); NaN where the table was not kept."""
    shape = (len(days), len(codes))
    if "providers" not in batch.manifest["keep"]:
        return {name: np.full((*shape, 1), np.nan) for name in names}
    place = {code: k for k, code in enumerate(codes)}

    def of_run(run: Any) -> pd.DataFrame:
        if run.name not in names:
            return pd.DataFrame({"at": [], "area": [], "gps": []})
        rows = run.table("providers")
        rows = rows[(rows["kind"] == "liberal") & rows["date"].isin(days)]
        at = pd.DatetimeIndex(days).get_indexer(pd.DatetimeIndex(rows["date"]))
        area = np.array([place[of_zone[zone]] for zone in rows["zone"].astype(str)], dtype=np.int64)
        counted = np.zeros(shape)
        np.add.at(counted, (at, area), 1.0)
        where = np.indices(shape).reshape(2, -1)
        return pd.DataFrame({"at": where[0], "area": where[1], "gps": counted.ravel()})

    found = batch.thin.each(of_run)
    means = found.groupby([found["scenario"].astype(str), "at", "area", batch.each])["gps"].mean()
    return {name: means.loc[name].to_numpy(float).reshape(*shape, -1) for name in names}
