"""What posts and intern places were offered and filled: counted from facts, and said beside a comparison."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hamlets import hamlets

import ess_sim
from ess_sim.clock import Calendar
from ess_sim.faces.cli.parts.compare import print_comparison
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.model.run.notices import notices
from ess_sim.results.comparison import filled as of_filled
from ess_sim.results.comparison.fates import failures
from ess_sim.results.comparison.filled import Filled, places, unfilled
from ess_sim.results.indicators.staffing import Offered, offered

FACTS = [
    # date, event, actor, value, detail
    ("2020-01-01", "centre_opened", "smp", 4.0, "mutualist"),
    ("2020-01-01", "post_vacant", "smp", 3.0, "sessions"),
    ("2020-01-01", "post_filled", "smp", None, "sessions"),
    ("2020-01-11", "post_filled", "smp", None, "sessions"),
    ("2020-01-11", "post_vacant", "smp", 2.0, "sessions"),
    ("2020-01-21", "sessions_ended", "smp", None, ""),
    ("2020-01-31", "centre_closed", "smp", 0.0, "planned"),
    ("2020-01-01", "post_filled", "other", None, "salaried"),
    ("2020-05-02", "intern_hosted", "smp", None, ""),
    ("2020-05-02", "intern_place_vacant", "smp", 1.0, "no supervisor on duty or no room"),
    ("2020-11-02", "intern_place_vacant", "smp", 2.0, "the faculty sends no more"),
    ("2020-02-01", "intern_places_opened", "interns-A", 2.0, ""),
]


def test_offered_and_filled() -> None:
    facts = pd.DataFrame(FACTS, columns=["date", "event", "actor", "value", "detail"])
    facts["date"] = pd.to_datetime(facts["date"])
    careers = pd.DataFrame(
        {"person": ["smp-intern-2020-05-1", "interns-A-intern-2020-05-1", "intern-2020-05-01"], "mode": "intern"}
    )
    found = {(o.actor, o.kind): o for o in offered(facts, careers, pd.Timestamp("2020-12-31"))}
    posts = found["smp", "sessions"]  # 1, 2 and 1 of 4 in three times ten days
    assert (posts.offered, posts.filled) == (4.0, pytest.approx(4 / 3))
    assert found["other", "salaried"][2:4] == (1.0, 1.0)
    interns = found["smp", "interns"]
    assert interns[2:4] == (4.0, 1.0)
    assert interns.why == ("no supervisor on duty or no room", "the faculty sends no more")
    assert found["interns-A", "interns"] == Offered("interns", "interns-A", 1.0, 1.0, ())


def test_centres_that_ran_out_of_money_are_counted_by_run() -> None:
    """By scenario and run, whatever the number of centres and crises; a closure that was planned is none."""
    fates = {
        ("new", 0): [("rescue", "smp", ""), ("rescue", "smp", ""), ("centre_closed", "smp", "no rescue")],
        ("new", 1): [("rescue", "smp", ""), ("post_vacant", "smp", "sessions")],
        ("new", 2): [("centre_closed", "smp", "planned")],
        ("two", 0): [("taken_over", "a", "group"), ("centre_closed", "b", "portfolio")],
        ("well", 0): [("centre_closed", "smp", "planned")],
        ("base", 0): [("centre_closed", "smp", "no rescue")],  # without a centre or policy nothing is read
    }
    runs = [
        SimpleNamespace(
            name=name,
            draw=0,
            replication=replication,
            table=lambda _, facts=facts: pd.DataFrame(facts, columns=["event", "actor", "detail"], dtype="category"),
        )
        for (name, replication), facts in fates.items()
    ]
    results = SimpleNamespace(
        scenarios=["base", "new", "two", "well"],
        about=lambda name: SimpleNamespace(scenario={"policies": [1] * (name != "base"), "supply": {}}),
        first=lambda name, most: [run for run in runs if run.name == name][:most],
    )
    assert list(failures(results)) == [  # type: ignore[arg-type]
        "new: smp: closed in 1 of 3 runs, got emergency aid in 2",
        "two: 2 centres: closed in 1 of 1 run, taken over by a group in 1",
    ]


def test_posts_of_no_day_are_not_offered() -> None:
    """A centre that opens on the run's last day, or closes on the day it opens."""
    rows = [
        ("2020-12-31", "post_vacant", "late", 2.0, "salaried"),
        ("2020-05-01", "post_filled", "brief", None, "sessions"),
        ("2020-05-01", "centre_closed", "brief", 0.0, "planned"),
        ("2020-12-30", "post_vacant", "last", 1.0, "salaried"),
    ]
    facts = pd.DataFrame(rows, columns=["date", "event", "actor", "value", "detail"])
    facts["date"] = pd.to_datetime(facts["date"])
    careers = pd.DataFrame({"person": [], "mode": []})
    assert offered(facts, careers, pd.Timestamp("2020-12-31")) == [Offered("salaried", "last", 1.0, 0.0, ())]


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[ess_sim.Scenario]:
    """Nothing, an SMP whose pool is empty and which has one room, and interns where too few supervise."""
    base = hamlets(tmp_path_factory.mktemp("hamlets")).with_(policies=(), parameters={}, horizon_years=3, name="base")
    pool = Count(count=0, source="none", grade="D")
    base = base.with_(supply=base.supply.model_copy(update={"retired_pool": pool}))
    posts = {"retired_gps": {"count": 4, "fte_each": 0.5}, "interns": {"per_semester": 2}, "rooms": 2}
    smp = base.with_(name="smp", policies=[{"kind": "smp", "opens": "2018-09-01", "zone": "A", **posts}])
    hosts = {"kind": "host_interns", "starts": "2021-03-01", "zone": "A", "per_semester": 9}
    return [base, smp, base.with_(name="late", policies=[hosts])]


def test_what_binds_is_said_before_the_run(scenarios: list[ess_sim.Scenario]) -> None:
    base, smp, late = ([words.en for words in notices(scenario)] for scenario in scenarios)
    assert base == []
    assert smp[0].startswith("4 posts for retired GPs, but of the 0 in the pool on day 0 some 0.0 would take one")
    assert smp[1].endswith("supply.departement_list_holders would say it")
    assert "rooms left for interns: 0" in smp[2]
    assert late[0].startswith("9 more interns a semester in zone A, where some 4 GPs may supervise")
    text = ess_sim.explain(scenarios[1], lang="fr")
    assert "Ce qui limite les mesures\n  4 postes de médecins retraités, mais sur les 0 du vivier" in text


def test_only_what_is_assumed_is_called_so(scenarios: list[ess_sim.Scenario]) -> None:
    """And of the pool, with those of elsewhere, those count who have not been retired for too long."""
    _, given, _ = scenarios
    said = [words.en for words in notices(given)]
    assert said[1].startswith("no local figure of retired GPs: 8 list-holders in the département are assumed; supply.d")
    five = given.with_(parameters={"retired_willing_share": 1.0, "retired_from_beyond_ratio": 0.6})
    some = five.supply.model_copy(update={"retired_pool": Count(count=5, source="none", grade="D")})
    assert not any("posts for retired" in words.en for words in notices(five.with_(supply=some)))
    posts = {
        "retired_gps": {"count": 4, "fte_each": 0.5, "retired_for_at_most_years": 1.0},
        "interns": {"per_semester": 0},
    }
    smp = [{"kind": "smp", "opens": "2018-09-01", "zone": "A", **posts}]
    first, second, *_ = notices(five.with_(supply=some, policies=smp))
    assert first.en.startswith(
        "4 posts for retired GPs, but of the 8 in the pool on day 0 (5 of the département, 3 of beyond it) some 1.6 "
    )
    assert "1,6 environ en accepterait un" in first.fr
    assert " et " not in second.fr


def test_a_centre_s_list_that_its_doctors_would_not_hold_is_said(scenarios: list[ess_sim.Scenario]) -> None:
    base = scenarios[0].with_(parameters={"centre_list_per_fte": 400.0})
    centre = {"form": "municipal", "zone": "A", "posts": {"salaried_gps": {"count": 2}}, "source": "s", "grade": "D"}
    for listed, staffed, many in ((800, 2, False), (801, 2, True), (401, 1, True)):
        given = base.with_(
            supply=base.supply.model_dump() | {"centres": [{**centre, "listed": listed, "staffed": staffed}]}
        )
        said = [words.en for words in notices(given) if "centre_list_per_fte" in words.en]
        assert len(said) == many
        if many:
            assert f"{listed} adults on its list on day 0, but its doctors would hold {400 * staffed} (" in said[0]


def test_what_cannot_act_is_said_before_the_run(scenarios: list[ess_sim.Scenario]) -> None:
    base = scenarios[0]
    empty = {"kind": "smp", "zone": "A", "retired_gps": {"count": 0, "fte_each": 0.5}, "interns": {"per_semester": 0}}
    ends = Calendar(base.start, base.horizon_years).end
    for days, said in ((31, []), (30, ["30 days"]), (1, ["1 day"]), (0, ["0 days"])):
        opens = ends - timedelta(days=days)
        late = notices(base.with_(policies=[{**empty, "opens": opens.isoformat()}]))
        found = [words.en for words in late]
        assert found[0] == "centre in A: no post for anyone who sees residents: it cannot act"
        assert found[1:] == [
            f"smp begins on {opens}, {n} before the end of the run: hardly any effect can show" for n in said
        ]
        start = f"\u00a0: début le {opens:%d/%m/%Y}, {days} jour"
        assert [start in words.fr and words.fr.startswith("Service médical") for words in late[1:]] == [True] * len(
            said
        )


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        (40.0, "x: all 40 intern places were filled (smp-A)"),
        (39.875, "x: of 40 intern places 0.1 stayed vacant (smp-A): no room"),
        (39.95, "x: of 40 intern places 0.05 stayed vacant (smp-A): no room"),
        (37.0, "x: of 40 intern places 3 stayed vacant (smp-A): no room"),
    ],
)
def test_all_were_filled_only_if_all_were(filled: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of = {"scenario": ["x"], "kind": ["interns"], "actor": ["smp-A"]}
    offer = pd.DataFrame({**of, "offered": [40.0], "filled": [filled], "why": ["rooms"]})
    lacking = pd.DataFrame({**of, "reason": ["rooms"], "number": [40 - filled], "made": [float("nan")]})
    monkeypatch.setattr(of_filled, "filled", lambda *_: Filled(offer, lacking))
    assert list(unfilled(None, {})) == [said]  # type: ignore[arg-type]


def test_what_was_filled_is_said_after_it(
    scenarios: list[ess_sim.Scenario], capsys: pytest.CaptureFixture[str]
) -> None:
    results = ess_sim.run_experiment(scenarios, replications=2)
    table = places(results).set_index(["scenario", "kind"])
    assert table.loc[("smp", "sessions"), "offered"] == 4.0
    assert table.loc[("smp", "sessions"), "filled"] < 1.0
    compared = {"smp": "base", "late": "base"}
    lines = list(unfilled(results, compared))
    assert any(line.startswith("smp: posts for retired GPs filled 0.") and " of 4 (smp-A)" in line for line in lines)
    of_rooms = "smp: of 10 intern places 10 stayed vacant (smp-A): no room (5), no supervisor on duty (5)"
    assert of_rooms in lines, "two rooms are for one supervisor and one of the two interns, and there is no supervisor"
    print_comparison(results, compared)
    said = capsys.readouterr().out
    assert "late: identical to base in all runs: it has no effect on this outcome" in said
    assert all(line in said for line in lines)
    assert "too few for an interval (from 5 on)" in said
    assert list(unfilled(results, {})) != []


def test_the_pool_is_that_of_the_departement() -> None:
    """Five communes of the Nièvre: its other GPs retire, too, and those who have retired are more than two."""
    codes = ["58194", "58303", "58264", "58117", "58095"]
    scenario = ess_sim.Scenario(name="a", start="2026-01-01", horizon_years=1, territory={"communes": codes})
    assumed = ess_sim.simulate(scenario).assumed
    pool = "retired GPs in the pool on day 0: 20, 0.17 for each of 116 list-holders of the département"
    assert [text for text in assumed if text.startswith(pool)] != []
    around = "list-holders of the département: "
    assert [text for text in assumed if text.startswith(f"{around}116, Cnam's count of 2024")] != []
    across = scenario.with_(territory={"communes": ["58194", "53130"]})
    both = [text for text in ess_sim.simulate(across).assumed if text.startswith(around)]
    assert [text.startswith(f"{around}287") for text in both] == [True]  # 116 and 171


def test_a_folder_says_the_same(scenarios: list[ess_sim.Scenario], tmp_path: Path) -> None:
    base, smp, _ = scenarios
    in_memory = ess_sim.run_experiment([base, smp], replications=1)
    on_disk = ess_sim.run_experiment([base, smp], replications=1, out=tmp_path / "out")
    pd.testing.assert_frame_equal(places(in_memory), places(on_disk))
