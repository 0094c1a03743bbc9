"""What a face says, and how it writes numbers and dates, in one language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from ess_sim.errors import printable
from ess_sim.faces.words.glossary import Language, glossary, phrases

__all__ = ["Speech", "apart", "place", "plain", "short"]


_MARKS = ",;:.–—-·"
"""What may follow the words that titles have in common."""
_KEPT = 2 / 3
"""Part of a text's room that is filled even if that cuts a word."""


class Speech:
    """Says things in one language.

    Parameters
    ----------
    face : str
        Whose phrases: the name of a file of ``data/words``.
    lang : {'en', 'fr'}

    Examples
    --------
    >>> english, french = Speech("description", "en"), Speech("description", "fr")
    >>> english.say("adults"), english.number(12345.6), english.percent(0.123)
    ('adults', '12,346', '12.3 %')
    >>> french.number(345.6, 1)
    '345,6'
    """

    def __init__(self, face: str, lang: Language) -> None:
        self.lang: Language = lang
        self._phrases = phrases(face)

    def say(self, key: str, *values: object) -> str:
        """A phrase of the face with its values."""
        return self._phrases[key].to(self.lang).format(*values)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with groups of three digits; a dash where there is none."""
        if not math.isfinite(value):
            return "–"
        text = f"{value:,.{digits}f}"
        return text.replace(",", "\u202f").replace(".", ",") if self.lang == "fr" else text

    def figure(self, value: float) -> str:
        """A number with as many digits as it needs.

        >>> Speech("description", "fr").figure(0.25), Speech("description", "en").figure(1500.0)
        ('0,25', '1,500')
        """
        digits = next((n for n in range(4) if math.isclose(value, round(value, n), abs_tol=1e-9)), 4)
        return self.number(value, digits)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share as a percentage."""
        return self.say("percent", self.number(100 * share, digits)) if math.isfinite(share) else "–"

    def minutes(self, minutes: float, cutoff: float) -> str:
        """How far it is; beyond the cut-off that is unknown."""
        if math.isfinite(minutes):
            return self.say("within", self.number(minutes))
        return self.say("beyond", self.figure(cutoff))

    def reached(self, minutes: float, cutoff: float) -> str:
        """Whole minutes in a table; beyond the cut-off that is all that is known."""
        return self.number(minutes) if math.isfinite(minutes) else f"> {self.figure(cutoff)}"

    def date(self, day: date) -> str:
        """A date in words."""
        first = self.lang == "fr" and day.day == 1
        return f"{'1er' if first else day.day} {glossary().months[self.lang][day.month - 1]} {day.year}"

    def band(self, age_from: int, years: int, *, last: bool) -> str:
        """A band of ages."""
        return f"{age_from}+" if last else f"{age_from}–{age_from + years - 1}"


def plain(text: object) -> str:
    """A user's text on one line, harmless to a terminal."""
    return printable(" ".join(str(text).split()))


def short(text: str, letters: int) -> str:
    """A text of at most so many letters, cut between words where the last one is not too long.

    >>> short("Saint-Germain-de-Coulamer", 12)
    'Saint-Germa…'
    >>> short("Service médical, jeunes retraités", 27)
    'Service médical, jeunes…'
    """
    if len(text) <= letters:
        return text
    cut = text[: letters - 1]
    words = cut if text[letters - 1] == " " else cut.rpartition(" ")[0]
    return (words if len(words) > _KEPT * letters else cut).rstrip(_MARKS + " ") + "…"


def apart(texts: Sequence[str], letters: int) -> list[str]:
    """Titles without the words with which all begin, where one has more letters; as they are where none has.

    >>> apart(["Sud Nivernais without policy", "Sud Nivernais, posts for young retired GPs"], 30)
    ['Without policy', 'Posts for young retired GPs']
    >>> apart(["Laval without policy", "Laval, posts"], 30)
    ['Laval without policy', 'Laval, posts']
    """
    if len(texts) < 2 or max(map(len, texts)) <= letters:
        return list(texts)
    words = [text.split() for text in texts]
    most = min(map(len, words)) - 1  # of each text something is left
    bare = [[word.rstrip(_MARKS) for word in line[:most]] for line in words]
    common = next((k for k in range(most) if len({line[k] for line in bare}) > 1), max(0, most))
    left = [" ".join(line[common:]).lstrip(_MARKS + " ") for line in words]
    return [text[:1].upper() + text[1:] for text in left] if common and all(left) else list(texts)


def place(name: object, letters: int) -> str:
    """A zone's name in at most so many letters.

    >>> place("Paris 15e Arrondissement", 18)
    'Paris 15e arr.'
    """
    return short(plain(name).replace("Arrondissement", "arr."), letters)
