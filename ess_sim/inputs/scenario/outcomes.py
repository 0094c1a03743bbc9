"""Outcomes that a scenario may declare: one entry each, with its unit, its direction and what it means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["FAIRNESS", "OUTCOMES", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """A number of a run at each of its records.

    How it is computed stands in `SERIES`, which a test holds against this table, and by group in `BY_GROUP`.

    Attributes
    ----------
    name : str
    about, about_fr : str
        What it means, in English and in French.
    unit : str
        ``share`` for what lies in 0–1 (a difference of shares in −1–1), else the unit of the values.
    signed : bool
        Whether it is itself a difference of shares, and lies in −1–1.
    better : {'lower', 'higher'}
        Which way it is better for residents.
    short : str
        For an outcome that says who is left out: its name beside a headline. Else ''.

    Examples
    --------
    >>> outcome = OUTCOMES["share_lost"]
    >>> outcome.scale, outcome.unit_of_level, outcome.unit_of_difference
    (100.0, '%', 'pp')
    >>> OUTCOMES["travel_minutes"].unit_of_difference
    'minutes'
    """

    name: str
    about: str
    about_fr: str
    unit: str = "share"
    better: Literal["lower", "higher"] = "lower"
    short: str = ""
    signed: bool = False

    @property
    def scale(self) -> float:
        """By what a value is multiplied to be stated: shares are stated in %."""
        return 100.0 if self.unit == "share" else 1.0

    @property
    def unit_of_level(self) -> str:
        """Unit of a value that is stated."""
        return "%" if self.unit == "share" else self.unit

    @property
    def unit_of_difference(self) -> str:
        """Unit of a difference between two stated values: percentage points for shares."""
        return "pp" if self.unit == "share" else self.unit

    @property
    def limits_of_level(self) -> tuple[float, float]:
        """Between what a value that is stated can lie."""
        return (-100.0 if self.signed else 0.0, 100.0) if self.unit == "share" else (-math.inf, math.inf)

    @property
    def limits_of_difference(self) -> tuple[float, float]:
        """Between what a difference between two stated values can lie."""
        low, high = self.limits_of_level
        return low - high, high - low

    @property
    def lower_is_better(self) -> bool:
        """Whether the smaller of two values is the better one."""
        return self.better == "lower"


_ALL = (
    Outcome(
        "share_without_mt",
        "share of residents aged 17+ without MT",
        "part des habitants de 17 ans et plus sans MT",
    ),
    Outcome(
        "share_lost",
        "share of residents aged 17+ whose last MT ceased or closed",
        "part des habitants de 17 ans et plus dont le dernier MT a cessé son activité ou fermé",
    ),
    Outcome(
        "share_never_declared",
        "share of residents aged 17+ without MT for any other reason",
        "part des habitants de 17 ans et plus sans MT pour toute autre raison",
    ),
    Outcome(
        "share_seeking",
        "share of residents aged 17+ who look for an MT",
        "part des habitants de 17 ans et plus qui cherchent un MT",
    ),
    Outcome(
        "share_without_mt_ald",
        "share without MT among residents with a long-term illness (ALD)",
        "part sans MT parmi les habitants en affection de longue durée (ALD)",
        short="with ALD",
    ),
    Outcome(
        "share_without_mt_precarious",
        "share without MT among precarious residents",
        "part sans MT parmi les habitants en situation de précarité",
    ),
    Outcome(
        "share_listed_far",
        "share of residents aged 17+ whose MT is far away or outside the territory",
        "part des habitants de 17 ans et plus dont le MT est loin ou hors du territoire",
    ),
    Outcome(
        "refusal_rate",
        "probability that a random practice refuses a random standard caller (mystery call)",
        "probabilité qu'un cabinet au hasard refuse un appelant ordinaire au hasard (appel mystère)",
    ),
    Outcome(
        "travel_minutes",
        "mean minutes to the MT, residents listed in the territory",
        "durée moyenne du trajet vers le MT, habitants dont le MT exerce dans le territoire",
        unit="minutes",
    ),
    Outcome(
        "median_minutes",
        "median of the minutes to the MT, residents listed in the territory",
        "durée médiane du trajet vers le MT, habitants dont le MT exerce dans le territoire",
        unit="minutes",
    ),
    Outcome(
        "list_holders",
        "list-holding GPs",
        "médecins généralistes qui tiennent une patientèle",
        unit="GPs",
        better="higher",
    ),
    Outcome(
        "gap_precarious",
        "share without MT of precarious residents minus that of the others",
        "part sans MT des habitants en situation de précarité moins celle des autres",
        short="precarious minus others",
        signed=True,
    ),
    Outcome(
        "worst_decile_zones",
        "share without MT of the tenth of adults in the zones worst off",
        "part sans MT du dixième des adultes dans les zones les plus mal loties",
        short="worst tenth, by zone",
    ),
    Outcome(
        "gini_zones",
        "Gini index of the zones' shares without MT",
        "indice de Gini des parts sans MT des zones",
        short="Gini of zones",
    ),
    Outcome(
        "barrier_physical",
        "attempts to find an MT in the last twelve months that failed because lists open were too far",
        "recherches d'un MT des douze derniers mois sans succès parce que les patientèles ouvertes étaient trop loin",
    ),
    Outcome(
        "barrier_financial",
        "attempts to find an MT in the last twelve months that failed for money",
        "recherches d'un MT des douze derniers mois sans succès pour une raison financière",
    ),
    Outcome(
        "barrier_psychological",
        "attempts to find an MT in the last twelve months that residents did not dare to make",
        "recherches d'un MT des douze derniers mois auxquelles des habitants ont renoncé, faute d'oser",
    ),
)


OUTCOMES = MappingProxyType({outcome.name: outcome for outcome in _ALL})
"""Outcomes that a scenario may declare, by name, in the order in which tables show them."""


FAIRNESS = MappingProxyType(
    {
        name: OUTCOMES[name].short
        for name in ("gap_precarious", "share_without_mt_ald", "worst_decile_zones", "gini_zones")
    }
)
"""Outcomes that say who is left out, with their short names, in the order in which they stand beside a headline."""
