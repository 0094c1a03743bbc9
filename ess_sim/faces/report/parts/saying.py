"""Phrases of a face in both languages at once, with numbers and dates in each as it writes them."""

from __future__ import annotations

from datetime import date
from typing import Any

from ess_sim.faces.report.parts.blocks import Both, Num
from ess_sim.faces.words.glossary import LANGUAGES, phrases
from ess_sim.faces.words.speech import Speech

__all__ = ["Saying"]


class Saying:
    r"""Says phrases of a face.

    Parameters
    ----------
    face : str
        Name of a file of ``data/words``.

    Examples
    --------
    >>> Saying("report").say("percent", Num(12.5, 1))
    Both(en='12.5 %', fr='12,5\xa0%')
    """

    def __init__(self, face: str) -> None:
        self._face = face
        self._speech = {lang: Speech(face, lang) for lang in LANGUAGES}

    def say(self, key: str, *values: Both | Num | str | int | date) -> Both:
        """A phrase with its values."""
        return Both(*(self._in(lang, key, values) for lang in LANGUAGES))

    def _in(self, lang: Any, key: str, values: Any) -> str:
        return self._speech[lang].say(key, *(self._value(v, lang) for v in values))

    def _value(self, value: Any, lang: Any) -> str:
        if isinstance(value, Both | Num):
            return value.to(lang)
        return self._speech[lang].date(value) if isinstance(value, date) else str(value)

    def count(self, key: str, number: Num, *values: Both | Num) -> Both:
        """A phrase that begins with a number of something: ``key_one`` of 1, in French of whatever is below 2."""
        shown = number.plain.lstrip("+-")
        several, one = self.say(key, number, *values), self.say(f"{key}_one", number, *values)
        return Both(one.en if shown == "1" else several.en, one.fr if shown and float(shown) < 2 else several.fr)

    def known(self, key: str, fallback: str = "") -> Both:
        """A phrase by a key that is put together; what has no phrase keeps its name."""
        return self.say(key) if key in phrases(self._face) else Both.same(fallback or key)
