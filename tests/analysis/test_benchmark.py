"""The benchmark: territories by a rule, doses by a budget, ranks and how sure they are, policies of one's own."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import Page
from scipy import stats  # type: ignore[import-untyped]

from ess_sim.analysis.benchmark import benchmark as whole
from ess_sim.analysis.benchmark.benchmark import LEAGUE, benchmark
from ess_sim.analysis.benchmark.doses import MOST_COPIES, Dose, Part, doses_within, is_placed, next_place
from ess_sim.analysis.benchmark.league import AFFORDABLE, OVERALL, league
from ess_sim.analysis.benchmark.measures import MEASURES, values_of
from ess_sim.analysis.benchmark.own import own_policies
from ess_sim.analysis.benchmark.published import ABOUT, published_benchmark
from ess_sim.analysis.benchmark.suite import NO_REMEDY, PAIRS, place_of, standard_doses, suite_of
from ess_sim.analysis.benchmark.territories import benchmark_territories, bodies
from ess_sim.errors import ArgumentError, ResultsError, ScenarioError
from ess_sim.experiments.shards import read_shard
from ess_sim.faces.cli.app import main
from ess_sim.faces.figures.studies.league import league_figure
from ess_sim.faces.report.league import league_html
from ess_sim.faces.reports.studies.league import dose_label, headline_table
from ess_sim.faces.reports.studies.league_page import league_page
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.beginnings.begin import site_of
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.read import read_scenario
from ess_sim.results.comparison.differences import compare
from ess_sim.results.merging import merge_shards
from ess_sim.results.statistics.paired import holm, p_value
from ess_sim.results.statistics.ranking import ranks
from ess_sim.results.storage.keys import RESULTS_VERSION, SAME_RULES
from tools import bundle_benchmark

LAVAL = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
SITE = site_of(LAVAL)


# --- territories ------------------------------------------------------------------------------------------------------


def test_ten_territories_each_in_the_middle_of_its_class() -> None:
    found, all_ = benchmark_territories(), bodies()
    assert len({t.code for t in found}) == len({t.key for t in found}) == 10
    for chosen in found:
        assert all_["residents"][chosen.code] == chosen.residents
    by = {t.key: t for t in found}
    # counted again, by another way than the rule's
    parts = all_[(all_["type"] == "EPT")]["residents"]
    assert (parts < by["dense"].residents).sum() == (len(parts) - 1) // 2
    empty = all_[all_["mainland"] & (all_["density"] < 20)]["residents"]
    assert len(empty) == by["remote"].members
    assert (empty < by["remote"].residents).sum() == (len(empty) - 1) // 2
    overseas = all_[all_["departement"].isin(["971", "972", "973", "974"])]
    assert len(overseas) == by["overseas"].members
    assert by["overseas"].code in overseas.index


def test_bodies_hold_all_of_france_but_paris_and_islands() -> None:
    all_ = bodies()
    assert all_["residents"].sum() == pytest.approx(66.1e6, rel=0.01)  # 68.1 M with Paris, 2.1 M
    assert all_["gps"][all_["mainland"]].notna().all()
    assert all_["gps"][~all_["mainland"]].isna().all()


# --- doses ------------------------------------------------------------------------------------------------------------


def test_a_dose_is_what_the_budget_pays_for() -> None:
    names = ("smp", "later_retirement", "medicobus", "mediators")
    doses = [Dose(name, (Part(KINDS[name]),)) for name in names]
    costs = {"smp": 100_000.0, "medicobus": 1e9, "later_retirement": 10.0, "mediators": 0.0}
    smp, later, bus, mediators = doses_within(doses, LAVAL, 260_000.0, costs)
    assert (smp.parts[0].copies, smp.budgeted) == (3, True)  # 2.6
    assert (later.parts[0].copies, later.budgeted) == (1, False)  # holds everywhere
    assert (bus.parts[0].copies, bus.budgeted) == (1, True)  # one is too dear, and is had
    assert (mediators.parts[0].copies, mediators.budgeted) == (1, False)  # cost unknown
    (many,) = doses_within(doses[:1], LAVAL, 1e9, costs)
    assert many.parts[0].copies == MOST_COPIES
    (pair,) = doses_within([Dose("both", (Part(KINDS["smp"]), Part(KINDS["medicobus"])))], LAVAL, 400_000.0, costs)
    assert [part.copies for part in pair.parts] == [2, 1]


def test_copies_stand_where_the_need_is_next() -> None:
    three = Dose("smp", (Part(KINDS["smp"], 3),)).policies(SITE)
    assert [policy.zone for policy in three] == list(SITE.stops[:3])  # type: ignore[attr-defined]
    assert next_place(SITE, len(SITE.stops)).stops == SITE.stops
    assert is_placed(KINDS["smp"], SITE)
    assert not is_placed(KINDS["later_retirement"], SITE)


def test_the_standard_benchmark_has_every_remedy_and_the_pairs() -> None:
    names = [dose.name for dose in standard_doses()]
    assert sorted(names) == sorted({*KINDS} - {*NO_REMEDY} | {"+".join(pair) for pair in PAIRS})
    assert {kind for pair in PAIRS for kind in pair} <= {*KINDS} - {*NO_REMEDY}


# --- ranks ------------------------------------------------------------------------------------------------------------


def test_equal_policies_share_their_places_and_the_best_is_found() -> None:
    rng = np.random.default_rng(1)
    chance = rng.normal(size=(6, 40))
    values = chance + np.array([0.0, 0.0, 0.0, 0.0, 0.0, -3.0])[:, None]
    values[1] = values[0]
    found = ranks(values)
    assert found.best[5] == 1.0
    assert found.rank[5] == 1
    assert found.rank[0] == found.rank[1]
    assert found.best[0] == found.best[1] == 0
    assert found.best.sum() == pytest.approx(1)
    assert found.top.sum() == pytest.approx(3)
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()
    assert ranks(-values, minimise=False).rank.tolist() == found.rank.tolist()
    with pytest.raises(ValueError, match="finite"):
        ranks(np.array([[np.nan, 1.0]]))


def test_two_policies_alike_are_not_separated() -> None:
    """Over many leagues, the chance that one of two equal ones is called best is about even, and seldom sure."""
    rng = np.random.default_rng(5)
    best = np.array([ranks(rng.normal(size=(2, 30)), draws=200).best[0] for _ in range(300)])
    assert abs(best.mean() - 0.5) < 0.05  # 3 standard errors
    assert 0.02 < (np.abs(best - 0.5) > 0.475).mean() < 0.09  # 5 %: as the paired t-test


@pytest.mark.parametrize("replications", [5, 20])
def test_ranks_are_as_sure_as_the_paired_test(replications: int) -> None:
    """How probable it is that one of two is better, against Student's distribution."""
    values = np.random.default_rng(6).normal(size=(2, replications))
    difference = values[0] - values[1]
    t = difference.mean() / (difference.std(ddof=1) / np.sqrt(replications))
    assert ranks(values, draws=20_000).best[0] == pytest.approx(stats.t.cdf(-t, replications - 1), abs=0.015)


def test_two_hundred_equal_policies_raise_no_more_false_alarms_than_stated() -> None:
    """The family-wise error of Holm's adjustment, with a baseline that all differences share."""
    rng = np.random.default_rng(3)
    alarms = []
    for _ in range(400):
        policies, baseline = rng.normal(size=(200, 50)), rng.normal(size=50)
        alarms.append(bool((holm(p_value(policies - baseline)) < 0.05).any()))
    assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    independent = [bool((holm(p_value(rng.normal(size=(200, 50)))) < 0.05).any()) for _ in range(400)]
    assert 0.02 < np.mean(independent) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def _values(effects: dict[str, float], replications: int, costs: dict[str, float]) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = []
    for measure in MEASURES:
        for key in ("a", "b"):
            for r in range(replications):
                common = rng.normal()
                for name, effect in {"base": 0.0, **effects}.items():
                    value = costs.get(name, 0.0) if measure.endswith("cost") else common + effect + rng.normal() / 5
                    rows.append((f"{key}-{name}", 0, r, 10, measure, value))
    return pd.DataFrame(rows, columns=["scenario", "draw", "replication", "year", "measure", "value"])


def test_a_league_ranks_what_is_affordable_and_adds_up_over_territories() -> None:
    effects, costs = {"good": -1.0, "dear": -2.0, "idle": 0.0}, {"good": 4.0, "dear": 50.0, "idle": 0.1}
    values = _values(effects, 20, costs)
    doses = {f"{key}-{name}": (key, name) for key in ("a", "b") for name in effects}
    twins = {f"{key}-{name}": f"{key}-base" for key in ("a", "b") for name in effects}
    table = league(values, doses, twins, budget=5.0)
    share = table[table["measure"] == "share_without_mt"].set_index(["territory", "dose"])
    assert share.loc[("a", "good"), "rank"] == 1
    assert share.loc[(OVERALL, "good"), "p_best"] == 1
    assert np.isnan(share.loc[("a", "dear"), "rank"])  # beyond AFFORDABLE budgets
    assert share.loc[("a", "dear"), "cost"] == 50 > AFFORDABLE * 5
    assert share.loc[("a", "good"), "p_holm"] < 0.001 < 0.05 < share.loc[("a", "idle"), "p_holm"]
    both = share.loc[[("a", "good"), ("b", "good")], "effect"].mean()
    assert share.loc[(OVERALL, "good"), "effect"] == pytest.approx(both)
    assert table[table["measure"] == "gross_cost"]["rank"].isna().all()
    lines = headline_table(table)
    assert lines["policy"].tolist() == ["good", "idle", "dear"]
    assert lines["rank"].tolist()[2] == "–"


def test_over_all_territories_costs_weigh_as_effects_do() -> None:
    """A dose that is cheap in a large territory and far too dear in a small one is not ranked over both."""
    values = _values({"smp": -1.0, "van": -0.5}, 20, {"smp": 4.0})
    dear = (values["scenario"] == "b-smp") & (values["measure"] == "gross_cost")
    values.loc[dear, "value"] = 40.0
    doses = {f"{key}-{name}": (key, name) for key in ("a", "b") for name in ("smp", "van")}
    table = league(values, doses, {scenario: f"{scenario[0]}-base" for scenario in doses}, budget=5.0)
    share = table[table["measure"] == "share_without_mt"].set_index(["territory", "dose"])
    assert share["cost"].to_dict() == {
        ("a", "smp"): 4.0,
        ("b", "smp"): 40.0,
        (OVERALL, "smp"): 22.0,
        ("a", "van"): 0.0,
        ("b", "van"): 0.0,
        (OVERALL, "van"): 0.0,
    }
    assert share.loc[(OVERALL, "smp"), "net"] == 4.0
    assert share["rank"].isna().to_dict() == {at: at in {("b", "smp"), (OVERALL, "smp")} for at in share.index}
    partly = pd.DataFrame({"dose": ["smp", "van"], "bound": ["at least", "at least"]})
    lines = headline_table(table, partly).set_index("policy")
    assert lines["€ per adult-year"].to_dict() == {"van": "unknown", "smp": "≥ 22.00"}
    assert lines["net"].to_dict() == {"van": "unknown", "smp": "≥ 4.00"}


@pytest.mark.parametrize("replications", [2, 20])
def test_both_pages_of_a_league_say_the_same(replications: int) -> None:
    """In the same order, with the same numbers and marks, for as many years, and sure of as much."""
    effects, costs = {"smp": -1.0, "cesp": -2.0, "mediators": 0.0}, {"smp": 4.0, "cesp": 50.0, "mediators": 0.1}
    values = pd.concat([_values(effects, replications, costs).assign(year=year) for year in (1, 5, 10)])
    doses = {
        f"{key}-{name}": (key, name) for key in ("a", "b") for name in effects if (key, name) != ("b", "mediators")
    }
    twins = {scenario: f"{key}-base" for scenario, (key, _) in doses.items()}
    rows = [(key, name, name, 1, costs[name] * 1000, "", True, s) for s, (key, name) in doses.items()]
    columns = ["territory", "dose", "policy", "copies", "euro_a_year", "bound", "budgeted", "scenario"]
    results = SimpleNamespace(replications=range(replications), scenarios=[*twins], seed=1)
    absent = pd.DataFrame([("b", "mediators", "no place")], columns=["territory", "dose", "why"])
    found: Any = SimpleNamespace(
        league=league(values, doses, twins, budget=5.0),
        doses=pd.DataFrame(rows, columns=columns),
        absent=absent,
        results=results,
    )
    page = league_page(found, command="x", budget=5.0)
    html = Page(league_html(found, budget=5.0, version="1"))
    labels = {dose_label(name, "en"): name for name in effects}

    def table(head: str) -> list[list[str]]:
        lines = page.split(head, 1)[1].splitlines()
        at = next(k for k, line in enumerate(lines) if line.startswith("|")) + 2
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(bool, lines[at:])]

    first = table("## Over all territories")
    assert [row[1] for row in first] == [labels[row[0]] for row in html.rows("league")] != []
    by_year = [[labels[row[0]], *row[1::3]] for row in html.rows("by-year")]
    assert [[row[0], *(cell.split(" ")[0].strip("()") for cell in row[1:])] for row in table("### After 1, 5")] == [
        [dose, *(f"{x:+.2f}".replace("-", "−") for x in numbers)] for dose, *numbers in by_year
    ]
    assert all(np.isnan(x) == (replications == 2) for row in html.rows("by-year") for x in row[2::3])

    def plain(cell: str) -> str:
        return cell.strip("() –*").replace("** –", "")

    here, there = table("## By territory"), html.rows("by-territory")
    assert [[row[0], *map(plain, row[1:])] for row in here] == [[labels[row[0]], *map(plain, row[1:])] for row in there]
    assert [[cell.startswith("**") for cell in row[1:]] for row in here] == [
        ["*" in cell for cell in row[1:]] for row in there
    ]
    assert [[cell.endswith("–") for cell in row[1:]] for row in here] == [
        [c.endswith("–") for c in row[1:]] for row in there
    ]
    assert any(cell.endswith("–") for row in there for cell in row)
    best = [[row[0], labels[row[1]]] for row in html.rows("first-of-each")]
    assert [row[:2] for row in table("The first of each territory")] == best


def test_a_dose_without_any_effect_has_no_rank() -> None:
    values = _values({"good": -1.0, "idle": 0.0}, 8, {})
    base = values[values["scenario"].str.endswith("-base")]
    idle = base.assign(scenario=base["scenario"].str.replace("-base", "-idle"))
    values = pd.concat([values[~values["scenario"].str.endswith("-idle")], idle])
    doses = {f"{key}-{name}": (key, name) for key in ("a", "b") for name in ("good", "idle")}
    twins = {scenario: f"{key}-base" for scenario, (key, _) in doses.items()}
    table = league(values, doses, twins, budget=5.0)
    assert table.loc[table["dose"] == "idle", "rank"].isna().all()
    assert (table.loc[(table["dose"] == "good") & (table["measure"] == "share_without_mt"), "rank"] == 1).all()


# --- policies of the user's own ---------------------------------------------------------------------------------------


OWN = """\
policies:
  - kind: smp
    opens: $start
    zone: $zone
    retired_gps: {count: 6}
    interns: {per_semester: 1}
  - kind: mediators
    starts: $start
    zones: [$zone]
    fte: 1
"""


def test_policies_of_a_file_are_placed_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN.replace("[$zone]", "$stops"), encoding="utf-8")
    (own,) = own_policies([str(file)])
    found = own.standard(SITE)
    assert isinstance(found, tuple)
    assert [policy.kind for policy in found] == ["smp", "mediators"]
    assert found[0].zone == SITE.zone  # type: ignore[attr-defined]
    assert found[1].zones == SITE.stops  # type: ignore[attr-defined]
    file.write_text(OWN.replace("[$zone]", "[$short]"), encoding="utf-8")
    (own,) = own_policies([str(file)])
    assert own.standard(SITE)[1].zones == SITE.short  # type: ignore[index,attr-defined]


def test_what_is_wrong_with_a_file_is_said_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("polices: []\npolicies:\n  - kind: smp\n    zone: $zon\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        own_policies([str(file), str(tmp_path / "none.yaml"), "a:B", "word"])
    lines = str(error.value).splitlines()
    assert [line.removeprefix(f"{tmp_path}/").replace(":0:0", "") for line in lines] == [
        "policy 'a:B' is Python code: if you trust it, --allow-code imports it",
        "policy 'word': name a YAML file, or a class as module:Class",
        "mine.yaml:1:1: polices: unknown key (did you mean 'policies'?): a file of policies holds 'policies' alone",
        "mine.yaml:4:11: policies[0].zone: unknown blank '$zon' (did you mean '$zone'?)",
        "none.yaml: no such file (did you mean 'mine.yaml'?)",
    ]
    file.write_text(OWN.replace("retired_gps", "retired"), encoding="utf-8")
    (own,) = own_policies([str(file)])
    with pytest.raises(ScenarioError, match=r"mine\.yaml:5:5: policies\[0\]\.retired: "):
        own.standard(SITE)


@pytest.fixture
def small_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer replications from which costs are measured."""
    monkeypatch.setattr(whole, "PILOT", 2)


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_pilot")
def test_a_small_benchmark_resumes_and_is_the_same_in_shards(tmp_path: Path) -> None:
    asked = {"places": ["remote"], "policies": ["nurse_delegation", "smp"], "replications": 2, "jobs": 1}
    out, parts = tmp_path / "one", tmp_path / "parts"
    found = benchmark(out, **asked)
    assert found is not None
    assert set(found.league["dose"]) == {"nurse_delegation", "smp"}
    paired = compare(
        found.results,
        baseline=found.suite.twins,
        outcomes="share_without_mt",
        dates=[found.results.recorded("remote-smp")[-1]],
    ).set_index("scenario")
    last = found.league[(found.league["measure"] == "share_without_mt") & (found.league["year"] == 10)].set_index(
        "dose"
    )
    for dose in ("nurse_delegation", "smp"):
        assert last.loc[dose, "effect"] == pytest.approx(paired.loc[f"remote-{dose}", "difference"])
    said: list[tuple[int, int, str]] = []
    benchmark(out, progress=lambda *what: said.append(what), **asked)
    assert [what[:2] for what in said if "figures: " not in what[2]] == [(0, 6), (0, 6)]  # all runs were there
    assert [what[:2] for what in said if "figures: " in what[2]] == [(0, 3), (1, 3), (2, 3)]
    for k in (1, 2):
        assert benchmark(parts, shard=(k, 2), **asked) is None
    merge_shards([parts / "shards" / read_shard((k, 2)).folder for k in (1, 2)], out=parts / "runs")  # type: ignore[union-attr]
    benchmark(parts, **asked)
    assert (parts / LEAGUE).read_bytes() == (out / LEAGUE).read_bytes()
    assert (parts / "doses.csv").read_bytes() == (out / "doses.csv").read_bytes()


@pytest.mark.usefixtures("small_pilot")
def test_a_file_of_one_s_own_enters_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "mine.yaml", tmp_path / "out"
    file.write_text("policies:\n  - {kind: mediators, starts: $zone, zones: [$stops], fte: 1}\n", encoding="utf-8")
    asked = ["benchmark", "-t", "remote", "-p", "mediators", "--no-pairs", "-n", "2", "-j", "1", "-o", str(out)]
    assert main([*asked, "--add", str(file)]) == 2
    said = capsys.readouterr().err
    assert f"{file}:2:31: policies[0].starts: " in said
    assert not out.exists()
    file.write_text(file.read_text().replace("$zone", "$start"), encoding="utf-8")
    page = tmp_path / "page.md"
    (tmp_path / "page.png").write_text("precious")
    assert main([*asked, "--add", str(file), "--write", str(page)]) == 2
    assert "its picture would replace" in capsys.readouterr().err
    (tmp_path / "page.png").unlink()
    assert main([*asked, "--add", str(file), "--write", str(page)]) == 0, capsys.readouterr().err
    assert f"-t remote -p mediators -n 2 --add {file} --no-pairs --write {page}" in page.read_text(encoding="utf-8")
    league = pd.read_csv(out / LEAGUE)
    assert set(league["dose"]) == {"mine", "mediators"}
    assert (out / "league.html").read_text(encoding="utf-8").count("mine") > 1


@pytest.mark.usefixtures("small_pilot")
def test_a_folder_says_what_was_asked_and_of_fewer_runs_that_there_are_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It goes into the package with its own budget; no text in it is a formula."""
    out, package = tmp_path / "out", tmp_path / "package"
    asked = ["benchmark", "-t", "remote", "-p", "mediators,later_retirement", "-j", "1", "-o", str(out)]
    asked += ["--budget", "4", "--no-pairs"]
    assert main([*asked, "-n", "3"]) == 0
    said = capsys.readouterr()
    assert "note: " not in said.err
    assert "unknown: nothing of it has a price" in said.out
    monkeypatch.setattr(bundle_benchmark, "TARGET", package)
    bundle_benchmark.main([str(out)])
    bundled = published_benchmark(package)
    assert (bundled.budget, bundled.replications, bundled.seed) == (4.0, 3, 1)
    (out / ABOUT).rename(out / "other.json")
    with pytest.raises(SystemExit):
        bundle_benchmark.main([str(out)])
    assert "without about.json, which ess-sim benchmark" in capsys.readouterr().err

    def concluded(*given: Any) -> Any:
        found = _concluded(*given)
        return replace(found, absent=pd.DataFrame([("=A1", "+x", "@why")], columns=found.absent.columns))

    _concluded = whole._concluded
    monkeypatch.setattr(whole, "_concluded", concluded)
    assert main([*asked, "-n", "2"]) == 0
    said = capsys.readouterr()
    assert "note: this folder was made for 3 replications: the first 2 are compared, as asked" in said.err
    assert "mean of 2 replications" in said.out
    assert set(pd.read_csv(out / LEAGUE)["n"]) == {2}
    assert (out / "absent.csv").read_text(encoding="utf-8") == "territory,dose,why\n'=A1,'+x,'@why\n"


def test_wrong_requests_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as error:
        benchmark(tmp_path / "x", policies=["smpp", "mediatorss"])
    assert "unknown policy 'smpp' (did you mean 'smp'?)\nunknown policy 'mediatorss'" in str(error.value)
    with pytest.raises(ArgumentError, match="territory 'nowhereville': "):
        benchmark(tmp_path / "x", places=["nowhereville"], policies=["smp"])
    with pytest.raises(ArgumentError, match="above 0"):
        benchmark(tmp_path / "x", budget=0)
    assert not (tmp_path / "x").exists()


def test_a_policy_that_fits_nowhere_is_said() -> None:
    place = place_of("200067965", "town")
    with pytest.raises(ScenarioError, match="no policy can be placed"):
        suite_of([place], {"town": [Dose("grant_cut", (Part(KINDS["grant_cut"]),))]})
    suite = suite_of([place], {"town": [Dose(k, (Part(KINDS[k]),)) for k in ("grant_cut", "smp")]})
    assert suite.absent.keys() == {("town", "grant_cut")}
    assert [scenario.name for scenario in suite.scenarios] == ["town-baseline", "town-smp"]


def test_measures_are_in_people_s_units() -> None:
    """Months without MT are the area under the share's curve."""
    from ess_sim.experiments.experiment import run_experiment

    results = run_experiment(LAVAL.with_(horizon_years=1), replications=1)
    values = values_of(results, (1,)).set_index("measure")["value"]
    rows = results.outcomes("share_without_mt")
    years = ((rows["date"] - rows["date"].iloc[0]) / pd.Timedelta(days=365.25)).to_numpy()
    assert values["months_without_mt"] == pytest.approx(12 * np.trapezoid(rows["value"].to_numpy(), years), rel=1e-9)
    assert values["share_without_mt"] == pytest.approx(100 * rows["value"].iloc[-1])


# --- the one that comes with the package ------------------------------------------------------------------------------


def test_the_published_benchmark_is_whole_and_that_of_the_page() -> None:
    """Every remedy everywhere, by the rules of this version; `benchmark` says what the table said when it was made."""
    found = published_benchmark()
    assert SAME_RULES <= found.results_version <= RESULTS_VERSION
    assert set(found.league["territory"]) == {OVERALL, *(t.key for t in benchmark_territories())}
    single = {name for name in found.league["dose"] if "+" not in name}
    assert single == set(KINDS) - set(NO_REMEDY)
    page = (Path(__file__).parents[2] / "docs" / "benchmark.md").read_text(encoding="utf-8")
    assert f"{found.replications} replications of each" in page
    table = headline_table(found.league[found.league["territory"] == OVERALL], found.doses)
    for _, row in table.iterrows():
        assert f"| {row['policy']} | {row['points']} |" in page


def test_the_doses_of_the_page_are_those_of_the_published_benchmark() -> None:
    """As the page is written, *unknown* where nothing of a cost has a price; so in the page of the command, too."""
    found = published_benchmark()
    pretended: Any = SimpleNamespace(
        **{name: getattr(found, name) for name in ("league", "doses")},
        absent=pd.DataFrame(columns=["territory", "dose", "why"]),
        results=SimpleNamespace(replications=range(found.replications), scenarios=[], seed=found.seed),
    )
    page = (Path(__file__).parents[2] / "docs" / "benchmark.md").read_text(encoding="utf-8")
    made = league_page(pretended, command="x", budget=found.budget)
    assert made.split("## Doses")[1].strip() == page.split("## Doses")[1].split("\n## ")[0].strip()
    assert "| later_retirement | 1 × unknown | 1 × unknown |" in made
    assert "× 0+" not in made
    rows = Page(league_html(pretended, budget=5.0, version="1"), "fr").rows("doses-table")
    known = {row[0] + row[1]: row[2:] for row in rows}
    late = next(row for name, row in known.items() if name.startswith("denseRetraite plus tardive"))
    assert (late[0], np.isnan(late[1]), late[2]) == (1, True, "inconnu")
    assert [row for row in rows if row[3] == 0 and row[4]] == []


@pytest.mark.parametrize(("lang", "words"), [("en", "in 1 territory,"), ("fr", "dans 1 territoire,")])
def test_a_league_of_one_territory_speaks_of_one(lang: str, words: str) -> None:
    found = published_benchmark()
    pretended: Any = SimpleNamespace(
        league=found.league[found.league["territory"] == "town"],
        doses=found.doses[found.doses["territory"] == "town"],
        absent=pd.DataFrame(columns=["territory", "dose", "why"]),
        results=SimpleNamespace(replications=range(found.replications), scenarios=[], seed=found.seed),
    )
    text = Page(league_html(pretended, budget=5.0, version="1"), lang).text
    assert words in text
    assert not re.search("each territory counts the same|chaque territoire compte autant", text)
    notes = " ".join(text.get_text() for text in league_figure(pretended.league).texts)
    assert "Tiles" not in notes


def test_the_published_benchmark_is_shown_by_territory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--published", "-t", "town,rural"]) == 0
    out = capsys.readouterr().out
    assert out.count("adults without MT after 10 years") == 2
    assert "smp" in out
    assert main(["benchmark", "--published", "-t", "town,rual,nowhere"]) == 2
    said = capsys.readouterr().err
    assert "'rual'" in said
    assert "did you mean 'rural'?" in said
    assert "'nowhere'" in said
    assert "all, dense, suburb" in said


def test_the_published_benchmark_knows_its_territories_by_name_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--published", "-t", "est ensemble,200057875,dense"]) == 0
    out = capsys.readouterr().out
    assert out.count("dense (Est Ensemble): adults without MT") == 1
    assert main(["benchmark", "--published", "-t", ","]) == 2
    assert "name at least one of all, dense" in capsys.readouterr().err


def test_what_the_published_benchmark_cannot_follow_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--published", "-p", "smp", "-n", "50", "--no-pairs", "-t", "town"]) == 2
    said = capsys.readouterr()
    assert said.err.strip().endswith("without --policies, --replications, --pairs")
    assert not said.out


def test_a_published_benchmark_of_another_version_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "about.json").write_text('{"results_version": 1}')
    with pytest.raises(ResultsError, match="is of results version 1, this package makes version"):
        published_benchmark(tmp_path)
    with pytest.raises(ResultsError, match="no published benchmark is here: run ess-sim benchmark"):
        published_benchmark(str(tmp_path / "nothing"))
