"""What a newcomer types from the README works."""

import re
import runpy
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ess_sim.faces.cli.app import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Code blocks of the README in one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_first_screen_names_the_two_commands():
    first_screen = README.splitlines()[:40]
    assert any(line.startswith("make run") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)
    assert any(line.startswith("ess-sim new") for line in first_screen)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"run:", "test:"} <= {line.split(" ")[0] for line in makefile.splitlines()}


def test_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("ess-sim")]
    assert len(lines) == 19
    for line in lines:
        arguments = shlex.split(line, comments=True)[1:]
        # short runs: the words of the command are what is tested
        arguments = [
            "2" if previous == "--replications" else a for previous, a in zip(["", *arguments], arguments, strict=False)
        ]
        expanded = [str(p) for a in arguments for p in (sorted(tmp_path.glob(a)) if "*" in a else [a])]
        if expanded[0] == "library":
            expanded += ["--folder", "my-scenarios/toulouse", "--replications", "1", "--jobs", "1"]
        if expanded[0] == "benchmark" and "--published" not in expanded:
            expanded += ["-t", "remote", "-p", "mediators", "-n", "2", "--jobs", "1"]
        if expanded[0] == "run":
            for path in (*tmp_path.glob("my-scenarios/laval/baseline.yaml"), *tmp_path.glob("*/baseline.yaml")):
                path.write_text(re.sub("horizon_years: .*", "horizon_years: 5", path.read_text()))
            others = [e for e in expanded if "/laval/" in e and Path(e).stem not in ("baseline", "smp")]
            expanded = [e for e in expanded if e not in others] + ["--jobs", "1"]
        assert main(expanded) == 0, f"{line}\n{capsys.readouterr().err}"
        if expanded[0] == "new":
            (said,) = [block for block in blocks("text") if "baseline.yaml" in block]
            assert capsys.readouterr().out.startswith(said), "what the README shows of it is out of date"


def test_python_blocks_are_a_script(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    code = "\n".join(blocks("python"))
    assert code.count("replications=20") == 1
    script = tmp_path / "readme.py"
    script.write_text(
        code.replace("replications=20", "replications=1") + "\nprint(run.scenario.name, results.scenarios)\n"
    )
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out == "laval-smp ('laval-baseline', 'laval-smp')\n"


def test_scenario_block_is_valid(tmp_path, capsys):
    (block,) = blocks("yaml")
    for path in (ROOT / "scenarios" / "laval").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "readme.yaml"
    path.write_text(block.replace("laval-smp-retired-only", "readme"))
    assert main(["validate", str(path)]) == 0, capsys.readouterr().err


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_number_of_scenarios():
    n = len(list((ROOT / "scenarios").rglob("*.yaml")))
    assert f"`ess-sim library` runs {n} scenarios" in README
    assert f"the {n} scenarios that come with the package" in (ROOT / "docs/experiments.md").read_text(encoding="utf-8")


@pytest.mark.validate
def test_make_run_in_a_clean_clone(tmp_path):
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    for _ in range(2):  # a second run succeeds too
        done = subprocess.run(["make", "run"], cwd=tmp_path / "clone", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (table,) = [block for block in blocks("text") if "laval-smp" in block]
        assert [row for row in table.splitlines() if row not in done.stdout.splitlines()] == []
    assert (tmp_path / "clone" / "results" / "laval" / "share.png").exists()
