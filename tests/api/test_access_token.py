"""A token is read once, and read again once where it is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from smartapp_watch.api import access_token
from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.errors import ConfigError, Problem, TokenRejected
from smartapp_watch.metrics.observation import Query
from tests.api.loopback import Call, Loopback, Payload, rows

Ask = Callable[..., Query]


class Source:
    """Reveals these tokens, one a reading, the last one for ever."""

    def __init__(self, *tokens: str, slow: float = 0) -> None:
        self.tokens = list(tokens)
        self.reads = 0
        self.slow = slow

    def __call__(self) -> str:
        self.reads += 1
        time.sleep(self.slow)
        return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]


def together(count: int, act: Callable[[], bool]) -> list[bool]:
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(act())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_token_is_read_once() -> None:
    source = Source("first", "second")
    token = AccessToken(source)
    assert source.reads == 0
    assert [token.value(), token.value()] == ["first", "first"]
    assert source.reads == 1


def test_many_threads_renew_a_token_once() -> None:
    source = Source("old", "new", slow=0.02)
    token = AccessToken(source)
    token.value()
    assert together(8, lambda: token.renew("old")) == [True] * 8
    assert source.reads == 2
    assert token.value() == "new"


def test_many_threads_learn_once_that_there_is_no_other_token() -> None:
    source = Source("old", slow=0.02)
    token = AccessToken(source)
    token.value()
    assert together(8, lambda: token.renew("old")) == [False] * 8
    assert source.reads == 2


def test_a_later_renewal_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_token, "STANDS_FOR", 0.0)
    source = Source("old", "old", "new")
    token = AccessToken(source)
    token.value()
    assert [token.renew("old"), token.renew("old")] == [False, True]


def test_a_token_that_somebody_renewed_already_is_not_read_again() -> None:
    source = Source("old", "new", "newer")
    token = AccessToken(source)
    token.value()
    token.renew("old")
    assert token.renew("old") is True
    assert token.value() == "new"


def refuses() -> str:
    raise ConfigError((Problem("watch.toml", 3, "environment variable APP_7 is not set"),))


@pytest.mark.parametrize(
    ("reveal", "words"), [(refuses, "APP_7 is not set"), (lambda: "", "source is empty")]
)
def test_a_source_without_a_token_is_a_rejected_token(reveal: Callable[[], str], words: str) -> None:
    with pytest.raises(TokenRejected, match=words):
        AccessToken(reveal).value()


def test_a_token_is_not_shown() -> None:
    token = AccessToken(lambda: "the-secret-token")
    token.value()
    assert "secret" not in f"{token} {token!r}"


def test_a_rejected_token_is_renewed_and_the_call_made_again(
    baidu: Loopback, client: Client, ask: Ask
) -> None:
    def respond(call: Call) -> Payload:
        return (
            rows([]) if call.query["access_token"] == "new" else {"error_code": 111, "error_msg": "expired"}
        )

    baidu.respond = respond
    client.read(ask("user_trend", "2026-11-22"), AccessToken(Source("old", "new")))
    assert [call.query["access_token"] for call in baidu.calls] == ["old", "new"]


def test_a_token_is_renewed_once_only(baidu: Loopback, client: Client, ask: Ask) -> None:
    baidu.replies({"errno": 44003, "msg": "TOKEN 已过期"})
    source = Source("a", "b", "c")
    with pytest.raises(TokenRejected, match="errno 44003: TOKEN 已过期"):
        client.read(ask("user_trend", "2026-11-22"), AccessToken(source))
    assert [call.query["access_token"] for call in baidu.calls] == ["a", "b"]


def test_without_another_token_the_call_is_not_made_again(baidu: Loopback, client: Client, ask: Ask) -> None:
    baidu.replies({"error_code": 110, "error_msg": "Access token invalid"})
    with pytest.raises(TokenRejected, match="error_code 110"):
        client.read(ask("user_trend", "2026-11-22"), AccessToken(Source("same")))
    assert len(baidu.calls) == 1


def test_without_a_token_nothing_is_sent(baidu: Loopback, client: Client, ask: Ask) -> None:
    with pytest.raises(TokenRejected):
        client.read(ask("user_trend", "2026-11-22"), AccessToken(refuses))
    assert client.calls == 0
