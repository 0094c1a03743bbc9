"""Where people live and how far it is: zones, residents by age, travel minutes.

A `Territory` is frozen. Two territories with the same zones, residents, positions and travel are the same territory,
whatever the order in which they were written down: their `Territory.digest` agrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import PathLike

from ess_sim.arguments import checked
from ess_sim.errors import TerritoryError, did_you_mean
from ess_sim.inputs.territory.countries.france import FRANCE
from ess_sim.inputs.territory.countries.registry import KINDS
from ess_sim.inputs.territory.csv_table import read_travel, read_zones
from ess_sim.inputs.territory.pieces import Pieces, in_order, joined, some_zones, without_zones
from ess_sim.inputs.territory.population import pieces_of_codes, pieces_of_country
from ess_sim.inputs.territory.quarters import Quarter, carved, quarter_problems
from ess_sim.inputs.territory.zones import Zones

__all__ = ["Territory"]


@checked
@dataclass(frozen=True, eq=False, repr=False)
class Territory(Zones):
    """Zones with their residents by age, their position and the travel minutes between them.

    Made by `from_epci`, `from_ept`, `from_departement`, `from_region`, `from_communes`, `from_codes`, `france`
    or `from_csv`.
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
    positions : str
        What notes call the points that stand for the zones.
    figures : tuple of Figure
        Where residents, their ages and travel minutes come from and how good they are; no part of the digest. Those of
        travel follow from the other fields.
    parts : tuple of Part
        Of each zone that was cut by `with_quarters`: its parts, those left out among them, and their adults.
    cutoff_minutes : float
        Longer journeys are left out of the travel table.
    crow_fly : CrowFly
        Minutes from distances, for the default edges and within zones. Islands that no road reaches have no default
        edge to other zones; a part of one is recognised by a code that begins with its commune's.
    edges : tuple of three ndarrays, optional
        A user's travel table: origins and destinations (row numbers of ``zones``) and minutes. Replaces the default
        edges; a row from a zone to itself sets its minutes within.
    halo : Territory, optional
        Zones around the territory that take part in a run and count in its costs only; scenarios do not speak of
        them. See `inputs.surroundings.halo`.

    Raises
    ------
    TerritoryError
        If the pieces do not fit together.

    Examples
    --------
    >>> laval = Territory.from_epci("200083392")
    >>> laval
    Territory('Laval Agglomération': 34 zones, 115195 residents, 91242 aged 17+)
    >>> round(laval.travel_minutes_between("Laval", "Changé"), 1)
    6.0
    """

    halo: Territory | None = None

    @classmethod
    def from_epci(cls, code: str, *, year: int = 2023, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an EPCI.

        Parameters
        ----------
        code : str
            Nine digits (SIREN), e.g. ``"200083392"``, or its name, in which accents, case and hyphens do not matter.
        year : int, optional
            Residents are those of its 1 January (1990 to 2100). Totals are the published ones in 2021 and 2023; ages
            change as the département's: ``docs/model.md``, 3.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If there is no such EPCI, or several have this name.
        ArgumentError
            If the year is out of range.

        Examples
        --------
        >>> len(Territory.from_epci("laval agglomeration").zones)
        34
        """
        return cls(*pieces_of_codes("epci", code, "", year), cutoff_minutes=cutoff_minutes)

    @classmethod
    def from_ept(cls, code: str, *, year: int = 2023, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of an établissement public territorial of Grand Paris; parameters as `from_epci`.

        Examples
        --------
        >>> Territory.from_ept("200057867").name
        'Plaine Commune'
        """
        return cls(*pieces_of_codes("ept", code, "", year), cutoff_minutes=cutoff_minutes)

    @classmethod
    def from_departement(cls, code: str, *, year: int = 2023, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of a département (``"53"``, ``"2A"``, ``"974"``, ``"Mayenne"``); parameters as `from_epci`.

        Examples
        --------
        >>> [int(Territory.from_departement("53", year=year).population.sum()) for year in (2023, 2021)]
        [305468, 305933]
        """
        return cls(*pieces_of_codes("departement", code, "", year), cutoff_minutes=cutoff_minutes)

    @classmethod
    def from_region(cls, code: str, *, year: int = 2023, cutoff_minutes: float = 30.0) -> Territory:
        """The communes of a région (``"52"``, ``"Pays de la Loire"``); parameters as `from_epci`.

        Examples
        --------
        >>> int(Territory.from_region("Corse").population.sum())
        355486
        """
        return cls(*pieces_of_codes("region", code, "", year), cutoff_minutes=cutoff_minutes)

    @classmethod
    def from_communes(
        cls, codes: Iterable[str], *, name: str = "", year: int = 2023, cutoff_minutes: float = 30.0
    ) -> Territory:
        """Any communes, in any order. Paris, Lyon and Marseille stand for their arrondissements.

        Parameters
        ----------
        codes : iterable of str
            INSEE codes or names, each once. A commune that exists no more stands for the one that it is a part of, and
            a note says so.
        name : str, optional
            By default made from the largest commune.
        year : int, optional
            As for `from_epci`.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            If a code is unknown or given twice, there is none, or several communes of France have this name.

        Examples
        --------
        >>> Territory.from_communes(["53140", "53130"]).zone_names
        ('Laval', 'Louverné')
        """
        return cls(*pieces_of_codes("communes", codes, name, year), cutoff_minutes=cutoff_minutes)

    @classmethod
    def from_codes(
        cls, key: str, codes: str | Iterable[str], *, name: str = "", year: int = 2023, cutoff_minutes: float = 30.0
    ) -> Territory:
        """What a scenario's ``territory`` names by one of its keys of codes; the way to the communes of any country.

        Parameters
        ----------
        key : str
            ``epci``, ``ept``, ``departement``, ``region``, ``communes``, or the key of another country's kind of code.
        codes : str or iterable of str
            One code or name of a group of communes; any number of those of communes.
        name, year, cutoff_minutes : optional
            As for `from_communes`.

        Raises
        ------
        TerritoryError
            If there is no such key, or no such code.

        Examples
        --------
        >>> Territory.from_codes("departement", "53").name
        'Mayenne'
        """
        if key not in KINDS:
            raise TerritoryError(f"no kind of code {key!r}{did_you_mean(key, KINDS)}: one of {', '.join(KINDS)}")
        return cls(*pieces_of_codes(key, codes, name, year), cutoff_minutes=cutoff_minutes)

    @classmethod
    @checked
    def france(cls, *, year: int = 2023, cutoff_minutes: float = 30.0) -> Territory:
        """All communes of the 101 départements. Takes a few seconds; travel is computed only when asked for.

        Examples
        --------
        >>> int(Territory.france().population.sum())
        68350798
        """
        return cls(*pieces_of_country(FRANCE, year), cutoff_minutes=cutoff_minutes)

    @classmethod
    @checked
    def from_csv(
        cls,
        population_csv: str | PathLike[str],
        travel_csv: str | PathLike[str] | None = None,
        *,
        name: str = "",
        cutoff_minutes: float = 30.0,
    ) -> Territory:
        r"""A territory of one's own zones (quarters, IRIS, another country's communes).

        Parameters
        ----------
        population_csv : path
            Table with the columns ``zone,name,lon,lat,area_km2,age,count`` and, if wished, ``departement``: one row a
            zone and age (0 to 105, the last: 105 and over) or five-year band, in any order. An age without row has no
            residents. ``docs/csv.md`` says in which forms it is read; notes say what was understood.
        travel_csv : path, optional
            As for `with_travel_csv`; by default crow-fly minutes.
        name : str, optional
            By default the file's name.
        cutoff_minutes : float, optional
            Longest journey of the travel table.

        Raises
        ------
        TerritoryError
            With the file, line and column of everything that is wrong.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "two_quarters.csv"
        >>> _ = path.write_text("zone,name,lon,lat,area_km2,age,count\nB,East,0.02,48,1,40,7\nA,West,0,48,1,40,5\n")
        >>> Territory.from_csv(path).zones
        ('A', 'B')
        """
        territory = cls(*read_zones(population_csv, name), cutoff_minutes=cutoff_minutes)
        return territory if travel_csv is None else territory.with_travel_csv(travel_csv)

    def _with(self, pieces: Pieces) -> Territory:
        return replace(self, **pieces._asdict())

    @checked
    def with_travel_csv(self, path: str | PathLike[str]) -> Territory:
        """The same territory with a travel table of one's own instead of crow-fly minutes.

        A pair takes what its row says, whatever ways around there are. The table is taken as the edges of a graph:
        between zones without a row, the shortest way through others counts.

        Parameters
        ----------
        path : path
            Table with the columns ``from_zone,to_zone,minutes``, in the forms of ``docs/csv.md``. A pair in one
            direction only holds for both; a row from a zone to itself sets its minutes within.

        Raises
        ------
        TerritoryError
            With the place of everything that is wrong: an unknown zone, a pair twice, negative minutes.
        """
        try:
            edges, doubts = read_travel(path, self._index, self._crow_fly_minutes)
            return replace(self, edges=edges, notes=(*self.notes, *doubts))
        except TerritoryError as error:
            raise TerritoryError(error, [("travel_csv",)] * len(str(error).splitlines())) from None

    def quarter_problems(self, quarters: Sequence[Quarter]) -> list[tuple[int, str, str]]:
        """What keeps these quarters from being carved out: place in the list, field and message of each fault."""
        return quarter_problems(self.pieces, quarters, self.crow_fly.reach_km)

    @checked
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
        by_code = [replace(quarter, of=self.zones[self.zone_index(quarter.of)]) for quarter in ordered]
        return self._with(carved(self.pieces, by_code))

    @checked
    def without(self, codes: Iterable[str]) -> Territory:
        """The same territory with some zones left out, e.g. the rest of a town of which only some quarters matter.

        If it has a halo, they become part of it.

        Parameters
        ----------
        codes : iterable of str
            Zones by code or name, in any order.

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
        left = self._with(without_zones(self.pieces, gone))
        if self.halo is None:
            return left
        around = in_order(joined(self.halo.pieces, some_zones(self.pieces, gone)))._replace(parts=self.parts)
        return replace(left, halo=replace(self.halo, **around._asdict()))
