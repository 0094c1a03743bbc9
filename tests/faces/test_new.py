"""A scenario of one's own territory: what is written runs as it is, and says where its numbers come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ess_sim
from ess_sim.faces.cli.app import main
from ess_sim.faces.explanation.commented import baseline_text, policy_text
from ess_sim.inputs.territory.countries.codes import names_of_kind
from ess_sim.model.beginnings.begin import DEFAULT_START, begin
from ess_sim.model.policies.registry import KINDS

THREE = ["Decize", "58134", "communes:58250"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
def test_two_files_that_run_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *THREE, "--policy", "smp", "--years", "1", "--name", "three"]) == 0
    said = capsys.readouterr().out
    files = ["three/baseline.yaml", "three/smp.yaml"]
    assert said.splitlines()[:2] == files
    assert f"ess-sim run {' '.join(files)}" in said
    assert main(["validate", *files]) == 0
    capsys.readouterr()
    assert main(["run", *files, "-n", "1", "-j", "1", "--no-figure", "--no-report"]) == 0
    assert "difference from three-baseline" in capsys.readouterr().out


@pytest.mark.parametrize("options", [{}, {"policy": "medicobus", "without_mt": 0.14, "start": "2019-03-01"}])
@pytest.mark.usefixtures("here")
def test_python_makes_the_same_scenario(options: dict[str, object]) -> None:
    typed = [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", str(value))]
    assert main(["new", "Sud Nivernais", "--years", "7", *typed]) == 0
    made = ess_sim.Scenario.for_territory("200067700", years=7, **options)  # type: ignore[arg-type]
    (file,) = [f for f in Path("sud-nivernais").glob("*.yaml") if (f.stem == "baseline") == (not made.policies)]
    read = ess_sim.read_scenario(file)
    assert read == made
    assert read.digest == made.digest


@pytest.mark.usefixtures("here")
def test_every_number_of_the_file_has_a_source_and_stands_beside_its_name() -> None:
    assert main(["new", "Sud Nivernais", "--without-mt", "14 %"]) == 0
    text = Path("sud-nivernais/baseline.yaml").read_text(encoding="utf-8")
    assert '"58095": 4  # Decize' in text
    assert re.search(r"share: 0\.14\n.*\n +source: \"given by the user.*\n +grade: D", text)
    blocks = re.findall(r"(?:count|counts|per_year|share):", text)
    assert len(blocks) == text.count("  source: ") == text.count("  grade: ") == 5
    assert re.search(r"  # first_installations: left out, [\d.]+ a year \(entries_per_list_holder for each GP", text)
    head = text[: text.index("name:")]
    places = [head.index(f". {key} ") for key in ("supply.list_holding_gps", "residents.without_mt", "supply.gp_ages")]
    assert places == sorted(places), "the most telling first"
    assert all(line.startswith("#") for line in head.splitlines())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_policy_is_placed_or_says_why_not(here: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["new", "Sud Nivernais", "--policy", kind, "--years", "2"])
    said = capsys.readouterr()
    if kind == "grant_cut":
        assert code == 2
        assert "a new scenario has no centre" in said.err
        assert not list(here.iterdir())
        return
    assert code == 0, said.err
    scenario = ess_sim.read_scenario(f"sud-nivernais/{kind}.yaml")
    assert [type(policy) for policy in scenario.policies] == [KINDS[kind]]
    assert KINDS[kind].dose is not None
    comment = Path(f"sud-nivernais/{kind}.yaml").read_text(encoding="utf-8").partition("extends:")[0]
    assert "adults within 15 minutes" in " ".join(comment.replace("#", " ").split())
    assert "Its dose: " in comment


def test_in_french(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *THREE, "--policy", "mediators", "--lang", "fr"]) == 0
    said = capsys.readouterr().out
    assert "habitants" in said
    assert " et 2 autres communes. Communes" in said
    assert " other " not in said
    assert "données par niveau de preuve" in said
    assert "inputs" not in said
    (folder,) = here.iterdir()
    comments = (folder / "baseline.yaml").read_text(encoding="utf-8")
    assert "Des chiffres locaux" in comments
    assert "sans mesure" in comments
    assert " et 2 autres communes, sans mesure nouvelle" in comments
    assert "--lang fr" in comments, "the command of the head makes this file again"


@pytest.mark.usefixtures("here")
def test_adults_and_wishes_are_those_of_describe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "Decize", "Imphy", "--name", "two"]) == 0
    adults = re.search(r"aged 17 or over: ([\d,]+),", capsys.readouterr().out)
    assert main(["describe", "two/baseline.yaml"]) == 0
    screen = " ".join(capsys.readouterr().out.split())
    assert adults is not None
    assert f"of whom {adults[1]} aged 17 or over" in screen
    assert "help most for: GPs with a list, adults without MT, first installations" in screen, "as the file's head"


@pytest.mark.usefixtures("here")
def test_of_several_words_a_commune_that_shares_its_name_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "Creuse", "Decize"]) == 0
    assert "note: 'Creuse' is the commune 80225 here: give departement:23 Creuse if" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_the_data_of_a_region_is_said_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "97611", "--name", "m", "--lang", "fr"]) == 0
    said = capsys.readouterr()
    notes = [line for line in said.err.splitlines() if "Mayotte" in line]
    assert len(notes) == 2
    assert notes[0].startswith("note: les communes de Mayotte ont la population du recensement de 2017")
    assert said.out.endswith("ess-sim run m/baseline.yaml --lang fr\n")
    assert main(["new", "97611", "--name", "english"]) == 0
    said = capsys.readouterr()
    assert "note: Mayotte's communes have the residents of the census of 2017" in said.err
    assert said.out.endswith("ess-sim run english/baseline.yaml\n")
    text = " ".join(Path("m/baseline.yaml").read_text(encoding="utf-8").replace("#", " ").split())
    assert "territory: les communes de Mayotte ont la population du recensement de 2017" in text
    assert "bien trop faible" in text


@pytest.mark.usefixtures("here")
def test_the_largest_of_homonyms_comes_first_and_what_is_not_bundled_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new", "Saint-Denis"]) == 2
    said = capsys.readouterr().err
    assert "places: communes:97411 Saint-Denis (La Réunion), communes:93066 Saint-Denis (Seine-Saint-Denis)," in said
    assert said.endswith("give one, e.g. communes:97411\n")
    assert main(["new", "saint pierre et miquelon"]) == 2
    assert "miquelon': the overseas collectivities are not in the bundled data\n" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_any_grouping_from_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("cpts.csv").write_bytes("\ufeffCode INSEE;Commune\n58095;Decize\n58134;Imphy\n".encode())
    assert main(["new", "--communes", "cpts.csv", "--name", "cpts"]) == 0
    cpts = ess_sim.read_scenario("cpts/baseline.yaml").territory
    assert cpts.communes == ("58095", "58134")
    assert cpts.halo_minutes == 20, "a small territory has a halo"
    halos = {code: ess_sim.Scenario.for_territory(code).territory.halo_minutes for code in ("200083392", "53", "54")}
    assert halos == {"200083392": 20, "53": None, "54": None}, "of 90,000, 240,000 and 570,000 adults"
    Path("cpts.csv").write_text("code\n58095\n58999\nnowhere\n")
    assert main(["new", "--communes", "cpts.csv", "--name", "other"]) == 2
    said = capsys.readouterr().err
    assert "cpts.csv:3:1: " in said
    assert "cpts.csv:4:1: " in said
    assert not Path("other").exists()


@pytest.mark.usefixtures("here")
def test_files_that_are_there_stay(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "Decize", "Imphy", "--name", "two"]) == 0
    written = Path("two/baseline.yaml")
    written.write_text("mine")
    assert main(["new", "Decize", "Imphy", "--name", "two", "--policy", "smp"]) == 2
    assert "two/baseline.yaml: there already" in capsys.readouterr().err
    assert written.read_text() == "mine"
    assert not Path("two/smp.yaml").exists()
    assert main(["new", "Decize", "Imphy", "--name", "two", "--force"]) == 0
    assert written.read_text() != "mine"
    written.write_text("mine")
    Path("two/smp.yaml").mkdir()
    assert main(["new", "Decize", "Imphy", "--name", "two", "--policy", "smp", "--force"]) == 2
    assert "two/smp.yaml: this is a folder: nothing was written" in capsys.readouterr().err
    assert written.read_text() == "mine"


def test_all_that_is_wrong_at_once_and_nothing_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["new", "Decise", "Ste-Marie", "--start", "2024-13-01", "--years", "99", "--without-mt", "14"]
    assert main([*command, "--policy", "smpp", "--lang", "de", "--out", "out"]) == 2
    said = capsys.readouterr().err
    for part in (
        "58095 Decize (Nièvre)",
        "'Ste-Marie' names 9 places",
        "58253 Sainte-Marie (Nièvre)",
        "--start: must be a date",
        "--years: must be a whole number from 1 to 60, not 99",
        "did you mean '14 %'?",
        "did you mean 'smp'?",
        "--lang de",
    ):
        assert part in said
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([], "name a territory"),
        (["58", "--communes", "x.csv"], "x.csv"),
        (["Decize", "--without-mt", "much"], "--without-mt much: a share such as 0.14"),
        (["Decize", "--without-mt", "-0.1"], "--without-mt"),
        (["Decize", "--policy", "solidarity_days"], "solidarity_days: volunteers come from other zones"),
        (["Avril-sur-Loire", "--policy", "host_interns"], "host_interns: it needs a list-holding GP"),
        (["Decize", "--name", "a b"], "name"),
        (["55039"], "no resident aged 17 or over"),
    ],
)
def test_what_cannot_be_begun_with(
    here: Path, command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", *command]) == 2
    assert said in capsys.readouterr().err
    assert not list(here.iterdir())


@pytest.mark.usefixtures("here")
def test_a_commune_alone_and_one_without_gps_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "Avril-sur-Loire"]) == 0
    said = capsys.readouterr().err
    assert "the data know no list-holding GP" in said
    assert "ess-sim new 200067700 (Sud Nivernais)" in said
    assert ess_sim.simulate(ess_sim.read_scenario("avril-sur-loire/baseline.yaml").with_(horizon_years=1)) is not None


@pytest.mark.parametrize("share", ["0.14", ".14", "0,14", "14%", "14 %", "14,0 %"])
@pytest.mark.usefixtures("here")
def test_a_share_may_be_written_in_many_ways(share: str) -> None:
    assert main(["new", "Decize", "--without-mt", share]) == 0
    (block,) = ess_sim.read_scenario("decize/baseline.yaml").residents.without_mt or ()
    assert block.share == 0.14
    assert block.never_declared_part == pytest.approx(0.052 * (0.14 / 0.11) ** 0.5 / 0.14, abs=1e-4)


def test_the_clock_has_no_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert ess_sim.Scenario.for_territory("Decize").start == DEFAULT_START
    assert main(["new", "--help"]) == 0
    assert f"default: {DEFAULT_START}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.validate
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("key", ["departement", "epci", "ept", "region"])
def test_every_place_can_be_begun_with(key: str) -> None:
    """All that is written is read back as the same scenarios."""
    for code in names_of_kind(key):
        made = begin(f"{key}:{code}", policy="open_centre", years=3)
        Path("baseline.yaml").write_text(baseline_text(made, "a test"), encoding="utf-8")
        Path("policy.yaml").write_text(policy_text(made, "a test"), encoding="utf-8")
        read = ess_sim.read_scenarios(["baseline.yaml", "policy.yaml"])
        assert [read[0].digest, read[1].digest] == [made.baseline.digest, made.with_policy and made.with_policy.digest]
        assert made.baseline.supply.list_holding_gps[0].total > 0 or key == "epci"  # type: ignore[index]
