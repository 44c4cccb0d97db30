"""Days, weeks and spans as each language writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dates import count_words, moment_words, period_words, span_words

ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("period", "chinese", "english"),
    [
        ("2026-11-22", "11月22日（周日）", "Sun 22 Nov"),
        ("2026-11-22T09", "11月22日（周日） 9 时", "Sun 22 Nov 09:00"),
        ("2026-W47", "第47周", "week 47"),
        ("2026-W53", "第53周", "week 53"),
        ("2027-W01", "第1周", "week 1"),
        ("2026-11", "2026年11月", "Nov 2026"),
        ("soon\n", "soon", "soon"),
    ],
)
def test_a_period_is_written_as_people_say_it(period: str, chinese: str, english: str) -> None:
    assert (period_words(period, ZH), period_words(period, EN)) == (chinese, english)


@pytest.mark.parametrize(
    ("first", "last", "chinese", "english"),
    [
        ("2026-11-16", "2026-11-22", "11月16日–22日", "16–22 Nov"),
        ("2026-11-30", "2026-12-06", "11月30日–12月6日", "30 Nov–6 Dec"),
        ("2026-12-28", "2027-01-03", "2026年12月28日–2027年1月3日", "28 Dec 2026–3 Jan 2027"),
        ("2026-11-22", "2026-11-22", "11月22日（周日）", "Sun 22 Nov"),
        ("x", "y", "x–y", "x–y"),
    ],
)
def test_a_span_repeats_no_month_and_no_year(first: str, last: str, chinese: str, english: str) -> None:
    assert (span_words(first, last, ZH), span_words(first, last, EN)) == (chinese, english)


def test_the_year_is_there_where_asked() -> None:
    assert span_words("2026-11-16", "2026-11-22", ZH, year=True) == "2026年11月16日–22日"
    assert span_words("2026-11-16", "2026-11-22", EN, year=True) == "16–22 Nov 2026"
    assert span_words("2026-11-22", "2026-11-22", ZH, year=True) == "2026年11月22日（周日）"
    assert span_words("2026-11-22", "2026-11-22", EN, year=True) == "Sun 22 Nov 2026"


def test_a_moment_is_told_in_beijing_time() -> None:
    assert moment_words(datetime(2026, 11, 23, 2, 7, tzinfo=ZoneInfo("UTC"))) == "2026-11-23 10:07"


def test_one_is_not_plural() -> None:
    assert [count_words(number, Granularity.DAY, EN) for number in (1, 2)] == ["1 day", "2 days"]
    assert count_words(3, Granularity.MONTH, ZH) == "3 个月"
