"""The form that experts fill in: which parameters it asks for, and how its file is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ess_sim.errors import ParameterError, did_you_mean
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.model.run.checks import unreadable_parameters
from ess_sim.model.run.simulation import simulate

__all__ = ["COLUMNS", "Question", "form_text", "questions"]


COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "parameter": {"en": "parameter", "fr": "paramètre"},
        "meaning": {"en": "meaning", "fr": "signification"},
        "unit": {"en": "unit", "fr": "unité"},
        "current": {"en": "current value", "fr": "valeur actuelle"},
        "low": {"en": "low", "fr": "bas"},
        "most_likely": {"en": "most likely", "fr": "plus probable"},
        "high": {"en": "high", "fr": "haut"},
        "why": {"en": "why", "fr": "pourquoi"},
        "expert": {"en": "expert", "fr": "expert"},
        "given": {"en": "given on", "fr": "donné le"},
    }
)
"""Columns of a form, as its file calls them in either language; both are read."""


@dataclass(frozen=True)
class Question:
    """A parameter that experts are asked about.

    Attributes
    ----------
    parameter : str
        Name in the catalogue.
    meaning : str
        What it does; in English, as the catalogue says it, unless it is translated.
    unit : str
        The catalogue's unit.
    current : float
        The scenario's value, else the catalogue's.
    """

    parameter: str
    meaning: str
    unit: str
    current: float


def questions(scenario: Scenario, names: Sequence[str] | None = None) -> tuple[Question, ...]:
    """The parameters to ask about, in the catalogue's order.

    Parameters
    ----------
    scenario : Scenario
    names : sequence of str, optional
        Parameters of any grade; by default the assumptions (grade D) that a run of the scenario reads.

    Raises
    ------
    ParameterError
        With every name that is unknown, or that the scenario cannot read; or if it reads no assumption.
    """
    known = catalogue()
    if names is None:
        chosen = set(simulate(scenario).grade_d)  # a whole run, because some parameters are read late
        if not chosen:
            raise ParameterError(f"{scenario.name}: reads no parameter of grade D: name those to ask about")
    else:
        unread = dict(unreadable_parameters(scenario, names))
        faults = [f"unknown parameter {n!r}{did_you_mean(n, known)}" for n in dict.fromkeys(names) if n not in known]
        faults += [f"{n}: {what} ({scenario.name})" for n, what in unread.items()]
        if faults:
            raise ParameterError("\n".join(faults))
        chosen = set(names)
    return tuple(
        Question(p.name, p.note, p.unit, scenario.parameters.get(p.name, p.value))
        for p in known.values()
        if p.name in chosen
    )


def form_text(asked: Iterable[Question], units: Mapping[str, str], lang: Literal["en", "fr"]) -> str:
    r"""The form as a table that spreadsheets open: commas and points in English, semicolons and commas in French.

    Parameters
    ----------
    asked : iterable of Question
    units : mapping of str to str
        What units are called, where not as in the catalogue.
    lang : {'en', 'fr'}

    Examples
    --------
    >>> asked = [Question("informed_share", "Part of calls.", "share", 0.5)]
    >>> form_text(asked, {"share": "part"}, "fr").splitlines()[1]
    'informed_share;Part of calls.;part;0,5;;;;;;'
    """
    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter=";" if lang == "fr" else ",", lineterminator="\r\n")
    rows.writerow([names[lang] for names in COLUMNS.values()])
    for q in asked:
        current = f"{q.current:.10g}"
        given = [q.parameter, q.meaning, units.get(q.unit, q.unit), current.replace(".", ",", lang == "fr")]
        rows.writerow(given + [""] * (len(COLUMNS) - len(given)))
    return out.getvalue()
