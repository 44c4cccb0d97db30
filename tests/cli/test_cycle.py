"""``poll``, ``evaluate``, ``deliver`` and ``once``: their documents, their exit codes, their dry runs."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from smartapp_watch.history.lock import hold_lock
from smartapp_watch.simulator.call import Call as ApiCall
from smartapp_watch.simulator.faults import Answer, Faults
from smartapp_watch.simulator.inbox import SlackTrouble
from tests.cli.desk import NOW, SICK, WELL, Call, Desk, open_desk

POLL = {"complete", "calls", "rows", "failures"}
FAILURE = {"app", "report", "period", "kind", "message"}
EVENT = {
    *("id", "alert", "type", "rule", "app", "dimensions", "period", "since", "severity"),
    *("value", "baseline", "change", "change_percent", "unit", "reason"),
}
DELIVER = {"sent", "retry", "dead"}


def test_poll_says_in_json_what_it_did_and_nothing_else(at_desk: Call) -> None:
    done = at_desk("poll", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json.keys() >= POLL
    assert done.json["complete"] is True
    assert done.json["calls"] > 0
    assert done.json["rows"] > 0
    assert done.json["failures"] == []


def test_a_second_poll_asks_nothing(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    before = filled.simulator.calls
    done = at_desk("poll")
    assert (done.code, done.out) == (0, "polled: nothing is missing, and nothing may still change; no call\n")
    assert filled.simulator.calls == before


def test_figures_that_are_absent_are_no_failure(call: Call, filled: Desk) -> None:
    at_two = NOW.replace(hour=2)  # yesterday's figures come at seven
    done = call(*filled.words("poll", "--json", now=at_two))
    assert (done.code, done.json["complete"], done.json["failures"]) == (0, True, [])


def refuse_pages(call: ApiCall) -> Answer | None:
    wanted = call.app_id == SICK and call.report == "visit_page"
    return Answer.of({"errno": 45001, "msg": "无此小程序操作权限"}) if wanted else None


def test_a_failure_ends_with_1_and_is_said_in_both_forms(
    call: Call, tmp_path: Path, yesterdays_history: bytes
) -> None:
    with open_desk(tmp_path, Faults.script(refuse_pages)) as desk:
        desk.history.write_bytes(yesterdays_history)
        done = call(*desk.words("poll", "--json"))
        assert done.code == 1
        assert done.json["complete"] is False
        (failure,) = done.json["failures"]
        assert failure.keys() >= FAILURE
        assert (failure["app"], failure["report"], failure["kind"]) == (str(SICK), "visit_page", "refused")
        assert "无此小程序操作权限" in failure["message"]
        again = call(*desk.words("poll"))
        assert again.code == 1
        assert "polled: " in again.out
        assert f"failed: {SICK} visit_page 2026-11-" in again.err


def test_a_dry_run_shows_the_plan_and_asks_nothing(at_desk: Call, filled: Desk) -> None:
    before = filled.history.read_bytes()
    with hold_lock(filled.history):  # beside a daemon
        done = at_desk("poll", "--dry-run", "--json")
        table = at_desk("poll", "--dry-run")
    assert done.code == 0
    assert done.json["calls"] == sum(done.json["tables"].values()) > 0
    parts = [str(sum(done.json[key].values())) for key in ("today", "backfill")]
    (line,) = (line.split() for line in table.out.splitlines() if line.startswith("all"))
    assert [line[0], line[1], line[2], line[-1]] == ["all", *parts, str(done.json["a_day"]["calls"])]
    assert done.json["calls"] == sum(map(int, line[1:3]))
    assert filled.simulator.calls == 0
    assert filled.history.read_bytes() == before


def test_a_dry_run_needs_no_history_and_makes_none(call: Call, desk: Desk) -> None:
    done = call(*desk.words("poll", "--dry-run", "--json"))
    assert done.code == 0
    assert done.json["tables"]["visit_page"] == 2 * 30
    assert not desk.history.exists()
    assert call(*desk.words("evaluate", "--dry-run")).out == "judged: nothing to tell\n"
    assert not desk.history.exists()


def test_days_and_app_narrow_a_poll_down(call: Call, desk: Desk) -> None:
    done = call(*desk.words("poll", "--days", "3", "--app", str(WELL)))
    assert done.code == 0
    calls = desk.simulator.log
    assert {each.app_id for each in calls} == {WELL}
    assert {each.first.isoformat() for each in calls if each.report == "visit_page"} == {
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
    }


def test_an_app_that_is_not_there_is_wrong_usage(at_desk: Call) -> None:
    done = at_desk("poll", "--app", "1526371")
    assert done.code == 2
    assert done.err.startswith("smartapp-watch: no mini-program 1526371 in watch.toml; did you mean 1526371")
    assert "it has 15263713, 15263714" in at_desk("poll", "--app", "9").err


def test_two_writers_do_not_work_on_one_history(at_desk: Call, filled: Desk) -> None:
    with hold_lock(filled.history):
        for verb in ("poll", "evaluate", "deliver", "once"):
            done = at_desk(verb)
            assert (done.code, done.out) == (1, "")
            assert "another smartapp-watch (process " in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_poll_ends_soon_and_the_next_one_goes_on(
    tmp_path: Path, call: Call, number: signal.Signals
) -> None:
    with open_desk(tmp_path, latency=0.1) as desk:
        command = desk.start("poll", "--json")
        while desk.simulator.calls < 10:
            time.sleep(0.01)
        started = time.monotonic()
        command.send_signal(number)
        out, err = command.communicate(timeout=10)
        assert time.monotonic() - started < 3
        assert (command.returncode, err) == (1, "")
        assert '"complete": false' in out
        assert "the next poll goes on from here" in out
        done = call(*desk.words("poll", "--dry-run", "--json"))
        assert 0 < done.json["tables"]["visit_page"] < 60


def test_evaluate_tells_of_the_bad_day_with_every_key(at_desk: Call) -> None:
    at_desk("poll")
    done = at_desk("evaluate", "--json")
    assert (done.code, done.err) == (0, "")
    events = {event["rule"]: event for event in done.json["events"]}
    assert set(events) == {"page-exit-rate-rise", "next-day-retention-drop", "lost-ratio-spike"}
    for event in events.values():
        assert event.keys() >= EVENT
        assert (event["type"], event["app"], event["unit"]) == ("fire", str(SICK), "percent")
    assert events["next-day-retention-drop"]["dimensions"] == {"nth": 2}
    assert events["next-day-retention-drop"]["since"] == "2026-11-21"
    spike = events["lost-ratio-spike"]
    assert spike["change"] == pytest.approx(spike["value"] - spike["baseline"])
    assert at_desk("evaluate").out == "judged: nothing to tell\n"


def test_a_dry_evaluation_tells_the_same_and_changes_nothing(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    with hold_lock(filled.history):
        rehearsed = at_desk("evaluate", "--dry-run", "--json")
    assert at_desk("alerts", "--json").json == []
    real = at_desk("evaluate", "--json")
    assert [event["rule"] for event in rehearsed.json["events"]] == [
        event["rule"] for event in real.json["events"]
    ]


def test_evaluate_goes_no_further_than_the_period(at_desk: Call) -> None:
    at_desk("poll")
    assert at_desk("evaluate", "--period", "2026-11-20", "--json").json == {"events": []}
    assert len(at_desk("evaluate", "--json").json["events"]) == 3
    done = at_desk("evaluate", "--period", "yesterday")
    assert (done.code, done.out) == (2, "")
    assert "'yesterday' is no period; written 2026-11-22" in done.err


@pytest.mark.parametrize("verb", ["evaluate", "deliver"])
def test_time_does_not_run_backwards(judged: Call, call: Call, filled: Desk, verb: str) -> None:
    earlier = NOW - timedelta(hours=1)
    done = call(*filled.words(verb, now=earlier))
    assert (done.code, done.out) == (2, "")
    assert "smartapp-watch: " in done.err
    assert call(*filled.words("evaluate", "--dry-run", now=earlier)).code == 0


@pytest.mark.parametrize("verb", ["poll", "evaluate", "deliver", "once", "run"])
def test_a_slip_in_the_year_takes_no_history_into_the_future(
    judged: Call, call: Call, filled: Desk, verb: str
) -> None:
    next_century = NOW.replace(year=NOW.year + 100)
    done = call(*filled.words(verb, now=next_century))
    assert (done.code, done.out) == (2, "")
    assert "more than a day ahead" in done.err
    assert call(*filled.words("evaluate", "--dry-run", now=next_century)).code == 0
    assert judged("evaluate").code == 0


def test_the_table_of_events_shows_units_and_words(at_desk: Call) -> None:
    at_desk("poll")
    shown = at_desk("evaluate").out
    assert "pages/checkout/index" in shown
    assert "nth=2" in shown
    assert " % " in shown
    assert len({line.index("2026-11-2") for line in shown.splitlines()[2:]}) <= 2  # Chinese is two wide


def test_deliver_sends_what_is_queued_and_says_so(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    at_desk("evaluate")
    done = at_desk("deliver", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json.keys() >= DELIVER
    assert (done.json["sent"], done.json["retry"], done.json["dead"]) == (3, 0, 0)
    assert done.json["messages"] == len(filled.slack.messages) == 1  # three alerts of one mini-program
    assert at_desk("deliver").out == "delivered: 0 sent, 0 to be tried again, 0 given up\n"


def test_a_message_that_was_not_taken_ends_with_1(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    at_desk("evaluate")
    filled.slack.trouble_next(*[SlackTrouble.SERVER_ERROR] * 9)
    done = at_desk("deliver", "--json")
    assert done.code == 1
    assert done.json["sent"] == 0
    assert done.json["retry"] == 3
    again = at_desk("status", "--json")
    assert [each["state"] for each in again.json["queue"]] == ["retry", "retry", "retry"]


def test_once_is_the_three_and_the_digest_that_is_due(at_desk: Call, filled: Desk) -> None:
    done = at_desk("once", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json.keys() == {"poll", "evaluate", "deliver"}
    assert done.json["poll"].keys() >= POLL
    assert len(done.json["evaluate"]["events"]) == 3
    assert done.json["deliver"]["sent"] == 4
    assert len(filled.slack.messages) == 1
    assert len(filled.mails.mails) == 1
    again = at_desk("once")
    assert again.out.splitlines() == [
        "polled: nothing is missing, and nothing may still change; no call",
        "judged: nothing to tell",
        "delivered: 0 sent, 0 to be tried again, 0 given up",
    ]
