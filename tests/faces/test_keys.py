"""The page of keys is what the models say, and says something of every key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ess_sim.faces.cli.app import main
from ess_sim.faces.explanation.keys import key_table, sections, territory_page
from ess_sim.inputs.scenario.scenario import PolicyModel, Scenario
from ess_sim.model.policies.registry import KINDS

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_what_the_models_say() -> None:
    committed = (ROOT / "docs" / "territory.md").read_text(encoding="utf-8")
    assert committed == territory_page(), "make it again: ess-sim keys --markdown > docs/territory.md"


def test_every_key_has_a_meaning() -> None:
    assert [(s.title, key.name) for s in sections() for key in s.keys if len(key.means) < 5] == []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = getattr(annotation, "written_as", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def test_no_key_is_missing() -> None:
    """All models of a file, found by their annotations."""
    todo: list[type[BaseModel]] = [Scenario, *KINDS.values()]
    fields: set[tuple[str, ...]] = set()
    seen = {PolicyModel}
    while todo:
        model = todo.pop()
        if model in seen:
            continue
        seen.add(model)
        fields.add(tuple(sorted(model.model_fields)))
        todo += [inner for field in model.model_fields.values() for inner in _models(field.annotation)]
    assert len(fields) > 30
    assert {tuple(sorted(key.name for key in section.keys)) for section in sections()} == fields


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "never_declared_part"]) == 0
    assert "residents.without_mt" in capsys.readouterr().out
    assert main(["keys", "--markdown"]) == 0
    assert capsys.readouterr().out == territory_page()
    assert main(["keys", "no such key"]) == 2
    assert "no key of a scenario file" in capsys.readouterr().err
    assert main(["keys", "start", "--markdown"]) == 2


def test_the_keys_that_no_page_named() -> None:
    named = set(key_table()["key"])
    assert {"list_holding_gps", "retired_pool", "never_declared_part", "travel_csv", "counts"} <= named
    assert "remainder" in key_table().set_index(["in", "key"]).loc[("supply.list_holding_gps", "zones"), "takes"]
