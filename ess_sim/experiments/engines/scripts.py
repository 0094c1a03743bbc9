"""Worker processes and the user's script: they do not run it, and get by value what only it defines.

A spawned process of `multiprocessing` runs the script that started it once more, so that what the script defines is
there. Without the usual ``if __name__ == "__main__":`` that would start the same work again in each of them, and a
notebook has no file to run. So classes and functions of a script or a notebook travel with the task that needs them, as
cloudpickle writes them: by their code.
"""

from __future__ import annotations

import functools
import io
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import spawn
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import cloudpickle

__all__ = ["Packed", "packed", "without_script"]


class Packed(NamedTuple):
    """Something ready to be sent, or the names of classes and functions for which no other process can take it."""

    data: bytes
    unknown: tuple[str, ...]


class _Starting:
    """One start at a time, as there is one function to replace."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.usual = spawn.get_preparation_data

    def again(self) -> None:
        """In a fork of this process, which may have come in the middle of another thread's start."""
        if self.turn.locked():
            vars(spawn)["get_preparation_data"] = self.usual
            self.turn = threading.Lock()


_STARTING = _Starting()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_STARTING.again)


@contextmanager
def without_script() -> Iterator[None]:
    """Processes that this thread starts meanwhile leave the user's script alone."""
    thread = threading.get_ident()
    with _STARTING.turn:
        original = _STARTING.usual = spawn.get_preparation_data

        @functools.wraps(original)
        def prepared(name: str) -> dict[str, Any]:
            data = original(name)
            if threading.get_ident() == thread:
                for key in ("init_main_from_name", "init_main_from_path"):
                    data.pop(key, None)
            return data

        vars(spawn)["get_preparation_data"] = prepared
        try:
            yield
        finally:
            vars(spawn)["get_preparation_data"] = original


class _Pickler(pickle.Pickler):
    """Notes the classes and functions that another process cannot import: the script's, and those inside functions."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.by_value: set[str] = set()
        self.strays: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType):
            if obj.__module__ == "__main__":
                self.by_value.add(obj.__qualname__)
            elif _named(sys.modules.get(obj.__module__), obj.__qualname__) is not obj:
                self.strays.add(obj.__qualname__)  # inside a function of a module, whose file counts here and not there
        return NotImplemented


def _named(module: ModuleType | None, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def packed(thing: Any) -> Packed:
    """A task, or what came of one, as bytes that `pickle.loads` reads in another process.

    Raises
    ------
    Exception
        Of `pickle`, where it cannot be sent for another reason than what it is made of.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(thing)
    except Exception:
        if not (pickler.by_value or pickler.strays):
            raise
    if pickler.strays:
        return Packed(b"", tuple(sorted(pickler.by_value | pickler.strays)))
    if not pickler.by_value:
        return Packed(file.getvalue(), ())
    try:
        return Packed(cloudpickle.dumps(thing), ())
    except Exception:  # they use what cannot be sent, e.g. an open file
        return Packed(b"", tuple(sorted(pickler.by_value)))
