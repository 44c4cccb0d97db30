"""What messages say of lateness, of what is unusual, of sums of days, and of corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from smartapp_watch.alerts.alert import Alert, Event, EventType, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table, Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import Fact, alert_view
from smartapp_watch.notify.conditions import condition_words
from smartapp_watch.notify.examples import (
    example_alert,
    example_late,
    example_retraction,
    example_unusual,
    example_window,
)
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.words import reason_words
from smartapp_watch.rules.rule import (
    Against,
    Change,
    Condition,
    Direction,
    Late,
    Rule,
    Scale,
    Severity,
    Threshold,
    Unusual,
)
from smartapp_watch.rules.verdict import Figures, Reason

ZH, EN = Language.ZH, Language.EN


def told(notice: AlertNotice, language: Language) -> str:
    """What the message says happened: the sentence of its text part."""
    return Renderer().mail(notice, language).text.split("\n\n")[1]


def notice_of(condition: Condition, *, window: int = 1) -> AlertNotice:
    """The notice of a rule with that condition."""
    report = REPORTS["user_trend"]
    rule = Rule("r", Table(report), report.metric("session_count"), condition, window=window)
    day = Period(Granularity.DAY, date(2026, 11, 22))
    alert = Alert(1, "r", 7, (), State.FIRING, Severity.WARNING, day, day, Figures(60.0, 100.0, -40.0, -40.0))
    return AlertNotice.of(rule, None, Event(EventType.FIRE, alert))


@pytest.mark.parametrize(
    ("language", "headline", "sentence", "topic"),
    [
        (
            ZH,
            "数据迟到",
            "截至 14:00 仍没有 11月22日（周日）的用户趋势数据",
            "预约挂号：用户趋势数据迟到",
        ),
        (
            EN,
            "Figures late",
            "Nothing of Sun 22 Nov in the user trend report by 14:00",
            "Clinic Booking: user trend report late",
        ),
    ],
)
def test_lateness_speaks_of_the_report_and_never_of_a_metric(
    language: Language, headline: str, sentence: str, topic: str
) -> None:
    notice = example_late(language)
    view = alert_view(notice, language)
    assert (view.headline, view.sentence, view.topic) == (headline, sentence, topic)
    assert (view.metric_name, view.late, view.facts) == ("user_trend", True, ())
    message, mail = Renderer().slack(notice, language), Renderer().mail(notice, language)
    shown = message.text + str(message.blocks) + mail.subject + mail.text + mail.html
    assert sentence in shown
    assert not any(words in shown for words in ("新用户", "new users", "new_user_count"))


def test_what_was_late_has_come() -> None:
    chinese, english = (
        replace(example_late(language), type=EventType.RESOLVE, breaches=2) for language in (ZH, EN)
    )
    assert alert_view(chinese, ZH).headline == "数据已到"
    assert alert_view(english, EN).headline == "Figures are in"
    assert told(chinese, ZH) == "用户趋势数据已到。此前从11月22日（周日）起缺数据，共 2 天。"
    assert told(english, EN) == (
        "The user trend report is in. Figures had been missing since Sun 22 Nov (2 days)."
    )


def test_a_report_that_is_late_for_days_says_since_when() -> None:
    notice = replace(example_late(ZH), period="2026-11-24", breaches=3)
    assert told(notice, ZH).endswith(
        "11月24日（周二）的用户趋势数据；自11月22日（周日）起已有 3 天没有数据。"
    )


@pytest.mark.parametrize("kind", EventType)
def test_every_event_of_lateness_has_a_headline(kind: EventType) -> None:
    view = alert_view(replace(example_late(ZH), type=kind), ZH)
    assert "数据迟到" in view.headline or view.headline == "数据已到"
    assert view.topic == "预约挂号：用户趋势数据迟到"


def test_the_platforms_lateness_does_not_name_the_platform_twice() -> None:
    platform = replace(example_late(ZH), app_id=None, app_name="", metric="tp_data.tp_day_user_count")
    assert alert_view(platform, ZH).topic == "平台汇总：数据迟到"
    assert alert_view(platform, EN).topic == "Platform totals: figures late"


@pytest.mark.parametrize(
    ("condition", "unit", "chinese", "english"),
    [
        (Late(time(9, 30)), Unit.NUMBER, "次日 09:30 仍无数据", "no data by 09:30 the next day"),
        (
            Unusual(Direction.DROP),
            Unit.COUNT,
            "较前 8 周同期异常下降（偏离度 ≥ 3.5）",
            "an unusual drop against 8 weeks (score 3.5 or more)",
        ),
        (
            Unusual(Direction.RISE, 4, 6, 20),
            Unit.COUNT,
            "较前 6 周同期异常上升（偏离度 ≥ 4），且升幅 ≥ 20%",
            "an unusual rise against 6 weeks (score 4 or more), by 20% or more",
        ),
        (
            Unusual(Direction.EITHER, 3.5, 8, 90, Scale.UNITS),
            Unit.SECONDS,
            "较前 8 周同期异常波动（偏离度 ≥ 3.5），且变动 ≥ 1:30",
            "an unusual change against 8 weeks (score 3.5 or more), by 1:30 or more",
        ),
        (
            Change(Direction.DROP, 30, Scale.PERCENT, Against.EIGHT_WEEKS, clears_by=20),
            Unit.COUNT,
            "较前 8 周同期中位数下降 ≥ 30%",
            "down by 30% or more on the median of 8 weeks",
        ),
        (Threshold(Direction.RISE, 30, clears_at=25), Unit.PERCENT, "高于 30%", "above 30%"),
    ],
)
def test_every_condition_has_words(condition: Condition, unit: Unit, chinese: str, english: str) -> None:
    assert condition_words(condition.words, unit, ZH) == chinese
    assert condition_words(condition.words, unit, EN) == english


@pytest.mark.parametrize(
    ("direction", "chinese", "english"),
    [
        ("drop", "启动次数异常下降", "Unusual drop in sessions"),
        ("rise", "启动次数异常上升", "Unusual rise in sessions"),
        ("either", "启动次数异常波动", "Unusual change in sessions"),
    ],
)
def test_what_is_unusual_is_called_so(direction: str, chinese: str, english: str) -> None:
    condition = f"unusual {direction}, score 3.5 over 8 weeks"
    assert alert_view(replace(example_unusual(ZH), condition=condition), ZH).headline == chinese
    assert alert_view(replace(example_unusual(EN), condition=condition), EN).headline == english


@pytest.mark.parametrize(
    ("condition", "label"),
    [
        (Unusual(Direction.DROP, weeks=6), "往常周日"),
        (Change(Direction.DROP, 30, Scale.PERCENT, Against.EIGHT_WEEKS), "往常周日"),
        (Change(Direction.DROP, 30, Scale.PERCENT, Against.LAST_WEEK), "前一个周日"),
        (Threshold(Direction.DROP, 100), "界限"),
    ],
)
def test_a_rules_own_baseline_is_named(condition: Condition, label: str) -> None:
    assert alert_view(notice_of(condition), ZH).usual_label == label


def test_a_notice_of_lateness_or_of_a_limit_has_nothing_to_compare_with() -> None:
    assert notice_of(Late(time(14))).against == ""
    assert notice_of(Threshold(Direction.DROP, 100)).against == ""
    assert notice_of(Unusual(Direction.DROP)).against == "8_weeks"


def test_a_sum_of_days_says_of_how_many() -> None:
    assert told(example_window(ZH), ZH) == "新用户数近 7 天合计 6,300（往常 7,000）。"
    assert told(example_window(EN), EN) == "6,300 new users in 7 days (usually 7,000)."
    assert alert_view(example_window(ZH), ZH).headline == "近 7 天新用户数下降"
    assert alert_view(example_window(EN), EN).facts[:2] == (
        Fact("Last 7 days", "6,300", "bad"),
        Fact("Usually", "7,000"),
    )
    rule = notice_of(Change(Direction.DROP, 30, Scale.PERCENT, Against.LAST_WEEK), window=28)
    assert told(rule, EN) == "60 sessions in 28 days (a week earlier 100)."


def test_a_sum_of_users_says_that_it_counts_some_of_them_twice() -> None:
    users = replace(example_window(ZH), metric="user_trend.user_count")
    assert "重复计数" in alert_view(users, ZH).note
    assert alert_view(replace(users, window=1), ZH).note == ""
    assert alert_view(example_window(ZH), ZH).note == ""


def test_a_withdrawn_alert_shows_both_numbers_in_the_metrics_unit() -> None:
    assert told(example_retraction(ZH), ZH) == (
        "当时的 2,140 已修正为 4,890（往常周日 4,960）；按现在的数据没有告警。"
    )
    assert told(example_retraction(EN), EN) == (
        "2,140 was corrected to 4,890 (usual Sunday 4,960); by today’s data there is no alert."
    )
    ratio = replace(example_alert(EventType.RETRACT, EN), reason="corrected from 61 to 41.2")
    assert told(ratio, EN).startswith("61.0% was corrected to 41.2% (")
    duration = replace(example_retraction(ZH), metric="user_trend.average_session_time", figures=Figures())
    assert told(replace(duration, reason="corrected from 60 to 95"), ZH) == (
        "当时的 1:00 已修正为 1:35；按现在的数据没有告警。"
    )


@pytest.mark.parametrize("reason", ["corrected", "corrected from 60.1 to 60.2", ""])
def test_a_correction_without_two_numbers_shows_todays(reason: str) -> None:
    notice = replace(example_retraction(ZH), reason=reason)
    assert told(notice, ZH) == ("百度修正了数据；按现在的数据没有告警：启动次数为 4,890（往常周日 4,960）。")
    assert told(notice, EN).startswith(
        "Baidu corrected the data; by today’s data there is no alert: sessions"
    )


def test_a_withdrawn_alert_is_compared_as_on_its_first_day() -> None:
    notice = replace(example_retraction(ZH), since="2026-11-20")
    assert alert_view(notice, ZH).usual_label == "往常周五"


@pytest.mark.parametrize(
    "reason",
    [
        *Reason,
        *("late", "silence ended", "maintenance ended", "shadow ended", "new level", "no data"),
        *("rule changed", "rule gone", "app gone", "out of where"),
    ],
)
def test_every_reason_has_words_in_both_languages(reason: str) -> None:
    assert reason_words(reason, ZH) != reason_words(reason, EN) != reason
    assert reason_words(reason, ZH).isascii() is False


@pytest.mark.parametrize("kind", ["worse", "resolve", "retract", "reopen"])
def test_whatever_was_held_back_says_why_it_comes_now(kind: str) -> None:
    notice = replace(example_alert(EventType(kind), ZH), reason="maintenance ended")
    assert told(notice, ZH).endswith("。（维护窗口已结束，补发）")
    assert told(replace(notice, reason=""), ZH).endswith("。")
