"""Compilation, and a cache of machine code that knows all of the kernel's sources."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import caching, cgutils, config, event, serialize, types
from numba.extending import intrinsic

from ess_sim import elementary
from ess_sim.atomic import write_atomically
from ess_sim.errors import ResultsError
from ess_sim.results.tables import cells, distributions, names

_Function = TypeVar("_Function", bound=Callable[..., Any])

# No compiled function allocates anything, so that reference counts (they took a fifth of the time) can be left out.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
_FUNCTIONS: list[Any] = []
_SEAL = 64  # letters of a digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def _sources() -> str:
    """SHA-256 of all files that compiled code is made of: this folder's, and those of borrowed code and constants."""
    borrowed = (elementary, cells, distributions, names)
    files = [*sorted(Path(__file__).parent.glob("*.py")), *(Path(str(module.__file__)) for module in borrowed)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


class _SealedFiles:
    """Machine code of one function, one file for each signature and processor, that is read whole or not at all.

    A file begins with a digest of the rest. One that is damaged, of other sources or of another numba counts as
    missing; where files cannot be written, each process compiles for itself.
    """

    def __init__(self, folder: Path, function: str) -> None:
        self._folder, self._function = folder, function

    def _path(self, key: tuple[Any, ...]) -> Path:
        signature, processor = key[:2]  # what else the key holds follows from the sources
        return self._folder / f"{self._function}.{_digest(repr((signature, processor)).encode())[:16]}.nbc"

    def _stamp(self, key: tuple[Any, ...]) -> bytes:
        return f"{numba.__version__} {_sources()} {key!r}\n".encode()

    def load(self, key: tuple[Any, ...]) -> Any:
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        seal, stamp = content[:_SEAL], self._stamp(key)
        if _digest(content[_SEAL:]).encode() != seal or not content.startswith(stamp, _SEAL):
            return None
        return pickle.loads(content[_SEAL + len(stamp) :])

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        content = self._stamp(key) + serialize.dumps(data)  # type: ignore[no-untyped-call]
        with suppress(OSError, ResultsError):
            write_atomically(self._path(key), _digest(content).encode() + content)

    def flush(self) -> None:
        for path in self._folder.glob(f"{self._function}.*.nbc"):
            path.unlink(missing_ok=True)


class _Cache(caching.FunctionCache):
    """Keeps machine code until any of the kernel's sources changes.

    By itself numba compares one file, although code of others is merged into a function: it would go on with the old.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file: Any = _SealedFiles(Path(self.cache_path), self._impl.filename_base)


def is_cached() -> bool:
    """Whether machine code can be kept: beside the sources, in the user's cache folder, or in NUMBA_CACHE_DIR."""
    return isinstance(getattr(at, "_cache", None), _Cache)


class _Watch(event.Listener):
    def __init__(self, say: Callable[[int, int], None]) -> None:
        self._say, self._begun = say, set[Any]()

    def on_start(self, event: Any) -> None:
        self._begun.update({event.data["dispatcher"]}.intersection(_FUNCTIONS))  # numba compiles some of its own
        self._say(len(self._begun), len(_FUNCTIONS))

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


def watch(say: Callable[[int, int], None]) -> AbstractContextManager[Any]:
    """Within the block calls ``say`` whenever a function is compiled, with how many were so far, and of how many."""
    return event.install_listener("numba:compile", _Watch(say))


def _compiled(function: _Function, **options: Any) -> _Function:
    dispatcher: Any = numba.njit(**_OPTIONS, **options)(function)
    if dispatcher is not function:  # compilation is not switched off
        _FUNCTIONS.append(dispatcher)
        with suppress(RuntimeError, OSError):  # no folder can be written: see is_cached
            dispatcher._cache = _Cache(function)
    return cast(_Function, dispatcher)


def jit(function: _Function) -> _Function:
    """Compiled on first call; the machine code is kept, see `is_cached`."""
    return _compiled(function)


def inline(function: _Function) -> _Function:
    """Like `jit`, but always merged into its callers."""
    return _compiled(function, forceinline=True)


def _prefetch(_: Any, array: Any, index: Any) -> Any:
    """Fetches an element of an array into the cache while other work goes on."""

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        data = context.make_array(array)(context, builder, values[0]).data
        address = builder.bitcast(builder.gep(data, [values[1]]), cgutils.voidptr_t)
        flags = [cgutils.int32_t] * 3
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *flags])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        to_read, to_stay, data_not_code = (flag(value) for flag, value in zip(flags, (0, 3, 1), strict=True))
        builder.call(function, [address, to_read, to_stay, data_not_code])
        return context.get_dummy_value()

    return types.none(array, index), generate


def _nothing(*_: Any) -> None:
    """Stands in for prefetching where compilation is switched off."""


prefetch: Any = _nothing if config.DISABLE_JIT else intrinsic(_prefetch)  # type: ignore[attr-defined]


@inline
def at(offset: Any) -> Any:
    """An offset in a table. Being unsigned, it cannot count from the table's end, so no code checks whether it does."""
    return np.int64(np.uint32(offset))
