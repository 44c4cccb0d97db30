"""Messages lead to the pages of what they are about, where there are pages; elsewhere nothing changes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.examples_groups import example_app_group, example_rules_group
from smartapp_watch.notify.export import export
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.views import address_of

SITE = "https://watch.example.com"


def told(notice: Notice, language: Language) -> dict[str, str]:
    """The message in each form."""
    renderer = Renderer(site=SITE)
    mail, robot = renderer.mail(notice, language), renderer.robot(notice, language)
    slack = str(renderer.slack(notice, language).blocks)
    return {"slack": slack, "text": mail.text, "html": mail.html, "robot": "\n".join(robot.lines)}


def addresses(text: str) -> set[str]:
    return set(re.findall(rf"{re.escape(SITE)}[^\s|>)\"']*", text))


@pytest.mark.parametrize("language", Language)
def test_an_alert_leads_to_its_page_in_every_form(language: Language) -> None:
    alert = replace(example_alert(EventType.FIRE, language), alert=12)
    for form, text in told(alert, language).items():
        assert addresses(text) == {f"{SITE}/alerts/12"}, form


@pytest.mark.parametrize("language", Language)
def test_several_alerts_lead_each_to_its_own(language: Language) -> None:
    for group in (example_app_group(language), example_rules_group(language)):
        forms = told(group, language)
        for form in ("slack", "html", "robot"):
            found = addresses(forms[form])
            assert found, form
            assert found <= {f"{SITE}/alerts/{each.alert}" for each in group.alerts}, form


@pytest.mark.parametrize("language", Language)
def test_a_digest_leads_to_itself_in_the_browser_and_to_its_alerts(language: Language) -> None:
    digest = replace(example_digest(language), name="周报 1/2", period="2026-W47")
    own = f"{SITE}/digests/%E5%91%A8%E6%8A%A5%201%2F2/2026-W47"
    forms = told(digest, language)
    assert all(own in addresses(text) for text in forms.values())
    page = export(Renderer(site=SITE), digest, language)
    assert own not in page
    assert addresses(page) == addresses(forms["html"]) - {own}


def test_what_is_in_a_link_is_escaped_once() -> None:
    app = "<b>A & B</b>"
    group = example_app_group(Language.EN)
    named = replace(group, alerts=tuple(replace(each, app_name=app, alert=7) for each in group.alerts))
    for notice in (named, replace(example_digest(Language.EN), open=named.alerts)):
        html = told(notice, Language.EN)["html"]
        assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in html
        assert "&amp;amp;" not in html
        assert app not in html


def test_without_pages_and_without_an_alert_there_is_no_address() -> None:
    alert = example_alert(EventType.FIRE, Language.EN)
    assert address_of(alert, "") == ""
    assert address_of(replace(alert, alert=0), SITE) == ""
