"""Shares without MT where a scenario states none: those that suit the adults per GP of each département."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ess_sim
from ess_sim.inputs.catalogue.bundled import departements
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue
from ess_sim.inputs.figures.balanced_shares import balanced_shares, usual_lists
from ess_sim.inputs.figures.estimates import list_holders
from ess_sim.inputs.figures.residents import without_mt
from ess_sim.model.run.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
FRANCE = 0.11
DEFAULTS = Parameters()


def a_scenario(territory: dict[str, Any], start: str = "2024-01-01", **more: Any) -> ess_sim.Scenario:
    return ess_sim.Scenario(name="a", start=start, horizon_years=1, territory=territory, **more)


def shares_of(scenario: ess_sim.Scenario) -> list[tuple[int, float, float]]:
    """Zones, share and never-declared part of each block of day 0."""
    territory, p = prepare(scenario), Parameters(scenario.parameters)
    found = without_mt(scenario, territory, territory.adults, p)
    return [
        (int(f.inside.sum()), f.total / int(territory.adults[f.inside].sum()), f.never_declared_part) for f in found
    ]


def adults_of(code: str) -> int:
    return int(ess_sim.Territory.from_departement(code, year=2024).adults.sum())


def test_every_departement_has_one_and_france_the_national() -> None:
    shares = balanced_shares(2024, DEFAULTS)
    assert set(shares) == set(departements()["code"])
    few = {code: adults_of(code) for code in ("05", "18", "23", "53", "64", "90")}
    per_gp = {code: n / list_holders(code, 2024) for code, n in few.items()}
    order = sorted(few, key=per_gp.__getitem__)
    assert [shares[code] for code in order] == sorted(shares[code] for code in order)
    assert shares["05"] < FRANCE < shares["53"] < shares["18"] <= 3.2 * FRANCE
    assert all(round(share, 3) == share for share in shares.values())
    # weighted by all residents, near enough to adults
    communes = ess_sim.inputs.catalogue.bundled.communes()
    weights = communes[~communes["code"].isin(set(communes["parent"]))].groupby("departement")["population"].sum()
    mean = sum(shares[d] * n for d, n in weights.items()) / weights.sum()
    assert mean == pytest.approx(FRANCE, abs=0.002)


def test_registrations_are_those_of_france() -> None:
    """The rule, written again: share / (1 − share) × acceptance, relative to the factor that all have in common."""
    p = Parameters({"custom_elasticity": 0.95, "list_fill": 0.94})
    shares = balanced_shares(2024, p)
    fill = 0.94 / (1 - 0.044 * p["filling_years"] / 2)
    codes = ("05", "23", "64", "90")
    per_gp = np.array([adults_of(code) / list_holders(code, 2024) for code in codes])
    france, factor = 1052.0, np.linspace(0.8, 1.1, 301)[:, None]
    share = np.array([shares[code] for code in codes]) / factor
    used = fill * ((1 - share) * per_gp / ((1 - FRANCE) * france)) ** 0.05
    odds, sharpness = share / (1 - share) * (1 - FRANCE) / FRANCE, p["acceptance_sharpness"]
    worst = np.abs(odds * (1 - used**sharpness) / (1 - fill**sharpness) - 1).max(axis=1)
    assert worst.min() < 0.04
    assert worst.max() > 0.15


def test_more_room_for_doctors_is_less_spread_and_none_without() -> None:
    spread = [
        np.ptp([balanced_shares(2024, Parameters({"custom_elasticity": e}))[d] for d in ("05", "18", "53", "64")])
        for e in (0.92, 0.96, 0.99, 1.0)
    ]
    assert spread[0] > spread[1] > spread[2] > spread[3] == 0
    odd = Parameters({"custom_elasticity": 1.0, "national_lost_share": 0.0507})
    assert set(balanced_shares(2024, odd).values()) == {0.0507 + 0.052}


@pytest.mark.parametrize("fill", [0.85, 1.0])
def test_shares_stay_shares_at_the_ends(fill: float) -> None:
    for sharpness in (20.0, 400.0):
        p = Parameters({"list_fill": fill, "custom_elasticity": 0.92, "acceptance_sharpness": sharpness})
        assert all(0 <= share < 0.5 for share in balanced_shares(2017, p).values())


def test_no_departement_is_far_from_france_within_the_ranges() -> None:
    known = catalogue()
    names = ("list_fill", "entries_per_list_holder", "filling_years")
    for ends in product(*((known[name].low, known[name].high) for name in names)):
        p = dict(zip(names, ends, strict=True))
        shares = balanced_shares(2024, Parameters(p)).values()
        assert FRANCE / 2 < min(shares) < FRANCE < max(shares) < 3 * FRANCE, p


def test_a_commune_has_the_same_share_in_every_territory() -> None:
    laval, whole = a_scenario({"communes": ["53130"]}), a_scenario({"departement": "53"})
    ((_, share, part),) = shares_of(laval)
    assert shares_of(whole)[0][1:] == (pytest.approx(share, abs=1e-4), part)
    across = shares_of(a_scenario({"communes": ["53130", "61006"]}))
    assert [zones for zones, *_ in across] == [1, 1]
    assert across[0][1:] == (share, part)
    assert across[1][1] != share
    never = DEFAULTS["national_never_declared_share"] * (share / FRANCE) ** 0.5
    assert part * share == pytest.approx(never, abs=2e-4)
    # whatever the scenario says of its GPs
    block = {"zones": "remainder", "count": 3, "source": "made up", "grade": "D"}
    assert shares_of(a_scenario({"communes": ["53130"]}, supply={"list_holding_gps": [block]}))[0][1] == share


def test_no_more_never_declared_one_than_have_none() -> None:
    p = {"national_never_declared_share": 0.054, "national_lost_share": 0.001}
    ((_, share, part),) = shares_of(a_scenario({"departement": "05"}, parameters=p))
    assert 0 < share < 0.055
    assert part == 1.0


def test_what_new_writes_is_what_runs() -> None:
    made = ess_sim.Scenario.for_territory(["53130", "61006"], years=1)
    blocks = made.residents.without_mt or ()
    assert [block.zones for block in blocks] == [("53130",), "remainder"]
    assert [block.share for block in blocks] == [balanced_shares(2024, DEFAULTS)[d] for d in ("53", "61")]
    assert {block.grade for block in blocks} == {"D"}


def test_the_table_beside_published_shares_is_that_of_the_rule() -> None:
    page = (ROOT / "docs" / "departements.md").read_text(encoding="utf-8")
    codes = {name: code for code, name in departements()[["code", "name"]].itertuples(index=False)}
    year, seen = 0, 0
    for row in page.partition("| The rule's share |")[2].partition("\n\n")[0].splitlines()[2:]:
        place, *_, percent, ratio = (cell.strip() for cell in row.strip("|").split("|"))
        year = int(found[0]) if (found := re.findall(r"20\d\d", place)) else year
        shares = [balanced_shares(year, DEFAULTS)[codes[name]] for name in place.split(", ") if name in codes]
        assert percent == ", ".join(f"{100 * share:.1f}" for share in shares) + " %", place
        assert ratio == ", ".join(f"{share / FRANCE:.2f}" for share in shares), place
        seen += len(shares)
    assert seen == 20


def test_pages_say_how_far_the_rule_is_from_published_shares() -> None:
    published = pd.read_csv(ROOT / "validation" / "data" / "published_by_departement.csv", dtype={"departement": str})
    adults = published[published["what"] == "adults without MT"].drop_duplicates("departement")
    percent = adults.set_index("departement")["value"].astype(float)
    off = {d: 100 * balanced_shares(y, DEFAULTS)[d] - percent[d] for d, y in (("53", 2021), ("72", 2024), ("93", 2021))}
    said = (
        f"{off['53']:.1f} points too high in Mayenne, {-off['72']:.1f} too low in Sarthe and "
        f"{-off['93']:.0f} too low in Seine-Saint-Denis"
    )
    of_departements = (ROOT / "docs" / "departements.md").read_text(encoding="utf-8")
    assert said in of_departements
    assert said in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    power, of_mayenne, lowest, highest = _spread(DEFAULTS)
    assert f"rise to the power of {power:.2f} over the 96 départements" in of_departements
    assert f"It spans {lowest:.1f} to {highest:.1f} % in metropolitan France (2021)" in of_departements
    power, of_mayenne, *_ = _spread(Parameters({"custom_elasticity": 0.85}))
    assert f"with 0.85 it would be {power:.2f}, with {of_mayenne:.1f} % of Mayenne's adults" in of_departements


def _spread(p: Parameters) -> tuple[float, float, float, float]:
    """Power of adults per GP to which metropolitan shares rise; Mayenne's, the lowest and the highest share, in %."""
    shares, lists = balanced_shares(2021, p), usual_lists(2021, p)
    metropolitan = [d for d in shares if not d.startswith("97")]
    share = np.array([shares[d] for d in metropolitan])
    per_gp = np.array([lists[d] for d in metropolitan]) / (1 - share)
    power = float(np.polyfit(np.log(per_gp), np.log(share), 1)[0])
    return power, 100 * shares["53"], 100 * float(share.min()), 100 * float(share.max())
