"""Messages as they were when somebody last looked at them: ``UPDATE_EXPECTED=1 pytest tests/notify``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import (
    example_alert,
    example_digest,
    example_late,
    example_notices,
    example_retraction,
    example_unusual,
    example_window,
)
from smartapp_watch.notify.preview import show_in_terminal
from smartapp_watch.notify.render import Renderer

EXPECTED = Path(__file__).parent / "expected"
_OTHERS: dict[str, Callable[[Language], Notice]] = {
    "digest": example_digest,
    "late": example_late,
    "unusual": example_unusual,
    "window": example_window,
    "retraction": example_retraction,
}


def _notice(name: str, language: Language) -> Notice:
    if name == "notice":
        return example_notices(language)[0]
    return _OTHERS[name](language) if name in _OTHERS else example_alert(EventType(name), language)


def _messages(name: str, language: Language) -> dict[str, str]:
    renderer, notice = Renderer(), _notice(name, language)
    slack, mail = renderer.slack(notice, language), renderer.mail(notice, language)
    blocks = {"text": slack.text, "blocks": slack.blocks}
    return {
        "json": json.dumps(blocks, ensure_ascii=False, indent=1) + "\n",
        "terminal.txt": show_in_terminal(slack) + "\n",
        "mail.txt": f"Subject: {mail.subject}\n\n{mail.text}",
        "html": mail.html,
    }


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["fire", "resolve", "notice", *_OTHERS])
def test_a_message_looks_as_it_did(name: str, language: Language) -> None:
    for ending, text in _messages(name, language).items():
        path = EXPECTED / f"{name}.{language}.{ending}"
        if os.environ.get("UPDATE_EXPECTED"):
            path.write_text(text)
        assert text == path.read_text(), path.name
