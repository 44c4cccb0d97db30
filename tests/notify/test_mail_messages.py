"""What a mail says, in text and in HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_alerts, example_notices
from smartapp_watch.notify.examples_digests import example_digest, example_digests
from smartapp_watch.notify.message import MailMessage
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.templating import HTML_BYTES
from smartapp_watch.notify.text import width
from tests.notify.strange import ALERTS, DIGESTS, HOSTILE, NOTICES, alert_of, digest_of

ZH, EN = Language.ZH, Language.EN
_RENDERER = Renderer()
_TAGS = {"html", "head", "meta", "title", "body", "div", "table", "tr", "td", "span", "b", "br", "a", "img"}
_quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


class _Tags(HTMLParser):
    """Every tag and attribute, and whether the tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _check(mail: MailMessage) -> _Tags:
    assert len(mail.subject.splitlines()) == 1
    assert len(mail.subject) <= 200
    assert not set("[]") & set(mail.subject)
    assert len(mail.html.encode()) <= HTML_BYTES
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", mail.text + mail.html)
    tags = _Tags()
    tags.feed(mail.html)
    assert tags.open == []
    assert tags.names <= _TAGS
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    shown = {f"cid:{picture.name}" for picture in mail.pictures}
    assert {value for name, value in tags.attributes if name == "src"} == shown
    return tags


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strange_name_is_shown_harmlessly(text: str) -> None:
    for notice in (alert_of(text), alert_of(text, EventType.CLOSED), digest_of(text)):
        for language in Language:
            _check(_RENDERER.mail(notice, language))


@_quick
@given(notice=ALERTS | DIGESTS | NOTICES, language=st.sampled_from(Language))
def test_any_notice_is_a_whole_mail(notice: Notice, language: Language) -> None:
    _check(_RENDERER.mail(notice, language))


def test_a_name_is_told_as_it_came_where_it_is_harmless() -> None:
    mail = _RENDERER.mail(alert_of("=1+1 <b>{{ 7*7 }}"), ZH)
    assert "=1+1 <b>{{ 7*7 }}" in mail.text
    assert "=1+1 &lt;b&gt;{{ 7*7 }}" in mail.html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "https://a b", 'https://x"onx="']
)
def test_only_a_web_address_becomes_a_link(address: str) -> None:
    mail = _RENDERER.mail(replace(example_alert(EventType.FIRE, ZH), runbook=address), ZH)
    assert not [value for name, value in _check(mail).attributes if name == "href"]


def test_text_and_html_say_the_same() -> None:
    for language in Language:
        notices: list[Notice] = [
            *example_alerts(language),
            *example_digests(language),
            *example_notices(language),
        ]
        for notice in notices:
            mail = _RENDERER.mail(notice, language)
            html = unescape(re.sub(r"<[^>]+>", " ", mail.html))
            text = re.sub(r"(?m)^.* [▁-█·]+$", "", mail.text)  # bars: HTML has a picture in their place
            for number in re.findall(r"\d[\d,.:]*%?", text):
                assert number in html, number


def test_colour_is_that_of_good_or_bad_and_a_word_says_so() -> None:
    fire = _RENDERER.mail(example_alert(EventType.FIRE, ZH), ZH).html
    resolve = _RENDERER.mail(example_alert(EventType.RESOLVE, ZH), ZH).html
    assert re.search(r"color:#b42318[^>]*>▲ \+21.4 个百分点，变差<", fire)
    assert re.search(r"color:#067647[^>]*>页面退出率已恢复正常<", resolve)


def test_the_page_speaks_its_language_and_asks_for_light_colours() -> None:
    chinese = _RENDERER.mail(example_digest(ZH), ZH).html
    assert '<html lang="zh-CN">' in chinese
    assert '<html lang="en">' in _RENDERER.mail(example_digest(EN), EN).html
    assert '<meta name="color-scheme" content="light">' in chinese
    assert "PingFang SC" in unescape(chinese)
    assert not re.search(r"<style|display:\s*flex|@media|<script|https?://", chinese)


def test_what_stands_in_the_list_of_mails_is_the_worst_item() -> None:
    html = _RENDERER.mail(example_digest(ZH), ZH).html
    preheader = re.search(r'<div style="display:none[^>]*>([^<]*)</div>', html)
    assert preheader
    assert preheader[1].startswith("预约挂号：次日留存率下降")


@pytest.mark.parametrize(
    ("notice", "language", "subject"),
    [
        (0, ZH, "第47周：7 个小程序中 3 个需关注 · 11月16日–22日"),
        (0, EN, "Week 47: 3 of 7 apps need a look · 16–22 Nov"),
        (1, ZH, "第47周：一切正常，已检查 7 个小程序 · 11月16日–22日"),
        (1, EN, "Week 47: all clear, 7 mini-programs checked · 16–22 Nov"),
        (2, ZH, "11月22日（周日）：一切正常，已检查 6 个小程序（共 7 个）"),
        (2, EN, "Sun 22 Nov: all clear, 6 of 7 mini-programs checked"),
    ],
)
def test_a_digests_subject_is_its_summary(notice: int, language: Language, subject: str) -> None:
    assert _RENDERER.mail(example_digests(language)[notice], language).subject == subject


def test_brackets_in_a_name_do_not_reach_the_subject() -> None:
    notice = replace(example_alert(EventType.FIRE, ZH), app_name="[urgent] 商城")
    assert _RENDERER.mail(notice, ZH).subject.startswith("(urgent) 商城：")


def test_an_all_clear_is_never_said_of_data_that_are_missing() -> None:
    quiet = replace(example_digest(ZH), open=(), apps_checked=1)
    mail = _RENDERER.mail(quiet, ZH)
    assert "一切正常，" not in mail.subject
    assert "缺少数据：口袋记账（11月19日–22日，接口出错）。缺少不等于 0。" in mail.text


def test_a_digest_of_500_apps_stays_small_and_says_what_it_leaves_out() -> None:
    for text in ("预约挂号", "&" * 60):
        mail = _RENDERER.mail(digest_of(text, apps=500), ZH)
        _check(mail)
        shown = re.search(r"另有 (\d+) 个小程序未列出", mail.html)
        assert shown
        assert int(shown[1]) >= 460


def test_the_tables_of_the_text_are_aligned_by_what_a_character_takes_up() -> None:
    text = _RENDERER.mail(example_digest(ZH), ZH).text
    table = text.split("【全部小程序】\n")[1].split("\n\n")[0].splitlines()
    assert len(table) == 8
    assert len({width(line) for line in table}) == 1
