"""What an alert tells beside its own figures: how it went, where to look first, what to type."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.causes import NOWHERE, Cause, Cohort, Origin, Way
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.trend import Beside, Trend
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import AlertView, Fact, alert_view
from smartapp_watch.notify.block_kit import assemble
from smartapp_watch.notify.examples import example_alert, example_reminder, example_unusual
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.notify.render import Renderer
from smartapp_watch.rules.occasion import Occurrence, Side
from smartapp_watch.rules.verdict import Figures

ZH, EN = Language.ZH, Language.EN
FIRE, RESOLVE = (example_alert(kind, EN) for kind in (EventType.FIRE, EventType.RESOLVE))
SESSIONS = replace(example_unusual(EN), beside=(), others_elsewhere=0, origin=NOWHERE)


def view(notice: AlertNotice = FIRE, **changes: object) -> AlertView:
    return alert_view(replace(notice, **changes), EN)  # type: ignore[arg-type]


def beside(metric: str, value: float, usual: float | None) -> tuple[Beside, ...]:
    return (Beside(metric, value, usual),)


@pytest.mark.parametrize(
    ("metric", "value", "usual", "words"),
    [
        ("user_trend.user_count", 80.0, 100.0, ()),
        ("user_trend.user_count", 8000.0, 10_000.0, ("Users fell as well: 10,000 → 8,000",)),
        ("user_trend.user_count", 8100.0, 10_000.0, ()),
        ("user_trend.user_count", 7.0, 0.0, ("Users rose as well: 0 → 7",)),
        ("user_trend.average_session_time", 120.0, 97.0, ("Time per session rose as well: 1:37 → 2:00",)),
        ("user_trend.average_session_time", 110.0, 97.0, ()),
        ("user_trend.new_user_ratio", 25.0, 20.0, ("Share of new users rose as well: 20.0% → 25.0%",)),
        ("user_trend.new_user_ratio", 24.0, 20.0, ()),
        ("user_trend.user_count", 80.0, None, ()),
    ],
)
def test_a_companion_is_worth_a_look_where_it_moved_clearly(
    metric: str, value: float, usual: float | None, words: tuple[str, ...]
) -> None:
    assert view(SESSIONS, beside=beside(metric, value, usual)).hints == words


def test_the_event_that_the_figures_are_of_comes_first_of_all() -> None:
    past = Occurrence("4.0", "2026-06-14", "2026-06-14", Side.AFTER)
    events = (Occurrence("618", "2026-06-16", "2026-06-20"), past)
    shown = view(SESSIONS, occasions=events, others_elsewhere=2)
    assert shown.hints[:2] == ("Within 618 (16–20 Jun)", "Shortly after 4.0 (Sun 14 Jun)")
    assert shown.cause == "Within 618 (16–20 Jun)"
    chinese = alert_view(replace(SESSIONS, occasions=events), ZH)
    assert chinese.hints[:2] == ("正值618（6月16日–20日）", "刚过4.0（6月14日（周日））")


def test_an_event_is_told_beside_what_carries_the_change() -> None:
    carried = replace(SESSIONS, origin=Origin((Cause(Way.COUNT, "hour", "09", 0.5, 0.25),)))
    sale = (Occurrence("618", "2026-06-16", "2026-06-20", Side.BEFORE),)
    assert view(carried, occasions=sale).cause == f"{view(carried).cause}; shortly before 618 (16–20 Jun)"


def test_what_moved_most_comes_first_and_three_facts_are_enough() -> None:
    moved = (
        Beside("visit_page.entry_count", 500.0, 1000.0),
        Beside("visit_page.average_stay_time", 10.0, 100.0),
        Beside("visit_page.pv_user_count", 100.0, 1000.0),
    )
    assert view(beside=moved, others_elsewhere=2).hints == (
        "2 other mini-programs are in alert by the same rule, so the cause may lie outside this one",
        "Stay per view fell as well: 1:40 → 0:10",
        "Visitors fell as well: 1,000 → 100",
    )


@pytest.mark.parametrize(
    ("cause", "chinese", "english"),
    [
        (
            Cause(Way.COUNT, "region", "广东", 1.33, 0.1),
            "地域 广东 占下降的全部（往常占启动次数的 10%）",
            "Region 广东 carries all of the drop (usually 10% of sessions)",
        ),
        (
            Cause(Way.COUNT, "page", "", 0.5, 0.25),
            "页面 未命名 占下降的 50%（往常占访问的 25%）",
            "Page unnamed carries 50% of the drop (usually 25% of views)",
        ),
        (
            Cause(Way.COUNT, "hour", "09", 0.5, 0.25),
            "时段 09:00–10:00 占下降的 50%（往常占启动次数的 25%）",
            "Hour 09:00–10:00 carries 50% of the drop (usually 25% of sessions)",
        ),
        (
            Cause(Way.MEAN, "os", "iOS", 0.6, 0.2, 0.5),
            "系统 iOS 占下降的 60%（往常占启动次数的 20%），其自身时长变了",
            "System iOS carries 60% of the drop (usually 20% of sessions): its sessions themselves changed",
        ),
        (
            Cause(Way.MEAN, "os", "iOS", 0.6, 0.2, 0.1),
            "系统 iOS 占下降的 60%（往常占启动次数的 20%），其占比变了",
            "System iOS carries 60% of the drop (usually 20% of sessions): there are more or fewer of them",
        ),
        (
            Cause(Way.AUDIENCE, "brand", "华为", 0.75, 0.5),
            "当日用户构成有变：品牌 华为 占启动次数的 75%（往常 50%）",
            "The day’s users were others: brand 华为 made 75% of sessions (usual 50%)",
        ),
    ],
)
def test_what_carries_the_change_is_said_first(cause: Cause, chinese: str, english: str) -> None:
    notice = replace(SESSIONS, origin=Origin((cause,)))
    for language, words in ((ZH, chinese), (EN, english)):
        shown = alert_view(notice, language)
        assert (shown.cause, shown.hints[0]) == (words, words)


def test_of_a_rise_it_is_said_so() -> None:
    rose = replace(SESSIONS, figures=Figures(200.0, 100.0, 100.0, 100.0))
    cause = Cause(Way.COUNT, "source", "搜索", 0.9, 0.3)
    assert view(rose, origin=Origin((cause,))).cause.startswith("Source 搜索 carries 90% of the rise")


def test_of_lost_users_the_week_that_decides_is_named() -> None:
    cohort = Cohort("2026-09-17", "2026-09-23", 31_400.0, 18_200.0)
    assert view(SESSIONS, origin=Origin(cohort=cohort)).cause == (
        "Users count as lost after 60 days: look at those new from Thu 17 Sep to Wed 23 Sep: 31,400 "
        "(usual in a week: 18,200)"
    )


def test_of_an_alert_that_is_over_no_cause_is_told() -> None:
    over = replace(RESOLVE, origin=Origin((Cause(Way.COUNT, "source", "搜索", 0.9, 0.3),)))
    assert (alert_view(over, EN).cause, alert_view(over, EN).hints) == ("", ())


@pytest.mark.parametrize(
    ("others", "chinese", "english"),
    [
        (0, "该小程序的其他页面没有触发这条规则", "No other page of the mini-program is in alert"),
        (1, "该小程序另有 1 个页面触发这条规则", "1 other page of the mini-program is in alert too"),
        (3, "该小程序另有 3 个页面触发这条规则", "3 other pages of the mini-program are in alert too"),
    ],
)
def test_whether_it_is_this_page_alone_is_said(others: int, chinese: str, english: str) -> None:
    notice = replace(FIRE, beside=(), others_here=others)
    assert alert_view(notice, ZH).hints == (chinese,)
    assert alert_view(notice, EN).hints == (english,)


def test_nobody_says_so_where_nobody_knows_or_where_it_is_no_part() -> None:
    assert view(beside=(), others_here=None).hints == ()
    assert view(beside=(), others_here=0, dimensions=(("page_id", ""),)).hints == ()
    assert view(SESSIONS, others_here=0).hints == ()
    cohort = replace(FIRE, metric="retained_user.retained_ratio", dimensions=(("nth", 2),), beside=())
    assert view(cohort, others_here=3).hints == ()


def test_what_is_over_needs_no_look_and_no_command() -> None:
    for kind in (EventType.RESOLVE, EventType.RETRACT, EventType.CLOSED):
        over = view(type=kind)
        assert (over.hints, over.command) == ((), "")
    assert view().command == "smartapp-watch ack 12"
    assert view(acked="王芳").command == ""
    assert view(alert=0).command == ""


def test_other_figures_of_the_row_are_facts_unless_they_stand_there_already() -> None:
    known = (Beside("visit_page.pv_count", 3800.0, 4000.0), Beside("visit_page.entry_count", 7.0))
    assert list(view(beside=known).facts[4:]) == [Fact("Entries", "7")]


def test_a_reminder_says_how_long_it_has_been_so() -> None:
    assert alert_view(example_reminder(ZH), ZH).headline == "页面退出率上升，持续第 3 天"
    assert alert_view(example_reminder(EN), EN).headline == "Exit rate rose, still (day 3)"
    weekly = replace(example_reminder(EN), period="2026-W47", since="2026-W46", breaches=2)
    assert alert_view(weekly, EN).still == "week 2"
    assert view().still == ""


def test_why_a_message_came_is_said_in_words_and_never_as_it_is_stored() -> None:
    for language in Language:
        for reason in ("still", "flapping"):
            text = Renderer().mail(replace(FIRE, reason=reason), language).text
            assert f"({reason})" not in text
            assert f"（{reason}）" not in text
    assert "the digest alone tells of it" in view(reason="flapping").reason


@pytest.mark.parametrize(
    ("language", "words"), [(ZH, "共 3 天，最严重时为 63.4%"), (EN, "lasted 3 days, at worst 63.4%")]
)
@pytest.mark.parametrize("kind", [EventType.RESOLVE, EventType.CLOSED])
def test_the_end_tells_how_long_it_lasted_and_how_bad_it_was(
    kind: EventType, language: Language, words: str
) -> None:
    notice = example_alert(kind, language)
    assert words in Renderer().mail(notice, language).text
    assert words in Renderer().slack(notice, language).text
    short = replace(notice, breaches=1)
    assert "63.4%" not in Renderer().slack(short, language).text


_ALT_ZH = (
    "图：页面退出率，10月26日–11月22日，最高 61.0%，最低 36.1%；"
    "11月22日（周日）为 61.0%，往常周日 38.2%–41.0%"
)
_ALT_EN = (
    "Chart: exit rate, 26 Oct–22 Nov, between 36.1% and 61.0%; Sun 22 Nov: 61.0%, usual Sunday 38.2%–41.0%"
)


@pytest.mark.parametrize(
    ("language", "alt", "legend"),
    [
        (ZH, _ALT_ZH, "近 28 天；灰色为往常范围；圆圈为周日"),
        (EN, _ALT_EN, "Last 28 days; grey: what is usual; rings: Sundays"),
    ],
)
def test_a_picture_has_its_numbers_in_words(language: Language, alt: str, legend: str) -> None:
    notice = example_alert(EventType.FIRE, language)
    seen = alert_view(notice, language)
    assert (seen.alt, seen.legend) == (alt, legend)
    picture = Renderer().slack(notice, language).picture
    assert picture
    assert picture.alt == alt
    assert f'alt="{alt}"' in Renderer().mail(notice, language).html


def weekly(limit: float | None = None, last: float | None = 61.0) -> AlertNotice:
    periods, limits = tuple(f"2026-W{week}" for week in range(45, 48)), (limit,) * 3
    trend = Trend(periods, (10.0, 61.0, last), limits, limits)
    return replace(FIRE, trend=trend, period="2026-W47", since="2026-W47", against="", condition="above 30")


def test_a_limit_and_a_week_are_called_so() -> None:
    seen = alert_view(weekly(30.0), EN)
    assert seen.alt.endswith("2–22 Nov, between 10.0% and 61.0%; week 47: 61.0%, limit 30.0%")
    assert seen.legend == "Last 3 weeks; grey: what it is compared with"
    assert alert_view(weekly(), EN).legend == "Last 3 weeks"
    assert alert_view(weekly(last=None), EN).alt.endswith("week 47: no data")


def test_the_last_14_days_are_bars_and_a_gap_is_a_dot() -> None:
    seen = view(trend=example_trend(39.6, None, 58.6, 61.0))
    assert len(seen.spark) == len(seen.bars) == 14
    assert seen.spark[-3:] == "·▇█"
    assert seen.bars[-3::2] == (0, 32)
    assert seen.span == "Last 14 days"
    assert f"Last 14 days  {seen.spark}" in Renderer().mail(FIRE_WITH_GAP, EN).text


FIRE_WITH_GAP = replace(FIRE, trend=example_trend(39.6, None, 58.6, 61.0))


def test_without_a_trend_nothing_speaks_of_one() -> None:
    seen = view(trend=None)
    assert (seen.alt, seen.legend, seen.spark, seen.span, seen.bars) == ("", "", "", "", ())
    mail, slack = (
        Renderer().mail(replace(FIRE, trend=None), EN),
        Renderer().slack(replace(FIRE, trend=None), EN),
    )
    assert (mail.pictures, slack.picture) == ((), None)
    assert "Last 14 days" not in mail.text + mail.html


def test_a_mail_shows_the_pictures_that_it_brings() -> None:
    mail = Renderer().mail(FIRE, EN)
    (picture,) = mail.pictures
    assert f'src="cid:{picture.name}"' in mail.html
    assert picture.png.startswith(b"\x89PNG")


def test_the_order_of_a_slack_message_is_facts_picture_where_to_look_small_print() -> None:
    message = Renderer().slack(FIRE, EN)
    kinds = [block["type"] for block in message.blocks]
    assert kinds == ["header", "section", "section", "section", "context"]
    assert message.picture_at == 3
    before, after = message.blocks[: message.picture_at], message.blocks[message.picture_at :]
    assert "Stay per view" in json.dumps(before)
    assert json.dumps(after).index("Look first") < json.dumps(after).index("Runbook")
    assert assemble({"text": "t", "look": "x"}, EN).picture_at == 0


@pytest.mark.parametrize("language", Language)
def test_the_command_stands_where_there_are_no_buttons(language: Language) -> None:
    def shown(render: Callable[..., object], **options: bool) -> bool:
        return "smartapp-watch ack 12" in str(
            render(example_alert(EventType.FIRE, language), language, **options)
        )

    renderer = Renderer()
    assert shown(renderer.slack)
    assert not shown(renderer.slack, buttons=True)
    assert shown(renderer.mail)


def test_values_that_no_metric_has_are_told_as_no_data() -> None:
    odd = replace(
        FIRE, beside=beside("visit_page.entry_count", float("nan"), float("inf")), figures=Figures()
    )
    assert alert_view(odd, EN).facts[-1] == Fact("Entries", "no data (usual no data)")
