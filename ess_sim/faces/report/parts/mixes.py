"""Mixes of policies in words, in both languages: what and where, and how one differs from the chosen one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ess_sim.faces.report.parts.blocks import Both, Num, joined
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.reports.studies.choice_rows import BASELINE, differences
from ess_sim.faces.reports.studies.league import dose_label
from ess_sim.faces.reports.studies.rows import each
from ess_sim.faces.words.glossary import LANGUAGES

__all__ = ["Mixes", "one_of_many"]


class Mixes:
    """Names mixes.

    Parameters
    ----------
    units : pandas.DataFrame
        Of a `BudgetChoice`.
    chosen : str
        Key of the chosen mix.
    """

    def __init__(self, units: pd.DataFrame, chosen: str) -> None:
        self._saying, self.chosen = Saying("choice"), chosen
        self._kinds = {str(row.unit): str(row.kind) for row in each(units)}
        self._places = {str(row.unit): self._place(row) for row in each(units)}
        keys = [str(key).partition("@")[2] for key in units["unit"]]
        self.zones = {code: str(zone) for code, zone in zip(keys, units["zone"], strict=True) if code}

    def _place(self, row: Any) -> Both:
        if pd.isna(row.zones) or not int(row.zones):
            return self._saying.say("unit_everywhere")
        zone, more = Both.same(row.zone), int(row.zones) - 1
        if not more:
            return zone
        return self._saying.say("unit_more_one", zone) if more == 1 else self._saying.say("unit_more", zone, Num(more))

    def unit(self, key: str) -> Both:
        """A policy and where."""
        return self._grouped([key])[0]

    def listed(self, mix: str) -> list[Both]:
        """Its policies, each kind once with all of its places."""
        return [self._saying.say("nothing")] if mix == BASELINE else self._grouped(mix.split(" + "))

    def _grouped(self, keys: Sequence[str]) -> list[Both]:
        of_kind: dict[str, list[Both]] = {}
        for key, n in Counter(keys).items():
            place = self._places.get(key, Both.same(key))
            places = of_kind.setdefault(self._kinds.get(key, key), [])
            places.append(place if n == 1 else self._saying.say("times", Num(n), place))
        return [
            self._saying.say("unit", Both(*(dose_label(kind, lang) for lang in LANGUAGES)), joined(places))
            for kind, places in of_kind.items()
        ]

    def against(self, mix: str) -> Both:
        """A mix by how it differs from the chosen one, where that is shorter."""
        if mix == self.chosen and mix != BASELINE:
            return self._saying.say("same_as_chosen")
        parts = differences(mix, self.chosen)
        if parts is None:
            return one_of_many(self.listed(mix))
        keys = ("without", "with_more")
        words = [
            self._saying.say(key, one_of_many(self._grouped(of))) for key, of in zip(keys, parts, strict=True) if of
        ]
        return joined(words, ". ")


def one_of_many(parts: Sequence[Both]) -> Both:
    """Several in one text, which may hold commas themselves."""
    return Both("; ".join(part.en for part in parts), "\u00a0; ".join(part.fr for part in parts))
