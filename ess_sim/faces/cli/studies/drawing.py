"""Pictures of studies, where matplotlib can draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw"]


def draw(load: Callable[[], Callable[..., Any]], targets: Sequence[Path], *tables: Any, **options: Any) -> list[str]:
    """Writes a figure to files.

    Parameters
    ----------
    load : callable
        Imports the function that makes the figure, and returns it.
    targets : sequence of Path
    *tables, **options
        What that function takes.

    Returns
    -------
    list of str
        The files; or one line that says why there is none.
    """
    from ess_sim.faces.cli.parts.printing import without_matplotlib  # slow, and help needs none of it

    try:
        from ess_sim.faces.figures.style import target_file, written

        figure_of = load()
    except Exception as error:  # whatever a matplotlibrc or a variable of the environment makes matplotlib raise
        return [without_matplotlib(error)]
    figure = figure_of(*tables, **options)
    return [str(written(figure, target_file(target))) for target in targets]
