"""What the user's own policies do, as digests: their code and its constants determine a run as the package's do.

Of a class that a module's file defines, the text of that file counts, and of every file that it imports and that is no
part of Python, of an installed package or of ess_sim. Of a class without such a file (a script, a notebook, inside a
function), its compiled code counts. Constants and captured variables count in both cases.
"""

from __future__ import annotations

import ast
import dis
import functools
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from ess_sim.errors import ScenarioError
from ess_sim.model.policies.own_values import LASTING, text_of_value

__all__ = ["Code", "code_of", "is_of_user", "is_own", "remember", "unchanged"]


_SCRIPTS = ("__main__", "__mp_main__")
"""Modules of a script or a notebook: their file may be another one by now, and has lines that no policy reads."""


_LIBRARIES = tuple(
    os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


class Code(NamedTuple):
    """Digests of what own policies do; '' where all policies are the package's.

    Attributes
    ----------
    whole : str
        Of code and of all values that it uses.
    fixed : str
        The same without values that may change while the code runs, such as lists: equal in every process.
    """

    whole: str
    fixed: str


def is_own(cls: type) -> bool:
    """Whether a class is no part of this package."""
    return cls.__module__.partition(".")[0] != "ess_sim"


def code_of(policies: Iterable[object]) -> Code:
    """The digests of the user's own among some policies.

    Raises
    ------
    ScenarioError
        If a file was changed after it was imported: what it says is not the code that runs.
    """
    own = {type(policy) for policy in policies if is_own(type(policy))}
    if not own:
        return Code("", "")
    walks = [_Walk(cls) for cls in own]
    fixed = sorted({part for walk in walks for part in walk.fixed})
    changing = sorted({part for walk in walks for part in walk.changing})
    return Code(_digest([*fixed, *changing]), _digest(fixed))


def remember(cls: type) -> None:
    """Notes the files of a class that is being defined: later it shows whether they are still those that run."""
    module = sys.modules.get(cls.__module__)
    if is_own(cls) and module is not None and cls.__module__ not in _SCRIPTS:
        unchanged(module)


def unchanged(module: ModuleType) -> bool:
    """Whether the files of a module and of all that it imports are still those that run."""
    try:
        list(_files(module, _top(module.__name__)))
    except ScenarioError:
        return False
    return True


def is_of_user(module: str) -> bool:
    """Whether a loaded module is the user's: no part of Python, of an installed package, of ess_sim."""
    path = _path_of(module)
    return path is not None and _counts(module, path, "")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _top(name: str) -> str:
    return name.partition(".")[0]


# --- files ------------------------------------------------------------------------------------------------------------


_first_seen: dict[str, tuple[object, str]] = {}
"""For each file of a module the import that it was read for, and its digest then."""


def _files(module: ModuleType, top: str) -> Iterator[str]:
    """A line for each of the user's files that a module's code consists of; ``top``: of the policy's own module."""
    queue, seen = [(module.__name__, module.__package__ or "")], set()
    while queue:
        name, package = queue.pop()
        path = _path_of(name)
        if name in seen or path is None or not _counts(name, path, top):
            continue
        seen.add(name)
        try:
            data = Path(path).read_bytes()
        except OSError:  # in an archive, or gone
            continue
        sha = hashlib.sha256(data).hexdigest()
        if name in sys.modules:
            # another one after each import and reload
            imported = getattr(sys.modules[name], "__spec__", None) or sys.modules[name]
            known, before = _first_seen.get(path, (None, ""))
            if known is imported and before != sha:
                raise ScenarioError(
                    f"{Path(path).name} was changed after Python imported it, and the old code still runs: "
                    "import it again (importlib.reload), or start Python anew"
                )
            _first_seen[path] = imported, sha
        yield f"{name} {sha}"
        package = getattr(sys.modules.get(name), "__package__", None) or package
        queue += [(imported_name, _parent(imported_name)) for imported_name in _imports(data, package)]


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _path_of(name: str) -> str | None:
    """The file of a module, loaded or not; nothing is imported to find it."""
    if name in sys.modules:
        path = getattr(sys.modules[name], "__file__", None)
    else:
        spec: ModuleSpec | None = None
        parts = name.split(".")
        for i in range(len(parts)):
            places = spec.submodule_search_locations if spec is not None else None
            if i and places is None:  # a name in a module
                return None
            spec = PathFinder.find_spec(".".join(parts[: i + 1]), places)
            if spec is None:
                return None
        path = spec.origin if spec is not None else None
    return os.path.realpath(path) if isinstance(path, str) else None


def _counts(name: str, path: str, top: str) -> bool:
    """Whether a file is the user's: not Python's, an installed package's (other than the policy's) or ess_sim's."""
    if _top(name) == "ess_sim" or name in _SCRIPTS:
        return False
    installed = path.startswith(_LIBRARIES) or not {"site-packages", "dist-packages"}.isdisjoint(Path(path).parts)
    return not installed or _top(name) == top


@functools.lru_cache(maxsize=256)
def _imports(data: bytes, package: str) -> tuple[str, ...]:
    """Names of modules that a file may import, anywhere in it."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):  # compiled code
        return ()
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join(filter(None, [*above, node.module or ""]))
            found += [base, *(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")]
    parents = [".".join(name.split(".")[:i]) for name in found for i in range(1, name.count(".") + 1)]
    return tuple(sorted({name for name in (*found, *parents) if name}))


# --- what is in memory ------------------------------------------------------------------------------------------------


class _Walk:
    """All that a class of policies consists of, and what its functions use: ``fixed`` and ``changing`` lines."""

    def __init__(self, cls: type) -> None:
        self.fixed: set[str] = set()
        self.changing: set[str] = set()
        self._top = _top(cls.__module__)
        self._seen: set[int] = set()
        self._read: dict[str, list[str]] = {}
        self._class(cls)

    def _new(self, thing: object) -> bool:
        new = id(thing) not in self._seen
        self._seen.add(id(thing))
        return new

    def _in_file(self, thing: Any) -> bool:
        """Whether a class or function is what its module's file defines under its name; if so, the file counts."""
        module = sys.modules.get(thing.__module__ or "")
        found: Any = module
        for part in thing.__qualname__.split("."):
            found = getattr(found, part, None)
        if module is None or module.__name__ in _SCRIPTS or getattr(found, "__func__", found) is not thing:
            return False
        return self._file(module)

    def _file(self, module: ModuleType) -> bool:
        """Counts the files of a module; whether there are any."""
        if module.__name__ not in self._read:
            self._read[module.__name__] = list(_files(module, self._top))
            self.fixed.update(f"file {line}" for line in self._read[module.__name__])
        return bool(self._read[module.__name__])

    def _is_own(self, thing: Any) -> bool:
        name = getattr(thing, "__module__", None) or ""
        if name in _SCRIPTS or (name and name not in sys.modules):
            return True
        path = _path_of(name) if name else None
        return path is not None and _counts(name, path, self._top)

    def _class(self, cls: type) -> None:
        for base in cls.__mro__:
            if not self._is_own(base) or not self._new(base):
                continue
            lasting = self._in_file(base)
            for name, value in sorted(vars(base).items()):
                if name.startswith("__") and not isinstance(value, FunctionType):
                    continue  # of Python's and pydantic's own
                self._used(f"{base.__name__}.{name}", value, lasting)
            for name, field in getattr(base, "model_fields", {}).items():
                self._used(f"{base.__name__}.{name}", field.default, lasting)
                self._annotated(field.annotation)

    def _annotated(self, kind: Any) -> None:
        if isinstance(kind, type):
            self._class(kind)
        for inner in getattr(kind, "__args__", ()):
            self._annotated(inner)

    def _function(self, function: FunctionType) -> None:
        if not self._is_own(function) or not self._new(function):
            return
        lasting = self._in_file(function)
        code = function.__code__
        if not lasting:
            self.fixed.add(f"code {function.__qualname__} {_code_text(code)}")
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                self._used(f"{function.__qualname__}({name})", cell.cell_contents, False)
            except ValueError:  # not yet filled
                continue
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._used(f"{function.__qualname__}()", value, lasting)
        for name in _named(code, "LOAD_GLOBAL", "LOAD_NAME") & function.__globals__.keys():
            self._used(f"global {name}", function.__globals__[name], lasting)
        for name in _named(code, "IMPORT_NAME"):
            self._module(name)

    def _module(self, name: str) -> None:
        """A module that code without a file imports, perhaps inside a function."""
        module, path = sys.modules.get(name), _path_of(name)
        if path is None or not _counts(name, path, self._top):
            return
        if module is not None:
            self._file(module)
        else:
            self.fixed.add(f"file {name} {hashlib.sha256(Path(path).read_bytes()).hexdigest()}")

    def _used(self, name: str, value: Any, lasting: bool) -> None:
        """A value that code uses under a name. Of code in a file, values that may change are in the file's text."""
        value = (
            getattr(value, "__func__", value) if isinstance(value, staticmethod | classmethod | MethodType) else value
        )
        if isinstance(value, ModuleType):
            self._module(value.__name__)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, property | functools.cached_property | functools.partial):
            inner = (getattr(value, part, None) for part in ("fget", "fset", "func", "args", "keywords"))
            for part in filter(None, inner):
                self._used(name, part, lasting)
        elif isinstance(value, tuple | list) and any(isinstance(v, FunctionType | type) for v in value):
            for part in value:
                self._used(name, part, lasting)
        else:
            text = text_of_value(value)
            if isinstance(value, LASTING):
                self.fixed.add(f"value {name} {text}")
            elif not lasting:
                self.changing.add(f"value {name} {text}")
            if self._is_own(type(value)):
                self._class(type(value))


def _named(code: CodeType, *operations: str) -> set[str]:
    """What some operations of code, and of the code within it, name."""
    inner = (_named(const, *operations) for const in code.co_consts if isinstance(const, CodeType))
    return {str(i.argval) for i in dis.get_instructions(code) if i.opname in operations}.union(*inner)


def _code_text(code: CodeType) -> str:
    """Code as a text that depends neither on where it stands nor on the process (but on the version of Python)."""
    consts = [_code_text(c) if isinstance(c, CodeType) else text_of_value(c) for c in code.co_consts]
    shape = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return repr((code.co_code.hex(), consts, shape, names))
