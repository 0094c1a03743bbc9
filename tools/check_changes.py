"""Run the tests that concern what has changed since `main`, for at most a minute (`make check`).

A test file concerns a module if it lies in the same wing and bears the name of the module or of its room, or imports
the module; a helper, if it imports it; any other file, if it names it. Examples in docstrings of changed modules run
too, and the shape of the package is always checked. What the minute does not suffice for is skipped, and reported as
skipped: `make test` runs everything.

::

    python tools/check_changes.py [BASE]
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUDGET_SECONDS = 60
ALWAYS = ("tests/repository/test_architecture.py", "tests/repository/test_versions.py")


def git(*arguments: str) -> list[str]:
    """Lines that git prints; none where it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed(base: str = "main") -> list[str]:
    """Files that differ from where the branch left ``base``, committed or not."""
    (fork,) = git("merge-base", base, "HEAD") or ["HEAD"]
    return sorted({*git("diff", "--name-only", fork), *git("ls-files", "--others", "--exclude-standard")})


def concerning(file: str) -> list[str]:
    """Test files that concern a file, and the file itself where it has examples."""
    path = PurePosixPath(file)
    if path.suffix == ".py" and path.name.startswith("test_"):
        found = [file]
    elif path.suffix != ".py":
        found = _that_match(re.escape(path.name) if path.parts[0] != "scenarios" else r"read_library\(")
    elif path.parts[0] == "tests":
        found = _that_match(rf"^(from|import) {path.stem}\b")
    else:
        found = _of_module(path)
    return [f for f in found if (ROOT / f).exists()]


def _of_module(path: PurePosixPath) -> list[str]:
    wing = f"{path.parts[1]}/" if len(path.parts) > 2 else ""
    package, module = ".".join(path.parent.parts), path.stem
    own = [f"tests/{wing}test_{name}.py" for name in (module, path.parent.name)]
    imports = rf"^(from {re.escape(package)}\.{module} |from {re.escape(package)} import .*\b{module}\b)"
    near = [f for f in _that_match(imports) if f.startswith(f"tests/{wing}")]
    examples = [str(path)] if ">>>" in _text(str(path)) else []
    return [*dict.fromkeys([*own, *examples, *near])]


def _that_match(pattern: str) -> list[str]:
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests").rglob("test_*.py"))
    return [f for f in files if re.search(pattern, _text(f), re.MULTILINE)]


def _text(file: str) -> str:
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.exists() else ""


class Budget:
    """Skips tests once the time is up."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.begin = seconds, time.monotonic()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:  # noqa: ARG002 (pytest names it)
        """Called by pytest before each test."""
        if time.monotonic() - self.begin > self.seconds:
            pytest.skip(f"{self.seconds:g} s are over: left to `make test`")


def main() -> int:
    """Exit code of pytest."""
    files = changed(*sys.argv[1:2])
    tests = [*dict.fromkeys([*ALWAYS, *(test for file in files for test in concerning(file))])]
    print(f"{len(files)} changed files, {len(tests)} files of tests and examples")
    return int(pytest.main(["-q", "-m", "not validate", *tests], plugins=[Budget(BUDGET_SECONDS)]))


if __name__ == "__main__":
    sys.exit(main())
