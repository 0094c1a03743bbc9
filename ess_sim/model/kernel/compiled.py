"""Compilation, and a cache of machine code that knows all of the kernel's sources.

A function is merged into the compiled functions that call it, and only what Python calls becomes machine code. Numba by
itself would make machine code of every function, and wrappers through which Python and C could call it, which takes
twice as long.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import caching, cgutils, codegen, compiler, config, event, serialize
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic

from ess_sim import elementary
from ess_sim.atomic import turn, write_atomically
from ess_sim.errors import ResultsError
from ess_sim.results.tables import cells, distributions, names

types: Any = numba.core.types  # its stubs know a part of it
_Function = TypeVar("_Function", bound=Callable[..., Any])

# No compiled function allocates anything, so that reference counts (they took a fifth of the time) can be left out.
_OPTIONS: dict[str, Any] = {"nopython": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}
_FUNCTIONS: set[Any] = set()  # as written, in Python
_SEAL = 64  # letters of a digest


# --- the cache --------------------------------------------------------------------------------------------------------


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
        content = self._stamp(key) + serialize.dumps(data)
        with suppress(OSError, ResultsError):
            write_atomically(self._path(key), _digest(content).encode() + content)

    def flush(self) -> None:
        for path in self._folder.glob(f"{self._function}.*.nbc"):
            path.unlink(missing_ok=True)


class _Turn:
    """Lets one process at a time compile for a processor, so that others find its code instead of repeating the work.

    It begins when something must be compiled and ends with the outermost `block`. Meanwhile no garbage is collected:
    there is next to none, but looking for it took an eighth of the time.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self.beside: ThreadPoolExecutor | None = None

    @contextmanager
    def block(self, say: Callable[[], object] = lambda: None) -> Iterator[None]:
        with global_compiler_lock:  # one thread at a time
            self._blocks += 1
            if self._blocks == 1:
                self._say, self._taken, self._begun = say, ExitStack(), False
            try:
                yield
            finally:
                self._blocks -= 1
                if self._blocks == 0:
                    self._taken.close()
                    self.beside = None

    def begin(self, file: Path) -> None:
        if not self._begun:
            self._begun = True
            self._taken.enter_context(turn(file, self._say))
            self.beside = self._taken.enter_context(ThreadPoolExecutor(1))
            if gc.isenabled():
                gc.disable()
                self._taken.callback(gc.enable)


_TURN = _Turn()


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    """Keeps machine code until any of the kernel's sources changes.

    By itself numba compares one file, although code of others is merged into a function: it would go on with the old.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file: Any = _SealedFiles(Path(self.cache_path), self._impl.filename_base)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super().load_overload(sig, target_context)
        if found is None:
            processor = _digest(repr(target_context.codegen().magic_tuple()).encode())[:16]
            _TURN.begin(Path(self.cache_path) / f".kernel.{processor}.lock")
            found = super().load_overload(sig, target_context)
        return found


def is_cached() -> bool:
    """Whether machine code can be kept: beside the sources, in the user's cache folder, or in NUMBA_CACHE_DIR."""
    try:
        _Cache(is_cached)
    except (RuntimeError, OSError):
        return False
    return not config.DISABLE_JIT


# --- the compiler -----------------------------------------------------------------------------------------------------


class _Flags(compiler.Flags):  # type: ignore[misc]
    """Options of compilation that are compared by identity: numba compares its own, value by value, all the time."""

    known: ClassVar[dict[str, _Flags]] = {}

    @classmethod
    def of(cls, flags: compiler.Flags) -> _Flags:
        return cls.known.setdefault(repr(flags), cls(flags))

    def copy(self) -> _Flags:
        return self

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class _Library(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code in LLVM's language, optimised, to be merged into that of its callers.

    LLVM, which is not Python, works in a thread of its own, while the next function is read.
    """

    _begun: Future[None] | None = None

    def begin(self) -> None:
        """The function is in the library: the rest can be done."""
        if _TURN.beside is not None:
            self._begun = _TURN.beside.submit(self.finalize)

    def add_linking_library(self, library: Any) -> None:
        if not isinstance(library, _Library):
            library._ensure_finalized()  # numba's own
        self._linking_libraries.append(library)

    def _ensure_finalized(self) -> None:
        if self._begun is not None:
            self._begun.result()
        elif not self._finalized:
            self.finalize()

    def finalize(self) -> None:
        """Makes no machine code."""
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)
        self._begun, self._finalized = None, True

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout  # the whole is optimised above


class _Compiler(compiler.Compiler):  # type: ignore[misc]
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.flags = _Flags.of(self.state.flags)


class _MergingCompiler(_Compiler):
    def __init__(
        self, typing: Any, target: Any, library: Any, args: Any, returned: Any, flags: Any, local: Any
    ) -> None:
        flags.no_compile = True
        super().__init__(typing, target, library, args, returned, flags, local)

    def define_pipelines(self) -> Any:
        self.state.library = _Library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


def _widened(arg: Any) -> Any:
    """The type for which a function is compiled: numba would do so for each constant and each size of whole numbers."""
    arg = types.unliteral(arg)
    return types.int64 if isinstance(arg, types.Integer) and arg.signed else arg


class _Merged(CPUDispatcher):  # type: ignore[misc]
    """A function as its compiled callers know it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        options = options | {"no_cpython_wrapper": True}
        super().__init__(function, targetoptions=options, pipeline_class=_MergingCompiler)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return super().get_call_template([_widened(arg) for arg in args], kws)

    def add_overload(self, cres: Any) -> None:
        key = object()
        self.targetctx.insert_user_function(key, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres._replace(entry_point=key)
        cres.library.begin()


class _Compiled(CPUDispatcher):  # type: ignore[misc]
    """A function as Python knows it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=options, pipeline_class=_Compiler)
        self.merged = _Merged(function, options)

    def compile(self, sig: Any) -> Any:
        with _TURN.block():
            return super().compile(sig)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.merged.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        return self.merged.get_overload(sig)


class _Watch(event.Listener):  # type: ignore[misc]
    def __init__(self, say: Callable[[int, int], None]) -> None:
        self._say, self._begun = say, set[Any]()

    def on_start(self, event: Any) -> None:
        self._begun.update(
            {event.data["dispatcher"].py_func}.intersection(_FUNCTIONS)
        )  # numba compiles some of its own
        self._say(len(self._begun), len(_FUNCTIONS))

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


@contextmanager
def watch(say: Callable[[int, int], None], wait: Callable[[], object]) -> Iterator[None]:
    """Within the block calls ``say`` whenever a function is compiled, with how many were so far, and of how many.

    Other processes wait until its end for what is compiled in it; before this one waits for another it calls ``wait``.
    """
    with event.install_listener("numba:compile", _Watch(say)), _TURN.block(wait):
        yield


def _compiled(function: _Function, **options: Any) -> _Function:
    if config.DISABLE_JIT:
        return function
    dispatcher = _Compiled(function, _OPTIONS | options)
    _FUNCTIONS.add(function)
    with suppress(RuntimeError, OSError):  # no folder can be written: see is_cached
        dispatcher._cache = _Cache(function)
    return cast(_Function, dispatcher)


def jit(function: _Function) -> _Function:
    """Compiled on first call; the machine code is kept, see `is_cached`."""
    return _compiled(function)


def inline(function: _Function) -> _Function:
    """Like `jit`, but always merged into its callers."""
    return _compiled(function, forceinline=True)


def _bare(_: Any, array: Any) -> Any:
    """An array's elements and nothing else: an index is not looked at, nor can it count from the end.

    With NUMBA_BOUNDSCHECK it is the array itself, so that a test can look at every index.
    """

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        return values[0] if config.BOUNDSCHECK else context.make_array(array)(context, builder, values[0]).data

    return (array if config.BOUNDSCHECK else types.CPointer(array.dtype))(array), generate


def _prefetch(_: Any, table: Any, index: Any) -> Any:
    """Fetches an element of a bare array into the cache while other work goes on."""

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        if config.BOUNDSCHECK:
            return context.get_dummy_value()
        address = builder.bitcast(builder.gep(values[0], [values[1]]), cgutils.voidptr_t)
        flags = [cgutils.int32_t] * 3
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *flags])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        to_read, to_stay, data_not_code = (flag(value) for flag, value in zip(flags, (0, 3, 1), strict=True))
        builder.call(function, [address, to_read, to_stay, data_not_code])
        return context.get_dummy_value()

    return types.none(table, index), generate


def _nothing(*_: Any) -> None:
    """Stands in for prefetching where compilation is switched off."""


def _itself(array: Any) -> Any:
    """Stands in for bare arrays there."""
    return array


prefetch: Any = _nothing if config.DISABLE_JIT else intrinsic(_prefetch)
bare: Any = _itself if config.DISABLE_JIT else intrinsic(_bare)
