"""Slack's limits, each just kept and just broken."""

from __future__ import annotations

from typing import Any

import pytest

from smartapp_watch.simulator.block_kit import refuse


def _plain(length: int = 5) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def _marked(length: int = 5) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def _section(length: int = 5) -> dict[str, Any]:
    return {"type": "section", "text": _marked(length)}


def _image(**changes: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a line"} | changes


def _button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": _plain(), "action_id": "ack"} | changes


def _select(length: int = 5) -> dict[str, Any]:
    options = [{"text": _plain(), "value": "1d"}]
    return {"type": "static_select", "placeholder": _plain(length), "options": options}


_RIGHT = [
    [{"type": "header", "text": _plain(150)}],
    [_section(3000)],
    [{"type": "section", "fields": [_marked(600)] * 10}],
    [{"type": "section", "fields": [_marked(2000)]}],
    [{"type": "section", "text": _marked(), "accessory": _image()}],
    [{"type": "section", "text": _marked(), "accessory": _button()}],
    [{"type": "divider"}] * 50,
    [{"type": "divider", "block_id": "a" * 255}],
    [_image(alt_text="x" * 2000, title=_plain(2000))],
    [_image(image_url="https://" + "x" * 2992)],
    [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a line"}],
    [{"type": "context", "elements": [_marked()] * 9 + [_image()]}],
    [{"type": "actions", "elements": [_button(style="danger", value="v", url="https://example.com")] * 25}],
    [{"type": "actions", "elements": [{"type": "overflow", "options": [{"text": _plain(), "value": "1d"}]}]}],
    [{"type": "actions", "elements": [_select(150)]}],
    [{"type": "markdown", "text": "x" * 12_000}],
    [_section(3000)] * 4,
]

_WRONG = [
    "blocks",
    ["block"],
    [{"type": "table"}],
    [{"type": "divider"}] * 51,
    [{"type": "divider", "block_id": "a" * 256}],
    [{"type": "divider", "block_id": "a"}] * 2,
    [{"type": "divider", "colour": "red"}],
    [{"type": "header", "text": _plain(151)}],
    [{"type": "header", "text": _plain(0)}],
    [{"type": "header", "text": _marked()}],
    [{"type": "header"}],
    [_section(3001)],
    [{"type": "section"}],
    [{"type": "section", "text": "words"}],
    [{"type": "section", "text": {"type": "html", "text": "x"}}],
    [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}],
    [{"type": "section", "text": {"type": "mrkdwn", "text": 5}}],
    [{"type": "section", "fields": []}],
    [{"type": "section", "fields": [_marked()] * 11}],
    [{"type": "section", "fields": [_marked(2001)]}],
    [{"type": "section", "text": _marked(), "accessory": {"type": "clock"}}],
    [_image(alt_text="x" * 2001)],
    [_image(alt_text="")],
    [_image(slack_file={"id": "F1"})],
    [_image(image_url="x" * 3001)],
    [_image(title=_marked())],
    [_image(width=5)],
    [{"type": "context", "elements": [_marked()] * 11}],
    [{"type": "context", "elements": [_image(alt_text=None)]}],
    [{"type": "actions", "elements": []}],
    [{"type": "actions", "elements": [_button()] * 26}],
    [{"type": "actions", "elements": [_button(text=_plain(76))]}],
    [{"type": "actions", "elements": [_button(text=_marked())]}],
    [{"type": "actions", "elements": [_button(style="loud")]}],
    [{"type": "actions", "elements": [_button(value="x" * 2001)]}],
    [{"type": "actions", "elements": [_button(url="x" * 3001)]}],
    [{"type": "actions", "elements": [_button(colour="red")]}],
    [{"type": "actions", "elements": [{"type": "overflow", "options": ["1d"]}]}],
    [{"type": "actions", "elements": [_select(151)]}],
    [{"type": "actions", "elements": [_select() | {"options": []}]}],
    [{"type": "actions", "elements": [_select() | {"text": _plain()}]}],
    [{"type": "markdown", "text": "x" * 12_001}],
]


@pytest.mark.parametrize("blocks", _RIGHT)
def test_a_message_within_the_limits_is_accepted(blocks: Any) -> None:
    assert refuse("in words", blocks) is None


@pytest.mark.parametrize("blocks", _WRONG)
def test_a_message_beyond_a_limit_is_refused_with_the_reason(blocks: Any) -> None:
    refused = refuse("in words", blocks)
    assert refused is not None
    assert refused[0] == "invalid_blocks"
    assert refused[1]


def test_all_text_of_a_message_together_has_a_limit() -> None:
    assert refuse("in words", [_section(3000)] * 4 + [_section(1200)]) is None
    assert refuse("in words", [_section(3000)] * 4 + [_section(1201)]) == ("msg_blocks_too_long", [])


def test_a_message_needs_text_or_blocks_and_not_too_much_text() -> None:
    assert refuse("", None) == ("no_text", [])
    assert refuse(None, [_section()]) is None
    assert refuse("x" * 40_000, None) is None
    assert refuse("x" * 40_001, None) == ("msg_too_long", [])
