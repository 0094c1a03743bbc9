"""The machinery of `make mutants`: each mutant has a name and a switch, and what is explained exists."""

from __future__ import annotations

import ast
from typing import Any

from validation import mutants

SOURCE = '''
from __future__ import annotations

@jit
def kernel(S, a):
    """Compiled."""
    prefetch(S, min(a, 1))
    if a > 1:
        S.f[0] = a
    return a + 1

def plain(a: int = 3) -> int:
    said = f"{a + 1}"
    return 0 if a == 3 and not said == "" else max(a, 2)
'''


def found(source: str = SOURCE) -> tuple[ast.Module, list[mutants.Mutant]]:
    tree, finder = ast.parse(source), mutants.Finder("where/some.py")
    finder.visit(tree)
    return tree, finder.found


def test_which_mutants_there_are() -> None:
    assert [m.id for m in found()[1]] == [
        "where.kernel: a > 1 → not a > 1, in `if a > 1:`",
        "where.kernel: a > 1 → a >= 1, in `if a > 1:`",
        "where.kernel: 1 → 2, in `if a > 1:`",
        "where.kernel: drop `S.f[0] = a`",
        "where.kernel: 0 → 1, in `S.f[0] = a`",
        "where.kernel: a + 1 → a - 1, in `return a + 1`",
        "where.kernel: 1 → 2, in `return a + 1`",
        *(
            f"where.plain: {change}, in `return 0 if a == 3 and (not said == '') else max(a, 2)`"
            for change in (
                "a == 3 and (not said == '') → not (a == 3 and (not said == ''))",
                "a == 3 and (not said == '') → a == 3 or not said == ''",
                "a == 3 → a != 3",
                "3 → 4",
                "not said == '' → said == ''",
                "said == '' → said != ''",
                "0 → 1",
                "max(a, 2) → min(a, 2)",
                "2 → 3",
            )
        ),
    ]


def test_one_switch_each() -> None:
    tree, some = found()
    for number, mutant in enumerate(some, start=1):
        mutant.number = number
    code = ast.unparse(ast.fix_missing_locations(mutants.Switcher(some).visit(tree)))

    class Arena:
        def __init__(self, number: int) -> None:
            self.n, self.f = {"on": number}, [0.0, 0.0]

    def run(number: int) -> list[Any]:
        space: dict[str, Any] = {"jit": lambda f: f, "prefetch": lambda *_: None, "I_MUTANT": "on", "MUTANT": number}
        exec(code, space)
        out: list[Any] = []
        for a in (0, 1, 2, 3):
            arena = Arena(number)
            out += [space["kernel"](arena, a), arena.f, space["plain"](a)]
        return out

    right = run(0)
    assert right == [1, [0, 0], 2, 2, [0, 0], 2, 3, [2, 0], 2, 4, [3, 0], 0]
    by_name = {m.id.split(", in")[0]: run(m.number) for m in some}
    assert by_name["where.kernel: drop `S.f[0] = a`"][10] == [0, 0]
    assert by_name["where.kernel: a > 1 → a >= 1"][4] == [1, 0]
    assert by_name["where.plain: max(a, 2) → min(a, 2)"][2::3] == [0, 1, 2, 0]
    assert all(wrong != right for wrong in by_name.values())


def test_every_mutant_of_the_core_has_its_own_name_and_the_explained_ones_exist() -> None:
    _, every = mutants.find(mutants.ROOT)
    names = {m.id for m in every}
    assert len(names) == len(every) > 1000
    gone = set(mutants.explained()) - names
    assert not gone, "explained, but no longer there"
    assert all(mutants.explained().values())


def test_the_copy_has_every_part_of_the_package() -> None:
    assert mutants.left_out(str(mutants.ROOT), ["results", "ess_sim", ".git", "build"]) == {"results", ".git", "build"}
    assert mutants.left_out(str(mutants.ROOT / "ess_sim"), ["results", "model", "__pycache__"]) == {"__pycache__"}


def test_every_test_that_should_notice_exists() -> None:
    for tests in (*mutants.TESTS.values(), mutants.GOLDEN):
        assert all((mutants.ROOT / mutants.test_file(test).split("::")[0]).exists() for test in tests)
    assert len(mutants.sample(mutants.find(mutants.ROOT)[1], 150, 1)) == 150
