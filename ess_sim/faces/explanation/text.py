"""A scenario in plain English or French: what it says, and what it changes against a baseline.

The text is derived from the scenario objects alone, field by field: a field that this module has no words for appears
under its own name, so that no difference is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ess_sim.arguments import checked
from ess_sim.faces.explanation.parts import fields, is_blocks, kind, paired
from ess_sim.faces.words.glossary import Language, glossary, phrases
from ess_sim.faces.words.numbers import about, every_digit
from ess_sim.inputs.catalogue.parameters import catalogue
from ess_sim.inputs.documents.nodes import NOWHERE, problem_at
from ess_sim.inputs.languages.bilingual import Bilingual, in_language
from ess_sim.inputs.scenario.blocks import Block
from ess_sim.inputs.scenario.outcomes import OUTCOMES
from ess_sim.inputs.scenario.scenario import PolicyModel, ResidentsStart, Scenario, Supply
from ess_sim.inputs.scenario.territory_spec import WAYS
from ess_sim.model.policies.ahead import Limit
from ess_sim.model.policies.base import Policy
from ess_sim.model.policies.words import Words
from ess_sim.model.run.limits import limits
from ess_sim.model.run.notices import notices
from ess_sim.model.run.prepare import prepare

__all__ = ["explain"]


@checked
def explain(scenario: Scenario, baseline: Scenario | None = None, *, lang: Language = "en") -> str:
    """What a scenario says, in plain words.

    Parameters
    ----------
    scenario : Scenario
        The scenario to explain.
    baseline : Scenario, optional
        With it, the text states every difference from it (old value → new value) and names what is the same.
    lang : {"en", "fr"}
        Language of the text. Names of parameters, titles and sources stand as they were written.

    Returns
    -------
    str
        Several lines, the last one ending with a line break.

    Raises
    ------
    TerritoryError
        If the territory, which knows the zones' names, cannot be built.

    Examples
    --------
    >>> from ess_sim.inputs.catalogue.bundled import scenarios_dir
    >>> from ess_sim.model.run.read import read_scenario
    >>> scenario = read_scenario(scenarios_dir() / "laval" / "baseline.yaml")
    >>> faster = scenario.with_parameters("faster", settle_probability=0.1)
    >>> for line in explain(faster, scenario).splitlines()[4:7]:
    ...     print(line)
    <BLANKLINE>
    Parameters
      settle_probability: 0.08 (catalogue) → 0.1 (probability, grade D, defensible range 0.03 to 0.2)
    """
    return "\n".join(_Text(lang, scenario, baseline).lines()) + "\n"


_CHOICES = {"payer", "form", "staff"}
_PERCENT = {"share", "never_declared_part"}
_CODES = {"zone", "zones", "of", "leave_out", *(key for key, way in WAYS.items() if way.kind)}


_AGREED = {"zone", "opens", "closes", "starts", "ends"}
"""Fields that mean the same in every policy."""


_SITUATION = ("start", "territory", "supply", "residents", "parameters")
"""Parts of a scenario, beside policies and the horizon, that can change a result."""


class _Text:
    """The text in one language."""

    def __init__(self, lang: Language, scenario: Scenario, baseline: Scenario | None) -> None:
        self.scenario, self.baseline = scenario, baseline
        self._lang = lang
        self._words, self._phrases = glossary(), phrases("explanation")
        self._zones: dict[str, str] = {}
        for one in filter(None, (baseline, scenario)):
            territory = prepare(one)
            self._zones |= dict(zip(territory.zones, territory.zone_names, strict=True))
            self._zones |= one.territory.called

    def lines(self) -> Iterator[str]:
        """The whole text, line by line."""
        calendar = self.scenario.calendar
        yield self._head(self.scenario)
        if self.baseline is not None:
            yield self._phrase("compared", self._head(self.baseline))
        end = self._phrase(
            "from_to", self._date(calendar.start), self._years(calendar.horizon_years), self._date(calendar.end)
        )
        yield from ("", _capital(self._pair(self._phrase("period"), end)))
        same: list[str] = []
        for name in filter("name".__ne__, Scenario.model_fields):
            if self.baseline is not None and getattr(self.baseline, name) == getattr(self.scenario, name):
                same.append(self._label(name))
            section = list(self._section(name))
            if section:
                yield from ("", _capital(section[0]), *section[1:])
        yield ""
        if same:
            yield _capital(self._pair(self._phrase("same"), ", ".join(same)))
        yield from self._beginning()
        if certain := limits(self.scenario):
            yield from ("", self._phrase("impossible"), *_indented(map(self._limit, certain)))
        if binding := notices(self.scenario):
            yield from ("", self._phrase("binding"), *_indented(words.to(self._lang) for words in binding))

    def _limit(self, limit: Limit) -> str:
        """A limit behind the key that asks for more."""
        words = limit.words.to(self._lang)
        where = problem_at(NOWHERE, limit.at, "").where
        return self._pair(where, words) if where else words

    def _section(self, name: str) -> Iterator[str]:
        """One part of the scenario: all of it, or what differs from the baseline."""
        new = getattr(self.scenario, name)
        if name == "parameters":
            yield from self._parameters()
        elif name == "policies":
            policies = list(self._policies())
            yield self._label(name) if policies else self._pair(self._label(name), self._phrase("none"))
            yield from _indented(policies)
        elif self.baseline is not None:
            yield from self._changes(name, getattr(self.baseline, name), new)
        elif name not in ("title", "start", "horizon_years") and new:  # these three stand at the top
            yield from self._whole(name, new)

    # --- words and values

    def _phrase(self, key: str, *values: str) -> str:
        return self._phrases[key].to(self._lang).format(*values)

    def _label(self, name: str, owner: Any = None) -> str:
        words = _own_labels(owner).get(name)
        known = _known(name, owner)
        if words is None and known:
            words = self._words.fields.get(name)
        if words is None and self._lang == "fr" and known:
            return self._words.choices_fr.get(name, _plain(name))
        return words.to(self._lang) if words else _plain(name)

    def _pair(self, label: str, value: str) -> str:
        return f"{label}{self._phrase('colon')}{value}"

    def _head(self, scenario: Scenario) -> str:
        return (
            self._pair(scenario.name, _plain(in_language(scenario.title, self._lang)))
            if scenario.title
            else scenario.name
        )

    def _date(self, day: date) -> str:
        first = self._lang == "fr" and day.day == 1
        return f"{'1er' if first else day.day} {self._words.months[self._lang][day.month - 1]} {day.year}"

    def _number(self, value: float | Decimal) -> str:
        return every_digit(value, self._lang)

    def _years(self, years: int) -> str:
        return self._phrase("year" if years == 1 else "years", str(years))

    def _zone(self, code: str) -> str:
        if code == "remainder":
            return self._phrase("remainder")
        name = self._zones.get(code, code)
        return _plain(code) if name == code else f"{_plain(code)} ({_plain(name)})"

    def _value(self, name: str, value: Any) -> str:
        """A value without parts."""
        if value is None:
            return self._phrase("not_given")
        if isinstance(value, bool):
            return self._phrase("yes" if value else "no")
        if isinstance(value, date):
            return self._date(value)
        if isinstance(value, list | tuple):
            return ", ".join(self._value(name, v) for v in value) or self._phrase("none")
        if isinstance(value, int | float):
            if name == "horizon_years":
                return self._years(int(value))
            if name in _PERCENT:
                return self._phrase("percent", self._number(Decimal(str(value)) * 100))
            return self._number(value) + (f" ({about(name, self._lang, value)})" if name in catalogue() else "")
        text = value.to(self._lang) if isinstance(value, Bilingual) else str(value)
        if not text:
            return self._phrase("not_given")
        if self._lang == "fr" and (name in _CHOICES or text == "by_shortage"):
            return self._words.choices_fr.get(text, _plain(text))
        if name in _CODES:
            return self._zone(text)
        if name == "outcomes" and text in OUTCOMES:
            outcome = OUTCOMES[text]
            return f"{outcome.about_fr if self._lang == 'fr' else outcome.about} ({text})"
        quoted = name in ("title", "description", "source", "sources")
        return self._phrase("quotes", _plain(text)) if quoted else _plain(text)

    # --- any part of a scenario

    def _whole(self, name: str, value: Any, note: str = "", title: str = "") -> Iterator[str]:
        """A value with all that is in it."""
        title = title or self._label(name)
        if is_blocks(value):
            for block in value:
                yield from self._whole(name, block, note, self._title(title, block))
        elif (parts := fields(value)) is None:
            yield self._pair(title, self._value(name, value)) + (f" ({note})" if note else "")
        else:
            nothing = "" if parts else self._phrase("none")
            yield self._pair(title, note or nothing) if note or nothing else title
            missing = []
            for key, inner in parts.items():
                label = self._zone(key) if name == "counts" else self._label(key, value)
                if inner is None:
                    missing.append(label)
                elif not (key == "zones" and isinstance(value, Block)):  # these stand in the title
                    yield from _indented(self._whole(_inner(name, key, value), inner, title=label))
            if missing and isinstance(value, PolicyModel | ResidentsStart | Supply):
                yield "  " + self._pair(self._phrase("not_given"), ", ".join(missing))

    def _changes(self, name: str, old: Any, new: Any, title: str = "") -> Iterator[str]:
        """How a value differs from what it was."""
        if old == new and type(old) is type(new):
            return
        title = title or self._label(name)
        before, after = fields(old), fields(new)
        if any(map(is_blocks, (old, new))) and all(is_blocks(side) or not side for side in (old, new)):
            yield from self._blocks(name, old or (), new or (), title)
        elif before is not None and after is not None and type(old) is type(new):
            yield title
            for key in dict.fromkeys([*before, *after]):
                part = _inner(name, key, new)
                label = self._zone(key) if name == "counts" else self._label(key, new)
                inner = self._changes(part, before.get(key), after.get(key), label)
                yield from _indented(inner)
        elif before is None and after is None and not any(map(is_blocks, (old, new))):
            yield self._pair(title, f"{self._value(name, old)} → {self._value(name, new)}")
        else:
            for side, note in ((old, "removed"), (new, "added")):
                if side is not None:
                    yield from self._whole(name, side, self._phrase(note), title)

    def _blocks(self, name: str, old: Sequence[Any], new: Sequence[Any], title: str) -> Iterator[str]:
        """How lists of blocks differ: blocks of the same zones are compared with one another."""
        pairs = paired(old, new)
        for before, after in pairs:
            if before is not None and after is not None:
                yield from self._changes(name, before, after, self._title(title, after))
            elif before is not None:
                yield from self._whole(name, before, self._phrase("removed"), self._title(title, before))
            else:
                yield from self._whole(name, after, self._phrase("added"), self._title(title, after))
        kept = [old.index(before) for before, after in pairs if before is not None and after is not None]
        if kept != sorted(kept):
            yield self._pair(title, self._phrase("reordered"))

    def _title(self, title: str, block: Any) -> str:
        """What a block of a list is called."""
        if isinstance(block, PolicyModel):
            of = kind(block)
            label = block.label if isinstance(block, Policy) else None
            return f"{label.to(self._lang)} ({_plain(of)})" if label else _plain(of)
        return f"{title}, {self._value('zones', block.zones)}" if isinstance(block, Block) else title

    # --- policies, parameters, the first day

    def _policies(self) -> Iterator[str]:
        if self.baseline is None:
            for policy in self.scenario.policies:
                yield from self._whole("policies", policy, title=self._title("policies", policy))
            return
        for before, after in paired(self.baseline.policies, self.scenario.policies):
            if before is None or after is None:
                one, note = (after, "added") if before is None else (before, "removed")
                yield from self._whole("policies", one, self._phrase(note), self._title("policies", one))
            elif before == after:
                yield from self._whole("policies", after, self._phrase("unchanged"), self._title("policies", after))
            else:
                title = self._pair(self._title("policies", after), self._phrase("changed"))
                yield from self._changes("policies", before, after, title)

    def _parameters(self) -> Iterator[str]:
        new = self.scenario.parameters
        old = self.baseline.parameters if self.baseline is not None else {}
        names = [n for n in sorted({*old, *new}) if self.baseline is None or old.get(n) != new.get(n)]
        if names:
            yield self._label("parameters")
            yield from _indented(self._parameter(n, old.get(n), new.get(n)) for n in names)
        elif self.baseline is None:
            yield self._pair(self._label("parameters"), self._phrase("all_catalogue"))

    def _parameter(self, name: str, old: float | None, new: float | None) -> str:
        """One parameter; None is the catalogue's value."""
        entry = catalogue().get(name)
        if entry is None:
            values = " → ".join(self._value(name, side) for side in (old, new))
            return self._pair(name, f"{values} ({self._phrase('unknown')})")
        before, after = (
            self._number(side) if side is not None else self._phrase("catalogue", self._number(entry.value))
            for side in (old, new)
        )
        values = self._phrase("instead", after, before) if self.baseline is None else f"{before} → {after}"
        return self._pair(name, f"{values} ({about(name, self._lang, old, new)})")

    def _beginning(self) -> Iterator[str]:
        """The first day of a policy, and until when both scenarios are the same."""
        scenario, baseline = self.scenario, self.baseline
        if scenario.policies:
            yield self._phrase("first", self._date(_first(scenario, scenario.policies)))
        else:
            yield self._phrase("no_policy")
        if baseline is None:
            return
        differing = [self._label(n) for n in _SITUATION if getattr(scenario, n) != getattr(baseline, n)]
        gone, come = (
            [side for pair in paired(baseline.policies, scenario.policies) if pair[0] != pair[1] and (side := pair[i])]
            for i in (0, 1)
        )
        end = min(scenario.calendar.end, baseline.calendar.end)
        if differing:
            yield self._phrase("situation", ", ".join(differing))
        elif gone or come:
            first = min(_first(one, some) for one, some in ((baseline, gone), (scenario, come)) if some)
            yield self._phrase("until" if first > scenario.start else "from_day_0", self._date(first))
        elif scenario.horizon_years != baseline.horizon_years:
            yield self._phrase("until_end", self._date(end))
        else:
            yield self._phrase("alike")


def _known(name: str, owner: Any) -> bool:
    """Whether a field means what this package means by it: in a user's own policy it may be anything."""
    return name in _AGREED or owner is None or type(owner).__module__.startswith("ess_sim.")


def _inner(name: str, key: str, owner: Any) -> str:
    """What a part of a value is; '' where this package does not know what it means."""
    if name == "borne_by":  # costs, each with who bears it
        return "payer"
    return key if _known(key, owner) else ""


def _own_labels(owner: Any) -> dict[str, Words]:
    """What a policy itself calls its fields."""
    return owner.field_labels if isinstance(owner, Policy) else {}


def _first(scenario: Scenario, policies: Iterable[PolicyModel]) -> date:
    """The first day on which one of the policies acts."""
    return scenario.calendar.date(min(policy.first_day(scenario.calendar) for policy in policies))


def _plain(text: str) -> str:
    """A user's text on one line."""
    text = " ".join(text.split())
    return text if text.isprintable() else repr(text)[1:-1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
