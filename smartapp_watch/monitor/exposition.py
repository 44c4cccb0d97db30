"""``/metrics``: how the service fares, in the form that Prometheus reads; docs/monitoring.md explains each.

No label names a mini-program: ten thousand of them would be ten thousand series a metric.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from smartapp_watch import __version__
from smartapp_watch.alerts.alert import OPEN
from smartapp_watch.errors import ApiError, HistoryError
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.monitor.standing import Reader, Standing, faults
from smartapp_watch.monitor.tally import Outcome, Tally
from smartapp_watch.rules.rule import Severity
from smartapp_watch.scheduler import Scheduler
from smartapp_watch.watch import Watch

_PREFIX = "smartapp_watch_"
_KINDS = sorted(each.kind for each in ApiError.__subclasses__())
_WAITING = (MessageState.QUEUED, MessageState.SENDING, MessageState.RETRY)
_TROUBLES = ("failing", "in_part", "off")

_Labels = TypeVar("_Labels", bound=tuple[str, ...])
_Family = TypeVar("_Family", GaugeMetricFamily, CounterMetricFamily)


class Exposition(Collector):
    """Reads the service's standing anew each time it is asked."""

    def __init__(self, scheduler: Scheduler, observer: Observer, started_at: datetime) -> None:
        """``started_at``: when the service began, on the domain's clock."""
        self._scheduler = scheduler
        self._observer = observer
        self._started_at = started_at
        self._reader = Reader()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, as it is now."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Every family, as it is now; those from the history are left out where it cannot be read."""
        watch = self._scheduler.watch
        yield _gauge("build_info", "Always 1; the version.", {(__version__,): 1}, "version")
        yield _single("apps", "Mini-programs that the settings list.", len(watch.config.apps))
        well = not any(faults(self._scheduler, self._started_at))
        yield _single("healthy", "Whether /healthz says that all is well.", well)
        next_cycle = self._scheduler.next_cycle
        if next_cycle is not None:
            yield _moment("next_cycle", "When the next cycle begins.", next_cycle)
        yield from _of_cycles(self._observer.tally)
        yield from _of_files(watch)
        try:
            standing = self._reader.read(watch)
        except HistoryError:
            yield _single("history_readable", "Whether the history can be read.", 0)
            return
        yield _single("history_readable", "Whether the history can be read.", 1)
        yield from _of_history(standing, tuple(each.name for each in watch.config.receivers), watch.clock())


def _of_cycles(tally: Tally) -> Iterator[Metric]:
    cycles = {(outcome,): tally.cycles.get(outcome, 0) for outcome in Outcome}
    yield _counter("cycles", "Cycles that ended.", cycles, "outcome")
    yield _counter("calls", "Calls to the API, each try one.", {(): tally.calls})
    yield _counter("call_retries", "Calls that were another try.", {(): tally.retries})
    yield _counter("rows", "Rows written, changed or removed by polls.", {(): tally.rows})
    messages = {("sent",): tally.sent, ("retry",): tally.retried, ("dead",): tally.dead}
    yield _counter("messages", "What became of tries to deliver.", messages, "outcome")
    if tally.ended_at is not None:
        failures = {(kind,): tally.failures.get(kind, 0) for kind in _KINDS}
        yield _gauge("poll_failures", "Queries that failed in the newest poll.", failures, "kind")
        yield _moment("last_cycle", "When the newest cycle ended.", tally.ended_at)
        yield _single("last_cycle_duration_seconds", "How long the newest cycle took.", tally.seconds)


def _of_files(watch: Watch) -> Iterator[Metric]:
    path = watch.config.history.path
    try:
        files = [each for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()]
        size = sum(each.stat().st_size for each in files)
        disk = os.statvfs(path.parent)
    except OSError:
        return
    yield _single("history_bytes", "Size of the history, with its log.", size)
    yield _single("disk_free_bytes", "What is free where the history lies.", disk.f_bavail * disk.f_frsize)
    yield _single("disk_size_bytes", "How much fits where the history lies.", disk.f_blocks * disk.f_frsize)


def _of_history(standing: Standing, receivers: Iterable[str], now: datetime) -> Iterator[Metric]:
    if standing.complete_at is not None:
        yield _moment("last_complete_cycle", "When a cycle was complete last.", standing.complete_at)
    newest = {(report,): end.timestamp() for report, end in standing.newest.items()}
    title = "When the newest period ended that there are figures of."
    yield _gauge("newest_period_end_timestamp_seconds", title, newest, "report")
    late = {(report,): count for report, count in standing.late.items()}
    yield _gauge("apps_late", "Mini-programs without figures that were due.", late, "report")
    alerts = {(each, state): standing.alerts.get((each, state), 0) for each in Severity for state in OPEN}
    yield _gauge("alerts", "Open alerts.", alerts, "severity", "state")
    yield from _of_messages(standing, dict.fromkeys(receivers), now)


def _of_messages(standing: Standing, receivers: Iterable[str], now: datetime) -> Iterator[Metric]:
    waiting, messages = standing.waiting, {}
    for receiver in receivers:
        for state in _WAITING:
            found = waiting.get((receiver, state))
            messages[receiver, state] = found.rows if found else 0
    yield _gauge("outbox_messages", "Messages that wait to be sent.", messages, "receiver", "state")
    oldest = min((each.oldest for each in waiting.values()), default=now)
    age = (now - oldest).total_seconds()
    yield _single("outbox_oldest_age_seconds", "How long the oldest message waits; 0: none.", age)
    found_troubles = {
        (each.receiver, "off" if each.is_off else "in_part" if each.in_part else "failing")
        for each in standing.troubles
    }
    troubles = {(name, each): (name, each) in found_troubles for name in receivers for each in _TROUBLES}
    yield _gauge("receiver_trouble", "Whether a receiver is in trouble.", troubles, "receiver", "trouble")


def _gauge(name: str, title: str, series: Mapping[_Labels, float], *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(_PREFIX + name, title, labels=labels), series)


def _counter(name: str, title: str, series: Mapping[_Labels, float], *labels: str) -> Metric:
    return _filled(CounterMetricFamily(_PREFIX + name, title, labels=labels), series)


def _filled(family: _Family, series: Mapping[_Labels, float]) -> _Family:
    for values, number in series.items():
        family.add_metric(values, number)
    return family


def _single(name: str, title: str, number: float) -> Metric:
    return _gauge(name, title, {(): number})


def _moment(name: str, title: str, at: datetime) -> Metric:
    return _single(f"{name}_timestamp_seconds", title, at.timestamp())
