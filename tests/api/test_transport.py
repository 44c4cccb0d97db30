"""Every attempt ends in time, whatever the server does; and a stop ends it at once."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smartapp_watch.api import transport
from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.errors import BadPayload, Stopped, TooFast, Unavailable
from smartapp_watch.metrics.observation import Query, Reading
from tests.api.conftest import MakeClient
from tests.api.loopback import Loopback, Reply, Server, rows

Ask = Callable[..., Query]
Read = Callable[..., Reading]
GOOD = rows([{"name": "2026/11/22", "user_count": 3}])


def send_slowly(quiet: threading.Event, head: bytes, drop: bytes) -> Callable[[Any], None]:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(head)
        while not quiet.wait(0.05):
            connection.sendall(drop)

    return trickle


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def elapsed(act: Callable[[], object], expected: type[Exception]) -> tuple[float, str]:
    started = time.monotonic()
    with pytest.raises(expected) as caught:
        act()
    return time.monotonic() - started, str(caught.value)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"{"),
    ],
    ids=["silence", "status", "headers", "body", "chunks", "endless"],
)
def test_a_trickling_server_holds_an_attempt_no_longer_than_its_time(
    baidu: Loopback, read_trend: Read, head: bytes, drop: bytes
) -> None:
    baidu.replies(Reply(raw=send_slowly(baidu.quiet, head, drop)))
    took, words = elapsed(lambda: read_trend(timeout=0.3, attempts=1), Unavailable)
    assert 0.25 < took < 1
    assert words == "no complete answer within 0.3 s"


def test_the_deadline_bounds_all_attempts_together(baidu: Loopback, read_trend: Read) -> None:
    baidu.replies(Reply(raw=send_slowly(baidu.quiet, b"", b"")))
    took, _ = elapsed(lambda: read_trend(timeout=0.3, deadline=0.5), Unavailable)
    assert took < 1.2
    assert len(baidu.calls) == 2


def test_after_a_slow_answer_the_next_one_is_read(baidu: Loopback, read_trend: Read) -> None:
    baidu.replies(Reply(raw=send_slowly(baidu.quiet, b"HTTP/1.1 200 OK\r\n", b"")), Reply(raw=reset), GOOD)
    reading = read_trend(timeout=0.3)
    assert len(reading.observations) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (reset, "the connection failed: Connection reset by peer"),
        (lambda connection: None, "the connection failed or broke off"),
        (lambda connection: connection.sendall(b"nonsense\r\n\r\n"), "the connection failed or broke off"),
        (
            lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"),
            "the connection failed or broke off",
        ),
    ],
)
def test_a_broken_connection_is_said_in_plain_words(
    baidu: Loopback, read_trend: Read, raw: Any, words: str
) -> None:
    baidu.replies(Reply(raw=raw))
    with pytest.raises(Unavailable, match=words):
        read_trend(attempts=1)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1", "the connection failed: Connection refused"),
        ("http://name.invalid", "the connection failed: "),
        ("http://", "the connection failed"),
        ("ftp://127.0.0.1", "the connection failed"),
    ],
)
def test_an_address_where_nobody_answers_is_unavailable(read_trend: Read, url: str, words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        read_trend(base_url=url, attempts=1)


def test_a_server_without_tls_is_unavailable_over_tls(baidu: Loopback, read_trend: Read) -> None:
    with pytest.raises(Unavailable, match="the connection failed: "):
        read_trend(base_url=baidu.url.replace("http:", "https:"), attempts=1)


def test_a_dead_proxy_is_named_as_such_and_the_environment_s_is_not_used(
    baidu: Loopback, read_trend: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    baidu.replies(GOOD)
    read_trend()
    with pytest.raises(Unavailable, match="the connection to the proxy failed: Connection refused"):
        read_trend(attempts=1, proxies={"http": "http://someone:password@127.0.0.1:1"})


def test_a_proxy_is_used_where_it_is_given(baidu: Loopback, read_trend: Read, secret: str) -> None:
    baidu.replies(GOOD)
    read_trend(base_url="http://elsewhere.invalid", proxies={"http": baidu.url})
    assert baidu.calls[0].headers["Host"] == "elsewhere.invalid"
    assert baidu.calls[0].query == {"access_token": secret}


def test_an_answer_may_be_compressed_but_not_beyond_measure(
    baidu: Loopback, read_trend: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeezed = {"Content-Encoding": "gzip"}
    baidu.replies(Reply(gzip.compress(json.dumps(GOOD).encode()), headers=squeezed))
    assert read_trend().observations
    monkeypatch.setattr(transport, "_MOST_BYTES", 1024 * 1024)
    baidu.replies(Reply(gzip.compress(b" " * 50_000_000), headers=squeezed))
    with pytest.raises(BadPayload, match="larger than 1 MiB"):
        read_trend()
    baidu.replies(Reply(b"not gzip at all", headers=squeezed))
    with pytest.raises(Unavailable):
        read_trend(attempts=1)


def test_no_redirection_is_followed_and_no_cookie_kept(baidu: Loopback, read_trend: Read) -> None:
    baidu.replies(Reply("", 302, {"Location": baidu.url + "/login", "Set-Cookie": "a=b; Path=/"}))
    with pytest.raises(Unavailable, match="redirection"):
        read_trend(attempts=2)
    assert {call.path for call in baidu.calls} == {"/rest/2.0/smartapp/data/getanalysisusertrend"}
    assert "Cookie" not in baidu.calls[1].headers


MOMENTS = {"Retry-After": "Mon, 23 Nov 2026 08:00:01 GMT", "Date": "Mon, 23 Nov 2026 08:00:00 GMT"}


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "1"}), (503, MOMENTS)])
def test_a_server_that_says_when_to_come_back_is_obeyed(
    baidu: Loopback, read_trend: Read, status: int, headers: dict[str, str]
) -> None:
    lines = [f"HTTP/1.1 {status} No", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, "Content-Length: 0", "Connection: close", "", ""]).encode()
    baidu.replies(Reply(raw=lambda connection: connection.sendall(head)), GOOD)
    read_trend()
    first, second = baidu.calls
    assert 0.95 < second.at - first.at < 1.9


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_beyond_the_deadline_is_not_begun(baidu: Loopback, read_trend: Read, status: int) -> None:
    baidu.replies(Reply("", status, {"Retry-After": "21600"}))
    took, _ = elapsed(lambda: read_trend(deadline=0.5), (Unavailable, TooFast))  # type: ignore[arg-type]
    assert took < 0.5
    assert len(baidu.calls) == 1


@pytest.mark.parametrize("asked", ["soon", "-5", "1e99", "9" * 400, "", "Mon, 99 Nov 2026 08:00:01 GMT"])
def test_a_strange_wish_to_wait_is_ignored(baidu: Loopback, read_trend: Read, asked: str) -> None:
    baidu.replies(Reply("", 503, {"Retry-After": asked}), GOOD)
    took_at = time.monotonic()
    read_trend()
    assert time.monotonic() - took_at < 0.5


@pytest.mark.parametrize("where", ["answer", "pause"])
def test_a_stop_ends_a_call_at_once(
    baidu: Loopback, read_trend: Read, stop: threading.Event, where: str
) -> None:
    hanging = Reply(raw=send_slowly(baidu.quiet, b"", b""))
    baidu.replies({"answer": hanging, "pause": Reply("", 503, {"Retry-After": "30"})}[where])
    threading.Timer(0.2, stop.set).start()
    took, _ = elapsed(lambda: read_trend(timeout=30, deadline=60), Stopped)
    assert 0.15 < took < 0.7
    assert len(baidu.calls) == 1


def test_after_a_stop_nothing_is_sent(
    make_client: MakeClient, stop: threading.Event, token: AccessToken, ask: Ask
) -> None:
    client = make_client()
    stop.set()
    with pytest.raises(Stopped):
        client.read(ask("user_trend", "2026-11-22"), token)
    assert client.calls == 0


def test_a_redirection_s_body_is_not_read_without_end(
    baidu: Loopback, read_trend: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_MOST_BYTES", 1024)
    baidu.replies(Reply(b"x" * 100_000, 302, {"Location": "/elsewhere"}))
    with pytest.raises(BadPayload, match="larger"):
        read_trend(attempts=1)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run([openssl, *words.split(), *names], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
def secure(certificate: Path) -> Iterator[Loopback]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    loopback = Loopback(server)
    loopback.url = loopback.url.replace("http:", "https:")
    yield loopback
    loopback.quiet.set()
    server.shutdown()
    server.server_close()


def test_over_tls_all_is_the_same(
    secure: Loopback, read_trend: Read, certificate: Path, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/dev/null")
    secure.replies(GOOD)
    options = {"base_url": secure.url, "verify": str(certificate), "attempts": 1, "timeout": 0.5}
    assert read_trend(**options).observations
    assert secure.calls[0].query == {"access_token": secret}
    secure.replies(Reply(raw=send_slowly(secure.quiet, b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n")))
    took, _ = elapsed(lambda: read_trend(**options), Unavailable)
    assert 0.4 < took < 1.5


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Loopback, read_trend: Read) -> None:
    with pytest.raises(Unavailable, match="certificate verify failed"):
        read_trend(base_url=secure.url, attempts=1)
    assert secure.calls == []
