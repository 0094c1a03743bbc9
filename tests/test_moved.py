"""Import paths of version 0.1."""

from __future__ import annotations

import importlib

import pytest

import ess_sim
from ess_sim.moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_leads_to_names_of_today_and_says_so(old):
    found = importlib.import_module(f"ess_sim.{old}")
    assert old not in ess_sim.__all__
    for home in MOVED[old]:
        today = importlib.import_module(f"ess_sim.{home}")
        first = today.__all__[0]
        with pytest.warns(DeprecationWarning, match=f"ess_sim.{old}.{first} has moved: from ess_sim"):
            getattr(found, first)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = found.nothing


def test_other_names_are_not_found():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("ess_sim.compare")
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from ess_sim.scenario import nothing")
