"""Why places stayed vacant, from the facts of runs; and scenarios that are identical to another one."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hamlets import hamlets
from hypothesis import given
from hypothesis import strategies as st

import ess_sim
from ess_sim.faces.cli.parts.compare import print_comparison
from ess_sim.faces.report.gather.batch import read_batch
from ess_sim.faces.report.parts.voice import Voice
from ess_sim.faces.report.sections.trust import trust
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Interns, Posts, RetiredGps
from ess_sim.model.run.centres.interns import intern_places
from ess_sim.results.comparison.filled import filled, in_parts, own_of, unfilled
from ess_sim.results.comparison.rooms import rooms_of
from ess_sim.results.comparison.twins import twin_lines, twins
from ess_sim.results.indicators.vacancies import CAREERS, FACTS, REASONS, missed

EITHER = REASONS["either"]

CAME = [
    # person, mode, FTE, from, to
    *[(f"retiree-{i}", "sessions", 0.5, "2020-01-01", pd.NaT) for i in range(4)],
    ("retiree-4", "sessions", 0.5, "2020-01-01", "2020-11-02"),  # gone as the second semester begins
    ("salaried-1", "salaried", 1.0, "2021-03-01", pd.NaT),
    ("elsewhere", "sessions", 0.5, "2020-01-01", pd.NaT),  # of another centre
]

SAID = [
    # date, event, actor, zone, other, value, detail
    *[("2020-01-01", "post_filled", "smp", "A", f"retiree-{i}", None, "sessions") for i in range(5)],
    ("2020-01-01", "post_filled", "b", "A", "elsewhere", None, "sessions"),
    ("2020-05-02", "intern_hosted", "smp", "A", "i-1", None, ""),  # 2.5 FTE: two on duty, three rooms
    ("2020-05-02", "intern_place_vacant", "smp", "A", "", 3.0, EITHER),
    ("2020-11-02", "intern_place_vacant", "smp", "A", "", 2.0, EITHER),  # two places, of which none is sent to
    ("2020-11-02", "intern_place_vacant", "smp", "A", "", 2.0, REASONS["faculty"]),
    ("2021-03-01", "post_filled", "smp", "A", "salaried-1", None, "salaried"),
    ("2021-05-02", "intern_hosted", "smp", "A", "i-2", None, ""),
    ("2021-05-02", "intern_hosted", "smp", "A", "i-3", None, ""),  # does the salaried GP supervise?
    ("2021-05-02", "intern_place_vacant", "smp", "A", "", 2.0, EITHER),
    ("2021-05-02", "intern_place_vacant", "interns-A", "A", "", 1.0, REASONS["hosts"]),
    ("2020-01-01", "secpa_joined", "secpa", "A", "c-1", 9.0, "new centre"),
    ("2020-01-01", "secpa_not_joined", "secpa", "A", "", 1.0, REASONS["budget"]),
    ("2020-01-01", "secpa_not_joined", "secpa", "A", "", 1.0, REASONS["zones"]),
    ("2020-02-01", "week_unstaffed", "rotating", "A", "", 2.0, ""),
    ("2020-11-02", "cesp_signed", "cesp", "A", "i-1", None, ""),
]


def test_reasons_are_those_of_the_doctors_present() -> None:
    facts = pd.DataFrame(SAID, columns=list(FACTS)).assign(date=lambda x: pd.to_datetime(x["date"]))
    careers = pd.DataFrame(CAME, columns=list(CAREERS))
    careers = careers.assign(**{name: pd.to_datetime(careers[name]) for name in ("from", "to")})
    found = {(one.kind, one.actor): (one.reasons, one.made) for one in missed(facts, careers, {})}
    assert found["interns", "smp"][0] == Counter(rooms=3, supervisors=2, faculty=2, either=2)
    assert found["interns", "interns-A"][0] == Counter(hosts=1)
    assert found["structures", "secpa"] == (Counter(budget=1, zones=1), 1.0)
    assert found["weeks", "rotating"][0] == Counter(volunteers=2)
    assert found["contracts", "cesp"] == (Counter(), 1.0)
    assert missed(facts[:0], careers, {}) == []


@pytest.mark.parametrize(
    ("rooms", "doctors", "reasons"),
    [
        (3, 0, {"rooms": 3, "supervisors": 1}),
        (3, 1, {"rooms": 3}),  # as one intern is there, a second supervisor would leave no room for a second
        (3, 2, {"rooms": 3}),
        (3, 3, {"rooms": 4}),
        (4, 1, {"rooms": 2, "supervisors": 1}),
        (8, 0, {"supervisors": 4}),
        (None, 1, {"supervisors": 3}),
        (None, 0, {"supervisors": 4}),
    ],
)
def test_what_rooms_exclude_with_any_staff_is_no_lack_of_supervisors(
    rooms: int | None, doctors: int, reasons: dict[str, int]
) -> None:
    """Four places are asked for; so many retired GPs are there full time."""
    posts = Posts(retired_gps=RetiredGps(count=4, fte_each=1.0), interns=Interns(per_semester=4))
    centre = CentreSpec(form="municipal", zone="53130", posts=posts, rooms=rooms)
    hosted = centre.places_for_interns(doctors, doctors)
    day = pd.Timestamp("2020-05-02")
    came = [(f"gp-{i}", "sessions", 1.0, pd.Timestamp("2020-01-01"), pd.NaT) for i in range(doctors)]
    said = [
        *[(row[3], "post_filled", "smp", "53130", row[0], None, "sessions") for row in came],
        *[(day, "intern_hosted", "smp", "53130", f"i-{i}", None, "") for i in range(hosted)],
        (day, "intern_place_vacant", "smp", "53130", "", 4.0 - hosted, EITHER),
    ]
    stated = rooms_of({"policies": [], "supply": {"centres": [centre.model_dump(mode="json")]}})
    facts, careers = pd.DataFrame(said, columns=list(FACTS)), pd.DataFrame(came, columns=list(CAREERS))
    (found,) = missed(facts, careers, stated)
    assert found.reasons == Counter(reasons)
    most = intern_places(centre, {"supervisor_share": 0.0}).most
    assert found.reasons["rooms"] >= 4 - most, "what validate says before the run"


def test_rooms_are_known_where_a_scenario_states_them() -> None:
    interns = {"interns": {"per_semester": 1}}
    of_smp = {"kind": "smp", "zone": "A", "rooms": 3, **interns}
    of_centre = {"kind": "open_centre", "centre": {"zone": "B", "rooms": 2, "posts": interns}}
    without = {"kind": "open_centre", "centre": {"zone": "C", "rooms": 2, "posts": {"interns": {"per_semester": 0}}}}
    own = {"kind": "own", "centre": "c", "posts": 3, "interns": 2, "zone": 1}
    known = [of_smp, of_centre, without, own]
    assert rooms_of({"policies": known, "supply": {"centres": None}}) == {"A": 3, "B": 2}
    enough = {"zone": "A", "rooms": None, "posts": interns}
    assert rooms_of({"policies": known, "supply": {"centres": [enough]}}) == {"B": 2}
    anywhere = {"kind": "secpa_rollout", "zones": "by_shortage", "posts": interns}
    assert rooms_of({"policies": [*known, anywhere], "supply": {}}) == {}
    assert rooms_of({"policies": [*known, anywhere | {"zones": ["B"]}], "supply": {}}) == {"A": 3}


@given(
    st.lists(st.floats(0.001, 300), min_size=1, max_size=5),
    st.integers(0, 2),
)
def test_parts_that_are_printed_add_up(numbers: list[float], digits: int) -> None:
    whole = math.fsum(numbers)
    parts = in_parts([(str(k), number) for k, number in enumerate(numbers)], whole, digits)
    assert f"{math.fsum(number for _, number in parts):.{digits}f}" == f"{round(whole, digits):.{digits}f}"
    assert all(abs(number - numbers[int(k)]) < 2 * 10**-digits for k, number in parts)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ess_sim.Scenario:
    found = hamlets(tmp_path_factory.mktemp("hamlets")).with_(policies=(), parameters={}, name="base")
    return found.with_(parameters={"supervisor_share": 0.5})


def smp(interns: int, rooms: int) -> dict[str, Any]:
    posts = {"retired_gps": {"count": 3, "fte_each": 1.0}, "interns": {"per_semester": interns}, "rooms": rooms}
    return {"kind": "smp", "opens": "2018-03-15", "zone": "A", **posts}


def test_a_change_that_does_nothing_is_called_out(
    base: ess_sim.Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two scenarios that are identical to each other and not to their baseline, and one that is to it."""
    willing = base.with_parameters(None, retired_willing_share=1.0, retired_sessions_years=50.0)
    idle = {"kind": "host_interns", "zone": "A", "per_semester": 2, "starts": "2018-05-03", "ends": "2018-11-02"}
    one = willing.with_(name="one", policies=[smp(1, 3)])
    four = willing.with_(name="four", policies=[smp(4, 3)])
    results = ess_sim.run_experiment(
        [base, one, four, base.with_(name="idle", policies=[idle])], replications=2, out=tmp_path / "out"
    )
    compared = {"one": "base", "four": "base", "idle": "base"}
    lines = [
        "idle is identical to base in all 2 replications (every outcome, every record)",
        "four is identical to one in all 2 replications (every outcome, every record)",
    ]
    assert sorted(twin_lines(twins(results, first=["base"]), 1, 2)) == sorted(lines)
    print_comparison(results, compared)
    said = capsys.readouterr().out
    assert all(line in said for line in lines)
    own = {(x.scenario, x.kind): x for x in own_of(filled(results), compared)}["four", "interns"]
    assert sum(number for _, number in own.reasons) == pytest.approx(own.missing)
    assert {"rooms"} <= {reason for reason, _ in own.reasons} <= {"rooms", "supervisors"}
    assert dict(own.reasons)["rooms"] >= 0.75 * own.offered, "three rooms: one of four places, with any staff"
    (line,) = (line for line in unfilled(results, compared) if line.startswith("four: of "))
    assert " stayed vacant (smp-A): no room" in line
    batch = read_batch(tmp_path / "out")
    card = [block.text for block in trust(batch, Voice(batch)).blocks]
    english, french = "\n".join(text.en for text in card), "\n".join(text.fr for text in card)
    assert "“four” and “one” are identical in all 2 runs of each: what sets them apart does nothing." in english
    assert "«\u00a0four\u00a0» et «\u00a0one\u00a0» donnent des résultats identiques dans leurs 2 simul" in french
    assert english.count("“idle” never acted") == 1
    assert "“idle” and" not in english
    assert "What was lacking: rooms" in english
    assert "Ce qui a manqué\u00a0: des salles de consultation" in french


def test_money_alone_may_differ(base: ess_sim.Scenario) -> None:
    """Secretaries change no outcome of residents, but the commune pays them."""
    one = base.with_(name="one", policies=[smp(0, 3)])
    paid = base.with_(name="paid", policies=[{**smp(0, 3), "secretaries": 2.0}])
    found = twins(ess_sim.run_experiment([one, paid], replications=1))
    assert [twin.paid_alike for twin in found] == [False]
    kept = ess_sim.run_experiment([one, one.with_(name="same")], replications=1, keep=["facts"])
    assert [twin.paid_alike for twin in twins(kept)] == [None]


def test_a_roll_out_says_what_it_lacked(base: ess_sim.Scenario) -> None:
    waves = [{"opens": "2018-04-01", "count": 3}, {"opens": "2020-04-01", "count": 2}]
    roll = {"kind": "secpa_rollout", "waves": waves, "posts": {"salaried_gps": {"count": 1}}, "budget_euro": 2.2e6}
    scenario = base.with_(name="roll", policies=[roll])
    results = ess_sim.run_experiment([base, scenario], replications=1)
    assert "roll: 3 of 5 structures did not join (secpa): no money left" in list(unfilled(results, {"roll": "base"}))
