"""A mail server on loopback that takes everything it is given and keeps it."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self

_LONGEST_LINE = 1000  # with its end, as RFC 5321 has it
_ADDRESS = re.compile(rb"<([^<>]*)>(.*)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was taken: the envelope, and the content as it came, with CRLF."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class MailTrouble:
    """The next ``command`` is answered with ``code``; 0 hangs up instead.

    ``command``: CONNECT, EHLO, MAIL, RCPT, DATA, or CONTENT for the mail itself, which is kept if the
    server then hangs up.
    """

    command: str
    code: int
    text: str = "simulated trouble"


class MailInbox:
    """An SMTP server at ``host`` and ``port``, between ``with`` and its end; no TLS and no log-in.

    ``refused``: recipients that do not exist. ``greylisted``: recipients that it puts off as long as they are
    among these. ``largest``: bytes of the largest mail it takes.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        refused: frozenset[str] = frozenset(),
        greylisted: frozenset[str] = frozenset(),
        largest: int = 20_000_000,
        port: int = 0,
    ) -> None:
        self.refused = refused
        self.greylisted = greylisted
        self.largest = largest
        self._troubles: deque[MailTrouble] = deque()
        self._mails: list[Mail] = []
        self._lock = Lock()
        self._server = _Server((self.host, port), _Session)
        self._server.inbox = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="mail", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def mails(self) -> list[Mail]:
        """What was taken, in the order it came."""
        with self._lock:
            return list(self._mails)

    def trouble_next(self, *troubles: MailTrouble) -> None:
        """Each of these happens once, at the next command of its name."""
        with self._lock:
            self._troubles.extend(troubles)

    def keep(self, mail: Mail) -> None:
        """Take a mail in."""
        with self._lock:
            self._mails.append(mail)

    def trouble(self, command: str) -> MailTrouble | None:
        """What is to happen at this command, if anything."""
        with self._lock:
            for trouble in self._troubles:
                if trouble.command == command:
                    self._troubles.remove(trouble)
                    return trouble
        return None


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    inbox: MailInbox


class _HungUp(Exception):
    pass


class _Session(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._begin()
        try:
            self._answer("CONNECT", 220, "simulated mail server")
            while line := self.rfile.readline(_LONGEST_LINE):
                verb, _, rest = line.strip().partition(b" ")
                if not self._obey(verb.upper().decode("ascii", "replace"), rest):
                    return
        except (_HungUp, ConnectionError):
            return

    def _obey(self, verb: str, rest: bytes) -> bool:
        match verb:
            case "EHLO" | "HELO":
                self._answer("EHLO", 250, "simulated", f"SIZE {self.server.inbox.largest}", "8BITMIME")
            case "MAIL":
                self._take_sender(rest)
            case "RCPT":
                self._take_recipient(rest)
            case "DATA":
                self._take_content()
            case "RSET" | "NOOP":
                if verb == "RSET":
                    self._begin()
                self._answer(verb, 250, "OK")
            case "QUIT":
                self._answer(verb, 221, "bye")
                return False
            case _:
                self._answer(verb, 502, "command not implemented")
        return True

    def _take_sender(self, rest: bytes) -> None:
        match = _ADDRESS.search(rest)
        if match is None:
            self._answer("MAIL", 501, "an address stands in angle brackets")
            return
        size = re.search(rb"SIZE=(\d+)", match[2].upper())
        if size and int(size[1]) > self.server.inbox.largest:
            self._answer("MAIL", 552, "message too large")
            return
        if self._answer("MAIL", 250, "OK"):
            self._begin(match[1].decode())

    def _take_recipient(self, rest: bytes) -> None:
        match = _ADDRESS.search(rest)
        if match is None or self._sender is None:
            self._answer("RCPT", 503, "first MAIL FROM:<…>, then RCPT TO:<…>")
        elif match[1].decode() in self.server.inbox.refused:
            self._answer("RCPT", 550, "no such user here")
        elif match[1].decode() in self.server.inbox.greylisted:
            self._answer("RCPT", 451, "greylisted, come back later")
        elif self._answer("RCPT", 250, "OK"):
            self._recipients.append(match[1].decode())

    def _take_content(self) -> None:
        if self._sender is None or not self._recipients:
            self._answer("DATA", 503, "nobody to send it to")
            return
        if not self._answer("DATA", 354, "end with a dot on a line of its own"):
            return
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:  # the client is gone, and so is what it had not finished
                raise _HungUp
            lines.append(line.removeprefix(b"."))
        if any(len(line) > _LONGEST_LINE for line in lines):
            self._say(500, "line too long")
        elif sum(map(len, lines)) > self.server.inbox.largest:
            self._say(552, "message too large")
        else:
            self._finish(Mail(self._sender, tuple(self._recipients), b"".join(lines)))
        self._begin()

    def _finish(self, mail: Mail) -> None:
        trouble = self.server.inbox.trouble("CONTENT")
        if trouble is None or not trouble.code:
            self.server.inbox.keep(mail)
        if trouble is None:
            self._say(250, "taken")
        else:
            self._suffer(trouble)

    def _begin(self, sender: str | None = None) -> None:
        self._sender = sender
        self._recipients: list[str] = []

    def _answer(self, command: str, code: int, *lines: str) -> bool:
        """Answer as it should be, unless trouble was ordered for the command; whether it was not."""
        trouble = self.server.inbox.trouble(command)
        if trouble is None:
            self._say(code, *lines)
            return True
        self._suffer(trouble)
        return False

    def _suffer(self, trouble: MailTrouble) -> None:
        if not trouble.code:
            raise _HungUp
        self._say(trouble.code, trouble.text)

    def _say(self, code: int, *lines: str) -> None:
        for line in lines[:-1]:
            self.wfile.write(f"{code}-{line}\r\n".encode())
        self.wfile.write(f"{code} {lines[-1]}\r\n".encode())
