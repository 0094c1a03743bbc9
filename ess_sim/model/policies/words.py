"""Words in both languages of an explained scenario."""

from __future__ import annotations

from dataclasses import dataclass

from ess_sim.arguments import checked
from ess_sim.inputs.languages.bilingual import Language

__all__ = ["Language", "Words"]


@checked
@dataclass(frozen=True)
class Words:
    """What something is called, in English and in French.

    Examples
    --------
    >>> Words("waves", "vagues").to("fr")
    'vagues'
    """

    en: str
    fr: str

    @checked
    def to(self, lang: Language) -> str:
        """The words in one language."""
        return self.fr if lang == "fr" else self.en
