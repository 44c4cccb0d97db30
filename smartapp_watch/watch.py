"""The sentence: poll, evaluate, deliver. Everything is wired here, from the settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from smartapp_watch import deliver as delivering
from smartapp_watch import digest as digesting
from smartapp_watch import evaluate as evaluating
from smartapp_watch import poll as polling
from smartapp_watch.alerts.alert import Event
from smartapp_watch.alerts.notification import AlertNotice, DigestNotice
from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.clock import Clock, first_after
from smartapp_watch.config.settings import DigestSettings, ReceiverSettings, SlackSettings, WatchConfig
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.plan import Target
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender

_BREAKDOWNS = tuple(table for table in TABLES.values() if table.is_breakdown)


@dataclass(slots=True)
class CycleResult:
    """What one cycle did, verb by verb."""

    poll: polling.PollResult
    events: list[tuple[Event, AlertNotice]]
    delivery: delivering.DeliveryResult


@dataclass
class Watch:
    """What the settings describe, ready to run; each method is one verb, on a history that is open."""

    config: WatchConfig
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)

    def cycle(self, history: History, progress: polling.Progress | None = None) -> CycleResult:
        """Poll, evaluate, deliver; and the digests that are due."""
        polled = self.poll(history, progress=progress)
        events = self.evaluate(history)
        return CycleResult(polled, events, self.tell(history))

    def tell(self, history: History) -> delivering.DeliveryResult:
        """Queue the digests that are due, and send everything that is queued."""
        self.queue_digests(history)
        return self.deliver(history)

    def plan(
        self, history: History, days: int | None = None, app_id: int | None = None
    ) -> list[tuple[polling.Source, Query]]:
        """What a poll would ask; ``days`` back in place of the settings', of one mini-program or all."""
        horizon = self.horizon if days is None else self._horizon(days)
        sources = [each for each in self._sources if app_id is None or each.target.app_id == app_id]
        return polling.plan(history, sources, horizon, self.clock())

    def poll(
        self,
        history: History,
        *,
        days: int | None = None,
        app_id: int | None = None,
        progress: polling.Progress | None = None,
    ) -> polling.PollResult:
        """Bring what is missing from the API into the history, and forget what is too old."""
        with history.transaction():
            history.observations.save_apps([settings.app for settings in self.config.apps])
        client = self._client()
        try:
            poll = polling.Poll(history, client, self.clock, self.stop, self.config.api.concurrency, progress)
            result = poll.run(self.plan(history, days, app_id))
        finally:
            client.close()
        history.set_note(digesting.POLL_FAILURES, "\n".join(_failure_lines(result)))
        self._prune(history)
        return result

    def evaluate(
        self, history: History, *, until: Period | None = None, dry_run: bool = False
    ) -> list[tuple[Event, AlertNotice]]:
        """Judge what is ready, move the alerts, queue what is to be told."""
        return evaluating.evaluate(history, self._scope, self.clock(), until=until, dry_run=dry_run)

    def deliver(self, history: History) -> delivering.DeliveryResult:
        """Send what is queued."""
        return delivering.deliver(history, self._senders, self.clock(), self.stop)

    def queue_digests(self, history: History) -> list[DigestNotice]:
        """Compose and queue each digest whose time has come and whose period is settled, or waited for."""
        return [
            self.queue_digest(history, settings, period)
            for settings in self.config.digests
            for period in self._due_period(history, settings)
        ]

    def queue_digest(self, history: History, settings: DigestSettings, period: Period) -> DigestNotice:
        """Compose a digest and queue it for its receivers; once for each of them."""
        notice = self.compose_digest(history, settings, period)
        digesting.queue(history, notice, settings.receivers, self.clock())
        return notice

    def compose_digest(self, history: History, settings: DigestSettings, period: Period) -> DigestNotice:
        """The digest as it would be sent; the frozen one where it was queued before."""
        return digesting.compose(history, settings.name, self._digest_scope(settings), period, self.clock())

    @cached_property
    def renderer(self) -> Renderer:
        """Messages from templates, the operator's own first."""
        return Renderer(self.config.templates)

    @cached_property
    def horizon(self) -> Horizon:
        """How far back figures are wanted, and how they settle."""
        return self._horizon(self.config.poll.history_days)

    def _horizon(self, days: int) -> Horizon:
        poll = self.config.poll
        return Horizon(days, poll.settle, poll.recheck_days)

    def _client(self) -> Client:
        api = self.config.api
        return Client(
            api.base_url,
            requests_per_second=api.requests_per_second,
            timeout=api.timeout.total_seconds(),
            stop=self.stop,
            proxies=api.proxies,
        )

    @cached_property
    def _sources(self) -> list[polling.Source]:
        return [*self._app_sources(), *self._platform_sources()]

    def _app_sources(self) -> Iterator[polling.Source]:
        for settings in self.config.apps:
            if settings.access_token is None:
                continue
            token = AccessToken(settings.access_token.reveal)
            for table in settings.tables:
                yield polling.Source(Target(table, settings.app.id), token)

    def _platform_sources(self) -> Iterator[polling.Source]:
        secret = self.config.platform.access_token
        if secret is not None:
            token = AccessToken(secret.reveal)
            for scene in ("", *self.config.platform.scenes):
                yield polling.Source(Target(TABLES["tp_data"], None, scene), token)

    @property
    def _scope(self) -> evaluating.Scope:
        config = self.config
        apps = tuple(evaluating.Watched(each.app, frozenset(each.tables)) for each in config.apps)
        return evaluating.Scope(config.rules, apps, config.routes, self.horizon, config.polls_platform)

    def _digest_scope(self, settings: DigestSettings) -> digesting.Scope:
        tags = set(settings.tags)
        apps = tuple(each.app for each in self.config.apps if not tags or tags & each.app.tags)
        return digesting.Scope(apps, self.config.rules, not tags, settings.language)

    def _due_period(self, history: History, settings: DigestSettings) -> Iterator[Period]:
        """The newest closed period, if its digest is due and was not composed yet."""
        now = self.clock()
        period = Period.newest_closed(now, settings.period)
        due = first_after(settings.schedule, period.closes(), self.config.timezone)
        if now < due or history.digests.find(settings.name, period):
            return
        scope = self._digest_scope(settings)
        if now >= due + settings.wait or digesting.is_settled(history, scope, period, self.horizon):
            yield period

    @cached_property
    def _senders(self) -> Mapping[str, delivering.Sender]:
        return {settings.name: self._sender(settings) for settings in self.config.receivers}

    def _sender(self, settings: ReceiverSettings) -> delivering.Sender:
        if isinstance(settings, SlackSettings):
            return SlackSender(
                settings.name,
                settings.language,
                self.renderer,
                channel=settings.channel,
                token=settings.token.reveal() if settings.token else "",
                webhook_url=settings.webhook_url.reveal() if settings.webhook_url else "",
                api_url=settings.api_url,
            )
        return EmailSender(
            settings.name,
            settings.language,
            self.renderer,
            host=settings.host,
            port=settings.port,
            security=settings.security,
            username=settings.username,
            password=settings.password.reveal() if settings.password else "",
            sender=settings.sender,
            to=settings.to,
        )

    def _prune(self, history: History) -> None:
        """Forget what the settings keep no longer; a breakdown's rows are most of the file."""
        history_settings = self.config.history
        for table in TABLES.values():
            limits = [history_settings.keep_days]
            if table in _BREAKDOWNS:
                limits.append(history_settings.keep_breakdown_days)
            days = min((limit for limit in limits if limit), default=0)
            if days:
                newest = Period.newest_closed(self.clock(), table.granularity)
                oldest = newest.first - timedelta(days=days)
                history.observations.prune(table, Period.containing(oldest, table.granularity))


def _failure_lines(result: polling.PollResult) -> Iterator[str]:
    for failure in result.failures:
        app = "tp" if failure.app_id is None else failure.app_id
        yield f"{app} {failure.report} {failure.period}: {' '.join(failure.message.split())}"
    if result.stopped:
        yield result.stopped
