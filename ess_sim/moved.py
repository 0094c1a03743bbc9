"""Import paths of version 0.1 lead to today's modules, with a `DeprecationWarning`, until 0.3.

Modules that bore a public name (``ess_sim.compare``, ``ess_sim.policies`` …) are not among them: what they held is
in `ess_sim` itself.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["MOVED", "Finder"]


MOVED: dict[str, tuple[str, ...]] = {
    "analysis.costs": ("analysis.accounts.public_cost",),
    "analysis.posterior": ("experiments.draws.posterior",),
    "batch": ("experiments.batches.batch", "experiments.batches.grid"),
    "cli": ("faces.cli.app",),
    "experiment": ("experiments.experiment",),
    "files": ("model.run.read", "inputs.scenario.files"),
    "folder": ("results.storage.folder", "results.storage.keys"),
    "indicators": ("results.indicators.outcomes", "results.indicators.supply", "results.indicators.calls"),
    "library": ("experiments.batches.library",),
    "parameters": ("inputs.catalogue.parameters",),
    "resources": ("inputs.catalogue.bundled", "inputs.catalogue.gp_ages", "inputs.catalogue.gp_tables"),
    "scenario": (
        *("model.run.read", "inputs.scenario.scenario", "inputs.scenario.blocks", "inputs.scenario.sourced"),
        *("inputs.scenario.territory_spec", "inputs.scenario.policy_model", "inputs.scenario.outcomes"),
    ),
    "store": ("results.storage.files.parquet", "results.storage.files.manifests", "results.storage.digest", "atomic"),
    "tables": ("results.tables.schema", "results.tables.names", "results.tables.frames"),
    "territory": ("inputs.territory.territory", "inputs.territory.travel", "inputs.territory.quarters"),
    "world": ("model.world.world", "model.world.records", "model.world.events", "model.world.levers"),
}
"""Where to look for the names of each module of version 0.1, below ``ess_sim``."""


class Finder:
    """Finds modules of version 0.1, after all other finders."""

    def find_spec(self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None) -> Any:
        """A module that looks for its names where they are now; None for a name that has not moved."""
        package, _, old = name.partition(".")
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if package == "ess_sim" and old in MOVED else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module its way of looking for names."""
        homes = MOVED[module.__name__.partition(".")[2]]

        def find(name: str) -> Any:
            for home in homes:
                found = importlib.import_module(f"ess_sim.{home}")
                if not name.startswith("__") and hasattr(found, name):
                    place = "ess_sim" if name in sys.modules["ess_sim"].__all__ else f"ess_sim.{home}"
                    text = f"{module.__name__}.{name} has moved: from {place} import {name}"
                    warnings.warn(text, DeprecationWarning, stacklevel=3)
                    return getattr(found, name)
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        module.__getattr__ = find  # type: ignore[method-assign]
