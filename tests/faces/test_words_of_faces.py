"""Words in one place: every key of data/words is used, every key that is asked for is there, and French is French."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ess_sim
from ess_sim.faces.schema.batch_schema import batch_schema
from ess_sim.faces.schema.scenario_schema import scenario_schema
from ess_sim.faces.words.parameters import meaning_of, name_of
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.outcomes import OUTCOMES

PACKAGE = Path(ess_sim.__file__).resolve().parent
FILES = {
    path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((PACKAGE / "data" / "words").glob("*.toml"))
}
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
PAGES = [p.read_text("utf-8") for p in PACKAGE.rglob("*") if p.suffix in (".j2", ".html", ".js")]

ASKING = ("say", "known", "_phrase", "_say")
"""Functions and methods whose first argument is the key of a phrase."""


# --- keys -------------------------------------------------------------------------------------------------------------


def asked(tree: ast.AST) -> Iterator[ast.expr]:
    """First arguments of all calls that ask for a phrase."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ASKING:
                yield node.args[0]


def literals(tree: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def pattern(text: ast.JoinedStr) -> str:
    """What a key that is put together may be."""
    return "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in text.values)


def faces_of(tree: ast.AST) -> set[str]:
    """The files of words that a module names: ``phrases("x")``, ``Speech("x", …)``, ``Saying("x")``."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.args and isinstance(n.args[0], ast.Constant)]
    return {str(n.args[0].value) for n in calls if getattr(n.func, "id", "") in ("phrases", "Speech", "Saying")} & set(
        FILES
    )  # type: ignore[attr-defined]


def said_in(page: str) -> list[tuple[str, str]]:
    """Keys that a template or a script asks for, and a plus behind those of which it gives the beginning alone."""
    return re.findall(r"\bsay\(\s*[\"'](\w+)[\"']\s*([+]?)", page)


OF_FACES = {path: tree for path, tree in TREES.items() if "faces" in path.relative_to(PACKAGE).parts}
PHRASES = {face: set(said.get("phrases", {})) for face, said in FILES.items()}


@pytest.mark.parametrize("face", [face for face, keys in PHRASES.items() if keys])
def test_every_phrase_is_used(face: str) -> None:
    known = set().union(*map(literals, OF_FACES.values()))
    made = [pattern(a) for tree in OF_FACES.values() for a in asked(tree) if isinstance(a, ast.JoinedStr)]
    made += [rf"{start}\w+" for page in PAGES for start, more in said_in(page) if more]
    assert [p for p in made if len(p.replace(r"\w+", "")) < 4] == [], "these would be the use of any phrase"
    unused = {key for key in PHRASES[face] - known if not any(re.fullmatch(p, key) for p in made)}
    assert {key for key in unused if not any(re.search(rf"\b{re.escape(key)}\b", page) for page in PAGES)} == set()


def test_every_phrase_that_is_asked_for_is_there() -> None:
    missing, found = [], 0
    for path, tree in OF_FACES.items():
        faces = faces_of(tree) or set(FILES)
        there = set().union(*(PHRASES[face] for face in faces))
        for argument in asked(tree):
            for node in ast.walk(argument):  # also both keys of `a if x else b`
                if isinstance(node, ast.JoinedStr) and not any(re.fullmatch(pattern(node), key) for key in there):
                    missing.append((path.name, ast.unparse(node)))
            options = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
            keys = [o.value for o in options if isinstance(o, ast.Constant) and isinstance(o.value, str)]
            found += len(keys)
            missing += [(path.name, key) for key in keys if key not in there]
    for page in PAGES:
        for start, more in said_in(page):
            pages_keys = rf"{start}\w+" if more else start
            if not any(re.fullmatch(pages_keys, key) for there in PHRASES.values() for key in there):
                missing.append(("a page", start))
    assert found > 50
    assert missing == []


def test_names_of_things_are_those_of_things_that_there_are() -> None:
    properties: set[str] = set()
    choices: set[str] = set()

    def walk(said: Any) -> None:
        if isinstance(said, dict):
            properties.update(said.get("properties", {}))
            choices.update(map(str, said.get("enum", ())))
            for inner in said.values():
                walk(inner)
        elif isinstance(said, list):
            for inner in said:
                walk(inner)

    walk(scenario_schema())
    walk(batch_schema())
    known = set().union(*map(literals, TREES.values()))
    explanation = FILES["explanation"]
    assert set(explanation["fields"]) - properties == set()
    assert set(explanation["choices_fr"]) - choices - known == set()
    made = [a for tree in TREES.values() for a in ast.walk(tree) if isinstance(a, ast.JoinedStr)]
    long = [pattern(a) for a in made if any(isinstance(p, ast.Constant) and len(str(p.value)) > 10 for p in a.values)]
    long = [p.replace(r"\w+", r"[\w.]+") for p in long]
    inputs = {key for key in explanation["inputs"] if not known.issuperset(key.split(", "))}  # some with their unit
    assert {key for key in inputs if not any(re.fullmatch(p, key) for p in long)} == set()
    notes = [n for tree in TREES.values() for n in ast.walk(tree) if isinstance(n, ast.Call)]
    unknown = {
        str(k.value.value)
        for n in notes
        if n.args and isinstance(n.args[0], ast.Constant) and n.args[0].value == "cost_unknown"
        for k in n.keywords
        if k.arg == "detail" and isinstance(k.value, ast.Constant)
    }
    assert set(FILES["report"]["unknown_costs_fr"]) == unknown
    units = {p.unit for p in catalogue().values()}
    assert set(FILES["common"]["units_fr"]) - units - known == set()
    assert units - set(FILES["common"]["units_fr"]) <= SAME_UNITS


def test_every_parameter_has_a_name_and_a_meaning_in_french() -> None:
    said = FILES["parameters"]
    assert set(said["meanings_fr"]) == set(catalogue())
    assert set(said["names"]) - set(catalogue()) == set()
    for name, entry in catalogue().items():
        meaning = meaning_of(name)
        assert meaning.en == entry.note
        assert re.fullmatch(r"[A-ZÀÂÉÊ].+\.", meaning.fr), name
        for lang in ("en", "fr"):
            short = name_of(name).to(lang)
            assert 0 < len(short) <= 120, short
            assert not short.endswith((".", ";", ",")), short
            assert short.count("(") == short.count(")"), short
    names = [name_of(name).to(lang) for name in catalogue() for lang in ("en", "fr")]
    assert {name for name in names if names.count(name) > 1} == set()


SAME_UNITS = {"minutes", "ratio", "utility"}
"""Units with one word for both languages."""


# --- both languages ---------------------------------------------------------------------------------------------------


def pairs(said: Any, where: str) -> Iterator[tuple[str, str, str]]:
    """All pairs of English and French in a file, with their places."""
    for key, value in said.items():
        if isinstance(value, dict):
            yield from pairs(value, f"{where}.{key}")
        elif isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value):
            yield f"{where}.{key}", value[0], value[1]
        elif isinstance(value, str):
            yield f"{where}.{key}", key, value


def in_code() -> Iterator[tuple[str, str, str]]:
    """Words that stand beside what they name: of policies, notices, countries, of a report."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Words", "Both") and len(node.args) == 2:
                both = [text(arg) for arg in node.args]
                if all(b is not None for b in both) and any(both):
                    yield f"{path.name}:{node.lineno}", str(both[0]), str(both[1])


def text(node: ast.expr) -> str | None:
    """A literal or an f-string, with {} for its values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    return None


def everything() -> list[tuple[str, str, str]]:
    found = [pair for face, said in FILES.items() for pair in pairs(said, face)]
    found += in_code()
    found += [(f"outcome {name}", o.about, o.about_fr) for name, o in OUTCOMES.items()]
    titles = (
        (path, re.search(r"^title:\n  en: (.*)\n  fr: (.*)$", path.read_text("utf-8"), re.MULTILINE))
        for path in sorted(ess_sim.scenarios_dir().rglob("*.yaml"))
    )
    found += [(f"{path.parent.name}/{path.stem}", m[1], m[2]) for path, m in titles if m]
    return found


ALL = everything()


def fields_of(text: str) -> list[str]:
    return sorted(name or "" for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_both_languages_say_something_with_the_same_values() -> None:
    assert len(ALL) > 400
    assert [where for where, en, fr in ALL if not en.strip() or not fr.strip()] == []
    phrases = [(w, en, fr) for w, en, fr in ALL if ".phrases." in w]
    assert [where for where, en, fr in phrases if fields_of(en) != fields_of(fr)] == []


NO_BREAK = "\u00a0\u202f"
BEFORE = re.compile(rf"(?<=.)(?<![{NO_BREAK}0-9:/]):(?=\s|$)|(?<=.)(?<![{NO_BREAK}])[;?!%»](?!\w)|«(?![{NO_BREAK}])")
"""A sign of two parts without the space that French sets before it, which no line may break at."""


def test_french_sets_its_spaces() -> None:
    assert [f"{where}: {fr}" for where, _, fr in ALL if BEFORE.search(CODE.sub("", fr))] == []
    used = {
        sign: {c for _, _, fr in ALL for c in re.findall(rf"([{NO_BREAK}]){re.escape(sign)}", fr)} for sign in ":;?!%»"
    }
    assert {sign: spaces for sign, spaces in used.items() if len(spaces) > 1} == {}, "one kind of space for each sign"
    for wrong in ("Attention : non", "Vraiment?", "« oui »", "12 %"):
        assert BEFORE.search(wrong)
    for right in ("Attention\u00a0: non", "12:30", "https://x", "«\u00a0oui\u00a0»", "{}\u00a0%"):
        assert not BEFORE.search(right)


CODE = re.compile(r"--[a-z-]+|\(kind: \w+\)")
"""What is typed, in both languages alike."""


ENGLISH = re.compile(
    r"\b(the|and|of|with|without|from|residents|year|years|by|each|their|which|is|are|share|GPs?|list-holding|to|for|"
    r"who|has|have|centre's|between|not|no|its|per|at|than|scenario's)\b"
)


def test_no_english_is_left_in_french() -> None:
    assert [f"{where}: {fr}" for where, _, fr in ALL if ENGLISH.search(CODE.sub("", fr))] == []
    same = [(where, fr) for where, en, fr in ALL if en == fr and len(fr.split()) > 2 and re.search(r"[^\W\d]", fr)]
    assert same == []
    assert ENGLISH.search("part of residents")
    assert not ENGLISH.search("part des résidents de 17 ans et plus")
