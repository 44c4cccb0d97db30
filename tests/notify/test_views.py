"""What a notice becomes in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import Fact, alert_view
from smartapp_watch.notify.conditions import condition_words
from smartapp_watch.notify.digest_view import digest_view
from smartapp_watch.notify.examples import example_alert, example_alerts
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.rules.rule import Against, Change, Direction, Scale, Threshold
from smartapp_watch.rules.verdict import Figures

ZH, EN = Language.ZH, Language.EN
FIRE = example_alert(EventType.FIRE, ZH)


def test_an_alert_tells_value_usual_value_change_and_counts() -> None:
    assert alert_view(FIRE, ZH).facts == (
        Fact("当前", "61.0%", "bad"),
        Fact("往常周日", "39.6%"),
        Fact("变化", "▲ +21.4 个百分点，变差", "bad"),
        Fact("退出页次数", "2,318 / 访问次数 3,800"),
        Fact("入口页次数", "1,102（往常 1,088）"),
        Fact("次均停留时长", "0:41（往常 1:36）"),
    )
    assert alert_view(FIRE, EN).facts == (
        Fact("Now", "61.0%", "bad"),
        Fact("Usual Sunday", "39.6%"),
        Fact("Change", "▲ +21.4 pp, worse", "bad"),
        Fact("Exits", "2,318 of 3,800 views"),
        Fact("Entries", "1,102 (usual 1,088)"),
        Fact("Stay per view", "0:41 (usual 1:36)"),
    )


def test_the_exit_rate_is_never_called_a_bounce_rate() -> None:
    chinese, english = alert_view(FIRE, ZH), alert_view(FIRE, EN)
    assert chinese.metric == "页面退出率"
    assert english.metric == "exit rate"
    assert "跳出率" not in chinese.sentence + chinese.headline
    assert "bounce" not in english.sentence + english.headline


@pytest.mark.parametrize(
    ("kind", "chinese", "english"),
    [
        (EventType.FIRE, "页面退出率上升", "Exit rate rose"),
        (EventType.WORSE, "页面退出率进一步恶化", "Exit rate got worse"),
        (EventType.RESOLVE, "页面退出率已恢复正常", "Exit rate back to normal"),
        (EventType.STALE, "页面退出率暂时无法判断", "Exit rate cannot be judged now"),
        (EventType.RETRACT, "页面退出率告警已撤回", "Exit rate: alert withdrawn"),
        (EventType.REOPEN, "页面退出率告警重新打开", "Exit rate: alert open again"),
        (EventType.CLOSED, "页面退出率告警已关闭", "Exit rate: alert closed"),
    ],
)
def test_what_happened_is_said_in_words(kind: EventType, chinese: str, english: str) -> None:
    assert alert_view(example_alert(kind, ZH), ZH).headline == chinese
    assert alert_view(example_alert(kind, EN), EN).headline == english


def test_the_topic_is_the_same_for_every_event_so_that_threads_hold() -> None:
    assert len({alert_view(example_alert(kind, ZH), ZH).topic for kind in EventType}) == 1


def test_a_rise_that_is_good_news_does_not_get_worse() -> None:
    figures = Figures(200.0, 100.0, 100.0, 100.0)
    notice = replace(FIRE, type=EventType.WORSE, metric="user_trend.user_count", figures=figures)
    assert alert_view(notice, ZH).headline == "启动用户数变动加大"
    assert alert_view(notice, ZH).tone == "good"


@pytest.mark.parametrize(
    ("nth", "period", "chinese", "english"),
    [
        (2, "2026-11-22", "次日留存率", "next-day retention"),
        (8, "2026-11-22", "7 天后留存率", "retention 7 days later"),
        (2, "2026-W47", "次周留存率", "next-week retention"),
        (4, "2026-10", "3 个月后留存率", "retention 3 months later"),
    ],
)
def test_a_retention_cell_is_called_by_its_distance(
    nth: int, period: str, chinese: str, english: str
) -> None:
    notice = replace(
        FIRE, metric="retained_user.retained_ratio", dimensions=(("nth", nth),), texts=(), period=period
    )
    assert (alert_view(notice, ZH).metric, alert_view(notice, EN).metric) == (chinese, english)
    assert alert_view(notice, ZH).where == ""


@pytest.mark.parametrize(
    ("against", "period", "chinese", "english"),
    [
        ("4_weeks", "2026-11-22", "往常周日", "usual Sunday"),
        ("4_weeks", "2026-11-22T09", "往常周日 9 时", "usual Sunday 09:00"),
        ("4_weeks", "2026-W47", "往常", "usual"),
        ("last_week", "2026-11-22", "前一个周日", "the Sunday before"),
        ("last_week", "2026-W47", "前一周", "the week before"),
        ("previous", "2026-11-22", "前一天", "the day before"),
        ("previous", "2026-11", "前一个月", "the month before"),
        ("", "2026-11-22", "界限", "limit"),
    ],
)
def test_what_it_is_compared_with_is_named(against: str, period: str, chinese: str, english: str) -> None:
    notice = replace(FIRE, against=against, period=period)
    assert alert_view(notice, ZH).usual_label == chinese
    assert alert_view(notice, EN).usual_label == english


@pytest.mark.parametrize(
    ("metric", "dimensions", "texts", "chinese", "english"),
    [
        ("visit_page.pv_count", (("page_id", "9f"),), (("page", "pages/a"),), "pages/a", "pages/a"),
        ("visit_page.pv_count", (("page_id", "9f"),), (), "页面编号：9f", "page id: 9f"),
        ("visit_page.bounce_ratio", (("page_id", ""),), (), "整个小程序", "the whole mini-program"),
        ("region.session_count_district", (("region", "广东"),), (), "地域：广东", "region: 广东"),
        (
            "terminal.average_use_time",
            (("terminal_type", "brand"), ("name", "HUAWEI")),
            (),
            "品牌：HUAWEI",
            "brand: HUAWEI",
        ),
        (
            "source.user_count",
            (("source", "12"), ("scene", "345")),
            (("name", "搜索"),),
            "搜索（来源：12，场景：345）",
            "搜索 (source: 12, scene: 345)",
        ),
        ("tp_data.tp_day_user_count", (("scene", ""),), (), "", ""),
        ("user_trend.user_count", (), (), "", ""),
    ],
)
def test_where_it_was_measured_is_said(
    metric: str,
    dimensions: tuple[tuple[str, str], ...],
    texts: tuple[tuple[str, str], ...],
    chinese: str,
    english: str,
) -> None:
    notice = replace(FIRE, metric=metric, dimensions=dimensions, texts=texts)
    assert (alert_view(notice, ZH).where, alert_view(notice, EN).where) == (chinese, english)


@pytest.mark.parametrize(
    ("condition", "unit", "chinese", "english"),
    [
        (Threshold(Direction.RISE, 30), Unit.PERCENT, "高于 30%", "above 30%"),
        (Threshold(Direction.DROP, 2_000_000), Unit.COUNT, "低于 2,000,000", "below 2,000,000"),
        (Threshold(Direction.DROP, 90), Unit.SECONDS, "低于 1:30", "below 1:30"),
        (
            Change(Direction.RISE, 5, Scale.POINTS, Against.FOUR_WEEKS),
            Unit.PERCENT,
            "较前 4 周同期中位数上升 ≥ 5 个百分点",
            "up by 5 pp or more on the median of 4 weeks",
        ),
        (
            Change(Direction.DROP, 30, Scale.PERCENT, Against.LAST_WEEK),
            Unit.COUNT,
            "较前一周同期下降 ≥ 30%",
            "down by 30% or more on the week before",
        ),
        (
            Change(Direction.EITHER, 100, Scale.UNITS, Against.PREVIOUS),
            Unit.COUNT,
            "较前一期变动 ≥ 100",
            "a change of 100 or more on the period before",
        ),
    ],
)
def test_every_condition_that_a_rule_can_have_is_put_in_words(
    condition: Threshold | Change, unit: Unit, chinese: str, english: str
) -> None:
    assert condition_words(condition.words, unit, ZH) == chinese
    assert condition_words(condition.words, unit, EN) == english


def test_a_condition_of_another_kind_is_shown_as_it_is() -> None:
    assert condition_words("unusual drop score 3.5", Unit.COUNT, ZH) == "unusual drop score 3.5"


def test_a_rule_that_is_gone_still_makes_a_message() -> None:
    view = alert_view(replace(FIRE, type=EventType.CLOSED, metric="", condition="", reason="rule gone"), EN)
    assert view.headline == "“checkout-exit-rate”: alert closed"
    assert view.reason == "the rule is gone"


def test_every_metric_of_the_catalog_has_a_headline() -> None:
    for report in REPORTS.values():
        for metric in report.metrics:
            notice = replace(FIRE, metric=f"{report.name}.{metric.name}", dimensions=(), texts=())
            assert alert_view(notice, ZH).headline == f"{metric.words.zh}上升"


@given(st.data())
def test_no_string_is_too_strange_for_an_alert(data: st.DataObject) -> None:
    view = alert_view(data.draw(st.builds(AlertNotice, type=st.sampled_from(EventType))), ZH)
    assert view.headline
    assert len(view.app) <= 60
    assert len(view.where) <= 120


def test_a_digest_counts_mini_programs_and_not_alerts() -> None:
    week = example_digest(ZH)
    view = digest_view(replace(week, open=(FIRE, FIRE, *week.open)), ZH)
    assert (view.apps_needing, view.count.open) == (3, 5)


def test_a_digest_shows_five_cards_and_says_how_many_more_there_are() -> None:
    view = digest_view(replace(example_digest(ZH), open=example_alerts(ZH)), ZH)
    assert len(view.cards) == 5
    assert view.more_cards == len(example_alerts(ZH)) - 5


def test_a_table_of_all_is_cut_and_says_how_many_are_not_shown() -> None:
    apps = tuple(AppLine(number, f"应用{number}", (), 7) for number in range(500))
    view = digest_view(replace(example_digest(ZH), apps=apps), ZH)
    assert (len(view.apps), view.more_apps) == (40, 460)


def test_a_mini_program_without_data_shows_none_and_never_zero() -> None:
    row = digest_view(example_digest(ZH), ZH).apps[-1]
    assert [total.value for total in row.totals] == ["无数据"] * 3
    assert row.days == "3/7 天"


def test_a_new_mini_program_is_no_rise() -> None:
    total = Total("user_trend.session_count", 5000.0, 2000.0, (), comparable=2100.0)
    view = digest_view(replace(example_digest(EN), totals=(total,)), EN).totals[0]
    assert (view.value, view.change) == ("5,000", "▲ +5.0%")
    ratio = Total("user_trend.new_user_ratio", 40.0, 20.0, (), comparable=21.5)
    view = digest_view(replace(example_digest(EN), totals=(ratio,)), EN).totals[0]
    assert (view.value, view.change) == ("40.0%", "▲ +1.5 pp")


def test_an_average_is_called_one() -> None:
    total = Total("user_trend.user_count", 10.0, None, (), a_day=True)
    for language, label in ((ZH, "日均启动用户数"), (EN, "Users a day")):
        view = digest_view(replace(example_digest(language), totals=(total,)), language)
        assert view.totals[0].label == view.columns[0] == label
        assert view.totals[0].change == ""


def test_nothing_is_called_clear_where_data_are_missing_everywhere() -> None:
    quiet = replace(example_digest(ZH), open=(), apps_checked=1, missing=("口袋记账",))
    view = digest_view(quiet, ZH)
    assert view.unsure
    assert not view.all_clear
    assert digest_view(replace(quiet, apps_checked=2), ZH).all_clear
