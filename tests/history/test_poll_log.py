"""What the history knows of the polls themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from smartapp_watch.alerts.digest_parts import Polls
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import Failure, NewestPoll
from smartapp_watch.metrics.period import BEIJING

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
HOUR = timedelta(hours=1)


def test_polls_are_counted_from_a_moment_on_and_before_another(history: History) -> None:
    for hours in range(4):
        history.polls.add(NOW + hours * HOUR, calls=10**hours, failed=1, retried=2)
    assert history.polls.count(NOW + HOUR, NOW + 3 * HOUR) == Polls(2, 110, 2, 4)
    assert history.polls.count(NOW + 9 * HOUR, NOW + 10 * HOUR) == Polls()


def test_two_polls_within_a_second_lose_nothing(history: History) -> None:
    history.polls.add(NOW, 10, 1, 2)
    history.polls.add(NOW, 5, 0, 1)
    assert history.polls.count(NOW, NOW + HOUR) == Polls(1, 15, 1, 3)


def test_old_polls_are_forgotten(history: History) -> None:
    history.polls.add(NOW - HOUR, 10, 0, 0)
    history.polls.add(NOW, 20, 0, 0)
    history.polls.prune(NOW)
    assert history.polls.count(NOW - 9 * HOUR, NOW + HOUR).calls == 20


def test_the_newest_poll_is_kept_as_it_was_and_in_words(history: History) -> None:
    assert history.polls.newest() == NewestPoll()
    failures = (
        Failure(101, "user_trend", "2026-11-19..2026-11-22", "token", "无权限\nno (110)"),
        Failure(None, "tp_data", "2026-11-22", "refused", "no"),
    )
    history.polls.note_newest(NewestPoll(failures, "stopped"))
    assert history.polls.newest() == NewestPoll(failures, "stopped")
    assert history.polls.newest().lines == [
        "101 user_trend 2026-11-19..2026-11-22: 无权限 no (110)",
        "tp tp_data 2026-11-22: no",
        "stopped",
    ]
    history.polls.note_newest(NewestPoll())
    assert history.polls.newest().lines == []


def test_what_an_earlier_version_noted_is_still_said(history: History) -> None:
    history.set_note("poll_failures", "101 user_trend 2026-11-22: no\nstopped")
    assert history.polls.newest().lines == ["101 user_trend 2026-11-22: no", "stopped"]
    history.set_note("poll_failures", "")
    assert history.polls.newest().lines == []
