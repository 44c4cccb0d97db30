"""The alerts for Prometheus and the dashboard for Grafana are about metrics that are there and explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from smartapp_watch.history.database import History
from smartapp_watch.monitor.standing import note_cycle
from tests.history.made import TREND, reading, row
from tests.monitor.conftest import NOW, Service
from tests.monitor.test_page import cycle

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
NAME = re.compile(r"\b(?:smartapp_watch|process)_\w+")
NEEDED = {"Down", "NoCompleteCycle", "PollsFail", "DataLate", "MessagesGivenUp", "ReceiverOff", "DiskFills"}

yaml: Any = pytest.importorskip("yaml")


@pytest.fixture
def exported(service: Service, history: History) -> set[str]:
    """The name of every metric of a service at work."""
    history.observations.save(reading(TREND, 15263713, row(TREND, "2026-11-22", user_count=5)), NOW)
    service.observer.began("cycle")
    service.observer.ended(cycle())
    note_cycle(history, cycle(), NOW)
    service.scheduler.start()
    text = service.get("/metrics").text
    service.scheduler.shutdown()
    return {each.name for family in text_string_to_metric_families(text) for each in family.samples}


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    document = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def names(expressions: Iterator[str]) -> set[str]:
    return {name for each in expressions for name in NAME.findall(re.sub(r'"[^"]*"', "", each))}


def test_every_metric_is_documented_and_every_documented_one_is_there(exported: set[str]) -> None:
    documented = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## /metrics")[2], re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == exported


def test_alerts_and_dashboard_ask_for_metrics_that_are_there(exported: set[str]) -> None:
    asked = names(rule["expr"] for rule in rules())
    assert len(asked) > 8
    assert asked <= exported
    shown = names(target["expr"] for panel in panels() for target in panel["targets"])
    assert shown <= exported
    assert exported - shown <= {"smartapp_watch_last_cycle_timestamp_seconds", "process_virtual_memory_bytes"}


def test_every_alert_has_a_severity_and_says_what_is_wrong() -> None:
    assert {f"SmartappWatch{each}" for each in NEEDED} <= {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]


def test_the_dashboard_takes_its_prometheus_and_instance_from_variables() -> None:
    variables = {each["name"]: each["type"] for each in dashboard()["templating"]["list"]}
    assert variables == {"datasource": "datasource", "instance": "query"}
    for panel in panels():
        for place in (panel, *panel["targets"]):
            assert place["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all('instance="$instance"' in target["expr"] for target in panel["targets"])


def test_no_panel_lies_on_another() -> None:
    every = dashboard()["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    for one, other in combinations((panel["gridPos"] for panel in every), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
