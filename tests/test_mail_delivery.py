"""Mails from a real outbox to a mail server that has bad days: each arrives, and hardly ever twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.deliver import GIVE_UP_AFTER, DeliveryResult, deliver
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.render import Renderer
from smartapp_watch.simulator.inbox import MailInbox, MailTrouble

NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)
TO = ("anna@example.com", "bo@example.com", "chen@example.com")
COMMANDS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT")
_RENDERER = Renderer()

Arrived = Counter[tuple[str, str]]
"""How often a mail, by its Message-ID, came to a recipient."""


def sender(inbox: MailInbox, *to: str) -> EmailSender:
    return EmailSender(
        "growth",
        Language.ZH,
        _RENDERER,
        host=inbox.host,
        port=inbox.port,
        security="none",
        username="",
        password="",
        sender="watch@example.com",
        to=to or TO,
        timeout=5,
    )


def queue(history: History, *alerts: int, kind: EventType = EventType.FIRE) -> None:
    for alert in alerts:
        notice = replace(example_alert(kind, Language.ZH), alert=alert)
        history.outbox.queue(f"alert/{alert}/{kind}/1/growth", "growth", notice, NOW)


def run(history: History, inbox: MailInbox, now: datetime = NOW) -> datetime:
    """Deliver until nothing waits, or the last try is over; the time of the last one."""
    while True:
        deliver(history, {"growth": sender(inbox)}, now)
        waiting = [each for each in history.outbox.undelivered() if each.state is not MessageState.DEAD]
        if not waiting:
            return now
        now = max(each.next_try for each in waiting)


def once(history: History, inbox: MailInbox, now: datetime = NOW) -> DeliveryResult:
    return deliver(history, {"growth": sender(inbox)}, now)


def arrived(inbox: MailInbox) -> Arrived:
    return Counter(
        (message_from_bytes(mail.content)["Message-ID"], recipient)
        for mail in inbox.mails
        for recipient in mail.recipients
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    troubles=st.lists(
        st.builds(MailTrouble, st.sampled_from(COMMANDS), st.sampled_from([0, 421, 450, 451, 452])),
        max_size=5,
    ),
    greylisted=st.frozensets(st.sampled_from(TO)),
)
def test_every_mail_arrives_and_twice_only_where_its_acceptance_was_lost(
    blank: bytes, troubles: list[MailTrouble], greylisted: frozenset[str]
) -> None:
    with TemporaryDirectory() as folder, MailInbox(greylisted=greylisted) as inbox:
        file = Path(folder) / "history.db"
        file.write_bytes(blank)
        with open_history(file) as history:
            queue(history, 1, 2)
            inbox.trouble_next(*troubles)
            once(history, inbox)
            inbox.greylisted = frozenset()
            run(history, inbox)
            assert history.outbox.undelivered() == []
    found, lost = arrived(inbox), sum(each == MailTrouble("CONTENT", 0) for each in troubles)
    assert {recipient for _, recipient in found} == set(TO)
    assert len({mail for mail, _ in found}) == 1  # both alerts are of one mini-program: one mail
    assert all(1 <= times <= 1 + lost for times in found.values())


def test_an_acceptance_that_was_lost_is_made_up_for_under_the_same_id(history: History) -> None:
    with MailInbox() as inbox:
        queue(history, 1)
        inbox.trouble_next(MailTrouble("CONTENT", 0))
        run(history, inbox)
        assert [mail.recipients for mail in inbox.mails] == [TO, TO]
    assert len({mail for mail, _ in arrived(inbox)}) == 1


def test_a_recipient_that_is_put_off_is_tried_again_alone(history: History) -> None:
    with MailInbox(greylisted=frozenset(TO[:1])) as inbox:
        queue(history, 1)
        assert once(history, inbox).retry == 1
        (waiting,) = history.outbox.undelivered()
        assert "refused for 1 of 3 recipients: anna@example.com: 451" in waiting.error
        inbox.greylisted = frozenset()
        assert once(history, inbox, waiting.next_try).sent == 1
        assert [mail.recipients for mail in inbox.mails] == [TO[1:], TO[:1]]
    assert len({mail for mail, _ in arrived(inbox)}) == 1


def test_what_follows_does_not_wait_for_a_recipient_that_is_put_off(history: History) -> None:
    with MailInbox(greylisted=frozenset(TO[:1])) as inbox:
        queue(history, 1)
        once(history, inbox)
        queue(history, 1, kind=EventType.RESOLVE)
        once(history, inbox, NOW + timedelta(seconds=30))
        roots = {message_from_bytes(mail.content)["References"] for mail in inbox.mails}
        assert [mail.recipients for mail in inbox.mails] == [TO[1:], TO[1:]]
        assert len(roots) == 1


def test_a_recipient_that_does_not_exist_costs_nobody_else_the_mail_and_is_told(history: History) -> None:
    with MailInbox(refused=frozenset(TO[:1])) as inbox:
        queue(history, 1)
        result = once(history, inbox)
        assert (result.sent, result.retry, result.dead) == (1, 0, 0)
        assert "anna@example.com: 550 no such user here" in result.errors[0]
        assert history.outbox.undelivered() == []
        (trouble,) = history.outbox.troubles.all()
        assert (trouble.receiver, trouble.is_off, trouble.in_part) == ("growth", False, True)
        once(history, inbox, NOW + GIVE_UP_AFTER)
        assert [mail.recipients for mail in inbox.mails] == [TO[1:]]


def test_a_recipient_that_exists_again_ends_the_trouble(history: History) -> None:
    with MailInbox(refused=frozenset(TO[:1])) as inbox:
        queue(history, 1)
        once(history, inbox)
        inbox.refused = frozenset()
        queue(history, 2)
        once(history, inbox)
        assert history.outbox.troubles.all() == []
        assert inbox.mails[-1].recipients == TO


def test_one_who_is_put_off_for_days_is_given_up_and_the_others_are_left_alone(history: History) -> None:
    with MailInbox(greylisted=frozenset(TO[:1])) as inbox:
        queue(history, 1)
        assert NOW + GIVE_UP_AFTER - timedelta(hours=12) < run(history, inbox) <= NOW + GIVE_UP_AFTER
        assert [mail.recipients for mail in inbox.mails] == [TO[1:]]
    assert history.outbox.undelivered() == []
    assert [each.in_part for each in history.outbox.troubles.all()] == [True]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_refused_for_good_is_never_silent(history: History, command: str) -> None:
    with MailInbox() as inbox:
        queue(history, 1)
        inbox.trouble_next(*[MailTrouble(command, 550, "no")] * 3)
        result = once(history, inbox)
        assert result.errors
        assert result.sent == 0
        assert inbox.mails == []
        if command in ("RCPT", "DATA", "CONTENT"):  # about this mail: another may be taken
            assert (list(result.given_up), history.outbox.troubles.all()) == (["growth"], [])
        else:
            assert result.given_up == {}
            assert [trouble.is_off for trouble in history.outbox.troubles.all()] == [True]
