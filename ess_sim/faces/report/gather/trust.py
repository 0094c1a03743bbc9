"""How far the results can be relied on: what is local, what acted, what is missing, what decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ess_sim.errors import NotKeptError
from ess_sim.faces.report.gather.batch import SHARE, Batch
from ess_sim.faces.report.gather.course import gains
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.results.comparison.differences import compare
from ess_sim.results.comparison.filled import places
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["LOCAL", "Mover", "Posts", "Trust", "movers", "trust"]


LOCAL = (
    *("list_holding_gps", "first_installations", "interns_per_semester", "retired_pool"),
    *("departement_list_holders", "other_gps", "without_mt"),
)
"""Local figures that a scenario can give: those of ``supply``, and who has no MT on day 0."""


class Posts(NamedTuple):
    """Posts or intern places of one scenario: number offered and filled, and what kept them from being filled."""

    scenario: str
    kind: str
    offered: float
    filled: float
    why: str


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
        Those of `LOCAL` that the main scenario gives.
    posts : list of Posts or None
        None where it is not known.
    better : float
        Share of the observations in which the main scenario does better; NaN where nothing is compared.
    swept : bool
        Whether ``movers`` come from parameter draws.
    movers : list of Mover
        Most decisive first.
    idle : list of str
        Scenarios that are identical to their baseline in all runs.
    late : list of str
        Scenarios of which a policy would act only after the end.
    same : list of str
        Scenarios that have no policy or figure which their baseline has not.
    few : bool
        Whether there are too few observations for an interval.
    closed : bool
        Whether the territory is smaller than a département and no commune around it takes part in the runs.
    """

    given: list[str]
    posts: list[Posts] | None
    better: float
    swept: bool
    movers: list[Mover]
    idle: list[str]
    late: list[str]
    same: list[str]
    few: bool
    closed: bool


def trust(batch: Batch) -> Trust:
    """All of it, of the main scenario and its comparison."""
    said = batch.scenario(batch.main)
    local = {**said["supply"], "without_mt": said["residents"]["without_mt"]}
    idle = [s for s in batch.compared if not gains(batch, s).any()]
    found = movers(batch)
    end = str(batch.dates[-1].date())
    return Trust(
        given=[key for key in LOCAL if local.get(key)],
        posts=_posts(batch),
        better=_better(batch),
        swept=bool(found),
        movers=found or _not_varied(batch),
        idle=idle,
        late=[s for s in batch.results.scenarios if any(day > end for day in batch.results.about(s).acts_from)],
        same=[s for s in idle if _alike(batch, s)],
        few=batch.n < FEWEST,
        closed=_closed(said["territory"]),
    )


def _closed(territory: dict[str, Any]) -> bool:
    part = any(territory.get(way) for way in ("communes", "epci", "ept"))
    return part and not territory.get("halo_minutes")


def _alike(batch: Batch, scenario: str) -> bool:
    one, other = (batch.scenario(name) for name in (scenario, batch.compared[scenario]))
    own = {"name", "title", "description", "sources", "outcomes"}
    return all(one[key] == other.get(key) for key in one if key not in own)


def _better(batch: Batch) -> float:
    if batch.main not in batch.compared:
        return float("nan")
    one = {batch.main: batch.compared[batch.main]}
    table = compare(batch.results, baseline=one, outcomes=SHARE, dates=[batch.marks[-1]])
    return float(table["p_better"].iloc[0])


def _posts(batch: Batch) -> list[Posts] | None:
    try:
        table = places(batch.thin)
    except NotKeptError:
        return None
    actors = table.groupby("scenario")["actor"].agg(set).to_dict()
    found = []
    for (scenario, kind), rows in table.groupby(["scenario", "kind"], sort=False):
        name = str(scenario)
        if batch.compared and name not in batch.compared:
            continue
        own = rows[~rows["actor"].isin(actors.get(batch.compared.get(name, ""), set()))]
        if own["offered"].sum() > 0:
            why = ", ".join(dict.fromkeys(filter(None, own["why"])))
            found.append(Posts(name, str(kind), float(own["offered"].sum()), float(own["filled"].sum()), why))
    return found


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
