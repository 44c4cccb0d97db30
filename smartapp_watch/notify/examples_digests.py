"""Invented digests: templates are checked, previewed and tested with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.digest_parts import (
    Answered,
    AppLine,
    Gap,
    Polls,
    ReceiverOff,
    Tally,
    Total,
    Undelivered,
    Unread,
)
from smartapp_watch.alerts.notification import DigestNotice, Flapping, NearMisses
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.examples import (
    NAMES,
    example_alert,
    example_new_users,
    example_retention,
    example_unusual,
)
from smartapp_watch.rules.verdict import Figures

_DAY = "2026-11-22"
_FIRST_APP = 15263713
_COMPOSED = datetime(2026, 11, 23, 10, 7, tzinfo=BEIJING)
_USERS = (40_120, 22_310, 16_480, 9_870, 5_120, 6_500)
_BEFORE = (38_900, 21_640, 11_940, 9_910, 8_940, 6_480)
_USUAL = (37_850, 21_900, 12_200, 9_850, 8_700, 6_610)
_ALERTS = (1, 1, 0, 0, 1, 0)
_NEAR_MISSES = (5, 0, 0, 1, 0, 1)
_GROWING = (0.96, 0.97, 0.99, 1.0, 1.01, 1.03, 1.04)
_SHRINKING = (1.32, 1.24, 1.13, 0.97, 0.84, 0.77, 0.73)


def example_digest(language: Language) -> DigestNotice:
    """A week in which three of seven mini-programs need a look, and everything else happened too."""
    fire, drop = example_alert(EventType.FIRE, language), example_new_users(language)
    retention = replace(example_retention(language), period="2026-11-21")
    ended = replace(
        example_alert(EventType.RESOLVE, language), app_id=_FIRST_APP + 2, app_name=NAMES[2].in_(language)
    )
    unusual = example_unusual(language)
    lines = _apps(language)
    lost = NAMES[-1].in_(language)
    return DigestNotice(
        name="weekly",
        period="2026-W47",
        first="2026-11-16",
        last=_DAY,
        composed_at=_COMPOSED,
        apps_checked=len(NAMES),
        days=7,
        totals=_totals(sum(_USERS), sum(_BEFORE), sum(_USUAL)),
        open=(retention, fire, drop),
        opened=(fire, retention, drop),
        closed=(ended,),
        apps=lines,
        missing=(lost,),
        undelivered=1,
        shadowed=(replace(unusual, rule="sessions-unusual-weekly"),),
        before="2026-W46",
        rising=(lines[2],),
        falling=(lines[4],),
        gaps=(Gap(tuple(f"2026-11-{day}" for day in range(19, 23)), "unavailable", (lost,), 1),),
        unread=(
            Unread(
                "user_trend",
                "2026-11-19..2026-11-22",
                "unavailable",
                Words("网络繁忙，请稍后重试（5000）", "service busy (5000)").in_(language),
                (lost,),
                1,
            ),
        ),
        tally=Tally(open=3, opened=3, closed=1, silenced=1, shadowed=1, flapping=1, unread=1, near_misses=7),
        silenced=(replace(unusual, reason=Words("版本发布", "release night").in_(language)),),
        flapping=(Flapping(ended, 4),),
        answered=Answered(2, 2520.0),
        polls=Polls(224, 8412, 3, 12),
        waiting=(Undelivered("ops", 1, True, "Slack answered msg_too_long"),),
        receivers_off=(ReceiverOff("board", _COMPOSED - timedelta(days=2), "Slack answered token_expired"),),
        rules_checked=14,
        tags=("flagship",),
        zone="Asia/Shanghai",
        near_misses=_near_misses(language),
    )


def example_quiet_digest(language: Language) -> DigestNotice:
    """A week in which nothing is wrong."""
    week = example_digest(language)
    lines = tuple(replace(line, alerts=0, days_known=7, near_misses=0) for line in week.apps[:-1])
    return replace(
        week,
        open=(),
        opened=(),
        closed=(),
        apps=lines,
        missing=(),
        undelivered=0,
        shadowed=(),
        gaps=(),
        unread=(),
        tally=Tally(),
        near_misses=(),
        silenced=(),
        flapping=(),
        answered=Answered(),
        waiting=(),
        receivers_off=(),
        tags=(),
    )


def example_daily_digest(language: Language) -> DigestNotice:
    """A Sunday on which one mini-program needs a look."""
    week, fire = example_digest(language), example_alert(EventType.FIRE, language)
    lines = tuple(_of_a_day(line) for line in week.apps)
    return replace(
        week,
        name="daily",
        period=_DAY,
        first=_DAY,
        days=1,
        totals=tuple(map(_day_of, week.totals)),
        open=(fire,),
        opened=(),
        apps=tuple(replace(line, alerts=int(line.app_id == fire.app_id), near_misses=0) for line in lines),
        undelivered=0,
        shadowed=(),
        before="2026-11-15",
        rising=(lines[2],),
        falling=(lines[4],),
        gaps=(replace(week.gaps[0], days=(_DAY,)),),
        tally=Tally(open=1, closed=1, unread=1),
        near_misses=(),
        silenced=(),
        flapping=(),
        answered=Answered(),
        polls=Polls(32, 1204, 3, 2),
        waiting=(),
        receivers_off=(),
        tags=(),
    )


def example_digests(language: Language) -> tuple[DigestNotice, ...]:
    """A week with alerts, a quiet one, a quiet day of which hardly anything is known, a day with an alert,
    and a week as it was frozen by an earlier version."""
    week, quiet = example_digest(language), example_quiet_digest(language)
    day = replace(
        quiet,
        period=_DAY,
        first=_DAY,
        days=1,
        totals=(),
        apps=(),
        missing=week.missing,
        rising=(),
        falling=(),
        before="2026-11-15",
    )
    return week, quiet, day, example_daily_digest(language), _of_an_earlier_version(week)


def _of_an_earlier_version(week: DigestNotice) -> DigestNotice:
    return DigestNotice(
        name=week.name,
        period=week.period,
        first=week.first,
        last=week.last,
        composed_at=week.composed_at,
        apps_checked=week.apps_checked,
        days=week.days,
        totals=tuple(replace(total, usual=None, usual_of=None) for total in week.totals),
        open=week.open,
        opened=week.opened,
        closed=week.closed,
        apps=tuple(replace(line, alerts=0) for line in week.apps),
        missing=week.missing,
        failures=("15263719 user_trend 2026-11-19..2026-11-22: errno 5000",),
        undelivered=1,
    )


def _near_misses(language: Language) -> tuple[NearMisses, ...]:
    """Of one rule two mini-programs, of another a page, and four more of its series."""
    name, pages = "sessions-unusual", "page-views-unusual"
    once, twice = (
        replace(
            example_unusual(language),
            alert=0,
            rule=name,
            app_id=_FIRST_APP + number,
            app_name=NAMES[number].in_(language),
            figures=figures,
            period=period,
            breaches=periods,
        )
        for number, figures, period, periods in (
            (3, Figures.against(23_410.0, 16_390.0), _DAY, 1),
            (5, Figures.against(15_380.0, 10_240.0), "2026-11-19", 2),
        )
    )
    page = replace(
        example_alert(EventType.FIRE, language),
        alert=0,
        rule=pages,
        metric="visit_page.pv_count",
        figures=Figures.against(3870.0, 2410.0),
        period="2026-11-20",
        breaches=1,
        condition="unusual drop, score 3.5 over 8 weeks",
        against="8_weeks",
    )
    return NearMisses(name, (twice, once), 2), NearMisses(pages, (page,), 5)


def _apps(language: Language) -> tuple[AppLine, ...]:
    *known, unknown = NAMES
    lines = (
        AppLine(
            _FIRST_APP + number,
            name.in_(language),
            _totals(_USERS[number], _BEFORE[number], _USUAL[number]),
            7,
            _ALERTS[number],
            _NEAR_MISSES[number],
        )
        for number, name in enumerate(known)
    )
    return *lines, AppLine(_FIRST_APP + len(known), unknown.in_(language), _nothing(), 3)


def _totals(users: float, before: float, usual: float) -> tuple[Total, ...]:
    shape = _GROWING if users >= before else _SHRINKING
    return (
        _total("user_count", users, before, usual, shape, a_day=True),
        _total("session_count", 7 * users * 2.346, 7 * before * 2.39, 7 * usual * 2.37, shape),
        _total("new_user_count", 7 * users * 0.17, 7 * before * 0.21, 7 * usual * 0.2, _SHRINKING),
    )


def _total(
    field: str, value: float, before: float, usual: float, shape: tuple[float, ...], *, a_day: bool = False
) -> Total:
    value, before, usual = round(value), round(before), round(usual)
    daily = tuple(round((value if a_day else value / 7) * share) for share in shape)
    return Total(f"user_trend.{field}", value, before, daily, value, a_day, usual, value)


def _of_a_day(line: AppLine) -> AppLine:
    return replace(
        line, totals=tuple(map(_day_of, line.totals)), days_known=0 if line.totals[0].value is None else 1
    )


def _day_of(total: Total) -> Total:
    """The same on the last day; the bars are of the seven days up to it."""
    if total.value is None:
        return replace(total, a_day=False)
    value = total.daily[-1] or 0
    before, usual = (round((each or 0) * value / total.value) for each in (total.before, total.usual))
    return replace(
        total, value=value, before=before, comparable=value, a_day=False, usual=usual, usual_of=value
    )


def _nothing() -> tuple[Total, ...]:
    names = ("user_count", "session_count", "new_user_count")
    return tuple(Total(f"user_trend.{name}", None, 9000.0, a_day=name == "user_count") for name in names)
