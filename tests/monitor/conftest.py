"""A service that answers at a port of loopback, on a real history; its scheduler wakes nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from smartapp_watch.config.load import load
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.monitor.heartbeat import Heartbeat
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.monitor.page import server
from smartapp_watch.scheduler import Scheduler
from smartapp_watch.watch import Watch

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
NAME = "预约挂号"
SETTINGS = f"""
[poll]
schedule = "7,37 8-23 * * *"
reports = ["user_trend", "retained_user"]
[platform]
access_token = {{ env = "TP" }}
[[apps]]
id = "15263713"
name = "{NAME}"
access_token = {{ env = "APP" }}
[[apps]]
id = "15263714"
access_token = {{ env = "APP" }}
[[receivers]]
name = "ops"
kind = "webhook"
url = "http://127.0.0.1:1/"
[[receivers]]
name = "growth"
kind = "webhook"
url = "http://127.0.0.1:1/"
"""

Sample = tuple[str, frozenset[tuple[str, str]]]


def sample(name: str, **labels: str) -> Sample:
    """What a value is found by."""
    return f"smartapp_watch_{name}", frozenset(labels.items())


def parsed(text: str) -> dict[Sample, float]:
    """Every value of an exposition."""
    return {
        (each.name, frozenset(each.labels.items())): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


@dataclass
class Service:
    """``now`` is its clock's; it may be set."""

    url: str
    scheduler: Scheduler
    observer: Observer
    path: Path
    now: datetime = NOW

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=20)

    def values(self) -> Mapping[Sample, float]:
        answer = self.get("/metrics")
        assert answer.status_code == 200
        return parsed(answer.text)


@pytest.fixture
def service(tmp_path: Path, history: History) -> Iterator[Service]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "watch.toml").write_text(SETTINGS, encoding="utf-8")
    made: list[Service] = []
    watch = Watch(load(tmp_path / "watch.toml"), lambda: made[0].now if made else NOW)
    observer = Observer(Heartbeat(lambda: None))
    scheduler = Scheduler(watch, _nothing, _nothing, _nothing, observer)
    opened = server(scheduler, observer, 0)
    opened.start()
    made.append(Service(f"http://127.0.0.1:{opened.port}", scheduler, observer, history.path))
    yield made[0]
    opened.stop()


def _nothing(_watch: Watch, _history: History) -> None:
    """No work."""


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
