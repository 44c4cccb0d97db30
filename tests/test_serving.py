"""An application on a port of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from smartapp_watch.errors import WatchError
from smartapp_watch.serving import Server


def greet(request: Request) -> PlainTextResponse:
    return PlainTextResponse("good morning")


HELD, GO_ON = threading.Event(), threading.Event()


def hold(request: Request) -> PlainTextResponse:
    HELD.set()
    GO_ON.wait(10)
    return PlainTextResponse("at last")


APPLICATION = Starlette(routes=[Route("/", greet), Route("/held", hold)])


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(APPLICATION, "127.0.0.1", 0, "web")
    server.start()
    yield server
    server.stop()


def test_it_answers_from_its_start(server: Server) -> None:
    assert requests.get(f"http://127.0.0.1:{server.port}/", timeout=5).text == "good morning"


def test_a_port_that_is_taken_is_named(server: Server) -> None:
    with pytest.raises(WatchError, match=rf"cannot listen at 127\.0\.0\.1:{server.port}: .*in use"):
        Server(APPLICATION, "127.0.0.1", server.port, "web")


def test_after_the_stop_the_port_is_free_and_no_thread_is_left() -> None:
    server = Server(APPLICATION, "127.0.0.1", 0, "web")
    server.start()
    server.stop()
    assert not [each for each in threading.enumerate() if each.name == f"port {server.port}"]
    again = Server(APPLICATION, "127.0.0.1", server.port, "web")
    again.start()
    again.stop()


def test_an_answer_under_way_is_given_before_the_stop(server: Server) -> None:
    answers: list[str] = []
    address = f"http://127.0.0.1:{server.port}/held"
    asking = threading.Thread(target=lambda: answers.append(requests.get(address, timeout=20).text))
    asking.start()
    assert HELD.wait(5)
    threading.Timer(0.3, GO_ON.set).start()
    server.stop()
    asking.join(5)
    assert answers == ["at last"]


def test_an_answer_is_not_held_back_until_its_head_has_come(server: Server) -> None:
    assert server._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
