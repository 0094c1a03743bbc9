"""Compilation, and a cache of machine code that knows all of the kernel's sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import caching, cgutils, config, types
from numba.extending import intrinsic

from ess_sim import elementary
from ess_sim.results.tables import cells, distributions, names

_Function = TypeVar("_Function", bound=Callable[..., Any])

# No compiled function allocates anything, so that reference counts (they took a fifth of the time) can be left out.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}


@cache
def _sources() -> str:
    """SHA-256 of all files that compiled code is made of: this folder's, and those of borrowed code and constants."""
    borrowed = (elementary, cells, distributions, names)
    files = [*sorted(Path(__file__).parent.glob("*.py")), *(Path(str(module.__file__)) for module in borrowed)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


@contextmanager
def _cache_of_the_folder() -> Iterator[None]:
    """Functions compiled meanwhile keep their machine code until any of the kernel's sources changes.

    By itself numba compares one file, although code of others is merged into a function: it would go on with the old.
    """
    own = caching.CacheImpl._locator_classes
    stamped: Any = [type(c.__name__, (c,), {"get_source_stamp": lambda _: _sources()}) for c in own]
    caching.CacheImpl._locator_classes = stamped
    try:
        yield
    finally:
        caching.CacheImpl._locator_classes = own


def jit(function: _Function) -> _Function:
    """Compiled on first call; the machine code is cached beside the file."""
    with _cache_of_the_folder():
        return cast(_Function, numba.njit(**_OPTIONS)(function))


def inline(function: _Function) -> _Function:
    """Like `jit`, but always merged into its callers."""
    with _cache_of_the_folder():
        return cast(_Function, numba.njit(**_OPTIONS, forceinline=True)(function))


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
