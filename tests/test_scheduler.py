"""The daemon as a process: it works at once, ends in order, and says clearly why it cannot start."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.inbox import SlackTrouble
from tests.cli.desk import NOW, Desk, Outcome, open_desk, run_module
from tests.history.test_backup import damage
from tests.running import Start, end, read_until, start
from tests.slack_socket import open_socket
from tests.waiting import wait_until

__all__ = ["start"]  # a fixture


@pytest.fixture(scope="module")
def yesterdays_history(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A history filled and judged on the day before :data:`NOW`."""
    folder = tmp_path_factory.mktemp("yesterday")
    yesterday = (NOW - timedelta(days=1)).isoformat()
    with open_desk(folder) as desk:
        for verb in ("poll", "evaluate"):
            words = ("--config", str(desk.settings), "--now", yesterday, verb)
            assert run_module(*words, folder=folder).code == 0
        return desk.history.read_bytes()


@pytest.fixture
def desk(tmp_path: Path, yesterdays_history: bytes) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.history.write_bytes(yesterdays_history)
        yield opened


def beside(desk: Desk, *words: str) -> Outcome:
    """Another process on the same settings."""
    return run_module(*desk.words(*words), folder=desk.folder)


def test_the_first_cycle_happens_at_once_and_its_alerts_are_delivered(desk: Desk, start: Start) -> None:
    daemon = start(desk)
    wait_until(lambda: len(desk.slack.messages) == 1 and len(desk.mails.mails) == 1)
    wait_until(lambda: len(beside(desk, "alerts", "--json").json) == 3)
    log = end(daemon)
    assert "INFO smartapp_watch.daemon: watching 2 mini-programs; polling at 40 10 * * *" in log
    (cycle,) = [line for line in log if "daemon: cycle: " in line]
    assert cycle.endswith("; 3 events; 4 sent, 0 to be tried again, 0 given up")
    assert " 0 calls" not in cycle
    assert log[-2:] == [
        "INFO smartapp_watch.daemon: SIGTERM: stopping",
        "INFO smartapp_watch.daemon: stopped",
    ]


def test_what_reads_works_beside_it_and_what_writes_names_it(desk: Desk, start: Start) -> None:
    daemon = start(desk)
    wait_until(lambda: len(desk.slack.messages) == 1)
    for words in (["status"], ["history", "user_trend.user_count"], ["poll", "--dry-run"]):
        done = beside(desk, *words)
        assert (done.code, done.err) == (0, ""), words
    for verb in ("run", "once", "poll", "evaluate", "deliver"):
        done = beside(desk, verb)
        assert (done.code, done.out) == (1, "")
        assert done.err.splitlines()[-1] == (
            f"smartapp-watch: another smartapp-watch (process {daemon.pid}) is working on history.db"
        )
    end(daemon)
    assert beside(desk, "poll").code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_poll_ends_it_soon_and_loses_nothing(
    tmp_path: Path, start: Start, number: signal.Signals
) -> None:
    with open_desk(tmp_path, latency=0.15) as desk:
        daemon = start(desk)
        wait_until(lambda: desk.simulator.calls >= 12)
        log = end(daemon, number)
        assert log[-2].endswith("stopped while polling; the next poll goes on from here")
        answered = desk.simulator.calls
    with open_history(desk.history, read_only=True) as history:
        assert len(history.observations.apps()) == 2
    (tmp_path / "again").mkdir()
    with open_desk(tmp_path / "again") as other:
        other.history.write_bytes(desk.history.read_bytes())
        done = beside(other, "poll", "--json")
        assert done.json["complete"]
        fresh = 2 * (1 + 1 + 2 * 1 + 30)  # calls at least of a whole poll
        assert done.json["calls"] < fresh - (answered - 8) + 10


_MANY_RULES = "".join(
    f"""[[rule]]
name = "many-{number}"
metric = "visit_page.pv_count"
drops_by = "{number}%"
against = "4_weeks"
"""
    for number in range(10, 90)
)


def test_a_signal_in_the_middle_of_judging_ends_it_soon_and_leaves_all_to_the_next_evaluation(
    desk: Desk, start: Start
) -> None:
    (desk.folder / "rules" / "many.toml").write_text(_MANY_RULES)
    with open_history(desk.history) as history:
        daemon = start(desk)
        wait_until(lambda: history.polls.count(NOW, NOW + timedelta(hours=1)).runs > 0)
        time.sleep(0.5)
        log = end(daemon)
        assert log[-2].endswith("stopped while judging; the next evaluation begins anew")
        assert history.alerts.evaluated_at() == NOW - timedelta(days=1)
        assert not any(each.rule.startswith("many") for each in history.alerts.all_alerts())


@pytest.fixture
def desk_with_buttons(desk: Desk) -> Desk:
    """A desk whose Slack receiver has an app's token."""
    (desk.folder / "token-app").touch(0o600)
    (desk.folder / "token-app").write_text(desk.slack.app_token)
    desk.change('api_url = "http', 'app_token = { file = "token-app" }\napi_url = "http')
    return desk


def test_a_button_that_is_pressed_is_noted_and_shown(desk_with_buttons: Desk, start: Start) -> None:
    desk = desk_with_buttons
    with open_socket(desk.slack) as socket:
        daemon = start(desk)
        wait_until(lambda: len(desk.slack.messages) == 1 and socket.open == 1)
        socket.press(desk.slack.messages[0])
        wait_until(lambda: desk.slack.messages[0].edits == 1)
        socket.press(desk.slack.messages[0], "7d")
        wait_until(lambda: desk.slack.messages[0].edits == 2)
        silences = beside(desk, "silence", "list", "--json").json
        by = [each["ack"]["by"] for each in beside(desk, "alerts", "--json").json if each["ack"]]
        log = end(daemon)
    assert {(each["by"], each["because"], each["covers"]) for each in silences} == {("zhang.wei", "Slack", 1)}
    assert by == ["zhang.wei"] * 3
    assert "zhang.wei 处理中" in str(desk.slack.messages[0].blocks)
    assert "已静默至 2026-11-30 10:40 · zhang.wei" in str(desk.slack.messages[0].blocks)
    assert [each["response_type"] for each in desk.slack.asides] == ["ephemeral"] * 2
    assert "INFO smartapp_watch.notify.slack_socket: ops: listening for buttons" in log
    for secret in (desk.slack.app_token, desk.slack.token, "ticket", desk.slack.response_url):
        assert secret not in "".join(log)


def test_without_a_socket_the_daemon_works_on_and_ends_in_time(desk_with_buttons: Desk, start: Start) -> None:
    daemon = start(desk_with_buttons)
    wait_until(lambda: len(desk_with_buttons.slack.messages) == 1)
    log = end(daemon)
    (trouble,) = [line for line in log if "cannot listen" in line]
    assert trouble.endswith("ops: cannot listen for buttons: Slack answered internal_error")


def test_a_signal_right_at_the_start_is_not_lost(desk: Desk, start: Start) -> None:
    for _ in range(3):
        daemon = start(desk)
        read_until(daemon, "watching 2 mini-programs")
        end(daemon)


def test_what_fails_is_logged_and_the_next_cycle_comes_by_the_schedule(desk: Desk, start: Start) -> None:
    """The schedule's own cycle comes three seconds after the first one, whose messages were not taken."""
    desk.change('schedule = "40 10 * * *"', 'schedule = "* * * * *"')
    desk.slack.trouble_next(*[SlackTrouble.SERVER_ERROR] * 4)
    daemon = start(desk, NOW.replace(second=57) - timedelta(minutes=1))
    log = [*read_until(daemon, "cycle: "), *read_until(daemon, "cycle: "), *end(daemon)]
    cycles = [line for line in log if "daemon: cycle: " in line]
    assert len(cycles) == 2
    assert "3 to be tried again" in cycles[0]
    assert "; 0 events; " in cycles[1]
    assert any(line.startswith("WARNING smartapp_watch.deliver: ops: ") for line in log)


def test_its_time_is_what_now_says(tmp_path: Path, start: Start) -> None:
    then = datetime(2026, 10, 5, 12, tzinfo=BEIJING)
    with open_desk(tmp_path) as desk:
        desk.change("history_days = 30", "history_days = 2")
        daemon = start(desk, then)
        wait_until(lambda: '"2026-10-04"' in beside(desk, "status", "--json").out)
        end(daemon)
        assert max(each.last for each in desk.simulator.log).isoformat() == "2026-10-04"


def test_a_mistake_in_a_rule_or_a_template_ends_the_start_with_2(desk: Desk) -> None:
    (desk.folder / "rules" / "own.toml").write_text("[[rule]]\nnmae = 'x'\n")
    own = desk.folder / "templates" / "slack" / "alert.zh.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{{ nothing_of_that_name }}")
    done = beside(desk, "run")
    assert (done.code, done.out) == (2, "")
    assert "rules/own.toml:2: " in done.err
    assert "templates/slack/alert.zh.j2:1: " in done.err
    assert desk.simulator.calls == 0


def one_line(desk: Desk) -> str:
    """The start fails, and all that is said of it."""
    done = beside(desk, "run")
    assert (done.code, done.out) == (1, "")
    (line,) = done.err.splitlines()
    return line.removeprefix("smartapp-watch: ")


def test_a_history_that_cannot_be_used_ends_the_start_in_one_line(desk: Desk) -> None:
    desk.history.write_bytes(b"no database at all, but a letter of some length to whom it may concern" * 9)
    assert "is not a database; [history] path must name a history" in one_line(desk)
    desk.history.unlink()
    desk.history.mkdir()
    assert "is a folder; [history] path must name a file" in one_line(desk)
    desk.history.rmdir()
    desk.change("[poll]", '[history]\npath = "nowhere/history.db"\n[poll]')
    assert "nowhere" in one_line(desk)


@pytest.mark.parametrize("restored", [True, False])
def test_a_history_that_is_replaced_or_deleted_under_the_daemon_ends_it_and_is_left_alone(
    desk: Desk, start: Start, yesterdays_history: bytes, *, restored: bool
) -> None:
    daemon = start(desk)
    wait_until(lambda: len(desk.slack.messages) == 1)
    read_until(daemon, "cycle: ")
    if restored:  # in one step, or the daemon may look while nothing is there
        backup = desk.folder / "backup.db"
        backup.write_bytes(yesterdays_history)
        backup.replace(desk.history)
    else:
        desk.history.rename(desk.folder / "moved.db")
    _, log = daemon.communicate(timeout=60)
    assert daemon.returncode == 1, log
    what = "was replaced" if restored else "is gone"
    assert log.splitlines()[-1].startswith(f"smartapp-watch: {desk.history} {what} while it was in use")
    assert not restored or desk.history.read_bytes() == yesterdays_history
    assert restored or not desk.history.exists()


def test_a_damaged_history_ends_the_start_in_one_line_and_is_left_alone(desk: Desk) -> None:
    damage(desk.history)
    before = desk.history.read_bytes()
    assert f"{desk.history} is damaged, and nothing was written to it" in one_line(desk)
    assert desk.history.read_bytes() == before


def test_a_history_that_is_damaged_later_ends_the_daemon(desk: Desk, start: Start) -> None:
    daemon = start(desk)
    read_until(daemon, "cycle: ")
    wait_until(lambda: not desk.history.with_name("history.db-wal").exists())
    content = desk.history.read_bytes()
    desk.history.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    _, log = daemon.communicate(timeout=60)
    assert daemon.returncode == 1, log
    assert "is damaged" in log.splitlines()[-1]


def run_with_little_space(desk: Desk, largest: int, *words: str) -> Outcome:
    """A command that may write no file beyond so many bytes, which is how a full disk looks to it."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    process = desk.start(*words, preexec_fn=limit)
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out, err)


@pytest.mark.parametrize(("verb", "largest"), [("poll", 0), ("poll", 8192), ("poll", 200_000), ("run", 8192)])
def test_a_full_disk_is_one_clear_line(tmp_path: Path, verb: str, largest: int) -> None:
    with open_desk(tmp_path) as desk:
        done = run_with_little_space(desk, largest, verb)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1, done.err
    assert "smartapp-watch: " in done.err
    assert "history.db" in done.err


def test_a_disk_that_fills_up_costs_a_cycle_and_not_the_daemon(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        daemon = desk.start("run", preexec_fn=limit)
        try:
            log = read_until(daemon, "cycle failed: ")  # however long that takes
            assert daemon.poll() is None
            log += end(daemon)
        finally:
            if daemon.poll() is None:
                daemon.kill()
    failed, *untold = [line for line in log if line.startswith("ERROR")]  # the word of it may fit, or not
    assert all("nobody can be told: " in line for line in untold)
    assert "cycle failed: " in failed
    assert "nothing was written" in failed
    assert desk.history.stat().st_size <= 400_000
    with open_history(desk.history) as history:  # it can be used as soon as there is space
        assert len(history.observations.apps()) == 2
