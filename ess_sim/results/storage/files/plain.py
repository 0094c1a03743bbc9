"""Ordinary files, read and written without ever following a link or waiting for a device."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ess_sim.errors import ResultsError

__all__ = ["NO_LINK", "append_line", "opened", "read_file"]


_BYTES = getattr(os, "O_BINARY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | _BYTES
"""How files are opened: bytes as they are, and no link followed where the system knows how."""


_AT_ONCE = getattr(os, "O_NONBLOCK", 0)


@contextmanager
def opened(path: Path, *, links: bool = False) -> Iterator[BinaryIO]:
    """An ordinary file to be read; never a device or pipe, nor (but for ``links``) what a link names.

    Raises
    ------
    ResultsError
        If there is none, or it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _AT_ONCE | (_BYTES if links else NO_LINK))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ResultsError(f"{path}: cannot be read (not an ordinary file)")
            yield file
    except FileNotFoundError:
        what = "no results here" if path.name == "manifest.json" else "not whole"
        raise ResultsError(f"{path.parent}: {what} (there is no {path.name})") from None
    except NotADirectoryError:
        raise ResultsError(f"{path.parent}: this is a file, but results are in a folder") from None
    except OSError as error:
        why = "a symbolic link" if path.is_symlink() else error.strerror or error
        raise ResultsError(f"{path}: cannot be read ({why})") from error


def read_file(path: Path, *, links: bool = False) -> bytes:
    """The bytes of an ordinary file.

    Raises
    ------
    ResultsError
        If there is none, or it cannot be read.
    """
    with opened(path, links=links) as file:
        return file.read()


def append_line(path: Path, text: str) -> None:
    """Adds a line to a file, which is created if missing.

    Raises
    ------
    ResultsError
        If it cannot be written, or is a symbolic link.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_LINK, 0o666)
        with os.fdopen(descriptor, "a", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n")
    except OSError as error:
        why = "a symbolic link" if path.is_symlink() else error.strerror or error
        raise ResultsError(f"{path}: cannot be written ({why})") from error
