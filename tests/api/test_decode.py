"""From the API's rows to observations, report by report."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from smartapp_watch.api import fields
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.observation import Observation, Reading
from tests.api.loopback import Call, Loopback, Payload, Reply, rows

Read = Callable[..., Reading]


def values(reading: Reading) -> list[tuple[Any, ...]]:
    """Each observation on one line: period, dimensions, texts, values."""
    return [(str(each.period), each.dimensions, each.texts, each.values) for each in reading.observations]


def only(reading: Reading) -> Observation:
    (observation,) = reading.observations
    return observation


def test_a_day_s_figures_come_in_the_catalog_s_order_and_kinds(baidu: Loopback, read: Read) -> None:
    row = {
        "name": "2026/11/22",
        "session_time_per_person": 47,
        "average_session_time": 44,
        "new_user_count": 1150,
        "new_user_ratio": 78.02,
        "old_user_count": 324,
        "old_user_ratio": 22,
        "user_count": 1474,
        "session_count": 1570,
    }
    baidu.serve([row], sum={"user_count": 9})
    found = only(read("user_trend", "2026-11-22")).values
    assert found == (1150, 78.02, 324, 22, 1474, 1570, 44, 47)
    assert [type(value) for value in found] == [int, float, int, float, int, int, float, float]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1646, 1646),
        ("1646", 1646),
        (12.0, 12),
        ("12.0", 12),
        (0, 0),
        ("--", None),
        (None, None),
        (10**15, 10**15),
    ],
)
def test_a_count_may_be_written_in_several_ways(
    baidu: Loopback, read: Read, written: Any, expected: int | None
) -> None:
    baidu.serve([{"name": "2026/11/22", "user_count": written, "lost_ratio": 1}])
    found = only(read("activity_user", "2026-11-22")).values[0]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(21.3, 21.3), ("21.3", 21.3), (100, 100.0), ("0", 0.0), ("-0.5", -0.5), ("--", None)],
)
def test_a_ratio_may_be_written_in_several_ways(
    baidu: Loopback, read: Read, written: Any, expected: float | None
) -> None:
    baidu.serve([{"name": "2026/11/22", "lost_ratio": written, "user_count": 1}])
    found = only(read("activity_user", "2026-11-22")).values[8]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "written",
    [
        12.5,
        "12.5",
        -1,
        "-1",
        True,
        False,
        "",
        "many",
        "1,646",
        "1e3",
        "0x10",
        [],
        {},
        [5],
        1e300,
        10**16,
        "9" * 400,
        "٣",
    ],
)
def test_what_is_no_count_is_a_failure_that_names_its_place(
    baidu: Loopback, read: Read, written: Any
) -> None:
    baidu.serve([{"name": "2026/11/21", "user_count": 1}, {"name": "2026/11/22", "user_count": written}])
    with pytest.raises(BadPayload, match=r"^activity_user, row 2: user_count is .*, not a count$") as caught:
        read("activity_user", "2026-11-21", "2026-11-22")
    assert len(str(caught.value)) < 150
    assert len(baidu.calls) == 1  # to ask again would not help


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "true", '"21.3%"', "[1]"])
def test_what_is_no_ratio_is_a_failure(baidu: Loopback, read: Read, written: str) -> None:
    body = '{"errno":0,"data":{"total":1,"data_list":[{"name":"2026/11/22","lost_ratio":?}]}}'
    baidu.replies(Reply(body.replace("?", written)))
    with pytest.raises(BadPayload, match=r"activity_user, row 1: lost_ratio is .*, not a percentage"):
        read("activity_user", "2026-11-22")


@pytest.mark.parametrize("row", [None, "x", 5, ["2026/11/22"]])
def test_a_row_that_is_no_object_is_a_failure(baidu: Loopback, read: Read, row: Any) -> None:
    baidu.serve([row])
    with pytest.raises(BadPayload, match=r"user_trend, row 1: the row is .*, not an object"):
        read("user_trend", "2026-11-22")


@pytest.mark.parametrize("name", ["yesterday", "2026/11/31", [], 5.5, True, ""])
def test_a_row_without_a_readable_period_is_a_failure(baidu: Loopback, read: Read, name: Any) -> None:
    baidu.serve([{"name": name, "user_count": 1}])
    with pytest.raises(BadPayload, match="user_trend, row 1: name is"):
        read("user_trend", "2026-11-22")


def test_a_row_without_a_name_is_a_failure(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"user_count": 1}])
    with pytest.raises(BadPayload, match="user_trend, row 1: name is missing"):
        read("user_trend", "2026-11-22")


def test_missing_fields_and_unripe_ones_have_no_value(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": "2026/11/22", "user_count": "--"}])
    observation = only(read("user_trend", "2026-11-22"))
    assert observation.values == (None,) * 8
    assert not observation.has_value


def test_an_unknown_field_is_ignored_and_noted_once(
    baidu: Loopback, read: Read, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "_noted", set())
    baidu.serve([{"name": "2026/11/22", "user_count": 1, "new\nfield": {"a": 1}}])
    with caplog.at_level(logging.INFO):
        read("user_trend", "2026-11-22")
        read("user_trend", "2026-11-22")
    assert [record.getMessage() for record in caplog.records] == [
        "user_trend has a field that is not known: new field; ignored"
    ]


def test_weeks_that_are_cut_or_not_asked_for_are_left_out_and_noted(baidu: Loopback, read: Read) -> None:
    days = ["09 - 2026/11/15", "16 - 2026/11/22", "23 - 2026/11/23"]
    names = [*(f"2026/11/{each}" for each in days), "2026/11/02 - 2026/11/08"]
    baidu.serve([{"name": name, "user_count": 1} for name in names])
    reading = read("user_trend_week", "2026-W46", "2026-W47")
    assert [str(each.period) for each in reading.observations] == ["2026-W46", "2026-W47"]
    (note,) = reading.notes
    assert note.startswith("2 rows of periods that were cut or not asked for are left out: ")
    assert note.endswith(": 2026/11/02 - 2026/11/08, 2026/11/23 - 2026/11/23")


def test_hours_belong_to_the_day_asked(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": f"{hour:02d}:00 - {hour:02d}:59", "user_count": hour} for hour in range(24)])
    reading = read("user_trend_hour", "2026-11-22T00", "2026-11-22T23")
    assert [(str(each.period), each.values[4]) for each in reading.observations] == [
        (f"2026-11-22T{hour:02d}", hour) for hour in range(24)
    ]
    assert len(baidu.calls) == 2


def test_a_month_s_figures_belong_to_the_month(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": "2026/10", "user_count": 1}, {"name": "2026/11", "user_count": 2}])
    reading = read("user_trend_month", "2026-10")
    assert [str(each.period) for each in reading.observations] == ["2026-10"]


def retention(call: Call, count: Payload, ratio: Payload) -> Payload:
    return rows([count if call.form["report_type"] == "count" else ratio])


def test_retention_s_two_readings_make_one_row_a_cell(baidu: Loopback, read: Read) -> None:
    name = {"name": "2026/11/20", "active_user_count": "930"}
    baidu.respond = lambda call: retention(
        call, {**name, "第2天": 21, "第3天": "--"}, {**name, "第2天": "2.26", "第3天": "--"}
    )
    assert values(read("retained_user", "2026-11-20")) == [
        ("2026-11-20", (2,), (), (930, 21, 2.26)),
        ("2026-11-20", (3,), (), (930, None, None)),
    ]


@pytest.mark.parametrize(
    ("asked", "name", "unit"),
    [
        (("retained_user_week", "2026-W47"), "2026/11/16 - 2026/11/22", "周"),
        (("retained_user_month", "2026-10"), "2026/10", "月"),
    ],
)
def test_retention_of_weeks_and_months(
    baidu: Loopback, read: Read, asked: tuple[str, str], name: str, unit: str
) -> None:
    row = {"name": name, "active_user_count": 100, f"第2{unit}": 7, f"第9{unit}": "--"}
    baidu.respond = lambda call: retention(call, row, row)
    assert values(read(*asked)) == [
        (asked[1], (2,), (), (100, 7, 7.0)),
        (asked[1], (9,), (), (100, None, None)),
    ]


def test_a_cell_that_only_one_reading_has_is_kept_and_noted(baidu: Loopback, read: Read) -> None:
    count = {"name": "2026/11/20", "active_user_count": 930, "第2天": 21}
    baidu.respond = lambda call: rows([count] if call.form["report_type"] == "count" else [])
    reading = read("retained_user", "2026-11-20")
    assert only(reading).values == (930, 21, None)
    assert reading.notes == ("the readings of count and ratio do not hold the same cells",)


def test_a_cohort_without_cells_has_no_rows(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": "2026/11/20", "active_user_count": 930}])
    assert read("retained_user", "2026-11-20").observations == ()


@pytest.mark.parametrize("field", ["第2周", "第2月"])
def test_retention_by_another_period_than_asked_is_a_failure(baidu: Loopback, read: Read, field: str) -> None:
    baidu.serve([{"name": "2026/11/20", "active_user_count": 930, field: 1}])
    with pytest.raises(BadPayload, match=f"row 1: {field} stands in a report by day"):
        read("retained_user", "2026-11-20")


def test_cells_beyond_the_known_ones_are_ignored(baidu: Loopback, read: Read) -> None:
    row = {"name": "2026/11/20", "active_user_count": 930, "第1天": 930, "第2天": 1, "第10天": 3, "第x天": 4}
    baidu.serve([row])
    assert [each.dimensions for each in read("retained_user", "2026-11-20").observations] == [(2,)]


def test_attributes_lie_side_by_side(baidu: Loopback, read: Read) -> None:
    row = {
        "age": [{"attribute_id": "13539", "name": "18岁以下", "count_ratio": 0.1}],
        "sex": [
            {"attribute_id": 516, "name": "男", "user_count_ratio": "13.24"},
            {"name": "女", "count_ratio": "--"},
        ],
    }
    baidu.replies({"errno": 0, "data": {"data_list": [row]}})
    assert values(read("visit_attribute", "2026-11-22")) == [
        ("2026-11-22", ("age", "18岁以下"), ("13539",), (0.1,)),
        ("2026-11-22", ("sex", "男"), ("516",), (13.24,)),
        ("2026-11-22", ("sex", "女"), (None,), (None,)),
    ]
    assert len(baidu.calls) == 1


def test_no_attributes_are_an_empty_reading(baidu: Loopback, read: Read) -> None:
    baidu.replies({"errno": 0, "data": {"data_list": []}})
    assert read("visit_attribute", "2026-11-22").observations == ()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"sex": {"name": "男"}}, "row 1: sex is"),
        ({"sex": ["男"]}, "row 1: sex holds something else"),
        ({"sex": [{"name": "男", "count_ratio": "?"}]}, "sex 1: count_ratio is"),
        ({"sex": [{"count_ratio": 1}]}, "sex 1: name is missing"),
    ],
)
def test_attributes_of_a_wrong_kind_are_a_failure(
    baidu: Loopback, read: Read, row: Payload, words: str
) -> None:
    baidu.replies({"errno": 0, "data": {"data_list": [row]}})
    with pytest.raises(BadPayload, match=f"visit_attribute, {words}"):
        read("visit_attribute", "2026-11-22")


def test_an_attribute_s_value_twice_is_not_believed(baidu: Loopback, read: Read) -> None:
    twin = {"name": "男", "count_ratio": 1}
    baidu.replies({"errno": 0, "data": {"data_list": [{"sex": [twin, twin]}]}})
    with pytest.raises(BadPayload, match="twice"):
        read("visit_attribute", "2026-11-22")


def test_the_sum_of_a_breakdown_is_the_row_without_a_name(baidu: Loopback, read: Read) -> None:
    baidu.serve(
        [{"name": "重庆", "session_count_district": 1180}],
        sum={"session_count_district": 7718, "average_session_time_district": "54"},
    )
    assert values(read("region", "2026-11-22")) == [
        ("2026-11-22", ("重庆",), (), (1180, None, None, None, None)),
        ("2026-11-22", ("",), (), (7718, None, None, None, 54.0)),
    ]


@pytest.mark.parametrize("whole", [None, {}, [], {"session_count_district": "--"}, {"unheard": 3}])
def test_a_sum_that_says_nothing_is_no_row(baidu: Loopback, read: Read, whole: Any) -> None:
    baidu.serve([{"name": "重庆", "session_count_district": 1180}], sum=whole)
    assert len(read("region", "2026-11-22").observations) == 1


@pytest.mark.parametrize("whole", ["x", 5, [1], {"session_count_district": "many"}])
def test_a_sum_of_a_wrong_kind_is_a_failure(baidu: Loopback, read: Read, whole: Any) -> None:
    baidu.serve([{"name": "重庆", "session_count_district": 1180}], sum=whole)
    with pytest.raises(BadPayload, match=r"region, the (page: sum|sum: session_count_district) is"):
        read("region", "2026-11-22")


def test_without_rows_a_sum_is_nothing(baidu: Loopback, read: Read) -> None:
    baidu.serve([], sum={"session_count_district": 0})
    assert read("region", "2026-11-22").observations == ()


def test_a_page_s_words_are_kept_as_they_came(baidu: Loopback, read: Read) -> None:
    odd = "<script>*bold*\n=1+1 \x1b[31m😀" + "x" * 2000
    baidu.serve([{"pageId": 123, "pageName": odd, "pageAlias": None, "pv_count": 1}])
    observation = only(read("visit_page", "2026-11-22"))
    assert (observation.dimensions, observation.texts) == (("123",), (odd, None))


def test_half_a_character_becomes_one_that_can_be_stored(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"pageId": "1", "pageName": "a\ud83d", "pv_count": 1}])
    assert only(read("visit_page", "2026-11-22")).texts[0] == "a\ufffd"


def test_an_empty_name_is_not_taken_for_the_sum(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": "", "session_count_district": 1}], sum={"session_count_district": 1})
    assert [each.dimensions for each in read("region", "2026-11-22").observations] == [("#1",), ("",)]


@pytest.mark.parametrize("found", [["a"], {"a": 1}, True, 1.5])
def test_words_of_a_wrong_kind_are_a_failure(baidu: Loopback, read: Read, found: Any) -> None:
    baidu.serve([{"pageId": "1", "pageName": found, "pv_count": 1}])
    with pytest.raises(BadPayload, match=r"visit_page, row 1: pageName is .*, not text"):
        read("visit_page", "2026-11-22")


def child(source: str, scene: str, count: int, name: str = "原生") -> Payload:
    return {"source": source, "sceneId": scene, "name": name, "user_count": count}


def sources(reading: Reading) -> list[tuple[Any, ...]]:
    return [(*each.dimensions, each.texts[0], each.values[2]) for each in reading.observations]


def test_a_source_s_group_stands_above_its_children(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": [child("39", "11010020", 3), child("39", "11010018", 2, "闪投")], "user_count": 5}])
    assert sources(read("source", "2026-11-22")) == [
        ("39", "", None, 5),
        ("39", "11010020", "原生", 3),
        ("39", "11010018", "闪投", 2),
    ]


def test_groups_without_children_are_told_apart_by_a_number(baidu: Loopback, read: Read) -> None:
    baidu.serve([{"name": [], "user_count": 3}, {"user_count": 3}, {"name": None, "user_count": 1}])
    assert sources(read("source", "2026-11-22")) == [
        ("", "", None, 3),
        ("#2", "", None, 3),
        ("#3", "", None, 1),
    ]


def test_groups_of_one_code_are_told_apart_by_a_number(baidu: Loopback, read: Read) -> None:
    baidu.serve(
        [{"name": [child("39", "1", 3)], "user_count": 3}, {"name": [child("39", "2", 4)], "user_count": 4}]
    )
    assert sources(read("source", "2026-11-22")) == [
        ("39", "", None, 3),
        ("39", "1", "原生", 3),
        ("39#2", "", None, 4),
        ("39#2", "2", "原生", 4),
    ]


def test_a_group_served_twice_is_not_another_one(baidu: Loopback, read: Read) -> None:
    group = {"name": [child("39", "1", 3)], "user_count": 3}
    baidu.serve([group, group])
    with pytest.raises(BadPayload, match="twice"):
        read("source", "2026-11-22")


def test_a_source_may_stand_alone_with_a_plain_name(baidu: Loopback, read: Read) -> None:
    baidu.serve([child("39", "11010020", 3), child("10", "", 1, "其他")])
    assert sources(read("source", "2026-11-22")) == [("39", "11010020", "原生", 3), ("10", "", "其他", 1)]


def test_the_same_source_alone_and_in_a_group_is_a_failure(baidu: Loopback, read: Read) -> None:
    baidu.serve([child("39", "1", 3), {"name": [child("39", "1", 3)], "user_count": 3}])
    with pytest.raises(BadPayload, match="source: 2026-11-22 39 1 stands there 2 times"):
        read("source", "2026-11-22")


@pytest.mark.parametrize("name", [{"a": 1}, 5, [5], ["x"], [[]]])
def test_a_source_s_name_of_a_wrong_kind_is_a_failure(baidu: Loopback, read: Read, name: Any) -> None:
    baidu.serve([{"name": name, "user_count": 3}])
    with pytest.raises(BadPayload, match="source, row 1: name"):
        read("source", "2026-11-22")


@pytest.mark.parametrize(("field", "listed"), [("data", "result"), ("date", "result"), ("date", "data_list")])
def test_the_platform_s_totals_are_read_from_both_spellings(
    baidu: Loopback, read: Read, field: str, listed: str
) -> None:
    row = {field: "20261122", "tp_day_user_count": "122000", "tp_activity_degree": "--"}
    baidu.replies({"errno": 0, "data": {"offset": 0, "total": 1, listed: [row]}})
    observation = only(read("tp_data", "2026-11-22", scene="11700000"))
    assert (str(observation.period), observation.dimensions) == ("2026-11-22", ("11700000",))
    assert observation.values[3] == 122000
    assert sum(value is not None for value in observation.values) == 1


@pytest.mark.parametrize("present", [True, False])
def test_a_network_has_no_shares_of_users(baidu: Loopback, read: Read, present: bool) -> None:
    row = {"name": "wifi", "accumulative_session_count": 5, "average_use_time": 4}
    baidu.respond = lambda call: rows([row] if present and "network" in call.form["terminal_type"] else [])
    expected = [("2026-11-22", ("network", "wifi"), (), (5, None, None, None, 4.0))]
    assert values(read("terminal", "2026-11-22")) == (expected if present else [])


def test_habits_are_counted_in_users_or_in_sessions(baidu: Loopback, read: Read) -> None:
    baidu.respond = lambda call: rows(
        [{"name": "1次", "user_count" if call.form["character_type"] == "frequency" else "session_count": 3}]
    )
    found = {each.dimensions[0]: each.values for each in read("visit_character", "2026-11-22").observations}
    assert found["frequency"] == (3, None, None, None)
    assert found["depth"] == (None, None, 3, None)
