from __future__ import annotations

import re
import sys
from pathlib import Path

from hamlets import hamlets

from ess_sim.faces.cli.app import main
from ess_sim.faces.reports.parameter_page import number, parameter_page, parameter_table
from ess_sim.faces.reports.usage import readers
from ess_sim.inputs.catalogue.parameters import Parameters, catalogue
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.run.simulation import simulate

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_what_the_catalogue_and_the_sources_say():
    committed = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert committed == parameter_page(), "make it again: ess-sim parameters --markdown > docs/parameters.md"


def test_every_parameter_has_a_reader_and_a_subject():
    table = parameter_table()
    orphans = table[table["read by"] == ""]
    assert list(orphans["name"]) == [], "name the module that reads it among the subjects of faces/reports/usage.py"
    assert sorted(table["name"]) == sorted(catalogue())


def test_readers_are_those_who_use_the_value():
    # a policy closes zones, newcomers act on it
    assert readers()["redirected_settle_share"] == ("model.behaviours.gps.settling",)
    # checks name these without using their values
    assert readers()["precarious_share"] == ("inputs.figures.residents",)
    assert "inputs.figures.defaults" in readers()["entries_per_list_holder"]


def test_who_reads_a_number_in_a_run_is_among_its_readers(tmp_path, monkeypatch):
    """What stands in the sources against what happens."""
    seen = set()
    original = Parameters.__getitem__

    def spying(self, name):
        module = sys._getframe(1).f_globals["__name__"].removeprefix("ess_sim.")
        seen.add((name, module))
        return original(self, name)

    monkeypatch.setattr(Parameters, "__getitem__", spying)
    simulate(hamlets(tmp_path), seed=1)
    assert len({name for name, _ in seen}) > 100
    # a mapping's own methods, such as get, read on behalf of their callers
    missed = {(name, module) for name, module in seen if module.partition(".")[0] != "collections"}
    assert {(name, module) for name, module in missed if module not in readers()[name]} == set()


def test_names_put_together_of_parts_are_found():
    assert readers()["assistant_subsidy_first_year_euro"]
    assert all(
        "inputs.catalogue.tariffs" in readers()[f"consultation_tariff_{since}_euro"] for since in ("2017_05", "2024_12")
    )


def test_conditions_are_stated():
    table = parameter_table().set_index("name")
    assert table.loc["redirected_settle_share", "only with"] == "regulated_installation"
    assert table.loc["centre_list_per_fte", "only with"] == "a centre"
    assert table.loc["assistant_target_gain", "only with"] == "a centre or medical_assistants"
    assert table.loc["call_rate_per_year", "only with"] == ""


def test_a_number_that_only_policies_read_matters_only_with_them():
    """The catalogue's column against the sources."""
    kinds = {cls.__module__.removeprefix("ess_sim."): cls for cls in KINDS.values()}
    own = {name: modules for name, modules in readers().items() if modules and set(modules) <= set(kinds)}
    assert len(own) > 20
    assert [(name, m) for name, modules in own.items() for m in modules if name not in kinds[m].reads()] == []


def test_every_row_can_be_read_alone():
    """The page sorts rows by subject and the command line picks some of them: none may lean on its neighbour."""
    leaning = re.compile(r"\b(?:idem|ibid|ditto|as above|see above)\b", re.IGNORECASE)
    assert [name for name, p in catalogue().items() if leaning.search(f"{p.note} {p.source}")] == []
    assert leaning.search("Cnam, idem: 2021")


def test_every_row_of_the_page_has_all_its_cells():
    rows = [line for line in parameter_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(catalogue())
    assert {row.replace("\\|", "").count("|") for row in rows} == {10}


def test_numbers_keep_every_digit():
    for p in catalogue().values():
        assert [float(number(x).replace(",", "")) for x in (p.value, p.low, p.high)] == [p.value, p.low, p.high]


def test_on_the_command_line(capsys):
    assert main(["parameters", "leaving gp"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("GPs with a list\n\n")
    assert "handover_share" in said
    assert main(["parameters", "HANDOVER_SHARE"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[3:4]] == ["handover_share"]
    assert main(["parameters", "--markdown"]) == 0
    assert capsys.readouterr().out == parameter_page()


def test_on_the_command_line_in_vain(capsys):
    assert main(["parameters", "no such thing"]) == 2
    assert "no parameter holds 'no such thing'" in capsys.readouterr().err
    assert main(["parameters", "handover", "--markdown"]) == 2
    assert "leave out the text" in capsys.readouterr().err


def test_the_page_counts_grades_as_runs_do():
    page = parameter_page()
    grades = [p["grade"] for p in Parameters().to_records()]
    assert f"**{grades.count('D')} of {len(grades)} are assumptions.**" in page
