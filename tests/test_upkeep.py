"""What the history needs when there is time: what goes, what stays, and what it takes on the disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import Alert, Event, EventType, State
from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.alerts.silence import Hold
from smartapp_watch.config.settings import HistorySettings
from smartapp_watch.digest import queue
from smartapp_watch.errors import HistoryUnusable, UsageError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.stopping import Stop
from smartapp_watch.upkeep import (
    ALERTS_KEPT,
    CHECKED_EVERY,
    DIGESTS_KEPT,
    EMPTY_SHARE,
    MESSAGES_KEPT,
    POLLS_KEPT,
    look_after,
)
from tests.digests import alert
from tests.history.made import PAGES, REGIONS, TREND, reading, row, select
from tests.history.test_backup import damage, filled

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
LONG = 60.0
ALL = HistorySettings(Path("history.db"), keep_breakdown_days=0)
YEAR = replace(ALL, keep_days=365, keep_breakdown_days=30)


def tend(
    history: History, settings: HistorySettings = ALL, now: datetime = NOW, seconds: float = LONG
) -> None:
    look_after(history, settings, now, Stop(), seconds)


def read_a_day(history: History, day: Period, rows: int = 40) -> None:
    """A day of traffic and pages, each read twice: the second time everything was corrected."""
    text = str(day)
    for hours in (9, 24):
        at = day.closes() + timedelta(hours=hours)
        pages = [row(PAGES, text, f"p{n}", pv_count=n * hours) for n in range(rows)]
        history.observations.save(reading(PAGES, 7, *pages, first=text), at)
        history.observations.save(reading(TREND, 7, row(TREND, text, user_count=hours), first=text), at)


def test_once_old_figures_go_the_file_does_not_grow(
    history: History, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(ALL, keep_days=60, keep_breakdown_days=30)
    sizes = {}
    for number in range(180):
        day = Period.parse("2026-05-01").shift(number)
        read_a_day(history, day)
        tend(history, settings, day.closes() + timedelta(hours=30))
        sizes[number] = path.stat().st_size
    slope = (sizes[179] - sizes[90]) / 89
    with capsys.disabled():
        print(f"\n{sizes[90]:,} bytes after 90 days, {sizes[179]:,} after 179: {slope:.0f} a day")
    assert abs(slope) < 0.002 * sizes[90]
    for table, days in (("visit_page", 30), ("user_trend", 60)):
        oldest = str(Period.parse("2026-05-01").shift(180 - days))
        for log in (table, f"readings WHERE report = '{table}'", f"revisions WHERE report = '{table}'"):
            found = select(path, f"SELECT min(period), count(DISTINCT period) FROM {log}")
            assert found == [(oldest, days)]


def test_where_everything_is_kept_nothing_goes(history: History, path: Path) -> None:
    read_a_day(history, Period.parse("2016-11-22"))
    tend(history)
    assert select(path, "SELECT count(*) FROM visit_page") == [(40,)]


def test_readings_without_a_row_go_as_well(history: History, path: Path) -> None:
    history.observations.save(reading(REGIONS, 7, first="2026-01-01"), NOW)
    tend(history, YEAR)
    assert select(path, "SELECT count(*) FROM readings") == [(0,)]


def test_a_shorter_time_to_keep_makes_the_file_smaller_without_a_long_lock(path: Path) -> None:
    with open_history(filled(path)) as history:
        before = history.storage.size()
        tend(history, replace(ALL, keep_breakdown_days=1))
        after = history.storage.size()
    assert after.file < before.file / 2
    assert after.free_share <= EMPTY_SHARE
    assert path.stat().st_size == after.file
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_when_everything_stops_nothing_more_is_begun(path: Path) -> None:
    stop = Stop()
    stop.set()
    with open_history(filled(path)) as history:
        look_after(history, replace(ALL, keep_breakdown_days=1), NOW, stop, LONG)
        assert history.note("checked_at") is None
        look_after(history, replace(ALL, keep_breakdown_days=1), NOW, Stop(), 0)
        assert history.note("tidied_on") is None
    assert select(path, "SELECT count(*) > 0 FROM visit_page") == [(1,)]


def test_asking_whether_to_stop_again_and_again_shows_life(path: Path) -> None:
    asked = []

    class Asked(Stop):
        def is_set(self) -> bool:
            asked.append(True)
            return super().is_set()

    with open_history(filled(path)) as history:
        days = select(path, "SELECT count(DISTINCT period) FROM visit_page")[0][0]
        look_after(history, replace(ALL, keep_breakdown_days=1), NOW, Asked(), LONG)
    assert len(asked) > days


def test_messages_polls_and_digests_go_in_their_time(history: History, path: Path) -> None:
    history.outbox.queue("a/ops", "ops", example_alert(EventType.FIRE, Language.EN), NOW)
    history.outbox.mark_dead(history.outbox.due(NOW)[0], "no such channel", NOW)
    history.polls.add(NOW, 1, 0, 0)
    for kept, rows in (
        (MESSAGES_KEPT, (1, 1)),
        (MESSAGES_KEPT + timedelta(days=1), (0, 1)),
        (POLLS_KEPT, (0, 1)),
        (POLLS_KEPT + timedelta(days=1), (0, 0)),
    ):
        tend(history, now=NOW + kept)
        assert select(path, "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM polls)") == [rows]


def digest(period: str) -> DigestNotice:
    return replace(example_digest(Language.EN), name="fleet", period=period)


@pytest.mark.parametrize(("period", "every"), [("2026-11-22", "day"), ("2026-W47", "week")])
def test_what_a_digest_said_is_forgotten_and_that_it_was_sent_never_is(
    history: History, path: Path, period: str, every: str
) -> None:
    queue(history, digest(period), ("ops",), NOW)
    history.outbox.mark_sent(history.outbox.due(NOW)[0], "1", NOW)
    kept = DIGESTS_KEPT[Granularity(every)]
    tend(history, now=NOW + kept)
    assert history.digests.find("fleet", period) == digest(period)
    assert queue(history, digest(period), ("ops",), NOW + kept) == 0

    later = NOW + kept + timedelta(days=1)
    tend(history, now=later)
    assert select(path, "SELECT notice FROM digests") == [("",)]
    assert history.digests.has("fleet", Period.parse(period))
    assert history.digests.find("fleet", period) is None
    with pytest.raises(UsageError, match="composed long ago"):
        queue(history, digest(period), ("ops",), later)
    assert history.outbox.due(later) == []


def test_a_weekly_digest_is_sent_once_however_long_ago_that_was(history: History) -> None:
    queue(history, digest("2026-W47"), ("ops",), NOW)
    history.outbox.mark_sent(history.outbox.due(NOW)[0], "1", NOW)
    later = NOW + MESSAGES_KEPT + timedelta(days=30)
    tend(history, now=later)
    assert queue(history, digest("2026-W47"), ("ops", "growth"), later) == 1


def keep_alert(history: History, state: State, at: datetime) -> Alert:
    """An alert with an event that was held back, and an acknowledgement."""
    day = str(Period.newest_closed(at))
    one = history.alerts.save(alert(day, day, state), at)
    event = history.alerts.add_event(Event(EventType.FIRE, one), at)
    history.held.hold(event, Hold.SILENCE)
    history.silences.acknowledge(Ack(one.id, "zhang.wei", "", at))
    return one


def test_alerts_stay_unless_figures_go_and_then_only_those_that_are_long_over_go(
    history: History, path: Path
) -> None:
    old = NOW - ALERTS_KEPT - timedelta(days=2)
    over, open_ = (keep_alert(history, state, old) for state in (State.RESOLVED, State.FIRING))
    newest = keep_alert(history, State.RESOLVED, old)
    tend(history, ALL)
    assert len(history.alerts.all_alerts()) == 3
    tend(history, YEAR, NOW + timedelta(days=1))
    assert [each.id for each in history.alerts.all_alerts()] == [open_.id, newest.id]
    for table in ("events", "held", "acks"):
        left = select(path, f"SELECT DISTINCT alert FROM {table} ORDER BY alert")
        assert left == [(open_.id,), (newest.id,)]
    assert over.id < open_.id < newest.id


def test_nothing_else_grows_for_ever(history: History, path: Path) -> None:
    """Every table is named here with what bounds it."""
    figures = {table for (table,) in select(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    by_days = {"readings", "revisions", "unconfirmed"}
    by_age = {"outbox", "polls", "digests", "fleet", "given_up", "judged", "near_misses"}
    by_age |= {"alerts", "events", "held", "acks"}
    small = {"apps", "silences", "notes", "_sqlite_migrations", "sqlite_stat1", "sqlite_stat4"}
    assert figures - set(TABLES) - by_days - by_age - small == set()


def test_how_rules_judged_long_ago_is_forgotten(history: History, path: Path) -> None:
    for period in ("2025-01-01", "2026-11-22"):
        for table, columns in (
            ("judged", "rule, app_id, lane, period"),
            ("given_up", "rule, app_id, lane, period"),
            ("fleet", "rule, meaning, lane, period, noise"),
        ):
            values = ("'gone'", "7", f"'{period}'", f"'{period}'", "1")[: columns.count(",") + 1]
            history._connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(values)})")
    tend(history)
    for table in ("judged", "given_up", "fleet"):
        assert select(path, f"SELECT period FROM {table}") == [("2026-11-22",)]


def test_the_whole_file_is_checked_once_a_week_where_there_is_time_for_it(history: History) -> None:
    tend(history, seconds=0.0001)
    assert history.note("checked_at") is None
    tend(history)
    first = history.note("checked_at")
    assert first == NOW.isoformat()
    tend(history, now=NOW + CHECKED_EVERY - timedelta(hours=1))
    assert history.note("checked_at") == first
    tend(history, now=NOW + CHECKED_EVERY)
    assert history.note("checked_at") != first


def test_damage_is_found_and_not_written_over(path: Path) -> None:
    damage(filled(path))
    with open_history(path) as history:
        with pytest.raises(HistoryUnusable, match="is damaged"):
            tend(history)
        assert history.note("checked_at") is None


def test_how_large_the_history_is_is_noted_each_day(history: History) -> None:
    for number in range(9):
        history.set_note(f"ballast {number}", "x" * 40_000)
        tend(history, now=NOW + timedelta(days=number))
    assert history.storage.size().a_day == pytest.approx(41_000, rel=0.1)
