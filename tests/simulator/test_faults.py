"""Calls that go wrong on purpose."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
import requests

from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.faults import Answer, FaultKind, Faults
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from tests.simulator.asking import Send

_CALL = Call(1, "region", 1, date(2026, 11, 22), date(2026, 11, 22))


@contextmanager
def _failing(world: World, now: datetime, *kinds: FaultKind) -> Iterator[Simulator]:
    with Simulator(world, lambda: now, faults=Faults(1, kinds)) as simulator:
        yield simulator


def test_every_nth_call_fails_in_the_ten_ways_in_turn() -> None:
    faults = Faults(7)
    struck = [faults.strike(_CALL) for _ in range(7 * 21)]
    assert [index for index, kind in enumerate(struck, 1) if kind] == list(range(7, 7 * 21 + 1, 7))
    kinds = [kind for kind in struck if kind]
    assert len(set(kinds)) == len(FaultKind) == 10
    assert kinds[:10] == kinds[10:20]


def test_without_faults_nothing_fails() -> None:
    assert {Faults(0).strike(_CALL) for _ in range(50)} == {None}


@pytest.mark.parametrize(
    ("kind", "status", "start"),
    [
        (FaultKind.SERVER_ERROR, 500, b"<html>"),
        (FaultKind.HTML, 200, b"<html>"),
        (FaultKind.EMPTY, 200, b""),
        (FaultKind.BUSY, 200, b'{"errno": 5000'),
        (FaultKind.UNAVAILABLE, 200, b'{"error_code": 2'),
        (FaultKind.NULL_DATA, 200, b'{"errno": 0, "msg": "success", "data": null}'),
    ],
)
def test_an_answer_instead_of_the_figures(  # noqa: PLR0917 (three fixtures, three values)
    world: World, now: datetime, send: Send, kind: FaultKind, status: int, start: bytes
) -> None:
    with _failing(world, now, kind) as simulator:
        answer = send(simulator, "region")
    assert answer.status_code == status
    assert answer.content.startswith(start)
    assert bool(answer.content) == bool(start)


def test_json_is_cut_off_in_the_middle(world: World, now: datetime, send: Send) -> None:
    with _failing(world, now, FaultKind.CUT_OFF) as simulator:
        answer = send(simulator, "region")
    assert answer.content.startswith(b'{"errno": 0')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_connection_is_reset_and_the_next_one_works(world: World, now: datetime, send: Send) -> None:
    kinds = iter([FaultKind.RESET])
    with Simulator(world, lambda: now, faults=Faults.script(lambda _: next(kinds, None))) as simulator:
        with pytest.raises(requests.ConnectionError):
            send(simulator, "region")
        assert send(simulator, "region").json()["errno"] == 0


def test_a_reset_is_a_reset_on_the_wire(world: World, now: datetime) -> None:
    with _failing(world, now, FaultKind.RESET) as simulator:
        port = int(simulator.url.rsplit(":", 1)[1])
        request = (
            "POST /rest/2.0/smartapp/data/getanalysisregion?access_token=45.simulated.101"
            "&start_date=20261122&end_date=20261122&start_index=0 HTTP/1.1\r\n"
            "Host: simulator\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request.encode())
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


def test_a_trickle_outlasts_a_client_that_waits_for_the_whole(
    world: World, now: datetime, send: Send
) -> None:
    with _failing(world, now, FaultKind.TRICKLE) as simulator:
        started = time.monotonic()
        path = "/rest/2.0/smartapp/data/getanalysisregion?access_token=45.simulated.101"
        fields = {"start_date": "20261122", "end_date": "20261122", "start_index": "0"}
        with requests.post(simulator.url + path, data=fields, timeout=0.2, stream=True) as answer:
            received = b"".join(byte for byte, _ in zip(answer.iter_content(1), range(8), strict=False))
    assert received == b'{"errno"'
    assert 0.3 < time.monotonic() - started < 3  # no single read was slow, and stopping did not wait


@pytest.mark.parametrize("report", ["user_trend", "region", "visit_page", "tp_data"])
def test_pages_disagree_about_the_total_or_hold_a_row_twice(
    world: World, now: datetime, send: Send, report: str
) -> None:
    with Simulator(world, lambda: now) as simulator:
        right = send(simulator, report).json()["data"]
    with _failing(world, now, FaultKind.DISAGREEING_PAGES) as simulator:
        twice, other_total = (send(simulator, report).json()["data"] for _ in range(2))
    rows = "result" if report == "tp_data" else "data_list"
    assert other_total == right | {"total": right["total"] + 1}
    assert twice == right | {rows: [*right[rows][:-1], right[rows][0]]}


def test_a_report_without_pages_has_nothing_to_disagree_about(
    world: World, now: datetime, send: Send
) -> None:
    with _failing(world, now, FaultKind.DISAGREEING_PAGES) as simulator:
        assert send(simulator, "visit_attribute").json()["data"] is None


def test_the_faults_of_one_simulator_do_not_spoil_its_later_answers(
    world: World, now: datetime, send: Send
) -> None:
    kinds = iter([FaultKind.DISAGREEING_PAGES] * 2)
    with Simulator(world, lambda: now, faults=Faults.script(lambda _: next(kinds, None))) as simulator:
        answers = [send(simulator, "region").json()["data"] for _ in range(4)]
    assert answers[0] != answers[2] != answers[1]
    assert answers[2] == answers[3]


def test_a_script_answers_what_it_likes_to_the_calls_it_chooses(
    world: World, now: datetime, send: Send
) -> None:
    def script(call: Call) -> Answer | FaultKind | None:
        if call.report == "region" and call.start_index == 20:
            return Answer.of({"errno": 0, "msg": "success", "data": {"total": 34, "data_list": []}})
        return FaultKind.BUSY if call.report == "source" else None

    with Simulator(world, lambda: now, faults=Faults.script(script)) as simulator:
        first = send(simulator, "region").json()
        second = send(simulator, "region", start_index=20).json()
        source = send(simulator, "source").json()
    assert len(first["data"]["data_list"]) == 20
    assert second["data"]["data_list"] == []
    assert source["errno"] == 5000
