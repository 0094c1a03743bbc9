"""The shape of the package, read from its source: floors, doors, faces, names."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from work import PATIENCE

from ess_sim.parameters import catalogue
from ess_sim.policies.registry import KINDS
from ess_sim.simulate import unreadable_parameters

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
PACKAGE = ROOT / "ess_sim"

# Imports point down or sideways, never up. Below 4 nobody knows the world; below 7 nobody knows policies; results,
# their comparison and their pictures (2, 3) know nothing of how a run comes about.
FLOORS = {
    1: {"errors", "clock", "elementary", "streams", "resources", "tables", "scalars", "wording", "markdown"},
    2: {
        "analysis",
        *("documents", "store", "parameters", "territory", "kernel", "indicators", "compare", "figures"),
        *("folder", "analysis.selection", "analysis.statistics", "sourced"),
    },
    3: {
        *(
            "complaints",
            "scenario",
            "results",
            "start",
            "residents",
            "analysis.designs",
            "analysis.sensitivity",
            "analysis.attribution",
        ),
        *("analysis.emulator", "analysis.inference", "analysis.diagnostics", "analysis.posterior"),
        *("analysis.uncertainty", "analysis.costs", "tariffs", "structures", "access", "demography"),
    },
    4: {"files", "world", "behaviours"},
    5: {
        "behaviours.practices",
        "behaviours.retired",
        "behaviours.recorder",
        "behaviours.claims",
        "behaviours.fees",
        "behaviours.posts",
        "behaviours.salaried",
        "behaviours.ledger",
        "behaviours.insolvency",
    },
    6: {
        "behaviours.centres",
        "behaviours.internships",
        "behaviours.outreach",
        "behaviours.enrolment",
    },
    7: {"policies", "policies.base", "policies.registry", *(f"policies.{kind}" for kind in KINDS)},
    8: {"simulate", "engines", "headline"},
    9: {"experiment", "analysis.evaluation", "analysis.targets", "variants", "batch", "explain"},
    10: {
        "report",
        "parameter_page",
        "cli",
        "analysis.critical",
        "analysis.interop",
        "analysis.assumptions",
        "analysis.calibration",
        "analysis.choice",
        "library",
    },
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}

# One third-party library, one door; a library that is not named here is a mistake, too.
DOORS = {
    "simpy": {"world"},
    "networkx": {"territory"},
    "numba": {"kernel"},
    "llvmlite": {"kernel"},
    "matplotlib": {"figures"},
    "yaml": {"documents"},
    "pyarrow": {"store"},
    "scipy": {"analysis.designs", "analysis.statistics", "territory"},
    "SALib": {"analysis.sensitivity"},
    "distributed": {"engines"},
    "ema_workbench": {"analysis.interop"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pydantic": {
        *("scenario", "sourced", "structures", "complaints", "files", "batch", "explain", "analysis.targets"),
        *FLOORS[7],
    },
    "numpy": set(FLOOR_OF),
    "pandas": set(FLOOR_OF),
}
FACE = {"__init__"}


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


def test_the_table_of_floors_is_complete() -> None:
    assert set(SOURCES) - FACE <= set(FLOOR_OF), "a new module needs a floor"
    assert len(FLOOR_OF) == sum(len(m) for m in FLOORS.values())
    assert set(FLOOR_OF) <= set(SOURCES)


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_imports_point_down(name: str) -> None:
    upward = {i for i in INSIDE[name] if FLOOR_OF[i] > FLOOR_OF[name]}
    assert not upward


def test_no_circle() -> None:
    order = list(TopologicalSorter(INSIDE).static_order())  # raises CycleError
    assert order.index("errors") < order.index("scenario") < order.index("world") < order.index("simulate")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_doors(name: str) -> None:
    third_party = {i.split(".")[0] for i in imports(name)} - sys.stdlib_module_names - {"ess_sim"}
    assert third_party <= set(DOORS)
    assert {lib for lib in third_party if name not in DOORS[lib]} == set()


@pytest.mark.parametrize(
    "library",
    ["simpy", "networkx", "numba", "matplotlib", "yaml", "pyarrow", "SALib", "ema_workbench", "typer", "rich"],
)
def test_one_library_one_door(library: str) -> None:
    users = [name for name in SOURCES if any(i.split(".")[0] == library for i in imports(name))]
    assert len(users) == 1


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_nobody_inside_imports_the_face(name: str) -> None:
    assert "ess_sim" not in set(imports(name))
    circular = [n for n in ast.walk(TREES[name]) if isinstance(n, ast.Name) and n.id == "TYPE_CHECKING"]
    assert not circular, "imports that only type checkers see hide circles"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_module_says_what_it_is_for(name: str) -> None:
    said = ast.get_docstring(TREES[name])
    assert said
    assert len(said.splitlines()[0]) > 20
    assert said.splitlines()[0].rstrip().endswith((".", ":", ","))


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_public_names_exist(name: str) -> None:
    module = importlib.import_module(f"ess_sim.{name}")
    for public in getattr(module, "__all__", []):
        assert hasattr(module, public), public


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
    assert _python(code) == "ess_sim"


def test_the_face_keeps_its_promises() -> None:
    code = (
        "import ess_sim\n"
        "from ess_sim import *\n"
        "missing = [n for n in ess_sim.__all__ if n not in globals()]\n"
        "import ess_sim.simulate, ess_sim.compare\n"
        "print(missing, callable(ess_sim.simulate), callable(ess_sim.compare))\n"
        "print(set(ess_sim.__all__) <= set(dir(ess_sim)))\n"
    )
    assert _python(code) == "[] True True\nTrue"


# --- parameters ------------------------------------------------------------------------------------------------------


def _strings(tree: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_parameter_is_read() -> None:
    """By its name, somewhere below the policies, which merely declare what matters for them alone."""
    known = set(catalogue())
    readers = {n: t for n, t in TREES.items() if n not in ("parameters", "policies.base", "policies.smp", "simulate")}
    readers["simulate"] = ast.Module(
        [n for n in TREES["simulate"].body if getattr(n, "name", "") != unreadable_parameters.__name__], []
    )
    assert known - set().union(*(_strings(t) for t in readers.values())) == set()


def test_every_name_that_is_read_exists() -> None:
    known = set(catalogue())
    found = set()
    for name in ("start", "residents", "world", "simulate", *(n for n in TREES if n.startswith("behaviours."))):
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


def test_policies_read_what_exists() -> None:
    for kind in KINDS.values():
        assert kind.reads <= set(catalogue())


# --- the repository --------------------------------------------------------------------------------------------------


def _texts() -> Iterator[tuple[Path, str]]:
    skipped = {".git", ".venv", "__pycache__", "results", "build", "dist", "node_modules"}
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
