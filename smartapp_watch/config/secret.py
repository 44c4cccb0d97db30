"""A secret, known by where it comes from and read only when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class SecretSource(StrEnum):
    """Where a secret is read from."""

    PLAIN = "plain"
    ENV = "env"
    FILE = "file"
    CREDENTIAL = "credential"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's source. Its text form names the source alone, never the value.

    ``reference``: the variable, the file, the credential, the command's words, or the value itself (PLAIN).
    """

    source: SecretSource
    reference: tuple[str, ...]
    folder: Path = Path()

    def reveal(self) -> str:
        """The secret's value, read now; ConfigError, naming the source, where there is none."""
        raise NotImplementedError

    def __repr__(self) -> str:
        shown = "…" if self.source is SecretSource.PLAIN else " ".join(self.reference)
        return f"Secret({self.source}: {shown})"
