"""The shape of the package, read from its source: wings, doors, faces, names."""

from __future__ import annotations

import ast
import importlib
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from work import PATIENCE

import ess_sim
from ess_sim.inputs.catalogue.parameters import catalogue

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
PACKAGE = ROOT / "ess_sim"

STONES = ("errors", "arguments", "clock", "elementary", "streams", "atomic")
WINGS = ("inputs", "results", "model", "experiments", "analysis", "faces")
"""From the ground up: a module imports its own wing, wings before it, and stones; stones import stones."""

MOST_MODULES, MOST_LINES, MEDIAN_LINES = 10, 400, 150
"""A room's modules (policies excepted: users copy the shortest), a module's lines, and the median of those."""

# The doors of each third-party library; a library that is not named here is a mistake. scipy has four, because its
# distributions, its sampling designs, its graphs and its programmes in whole numbers have nothing in common. pydantic
# has several, because whatever is read from a user's file is a model of it (scenarios, policies, batches, targets), and
# texts look into these models.
DOORS = {
    "simpy": {"model.world"},
    "networkx": {"inputs.territory.travel"},
    "filelock": {"atomic"},
    "cloudpickle": {"experiments.engines.scripts"},
    "numba": {"model.kernel.compiled"},
    "llvmlite": {"model.kernel.compiled"},
    "matplotlib": {"faces.figures", "faces.reports.description"},
    "yaml": {"inputs.documents"},
    "pyarrow": {"results.storage"},
    "scipy": {
        *("results.statistics", "experiments.draws.designs", "inputs.territory.travel"),
        "analysis.budget.mixes.knapsack",
    },
    "SALib": {"analysis.studies.indices"},
    "distributed": {"experiments.engines.executors"},
    "ema_workbench": {"analysis.studies.interop"},
    "jinja2": {"faces.report", "faces.explorer", "faces.elicitation"},
    "markupsafe": {"faces.report"},  # which jinja2 brings along
    "openpyxl": {"faces.report.excel"},
    "typer": {"faces.cli"},
    "rich": {"faces.cli"},
    "pydantic": {
        "inputs",
        "model.policies",
        "experiments.batches",
        "analysis.calibration.targets",
        "faces.explanation",
        "faces.schema",
        "faces.explorer.levers",
    },
    "numpy": {*WINGS, *STONES},
    "pandas": {*WINGS},
}
FACE = {"__init__", "__main__", "figures", "moved"}
BY_NAME = {
    *("__init__", "moved", "model.policies.registry"),
    *("model.policies.own_code", "model.policies.own_loading", "experiments.engines.scripts"),  # users' own modules
}
"""What may import a module by a name that is computed, which no other test here would see."""


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


SOURCES = {module_name(p): p for p in sorted(PACKAGE.rglob("*.py")) if "data" not in p.relative_to(PACKAGE).parts}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}


def imports(name: str) -> Iterator[str]:
    """Full dotted names of all that a module imports, inside functions too."""
    package = (SOURCES[name].parent.relative_to(PACKAGE.parent)).parts
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full.removeprefix("ess_sim.") in SOURCES else base


INSIDE = {
    name: {i.removeprefix("ess_sim.") for i in imports(name) if i.startswith("ess_sim.")}
    for name in SOURCES
    if name not in FACE
}


def place(name: str) -> int:
    """0 for a stone, then the wings in their order."""
    top = name.split(".")[0]
    return 0 if top in STONES else 1 + WINGS.index(top)


def room(name: str) -> str:
    return name.rpartition(".")[0]


def within(name: str, places: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{p}.") for p in places)


def test_imports_point_down() -> None:
    assert {(n, i) for n, inside in INSIDE.items() for i in inside if place(i) > place(n)} == set()


def test_no_circle_of_modules_or_rooms() -> None:
    list(TopologicalSorter(INSIDE).static_order())  # raises CycleError
    rooms: dict[str, set[str]] = {}
    for name, inside in INSIDE.items():
        rooms.setdefault(room(name), set()).update({room(i) for i in inside} - {room(name), ""})
    list(TopologicalSorter(rooms).static_order())


def test_doors() -> None:
    used = {n: {i.split(".")[0] for i in imports(n)} - sys.stdlib_module_names - {"ess_sim"} for n in SOURCES}
    assert set().union(*used.values()) <= set(DOORS)
    assert {(n, lib) for n, libraries in used.items() for lib in libraries if not within(n, DOORS[lib])} == set()
    doors = {(lib, door) for lib, doors in DOORS.items() if lib not in ("numpy", "pandas") for door in doors}
    assert {(lib, d) for lib, d in doors if not any(lib in used[n] for n in SOURCES if within(n, {d}))} == set()


def _evades(node: ast.AST) -> bool:
    """Whether a piece of code imports without the word, or looks into the loaded modules."""
    names = {"import_module", "__import__"}
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Attribute):
        return node.attr in names or ast.unparse(node) == "sys.modules"
    if isinstance(node, ast.ImportFrom):
        return any(a.name in names or (node.module, a.name) == ("sys", "modules") for a in node.names)
    return False


def test_imports_are_where_they_can_be_read() -> None:
    assert {name for name, tree in TREES.items() if any(map(_evades, ast.walk(tree)))} == BY_NAME
    for hidden in ("import sys; sys.modules['x']", "from importlib import import_module", "__import__('x')"):
        assert any(map(_evades, ast.walk(ast.parse(hidden))))


def test_every_module_has_its_place() -> None:
    assert {name.split(".")[0] for name in SOURCES} == {*STONES, *WINGS, *FACE}
    assert list((PACKAGE / "data").rglob("*.py")) == []


def test_rooms_and_modules_are_small() -> None:
    lines = {n: len(path.read_text(encoding="utf-8").splitlines()) for n, path in SOURCES.items() if n not in FACE}
    modules = [n for n, path in SOURCES.items() if path.name != "__init__.py"]
    crowded = {r: n for r, n in Counter(map(room, modules)).items() if n > MOST_MODULES and r != "model.policies"}
    assert crowded == {}
    assert {n: k for n, k in lines.items() if k > MOST_LINES} == {}
    assert statistics.median(lines[n] for n in modules if n in lines) <= MEDIAN_LINES


def test_no_module_imports_the_face() -> None:
    assert [name for name in INSIDE if "ess_sim" in set(imports(name))] == []
    hidden = [n for n in INSIDE if any(isinstance(x, ast.Name) and x.id == "TYPE_CHECKING" for x in ast.walk(TREES[n]))]
    assert hidden == [], "imports that only type checkers see hide circles"


def test_every_module_says_what_it_is_for() -> None:
    first = {name: (ast.get_docstring(tree) or "").partition("\n")[0].rstrip() for name, tree in TREES.items()}
    assert {name: line for name, line in first.items() if len(line) <= 20 or line[-1] not in ".:,"} == {}


def test_public_names_exist() -> None:
    modules = {name: importlib.import_module(f"ess_sim.{name}") for name in INSIDE}
    assert len(modules) > 150
    assert [
        (n, x) for n, module in modules.items() for x in getattr(module, "__all__", []) if not hasattr(module, x)
    ] == []


# --- the face --------------------------------------------------------------------------------------------------------


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True, cwd=HERE.parent
    )
    return done.stdout.strip()


def test_the_face_loads_nothing_heavy() -> None:
    heavy = sorted(set(DOORS) - {"numpy"})
    code = f"import sys, ess_sim; print(*[m for m in {heavy!r} if m in sys.modules])"
    assert _python(code) == ""


def test_the_face_loads_fast() -> None:
    """Nothing beyond itself, the import system and typing: what it costs is what it loads."""
    code = (
        "import importlib, sys, typing\n"
        "before = set(sys.modules)\n"
        "import ess_sim\n"
        "print(*sorted(set(sys.modules) - before - {'__future__'}))"
    )
    assert _python(code) == "ess_sim ess_sim.moved"


def test_the_face_keeps_its_promises() -> None:
    code = (
        "import ess_sim\n"
        "from ess_sim import *\n"
        "print([n for n in ess_sim.__all__ if n not in globals()])\n"
        "print(set(ess_sim.__all__) <= set(dir(ess_sim)))\n"
        "print(callable(ess_sim.compare), simulate is ess_sim.simulate)\n"
        "print(ess_sim.__version__ != '', hasattr(ess_sim, 'nothing'))\n"
    )
    assert _python(code) == "[]\nTrue\nTrue True\nTrue False"
    assert {*ess_sim._HOMES, "__version__"} == set(ess_sim.__all__)


def test_type_checkers_see_the_same_face() -> None:
    seen = {
        alias.asname: node.module.removeprefix("ess_sim.") + (f":{alias.name}" if alias.name != alias.asname else "")
        for block in TREES["__init__"].body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    assert seen == ess_sim._HOMES


def test_no_module_bears_a_public_name() -> None:
    """``import ess_sim.x`` would put the module in the place of the function."""
    assert {name.split(".")[0] for name in SOURCES} & set(ess_sim.__all__) == set()


# --- parameters ------------------------------------------------------------------------------------------------------


def _strings(tree: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


DECLARING = {
    *("inputs.catalogue.parameters", "model.run.checks"),
    *(n for n in TREES if n.startswith("faces.")),
}
"""Modules that name parameters without using their values."""


def test_every_parameter_is_read() -> None:
    """By its name, in a module that uses it."""
    known = set(catalogue())
    readers = {n: t for n, t in TREES.items() if n not in DECLARING}
    assert known - set().union(*(_strings(t) for t in readers.values())) == set()


def test_every_name_that_is_read_exists() -> None:
    known = set(catalogue())
    found = set()
    for name in TREES:
        if not name.startswith(("model.", "inputs.figures.")) or name.startswith("model.policies."):
            continue
        for node in ast.walk(TREES[name]):
            if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
                continue
            what = node.value
            if (isinstance(what, ast.Name) and what.id == "p") or (
                isinstance(what, ast.Attribute) and what.attr == "parameters"
            ):
                found.add(node.slice.value)
    assert len(found) > 50
    assert found <= known


# --- the repository --------------------------------------------------------------------------------------------------


def _texts() -> Iterator[tuple[Path, str]]:
    skipped = {".git", ".venv", ".venv-lowest", "__pycache__", "build", "dist", "node_modules"}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if skipped & set(parts) or any(p.endswith(("_cache", ".hypothesis", ".egg-info")) for p in parts):
            continue
        if path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".yaml",
            ".yml",
            ".csv",
            ".cff",
            ".txt",
            ".cfg",
            "",
        }:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def test_no_file_names_a_machine() -> None:
    """Paths of the machine on which something was written are of no use to anybody else."""
    machine = re.compile(
        r"(?<![\w.~:/$}-])/(?:" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers"]) + r")/"
    )
    texts = dict(_texts())
    assert len(texts) > 40
    assert [str(p.relative_to(ROOT)) for p, text in texts.items() if machine.search(text)] == []
    assert machine.search('open("/' + 'work/x")')
