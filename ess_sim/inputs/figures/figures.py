"""Every number that a run of a scenario in a territory starts from, in one list."""

from __future__ import annotations

from collections.abc import Mapping

from ess_sim.arguments import checked
from ess_sim.inputs.catalogue.figure import Figure
from ess_sim.inputs.catalogue.parameters import Parameters
from ess_sim.inputs.figures import defaults
from ess_sim.inputs.figures.gp_ages import ages_of_territory
from ess_sim.inputs.figures.gps import start_gps
from ess_sim.inputs.figures.residents import precarious, rates, without_mt
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.territory import Territory

__all__ = ["assumed_lines", "figures_of"]


_LABELS = {
    "supply.list_holding_gps": "list-holding GPs",
    "supply.gp_ages": "GPs' ages",
    "supply.first_installations": "first installations",
    "supply.interns_per_semester": "interns",
    "supply.departement_list_holders": "list-holders of the département",
    "supply.retired_pool": "retired GPs in the pool on day 0",
    "supply.other_gps": "GPs in other work on day 0",
    "residents.without_mt": "residents without MT",
}


def assumed_lines(*figures: Figure) -> list[str]:
    """What results say of figures that the scenario does not give: value, unit and rule, a line each.

    >>> assumed_lines(Figure("supply.first_installations", 3.08, "a year", "0.044 for each of 70: Cnam", "C"))
    ['first installations: 3.08 a year, 0.044 for each of 70, grade C']
    """
    return [
        f"{_LABELS[f.key]}: {_words(f)}, {f.source.partition(':')[0]}, grade {f.grade}"
        for f in figures
        if not f.given and f.key in _LABELS
    ]


def _words(figure: Figure) -> str:
    """A value and its unit, as a line after a label says them."""
    kind, _, rest = figure.unit.partition(" ")
    if kind == "share":
        return f"{100 * figure.value:.1f} % {rest}"
    return f"{figure.value:.4g}" if figure.unit == "GPs" else f"{figure.value:.4g} {figure.unit}"


@checked
def figures_of(scenario: Scenario, territory: Territory, p: Mapping[str, float] | None = None) -> tuple[Figure, ...]:
    """Every input of a scenario in a territory: what it gives, and what the data and the catalogue say elsewhere.

    The model runs with these numbers.

    Parameters
    ----------
    scenario : Scenario
        Without problems.
    territory : Territory
        Where it is run, e.g. of the scenario's own codes.
    p : mapping of str to float, optional
        A run's parameters, or values by name in place of the scenario's and the catalogue's.

    Returns
    -------
    tuple of Figure
        Residents, ages and travel of the territory; GPs (``supply.…``); residents' state (``residents.…``). Several
        share a key where blocks speak of zones, or zones are known in different ways.

    Examples
    --------
    >>> import ess_sim
    >>> scenario = ess_sim.Scenario(
    ...     name="laval", start="2024-01-01", horizon_years=1, territory={"epci": "200083392"}
    ... )
    >>> figures = ess_sim.figures_of(scenario, ess_sim.Territory.from_epci("200083392"))
    >>> [(f.value, f.grade, f.given) for f in figures if f.key == "supply.list_holding_gps"]
    [(63, 'C', False)]
    """
    p = p if isinstance(p, Parameters) else Parameters({**scenario.parameters, **(p or {})})
    gps = start_gps(scenario, territory, p)
    around = defaults.departement_list_holders(scenario, territory, gps.total)
    everywhere = max(gps.total, int(around.value))
    states = without_mt(scenario, territory, territory.adults, p)
    return (
        *territory.figures,
        *gps.figures,
        *ages_of_territory(territory, gps.by_zone),
        defaults.first_installations(scenario, p, gps.total),
        defaults.interns_per_semester(scenario, territory, p),
        around,
        defaults.retired_pool(scenario, p, everywhere),
        defaults.other_gps(scenario, p, gps.total),
        *_centres(scenario),
        *(figure for state in states for figure in state.figures),
        *precarious(scenario, territory.zones, p)[1],
        *rates(scenario),
    )


def _centres(scenario: Scenario) -> tuple[Figure, ...]:
    """Centres of day 0 by the adults on their lists."""
    key, centres = "supply.centres", scenario.supply.centres
    if not centres:
        return (Figure(key, 0, "centres", "none, as the scenario names none: ess_sim assumption", "D"),)
    return tuple(Figure(key, c.listed, "adults on its list", c.source, c.grade, given=True) for c in centres)
