"""A daemon that lives through weeks in seconds: its own jobs, each at the time that it is due.

What the daemon's scheduler planned is run on this thread, at the domain's time, one wake-up after another; so
everything but the waiting is the daemon's own. At times it is a real process that is killed.
"""

from __future__ import annotations

import json
import logging
import resource
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

from smartapp_watch.alerts.patience import STILL
from smartapp_watch.config.load import load
from smartapp_watch.daemon import _deliver, _tell
from smartapp_watch.history.database import open_history
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.monitor.heartbeat import Heartbeat
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.scheduler import Scheduler
from smartapp_watch.simulator.answers import Answers
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.faults import Answer, FaultKind, Faults
from smartapp_watch.simulator.inbox import (
    Mail,
    MailInbox,
    MailTrouble,
    PostedMessage,
    SlackInbox,
    SlackTrouble,
)
from smartapp_watch.simulator.loopback import Delivery, Reply, Request, Served
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch

_MINUTE = timedelta(minutes=1)
_A_FULL_DISK = 8192
"""Bytes that a file may grow to while the disk is full."""


@dataclass
class SetClock:
    """The domain's time, as the test sets it."""

    now: datetime

    def __call__(self) -> datetime:
        """The present."""
        return self.now


class Programs(Served):
    """A program that takes webhooks; ``documents``: all that it took, in the order it came.

    ``loses``: so many of the next it takes, and hangs up. ``on_taken``: called before it answers.
    """

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.documents: list[dict[str, Any]] = []
        self.loses = 0
        self.on_taken: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        """Where it is to be reached."""
        return f"{self._server.url}/hook"

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The digests, or the notices: what stands under that name, of each message once."""
        return [document[kind] for document in self._once() if kind in document]

    def stories(self) -> dict[tuple[int, str, str], str]:
        """The events of each alert in the order they were told in; an alert by app, rule and first day."""
        found: dict[tuple[int, str, str], list[str]] = {}
        for document in self._once():
            for told in document.get("alerts", [document["alert"]] if "alert" in document else []):
                name = int(told["app"]), told["rule"], told["since"]
                found.setdefault(name, []).append(STILL if told["reason"] == STILL else told["type"])
        return {name: " ".join(kinds) for name, kinds in found.items()}

    def _once(self) -> list[dict[str, Any]]:
        return list({document["key"]: document for document in self.documents}.values())

    def _respond(self, request: Request) -> Reply:
        self.documents.append(json.loads(request.body))
        self.on_taken()
        if self.loses:
            self.loses -= 1
            return Reply(b"", delivery=Delivery.RESET)
        return Reply(b"taken", 200, "text/plain")


@dataclass
class Api:
    """What becomes of calls; ``is_gone``: nobody answers; ``wrong``: what is said of the users of days."""

    clock: SetClock
    is_gone: bool = False
    wrong: World | None = None

    def faults(self) -> Faults:
        """The faults of a simulator that follows this."""
        return Faults.script(self._strike)

    def _strike(self, call: Call) -> Answer | FaultKind | None:
        if self.is_gone:
            return FaultKind.RESET
        if self.wrong is not None and call.report == "user_trend" and call.parameter("gran") == "day":
            data = Answers(self.wrong).data(call, self.clock())
            return Answer.of({"errno": 0, "msg": "success", "data": data})
        return None


class Log(logging.Handler):
    """What the program said that somebody should read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    @property
    def errors(self) -> list[str]:
        """The errors, in words."""
        return [each.getMessage() for each in self.records if each.levelno >= logging.ERROR]

    @property
    def stumbles(self) -> list[str]:
        """What nobody foresaw."""
        return [each.getMessage() for each in self.records if each.exc_info]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox; ``message``: the key of the message that it went out in."""

    message: str
    key: str
    receiver: str
    kind: str
    state: str
    platform_id: str

    @property
    def mark(self) -> str:
        """What the message bears in the inbox: a mail its number, a post in Slack its time."""
        return (
            self.platform_id.split(":")[1]
            if self.receiver == "ops" and self.platform_id
            else self.platform_id
        )

    @property
    def topic(self) -> tuple[str, str]:
        """What a notice is about, and the receiver that it is about."""
        _, topic, receiver, *_ = self.key.split("/")
        return topic, receiver

    @property
    def what(self) -> str:
        """What is told, to whomever."""
        return self.key.removesuffix(f"/{self.receiver}")


@dataclass
class Month:
    """The daemon, everything around it, and what may have been told twice.

    ``lost``: how often an acceptance of a message with this key was lost, by receiver.
    """

    settings: Path
    clock: SetClock
    api: Api
    simulator: Simulator
    slack: SlackInbox
    mails: MailInbox
    programs: Programs
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    disk_is_full: bool = False
    _scheduler: Scheduler | None = None
    _before: list[Mail] = field(default_factory=list)
    _hung_up: dict[str, int] = field(default_factory=dict)
    _due: dict[str, datetime] = field(default_factory=dict)

    @property
    def history(self) -> Path:
        """The history's file."""
        return self.settings.with_name("history.db")

    def start(self) -> None:
        """The daemon starts, with a cycle at once."""
        self._plan(at_once=True)

    def stop_until(self, moment: datetime) -> None:
        """Nothing runs until ``moment``; then it starts again."""
        self.clock.now = moment
        self.start()

    def live_until(self, moment: datetime) -> None:
        """Every wake-up that is due before ``moment``, each at its time."""
        while (due := min(self._due.values())) < moment:
            self.clock.now = max(self.clock.now, due)
            self._wake(min(self._due, key=lambda name: self._due[name]))
        self.clock.now = moment

    def set_clock(self, by: timedelta) -> None:
        """Somebody sets the clock, and the daemon sees it."""
        self.clock.now += by
        self._plan(at_once=False)

    def write_secret(self, name: str, secret: str) -> None:
        """Put a token where the settings have it."""
        file = self.settings.with_name(f"token-{name}")
        file.touch(0o600)
        file.write_text(secret)

    @contextmanager
    def no_mail_server(self) -> Iterator[None]:
        """Nobody takes mail meanwhile."""
        port = self.mails.port
        self.mails.__exit__(None, None, None)
        yield
        self._before += self.mails.mails
        self.mails = MailInbox(port=port)
        self.mails.__enter__()

    def lose_acceptances(self) -> None:
        """Every receiver takes one more message, and hangs up instead of saying so."""
        self._hung_up = {receiver: len(keys) for receiver, keys in self._keys().items()}
        self.slack.refuse_next("chat.postMessage", SlackTrouble.DROPPED_AFTER)
        self.mails.trouble_next(MailTrouble("CONTENT", 0))
        self.programs.loses = 1

    def rows(self) -> list[Row]:
        """Every row of the outbox."""
        with closing(sqlite3.connect(f"file:{self.history}?mode=ro", uri=True)) as connection:
            found = connection.execute(
                "SELECT m.key, o.key, o.receiver, o.kind, o.state, m.platform_id "
                "FROM outbox o LEFT JOIN outbox m ON m.id = o.bundle"
            )
            return [Row(*each) for each in found]

    def taken(self) -> dict[str, Counter[str]]:
        """How often each receiver took the message of each key; from then on ``lost`` is complete."""
        taken = self._keys()
        for receiver, number in self._hung_up.items():
            self.lost[receiver, taken[receiver][number]] += 1
        return {receiver: Counter(keys) for receiver, keys in taken.items()}

    def _keys(self) -> dict[str, list[str]]:
        sent = {row.mark: row.message for row in self.rows()}
        mails = [message_from_bytes(mail.content) for mail in (*self._before, *self.mails.mails)]
        return {
            # One that was edited since is known by where it is: an edit has no key.
            "ops": [sent.get(message.ts) or _key_of(message) for message in self.slack.messages],
            "growth": [sent.get(mail["Message-ID"], mail["Message-ID"]) for mail in mails],
            "bus": [document["key"] for document in self.programs.documents],
        }

    def kill_a_run(self, ready: Callable[[float], bool], longest: float = 3) -> None:
        """A daemon of its own works from now on, and is killed when it is ``ready``; then this goes on.

        ``ready`` is asked with the seconds that it has worked.
        """
        command = [
            sys.executable,
            *("-m", "smartapp_watch", "--config", str(self.settings)),
            *("--now", self.clock.now.isoformat(), "run"),
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
            assert running.stderr is not None
            assert b"watching" in running.stderr.readline()
            began = time.monotonic()
            while not ready(worked := time.monotonic() - began) and worked < longest:
                time.sleep(0.002)
            assert running.poll() is None
            running.kill()
        self._note_lost()
        self.stop_until(self.clock.now + 2 * _MINUTE)

    def kill_while_it_tells(self) -> None:
        """A daemon is killed when a program has taken its message, and before it hears so."""
        before = len(self.programs.documents)
        self.programs.on_taken = lambda: time.sleep(0.3)
        self.kill_a_run(lambda _: len(self.programs.documents) > before, longest=60)
        assert len(self.programs.documents) > before
        self.programs.on_taken = lambda: None

    def _note_lost(self) -> None:
        """What was being sent when the process died may have arrived; a message bears its first row's key."""
        with open_history(self.history, read_only=True) as history:
            rows = [row for row in history.outbox.undelivered() if row.state is MessageState.SENDING]
        first = {row.receiver: row.key for row in reversed(rows)}
        self.lost.update(first.items())

    def _plan(self, *, at_once: bool) -> None:
        """Reckon every wake-up, as the daemon's scheduler does when it starts, or the clock was set."""
        watch = Watch(load(self.settings), self.clock)
        observer = Observer(Heartbeat(lambda: None))
        self._scheduler = Scheduler(watch, Watch.cycle, _tell, _deliver, observer)
        self._scheduler._plan(at_once=at_once)
        self._due = {
            job.id: job.trigger.get_next_fire_time(None, self.clock.now)
            for job in self._jobs().values()
            if job.id not in ("tick", "delivery")
        }
        self._due["delivery"] = self._next_delivery()

    def _jobs(self) -> dict[str, Any]:
        assert self._scheduler is not None
        return {job.id: job for job in self._scheduler._apscheduler.get_jobs()}

    def _wake(self, name: str) -> None:
        job = self._jobs()[name]
        began = self.clock.now
        with _full_disk() if self.disk_is_full else nullcontext():
            job.func(*job.args)
        if name != "delivery":
            self._due[name] = job.trigger.get_next_fire_time(began, self.clock.now)
        self._due["delivery"] = self._next_delivery()

    def _next_delivery(self) -> datetime:
        """The next minute at which there is something to send; the others do nothing."""
        if not self.history.exists():
            return self.clock.now + timedelta(days=1)
        with open_history(self.history, read_only=True) as history:
            tries = [
                each.next_try for each in history.outbox.undelivered() if each.state is not MessageState.DEAD
            ]
        return max(min(tries), self.clock.now + _MINUTE) if tries else self.clock.now + timedelta(days=1)


def _key_of(message: PostedMessage) -> str:
    metadata = message.payload["metadata"]
    return str((json.loads(metadata) if isinstance(metadata, str) else metadata)["event_payload"]["key"])


@contextmanager
def _full_disk() -> Iterator[None]:
    """No file grows meanwhile, which is how a full disk looks to a program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_A_FULL_DISK, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
