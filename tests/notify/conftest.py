"""A Slack and a mail server that are real on the wire, and notices to send them."""

from __future__ import annotations

import json
import ssl
from asyncio import Server, WriteTransport
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from socket import create_connection
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice, Notification
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from tests.notify.block_kit_limits import violations

HERE = Path(__file__).parent
CREATED = datetime(2026, 11, 23, 9, 30, tzinfo=BEIJING)
PASSWORD = "p4ssword-not-to-be-told"
WEBHOOK_PATH = "/services/T000/B000/webhook-not-to-be-told"


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def notify() -> Callable[..., Notification]:
    """A notification of a notice; an alert that fires unless told otherwise."""

    def make(notice: Notice | None = None, key: str = "fire|12|growth") -> Notification:
        notice = notice or example_alert(EventType.FIRE, Language.ZH)
        return Notification(1, key, "growth", notice, CREATED)

    return make


@dataclass
class FakeSlack:
    """Answers like Slack, refuses what breaks Block Kit's limits, and keeps what it accepted."""

    url: str
    posts: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    answers: list[Response] = field(default_factory=list)
    refuses_blocks: bool = False

    def next_answer(self, request: Request) -> Response:
        """What is next in ``answers``, else Slack's own judgement of the post."""
        self.calls += 1
        if self.answers:
            return self.answers.pop(0)
        webhook = request.path == WEBHOOK_PATH
        payload = request.get_json() if request.is_json else _decoded(request)
        wrong = violations(payload) or (["blocks"] if self.refuses_blocks and payload.get("blocks") else [])
        if wrong:
            return Response("invalid_blocks", 400) if webhook else api_error("invalid_blocks")
        self.posts.append(payload)
        return Response("ok") if webhook else api_answer(ok=True, channel="C42", ts=f"1700.{len(self.posts)}")


def api_answer(status: int = 200, headers: dict[str, str] | None = None, **body: object) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")


def api_error(words: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return api_answer(status, headers, ok=False, error=words)


def _decoded(request: Request) -> dict[str, Any]:
    return {
        key: json.loads(value) if key in ("blocks", "metadata") else value
        for key, value in request.form.items()
    }


@pytest.fixture
def slack(httpserver: HTTPServer) -> FakeSlack:
    server = FakeSlack(httpserver.url_for("/api/"))
    httpserver.expect_request("/api/chat.postMessage").respond_with_handler(server.next_answer)
    httpserver.expect_request("/api/chat.update").respond_with_handler(server.next_answer)
    httpserver.expect_request(WEBHOOK_PATH).respond_with_handler(server.next_answer)
    return server


@pytest.fixture
def bot(slack: FakeSlack, renderer: Renderer) -> SlackSender:
    return SlackSender(
        "ops", Language.ZH, renderer, channel="#alerts", token="xoxb-not-to-be-told", api_url=slack.url
    )


@pytest.fixture
def webhook(slack: FakeSlack, renderer: Renderer) -> SlackSender:
    address = slack.url.removesuffix("/api/") + WEBHOOK_PATH
    return SlackSender("ops", Language.ZH, renderer, webhook_url=address)


@dataclass
class FakeMailServer:
    """Keeps what it accepted; its answers to commands can be set."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    answers_mail: str = ""
    answers_data: str = ""
    hangs_up_at_quit: bool = False
    hangs_up_at_data: bool = False

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers_mail:
            return self.answers_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up_at_data:
            _hang_up(server)
            return "250 nobody reads this"
        if self.answers_data:
            return self.answers_data
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.raw.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up_at_quit:
            _hang_up(server)
        return "221 Bye"


def _logged_in(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(HERE / "localhost.pem")
    return context


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, WriteTransport)
    server.transport.abort()


class _OnAFreePort(Controller):
    """A controller whose check that the server is up knows the port that the system chose."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        create_connection((self.hostname, self.port), timeout=5).close()


def _serve(handler: FakeMailServer, **options: Any) -> Iterator[FakeMailServer]:
    controller = _OnAFreePort(handler, hostname="127.0.0.1", port=0, server_hostname="test", **options)
    controller.start()
    try:
        handler.port = controller.port
        yield handler
    finally:
        controller.stop()


@pytest.fixture
def mail_server() -> Iterator[FakeMailServer]:
    yield from _serve(FakeMailServer(), auth_require_tls=False, authenticator=_logged_in)


@pytest.fixture
def tls_mail_server() -> Iterator[FakeMailServer]:
    """Offers STARTTLS with a certificate that nobody vouches for."""
    yield from _serve(FakeMailServer(), tls_context=_tls(), authenticator=_logged_in)


@pytest.fixture
def all_tls_mail_server() -> Iterator[FakeMailServer]:
    """Speaks TLS from the first byte."""
    yield from _serve(FakeMailServer(), ssl_context=_tls())


@pytest.fixture
def mailer(renderer: Renderer) -> Callable[..., EmailSender]:
    """A sender to the server on a port."""

    def make(port: int, **changes: Any) -> EmailSender:
        settings: dict[str, Any] = {
            "host": "127.0.0.1", "port": port, "security": "none", "username": "", "password": "",
            "sender": "smartapp-watch <watch@example.com>", "to": ("growth@example.com",), "timeout": 5,
            "renderer": renderer,
        }  # fmt: skip
        return EmailSender("growth", Language.ZH, **settings | changes)

    return make
