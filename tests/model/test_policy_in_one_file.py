"""A new policy is one file and one line: shown in a copy of the package to which a telehealth booth is added."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import BASE
from work import PATIENCE

from ess_sim.model.policies.registry import KINDS

ROOT = Path(__file__).parents[2]

BOOTH = '''\
"""A telehealth booth: residents see a doctor from afar and learn which practices nearby take patients."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field

from ess_sim.clock import DAYS_PER_YEAR, Phase
from ess_sim.model.policies.base import Case, Policy
from ess_sim.model.policies.words import Words
from ess_sim.model.world.events import Behaviour
from ess_sim.model.world.world import World

__all__ = ["TelehealthBooth"]


class TelehealthBooth(Policy):
    """While the booth stands there, more callers of its zone know which lists take patients."""

    kind: ClassVar[str] = "telehealth_booth"
    label: ClassVar[Words] = Words("Telehealth booth", "Cabine de téléconsultation")
    about: ClassVar[str] = "A booth for remote consultations, where residents learn which practices take patients."

    starts: date
    ends: date | None = None
    zone: str
    more_informed: Annotated[float, Field(gt=0, le=1)]
    euro_per_month: Annotated[float, Field(ge=0, le=1e6)]

    field_labels: ClassVar[dict[str, Words]] = {
        "more_informed": Words("callers more who know where to call", "part d'appels mieux orientés en plus"),
        "euro_per_month": Words("rent, euros a month", "loyer, en euros par mois"),
    }

    @classmethod
    def example(cls, case: Case) -> Self:
        """An instance for tests."""
        return cls(starts=case.starts, ends=case.ends, zone=case.zones[0], more_informed=0.3, euro_per_month=1200.0)

    def act(self, world: World) -> Behaviour:
        """Informs callers, and costs a rent."""
        name = world.unique_name(f"booth-{self.zone}")
        zone = world.territory.zone_index(self.zone)
        since = world.today
        with world.levers.bend(zone=zone, informed_share=self.more_informed):
            for day in world.settling_days(self.last_day_of_run(world.calendar)):
                yield world.at(day, Phase.POLICY, name)
                euro = 12 * self.euro_per_month * (day - since) / DAYS_PER_YEAR
                world.pay(name, "rent", "local_authority", euro, zone)
                since = day
'''

CUT = "--- next ---\n"
USED = f"""
import ess_sim
from ess_sim.faces.cli.app import main

print(ess_sim.__file__)
for command in ("policies", "validate booth.yaml", "explain booth.yaml", "explain booth.yaml --lang fr"):
    print({CUT!r}, end="")
    assert main(command.split()) == 0
paid = ess_sim.simulate(ess_sim.read_scenario("booth.yaml")).accounts.query("actor == 'booth-53054'")
print({CUT!r}, paid["cents"].sum(), sep="")
"""

TESTS = (
    *("model/test_every_policy.py", "model/test_policies.py", "inputs/test_parameters.py"),
    *("faces/test_explain.py", "faces/test_parameter_page.py"),
)
WANTED = ("telehealth_booth", "together", "words_for", "words_of_every", "no_field", "field_by_field", "committed")
OPTIONS = ["-q", "-rp", "-p", "no:cacheprovider", "-o", "pythonpath=", "--rootdir", str(ROOT)]
TESTED = f"""
import sys
import pytest

print({CUT!r}, end="")
sys.exit(pytest.main({[*OPTIONS, "-k", " or ".join(WANTED), *(str(ROOT / "tests" / name) for name in TESTS)]}))
"""

SCENARIO = """\
extends: base.yaml
name: booth
policies:
  - kind: telehealth_booth
    starts: 2020-03-01
    zone: "53054"
    more_informed: 0.25
    euro_per_month: 900.5
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, the new file and the new line, and two scenarios."""
    home = tmp_path_factory.mktemp("booth")
    # with the kernel's machine code, but without files that other processes may be writing
    shutil.copytree(ROOT / "ess_sim", home / "ess_sim", ignore=shutil.ignore_patterns("*.pyc*", "*.tmp*"))
    policies = home / "ess_sim" / "model" / "policies"
    (policies / "telehealth_booth.py").write_text(BOOTH, encoding="utf-8")
    before = (policies / "registry.py").read_text(encoding="utf-8")
    after = before.replace('    "solidarity_days",\n', '    "solidarity_days",\n    "telehealth_booth",\n')
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    (policies / "registry.py").write_text(after, encoding="utf-8")
    (home / "base.yaml").write_text(BASE, encoding="utf-8")
    (home / "booth.yaml").write_text(SCENARIO, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def said(home: Path) -> list[str]:
    """What one process says in this folder, with its copy of the package, that uses the policy and then tests it."""
    path = os.pathsep.join(map(str, (home, ROOT / "tests", ROOT / "tests" / "support")))
    done = subprocess.run(
        [sys.executable, "-c", USED + TESTED],
        cwd=home,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(CUT)


def test_it_passes_the_tests_of_every_policy(said: list[str]) -> None:
    """All that tests ask of any kind, they ask of this one: laws, words in both languages, a page up to date."""
    passed = {line.split("::")[1] for line in said[-1].splitlines() if line.startswith("PASSED ")}
    assert {
        "test_nothing_differs_before_the_first_day[telehealth_booth]",
        "test_something_differs_afterwards[telehealth_booth]",
        "test_no_policy_counts_as_free[telehealth_booth]",
        "test_nothing_is_left_when_it_ends[telehealth_booth]",
        "test_unknown_zones_wrong_dates_and_unknown_fields_are_problems[telehealth_booth]",
        "test_every_kind_presents_itself[telehealth_booth]",
        "test_no_field_is_left_out_of_these_tests",
        "test_french_has_words_for_everything",
        "test_the_committed_page_is_what_the_catalogue_and_the_sources_say",
    } <= passed
    assert sum("telehealth_booth" in name for name in passed) >= 7


def test_it_can_be_used_by_its_kind(home: Path, said: list[str]) -> None:
    """On the command line and in Python."""
    file, kinds, valid, explained, french, cents, _ = said
    assert file.strip() == str(home / "ess_sim" / "__init__.py")
    assert "telehealth_booth" in kinds
    assert "booth.yaml" in valid
    assert "  Telehealth booth (telehealth_booth): added\n" in explained
    assert "  Cabine de téléconsultation (telehealth_booth)" in french
    assert "    part d'appels mieux orientés en plus\u00a0: 0,25\n" in french
    assert "    loyer, en euros par mois\u00a0: 900,5\n" in french
    assert int(cents) == pytest.approx(10 * 90_050, rel=0.01)


def test_the_guide_names_the_shortest() -> None:
    """The file to copy, as CONTRIBUTING.md has it."""
    lines = {cls: Path(inspect.getfile(cls)).read_text(encoding="utf-8").count("\n") for cls in KINDS.values()}
    shortest = min(lines, key=lines.__getitem__)
    assert f"Copy the shortest, `{shortest.kind}.py`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
