"""How many rows a run's table can have: a file that claims more is not read."""

from __future__ import annotations

from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.results.tables.distributions import N_BINS
from ess_sim.results.tables.names import AGE_BANDS, CALL_OUTCOMES, CALLERS, CAUSES, POOLS

__all__ = ["most_rows"]


_ROWS_BESIDES, _ROWS_A_BYTE = 100_000, 2
"""Of tables that no count of zones and months bounds; stored rows take more than a byte each, as dates and names do."""


def most_rows(table: str, *, zones: int, years: int, size: int) -> int:
    """The most rows that a table of one run can have.

    Parameters
    ----------
    table : str
        Key of `SCHEMAS`.
    zones, years : int
        Zones of the territory, years that the run lasts.
    size : int
        Bytes of the file.

    Examples
    --------
    >>> most_rows("snapshots", zones=2, years=1, size=5_000)
    560
    """
    records = 12 * years + 2
    cells = zones * len(AGE_BANDS) * 4
    by_size = _ROWS_BESIDES + _ROWS_A_BYTE * size
    bounded = {
        "snapshots": records * cells,
        "flows": min(by_size, records * cells * len(CAUSES) * len(POOLS)),
        "calls": min(by_size, records * cells * len(CALL_OUTCOMES) * len(CALLERS)),
        "distributions": records * zones * N_BINS,
        "spells": len(POOLS) * 241,
        "outcomes": records * len(OUTCOMES),
    }
    return bounded.get(table, by_size)
