"""Experts' answers: read from any table, every fault at its place, pooled into draws that runs take."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ess_sim.errors import ParameterError, ResultsError
from ess_sim.experiments.draws.posterior import Posterior
from ess_sim.experiments.elicitation.answers import Answer, read_forms
from ess_sim.experiments.elicitation.elicited import elicited
from ess_sim.experiments.elicitation.pooling import TAIL, apart, ends_of, pool
from ess_sim.experiments.elicitation.questions import Question, form_text
from ess_sim.experiments.plan import DrawnValues, Plan
from ess_sim.experiments.sinks import _manifest as manifest_of
from ess_sim.inputs.catalogue.parameters import possible
from ess_sim.model.run.read import Scenario

HEAD = "parameter,low,most likely,high,why,expert\n"
ENGLISH = HEAD + 'informed_share,0.1,0.2,0.3,"seen, often",Anne\ncall_rate_per_year,0.3,0.4,0.8,,\nwomen_fte,,,,,\n'
FRENCH = "paramètre;bas;plus probable;haut;pourquoi;expert;poids\r\ninformed_share;0,5;0,6;0,7;vu;Benoît;3\r\n"


def form(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(("low", "most", "high"), [(0.2, 0.4, 0.6), (1, 1, 5), (0, 9, 10), (-3, 2, 2), (1e-4, 2e-4, 1)])
def test_five_percent_lie_beyond_each_end(low: float, most: float, high: float) -> None:
    a, b = ends_of(low, most, high)
    assert a <= low <= most <= high <= b
    assert (low - a) ** 2 / ((b - a) * (most - a)) == pytest.approx(TAIL)
    assert (b - high) ** 2 / ((b - a) * (b - most)) == pytest.approx(TAIL)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_either_dialect_and_language(tmp_path: Path, encoding: str) -> None:
    forms = [form(tmp_path, "a.csv", ENGLISH, encoding), form(tmp_path, "b.csv", FRENCH, encoding)]
    answers, read = read_forms(forms)
    assert [(a.parameter, a.expert, a.low, a.most_likely, a.high, a.why, a.weight, a.line) for a in answers] == [
        ("informed_share", "Anne", 0.1, 0.2, 0.3, "seen, often", 1.0, 2),
        ("call_rate_per_year", "Anne", 0.3, 0.4, 0.8, "", 1.0, 3),
        ("informed_share", "Benoît", 0.5, 0.6, 0.7, "vu", 3.0, 2),
    ]
    assert [f.weighted for f in read] == [False, True]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_form_is_read_when_filled_in(tmp_path: Path, lang: str) -> None:
    asked = [Question("informed_share", 'Part of calls, "known".', "share", 0.5)]
    text = "\ufeff" + form_text(asked, {}, lang)
    mark = ";" if lang == "fr" else ","
    filled = text.replace(mark * 6 + "\r\n", mark.join(["", "1e-1", "0.25", "0.5", "why", "Eve", "today"]) + "\r\n")
    assert filled != text
    (answer,), _ = read_forms([form(tmp_path, "f.csv", filled)])
    assert (answer.low, answer.high, answer.expert, answer.given) == (0.1, 0.5, "Eve", "today")
    with pytest.raises(ParameterError, match=r"f\.csv:1:?.*: no row has an answer"):
        read_forms([form(tmp_path, "f.csv", text)])


def test_every_fault_of_every_form_is_named_at_its_place(tmp_path: Path) -> None:
    bad = HEAD + (
        "informed_shar,0.1,0.2,0.3,,Carl\n"
        "call_rate_per_year,0.9,0.4,0.8,,\n"
        "retired_willing_share,10,20,0.3,,\n"
        "informed_share,,0.4,many,,\n"
        "give_up_rate_per_year,0.2,0.2,0.2,,\n"
    )
    forms = [form(tmp_path, "a.csv", ENGLISH), form(tmp_path, "bad.csv", bad)]
    forms.append(form(tmp_path, "twice.csv", HEAD + "informed_share,0.1,0.2,0.3,,ANNE\n"))
    forms.append(form(tmp_path, "unnamed.csv", HEAD + "informed_share,0.1,0.2,0.3,,\n"))
    forms += [form(tmp_path, "columns.csv", "parameter,low,high,expert\nx,1,2,y\n"), tmp_path / "none.csv"]
    with pytest.raises(ParameterError) as raised:
        elicited(forms, draws=5)
    said = [line.removeprefix(f"{tmp_path}/") for line in str(raised.value).splitlines()]
    assert [line.split(": ")[0] for line in said] == [
        *(
            "bad.csv:2:1",
            "bad.csv:3:24",
            "bad.csv:4:23",
            "bad.csv:4:26",
            "bad.csv:5:16",
            "bad.csv:5:21",
            "bad.csv:6:31",
        ),
        *("twice.csv:2:1", "unnamed.csv:2:29", "columns.csv:1", "none.csv"),
    ]
    assert "did you mean 'informed_share'" in said[0]
    assert "write 0.1 for 10 %" in said[2]


def test_a_form_counts_once_and_an_empty_one_not_at_all(tmp_path: Path) -> None:
    filled, empty = form(tmp_path, "a.csv", ENGLISH), form(tmp_path, "form.csv", HEAD + "informed_share,,,,,\n")
    found = elicited([filled, empty], draws=5)
    assert [f.answers for f in found.forms] == [2, 0]
    assert found.draws == elicited([filled], draws=5).draws
    (tmp_path / "b").mkdir()
    again = tmp_path / "b" / ".." / "a.csv"
    with pytest.raises(ParameterError) as raised:
        elicited([filled, again, form(tmp_path, "c.csv", HEAD + "informed_share,10 %,20%,many %,,C\n")], draws=5)
    assert [line.removeprefix(f"{tmp_path}/") for line in str(raised.value).splitlines()] == [
        "b/../a.csv: this form is given twice",
        "c.csv:2:16: low: '10 %' is not a number: write 0.1",
        "c.csv:2:21: most_likely: '20%' is not a number: write 0.2",
        "c.csv:2:25: high: 'many %' is not a number",
    ]


def test_a_form_or_a_provenance_is_no_table_of_draws(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"a\.csv:1:1: a form of experts' answers.*: ess-sim elicit read"):
        Posterior.read(form(tmp_path, "a.csv", ENGLISH))
    with pytest.raises(ResultsError, match=r"draws\.json: no table of draws: name the \.csv file"):
        Posterior.read(form(tmp_path, "draws.json", "{}"))


def test_draws_and_provenance_are_written_both_or_neither(tmp_path: Path) -> None:
    found = elicited([form(tmp_path, "a.csv", ENGLISH)], draws=5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ess_sim.experiments.elicitation.elicited.MAX_BYTES", 100)
        with pytest.raises(ResultsError, match=r"5 draws of 2 .*: take 0"):
            found.write(tmp_path / "draws.csv")
    (tmp_path / "draws.csv").mkdir()
    with pytest.raises(ResultsError, match=r"draws\.csv: cannot be written"):
        found.write(tmp_path / "draws.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "draws.csv"]


def test_a_mixture_keeps_both_camps_and_the_median_takes_the_middle() -> None:
    said = [Answer("informed_share", "A", 0.1, 0.2, 0.3), Answer("informed_share", "B", 0.6, 0.7, 0.8, weight=3.0)]
    levels = (np.arange(2000) + 0.5) / 2000
    equal, column, median = (pool(said, by)[0].quantiles(levels) for by in ("equal", "column", "median"))
    assert np.mean(equal < 0.45) == pytest.approx(0.5, abs=0.001)
    assert np.mean(column < 0.45) == pytest.approx(0.25, abs=0.001)
    assert ((median > 0.3) & (median < 0.6)).all()
    assert np.mean((equal > 0.1) & (equal < 0.3)) == pytest.approx(0.45, abs=0.001)
    assert (np.diff(equal) >= 0).all()
    assert [(one.expert, other.expert) for one, other in apart(said)] == [("A", "B")]
    assert apart([said[0], Answer("informed_share", "C", 0.3, 0.4, 0.5)]) == []  # they touch


def test_the_impossible_is_cut_off() -> None:
    for name, low, most, high in (
        ("informed_share", 0.0, 0.0, 0.2),
        ("list_fill", 1.0, 1.49, 1.5),
        ("women_fte", 0.0, 0.1, 5.0),
    ):
        values = pool([Answer(name, "A", low, most, high)], "equal")[0].quantiles(np.array([0.0, 1e-9, 0.5, 1.0]))
        at_all = possible(name)
        assert (values >= at_all.low).all()
        assert (values <= at_all.high).all()
        assert not at_all.above or values[0] > 0


def test_draws_are_those_that_runs_take(tmp_path: Path) -> None:
    forms = [form(tmp_path, "a.csv", ENGLISH), form(tmp_path, "b.csv", FRENCH)]
    found = elicited(forms, draws=200, seed=3)
    beside = found.write(tmp_path / "draws.csv")
    taken = Posterior.read(tmp_path / "draws.csv")
    assert len(taken) == 200
    assert taken.draws[0] == {n: pytest.approx(v, rel=1e-9) for n, v in found.draws[0].items()}
    informed = np.array([draw["informed_share"] for draw in taken.draws])
    assert np.mean(informed < 0.4) == pytest.approx(0.5, abs=0.01)
    said = json.loads(beside.read_text("utf-8"))
    assert [(p["parameter"], len(p["answers"]), p["apart"]) for p in said["parameters"]] == [
        ("informed_share", 2, [["Anne", "Benoît"]]),
        ("call_rate_per_year", 1, []),
    ]
    assert said["parameters"][0]["answers"][1]["why"] == "vu"
    assert len(said["forms"][0]["sha256"]) == 64
    first = (tmp_path / "draws.csv").read_bytes(), beside.read_bytes()
    elicited(forms, draws=200, seed=3).write(tmp_path / "draws.csv")
    assert ((tmp_path / "draws.csv").read_bytes(), beside.read_bytes()) == first
    assert elicited(forms, draws=200, seed=4).draws != found.draws


def test_results_keep_whose_answers_they_rest_on(tmp_path: Path) -> None:
    """Counts, ranges and digests, however the draws were saved; experts' names and reasons stay beside the draws."""
    folder = tmp_path / "forms"
    folder.mkdir()
    found = elicited([form(folder, "a.csv", ENGLISH), form(folder, "b.csv", FRENCH)], draws=4)
    found.write(tmp_path / "draws.csv")
    origin = Posterior.read(tmp_path / "draws.csv").about["elicited"]
    assert origin == found.posterior().about["elicited"]
    assert (origin["experts"], [f["file"] for f in origin["forms"]]) == (2, ["a.csv", "b.csv"])
    assert [(p["parameter"], p["answers"]) for p in origin["parameters"]] == [
        ("informed_share", 2),
        ("call_rate_per_year", 1),
    ]
    assert not any(word in json.dumps(origin) for word in ("Anne", "seen, often", str(tmp_path)))
    text = (tmp_path / "draws.csv").read_text()
    (tmp_path / "draws.csv").write_bytes(b"sep=;\r\n" + text.replace(",", ";").replace(".", ",").encode())
    saved = Posterior.read(tmp_path / "draws.csv")
    assert saved.about["elicited"] == origin
    assert saved.origin.startswith("answers of 2 experts about 2 parameters (mixture")
    place = Scenario(name="a", start="2020-01-15", horizon_years=1, territory={"communes": ["53130", "53201"]})
    plan = Plan((place,), {}, DrawnValues.make([place], saved, "latin-hypercube", 1), 1, 1, None)
    said = manifest_of(plan)
    assert said["elicited"] == origin
    assert set(said["draws"]) == {"method", "n", "values"}  # of which results are cited by
    (tmp_path / "draws.csv").write_text(text.replace("draw,", "", 1).split("\n")[0] + "\n0.3,0.4\n")
    other = Posterior.read(tmp_path / "draws.csv")
    assert (other.origin, other.about["notes"]) == ("", ["draws.json beside it is the provenance of other draws"])
    (tmp_path / "draws.json").write_text('{"format": "ess_sim elicitation 1", "draws_sha256": 3}')
    assert Posterior.read(tmp_path / "draws.csv").origin == ""
    (tmp_path / "draws.json").write_text("[]")
    assert Posterior.read(tmp_path / "draws.csv").about == {}


def test_weights_by_a_column_need_one(tmp_path: Path) -> None:
    zero = FRENCH.replace(";3\r\n", ";0\r\n")
    forms = [form(tmp_path, "a.csv", ENGLISH), form(tmp_path, "b.csv", zero)]
    with pytest.raises(ParameterError, match=r"a\.csv: no column weight"):
        elicited(forms, draws=5, weights="column")
    with pytest.raises(ParameterError, match="informed_share: all weights are 0"):
        elicited(forms[1:], draws=5, weights="column")


def test_values_that_exclude_each_other_are_drawn_anew(tmp_path: Path) -> None:
    pair = HEAD + "notice_months_min,1,5,9,,A\nnotice_months_max,3,6,12,,A\n"
    found = elicited([form(tmp_path, "a.csv", pair)], draws=100)
    assert len(found.draws) == 100
    assert found.left_out > 0
    assert all(draw["notice_months_min"] <= draw["notice_months_max"] for draw in found.draws)
    never = HEAD + "notice_months_min,20,21,22,,A\nnotice_months_max,3,6,12,,A\n"
    with pytest.raises(ParameterError, match="can hardly be true together"):
        elicited([form(tmp_path, "b.csv", never)], draws=100)
