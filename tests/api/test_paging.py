"""All pages, no page too many, and what cannot be believed is read again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from smartapp_watch.api import client as client_module
from smartapp_watch.api.client import Client
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.observation import Reading
from tests.api.loopback import Call, Loopback, Payload, rows

Read = Callable[..., Reading]


def page(number: int, **more: Any) -> Payload:
    return {"pageId": str(number), "pageName": f"pages/{number}", "pv_count": number, **more}


def starts(baidu: Loopback) -> list[int]:
    return [call.start for call in baidu.calls]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, [0]), (1, [0]), (20, [0]), (21, [0, 20]), (45, [0, 20, 40])]
)
def test_every_row_is_read_with_the_fewest_calls(
    baidu: Loopback, client: Client, read: Read, count: int, expected: list[int]
) -> None:
    baidu.serve([page(number) for number in range(count)])
    reading = read("visit_page", "2026-11-22")
    assert [each.values[0] for each in reading.observations] == list(range(count))
    assert starts(baidu) == expected
    assert client.calls == len(expected)
    assert reading.notes == ()


def test_the_next_page_begins_where_the_rows_received_end(baidu: Loopback, read: Read) -> None:
    listed = [page(number) for number in range(25)]
    baidu.respond = lambda call: rows(listed[call.start : call.start + 7], 25)
    assert len(read("visit_page", "2026-11-22").observations) == 25
    assert starts(baidu) == [0, 7, 14, 21]


def test_a_total_never_reached_twice_alike_is_accepted_and_noted(baidu: Loopback, read: Read) -> None:
    baidu.serve([page(number) for number in range(25)], total=31)
    reading = read("visit_page", "2026-11-22")
    assert len(reading.observations) == 25
    assert reading.notes == ("of 31 rows only 25 were served",)
    assert starts(baidu) == [0, 20, 25] * 2


def test_a_total_never_reached_in_two_ways_is_a_failure(baidu: Loopback, read: Read) -> None:
    baidu.respond = lambda call: rows([] if call.start else [page(1, pv_ratio=len(baidu.calls))], 3)
    with pytest.raises(BadPayload, match="visit_page, read twice: of 3 rows only 1 were served"):
        read("visit_page", "2026-11-22")
    assert starts(baidu) == [0, 1, 0, 1]


def test_pages_that_disagree_about_the_total_are_read_again(baidu: Loopback, read: Read) -> None:
    listed = [page(number) for number in range(30)]

    def grows_once(call: Call) -> Payload:
        served = listed[1:] if len(baidu.calls) == 1 else listed
        return rows(served[call.start : call.start + 20], len(served))

    baidu.respond = grows_once
    reading = read("visit_page", "2026-11-22")
    assert [each.values[0] for each in reading.observations] == list(range(30))
    assert starts(baidu) == [0, 20, 0, 20]


def test_pages_that_go_on_disagreeing_are_a_failure(baidu: Loopback, read: Read) -> None:
    listed = [page(number) for number in range(30)]
    baidu.respond = lambda call: rows(listed[call.start : call.start + 20], 30 + call.start)
    with pytest.raises(BadPayload, match="disagree about how many rows"):
        read("visit_page", "2026-11-22")
    assert len(baidu.calls) == 4


def test_a_row_served_twice_is_read_again_then_a_failure(baidu: Loopback, read: Read) -> None:
    baidu.respond = lambda call: rows([page(number) for number in range(20)], 1000)
    with pytest.raises(BadPayload, match=r"a row is served twice \(0\)"):
        read("visit_page", "2026-11-22")
    assert starts(baidu) == [0, 20, 0, 20]  # the repetition is seen at once, not after fifty pages


def test_a_repeated_row_that_the_second_reading_lacks_is_forgotten(baidu: Loopback, read: Read) -> None:
    baidu.replies(rows([page(1), page(1)]), rows([page(1), page(2)]))
    reading = read("visit_page", "2026-11-22")
    assert [each.dimensions for each in reading.observations] == [("1",), ("2",)]


@pytest.mark.parametrize(
    "data", [None, {}, {"total": 3, "sum": {}}, {"data_list": None}, {"data_list": "x"}, []]
)
def test_data_without_its_list_is_read_again_then_a_failure(baidu: Loopback, read: Read, data: Any) -> None:
    baidu.replies({"errno": 0, "data": data})
    with pytest.raises(BadPayload, match="user_trend, read twice: the answer has no list of rows"):
        read("user_trend", "2026-11-22")
    assert len(baidu.calls) == 2


def test_data_without_its_list_once_does_no_harm(baidu: Loopback, read: Read) -> None:
    baidu.replies({"errno": 0}, rows([{"name": "2026/11/22", "user_count": 3}]))
    assert len(read("user_trend", "2026-11-22").observations) == 1


def test_without_a_total_paging_ends_with_an_empty_page(baidu: Loopback, read: Read) -> None:
    listed = [page(number) for number in range(25)]
    baidu.respond = lambda call: {"errno": 0, "data": {"data_list": listed[call.start : call.start + 20]}}
    assert len(read("visit_page", "2026-11-22").observations) == 25
    assert starts(baidu) == [0, 20, 25]


def test_paging_ends_even_where_the_server_never_does(
    baidu: Loopback, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_MOST_PAGES", 15)
    baidu.respond = lambda call: rows([page(call.start + number) for number in range(20)], 10**9)
    with pytest.raises(BadPayload, match="more than 15 pages"):
        read("visit_page", "2026-11-22")
    assert len(baidu.calls) == 15


@pytest.mark.parametrize("total", ["3", 3.0])
def test_the_total_may_be_any_way_of_writing_a_number(baidu: Loopback, read: Read, total: Any) -> None:
    baidu.serve([page(number) for number in range(3)], total=total)
    assert len(read("visit_page", "2026-11-22").observations) == 3


@pytest.mark.parametrize("total", ["many", -1, [], 2.5, True])
def test_a_total_that_is_no_count_is_a_failure(baidu: Loopback, read: Read, total: Any) -> None:
    baidu.replies(rows([page(1)], total))
    with pytest.raises(BadPayload, match=r"visit_page, the page: total is .*, not a count"):
        read("visit_page", "2026-11-22")


def test_only_the_first_page_says_what_the_whole_is(baidu: Loopback, read: Read) -> None:
    listed = [page(number) for number in range(25)]
    baidu.respond = lambda call: rows(
        listed[call.start : call.start + 20], 25, sum={"pv_count": 999 if call.start else 300}
    )
    reading = read("visit_page", "2026-11-22")
    assert [each.values[0] for each in reading.observations if each.dimensions == ("",)] == [300]


def test_every_variant_is_read_and_none_twice(baidu: Loopback, read: Read) -> None:
    def respond(call: Call) -> Payload:
        kind = call.form["terminal_type"].removeprefix("terminal_")
        return rows([{"name": f"a {kind}", "accumulative_session_count": 5}], sum={"average_use_time": "--"})

    baidu.respond = respond
    reading = read("terminal", "2026-11-22")
    kinds = ["brand", "device", "os", "screen", "network"]
    assert [each.dimensions for each in reading.observations] == [(kind, f"a {kind}") for kind in kinds]
    assert len(baidu.calls) == 5


def test_readings_from_many_threads_do_not_mix(baidu: Loopback, client: Client, read: Read) -> None:
    def respond(call: Call) -> Payload:
        day = int(call.form["start_date"][-2:])
        return rows(
            [page(number, pv_count=day) for number in range(call.start, min(call.start + 20, 45))], 45
        )

    baidu.respond = respond
    found: dict[int, set[Any]] = {}

    def read_day(day: int) -> None:
        reading = read("visit_page", f"2026-11-{day:02d}")
        found[day] = {each.values[0] for each in reading.observations} | {len(reading.observations)}

    threads = [threading.Thread(target=read_day, args=(day,)) for day in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {day: {day, 45} for day in range(1, 9)}
    assert client.calls == len(baidu.calls) == 24
    assert len({call.connection for call in baidu.calls}) == 8  # a kept connection a thread


def test_more_rows_than_the_total_are_kept_and_noted(baidu: Loopback, read: Read) -> None:
    baidu.serve([page(1), page(2)], total=1)
    reading = read("visit_page", "2026-11-22")
    assert len(reading.observations) == 2
    assert reading.notes == ("2 rows were served of 1",)
