"""Pictures of results: tables in, matplotlib figures out, in English or French.

Each function takes a table of this package (`ess_sim.compare`, `levels`, `ess_sim.by_flow`, a results' ``table``) and
returns a `matplotlib.figure.Figure`, without a window and without global state; `save` writes it, the same bytes each
time. `plot_share` and `plot_costs` draw and write at once.

>>> from ess_sim import figures
>>> figures.forest.__module__
'ess_sim.faces.figures.forest'
"""

from ess_sim.faces.figures.costs import plot_costs
from ess_sim.faces.figures.decomposition import decomposition
from ess_sim.faces.figures.forest import forest
from ess_sim.faces.figures.ledger import ledger
from ess_sim.faces.figures.lines import difference, time
from ess_sim.faces.figures.maps.zone_map import zone_map
from ess_sim.faces.figures.multiples import small_multiples
from ess_sim.faces.figures.share import marks_of, plot_share, titles_of
from ess_sim.faces.figures.studies.frontier import frontier
from ess_sim.faces.figures.studies.league import league_figure
from ess_sim.faces.figures.studies.worth import worth
from ess_sim.faces.figures.style import save
from ess_sim.results.comparison.differences import levels

__all__ = [
    "decomposition",
    "difference",
    "forest",
    "frontier",
    "league_figure",
    "ledger",
    "levels",
    "marks_of",
    "plot_costs",
    "plot_share",
    "save",
    "small_multiples",
    "time",
    "titles_of",
    "worth",
    "zone_map",
]
