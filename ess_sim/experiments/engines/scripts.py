"""Worker processes and the user's script: they do not run it, unless a task needs what it defines and it has a guard.

A spawned process of `multiprocessing` runs the script that started it once more, so that what the script defines is
there. Without the usual ``if __name__ == "__main__":`` that would start the same work again in each of them.
"""

from __future__ import annotations

import ast
import functools
import io
import pickle
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import spawn
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

__all__ = ["Packed", "Script", "become", "packed", "without_script"]


class Script(NamedTuple):
    """The program's own code: a file, or a module that was started with ``python -m``."""

    file: str
    module: str


class Packed(NamedTuple):
    """A task ready to be sent, or the names of classes and functions for which no other process can take it."""

    data: bytes
    script: Script | None
    unknown: tuple[str, ...]


_start = threading.Lock()


@contextmanager
def without_script() -> Iterator[None]:
    """Processes that this thread starts meanwhile leave the user's script alone."""
    thread = threading.get_ident()
    with _start:
        original = spawn.get_preparation_data

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
        self.of_script: set[str] = set()
        self.strays: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType):
            if obj.__module__ == "__main__":
                self.of_script.add(obj.__qualname__)
            if _named(sys.modules.get(obj.__module__), obj.__qualname__) is not obj:
                self.strays.add(obj.__qualname__)
        return NotImplemented


def _named(module: ModuleType | None, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def packed(task: Any) -> Packed:
    """A task as bytes.

    Raises
    ------
    Exception
        Of `pickle`, where it cannot be sent for another reason than what it is made of.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(task)
    except Exception:
        if pickler.strays:
            return Packed(b"", None, tuple(sorted(pickler.strays)))
        raise
    names = pickler.of_script
    script = _script(frozenset(name.partition(".")[0] for name in names)) if names else None
    return Packed(file.getvalue(), script, () if script or not names else tuple(sorted(names)))


@functools.lru_cache(maxsize=8)
def _script(names: frozenset[str]) -> Script | None:
    """The script that defines these names, if running it in a worker starts nothing."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    module = getattr(getattr(main, "__spec__", None), "name", None) or ""
    if file is None or module.endswith("__main__"):
        return None
    try:
        body = ast.parse(Path(file).read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return None
    defined = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    guarded = any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in body)
    return Script(str(Path(file).resolve()), module) if guarded and names <= defined else None


@functools.cache
def become(script: Script) -> None:
    """Makes what the script defines known to this process, once; called in a worker."""
    if script.module:
        content = runpy.run_module(script.module, run_name="__mp_main__", alter_sys=True)
    else:
        content = runpy.run_path(script.file, run_name="__mp_main__")
    main = ModuleType("__mp_main__")
    main.__dict__.update(content)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main
