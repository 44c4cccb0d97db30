"""What settings cost a day, and whether that fits into the polls of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import (
    ApiSettings,
    AppSettings,
    HistorySettings,
    PlatformSettings,
    PollSettings,
    WatchConfig,
)
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language
from smartapp_watch.poll.cost import cost_of, in_words

NOON = datetime(2026, 11, 25, 12, tzinfo=BEIJING)


def settings(apps: int, schedule: str = "7,37 8-23 * * *", per_second: float = 20) -> WatchConfig:
    poll = PollSettings(schedule=schedule)
    tables = tuple(TABLES[name] for name in poll.reports)
    return WatchConfig(
        file=Path("watch.toml"),
        timezone=ZoneInfo("Asia/Shanghai"),
        language=Language.ZH,
        history=HistorySettings(Path("history.db")),
        api=ApiSettings(requests_per_second=per_second),
        platform=PlatformSettings(),
        poll=poll,
        apps=tuple(AppSettings(App(number), None, tables) for number in range(1, apps + 1)),
        receivers=(),
        routes=(),
        digests=(),
    )


def test_the_default_reports_cost_twelve_calls_a_mini_program_that_come_in_time() -> None:
    cost = cost_of(settings(1000), NOON)
    assert cost.total == 12 * 1000
    assert cost.calls["retained_user"] == 4 * 1000
    assert cost_of(settings(1000), NOON, app_id=7).total == 12


@pytest.mark.parametrize(
    ("schedule", "polling"),
    [
        ("7,37 8-23 * * *", timedelta(minutes=32 * 20)),
        ("*/5 * * * *", timedelta(days=1)),
        ("7 10 * * *", timedelta(minutes=20)),
        ("7 10 1 * *", timedelta(minutes=20)),
    ],
)
def test_polls_last_until_the_next_or_as_long_as_a_cycle_polls(schedule: str, polling: timedelta) -> None:
    assert cost_of(settings(1, schedule), NOON).polling == polling


def test_a_fleet_that_does_not_fit_is_warned_of_with_the_rate_that_would_do() -> None:
    assert cost_of(settings(2000, "7 8,10 * * *"), NOON).problem is None
    problem = cost_of(settings(5000, "7 8,10 * * *"), NOON).problem
    assert problem is not None
    assert problem.warning
    assert "60,000 calls a day or more, and only 48,000 fit" in problem.what
    assert "of 20 for 40 min of polls" in problem.what
    assert problem.meant.startswith("25 a second")
    assert cost_of(settings(5000, "7 8,10 * * *", per_second=25), NOON).problem is None


def test_each_scene_of_the_platform_is_a_series_of_its_own() -> None:
    token = Secret(SecretSource.PLAIN, ("42.token",))
    config = replace(settings(1), platform=PlatformSettings(token, scenes=("1001", "1002")))
    assert cost_of(config, NOON).calls["tp_data"] == 3 * 2


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (45, "45 s"), (61, "2 min"), (3600, "1 h"), (12000, "3 h 20 min")]
)
def test_a_time_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
