"""The parameters that the draws of results vary, and the groups that they are looked at in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ess_sim.errors import ResultsError, did_you_mean
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.results.results import Results
from ess_sim.results.run import Run, StoredRun

__all__ = ["groups_of", "parameters_of"]


def parameters_of(results: Results, scenarios: Sequence[str]) -> pd.DataFrame:
    """The values of the parameters that differ between draws and that a run of one of these scenarios read.

    Returns
    -------
    pandas.DataFrame
        A row a draw (its number is the index), a column a parameter, in the catalogue's order.

    Raises
    ------
    ResultsError
        If no parameter differs.
    """
    values: dict[int, Mapping[str, float]] = {}
    read: set[str] = set()
    for scenario in scenarios:
        runs = results.first(scenario, 10**9)
        first = runs[0]
        if isinstance(first, StoredRun):
            drawn: Any = first.folder.manifest["draws"]
            values.update({draw: drawn["values"][draw - 1] for draw in results.draws})
            own = set(results.about(scenario).scenario["parameters"])  # these keep their value in every draw
            read |= set(first.folder.summaries()[scenario].read) - own
        for run in runs:
            if isinstance(run, Run):
                given = {p["name"]: p["value"] for p in run.parameters}
                own = set(run.scenario.parameters)
                before = values.get(run.draw, {})
                values[run.draw] = {**given, **{n: v for n, v in before.items() if n in own}}
                read |= {p["name"] for p in run.parameters if p["read"]} - own
    table = pd.DataFrame.from_dict(values, orient="index").sort_index().loc[list(results.draws)]
    differ = [n for n in catalogue() if n in table and n in read and table[n].nunique() > 1]
    if not differ:
        raise ResultsError("no parameter that these scenarios read differs between draws: nothing can be learnt of any")
    return table[differ].astype(np.float64)


def groups_of(parameters: Sequence[str], own: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Groups with two parameters or more: those of one grade, those whose names begin alike, and a user's own.

    Raises
    ------
    ResultsError
        With every parameter of a user's group that is unknown or does not vary.

    Examples
    --------
    >>> groups_of(["mobility_17_29", "mobility_30_44", "women_fte"], {})
    {'grade D': ('mobility_17_29', 'mobility_30_44'), 'mobility_…': ('mobility_17_29', 'mobility_30_44')}
    """
    faults = []
    for group, names in own.items():
        if not names:
            faults.append(f"group {group!r} names no parameter")
        for name in names:
            if name not in catalogue():
                faults.append(f"group {group!r}: unknown parameter {name!r}{did_you_mean(name, catalogue())}")
            elif name not in parameters:
                faults.append(f"group {group!r}: {name} is the same in all draws, or no scenario here reads it")
    if faults:
        raise ResultsError("\n".join(faults))
    found: dict[str, tuple[str, ...]] = {}
    for grade in "ABCD":
        found[f"grade {grade}"] = tuple(n for n in parameters if catalogue()[n].grade == grade)
    for begin in dict.fromkeys(n.partition("_")[0] for n in parameters):
        found[f"{begin}_…"] = tuple(n for n in parameters if n.partition("_")[0] == begin)
    named = {group: names for group, names in found.items() if len(names) > 1}
    if taken := [group for group in own if group in found]:
        raise ResultsError("\n".join(f"group {group!r}: there is one of this name: choose another" for group in taken))
    return named | {group: tuple(dict.fromkeys(names)) for group, names in own.items()}
