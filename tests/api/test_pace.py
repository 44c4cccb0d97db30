"""One rate for all threads, kept exactly, held back together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.pace import Pace
from smartapp_watch.errors import Stopped
from smartapp_watch.metrics.observation import Query
from tests.api.conftest import MakeClient
from tests.api.loopback import Loopback, Reply, rows

Ask = Callable[..., Query]


def turns(pace: Pace, threads: int, each: int) -> list[float]:
    """The moments at which so many threads got their turns."""
    moments: list[float] = []

    def work() -> None:
        for _ in range(each):
            pace.wait_turn()
            moments.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(moments)


def test_no_turn_comes_before_its_time(stop: threading.Event) -> None:
    started = time.monotonic()
    moments = turns(Pace(100, stop), threads=8, each=10)
    for nth, moment in enumerate(moments):
        assert moment - started > nth / 100 - 0.001  # later is nobody's fault; earlier would be a burst
    assert moments[-1] - started < 2


def test_a_rate_may_be_less_than_one_a_second(stop: threading.Event) -> None:
    moments = turns(Pace(0.99, stop), threads=2, each=1)
    assert 0.9 < moments[1] - moments[0] < 1.6


def test_a_high_rate_costs_next_to_nothing(stop: threading.Event) -> None:
    moments = turns(Pace(5000, stop), threads=1, each=500)
    assert 0.09 < moments[-1] - moments[0] < 1


def test_turns_unused_are_not_saved_up(stop: threading.Event) -> None:
    pace = Pace(20, stop)
    pace.wait_turn()
    time.sleep(0.3)
    moments = turns(pace, threads=1, each=3)
    assert moments[2] - moments[0] > 0.05


def test_a_hold_makes_threads_wait_that_wait_already(stop: threading.Event) -> None:
    pace = Pace(20, stop)
    threading.Timer(0.02, pace.hold, (0.4,)).start()
    started = time.monotonic()
    moments = turns(pace, threads=4, each=1)
    assert moments[0] - started < 0.3
    assert moments[1] - started > 0.4
    assert moments[3] - started > 0.5  # and they go on one by one, not all at once


def test_a_stop_ends_every_wait(stop: threading.Event) -> None:
    pace = Pace(0.01, stop)
    pace.wait_turn()
    threading.Timer(0.1, stop.set).start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        pace.wait_turn()
    with pytest.raises(Stopped):
        pace.wait_turn()
    assert time.monotonic() - started < 0.6


def test_the_client_keeps_its_rate_over_all_threads(
    baidu: Loopback, make_client: MakeClient, token: AccessToken, ask: Ask
) -> None:
    baidu.replies(rows([]))
    client = make_client(requests_per_second=50)
    started = time.monotonic()

    def work() -> None:
        for _ in range(4):
            client.read(ask("region", "2026-11-22"), token)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    moments = sorted(call.at for call in baidu.calls)
    assert len(moments) == client.calls == 32
    for nth, moment in enumerate(moments):
        assert moment - started > nth / 50 - 0.001


def test_a_call_that_was_too_fast_slows_all_threads_down(
    baidu: Loopback, make_client: MakeClient, token: AccessToken, ask: Ask
) -> None:
    slow_down = Reply({"error_code": 18, "error_msg": "Open api qps request limit reached"})
    baidu.replies(slow_down, rows([]))
    client = make_client(backoff=0.2)
    workers = [
        threading.Thread(target=client.read, args=(ask("region", "2026-11-22"), token)) for _ in range(2)
    ]
    workers[0].start()
    time.sleep(0.1)
    workers[1].start()
    for worker in workers:
        worker.join()
    first, *later = [call.at for call in baidu.calls]
    assert len(later) == 2
    assert all(moment - first > 0.38 for moment in later)
