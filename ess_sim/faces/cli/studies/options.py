"""Options that several studies have."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Added", "Policies", "listed"]


Policies = Annotated[
    str | None,
    typer.Option("--policies", "-p", metavar="LIST", help="Kinds, divided by commas. (default: all remedies)"),
]
Added = Annotated[
    list[str] | None,
    typer.Option(
        "--add",
        metavar="POLICY",
        help="A policy of your own beside them: a YAML file, or module:Class (--allow-code). May be repeated.",
    ),
]


def listed(text: str | None) -> list[str] | None:
    """The parts of a list that is divided by commas; None where none is given.

    >>> listed("a, b,"), listed(None)
    (['a', 'b'], None)
    """
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
