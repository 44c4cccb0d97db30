"""Several alerts in one message."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType, fleet_dimensions
from smartapp_watch.alerts.notification import GroupNotice, Layout
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_groups import (
    example_app_group,
    example_changed_group,
    example_groups,
    example_quiet_group,
    example_rules_group,
)
from smartapp_watch.notify.group_view import ROWS, GroupView, group_view
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import width
from tests.notify.block_kit_limits import violations
from tests.notify.strange import GROUPS, HOSTILE, group_of

ZH, EN = Language.ZH, Language.EN
FIRE = example_alert(EventType.FIRE, ZH)
_RENDERER = Renderer()


def _listed(view: GroupView) -> int:
    return sum(len(section.rows) for section in view.sections)


def test_what_is_open_comes_first_then_what_is_over_then_what_was_withdrawn() -> None:
    kinds = (EventType.RETRACT, EventType.RESOLVE, EventType.STALE, EventType.FIRE, EventType.CLOSED)
    alerts = tuple(replace(FIRE, type=kind, alert=number) for number, kind in enumerate(kinds))
    view = group_view(GroupNotice(Layout.QUIET, alerts), ZH)
    found = [(section.state, [row.alert.id for row in section.rows]) for section in view.sections]
    assert found == [("open", [2, 3]), ("over", [1, 4]), ("withdrawn", [0])]
    assert (view.alerts, view.open) == (5, 2)


def test_rules_stand_in_the_order_of_their_first_alert_and_count_what_is_open() -> None:
    first, *rest = example_rules_group(ZH).alerts
    view = group_view(GroupNotice(Layout.RULES, (replace(first, type=EventType.RESOLVE), *rest)), ZH)
    found = [(section.rule, section.alerts, section.open) for section in view.sections]
    assert found == [
        ("new-users-drop", 6, 5),
        ("next-day-retention-drop", 4, 4),
        ("sessions-unusual", 2, 2),
    ]
    assert view.sections[0].matter == "新用户数下降"
    assert view.sections[0].rows[0].mark == "已恢复"


def test_a_rule_with_many_alerts_leaves_room_for_the_others() -> None:
    alerts = [replace(FIRE, rule="big", alert=number) for number in range(200)]
    alerts += [replace(FIRE, rule=f"small-{number}", alert=number) for number in range(3)]
    view = group_view(GroupNotice(Layout.RULES, tuple(alerts)), ZH)
    assert [len(section.rows) for section in view.sections] == [ROWS - 3, 1, 1, 1]
    assert view.sections[0].more == 200 - (ROWS - 3)


def test_a_group_of_groups_is_about_many_things_and_says_how_many_mini_programs() -> None:
    assert _RENDERER.mail(example_rules_group(ZH), ZH).subject == "新用户数下降等 12 条告警 · 6 个小程序"
    assert _RENDERER.mail(example_rules_group(EN), EN).subject == (
        "New users fell and 11 more alerts · 6 mini-programs"
    )


@pytest.mark.parametrize(
    ("notice", "chinese", "english"),
    [
        (example_app_group, "🔴 云上生鲜：3 条告警", "🔴 Cloud Grocery: 3 alerts"),
        (
            example_changed_group,
            "🟠 云上生鲜：3 条告警，2 条未解除",
            "🟠 Cloud Grocery: 3 alerts, 2 still open",
        ),
        (
            example_quiet_group,
            "🔴 免打扰时段内有 5 条告警，3 条未解除",
            "🔴 5 alerts during quiet hours, 3 still open",
        ),
    ],
)
def test_the_headline_says_how_many_and_how_many_are_left(
    notice: Callable[[Language], GroupNotice], chinese: str, english: str
) -> None:
    for language, words in ((ZH, chinese), (EN, english)):
        assert _RENDERER.robot(notice(language), language).title == words


def test_a_group_that_is_over_says_so_and_looks_so() -> None:
    over = tuple(replace(alert, type=EventType.RESOLVE) for alert in example_app_group(ZH).alerts)
    message = _RENDERER.robot(GroupNotice(Layout.APP, over), ZH)
    assert (message.title, message.tone) == ("✅ 云上生鲜：3 条告警，均已结束", "good")


def test_the_subject_names_what_came_first_and_not_twice_what_is_the_same() -> None:
    same = tuple(replace(FIRE, alert=number) for number in range(3))
    assert _RENDERER.mail(example_app_group(ZH), ZH).subject == "云上生鲜：次日留存率下降等 3 条告警"
    assert (
        _RENDERER.mail(GroupNotice(Layout.APP, same), ZH).subject == "云上生鲜：页面退出率上升，共 3 条告警"
    )


def test_alerts_of_the_platform_are_no_mini_program() -> None:
    alert = replace(FIRE, app_id=None, app_name="", metric="tp_data.tp_day_user_count", dimensions=())
    notice = GroupNotice(Layout.RULES, (alert, replace(alert, alert=13)))
    assert group_view(notice, ZH).apps == 0
    assert "小程序" not in _RENDERER.mail(notice, ZH).subject


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("text", ["预约挂号", "&" * 60])
def test_500_alerts_fit_everywhere_and_what_is_left_out_is_counted(
    text: str, layout: Layout, language: Language
) -> None:
    notice = group_of(text, layout, alerts=500)
    post, mail = _RENDERER.slack(notice, language), _RENDERER.mail(notice, language)
    assert violations({"text": post.text, "blocks": list(post.blocks)}) == []
    for shown in (json.dumps(post.blocks, ensure_ascii=False), mail.text, mail.html):
        assert re.search(r"另有 \d+ |\+\d+ more", shown)
    assert len(mail.html.encode()) <= 90_000
    assert "500" in _RENDERER.robot(notice, language).title
    assert re.search("500|499 more", mail.subject)


@given(GROUPS, st.integers(0, ROWS))
def test_every_alert_is_listed_or_counted(notice: GroupNotice, rows: int) -> None:
    view = group_view(notice, ZH, rows)
    assert _listed(view) <= rows
    assert _listed(view) + sum(section.more for section in view.sections) + view.more == len(notice.alerts)


def test_the_table_of_a_rule_is_aligned_by_what_a_character_takes_up() -> None:
    text = _RENDERER.mail(example_rules_group(ZH), ZH).text
    for heading in ("【新用户数下降：6 条 · 规则 new-users-drop】", "【次日留存率下降：4 条"):
        table = text.split(heading)[1].split("\n\n")[0].splitlines()[1:]
        assert len({width(line) for line in table}) == 1
        assert len(table) in (4, 6)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strange_name_stays_within_slacks_limits(text: str) -> None:
    for layout in Layout:
        post = _RENDERER.slack(group_of(text, layout), ZH)
        assert violations({"text": post.text, "blocks": list(post.blocks)}) == []


def test_text_and_html_list_the_same_alerts() -> None:
    for language in Language:
        for notice in example_groups(language):
            mail = _RENDERER.mail(notice, language)
            numbers = [f"#{alert.alert}" for alert in notice.alerts]
            assert all(number in mail.text and number in mail.html for number in numbers)


def test_the_fleet_and_the_platform_in_one_message_are_each_named() -> None:
    fleet = replace(FIRE, app_id=None, app_name="", dimensions=fleet_dimensions(), texts=())
    platform = replace(fleet, alert=2, rule="platform", dimensions=(), metric="tp_data.tp_day_user_count")
    text = _RENDERER.mail(GroupNotice(Layout.APP, (fleet, platform)), ZH).text
    assert "全部小程序" in text
    assert "平台汇总" in text
    assert "较多" not in text
