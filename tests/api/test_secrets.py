"""The access token goes to Baidu and nowhere else, however a call fails."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smartapp_watch.errors import (
    ApiError,
    BadPayload,
    PlatformRefused,
    QuotaExhausted,
    Refused,
    TokenRejected,
    TooFast,
    Unavailable,
)
from smartapp_watch.metrics.observation import Reading
from tests.api.loopback import Call, Loopback, Payload, Reply, rows

Read = Callable[..., Reading]


def echo(**fields: Any) -> Callable[[Call], Payload]:
    """A refusal whose words repeat the whole URL, as a gateway's may."""
    return lambda call: (
        fields
        | {
            "msg": f"bad call {call.path}?access_token={call.query['access_token']}",
            "error_msg": f"token {call.query['access_token']} is no good",
            "error_description": f"<a href='{call.path}?access_token={call.query['access_token']}'>",
        }
    )


def hang_up(connection: socket.socket) -> None:
    connection.close()


FAILURES: dict[str, tuple[Callable[[Call], Reply | Payload], type[ApiError]]] = {
    "retry": (echo(errno=5000), Unavailable),
    "slow down": (echo(error_code=18), TooFast),
    "quota": (echo(error_code=17), QuotaExhausted),
    "token": (echo(errno=44003), TokenRejected),
    "platform": (echo(errno=40008), PlatformRefused),
    "permission": (echo(errno=6001), Refused),
    "oauth": (echo(error="invalid_client"), Refused),
    "code": (lambda call: {"error": call.query["access_token"]}, Refused),
    "page": (lambda call: Reply(f"<html>{call.query}</html>", 502), Unavailable),
    "not json": (lambda call: Reply(f"{call.query}"), Unavailable),
    "moved": (lambda call: Reply("", 302, {"Location": f"/?{call.query}"}), Unavailable),
    "hang up": (lambda call: Reply(raw=hang_up), Unavailable),
    "nonsense": (lambda call: Reply(raw=lambda wire: wire.sendall(b"x\r\n\r\n")), Unavailable),
    "cut off": (lambda call: Reply("{", headers={"Content-Length": "99"}), Unavailable),
    "silence": (lambda call: Reply(raw=lambda wire: wire.recv(1)), Unavailable),
    "value": (
        lambda call: rows([{"name": "2026/11/22", "user_count": call.query["access_token"]}]),
        BadPayload,
    ),
    "period": (lambda call: rows([{"name": call.query["access_token"]}]), BadPayload),
    "field": (
        lambda call: rows([{"name": "2026/11/22", call.query["access_token"]: 1}], 7),
        BadPayload,
    ),
}


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """Every record of every logger, formatted by nothing that would redact."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(logging.Formatter("%(name)s %(message)s").format(record))

    root, keeper = logging.getLogger(), Keeper(logging.DEBUG)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(keeper)
    yield lines
    root.removeHandler(keeper)
    root.setLevel(level)


def said_by(error: BaseException) -> str:
    """All that an exception can be made to say, with everything it is chained to."""
    chained = []
    link: BaseException | None = error
    while link is not None:
        chained += [str(link), repr(link), repr(link.args), repr(vars(link))]
        link = link.__cause__ or link.__context__
    return "\n".join([*chained, *traceback.format_exception(error)])


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_shows_the_token(
    baidu: Loopback, read_trend: Read, secret: str, everything_logged: list[str], failure: str
) -> None:
    respond, expected = FAILURES[failure]
    shortened = 0

    def respond_shorter_each_time(call: Call) -> Reply | Payload:
        nonlocal shortened
        shortened += 1
        return respond(call) if failure != "field" or shortened < 2 else rows([], shortened)

    baidu.respond = respond_shorter_each_time
    with pytest.raises(expected) as caught:
        read_trend(timeout=0.2, attempts=2)
    shown = said_by(caught.value) + "\n".join(everything_logged)
    assert type(caught.value) is expected
    assert any("urllib3" in line for line in everything_logged)
    for part in (secret, secret[3:30], secret[-30:], "access_token=4"):
        assert part not in shown
    assert baidu.calls[0].query["access_token"] == secret


def test_a_dead_address_does_not_show_the_token(
    read_trend: Read, secret: str, everything_logged: list[str]
) -> None:
    with pytest.raises(Unavailable) as caught:
        read_trend(base_url="http://127.0.0.1:1", attempts=2)
    assert secret not in said_by(caught.value) + "\n".join(everything_logged)


def test_a_token_echoed_as_a_name_does_not_reach_the_reading(
    baidu: Loopback, read: Read, secret: str, everything_logged: list[str]
) -> None:
    baidu.respond = lambda call: rows([{"name": f"x{call.query['access_token']}", "user_count": 1}])
    reading = read("region", "2026-11-22")
    assert [each.dimensions for each in reading.observations] == [("x***",)]
    assert secret not in f"{reading!r}" + "\n".join(everything_logged)
