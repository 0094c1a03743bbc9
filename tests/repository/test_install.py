"""The wheel carries its data and scenarios, and works far from the repository."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

from commands import BASE

ROOT = Path(__file__).parents[2]
CUT = "\n--- next ---\n"
COMMANDS = f"""\
from pathlib import Path

import ess_sim
from ess_sim.faces.cli.app import main

print(ess_sim.__file__)
for command in (
    lambda: ["scenarios"],
    lambda: ["scenarios", "--copy", "mine"],
    lambda: ["validate", *(str(path) for path in sorted(Path("mine").rglob("*.yaml")))],
    lambda: ["run", "small.yaml", "--replications", "1", "--jobs", "1", "--out", "out"],
    lambda: ["report", "out", "--stress"],
    lambda: ["parameters", "--markdown"],
):
    print({CUT!r}, end="")
    assert main(command()) == 0
"""


def test_wheel_runs_from_elsewhere(tmp_path):
    wheels, home, elsewhere = tmp_path / "wheels", tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("ess_sim-*.whl")

    # a new environment with the wheel, and the dependencies (not ess_sim itself) of this one
    venv.create(home, with_pip=False)
    packages = next((home / "lib").glob("python*")) / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--no-compile", "--target", packages, wheel], check=True)
    # appended to the path as plain folders: .pth files in them, such as that of an editable ess_sim, are not read
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))

    # the kernel runs as plain Python: compiling it once more for another folder would take half a minute
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}} | {"NUMBA_DISABLE_JIT": "1"}

    (elsewhere / "small.yaml").write_text(BASE.replace("2020-01-01", "2017-06-15"))
    (elsewhere / "commands.py").write_text(COMMANDS)
    done = subprocess.run(
        [home / "bin" / "python", "commands.py"], cwd=elsewhere, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    where, listed, _, valid, ran, sheet, parameters = done.stdout.split(CUT)
    assert str(packages) in where
    assert "baseline.yaml" in listed
    assert valid
    assert "2018-06-15" in ran
    assert (elsewhere / "out" / "manifest.json").exists()
    assert "STRESS-DES" in sheet
    assert parameters == (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
