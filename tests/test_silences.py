"""Silences on a real history: timelines of what is told, what is held back, and what is told later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from smartapp_watch.alerts.alert import State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.routing import Route
from smartapp_watch.alerts.silence import Hold, Maintenance, Matchers, Once, Recurring, Silence
from smartapp_watch.digest import Scope as DigestScope
from smartapp_watch.digest import compose
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.rules.rule import Rule
from tests.build import DAY, above, rule

TREND = TABLES["user_trend"]
APP = App(15263713, "预约挂号", frozenset({"health"}))
OTHER = App(15263714, "城市公交")
MANY = rule("user_trend.new_user_count", above(100), name="many-new-users")
SHADOWED = replace(MANY, shadow=True)
FOREVER = timedelta(days=300)


def noon_after(day: Period) -> datetime:
    """When the figures of a day are final."""
    return day.closes() + timedelta(hours=12)


class Daemon:
    """A day a step: the API tells of it, the rules judge it; ``told`` is what was queued on the way."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.day = DAY.shift(-1)
        self.rules: tuple[Rule, ...] = (MANY,)
        self.maintenance: tuple[Maintenance, ...] = ()
        self._seen = 0

    @property
    def now(self) -> datetime:
        return noon_after(self.day)

    def silence(self, ends: datetime | None = None, **matchers: tuple[str, ...]) -> Silence:
        """A silence from a minute after now on."""
        begins = self.now + timedelta(minutes=1)
        globs = Matchers(**matchers) if matchers else Matchers(rules=("many-*",))
        return self.history.silences.add(globs, begins, ends or begins + FOREVER, "a release", "zhang")

    def lift(self, silence: Silence) -> None:
        self.history.silences.end(silence, self.now + timedelta(minutes=2))

    def live(self, *values: int | None, app: App = APP) -> list[str]:
        """Judge the following days; what was told."""
        for value in values:
            self.day = self.day.shift(1)
            self.save(self.day, value, app)
            self.evaluate()
        return self.told()

    def save(self, day: Period, value: int | None, app: App = APP, minutes: int = -10) -> None:
        rows = () if value is None else (Observation(day, (), (), (value, *[None] * 7)),)
        reading = Reading(Query(TREND, app.id, day, day), rows)
        self.history.observations.save(reading, self.now + timedelta(minutes=minutes))

    def evaluate(self, *, dry_run: bool = False) -> list[str]:
        events = evaluate(self.history, self.scope, self.now, dry_run=dry_run)
        return [event.type for event, _ in events]

    @property
    def scope(self) -> Scope:
        watched = tuple(Watched(app, frozenset(TABLES)) for app in (APP, OTHER))
        horizon = Horizon(60, timedelta(hours=9), 7)
        return Scope(self.rules, watched, (Route(("ops",)),), horizon, maintenance=self.maintenance)

    def told(self) -> list[str]:
        """What was queued since the last time, as its type and the first day in breach."""
        notices = self.notices()
        new, self._seen = notices[self._seen :], len(notices)
        return [f"{notice.type} {notice.since[5:]}" for notice in new]

    def notices(self) -> list[AlertNotice]:
        outbox = self.history.outbox
        due = [each for each in outbox.due(self.now + FOREVER) if "/still/" not in each.key]
        found = [outbox.read(each).notice for each in due]
        return [notice for notice in found if isinstance(notice, AlertNotice)]


@pytest.fixture
def daemon(history: History) -> Daemon:
    daemon = Daemon(history)
    daemon.live(50)
    return daemon


def test_without_a_silence_everything_is_told(daemon: Daemon) -> None:
    assert daemon.live(150, 160, 50) == ["fire 11-23", "resolve 11-23"]


def test_a_silenced_fire_is_not_told_and_the_alert_is_open_all_the_same(daemon: Daemon) -> None:
    daemon.silence()
    assert daemon.live(150) == []
    (alert,) = daemon.history.alerts.open_alerts()
    assert alert.state is State.FIRING
    (happened,) = daemon.history.held.story(alert.id)
    assert happened.held is Hold.SILENCE


def test_what_is_open_when_a_silence_ends_is_told_once_with_its_true_start(daemon: Daemon) -> None:
    silence = daemon.silence()
    daemon.live(150, 160)
    daemon.lift(silence)
    assert daemon.live(155) == ["fire 11-23"]
    (notice,) = daemon.notices()
    assert (notice.reason, notice.period, notice.figures.value) == ("silence ended", "2026-11-25", 155)
    assert daemon.live(150) == []
    assert daemon.live(50) == ["resolve 11-23"]


def test_it_is_told_though_no_new_day_was_judged(daemon: Daemon) -> None:
    silence = daemon.silence()
    daemon.live(150)
    daemon.lift(silence)
    later = noon_after(daemon.day) + timedelta(hours=1)
    assert [event.type for event, _ in evaluate(daemon.history, daemon.scope, later)] == ["fire"]
    assert evaluate(daemon.history, daemon.scope, later + timedelta(hours=1)) == []
    assert daemon.told() == ["fire 11-23"]


def test_a_silence_that_runs_out_needs_nobody_to_end_it(daemon: Daemon) -> None:
    daemon.silence(ends=noon_after(daemon.day.shift(2)))
    assert daemon.live(150) == []
    assert daemon.live(150) == ["fire 11-23"]


def test_what_is_over_when_a_silence_ends_is_not_told(daemon: Daemon) -> None:
    silence = daemon.silence()
    assert daemon.live(150, 50) == []
    daemon.lift(silence)
    assert daemon.live(50) == []
    assert daemon.history.alerts.waiting() == []


def test_nobody_is_told_the_end_of_what_nobody_was_told(daemon: Daemon) -> None:
    silence = daemon.silence()
    daemon.live(150)
    daemon.lift(silence)
    assert daemon.live(50) == []
    story = daemon.history.held.story(1)
    assert [each.held for each in story] == [Hold.SILENCE, Hold.UNKNOWN]


def test_people_who_were_told_the_fire_are_told_the_resolve_when_the_silence_ends(daemon: Daemon) -> None:
    assert daemon.live(150) == ["fire 11-23"]
    silence = daemon.silence()
    assert daemon.live(50, 50) == []
    daemon.lift(silence)
    assert daemon.live(50) == ["resolve 11-23"]
    assert daemon.live(50) == []


def test_worse_is_not_told_while_silenced_and_told_at_the_end(daemon: Daemon) -> None:
    daemon.live(150)
    silence = daemon.silence()
    assert daemon.live(400) == []
    daemon.lift(silence)
    assert daemon.live(400) == ["worse 11-23"]


def test_worse_is_still_owed_after_a_better_day_that_was_silenced_too(daemon: Daemon) -> None:
    daemon.rules = (replace(MANY, keep=2),)
    daemon.live(150)
    silence = daemon.silence()
    assert daemon.live(400, 50) == []
    daemon.lift(silence)
    assert daemon.live(400) == ["worse 11-23"]


def test_a_second_silence_holds_back_what_the_first_one_held(daemon: Daemon) -> None:
    first = daemon.silence()
    daemon.live(150)
    second = daemon.silence(apps=("预约*",))
    daemon.lift(first)
    assert daemon.live(150) == []
    daemon.lift(second)
    assert daemon.live(150) == ["fire 11-23"]


def test_a_silence_is_about_its_own_alerts_alone(daemon: Daemon) -> None:
    daemon.silence(tags=("health",))
    daemon.day = daemon.day.shift(1)
    for app in (APP, OTHER):
        for before in (2, 1, 0):
            daemon.save(daemon.day.shift(-before), 50 if before else 150, app)
    assert daemon.evaluate() == ["fire", "fire"]
    assert [notice.app_name for notice in daemon.notices()] == ["城市公交"]


def test_a_correction_while_silenced_takes_back_what_was_told_when_it_ends(daemon: Daemon) -> None:
    daemon.live(150)
    silence = daemon.silence()
    daemon.save(daemon.day, 60, minutes=5)
    assert daemon.live(50) == []
    daemon.lift(silence)
    assert daemon.live(50) == ["retract 11-23"]


def test_a_dry_run_at_the_end_of_a_silence_changes_nothing(daemon: Daemon) -> None:
    silence = daemon.silence()
    daemon.live(150)
    daemon.lift(silence)
    daemon.day = daemon.day.shift(1)
    assert daemon.evaluate(dry_run=True) == ["fire"]
    assert daemon.evaluate(dry_run=True) == ["fire"]
    assert daemon.told() == []
    assert daemon.evaluate() == ["fire"]


def test_a_rule_that_is_deleted_while_silenced_is_not_told(daemon: Daemon) -> None:
    silence = daemon.silence()
    daemon.live(150)
    daemon.rules = (replace(MANY, name="another"),)
    daemon.live(50)
    daemon.lift(silence)
    assert daemon.live(50) == []


@pytest.mark.parametrize(
    "window",
    [
        Once(datetime(2026, 11, 24, tzinfo=BEIJING), datetime(2026, 11, 25, 18, tzinfo=BEIJING)),
        Recurring("0 8 24,25 11 *", timedelta(hours=10), BEIJING),
    ],
)
def test_a_maintenance_window_holds_back_until_it_closes(daemon: Daemon, window: Once | Recurring) -> None:
    daemon.maintenance = (Maintenance(Matchers(rules=("many-*",)), window, "the servers are moved"),)
    assert daemon.live(150, 150) == []
    assert daemon.live(150) == ["fire 11-23"]
    assert daemon.notices()[0].reason == "maintenance ended"


def test_a_rule_in_shadow_is_judged_and_nobody_is_told(daemon: Daemon) -> None:
    daemon.rules = (SHADOWED,)
    assert daemon.live(150, 50, 150) == []
    states = [alert.state for alert in daemon.history.alerts.all_alerts()]
    assert states == [State.RESOLVED, State.FIRING]


def test_when_a_rule_leaves_the_shadow_what_is_open_is_told(daemon: Daemon) -> None:
    daemon.rules = (SHADOWED,)
    daemon.live(150, 50, 150)
    daemon.rules = (MANY,)
    assert daemon.live(150) == ["fire 11-25"]
    assert daemon.notices()[0].reason == "shadow ended"


def test_a_digest_lists_what_a_rule_in_shadow_would_have_told_on_its_own(daemon: Daemon) -> None:
    daemon.rules = (SHADOWED,)
    daemon.live(150, 50, 150)
    week = Period.parse("2026-W48")
    notice = compose(daemon.history, "weekly", DigestScope((APP,), (SHADOWED,)), week, daemon.now)
    assert (notice.open, notice.opened, notice.closed) == ((), (), ())
    assert [each.since for each in notice.shadowed] == ["2026-11-23", "2026-11-25"]


def acknowledge(daemon: Daemon) -> None:
    daemon.history.silences.acknowledge(Ack(1, "zhang", "rolling back", daemon.now))


def test_an_acknowledged_alert_says_who_deals_with_it(daemon: Daemon) -> None:
    daemon.live(150)
    acknowledge(daemon)
    week = Period.parse("2026-W48")
    notice = compose(daemon.history, "weekly", DigestScope((APP,), (MANY,)), week, daemon.now)
    assert [each.acked for each in notice.open] == ["zhang"]
    assert notice.shadowed == ()
    daemon.live(None, None, None, None)
    assert daemon.history.silences.acks()[1].note == "rolling back"


@pytest.mark.parametrize(("value", "told"), [(400, "worse 11-23"), (50, "resolve 11-23")])
def test_an_acknowledgement_lasts_until_it_is_worse_or_over(daemon: Daemon, value: int, told: str) -> None:
    daemon.live(150)
    acknowledge(daemon)
    assert daemon.live(155) == []
    assert 1 in daemon.history.silences.acks()
    assert daemon.live(value) == [told]
    assert daemon.history.silences.acks() == {}
    acknowledge(daemon)
    assert 1 in daemon.history.silences.acks()


def test_the_newest_acknowledgement_is_the_one_that_counts(daemon: Daemon) -> None:
    daemon.live(150)
    acknowledge(daemon)
    daemon.history.silences.acknowledge(Ack(1, "li", "", daemon.now))
    assert daemon.history.silences.acks()[1].by == "li"
