"""Slack messages in a terminal."""

from __future__ import annotations

import unicodedata

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.block_kit import picture_block
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.preview import show_in_terminal
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack_buttons import buttons
from tests.notify.strange import HOSTILE, alert_of, digest_of


def test_a_message_is_shown_with_its_emoji_and_without_markup(renderer: Renderer) -> None:
    shown = show_in_terminal(renderer.slack(example_alert(EventType.FIRE, Language.ZH), Language.ZH))
    assert shown.startswith("│ 🟠 页面退出率上升：云上生鲜\n")
    assert "│ 当前 61.0%                        往常周日 39.6%\n" in shown
    assert "处理手册 https://wiki.example.com/checkout?page=pay&lang=zh" in shown
    assert "*" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_can_do_nothing_to_the_terminal(renderer: Renderer, text: str) -> None:
    for notice in (alert_of(text), digest_of(text)):
        shown = show_in_terminal(renderer.slack(notice, Language.EN))
        kinds = {unicodedata.category(character) for character in shown if character not in "\n\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs"}


def test_a_name_is_shown_as_it_came(renderer: Renderer) -> None:
    shown = show_in_terminal(renderer.slack(alert_of("*bold* <b> & =1+1"), Language.EN))
    assert "*bold* <b> & =1+1" in shown


def test_a_message_of_text_alone_is_shown_too() -> None:
    assert show_in_terminal(SlackMessage("a &amp; b\nc")) == "│ a & b\n│ c"


def test_a_picture_is_shown_as_its_words_and_a_button_as_its_label() -> None:
    block = buttons(example_alert(EventType.FIRE, Language.EN), Language.EN)
    assert block is not None
    message = SlackMessage("x", (picture_block("F1", "Chart: 61.0%"), block))
    assert show_in_terminal(message) == "│ [Chart: 61.0%]\n│\n│   [Acknowledge]  [Silence…]"
