"""Tokens that live two seconds, lost answers, errors and kills: no mini-program is ever locked out."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from random import Random

from smartapp_watch.config.load import load
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.simulator.accounts import Accounts
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
YESTERDAY = Period.parse("2026-11-22")
APPS = range(101, 151)
KILLS = 20
LIFE = 2.0


def write_settings(folder: Path, url: str, accounts: Accounts) -> Path:
    apps = "".join(f'[[apps]]\nid = {app}\nrefresh_token = "{accounts.refresh_token(app)}"\n' for app in APPS)
    (folder / "rules").mkdir()
    settings = folder / "watch.toml"
    settings.write_text(
        f"""
[api]
base_url = "{url}"
requests_per_second = 1000
concurrency = 16
timeout = "5s"
[platform]
access_token = "{accounts.platform_token()}"
[poll]
reports = ["region"]
history_days = 60
{apps}
"""
    )
    return settings


def poll(settings: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "smartapp_watch", "--config", str(settings), "--now", NOW.isoformat()]
    return subprocess.Popen(
        [*command, "poll", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_no_mini_program_is_locked_out_by_lost_answers_errors_and_kills(tmp_path: Path) -> None:
    accounts = Accounts(dict.fromkeys(APPS, ""), life=LIFE, lost=0.1, errors=0.1, seed=1)
    world = World(7, tuple(SimulatedApp(app) for app in APPS), begins=date(2026, 9, 1))
    chance = Random(1)
    with Simulator(world, lambda: NOW, accounts=accounts) as simulator:
        settings = write_settings(tmp_path, simulator.url, accounts)
        for _ in range(KILLS):
            before = accounts.calls.total()
            process = poll(settings)
            while accounts.calls.total() < before + 3 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.6))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        at_last = poll(settings, "--days", "2")
        out, err = at_last.communicate(timeout=120)
    print(out, err[-3000:], accounts.calls)
    kept = Credentials(tmp_path / "credentials.json").apps()
    assert at_last.returncode == 0
    assert accounts.calls["app_to_tp_refresh_token"] > 2 * len(APPS)
    assert accounts.calls["app_to_tp_authorization_code"] > KILLS
    assert {token: times for token, times in accounts.presented.items() if times > 1} == {}
    assert kept.keys() == set(APPS)
    assert [record.app_id for record in kept.values() if record.refused or not record.lease.token] == []
    table = load(settings).tables[0]
    with open_history(tmp_path / "history.db", read_only=True) as history:
        assert history.observations.newest(table, YESTERDAY).keys() == set(APPS)
