"""Writing files whole or not at all, and locking a folder for one process at a time."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ess_sim.errors import ResultsError, printable

__all__ = ["check_output_folder", "lock", "users_path", "write_atomically"]


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write a file whole or not at all, so that a reader never sees half of it; create its folder if missing.

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(8)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise ResultsError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # after a success it is already gone
            temporary.unlink()


LOCK = ".lock"
"""Name of the file that an execution locks to keep others out of its folder; the empty file stays there."""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keeps other processes (and other executions in this one) out of a folder until the block ends.

    The operating system releases the lock when the process dies, however it dies.

    Raises
    ------
    ResultsError
        If another execution has locked the folder, or it cannot be written.
    """
    import fcntl  # does not exist on Windows, where the package has not been tried

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # a link in its place must not make this an access to another file
        file = os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "rb+")
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be written ({error.strerror or error})") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ResultsError(
                f"{folder}: another run is using this folder: wait until it has finished, or choose another folder"
            ) from None
        yield


def users_path(path: Path | str) -> Path:
    """A path as a user gives it: ``~`` is the home folder, not a folder of that name.

    Raises
    ------
    ResultsError
        If there is no such user, or no file can have this path.
    """
    try:
        found = Path(path).expanduser()
        found.exists()
    except RuntimeError:
        raise ResultsError(f"{path}: the home folder is not known: give the whole path") from None
    except OSError as error:
        raise ResultsError(f"{printable(str(path), 100)}: {error.strerror or error}") from None
    return found


def check_output_folder(path: Path | str) -> None:
    """Refuse a folder for results that would mix with other files.

    Raises
    ------
    ResultsError
        If ``path`` is a file, or a folder that is not empty.
    """
    try:
        held = sorted(entry.name for entry in Path(path).iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise ResultsError(f"{path}: this is a file, but results need a folder") from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from error
    held = [name for name in held if name != LOCK and not name.endswith(".part")]
    if held:
        some = ", ".join(held[:3]) + (", …" if len(held) > 3 else "")
        raise ResultsError(f"{path}: the folder is not empty (it holds {some}): choose another, or empty it")
