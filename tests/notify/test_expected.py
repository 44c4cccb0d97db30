"""Messages as they were when somebody last looked at them: ``UPDATE_EXPECTED=1 pytest tests/notify``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import EventType, Figures
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import (
    example_ailments,
    example_alert,
    example_fleet,
    example_late,
    example_notices,
    example_reminder,
    example_retraction,
    example_unusual,
    example_window,
)
from smartapp_watch.notify.examples_digests import (
    example_daily_digest,
    example_digest,
    example_quiet_digest,
)
from smartapp_watch.notify.examples_groups import (
    example_app_group,
    example_changed_group,
    example_quiet_group,
    example_rules_group,
)
from smartapp_watch.notify.preview import show_in_terminal
from smartapp_watch.notify.render import Renderer

EXPECTED = Path(__file__).parent / "expected"
_OTHERS: dict[str, Callable[[Language], Notice]] = {
    "digest": example_digest,
    "daily-digest": example_daily_digest,
    "quiet-digest": example_quiet_digest,
    "late": example_late,
    "still": example_reminder,
    "unusual": example_unusual,
    "window": example_window,
    "fleet": example_fleet,
    "fleet-over": lambda language: replace(
        example_fleet(language),
        type=EventType.RESOLVE,
        figures=Figures(counts=(("breaching", 31.0), ("eligible", 18_240.0))),
    ),
    "retraction": example_retraction,
    "app-group": example_app_group,
    "changed-group": example_changed_group,
    "rules-group": example_rules_group,
    "quiet-group": example_quiet_group,
    "polling-fails": lambda _language: example_ailments()[0],
    "authorisation-lost": lambda _language: example_ailments()[3],
}


def _notice(name: str, language: Language) -> Notice:
    if name == "notice":
        return example_notices(language)[0]
    return _OTHERS[name](language) if name in _OTHERS else example_alert(EventType(name), language)


def _messages(name: str, language: Language) -> dict[str, str]:
    renderer, notice = Renderer(), _notice(name, language)
    slack, mail = renderer.slack(notice, language), renderer.mail(notice, language)
    picture = {"picture_at": slack.picture_at, "alt": slack.picture.alt} if slack.picture else {}
    blocks = {"text": slack.text, "blocks": slack.blocks, **picture}
    html = mail.html
    for number, shown in enumerate(mail.pictures, start=1):
        html = html.replace(shown.name, f"{number}.png")  # its hash is another where Pillow is another
    return {
        "json": json.dumps(blocks, ensure_ascii=False, indent=1) + "\n",
        "terminal.txt": show_in_terminal(slack) + "\n",
        "mail.txt": f"Subject: {mail.subject}\n\n{mail.text}",
        "html": html,
        **{Path(each.name).suffix[1:]: each.content.decode() for each in mail.attachments},
    }


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["fire", "worse", "resolve", "notice", *_OTHERS])
def test_a_message_looks_as_it_did(name: str, language: Language) -> None:
    for ending, text in _messages(name, language).items():
        assert_as_it_was(f"{name}.{language}.{ending}", text)


def assert_as_it_was(name: str, text: str) -> None:
    """That a message is the one that was looked at."""
    path = EXPECTED / name
    if os.environ.get("UPDATE_EXPECTED"):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode(), name
