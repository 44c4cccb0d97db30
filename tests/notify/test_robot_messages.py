"""What robots show: bold and links of the templates alone, in no more bytes than a platform takes."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import cut_to, fit, size, write
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.markdown import TITLE, assemble, link, masked
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.robot import ROBOTS
from tests.notify.strange import ALERTS, DIGESTS, GROUPS, NOTICES, alert_of, digest_of

ZH, EN = Language.ZH, Language.EN
LIMITS = {"dingtalk": 4096, "feishu": 20 * 1024, "wecom": 4096}
"""Bytes: of the body; of WeCom, of the text."""

_quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
_RENDERER = Renderer()


def text_of(kind: str, payload: object) -> str:
    """The text in a robot's JSON."""
    match payload:
        case {"markdown": {"text": str(text)}} | {"markdown": {"content": str(text)}}:
            return text
        case {"card": {"elements": [{"text": {"content": str(text)}}]}}:
            return text
    raise AssertionError(kind)


def used(kind: str, payload: object) -> int:
    """The bytes that the platform counts."""
    return len(text_of(kind, payload).encode()) if kind == "wecom" else len(write(payload))


@_quick
@given(
    notice=ALERTS | DIGESTS | GROUPS | NOTICES,
    language=st.sampled_from(Language),
    kind=st.sampled_from([*ROBOTS]),
)
def test_any_notice_is_within_the_limits_and_marks_up_nothing(
    notice: Notice, language: Language, kind: str
) -> None:
    payload = ROBOTS[kind].payload(_RENDERER.robot(notice, language), language)
    assert json.loads(write(payload)) == payload
    assert used(kind, payload) <= LIMITS[kind]
    text = text_of(kind, payload)
    assert text.strip()
    shown = re.sub(r"</?font[^>]*>", "", text)
    assert not re.search(r"[<>`~@\\]", re.sub(r"\]\(https?://[^)]*\)", "]", shown))
    assert "\x00" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a & b", "a & b"),
        ("&lt;at&gt; &#60;", "＆lt;at＆gt; ＆#60;"),
        ("<at id=all></at>", "＜at id=all＞＜/at＞"),
        ('<font color="red">x', '＜font color="red"＞x'),
        ("@all @13800000000", "＠all ＠13800000000"),
        ("[click](https://evil.example.com)", "［click］(https://evil.example.com)"),
        ("![x](y)", "!［x］(y)"),
        ("**bold** ~~gone~~ `code`", "＊＊bold＊＊ ～～gone～～ ｀code｀"),
        ("_a_ pages/pay_index_v2", "＿a＿ pages/pay_index_v2"),
        ("# heading #1 a#b", "＃ heading ＃1 a#b"),
        ("a\\", "a＼"),
        ("one\ntwo", "one two"),
    ],
)
def test_what_a_robot_would_read_as_markup_is_shown_as_its_twin(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_link_is_made_of_an_address_alone() -> None:
    assert link("https://wiki.example.com/a_b?x=(1)&y=*", "处理[手册]") == (
        "[处理［手册］](https://wiki.example.com/a_b?x=%281%29&y=%2A)"
    )
    for address in ("javascript:alert(1)", "https://a.example.com/ x", "https://a.example.com/]("):
        assert "](" not in link(address, "x")


def test_title_and_lines_are_what_the_template_wrote() -> None:
    message = assemble({"title": " t\n", "body": "one\n\n  two \n"}, "bad")
    assert (message.title, message.lines, message.tone) == ("t", ("one", "two"), "bad")
    assert len(assemble({"title": "t" * 999}, "").title) == TITLE
    with pytest.raises(ValueError, match="title is empty"):
        assemble({"body": "x"}, "")


def test_the_tone_is_the_alerts() -> None:
    tones = [
        _RENDERER.robot(example_alert(kind, ZH), ZH).tone for kind in (EventType.FIRE, EventType.RESOLVE)
    ]
    assert tones == ["bad", "good"]
    assert _RENDERER.robot(example_digest(ZH), ZH).tone == ""


def test_slacks_names_of_emoji_become_the_emoji() -> None:
    assert _RENDERER.robot(example_alert(EventType.FIRE, EN), EN).title == "🟠 Exit rate rose: Cloud Grocery"
    assert ":" not in _RENDERER.robot(example_alert(EventType.RESOLVE, ZH), ZH).title


def test_lines_that_do_not_fit_are_dropped_whole_and_counted() -> None:
    lines = [f"第 {number} 行" + "长" * 30 for number in range(50)]
    text = fit(lines, 1000, ZH)
    kept = text.split("\n")
    assert kept[:-1] == lines[: len(kept) - 1]
    assert kept[-1] == f"另有 {50 - len(kept) + 1} 项"
    assert 850 < len(text.encode()) <= 1000
    assert fit(lines, 1000, EN).endswith(f"+{50 - len(kept) + 1} more")
    assert fit(lines[:3], 1000, ZH) == "\n".join(lines[:3])


@given(st.lists(st.text(), min_size=1, max_size=8), st.integers(40, 400))
def test_no_lines_ever_take_more_bytes_than_there_are(lines: list[str], room: int) -> None:
    assert size(fit([line.replace("\ud800", "") for line in map(clean, lines)], room, ZH)) <= room


def clean(text: str) -> str:
    return text.encode("utf-8", "ignore").decode()


def test_a_line_that_is_too_long_by_itself_is_cut_between_characters() -> None:
    for room in range(10, 30):
        text = cut_to("长" * 50, room)
        assert text.endswith("长…")
        assert room - 3 < len(text.encode()) <= room
    assert fit(["长" * 50, "x"], 21, ZH) == "长" * 6 + "…"


def test_quotes_and_backslashes_count_as_they_are_written() -> None:
    assert size('"\\' * 10) == 40
    assert len(write({"a": cut_to('"' * 100, 30)})) <= 30 + len('{"a":""}')


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_digest_of_500_apps_tells_the_most_important_first(kind: str) -> None:
    text = text_of(kind, ROBOTS[kind].payload(_RENDERER.robot(digest_of("小程序", 500), ZH), ZH))
    assert "另有" in text
    lines = [line for line in text.split("\n") if line]
    assert "需要关注" in "".join(lines[:3])


def test_where_the_alert_is_stands_in_bold_and_can_be_copied() -> None:
    lines = _RENDERER.robot(alert_of("pages/pay_index"), ZH).lines
    assert lines[0].startswith("**pages/pay_index")
