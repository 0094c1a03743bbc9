"""The page of parameters: the catalogue, and which modules read each number, found in the package's own sources."""

from __future__ import annotations

import pandas as pd

from ess_sim.faces.reports.markdown import table
from ess_sim.faces.reports.usage import SUBJECTS, place, readers
from ess_sim.inputs.catalogue.parameters import Parameter, catalogue

__all__ = ["GRADES", "number", "parameter_page", "parameter_table"]


GRADES = {"A": "official figure", "B": "study", "C": "press or expert", "D": "assumption"}
"""What the grades of evidence stand for, best first."""


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
    ['0.44', '0.25–0.7', 'behaviours.gps.handover']
    """
    subjects = [*dict.fromkeys(SUBJECTS.values()), "Read by no module of a run"]
    wanted = text.casefold()
    shown = [p for p in catalogue().values() if wanted in p.name.casefold() or wanted in p.note.casefold()]

    def subject(p: Parameter) -> str:
        modules = readers()[p.name]
        return SUBJECTS[place(modules[0])] if modules else subjects[-1]

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
            "read by": ", ".join(module.removeprefix("model.") for module in readers()[p.name]),
            "only with": p.condition,
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
    by_zone = ", ".join(f"`{p.name}`" for p in catalogue().values() if p.by_zone)
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
        f"A scenario may state by zone (`residents.rates`): {by_zone}. "
        "[The model](model.md) says how each number is used. Codes such as A07 are rows of the literature table that "
        "the project began with.",
    ]
    for subject, rows in found.groupby("subject", sort=False):
        grades = ", ".join(f"{n} {grade}" for grade in GRADES if (n := int((rows["grade"] == grade).sum())))
        shown = rows.drop(columns="subject").assign(name="`" + rows["name"] + "`")
        lines += ["", f"## {subject}", "", f"{len(rows)} parameters: {grades}.", ""]
        lines += table([str(column) for column in shown], shown.itertuples(index=False))
    return "\n".join(lines) + "\n"
