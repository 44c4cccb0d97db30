"""A mail as it goes over the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import GroupNotice, Layout, Notice, Notification, Thread
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_alerts, example_notices
from smartapp_watch.notify.examples_digests import example_digest, example_digests
from smartapp_watch.notify.examples_groups import example_groups
from smartapp_watch.notify.message import Attachment, MailMessage, Picture
from smartapp_watch.notify.mime import compose
from smartapp_watch.notify.render import Renderer
from tests.notify.conftest import CREATED
from tests.notify.mail_limits import body_of, faults, parsed, tree
from tests.notify.strange import ALERTS, DIGESTS, GROUPS, HOSTILE, NOTICES, alert_of, digest_of, group_of

Notify = Callable[..., Notification]

SENDER = "smartapp-watch <watch@example.com>"
TO = ("growth@example.com", "小王 <wang@example.com>")
PICTURES = (Picture("3fa9c0.png", b"\x89PNG one", "one"), Picture("77d1e2.png", b"\x89PNG two", "two"))
CSV = Attachment("第47周.csv", "\ufeff名称,值\r\n".encode(), "text/csv")
PAGE = '<p>中文 <img src="cid:3fa9c0.png" alt="one"><img src="cid:77d1e2.png" alt="two"></p>'
_RENDERER = Renderer()


def _raw(notification: Notification, mail: MailMessage, sender: str = SENDER) -> bytes:
    return compose(notification, mail, sender, TO).as_bytes()


@pytest.mark.parametrize(
    ("pictures", "attachments", "shape"),
    [
        ((), (), ("alternative", "text/plain", "text/html")),
        (PICTURES, (), ("alternative", "text/plain", ("related", "text/html", "image/png", "image/png"))),
        ((), (CSV,), ("mixed", ("alternative", "text/plain", "text/html"), "text/csv")),
        (
            PICTURES[:1],
            (CSV,),
            ("mixed", ("alternative", "text/plain", ("related", "text/html", "image/png")), "text/csv"),
        ),
    ],
)
def test_the_parts_are_nested_as_mail_programs_expect_it(
    notify: Notify,
    pictures: tuple[Picture, ...],
    attachments: tuple[Attachment, ...],
    shape: object,
) -> None:
    page = "".join(f'<img src="cid:{picture.name}" alt="">' for picture in pictures)
    raw = _raw(notify(), MailMessage("告警", "text", page, pictures, attachments))
    assert tree(parsed(raw)) == shape
    assert faults(raw) == []


def test_a_picture_is_found_by_its_id_and_shown_within_the_text(notify: Notify) -> None:
    mail = parsed(_raw(notify(), MailMessage("告警", "text", PAGE, PICTURES)))
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [part.get_content() for part in images] == [picture.png for picture in PICTURES]
    assert [part.get_content_disposition() for part in images] == ["inline", "inline"]
    for picture, part in zip(PICTURES, images, strict=True):
        assert part["Content-ID"] == f"<{picture.name}@example.com>"
        assert f'src="cid:{picture.name}@example.com"' in body_of(mail, "html")


def test_a_file_keeps_its_name_and_every_byte(notify: Notify) -> None:
    mail = parsed(_raw(notify(), MailMessage("周报", "text", "<p>x</p>", attachments=(CSV,))))
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "第47周.csv"
    assert part.get_content_disposition() == "attachment"
    assert part.get_payload(decode=True) == CSV.content
    assert part.get_content_charset() == "utf-8"


def test_one_can_unsubscribe_by_mail(notify: Notify) -> None:
    mail = parsed(_raw(notify(), MailMessage("告警", "text", "<p>x</p>")))
    assert mail["List-Unsubscribe"] == "<mailto:watch@example.com?subject=unsubscribe>"


@pytest.mark.parametrize("local", ["a+b", "x" * 40, "x" * 64, "a&b=c?d"])
def test_no_address_is_too_long_or_too_odd_for_the_headers(notify: Notify, local: str) -> None:
    raw = _raw(notify(), MailMessage("告警", "text", "<p>x</p>"), f"{local}@{'d' * 40}.example.com")
    assert faults(raw) == []
    unsubscribe = re.search(rb"\r\nList-Unsubscribe:\s+(.*)\r\n", raw)
    assert unsubscribe is None or re.fullmatch(rb"<mailto:[\w%+@.-]+\?subject=unsubscribe>", unsubscribe[1])


def test_a_digest_is_no_part_of_a_thread(notify: Notify) -> None:
    mail = parsed(_raw(notify(example_digest(Language.ZH)), MailMessage("周报", "text", "<p>x</p>")))
    assert (mail["References"], mail["In-Reply-To"]) == (None, None)


def test_what_follows_names_the_root_that_the_opening_named_and_nobody_else_does(notify: Notify) -> None:
    fire, resolve = (example_alert(kind, Language.ZH) for kind in (EventType.FIRE, EventType.RESOLVE))
    mail = MailMessage("告警", "text", "<p>x</p>")
    thread = Thread("alert/12/1", fire, resolve)
    notifications = (
        notify(fire, "alert/12/1"),
        replace(notify(resolve, "alert/12/2"), thread=thread),
        notify(fire, "alert/13/1"),
    )
    first, second, other = (parsed(_raw(each, mail)) for each in notifications)
    assert first["References"] == first["In-Reply-To"] == second["References"] == second["In-Reply-To"]
    assert other["References"] != first["References"]
    assert len({each["Message-ID"] for each in (first, second, other)} | {first["References"]}) == 4


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strange_name_breaks_no_mail(notify: Notify, text: str) -> None:
    for notice in (alert_of(text), *_groups_of(text)):
        for language in Language:
            _is_whole(notify(notice, text), language)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(notice=ALERTS | GROUPS | DIGESTS | NOTICES, key=st.text(), language=st.sampled_from(Language))
def test_any_notice_makes_a_whole_mail(notice: Notice, key: str, language: Language) -> None:
    _is_whole(Notification(1, key, "growth", notice, CREATED), language)


def _groups_of(text: str) -> tuple[GroupNotice, ...]:
    return tuple(
        replace(group, alerts=(alert_of(text), *group.alerts)) for group in example_groups(Language.ZH)
    )


def _is_whole(notification: Notification, language: Language) -> None:
    rendered = _RENDERER.mail(notification.notice, language)
    raw = _raw(notification, rendered)
    assert faults(raw) == []
    mail = parsed(raw)
    assert mail["Subject"] == " ".join(rendered.subject.split())
    assert body_of(mail, "plain").replace("\r\n", "\n") == rendered.text
    assert mail["To"] == ", ".join(TO)


@pytest.mark.parametrize("language", Language)
def test_the_largest_mails_stay_far_below_what_servers_take(notify: Notify, language: Language) -> None:
    for notice in (digest_of("预约挂号", apps=500), group_of("预约挂号", Layout.QUIET, alerts=500)):
        raw = _raw(notify(notice), _RENDERER.mail(notice, language))
        assert faults(raw) == []
        assert len(raw) < 1_000_000


def test_every_example_is_a_whole_mail(notify: Notify) -> None:
    for language in Language:
        notices = example_alerts, example_groups, example_digests, example_notices
        for notice in chain.from_iterable(each(language) for each in notices):
            _is_whole(notify(notice), language)
