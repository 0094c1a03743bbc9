"""Which files a user's file may name: what lies below its own folder, so that a stranger's file reads nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ess_sim.inputs.catalogue.bundled import scenarios_dir

__all__ = ["named_by_a_user", "outside"]


_root: ContextVar[str | None] = ContextVar("_root", default=None)
"""Folder below which the files must lie that the file being read names, links followed."""


_given: ContextVar[frozenset[str]] = ContextVar("_given", default=frozenset())
"""Files that the user named beside it."""


@contextmanager
def named_by_a_user(path: str, *others: str) -> Iterator[None]:
    """While this file is read, and what it names: files that are held to its bounds, not to their own.

    It may also name the ``others`` that the user named.
    """
    if _root.get() is not None or "\0" in path:
        yield
        return
    tokens = _root.set(_root_of(path)), _given.set(frozenset(os.path.realpath(o) for o in others if "\0" not in o))
    try:
        yield
    finally:
        _root.reset(tokens[0])
        _given.reset(tokens[1])


def _root_of(path: str) -> str:
    """The file's own folder; the working directory where that holds it, and does not hold all of one's files."""
    folder, here = os.path.realpath(os.path.dirname(os.path.abspath(path))), os.path.realpath(os.getcwd())
    holds_all = _within(os.path.realpath(os.path.expanduser("~")), here)
    return here if _within(folder, here) and not holds_all else folder


def _within(path: str, folder: str) -> bool:
    try:
        return os.path.commonpath([path, folder]) == folder
    except ValueError:  # of different drives
        return False


def outside(path: str) -> str:
    """Why the file that is being read may not name this one; '' where it may. What is there is not looked at."""
    root = _root.get()
    if root is None or "\0" in path:
        return ""
    real = os.path.realpath(path)
    if real in _given.get() or _within(real, root) or _within(real, os.path.realpath(scenarios_dir())):
        return ""
    return (
        f"lies outside {root}: a file may name only files below its own folder, or below the working directory "
        "where that holds both"
    )
