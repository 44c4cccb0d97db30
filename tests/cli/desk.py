"""An operator's desk: settings on disk, and the API, Slack and a mail server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

from smartapp_watch.cli.demo_world import FLEET, demo_world
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.faults import Faults
from smartapp_watch.simulator.inbox import MailInbox, SlackInbox
from smartapp_watch.simulator.server import Simulator

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=BEIJING)
"""A Monday; the first of the mini-programs had a bad day yesterday."""

SICK, WELL = FLEET[0].id, FLEET[1].id

SETTINGS = """
[api]
base_url = "{api}"
requests_per_second = 1000
timeout = "5s"
[poll]
schedule = "40 10 * * *"
reports = ["user_trend", "activity_user", "retained_user", "visit_page"]
history_days = 30
[[apps]]
id = "15263713"
name = "预约挂号"
tags = ["health"]
access_token = {{ file = "token-15263713" }}
[[apps]]
id = "15263714"
name = "城市公交"
access_token = {{ file = "token-15263714" }}
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
token = {{ file = "token-slack" }}
api_url = "{slack}"
[[receivers]]
name = "growth"
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
from = "watch@example.com"
to = ["growth@example.com"]
language = "en"
[[routes]]
receivers = ["ops"]
[[digests]]
name = "weekly"
period = "week"
schedule = "7 10 * * mon"
wait = "1h"
receivers = ["growth"]
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


Call = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Desk:
    """The folder with the settings, and what is on the other side of the network."""

    folder: Path
    simulator: Simulator
    slack: SlackInbox
    mails: MailInbox

    @property
    def settings(self) -> Path:
        """The settings' file."""
        return self.folder / "watch.toml"

    @property
    def history(self) -> Path:
        """The history's file; not there before something wrote it."""
        return self.folder / "history.db"

    def words(self, *words: str, now: datetime | None = NOW) -> list[str]:
        """The arguments of a call."""
        moment = ["--now", now.isoformat()] if now else []
        return ["--config", str(self.settings), *moment, *words]

    def start(self, *words: str, now: datetime | None = NOW, **options: Any) -> subprocess.Popen[str]:
        """The command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "smartapp_watch", *self.words(*words, now=now)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def change(self, old: str, new: str) -> None:
        """Edit the settings."""
        text = self.settings.read_text(encoding="utf-8")
        assert old in text
        self.settings.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def open_desk(folder: Path, faults: Faults | None = None, latency: float = 0) -> Iterator[Desk]:
    """A desk in ``folder``, with the rules that are shipped but for the platform's."""
    world = demo_world(FLEET[:2], date(2026, 11, 22))
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator(world, lambda: NOW, faults=faults, latency=latency))
        desk = Desk(folder, simulator, stack.enter_context(SlackInbox()), stack.enter_context(MailInbox()))
        secrets = {str(app.id): app.access_token for app in world.apps.values()} | {"slack": desk.slack.token}
        for name, secret in secrets.items():
            file = folder / f"token-{name}"
            file.touch(0o600)
            file.write_text(secret)
        copytree(shipped("rules"), folder / "rules")
        (folder / "rules" / "platform.toml").unlink()
        desk.settings.write_text(
            SETTINGS.format(api=simulator.url, slack=desk.slack.api_url, mail=desk.mails.port),
            encoding="utf-8",
        )
        yield desk


def run_module(*words: str, folder: Path, python: str = sys.executable, timeout: float = 60) -> Outcome:
    """``python -m smartapp_watch`` in ``folder``, with hardly any environment."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(shipped("rules").parent)}
    done = subprocess.run(
        [python, "-m", "smartapp_watch", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
