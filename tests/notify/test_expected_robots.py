"""Messages for robots and programs as they were when somebody last looked at them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice, Notification
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_notices
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.examples_groups import example_groups
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.robot import ROBOTS
from smartapp_watch.notify.webhook import webhook_document
from tests.notify.test_expected import assert_as_it_was

_NOTICES: dict[str, Callable[[Language], Notice]] = {
    "fire": lambda language: example_alert(EventType.FIRE, language),
    "resolve": lambda language: example_alert(EventType.RESOLVE, language),
    "group": lambda language: example_groups(language)[0],
    "digest": example_digest,
    "notice": lambda language: example_notices(language)[0],
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", _NOTICES)
def test_a_message_for_robots_looks_as_it_did(name: str, language: Language) -> None:
    message = Renderer().robot(_NOTICES[name](language), language)
    tone = f" ({message.tone})" if message.tone else ""
    assert_as_it_was(f"{name}.{language}.md", "\n".join((f"# {message.title}{tone}", *message.lines, "")))


@pytest.mark.parametrize("language", Language)
def test_everything_that_the_service_says_of_itself_reads_as_it_did(language: Language) -> None:
    messages = [Renderer().robot(notice, language) for notice in example_notices(language)]
    texts = ["\n".join((f"# {message.title}", *message.lines[:1], "")) for message in messages]
    assert_as_it_was(f"notices.{language}.md", "\n".join(texts))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", ROBOTS)
def test_what_a_robot_is_sent_looks_as_it_did(kind: str, language: Language) -> None:
    message = Renderer().robot(_NOTICES["fire"](language), language)
    payload = ROBOTS[kind].payload(message, language)
    assert_as_it_was(f"fire.{language}.{kind}.json", json.dumps(payload, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("language", Language)
def test_what_a_webhook_is_sent_looks_as_it_did(
    notify: Callable[..., Notification], language: Language
) -> None:
    document = webhook_document(notify(_NOTICES["fire"](language)), Renderer(), language)
    assert_as_it_was(
        f"fire.{language}.webhook.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    )
