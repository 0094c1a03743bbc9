"""Scenarios on a STRESS-DES sheet: their aims, what each changes, and what it holds on day 0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ess_sim.faces.reports.markdown import plain, table
from ess_sim.faces.reports.stress_batch import NOT_RECORDED, Batch, counted, inline, span_of
from ess_sim.inputs.languages.bilingual import in_language
from ess_sim.inputs.scenario.territory_spec import WAYS
from ess_sim.inputs.surroundings.halo import minutes_around
from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.model.policies.registry import KINDS

__all__ = ["aims", "entities", "scenario_logic"]


def aims(batch: Batch) -> Iterator[str]:
    """Title, description and baseline of each scenario."""
    for name in batch.names:
        said, base = batch.scenario(name), batch.baseline(name)
        against = f"compared with `{base}`" if base else "compared with no other"
        title, text = (plain(in_language(said[key])) for key in ("title", "description"))
        yield f"- `{name}`: {title or 'without title'} ({against}). {text}".rstrip()


def scenario_logic(batch: Batch) -> Iterator[str]:
    """What each scenario says otherwise than its baseline."""
    for name in batch.names:
        base, said = batch.baseline(name), batch.scenario(name)
        if base is None:
            yield f"- `{name}`:"
            found = [_policy(block) for block in said["policies"]] or ["no policy"]
        else:
            yield f"- `{name}`, against `{base}`:"
            found = list(_differences(batch.scenario(base), said)) or ["nothing that can change a result"]
        yield from (f"  - {line}" for line in found)


def _policy(block: Mapping[str, Any]) -> str:
    kind = block["kind"]
    about = KINDS[kind].about if kind in KINDS else "A user-defined policy."
    return f"policy `{kind}`: {plain(about)} {plain(inline({k: v for k, v in block.items() if k != 'kind'}))}"


def _differences(base: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    """The differences between a scenario and its baseline that can change a result."""

    def blocks(one: Mapping[str, Any]) -> Counter[str]:
        return Counter(json.dumps(block, sort_keys=True) for block in one["policies"])

    yield from (f"with {_policy(json.loads(text))}" for text in (blocks(said) - blocks(base)).elements())
    yield from (f"without {_policy(json.loads(text))}" for text in (blocks(base) - blocks(said)).elements())
    for key in ("start", "horizon_years", "territory", "supply", "residents", "parameters"):
        for path, old, new in _changes(base[key], said[key], key):
            yield f"`{path}`: {plain(inline(old))} → {plain(inline(new))}"


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _changes(old.get(key), new.get(key), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, f"{path}[{i}]")
    elif old != new:
        yield path, old, new


def entities(batch: Batch) -> Iterator[str]:
    """Zones, adults, GPs and centres of each scenario on day 0."""
    rows = (
        (
            name,
            _territory(batch.scenario(name)["territory"]),
            len(batch.entry(name)["territory"]["zones"]),
            f"{batch.adults[name]:,}" if name in batch.adults else NOT_RECORDED,
            *(span_of([batch.mean_count(name, event)]) for event in ("gp_present", "centre_present")),
        )
        for name in batch.names
    )
    return table(["scenario", "territory", "zones", "adults", "GPs with a list", "centres"], rows)


def _territory(spec: Mapping[str, Any]) -> str:
    """A description of the territory."""
    text = f"a user's file, {spec['csv']}"
    for key, way in WAYS.items():
        if way.kind and spec.get(key) is not None:
            names = names_of_kind(way.kind)
            codes = spec[key] if isinstance(spec[key], list) else [spec[key]]
            text = f"{key}: " + ", ".join(f"{names.get(code, code)} ({code})" for code in codes)
    quarters = ", ".join(quarter["name"] for quarter in spec["quarters"] or [])
    text += f"; quarters as zones of their own: {quarters}" if quarters else ""
    text += f"; {counted(len(spec['leave_out']), 'zone')} left out" if spec["leave_out"] else ""
    halo = minutes_around(spec)
    return text + (
        f"; communes within {halo:g} minutes take part, and are left out of the results but for costs" if halo else ""
    )
