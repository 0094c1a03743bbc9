"""Files that options name to be written: of the right kind, and nothing of anyone else's is replaced."""

from __future__ import annotations

from pathlib import Path

from ess_sim.atomic import users_path
from ess_sim.errors import ResultsError

__all__ = ["file_to_write", "page_to_write"]

_OURS = (b"<!DOCTYPE html>", b"ess_sim")
"""What a page of this package holds in its first part."""
_LOOKED_AT = 200_000


def file_to_write(option: str, given: Path, *endings: str) -> Path:
    """The file that an option names, if its name is that of the kind that is written.

    Raises
    ------
    ResultsError
        For no name, a folder, or another ending.

    Examples
    --------
    >>> file_to_write("--csv", Path("scenario.yaml"), ".csv")
    Traceback (most recent call last):
    ess_sim.errors.ResultsError: --csv scenario.yaml: name it .csv
    """
    if not given.name:
        raise ResultsError(f"{option}: name a file")
    if given.suffix.lower() not in endings:
        raise ResultsError(f"{option} {given}: name it {' or '.join(endings)}")
    target = users_path(given)
    if target.is_dir():
        raise ResultsError(f"{option} {given}: is a folder; name a file")
    return target


def page_to_write(option: str, given: Path, *beside: str) -> Path:
    """The HTML page that an option names, and what is written beside it, by their endings.

    Raises
    ------
    ResultsError
        If there is another file in the place of one of them.
    """
    target = file_to_write(option, given, ".html", ".htm")
    ours = target.exists() and all(mark in target.read_bytes()[:_LOOKED_AT] for mark in _OURS)
    if target.exists() and not ours:
        raise ResultsError(f"{option} {given}: is there, and no page of ess_sim: choose another name")
    for ending in beside:
        if (other := target.with_suffix(ending)).exists() and not ours:
            raise ResultsError(f"{option} {given}: {other} is there, and would be replaced: choose another name")
    return target
