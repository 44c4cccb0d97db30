"""The API's HTTP: parameters, tokens, errors, paging and limits."""

from __future__ import annotations

import logging
import threading
import time
from datetime import date, datetime, timedelta

import pytest
import requests

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.call import ALL_REPORTS, PATHS, Call
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from tests.simulator.asking import NEWS, SHOP, Send

_SERVICE = {40001: "参数错误", 40007: "无此TP操作权限", 45001: "无此小程序操作权限"}


@pytest.mark.parametrize("report", sorted(ALL_REPORTS))
def test_every_report_answers_to_a_form_and_to_a_query(simulator: Simulator, send: Send, report: str) -> None:
    answers = [send(simulator, report, in_query=in_query) for in_query in (False, True)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["errno"] == 0
    assert answers[0].json()["msg"] == "success"


def test_the_answer_is_that_of_the_token_s_app(simulator: Simulator, send: Send) -> None:
    users = [
        send(simulator, "user_trend", token=f"45.simulated.{app}").json()["data"]["sum"]["user_count"]
        for app in (SHOP, NEWS)
    ]
    assert users[0] > 2 * users[1]


def test_an_unknown_token_is_refused_in_baidu_s_words(simulator: Simulator, send: Send) -> None:
    for token in ("45.wrong", "none"):
        answer = send(simulator, "user_trend", token=token)
        assert answer.json() == {
            "error_code": 110,
            "error_msg": "Access token invalid or no longer valid",
        }
    assert simulator.log == []
    assert simulator.calls == 2


def test_a_token_in_the_body_counts_for_nothing(simulator: Simulator, send: Send) -> None:
    answer = send(simulator, "user_trend", token="none", access_token=f"45.simulated.{SHOP}")
    assert answer.json()["error_code"] == 110


def test_a_renewed_token_takes_the_place_of_the_one_before(simulator: Simulator, send: Send) -> None:
    simulator.renew_token(SHOP, "45.renewed")
    simulator.renew_token(None, "42.renewed")
    assert send(simulator, "user_trend").json()["error_code"] == 111
    assert send(simulator, "user_trend", token="45.renewed").json()["errno"] == 0
    assert simulator.platform_token == "42.renewed"
    assert send(simulator, "tp_data").json()["errno"] == 0


@pytest.mark.parametrize(
    ("report", "wrong"),
    [
        ("user_trend", {"gran": "year"}),
        ("user_trend", {"gran": None}),
        ("user_trend", {"start_index": None}),
        ("user_trend", {"start_index": "-20"}),
        ("user_trend", {"start_date": "2026-11-16"}),
        ("user_trend", {"start_date": "20261131"}),
        ("user_trend", {"start_date": "2026111"}),
        ("user_trend", {"end_date": None}),
        ("user_trend", {"start_date": "20261122", "end_date": "20261121"}),
        ("retained_user", {"report_type": None}),
        ("retained_user", {"gran": "hour"}),
        ("terminal", {"terminal_type": "brand"}),
        ("visit_character", {"character_type": "width"}),
        ("region", {"start_index": "first"}),
        ("tp_data", {"metrics": None}),
        ("tp_data", {"metrics": "tp_session_count_per_person"}),
        ("tp_data", {"scene": "share"}),
        ("tp_data", {"max_results": "many"}),
    ],
)
def test_a_wrong_parameter_is_an_error(
    simulator: Simulator, send: Send, report: str, wrong: dict[str, str | None]
) -> None:
    answer = send(simulator, report, **wrong)
    assert answer.json() == {"errno": 40001, "msg": "参数错误"}


def test_what_the_document_s_own_examples_send_is_understood(simulator: Simulator, send: Send) -> None:
    assert send(simulator, "activity_user", gran="day").json()["errno"] == 0
    assert send(simulator, "visit_attribute", start_index=None).json()["errno"] == 0
    platform = send(simulator, "tp_data", start_index="", max_results="").json()
    assert (platform["errno"], platform["data"]["offset"]) == (0, 0)


def test_another_method_or_path_is_refused(simulator: Simulator, send: Send) -> None:
    assert send(simulator, "user_trend", method="GET").json()["error_code"] == 3
    assert send(simulator, "tp_data", method="POST").status_code == 405
    short_path = simulator.url + "/data/getanalysisusertrend"
    assert requests.post(short_path, timeout=5).status_code == 404


def test_permission_is_a_matter_of_app_and_report(now: datetime, send: Send) -> None:
    app = SimulatedApp(SHOP, forbidden=frozenset({"source"}))
    with Simulator(World(1, (app,)), lambda: now) as simulator:
        assert send(simulator, "source").json() == {"errno": 45001, "msg": "无此小程序操作权限"}
        assert send(simulator, "region").json()["errno"] == 0
        as_app = send(simulator, "tp_data", token=app.access_token).json()
        as_platform = send(simulator, "region", token=simulator.platform_token).json()
    assert (as_app["errno"], as_platform["errno"]) == (40007, 45001)


def test_rows_come_by_twenty_from_start_index(simulator: Simulator, send: Send) -> None:
    first, last = date(2026, 9, 24), date(2026, 11, 22)
    names: list[str] = []
    for start in (0, 20, 40, 60):
        data = send(simulator, "user_trend", first, last, start_index=start).json()["data"]
        assert (data["offset"], data["total"]) == (start, 60)
        names += [row["name"] for row in data["data_list"]]
    assert len(set(names)) == len(names) == 60


def test_every_number_can_be_text(world: World, now: datetime, send: Send) -> None:
    with Simulator(world, lambda: now, numeric_strings=True) as simulator:
        trend = send(simulator, "user_trend").json()["data"]
        source = send(simulator, "source").json()["data"]
        attribute = send(simulator, "visit_attribute").json()["data"]
    assert (trend["total"], trend["offset"]) == ("7", "0")
    assert all(
        isinstance(value, str) for row in (trend["sum"], *trend["data_list"]) for value in row.values()
    )
    assert float(trend["sum"]["new_user_ratio"]) > 0
    child = source["data_list"][0]["name"][0]
    assert all(isinstance(value, str) for value in child.values())
    assert isinstance(attribute["data_list"][0]["sex"][0]["count_ratio"], str)


def test_chosen_cells_can_be_without_a_value(world: World, now: datetime, send: Send) -> None:
    def blank(call: Call, name: str, field: str) -> bool:
        return call.app_id == SHOP and name in {"2026/11/20", "sum", "分享"} and field == "user_count"

    with Simulator(world, lambda: now, blank=blank) as simulator:
        rows = send(simulator, "user_trend").json()["data"]
        groups = send(simulator, "source").json()["data"]["data_list"]
        other = send(simulator, "user_trend", token=f"45.simulated.{NEWS}").json()["data"]
    assert [row["name"] for row in rows["data_list"] if row["user_count"] == "--"] == ["2026/11/20"]
    assert rows["sum"]["user_count"] == "--"
    children = [child for group in groups for child in group["name"]]
    assert [child["name"] for child in children if child["user_count"] == "--"] == ["分享"]
    assert "--" not in other["data_list"][2].values()


def test_the_log_says_what_was_asked(simulator: Simulator, send: Send) -> None:
    send(simulator, "retained_user", gran="week", report_type="ratio", start_index=20)
    send(simulator, "tp_data", metrics="tp_day_user_count", scene="11600000")
    retained, platform = simulator.log
    assert retained == Call(
        1,
        "retained_user",
        SHOP,
        date(2026, 11, 16),
        date(2026, 11, 22),
        20,
        parameters=(("gran", "week"), ("report_type", "ratio")),
    )
    assert (platform.report, platform.app_id, platform.number) == ("tp_data", None, 2)
    assert (platform.parameter("scene"), platform.parameter("gran")) == ("11600000", "")


def test_more_calls_a_second_than_allowed_are_told_to_slow_down(
    world: World, now: datetime, send: Send
) -> None:
    with Simulator(world, lambda: now, requests_per_second=5) as simulator:
        codes = [send(simulator, "region").json().get("error_code") for _ in range(7)]
        time.sleep(1.05)
        again = send(simulator, "region").json()
    assert codes == [None] * 5 + [18, 18]
    assert again["errno"] == 0


@pytest.mark.parametrize(("code", "field"), [(17, "error_code"), (50029, "errno")])
def test_the_daily_limit_holds_until_midnight_in_beijing(
    world: World, now: datetime, send: Send, code: int, field: str
) -> None:
    moments = [now] * 4 + [now + timedelta(hours=14, minutes=59), now + timedelta(hours=15)]
    clock = iter(moments)
    with Simulator(world, lambda: next(clock), calls_per_day=3, daily_limit_code=code) as simulator:
        codes = [send(simulator, "region").json().get(field) for _ in moments]
    passed = 0 if field == "errno" else None
    assert codes == [passed] * 3 + [code, code, passed]


def test_time_is_asked_at_every_call(world: World, now: datetime, send: Send) -> None:
    moments = iter([now.replace(hour=6), now.replace(hour=8)])
    with Simulator(world, lambda: next(moments)) as simulator:
        totals = [send(simulator, "user_trend").json()["data"]["total"] for _ in range(2)]
    assert totals == [6, 7]


def test_connections_stay_open_and_an_answer_can_be_slow(world: World, now: datetime, send: Send) -> None:
    with Simulator(world, lambda: now, latency=0.05) as simulator:
        answer = send(simulator, "region")
        started = time.monotonic()
        assert send(simulator, "region").json() == answer.json()
        assert time.monotonic() - started >= 0.05
    assert answer.headers.get("Connection", "keep-alive") == "keep-alive"
    assert answer.raw.version == 11


def test_many_clients_at_once_get_their_own_answers(simulator: Simulator) -> None:
    path = next(path for path, report in PATHS.items() if report == "region")
    seen: dict[int, set[bytes]] = {SHOP: set(), NEWS: set()}

    def ask_often(app: int) -> None:
        fields = {"start_date": "20261101", "end_date": "20261122", "start_index": "0"}
        with requests.Session() as session:
            for _ in range(15):
                query = {"access_token": f"45.simulated.{app}"}
                seen[app].add(
                    session.post(simulator.url + path, params=query, data=fields, timeout=5).content
                )

    threads = [threading.Thread(target=ask_often, args=(app,)) for app in (SHOP, NEWS) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(answers) for answers in seen.values()] == [1, 1]
    assert simulator.calls == 120
    assert sorted(call.number for call in simulator.log) == list(range(1, 121))


def test_a_stopped_simulator_does_not_answer_and_frees_its_port(world: World, now: datetime) -> None:
    with Simulator(world, lambda: now) as first:
        port = int(first.url.rsplit(":", 1)[1])
        with requests.Session() as session:
            session.get(first.url, timeout=5)
    with pytest.raises(requests.ConnectionError):
        requests.get(first.url, timeout=5)
    with Simulator(world, lambda: now, port=port) as second:
        assert second.url == first.url
        assert requests.get(second.url, timeout=5).status_code == 404


def test_a_mistake_in_the_world_is_logged_and_no_token_is(
    world: World, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> datetime:
        raise LookupError("no clock")

    caplog.set_level(logging.DEBUG, logger="smartapp_watch")
    with Simulator(world, broken) as simulator, pytest.raises(requests.ConnectionError):
        send(simulator, "region")
    assert "no clock" in caplog.text
    assert "45.simulated" not in caplog.text
