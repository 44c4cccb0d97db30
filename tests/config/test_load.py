"""Settings and rules, from files to frozen types; and everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.config.load import inspect, load
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import (
    ApiSettings,
    AppriseSettings,
    DigestSettings,
    EmailSettings,
    EventsSettings,
    PollSettings,
    RobotSettings,
    SlackSettings,
    WatchConfig,
    WebhookSettings,
)
from smartapp_watch.errors import ConfigError
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.rule import (
    Against,
    Change,
    Direction,
    Late,
    Scale,
    Selector,
    SelectorKind,
    Severity,
    Threshold,
    Unusual,
    Where,
)

Write = Callable[..., Path]
Read = Callable[..., WatchConfig]
Find = Callable[..., list[str]]
TOO_LONG = "this is not valid TOML: a number of too many digits"


def test_one_mini_program_is_all_that_has_to_be_said(read: Read, tmp_path: Path) -> None:
    config = read()
    assert config.file == tmp_path / "watch.toml"
    assert config.timezone == ZoneInfo("Asia/Shanghai")
    assert config.language is Language.ZH
    assert config.history.path == tmp_path / "history.db"
    assert (config.history.keep_days, config.history.keep_breakdown_days) == (0, 400)
    assert config.api == ApiSettings()
    assert config.poll == PollSettings()
    assert not config.polls_platform
    assert config.apps[0].app == App(15263713, "预约挂号", frozenset({"health", "flagship"}))
    assert (config.receivers, config.routes, config.digests, config.rules) == ((), (), (), ())
    assert config.templates is None


def test_every_setting_arrives(read: Read, tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    config = read(
        """
        timezone = "Europe/Berlin"
        language = "en"
        templates = "words"
        history = { path = "data/h.db", keep_days = 500, keep_breakdown_days = 0 }
        [api]
        base_url = "http://127.0.0.1:8080/"
        requests_per_second = 0.5
        concurrency = 2
        timeout = "1m"
        [platform]
        access_token = "42.abc"
        scenes = [11700000, "12"]
        [poll]
        schedule = "0 9 * * mon-fri"
        reports = ["source", "user_trend"]
        granularity = ["month", "hour"]
        history_days = 30
        settle = "26h"
        recheck_days = 3
        """
    )
    assert config.timezone == ZoneInfo("Europe/Berlin")
    assert config.language is Language.EN
    assert config.templates == tmp_path / "words"
    assert config.history.path == tmp_path / "data/h.db"
    assert (config.history.keep_days, config.history.keep_breakdown_days) == (500, 0)
    assert config.api == ApiSettings("http://127.0.0.1:8080", 0.5, 2, timedelta(minutes=1))
    assert config.platform.access_token == Secret(SecretSource.PLAIN, ("42.abc",), tmp_path)
    assert config.platform.scenes == ("11700000", "12")
    assert config.polls_platform
    assert config.poll == PollSettings(
        "0 9 * * mon-fri",
        ("user_trend", "source"),
        (Granularity.HOUR, Granularity.MONTH),
        30,
        timedelta(hours=26),
        3,
    )


def test_receivers_routes_and_digests_arrive(read: Read, tmp_path: Path) -> None:
    config = read(
        """
        [[receivers]]
        name = "ops"
        kind = "slack"
        channel = "#ops"
        token = { file = "token" }
        api_url = "http://127.0.0.1:9/api"
        [[receivers]]
        name = "hook"
        kind = "slack"
        language = "en"
        webhook_url = { env = "HOOK" }
        [[receivers]]
        name = "mail"
        kind = "email"
        host = "localhost"
        security = "tls"
        username = "me"
        password = { credential = "mail" }
        from = "观察 <watch@example.com>"
        to = ["a@example.com", "B <b@example.com>"]
        [[routes]]
        receivers = ["ops", "hook"]
        severity = ["critical"]
        tags = ["flag*"]
        apps = ["预约*"]
        rules = ["*-drop"]
        [[digests]]
        name = "daily"
        period = "day"
        schedule = "7 10 * * *"
        wait = "3h"
        receivers = ["mail"]
        tags = ["health"]
        language = "en"
        """
    )
    token = Secret(SecretSource.FILE, ("token",), tmp_path)
    hook = Secret(SecretSource.ENV, ("HOOK",), tmp_path)
    password = Secret(SecretSource.CREDENTIAL, ("mail",), tmp_path)
    assert config.receivers == (
        SlackSettings("ops", Language.ZH, "#ops", token, None, "http://127.0.0.1:9/api/"),
        SlackSettings("hook", Language.EN, "", None, hook),
        EmailSettings(
            "mail",
            Language.ZH,
            "localhost",
            "观察 <watch@example.com>",
            ("a@example.com", "B <b@example.com>"),
            465,
            "tls",
            "me",
            password,
        ),
    )
    (route,) = config.routes
    assert (route.receivers, route.severity) == (("ops", "hook"), (Severity.CRITICAL,))
    assert (route.tags, route.apps, route.rules) == (("flag*",), ("预约*",), ("*-drop",))
    assert config.digests == (
        DigestSettings(
            "daily", Granularity.DAY, "7 10 * * *", timedelta(hours=3), ("mail",), ("health",), Language.EN
        ),
    )


def test_robots_and_other_programs_arrive(read: Read, tmp_path: Path) -> None:
    config = read(
        """
        [[receivers]]
        name = "ding"
        kind = "dingtalk"
        webhook_url = { env = "HOOK" }
        secret = { file = "secret" }
        [[receivers]]
        name = "lark"
        kind = "feishu"
        language = "en"
        webhook_url = { env = "HOOK" }
        [[receivers]]
        name = "wx"
        kind = "wecom"
        webhook_url = { env = "HOOK" }
        [[receivers]]
        name = "bus"
        kind = "webhook"
        url = "https://example.com/alerts"
        secret = { file = "secret" }
        [[receivers]]
        name = "phones"
        kind = "apprise"
        urls = [{ env = "HOOK" }, { file = "secret" }]
        """
    )
    hook = Secret(SecretSource.ENV, ("HOOK",), tmp_path)
    secret = Secret(SecretSource.FILE, ("secret",), tmp_path)
    bus = Secret(SecretSource.PLAIN, ("https://example.com/alerts",), tmp_path)
    assert config.receivers == (
        RobotSettings("ding", Language.ZH, "dingtalk", hook, secret),
        RobotSettings("lark", Language.EN, "feishu", hook),
        RobotSettings("wx", Language.ZH, "wecom", hook),
        WebhookSettings("bus", Language.ZH, bus, secret),
        AppriseSettings("phones", Language.ZH, (hook, secret)),
    )


def test_a_rule_arrives_with_its_file_and_line(read: Read) -> None:
    (rule,) = read(
        rules="""
[[rule]]
name = "exit-rate"
description = "说明"
severity = "critical"
runbook = "https://wiki.example.com"
metric = "visit_page.bounce_ratio"
apps = ["15263713", "tag:flag*", "name:预约*"]
where = { page = ["pages/a/*", "pages/b"] }
rises_by = "2.5pp"
against = "last_week"
at_least = { pv_count = 200 }
for = 3
"""
    ).rules
    assert (rule.name, rule.description, rule.runbook) == ("exit-rate", "说明", "https://wiki.example.com")
    assert (rule.metric_name, rule.every) == ("visit_page.bounce_ratio", Granularity.DAY)
    assert rule.severity is Severity.CRITICAL
    assert rule.apps == (
        Selector(SelectorKind.ID, "15263713"),
        Selector(SelectorKind.TAG, "flag*"),
        Selector(SelectorKind.NAME, "预约*"),
    )
    assert rule.where == (Where("page", ("pages/a/*", "pages/b")),)
    assert rule.condition == Change(Direction.RISE, 2.5, Scale.POINTS, Against.LAST_WEEK)
    assert rule.at_least == (("pv_count", 200.0),)
    assert (rule.for_, rule.file, rule.line) == (3, "rules/own.toml", 2)


@pytest.mark.parametrize(
    ("metric", "written", "condition"),
    [
        ("user_trend.user_count", "above = 5", Threshold(Direction.RISE, 5)),
        ("activity_user.lost_ratio", "below = 0.5", Threshold(Direction.DROP, 0.5)),
        (
            "user_trend.user_count",
            'drops_by = "100%"\nagainst = "previous"',
            Change(Direction.DROP, 100, Scale.PERCENT, Against.PREVIOUS),
        ),
        (
            "user_trend.user_count",
            'rises_by = "250%"\nagainst = "4_weeks"',
            Change(Direction.RISE, 250, Scale.PERCENT, Against.FOUR_WEEKS),
        ),
        (
            "user_trend.average_session_time",
            'changes_by = 12.5\nagainst = "last_week"',
            Change(Direction.EITHER, 12.5, Scale.UNITS, Against.LAST_WEEK),
        ),
        (
            "activity_user.lost_ratio",
            'changes_by = "20 %"\nagainst = "4_weeks"',
            Change(Direction.EITHER, 20, Scale.PERCENT, Against.FOUR_WEEKS),
        ),
        (
            "user_trend.user_count",
            'drops_by = "30%"\nagainst = "8_weeks"\nclears_by = "10%"',
            Change(Direction.DROP, 30, Scale.PERCENT, Against.EIGHT_WEEKS, clears_by=10),
        ),
        ("activity_user.lost_ratio", "above = 30\nclears_at = 25.5", Threshold(Direction.RISE, 30, 25.5)),
        ("user_trend.user_count", "below = 100\nclears_at = 100", Threshold(Direction.DROP, 100, 100)),
        ("user_trend.user_count", 'unusual = "drop"', Unusual(Direction.DROP, 3.5, 8)),
        (
            "user_trend.user_count",
            'unusual = "rise"\nscore = 5\nweeks = 6\nby_at_least = "20%"',
            Unusual(Direction.RISE, 5, 6, 20, Scale.PERCENT),
        ),
        (
            "user_trend.average_session_time",
            'unusual = "either"\nby_at_least = 12.5',
            Unusual(Direction.EITHER, by_at_least=12.5, scale=Scale.UNITS),
        ),
    ],
)
def test_each_condition_arrives(metric: str, written: str, condition: object, read: Read) -> None:
    (rule,) = read(rules=f'[[rule]]\nname = "x"\nmetric = "{metric}"\n{written}\n').rules
    assert rule.condition == condition


def test_a_rule_of_lateness_arrives_with_its_report(read: Read) -> None:
    (rule,) = read(rules='[[rule]]\nname = "x"\nreport = "visit_page"\nlate_after = "09:30"\n').rules
    assert rule.condition == Late(time(9, 30))
    assert rule.table == TABLES["visit_page"]
    assert rule.metric in rule.table.report.metrics


def test_what_guards_a_rule_arrives(read: Read) -> None:
    text = """
[[rule]]
name = "x"
metric = "user_trend.user_count"
below = 5
[[rule]]
name = "y"
metric = "user_trend.user_count"
drops_by = "30%"
against = "last_week"
window = 28
keep = 3
mode = "shadow"
[[rule]]
name = "z"
metric = "visit_page.bounce_ratio"
rises_by = "5pp"
against = "4_weeks"
significant = false
"""
    plain, guarded, bold = read(rules=text).rules
    assert (plain.window, plain.keep, plain.shadow, plain.significant) == (1, 1, False, True)
    assert (guarded.window, guarded.keep, guarded.shadow, guarded.significant) == (28, 3, True, True)
    assert not bold.significant


@pytest.mark.parametrize(("written", "tested"), [("", True), ("= true", True), ("= false", False)])
def test_a_ratios_change_is_tested_for_chance_unless_it_is_said_otherwise(
    written: str, tested: bool, read: Read
) -> None:
    key = f"significant {written}\n" if written else ""
    change = 'drops_by = "20%"\nagainst = "4_weeks"\n'
    (rule,) = read(rules=f'[[rule]]\nname = "x"\nmetric = "visit_page.bounce_ratio"\n{change}{key}').rules
    assert rule.tests_significance is tested


def test_where_nothing_tests_for_chance_it_may_be_said_so(read: Read) -> None:
    text = '[[rule]]\nname = "x"\nmetric = "activity_user.lost_ratio"\nabove = 30\nsignificant = false\n'
    assert not read(rules=text).rules[0].tests_significance


def test_a_time_to_settle_may_be_learned(read: Read) -> None:
    poll = read('[poll]\nsettle = "auto"\n').poll
    assert (poll.settle, poll.settle_is_learned) == (timedelta(hours=26), True)
    assert not read('[poll]\nsettle = "26h"\n').poll.settle_is_learned


def test_tests_of_rules_stand_beside_them(read: Read) -> None:
    rule = '[[rule]]\nname = "x"\nmetric = "user_trend.user_count"\nabove = 1\n'
    assert [
        rule.name
        for rule in read(
            rules=f'{rule}[[test]]\nname = "y"\nrule = "x"\nvalues = "1 2"\nexpect_last = "firing"\n'
        ).rules
    ] == ["x"]


@pytest.mark.parametrize("every", ["hour", "day", "week", "month"])
def test_each_granularity_arrives(every: str, read: Read) -> None:
    settings = f'[poll]\ngranularity = ["{every}"]\nreports = ["user_trend"]\n'
    metric = "user_trend.user_count"
    (rule,) = read(settings, f'[[rule]]\nname = "x"\nmetric = "{metric}"\nevery = "{every}"\nabove = 1').rules
    assert rule.every == every


def test_rules_of_many_files_come_in_the_order_of_their_names(read: Read, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for file, name in (("b.toml", "second"), ("a.toml", "first"), (".#c.toml", "hidden"), ("d.txt", "none")):
        text = f'[[rule]]\nname = "{name}"\nmetric = "user_trend.user_count"\nabove = 1\n'
        (tmp_path / "rules" / file).write_text(text)
    assert [rule.name for rule in read().rules] == ["first", "second"]


def test_all_mistakes_of_all_files_are_said_at_once(write: Write, tmp_path: Path) -> None:
    path = write(
        'langauge = "en"\n[api]\nconcurrency = 0\n[poll]\nschedule = "x"\n[[receivers]]\nkind = "slack"\n',
        '[[rule]]\nname = "x"\nmetrics = "user_trend.user_count"\n',
    )
    (tmp_path / "rules" / "other.toml").write_text("[[rule]\n")
    (tmp_path / "rules" / "third.toml").write_text(
        '[[rule]]\nname = "y"\nmetric = "source.users"\nabove = 1\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    places = [f"{problem.file}:{problem.line}" for problem in caught.value.problems]
    assert places == [
        "watch.toml:1",
        "watch.toml:3",
        "watch.toml:5",
        "watch.toml:6",
        "rules/other.toml:1",
        "rules/own.toml:1",
        "rules/own.toml:3",
        "rules/third.toml:3",
    ]
    assert not any(problem.warning for problem in caught.value.problems)
    assert str(caught.value).count("\n") == len(places) - 1


def test_a_mistake_is_not_blamed_on_what_depends_on_it(mistakes: Find) -> None:
    said = mistakes(
        '[poll]\nreports = ["visit_pages"]\n'
        '[[receivers]]\nname = "ops"\nkind = "email"\n'
        '[[routes]]\nreceivers = ["ops"]\n',
        '[[rule]]\nname = "x"\nmetric = "visit_page.pv_count"\napps = ["tag:nobody"]\nabove = 1\n',
    )
    assert [line.partition(":")[0] for line in said] == ["watch.toml"] * 4
    assert [line.split("`")[1] for line in said[1:]] == ["from", "host", "to"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = '\xff'\n", "watch.toml:1: this is not UTF-8; save the file as UTF-8"),
        ("language = 'zh'\n# 菜谱".encode("gbk"), "watch.toml:2: this is not UTF-8; save the file as UTF-8"),
        (b"a = " + b"[" * 5000, "watch.toml:1: this is not valid TOML: brackets nested too deeply"),
        (b"a = " + b"9" * 5000, f"watch.toml:1: {TOO_LONG}"),
        (b"a = 1\nb = [1, {c = 0x" + b"F" * 5000 + b"}]\n", f"watch.toml:2: {TOO_LONG}"),
        (b"a = 9223372036854775808\n", f"watch.toml:1: {TOO_LONG}"),
        (b"a = [1,\n\n", "watch.toml:2: this is not valid TOML: invalid value"),
        (b"\0", "watch.toml:1: this is not valid TOML: invalid statement"),
    ],
)
def test_a_file_that_is_no_toml_is_one_mistake(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "watch.toml").write_bytes(content)
    config, (problem,) = inspect(tmp_path / "watch.toml")
    assert config is None
    assert str(problem).startswith(said)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    text = '\ufefflanguage = "en"\r\n[[apps]]\r\nid = 1\r\naccess_token = { env = "APP_15263713" }\r\n'
    (tmp_path / "watch.toml").write_bytes(text.encode())
    assert load(tmp_path / "watch.toml").language is Language.EN
    (tmp_path / "watch.toml").write_bytes(text.replace("id =", "idd =").encode())
    _, problems = inspect(tmp_path / "watch.toml")
    assert [problem.line for problem in problems if "idd" in problem.what] == [3]


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    config, (problem,) = inspect(tmp_path / "watch.toml")
    assert config is None
    assert str(problem) == "watch.toml: there is no such file; `smartapp-watch init` writes one to start from"


def test_a_folder_in_the_place_of_the_settings_says_so(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(ConfigError, match="etc: this is a folder; name the file in it"):
        load(tmp_path / "etc")


def test_a_file_is_named_as_people_would_type_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("[api]\nconcurrency = 0\n", "[[rule]]\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shown = {}
    for where in (tmp_path, tmp_path.parent, elsewhere):
        monkeypatch.chdir(where)
        _, problems = inspect(path)
        shown[where] = list(dict.fromkeys(problem.file for problem in problems))
    assert shown[tmp_path] == ["watch.toml", "rules/own.toml"]
    assert shown[tmp_path.parent] == [f"{tmp_path.name}/watch.toml", f"{tmp_path.name}/rules/own.toml"]
    assert shown[elsewhere] == ["watch.toml", "rules/own.toml"]


def test_a_relative_path_is_taken_from_where_one_is(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    monkeypatch.chdir(tmp_path)
    assert load(Path("watch.toml")).history.path == tmp_path / "history.db"


def test_the_settings_never_show_a_secret(read: Read, warnings: Find) -> None:
    settings = '[platform]\naccess_token = "42.S3CRET"\n'
    assert "S3CRET" not in repr(read(settings))
    assert "S3CRET" not in "".join(warnings(settings))


def test_where_pushes_come_in_is_read(read: Read, tmp_path: Path) -> None:
    token, aes_key = (Secret(SecretSource.ENV, (name,), tmp_path) for name in ("TOKEN", "KEY"))
    keys = 'token = { env = "TOKEN" }\naes_key = { env = "KEY" }\n'
    platform = read(f'[platform]\nclient_id = "abc"\n[platform.events]\n{keys}').platform
    assert platform.client_id == "abc"
    assert platform.events == EventsSettings("127.0.0.1", 8765, "/", token, aes_key)
    elsewhere = (
        f'[platform]\nclient_id = "abc"\n[platform.events]\nlisten = "[::1]:80"\npath = "/a/b"\n{keys}'
    )
    assert read(elsewhere).platform.events == EventsSettings("::1", 80, "/a/b", token, aes_key)
    assert read().platform.events is None
