"""What is no mistake, but worth a word: the exit code stays 0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.config.settings import WatchConfig

Find = Callable[..., list[str]]
Read = Callable[..., WatchConfig]

HOOK = '[[receivers]]\nname = "ops"\nkind = "slack"\nwebhook_url = { env = "APP_15263713" }\n'
ROUTE = '[[routes]]\nreceivers = ["ops"]\n'
RULE = '[[rule]]\nname = "x"\nmetric = "user_trend.user_count"\ndrops_by = "30%"\nagainst = "4_weeks"\n'
QUIET = HOOK + ROUTE


def test_settings_that_are_complete_are_no_reason_for_a_word(warnings: Find) -> None:
    assert warnings(QUIET, RULE) == []


def test_without_routes_nobody_is_told(warnings: Find) -> None:
    assert warnings("", RULE) == ["1: there are no routes: nobody is told of an alert"]


def test_without_rules_nothing_is_judged(warnings: Find, tmp_path: Path) -> None:
    nothing = ['1: there are no rules in "rules": nothing is judged']
    assert warnings(QUIET) == nothing
    (tmp_path / "rules").mkdir()
    assert warnings(QUIET) == nothing


def test_a_receiver_that_nothing_names_gets_nothing(warnings: Find) -> None:
    assert warnings(HOOK + QUIET.replace('"ops"', '"team"'), RULE) == ['2: the receiver "ops" gets nothing']


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[platform]\naccess_token = "42.abc"\n', "2: `access_token`: the secret itself stands in the file"),
        (
            '[platform]\naccess_token = { env = "NO_SUCH" }\n',
            "2: `access_token`: the environment variable NO_SUCH is not set here",
        ),
        (
            '[platform]\naccess_token = { file = "token" }\n',
            "2: `access_token`: the file token: No such file or directory",
        ),
        (
            '[api]\nbase_url = "http://openapi.example.com"\n',
            "2: `base_url` is not encrypted: everyone on the way can read the tokens",
        ),
        ('[api]\nbase_url = "http://127.0.0.1:8080"\n', ""),
        ('[api]\nbase_url = "http://[::1]:8080"\n', ""),
        (
            "[poll]\nhistory_days = 27\n",
            '2: `history_days` is 27: a rule such as "x" waits for its baseline',
        ),
        ("[poll]\nhistory_days = 28\n", ""),
        (
            '[poll]\nschedule = "7 8 1 * mon"\n',
            "2: `schedule` has a day of the month and a weekday: both must hold",
        ),
    ],
)
def test_a_doubtful_setting_is_pointed_out(settings: str, said: str, warnings: Find) -> None:
    assert warnings(settings + QUIET, RULE) == ([said] if said else [])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("https://example.com/alerts", ""),
        ("https://example.com/alerts?key=S3CRET", "5: `url`: the secret itself stands in the file"),
        ("http://example.com/alerts", "5: `url` is not encrypted: everyone on the way can read the tokens"),
        ("http://127.0.0.1:8080/alerts", ""),
    ],
)
def test_a_webhooks_address_is_a_secret_where_it_looks_like_one(
    written: str, said: str, warnings: Find
) -> None:
    bus = f'[[receivers]]\nname = "ops"\nkind = "webhook"\nlanguage = "en"\nurl = "{written}"\n'
    assert warnings(bus + ROUTE, RULE) == ([said] if said else [])


def test_an_address_of_a_robot_in_the_file_itself_is_a_secret(warnings: Find) -> None:
    chat = '[[receivers]]\nname = "ops"\nkind = "wecom"\nwebhook_url = "https://example.com/send?key=S3"\n'
    assert warnings(chat + ROUTE, RULE) == ["4: `webhook_url`: the secret itself stands in the file"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"https://hc-ping.com/S3"', ["2: `heartbeat_url`: the secret itself stands in the file"]),
        ('{ env = "APP_15263713" }', []),
    ],
)
def test_the_address_of_a_heartbeat_is_a_secret(written: str, said: list[str], warnings: Find) -> None:
    assert warnings(f"[service]\nheartbeat_url = {written}\n" + QUIET, RULE) == said


def test_a_port_without_its_packages_is_a_mistake_with_the_way_to_them(
    monkeypatch: pytest.MonkeyPatch, mistakes: Find
) -> None:
    port = "[service]\nmetrics_port = 9464\n"
    assert mistakes(port + QUIET, RULE) == []
    monkeypatch.setattr("smartapp_watch.config.service.find_spec", lambda _name: None)
    (mistake,) = mistakes(port + QUIET, RULE)
    assert mistake.startswith("watch.toml:2: `metrics_port` needs prometheus_client, which is not installed")
    assert mistake.endswith("; pip install 'smartapp-watch[web]'")


def test_apprise_that_is_not_installed_is_a_mistake_with_the_way_to_it(
    monkeypatch: pytest.MonkeyPatch, mistakes: Find
) -> None:
    phones = '[[receivers]]\nname = "ops"\nkind = "apprise"\nurls = [{ env = "APP_15263713" }]\n'
    assert mistakes(phones + ROUTE, RULE) == []
    monkeypatch.setattr("smartapp_watch.config.receivers.find_spec", lambda _name: None)
    (mistake,) = mistakes(phones + ROUTE, RULE)
    assert mistake.startswith(
        'watch.toml:3: receivers of kind "apprise" need Apprise, which is not installed'
    )
    assert mistake.endswith("; pip install 'smartapp-watch[apprise]'")


EVENTS = """[platform]
client_id = "abc"
access_token = {{ env = "APP_15263713" }}
[platform.events]
listen = "{}"
token = {{ env = "APP_15263713" }}
aes_key = {{ env = "NO_SUCH" }}
"""


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("127.0.0.1:8765", []),
        ("[::1]:8765", []),
        ("localhost:8765", []),
        ("0.0.0.0:8765", ['5: `listen` is "0.0.0.0": the port is open to others, and not encrypted']),
        ("[::]:8765", ['5: `listen` is "::": the port is open to others, and not encrypted']),
    ],
)
def test_a_port_that_others_can_reach_is_pointed_out(listen: str, said: list[str], warnings: Find) -> None:
    unset = "7: `aes_key`: the environment variable NO_SUCH is not set here"
    assert warnings(EVENTS.format(listen) + QUIET, RULE) == [*said, unset]


def test_pushes_without_their_extra_are_a_mistake_with_the_way_to_it(
    monkeypatch: pytest.MonkeyPatch, mistakes: Find
) -> None:
    monkeypatch.setattr("smartapp_watch.config.events.find_spec", lambda _name: None)
    (mistake,) = mistakes(EVENTS.format("127.0.0.1:8765") + QUIET, RULE)
    what, _, meant = mistake.partition("; ")
    assert what == "watch.toml:4: `[platform.events]` needs packages that are not installed here"
    assert meant == "pip install 'smartapp-watch[ticket]'"


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ('drops_by = "30%"\nagainst = "previous"', 1),
        ('drops_by = "30%"\nagainst = "last_week"', 7),
        ('drops_by = "30%"\nagainst = "8_weeks"', 56),
        ('drops_by = "30%"\nagainst = "4_weeks"\nwindow = 7', 34),
        ('unusual = "drop"\nweeks = 6', 42),
        ("below = 5\nwindow = 28", 1),
    ],
)
def test_too_short_a_history_for_a_baseline_is_pointed_out(condition: str, days: int, warnings: Find) -> None:
    rule = f'[[rule]]\nname = "x"\nmetric = "user_trend.user_count"\n{condition}\n'
    assert warnings(f"[poll]\nhistory_days = {days}\n{QUIET}", rule) == []
    if days > 1:
        (said,) = warnings(f"[poll]\nhistory_days = {days - 1}\n{QUIET}", rule)
        assert said.startswith("2: `history_days`")


def test_mail_without_encryption_is_pointed_out_but_on_this_machine(warnings: Find) -> None:
    mail = """
[[receivers]]
name = "ops"
kind = "email"
host = "mail.example.com"
security = "none"
from = "watch@example.com"
to = ["ops@example.com"]
"""
    assert warnings(mail + ROUTE, RULE) == ["6: mail goes out unencrypted"]
    login = 'username = "me"\npassword = { env = "APP_15263713" }\n'
    assert warnings(mail + login + ROUTE, RULE) == ["6: mail goes out unencrypted, with its password"]
    assert warnings(mail.replace("mail.example.com", "localhost", 1) + ROUTE, RULE) == []


@pytest.mark.parametrize("matcher", ['tags = ["helth"]', 'apps = ["99"]', 'rules = ["y*"]'])
def test_a_route_that_matches_nothing_is_pointed_out(matcher: str, warnings: Find) -> None:
    (said,) = warnings(QUIET + matcher + "\n", RULE)
    assert said.startswith("7: ")
    assert said.endswith("which matches nothing")


@pytest.mark.parametrize("matcher", ['tags = ["hea*"]', 'apps = ["预约*", "1526*"]', 'rules = ["?"]'])
def test_a_route_may_match_by_patterns(matcher: str, warnings: Find) -> None:
    assert warnings(QUIET + matcher + "\n", RULE) == []


def test_one_token_for_two_mini_programs_is_pointed_out(warnings: Find) -> None:
    other = '[[apps]]\nid = 5\naccess_token = { env = "APP_15263713" }\n'
    assert warnings(QUIET + other, RULE) == ["15: `access_token` is the one of the mini-program 5"]


def test_warnings_travel_with_the_settings(read: Read) -> None:
    assert read(QUIET).warnings == (
        'watch.toml:1: warning: there are no rules in "rules": nothing is judged; a *.toml with a [[rule]]',
    )


def test_pages_without_the_packages_for_them_are_a_mistake(
    monkeypatch: pytest.MonkeyPatch, mistakes: Find
) -> None:
    monkeypatch.setattr("smartapp_watch.config.web.find_spec", lambda _name: None)
    (mistake,) = mistakes(QUIET + "[web]\n", RULE)
    assert mistake.partition(": ")[2] == (
        "`[web]` needs packages that are not installed here; pip install 'smartapp-watch[web]'"
    )


def test_pages_that_others_reach_unencrypted_are_warned_of(warnings: Find) -> None:
    web = '[web]\nlisten = "0.0.0.0:8080"\nurl = "http://watch.example.com"\n'
    person = '[[web.people]]\nname = "li.na"\ntoken = "0123456789abcdef"\n'
    said = [each.partition(": ")[2] for each in warnings(QUIET + web + person, RULE)]
    assert [each.partition(";")[0] for each in said][:2] == [
        '`listen` is "0.0.0.0": the port is open to others, and not encrypted',
        "`url` is not encrypted: everyone on the way can read the tokens",
    ]
    assert said[2].startswith("`token`: ")
