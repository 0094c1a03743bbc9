"""What cannot be true of a user's zones and travel minutes, and what is hardly meant: each with its likely cause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from ess_sim.inputs.territory.ages import FloatArray
from ess_sim.inputs.territory.countries.codes import folded_name, hint_of_code, names_of_kind
from ess_sim.inputs.territory.countries.registry import COUNTRIES
from ess_sim.inputs.territory.roads.distances import distances_km, near_pairs

__all__ = ["Zones", "doubts_of_travel", "doubts_of_zones", "faults_of_zones", "zones_left_out"]


_DENSEST = 200_000
"""Residents a km²: more than in any quarter of a city."""


_FAR_KM = 300.0
"""Farther than this from all other zones, a zone outside their country is a mistake."""


_FAR_FROM_ITS_OWN_KM = 50.0
"""Farther than this from all communes of its département, a zone does not lie in it."""


_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


_SWAPPED = "are latitude and longitude swapped?"


class Zones(NamedTuple):
    """A table of zones and ages, and one row a zone of it; their index is the line in the file."""

    rows: pd.DataFrame
    heads: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Self:
        """With one row a zone: its first one, and ``residents``."""
        heads = rows.drop_duplicates("zone")
        return cls(rows, heads.assign(residents=heads["zone"].map(rows.groupby("zone")["count"].sum())))


def faults_of_zones(zones: Zones) -> Iterator[tuple[int, str]]:
    """Line and description of what cannot be true."""
    yield from _unknown_departements(zones)
    yield from _outside(zones)
    yield from _too_dense(zones)
    yield from _bands(zones)


def doubts_of_zones(zones: Zones) -> list[str]:
    """What can hardly be meant."""
    by_age = zones.rows.groupby("age")["count"].sum()
    of_places = (_one_point, _swapped_abroad, _too_large, _elsewhere, _other_departement)
    of_ages = (_few_ages, _and_older, _of_no_working_age)
    return [
        *(doubt for found in (*of_places, _codes, _a_total) for doubt in found(zones)),
        *(doubt for found in of_ages for doubt in found(by_age)),
    ]


def _unknown_departements(zones: Zones) -> Iterator[tuple[int, str]]:
    known = names_of_kind("departement")
    for line, code in zones.heads["departement"].items():
        if code and code not in known:
            yield _line(line), f"departement: no département {code!r}{hint_of_code(code, 'departement')}"


def _inside(longitude: pd.Series, latitude: pd.Series) -> pd.Series:
    """Whether points lie in a country whose communes are bundled."""
    inside = pd.Series(False, index=longitude.index)
    for box in (box for country in COUNTRIES for box in country.boxes):
        inside |= longitude.between(box.west, box.east) & latitude.between(box.south, box.north)
    return inside


def _outside(zones: Zones) -> Iterator[tuple[int, str]]:
    """Zones outside the country in which their département lies, or far outside that of the others."""
    heads = zones.heads
    inside = _inside(heads["lon"], heads["lat"])
    there, wrong = heads[inside], heads[~inside]
    turned = _inside(wrong["lat"], wrong["lon"]).tolist()
    names = " or ".join(country.name for country in COUNTRIES)
    for (line, row), swapped in zip(wrong.iterrows(), turned, strict=True):
        km = distances_km(row["lon"], row["lat"], there["lon"].to_numpy(), there["lat"].to_numpy()).min(initial=np.inf)
        if not (row["departement"] or (len(there) and (swapped or km > _FAR_KM))):
            continue
        cause = _SWAPPED if swapped else "is this the right position?"
        place = f"lon {row['lon']:g}, lat {row['lat']:g}"
        yield _line(line), f"zone {row['zone']!r} at {place} lies outside {names}: {cause}"


def _too_dense(zones: Zones) -> Iterator[tuple[int, str]]:
    heads = zones.heads
    dense = heads[heads["residents"] > _DENSEST * heads["area_km2"]]
    for line, row in dense.iterrows():
        what = f"{row['residents']:.0f} residents on {row['area_km2']:g} km² in zone {row['zone']!r}"
        yield _line(line), f"area_km2: {what}: more than {_DENSEST} a km²; is the area in km²?"


def _bands(zones: Zones) -> Iterator[tuple[int, str]]:
    """Ages that are the first ones of bands: in the file as a whole, or in some zones."""
    cure = "if they are bands, write them so (15-19), or a row for each age"
    rows = zones.rows[zones.rows["age"] > 4]  # infants are often apart: 0, 1, 5, 10, …
    step = _step(rows["age"])
    if step:
        yield _line(zones.rows.index[0]), f"age: all ages are {step} years apart; {cure}"
        return
    for zone, ages in rows.groupby("zone", sort=False)["age"]:
        if len(ages) >= 8 and (step := _step(ages)) and np.ptp(ages) == step * (len(ages) - 1):
            yield _line(ages.index[0]), f"age: all ages of zone {zone!r} are {step} years apart; {cure}"


def _step(ages: pd.Series) -> int:
    """Years between ages, if they are as far apart as bands are; else 0."""
    known = np.unique(ages.to_numpy(np.int64))
    step = int(np.gcd.reduce(np.diff(known))) if len(known) > 4 else 0
    return step if step in (5, 10, 15, 20) else 0


def _one_point(zones: Zones) -> Iterator[str]:
    heads = zones.heads
    points = len(heads.drop_duplicates(["lon", "lat"]))
    if len(heads) > 1 and points == 1:
        yield f"all {len(heads)} zones lie at one point: have their coordinates lost their decimals?"
    elif len(heads) > 3 and points <= len(heads) / 2:
        yield f"{len(heads)} zones lie at only {points} points: have their coordinates lost their decimals?"
    elif len(heads) > 2 and (heads[["lon", "lat"]] % 1 == 0).all(axis=None):
        yield "all zones lie at whole degrees: have their coordinates lost their decimals?"


def _swapped_abroad(zones: Zones) -> Iterator[str]:
    heads = zones.heads
    if not _inside(heads["lon"], heads["lat"]).any() and _inside(heads["lat"], heads["lon"]).all():
        yield f"all zones lie at latitudes of {heads['lat'].min():g} to {heads['lat'].max():g} degrees: {_SWAPPED}"


def _too_large(zones: Zones) -> Iterator[str]:
    """Areas that do not fit between the zones: those of neighbours are about as large as their distance squared."""
    heads = zones.heads.drop_duplicates(["lon", "lat"])
    if len(heads) < 2:
        return
    apart, area = np.inf, float(heads["area_km2"].median())
    for reach in (10.0, 100.0):  # where half have a neighbour within the first, the second would not move the median
        if np.isinf(apart):
            origins, _, km = near_pairs(heads["lon"].to_numpy(), heads["lat"].to_numpy(), reach)
            nearest = np.full(len(heads), np.inf)
            np.minimum.at(nearest, origins, km)
            apart = float(np.median(nearest))
    if area > 25 * apart**2:  # 2 in half of the intercommunal bodies, 15 at most
        yield f"zones of {area:g} km² lie {apart:.2g} km from each other: is area_km2 in hectares?"


def _elsewhere(zones: Zones) -> Iterator[str]:
    """Zones with the code and the name of a commune that is far away."""
    for country in COUNTRIES:
        communes = country.communes().set_index("code").add_suffix("_there")
        both = zones.heads.join(communes, on="zone", how="inner")
        same = both["name"].map(folded_name) == both["name_there"].map(folded_name)
        places = (both[column].to_numpy(np.float64) for column in ("lon", "lat", "longitude_there", "latitude_there"))
        km = pd.Series(distances_km(*places), index=both.index)
        for line in km.index[same & (km > 50 + np.sqrt(both["area_km2_there"]))][:1]:
            zone, name = str(both.at[line, "zone"]), str(both.at[line, "name_there"])
            yield f"zone {zone!r} lies {km[line]:.0f} km from {name}: is the sign of its longitude right?"


def _other_departement(zones: Zones) -> Iterator[str]:
    """Zones far from all communes of their département as it is stated, or without one while others have one."""
    heads = zones.heads
    without = heads["departement"] == ""
    if without.any() and not without.all():
        yield f"zone {heads.loc[without, 'zone'].iloc[0]!r} has no departement, but others have one"
    for country in COUNTRIES:
        communes = country.communes().dropna(subset=["longitude", "latitude"])
        for code, there in communes[communes["departement"].isin(set(heads["departement"]))].groupby("departement"):
            for _, row in heads[heads["departement"] == code].iterrows():
                km = distances_km(row["lon"], row["lat"], there["longitude"].to_numpy(), there["latitude"].to_numpy())
                if km.min() > _FAR_FROM_ITS_OWN_KM:
                    yield f"zone {row['zone']!r} lies {km.min():.0f} km from all communes of its departement {code!r}"
                    break


def _codes(zones: Zones) -> Iterator[str]:
    """Codes that differ in nothing that one sees."""
    seen: dict[str, str] = {}
    for code in zones.heads["zone"]:
        other = seen.setdefault(_ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", code)).casefold().strip(), code)
        if other != code:
            yield f"zones {other!r} and {code!r} hardly differ: are they one?"
            break


def _a_total(zones: Zones) -> Iterator[str]:
    """A zone that holds the sum of all others."""
    largest = str(zones.heads["zone"].iloc[int(zones.heads["residents"].argmax())])
    by_age = zones.rows.groupby(["age", zones.rows["zone"] == largest])["count"].sum().unstack(fill_value=0)
    if len(zones.heads) > 2 and np.abs(by_age[True] - by_age[False]).sum() <= 0.002 * by_age[True].sum():
        yield f"zone {largest!r} has as many residents of each age as all others together: is it their total?"


def _few_ages(by_age: pd.Series) -> Iterator[str]:
    known = by_age.index.to_numpy()
    span, residents = np.ptp(known) + 1, by_age.sum()
    if len(known) > 4 and len(known) < span / 3 and residents > 100 * len(known):
        between = f"between {known[0]:.0f} and {known[-1]:.0f}"
        yield f"{residents:.0f} residents have only {len(known)} ages {between}: are these bands?"


def _and_older(by_age: pd.Series) -> Iterator[str]:
    """Older residents lumped together at the last age."""
    some = by_age[by_age > 0]
    if len(some) < 20:
        return
    last, before = float(some.iloc[-1]), float(some.iloc[-6:-1].mean())
    if last > 5 * before and last > 0.01 * some.sum():
        yield f"{last:.0f} residents are aged {some.index[-1]:.0f}, {before:.0f} the years before: is it 'and older'?"


def _of_no_working_age(by_age: pd.Series) -> Iterator[str]:
    between = by_age[(by_age.index >= 20) & (by_age.index < 60)].sum()
    if len(by_age) > 20 and between < 0.1 * by_age.sum():
        yield f"only {between:.0f} of {by_age.sum():.0f} residents are 20 to 59 years old: are ages missing?"


def doubts_of_travel(minutes: FloatArray, crow_fly: FloatArray) -> list[str]:
    """What can hardly be meant by a travel table between zones, beside the crow-fly minutes of its pairs."""
    if not len(minutes):
        return []
    if not minutes.any():
        return ["all journeys between zones take 0 minutes"]
    ratio = float(np.median(minutes / crow_fly))
    what = f"half of its journeys take {{}} than {ratio:.2g} times the crow-fly minutes: are they in {{}}?"
    if ratio > 25:
        return [what.format("more", "seconds")]
    return [what.format("less", "hours")] if 0 < ratio < 1 / 15 else []


def zones_left_out(named: int, zones: int) -> list[str]:
    """What is said of a travel table in which most zones do not occur: it replaces the data for them, too."""
    out = zones - named
    return (
        [f"{out} of {zones} zones occur in no journey: their residents reach no other zone"] if out > named > 0 else []
    )


def _line(index: object) -> int:
    return int(str(index))
