"""Three shapes of refusal, six classes of what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from smartapp_watch.api.failure import Answer, data_of, one_line
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
from tests.api.loopback import Loopback, Payload, Reply, rows

Read = Callable[..., Reading]

REFUSALS: list[tuple[str, Any, type[ApiError]]] = [
    *(("errno", code, Unavailable) for code in (500, 501, 5000, 1000, 6002)),
    *(("errno", code, Refused) for code in (40001, 6001, 40007, 45000, 45001, 45002, 50032, 12345, -1)),
    *(("errno", code, TokenRejected) for code in (44002, 44003, 44004)),
    ("errno", 40008, PlatformRefused),
    ("errno", 50029, QuotaExhausted),
    ("errno", "50029", QuotaExhausted),
    *(("error_code", code, Unavailable) for code in (1, 2)),
    *(("error_code", code, QuotaExhausted) for code in (4, 17, 19)),
    ("error_code", 18, TooFast),
    ("error_code", 5, PlatformRefused),
    *(("error_code", code, Refused) for code in (6, 100, 500, 40008)),
    *(("error_code", code, TokenRejected) for code in (110, 111)),
    *(("error", code, Refused) for code in ("invalid_grant", "expired_token", "invalid_client")),
]
WORDS = {"errno": "msg", "error_code": "error_msg", "error": "error_description"}


def refusal(shape: str, code: Any, words: str = "不行") -> Payload:
    return {shape: code, WORDS[shape]: words}


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404])
@pytest.mark.parametrize(("shape", "code", "expected"), REFUSALS)
def test_a_refusal_is_known_by_its_code_whatever_the_status(
    shape: str, code: Any, expected: type[ApiError], status: int
) -> None:
    body = json.dumps(refusal(shape, code, "不行 not now")).encode()
    with pytest.raises(ApiError) as caught:
        data_of(Answer(status, body))
    assert type(caught.value) is expected
    assert caught.value.code == str(code)
    assert str(caught.value) == f"Baidu answered {shape} {code}: 不行 not now"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, Unavailable),
        (302, Unavailable),
        (400, Refused),
        (401, Refused),
        (403, Refused),
        (404, Refused),
        (408, Unavailable),
        (413, Refused),
        (429, TooFast),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"errno": 0, "data": {}}', b"[1]"])
def test_an_answer_without_a_known_body_is_known_by_its_status(
    status: int, expected: type[ApiError], body: bytes
) -> None:
    with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
        data_of(Answer(status, body, retry_after=3))
    assert type(caught.value) is expected
    assert caught.value.retry_after == 3


def test_a_server_error_passes_whatever_its_body_says() -> None:
    with pytest.raises(Unavailable, match="errno 6001"):
        data_of(Answer(500, json.dumps(refusal("errno", 6001)).encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html>",
        b'{"errno": 0, "data": {"total": 2, "data_li',
        b"\xff\xfe\x00",
        b"[]",
        b'"x"',
        b"null",
        b"12",
        b"[" * 100_000,
        b'{"errno": 0, "data": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_may_pass(body: bytes) -> None:
    with pytest.raises(Unavailable, match=r"the answer \(HTTP 200\) is not a JSON object"):
        data_of(Answer(200, body))


@pytest.mark.parametrize("errno", [0, "0", None, ""])
def test_no_error_is_written_in_several_ways(errno: Any) -> None:
    assert data_of(Answer(200, json.dumps({"errno": errno, "data": {"a": 1}}).encode())) == {"a": 1}


@pytest.mark.parametrize(
    "words", [None, "", 5, ["a"], {"a": "b"}, "x" * 5000, "a\n\x1b[31mb\u2028c", "\ud800"]
)
def test_strange_words_of_a_refusal_make_one_short_line(words: Any) -> None:
    with pytest.raises(Refused) as caught:
        data_of(Answer(200, json.dumps({"errno": 6001, "msg": words}).encode()))
    assert len(str(caught.value)) < 260
    assert str(caught.value).isprintable()


def test_words_are_cut_only_after_their_secrets_are_gone() -> None:
    line = one_line("x" * 150 + " access_token=45." + "ab12" * 8 + ".2592000.1-2", 170)
    assert "ab12" not in line
    assert len(line) <= 170


@pytest.mark.parametrize(
    ("reply", "expected", "calls"),
    [
        (Reply("<html>busy</html>", 502), Unavailable, 4),
        (Reply("not json"), Unavailable, 4),
        (Reply("", 302, {"Location": "/elsewhere"}), Unavailable, 4),
        (Reply({"errno": 5000, "msg": "网络繁忙，请稍后重试"}), Unavailable, 4),
        (Reply({"error_code": 18, "error_msg": "qps"}), TooFast, 4),
        (Reply({"error_code": 17, "error_msg": "daily limit"}), QuotaExhausted, 1),
        (Reply({"errno": 40008, "msg": "IP不在白名单"}, 403), PlatformRefused, 1),
        (Reply({"errno": 45000, "msg": "小程序不存在"}), Refused, 1),
        (Reply({"errno": 44003, "msg": "TOKEN 已过期"}), TokenRejected, 1),
        (Reply(rows([{"name": "2026/11/22", "user_count": "many"}])), BadPayload, 1),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_only_what_may_pass_is_tried_again(
    baidu: Loopback,
    read: Read,
    reply: Reply,
    expected: type[ApiError],
    calls: int,
) -> None:
    baidu.replies(reply)
    with pytest.raises(expected) as caught:
        read("user_trend", "2026-11-22")
    assert type(caught.value) is expected
    assert len(baidu.calls) == calls


def test_a_failure_that_passes_leaves_no_trace_in_the_reading(baidu: Loopback, read: Read) -> None:
    good = rows([{"name": "2026/11/22", "user_count": 3}])
    baidu.replies(Reply("", 503), Reply("{"), {"errno": 1000}, good)
    reading = read("user_trend", "2026-11-22")
    assert len(reading.observations) == 1
    assert reading.notes == ()
    assert len(baidu.calls) == 4
