"""No key of a rule is ignored: for each, two rules that differ in it alone come to something different."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import Alert
from smartapp_watch.alerts.routing import Route
from smartapp_watch.config.complaints import known_keys
from smartapp_watch.config.load import inspect
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.config.written_rule import WrittenRule
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Granularity, Period
from smartapp_watch.rules.rule import Severity
from tests.build import DAY

NOW = datetime(2026, 11, 24, 15, tzinfo=BEIJING)
"""The figures of the day before are there of pages, and not of the trend."""
DAYS = 70
SETTINGS = """
[poll]
reports = ["user_trend", "visit_page"]
granularity = ["day", "week"]
[[apps]]
id = 1
access_token = { env = "ONE" }
[[apps]]
id = 2
access_token = { env = "TWO" }
"""

USERS = 'name = "x"\nmetric = "user_trend.user_count"\n'
DROP = f'{USERS}drops_by = "30%"\nagainst = "last_week"\n'
UNUSUAL = f'{USERS}unusual = "drop"\n'
EXITS = 'name = "x"\nmetric = "visit_page.bounce_ratio"\nrises_by = "10pp"\nagainst = "4_weeks"\n'
LATE = 'name = "x"\nreport = "user_trend"\nlate_after = "14:00"\n'


@dataclass(frozen=True)
class Pair:
    """A key, the rule without it (``shared``), and its two values; an empty one leaves it out.

    ``days``: the first app's users, and exits of each 100 views of its first page, on days that are counted
    from the newest on (0, -1, …); on others, and of the other app and page, they are ``usual``.
    """

    key: str
    shared: str
    first: str
    second: str
    days: Mapping[int, int] = field(default_factory=dict)
    usual: int = 100

    @property
    def rules(self) -> tuple[str, str]:
        """The two rules as TOML."""
        first, second = (f"{self.key} = {value}\n" if value else "" for value in (self.first, self.second))
        return f"[[rule]]\n{first}{self.shared}", f"[[rule]]\n{second}{self.shared}"


def without(text: str, key: str) -> str:
    """The lines of a rule but that of one key."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(f"{key} "))


DROPPED = {0: 60}
JUDGED = [
    Pair("metric", without(DROP, "metric"), '"user_trend.user_count"', '"user_trend.session_count"', DROPPED),
    Pair("apps", DROP, '["1"]', '["2"]', DROPPED),
    Pair("where", EXITS, '{ page = "pages/a" }', '{ page = "pages/b" }', {0: 90}, usual=40),
    Pair("every", without(DROP, "against") + 'against = "previous"\n', '"day"', '"week"', DROPPED),
    Pair("window", DROP, "", "7", DROPPED),
    Pair("above", USERS, "150", "250", {0: 200}),
    Pair("below", USERS, "50", "30", {0: 40}),
    Pair("rises_by", f'{USERS}against = "last_week"\n', '"50%"', '"150%"', {0: 200}),
    Pair("drops_by", f'{USERS}against = "last_week"\n', '"30%"', '"70%"', DROPPED),
    Pair("changes_by", f'{USERS}against = "last_week"\n', "30", "60", DROPPED),
    Pair("against", without(DROP, "against"), '"previous"', '"last_week"', {-7: 200}),
    Pair("against", without(DROP, "against"), '"last_week"', '"4_weeks"', {-7: 200}),
    Pair(
        "against",
        without(DROP, "against"),
        '"4_weeks"',
        '"8_weeks"',
        {-21: 200, -14: 200, -7: 200, 0: 120},
    ),
    Pair("unusual", USERS, '"drop"', '"rise"', {0: 10}),
    Pair("unusual", USERS, '"rise"', '"either"', {0: 10}),
    Pair("score", UNUSUAL, "3.5", "8", {0: 10}),
    Pair("weeks", UNUSUAL, "5", "8", {-35: 300, -28: 300, -21: 300}),
    Pair("by_at_least", UNUSUAL, '"20%"', '"95%"', {0: 10}),
    Pair("by_at_least", UNUSUAL, "20", "95", {0: 10}),
    Pair("late_after", 'name = "x"\nreport = "user_trend"\n', '"14:00"', '"16:00"'),
    Pair("report", 'name = "x"\nlate_after = "14:00"\n', '"user_trend"', '"visit_page"'),
    Pair("at_least", DROP, "{ user_count = 50 }", "{ user_count = 500 }", DROPPED),
    Pair("significant", EXITS, "true", "false", {0: 52}, usual=40),
    Pair("significant", EXITS, "", "false", {0: 52}, usual=40),
    Pair("for", DROP, "1", "2", DROPPED),
    Pair("keep", DROP, "1", "2", {-1: 60}),
    Pair("clears_at", f"{USERS}above = 150\n", "", "120", {-1: 200, 0: 130}),
    Pair("clears_at", f"{USERS}below = 50\n", "", "80", {-1: 40, 0: 70}),
    Pair("clears_by", DROP, "", '"10%"', {-1: 60, 0: 80}),
]
"""Keys that decide how an alert stands."""

SAID = [
    Pair("name", without(DROP, "name"), '"x"', '"y"', DROPPED),
    Pair("description", DROP, '"this"', '"that"', DROPPED),
    Pair("runbook", DROP, '"this"', '"that"', DROPPED),
    Pair("severity", DROP, '"info"', '"critical"', DROPPED),
]
"""Keys that are words and a rank: the same alert, told otherwise."""

SENT = [
    Pair("mode", DROP, '"live"', '"shadow"', DROPPED),
    Pair("mode", LATE, '"live"', '"shadow"'),
]
"""Keys that decide whether anybody is told: the same alert."""

PAIRS = [*JUDGED, *SAID, *SENT]


@dataclass(frozen=True)
class Outcome:
    """What came of a rule. ``judged``: its alerts; ``said``: those in words; ``sent``: how many messages."""

    judged: list[tuple[object, ...]]
    said: list[tuple[str, Severity, str, str]]
    sent: int


def outcome(text: str, filled: bytes, folder: Path) -> Outcome:
    config = read(text, folder)
    file = folder / "history.db"
    file.write_bytes(filled)
    apps = tuple(Watched(each.app, frozenset(TABLES)) for each in config.apps)
    scope = Scope(config.rules, apps, (Route(("ops",)),), Horizon(DAYS, timedelta(hours=9), 7))
    with open_history(file) as history:
        told = evaluate(history, scope, NOW)
        alerts = history.alerts.all_alerts()
        sent = len(history.outbox.due(NOW))
    said = [(notice.rule, notice.severity, notice.description, notice.runbook) for _, notice in told]
    return Outcome([standing(alert) for alert in alerts], said, sent)


def standing(alert: Alert) -> tuple[object, ...]:
    return alert.app_id, alert.dimensions, alert.state, alert.since, alert.period, alert.breaches


def read(text: str, folder: Path) -> WatchConfig:
    (folder / "watch.toml").write_text(SETTINGS)
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "own.toml").write_text(text)
    config, problems = inspect(folder / "watch.toml")
    assert config is not None, problems
    return config


def fill(pair: Pair, file: Path, blank: bytes) -> bytes:
    """A history in which the pair's days happened."""
    file.write_bytes(blank)
    with open_history(file) as history, history.transaction():
        for app in (1, 2):
            for reading in readings(app, pair):
                history.observations.save(reading, NOW)
    return file.read_bytes()


def readings(app: int, pair: Pair) -> list[Reading]:
    """The API's answers: days and weeks of the trend, and pages a day further."""
    days = {number: pair.days.get(min(number, 0), pair.usual) for number in range(1 - DAYS, 2)}
    if app != 1:
        days = dict.fromkeys(days, pair.usual)
    trend, weeks, pages = (TABLES[name] for name in ("user_trend", "user_trend_week", "visit_page"))
    first, week = DAY.shift(1 - DAYS), Period.containing(DAY.first, Granularity.WEEK)
    rows = tuple(users(DAY.shift(number), count) for number, count in days.items() if number <= 0)
    sums = tuple(users(week.shift(-number), 7 * pair.usual) for number in range(9))
    return [
        Reading(Query(trend, app, first, DAY), rows),
        Reading(Query(weeks, app, week.shift(-8), week), sums),
        *(
            Reading(Query(pages, app, day, day), (page(day, "a", count), page(day, "b", pair.usual)))
            for day, count in ((DAY.shift(number), count) for number, count in days.items())
        ),
    ]


def users(period: Period, count: int) -> Observation:
    return Observation(period, (), (), (None, None, None, None, count, 500, None, None))


def page(day: Period, name: str, exits: int) -> Observation:
    figures = (100, None, None, None, None, float(exits), None, exits)
    return Observation(day, (name,), (f"pages/{name}", None), figures)


@pytest.fixture
def outcomes(request: pytest.FixtureRequest, tmp_path: Path, blank: bytes) -> tuple[Outcome, Outcome]:
    """What comes of the two rules of a pair on the same days."""
    pair: Pair = request.param
    filled = fill(pair, tmp_path / "history.db", blank)
    first, second = pair.rules
    return outcome(first, filled, tmp_path), outcome(second, filled, tmp_path)


def test_every_key_of_the_reference_has_a_pair() -> None:
    assert {pair.key for pair in PAIRS} == set(known_keys(WrittenRule))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.key)
def test_the_rules_of_a_pair_differ_in_its_key_alone(pair: Pair) -> None:
    first, second = (tomllib.loads(text)["rule"][0] for text in pair.rules)
    assert {key for key in {*first, *second} if first.get(key) != second.get(key)} == {pair.key}


@pytest.mark.parametrize("outcomes", JUDGED, ids=lambda pair: pair.key, indirect=True)
def test_a_key_decides_how_an_alert_stands(outcomes: tuple[Outcome, Outcome]) -> None:
    first, second = outcomes
    assert first.judged != second.judged


@pytest.mark.parametrize("outcomes", SAID, ids=lambda pair: pair.key, indirect=True)
def test_words_and_rank_change_what_is_said_alone(outcomes: tuple[Outcome, Outcome]) -> None:
    first, second = outcomes
    assert first.judged == second.judged != []
    assert first.said != second.said
    assert first.sent == second.sent == 1


@pytest.mark.parametrize("outcomes", SENT, ids=lambda pair: pair.key, indirect=True)
def test_the_shadow_changes_what_is_sent_alone(outcomes: tuple[Outcome, Outcome]) -> None:
    live, shadow = outcomes
    assert live.judged == shadow.judged != []
    assert live.sent >= 1
    assert shadow.sent == 0
