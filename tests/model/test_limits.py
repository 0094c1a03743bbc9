"""Limits that are certain before a run: what is asked, what can be, and that nothing else is called one."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hamlets import hamlets

import ess_sim
from ess_sim.experiments.alike import alike
from ess_sim.faces.cli.app import main
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.scenario.centre_spec import CentreSpec, Interns, Posts, RetiredGps, SalariedGps
from ess_sim.inputs.scenario.sourced import Count
from ess_sim.model.run.centres.interns import intern_places
from ess_sim.model.run.limits import limits
from ess_sim.model.run.notices import notices
from ess_sim.model.world.records import Centre, Retiree, SalariedGp
from ess_sim.results.comparison.twins import twins

LAVAL = scenarios_dir() / "laval"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ess_sim.Scenario:
    found = hamlets(tmp_path_factory.mktemp("hamlets"))
    return found.with_(policies=(), parameters={"supervisor_share": 0.5}, name="base")


def smp(**changes: Any) -> dict[str, Any]:
    posts = {"retired_gps": {"count": 3, "fte_each": 1.0}, "interns": {"per_semester": 1}, "rooms": 3}
    return {"kind": "smp", "opens": "2018-03-15", "zone": "A", **posts, **changes}


def said(scenario: ess_sim.Scenario) -> list[str]:
    return [limit.words.en for limit in limits(scenario)]


def test_four_interns_instead_of_one_at_the_smp_of_laval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three rooms bind: said with its place by validate and explain, and that nothing else sets the two apart."""
    monkeypatch.chdir(tmp_path)
    text = (LAVAL / "smp.yaml").read_text().replace("baseline.yaml", str(LAVAL / "baseline.yaml"))
    four = text.replace("per_semester: 1", "per_semester: 4").replace("name: laval-smp\n", "name: laval-smp-4\n")
    Path("one.yaml").write_text(text)
    Path("four.yaml").write_text(four)
    line = next(i for i, row in enumerate(four.splitlines(), 1) if "per_semester" in row)
    column = four.splitlines()[line - 1].index("4") + 1
    assert main(["validate", "one.yaml", "four.yaml"]) == 0
    out = capsys.readouterr().out.splitlines()
    what = "1 of 4 intern places a semester can be filled: 3 rooms, and an intern needs one beside her supervisor"
    assert [row for row in out if "warning" in row] == [
        f"  warning: four.yaml:{line}:{column}: policies[0].interns.per_semester: {what}",
        "warning: laval-smp-4 differs from laval-smp only in what is void, so that no outcome will differ: "
        f"policies[0].interns.per_semester: {what}",
    ]
    assert main(["explain", "four.yaml", "--lang", "fr"]) == 0
    assert (
        "\nCe qui est impossible dans toute simulation\n  policies[0].interns.per_semester\u00a0: places d'interne par "
        "semestre pouvant être pourvues\u00a0: 1 sur 4\u00a0; 3 salles de consultation, et un interne en occupe une"
    ) in capsys.readouterr().out
    assert main(["explain", "one.yaml"]) == 0
    assert "What cannot be" not in capsys.readouterr().out


def test_every_variant_of_a_batch_is_checked_and_each_line_stands_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the batch writes is placed in the batch, what a scenario says in its own file."""
    monkeypatch.chdir(tmp_path)
    text = (LAVAL / "smp.yaml").read_text().replace("baseline.yaml", str(LAVAL / "baseline.yaml"))
    Path("smp.yaml").write_text(text)
    Path("five.yaml").write_text(text.replace("per_semester: 1", "per_semester: 5").replace("laval-smp\n", "five\n"))
    Path("batch.yaml").write_text(
        "batch: interns\nscenarios: [smp.yaml, five.yaml]\napply_to: [laval-smp]\n"
        "vary:\n  policies.smp.interns.per_semester: [1, 4]\n  parameters.informed_share: [0.4, 0.5]\n"
    )
    line, row = next(x for x in enumerate(Path("five.yaml").read_text().splitlines(), 1) if "per_semester" in x[1])
    why = "intern places a semester can be filled: 3 rooms, and an intern needs one beside her supervisor"
    name = "laval-smp.per_semester-{}.informed_share-{}".format
    at = "policies[0].interns.per_semester"
    void = "differs from {} only in what is void, so that no outcome will differ"
    assert main(["validate", "batch.yaml"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [row for row in out if row.startswith("  warning: ")] == [
        f"  warning: batch.yaml:5:42: {at}: 1 of 4 {why} ({name(4, 0.4)} and 1 more)",
        f"  warning: five.yaml:{line}:{row.index('5') + 1}: {at}: 1 of 5 {why} (five)",
        f"  warning: {name(4, 0.4)} {void.format(name(1, 0.4))}: {at}: 1 of 4 {why}",
        f"  warning: {name(4, 0.5)} {void.format(name(1, 0.5))}: {at}: 1 of 4 {why}",
    ]
    assert len(set(out)) == len(out)
    assert any(row.startswith("  note: no local figure of retired") and row.endswith("and 4 more)") for row in out)


def test_most_places_are_those_of_the_best_staff() -> None:
    """Over every number of doctors that may be there, by the centre's own property."""
    for asked, rooms, (retired, each), (salaried, fte) in itertools.product(
        (1, 3, 6), (1, 2, 4, None), ((0, 0.2), (4, 0.4), (3, 1.0)), ((0, 1.0), (3, 0.7))
    ):
        posts = Posts(
            retired_gps=RetiredGps(count=retired, fte_each=each),
            salaried_gps=SalariedGps(count=salaried, fte_each=fte),
            interns=Interns(per_semester=asked),
        )
        centre = Centre("x", 0, CentreSpec(form="municipal", zone="A", posts=posts, rooms=rooms))
        for share in (0.0, 0.3):
            found = []
            for n, m in itertools.product(range(retired + 1), range(salaried + 1)):
                for supervisors in range((m if share else 0) + 1):
                    centre.sessions = [Retiree(str(i), 1950, 0) for i in range(n)]
                    centre.salaried = [SalariedGp(str(i), 1980, True, i < supervisors, 0, [], []) for i in range(m)]
                    found.append(centre.training_places)
            places = intern_places(centre.spec, {"supervisor_share": share})
            assert (places.most, places.staffed) == (max(found), found[-1])


def test_what_binds_the_interns_of_a_centre(base: ess_sim.Scenario) -> None:
    def interns(**changes: Any) -> list[str]:
        return said(base.with_(policies=[smp(**{"retired_gps": {"count": 2, "fte_each": 1.0}, **changes})]))

    assert interns() == []
    assert interns(interns={"per_semester": 3}, rooms=9) == [
        "2 of 3 intern places a semester can be filled: with all posts filled 2 supervisors would be on duty all week"
    ]
    assert interns(retired_gps={"count": 4, "fte_each": 0.2}) == [
        "0 of 1 intern places a semester can be filled: with all posts filled no supervisors would be on duty all week"
    ]
    assert interns(rooms=1) == [
        "0 of 1 intern places a semester can be filled: 1 room, and an intern needs one beside her supervisor"
    ]
    assert interns(opens="2018-05-03", closes="2018-11-02")[0].endswith(
        "no semester begins while it is open (2 May, 2 November)"
    )
    assert interns(opens="2018-05-02", closes="2018-11-02") == []


def test_a_limit_of_some_runs_only_is_no_limit(base: ess_sim.Scenario) -> None:
    """Two rooms and two doctors: no room for the intern, unless one post is vacant."""
    scenario = base.with_(policies=[smp(retired_gps={"count": 2, "fte_each": 1.0}, rooms=2)])
    assert limits(scenario) == []
    assert any("rooms left for interns: 0" in words.en for words in notices(scenario))


def test_a_pool_smaller_than_what_is_asked(base: ess_sim.Scenario) -> None:
    def pool(n: int, **changes: Any) -> list[str]:
        supply = base.supply.model_copy(update={"retired_pool": Count(count=n, source="none", grade="D")})
        policies = [smp(**changes), smp(**changes, zone="B")]
        return said(base.with_(supply=supply, policies=policies, parameters={"retired_from_beyond_ratio": 0.5}))

    assert pool(4) == []
    assert pool(2) == [
        "3 of 6 posts for retired GPs can be filled on day 0: the pool holds no more (2 of the département, 1 of "
        "beyond it)"
    ]
    assert pool(0, opens="2019-01-01") == []  # others may have retired by then


def test_the_faculty_and_all_centres_together(base: ess_sim.Scenario) -> None:
    def together(second: str) -> list[str]:
        five = {"retired_gps": {"count": 2, "fte_each": 1.0}, "interns": {"per_semester": 2}, "rooms": 9}
        policies = [smp(**five, closes="2019-01-01"), smp(**five, opens=second, zone="B")]
        return said(base.with_(policies=policies, parameters={"centre_interns_most": 3.0}))

    assert together("2018-06-01")[-1].startswith("3 of 4 intern places a semester of all centres together can be")
    assert not any("faculty" in line for line in together("2019-02-01"))


def test_times_in_which_nothing_can_happen(base: ess_sim.Scenario) -> None:
    brief = {"kind": "mediators", "fte": 1.0, "zones": ["A"], "starts": "2018-04-02"}
    assert said(base.with_(policies=[{**brief, "ends": "2018-04-29"}])) == [
        "0 records fall into its time, 2018-04-02 to 2018-04-29: nothing is recorded while it lasts"
    ]
    assert said(base.with_(policies=[{**brief, "ends": "2018-05-01"}])) == []  # 30 April


BUDGET = {
    "kind": "secpa_rollout",
    "waves": [{"opens": "2018-04-01", "count": 3}, {"opens": "2020-04-01", "count": 2}],
    "posts": {"salaried_gps": {"count": 1}},
}


@pytest.mark.parametrize(("budget", "zones", "can"), [(2.2e6, "by_shortage", 2), (1e9, ["A", "B"], 2), (1e9, None, 5)])
def test_a_roll_out_joins_as_many_as_was_said(base: ess_sim.Scenario, budget: float, zones: Any, can: int) -> None:
    scenario = base.with_(policies=[{**BUDGET, "budget_euro": budget, "zones": zones or "by_shortage"}])
    run = ess_sim.simulate(scenario, keep=["facts"])
    assert (run.facts["event"] == "secpa_joined").sum() == can
    assert [limit.most for limit in limits(scenario)] == ([] if can == 5 else [can])


WILLING = {"retired_willing_share": 1.0, "retired_sessions_years": 50.0, "centre_list_per_fte": 60.0}

VOID: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "rooms": ([smp(interns={"per_semester": 4})], [smp(interns={"per_semester": 1})]),
    "supervisors": (
        [smp(interns={"per_semester": 9}, rooms=9)],
        [smp(interns={"per_semester": 3}, rooms=9)],
    ),
    "no semester": (
        [{"kind": "host_interns", "zone": "A", "per_semester": 2, "starts": "2018-05-03", "ends": "2018-11-02"}],
        [],
    ),
    "no November": ([{"kind": "cesp", "per_year": 2, "starts": "2018-11-03", "ends": "2019-11-02"}], []),
    "all GPs": ([{"kind": "departures", "starts": "2018-03-15", "oldest": 500}], []),
    "no grant": ([smp(), {"kind": "grant_cut", "starts": "2019-01-01", "cut": 0.5}], [smp()]),
}


@pytest.mark.parametrize("which", VOID)
def test_what_is_void_changes_no_outcome(base: ess_sim.Scenario, which: str) -> None:
    """Runs say the same as the limit: otherwise the warning would be false."""
    asked, can = VOID[which]
    if "smp" in [policy["kind"] for policy in asked]:
        base = base.with_parameters(None, **WILLING)
    one, other = base.with_(name="asked", policies=asked), base.with_(name="can", policies=can)
    (limit,) = [limit for limit in limits(one) if limit.void]
    if which == "all GPs":
        other = base.with_(name="can", policies=[{**asked[0], "oldest": int(limit.most)}])
    (line,) = alike([other, one])
    assert line.startswith("asked differs from can only in what is void, so that no outcome will differ: policies[")
    results = ess_sim.run_experiment([other, one], replications=2)
    assert [(twin.scenario, twin.other, twin.runs) for twin in twins(results)] == [("asked", "can", 2)]


def test_a_change_with_effect_is_not_called_out(base: ess_sim.Scenario) -> None:
    willing = base.with_parameters(None, **WILLING)
    one = willing.with_(name="one", policies=[smp()])
    room = willing.with_(name="room", policies=[smp(interns={"per_semester": 4}, rooms=6)])
    window = willing.with_(name="window", policies=[smp(opens="2018-04-15")])
    assert list(alike([base, one, room, window])) == []
    assert twins(ess_sim.run_experiment([base, one, room, window], replications=2)) == []
    # a second policy of its kind takes its name, and with it other random numbers
    idle = {"kind": "host_interns", "zone": "A", "per_semester": 2, "starts": "2018-05-03", "ends": "2018-11-02"}
    hosts = {**idle, "ends": "2020-11-02"}
    pair = [base.with_(name="both", policies=[idle, hosts]), base.with_(name="alone", policies=[hosts])]
    assert list(alike(pair)) == []


def test_every_policy_s_example_has_no_limit_but_a_stated_one(base: ess_sim.Scenario) -> None:
    """Examples are such that they can act; what cannot is said of what is planted, in the tests above."""
    from ess_sim.model.policies.base import Case
    from ess_sim.model.policies.registry import KINDS

    case = Case(date(2018, 6, 1), date(2020, 6, 1), ("A", "B"))
    found = {
        kind: [limit.at for limit in limits(base.with_(policies=[cls.example(case).to_block()]))]
        for kind, cls in KINDS.items()
        if kind != "grant_cut"  # of a centre that is not there
    }
    assert {kind: at for kind, at in found.items() if at} == {}


def test_what_is_said_of_the_scenarios_of_the_package() -> None:
    """Each line was judged: interns without a supervisor are what the scenario asks about, as is a budget for 26."""
    every = [ess_sim.read_scenario(path) for path in sorted(scenarios_dir().rglob("*.yaml"))]
    assert {scenario.name: said(scenario) for scenario in every if limits(scenario)} == {
        "laval-smp-interns-unsupervised": [
            "0 of 1 intern places a semester can be filled: with all posts filled no supervisors would be on duty all "
            "week"
        ],
        "secpa-rollout-60": [
            "26 of 60 structures can join: the budget, 107,000,000 euros, covers no more until the end"
        ],
    }
    assert list(alike(every)) == []
