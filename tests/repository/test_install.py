"""The wheel carries its data and scenarios, and works far from the repository."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

from commands import BASE

ROOT = Path(__file__).parents[2]


def test_wheel_runs_from_elsewhere(tmp_path):
    wheels, home, elsewhere = tmp_path / "wheels", tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("ess_sim-*.whl")

    # a new environment with the wheel, and the dependencies (not ess_sim itself) of this one
    venv.create(home, with_pip=False)
    packages = next((home / "lib").glob("python*")) / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--target", packages, wheel], check=True)
    # appended to the path as plain folders: .pth files in them, such as that of an editable ess_sim, are not read
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))

    # the kernel runs as plain Python: compiling it once more for another folder would take half a minute
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}} | {"NUMBA_DISABLE_JIT": "1"}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [home / "bin" / "python", *arguments], cwd=elsewhere, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ess_sim(*arguments: str) -> str:
        return python("-c", "import sys; from ess_sim.faces.cli.app import main; sys.exit(main())", *arguments)

    assert str(packages) in python("-c", "import ess_sim; print(ess_sim.__file__)")
    assert "baseline.yaml" in ess_sim("scenarios")
    ess_sim("scenarios", "--copy", "mine")
    assert ess_sim("validate", *(str(path) for path in sorted((elsewhere / "mine").rglob("*.yaml"))))
    (elsewhere / "small.yaml").write_text(BASE.replace("2020-01-01", "2017-06-15"))
    assert "2018-06-15" in ess_sim("run", "small.yaml", "--replications", "1", "--jobs", "1", "--out", "out")
    assert (elsewhere / "out" / "manifest.json").exists()
    assert "STRESS-DES" in ess_sim("report", "out")
    assert ess_sim("parameters", "--markdown") == (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
