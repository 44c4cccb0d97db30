"""What is answered at the port: figures that are right, and whether all is well."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest
import requests

from smartapp_watch.alerts.alert import Alert, Figures, State
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import Failure
from smartapp_watch.metrics.period import Period
from smartapp_watch.monitor.heartbeat import Beat, Heartbeat
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.monitor.standing import due_period, note_cycle
from smartapp_watch.monitor.tally import Outcome, ending_of
from smartapp_watch.poll import OUT_OF_TIME, STOPPED, PollResult
from smartapp_watch.rules.rule import Severity
from smartapp_watch.watch import CycleResult, Watch
from tests.history.made import PLATFORM, RETENTION, TREND, reading, row
from tests.monitor.conftest import NAME, NOW, Service, minutes, sample
from tests.outbox import notice, queue

DAY = Period.parse("2026-11-22")
FAILURE = Failure(15263713, "user_trend", "2026-11-22", "token", "it has expired")


def cycle(**poll: object) -> CycleResult:
    return CycleResult(PollResult(**{"answered": 1, **poll}), [], DeliveryResult(sent=1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (cycle(), Outcome.COMPLETE),
        (cycle(answered=0), Outcome.COMPLETE),  # nothing was due
        (cycle(failures=[FAILURE]), Outcome.COMPLETE),
        (cycle(failures=[FAILURE], answered=0), Outcome.FAILED),
        (cycle(stopped="the day's calls are used up"), Outcome.FAILED),
        (cycle(stopped=STOPPED), Outcome.CUT_SHORT),
        (cycle(stopped=OUT_OF_TIME), Outcome.CUT_SHORT),
    ],
)
def test_how_a_cycle_ended(result: CycleResult, outcome: Outcome) -> None:
    ending = ending_of(result)
    assert ending.outcome is outcome
    assert bool(ending.words) is (outcome is not Outcome.COMPLETE)
    assert NAME not in ending.words


def test_cycles_and_deliveries_add_up(service: Service) -> None:
    service.observer.began("cycle")
    service.observer.ended(cycle(calls=7, retried=2, rows=30, failures=[FAILURE]))
    service.observer.ended(DeliveryResult(sent=1, retry=1, dead=2))
    service.observer.failed("delivery", "no matter")
    service.observer.failed("cycle", "the disk is full")
    values = service.values()
    assert values[sample("calls_total")] == 7
    assert values[sample("call_retries_total")] == 2
    assert values[sample("rows_total")] == 30
    assert values[sample("poll_failures", kind="token")] == 1
    assert values[sample("poll_failures", kind="quota")] == 0
    assert values[sample("cycles_total", outcome="complete")] == 1
    assert values[sample("cycles_total", outcome="failed")] == 1
    assert values[sample("messages_total", outcome="sent")] == 2
    assert values[sample("messages_total", outcome="dead")] == 2
    assert 0 <= values[sample("last_cycle_duration_seconds")] < 5


def test_work_that_breaks_is_a_cycle_that_failed(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(_watch: Watch, _history: History) -> None:
        raise ZeroDivisionError

    service.scheduler._work("cycle", stumble)
    service.scheduler._work("delivery", stumble)
    service.path.write_bytes(b"no database")
    service.scheduler._work("cycle", stumble)
    assert service.observer.tally.cycles == {Outcome.FAILED: 2}
    assert "cycle failed: " in caplog.text


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (cycle(calls=3), (Beat.SUCCESS, "3 calls, 0 rows, 0 failures; ")),
        (cycle(stopped=OUT_OF_TIME), (Beat.LOG, OUT_OF_TIME)),
        (cycle(stopped="no more"), (Beat.FAIL, "the poll ended early: no more")),
        (None, (Beat.FAIL, "the cycle failed: the disk is full")),
    ],
)
def test_the_heartbeat_tells_how_a_cycle_began_and_ended(
    result: CycleResult | None, told: tuple[Beat, str]
) -> None:
    heard: list[tuple[Beat, str]] = []

    class Heard(Heartbeat):
        def tell(self, beat: Beat, words: str = "") -> None:
            heard.append((beat, words))

    observer = Observer(Heard(lambda: None))
    for name in ("cycle", "delivery"):
        observer.began(name)
    observer.ended(DeliveryResult())
    observer.failed("delivery", "no matter")
    observer.ended(result) if result else observer.failed("cycle", "the disk is full")
    begun, (beat, words) = heard
    assert begun == (Beat.START, "")
    assert (beat, words[: len(told[1])]) == told


def test_alerts_and_messages_are_counted(service: Service, history: History) -> None:
    for number, state in enumerate((State.FIRING, State.FIRING, State.PENDING, State.RESOLVED)):
        history.alerts.save(Alert(0, f"r{number}", 1, (), state, Severity.WARNING, DAY, DAY, Figures()), NOW)
    queue(history, notice(1), notice(2), receivers=("ops", "growth"), at=NOW - minutes(30))
    (first, *_) = history.outbox.due(NOW, "ops")
    history.outbox.mark_dead(first, "no such channel", NOW)
    history.outbox.troubles.note("growth", "it is off", NOW, is_off=True)
    values = service.values()
    assert values[sample("alerts", severity="warning", state="firing")] == 2
    assert values[sample("alerts", severity="warning", state="pending")] == 1
    assert values[sample("alerts", severity="critical", state="firing")] == 0
    assert sample("outbox_messages", receiver="ops", state="dead") not in values
    assert values[sample("outbox_messages", receiver="ops", state="queued")] == 1
    assert values[sample("outbox_messages", receiver="growth", state="queued")] == 2
    assert values[sample("outbox_oldest_age_seconds")] == 1800
    assert values[sample("receiver_trouble", receiver="growth", trouble="off")] == 1
    assert values[sample("receiver_trouble", receiver="ops", trouble="off")] == 0


def test_late_is_who_had_figures_a_week_before_and_has_none_at_a_poll_that_should_bring_them(
    service: Service, history: History
) -> None:
    def save(app_id: int | None, *days: str) -> None:
        table = PLATFORM if app_id is None else TREND
        for day in days:
            count = (
                row(table, day, tp_day_user_count=5) if table is PLATFORM else row(table, day, user_count=5)
            )
            history.observations.save(reading(table, app_id, count, first=day), NOW)

    save(15263713, "2026-11-15", "2026-11-22")
    save(15263714, "2026-11-15")
    save(99, "2026-11-15")  # no longer listed
    assert service.values()[sample("apps_late", report="user_trend")] == 0  # nobody polled yet
    history.polls.add(NOW - minutes(200), 1, 0, 0)  # before the 22nd is settled: the 21st is due
    assert service.values()[sample("apps_late", report="user_trend")] == 0
    history.polls.add(NOW, 1, 0, 0)
    values = service.values()
    assert values[sample("apps_late", report="user_trend")] == 1
    assert values[sample("apps_late", report="tp_data")] == 0
    end = values[sample("newest_period_end_timestamp_seconds", report="user_trend")]
    assert end == Period.parse("2026-11-22").closes().timestamp()
    assert sample("newest_period_end_timestamp_seconds", report="retained_user") not in values


def test_a_cohorts_figures_are_due_a_day_later() -> None:
    assert str(due_period(TREND, NOW)) == "2026-11-22"
    assert str(due_period(RETENTION, NOW)) == "2026-11-21"


def test_it_is_well_until_two_polls_were_missed(service: Service, history: History) -> None:
    note_cycle(history, cycle(), NOW)  # 12:00; due at 12:07 and 12:37, and half an hour later not well
    note_cycle(history, cycle(stopped=STOPPED), NOW + minutes(60))
    service.now = NOW + minutes(66)
    assert service.get("/healthz").text == "well\n"
    assert service.values()[sample("last_complete_cycle_timestamp_seconds")] == NOW.timestamp()
    service.now = NOW + minutes(68)
    answer = service.get("/healthz")
    assert answer.status_code == 503
    assert answer.text == "two polls were due since a cycle was complete last: 2026-11-23 12:00 UTC+08:00\n"
    assert service.values()[sample("healthy")] == 0


def test_nights_without_a_poll_are_well(service: Service, history: History) -> None:
    at = NOW.replace(hour=23, minute=45)
    note_cycle(history, cycle(), at)
    service.now = at + minutes(9 * 60)
    assert service.get("/healthz").status_code == 200


def test_it_is_not_well_without_ticks_or_writing_or_the_history(service: Service) -> None:
    service.scheduler._ticked_at -= 1000
    service.scheduler._wrote_at -= 1000
    service.path.unlink()
    answer = service.get("/healthz")
    assert answer.status_code == 503
    wake_ups, writing, history = answer.text.splitlines()
    assert wake_ups == "wake-ups do not come any more"
    assert writing == "the history could not be written for minutes"
    assert "no history" in history
    values = service.values()
    assert values[sample("history_readable")] == values[sample("healthy")] == 0
    assert sample("alerts", severity="warning", state="firing") not in values


def test_it_is_answered_while_another_writes_and_keeps_nobody_from_writing(service: Service) -> None:
    with closing(sqlite3.connect(service.path, isolation_level=None, timeout=0)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert service.values()[sample("history_readable")] == 1
        writer.execute("COMMIT")
        busy = threading.Event()

        def scrape() -> None:
            while not busy.is_set():
                service.values()

        scraping = threading.Thread(target=scrape)
        scraping.start()
        for number in range(50):
            writer.execute("INSERT INTO notes VALUES (?, '')", (f"n{number}",))
        busy.set()
        scraping.join()


def test_nothing_names_a_mini_program(service: Service, history: History) -> None:
    text = service.get("/metrics").text + service.get("/healthz").text
    assert NAME not in text
    assert "15263713" not in text


@pytest.mark.parametrize("place", ["/metrics", "/healthz"])
def test_only_loopback_may_ask_and_nothing_may_be_sent(service: Service, place: str) -> None:
    assert service.get(place, Host="localhost").status_code == 200
    assert service.get(place, Host="rebound.example.com").status_code == 400
    assert requests.head(service.url + place, timeout=5).status_code == 200
    assert requests.post(service.url + place, timeout=5).status_code == 405
    assert service.get("/").status_code == 404


def test_a_scrape_has_few_series_and_those_of_the_process(service: Service) -> None:
    values = service.values()
    names = {name for name, _ in values}
    assert {"process_resident_memory_bytes", "process_open_fds"} <= names
    assert not [name for name in names if name.startswith("python_")]
    assert len(values) < 100
