"""What the report says, in both languages at once."""

from __future__ import annotations

from datetime import date

from ess_sim.errors import ScenarioError
from ess_sim.faces.report.gather.batch import Batch, Estimate
from ess_sim.faces.report.parts.blocks import Both, Coded, Level, Num
from ess_sim.faces.report.parts.saying import Saying
from ess_sim.faces.words.glossary import LANGUAGES, glossary
from ess_sim.faces.words.parameters import name_of
from ess_sim.faces.words.speech import apart, plain, short
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.model.policies.registry import policy_class
from ess_sim.results.statistics.intervals import FEWEST

__all__ = ["Voice"]


_LONGEST = 90
_LONG, _SHORT = 44, 64
"""Letters from which on titles leave out what all begin with, and of which there are at most then."""


class Voice(Saying):
    """Says things about one batch.

    Parameters
    ----------
    batch : Batch
        Whose scenarios have titles.
    """

    def __init__(self, batch: Batch) -> None:
        super().__init__("report")
        self._batch = batch
        self._titles = _titles(batch)
        every = [apart([title.to(lang) for title in self._titles.values()], _LONG) for lang in LANGUAGES]
        pairs = zip(*([short(text, _SHORT) for text in texts] for texts in every), strict=True)
        self._shorts = {name: Both(*pair) for name, pair in zip(self._titles, pairs, strict=True)}
        self.letters = {name: _letter(k) for k, name in enumerate(batch.shown)}

    # --- numbers ------------------------------------------------------------------------------------------------------

    def percent(self, value: float, digits: int = 1) -> Both:
        """A number of %."""
        return self.say("percent", Num(value, digits))

    def interval(self, found: Estimate, digits: int = 0, *, sign: bool = False, scale: float = 1.0) -> Both:
        """``[884; 1,069]``; nothing where there are too few observations for one."""
        if found.n < FEWEST or found.low != found.low or found.identical:
            return Both("", "")
        limits = (Num(x * scale, digits, sign) for x in (found.low, found.high))
        return self.say("interval", *limits)

    def followed(self, text: Both, more: Both) -> Both:
        """One text behind the other."""
        return Both(text.en + more.en, text.fr + more.fr)

    def level(self, found: Estimate, digits: int = 1, scale: float = 1.0) -> Level:
        """A mean with its interval, as a cell."""
        return Level(found.mean * scale, found.low * scale, found.high * scale, digits)

    def month(self, day: date) -> Both:
        """Month and year."""
        months = glossary().months
        return Both(*(f"{months[lang][day.month - 1]} {day.year}" for lang in LANGUAGES))

    def basis(self) -> Both:
        """What numbers rest on."""
        batch = self._batch
        if batch.drawn:
            return self.say("basis_draws", Num(batch.n), Num(len(batch.results.replications)))
        return self.say("basis", Num(batch.n)) if batch.n > 1 else self.say("basis_one")

    # --- names --------------------------------------------------------------------------------------------------------

    def title(self, name: str) -> Both:
        """Title of a scenario, in full."""
        return self._titles[name]

    def short(self, name: str) -> Both:
        """Title of a scenario; where some are long, without the words with which all begin, and cut."""
        return self._shorts[name]

    def lettered(self, name: str) -> Both:
        """Title behind the letter that stands for it in pictures."""
        title = self.short(name)
        return Both(f"{self.letters[name]} · {title.en}", f"{self.letters[name]} · {title.fr}")

    def series(self, name: str) -> int:
        """Which colour a scenario has: baselines the first, all others in their order."""
        bases = len(set(self._batch.compared.values()))
        place = self._batch.shown.index(name)
        return 0 if place < bases else place - bases + 1

    def outcome(self, name: str) -> Both:
        """What an outcome means."""
        found = OUTCOMES[name]
        return Both(found.about, found.about_fr)

    def parameter(self, name: str) -> Coded:
        """What a parameter is called, and its name in files."""
        words = name_of(name)
        return Coded(Both(words.en, words.fr), "" if words.en == name else name)

    def policy(self, kind: str) -> Both:
        """What a policy is called; one of a user's own keeps its name."""
        try:
            label = policy_class(kind).label
        except ScenarioError:  # of a user's own module, which is not imported for a report
            label = None
        return Both.same(plain(kind)) if label is None else Both(label.en, label.fr)


def _letter(k: int) -> str:
    """The letter of the k-th scenario: A, B, and, after Z, AA.

    >>> _letter(0), _letter(25), _letter(26)
    ('A', 'Z', 'AA')
    """
    return chr(65 + k) if k < 26 else _letter(k // 26 - 1) + _letter(k % 26)


def _titles(batch: Batch) -> dict[str, Both]:
    """Titles of all scenarios; names where there is none, and beside titles that occur twice."""
    found: dict[str, Both] = {}
    for name in batch.results.scenarios:
        said = batch.scenario(name).get("title") or name
        pair = [said.get(lang) or name for lang in LANGUAGES] if isinstance(said, dict) else [said, said]
        found[name] = Both(*(short(plain(text), _LONGEST) for text in pair))
    every = list(found.values())
    return {n: t if every.count(t) == 1 else Both(f"{t.en} ({n})", f"{t.fr} ({n})") for n, t in found.items()}
