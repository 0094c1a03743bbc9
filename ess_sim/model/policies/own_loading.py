"""A policy class of the user's own, named ``module:Class`` in a scenario file: imported from the file's folder first.

This runs code, so it is done only where the user has allowed it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from ess_sim.errors import ScenarioError, shortened
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.own_code import is_of_user, unchanged

__all__ = ["own_policy"]


_imported: dict[Path, dict[str, ModuleType]] = {}
"""For each folder of scenario files the modules that were imported because they stand there."""


def own_policy(kind: str, folder: str) -> type[Policy]:
    """The class that a scenario file in ``folder`` calls ``module:Class``.

    A module in this folder goes before others of its name, except Python's own. It is imported again after it or what
    it imports from there was edited.

    Raises
    ------
    ScenarioError
        If there is none, its module cannot be imported, or another module of its name is in use.
    """
    module, _, name = kind.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise ScenarioError(f"policy {shortened(kind)!r}: one of your own is named 'module:Class'")
    top, here = module.partition(".")[0], Path(folder).resolve()
    if top not in {*sys.stdlib_module_names, "__main__", "ess_sim"} and _holds(here, top):
        _prefer(here, top)
    before = set(sys.modules)
    try:
        found = getattr(importlib.import_module(module), name)
    except SystemExit as error:
        raise ScenarioError(f"policy {kind!r} cannot be imported: it ends the program (SystemExit)") from error
    except Exception as error:  # whatever a user's module raises
        raise ScenarioError(f"policy {kind!r} cannot be imported: {_brief(error)}") from error
    finally:
        new = {name: sys.modules[name] for name in set(sys.modules) - before if is_of_user(name)}
        _imported.setdefault(here, {}).update(new)
    if not (isinstance(found, type) and issubclass(found, Policy)):
        raise ScenarioError(f"{kind!r} is no subclass of ess_sim.Policy")
    return found


def _brief(error: Exception) -> str:
    said = shortened((str(error).splitlines() or [""])[0], 200)
    return said if isinstance(error, ImportError | AttributeError) else f"{type(error).__name__}: {said}"


def _holds(folder: Path, top: str) -> bool:
    return (folder / f"{top}.py").is_file() or (folder / top).is_dir()


def _prefer(folder: Path, top: str) -> None:
    """Sees to it that what stands in this folder is imported from there, as it is now."""
    if sys.path[:1] != [str(folder)]:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for place, modules in _imported.items():
        if place == folder:
            stale = not all(map(unchanged, modules.values()))
        else:
            stale = any(_holds(folder, name.partition(".")[0]) for name in modules)
        if stale:
            for name, known in modules.items():
                if sys.modules.get(name) is known:
                    del sys.modules[name]
            modules.clear()
    if top in sys.modules and sys.modules[top] is not _imported.get(folder, {}).get(top):
        known = sys.modules[top]
        files = [getattr(known, "__file__", None), *getattr(known, "__path__", ())]
        if not any(file and Path(file).resolve().is_relative_to(folder) for file in files):
            where = f" ({files[0]})" if files and files[0] else ""
            raise ScenarioError(f"another module is called {top!r}{where}: give the one beside the file another name")
