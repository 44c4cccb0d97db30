"""The daemon as whoever watches it sees it: its heartbeat, and its port over start, reload and end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import requests
from pytest_httpserver import HTTPServer

from smartapp_watch.simulator.faults import Answer, Faults
from tests.cli.desk import Desk, open_desk
from tests.running import Start, end, free_port, read_until, start
from tests.waiting import wait_until

__all__ = ["start"]  # a fixture

KEY = "5ecret-ping-key"

soon = partial(wait_until, seconds=60)


def serve(desk: Desk, old: int, new: int) -> None:
    """Change the port in the settings; 0: none."""
    lines = {port: f"[service]\nmetrics_port = {port}\n" if port else "" for port in (old, new)}
    desk.change(lines[old] + "[poll]", lines[new] + "[poll]")


def answers(port: int, path: str = "/healthz") -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.change("history_days = 30", "history_days = 2")
        yield opened


def test_the_port_answers_from_the_start_moves_with_a_reload_and_is_free_after_the_end(
    desk: Desk, start: Start
) -> None:
    first, second = free_port(), free_port()
    serve(desk, 0, first)
    daemon = start(desk)
    soon(lambda: answers(first))
    soon(lambda: 'cycles_total{outcome="complete"} 1.0' in scraped(first))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        serve(desk, first, port := int(taken.getsockname()[1]))
        daemon.send_signal(signal.SIGHUP)
        read_until(
            daemon, f"[service] metrics_port: cannot listen at 127.0.0.1:{port}: Address already in use"
        )
        assert answers(first)
    serve(desk, port, second)
    daemon.send_signal(signal.SIGHUP)
    soon(lambda: answers(second))
    soon(lambda: not answers(first))
    assert 'cycles_total{outcome="complete"} 1.0' in scraped(second)
    serve(desk, second, 0)
    daemon.send_signal(signal.SIGHUP)
    soon(lambda: not answers(second))
    end(daemon)


def scraped(port: int) -> str:
    return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text


def test_a_port_that_is_taken_ends_the_start(desk: Desk, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        serve(desk, 0, port)
        daemon = start(desk)
        out, log = daemon.communicate(timeout=30)
    assert (daemon.returncode, out) == (2, "")
    (said,) = [line for line in log.splitlines() if "metrics_port" in line]
    assert said == f"[service] metrics_port: cannot listen at 127.0.0.1:{port}: Address already in use"
    assert "Traceback" not in log
    assert desk.simulator.calls == 0


def heartbeat(desk: Desk, httpserver: HTTPServer) -> None:
    for path in ("", "/start", "/fail", "/log"):
        httpserver.expect_request(f"/{KEY}{path}").respond_with_data("OK")
    address = f'[service]\nheartbeat_url = "{httpserver.url_for(f"/{KEY}")}"\n'
    desk.change("[poll]", address + "[poll]")


def beats(httpserver: HTTPServer) -> list[str]:
    return [request.path.removeprefix(f"/{KEY}") for request, _ in httpserver.log]


def test_a_complete_cycle_beats_and_its_address_is_nowhere_to_be_seen(
    desk: Desk, httpserver: HTTPServer, start: Start
) -> None:
    heartbeat(desk, httpserver)
    daemon = start(desk)
    soon(lambda: beats(httpserver) == ["/start", ""])
    assert " calls, " in httpserver.log[1][0].get_data(as_text=True)
    assert KEY not in "\n".join(end(daemon))
    assert KEY.encode() not in desk.history.read_bytes()


def test_a_cycle_without_any_answer_is_told_of_with_its_reason(
    tmp_path: Path, httpserver: HTTPServer, start: Start
) -> None:
    used_up = Answer.of({"error_code": 17, "error_msg": "Open api daily request limit reached"})
    with open_desk(tmp_path, Faults.script(lambda _call: used_up)) as desk:
        heartbeat(desk, httpserver)
        start(desk)
        soon(lambda: beats(httpserver) == ["/start", "/fail"])
        assert "the day's calls are used up" in httpserver.log[1][0].get_data(as_text=True)
