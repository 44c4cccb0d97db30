"""The address that pushes are posted to, over real HTTP: its limits, and what it answers."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests

from smartapp_watch.errors import WatchError
from smartapp_watch.pushes.endpoint import LARGEST, Endpoint
from smartapp_watch.serving import Server
from tests.pushes.made import NOW, PLATFORM, TICKET, Heard, pusher

PATH = "/baidu/events"


@dataclass
class Opened:
    """The endpoint on a port, and what came of what was posted to it."""

    port: int
    heard: Heard
    refused: list[tuple[str, str]] = field(default_factory=list)

    def post(self, body: bytes, path: str = PATH, **options: object) -> tuple[int, str]:
        answer = requests.post(f"http://127.0.0.1:{self.port}{path}", body, timeout=10, **options)  # type: ignore[arg-type]
        return answer.status_code, answer.text

    def say(self, words: bytes, within: float = 5) -> bytes:
        """What is answered to these bytes up to when the other side hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), within) as connection:
            connection.sendall(words)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while more := connection.recv(65536):
                    answer += more
            return answer


@pytest.fixture
def opened() -> Iterator[Opened]:
    heard = Heard()
    refused: list[tuple[str, str]] = []
    reception = heard.reception()
    endpoint = Endpoint(PATH, reception.take, lambda *why: refused.append(why), arrives_within=0.3)
    server = Server(endpoint.application(), "127.0.0.1", 0, "ticket")
    server.start()
    yield Opened(server.port, heard, refused)
    server.stop()


def head(length: int | str) -> bytes:
    return f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def test_a_push_is_answered_with_the_word_that_baidu_waits_for(opened: Opened) -> None:
    answer = requests.post(f"http://127.0.0.1:{opened.port}{PATH}", pusher().ticket(TICKET, NOW), timeout=5)
    assert (answer.status_code, answer.content) == (200, b"success")
    assert answer.headers["content-type"].startswith("text/plain")
    assert opened.heard.tickets == [(TICKET, NOW)]
    assert opened.refused == []


def test_a_forged_push_is_told_apart(opened: Opened) -> None:
    forged = pusher().ticket(TICKET, NOW).replace(b'"Nonce": "4', b'"Nonce": "5')
    assert opened.post(forged) == (403, "refused")
    assert opened.refused == [("its signature is wrong", "127.0.0.1")]
    assert opened.heard.tickets == []


def test_only_post_and_only_the_path_is_answered(opened: Opened) -> None:
    address = f"http://127.0.0.1:{opened.port}"
    assert requests.get(f"{address}{PATH}", timeout=5).status_code == 405
    assert requests.put(f"{address}{PATH}", timeout=5).status_code == 405
    assert [opened.post(b"x", path)[0] for path in ("/", f"{PATH}/", "/baidu", "//baidu/events")] == [404] * 4
    assert opened.post(pusher().ticket(TICKET, NOW), f"{PATH}?any=thing") == (200, "success")


def test_a_body_that_is_too_large_is_not_read(opened: Opened) -> None:
    assert opened.post(b"x" * LARGEST) == (403, "refused")
    assert opened.say(head(LARGEST + 1)).startswith(b"HTTP/1.1 413 ")
    chunked = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunked += (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 5
    assert opened.say(chunked).startswith(b"HTTP/1.1 413 ")
    assert [why for why, _ in opened.refused] == ["it is no JSON", "it is too large", "it is too large"]


def test_a_body_that_does_not_arrive_is_not_waited_for(opened: Opened) -> None:
    began = time.monotonic()
    assert opened.say(head(100) + b"{").startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 3
    assert opened.refused[0][0] == "it did not arrive in time"


def test_a_sender_that_hangs_up_is_counted_and_harms_nobody(opened: Opened) -> None:
    with socket.create_connection(("127.0.0.1", opened.port), 5) as connection:
        connection.sendall(head(100) + b"{")
    assert opened.post(pusher().ticket(TICKET, NOW)) == (200, "success")


def test_garbage_before_behind_and_instead_of_a_request_harms_nobody(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    push = pusher().ticket(TICKET, NOW)
    garbage = b"\x16\x03\x01\x02\x00\x01\x00 \xff\xfe GET / HTTP/9.9\r\n\r\n"
    for _ in range(50):
        opened.say(garbage)
        opened.say(head(-5) + push)
        opened.say(head("x"))
    assert b"success" in opened.say(head(len(push)) + push + garbage)
    assert opened.say(head(len(push)) * 2 + push).count(b"success") <= 1
    assert opened.post(pusher().ticket("next", NOW)) == (200, "success")
    shown = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [record.getMessage() for record in shown] == []


def test_what_cannot_be_kept_is_not_acknowledged_and_shows_nothing(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ValueError(f"no {TICKET}"), WatchError("the disk is full")):
        failing = Endpoint(PATH, _raising(error), lambda *_: None)
        server = Server(failing.application(), "127.0.0.1", 0, "ticket")
        server.start()
        assert Opened(server.port, opened.heard).post(b"{}") == (503, "try again")
        server.stop()
    told = [message.rpartition(": ")[2] for message in caplog.messages]
    assert told == ["ValueError", "the disk is full"]


def _raising(error: Exception) -> Callable[[bytes], None]:
    def take(_: bytes) -> None:
        raise error

    return take


def test_no_secret_is_in_any_log_whatever_is_posted(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    maker = pusher()
    for body in (
        maker.ticket(TICKET, NOW),
        maker.authorization("AUTHORIZED", 5, NOW),
        b"{}",
        maker.seal(b"?", NOW),
    ):
        opened.post(body)
        opened.post(body + b"x")
    assert not [
        each for each in (TICKET, PLATFORM.token, PLATFORM.aes_key, "c0dec0de") if each in caplog.text
    ]
