"""The explained scenario: every difference is stated with both values, and what is said of the first day is true."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Union, get_args, get_origin

import pytest
from frames import same_frames
from hamlets import hamlets
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from strategies import FROM_POLICIES

from ess_sim.faces.explanation.text import explain
from ess_sim.faces.words.glossary import LANGUAGES, glossary, phrases
from ess_sim.inputs.catalogue.bundled import scenarios_dir
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.blocks import RATES, GpBlock, PrecariousBlock, RatesBlock, WithoutMtBlock
from ess_sim.inputs.scenario.centre_spec import (
    CentreSpec,
    CostLine,
    DayZeroCentre,
    Finance,
    Form,
    Grant,
    OtherPatients,
    Payer,
    Posts,
    SalariedGps,
    Spending,
)
from ess_sim.inputs.scenario.files import baseline_of
from ess_sim.inputs.scenario.frozen import frozen
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import ResidentsStart, Scenario, Supply
from ess_sim.inputs.scenario.sourced import Count, Rate
from ess_sim.inputs.scenario.territory_spec import QuarterSpec, TerritorySpec
from ess_sim.model.policies.base import Case, Policy
from ess_sim.model.policies.departures import Departures
from ess_sim.model.policies.grant_cut import GrantCut
from ess_sim.model.policies.host_interns import HostInterns
from ess_sim.model.policies.medicobus import Medicobus
from ess_sim.model.policies.open_centre import OpenCentre
from ess_sim.model.policies.planned_handover import PlannedHandover
from ess_sim.model.policies.registry import KINDS
from ess_sim.model.policies.secpa_rollout import SecpaRollout, Wave
from ess_sim.model.policies.smp import Interns, Smp
from ess_sim.model.policies.words import Words
from ess_sim.model.run.read import read_scenario
from ess_sim.model.run.simulation import simulate

SAID: dict[str, Any] = {"source": "the press", "grade": "C"}


class Own(Policy):
    """A user's policy, some of whose fields bear the package's names and mean something else."""

    kind: ClassVar[str] = "test_explain:Own"
    label: ClassVar[Words] = Words("One's own", "À soi")
    starts: date
    zone: str
    share: float = 5.0
    rooms: int = 2
    depth: int = 6
    steps: tuple[Interns, ...] = ()
    by_zone: dict[str, float] = Field(default_factory=dict)

    field_labels: ClassVar[dict[str, Words]] = {"depth": Words("how deep", "profondeur"), "starts": Words("on", "le")}


EXAMPLES = tuple(cls.example(Case(date(2021, 5, 6), date(2024, 5, 6), ("53034", "53054"))) for cls in KINDS.values())

MORE: tuple[Policy, ...] = (
    OpenCentre(
        opens=date(2021, 5, 13),
        closes=date(2024, 5, 14),
        centre=CentreSpec(
            form="group",
            zone="53034",
            name="centre-of-all",
            manager="a national group",
            posts=Posts(
                salaried_gps=SalariedGps(count=31, fte_each=0.51),
                nurses=1.5,
                mediators=2.25,
                medical_assistants=3.25,
                secretaries=4.25,
            ),
            rooms=33,
            finance=Finance(
                reserves_euro=34_000.0,
                grants=(
                    Grant(
                        payer="agency",
                        euro_per_year=36_000.0,
                        since=date(2021, 2, 1),
                        until=date(2023, 2, 2),
                        **SAID,
                    ),
                ),
                running_euro_per_year=37_000.0,
                borne_by={"secretaries": "state"},
                investment=Spending(payer="local_authority", euro=38_000.0, **SAID),
            ),
        ),
    ),
    Departures(starts=date(2021, 5, 11), gps=("gp-53034-001", "gp-53034-002")),
    PlannedHandover(opens=date(2021, 5, 18), centre="maison-rouge", gps=("gp-53034-003",), retires=date(2022, 5, 20)),
    GrantCut(starts=date(2021, 5, 18), ends=date(2024, 5, 18), centre="maison-verte", to_euro_per_year=51_234.0),
    SecpaRollout(
        waves=(Wave(opens=date(2021, 5, 19), count=28), Wave(opens=date(2022, 3, 3), count=29)),
        zones="by_shortage",
        budget_euro=30_000_123.0,
    ),
    Own(
        starts=date(2021, 5, 12),
        zone="53130",
        steps=(Interns(per_semester=23), Interns(per_semester=24)),
        by_zone={"53034": 0.4},
    ),
)
"""What an example cannot give: fields that exclude those it gives, a centre with all that a centre may have."""

FULL = Scenario(
    name="full",
    title="A title",
    description="A description",
    sources=("one", "two"),
    start=date(2020, 3, 1),
    horizon_years=7,
    territory=TerritorySpec(
        communes=["53034", "53054", "53130"],
        cutoff_minutes=29.0,
        quarters=[
            QuarterSpec(
                code="53130-H", name="Hilard", of="53130", residents=4100, latitude=48.077, longitude=-0.785, **SAID
            )
        ],
        leave_out=["53054"],
        halo_minutes=12.0,
    ),
    supply=Supply(
        list_holding_gps=[GpBlock(zones=["53034"], count=11, **SAID), GpBlock(zones="remainder", count=12, **SAID)],
        first_installations=Rate(per_year=1.25, **SAID),
        interns_per_semester=Count(count=13, **SAID),
        retired_pool=Count(count=14, **SAID),
        departement_list_holders=Count(count=15, **SAID),
        other_gps=Count(count=41, **SAID),
        centres=[
            DayZeroCentre(
                form="scic",
                zone="53054",
                listed=420,
                other_patients=OtherPatients(per_declared=0.4, source="the centre", grade="C"),
                staffed=2,
                posts=Posts(salaried_gps=SalariedGps(count=3)),
                finance=Finance(members_euro=35_000.0),
                **SAID,
            )
        ],
    ),
    residents=ResidentsStart(
        without_mt=[
            WithoutMtBlock(zones=["53054"], share=0.17, never_declared_part=0.345, **SAID),
            WithoutMtBlock(zones="remainder", count=16, never_declared_part=0.33, **SAID),
        ],
        precarious=[PrecariousBlock(zones=["53130-H"], share=0.335, **SAID)],
        rates=[
            RatesBlock(
                zones=["53130-H"], **{name: 0.135 + i for i, name in enumerate(RATES) if "share" not in name}, **SAID
            ),
            RatesBlock(zones="remainder", informed_share=0.275, **SAID),
        ],
    ),
    parameters={"settle_probability": 0.071, "call_rate_per_year": 3.3},
    policies=(*EXAMPLES, *MORE),
    outcomes=("share_without_mt", "list_holders"),
)

Where = tuple[str | int, ...]


def leaves(value: Any, at: Where = ()) -> Iterator[Where]:
    """Places of all values without parts."""
    if isinstance(value, BaseModel):
        parts: Any = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list | tuple) and value:
        parts = list(enumerate(value))
    else:
        yield at
        return
    for part, inner in parts:
        yield from leaves(inner, (*at, part))


def value_at(value: Any, at: Where) -> Any:
    for part in at:
        value = getattr(value, str(part)) if isinstance(value, BaseModel) else value[part]
    return value


def put(value: Any, at: Where, new: Any) -> Any:
    """A copy with another value in one place, right or wrong."""
    if not at:
        return new
    part, rest = at[0], at[1:]
    if isinstance(value, BaseModel):
        # not checked: some of these values could not stand in a scenario
        return type(value).model_construct(
            **(dict(value) | {str(part): frozen(put(getattr(value, str(part)), rest, new))})
        )
    if isinstance(value, dict):
        return value | {part: put(value[part], rest, new)}
    return type(value)(put(v, rest, new) if i == part else v for i, v in enumerate(value))


def optional(model: Any, at: Where) -> bool:
    """Whether the value may be left out."""
    owner = value_at(model, at[:-1])
    if not isinstance(owner, BaseModel):
        return False
    annotation = type(owner).model_fields[str(at[-1])].annotation
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)


def another(at: Where, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 100
    if at[-1] in ("latitude", "longitude"):
        return value + 0.015625
    if isinstance(value, float):
        return value * 2 + 0.125
    if isinstance(value, date):
        return value + timedelta(days=40)
    if at[-1] == "of":
        return "53054"
    if "leave_out" in at:
        return "53034"
    if value in ("53034", "53054", "53130", "remainder"):
        return "53140" if "zone" in str(at) else "53094"
    if at[-1] == "grade":
        return "B"
    return f"{value} or not"


def shown(at: Where, value: Any, lang: str) -> str:
    """How the text shows a value, written a second time."""
    french = lang == "fr"
    if value is None:
        return "non précisé" if french else "not given"
    if isinstance(value, bool):
        return (("non", "oui") if french else ("no", "yes"))[value]
    if isinstance(value, date):
        day = "1er" if french and value.day == 1 else str(value.day)
        months = (
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
            if french
            else "January February March April May June July August September October November December"
        )
        month = months.split()[value.month - 1]
        return f"{day} {month} {value.year}"
    if isinstance(value, int | float):
        percent = at[-1] in ("share", "never_declared_part") and at[0] == "residents"
        text = format((Decimal(repr(value)) * (100 if percent else 1)).normalize(), "f")
        return text.replace(".", ",") if french else text
    if value == "remainder":
        return "reste du territoire" if french else "rest of the territory"
    return FRENCH.get(value, str(value)) if french else str(value)


FRENCH = {
    "agency": "agence régionale de santé",
    "local_authority": "collectivité locale",
    "state": "État",
    "scic": "coopérative (SCIC)",
    "group": "groupe national à but non lucratif",
    "municipal": "centre municipal",
    "retired_gps": "médecins retraités",
    "by_shortage": "celles où la pénurie est la plus forte d'abord",
}
PLACES = [at for at in leaves(FULL) if at != ("name",)]


def group(at: Where) -> str:
    """The part of the scenario in which a place lies: a policy, or a field of the scenario."""
    return f"policies-{at[1]}-{FULL.policies[int(at[1])].kind}" if at[0] == "policies" else str(at[0])  # type: ignore[attr-defined]


GROUPS = list(dict.fromkeys(map(group, PLACES)))
EXCLUDED = ("epci", "ept", "departement", "region", "france", "csv", "travel_csv")  # by communes
FIXED = {("territory", part) for part in EXCLUDED}
FIXED |= {("territory", "communes", 1), ("territory", "communes", 2)}  # one is left out, the other has a quarter
# what a block has in all cannot be known of counts that are none: test_gps_zone_by_zone
FIXED |= {("supply", "list_holding_gps", i, "counts") for i in range(len(FULL.supply.list_holding_gps or ()))}


@cache
def full_of(kind: str | None) -> tuple[Scenario, dict[str, set[str]]]:
    """The scenario with its policies of one kind only, if a kind is given, and the lines that no change has part in."""
    full = FULL if kind is None else FULL.with_(policies=[policy for policy in FULL.policies if policy.kind == kind])  # type: ignore[attr-defined]
    return full, {lang: set(explain(full, full, lang=lang).splitlines()) for lang in LANGUAGES}


def missing_words(at: Where, lang: Any) -> Iterator[str]:
    """What the text does not say of a change in one place."""
    kinds = [policy.kind for policy in FULL.policies]  # type: ignore[attr-defined]
    kind = kinds[int(at[1])] if at[0] == "policies" else None
    full, silent = full_of(kind)
    if kind is not None:
        at = ("policies", kinds[: int(at[1])].count(kind), *at[2:])
    old = value_at(full, at)
    news = [another(at, old) if old is not None else 7, *([None] if old is not None and optional(full, at) else [])]
    for new in news:
        changed = put(full, at, new)
        for text, values in (
            (explain(changed, full, lang=lang), (old, new)),
            (explain(full, changed, lang=lang), (old,)),
        ):
            stated = [line for line in text.splitlines() if line not in silent[lang]]
            for value in values:
                # a block that starts or ceases to have a value is stated whole, by what it holds
                if not any(shown(at, value, lang) in line for line in stated):
                    yield f"{lang}: {'.'.join(map(str, at))}: {old!r} → {new!r}: no {value!r} in {stated}"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of values that are wrong on purpose
@pytest.mark.parametrize("part", GROUPS)
def test_a_change_of_any_field_is_stated_with_both_values(part: str) -> None:
    places = [at for at in PLACES if group(at) == part and at not in FIXED and at[:2] not in FIXED]
    assert places
    assert [what for at in places for lang in LANGUAGES for what in missing_words(at, lang)] == []


def test_gps_zone_by_zone() -> None:
    """Each zone by its code and name, and one count in the place of several."""
    block = {"zones": "remainder", "source": "the press", "grade": "C"}

    def of(**gps: Any) -> Scenario:
        return FULL.with_(supply={"list_holding_gps": [{**block, **gps}]}, policies=[])

    several = of(counts={"53034": 2, "53054": 3})
    assert "53054 (Changé): 3" in explain(several, None, lang="en")
    changed = explain(of(counts={"53034": 2, "53054": 5}), several, lang="fr")
    assert "53054 (Changé)\u00a0: 3 → 5" in changed
    assert "53034" not in changed
    one = explain(of(count=11), several)
    assert "number: not given → 11" in one


def test_no_field_is_left_out_of_these_tests() -> None:
    for kind, cls in KINDS.items():
        ours = [policy for policy in FULL.policies if isinstance(policy, cls)]
        given = {name for name in cls.model_fields if any(getattr(policy, name) is not None for policy in ours)}
        assert given == set(cls.model_fields), kind


GONE = [
    ("supply", "list_holding_gps"), ("supply", "first_installations"), ("supply", "retired_pool"),
    ("residents", "without_mt"),
]  # fmt: skip


@pytest.mark.parametrize("at", GONE, ids=lambda at: at[-1])
def test_a_block_that_goes_or_comes_is_stated_whole(at: Where) -> None:
    without = put(FULL, at, None)
    numbers = {
        shown((*at, *w), v, "en")
        for w in leaves(value_at(FULL, at))
        if isinstance(v := value_at(value_at(FULL, at), w), int | float)
    }
    assert numbers
    for text, word in ((explain(without, FULL), "removed"), (explain(FULL, without), "added")):
        section = text.split("\n\n")[2]
        assert f": {word}" in section
        assert all(number in section for number in numbers)


def test_policies_come_go_and_stay() -> None:
    fewer = FULL.with_(policies=FULL.policies[1:])
    gone = FULL.policies[0].to_block()["kind"]
    assert f"({gone}): removed" in explain(fewer, FULL)
    assert f"({gone}): added" in explain(FULL, fewer)
    assert f"({gone}): the same in both" in explain(FULL, FULL)
    twice = FULL.with_(policies=(FULL.policies[0], FULL.policies[0]))
    assert explain(twice, FULL.with_(policies=FULL.policies[:1])).count(f"({gone}): added") == 1


def test_blocks_in_another_order_are_stated() -> None:
    blocks = FULL.supply.list_holding_gps
    assert blocks is not None
    turned = FULL.with_(supply=FULL.supply.model_copy(update={"list_holding_gps": blocks[::-1]}))
    assert "GPs with a list: the same in another order" in explain(turned, FULL)


@cache
def as_in_the_catalogue() -> Scenario:
    return FULL.with_(parameters={})


@given(
    name=st.sampled_from(sorted(catalogue())),
    old=st.one_of(st.none(), st.floats(0, 100, allow_subnormal=False)),
    new=st.one_of(st.none(), st.floats(0, 100, allow_subnormal=False)),
    lang=st.sampled_from(LANGUAGES),
)
@settings(max_examples=150)
def test_parameters(name: str, old: float | None, new: float | None, lang: Any) -> None:
    def of(value: float | None) -> Scenario:
        return as_in_the_catalogue() if value is None else FULL.with_(parameters={name: value})

    entry = catalogue()[name]
    text = explain(of(new), of(old), lang=lang)
    (line,) = [x for x in text.splitlines() if x.strip().startswith(name)] or [""]
    if old == new:
        assert not line
        return
    sides = line.split(" → ")
    for part, value in zip(sides, (old, new), strict=True):
        assert shown(("x",), entry.value if value is None else value, lang) in part
        assert (("valeur du catalogue" if lang == "fr" else "catalogue") in part) == (value is None)
    for value in (entry.low, entry.high, glossary().units_fr[entry.unit] if lang == "fr" else entry.unit, entry.grade):
        assert shown(("x",), value, lang) in sides[1]
    outside = "hors de la plage" if lang == "fr" else "outside the defensible range"
    given_values = [v for v in {old, new} if v is not None]
    assert sides[1].count(outside) == sum(not entry.low <= v <= entry.high for v in given_values)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_alone_a_scenario_is_stated_whole(lang: Any) -> None:
    text = explain(FULL, lang=lang)
    for at in PLACES:
        value = value_at(FULL, at)
        if value not in (None, (), {}):
            assert shown(at, value, lang) in text, at
    assert "53130 (Laval)" in text
    for name in sorted(FULL.parameters):
        assert name in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_policy_is_stated_field_by_field(lang: Any) -> None:
    """Its name, and each value beside the name of its own field."""
    wrong = []
    for policy in EXAMPLES:
        cls = type(policy)
        (section,) = [
            part
            for part in explain(FULL.with_(policies=[policy]), lang=lang).split("\n\n")
            if part.startswith(("Policies", "Mesures"))
        ]
        lines = [line.strip() for line in section.splitlines()[1:]]
        assert cls.label is not None
        assert lines[0] == f"{cls.label.to(lang)} ({cls.kind})"
        for name in cls.model_fields:
            value = getattr(policy, name)
            if not isinstance(value, str | int | float | date):
                continue
            words = cls.field_labels.get(name) or glossary().fields[name]
            if not any(x.startswith(words.to(lang)) and shown((name,), value, lang) in x for x in lines):
                wrong.append((policy.kind, name, lines))
    assert wrong == []


def test_a_users_own_fields_keep_their_own_names() -> None:
    own = FULL.with_(policies=[p for p in FULL.policies if isinstance(p, Own)])
    text = explain(own)
    assert "  One's own (test_explain:Own)\n" in text
    assert "    share: 5\n" in text  # no percentage
    assert "    rooms: 2\n" in text  # no consulting rooms
    assert "    zone: 53130 (Laval)\n" in text
    assert "    on: 12 May 2021\n" in text
    assert "    how deep: 6\n" in text
    assert "    profondeur\u00a0: 6\n" in explain(own, lang="fr")


# --- the first day ---------------------------------------------------------------------------------------------------


def test_identical_before_the_day_that_is_stated(tmp_path: Path) -> None:
    scenario = hamlets(tmp_path)
    plain = {name: value for name, value in scenario.parameters.items() if name not in FROM_POLICIES}
    with_centre = scenario.with_(horizon_years=1, parameters=plain)
    without = with_centre.with_(name="without", policies=())
    longer = with_centre.with_(name="longer", horizon_years=2)
    for other in (without, longer):
        text = explain(other, with_centre)
        runs = [simulate(one).facts for one in (with_centre, other)]
        day = {"without": "2018-09-01", "longer": "2019-03-15"}[other.name]
        assert f"{date.fromisoformat(day).day} {'September' if other is without else 'March'} {day[:4]}" in text
        before = [run[run["date"] < day].drop(columns="scenario").astype(object) for run in runs]
        after = [run[run["date"] >= day] for run in runs]
        assert "both scenarios are identical, replication by replication" in text
        same_frames(*(frame.reset_index(drop=True) for frame in before))
        assert len(before[0]) > 0
        assert len(after[0]) != len(after[1])


def test_outcomes_are_explained_in_both_languages() -> None:
    before, after = (FULL.with_(outcomes=names) for names in (("list_holders",), ("share_lost", "gini_zones")))
    lost, gini, gps = (OUTCOMES[name] for name in ("share_lost", "gini_zones", "list_holders"))
    said = f"{gps.about} (list_holders) → {lost.about} (share_lost), {gini.about} (gini_zones)"
    assert f"\nOutcomes: {said}\n" in explain(after, before)
    said = f"{gps.about_fr} (list_holders) → {lost.about_fr} (share_lost), {gini.about_fr} (gini_zones)"
    assert f"\nIndicateurs suivis\xa0: {said}\n" in explain(after, before, lang="fr")


def test_what_is_said_of_the_first_day() -> None:
    plain = FULL.with_(policies=())
    late = FULL.with_(policies=MORE)
    full = FULL.with_(policies=[*MORE, *(p for p in EXAMPLES if isinstance(p, Smp))])
    assert explain(plain).endswith("No policy acts.\n")
    assert explain(late).endswith("The first policy acts on 11 May 2021.\n")
    assert "by which they differ acts on 6 May 2021: before that day both" in explain(full, late)
    assert "by which they differ acts on 6 May 2021: before that day both" in explain(late, full)
    assert explain(full, full.with_(name="other", title="t", outcomes=("list_holders",))).endswith(
        "both scenarios are identical.\n"
    )
    at_once = plain.with_(policies=[HostInterns(zone="53034", per_semester=1)])
    assert "1 March 2020, day 0: both scenarios start from the same situation" in explain(at_once, plain)
    for other in (
        full.with_(parameters={}),
        full.with_(start=date(2020, 3, 2)),
        full.with_(supply=Supply()),
        full.with_(residents=ResidentsStart()),
        full.with_(territory=TerritorySpec(communes=["53034", "53054", "53130"], cutoff_minutes=20.0)),
    ):
        text = explain(other, late)
        assert "identical" not in text
        assert "may differ from day 0" in text


# --- languages and baselines -----------------------------------------------------------------------------------------


def models(value: Any) -> Iterator[type[BaseModel]]:
    """The models of a value and of all that is in it."""
    if isinstance(value, BaseModel):
        yield type(value)
        yield from (model for name in type(value).model_fields for model in models(getattr(value, name)))
    elif isinstance(value, list | tuple):
        yield from (model for inner in value for model in models(inner))


def test_french_has_words_for_everything() -> None:
    found = {model for model in models(FULL) if model is not Own}
    assert {*KINDS.values(), Wave, Grant, QuarterSpec, Rate, Count} <= found
    unnamed = {
        (model.__name__, name)
        for model in found
        for name in model.model_fields.keys() - getattr(model, "field_labels", {}).keys() - glossary().fields.keys()
        if model is not RatesBlock or name not in RATES  # these bear the names of parameters
    }
    assert unnamed == set()
    words = glossary()
    fields = {name for model in found for name in model.model_fields}
    assert words.fields.keys() - fields == set(), "words that nothing bears"
    assert {p.unit for p in catalogue().values()} == set(words.units_fr)
    staff = Medicobus.model_fields["staff"].annotation
    codes = {code for some in (Form, Payer, staff) for code in get_args(some)} | {"by_shortage"}
    assert words.choices_fr.keys() - get_args(CostLine) <= codes <= words.choices_fr.keys()
    assert set(get_args(CostLine)) <= words.choices_fr.keys() | words.fields.keys()
    assert [len(words.months[lang]) for lang in LANGUAGES] == [12, 12]
    for pair in phrases("explanation").values():
        assert pair.en.count("{}") == pair.fr.count("{}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rates_by_zone_are_explained_as_parameters_are(lang: Any) -> None:
    text = explain(FULL, lang=lang)
    (line,) = [line for line in text.splitlines() if line.strip().startswith("return_rate_per_year")]
    value, unit = next(
        (v, catalogue()["return_rate_per_year"].unit) for v in [FULL.residents.rates[0].return_rate_per_year]
    )
    for part in (value, 0.5, glossary().units_fr[unit] if lang == "fr" else unit):
        assert shown(("x",), part, lang) in line
    assert ("hors de la plage" if lang == "fr" else "outside the defensible range") in line


def test_codes_of_a_file_are_words_and_nothing_stands_for_nothing() -> None:
    lines = {line.strip() for line in explain(FULL, lang="fr").splitlines()}
    assert {
        "financeur\u00a0: agence régionale de santé",
        "statut juridique\u00a0: coopérative (SCIC)",
        "secrétaires\u00a0: État",
        "charges assumées par d'autres\u00a0: aucune",
        "zones\u00a0: celles où la pénurie est la plus forte d'abord",
    } <= lines
    assert not [line for line in lines if line.endswith(("\u00a0:", "\u00a0: "))]


def test_words_of_every_kind() -> None:
    for kind, cls in KINDS.items():
        assert cls.label is not None, kind
        assert min(len(cls.label.en), len(cls.label.fr)) > 5
        policies = [policy for policy in FULL.policies if isinstance(policy, cls)]
        inside = {name for model in models(policies) for name in model.model_fields}
        assert cls.field_labels.keys() <= inside, f"{kind} names fields that it does not have"
        assert cls.field_labels.keys().isdisjoint(glossary().fields), "one truth"
        for words in (cls.label, *cls.field_labels.values()):
            assert words.en.strip() == words.en
            assert words.fr.strip() == words.fr != ""


def test_words_of_the_laval_scenario() -> None:
    text = explain(read_scenario(scenarios_dir() / "laval" / "smp.yaml"), lang="fr")
    for line in (
        "Période\u00a0: du 15 juin 2017, pendant 20 ans, jusqu'au 15 juin 2037",
        "    date d'ouverture\u00a0: 15 juin 2017",
        "    zone\u00a0: 53130 (Laval)",
        "    médecins retraités",
        "    secrétaires\u00a0: 2,5",
        "    assistant médical à compter du\u00a0: 1er janvier 2021",
        "La première mesure agit le 15 juin 2017.",
    ):
        assert line in text.splitlines()


def test_another_language() -> None:
    with pytest.raises(ValueError, match="explain: lang must be 'en' or 'fr', not 'de'"):
        explain(FULL, lang="de")  # type: ignore[arg-type]


def test_baseline_of(tmp_path: Path) -> None:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    base = write("base.yaml", "name: base\n")
    write("piece.yaml", "horizon_years: 3\n")
    assert baseline_of(base) is None
    assert baseline_of(write("a.yaml", "extends: base.yaml\nname: a\n")) == base
    assert baseline_of(write("b.yaml", "extends: [piece.yaml, base.yaml]\nname: b\n")) == base
    assert baseline_of(write("c.yaml", "extends: piece.yaml\nname: c\n")) is None
    assert baseline_of(write("d.yaml", "extends: none.yaml\nname: d\n")) is None
    assert baseline_of(tmp_path / "none.yaml") is None
