"""The sentence as it is wired: what one broken part may cost, and which digests are due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import ServiceNotice, Topic
from smartapp_watch.alerts.routing import Route
from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import (
    ApiSettings,
    AppSettings,
    DigestSettings,
    HistorySettings,
    PlatformSettings,
    PollSettings,
    SlackSettings,
    WatchConfig,
)
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Granularity, Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_notices
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.faults import Answer, Faults
from smartapp_watch.simulator.inbox import SlackInbox
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch
from tests.build import above, rule

TREND, PAGES = TABLES["user_trend"], TABLES["visit_page"]
MONDAY = datetime(2026, 11, 23, 11, tzinfo=BEIJING)
SHOP, NEWS = App(101, "示例商城"), App(102, "示例资讯")
DAILY = DigestSettings("daily", Granularity.DAY, "0 10 * * *", timedelta(hours=36), ("ops",))
WEEKLY = DigestSettings("weekly", Granularity.WEEK, "0 10 * * mon", timedelta(hours=36), ("ops",))
NO_CALLS_LEFT = Answer.of({"error_code": 17, "error_msg": "Open api daily request limit reached"})


def plain(value: str) -> Secret:
    return Secret(SecretSource.PLAIN, (value,))


def app_settings(app: App, *tables: str) -> AppSettings:
    token = SimulatedApp(app.id).access_token
    return AppSettings(app, plain(token), tuple(TABLES[name] for name in tables or ("user_trend",)))


@dataclass
class Service:
    """A history with its settings, whose time a test sets."""

    history: History
    slack: SlackInbox
    token: Path
    config: WatchConfig
    posted: int = 0
    watches: dict[int, Watch] = field(default_factory=dict)

    def at(self, now: datetime) -> Watch:
        """The service at a time; always the same one."""
        watch = self.watches.setdefault(id(self.config), Watch(self.config, frozen(now)))
        watch.clock = frozen(now)
        return watch

    def digests(self, now: datetime) -> list[str]:
        """The periods of the digests that are queued at a time."""
        return [notice.period for notice in self.at(now).queue_digests(self.history)]

    def configure(self, **changes: object) -> None:
        """Other settings than those that the fixture made."""
        self.config = WatchConfig(**{**_fields(self.config), **changes})  # type: ignore[arg-type]

    def news(self) -> list[tuple[str, str]]:
        """Channel and text of what was posted since it was asked last."""
        new = self.slack.messages[self.posted :]
        self.posted += len(new)
        return [(message.channel, message.text) for message in new]

    def save(self, app: App, first: str, last: str, read_at: datetime = MONDAY) -> None:
        """Every day of the span the same figures."""
        span = Period.parse(first), Period.parse(last)
        rows = tuple(
            Observation(day, (), (), (10, None, None, None, 100, 200, None, None))
            for day in periods_between(*span)
        )
        self.history.observations.save(Reading(Query(TREND, app.id, *span), rows), read_at)

    def queue(self, *receivers: str, key: str = "a", at: datetime = MONDAY) -> None:
        """An alert for each receiver."""
        for receiver in receivers:
            notice = example_alert(EventType.FIRE, Language.EN)
            self.history.outbox.queue(f"{key}/{receiver}", receiver, notice, at)

    def notices(self, receiver: str = "") -> list[ServiceNotice]:
        """What the service has to say of itself, queued and not yet sent."""
        due = self.history.outbox.due(MONDAY + timedelta(days=30))
        found = [self.history.outbox.read(each).notice for each in due if each.receiver.startswith(receiver)]
        return [notice for notice in found if isinstance(notice, ServiceNotice)]


def _fields(config: WatchConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in WatchConfig.__slots__}


@pytest.fixture
def service(history: History, tmp_path: Path) -> Iterator[Service]:
    with SlackInbox(token="right") as slack:
        token = tmp_path / "token"
        token.write_text("right")
        receivers = tuple(
            SlackSettings(name, Language.EN, f"#{name}", secret, api_url=slack.api_url)
            for name, secret in (
                ("ops", Secret(SecretSource.FILE, ("token",), tmp_path)),
                ("growth", plain("right")),
                ("boss", plain("right")),
            )
        )
        config = WatchConfig(
            file=tmp_path / "watch.toml",
            timezone=ZoneInfo("Asia/Shanghai"),
            language=Language.EN,
            history=HistorySettings(history.path),
            api=ApiSettings(requests_per_second=1000, timeout=timedelta(seconds=2)),
            platform=PlatformSettings(),
            poll=PollSettings(history_days=5),
            apps=(app_settings(SHOP),),
            receivers=receivers,
            routes=(Route(("boss",)),),
            digests=(DAILY,),
        )
        yield Service(history, slack, token, config)


def at(day: str, hour: int = 11) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T{hour:02d}:00:00+08:00")


def test_a_daily_digest_is_sent_though_one_app_can_never_be_polled(service: Service) -> None:
    service.configure(apps=(app_settings(SHOP), app_settings(NEWS)))
    service.save(SHOP, "2026-11-15", "2026-11-26", at("11-27"))
    hours = [at("11-23") + timedelta(hours=hour) for hour in range(0, 96, 3)]
    assert [period for now in hours for period in service.digests(now)] == [
        "2026-11-22",
        "2026-11-23",
        "2026-11-24",
    ]


def test_a_cycle_that_is_stopped_judges_nothing_and_sends_nothing(service: Service) -> None:
    service.configure(apps=(), rules=(rule("user_trend.user_count", above(10)),))
    service.queue("boss")
    watch = service.at(MONDAY)
    watch.stop.set()
    assert watch.cycle(service.history).stopped == "stopped while judging; the next evaluation begins anew"
    assert service.history.alerts.evaluated_at() is None
    assert service.news() == []


def test_a_weekly_digest_survives_a_monday_and_another_that_the_service_was_down(service: Service) -> None:
    service.configure(digests=(WEEKLY,))
    service.save(SHOP, "2026-11-09", "2026-11-15", at("11-16"))
    assert service.digests(at("11-16")) == ["2026-W46"]
    service.save(SHOP, "2026-11-16", "2026-11-29", at("12-01"))
    assert service.digests(at("12-01")) == ["2026-W47", "2026-W48"]
    assert service.digests(at("12-01", 12)) == []


def test_what_was_missed_long_ago_is_no_news(service: Service) -> None:
    service.save(SHOP, "2026-11-01", "2026-11-30", at("12-01"))
    assert service.digests(at("11-10")) == ["2026-11-09"]
    assert service.digests(at("11-30")) == [f"2026-11-{day}" for day in range(21, 30)]


def test_after_a_month_in_which_nothing_ran_each_week_is_told_of_once(service: Service) -> None:
    service.configure(digests=(WEEKLY,))
    service.save(SHOP, "2026-11-09", "2026-11-15", at("11-16"))
    assert service.digests(at("11-16")) == ["2026-W46"]
    service.save(SHOP, "2026-11-16", "2026-12-15", at("12-16"))
    assert service.digests(at("12-16")) == ["2026-W47", "2026-W48", "2026-W49", "2026-W50"]
    assert service.digests(at("12-16", 12)) == []


def test_after_two_months_the_newest_weeks_are_told_of_and_what_is_older_is_no_news(service: Service) -> None:
    service.configure(digests=(WEEKLY,))
    service.save(SHOP, "2026-10-12", "2026-12-15", at("12-16"))
    assert service.digests(at("10-19")) == ["2026-W42"]
    assert service.digests(at("12-16")) == ["2026-W46", "2026-W47", "2026-W48", "2026-W49", "2026-W50"]


def test_a_digest_does_not_begin_with_periods_before_it_was_thought_of(service: Service) -> None:
    service.save(SHOP, "2026-10-01", "2026-11-22")
    assert service.digests(MONDAY) == ["2026-11-22"]
    service.configure(digests=(DAILY, WEEKLY))
    assert service.digests(MONDAY + timedelta(hours=1)) == ["2026-W47"]


def test_no_digest_is_of_a_time_before_the_history(service: Service) -> None:
    assert service.digests(at("11-27")) == []
    assert service.digests(at("11-28", 23)) == []
    service.save(SHOP, "2026-11-27", "2026-11-28", at("11-29"))
    assert service.digests(at("11-29")) == ["2026-11-27", "2026-11-28"]


def test_what_a_digest_was_chosen_by_stands_in_it(service: Service) -> None:
    service.configure(
        apps=(app_settings(App(101, "示例商城", frozenset({"health"}))), app_settings(NEWS)),
        digests=(replace(DAILY, tags=("health",)),),
    )
    service.save(SHOP, "2026-11-22", "2026-11-22")
    (notice,) = service.at(MONDAY).queue_digests(service.history)
    assert (notice.tags, notice.zone, notice.apps_checked) == (("health",), "Asia/Shanghai", 1)


def test_a_digest_waits_for_its_data_until_its_deadline_and_then_says_what_is_missing(
    service: Service,
) -> None:
    service.save(SHOP, "2026-11-20", "2026-11-21")
    assert service.digests(MONDAY) == []
    deadline = at("11-23", 10) + DAILY.wait
    assert service.digests(deadline - timedelta(seconds=1)) == []
    (notice,) = service.at(deadline).queue_digests(service.history)
    assert (notice.period, notice.missing, notice.gaps[0].days) == (
        "2026-11-22",
        ("示例商城",),
        ("2026-11-22",),
    )


def test_nobody_waits_for_an_app_that_no_figures_are_polled_of(service: Service) -> None:
    service.configure(apps=(app_settings(SHOP), app_settings(NEWS, "visit_page")))
    service.save(SHOP, "2026-11-22", "2026-11-22")
    assert service.digests(MONDAY) == ["2026-11-22"]


def test_a_secret_that_cannot_be_read_costs_its_own_receiver_alone(service: Service) -> None:
    service.token.unlink()
    service.queue("ops", "growth")
    result = service.at(MONDAY).deliver(service.history)
    assert (result.sent, result.retry, result.dead) == (1, 1, 0)
    assert result.errors == ["ops: the file token: No such file or directory"]
    service.token.write_text("right")
    assert service.at(MONDAY + timedelta(minutes=1)).deliver(service.history).sent >= 1
    assert "a/ops" not in {each.key for each in service.history.outbox.undelivered()}


def test_a_token_that_is_replaced_is_read_again_without_a_restart(service: Service) -> None:
    service.token.write_text("expired")
    service.queue("ops")
    assert service.at(MONDAY).deliver(service.history).retry == 1
    service.token.write_text("right")
    service.at(MONDAY + timedelta(minutes=1)).deliver(service.history)
    assert "#ops" in [channel for channel, _ in service.news()]


def test_a_receiver_that_is_off_is_told_through_another_once_a_day(service: Service) -> None:
    service.token.write_text("expired")
    service.queue("ops")
    for hour in range(37):
        service.at(MONDAY + timedelta(hours=hour)).deliver(service.history)
    told = service.news()
    assert [channel for channel, _ in told] == ["#boss", "#boss"]
    assert "Messages to “ops” do not arrive" in told[0][1]
    assert "invalid_auth" in told[0][1]


def test_recipients_that_were_refused_are_told_through_another_receiver(service: Service) -> None:
    words = "refused for 1 of 2 recipients: gone@example.com: 550 no such user"
    service.history.outbox.troubles.note("growth", words, MONDAY, is_off=False, in_part=True)
    for hour in range(3):
        service.at(MONDAY + timedelta(hours=hour)).deliver(service.history)
    ((channel, text),) = service.news()
    assert channel == "#boss"
    assert "Some recipients of “growth” get no messages" in text
    assert "gone@example.com" in text


def test_the_word_about_a_receiver_goes_to_one_that_works(service: Service) -> None:
    for receiver in ("boss", "ops"):
        service.history.outbox.troubles.note(receiver, "token expired", MONDAY, is_off=True)
    service.at(MONDAY).deliver(service.history)
    assert [channel for channel, _ in service.news()] == ["#growth", "#growth"]


def test_a_message_that_nobody_can_take_is_told_of_through_another_receiver(service: Service) -> None:
    service.history.outbox.queue("a/former", "former", example_notices()[0], MONDAY)
    service.at(MONDAY).deliver(service.history)
    assert service.news() == []
    service.at(MONDAY).deliver(service.history)
    ((_, text),) = service.news()
    assert "former" in text


def test_nobody_is_told_of_a_receiver_that_the_settings_have_no_more(service: Service) -> None:
    service.history.outbox.troubles.note("former", "token expired", MONDAY, is_off=True)
    service.at(MONDAY).deliver(service.history)
    assert service.news() == []
    assert service.history.outbox.troubles.all() == []


def test_that_the_days_calls_are_used_up_is_told_once_a_day(service: Service) -> None:
    with polled(service, Faults.script(lambda _call: NO_CALLS_LEFT)):
        for hour in range(3):
            service.at(MONDAY + timedelta(hours=hour)).poll(service.history)
    assert [notice.topic for notice in service.notices("boss")] == [Topic.NO_CALLS_LEFT]
    assert service.notices() == service.notices("boss")


def test_a_poll_of_one_app_says_nothing_about_the_others(service: Service) -> None:
    refused = Answer.of({"errno": 45000, "msg": "no such mini-program"})
    service.configure(apps=(app_settings(SHOP), app_settings(NEWS)))
    with polled(service, Faults.script(lambda call: refused if call.app_id == NEWS.id else None)):
        service.at(MONDAY).poll(service.history)
        noted = service.history.polls.newest().lines
        service.at(MONDAY).poll(service.history, app_id=SHOP.id)
        service.at(MONDAY).poll(service.history, days=1, app_id=SHOP.id)
    assert noted
    assert service.history.polls.newest().lines == noted


def polled(service: Service, faults: Faults) -> ExitStack:
    """A simulated API for the service, for as long as the block lasts."""
    world = World(7, (SimulatedApp(SHOP.id, SHOP.name), SimulatedApp(NEWS.id, NEWS.name)))
    stack = ExitStack()
    simulator = stack.enter_context(Simulator(world, lambda: MONDAY, faults=faults))
    service.configure(api=ApiSettings(simulator.url, 1000, timeout=timedelta(seconds=2)))
    return stack


def test_with_settle_auto_what_was_seen_of_corrections_decides(history: History, tmp_path: Path) -> None:
    """100 days of figures that came 12 hours after their end: from then on 12 hours are waited, not 26."""
    watch = Watch(load_auto(tmp_path), lambda: MONDAY)
    watch.learn(history)
    assert watch.horizon.settle == timedelta(hours=26)
    trend = TABLES["user_trend"]
    last = Period.newest_closed(MONDAY)
    for app in range(1, 5):
        for number in range(28):
            day = last.shift(-number - 1)
            row = Observation(day, (), (), (1,) * 8)
            reading = Reading(Query(trend, app, day, day), (row,))
            history.observations.save(reading, day.closes() + timedelta(hours=12))
    watch.learn(history)
    assert watch.horizon.settle == timedelta(hours=12)


def load_auto(folder: Path) -> WatchConfig:
    (folder / "rules").mkdir()
    (folder / "watch.toml").write_text(
        '[poll]\nsettle = "auto"\n[[apps]]\nid = 1\naccess_token = { env = "APP" }\n'
    )
    return load(folder / "watch.toml")
