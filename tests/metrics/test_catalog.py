"""The catalog: consistent with itself, and with the API document's tables of fields."""

from __future__ import annotations

import pytest

from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.report import Report, Table, Unit

FIELDS = {
    "user_trend": "new_user_count new_user_ratio old_user_count old_user_ratio user_count session_count "
    "average_session_time session_time_per_person",
    "activity_user": "user_count daily_activity_degree day_month_activity_degree weekly_user_count "
    "weekly_activity_degree monthly_user_count monthly_activity_degree lost_user_count lost_ratio "
    "accumulative_user_count",
    "retained_user": "active_user_count retained_user_count retained_ratio",
    "visit_attribute": "count_ratio",
    "region": "session_count_district session_count_district_ratio new_user_count_district_ratio "
    "user_count_district_ratio average_session_time_district",
    "terminal": "accumulative_session_count accumulative_session_count_ratio "
    "accumulative_new_user_count_ratio accumulative_user_count_ratio average_use_time",
    "visit_page": "pv_count pv_ratio pv_user_count average_stay_time stay_time_ratio bounce_ratio "
    "entry_count exit_count",
    "visit_character": "user_count user_count_ratio session_count session_count_ratio",
    "source": "new_user_count new_user_scale user_count user_scale session_scale session_count_per_user "
    "average_session_time",
    "tp_data": "tp_day_app_count tp_week_app_count tp_month_app_count tp_day_user_count "
    "tp_week_user_count tp_month_user_count tp_day_new_user_count tp_week_new_user_count "
    "tp_month_new_user_count tp_day_session_count tp_week_session_count tp_month_session_count "
    "tp_day_page_count tp_activity_degree tp_session_time_per_person tp_session_time_per_day "
    "tp_day_share_count tp_day_back_flow_count",
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_report_has_the_fields_of_the_document(name: str) -> None:
    assert [metric.name for metric in REPORTS[name].metrics] == FIELDS[name].split()


def test_there_are_ten_reports_and_fifteen_tables() -> None:
    assert set(REPORTS) == set(FIELDS)
    assert len(TABLES) == 15


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_ratio_is_made_of_counts_of_its_own_row(report: Report) -> None:
    for metric in report.metrics:
        for column in metric.of or ():
            assert report.metric(column).unit is Unit.COUNT


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_two_columns_of_a_table_have_one_name(table: Table) -> None:
    assert len(set(table.columns)) == len(table.columns)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_everything_has_words_in_both_languages(report: Report) -> None:
    named = [report.words, *(each.words for each in report.metrics)]
    named += [each.words for each in report.dimensions]
    named += [each.words for each in report.texts]
    for words in named:
        assert words.zh
        assert words.en.isascii()


def test_a_terminal_reading_is_five_calls_and_retention_two() -> None:
    calls = {name: report.calls for name, report in REPORTS.items() if report.calls > 1}
    assert calls == {"terminal": 5, "visit_character": 4, "retained_user": 2}
