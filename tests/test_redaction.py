"""Secrets are masked by their form and by their name; the rest of a text stays as it is."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.redaction import RedactingFormatter, redact

HEX = "262dcf08e4ac06bb3fd657741a540d40"
TOKEN = f"45.{HEX}.2592000.1568538447.YaEGtZv0CrUcnG0OokJV4w-1W3JTSQkkj5RZ9lgfC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"POST /data?access_token={TOKEN}&a=1 200", "POST /data?access_token=***&a=1 200"),
        ("?access_token=short&x=2", "?access_token=***&x=2"),
        ("refresh_token=46.x, next", "refresh_token=***, next"),
        ("access_token%3Dsecret%26", "access_token%3D***"),
        ('{"access_token": "abc", "expires_in": 3600}', '{"access_token": "***", "expires_in": 3600}'),
        ("{'client_secret': 'abc'}", "{'client_secret': '***'}"),
        ("client_id=1&ticket=abc&client_secret=def", "client_id=1&ticket=***&client_secret=***"),
        ("password: hunter2", "password: ***"),
        (f"token was {TOKEN}.", "token was 45.***"),
        (f"the platform's 42.{HEX}, refreshed 46.{HEX}", "the platform's 42.***, refreshed 46.***"),
        ("Authorization: Bearer abc.def-ghi_jkl", "Authorization: Bearer ***"),
        ("token xoxb-123-456-abcDEF failed", "token xoxb-*** failed"),
        ("xapp-1-A02-99-ffff", "xapp-***"),
        ("https://hooks.slack.com/services/T01/B02/abcDEF: 404", "https://hooks.slack.com/services/***: 404"),
        ("POST /services/T01/B02/abcDEF HTTP/1.1", "POST /services/*** HTTP/1.1"),
        ("http://me:secret@proxy:8080/", "http://***@proxy:8080/"),
        ("/cgi-bin/webhook/send?key=693a91f6-7xxx", "/cgi-bin/webhook/send?key=***"),
        ("/open-apis/bot/v2/hook/1234abcd-5678-90ef", "/open-apis/bot/v2/hook/***"),
    ],
)
def test_a_secret_is_masked_and_its_surroundings_stay(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "user_count 8,120 is 41 % under 13,800, the median of four Sundays",
        "42.333333333333336 45.5 lost_ratio",
        "pages/checkout/pay errno 44002: TOKEN 已注销",
        "the access token is rejected",
        "2026-11-22T13 user_trend of app 15263713",
        "smtp.example.com:587 failed",
        "https://openapi.baidu.com/rest/2.0/smartapp/data/gettpdata",
    ],
)
def test_an_innocent_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(
    st.text(max_size=30), st.text(alphabet="0123456789abcdef", min_size=32, max_size=32), st.text(max_size=30)
)
def test_a_token_never_survives(before: str, digits: str, after: str) -> None:
    assert digits not in redact(f"{before} 45.{digits}.{after}")
    assert digits not in redact(f"{before}?access_token={digits}&{after}")


def test_the_formatter_redacts_arguments_and_traceback() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    try:
        try:
            int(f"https://host/?access_token={TOKEN}")
        except ValueError:
            logger.exception("call %s failed", TOKEN)
    finally:
        logger.removeHandler(handler)
    written = stream.getvalue()
    assert HEX not in written
    assert "ERROR call 45.***" in written
    assert "base 10: 'https://host/?access_token=***'" in written
