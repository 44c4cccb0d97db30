"""Slack's side of an upload: a place is asked for, the bytes come, and a while later the file is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PLACE = "/upload/v1/"
"""Where bytes are sent to; the file's number follows."""

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(slots=True)
class SlackFile:
    """A file: ``content`` once it came, ``looks`` how often its completion was asked for."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    looks: int = 0


class SlackFiles:
    """The files of a workspace.

    ``unknown_for``: how many times a completed file is looked at before its type is known; as long, no
    message may show it.
    """

    def __init__(self, unknown_for: int = 1) -> None:
        self.unknown_for = unknown_for
        self._files: dict[str, SlackFile] = {}

    @property
    def all(self) -> list[SlackFile]:
        """Every file that was asked for, in that order."""
        return list(self._files.values())

    def open(self, name: str, length: int) -> SlackFile:
        """A place for a file of that many bytes."""
        file = SlackFile(f"F{len(self._files) + 1:09}", name, length)
        self._files[file.id] = file
        return file

    def put(self, number: str, content: bytes) -> bool:
        """Take the bytes; False where nobody asked for the place, or for another length."""
        file = self._files.get(number)
        if file is None or len(content) != file.length:
            return False
        file.content = content
        return True

    def complete(self, number: str) -> dict[str, Any] | None:
        """What is known of a file by now; None where its bytes never came."""
        file = self._files.get(number)
        if file is None or file.content is None:
            return None
        file.looks += 1
        return {"id": file.id, "title": file.name, "filetype": self._type(file), "mimetype": ""}

    def can_be_shown(self, number: object) -> bool:
        """Whether a message may show it as a picture."""
        file = self._files.get(str(number))
        return file is not None and self._type(file) == "png"

    def _type(self, file: SlackFile) -> str:
        if file.content is None or file.looks <= self.unknown_for:
            return ""
        return "png" if file.content.startswith(_PNG) else "binary"
