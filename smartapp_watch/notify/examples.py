"""Invented notices of every kind: templates are checked, previewed and tested with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from smartapp_watch.alerts.alert import EventType, Figures, fleet_dimensions
from smartapp_watch.alerts.causes import Cause, Cohort, Origin, Way
from smartapp_watch.alerts.notification import AlertNotice, ServiceNotice, Topic
from smartapp_watch.alerts.patience import STILL
from smartapp_watch.alerts.trend import Beside
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.rules.rule import Severity

_SHOP = Words("云上生鲜", "Cloud Grocery")
NAMES = (
    _SHOP,
    Words("预约挂号", "Clinic Booking"),
    Words("城市公交", "City Bus"),
    Words("天天菜谱", "Daily Recipes"),
    Words("同城跑腿", "Town Errands"),
    Words("博物馆导览", "Museum Guide"),
    Words("口袋记账", "Pocket Ledger"),
)
_REASONS = {EventType.STALE: "absent", EventType.CLOSED: "new level"}
_DAY = "2026-11-22"
_BESIDE_EXITS = (
    Beside("visit_page.entry_count", 1102.0, 1088.0),
    Beside("visit_page.average_stay_time", 41.0, 96.0),
)


def example_alert(kind: EventType, language: Language) -> AlertNotice:
    """A page's exit rate that rose, at the point of its story that ``kind`` names."""
    over = kind in (EventType.RESOLVE, EventType.RETRACT, EventType.CLOSED)
    value, change, percent = (41.2, 1.6, 4.04) if over else (61.0, 21.4, 54.04)
    exits, views = (1566.0, 3801.0) if over else (2318.0, 3800.0)
    figures = Figures(value, 39.6, change, percent, (("exit_count", exits), ("pv_count", views)))
    trend = example_trend(39.6, 52.3, 58.6, 61.0)
    if kind is EventType.STALE:
        figures, trend = Figures(), example_trend(39.6, 52.3, None, None)
    elif over:
        trend = example_trend(39.6, 57.9, 63.4, 61.0, 41.2)
    return AlertNotice(
        alert=12,
        type=kind,
        rule="checkout-exit-rate",
        description=Words(
            "结算页的退出率明显高于最近几周的同一天",
            "People leave the checkout far more often than on the same weekday of recent weeks",
        ).in_(language),
        severity=Severity.WARNING,
        app_id=15263713,
        app_name=_SHOP.in_(language),
        metric="visit_page.bounce_ratio",
        dimensions=(("page_id", "9f2c41"),),
        texts=(("page", "pages/checkout/pay"), ("alias", Words("支付页", "Payment").in_(language))),
        period=_DAY,
        since="2026-11-19" if over else "2026-11-20",
        figures=figures,
        condition="rises_by 5pp against 4_weeks",
        breaches=3,
        against="4_weeks",
        reason=_REASONS.get(kind, ""),
        runbook="https://wiki.example.com/checkout?page=pay&lang=zh",
        where="rules/pages.toml:12",
        trend=trend,
        beside=() if over else _BESIDE_EXITS,
        peak=63.4 if over else 61.0,
        others_here=0,
    )


def example_reminder(language: Language) -> AlertNotice:
    """An alert that lasts, told once more."""
    return replace(example_alert(EventType.FIRE, language), reason=STILL)


def example_alerts(language: Language) -> tuple[AlertNotice, ...]:
    """One of every type, and some of every other shape: a cohort, a limit, the platform, next to nothing."""
    late, unusual, window = example_late(language), example_unusual(language), example_window(language)
    return (
        *(example_alert(kind, language) for kind in EventType),
        example_reminder(language),
        example_retention(language),
        _lost_users(language),
        example_new_users(language),
        _limit(language),
        _bare(language),
        late,
        replace(late, type=EventType.RESOLVE, period="2026-11-23"),
        replace(
            late,
            period="2026-11-24",
            breaches=3,
            app_id=None,
            app_name="",
            metric="tp_data.tp_day_user_count",
        ),
        unusual,
        example_fleet(language),
        example_retraction(language),
        window,
        replace(
            window,
            type=EventType.RESOLVE,
            metric="user_trend.user_count",
            figures=Figures(6950.0, 7000.0, -50.0, -0.71),
            reason="silence ended",
        ),
    )


def _plain(language: Language, app: int) -> AlertNotice:
    """An alert of a whole mini-program, with nothing that a rule may leave out, and nothing beside it."""
    return replace(
        example_alert(EventType.FIRE, language),
        alert=20 + app,
        app_id=15263713 + app,
        app_name=NAMES[app].in_(language),
        dimensions=(),
        texts=(),
        description="",
        runbook="",
        breaches=1,
        since=_DAY,
        trend=None,
        beside=(),
        peak=None,
        others_here=None,
    )


def example_retention(language: Language) -> AlertNotice:
    """Fewer people who came back the next day."""
    return replace(
        _plain(language, 1),
        rule="next-day-retention-drop",
        severity=Severity.CRITICAL,
        metric="retained_user.retained_ratio",
        dimensions=(("nth", 2),),
        figures=Figures(
            18.4, 27.9, -9.5, -34.05, (("retained_user_count", 1520.0), ("active_user_count", 8261.0))
        ),
        trend=example_trend(27.9, 18.4),
        peak=18.4,
        condition="drops_by 20% against last_week",
        against="last_week",
        where="rules/retention.toml:3",
    )


def _lost_users(language: Language) -> AlertNotice:
    return replace(
        _plain(language, 3),
        rule="lost-ratio-spike",
        metric="activity_user.lost_ratio",
        figures=Figures(63.85, 62.97, 0.88, 1.4, (("accumulative_user_count", 412_600.0),)),
        condition="rises_by 0.5pp against last_week",
        against="last_week",
        origin=Origin(cohort=Cohort("2026-09-17", "2026-09-23", 31_400.0, 18_200.0)),
        where="rules/retention.toml:18",
    )


def example_new_users(language: Language) -> AlertNotice:
    """Fewer new users."""
    return replace(
        _plain(language, 4),
        rule="new-users-drop",
        metric="user_trend.new_user_count",
        figures=Figures(8120.0, 13_800.0, -5680.0, -41.16),
        trend=example_trend(13_800.0, 8120.0),
        peak=8120.0,
        condition="drops_by 30% against 4_weeks",
        where="rules/traffic.toml:4",
    )


def _limit(language: Language) -> AlertNotice:
    return replace(
        _plain(language, 0),
        rule="platform-activity-low",
        severity=Severity.INFO,
        app_id=None,
        app_name="",
        metric="tp_data.tp_activity_degree",
        dimensions=(("scene", ""),),
        figures=Figures(value=3.2),
        condition="below 5",
        against="",
    )


def _bare(language: Language) -> AlertNotice:
    return replace(_plain(language, 5), figures=Figures(), against="", condition="", where="", rule="")


def example_late(language: Language) -> AlertNotice:
    """A report of which there is nothing at the time when it should be there."""
    return replace(
        _plain(language, 1),
        rule="figures-late",
        metric="user_trend.new_user_count",
        figures=Figures(),
        condition="late_after 14:00",
        against="",
        where="rules/freshness.toml:3",
    )


def example_unusual(language: Language) -> AlertNotice:
    """A drop that the series' own scatter does not explain."""
    return replace(
        _plain(language, 2),
        rule="sessions-unusual",
        metric="user_trend.session_count",
        figures=Figures(2140.0, 4960.0, -2820.0, -56.85),
        trend=example_trend(4960.0, 2140.0),
        beside=(
            Beside("user_trend.user_count", 1030.0, 2110.0),
            Beside("user_trend.new_user_count", 312.0, 318.0),
            Beside("user_trend.average_session_time", 94.0, 97.0),
        ),
        origin=Origin(
            (
                Cause(Way.COUNT, "source", "自然结果", 0.82, 0.34),
                Cause(Way.COUNT, "network", "wifi", 0.71, 0.58),
            )
        ),
        peak=2140.0,
        others_elsewhere=3,
        condition="unusual drop, score 3.5 over 8 weeks, by at least 20%",
        against="8_weeks",
        where="rules/traffic.toml:31",
    )


def example_fleet(language: Language) -> AlertNotice:
    """A day on which all mini-programs had less, told as one."""
    return replace(
        replace(_plain(language, 4), alert=34),
        rule="new-users-low",
        metric="user_trend.new_user_count",
        app_id=None,
        app_name="",
        dimensions=fleet_dimensions(),
        figures=Figures(change_percent=-19.6, counts=(("breaching", 412.0), ("eligible", 18_240.0))),
        condition="drops_by 30% against 4_weeks",
        where="rules/traffic.toml:4",
    )


def example_retraction(language: Language) -> AlertNotice:
    """An alert of figures that were corrected to what is usual."""
    return replace(
        example_unusual(language),
        type=EventType.RETRACT,
        figures=Figures(4890.0, 4960.0, -70.0, -1.41),
        trend=example_trend(4960.0, 4890.0),
        beside=(),
        peak=None,
        others_elsewhere=0,
        reason="corrected from 2140 to 4890",
    )


def example_window(language: Language) -> AlertNotice:
    """The sum of a week that fell."""
    return replace(
        _plain(language, 5),
        rule="new-users-week",
        metric="user_trend.new_user_count",
        figures=Figures(6300.0, 7000.0, -700.0, -10.0),
        trend=example_trend(7000.0, 6590.0, 6440.0, 6300.0),
        peak=6300.0,
        condition="drops_by 10% against 4_weeks",
        where="rules/traffic.toml:40",
        window=7,
    )


def example_notices(_language: Language = Language.ZH) -> tuple[ServiceNotice, ...]:
    """Everything that the service says of itself."""
    since = datetime(2026, 11, 23, 10, 7, tzinfo=BEIJING)
    return (
        ServiceNotice(Topic.RECEIVER_OFF, "Slack answered token_expired", since, "ops"),
        ServiceNotice(
            Topic.RECIPIENTS_REFUSED,
            "smtp.example.com: refused for 1 of 3 recipients: gone@example.com: 550 no such user",
            since,
            "growth",
        ),
        ServiceNotice(Topic.MESSAGE_GIVEN_UP, "smtp.example.com: 552 message too large", since, "growth"),
        ServiceNotice(Topic.SHUT_OUT, "ip not in whitelist (210)", since, critical=True),
        ServiceNotice(Topic.NO_CALLS_LEFT, "Open api daily request limit reached (17)", since),
        ServiceNotice(Topic.TEST, "", since, "ops"),
        *example_ailments(),
    )


def example_ailments() -> tuple[ServiceNotice, ...]:
    """Everything that ails the service as a whole, and then that each of it is over."""
    since = datetime(2026, 11, 22, 10, 7, tzinfo=BEIJING)
    silent = "the API did not answer more than 20 times in a row: time-out after 10 s"
    rejected = "Baidu answered error_code 111: Access token expired"
    known = "rules/own.toml:2: unknown key 'nmae'; did you mean name?"
    lost = ServiceNotice(Topic.AUTHORISATION_LOST, rejected, since, apps=("预约挂号",), count=1, of=42)
    many = replace(lost, apps=("预约挂号", "城市公交", "示例商城"), count=12)
    ailing = (
        ServiceNotice(Topic.POLLING_FAILS, silent, since, critical=True),
        ServiceNotice(Topic.CYCLES_FAIL, "ValueError, see the log", since, critical=True),
        lost,
        many,
        replace(lost, topic=Topic.APPS_RESTRICTED, error="suspended"),
        replace(many, topic=Topic.APPS_RESTRICTED, error=""),
        ServiceNotice(Topic.DATA_LATE, "", since, count=38, of=42),
        ServiceNotice(Topic.DATA_LATE, silent, since, count=42, of=42),
        ServiceNotice(Topic.DISK_FILLS, "312 MB", since, critical=True),
        ServiceNotice(Topic.TOKENS_EXPIRE, "", since, apps=("预约挂号", "tp_data"), count=2, of=42),
        ServiceNotice(Topic.SETTINGS_REFUSED, known, since),
    )
    topics = dict.fromkeys((Topic.SHUT_OUT, *(each.topic for each in ailing)))
    return (*ailing, *(ServiceNotice(topic, "", since, over=True) for topic in topics))
