"""Mutation testing of the model's core (`make mutants`): would the tests notice if a line were wrong?

Mutants are drawn from all small changes to the functions of `TESTS`: a comparison or its boundary, an arithmetic or
logical operator, a number, a condition turned round, a statement left out. All of a sample sit in one copy of the
package, each behind a switch, so that the kernel is compiled once and not once a mutant; the copy must pass with all
switches off. Then each mutant runs the tests of its module, without the golden file, which says that something has
changed and not that it was right; what they miss is shown to the golden file as well.

A mutant that no test kills is either explained in `mutants_explained.yaml` or makes the exit code 1.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
EXPLAINED = Path(__file__).with_name("mutants_explained.yaml")
GOLDEN = ["test_golden.py::test_results_change_with_their_version_only"]

ACCOUNTS = ["accounts_add_up_between_communes", "sums_over_lists_and_zones_are_those_of_a_recount"]
ACCOUNTS += ["the_recount_finds_what_is_wrong"]
RESIDENTS = ["test_analytic.py", *(f"test_properties.py::test_{name}" for name in ACCOUNTS), "test_barriers.py"]
RESIDENTS += ["test_start.py", "test_policies_access.py", "test_agreement.py"]
POLICIES = ["test_every_policy.py", "test_policies_supply.py", "test_policies_centres.py", "test_centres.py"]
CENTRES = ["test_centres.py", "test_ledger.py", "test_centre_faults.py", *POLICIES[:1], "test_policies_centres.py"]
ROOMS = {
    "ess_sim/model/kernel": RESIDENTS,
    "ess_sim/model/residents": ["test_start.py", *RESIDENTS, "test_start_balance.py", "test_supply.py"],
    "ess_sim/model/behaviours/gps": [
        *(
            "test_supply.py",
            "test_who_takes_over.py",
            "test_halo.py",
            "test_capacity.py",
            "test_analytic.py",
            "test_start.py",
            *POLICIES,
        ),
    ],
    **{f"ess_sim/model/behaviours/centres/{name}.py": CENTRES for name in ("centres", "insolvency", "lists", "staff")},
    "ess_sim/model/behaviours/centres/ledger.py": ["test_ledger.py", "test_costs.py", *CENTRES],
    "ess_sim/results/indicators": [
        *("test_indicators.py", "test_barriers.py", "test_compare.py", "test_start_balance.py", "test_selection.py"),
        *("test_by_group.py", "test_filled.py"),
    ],
}
"""What is mutated, folders or single files, and the tests that should notice: the quick and the sharp ones first."""


MACHINE = {"__init__.py", "compiled.py"}
"""Modules without a rule of the model: how numba compiles has tests of its own (`test_kernel_cache.py`)."""


def _files(room: str) -> Iterator[str]:
    path = ROOT / room
    for file in [path] if path.is_file() else sorted(path.glob("*.py")):
        if file.name not in MACHINE:
            yield file.relative_to(ROOT).as_posix()


TESTS = {file: tests for room, tests in ROOMS.items() for file in _files(room)}
"""Likewise, file by file."""

LIMIT = 200
"""Seconds of processor time for the tests of one mutant: one that is not done by then runs for ever."""

SPARED = {"_zeros", "_shapes", "allocate"}
SPARED |= {"row", "slot", "offer", "zone_ints", "zone_floats", "entry", "pair_of", "prefetch_resident"}
"""Functions about the machine and not the model: memory, offsets in it."""

PREFETCHES = {"prefetch", "prefetch_resident"}
"""Calls that can be left out, or fetch something else, without any effect but on speed."""

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.RShift: ast.LShift,
    ast.LShift: ast.RShift, ast.And: ast.Or, ast.Or: ast.And, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
"""Never one that turns whole numbers into others: compiled code could not hold both."""
TURNED: dict[type[ast.AST], type[ast.AST]] = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
"""For comparisons with a random draw, where the boundary has probability 0."""
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "floor": "ceil"}


@dataclass
class Mutant:
    """A change of one place; ``new`` replaces the expression ``node``, None leaves the statement out."""

    file: str
    function: str
    line: int
    change: str
    node: ast.AST = field(repr=False)
    new: ast.expr | None = field(repr=False)
    compiled: bool = False
    frozen: bool = False  # compiled, and without the arena, in which the switch lies: needs a compilation of its own
    number: int = 0

    @property
    def id(self) -> str:
        """Names the room and not the file, so that a function may move within its room."""
        return f"{Path(self.file).parent.name}.{self.function}: {self.change}"


# --- which there are --------------------------------------------------------------------------------------------------


class Finder(ast.NodeVisitor):
    """Collects the mutants of a module, in the order of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Mutant] = []
        self.function: list[str] = []
        self.compiled = self.frozen = False
        self.statement: ast.stmt | None = None

    def add(self, node: ast.AST, new: ast.expr | None) -> None:
        assert self.statement is not None
        whole = ast.unparse(self.statement).splitlines()[0][:120]
        change = f"drop `{whole}`" if new is None else f"{ast.unparse(node)} → {ast.unparse(new)}, in `{whole}`"
        function = ".".join(self.function)
        line = getattr(node, "lineno", self.statement.lineno)
        self.found.append(Mutant(self.file, function, line, change, node, new, self.compiled, self.frozen))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in SPARED:
            return
        self.function.append(node.name)
        if len(self.function) == 1:
            self.compiled = any(ast.unparse(d) in ("jit", "inline") for d in node.decorator_list)
            self.frozen = self.compiled and "S" not in {a.arg for a in node.args.args}
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        for statement in body:
            self.visit(statement)
        self.function.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.function.append(node.name)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                self.visit(statement)
        self.function.pop()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            super().visit(node)
            return
        if not self.function:
            if isinstance(node, ast.Module):
                super().visit(node)
            return
        if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr):  # a message
            return
        if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip
            return
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PREFETCHES:
            return
        if isinstance(node, ast.stmt):
            outer, self.statement = self.statement, node
            if _can_go(node):
                self.add(node, None)
            self._mutate(node)
            self.generic_visit(node)
            self.statement = outer
            return
        self._mutate(node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def _mutate(self, node: ast.AST) -> None:
        if isinstance(node, ast.If | ast.IfExp) and not _turned_elsewhere(node.test):
            self.add(node.test, ast.UnaryOp(ast.Not(), copy.deepcopy(node.test)))
        elif isinstance(node, ast.AugAssign) and type(node.op) in SWAPPED and not isinstance(node.value, ast.ListComp):
            self.add(node.value, _opposite(node))
        elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _text(node) and not _address(node):
            self.add(node, ast.BinOp(copy.deepcopy(node.left), SWAPPED[type(node.op)](), copy.deepcopy(node.right)))
        elif isinstance(node, ast.BoolOp):
            self.add(node, ast.BoolOp(SWAPPED[type(node.op)](), copy.deepcopy(node.values)))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.add(node, copy.deepcopy(node.operand))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            drawn = any(word in ast.unparse(node) for word in ("uniform(", "random(", "draw"))
            table = SWAPPED | TURNED if drawn else SWAPPED
            new = copy.deepcopy(node)
            new.ops = [table[type(node.ops[0])]()]
            self.add(node, new)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
            self.add(node, ast.Constant(_other(node.value)))
        elif isinstance(node, ast.Call):
            new = copy.deepcopy(node)
            if isinstance(new.func, ast.Name) and new.func.id in NAMES:
                new.func.id = NAMES[new.func.id]
                self.add(node, new)
            elif isinstance(new.func, ast.Attribute) and new.func.attr in NAMES:
                new.func.attr = NAMES[new.func.attr]
                self.add(node, new)


def _can_go(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and ast.unparse(node.value.func) not in PREFETCHES
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Subscript | ast.Attribute) for target in node.targets)
    return isinstance(node, ast.AugAssign)


def _turned_elsewhere(test: ast.expr) -> bool:
    """A ``not`` or an equation, which is mutated as an expression."""
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not)
    return isinstance(test, ast.Compare) and not isinstance(test.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)


def _address(node: ast.BinOp) -> bool:
    """An offset in the arena: reading elsewhere is seen at once, and says little about the tests."""
    offset = r"(c\.|k\.)?(A|X|V|Z|ZF|C|H)_[A-Z]+|S\.n\[c\.A_|(row|slot|offer|zone_ints|zone_floats)\("
    return any(re.match(offset, part) for part in _parts(node))


def _parts(node: ast.expr) -> Iterator[str]:
    """The terms of a sum."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield ast.unparse(node)


def _text(node: ast.BinOp) -> bool:
    """Joins strings, as far as one can see."""
    return any(isinstance(n, ast.JoinedStr | ast.Constant) and not _number(n) for n in ast.walk(node))


def _number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _opposite(node: ast.AugAssign) -> ast.expr:
    """``x += y`` becomes ``x -= y`` by a change of y alone, and so on."""
    value = copy.deepcopy(node.value)
    if isinstance(node.op, ast.Add | ast.Sub):
        return ast.UnaryOp(ast.USub(), value)
    if isinstance(node.op, ast.Mult | ast.Div):
        return ast.BinOp(ast.Constant(1.0), ast.Div(), value)
    return ast.UnaryOp(ast.Invert(), value)


def _other(value: float) -> float:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value / 2 if value else 1.0


def find(root: Path) -> tuple[dict[str, ast.Module], list[Mutant]]:
    """The syntax trees of the core, and all their mutants, each with a name of its own."""
    trees = {file: ast.parse((root / file).read_text(encoding="utf-8")) for file in TESTS}
    mutants: list[Mutant] = []
    for file, tree in trees.items():
        finder = Finder(file)
        finder.visit(tree)
        mutants += finder.found
    seen: Counter[str] = Counter()
    for mutant in mutants:
        seen[mutant.id] += 1
        if seen[mutant.id] > 1:
            mutant.change += f" (no. {seen[mutant.id]})"
    return trees, mutants


def sample(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """The mutants whose names hash lowest: nearly the same after a change elsewhere in the code."""
    rank = {m.id: hashlib.sha256(f"{seed} {m.id}".encode()).digest() for m in mutants}
    chosen = sorted(sorted(mutants, key=lambda m: rank[m.id])[:size], key=lambda m: (m.file, m.line))
    for number, mutant in enumerate(chosen, start=1):
        mutant.number = number
    return chosen


# --- the copy that holds them -----------------------------------------------------------------------------------------

SETTINGS = """
from hypothesis import Phase, settings
settings.register_profile("mutants", database=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")
"""
"""Of Hypothesis, on top of its usual profile: the same examples for each mutant, and no failure is made small."""
SWITCH = "import os\nMUTANT = int(os.environ.get('MUTANT', '0'))\n"


class Switcher(ast.NodeTransformer):
    """Puts each mutant behind its switch."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self.of: dict[int, list[Mutant]] = {}
        for mutant in mutants:
            self.of.setdefault(id(mutant.node), []).append(mutant)

    def visit(self, node: ast.AST) -> ast.AST:
        mutants = self.of.get(id(node), [])
        out: ast.AST = self.generic_visit(node)
        for mutant in mutants:
            name = "S.n[I_MUTANT]" if mutant.compiled and not mutant.frozen else "MUTANT"
            on = ast.parse(f"{name} == {mutant.number}", mode="eval").body
            if mutant.new is None:
                assert isinstance(out, ast.stmt)
                out = ast.If(ast.UnaryOp(ast.Not(), on), [out], [])
            else:
                assert isinstance(out, ast.expr)
                out = ast.IfExp(on, mutant.new, out)
        return out


def left_out(folder: str, names: Sequence[str]) -> set[str]:
    """What a copy of the repository does without: hidden files, caches, and, at the top, what commands have made."""
    made = {"results", "build", "dist"} if Path(folder) == ROOT else set()
    return {name for name in names if name.startswith(".") or name == "__pycache__" or name in made}


def write_copy(trees: dict[str, ast.Module], mutants: Sequence[Mutant], folder: Path) -> None:
    """A copy of the repository in which `mutants` can be switched on by the environment variable MUTANT."""
    shutil.copytree(ROOT, folder, ignore=left_out, dirs_exist_ok=True)
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    sources = {}
    for file, tree in trees.items():
        switched = ast.fix_missing_locations(Switcher([m for m in mutants if m.file == file]).visit(tree))
        sources[file] = _headed(ast.unparse(switched), SWITCH)
    for file, source in _with_a_switch_in_the_arena(sources).items():
        (folder / file).write_text(source, encoding="utf-8")


def _headed(source: str, lines: str) -> str:
    """With further lines at the beginning of a module."""
    future = "from __future__ import annotations\n"
    assert source.count(future) == 1
    return source.replace(future, future + lines)


def _with_a_switch_in_the_arena(sources: dict[str, str]) -> dict[str, str]:
    """Compiled code takes globals for constants: its switch is one of the run's whole numbers, declared in `codes`."""
    from ess_sim.model.kernel.codes import N_INTS

    kernel = "ess_sim/model/kernel"
    codes, arena = f"{kernel}/codes.py", f"{kernel}/arena.py"
    out = {
        file: _headed(source, "from ess_sim.model.kernel.codes import I_MUTANT\n")
        if file.startswith(kernel) and file != codes
        else source
        for file, source in sources.items()
    }
    for file, old, new in (
        (codes, f"\nN_INTS = {N_INTS}\n", f"\nN_INTS = {N_INTS + 1}\nI_MUTANT = {N_INTS}\n"),
        (arena, "\n    return (arena, tables)\n", "\n    arena.n[I_MUTANT] = MUTANT\n    return (arena, tables)\n"),
    ):
        assert out[file].count(old) == 1, f"{file} has changed: {out[file].count(old)} times {old!r}"
        out[file] = out[file].replace(old, new)
    return out


# --- runs -------------------------------------------------------------------------------------------------------------


def test_file(test: str) -> str:
    """Where in the repository a test file, or one test of it, lies."""
    name, _, rest = test.partition("::")
    (path,) = (ROOT / "tests").rglob(name)
    return str(path.relative_to(ROOT)) + (f"::{rest}" if rest else "")


def run_tests(folder: Path, tests: Sequence[str], number: int, limit: int, frozen: bool = False) -> bool:
    """Whether all tests pass with this mutant switched on, within so many seconds of processor time."""
    with tempfile.TemporaryDirectory() as scratch:
        env = os.environ | {
            "MUTANT": str(number),
            "PYTHONPATH": str(folder),
            "REFERENCE_CACHE": str(folder / "reference"),
            "TMPDIR": scratch,
        }
        if frozen:
            env["NUMBA_CACHE_DIR"] = scratch
        options = ["-x", "-q", "-m", "not validate", "-n", "0", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *(str(test_file(test)) for test in tests)],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_CPU, (limit, limit + 5)),
            check=False,
        )
    if number == 0 and done.returncode:
        print(done.stdout.decode())
    return done.returncode == 0


def control(folder: Path, files: Sequence[str]) -> None:
    """With all switches off every test passes; the kernel is compiled on the way, and the reference's answers kept."""
    for tests in [*(TESTS[file] for file in files), GOLDEN]:
        if not run_tests(folder, tests, 0, 3600):
            sys.exit(f"{', '.join(tests)}: fail with no mutant switched on")


def judge(folder: Path, mutant: Mutant) -> dict[str, object]:
    """What kills it: ``tests``, ``golden`` alone, or nothing ('')."""
    began = time.monotonic()
    killer = ""
    if not run_tests(folder, TESTS[mutant.file], mutant.number, LIMIT, mutant.frozen):
        killer = "tests"
    elif not run_tests(folder, GOLDEN, mutant.number, LIMIT, mutant.frozen):
        killer = "golden"
    print(f"{killer or 'NOTHING':8}{time.monotonic() - began:5.0f} s  {mutant.id}", flush=True)
    return {"file": mutant.file, "line": mutant.line, "id": mutant.id, "killed_by": killer}


def main() -> int:
    """Plants the mutants, runs the tests, and reports those that none noticed."""
    parser = argparse.ArgumentParser(description="Mutation testing of the model's core.")
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants whose name holds this")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "mutants.csv")
    chosen = parser.parse_args()
    trees, every = find(ROOT)
    mutants = sample([m for m in every if chosen.only in m.id], chosen.sample, chosen.seed)
    print(f"{len(mutants)} of {len(every)} mutants", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_copy(trees, mutants, folder)
        control(folder, list(dict.fromkeys(m.file for m in mutants)))
        with ThreadPoolExecutor(chosen.jobs) as pool:
            table = pd.DataFrame(pool.map(partial(judge, folder), mutants))
    table["reason"] = table.id.map(explained()).fillna("")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(chosen.out, index=False)
    for line in report(table):
        print(line)
    return int(((table.killed_by != "tests") & (table.reason == "")).any())


def explained() -> dict[str, str]:
    """Why a mutant may live, by its name."""
    entries = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8")) or []
    return {entry["id"]: entry["reason"] for entry in entries}


def report(table: pd.DataFrame) -> Iterator[str]:
    """Rates by module, and the mutants that live."""
    for file, some in [*table.groupby("file"), ("all", table)]:
        tests, golden = (some.killed_by == "tests").sum(), (some.killed_by != "").sum()
        yield (
            f"{file}: {len(some)} mutants; killed by tests {tests} ({100 * tests / len(some):.0f} %), "
            f"with the golden file {golden} ({100 * golden / len(some):.0f} %)"
        )
    for row in table[table.killed_by != "tests"].itertuples():
        yield f"lives{' but for the golden file' if row.killed_by else ''}: {row.file}:{row.line} {row.id}"
        yield f"    {row.reason or 'NOT EXPLAINED'}"


if __name__ == "__main__":
    sys.exit(main())
