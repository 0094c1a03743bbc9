"""The keys of a batch file: what each takes, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ess_sim.experiments.draws.designs import Design
from ess_sim.inputs.editors.rules import rules
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.frozen import Frozen
from ess_sim.results.keeping import Snapshots

__all__ = ["NEEDS", "BatchKeys", "Engine"]


Engine = Literal["processes", "dask"]
_Text = Annotated[str, Field(min_length=1)]
_Texts = Annotated[tuple[_Text, ...], Field(min_length=1)]


NEEDS: Mapping[str, str] = {"combine": "vary", "apply_to": "vary", "design": "draws"}
"""Keys that say nothing without another one."""


class BatchKeys(Frozen):
    """Which scenarios to run, how often, and a grid of variants."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *({"if": {"required": [key]}, "then": {"required": [other]}} for key, other in NEEDS.items())
        )
    )

    batch: str = Field(description="short identifier of letters, digits, - _ and .")
    title: Bilingual = Field(Bilingual(), description="one line for people, in one language or in both")
    scenarios: _Texts = Field(description="scenario files, relative to this one")
    baseline: _Text | None = Field(None, description="name of the scenario to compare with; left out: the first one")
    vary: Annotated[Mapping[str, Any], Field(min_length=1)] | None = Field(
        None, description="values of dotted paths such as parameters.settle_probability or policies.smp.rooms"
    )
    combine: Literal["cross", "zip"] = Field("cross", description="each value with each, or lists side by side")
    apply_to: _Texts | None = Field(None, description="names of the scenarios that vary; left out: all")
    replications: Annotated[int, Field(ge=1)] = Field(20, description="runs of each scenario")
    seed: Annotated[int, Field(ge=0)] = Field(1, description="root seed of all random numbers")
    draws: Any = Field(  # of several kinds, which the reader distinguishes
        None, description="draws of the catalogue's parameters: how many, or where they are"
    )
    design: Design = Field("latin-hypercube", description="how parameters are drawn")
    outcomes: _Texts | None = Field(None, description="outcomes that run and compare show")
    precision: Annotated[float, Field(gt=0)] | None = Field(
        None, description="half-width of the interval that is wanted, percentage points"
    )
    engine: Engine | None = Field(None, description="what carries the runs out")
    jobs: Annotated[int, Field(ge=1)] | None = Field(None, description="worker processes")
    keep: _Texts | None = Field(None, description="tables that the results folder keeps; left out: all")
    snapshots: Snapshots | None = Field(None, description="at which records it keeps residents by cell")
