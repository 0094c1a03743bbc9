"""Pages that are made as the site is built: of docstrings, of the registry of policies, of tables and of commands.

A page in ``docs/reference`` is Markdown with marks: ``<!-- made: policies -->`` stands for what a function here makes,
``<!-- docstrings: ess_sim -->`` before a line of names for their docstrings. On GitHub the names are seen.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping

import typer
from typer.testing import CliRunner

from ess_sim.faces.cli.app import app
from ess_sim.faces.explanation.keys import Section, sections
from ess_sim.faces.reports.markdown import plain, table
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.model.policies.registry import KINDS
from ess_sim.results.tables.schema import SCHEMAS, describe_table

__all__ = ["MADE", "commands", "marks_on", "names_on", "outcomes", "policies", "tables", "with_made"]

_MADE = re.compile(r"<!-- made: (\w+) -->")
_DOCSTRINGS = re.compile(r"<!-- docstrings: ([\w.]+) -->\n((?:`\w+`,?\s)+)")
_NAME = re.compile(r"`(\w+)`")


def with_made(text: str, made: Mapping[str, Callable[[], Iterable[str]]]) -> str:
    r"""A page with what its marks stand for.

    >>> with_made("# A\n\n<!-- made: b -->\n", {"b": lambda: ["one", "two"]})
    '# A\n\none\ntwo\n'
    """
    text = _DOCSTRINGS.sub(lambda found: "\n".join(_documented(found[1], found[2])) + "\n", text)
    return _MADE.sub(lambda found: "\n".join(made[found[1]]()), text)


def marks_on(text: str) -> list[str]:
    """What is made on a page, by name."""
    return _MADE.findall(text)


def names_on(text: str) -> dict[str, list[str]]:
    r"""The public names whose docstrings a page shows, by module.

    >>> names_on("<!-- docstrings: ess_sim -->\n`Run`,\n`Results`\n")
    {'ess_sim': ['Run', 'Results']}
    """
    found: dict[str, list[str]] = {}
    for module, names in _DOCSTRINGS.findall(text):
        found.setdefault(module, []).extend(_NAME.findall(names))
    return found


def _documented(module: str, names: str) -> Iterable[str]:
    for name in _NAME.findall(names):
        public = getattr(importlib.import_module(module), name)
        kind = "function"
        if isinstance(public, type):
            kind = "exception" if issubclass(public, Exception) else "class"
        elif not callable(public):
            kind = "data"
        yield from ("```{eval-rst}", f".. auto{kind}:: {module}.{name}", "```", "")


def policies() -> Iterable[str]:
    """Each kind of policy: its names in both languages, its dose, its fields with what they take."""
    found = {section.title: section for section in sections()}
    yield from table(
        ["kind", "what it is", "en français"],
        ((f"[`{kind}`](#{kind})", cls.about, _labels(kind)[1]) for kind, cls in sorted(KINDS.items())),
    )
    for kind, cls in sorted(KINDS.items()):
        labels = [label for label in _labels(kind) if label]
        yield from (
            "",
            f"({kind})=",
            f"## `{kind}`",
            "",
            *([f"*{' · '.join(map(plain, labels))}*", ""] if labels else []),
        )
        yield from _fields(found[f"kind: {kind}"])
        if only := sorted(cls.reads()):
            yield from ("", "Parameters that matter with it: " + ", ".join(f"`{name}`" for name in only) + ".")


def _labels(kind: str) -> tuple[str, str]:
    label = KINDS[kind].label
    return (label.en, label.fr) if label else ("", "")


def _fields(section: Section) -> Iterable[str]:
    yield from (plain(section.about), "")
    yield from table(
        ["field", "means", "takes", "default"],
        ((f"`{key.name}`", key.means, key.takes, key.default) for key in section.keys),
    )


def outcomes() -> Iterable[str]:
    """Outcomes that a scenario may declare, with units and directions, in both languages."""
    return table(
        ["outcome", "means", "en français", "unit", "better"],
        ((f"`{name}`", o.about, o.about_fr, o.unit_of_level, o.better) for name, o in OUTCOMES.items()),
    )


def tables() -> Iterable[str]:
    """The columns of each table of a run, with types and units."""
    for name in SCHEMAS:
        rows = describe_table(name).itertuples(index=False)
        yield from ("", f"## `{name}`", "")
        yield from table(
            ["column", "means", "unit", "type"], ((f"`{c}`", about, unit, t) for c, t, unit, about in rows)
        )


def commands() -> Iterable[str]:
    """What each command says of itself."""
    run = CliRunner().invoke
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        said = run(app, [name, "--help"], prog_name="ess-sim", env={"COLUMNS": "80"}).output
        yield from ("", f"## `ess-sim {name}`", "", "```text", said.rstrip(), "```")


MADE: Mapping[str, Callable[[], Iterable[str]]] = {
    "policies": policies,
    "outcomes": outcomes,
    "tables": tables,
    "commands": commands,
}
"""What marks on pages stand for."""
