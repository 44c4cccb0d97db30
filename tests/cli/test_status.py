"""``status``: whether it is well, on the first line, and what that rests on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from smartapp_watch.cli.status import status_document
from smartapp_watch.cli.status_lines import status_lines
from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import Lease, PlatformRecord
from smartapp_watch.health import Arrivals, Polled, Record
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.watch import Watch
from tests.cli.desk import NOW, SICK, WELL, Call, Desk

DAY = timedelta(days=1)
TREND = TABLES["user_trend"]
OLD_KEYS = {"now", "apps", "platform", "failures", "open_alerts", "failing_receivers", "queue"}


def first_line(status: Call, *words: str) -> str:
    done = status("status", *words)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()[0]


def make_ill(desk: Desk, record: Record) -> None:
    with open_history(desk.history) as history:
        history.health.save_record(record)


def test_a_service_that_is_well_says_so_first(judged: Call) -> None:
    assert first_line(judged) == "well: nothing ails the service; 2 mini-programs are watched"
    document = judged("status", "--json").json
    assert document.keys() >= OLD_KEYS
    assert (document["well"], document["ailments"], document["overdue_since"]) == (True, [], None)
    assert document["open_by_severity"] == {"critical": 0, "warning": 3, "info": 0}
    assert (document["awaited"], document["last_poll"]) == ("2026-11-21", "2026-11-23T02:40:00+00:00")
    assert document["next_poll"] == "2026-11-23T10:40:00+08:00"
    assert document["receivers"] == [{"receiver": name, "state": "works"} for name in ("ops", "growth")]
    assert document["history"]["bytes"] > 0


def test_what_ails_it_is_named_first_and_told_with_what_to_do(judged: Call, filled: Desk) -> None:
    record = Record()
    for hours in (30, 1):
        record = record.after_poll(Polled(NOW - timedelta(hours=hours), 5, error="time-out"))
    make_ill(filled, record)
    done = judged("status")
    assert done.code == 0
    answer, advice, *_ = done.out.splitlines()
    assert answer == "ill: No poll has been answered for a day"
    assert "every poll has failed: time-out" in advice
    assert "smartapp-watch check --online" in advice
    (ailment,) = judged("status", "--json").json["ailments"]
    assert (ailment["topic"], ailment["critical"], ailment["cause"]) == ("polling_fails", True, None)


def test_what_follows_from_something_else_is_in_the_document_alone(judged: Call, filled: Desk) -> None:
    shut_out = Polled(NOW, 5, error="ip", shut_out="ip", arrivals=Arrivals(NOW, 0, 10))
    make_ill(filled, Record().after_poll(shut_out))
    assert first_line(judged) == "ill: The API shuts out the whole platform"
    causes = {each["topic"]: each["cause"] for each in judged("status", "--json").json["ailments"]}
    assert causes == {"shut_out": None, "data_late": "shut_out"}


@pytest.mark.parametrize(("hours", "well"), [(25, True), (26, False)])
def test_a_poll_that_is_overdue_is_no_service_that_is_well(
    judged: Call, filled: Desk, call: Call, hours: int, *, well: bool
) -> None:
    now = NOW + timedelta(hours=hours, minutes=-1)
    done = call(*filled.words("status", now=now))
    assert done.out.startswith("well: " if well else "ill: no poll since 2026-11-23 10:40")


def test_settings_that_a_daemon_refused_are_seen_from_beside_it(judged: Call, filled: Desk) -> None:
    assert filled.history.exists()
    with open_history(filled.history) as history:
        watch = Watch(load(filled.settings), frozen(NOW))
        watch.refused_settings = Record().after_error(NOW, "watch.toml:3: no").cycles
        watch.deliver(history)
    assert first_line(judged) == "ill: The new settings were not taken"


def lines(desk: Desk, *, every: bool = False) -> list[str]:
    """What status says with many mini-programs in the settings."""
    watch = Watch(load(desk.settings), frozen(NOW))
    with open_history(desk.history, read_only=True) as history:
        found = status_document(watch, history)
        return "\n".join(status_lines(found, history.outbox.undelivered(), watch, every=every)).splitlines()


def add_apps(desk: Desk, *numbers: int) -> None:
    apps = "".join(f'[[apps]]\nid = "{number}"\naccess_token = {{ env = "T" }}\n' for number in numbers)
    desk.change('[[receivers]]\nname = "ops"', apps + '[[receivers]]\nname = "ops"')


def publish(desk: Desk, app: int, day: str) -> None:
    period = Period.parse(day)
    row = Observation(period, (), (), (1,) * len(TREND.report.metrics))
    with open_history(desk.history) as history:
        history.observations.save(Reading(Query(TREND, app, period, period), (row,)), NOW)


def test_of_many_mini_programs_only_those_that_lag_are_shown(judged: Call, filled: Desk) -> None:
    add_apps(filled, *range(1000, 1020))
    publish(filled, 1003, "2026-11-20")
    shown = lines(filled)
    assert "user_trend: 2026-11-22, 2 of 22" in shown
    assert any(line.startswith("1003 ") and "2026-11-20" in line for line in shown)
    assert "10 more lag; --all shows them" in shown
    assert not any(line.startswith(f"{WELL} ") for line in shown)
    everything = lines(filled, every=True)
    assert any(line.startswith(f"{SICK} ") for line in everything)
    assert len(everything) == len(shown) + 22 - 10 - 1


def test_what_was_read_long_ago_is_still_the_newest(judged: Call, filled: Desk) -> None:
    filled.change(
        '[[receivers]]\nname = "ops"',
        '[[apps]]\nid = "7"\naccess_token = { env = "T" }\n[[receivers]]\nname = "ops"',
    )
    old = Period.parse("2025-12-01")
    with open_history(filled.history) as history:
        row = Observation(old, (), (), (1,) * len(TREND.report.metrics))
        history.observations.save(Reading(Query(TREND, 7, old, old), (row,)), NOW)
    (app,) = [each for each in judged("status", "--json").json["apps"] if each["id"] == "7"]
    assert app["newest"]["user_trend"] == "2025-12-01"
    assert "user_trend" in app["lags"]


def test_the_platform_s_token_is_told_with_its_end(judged: Call, filled: Desk) -> None:
    filled.change("[poll]", '[platform]\nclient_id = "key"\nticket = { env = "TICKET" }\n[poll]')
    lease = Lease.begin("42.token", 30 * 86400, NOW)
    Credentials(filled.history.with_name("credentials.json")).save(PlatformRecord("key", lease))
    assert "tokens: the first runs out at 2026-12-23 10:40, of platform" in lines(filled)


def test_a_receiver_that_is_off_is_no_service_that_is_well(judged: Call, filled: Desk) -> None:
    with open_history(filled.history) as history:
        history.outbox.troubles.note("ops", "token expired", datetime.now(NOW.tzinfo), is_off=True)
    assert first_line(judged) == "ill: Messages to “ops” do not arrive"
    assert "receivers: ops off, growth works" in judged("status").out


def test_december_warns_of_a_next_year_whose_holidays_nobody_knows(call: Call, filled: Desk) -> None:
    """2063 is far from what any calendar knows; that year itself is written down."""
    settings = filled.settings.read_text(encoding="utf-8")
    filled.settings.write_text('calendar = { events = "events.toml" }\n' + settings, encoding="utf-8")
    event = '[[event]]\nname = "x"\nkind = "holiday"\ndate = 2063-01-01\n'
    (filled.folder / "events.toml").write_text(event, encoding="utf-8")
    words = ("--config", str(filled.settings), "--now")
    before, then = "2063-11-30T12:00:00+08:00", "2063-12-01T12:00:00+08:00"
    told = "the holidays of 2064 are not known; upgrade chinesecalendar, or write them as events"
    assert told not in call(*words, before, "check").err
    assert told in call(*words, then, "check").err
    assert "calendar: " not in call(*words, before, "status").out
    assert f"calendar: {told}" in call(*words, then, "status").out
