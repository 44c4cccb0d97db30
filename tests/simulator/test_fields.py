"""The fields of every report and type, copied from the API document."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.simulator.asking import Ask

_FIRST, _LAST = date(2026, 11, 16), date(2026, 11, 22)

_TREND = {
    "new_user_count",
    "new_user_ratio",
    "old_user_count",
    "old_user_ratio",
    "user_count",
    "session_count",
    "average_session_time",
    "session_time_per_person",
}
_ACTIVITY = {
    "user_count",
    "daily_activity_degree",
    "day_month_activity_degree",
    "weekly_user_count",
    "weekly_activity_degree",
    "monthly_user_count",
    "monthly_activity_degree",
    "lost_user_count",
    "lost_ratio",
    "accumulative_user_count",
}
_REGION = {
    "session_count_district",
    "session_count_district_ratio",
    "new_user_count_district_ratio",
    "user_count_district_ratio",
    "average_session_time_district",
}
_NETWORK = {"accumulative_session_count", "accumulative_session_count_ratio", "average_use_time"}
_TERMINAL = _NETWORK | {"accumulative_new_user_count_ratio", "accumulative_user_count_ratio"}
_PAGE = {
    "pv_count",
    "pv_ratio",
    "pv_user_count",
    "average_stay_time",
    "stay_time_ratio",
    "bounce_ratio",
    "entry_count",
    "exit_count",
}
_SOURCE = {
    "new_user_count",
    "new_user_scale",
    "user_count",
    "user_scale",
    "session_scale",
    "session_count_per_user",
    "average_session_time",
}
_SESSIONS = {"session_count", "session_count_ratio"}
_USERS = {"user_count", "user_count_ratio"}


@pytest.mark.parametrize(
    ("report", "chosen", "fields"),
    [
        ("user_trend", {"gran": "hour"}, _TREND),
        ("user_trend", {"gran": "day"}, _TREND),
        ("user_trend", {"gran": "week"}, _TREND),
        ("user_trend", {"gran": "month"}, _TREND),
        ("activity_user", {}, _ACTIVITY),
        ("region", {}, _REGION),
        ("terminal", {"terminal_type": "terminal_brand"}, _TERMINAL),
        ("terminal", {"terminal_type": "terminal_device"}, _TERMINAL),
        ("terminal", {"terminal_type": "terminal_os"}, _TERMINAL),
        ("terminal", {"terminal_type": "terminal_screen"}, _TERMINAL),
        ("terminal", {"terminal_type": "terminal_network"}, _NETWORK),
        ("visit_character", {"character_type": "depth"}, _SESSIONS),
        ("visit_character", {"character_type": "time"}, _SESSIONS),
        ("visit_character", {"character_type": "interval"}, _SESSIONS),
        ("visit_character", {"character_type": "frequency"}, _USERS),
    ],
)
def test_rows_and_sum_have_the_fields_of_the_document(
    ask: Ask, report: str, chosen: dict[str, str], fields: set[str]
) -> None:
    data = ask(report, _FIRST, _LAST, **chosen)
    assert set(data) == {"time_span", "offset", "total", "sum", "data_list"}
    assert data["time_span"] == "2026/11/16 - 2026/11/22"
    assert set(data["sum"]) == fields
    assert data["data_list"]
    for row in data["data_list"]:
        assert set(row) == fields | {"name"}


def test_pages_have_an_id_a_path_and_an_alias(ask: Ask) -> None:
    data = ask("visit_page", _FIRST, _LAST)
    assert set(data["sum"]) == _PAGE
    for row in data["data_list"]:
        assert set(row) == _PAGE | {"pageId", "pageName", "pageAlias"}
        assert row["pageId"].isdigit()
    assert data["data_list"][0]["pageName"] == "pages/index/index"


@pytest.mark.parametrize(("gran", "unit"), [("day", "天"), ("week", "周"), ("month", "月")])
@pytest.mark.parametrize("report_type", ["count", "ratio"])
def test_retention_has_eight_cells_in_chinese(ask: Ask, gran: str, unit: str, report_type: str) -> None:
    data = ask("retained_user", _FIRST, _LAST, gran=gran, report_type=report_type)
    assert data["sum"] == {"active_user_count": "--"}
    cells = {f"第{nth}{unit}" for nth in range(2, 10)}
    for row in data["data_list"]:
        assert set(row) == {"name", "active_user_count"} | cells


def test_attributes_are_one_row_of_lists_and_nothing_beside_it(ask: Ask) -> None:
    data = ask("visit_attribute", _FIRST, _LAST, start_index=None)
    assert set(data) == {"data_list"}
    (row,) = data["data_list"]
    assert {kind: len(values) for kind, values in row.items()} == {"age": 7, "sex": 2, "interest": 10}
    for value in (value for values in row.values() for value in values):
        assert set(value) == {"attribute_id", "name", "count_ratio"}
        assert value["attribute_id"].isdigit()


def test_sources_are_groups_with_their_scenes_under_name(ask: Ask) -> None:
    data = ask("source", _FIRST, _LAST)
    assert set(data) == {"time_span", "offset", "total", "data_list"}
    assert data["total"] == 11
    assert sum(not group["name"] for group in data["data_list"]) == 1
    for group in data["data_list"]:
        assert set(group) == _SOURCE | {"name"}
        assert len({child["source"] for child in group["name"]}) <= 1
        for child in group["name"]:
            assert set(child) == _SOURCE | {"name", "sceneId", "source"}


def test_the_platform_has_the_eighteen_metrics_as_text(ask: Ask) -> None:
    data = ask("tp_data", _FIRST, _LAST)
    assert set(data) == {"offset", "total", "result"}
    metrics = {f"tp_{window}_app_count" for window in ("day", "week", "month")}
    metrics |= {f"tp_{window}_user_count" for window in ("day", "week", "month")}
    metrics |= {f"tp_{window}_new_user_count" for window in ("day", "week", "month")}
    metrics |= {f"tp_{window}_session_count" for window in ("day", "week", "month")}
    metrics |= {"tp_day_page_count", "tp_activity_degree", "tp_session_time_per_person"}
    metrics |= {"tp_session_time_per_day", "tp_day_share_count", "tp_day_back_flow_count"}
    assert len(metrics) == 18
    for row in data["result"]:
        assert set(row) == metrics | {"data"}
        assert all(isinstance(value, str) for value in row.values())


def test_the_steps_of_frequency_are_those_of_the_document(ask: Ask) -> None:
    data: dict[str, Any] = ask("visit_character", _FIRST, _LAST, character_type="frequency")
    names = [row["name"] for row in data["data_list"]]
    assert names == ["1-2次", "3-5次", "6-9次", "10-19次", "20-49次", "50次以上"]
    interval = ask("visit_character", _FIRST, _LAST, character_type="interval")
    assert [row["name"] for row in interval["data_list"]][:3] == ["首次启动", "当日", "1天"]
