"""Drawing the picture of an alert, and what reading its trend costs the evaluation that tells it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.evaluate import HORIZON
from bench.fleet import NOW, fill
from smartapp_watch.alerts.alert import Alert, Event, EventType, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.config.load import load
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.notify.chart import CARD, SPARKLINE, Drawing, picture_of
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.rule import Severity
from smartapp_watch.rules.verdict import Figures
from smartapp_watch.shipped_files import shipped

DAY = Period.parse("2026-11-21")
TIMES, DAYS = 50, 60


def main() -> None:
    """Print milliseconds and bytes a picture, and milliseconds a trend."""
    for name, form in (("card", CARD), ("sparkline", SPARKLINE)):
        begun, size = time.process_time(), 0
        for number in range(TIMES):
            picture = picture_of(
                Drawing(example_trend(39.6, 52.0, 61.0 + number / 10), Unit.PERCENT, "bad"), form
            )
            size += len(picture.png) if picture else 0
        spent = (time.process_time() - begun) / TIMES
        print(f"{name}: {1000 * spent:.1f} ms, {size / TIMES:,.0f} bytes")
    apps = int(os.environ.get("BENCH_APPS", "200"))
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        fill(history, apps, DAYS)
        print(f"trend of a page, {apps} mini-programs: {1000 * read_trends(history):.1f} ms")


def read_trends(history: History) -> float:
    """Seconds that the trend of a page's alert takes."""
    rule = next(each for each in load(shipped("watch.toml")).rules if each.name == "page-exit-rate-rise")
    row = next(history.observations.rows(TABLES["visit_page"], [DAY], ["pv_count"]))
    page = (("page_id", row.dimensions[0]),)
    alert = Alert(1, rule.name, row.app_id, page, State.FIRING, Severity.WARNING, DAY, DAY, Figures())
    trends = Trends(history.observations, history.alerts, (), HORIZON, Calendar(), NOW)
    notice = AlertNotice.of(rule, None, Event(EventType.FIRE, alert))
    begun = time.process_time()
    for _ in range(TIMES):
        assert trends.add_to(notice, rule, alert).trend
    return (time.process_time() - begun) / TIMES
