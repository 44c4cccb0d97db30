"""The heartbeat against real servers: those that answer, and those that do not."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.monitor import heartbeat as heartbeat_module
from smartapp_watch.monitor.heartbeat import Beat, Heartbeat, at
from tests.waiting import wait_until

KEY = "5ecret-ping-key"


def plain(address: str) -> Secret:
    return Secret(SecretSource.PLAIN, (address,))


def beating(address: str, timeout: float = 5) -> Heartbeat:
    return Heartbeat(lambda: plain(address), timeout)


@pytest.fixture
def heartbeat(httpserver: HTTPServer) -> Heartbeat:
    return beating(httpserver.url_for(f"/{KEY}/watch?create=1"))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat_module, "_TRY_AGAIN_AFTER", 0.01)


def answer(server: HTTPServer, *statuses: int) -> None:
    """Let the server answer so, one request after another; the last for ever."""
    left = list(statuses)

    def respond(_request: Request) -> Response:
        return Response("OK", left.pop(0) if len(left) > 1 else left[0])

    server.expect_request("", method="POST").respond_with_handler(respond)
    for end in ("", "/start", "/fail", "/log"):
        server.expect_request(f"/{KEY}/watch{end}", method="POST").respond_with_handler(respond)


def asked(server: HTTPServer) -> list[str]:
    return [request.full_path for request, _ in server.log]


def test_each_beat_goes_to_its_end_of_the_address_in_order(
    httpserver: HTTPServer, heartbeat: Heartbeat
) -> None:
    answer(httpserver, 200)
    for beat in Beat:
        heartbeat.tell(beat, f"世界 {beat.name}")
    wait_until(lambda: len(httpserver.log) == 4)
    assert asked(httpserver) == [f"/{KEY}/watch{end}?create=1" for end in ("/start", "", "/fail", "/log")]
    (request, _) = httpserver.log[2]
    assert request.data.decode() == "世界 FAIL"
    assert request.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://hc-ping.com/uuid", "https://hc-ping.com/uuid/fail"),
        ("https://hc-ping.com/uuid/", "https://hc-ping.com/uuid/fail"),
        ("https://hc-ping.com/key/slug?create=1#here", "https://hc-ping.com/key/slug/fail?create=1"),
        ("http://[", "http://["),
    ],
)
def test_the_end_of_an_address_stands_before_its_parameters(address: str, where: str) -> None:
    assert at(address, Beat.FAIL) == where


def test_without_an_address_nothing_runs() -> None:
    before = threading.active_count()
    Heartbeat(lambda: None).tell(Beat.SUCCESS)
    assert threading.active_count() == before


def test_what_is_not_taken_is_told_once_more(httpserver: HTTPServer, heartbeat: Heartbeat) -> None:
    answer(httpserver, 503, 200)
    heartbeat.tell(Beat.START)
    heartbeat.tell(Beat.SUCCESS)
    wait_until(lambda: len(httpserver.log) == 3)
    assert asked(httpserver) == [f"/{KEY}/watch{end}?create=1" for end in ("/start", "/start", "")]


def test_what_is_refused_for_good_is_not_told_again(
    httpserver: HTTPServer, heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture
) -> None:
    answer(httpserver, 404)
    heartbeat.tell(Beat.SUCCESS)
    wait_until(lambda: "answered HTTP 404" in caplog.text)
    assert len(httpserver.log) == 1


def test_a_redirect_is_not_followed(
    httpserver: HTTPServer, heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Response("", 302, {"Location": httpserver.url_for("/elsewhere")})
    httpserver.expect_request(f"/{KEY}/watch").respond_with_response(elsewhere)
    heartbeat.tell(Beat.SUCCESS)
    wait_until(lambda: "which leads elsewhere" in caplog.text)
    assert "/elsewhere?" not in asked(httpserver)


@pytest.fixture
def deaf() -> socket.socket:
    """A port that takes connections and says nothing."""
    return socket.create_server(("127.0.0.1", 0))


def address_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}/{KEY}"


def test_a_server_that_hangs_delays_nobody_and_is_complained_of_once(
    deaf: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    started = time.monotonic()
    heartbeat = beating(address_of(deaf), timeout=0.2)
    for _ in range(50):
        heartbeat.tell(Beat.SUCCESS)
    assert time.monotonic() - started < 0.2
    wait_until(heartbeat._waiting.empty)
    deaf.close()
    assert caplog.text.count("WARNING") == 1
    assert threading.active_count() < 40


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lambda free: beating(f"http://127.0.0.1:{free}/{KEY}"), "Connection refused"),
        (lambda free: beating(f"ftp://example.com/{KEY}"), "no http or https address"),
        (lambda free: beating(f"http://[{KEY}"), "its address cannot be used"),
        (lambda free: Heartbeat(lambda: Secret(SecretSource.ENV, ("NOT_SET_AT_ALL",))), "NOT_SET_AT_ALL"),
    ],
)
def test_what_goes_wrong_is_said_without_the_address(
    deaf: socket.socket, caplog: pytest.LogCaptureFixture, trouble: Callable[[int], Heartbeat], words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    free = deaf.getsockname()[1]
    deaf.close()
    trouble(free).tell(Beat.FAIL, f"access_token={KEY}")
    wait_until(lambda: "for an hour nothing more" in caplog.text)
    assert words in caplog.text
    assert KEY not in caplog.text


def test_no_secret_is_in_what_is_told(httpserver: HTTPServer, heartbeat: Heartbeat) -> None:
    answer(httpserver, 200)
    heartbeat.tell(Beat.FAIL, f"refused: access_token={KEY}")
    wait_until(lambda: len(httpserver.log) == 1)
    assert httpserver.log[0][0].data == b"refused: access_token=***"


def test_an_hour_later_it_is_said_again(
    deaf: socket.socket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat = beating(address_of(deaf))
    deaf.close()
    heartbeat.tell(Beat.SUCCESS)
    wait_until(lambda: "for an hour" in caplog.text)
    heartbeat._complained_at -= heartbeat_module.COMPLAINS_EVERY
    heartbeat.tell(Beat.SUCCESS)
    wait_until(lambda: caplog.text.count("for an hour") == 2)


def test_calls_go_by_the_surroundings_proxy(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", httpserver.url_for("/").rstrip("/"))
    monkeypatch.setenv("no_proxy", "")
    httpserver.expect_request("/uuid/start").respond_with_data("OK")
    beating("http://heartbeat.example/uuid").tell(Beat.START)
    wait_until(lambda: len(httpserver.log) == 1)
    assert httpserver.log[0][0].headers["Host"] == "heartbeat.example"


def test_a_system_without_threads_costs_the_heartbeat_alone(
    heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        heartbeat.tell(Beat.START)
    assert "can't start new thread" in caplog.text
