"""Invented notices of every kind: templates are checked, previewed and tested with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from smartapp_watch.alerts.alert import EventType, Figures
from smartapp_watch.alerts.notification import AlertNotice, AppLine, DigestNotice, ServiceNotice, Topic, Total
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.rules.rule import Severity

_SHOP = Words("云上生鲜", "Cloud Grocery")
_NAMES = (
    _SHOP,
    Words("预约挂号", "Clinic Booking"),
    Words("城市公交", "City Bus"),
    Words("天天菜谱", "Daily Recipes"),
    Words("同城跑腿", "Town Errands"),
    Words("博物馆导览", "Museum Guide"),
    Words("口袋记账", "Pocket Ledger"),
)
_BEFORE = (38_900, 21_640, 13_020, 9_910, 8_940, 6_480)
_REASONS = {EventType.STALE: "absent", EventType.CLOSED: "new level"}
_DAY = "2026-11-22"


def example_alert(kind: EventType, language: Language) -> AlertNotice:
    """A page's exit rate that rose, at the point of its story that ``kind`` names."""
    over = kind in (EventType.RESOLVE, EventType.RETRACT, EventType.CLOSED)
    value, change, percent = (41.2, 1.6, 4.04) if over else (61.0, 21.4, 54.04)
    exits, views = (1566.0, 3801.0) if over else (2318.0, 3800.0)
    figures = Figures(value, 39.6, change, percent, (("exit_count", exits), ("pv_count", views)))
    if kind is EventType.STALE:
        figures = Figures()
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
        since="2026-11-20",
        figures=figures,
        condition="rises_by 5pp against 4_weeks",
        breaches=3,
        against="4_weeks",
        reason=_REASONS.get(kind, ""),
        runbook="https://wiki.example.com/checkout?page=pay&lang=zh",
        where="rules/pages.toml:12",
    )


def example_alerts(language: Language) -> tuple[AlertNotice, ...]:
    """One of every type, and some of every other shape: a cohort, a limit, the platform, next to nothing."""
    late, unusual, window = example_late(language), example_unusual(language), example_window(language)
    return (
        *(example_alert(kind, language) for kind in EventType),
        _retention(language),
        _lost_users(language),
        _new_users(language),
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
    """An alert of a whole mini-program, with nothing that a rule may leave out."""
    return replace(
        example_alert(EventType.FIRE, language),
        alert=20 + app,
        app_id=15263713 + app,
        app_name=_NAMES[app].in_(language),
        dimensions=(),
        texts=(),
        description="",
        runbook="",
        breaches=1,
        since=_DAY,
    )


def _retention(language: Language) -> AlertNotice:
    return replace(
        _plain(language, 1),
        rule="next-day-retention-drop",
        severity=Severity.CRITICAL,
        metric="retained_user.retained_ratio",
        dimensions=(("nth", 2),),
        figures=Figures(
            18.4, 27.9, -9.5, -34.05, (("retained_user_count", 1520.0), ("active_user_count", 8261.0))
        ),
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
        where="rules/retention.toml:18",
    )


def _new_users(language: Language) -> AlertNotice:
    return replace(
        _plain(language, 4),
        rule="new-users-drop",
        metric="user_trend.new_user_count",
        figures=Figures(8120.0, 13_800.0, -5680.0, -41.16),
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
        condition="unusual drop, score 3.5 over 8 weeks, by at least 20%",
        against="8_weeks",
        where="rules/traffic.toml:31",
    )


def example_retraction(language: Language) -> AlertNotice:
    """An alert of figures that were corrected to what is usual."""
    return replace(
        example_unusual(language),
        type=EventType.RETRACT,
        figures=Figures(4890.0, 4960.0, -70.0, -1.41),
        reason="corrected from 2140 to 4890",
    )


def example_window(language: Language) -> AlertNotice:
    """The sum of a week that fell."""
    return replace(
        _plain(language, 5),
        rule="new-users-week",
        metric="user_trend.new_user_count",
        figures=Figures(6300.0, 7000.0, -700.0, -10.0),
        condition="drops_by 10% against 4_weeks",
        where="rules/traffic.toml:40",
        window=7,
    )


def example_digest(language: Language) -> DigestNotice:
    """A week in which three of seven mini-programs need a look."""
    fire = example_alert(EventType.FIRE, language)
    retention = replace(_retention(language), period="2026-11-21")
    drop = _new_users(language)
    return DigestNotice(
        name="weekly",
        period="2026-W47",
        first="2026-11-16",
        last=_DAY,
        composed_at=datetime(2026, 11, 23, 10, 7, tzinfo=BEIJING),
        apps_checked=len(_NAMES),
        days=7,
        totals=_totals(102_400, 98_370),
        open=(retention, fire, drop),
        opened=(fire, retention, drop),
        closed=(
            replace(
                example_alert(EventType.RESOLVE, language), app_id=15263715, app_name=_NAMES[2].in_(language)
            ),
        ),
        apps=_apps(language),
        missing=(_NAMES[-1].in_(language),),
        failures=(
            Words(
                "口袋记账 · visit_page · 11月19日–22日：接口出错（errno 5000 网络繁忙，请稍后重试）",
                "Pocket Ledger · visit_page · 19–22 Nov: errno 5000 网络繁忙，请稍后重试",
            ).in_(language),
        ),
        undelivered=1,
    )


def _apps(language: Language) -> tuple[AppLine, ...]:
    *known, unknown = _NAMES
    lines = (
        AppLine(15263713 + number, name.in_(language), _totals(40_000 // (number + 1), _BEFORE[number]), 7)
        for number, name in enumerate(known)
    )
    return *lines, AppLine(15263719, unknown.in_(language), _nothing(), 3)


def example_digests(language: Language) -> tuple[DigestNotice, ...]:
    """A week with alerts, a quiet one, a quiet day of which nothing is known."""
    week = example_digest(language)
    quiet = replace(week, open=(), opened=(), closed=(), missing=(), failures=(), undelivered=0)
    day = replace(quiet, period=_DAY, first=_DAY, last=_DAY, days=1, totals=(), apps=(), missing=week.missing)
    return week, quiet, day


def example_notices(_language: Language = Language.ZH) -> tuple[ServiceNotice, ...]:
    """Everything that the service says of itself."""
    since = datetime(2026, 11, 23, 10, 7, tzinfo=BEIJING)
    return (
        ServiceNotice(Topic.RECEIVER_OFF, "Slack answered token_expired", since, "ops"),
        ServiceNotice(Topic.SHUT_OUT, "ip not in whitelist (210)", since),
        ServiceNotice(Topic.NO_CALLS_LEFT, "Open api daily request limit reached (17)", since),
    )


def _totals(users: float, before: float) -> tuple[Total, ...]:
    rising = (0.96, 0.97, 0.99, 1.0, 1.01, 1.03, 1.04)
    falling = (1.32, 1.24, 1.13, 0.97, 0.84, 0.77, 0.73)
    return (
        _total("user_count", users, before, rising, a_day=True),
        _total("session_count", 7 * users * 2.346, 7 * before * 2.39, rising),
        _total("new_user_count", 7 * users * 0.17, 7 * before * 0.21, falling),
    )


def _total(
    field: str, value: float, before: float, shape: tuple[float, ...], *, a_day: bool = False
) -> Total:
    daily = tuple(value * share for share in shape)
    return Total(f"user_trend.{field}", value, before, daily, value, a_day)


def _nothing() -> tuple[Total, ...]:
    names = ("user_count", "session_count", "new_user_count")
    return tuple(Total(f"user_trend.{name}", None, 9000.0, a_day=name == "user_count") for name in names)
