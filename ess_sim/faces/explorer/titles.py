"""What scenarios made in the explorer say of themselves, in both languages: name, title, description."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from ess_sim.errors import shortened
from ess_sim.faces.words.glossary import LANGUAGES, Language, phrases
from ess_sim.inputs.languages.bilingual import Bilingual
from ess_sim.inputs.scenario.scenario import Scenario
from ess_sim.inputs.territory.population import in_french
from ess_sim.inputs.territory.territory import Territory
from ess_sim.model.policies.base import Policy

__all__ = ["about_baseline", "about_variant", "named", "title_of"]


_LONGEST_TITLE, _LONGEST_STEM, _LONGEST_SLUG, _MOST_ZONES = 120, 60, 30, 3


def _both(text: Callable[[Language], str]) -> Bilingual:
    return Bilingual(*(text(lang) for lang in LANGUAGES))


def _say(key: str, lang: Language, *values: str) -> str:
    return phrases("explorer")[key].to(lang).format(*values)


def named(stem: str, letter: str, title: str) -> str:
    """The name of a variant: what its file is called, by its letter and the title that the user gave it.

    Examples
    --------
    >>> named("laval", "b", "SMP à Changé, 3 médecins"), named("laval", "a", "")
    ('laval-b-smp-a-change-3-medecins', 'laval-a')
    """
    folded = unicodedata.normalize("NFKD", title.casefold().replace("œ", "oe")).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", folded)[:_LONGEST_SLUG].strip("-")
    return "-".join(filter(None, (stem[:_LONGEST_STEM], letter, slug)))


def _policies_said(policies: Sequence[object], place: Territory, lang: Language) -> str:
    """Policies by their labels, and where each acts."""
    return _say("and", lang).join(_policy_said(p, place, lang) for p in policies if isinstance(p, Policy))


def _policy_said(policy: Policy, place: Territory, lang: Language) -> str:
    label = policy.label.to(lang) if policy.label is not None else policy.kind
    zone = getattr(policy, "zone", None) or getattr(getattr(policy, "centre", None), "zone", None)
    zones = [zone] if isinstance(zone, str) else list(getattr(policy, "zones", None) or ())
    names = dict(zip(place.zones, place.zone_names, strict=True))
    said = [names.get(code, code) for code in zones if isinstance(code, str)]
    return label if not 0 < len(said) <= _MOST_ZONES else f"{label} ({', '.join(said)})"


def title_of(given: str, policies: Sequence[object], place: Territory) -> Bilingual:
    """What the user calls a variant; else its place and its policies."""
    if given.strip():
        return Bilingual(shortened(given.strip(), _LONGEST_TITLE))

    def made(lang: Language) -> str:
        where = in_french(place.name) if lang == "fr" else place.name
        labels = [p.label.to(lang) if p.label is not None else p.kind for p in policies if isinstance(p, Policy)]
        return shortened(f"{where}, {' + '.join(labels)}", _LONGEST_TITLE)

    return _both(made)


def about_variant(policies: Sequence[object], place: Territory, baseline: Scenario, pattern: Scenario) -> Bilingual:
    """What a variant is: its policies, that it was made here, of which baseline, and begun with which file."""

    def made(lang: Language) -> str:
        called = baseline.title.to(lang) or baseline.name
        text = _say("about_variant", lang, _policies_said(policies, place, lang), called, baseline.name)
        return text if pattern is baseline else text + " " + _say("about_pattern", lang, pattern.name)

    return _both(made)


def about_baseline(given: Scenario) -> tuple[Bilingual, Bilingual]:
    """Title and description of a user's scenario without its policies."""

    def title(lang: Language) -> str:
        called = shortened(given.title.to(lang) or given.name, _LONGEST_TITLE - 30)
        return _say("title_without", lang, called)

    return _both(title), _both(lambda lang: _say("about_without", lang, given.name))
