"""Apprise, in a process of its own: it imports all its services at once, 20 MB that nothing gives back.

The process takes one message as JSON, ``{"urls": […], "title": …, "body": …}``, and says of each address on a
line of its own how it went, as a JSON :class:`Answer`. It knows nothing of this package: run as a file, it
needs no more than Apprise. Addresses are secrets, so they go through pipes alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import TypedDict


class Answer(TypedDict):
    """Of one address: whether Apprise understands it, whether its service took the message, what was said."""

    known: bool
    taken: bool
    words: str


_LONGEST = 300.0
"""Seconds for a message, to all its addresses; each of Apprise's requests has a limit of seconds itself."""

_BROKE_DOWN = Answer(known=True, taken=False, words="the process of Apprise broke down")


def ask(urls: Sequence[str], title: str = "", body: str | None = None) -> list[Answer]:
    """Hand a message, in Markdown, to each address; without a body, only see if Apprise understands them.

    The answers, in the order of the addresses.
    """
    message = json.dumps({"urls": urls, "title": title, "body": body})
    # -P: neither the names beside this file nor those of the working folder are to hide a library.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process = subprocess.run(  # noqa: S603 - this Python, and this file
            [sys.executable, "-P", __file__],
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may show addresses
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=_LONGEST,
            start_new_session=True,  # what ends the daemon at a terminal lets the message under way arrive
        )
        return _answers(process.stdout, len(urls))
    return _answers("", len(urls))


def _answers(written: str, count: int) -> list[Answer]:
    answers: list[Answer] = [json.loads(line) for line in written.splitlines()]
    return answers + [_BROKE_DOWN] * (count - len(answers))


class _Listener(logging.Handler):
    """Hears what Apprise warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words = record.getMessage()


def _notify(url: str, title: str, body: str | None) -> Answer:
    from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - it is in this process that nobody else loads it

    service, listener, taken = Apprise(), _Listener(), False
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(listener)
    known = bool(service.add(url))
    if known and body is not None:
        taken = bool(service.notify(body=body, title=title, body_format=NotifyFormat.MARKDOWN))
    logger.removeHandler(listener)
    return Answer(known=known, taken=taken, words=listener.words)


def _main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a service may print is no answer
    message = json.load(sys.stdin)
    for url in message["urls"]:
        answers.write(json.dumps(_notify(url, message["title"], message["body"])) + "\n")
        answers.flush()


if __name__ == "__main__":
    _main()
