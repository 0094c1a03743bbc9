"""Another country is one module, one line and its data: shown in a copy of the package with a country of 3 communes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from work import PATIENCE

ROOT = Path(__file__).parents[2]

MODULE = '''\
"""Borduria: three communes in two counties, with a census of their own."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ess_sim.inputs.catalogue import bundled
from ess_sim.inputs.territory.countries.country import Basis, Box, Country, Kind

__all__ = ["BORDURIA"]

FILE = "borduria.csv"


def counties() -> pd.DataFrame:
    """Codes and names of the counties."""
    return pd.DataFrame({"code": ["BN", "BS"], "name": ["North", "South"]})


BORDURIA = Country(
    name="Borduria",
    kinds=(
        Kind("county", ("county", "comté"), "county", "county", counties, 2, "BN"),
        Kind(
            "Bordurian commune", ("communes of Borduria", "communes de Bordurie"), "bordurian_communes", "code",
            partial(bundled.places, FILE), 4, "B001", group=False,
        ),
    ),
    communes=partial(bundled.places, FILE),
    region="county",
    vicinity="county",
    population="registers of 2024",
    year=2024,
    ages=partial(bundled.ages, FILE, "code"),
    bases={"": Basis("register of 2024", "A")},
    boxes=(Box(20, 44, 22, 46),),
)
'''

BANDS = ",".join(map(str, range(0, 100, 5)))
DATA = f"""\
code,name,parent,county,population,area_km2,longitude,latitude,position,area_note,{BANDS}
B001,Szohôd,,BN,2000,10,21,45,,,{",".join(["100"] * 20)}
B002,Nedbel,,BN,400,20,21.1,45,,,{",".join(["20"] * 20)}
B003,Zlip,,BS,600,30,21.2,45,centroid,,{",".join(["30"] * 20)}
"""

SCENARIO = """\
name: szohod
start: 2026-01-01
horizon_years: 1
territory: {bordurian_communes: [B001, B002]}
"""

SCRIPT = """\
from ess_sim import Territory, explain, read_scenario, search_territories
from ess_sim.model.run.prepare import prepare
one = read_scenario("one.yaml")
territory = prepare(one)
print(territory, territory.population.sum(), territory.departements)
print(*territory.notes, sep="\\n")
print(round(territory.travel_minutes_between("B001", "B002"), 1))
print(Territory.from_codes("county", "BS"))
print(search_territories("north").to_dict("records"))
print(explain(one, lang="fr"))
try:
    Territory.from_codes("bordurian_communes", ["B01"])
except ValueError as error:
    print(error)
try:
    Territory.from_communes(["B002"])
except ValueError as error:
    print(error)
"""


def test_a_country_is_one_module_and_one_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ess_sim", tmp_path / "ess_sim", ignore=shutil.ignore_patterns("__pycache__"))
    countries = tmp_path / "ess_sim" / "inputs" / "territory" / "countries"
    (countries / "borduria.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "ess_sim" / "data" / "borduria.csv").write_text(DATA, encoding="utf-8")
    registry = countries / "registry.py"
    text = registry.read_text(encoding="utf-8")
    home = "from ess_sim.inputs.territory.countries"
    added = text.replace(f"{home}.country", f"{home}.borduria import BORDURIA\n{home}.country")
    added = added.replace("(FRANCE,)", "(FRANCE, BORDURIA)")
    registry.write_text(added, encoding="utf-8")
    (tmp_path / "one.yaml").write_text(SCENARIO, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "Territory('Szohôd and 1 other commune': 2 zones, 2400 residents" in said
    assert "population of 1 January 2026: registers of 2024 and their ages of 2024, unchanged" in said
    assert "ages: register of 2024 (grade A): 2400 residents of Szohôd, Nedbel" in said
    assert "Territory('South': 1 zone, 600 residents" in said
    assert (
        "{'code': 'BN', 'name': 'North', 'kind': 'county', 'departement': 'BN', 'members': 2, 'population': 2400}"
        in said
    )
    assert "communes de Bordurie" in said
    assert "no Bordurian commune code 'B01' (did you mean 'B001', Szohôd?" in said
    assert "this is the Bordurian commune Nedbel, give it as `bordurian_communes`" in said
