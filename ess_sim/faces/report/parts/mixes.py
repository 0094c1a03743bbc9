"""Mixes of policies in words, in both languages: what and where, and how one differs from the chosen one."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from ess_sim.faces.report.parts.blocks import Both, Num, joined
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.reports.studies.choice_rows import differences
from ess_sim.faces.reports.studies.league import dose_label
from ess_sim.faces.words.glossary import LANGUAGES

__all__ = ["Mixes"]


_BASE = "baseline"


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
        self._units = {str(row.unit): self._unit(row) for row in units.itertuples(index=False)}

    def _unit(self, row: object) -> Both:
        kind, zone, zones = (getattr(row, name) for name in ("kind", "zone", "zones"))
        label = Both(*(dose_label(str(kind), lang) for lang in LANGUAGES))
        if pd.isna(zones) or not int(zones):
            return self._saying.say("unit_everywhere", label)
        if int(zones) == 1:
            return self._saying.say("unit", label, str(zone))
        more = Num(int(zones) - 1)
        one = self._saying.say("unit_more_one", label, str(zone))
        return one if int(zones) == 2 else self._saying.say("unit_more", label, str(zone), more)

    def unit(self, key: str) -> Both:
        """A policy and where."""
        return self._units.get(key, Both.same(key))

    def listed(self, mix: str) -> list[Both]:
        """Its policies, each once, with how often it is had."""
        if mix == _BASE:
            return [self._saying.say("nothing")]
        return self._counted(mix.split(" + "))

    def _counted(self, keys: list[str]) -> list[Both]:
        return [
            self.unit(key) if n == 1 else self._saying.say("times", Num(n), self.unit(key))
            for key, n in Counter(keys).items()
        ]

    def against(self, mix: str) -> Both:
        """A mix by how it differs from the chosen one, where that is shorter."""
        if mix == self.chosen:
            return self._saying.say("same_as_chosen")
        parts = differences(mix, self.chosen)
        if parts is None or mix == _BASE:
            return joined(self.listed(mix), "; ")
        keys = ("without", "with_more")
        return joined(
            [self._saying.say(key, joined(self._counted(of), ", ")) for key, of in zip(keys, parts, strict=True) if of],
            "; ",
        )
