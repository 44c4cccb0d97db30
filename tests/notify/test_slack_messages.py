"""What Slack would show, and that it would take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.block_kit import ALL, assemble, mrkdwn
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.render import Renderer
from tests.notify.block_kit_limits import violations
from tests.notify.strange import ALERTS, DIGESTS, HOSTILE, NOTICES, alert_of, digest_of

ZH, EN = Language.ZH, Language.EN
_quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _payload(message: SlackMessage) -> dict[str, object]:
    payload: dict[str, object] = {"text": message.text, "blocks": list(message.blocks)}
    assert json.loads(json.dumps(payload)) == payload
    assert payload["text"]
    json.dumps(payload, ensure_ascii=False).encode()
    return payload


def _shown(message: SlackMessage) -> str:
    return json.dumps(message.blocks, ensure_ascii=False) + message.text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strange_name_stays_within_the_limits_and_formats_nothing(renderer: Renderer, text: str) -> None:
    for notice in (alert_of(text), alert_of(text, EventType.RESOLVE), digest_of(text)):
        message = renderer.slack(notice, ZH)
        assert violations(_payload(message)) == []
        assert "<!" not in _shown(message)
        assert "<@" not in _shown(message)
        assert "\\u001b" not in json.dumps(message.blocks)


@_quick
@given(notice=ALERTS | DIGESTS | NOTICES, language=st.sampled_from(Language))
def test_any_notice_stays_within_the_limits(notice: Notice, language: Language) -> None:
    assert violations(_payload(_RENDERER.slack(notice, language))) == []


_RENDERER = Renderer()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a & b", "a &amp; b"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("pages/pay_index_v2", "pages/pay_index_v2"),
        ("*bold*", "\u200b*\u200bbold\u200b*\u200b"),
        ("a `b` c", "a \u200b`\u200bb\u200b`\u200b c"),
        ("中_文_中", "中\u200b_\u200b文\u200b_\u200b中"),
    ],
)
def test_what_would_format_is_kept_from_it_and_a_path_can_still_be_copied(text: str, shown: str) -> None:
    assert mrkdwn(text) == shown


@given(st.text("*_~`<>&ab 中", max_size=30))
def test_no_sign_of_slacks_markup_is_left_live(text: str) -> None:
    shown = mrkdwn(text)
    assert not re.search(r"[<>]", shown)
    assert not re.search(r"(?<![\u200bA-Za-z0-9])[*_~`]|`(?!\u200b)", shown)


def test_a_link_is_made_of_an_address_alone(renderer: Renderer) -> None:
    good = alert_of("x", runbook="https://wiki.example.com/a_b?x=1&y=*2*")
    assert "<https://wiki.example.com/a_b?x=1&amp;y=*2*|处理手册>" in _shown(renderer.slack(good, ZH))
    for address in ("javascript:alert(1)", "https://a.example.com|<!channel>", "https://a.example.com/>x"):
        assert "<https" not in _shown(renderer.slack(alert_of("x", runbook=address), ZH))


def _assembled(**parts: str) -> list[dict[str, object]]:
    return list(assemble({"text": "t", **parts}, EN).blocks)


def _text_of(block: dict[str, object]) -> object:
    match block:
        case {"text": {"text": text}}:
            return text
    return None


def _rows(blocks: Iterable[dict[str, object]]) -> str:
    return json.dumps(list(blocks))


def test_rows_that_do_not_fit_are_dropped_whole_and_counted() -> None:
    rows = [f"row {number} " + "x" * 90 for number in range(200)]
    blocks = _assembled(look="\n".join(rows))
    shown = [line for row in rows if (line := row) in _rows(blocks)]
    assert rows[: len(shown)] == shown
    assert f"+{200 - len(shown)} more" in _rows(blocks)
    assert 11_000 < sum(len(str(block)) for block in blocks) < ALL + 1000
    assert violations({"text": "t", "blocks": blocks}) == []


def test_more_than_twenty_fields_are_counted_too() -> None:
    blocks = _assembled(fields="\n".join(f"field {number}" for number in range(30)))
    assert [len(list(block["fields"])) for block in blocks] == [10, 10]  # type: ignore[call-overload]
    assert "+11 more" in _rows(blocks)


def test_the_rest_is_counted_in_the_readers_language() -> None:
    fields = "\n".join(map(str, range(30)))
    assert "另有 11 项" in str(assemble({"text": "t", "fields": fields}, ZH).blocks)


@pytest.mark.parametrize("tail", ["&amp;", "<https://example.com/long|words>"])
def test_nothing_is_cut_within_an_entity_or_a_link(tail: str) -> None:
    for length in range(115, 151):
        (block,) = _assembled(summary="x" * 2380 + "x" * length + tail)
        text = str(_text_of(block))
        assert len(text) <= 2500
        assert text.endswith((tail, "…"))
        assert not re.search(r"&[a-z]*…|<[^>]*…", text)


def test_everything_that_is_long_at_once_still_fits() -> None:
    line = "y" * 590
    blocks = _assembled(
        header="h" * 999,
        summary="s" * 9999,
        fields="\n".join([line] * 30),
        look="\n".join([line] * 30),
        context="\n".join([line] * 30),
    )
    assert violations({"text": "t", "blocks": blocks}) == []
    assert len(blocks) >= 5


def test_parts_that_are_empty_make_no_blocks() -> None:
    assert _assembled(header=" ", summary="\n", fields="", look="", context="") == []


def test_a_post_without_a_text_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="text is empty"):
        assemble({"header": "x"}, EN)


def test_a_digest_of_500_apps_fits(renderer: Renderer) -> None:
    for language in Language:
        message = renderer.slack(digest_of("pages/index", apps=500), language)
        assert violations(_payload(message)) == []


def test_the_text_alone_tells_what_happened(renderer: Renderer) -> None:
    text = renderer.slack(example_alert(EventType.FIRE, EN), EN).text
    for words in ("Exit rate rose", "Cloud Grocery", "pages/checkout/pay", "61.0%", "39.6%"):
        assert words in text
    assert "3 of 7" in renderer.slack(example_digest(EN), EN).text
