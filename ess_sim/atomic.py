"""Writing files whole or not at all, and locking a folder for one process at a time."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ess_sim.errors import ResultsError, printable

__all__ = [
    "WINDOWS",
    "check_can_be_filled",
    "check_output_folder",
    "lock",
    "replace",
    "turn",
    "users_path",
    "write_atomically",
    "write_together",
]

WINDOWS = os.name == "nt"


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write a file whole or not at all, so that a reader never sees half of it; create its folder if missing.

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    write_together({Path(path): data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none is replaced before all of them are on the disk.

    Raises
    ------
    ResultsError
        If one cannot be written.
    """
    temporaries = {target: target.with_name(f".{target.name[:50]}.{secrets.token_hex(8)}.part") for target in files}
    target = next(iter(files))
    try:
        for target, data in files.items():
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporaries[target].open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for target, temporary in temporaries.items():
            replace(temporary, target)
    except OSError as error:
        raise ResultsError(f"{target}: cannot be written ({error.strerror or error}{_too_long(target)})") from error
    finally:
        for temporary in temporaries.values():
            with suppress(OSError):  # after a success it is already gone
                temporary.unlink()


def replace(temporary: Path, target: Path) -> None:
    """Give a file another's name, in whose place it comes.

    On Windows this fails while another process reads the old file, as it may for a moment: it is tried for two seconds.
    """
    for _ in range(20):
        try:
            temporary.replace(target)
            return
        except PermissionError:
            if not WINDOWS:
                raise
            time.sleep(0.1)
    temporary.replace(target)


def _too_long(path: Path) -> str:
    n = len(str(path.absolute()))
    return f"; the path has {n} characters, and Windows by itself takes 259" if WINDOWS and n > 200 else ""


LOCK = ".lock"
"""Name of the file that an execution locks to keep others out of its folder; the empty file may stay there."""


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keeps other processes (and other executions in this one) out of a folder until the block ends.

    The operating system releases the lock when the process dies, however it dies.

    Raises
    ------
    ResultsError
        If another execution has locked the folder, or it cannot be written.
    """
    import filelock  # takes a tenth of a second

    held = filelock.FileLock(folder / LOCK, thread_local=False)  # never follows a link in its place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holding = held.acquire(timeout=0)
    except filelock.Timeout:
        raise ResultsError(
            f"{folder}: another run is using this folder: wait until it has finished, or choose another folder"
        ) from None
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be written ({error.strerror or error})") from error
    with holding:
        yield


@contextmanager
def turn(file: Path, say: Callable[[], object]) -> Iterator[None]:
    """Lets one process at a time into the block: others wait, after a call of ``say``, until it is through or dead.

    Where no file can be locked there is no waiting.
    """
    import filelock

    held = filelock.FileLock(file, thread_local=False)
    with ExitStack() as stack:
        with suppress(OSError, NotImplementedError):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(held.acquire(timeout=0))
            except filelock.Timeout:
                say()
                stack.enter_context(held.acquire())
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


def check_can_be_filled(folder: Path) -> None:
    """Refuse a folder in which none can be made, be it there or still to be made, without making it.

    Raises
    ------
    ResultsError
        If it, or the nearest folder above it that is there, is a file or may not be written into.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise ResultsError(f"{folder}: {'is' if there == folder.absolute() else f'{there} is'} a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ResultsError(f"{folder}: cannot be written ({there} is closed to you)")


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
