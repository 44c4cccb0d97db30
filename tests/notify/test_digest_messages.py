"""What a digest says in words, in its file and within the limits of each channel."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.digest_parts import Answered, AppLine, Gap, Total, Unread
from smartapp_watch.alerts.notification import DigestNotice, Flapping
from smartapp_watch.digest.figures import MOVER_PERCENT, MOVER_USERS
from smartapp_watch.errors import ApiError
from smartapp_watch.history.notices import read_notice, write_notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.digest_csv import digest_csv
from smartapp_watch.notify.digest_service import CAUSES
from smartapp_watch.notify.digest_view import digest_view
from smartapp_watch.notify.examples import NAMES, example_alert
from smartapp_watch.notify.examples_digests import (
    example_daily_digest,
    example_digest,
    example_digests,
    example_quiet_digest,
)
from smartapp_watch.notify.preview_files import page, preview_files
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.templating import HTML_BYTES
from smartapp_watch.notify.text import width
from tests.notify.block_kit_limits import violations
from tests.notify.strange import HOSTILE, digest_of

ZH, EN = Language.ZH, Language.EN
_RENDERER = Renderer()


def fleet(size: int, language: Language = ZH) -> DigestNotice:
    """A digest of many mini-programs, with everything that one may hold."""
    week = example_digest(language)
    lines = tuple(
        replace(week.apps[number % 6], app_id=number, name=f"{NAMES[number % 7].in_(language)} {number:03d}")
        for number in range(size)
    )
    return replace(
        week,
        apps_checked=size,
        apps=lines,
        open=week.open * 100,
        opened=week.opened * 20,
        closed=week.closed * 20,
        missing=tuple(line.name for line in lines),
        rising=lines[2:500:6][:5],
        falling=lines[4:500:6][:5],
        gaps=tuple(
            replace(week.gaps[0], names=tuple(line.name for line in lines[:20]), count=size) for _ in "abc"
        ),
        unread=week.unread * 10,
        flapping=week.flapping * 5,
        silenced=week.silenced * 20,
        shadowed=week.shadowed * 20,
    )


def rows_of(notice: DigestNotice, language: Language = ZH) -> list[list[str]]:
    text = digest_csv(notice, language).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("language", Language)
def test_a_digest_of_500_apps_is_within_the_limits_of_every_channel(language: Language) -> None:
    notice = fleet(500, language)
    mail, slack = _RENDERER.mail(notice, language), _RENDERER.slack(notice, language)
    assert len(mail.html.encode()) <= HTML_BYTES
    assert violations({"text": slack.text, "blocks": list(slack.blocks)}) == []
    assert len(mail.attachments[0].content.splitlines()) == 501
    assert digest_view(notice, language).more_apps == 460
    assert "460" in mail.text


def test_forty_rows_of_bars_fit_without_dropping_one() -> None:
    mail = _RENDERER.mail(fleet(500), ZH)
    assert all(f"{NAMES[number % 7].zh} {number:03d}" in mail.html for number in range(40))
    assert "<img" not in mail.html.split("全部小程序")[1]
    assert len(mail.pictures) == 3


def test_the_file_has_every_app_in_plain_numbers_and_iso_dates() -> None:
    head, first, *_, last = rows_of(example_digest(ZH))
    assert head[:3] == ["小程序编号 (app_id)", "小程序 (name)", "开始日期 (first)"]
    assert head[6:8] == ["留意 (near_misses)", "日均启动用户数 (user_trend.user_count)"]
    assert first[:10] == [
        "15263713",
        "云上生鲜",
        "2026-11-16",
        "2026-11-22",
        "7",
        "1",
        "5",
        "40120",
        "38900",
        "3.14",
    ]
    assert last[4:8] == ["3", "0", "0", ""]
    assert all("," not in cell for row in rows_of(fleet(50))[1:] for cell in row)


def test_the_file_speaks_the_receivers_language_and_the_apis() -> None:
    head = rows_of(example_digest(EN), EN)[0]
    assert head[6:9] == [
        "watch (near_misses)",
        "users a day (user_trend.user_count)",
        "users a day, before (user_trend.user_count.before)",
    ]
    chinese = rows_of(example_digest(ZH))[0]
    assert [cell.split("(")[1] for cell in head] == [cell.split("(")[1] for cell in chinese]


def test_the_file_begins_with_a_byte_order_mark_and_ends_lines_as_a_spreadsheet_does() -> None:
    attachment = digest_csv(example_digest(ZH), ZH)
    assert attachment.content.startswith(b"\xef\xbb\xbf")
    assert attachment.content.count(b"\r\n") == len(NAMES) + 1
    assert (attachment.name, attachment.media_type) == ("fleet-2026-W47.csv", "text/csv")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", '=HYPERLINK("x")', "\t=1+1"])
def test_no_name_is_a_formula(name: str) -> None:
    notice = replace(example_digest(ZH), apps=(AppLine(1, name, (), 7),))
    cell = rows_of(notice)[1][1]
    assert cell.startswith("'")
    assert cell[1:] == name.strip()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.text(max_size=30) | st.sampled_from(HOSTILE), value=st.none() | st.floats())
def test_any_name_and_number_is_one_cell_of_one_line(name: str, value: float | None) -> None:
    total = Total("user_trend.user_count", value, value, (), value)
    rows = rows_of(replace(example_digest(ZH), apps=(AppLine(7, name, (total,), 7),)))
    assert [len(row) for row in rows] == [len(rows[0])] * 2
    assert not rows[1][1].startswith(("=", "+", "-", "@"))


def test_a_hostile_period_makes_no_path() -> None:
    assert digest_csv(replace(example_digest(ZH), period="../../x\n"), ZH).name == "fleet-x.csv"


def test_an_all_clear_says_how_much_was_checked() -> None:
    for language, words in (
        (ZH, "用 14 条规则检查了 6 个小程序（共 7 个）"),
        (EN, "6 of 7 mini-programs checked by 14 rules"),
    ):
        quiet = replace(example_quiet_digest(language), missing=("x",))
        assert words in _RENDERER.mail(quiet, language).text
    assert "7 mini-programs checked by 14 rules" in _RENDERER.mail(example_quiet_digest(EN), EN).text


@pytest.mark.parametrize(
    ("days", "cause", "chinese", "english"),
    [
        (("2026-11-16",), "token", "甲（11月16日，授权失效）", "A (16 Nov: access token rejected)"),
        (
            ("2026-11-16", "2026-11-19", "2026-11-20"),
            "quota",
            "甲（11月16日、11月19日–20日，当日调用次数已用完）",
            "A (16 Nov, 19–20 Nov: no calls left that day)",
        ),
        (
            ("2026-11-30", "2026-12-01"),
            "",
            "甲（11月30日–12月1日，尚未抓取）",
            "A (30 Nov–1 Dec: not fetched yet)",
        ),
        (("2026-11-16",), "of a later version", "甲（11月16日）", "A (16 Nov)"),
    ],
)
def test_missing_days_are_said_as_spans_with_their_cause(
    days: tuple[str, ...], cause: str, chinese: str, english: str
) -> None:
    for language, name, words in ((ZH, "甲", chinese), (EN, "A", english)):
        notice = replace(example_digest(language), gaps=(Gap(days, cause, (name,), 1),))
        assert words in _RENDERER.mail(notice, language).text


def test_of_many_that_lack_the_same_some_are_named_and_all_are_counted() -> None:
    gap = Gap(("2026-11-22",), "unavailable", tuple(f"甲{number}" for number in range(20)), 300)
    notice = replace(example_digest(ZH), gaps=(gap,))
    assert "甲9 等 300 个（11月22日，接口出错）" in _RENDERER.mail(notice, ZH).text
    assert "甲9 and 290 more (22 Nov: API error)" in _RENDERER.mail(notice, EN).text


def test_a_failure_is_said_with_whom_what_and_the_apis_words() -> None:
    unread = Unread("visit_page", "2026-11-19..2026-11-22", "token", "expired (110)", ("甲", "乙"), 12)
    platform = Unread("tp_data", "2026-11-22", "of a later version", "no", (), 0)
    view = digest_view(replace(example_digest(ZH), unread=(unread, platform)), ZH)
    assert view.failures == (
        "甲、乙 等 12 个小程序 · 页面分析 · 11月19日–22日：授权失效（expired (110)）",
        "平台汇总 · 11月22日：no",
    )


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ("above 55", "clears_at"),
        ("drops_by 30% against 4_weeks", "clears_by"),
        ("unusual drop, score 3.5 over 8 weeks", "keep"),
        ("late_after 14:00", "keep"),
    ],
)
def test_a_series_that_comes_and_goes_is_proposed_the_key_that_its_rule_may_have(
    condition: str, key: str
) -> None:
    alert = replace(example_alert(EventType.FIRE, ZH), condition=condition)
    (view,) = digest_view(replace(example_digest(ZH), flapping=(Flapping(alert, 4),)), ZH).flapping
    assert (view.key, view.times, view.rule) == (key, 4, "checkout-exit-rate")


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (20, "1 分钟", "1 min"),
        (2520, "42 分钟", "42 min"),
        (9000, "2 小时", "2 h"),
        (259_200, "3 天", "3 days"),
    ],
)
def test_the_time_to_answer_is_said_roughly(seconds: float, chinese: str, english: str) -> None:
    notice = replace(example_digest(ZH), answered=Answered(2, seconds))
    assert digest_view(notice, ZH).count.ack_time == chinese
    assert digest_view(notice, EN).count.ack_time == english


def test_nobody_is_said_not_to_have_answered_where_that_is_not_known() -> None:
    assert "认领" not in _RENDERER.mail(replace(example_digest(ZH), answered=None), ZH).text
    assert "还没有人认领" in _RENDERER.mail(replace(example_digest(ZH), answered=Answered()), ZH).text


def test_all_that_need_a_look_are_counted_though_few_of_their_alerts_are_kept() -> None:
    view = digest_view(replace(example_digest(ZH), open=example_digest(ZH).open[:1]), ZH)
    assert (view.apps_needing, view.count.open, view.more_cards) == (3, 3, 2)


def test_a_daily_digest_speaks_of_a_day() -> None:
    chinese, english = (_RENDERER.mail(example_daily_digest(each), each).text for each in (ZH, EN))
    assert "当天" in chinese
    assert "一周前" in chinese
    assert "较前 4 个周日" in chinese
    assert "vs 4 Sundays" in english
    for word in ("本周", "上周", "This week"):
        assert word not in chinese + english


def test_the_footer_says_why_in_which_language_and_zone_and_how_to_stop() -> None:
    text = _RENDERER.mail(example_digest(ZH), ZH).text.split("\n-- \n")[1]
    assert "摘要“weekly”（标签：flagship）" in text
    assert "语言：中文；时区：Asia/Shanghai" in text
    assert "退订" in text


@pytest.mark.parametrize("language", Language)
def test_every_table_of_the_text_is_aligned(language: Language) -> None:
    text = _RENDERER.mail(fleet(60, language), language).text
    table = next(
        part for part in text.split("\n\n") if NAMES[0].in_(language) + " 000" in part and "039" in part
    )
    lines = table.splitlines()[1:]
    assert len(lines) == 41
    assert len({width(line) for line in lines}) == 1


def test_a_digest_of_an_earlier_version_says_no_more_than_it_knows() -> None:
    old = example_digests(EN)[-1]
    text = _RENDERER.mail(old, EN).text
    assert "missing: Pocket Ledger." in text
    assert "Clinic Booking 1 alert" in text
    assert "15263719 user_trend 2026-11-19..2026-11-22: errno 5000" in text
    for unknown in ("polls", "vs 4 weeks ", "All messages", "Movers", "by 0 rules"):
        assert unknown.lower() not in text.split("\n-- \n")[0].lower()


def test_what_was_frozen_is_read_as_it_was() -> None:
    for language in Language:
        for notice in example_digests(language):
            assert read_notice(notice.kind, write_notice(notice)) == notice


def test_a_preview_shows_its_pictures_without_a_mail_program(tmp_path: Path) -> None:
    mail, slack = _RENDERER.mail(example_digest(ZH), ZH), _RENDERER.slack(example_digest(ZH), ZH)
    files = preview_files(tmp_path / "look.html", mail, slack)
    assert [path.name for path in files] == ["look.html", "look.txt", "look.json", "look.csv"]
    shown = page(mail)
    assert "cid:" not in shown
    assert shown.count('src="data:image/png;base64,') == len(mail.pictures) == 3
    assert "data:" not in mail.html


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_breaks_the_file(text: str) -> None:
    notice = digest_of(text)
    assert len(rows_of(notice)) == 61


def test_the_guide_names_every_cause_column_and_floor() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "digests.md").read_text(encoding="utf-8")
    assert all(words.en in guide for words in CAUSES.values())
    for cell in rows_of(example_digest(EN), EN)[0]:
        name = cell.split("(")[1].rstrip(")")
        assert f"`{name}`" in guide or not name.startswith("user_trend.user_count"), name
    assert f"at least {MOVER_USERS} users a day" in guide
    assert f"at least {MOVER_PERCENT} %" in guide


def test_every_kind_of_error_of_the_api_is_a_cause_in_words() -> None:
    kinds = {error.kind for error in ApiError.__subclasses__()} - {ApiError.kind}
    assert kinds <= CAUSES.keys()
