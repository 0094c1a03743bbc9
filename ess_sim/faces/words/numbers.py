"""What a parameter's number means, in words: unit, grade, range, and whether it lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ess_sim.faces.words.glossary import Language, glossary, phrases
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.scenario.scenario import Scenario

__all__ = ["about", "every_digit", "outside_notes"]


def every_digit(value: float | Decimal, lang: Language) -> str:
    """Every digit of a number, and none that says nothing.

    >>> every_digit(0.50, "fr")
    '0,5'
    """
    text = f"{Decimal(str(value)):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if lang == "fr" else text


def about(name: str, lang: Language, *given: float | None) -> str:
    """Unit, grade and range of a parameter, and which of the values given lie outside.

    >>> about("settle_probability", "en", 0.5)
    'probability, grade D, defensible range 0.03 to 0.2; 0.5 is outside the defensible range'
    """
    entry, words = catalogue()[name], glossary()

    def say(key: str, *values: str) -> str:
        return phrases("explanation")[key].to(lang).format(*values)

    unit = words.units_fr.get(entry.unit, entry.unit) if lang == "fr" else entry.unit
    what = say("entry", unit, entry.grade, every_digit(entry.low, lang), every_digit(entry.high, lang))
    beyond = [v for v in dict.fromkeys(given) if v is not None and not entry.low <= v <= entry.high]
    return say("semicolon").join([what, *(say("outside", every_digit(v, lang)) for v in beyond)])


def outside_notes(scenario: Scenario) -> Iterator[str]:
    """A line for each of a scenario's parameters that lies outside its defensible range."""
    for name, value in sorted(scenario.parameters.items()):
        entry = catalogue()[name]
        if not entry.low <= value <= entry.high:
            yield f"parameters.{name}: {about(name, 'en', value)}"
