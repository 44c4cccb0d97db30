"""The two languages that people read messages in, and a text in both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language that messages are written in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in every language."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The text in ``language``."""
        return self.zh if language is Language.ZH else self.en
