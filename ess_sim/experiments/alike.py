"""Scenarios of one command whose runs must be the same, as a limit makes all that sets them apart void."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ess_sim.errors import printable
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.policies.ahead import Limit
from ess_sim.model.run.limits import limits

__all__ = ["alike"]


_WITHOUT_EFFECT = ("name", "title", "description", "sources", "outcomes")


def alike(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """A line for each scenario that can have no other outcome than an earlier one, with the reason.

    Examples
    --------
    >>> from ess_sim.model.run.read import Scenario
    >>> places = {"communes": ["58194", "58303"]}
    >>> one = Scenario(name="a", start="2026-01-01", horizon_years=2, territory=places)
    >>> list(alike([one, one.with_(name="b")]))
    ['b says the same as a: their runs will be identical']
    """
    first: dict[str, tuple[Scenario, list[Limit]]] = {}
    for scenario in scenarios:
        void = [limit for limit in limits(scenario) if limit.void]
        earlier = first.setdefault(_effective(scenario, void), (scenario, void))
        if earlier[0] is scenario:
            continue
        other, others = earlier
        if scenario.digest == other.digest:
            yield f"{scenario.name} says the same as {other.name}: their runs will be identical"
            continue
        own, theirs = ([x for x in a if x not in b] for a, b in ((void, others), (others, void)))
        why = [_said(limit) for limit in own] or [f"{other.name}: {_said(limit)}" for limit in theirs]
        yield (
            f"{scenario.name} differs from {other.name} only in what is void, so that no outcome will differ: "
            f"{printable('; '.join(why), 400)}"
        )


def _said(limit: Limit) -> str:
    return str(problem_at(NOWHERE, limit.at, limit.words.en))


def _effective(scenario: Scenario, void: Sequence[Limit]) -> str:
    """What a scenario can do, as one text: what is asked beyond a limit left out."""
    said: dict[str, Any] = {key: value for key, value in scenario.to_dict().items() if key not in _WITHOUT_EFFECT}
    kinds = Counter(block["kind"] for block in said["policies"])
    gone = set[int]()
    for limit in void:
        at = limit.at
        if len(at) == 2 and at[0] == "policies":
            # a second policy of its kind would get its name, and other random numbers
            gone |= {i for i in [int(at[1])] if kinds[said["policies"][i]["kind"]] == 1}
            continue
        part: Any = said
        for key in at[:-1]:
            part = part[key]
        part[at[-1]] = limit.most
    policies = (json.dumps(block, sort_keys=True) for i, block in enumerate(said["policies"]) if i not in gone)
    return json.dumps({**said, "policies": sorted(policies)}, sort_keys=True)
