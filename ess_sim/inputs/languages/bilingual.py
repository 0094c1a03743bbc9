"""Texts that a file says of itself in one language or in two: titles and descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, PlainSerializer, WrapValidator

__all__ = ["Bilingual", "Language", "in_language"]


Language = Literal["en", "fr"]


class InBothLanguages(BaseModel):
    """A text in English and in French, in the place of one text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    en: Annotated[str, Field(min_length=1, description="in English")]
    fr: Annotated[str, Field(min_length=1, description="in French")]


class Bilingual(str):
    """A text, with its French where a file gives both: ``{en: …, fr: …}``.

    It is an ordinary ``str``, the English one, so that what knows nothing of languages shows that. A file with one
    text, in whichever language, has no ``fr``.

    Parameters
    ----------
    text : str
        The text, or the English one of two.
    fr : str, optional
        The French one.

    Examples
    --------
    >>> title = Bilingual("Laval without the SMP", fr="Laval sans le SMP")
    >>> title, title.to("fr")
    ('Laval without the SMP', 'Laval sans le SMP')
    >>> Bilingual("Laval sans le SMP").to("en")
    'Laval sans le SMP'
    """

    __slots__ = ("fr",)
    fr: str | None
    written_as: ClassVar[Any] = str | InBothLanguages
    """What a file may write for it, as an annotation."""

    def __new__(cls, text: str = "", fr: str | None = None) -> Self:
        made = super().__new__(cls, text)
        made.fr = getattr(text, "fr", None) if fr is None else fr
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.fr)

    def to(self, lang: Language) -> str:
        """The text in a language; the only one there is where there are not two."""
        return self.fr if lang == "fr" and self.fr is not None else str(self)

    def said(self) -> str | dict[str, str]:
        """What a file says: one text, or both."""
        return str(self) if self.fr is None else {"en": str(self), "fr": self.fr}

    @classmethod
    def _read(cls, value: Any, check: Callable[[Any], Any]) -> Bilingual:
        if isinstance(value, cls):
            return value
        found = check(value)
        return cls(found.en, found.fr) if isinstance(found, InBothLanguages) else cls(found)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Annotated[cls.written_as, WrapValidator(cls._read), PlainSerializer(cls.said)])


def in_language(said: str | Mapping[str, str] | None, lang: Language = "en") -> str:
    """A title or a description as results keep it (`Bilingual.said`, or none), in a language.

    Examples
    --------
    >>> in_language({"en": "The SMP", "fr": "Le SMP"}, "fr"), in_language("The SMP", "fr"), in_language(None)
    ('Le SMP', 'The SMP', '')
    """
    if isinstance(said, Mapping):
        return str(said.get(lang) or said.get("en") or "")
    return said.to(lang) if isinstance(said, Bilingual) else str(said or "")
