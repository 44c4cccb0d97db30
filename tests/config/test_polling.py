"""Which tables are polled for which mini-program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.config.load import load
from smartapp_watch.config.settings import WatchConfig

Read = Callable[..., WatchConfig]


def tables(config: WatchConfig) -> list[str]:
    return [table.name for table in config.apps[0].tables]


@pytest.mark.parametrize(
    ("poll", "polled"),
    [
        ("", ["user_trend", "activity_user", "retained_user", "visit_page", "source"]),
        ('reports = ["source", "region"]', ["region", "source"]),
        (
            'reports = ["user_trend"]\ngranularity = ["hour", "day", "week", "month"]',
            ["user_trend", "user_trend_hour", "user_trend_week", "user_trend_month"],
        ),
        (
            'reports = ["retained_user"]\ngranularity = ["hour", "week", "month"]',
            ["retained_user_week", "retained_user_month"],
        ),
        (
            'reports = ["user_trend", "activity_user"]\ngranularity = ["week"]',
            ["user_trend_week", "activity_user"],
        ),
    ],
)
def test_reports_times_granularities_are_the_tables(poll: str, polled: list[str], read: Read) -> None:
    assert tables(read(f"[poll]\n{poll}\n")) == polled


def test_a_mini_program_may_have_its_own_reports(read: Read) -> None:
    config = read('[[apps]]\nid = 5\naccess_token = { env = "APP_5" }\nreports = ["region"]\n')
    assert tables(config) == ["region"]
    assert [table.name for table in config.tables][-2:] == ["visit_page", "source"]
    assert "region" in {table.name for table in config.tables}


def test_the_platform_is_polled_where_there_is_a_token(read: Read) -> None:
    config = read('[platform]\naccess_token = { env = "TP" }\n')
    assert config.polls_platform
    assert config.tables[-1].name == "tp_data"
    assert "tp_data" not in tables(config)
    assert not read().polls_platform
    assert "tp_data" not in {table.name for table in read().tables}


def test_the_platforms_report_may_be_named_where_it_has_a_token(read: Read) -> None:
    config = read('[platform]\naccess_token = { env = "TP" }\n[poll]\nreports = ["user_trend", "tp_data"]\n')
    assert tables(config) == ["user_trend"]
    assert config.poll.reports == ("user_trend", "tp_data")


def test_a_platform_without_mini_programs_can_be_watched(read: Read) -> None:
    rule = '[[rule]]\nname = "x"\nmetric = "tp_data.tp_day_user_count"\nabove = 1\n'
    rule += 'where = { scene = ["", "117*"] }\n'
    config = read('[platform]\naccess_token = { env = "TP" }\nscenes = ["11700000"]\n', rule, app=False)
    assert [rule.name for rule in config.rules] == ["x"]


@pytest.mark.parametrize(
    "settings",
    [
        "history = { keep_days = 60, keep_breakdown_days = 60 }",
        'history = { keep_days = 70 }\npoll = { granularity = ["day", "week"] }',
        'history = { keep_days = 124 }\npoll = { granularity = ["month"] }',
        "history = { keep_days = 0, keep_breakdown_days = 0 }\npoll = { history_days = 3660 }",
    ],
)
def test_what_is_filled_may_be_kept_just_as_long(settings: str, read: Read) -> None:
    assert read(settings + "\n").apps


def test_a_rule_may_watch_what_only_some_of_its_mini_programs_poll(read: Read) -> None:
    other = '[[apps]]\nid = 5\naccess_token = { env = "APP_5" }\nreports = ["region"]\n'
    rule = '[[rule]]\nname = "x"\nmetric = "region.session_count_district"\nabove = 1'
    assert read(other, rule).rules[0].table.name == "region"


def test_a_rule_for_mini_programs_is_a_mistake_where_there_are_none(
    mistakes: Callable[..., list[str]],
) -> None:
    rule = '[[rule]]\nname = "x"\nmetric = "user_trend.user_count"\nabove = 1\n'
    (said,) = mistakes('[platform]\naccess_token = { env = "TP" }\n', rule, app=False)
    assert said.startswith("rules/own.toml:3: nothing polls `user_trend` by the day")


def test_a_rule_whose_own_mini_programs_do_not_poll_it_is_a_mistake(
    mistakes: Callable[..., list[str]],
) -> None:
    other = '[[apps]]\nid = 5\naccess_token = { env = "APP_5" }\nreports = ["region"]\n'
    rule = '[[rule]]\nname = "x"\nmetric = "region.session_count_district"\napps = ["tag:health"]\nabove = 1'
    assert mistakes(other, rule) == [
        'rules/own.toml:3: nothing polls `region` by the day; "region" in `reports` of [poll]'
    ]


def test_the_proxies_of_the_surroundings_are_used_unless_they_except_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = Path(__file__).parents[2] / "watch.toml"
    for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    assert load(reference).api.proxies == {"https": "http://127.0.0.1:3128"}
    monkeypatch.setenv("no_proxy", "baidu.com")
    assert load(reference).api.proxies == {}
