"""``[[maintenance]]``: which windows are read, and in which zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.alerts.silence import Matchers, Once, Recurring
from smartapp_watch.clock import frozen
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.watch import Watch

Read = Callable[..., WatchConfig]

BEIJING = ZoneInfo("Asia/Shanghai")
RULE = '[[rule]]\nname = "x"\nmetric = "user_trend.user_count"\nabove = 1\n'


def test_without_maintenance_there_is_none(read: Read) -> None:
    assert read().maintenance == ()


def test_a_crontab_is_meant_in_the_zone_of_the_settings(read: Read) -> None:
    settings = 'timezone = "Europe/Berlin"\n[[maintenance]]\nschedule = "0 2 * * sun"\nduration = "4h"\n'
    (found,) = read(settings).maintenance
    assert found.window == Recurring("0 2 * * sun", timedelta(hours=4), ZoneInfo("Europe/Berlin"))
    assert found.matchers == Matchers()
    assert found.place.endswith("watch.toml:2")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-28T22:00:00", datetime(2026, 11, 28, 22, tzinfo=BEIJING)),
        ("2026-11-28 22:00:00", datetime(2026, 11, 28, 22, tzinfo=BEIJING)),
        ("2026-11-28T14:00:00Z", datetime(2026, 11, 28, 14, tzinfo=UTC)),
        ('"2026-11-28T22:00"', datetime(2026, 11, 28, 22, tzinfo=BEIJING)),
        ('"2026-11-28T23:00+09:00"', datetime(2026, 11, 28, 22, tzinfo=BEIJING)),
    ],
)
def test_a_time_may_be_written_with_and_without_a_zone(read: Read, written: str, meant: datetime) -> None:
    (found,) = read(f"[[maintenance]]\nfrom = {written}\nto = 2026-11-29T06:00:00\n").maintenance
    assert found.window == Once(meant, datetime(2026, 11, 29, 6, tzinfo=BEIJING))


def test_matchers_and_reason_are_read(read: Read) -> None:
    settings = (
        '[[maintenance]]\nschedule = "0 2 * * *"\nduration = "1h"\nbecause = "a release"\n'
        'rules = ["x"]\napps = ["预约*"]\ntags = ["health", "flag*"]\n'
    )
    (found,) = read(settings, RULE).maintenance
    assert found.matchers == Matchers(("x",), ("预约*",), ("health", "flag*"))
    assert found.because == "a release"


def test_a_matcher_that_matches_nothing_is_pointed_out(warnings: Callable[..., list[str]]) -> None:
    route = '[[receivers]]\nname = "ops"\nkind = "slack"\nwebhook_url = { file = "/dev/null" }\n'
    route += '[[routes]]\nreceivers = ["ops"]\n'
    window = '[[maintenance]]\nschedule = "0 2 * * *"\nduration = "1h"\nrules = ["y-*"]\n'
    assert '10: `rules` has "y-*", which matches nothing' in warnings(route + window, RULE)


def test_the_windows_reach_the_evaluation(read: Read) -> None:
    config = read('[[maintenance]]\nschedule = "0 2 * * *"\nduration = "1h"\n')
    watch = Watch(config, frozen(datetime(2026, 11, 23, tzinfo=UTC)))
    assert watch.scope.maintenance == config.maintenance
