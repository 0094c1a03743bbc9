"""Which module of the package reads which parameter.

A number is read where its name stands in the source of a module that takes part in a run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from ess_sim.inputs.catalogue.parameters import catalogue

__all__ = ["SUBJECTS", "place", "readers"]


SUBJECTS = {
    "inputs.figures": "Where a scenario gives no number",
    "model.residents.day0": "Population and day 0",
    "model.residents.rates": "Population and day 0",
    "model.residents.gravity": "Population and day 0",
    "model.residents": "Residents who look for a GP",
    "model.behaviours.gps": "GPs with a list",
    "model.run": "GPs with a list",
    "model.behaviours.centres.retired": "Retired GPs",
    "model.behaviours.internships": "Interns",
    "model.behaviours.centres": "Centres",
    "model.behaviours.ordinary_care": "Ordinary care and its price",
    "inputs.catalogue.tariffs": "Ordinary care and its price",
    "model.behaviours.centres.outreach": "Mediators and outreach",
    "model.policies": "Single policies",
    "model.world": "Interns",
}
"""Modules, or rooms of modules, that take part in a run, and what their numbers are about.

A module belongs to the longest of these names that it begins with; a number read by several goes to the first.
"""


_CHECKS = {"override_problems", "unreadable_parameters"}
"""Functions that name parameters without using their values."""


def _modules(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted name and source of every module in a folder of the package."""
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".py"):
            yield prefix + entry.name.removesuffix(".py"), entry.read_text(encoding="utf-8")
        elif entry.is_dir() and not prefix.startswith("data."):
            yield from _modules(entry, f"{prefix}{entry.name}.")


def _names(node: ast.AST) -> Iterator[str]:
    """Names in a piece of source, but for those in functions that only check.

    A name put together of parts (``f"entry_{of}_share"``) stands for all that begin and go on like it.
    """
    if getattr(node, "name", "") in _CHECKS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
        if parts and parts[0].endswith("_"):
            yield from (name for name in catalogue() if re.fullmatch("".join(parts), name))
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def place(module: str) -> str:
    """The key of `SUBJECTS` under which a module falls; '' for those that take no part in a run."""
    return max((p for p in SUBJECTS if f"{module}.".startswith(f"{p}.")), key=len, default="")


@cache
def readers() -> dict[str, tuple[str, ...]]:
    """Which modules read each parameter, in the order of the page's subjects.

    Returns
    -------
    dict of str to tuple of str
        For each name of the catalogue the modules below ``ess_sim``.

    Examples
    --------
    >>> readers()["exit_hazard_64"]
    ('model.behaviours.gps.exits',)
    """
    order = list(SUBJECTS)
    in_a_run = [m for m in _modules(resources.files("ess_sim")) if place(m[0])]
    found: dict[str, list[str]] = {name: [] for name in catalogue()}
    for module, source in sorted(in_a_run, key=lambda m: order.index(place(m[0]))):
        for name in found.keys() & set(_names(ast.parse(source))):
            found[name].append(module)
    return {name: tuple(modules) for name, modules in found.items()}
