"""What messages say of acknowledgements, of silences that ended, and of rules in shadow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.render import Renderer

ZH, EN = Language.ZH, Language.EN


def forms(renderer: Renderer, name: str, language: Language, **changes: object) -> list[str]:
    """A digest, or an alert of that event, in every form."""
    example = example_digest(language) if name == "digest" else example_alert(EventType(name), language)
    notice = replace(example, **changes)  # type: ignore[arg-type]
    mail = renderer.mail(notice, language)
    return [str(renderer.slack(notice, language).blocks), mail.text, mail.html]


@pytest.mark.parametrize(("language", "words"), [(ZH, "小王 处理中"), (EN, "小王 deals with it")])
def test_who_deals_with_an_alert_is_said(renderer: Renderer, language: Language, words: str) -> None:
    assert all(words in form for form in forms(renderer, "stale", language, acked="小王"))
    assert not any(words in form for form in forms(renderer, "stale", language))
    fire = replace(example_alert(EventType.FIRE, language), acked="小王")
    assert all(words in form for form in forms(renderer, "digest", language, open=(fire,)))


@pytest.mark.parametrize(
    ("reason", "chinese", "english"),
    [
        ("silence ended", "静默已结束", "a silence ended"),
        ("maintenance ended", "维护窗口已结束", "a maintenance window ended"),
        ("shadow ended", "规则已转为正式", "no longer in shadow"),
    ],
)
def test_a_fire_that_was_held_back_says_so(
    renderer: Renderer, reason: str, chinese: str, english: str
) -> None:
    assert all(chinese in form for form in forms(renderer, "fire", ZH, reason=reason))
    assert all(english in form for form in forms(renderer, "fire", EN, reason=reason))


@pytest.mark.parametrize(
    ("language", "words"), [(ZH, "观察中的规则（未发送）"), (EN, "in shadow: nobody was told")]
)
def test_a_digest_lists_rules_in_shadow_apart(renderer: Renderer, language: Language, words: str) -> None:
    fire = replace(example_alert(EventType.FIRE, language), app_name="影子商城")
    for form in forms(renderer, "digest", language, open=(), opened=(), closed=(), shadowed=(fire,)):
        assert words in form or words.upper() in form or words.capitalize() in form
        assert "影子商城" in form
    for form in forms(renderer, "digest", language, shadowed=()):
        assert words.lower() not in form.lower()


def test_many_in_shadow_are_cut(renderer: Renderer) -> None:
    fire = example_alert(EventType.FIRE, EN)
    _, text, html = forms(renderer, "digest", EN, shadowed=(fire,) * 25)
    assert "+5 more" in text
    assert "+5 more" in html
