"""Where people live and how far it is: zones, residents by age, travel minutes.

A `Territory` is frozen. Two territories with the same zones, residents, positions and travel are the same territory,
whatever the order in which they were written down: their `Territory.digest` agrees.

Only this module knows networkx, and loads it when a graph is asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.ages import (
    ADULT_AGE,
    AGES,
    FloatArray,
    IntArray,
    apportion,
)
from ess_sim.inputs.territory.codes import check_code, folded_name, names_of_kind
from ess_sim.inputs.territory.csv_table import Csv
from ess_sim.inputs.territory.population import (
    communes_as_zones,
    departement_population,
    fill_positions,
    listed,
    population_notes,
)
from ess_sim.inputs.territory.quarters import Quarter
from ess_sim.inputs.territory.travel import (
    CrowFly,
    crow_fly_km,
    near_pairs,
    sealed,
)

__all__ = ["Territory"]


@dataclass(frozen=True, eq=False, repr=False)
class Territory:
    """Zones with their residents by age, their position and the travel minutes between them.

    Made by `from_epci`, `from_ept`, `from_departement`, `from_communes`, `france` or `from_csv`.
    ``dataclasses.replace`` makes a variant, e.g. with another ``cutoff_minutes`` or ``crow_fly``.

    Parameters
    ----------
    name : str
        For people; it is not part of the digest.
    zones : tuple of str
        Zone codes, sorted. All arrays follow this order.
    zone_names : tuple of str
        One name a zone.
    departements : tuple of str
        Code of each zone's département, '' where a CSV gives none.
    population : ndarray of int, shape (zones, 106)
        Residents by age in completed years, 0 to 105 (the last: 105 and over). Read-only, as are all arrays.
    area_km2, longitude, latitude : ndarray of float, shape (zones,)
        Area in km²; position in degrees (WGS84).
    notes : tuple of str
        What is assumed, or differs from what a reader would expect. A result repeats them.
    cutoff_minutes : float
        Longer journeys are left out of the travel table.
    crow_fly : CrowFly
        Minutes from distances, for the default edges and within zones.
    edges : tuple of three ndarrays, optional
        A user's travel table: origins and destinations (row numbers of ``zones``) and minutes. Replaces the default
        edges; a row from a zone to itself sets its minutes within.

    Raises
    ------
    TerritoryError
        If the pieces do not fit together.

    Examples
    --------
    >>> laval = Territory.from_epci("200083392")
    >>> laval
    Territory('Laval Agglomération': 34 zones, 115195 residents, 91851 aged 17+)
    >>> round(laval.travel_minutes_between("53130", "53054"), 1)  # Laval, Changé
    4.8
    """

    name: str
    zones: tuple[str, ...]
    zone_names: tuple[str, ...]
    departements: tuple[str, ...]
    population: IntArray
    area_km2: FloatArray
    longitude: FloatArray
    latitude: FloatArray
    notes: tuple[str, ...] = ()
    cutoff_minutes: float = 30.0
    crow_fly: CrowFly = CrowFly()  # noqa: RUF009 - frozen
    edges: tuple[IntArray, IntArray, FloatArray] | None = None

    def __post_init__(self) -> None:
        n = len(self.zones)
        if n == 0:
            raise TerritoryError(f"territory {self.name!r} has no zones")
        if list(self.zones) != sorted(set(self.zones)):
            raise TerritoryError("zones must be sorted and different from each other")
        if len(self.zone_names) != n or len(self.departements) != n:
            raise TerritoryError(f"zone_names and departements must have one value for each of the {n} zones")
        if not self.cutoff_minutes > 0 or not np.isfinite(self.cutoff_minutes):
            raise TerritoryError(f"cutoff_minutes must be positive, not {self.cutoff_minutes!r}")
        if np.shape(self.population) != (n, AGES) or (np.asarray(self.population) < 0).any():
            raise TerritoryError(f"population must have {n} rows of {AGES} ages, none negative")
        if not np.issubdtype(np.asarray(self.population).dtype, np.integer):
            raise TerritoryError("population must be whole numbers")
        for name in ("area_km2", "longitude", "latitude"):
            if np.shape(getattr(self, name)) != (n,) or not np.isfinite(getattr(self, name)).all():
                raise TerritoryError(f"{name} must have one number for each of the {n} zones")
        # Copies, so that whoever handed the arrays in cannot change them afterwards.
        self._set("population", sealed(np.array(self.population, dtype=np.int64)))
        for name in ("area_km2", "longitude", "latitude"):
            self._set(name, sealed(np.array(getattr(self, name), dtype=np.float64)))
        if self.edges is not None:
            origins, destinations, minutes = self.edges
            order = np.lexsort((destinations, origins))
            parts = (np.asarray(origins, np.int64), np.asarray(destinations, np.int64), np.asarray(minutes, np.float64))
            self._set("edges", tuple(sealed(part[order]) for part in parts))
        self._set("notes", (*(t for t in self.notes if not t.startswith("travel: ")), self._travel_note()))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Arrays come out of a pickle writable; a worker's territory must be as frozen as the parent's.
        for value in state.values():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
        self.__dict__.update(state)

    def __repr__(self) -> str:
        residents, adults = int(self.population.sum()), int(self.adults.sum())
        zones = "1 zone" if len(self.zones) == 1 else f"{len(self.zones)} zones"
        return f"Territory({self.name!r}: {zones}, {residents} residents, {adults} aged {ADULT_AGE}+)"

    # -- Making one --

    @classmethod
    def _from_places(cls, name: str, codes: Iterable[str], cutoff_minutes: float) -> Territory:
        places, notes = fill_positions(communes_as_zones().loc[sorted(codes)])
        population = np.zeros((len(places), AGES), dtype=np.int64)
        for row, (code, departement) in enumerate(places["departement"].items()):
            rows, numbers = departement_population(str(departement))
            population[row] = numbers[rows[str(code)]]
        return cls(
            name=name,
            zones=tuple(str(c) for c in places.index),
            zone_names=tuple(str(c) for c in places["name"]),
            departements=tuple(str(c) for c in places["departement"]),
            population=population,
            area_km2=places["area_km2"].to_numpy(np.float64),
            longitude=places["longitude"].to_numpy(np.float64),
            latitude=places["latitude"].to_numpy(np.float64),
            notes=(*population_notes(places), *notes),
            cutoff_minutes=cutoff_minutes,
        )

    @classmethod
    def _from_group(cls, kind: str, code: str, cutoff_minutes: float) -> Territory:
        code = check_code(code, kind)
        frame = bundled.communes()
        # By the commune of an arrondissement: whichever of the two rows carries the membership, both follow it.
        members = set(frame.loc[frame[kind] == code, "code"])
        places = communes_as_zones()
        chosen = places.index[places.index.isin(members) | places["parent"].isin(members)]
        return cls._from_places(names_of_kind(kind)[code], (str(c) for c in chosen), cutoff_minutes)

    @classmethod
    def from_epci(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an EPCI.

        Parameters
        ----------
        code : str
            Nine digits (SIREN), e.g. ``"200083392"``; `search_territories` finds it by name.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If there is no such EPCI.

        Examples
        --------
        >>> len(Territory.from_epci("200083392").zones)
        34
        """
        return cls._from_group("epci", code, cutoff_minutes)

    @classmethod
    def from_ept(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an établissement public territorial of Grand Paris; parameters as `from_epci`.

        Examples
        --------
        >>> Territory.from_ept("200057867").name
        'Plaine Commune'
        """
        return cls._from_group("ept", code, cutoff_minutes)

    @classmethod
    def from_departement(cls, code: str, *, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of a département (``"53"``, ``"2A"``, ``"974"``); parameters as `from_epci`.

        Examples
        --------
        >>> int(Territory.from_departement("53").population.sum())
        305468
        """
        return cls._from_group("departement", code, cutoff_minutes)

    @classmethod
    def from_communes(cls, codes: Iterable[str], *, name: str = "", cutoff_minutes: float = 30.0) -> Territory:
        """Any communes, in any order. Paris, Lyon and Marseille stand for their arrondissements.

        Parameters
        ----------
        codes : iterable of str
            INSEE codes, each once.
        name : str, optional
            By default made from the largest commune.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If a code is unknown or given twice, or there is none.

        Examples
        --------
        >>> Territory.from_communes(["53140", "53130"]).zone_names
        ('Laval', 'Louverné')
        """
        if isinstance(codes, str):
            raise TerritoryError(f"from_communes wants a list of codes: write [{codes!r}]")
        places = communes_as_zones()
        chosen: dict[str, str] = {}
        for code in codes:
            check_code(code, "commune")
            parts = [code] if code in places.index else [str(c) for c in places.index[places["parent"] == code]]
            for part in parts:
                if part in chosen:
                    within = "" if part == code == chosen[part] else f" (through {chosen[part]!r} and {code!r})"
                    raise TerritoryError(f"commune {part!r}, {names_of_kind('commune')[part]}, is given twice{within}")
                chosen[part] = code
        if not chosen:
            raise TerritoryError("from_communes: no code given")
        if not name:
            asked = set(chosen.values())
            frame = bundled.communes().set_index("code").loc[sorted(asked)]
            name = str(frame.at[frame["population"].idxmax(), "name"])
            if len(asked) > 1:
                name += f" and {len(asked) - 1} other commune{'s' if len(asked) > 2 else ''}"
        return cls._from_places(name, chosen, cutoff_minutes)

    @classmethod
    def france(cls, *, cutoff_minutes: float = 30.0) -> Territory:
        """All communes of the 101 départements. Takes a few seconds; travel is computed only when asked for.

        Examples
        --------
        >>> int(Territory.france().population.sum())
        68350798
        """
        return cls._from_places("France", (str(c) for c in communes_as_zones().index), cutoff_minutes)

    @classmethod
    def from_csv(
        cls,
        population_csv: str | PathLike[str],
        travel_csv: str | PathLike[str] | None = None,
        *,
        name: str = "",
        cutoff_minutes: float = 30.0,
    ) -> Territory:
        """A territory of one's own zones (quarters, IRIS, another country's communes).

        Parameters
        ----------
        population_csv : path
            Comma-separated UTF-8 with the columns ``zone,name,lon,lat,area_km2,age,count`` and, if wished,
            ``departement``: one row a zone and age (0 to 105, the last: 105 and over), in any order. An age without row
            counts nobody.
        travel_csv : path, optional
            As for `with_travel_csv`; by default crow-fly minutes.
        name : str, optional
            By default the file's name.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            With the file and line of everything that is wrong.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "two_quarters.csv"
        >>> _ = path.write_text("zone,name,lon,lat,area_km2,age,count\\nB,East,0.02,48,1,40,7\\nA,West,0,48,1,40,5\\n")
        >>> Territory.from_csv(path).zones
        ('A', 'B')
        """
        columns = ("zone", "name", "lon", "lat", "area_km2", "age", "count")
        csv = Csv(population_csv, columns, ("departement",))
        frame = csv.frame
        csv.fault(frame["zone"] == "", lambda _: "zone: no code")
        numbers = pd.DataFrame(
            {
                "lon": csv.numbers("lon", -180, 180),
                "lat": csv.numbers("lat", -90, 90),
                "area_km2": csv.numbers("area_km2", 0, np.inf, above=True),
                "age": csv.numbers("age", 0, AGES - 1, whole=True),
                "count": csv.numbers("count", 0, np.inf, whole=True),
            },
            index=frame.index,
        )
        csv.duplicates(["zone", "age"], [frame["zone"].replace("", None), numbers["age"]])
        table = numbers.assign(zone=frame["zone"], name=frame["name"])
        table["departement"] = frame.get("departement", "")
        steady = ["name", "lon", "lat", "area_km2", "departement"]
        first = table.groupby("zone")[steady].transform("first")
        for column in steady:
            differs = (table[column] != first[column]) & table[column].notna() & first[column].notna()
            csv.fault(differs, lambda row, c=column: f"{c}: zone {row['zone']!r} has another {c} in a row before")  # type: ignore[misc]
        csv.stop_if_faulty()

        zones = sorted(set(table["zone"]))
        index = {zone: i for i, zone in enumerate(zones)}
        population = np.zeros((len(zones), AGES), dtype=np.int64)
        rows = table["zone"].map(index).to_numpy(np.int64)
        population[rows, table["age"].to_numpy(np.int64)] = table["count"].to_numpy(np.int64)
        heads = table.drop_duplicates("zone").set_index("zone").loc[zones]
        notes = [f"population: {csv.path.name}, as given"]
        if absent := len(zones) * AGES - len(table):
            notes.append(f"population: {absent} of {len(zones) * AGES} zones and ages have no row: nobody there")
        territory = cls(
            name=name or csv.path.stem,
            zones=tuple(zones),
            zone_names=tuple(str(n) or zone for zone, n in zip(zones, heads["name"], strict=True)),
            departements=tuple(str(d) for d in heads["departement"]),
            population=population,
            area_km2=heads["area_km2"].to_numpy(np.float64),
            longitude=heads["lon"].to_numpy(np.float64),
            latitude=heads["lat"].to_numpy(np.float64),
            notes=tuple(notes),
            cutoff_minutes=cutoff_minutes,
        )
        return territory if travel_csv is None else territory.with_travel_csv(travel_csv)

    def with_travel_csv(self, path: str | PathLike[str]) -> Territory:
        """The same territory with a travel table of one's own instead of crow-fly minutes.

        The table is taken as the edges of a graph: between zones without a row, the shortest way through others counts.

        Parameters
        ----------
        path : path
            Comma-separated UTF-8 with the columns ``from_zone,to_zone,minutes``. A pair in one direction only holds for
            both; a row from a zone to itself sets its minutes within.

        Raises
        ------
        TerritoryError
            With the file and line of everything that is wrong: an unknown zone, a pair twice, negative minutes.
        """
        csv = Csv(path, ("from_zone", "to_zone", "minutes"))
        minutes = csv.numbers("minutes", 0, np.inf)
        for column in ("from_zone", "to_zone"):
            csv.fault(
                ~csv.frame[column].isin(self.zones),
                lambda row, c=column: f"{c}: unknown zone {row[c]!r}{did_you_mean(row[c], self.zones)}",  # type: ignore[misc]
            )
        csv.duplicates(["from_zone", "to_zone"], [csv.frame["from_zone"], csv.frame["to_zone"]])
        csv.stop_if_faulty()
        origins = csv.frame["from_zone"].map(self._index).to_numpy(np.int64)
        destinations = csv.frame["to_zone"].map(self._index).to_numpy(np.int64)
        n = len(self.zones)
        back = ~np.isin(destinations * n + origins, origins * n + destinations)
        edges = (
            np.concatenate([origins, destinations[back]]),
            np.concatenate([destinations, origins[back]]),
            np.concatenate([minutes, minutes[back]]),
        )
        return replace(self, edges=edges)

    def quarter_problems(self, quarters: Sequence[Quarter]) -> list[tuple[int, str, str]]:
        """What keeps these quarters from being carved out: place in the list, field and message of each fault."""
        found: list[tuple[int, str, str]] = []
        seen: set[str] = set()
        left = dict(zip(self.zones, self.population.sum(axis=1).tolist(), strict=True))
        for i, quarter in enumerate(quarters):
            if quarter.code in self._index or quarter.code in seen:
                found.append((i, "code", f"there is already a zone {quarter.code!r} in {self.name}"))
            seen.add(quarter.code)
            try:
                zone = self.zone_index(quarter.of)
            except TerritoryError as error:
                places = communes_as_zones()
                parts = places.index[places["parent"] == quarter.of].tolist()
                found.append((i, "of", f"{error}" + (f": its zones are {parts[0]} to {parts[-1]}" if parts else "")))
                continue
            name = self.zone_names[zone]
            if quarter.residents < 1:
                found.append((i, "residents", f"must be at least 1, not {quarter.residents}"))
            elif quarter.residents > left[quarter.of]:
                what = f"{quarter.residents} residents, but {name} has only {left[quarter.of]} outside other quarters"
                found.append((i, "residents", what))
            left[quarter.of] -= quarter.residents
            km = crow_fly_km(
                quarter.longitude, quarter.latitude, float(self.longitude[zone]), float(self.latitude[zone])
            )
            if not km <= self.crow_fly.reach_km + np.sqrt(self.area_km2[zone]):
                what = f"{km:.0f} km from the middle of {name}: are latitude and longitude right, and not swapped?"
                found.append((i, "latitude", what))
        return found

    def with_quarters(self, quarters: Iterable[Quarter]) -> Territory:
        """The same territory with parts of its zones as zones of their own.

        A quarter takes its residents from its zone, with that zone's ages (whole residents by largest remainder), and
        area in proportion; its travel starts from its own position. What the zone keeps stays at the zone's position.

        Parameters
        ----------
        quarters : iterable of Quarter
            In any order: it changes nothing.

        Raises
        ------
        TerritoryError
            With everything that is wrong: an unknown zone, a code in use, more residents than there are, a position far
            from the zone; or where the territory has a travel table, which must come after its quarters.

        Examples
        --------
        >>> hilard = Quarter("53130-H", "Hilard", "53130", 4000, 48.077, -0.785)
        >>> Territory.from_communes(["53130"]).with_quarters([hilard]).population.sum(axis=1).tolist()
        [45400, 4000]
        """
        if self.edges is not None:
            raise TerritoryError(f"{self.name} has a travel table: name its quarters first, then add the table")
        ordered = sorted(quarters, key=lambda quarter: quarter.code)
        if problems := self.quarter_problems(ordered):
            raise TerritoryError(
                "\n".join(f"quarter {ordered[i].code!r}: {field}: {what}" for i, field, what in problems)
            )
        population, area = self.population.copy(), self.area_km2.copy()
        rows, areas, notes = [], [], list(self.notes)
        for quarter in ordered:
            zone = self.zone_index(quarter.of)
            here = population[zone]
            # no age gives more than the zone has of it: its part is rounded up at most
            rows.append(apportion([quarter.residents], [here / here.sum()])[0])
            areas.append(area[zone] * quarter.residents / here.sum())
            population[zone] -= rows[-1]
            area[zone] -= areas[-1]
        for of in sorted({q.of for q in ordered}):
            parts = listed([f"{q.name} ({q.code})" for q in ordered if q.of == of])
            whole = self.zone_names[self.zone_index(of)]
            notes.append(f"assumption (grade D): cut out of {whole} with its ages and its density: {parts}")
        codes = np.array([*self.zones, *(q.code for q in ordered)])
        order = np.argsort(codes)

        def joined(own: Iterable[Any], new: Iterable[Any]) -> tuple[Any, ...]:
            both = (*own, *new)
            return tuple(both[i] for i in order)

        return replace(
            self,
            zones=joined(self.zones, (q.code for q in ordered)),
            zone_names=joined(self.zone_names, (q.name for q in ordered)),
            departements=joined(self.departements, (self.departements[self.zone_index(q.of)] for q in ordered)),
            population=np.array(joined(population, rows)),
            area_km2=np.array(joined(area, areas)),
            longitude=np.array(joined(self.longitude, (q.longitude for q in ordered))),
            latitude=np.array(joined(self.latitude, (q.latitude for q in ordered))),
            notes=tuple(notes),
        )

    def without(self, codes: Iterable[str]) -> Territory:
        """The same territory with some zones left out, e.g. the rest of a town of which only some quarters matter.

        Parameters
        ----------
        codes : iterable of str
            Zones, in any order.

        Raises
        ------
        TerritoryError
            If a zone is unknown, none is left, or the territory has a travel table, which must come afterwards.

        Examples
        --------
        >>> Territory.from_communes(["53130", "53140"]).without(["53130"]).zone_names
        ('Louverné',)
        """
        if self.edges is not None:
            raise TerritoryError(f"{self.name} has a travel table: leave zones out first, then add the table")
        gone = sorted({self.zone_index(code) for code in codes})
        if len(gone) == len(self.zones):
            raise TerritoryError(f"{self.name} without these zones has none left")
        keep = np.delete(np.arange(len(self.zones)), gone)
        names = listed([f"{self.zone_names[i]} ({self.zones[i]})" for i in gone])
        return replace(
            self,
            zones=tuple(self.zones[i] for i in keep),
            zone_names=tuple(self.zone_names[i] for i in keep),
            departements=tuple(self.departements[i] for i in keep),
            population=self.population[keep],
            area_km2=self.area_km2[keep],
            longitude=self.longitude[keep],
            latitude=self.latitude[keep],
            notes=(*self.notes, f"left out, with {self.population[gone].sum()} residents: {names}"),
        )

    # -- Reading it --

    @property
    def adults(self) -> IntArray:
        """Residents aged 17 or over, shape (zones,)."""
        adults: IntArray = self.population[:, ADULT_AGE:].sum(axis=1)
        return adults

    @cached_property
    def _index(self) -> dict[str, int]:
        return {code: i for i, code in enumerate(self.zones)}

    def zone_index(self, code: str) -> int:
        """Row of a zone in all arrays.

        Raises
        ------
        TerritoryError
            If the territory has no such zone.

        Examples
        --------
        >>> Territory.from_communes(["53130", "53054"]).zone_index("53130")
        1
        """
        try:
            return self._index[code]
        except (KeyError, TypeError):
            pass
        if not isinstance(code, str):
            raise TerritoryError(f"zone {code!r} is not text: write it in quotes, with its leading zeros")
        folded = folded_name(code)
        by_name = [zone for zone, name in zip(self.zones, self.zone_names, strict=True) if folded_name(name) == folded]
        hint = f" (did you mean {by_name[0]!r}?)" if by_name else did_you_mean(code, self.zones)
        raise TerritoryError(f"{self.name} has no zone {code!r}{hint}")

    def to_frame(self) -> pd.DataFrame:
        """One row a zone: ``zone``, ``name``, ``departement``, ``residents``, ``adults``, ``area_km2``, ``longitude``,
        ``latitude``.

        Examples
        --------
        >>> Territory.from_communes(["53130"]).to_frame()[["zone", "residents"]].values.tolist()
        [['53130', 49400]]
        """
        return pd.DataFrame(
            {
                "zone": self.zones,
                "name": self.zone_names,
                "departement": self.departements,
                "residents": self.population.sum(axis=1),
                "adults": self.adults,
                "area_km2": self.area_km2,
                "longitude": self.longitude,
                "latitude": self.latitude,
            }
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that can change a result: not the name, nor the notes."""
        crow_fly = self.crow_fly
        head = {
            "zones": self.zones,
            "zone_names": self.zone_names,
            "departements": self.departements,
            "cutoff_minutes": float(self.cutoff_minutes),
            "crow_fly": [float(getattr(crow_fly, name)) for name in crow_fly.__dataclass_fields__],
            "edges": self.edges is not None,
        }
        sha = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        sha.update(self.population.astype("<i8").tobytes())
        for array in (self.area_km2, self.longitude, self.latitude):
            sha.update(array.astype("<f8").tobytes())
        if self.edges is not None:
            for part, kind in zip(self.edges, ("<i8", "<i8", "<f8"), strict=True):
                sha.update(part.astype(kind).tobytes())
        return sha.hexdigest()

    # -- Travel --

    def _travel_note(self) -> str:
        fly = self.crow_fly
        if self.edges is not None:
            linked = len(set(self.edges[0][self.edges[0] != self.edges[1]].tolist()))
            alone = len(self.zones) - linked
            lonely = f"; {alone} of {len(self.zones)} zones lead nowhere" if alone else ""
            return f"travel: the user's own table, shortest paths up to {self.cutoff_minutes:g} min{lonely}"
        return (
            f"travel: {fly.start_minutes:g} + {fly.minutes_per_km:g} min per crow-fly km between town halls, up to "
            f"{self.cutoff_minutes:g} min (grade B: fitted on Metric for Gironde; blind to water, relief and traffic), "
            f"within a zone from its area, at most {fly.within_max_minutes:g} min (grade D)"
        )

    @cached_property
    def minutes_within(self) -> FloatArray:
        """Travel minutes within each zone, shape (zones,)."""
        minutes = self.crow_fly.minutes_within(self.area_km2)
        if self.edges is not None:
            origins, destinations, given = self.edges
            own = origins == destinations
            minutes[origins[own]] = given[own]
        return sealed(minutes)

    def _default_edges(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Crow-fly edges in both directions, without those that alone exceed the cut-off: no path can use them."""
        fly = self.crow_fly
        within_cutoff = max((self.cutoff_minutes - fly.start_minutes) / fly.minutes_per_km, 0.0)
        # A hair beyond, so that an edge of exactly the cut-off is kept and then judged in minutes.
        reach = min(fly.reach_km, within_cutoff * (1 + 1e-9) + 1e-9)
        origins, destinations, km = near_pairs(self.longitude, self.latitude, reach)
        minutes = fly.start_minutes + fly.minutes_per_km * km
        keep = minutes <= self.cutoff_minutes
        return origins[keep], destinations[keep], minutes[keep]

    def travel_graph(self) -> Any:
        """The graph whose shortest paths are the travel minutes.

        Returns
        -------
        networkx.Graph
            Nodes are zone codes with ``within_minutes``; edges carry ``minutes``. A user's table gives a ``DiGraph``,
            since its two directions may differ. Default edges longer than the cut-off are left out.

        Examples
        --------
        >>> graph = Territory.from_communes(["53130", "53054"]).travel_graph()
        >>> round(graph["53130"]["53054"]["minutes"], 1)
        4.8
        """
        import networkx as nx

        graph: Any = nx.Graph() if self.edges is None else nx.DiGraph()
        for zone, minutes in zip(self.zones, self.minutes_within.tolist(), strict=True):
            graph.add_node(zone, within_minutes=minutes)
        origins, destinations, lengths = self._default_edges() if self.edges is None else self.edges
        keep = origins < destinations if self.edges is None else origins != destinations
        zones = self.zones
        graph.add_weighted_edges_from(
            (
                (zones[a], zones[b], m)
                for a, b, m in zip(
                    origins[keep].tolist(), destinations[keep].tolist(), lengths[keep].tolist(), strict=True
                )
            ),
            weight="minutes",
        )
        return graph

    def _shortest_paths(self) -> tuple[IntArray, IntArray, FloatArray]:
        """All pairs within the cut-off by Dijkstra's algorithm on the travel graph, each zone to itself left out."""
        import networkx as nx

        graph = self.travel_graph()
        index = self._index
        origins: list[int] = []
        destinations: list[int] = []
        minutes: list[float] = []
        for i, zone in enumerate(self.zones):
            lengths = nx.single_source_dijkstra_path_length(graph, zone, cutoff=self.cutoff_minutes, weight="minutes")
            del lengths[zone]
            origins += [i] * len(lengths)
            destinations += [index[other] for other in lengths]
            minutes += lengths.values()
        return np.array(origins, np.int64), np.array(destinations, np.int64), np.array(minutes, np.float64)

    @property
    def _direct_is_shortest(self) -> bool:
        """Whether the default edges are already the shortest paths.

        Distances on a sphere obey the triangle inequality, and each further edge adds the positive start: a detour is
        always longer than the direct edge, where there is one. Pairs beyond the reach have none, but any path between
        them takes more than the longest edge: within that cut-off it does not count either. A test compares the two.
        """
        return self.edges is None and self.cutoff_minutes <= self.crow_fly.minutes(self.crow_fly.reach_km)

    @cached_property
    def _travel(self) -> tuple[IntArray, IntArray, FloatArray]:
        n = len(self.zones)
        origins, destinations, minutes = self._default_edges() if self._direct_is_shortest else self._shortest_paths()
        everyone = np.arange(n, dtype=np.int64)
        origins = np.concatenate([origins, everyone])
        destinations = np.concatenate([destinations, everyone])
        minutes = np.concatenate([minutes, self.minutes_within])
        order = np.lexsort((destinations, origins))
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(origins, minlength=n), out=indptr[1:])
        return sealed(indptr), sealed(destinations[order]), sealed(minutes[order])

    @property
    def travel_indptr(self) -> IntArray:
        """Where each origin's destinations start and end in `travel_indices`, shape (zones + 1,)."""
        return self._travel[0]

    @property
    def travel_indices(self) -> IntArray:
        """Destinations within the cut-off, row numbers of ``zones``, ascending for each origin, itself included."""
        return self._travel[1]

    @property
    def travel_minutes(self) -> FloatArray:
        """Minutes from origin to destination, in the order of `travel_indices`."""
        return self._travel[2]

    def travel_minutes_between(self, origin: str, destination: str) -> float:
        """Minutes from one zone to another; infinite beyond the cut-off.

        Raises
        ------
        TerritoryError
            If the territory has no such zone.

        Examples
        --------
        >>> Territory.from_communes(["53130", "13055"]).travel_minutes_between("53130", "13201")
        inf
        """
        i, j = self.zone_index(origin), self.zone_index(destination)
        indptr, indices, minutes = self._travel
        row = indices[indptr[i] : indptr[i + 1]]
        place = int(np.searchsorted(row, j))
        return float(minutes[indptr[i] + place]) if place < len(row) and row[place] == j else float("inf")
