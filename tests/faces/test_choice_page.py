"""The page and the picture of a choice under a budget: they say what its tables say, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import Page

from ess_sim import figures
from ess_sim.analysis.budget.choice import BudgetChoice
from ess_sim.analysis.budget.mixes.rules import RULES
from ess_sim.analysis.budget.robust import CRITERIA
from ess_sim.errors import ArgumentError
from ess_sim.faces.report.choice import choice_html
from ess_sim.faces.reports.studies.choice import candidates_note, candidates_table, choice_lines, rules_table
from ess_sim.faces.reports.studies.choice_rows import finished, left_out, marked, stairs, would_fit
from ess_sim.faces.svg.frontier import Point, frontier
from ess_sim.faces.words.glossary import phrases
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.model.run.read import read_scenario
from ess_sim.results.tables.names import PUBLIC_PAYERS

SECOND = "later_retirement + smp@53130"
BEST, DEAR = f"cesp@53130 + {SECOND}", "medicobus@53130 + smp@53130"


def row(mix: str, effect: float, euro: float, *, unknown: str = "", over: int = 0, **more: Any) -> dict[str, Any]:
    """Of one mix, as tables of a choice have it."""
    people = -900 * effect
    ends = {"effect_low": effect - 0.4, "effect_high": effect + 0.4, "people_low": people - 300}
    if mix == "baseline":
        ends |= {"effect_low": 0.0, "effect_high": 0.0, "people_low": 0.0}
    found = {"mix": mix, "what": mix, "n": 40, "effect": effect, "people": people, "euro_a_year": euro} | ends
    found |= {"people_high": 2 * people - ends["people_low"], "worst_year": 1.25 * euro, "unknown": unknown}
    return found | {"runs": 64, "runs_over": over} | more


def found_choice() -> BudgetChoice:
    """A choice among a few mixes of Laval."""
    nan = float("nan")
    sure = {"behind": 0.0, "behind_low": 0.0, "behind_high": 0.0, "p_holm": nan, "selection": 20}
    ranks = [{"rank": k, "rank_low": max(k - 1, 1.0), "rank_high": k + 1.0, "p_best": 0.5 / k} for k in (1.0, 2.0, 3.0)]
    out = {"rank": nan, "rank_low": nan, "rank_high": nan, "p_best": nan}
    mixes = (
        (SECOND, -1.9, 300_000, "not separated", ""),
        (BEST, -1.8, 320_000, "chosen", "investment: building and equipment"),
        ("baseline", 0.0, 0, "worse", ""),
    )
    candidates = [
        {"status": status} | row(mix, effect, euro, unknown=unknown) | sure | rank
        for (mix, effect, euro, status, unknown), rank in zip(mixes, ranks, strict=True)
    ]
    candidates.append({"status": "over budget"} | row(DEAR, -2.5, 480_000, over=2) | sure | out)
    front = [row(mix, effect, euro, unknown=unknown) for mix, effect, euro, _, unknown in reversed(mixes)]
    front.insert(1, row("cesp@53130", -0.8, 20_000))
    front[1]["on_front"] = front[3]["on_front"] = True
    rules = [
        {"rule": "best_single", "about": "", "regret": 1.0, "regret_low": 0.9, "regret_high": 1.1}
        | row("cesp@53130", -0.8, 20_000),
        {"rule": "smp", "about": "", "regret": -0.1, "regret_low": -0.3, "regret_high": 0.1}
        | row(SECOND, -1.9, 300_000),
    ]
    units = pd.DataFrame(
        [
            {"unit": "smp@53130", "kind": "smp", "zone": "Laval", "zones": 1, "note": ""},
            {"unit": "cesp@53130", "kind": "cesp", "zone": "Laval", "zones": 6, "note": ""},
            {"unit": "medicobus@53130", "kind": "medicobus", "zone": "Laval", "zones": 2, "note": ""},
            {"unit": "cesp@53119", "kind": "cesp", "zone": "L'Huisserie", "zones": 6, "note": "the same as cesp@53130"},
            {"unit": "later_retirement", "kind": "later_retirement", "note": "exceeds the budget alone"},
            {"unit": "<b>mine", "kind": "<b>mine", "zone": "<i>", "zones": 1, "note": "it has <u>no place"},
        ]
    ).assign(n=12, effect=-1.0, effect_low=-1.2, effect_high=-0.8, euro_a_year=9e4, worst_year=1e5, unknown="")
    robust = pd.DataFrame([{"mix": BEST, "gain": 1.5, "worst": 0.5, "mean_regret": 0.2, "p95_regret": 0.3}])
    posts = [("sessions", "smp-53130", 12.0, 7.25, "no other retired GP of the pool is willing")]
    baseline = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    return BudgetChoice(
        baseline=baseline,
        chosen=baseline.with_(name="laval-chosen"),
        outcome="share_without_mt",
        day=date(2027, 6, 15),
        candidates=pd.DataFrame(candidates),
        costs=pd.DataFrame([{"year": 1, "begins": "2017-06-15", "mean": 3.2e5, "worst": 4e5, "budget": 5e5}]),
        front=pd.DataFrame(front).assign(on_front=lambda t: t["on_front"].eq(True)),
        rules=pd.DataFrame(rules),
        units=units.astype({"zones": "Int64"}),
        limits=pd.DataFrame([{"limit": "retired_gps", "most": 12, "asked": 12, "binds": True}]),
        posts=pd.DataFrame(posts, columns=["kind", "actor", "offered", "filled", "why"]),
        robust=robust.assign(max_regret=0.4, share_best=0.75, draws_over=0.0, taken_by=""),
        criteria={"expected_value": BEST, "max_min": SECOND, "minimax_regret": BEST},
        changes=0.25,
        matters=0.05,
        decided=True,
        confidence=0.95,
        indifference=0.2,
        budget=500_000.0,
        over_horizon=False,
        payers=PUBLIC_PAYERS,
        seed=1,
        runs=64,
        runs_over=0,
        thrown_out=5,
        simulated=2000,
    )


FOUND = found_choice()


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_says_what_the_tables_say(lang: Any) -> None:
    html = choice_html(FOUND, version="1", lang=lang)
    page = Page(html, lang)
    assert f'<html lang="{lang}">' in html
    assert [r[2] for r in page.rows("mixes")][:3] == [1, 2, 3]
    assert page.rows("mixes")[1][4:7] == [-1.8, -2.2, -1.4]
    assert page.rows("mixes")[1][7:10] == [1620, 320_000, 400_000]
    assert page.numbers("rules-table")[0] == [1.0, 0.9, 1.1, -0.8, -1.2, -0.4, 20_000]
    assert page.numbers("posts")[0] == [12, 7.2]
    assert page.numbers("robust")[0] == [1.5, 0.5, 0.2, 0.4, 75, 0]
    assert page.numbers("costs")[0] == [320_000, 400_000, 500_000]
    assert len(page.rows("finished")) == len(finished(FOUND.front, FOUND.candidates, FOUND.rules)) == 5
    assert len(page.rows("units-table")) == len(FOUND.units)
    said = {
        "en": ["−1.80 points [−2.20; −1.40]", "1,620 fewer", "at least 320,000", "12 of at most 12", "1 other cannot"],
        "fr": ["−1,80 points [−2,20 ; −1,40]", "620 habitants", "320 000 €", "12 demandés sur 12", "1 autre ne peut"],
    }
    assert [words for words in said[lang] if words not in " ".join(page.text.replace("\u202f", " ").split())] == []
    assert "<b>mine" not in html
    assert "<u>no place" not in html


def test_a_cost_of_which_a_part_is_unknown_is_printed_as_a_bound() -> None:
    for table, rows in ((candidates_table(FOUND), FOUND.candidates), (rules_table(FOUND), FOUND.rules)):
        assert [text.startswith("≥ ") for text in table["€ a year"]] == [text != "" for text in rows["unknown"]]
    assert "≥ 320,000" in set(candidates_table(FOUND)["€ a year"])
    assert "300,000" in set(candidates_table(FOUND)["€ a year"])


def test_the_page_does_not_say_that_it_lists_all_assumptions() -> None:
    assert "all of which are listed here" not in choice_html(FOUND, version="1")


def test_mixes_are_named_by_how_they_differ_from_the_chosen_one() -> None:
    english, french = (Page(choice_html(FOUND, version="1"), lang) for lang in ("en", "fr"))
    names = [r[0] for r in english.rows("mixes")]
    assert names[0].startswith("Without: Interns under contract (CESP) – Laval and 5 more")
    assert names[1:3] == ["the chosen mix", "nothing: the baseline"]
    assert names[3].endswith(
        "Laval and one more; Centre of retired GPs and interns (service médical de proximité) – Laval"
    )
    assert french.rows("mixes")[0][0].startswith("Sans\u00a0: Contrats d'engagement de service public (CESP)")
    notes = [r[-1] for r in french.rows("units-table")]
    assert notes[3].startswith("identique à\u00a0: Contrats d'engagement")
    assert notes[4:] == ["dépasse le budget à elle seule", "it has <u>no place"]


def test_what_binds_is_said() -> None:
    fit, dearer = would_fit(FOUND)
    assert fit["unit"].tolist() == ["medicobus@53130"]
    assert dearer is None
    assert "1 policy that helps alone would cost no more (Médicobus" in Page(choice_html(FOUND, version="1")).text
    tight = replace(FOUND, budget=450_000.0)
    assert (
        "less than the cheapest policy that is not in the mix and helps alone (100,000 €"
        in Page(choice_html(tight, version="1")).text
    )


def test_a_choice_of_nothing_says_why() -> None:
    base = FOUND.candidates[FOUND.candidates["mix"] == "baseline"].assign(status="chosen")
    dear = FOUND.units.assign(note="exceeds the budget alone")
    nothing = replace(FOUND, chosen=None, candidates=base, units=dear, posts=None, costs=None, robust=None, limits=None)
    page = Page(choice_html(nothing, version="1"), "fr")
    assert "aucune combinaison trouvée ne fait mieux que le scénario de référence" in page.text
    assert "6 mesures et lieux sur 6" in page.text
    assert "0 combinaison" not in page.text
    lines = list(choice_lines(nothing))
    assert lines[1] == "left out    6 of 6 policies and places: exceeds the budget alone"
    assert not any(line.startswith("selection") for line in lines)
    assert candidates_table(nothing)["mix"].tolist() == ["baseline"]
    some = replace(nothing, candidates=pd.concat([base, FOUND.candidates[:1]]))
    assert list(choice_lines(some))[-1] == "selection   compared at the end: 1 mix; none does better"
    assert "Compared at the end: 1 mix. None does better" in Page(choice_html(some, version="1")).text
    assert left_out(FOUND.units)[-1] == ("the same as another", 1)


def test_an_undecided_selection_and_a_budget_over_the_horizon_are_said() -> None:
    page = Page(choice_html(replace(FOUND, decided=False, over_horizon=True), version="1"))
    assert "The selection among 2 mixes did not come to its end" in page.text
    assert "In the mean of all runs and their years 180,000 € of the budget are left." in page.text


def test_it_is_said_on_which_runs_ranks_and_choice_rest() -> None:
    """The first of the table need not be the chosen one, which has a mark."""
    undecided = replace(FOUND, decided=False)
    table = candidates_table(undecided)
    assert [text[:2] for text in table.iloc[:, 0]] == ["  ", "→ ", "  ", "  "]
    assert table["status"].tolist()[:2] == ["not separated", "chosen"]
    assert candidates_note(undecided) == (
        "ranks, effects and costs rest on 40 fresh replications of each mix; → was chosen on others, 20 of each"
    )
    (line,) = (line for line in choice_lines(undecided) if line.startswith("selection"))
    assert line.endswith("the chosen one has the best mean of these runs, which are not those of the table")
    english, french = (Page(choice_html(undecided, version="1"), lang).text for lang in ("en", "fr"))
    assert "the mix with the best mean in them was chosen. The table ranks by fresh replications" in english
    assert "Le tableau classe d'après des réplications nouvelles" in french


@pytest.mark.parametrize(
    ("thrown_out", "english", "french", "printed"),
    [
        (0, None, None, None),
        (
            1,
            "1 other mix that exceeded it in a run was",
            "1 autre combinaison, qui le dépassait dans une",
            "1 other mix",
        ),
        (
            5,
            "5 other mixes that exceeded it in a run were",
            "5 autres combinaisons, qui le dépassaient",
            "5 other mixes",
        ),
    ],
)
def test_a_budget_that_held_among_mixes_that_did_not_is_less_sure(
    thrown_out: int, english: str | None, french: str | None, printed: str | None
) -> None:
    found = replace(FOUND, thrown_out=thrown_out)
    html = choice_html(found, version="1")
    for lang, head, words in (("en", "That is too sure", english), ("fr", "C'est trop optimiste", french)):
        text = " ".join(Page(html, lang).text.split())
        assert (head in text) == (words is not None)
        assert words is None or words in text
    lines = list(choice_lines(found))
    held = next(n for n, line in enumerate(lines) if line.startswith("budget "))
    assert lines[held].endswith(
        "held in all 64 runs: a further one would exceed it with a probability of at most 4.6 %"
    )
    assert ("too sure" in lines[held + 1]) == (printed is not None)
    assert printed is None or printed in lines[held + 1]


def test_the_chosen_mix_has_one_name_in_french() -> None:
    said = " ".join(words.fr for words in phrases("choice").values())
    assert "combinaison choisie" in said
    assert re.findall(r"\bretenue?s?\b", said) == []


def test_every_rule_and_criterion_has_words() -> None:
    assert {f"mark_{name}" for name in ("chosen", *RULES)} <= set(phrases("choice"))
    assert {f"criterion_{name}" for name in CRITERIA} <= set(phrases("choice"))
    assert {f"payer_{name}" for name in PUBLIC_PAYERS} <= set(phrases("choice"))


# --- the picture ------------------------------------------------------------------------------------------------------

TABLES = {"candidates": FOUND.candidates, "rules": FOUND.rules}


def test_the_line_goes_up_where_a_mix_does_more() -> None:
    assert stairs(finished(FOUND.front), 5e5) == ([20_000, 3e5, 3e5, 5e5], [-0.8, -0.8, -1.9, -1.9])
    assert marked(**TABLES)[0] == (BEST, ("chosen",))


@pytest.mark.parametrize(("lang", "words"), [("en", "thousand euro"), ("fr", "milliers d'euros")])
def test_the_picture_shows_every_mix_and_the_budget(lang: Any, words: str) -> None:
    figure = figures.frontier(FOUND.front, **TABLES, budget=FOUND.budget, lang=lang)
    axes, names = figure.axes
    assert words in axes.get_xlabel()
    assert axes.yaxis_inverted()
    points = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    drawn = {(round(x), y) for line in points for x, y in zip(*map(np.atleast_1d, line.get_data()), strict=True)}
    assert drawn == {(320, -1.8), (300, -1.9), (20, -0.8), (0, 0.0), (480, -2.5)}
    assert any(list(line.get_xdata()) == [500, 500] for line in axes.lines)
    hollow = [line for line in points if line.get_markerfacecolor() == "white"]
    assert [round(line.get_xdata()[0]) for line in hollow] == [480]
    said = [text.get_text().replace("\n", " ") for text in names.texts]
    assert said[0] == phrases("choice")["mark_chosen"].to(lang)
    assert len(said) == 5


def test_a_budget_far_beyond_is_said_instead_of_drawn() -> None:
    figure = figures.frontier(FOUND.front, budget=1e9)
    assert "1,000,000,000" in " ".join(text.get_text() for text in figure.texts)
    assert figure.axes[0].get_xlim()[1] < 1000
    assert "budget" in Page(choice_html(replace(FOUND, budget=1e9), version="1")).text


def test_files_of_a_choice_make_the_same_picture(tmp_path: Any) -> None:
    read = {}
    for name in ("front", "candidates", "rules"):
        getattr(FOUND, name).to_csv(tmp_path / f"{name}.csv", index=False)
        read[name] = pd.read_csv(tmp_path / f"{name}.csv")
    one = figures.save(figures.frontier(FOUND.front, **TABLES, budget=5e5), tmp_path / "a.svg").read_bytes()
    other = figures.save(figures.frontier(read.pop("front"), **read, budget=5e5), tmp_path / "b.svg").read_bytes()
    assert one == other


def test_wrong_tables_are_named() -> None:
    with pytest.raises(ArgumentError, match="frontier: the table has no column 'on_front'"):
        figures.frontier(FOUND.front.drop(columns="on_front"))
    with pytest.raises(ArgumentError, match="did you mean 'share_without_mt'"):
        figures.frontier(FOUND.front, outcome="share_without")


def test_letters_of_the_picture_do_not_lie_on_each_other() -> None:
    points = [Point(300 + k, -2 - k / 100, -2.3, -1.7, letter) for k, letter in enumerate("ABC")]
    svg = frontier(points, ([0.0], [0.0]), budget=500.0, words=[("en", "€", "points", "budget")])
    found = re.findall(r'x="([\d.]+)" y="([\d.]+)" class="letter', svg)
    places = [tuple(map(float, place)) for place in found]
    assert len(places) == 3
    assert all(abs(a[0] - b[0]) > 16 or abs(a[1] - b[1]) > 16 for k, a in enumerate(places) for b in places[:k])
