"""A secret, known by where it comes from and read only when it is used."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from smartapp_watch.config.command import first_line_of
from smartapp_watch.errors import ConfigError, Problem, WatchError

_LONGEST = 65536


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
    ``folder``: the settings' own, which relative files and programs are looked up in.
    """

    source: SecretSource
    reference: tuple[str, ...]
    folder: Path = Path()

    def reveal(self) -> str:
        """The secret's value, read now; ConfigError, naming the source, where there is none."""
        try:
            return _one_line(self._read())
        except OSError as error:
            reason = error.strerror or "it cannot be read"
        except UnicodeDecodeError:
            reason = "it holds no text"
        except WatchError as error:
            reason = str(error)
        raise ConfigError((Problem(self.described, 0, reason),)) from None

    def about(self, app_id: int) -> Secret:
        """The source of one mini-program's secret, where this is that of all, with ``{app_id}`` in it."""
        return replace(
            self, reference=tuple(word.replace("{app_id}", str(app_id)) for word in self.reference)
        )

    def _read(self) -> str:
        match self.source:
            case SecretSource.PLAIN:
                return self.reference[0]
            case SecretSource.ENV:
                return _variable(self.reference[0])
            case SecretSource.FILE:
                return _text_of(self.folder / self.reference[0])
            case SecretSource.CREDENTIAL:
                return _text_of(_credentials_folder() / self.reference[0])
            case SecretSource.COMMAND:
                return first_line_of(self.reference, self.folder)

    def doubt(self) -> str:
        """What speaks against the source as it is now, empty where nothing does. The secret is not read."""
        match self.source:
            case SecretSource.PLAIN:
                return 'the secret itself stands in the file; { env = "NAME" } keeps it out'
            case SecretSource.ENV:
                return "" if self.reference[0] in os.environ else f"{self.described} is not set here"
            case SecretSource.FILE:
                return self._doubt_file(self.folder / self.reference[0])
            case SecretSource.CREDENTIAL:
                folder = os.environ.get("CREDENTIALS_DIRECTORY")
                return self._doubt_file(Path(folder, self.reference[0])) if folder else _NO_CREDENTIALS
            case SecretSource.COMMAND:
                program = self.reference[0]
                path = self.folder / program if "/" in program else Path(program)
                return "" if shutil.which(path) else f"{self.described} is not found here"

    def _doubt_file(self, path: Path) -> str:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            return f"{self.described}: {error.strerror}"
        if not stat.S_ISREG(mode):
            return f"{self.described} is no file"
        others = self.source is SecretSource.FILE and mode & stat.S_IROTH
        return f"{self.described} can be read by everybody; chmod 600 keeps it private" if others else ""

    @property
    def described(self) -> str:
        """The source in words. Of a command, the program alone: its arguments may be secret."""
        match self.source:
            case SecretSource.PLAIN:
                return "the secret in the settings"
            case SecretSource.ENV:
                return f"the environment variable {self.reference[0]}"
            case SecretSource.FILE:
                return f"the file {self.reference[0]}"
            case SecretSource.CREDENTIAL:
                return f"the credential {self.reference[0]}"
            case SecretSource.COMMAND:
                return f"the command {self.reference[0]}"

    def __repr__(self) -> str:
        return f"Secret({self.source}: {'…' if self.source is SecretSource.PLAIN else self.reference[0]})"


_NO_CREDENTIALS = "no credentials are given here ($CREDENTIALS_DIRECTORY is systemd's)"


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise WatchError("it is not set")
    return value


def _credentials_folder() -> Path:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise WatchError(_NO_CREDENTIALS)
    return Path(folder)


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        read = file.read(_LONGEST + 1)
    if len(read) > _LONGEST:
        raise WatchError("it is too long for a secret")
    return read.decode()


def _one_line(value: str) -> str:
    """The value without white space around it; it travels in URLs and headers, so it is one line."""
    value = value.strip()
    if not value:
        raise WatchError("it is empty")
    if not value.isprintable():
        raise WatchError("it holds a line break or another control character")
    return value
