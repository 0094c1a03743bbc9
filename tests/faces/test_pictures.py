"""Figures of results: what is drawn is what the tables say, in both languages, with few and with many scenarios."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

import ess_sim
from ess_sim import figures
from ess_sim.errors import ArgumentError, ResultsError
from ess_sim.faces.figures.parts import End, end_labels, spread
from ess_sim.faces.figures.style import Page
from ess_sim.inputs.catalogue.bundled import data_path
from ess_sim.results.tables.names import CAUSES, PAYERS

DATES = pd.to_datetime(["2020-01-01", "2022-01-01", "2024-01-01"])
NAMES = {"s1": "A very long title of a scenario, <b>bold</b> and $x$, that runs on and on", "base": "Without"}


def level(scenarios: int, n: int = 20) -> pd.DataFrame:
    rows = []
    for i in range(scenarios):
        for k, day in enumerate(DATES):
            mean, half = 12.0 - 0.3 * i * k, 1.0 if n > 1 else np.nan
            what = {"scenario": "base" if i == 0 else f"s{i}", "date": day, "outcome": "share_without_mt", "unit": "%"}
            rows.append(what | {"n": n, "mean": mean, "low": mean - half, "high": mean + half, "p10": 9.0, "p90": 15.0})
    return pd.DataFrame(rows)


def paired(scenarios: int, n: int = 20, zones: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = []
    for i in range(1, scenarios + 1):
        for k, day in enumerate(DATES):
            for z, zone in enumerate(zones or ("",)):
                value, half = (-1) ** i * 0.3 * i * k + 0.1 * z, 0.5 if n > 1 else np.nan
                row = {"scenario": f"s{i}", "baseline": "base", "date": day, "outcome": "share_without_mt"}
                row |= {"unit": "pp", "n": n, "difference": value, "low": value - half, "high": value + half}
                row |= {"mean_baseline": 12.0, "mean_scenario": 12 + value, "p_holm": 0.01}
                if zone:
                    row |= {"zone": zone, "group": f"Zone {zone}", "adults": 1000.0 - z, "residents": 10 * value}
                    row |= {"residents_low": 10 * (value - half), "residents_high": 10 * (value + half)}
                rows.append(row)
    return pd.DataFrame(rows)


def flows() -> pd.DataFrame:
    sizes = {"start": 0.0, **dict.fromkeys(CAUSES, 0.0), "registered_centre": -400.0, "moved_out": 100.0, "died": 1.0}
    rows = [
        {"scenario": "s1", "baseline": "base", "date": DATES[-1], "cause": cause, "n": 20, "residents": value}
        for cause, value in [*sizes.items(), ("adults", 0.0), ("total", -299.0)]
    ]
    return pd.DataFrame(rows).assign(half_width=20.0, points=np.nan, points_half_width=np.nan)


def accounts() -> pd.DataFrame:
    rows = [("s1", r, d, "centre", line, payer, cents) for r in (0, 1) for d in ("2020-06-01", "2021-06-01")
            for line, payer, cents in (("fees", "insurer", 10_000_000), ("salaried_gps", "", -9_000_000))]  # fmt: skip
    rows.append(("s1", 0, "2020-06-01", "liberal practices", "consultations", "insurer", 1))
    columns = ["scenario", "replication", "date", "actor", "line", "payer", "cents"]
    return pd.DataFrame(rows, columns=columns).assign(draw=0, date=lambda t: pd.to_datetime(t["date"]))


def texts(figure: Figure) -> list[str]:
    """All that is written, but numbers of axes."""
    found = figure.findobj(lambda artist: isinstance(artist, mpl.text.Text))
    return [str(t.get_text()) for t in found if t.get_text()]


def words(figure: Figure) -> str:
    return " ".join(" ".join(texts(figure)).split())


COMMUNES = ("53130", "53054", "53140")
ALL: dict[str, Callable[..., Figure]] = {
    "time": lambda **kw: figures.time(level(4), names=NAMES, marks=[("2021-06-01", "it opens")], **kw),
    "difference": lambda **kw: figures.difference(paired(3), names=NAMES, **kw),
    "forest": lambda **kw: figures.forest(paired(3), names=NAMES, dates=list(DATES), **kw),
    "zone_map": lambda **kw: figures.zone_map(paired(1, zones=COMMUNES), names=NAMES, **kw),
    "small_multiples": lambda **kw: figures.small_multiples(paired(2, zones=COMMUNES), names=NAMES, **kw),
    "decomposition": lambda **kw: figures.decomposition(flows(), names=NAMES, **kw),
    "ledger": lambda **kw: figures.ledger(accounts(), names=NAMES, **kw),
}


@pytest.mark.parametrize("kind", ALL)
def test_every_figure_speaks_both_languages(kind: str, tmp_path: Any) -> None:
    figure = ALL[kind]()
    english, french = words(figure), words(ALL[kind](lang="fr"))
    assert english != french
    assert "nan" not in english.lower().split()
    assert 5_000 < figures.save(figure, tmp_path / "a.png").stat().st_size < 150_000


def test_a_figure_has_the_same_bytes_under_any_matplotlibrc(tmp_path: Any) -> None:
    first = figures.save(ALL["decomposition"](), tmp_path / "a.svg").read_bytes()
    with mpl.rc_context({"text.usetex": True, "font.size": 20}):
        assert figures.save(ALL["decomposition"](), tmp_path / "b.svg").read_bytes() == first


def test_it_is_a_module_of_its_own_without_a_warning() -> None:
    assert ess_sim.figures is figures
    assert "figures" in dir(ess_sim)
    assert set(figures.__all__) >= {*ALL, "levels", "save", "plot_share", "plot_costs"}


def test_every_word_has_both_languages_and_every_cause_and_payer_its_word() -> None:
    known = tomllib.loads(data_path("words/figures.toml").read_text(encoding="utf-8"))["phrases"]
    assert {f"cause_{c}" for c in CAUSES} | {f"payer_{p}" for p in PAYERS if p} <= set(known)
    assert [key for key, pair in known.items() if len(pair) != 2 or pair[0].count("{}") != pair[1].count("{}")] == []


# --- lines


def drawn_lines(figure: Figure) -> dict[str, int]:
    """Lines over all dates by colour."""
    found: dict[str, int] = {}
    for line in figure.axes[0].lines:
        if len(line.get_xdata()) == len(DATES):
            found[str(line.get_color())] = found.get(str(line.get_color()), 0) + 1
    return found


@pytest.mark.parametrize(
    ("scenarios", "named", "bands"), [(1, 1, 2), (2, 2, 2), (4, 4, 0), (5, 5, 0), (8, 3, 0), (13, 3, 0)]
)
def test_few_lines_have_names_and_bands_and_many_are_grey(scenarios: int, named: int, bands: int) -> None:
    figure = figures.time(level(scenarios))
    colours = drawn_lines(figure)
    assert colours.pop("#C4C8CC", 0) == scenarios - named
    assert list(colours.values()) == [1] * named, "each named one has a colour of its own"
    assert len([c for c in figure.axes[0].collections if not isinstance(c, PathCollection)]) == bands
    said = words(figure)
    assert ("bars at the end" in said) == (named > 2)
    assert ("other scenario" in said) == (scenarios > 5)


def test_one_run_has_no_interval_and_says_so() -> None:
    for figure in (figures.time(level(2, n=1)), figures.difference(paired(2, n=1)), figures.forest(paired(2, n=1))):
        said = words(figure)
        assert "One run: no interval" in said
        assert "[" not in said
    assert "3 runs: too few" in words(figures.difference(paired(1, n=3)))


def test_ends_say_value_and_interval_with_their_unit() -> None:
    assert "11.4 % [10.4; 12.4]" in texts(figures.time(level(2)))
    assert "−0,60 [−1,10\u00a0; −0,10]" in texts(figures.difference(paired(1), lang="fr"))


def test_scenarios_may_be_chosen() -> None:
    figure = figures.time(level(13), highlight=["s3"])
    assert "s3" in texts(figure)
    assert "s12" not in texts(figure)
    with pytest.raises(ArgumentError, match=r"no scenario 's33' \(did you mean 's3'\?\)"):
        figures.time(level(4), highlight=["s33"])


def test_days_are_marked_in_rows_that_do_not_meet() -> None:
    marks = [("2020-06-01", "first long text of all"), ("2020-07-01", "second"), ("2030-01-01", "too late")]
    figure = figures.time(level(2), marks=marks)
    notes = [t for t in figure.axes[0].texts if t.get_text() in {m[1] for m in marks}]
    assert [t.get_text() for t in notes] == ["first long text of all", "second"]
    assert notes[0].xyann[1] != notes[1].xyann[1]


LONG = {
    name: f"Communauté de communes des Portes de l'Ailleurs, {what}"
    for name, what in {"base": "sans mesure", "s1": "cumul emploi-retraite", "s2": "médiateurs", "s3": "bus"}.items()
}


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.time(level(2), names=LONG, highlight=["base", "s1"]),
        lambda: figures.difference(paired(3), names=LONG),
        lambda: figures.forest(paired(3), names=LONG),
        lambda: figures.zone_map(paired(1, zones=COMMUNES), names=LONG),
        lambda: figures.small_multiples(paired(2, zones=COMMUNES), names=LONG),
        lambda: figures.decomposition(flows(), names=LONG),
    ],
    ids=["time", "difference", "forest", "zone_map", "small_multiples", "decomposition"],
)
def test_what_long_titles_have_in_common_is_left_out_beside_lines(draw: Any) -> None:
    said = words(draw())
    assert "Cumul emploi-retraite" in said
    assert "Ailleurs, cumul" not in said


def test_names_at_the_ends_never_overlap() -> None:
    page = Page(6, 3)
    axes = page.axes(0.5, 0.5, 3, 2)
    ends = [End(0.5 + 0.001 * i, f"a name of two lines that is long {i}", "0.5", "black") for i in range(4)]
    end_labels(axes, ends, letters=20)
    page.figure.canvas.draw()
    boxes = sorted((t.get_window_extent().y0, t.get_window_extent().y1) for t in axes.texts)
    assert all(high <= low + 0.5 for (_, high), (low, _) in pairwise(boxes))
    placed = spread([9.0, 9.1, 0.0, 9.2], [2.0] * 4, 0.0, 10.0)
    assert placed == [5.0, 7.0, 1.0, 9.0]


# --- rows, maps, flows, accounts


def test_a_forest_is_sorted_hollow_where_unsure_and_says_what_it_left_out() -> None:
    figure = figures.forest(paired(12), names=NAMES, most=5)
    said = texts(figure)
    assert [t for t in said if t.startswith("s1") or t in ("s9", "s7")] == ["s11", "s9", "s10", "s12"]
    assert "5 of 12 rows shown" in words(figure)
    dots = [x for x in figures.forest(paired(1)).axes[0].lines if x.get_marker() == "o"]
    assert dots[0].get_markerfacecolor() != "white"
    unsure = paired(1).assign(low=-2.0, high=2.0)
    hollow = next(x for x in figures.forest(unsure).axes[0].lines if x.get_marker() == "o")
    assert hollow.get_markerfacecolor() == "white"


def hatched(figure: Figure) -> int:
    maps = [c for axes in figure.axes for child in axes.child_axes for c in child.collections]
    return sum(len(c.get_paths()) for c in maps if c.get_hatch())


def test_a_map_hatches_what_is_unsure_and_draws_dots_for_the_rest() -> None:
    table = paired(1, zones=(*COMMUNES, "own", "nowhere"))
    table = table[table["date"] == DATES[-1]]
    figure = figures.zone_map(table, positions={"own": (-0.7, 48.1)})
    assert hatched(figure) == 2, "53130 alone is below 0 with its whole interval; the dot has a cross"
    said = words(figure)
    assert "dots: zones without a contour" in said
    assert "1 zone has no place on the map" in said
    assert hatched(figures.zone_map(table.assign(n=1), value="residents")) == 0
    with pytest.raises(ArgumentError, match="no zone has a contour or a position"):
        figures.zone_map(table[table["zone"].isin(["own", "nowhere"])])


def test_far_parts_of_a_map_have_frames_of_their_own() -> None:
    table = paired(1, zones=("53130", "97105", "97411"))
    figure = figures.zone_map(table[table["date"] == DATES[-1]])
    assert len(figure.axes[0].child_axes) == 3
    assert "frames: other scale" in words(figure)


def test_zones_of_many_are_the_largest() -> None:
    zones = tuple(f"z{i:03d}" for i in range(200))
    figure = figures.small_multiples(paired(1, zones=zones), most=8)
    assert len(figure.axes) == 8
    assert "8 of 200 groups shown" in words(figure)
    assert "Zone z000" in texts(figure)


def test_steps_lead_to_the_total() -> None:
    figure = figures.decomposition(flows())
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert bars == [(0.0, 100.0), (100.0, -400.0), (-300.0, 1.0), (0.0, -299.0)]
    assert "registered at a centre" in texts(figure)
    with pytest.raises(ArgumentError, match="more than one row of a cause"):
        figures.decomposition(pd.concat([flows(), flows()]))


def test_a_ledger_is_of_means_over_runs() -> None:
    top, below = figures.ledger(accounts()).axes
    assert sorted({round(bar.get_height()) for bar in top.patches}) == [-90, 100]
    assert list(below.lines[0].get_ydata()) == [10.0, 20.0]
    with pytest.raises(ArgumentError, match=r"no accounts of 'center' \(did you mean 'centre'\?\)"):
        figures.ledger(accounts(), actor="center")
    with pytest.raises(ArgumentError, match="only ordinary care"):
        figures.ledger(accounts().query("actor == 'liberal practices'"))


@pytest.mark.parametrize(
    "kind", ["time", "difference", "forest", "zone_map", "small_multiples", "decomposition", "ledger"]
)
def test_other_tables_are_refused_in_one_line(kind: str) -> None:
    draw = getattr(figures, kind)
    with pytest.raises(ArgumentError, match=f"{kind}: the table has no columns? '") as error:
        draw(pd.DataFrame({"scenaro": ["a"]}))
    assert "\n" not in str(error.value)
    whole = {"time": level(1), "decomposition": flows(), "ledger": accounts()}.get(kind, paired(1, zones=COMMUNES))
    with pytest.raises(ArgumentError, match="has no rows"):
        draw(whole.iloc[:0])
    with pytest.raises(ArgumentError, match="lang must be 'en' or 'fr'"):
        draw(whole, lang="de")


def test_an_unknown_outcome_or_kind_of_file_is_named(tmp_path: Any) -> None:
    with pytest.raises(ArgumentError, match="no rows of outcome 'share'"):
        figures.time(level(1), outcome="share")
    with pytest.raises(ResultsError, match=r"\.png, \.svg or \.pdf"):
        figures.save(figures.time(level(1)), tmp_path / "a.bmp")


def test_titles_of_scenarios_stand_in_the_language_of_the_figure() -> None:
    said = {"a": {"title": {"en": "The SMP", "fr": "Le SMP"}}, "b": {"title": "Alone"}, "c": {}}
    results: Any = SimpleNamespace(scenarios=list(said), about=lambda name: SimpleNamespace(scenario=said[name]))
    assert figures.titles_of(results) == {"a": "The SMP", "b": "Alone", "c": "c"}
    assert figures.titles_of(results, "fr")["a"] == "Le SMP"
