"""Places by their names: wherever a code is wanted, and in the words from which a territory is made."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ess_sim import Policy, Scenario, Territory, explain, read_scenario, write_scenario
from ess_sim.errors import ScenarioError, TerritoryError
from ess_sim.faces.cli.app import main
from ess_sim.faces.cli.parts.printing import fitted
from ess_sim.inputs.territory.countries.named import places_named, territory_of
from ess_sim.inputs.territory.hints import ZoneNames
from ess_sim.model.run.checks import check
from ess_sim.model.run.prepare import prepare
from ess_sim.model.run.simulation import build_world

SOURCE = {"source": "a test", "grade": "D"}

FILE = """\
name: named
start: 2026-01-01
horizon_years: 2
territory:
  communes: [{decize}, {imphy}, {sougy}]
  quarters:
    - {{code: 58095-Q, name: Le Faubourg, of: {decize}, residents: 900, latitude: 46.83, longitude: 3.46, {source}}}
  leave_out: [{sougy}]
supply:
  list_holding_gps:
    - {{zones: [{decize}], count: 4, {source}}}
    - {{zones: remainder, count: 2, {source}}}
  centres:
    - {{form: municipal, zone: {imphy}, posts: {{salaried_gps: {{count: 1}}}}, listed: 100, {source}}}
residents:
  without_mt: [{{zones: [{decize}, {quarter}, {imphy}], share: 0.1, never_declared_part: 0.2, {source}}}]
  precarious: [{{zones: [{quarter}], share: 0.3, {source}}}]
  rates: [{{zones: [{imphy}], give_up_rate_per_year: 0.1, {source}}}]
policies:
  - {{kind: outreach_van, starts: 2026-03-01, zones: [{quarter}, {imphy}], screenings_per_year: 100}}
  - {{kind: host_interns, zone: {decize}, per_semester: 1}}
  - kind: open_centre
    opens: 2026-06-01
    centre: {{form: municipal, zone: {decize}, posts: {{salaried_gps: {{count: 1}}}}}}
"""
CODES = {"decize": '"58095"', "imphy": '"58134"', "sougy": '"58280"', "quarter": "58095-Q"}
NAMES = {"decize": "decize", "imphy": "IMPHY", "sougy": "Sougy sur Loire", "quarter": "le faubourg"}


def scenario(territory: dict[str, Any], *policies: Any, **fields: Any) -> Scenario:
    """Two years of a territory."""
    return Scenario(
        name="a", start=date(2026, 1, 1), horizon_years=2, territory=territory, policies=list(policies), **fields
    )


def van(*zones: str) -> dict[str, Any]:
    """A policy that names zones."""
    return {"kind": "outreach_van", "starts": date(2026, 3, 1), "zones": list(zones), "screenings_per_year": 100}


def test_a_file_of_names_is_the_file_of_codes(tmp_path: Path) -> None:
    texts = [FILE.format(**words, source="source: a test, grade: D") for words in (CODES, NAMES)]
    found = []
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.yaml").write_text(text, encoding="utf-8")
        found.append(read_scenario(tmp_path / f"{i}.yaml"))
    by_code, by_name = found
    assert by_code == by_name
    assert by_code.digest == by_name.digest
    assert by_code.to_dict() == by_name.to_dict()
    write_scenario(by_name, tmp_path / "again.yaml")
    written = (tmp_path / "again.yaml").read_text(encoding="utf-8").casefold()
    assert not any(name in written for name in ("decize", "imphy", "sougy"))
    assert read_scenario(tmp_path / "again.yaml") == by_code


@pytest.mark.parametrize(
    ("by_name", "by_code"),
    [
        ({"epci": "laval agglomeration"}, {"epci": "200083392"}),
        ({"ept": "PLAINE COMMUNE"}, {"ept": "200057867"}),
        ({"departement": "Mayenne"}, {"departement": "53"}),
        ({"region": "pays-de-la-loire"}, {"region": "52"}),
        ({"communes": ["Decize", "ste gemmes sur loire"]}, {"communes": ["58095", "49278"]}),
    ],
)
def test_a_territory_by_name(by_name: dict[str, Any], by_code: dict[str, Any]) -> None:
    assert scenario(by_name) == scenario(by_code)
    assert scenario(by_name).digest == scenario(by_code).digest


def test_zones_of_a_csv_by_name(tmp_path: Path) -> None:
    zones = [("A", "East", 0.1), ("B", "B", 0), ("C", "A", 0.2)]
    rows = [f"{zone},{name},{lon},48,9,{age},90" for zone, name, lon in zones for age in (20, 40)]
    (tmp_path / "z.csv").write_text("\n".join(["zone,name,lon,lat,area_km2,age,count", *rows]), encoding="utf-8")
    made = scenario({"csv": str(tmp_path / "z.csv")}, van("east", "B", "C"))
    assert made.policies[0].zones == ("A", "B", "C")  # type: ignore[attr-defined]
    # what is a code is no name
    assert scenario({"csv": str(tmp_path / "z.csv")}, van("A")).policies[0].zones == ("A",)  # type: ignore[attr-defined]
    assert scenario({"csv": str(tmp_path / "none.csv")}, van("East")).policies[0].zones == ("East",)  # type: ignore[attr-defined]


def test_a_policy_of_ones_own_takes_names() -> None:
    class Fair(Policy):
        kind = "fair"
        zone: str
        speaks_of: str

    (policy,) = scenario({"epci": "200083392"}, Fair(zone="Laval", speaks_of="Laval")).policies
    assert (policy.zone, policy.speaks_of) == ("53130", "Laval")  # type: ignore[attr-defined]


def test_codes_are_taken_without_a_look_at_the_territory(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: ZoneNames) -> dict[str, str]:
        raise AssertionError("read")

    monkeypatch.setattr(ZoneNames, "_names", property(read))
    scenario({"france": True}, van("53130", "2A004", "58095-Q"))
    with pytest.raises(ScenarioError, match="read"):
        scenario({"france": True}, van("53130", "Laval"))


PROBLEMS = """\
name: wrong
start: 2026-01-01
horizon_years: 2
territory: {communes: [Decize, Saint-Denis, Imphi]}
policies: []
"""


def test_unclear_names_are_problems_at_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.yaml").write_text(PROBLEMS, encoding="utf-8")
    assert main(["validate", str(tmp_path / "s.yaml")]) == 2
    ambiguous, unknown = (line for line in capsys.readouterr().err.splitlines() if "s.yaml:" in line)
    assert "s.yaml:4:32: territory.communes[1]: 'Saint-Denis' names 4 communes: 11339 Saint-Denis (Aude), " in ambiguous
    assert ambiguous.endswith("97411 Saint-Denis (La Réunion): give the code")
    assert "s.yaml:4:45: territory.communes[2]: no commune called 'Imphi' (did you mean" in unknown
    assert "'58134', Imphy" in unknown
    region = PROBLEMS.replace("communes: [Decize, Saint-Denis, Imphi]", "region: '99'")
    (tmp_path / "s.yaml").write_text(region, "utf-8")
    assert main(["validate", str(tmp_path / "s.yaml")]) == 2
    assert "s.yaml:4:21: territory.region: no région code '99'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        (
            "Saint-Denis",
            "it names 93066 Saint-Denis (Seine-Saint-Denis), 97411 Saint-Denis (La Réunion): give the code",
        ),
        ("Deceze", "(did you mean '58095', Decize?)"),
        ("Laval", "53130 Laval (Mayenne) is none of its zones"),
        ("Paris", "its zones are 75101 to 75120"),
    ],
)
def test_unclear_zones(zone: str, what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        check(scenario({"communes": ["58095", "93066", "97411", "75056"]}, van(zone)))
    (problem,) = caught.value.problems
    assert problem.where == "policies[0].zones[0]"
    assert problem.what.startswith(f"unknown zone {zone!r} in this territory")
    assert problem.what.endswith(what)


# --- Communes that merged


def test_communes_that_merged_stand_for_their_successor() -> None:
    """Gennes and Grézillé are parts of Gennes-Val-de-Loire."""
    territory = Territory.from_communes(["49149", "Grézillé", "Decize"])
    assert territory.zones == ("49261", "58095")
    notes = [note for note in territory.notes if "stands for it" in note]
    assert notes == [
        "49149 Gennes is now a part of 49261 Gennes-Val-de-Loire, which stands for it",
        "49154 Grézillé is now a part of 49261 Gennes-Val-de-Loire, which stands for it",
    ]
    assert Territory.from_communes(["49261", "49149"]).zones == ("49261",)
    assert territory.digest == Territory.from_communes(["49261", "58095"]).digest


def test_zones_that_merged() -> None:
    block = {"zones": ["Grézillé", "49261"], "share": 0.1, "never_declared_part": 0.2, **SOURCE}
    rest = {"zones": "remainder", "share": 0.1, "never_declared_part": 0.2, **SOURCE}
    made = scenario(
        {"communes": ["49149", "49261", "58095"]},
        van("49149", "49154", "Decize"),
        residents={"without_mt": [block, rest]},
    )
    check(made)
    assert made.policies[0].zones == ("49261", "58095")  # type: ignore[attr-defined]
    assert made.residents.without_mt is not None
    assert made.residents.without_mt[0].zones == ("49261",)
    assert [note[:14] for note in made.moved] == ["49154 Grézillé", "49149 Gennes i"]
    assert set(made.moved) <= set(build_world(made.with_(horizon_years=1), seed=1, replication=0).assumed)
    assert prepare(made).zones == ("49261", "58095")
    assert "49149 (Gennes-Val-de-Loire)" in explain(made)


# --- Kinds of territory


def test_all_of_france_and_a_region() -> None:
    assert scenario({"france": True}).territory.way == "france"
    assert "all of France: yes" not in explain(scenario({"region": "Corse"}))
    assert "region: 94 (Corse)" in explain(scenario({"region": "Corse"}))
    corsica = prepare(scenario({"region": "Corse"}))
    assert corsica.digest == Territory.from_region("94", year=2026).digest
    assert set(corsica.departements) == {"2A", "2B"}
    for value in (False, "yes", 1):
        with pytest.raises(ScenarioError, match=r"territory\.france: must be true, not"):
            scenario({"france": value})
    with pytest.raises(
        ScenarioError, match=r"give exactly one of .*, region, communes, france, csv \(given: region, f"
    ):
        scenario({"france": True, "region": "94"})


def test_what_words_mean() -> None:
    said = {
        word: [str(place) for place in places_named(word)]
        for word in (
            "52",
            "region:52",
            "région : Bretagne",
            "france",
            "mayenne",
            "49149",
            "nowhere",
            "EPCI:Mayenne",
            "",
        )
    }
    assert said == {
        "52": ["departement:52 Haute-Marne"],
        "region:52": ["region:52 Pays de la Loire"],
        "région : Bretagne": ["region:53 Bretagne"],
        "france": ["france"],
        "mayenne": ["departement:53 Mayenne", "communes:53147 Mayenne (Mayenne)"],
        "49149": ["communes:49261 Gennes-Val-de-Loire (Maine-et-Loire)"],
        "nowhere": [],
        "EPCI:Mayenne": ["epci:200055887 Mayenne Communauté (Mayenne)"],
        "": [],
    }


@pytest.mark.parametrize(
    ("words", "territory"),
    [
        (["200083392"], ("epci", ("200083392",))),
        (["La Réunion "], None),
        (["guadeloupe"], ("departement", ("971",))),  # a région of the same communes, too
        (["paris"], ("departement", ("75",))),
        (["France"], ("france", ())),
        (["commune:Mayenne"], ("communes", ("53147",))),
        (["departement:réunion"], ("departement", ("974",))),  # without its article, as in tables sorted by name
        (["havre"], ("communes", ("76351",))),
        (["CC du Pays de Craon"], ("epci", ("200048551",))),
        (["communauté de communes Pays Craon"], ("epci", ("200048551",))),
        (["Pays de Craon"], ("epci", ("200048551",))),
        (["CA de Laval"], ("epci", ("200083392",))),
        (["epci:laval"], ("epci", ("200083392",))),
        (["laval"], ("communes", ("53130",))),
        (["Lyon Métropole"], ("epci", ("200046977",))),
        (["Grand Guéret"], ("epci", ("200034825",))),
        (["Mayenne", "Laval"], ("communes", ("53147", "53130"))),
        (["53", "72"], ("communes", 592)),
        (["75101", "Decize", "commune:Paris", "75102"], ("communes", ("58095", "75056"))),
        (["departement:75", "75056"], ("communes", ("75056",))),
    ],
)
def test_the_territory_of_words(words: list[str], territory: tuple[str, Any] | None) -> None:
    if territory is None:
        with pytest.raises(
            TerritoryError, match="names 3 places: departement:974 La Réunion, region:04 La Réunion, comm"
        ):
            territory_of(words)
        return
    key, codes = territory_of(words)
    assert (key, len(codes) if isinstance(territory[1], int) else codes) == territory


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no code or name"),
        (
            ["mayenne"],
            "'mayenne' names 2 places: departement:53 Mayenne, communes:53147 Mayenne .*: give one, e.g. depa",
        ),
        (["ept:mayenne"], "no EPT 'mayenne': this is the name of the département Mayenne"),
        (["Métropole"], r"no place has the code or name 'Métropole': `ess-sim territories NAME`"),
        (["CC Craon"], r"did you mean epci:200048551 Communauté de communes du Pays de Craon \(Mayenne\)\?\)"),
        (["CC du Pays de Carron"], r"did you mean epci:200048551 Communauté de communes du Pays de Craon \(Mayenne\)"),
        (["CC des 4 Rivières en Bré"], r"no place has .*`ess-sim territories NAME`"),
        (["CC des Quatre Rivières"], r"names 2 places: epci:247400666 .*, epci:247000623 .*: give one"),
        (["Decise"], r"did you mean communes:80239 Devise \(Somme\) or communes:58095 Decize \(Nièvre\)"),
        (["98", "Saint-Denis"], "(?s)overseas.*\n'Saint-Denis' names 4 places"),
        (["france", "53"], "france is a territory of its own"),
    ],
)
def test_words_that_make_no_territory(words: list[str], message: str) -> None:
    with pytest.raises(TerritoryError, match=message):
        territory_of(words)


def test_the_table_of_territories_fits_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["territories", "loire"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["kind", "code", "name", "dép.", "population"]
    assert max(map(len, [head, *rows])) == 80
    assert "region       52         Pays de la Loire" in "\n".join(rows)
    assert rows[-1] == "population: INSEE municipal populations 2023; a run takes its first year's"
    assert main(["territories", "decize"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["communes", "58095", "Decize", "58", "4932"]
    assert main(["territories", "craon"]) == 0
    assert "  Communauté de communes du Pays de Craon  " in capsys.readouterr().out  # there is room for it
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["territories", "loire"]) == 0
    assert "…" not in capsys.readouterr().out


def test_names_that_are_cut_stay_apart() -> None:
    assert fitted(["Longue rue du Nord", "Longue rue du Sud", "Nord"], 10) == ["Lon…u Nord", "Lon…du Sud", "Nord"]
    assert fitted(["Vallée de la haute Loire", "Vallée de la basse Loire"], 12) == [
        "Vallée de la haute Loire",
        "Vallée de la basse Loire",
    ]
    assert fitted(["Loire", "Loire"], 3) == ["L…e", "L…e"]  # one name: nothing is lost
