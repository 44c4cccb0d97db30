"""A real HTTP server on loopback that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

Payload = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request as it arrived; ``query`` stood in the URL, ``form`` in the body."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    connection: int
    at: float

    @property
    def asked(self) -> dict[str, str]:
        return {**self.query, **self.form}

    @property
    def start(self) -> int:
        return int(self.asked.get("start_index", "0"))


@dataclass
class Reply:
    """What the server sends. ``raw`` takes the connection over instead."""

    body: bytes | str | Payload = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None


def rows(listed: list[Any], total: Any = None, **more: Any) -> Payload:
    """A good answer with one page of rows."""
    data = {"offset": 0, "total": len(listed) if total is None else total, "data_list": listed, **more}
    return {"errno": 0, "msg": "success", "data": data}


Respond = Callable[[Call], Reply | Payload]


class Server(ThreadingHTTPServer):
    """The server of all tests; each test's Loopback answers while that test runs."""

    daemon_threads = True
    loopback: Loopback

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: clients hang up on purpose here."""


class Loopback:
    """What the server does in one test: set ``respond``, read ``calls``. ``quiet``: the test is over."""

    def __init__(self, server: Server) -> None:
        self.calls: list[Call] = []
        self.respond: Respond = lambda call: rows([])
        self.quiet = threading.Event()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        server.loopback = self

    def replies(self, *script: Reply | Payload) -> None:
        """Answer the calls with these, one after the other; the last one for ever."""
        left = list(script)
        lock = threading.Lock()

        def respond(call: Call) -> Reply | Payload:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.respond = respond

    def serve(self, listed: list[Any], total: Any = None, **more: Any) -> None:
        """Answer every call with its page of 20 of these rows."""
        self.respond = lambda call: rows(
            listed[call.start : call.start + 20], len(listed) if total is None else total, **more
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write, or each answer waits for the client's delayed acknowledgement

    def do_GET(self) -> None:
        loopback = cast(Server, self.server).loopback
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        call = Call(
            self.command,
            url.path,
            dict(parse_qsl(url.query)),
            dict(parse_qsl(body)),
            dict(self.headers),
            self.client_address[1],
            time.monotonic(),
        )
        loopback.calls.append(call)
        reply = loopback.respond(call)
        self._send(reply if isinstance(reply, Reply) else Reply(reply))

    do_POST = do_GET  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if reply.raw is not None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                reply.raw(self.connection)
            return
        body = reply.body
        if isinstance(body, dict):
            body = json.dumps(body)
        data = body.encode() if isinstance(body, str) else body
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(data)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass
