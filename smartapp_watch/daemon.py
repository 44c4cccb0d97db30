"""The daemon: obeys signals, looks whether the work goes on, and tells the service manager of it."""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from smartapp_watch.admit import Admission
from smartapp_watch.buttons import sockets
from smartapp_watch.clock import wall_clock
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.errors import ConfigError, Problem, WatchError, unknown_holidays
from smartapp_watch.health import Spell
from smartapp_watch.history.database import History
from smartapp_watch.monitor.heartbeat import Heartbeat
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.monitor.standing import note_cycle
from smartapp_watch.monitor.tally import in_words
from smartapp_watch.poll import Progress
from smartapp_watch.poll.cost import cost_of
from smartapp_watch.receive import Receiver
from smartapp_watch.redaction import redact
from smartapp_watch.scheduler import TICKS_COME_WITHIN, WRITES_COME_WITHIN, Scheduler
from smartapp_watch.serving import Server
from smartapp_watch.systemd import Manager
from smartapp_watch.watch import CycleResult, Watch
from smartapp_watch.web.server import Web

HANGS_AFTER = 900.0
"""Seconds without a sign of life after which the work under way hangs. Calls, judging and messages show life
every few seconds; what shows none, as forgetting the figures of a year, takes minutes at most."""

_STOP_WITHIN = 50.0
"""Seconds for the work under way to end after a signal; a service manager's patience is longer."""

_LISTENER_STOPS_WITHIN = 5.0
_CLOCK_WAS_SET = 60.0
_LOOKS = 5.0
_PROBLEMS_TOLD = 2
_MOVED = Problem("[history]", 0, "`path` is another one now", "restart the service for that")

logger = logging.getLogger(__name__)


class Daemon:
    """Works until SIGTERM or SIGINT; SIGHUP, or a changed authorisation, makes it read its settings anew.

    ``load``: reads them; ConfigError where there is a mistake. ``progress``: makes what shows how far a poll
    has come, anew for each.
    """

    def __init__(
        self,
        watch: Watch,
        load: Callable[[], WatchConfig],
        manager: Manager,
        progress: Callable[[], Progress | None] = lambda: None,
    ) -> None:
        self._watch = watch
        self._load = load
        self._manager = manager
        self._progress = progress
        self._fleet_changed = threading.Event()
        self._admission = Admission(
            lambda: self._watch.config, self._fleet_changed.set, watch.stop, watch.clock
        )
        self._receiver = Receiver(self._admission.take_ticket, self._admission.take_event)
        self._observer = Observer(Heartbeat(lambda: self._watch.config.service.heartbeat_url))
        self._scheduler = Scheduler(watch, self._cycle, _tell, _deliver, self._observer)
        self._drift = _drift()
        self._deaf = threading.Event()
        self._listeners: list[threading.Thread] = []
        self._server: Server | None = None
        self._web = Web(lambda: self._watch.config, watch.clock, self._scheduler.deliver_soon)
        self._unknown_year: int | None = None

    def run(self) -> None:
        """Work until a signal ends it: a cycle at once, then by schedule; digests; retries each minute.

        WatchError, before anything else has begun, where a port is not to be had; HistoryUnusable where the
        history must not be written to any more.
        """
        self._open_ports(self._watch.config)
        signals = _catch_signals()
        config = self._watch.config
        logger.info("watching %d mini-programs; polling at %s", len(config.apps), config.poll.schedule)
        self._warn_of_cost()
        self._scheduler.start()
        self._listen()
        self._manager.ready(self._status())
        while True:
            number = _next_signal(signals, _LOOKS)
            if number in (signal.SIGTERM, signal.SIGINT):
                break
            if number == signal.SIGHUP or self._fleet_changed.is_set():
                self._reload()
            if self._scheduler.unusable is not None:
                break
            self._look()
            self._receiver.look()
            self._web.look()
        why = self._scheduler.unusable
        if why is None:
            logger.info("%s: stopping", signal.Signals(number or 0).name)
        else:
            logger.critical("%s; ending", why)
        self._end()
        if why is not None:
            raise why

    def _cycle(self, watch: Watch, history: History) -> CycleResult:
        year = watch.unknown_year
        if year not in (None, self._unknown_year):
            logger.warning("%s", unknown_holidays(year or 0))
        self._unknown_year = year
        result = watch.cycle(history, self._progress())
        note_cycle(history, result, watch.clock())
        logger.info("cycle: %s", in_words(result))
        return result

    def _look(self) -> None:
        """See to it that the clock is the one that was reckoned with, and that the work goes on."""
        drift = _drift()
        if abs(drift - self._drift) > _CLOCK_WAS_SET:
            logger.warning("the clock was set by %+.0f s; reckoning anew", drift - self._drift)
            self._drift = drift
            self._scheduler.plan_anew()
        silence = self._watch.stop.silence
        if self._scheduler.is_at_work and silence > HANGS_AFTER:
            logger.critical("the work under way hangs since %.0f s; ending. What was saved stays", silence)
            os._exit(1)
        if self._is_well():
            self._manager.alive(self._status())

    def _is_well(self) -> bool:
        scheduler = self._scheduler
        return scheduler.ticked_within(TICKS_COME_WITHIN) and scheduler.wrote_within(WRITES_COME_WITHIN)

    def _status(self) -> str:
        apps = f"{len(self._watch.config.apps)} mini-programs"
        if self._scheduler.is_at_work:
            return f"{apps}, at work"
        due = self._scheduler.next_cycle
        return f"{apps}, next poll {due:%a %H:%M}" if due else apps

    def _reload(self) -> None:
        """Take new settings, rules and templates: all of them, or none where one has a mistake."""
        self._fleet_changed.clear()  # what changes from now on may not be in what is read
        self._manager.reloading()
        try:
            config = self._load()
            self._refuse_moved(config)
            self._open_ports(config)
        except WatchError as error:
            logger.error("the settings stay as they were:\n%s", error)  # noqa: TRY400 - its text says it all
            self._watch.refused_settings = Spell(self._watch.clock(), error=_first_problems(error))
            self._scheduler.deliver_soon()
        else:
            self._watch = Watch(config, self._watch.clock, self._watch.stop)
            self._scheduler.take(self._watch)
            self._listen()
            logger.info("took new settings: %d mini-programs, %d rules", len(config.apps), len(config.rules))
            self._warn_of_cost()
        self._manager.ready(self._status())

    def _warn_of_cost(self) -> None:
        problem = cost_of(self._watch.config, self._watch.clock()).problem
        if problem is not None:
            logger.warning("%s", problem)

    def _refuse_moved(self, config: WatchConfig) -> None:
        if config.history.path != self._watch.config.history.path:
            raise ConfigError((_MOVED,))

    def _open_ports(self, config: WatchConfig) -> None:
        """Answer where the settings say; WatchError where that cannot be, and all stays as it was."""
        before = self._watch.config
        with ExitStack() as undo:
            self._receiver.take(config.platform)
            undo.callback(self._receiver.take, before.platform)
            self._web.take(config.web)
            undo.callback(self._web.take, before.web)
            self._open_port(config)
            undo.pop_all()

    def _open_port(self, config: WatchConfig) -> None:
        """Answer for ``[service]``; ConfigError where that cannot be, and all stays as it was."""
        port = config.service.metrics_port
        if port == (self._server.port if self._server else None):
            return
        opened = None
        if port is not None:
            from smartapp_watch.monitor.page import server  # noqa: PLC0415 - there only with an extra

            try:
                opened = server(self._scheduler, self._observer, port)
            except WatchError as error:
                raise ConfigError((Problem("[service] metrics_port", 0, str(error)),)) from None
            opened.start()
        if self._server is not None:
            self._server.stop()
        self._server = opened

    def _listen(self) -> None:
        """Listen for the buttons of each Slack app on a thread of its own, in place of those before."""
        self._hush()
        self._deaf = threading.Event()
        self._listeners = [
            threading.Thread(target=socket.listen, args=(self._deaf,), daemon=True)
            for socket in sockets(self._watch.config, self._watch.clock, self._scheduler.deliver_soon)
        ]
        for each in self._listeners:
            each.start()

    def _hush(self) -> None:
        self._deaf.set()
        for each in self._listeners:
            each.join(_LISTENER_STOPS_WITHIN)

    def _end(self) -> None:
        self._manager.stopping("stopping")
        self._watch.stop.set()
        ending = threading.Thread(target=self._scheduler.shutdown, daemon=True)
        ending.start()
        self._hush()
        self._receiver.close()
        self._web.close()
        self._admission.close()
        if self._server is not None:
            self._server.stop()
        ending.join(_STOP_WITHIN)
        if ending.is_alive():
            logger.error("the work under way did not end within %d s; what was saved stays", _STOP_WITHIN)
            os._exit(1)
        logger.info("stopped")


def _first_problems(error: WatchError) -> str:
    """The first mistakes on one line, fit for a message to people who may see no secret."""
    problems = error.problems if isinstance(error, ConfigError) else (error,)
    first = "; ".join(str(each) for each in problems[:_PROBLEMS_TOLD])
    more = len(problems) - _PROBLEMS_TOLD
    return redact(" ".join(first.split())) + (f" (+{more})" if more > 0 else "")


def _drift() -> float:
    """How far the wall clock is ahead of the time that passes; constant unless the clock is set."""
    return wall_clock().timestamp() - time.monotonic()


def _catch_signals() -> int:
    """A descriptor from which the number of a signal can be read when one has come.

    The handlers do nothing: one that logged or set an event could meet a lock that its own thread holds.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reading


def _next_signal(descriptor: int, within: float) -> int | None:
    ready, _, _ = select.select([descriptor], [], [], within)
    return os.read(descriptor, 1)[0] if ready else None


def _tell(watch: Watch, history: History) -> DeliveryResult:
    return _logged(watch.tell(history))


def _deliver(watch: Watch, history: History) -> DeliveryResult:
    return _logged(watch.deliver(history))


def _logged(result: DeliveryResult) -> DeliveryResult:
    """What a delivery between cycles did, logged where it did something."""
    if result.sent or result.retry or result.dead:
        logger.info(
            "delivery: %d sent, %d to be tried again, %d given up", result.sent, result.retry, result.dead
        )
    return result
