"""How far the results can be relied on: what is local, what acted, what is missing, what decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ess_sim.errors import NotKeptError
from ess_sim.faces.report.gather.batch import SHARE, Batch
from ess_sim.faces.report.gather.course import gains
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.figures.local import is_local
from ess_sim.inputs.surroundings.halo import is_closed, minutes_around
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.filled import Own, filled, own_of
from ess_sim.results.comparison.twins import Twin, twins

__all__ = ["LOCAL", "Mover", "Trust", "movers", "trust"]


LOCAL = (
    *("list_holding_gps", "first_installations", "interns_per_semester", "retired_pool"),
    *("departement_list_holders", "other_gps", "without_mt"),
)
"""Local figures that a scenario can give: those of ``supply``, and who has no MT on day 0."""


class Mover(NamedTuple):
    """An assumption, and how far the gain follows it over the draws.

    Attributes
    ----------
    name : str
        Of the parameter.
    rank : float
        Spearman's rank correlation with the gain in people; NaN where it was not varied.
    sure : bool
        Whether it is farther from 0 than chance explains (95 %).
    """

    name: str
    rank: float
    sure: bool


@dataclass(frozen=True, eq=False)
class Trust:
    """What a reader needs to judge the comparison.

    Attributes
    ----------
    given : list of str
        Those of `LOCAL` that the main scenario gives of its own place.
    estimated : dict of str to set of str
        Those that stand in it as public data, rates or assumptions, with their grades.
    posts : list of Own or None
        None where it is not known.
    better : float
        Share of the observations in which the main scenario does better; NaN where nothing is compared, or too few
        observations are there.
    swept : bool
        Whether ``movers`` come from parameter draws.
    movers : list of Mover
        Most decisive first.
    idle : list of str
        Scenarios that are identical to their baseline in all runs.
    twins : list of Twin
        Scenarios that are identical to another one, in every outcome; their baselines apart.
    late : list of str
        Scenarios of which a policy would act only after the end.
    same : list of str
        Scenarios that have no policy or figure which their baseline has not.
    closed : bool
        Whether the territory is smaller than a département and no commune around it takes part in the runs.
    halo : float
        Up to how many minutes around communes take part; 0 where none does.
    """

    given: list[str]
    estimated: dict[str, set[str]]
    posts: list[Own] | None
    better: float
    swept: bool
    movers: list[Mover]
    idle: list[str]
    twins: list[Twin]
    late: list[str]
    same: list[str]
    closed: bool
    halo: float


def trust(batch: Batch) -> Trust:
    """All of it, of the main scenario and its comparison."""
    said = batch.scenario(batch.main)
    given, estimated = _given(said)
    idle = [s for s in batch.compared if not gains(batch, s).any()]
    found = movers(batch)
    end = str(batch.dates[-1].date())
    bases = list(batch.compared.values())
    return Trust(
        given=given,
        estimated=estimated,
        posts=_posts(batch),
        better=_better(batch),
        swept=bool(found),
        movers=found or _not_varied(batch),
        idle=idle,
        twins=[twin for twin in twins(batch.results, first=bases) if batch.compared.get(twin.scenario) != twin.other],
        late=[s for s in batch.results.scenarios if any(day > end for day in batch.results.about(s).acts_from)],
        same=[s for s in idle if _alike(batch, s)],
        closed=is_closed(said["territory"]),
        halo=minutes_around(said["territory"]),
    )


def _given(said: Mapping[str, Any]) -> tuple[list[str], dict[str, set[str]]]:
    """What is local, and the grades of what is given and is not; one local block makes a figure local."""
    stated = {**said["supply"], "without_mt": said["residents"]["without_mt"]}
    given, estimated = [], {}
    for key in LOCAL:
        found = stated.get(key) or ()
        blocks = [found] if isinstance(found, Mapping) else list(found)
        if any(is_local(block["source"], block["grade"]) for block in blocks):
            given.append(key)
        elif blocks:
            estimated[key] = {str(block["grade"]) for block in blocks}
    return given, estimated


def _alike(batch: Batch, scenario: str) -> bool:
    one, other = (batch.scenario(name) for name in (scenario, batch.compared[scenario]))
    own = {"name", "title", "description", "sources", "outcomes"}
    return all(one[key] == other.get(key) for key in one if key not in own)


def _better(batch: Batch) -> float:
    if batch.main not in batch.compared or batch.few:
        return float("nan")
    one = {batch.main: batch.compared[batch.main]}
    table = compare(batch.results, baseline=one, outcomes=SHARE, dates=[batch.marks[-1]])
    return float(table["p_better"].iloc[0])


def _posts(batch: Batch) -> list[Own] | None:
    try:
        every = filled(batch.thin)
    except NotKeptError:
        return None
    return [own for own in own_of(every, batch.compared) if not batch.compared or own.scenario in batch.compared]


def movers(batch: Batch) -> list[Mover]:
    """Parameters that were drawn, by how far the main scenario's gain at the end follows them; none without draws."""
    drawn: Any = batch.manifest["draws"]
    if not drawn or not batch.drawn or batch.main not in batch.compared:
        return []
    gain = gains(batch, batch.main)[-1]
    values = pd.DataFrame(drawn["values"]).iloc[[draw - 1 for draw in batch.results.draws]]
    ranks = values.rank().to_numpy(float)
    mine = pd.Series(gain).rank().to_numpy(float)
    n, found = len(gain), []
    for name, column in zip(values.columns, ranks.T, strict=True):
        if np.ptp(column) and np.ptp(mine):
            rho = float(np.corrcoef(column, mine)[0, 1])
            found.append(Mover(str(name), rho, bool(abs(rho) > 1.96 / np.sqrt(n - 1))))
    return sorted(found, key=lambda m: (-abs(m.rank), m.name))


def _not_varied(batch: Batch) -> list[Mover]:
    """Assumptions that only the main scenario reads come first, those with the widest ranges before others."""
    mine = batch.results.grade_d[batch.main]
    base = set(batch.results.grade_d.get(batch.compared.get(batch.main, ""), ()))
    known = catalogue()

    def width(name: str) -> float:
        """Of its range, beside its value."""
        p = known.get(name)
        return (p.high - p.low) / max(abs(p.value), 1e-9) if p is not None else 0.0

    order = sorted(mine, key=lambda name: (bool(batch.compared) and name in base, -width(name), name))
    return [Mover(name, float("nan"), False) for name in order]
