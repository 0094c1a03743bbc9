"""The page of parameters: the catalogue with who reads each number, found in the package's own sources.

A number is read where its name stands in the source of a module that takes part in a run. Who merely declares that a
number matters for it (a policy's ``reads``) does so in a set, and is told apart by that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import pandas as pd

from ess_sim.markdown import table
from ess_sim.parameters import Parameter, catalogue
from ess_sim.policies.base import CENTRE_PARAMETERS
from ess_sim.policies.registry import KINDS

__all__ = ["GRADES", "number", "parameter_page", "parameter_table", "readers"]

GRADES = {"A": "official figure", "B": "study", "C": "press or expert", "D": "assumption"}
"""What the grades of evidence stand for, best first."""

_SUBJECTS = {
    "start": "Population and day 0",
    "residents": "Residents who look for a GP",
    "behaviours.practices": "GPs with a list",
    "simulate": "GPs with a list",
    "behaviours.retired": "Retired GPs",
    "behaviours.internships": "Interns",
    "behaviours.centres": "Centres",
    "behaviours.posts": "Centres",
    "behaviours.salaried": "Centres",
    "behaviours.ledger": "Centres",
    "behaviours.insolvency": "Centres",
    "behaviours.fees": "Ordinary care and its price",
    "tariffs": "Ordinary care and its price",
    "behaviours.outreach": "Mediators and outreach",
    "policies": "Single policies",
    "world": "Interns",
}
"""Modules that take part in a run, and what their numbers are about. A number read by several of them goes to the
first."""

_CHECKS = {"override_problems", "unreadable_parameters"}
"""Functions that name parameters without using their values."""


def _modules(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted name and source of every module in a folder of the package."""
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".py"):
            yield prefix + entry.name.removesuffix(".py"), entry.read_text(encoding="utf-8")
        elif entry.is_dir() and entry.name in ("behaviours", "policies"):
            yield from _modules(entry, f"{prefix}{entry.name}.")


def _names(node: ast.AST) -> Iterator[str]:
    """Names in a piece of source, but for those in sets and in functions that only check.

    A name put together of parts (``f"entry_{of}_share"``) stands for all that begin and go on like it.
    """
    if isinstance(node, ast.Set) or getattr(node, "name", "") in _CHECKS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
        if parts and parts[0].endswith("_"):
            yield from (name for name in catalogue() if re.fullmatch("".join(parts), name))
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def _place(module: str) -> str:
    return "policies" if module.startswith("policies.") else module


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
    ('behaviours.practices',)
    """
    order = list(_SUBJECTS)
    in_a_run = [m for m in _modules(resources.files("ess_sim")) if _place(m[0]) in order]
    found: dict[str, list[str]] = {name: [] for name in catalogue()}
    for module, source in sorted(in_a_run, key=lambda m: order.index(_place(m[0]))):
        for name in found.keys() & set(_names(ast.parse(source))):
            found[name].append(module)
    return {name: tuple(modules) for name, modules in found.items()}


def _needed(name: str) -> str:
    """Without what a parameter changes nothing; '' where it always matters."""
    kinds = sorted(kind for kind, policy in KINDS.items() if name in policy.reads)
    if name in CENTRE_PARAMETERS:
        others = [kind for kind in kinds if not KINDS[kind].reads >= CENTRE_PARAMETERS]
        return " or ".join(["a centre", *others])
    return " or ".join(kinds)


def number(value: float) -> str:
    """A catalogue figure with every digit it has, and none more: 1,500 and 0.005.

    >>> number(1500.0), number(0.005), number(65.1)
    ('1,500', '0.005', '65.1')
    """
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def parameter_table(text: str = "") -> pd.DataFrame:
    """The catalogue by subject, to be printed.

    Parameters
    ----------
    text : str
        Only parameters with this text in their name or in what they do.

    Returns
    -------
    pandas.DataFrame
        ``subject``, ``name``, ``value``, ``range`` (low–high), ``unit``, ``grade``, ``about``, ``source``, ``read by``
        (modules below ``ess_sim``), ``only with`` (without what it changes nothing; '' where it always matters); texts.

    Examples
    --------
    >>> parameter_table("handover_share").loc[0, ["value", "range", "read by"]].tolist()
    ['0.3', '0–0.5', 'behaviours.practices']
    """
    subjects = [*dict.fromkeys(_SUBJECTS.values()), "Read by no module of a run"]
    wanted = text.casefold()
    shown = [p for p in catalogue().values() if wanted in p.name.casefold() or wanted in p.note.casefold()]

    def subject(p: Parameter) -> str:
        modules = readers()[p.name]
        return _SUBJECTS[_place(modules[0])] if modules else subjects[-1]

    rows = [
        {
            "subject": subject(p),
            "name": p.name,
            "value": number(p.value),
            "range": "–" if p.low == p.high else f"{number(p.low)}–{number(p.high)}",
            "unit": p.unit,
            "grade": p.grade,
            "about": p.note,
            "source": p.source,
            "read by": ", ".join(readers()[p.name]),
            "only with": _needed(p.name),
        }
        for p in sorted(shown, key=lambda p: subjects.index(subject(p)))
    ]
    return pd.DataFrame(rows)


def parameter_page() -> str:
    """``docs/parameters.md``: every parameter by subject, with its range, grade, source and readers.

    Examples
    --------
    >>> print(parameter_page().splitlines()[0])
    # Parameters
    """
    found = parameter_table()
    counts = {grade: int((found["grade"] == grade).sum()) for grade in GRADES}
    lines = [
        "# Parameters",
        "",
        "This page is made from the catalogue (`ess_sim/data/parameters.csv`) and from the sources of the package by "
        "`ess-sim parameters --markdown`. Do not edit it.",
        "",
        f"The catalogue holds {len(found)} numbers. Each has one central value for all scenarios, a range within which "
        "it is defensible, and a grade of the evidence behind it:",
        "",
        *table(["grade", "means", "parameters"], [(grade, GRADES[grade], n) for grade, n in counts.items()]),
        "",
        f"**{counts['D']} of {len(found)} are assumptions.** A run counts those that it reads: without a policy or a "
        "centre many of them change nothing. Whatever `ess-sim` prints of results says on how many assumptions they "
        "rest, and `manifest.json` lists them. `ess-sim run --draws` varies grades B, C and D within their ranges; "
        "[limits](limits.md) says what follows.",
        "",
        "*Read by*: modules of the package that use the number, found in their source. *Only with*: without this "
        "policy, or without any centre, the number changes nothing, and a scenario that overrides it is refused. "
        "[The model](model.md) says how each number is used. Codes such as A07 are rows of the literature table that "
        "the project began with.",
    ]
    for subject, rows in found.groupby("subject", sort=False):
        grades = ", ".join(f"{n} {grade}" for grade in GRADES if (n := int((rows["grade"] == grade).sum())))
        shown = rows.drop(columns="subject").assign(name="`" + rows["name"] + "`")
        lines += ["", f"## {subject}", "", f"{len(rows)} parameters: {grades}.", ""]
        lines += table([str(column) for column in shown], shown.itertuples(index=False))
    return "\n".join(lines) + "\n"
