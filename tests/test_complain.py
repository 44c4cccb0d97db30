"""Who hears of what ails the service, how often, and that it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from smartapp_watch import watch as watching
from smartapp_watch.alerts.notification import ServiceNotice, Topic
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.clock import frozen
from smartapp_watch.complain import Complaints, words_due
from smartapp_watch.config.settings import EmailSettings, PlatformSettings
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import Lease, PlatformRecord
from smartapp_watch.deliver import deliver
from smartapp_watch.errors import HistoryError
from smartapp_watch.health import Ailment, Spell
from smartapp_watch.history.database import History
from smartapp_watch.history.health_log import Told
from smartapp_watch.history.notices import read_notice
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language
from smartapp_watch.monitor.heartbeat import Heartbeat
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.scheduler import Scheduler
from smartapp_watch.simulator.faults import Answer, Faults
from smartapp_watch.simulator.inbox import MailInbox
from smartapp_watch.watch import Watch
from tests.notices import Kept, told_by
from tests.test_watch import MONDAY, NEWS, SHOP, Service, app_settings, polled, service
from tests.waiting import wait_until

__all__ = ["service"]

NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = Ailment(Topic.DATA_LATE, NOON, "", count=38, of=42)
SHUT_OUT = Answer.of({"errno": 40008, "msg": "ip not in whitelist"})
NONSENSE = Answer.of({"errno": 0, "data": "nonsense"})
EXPIRED = Answer.of({"error_code": 111, "error_msg": "Access token expired"})
EVERYBODY = ["boss", "growth", "ops"]


def hours_told(days: int, ailment: Ailment = LATE, ends: int | None = None) -> list[tuple[int, bool]]:
    """At which hours a word is due while something ails for so long, and whether it says that it is over."""
    known: tuple[Told, ...] = ()
    found = []
    for hour in range(24 * days):
        ill = [ailment] if ends is None or hour < ends else []
        words = list(words_due(known, ill, NOON + hour * HOUR))
        known = tuple(told for told, _ in words)
        found += [(hour, notice.over) for _, notice in words if notice]
    return found


def test_people_hear_at_once_then_daily_for_three_days_then_weekly() -> None:
    assert [hour // 24 for hour, _ in hours_told(20)] == [0, 1, 2, 3, 10, 17]


def test_people_hear_once_that_it_is_over() -> None:
    assert hours_told(5, ends=30) == [(0, False), (24, False), (30, True)]


def test_what_comes_and_goes_is_told_once_a_day_at_most() -> None:
    known: tuple[Told, ...] = ()
    told = []
    for hour in range(72):
        words = list(words_due(known, [LATE] if hour % 2 else [], NOON + hour * HOUR))
        known = tuple(each for each, _ in words)
        told += [hour for _, notice in words if notice and not notice.over]
    assert told == [1, 25, 49]


def test_more_of_the_same_is_told_the_next_day_though_a_week_is_not_over() -> None:
    known = (Told(Topic.DATA_LATE, NOON, NOON, NOON, 4, 38),)
    more = replace(LATE, count=39)
    assert [notice for _, notice in words_due(known, [LATE], NOON + DAY)] == [None]
    ((told, notice),) = words_due(known, [more], NOON + DAY)
    assert notice
    assert (notice.count, told.count) == (39, 39)


def test_what_follows_from_something_else_is_neither_told_nor_over() -> None:
    follows = replace(LATE, cause=Topic.SHUT_OUT)
    assert list(words_due((), [follows], NOON)) == []
    known = (Told(Topic.DATA_LATE, NOON, NOON, NOON, 1, 38),)
    assert list(words_due(known, [follows], NOON + 2 * DAY)) == [(known[0], None)]


def test_a_word_is_queued_for_every_receiver_and_never_twice(history: History) -> None:
    complaints = Complaints(history, ("ops", "growth"), ())
    for minute in range(3):
        complaints.tell_all([LATE], NOON + timedelta(minutes=minute))
    assert [each.receiver for each in history.outbox.undelivered()] == ["ops", "growth"]
    complaints.tell_all([], NOON + HOUR)
    assert len(history.outbox.undelivered()) == 4


@pytest.mark.parametrize(("topic", "waits"), [(Topic.POLLING_FAILS, False), (Topic.DATA_LATE, True)])
def test_only_what_makes_alerts_untrustworthy_is_told_in_quiet_hours(
    history: History, topic: Topic, *, waits: bool
) -> None:
    Complaints(history, ("ops",), ()).tell_all([Ailment(topic, NOON)], NOON)
    kept = Kept()
    night = QuietHours(NOON.time(), (NOON + HOUR).time(), BEIJING)
    deliver(history, {"ops": kept}, NOON, quiet_hours={"ops": night})
    assert (kept.notices == []) is waits
    deliver(history, {"ops": kept}, NOON + HOUR, quiet_hours={"ops": night})
    assert [notice.topic for notice in kept.notices] == [topic]


def run(service: Service, answer: Answer | None, hours: range) -> None:
    """Poll and deliver each of these hours; ``answer``: what the API says to everything."""
    with polled(service, Faults.script(lambda _call: answer)):
        for hour in hours:
            watch = service.at(MONDAY + hour * HOUR)
            watch.poll(service.history)
            watch.deliver(service.history)


def test_a_platform_that_is_shut_out_is_told_to_everybody_until_it_is_over(service: Service) -> None:
    run(service, SHUT_OUT, range(3))
    assert told_by(service) == [(each, "The API shuts out the whole platform") for each in EVERYBODY]
    run(service, SHUT_OUT, range(20, 52, 5))
    assert len(told_by(service)) == 6
    run(service, None, range(52, 54))
    assert told_by(service) == [(each, "The API lets the platform in again") for each in EVERYBODY]


def test_polls_that_fail_for_a_day_are_told_to_everybody_with_the_error(service: Service) -> None:
    run(service, NONSENSE, range(24))
    assert told_by(service) == []
    run(service, NONSENSE, range(24, 25))
    assert told_by(service) == [(each, "No poll has been answered for a day") for each in EVERYBODY]
    assert "every poll has failed: " in service.slack.messages[-1].text
    run(service, None, range(26, 27))
    assert told_by(service) == [(each, "Polling works again") for each in EVERYBODY]


def test_a_lost_authorisation_is_told_with_the_name_after_a_second_poll(service: Service) -> None:
    service.configure(apps=(app_settings(SHOP), app_settings(NEWS)))
    script = Faults.script(lambda call: EXPIRED if call.app_id == NEWS.id else None)
    with polled(service, script):
        for hour in range(2):
            watch = service.at(MONDAY + hour * HOUR)
            watch.poll(service.history)
            watch.deliver(service.history)
            assert len(told_by(service)) == (3 if hour else 0)
    (mine, *_) = [each.text for each in service.slack.messages]
    assert "Authorisation lost: 示例资讯" in mine
    assert "Access token expired" in mine


def test_a_cycle_that_raises_counts_and_is_told_after_a_day(service: Service) -> None:
    for hour in (0, 12, 24):
        service.at(MONDAY + hour * HOUR).note_error(service.history, str(HistoryError("disk I/O error")))
    service.at(MONDAY + 24 * HOUR).deliver(service.history)
    assert told_by(service) == [(each, "The work has failed for a day") for each in EVERYBODY]
    service.configure(digests=())
    with polled(service, Faults(0)):
        service.at(MONDAY + 25 * HOUR).cycle(service.history)
    assert told_by(service) == [(each, "The work goes on again") for each in EVERYBODY]


def test_a_scheduler_counts_the_cycles_that_raise_and_no_other_work(service: Service) -> None:
    def fail(_watch: Watch, _history: History) -> None:
        raise HistoryError("disk I/O error")

    watch = service.at(MONDAY)
    scheduler = Scheduler(watch, fail, fail, fail, Observer(Heartbeat(lambda: None)))
    scheduler.start()
    try:
        wait_until(lambda: service.history.health.record().cycles is not None)
        scheduler.deliver_soon()
    finally:
        scheduler.shutdown()
    assert service.history.health.record().cycles == Spell(MONDAY, 1, "disk I/O error")


def test_the_word_comes_by_mail_as_by_chat(service: Service) -> None:
    with MailInbox() as mails:
        mail = EmailSettings(
            "mail", Language.ZH, "127.0.0.1", "w@example.com", ("a@example.com",), mails.port, "none"
        )
        service.configure(receivers=(*service.config.receivers, mail))
        run(service, SHUT_OUT, range(1))
        assert [receiver for receiver, _ in told_by(service)] == EVERYBODY
        (received,) = mails.mails
    message = message_from_bytes(received.content, policy=default)
    assert message["Subject"] == "API 拒绝了整个平台的访问"
    body = message.get_body(("plain",))
    assert body
    assert "ip not in whitelist" in body.get_content()


def test_settings_that_were_refused_are_told_until_others_are_taken(service: Service) -> None:
    refused = Watch(service.config, frozen(MONDAY), refused_settings=Spell(MONDAY, error="watch.toml:3: no"))
    refused.deliver(service.history)
    assert told_by(service) == [(each, "The new settings were not taken") for each in EVERYBODY]
    assert "watch.toml:3: no" in service.slack.messages[0].text
    service.at(MONDAY + HOUR).deliver(service.history)
    assert told_by(service) == [(each, "The new settings were taken") for each in EVERYBODY]


def test_a_platform_s_token_that_is_not_renewed_in_time_is_told(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = PlatformSettings(client_id="key", credentials=tmp_path / "credentials.json")
    service.configure(platform=platform)
    lease = Lease.begin("42.token", 30 * DAY.total_seconds(), MONDAY - 27 * DAY + HOUR)
    Credentials(platform.credentials).save(PlatformRecord("key", lease))
    for at in (MONDAY, MONDAY + 2 * HOUR):  # three days before its end, it should be renewed
        monkeypatch.setattr(watching, "wall_clock", lambda at=at: at)
        service.at(at).deliver(service.history)
        expected = EVERYBODY if at > MONDAY else []
        assert told_by(service) == [(each, "Running out: the token of platform") for each in expected]


def test_a_receiver_that_is_off_is_told_to_one_other_alone(service: Service) -> None:
    service.history.outbox.troubles.note("ops", "token expired", MONDAY, is_off=True)
    service.at(MONDAY).deliver(service.history)
    assert [receiver for receiver, _ in told_by(service)] == ["boss"]


def test_what_the_health_log_keeps_comes_back_as_it_was(history: History) -> None:
    record = history.health.record().after_error(NOON, "a 'quoted' error")
    history.health.save_record(record)
    told = (Told(Topic.DISK_FILLS, NOON, NOON, NOON + HOUR, 2, 1, over=True),)
    history.health.save_told(told)
    assert history.health.record() == record
    assert history.health.told() == told


def test_a_notice_of_before_there_were_ailments_can_still_be_read() -> None:
    text = '{"topic": "shut_out", "error": "ip", "since": "2026-11-23T12:00:00+08:00", "receiver": ""}'
    assert read_notice("notice", text) == ServiceNotice(Topic.SHUT_OUT, "ip", NOON)


def test_the_page_on_health_names_everything_that_the_service_says_of_itself() -> None:
    page = (Path(__file__).parents[1] / "docs" / "health.md").read_text(encoding="utf-8")
    assert [topic for topic in Topic if topic is not Topic.TEST and f"| `{topic}` |" not in page] == []
