"""The sentence: poll, evaluate, deliver. Everything is wired here, from the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from smartapp_watch import deliver as delivering
from smartapp_watch import digest as digesting
from smartapp_watch import evaluate as evaluating
from smartapp_watch import poll as polling
from smartapp_watch import upkeep
from smartapp_watch.alerts.alert import Event
from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, ServiceNotice, Topic
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.api.client import Client
from smartapp_watch.clock import Clock, first_after, wall_clock
from smartapp_watch.complain import Complaints
from smartapp_watch.config.settings import DigestSettings, WatchConfig
from smartapp_watch.errors import CredentialsError, Stopped
from smartapp_watch.examine import Patient, examine, note_error, note_poll, note_success
from smartapp_watch.health import Ailment, Spell
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import NewestPoll
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon, learned_settle
from smartapp_watch.metrics.period import BEIJING, Granularity, Period
from smartapp_watch.metrics.plan import Target
from smartapp_watch.notify.render import Renderer
from smartapp_watch.poll.cost import POLL_BUDGET
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.senders import make_sender
from smartapp_watch.stopping import Stop
from smartapp_watch.survey import survey
from smartapp_watch.tokens import Tokens, make_client, overdue_expiry

STILL_NEWS = {Granularity.DAY: timedelta(days=7), Granularity.WEEK: timedelta(days=35)}
"""How long after its time and its ``wait`` a digest that was missed is made up for, by its period: after a
month in which nothing ran, four weeks are told of, and the last of its days."""

_LEARNED_FROM_DAYS = 30
_LEARNED_UP_TO = timedelta(hours=48)


@dataclass(slots=True)
class CycleResult:
    """What one cycle did, verb by verb. ``stopped``: why it ended before judging was done, if so."""

    poll: polling.PollResult
    events: list[tuple[Event, AlertNotice]]
    delivery: delivering.DeliveryResult
    stopped: str = ""


@dataclass
class Watch:
    """What the settings describe, ready to run; each method is one verb, on a history that is open."""

    config: WatchConfig
    clock: Clock
    stop: Stop = field(default_factory=Stop)
    refused_settings: Spell | None = None
    """Since when the files hold settings that were refused, and what is wrong with them."""
    _settle: timedelta | None = None

    def cycle(
        self,
        history: History,
        progress: polling.Progress | None = None,
        budget: timedelta | None = POLL_BUDGET,
    ) -> CycleResult:
        """Poll, evaluate, deliver; and the digests that are due. ``budget``: the longest time to poll."""
        polled = self.poll(history, progress=progress, budget=budget)
        self.survey(polled)
        try:
            events = self.evaluate(history)
        except Stopped as error:
            return CycleResult(polled, [], delivering.DeliveryResult(), str(error))
        note_success(history)
        return CycleResult(polled, events, self.tell(history))

    def tell(self, history: History) -> delivering.DeliveryResult:
        """Queue the digests that are due, and send everything that is queued."""
        self.queue_digests(history)
        return self.deliver(history)

    def plan(self, history: History, days: int | None = None, app_id: int | None = None) -> polling.Plan:
        """What a poll would ask; ``days`` back in place of the settings', of one mini-program or all."""
        self.learn(history)
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
        budget: timedelta | None = None,
    ) -> polling.PollResult:
        """Bring what is missing from the API into the history."""
        with history.transaction():
            history.observations.save_apps([settings.app for settings in self.config.apps])
        until = self.clock() + budget if budget else None
        client = self._client
        try:
            threads = self.config.api.concurrency
            poll = polling.Poll(history, client, self.clock, self.stop, threads, progress, until)
            result = poll.run(self.plan(history, days, app_id))
        finally:
            client.close()
        if days is None and app_id is None:  # else it saw a part, and says nothing about the rest
            history.polls.note_newest(NewestPoll(tuple(result.failures), result.stopped))
            note_poll(history, self._patient, result, self.clock())
        self._complaints(history).tell_of_calls(result.failures, self.clock())
        return result

    def survey(self, polled: polling.PollResult) -> None:
        """Ask for the status of mini-programs, as far as the poll before leaves calls for that."""
        if polled.stopped:
            return
        tokens, now = self._tokens.renewing(self.config.apps), self.clock()
        with closing(self._client) as client:
            survey(
                self._tokens.credentials, client.oauth, tokens, now=now, polled=polled.calls, stop=self.stop
            )

    def evaluate(
        self, history: History, *, until: Period | None = None, dry_run: bool = False
    ) -> list[tuple[Event, AlertNotice]]:
        """Judge what is ready, move the alerts, queue what is to be told."""
        self.learn(history)
        now, scope = self.clock(), self.scope
        return evaluating.evaluate(history, scope, now, until=until, dry_run=dry_run, stop=self.stop)

    def deliver(self, history: History) -> delivering.DeliveryResult:
        """Send what is queued, with a word about what ails the service, and about what was given up."""
        complaints, now = self._complaints(history), self.clock()
        complaints.forget_former_receivers()
        complaints.tell_all(self.ailments(history), now)
        result = delivering.deliver(history, self._senders, self.clock(), self.stop, self.quiet_hours)
        for receiver, error in result.given_up.items():
            complaints.tell_one(ServiceNotice(Topic.MESSAGE_GIVEN_UP, error, now, receiver), now)
        return result

    def look_after(self, history: History, seconds: float) -> None:
        """Do for the history what is due, as far as the time goes: forget, give room back, check."""
        upkeep.look_after(history, self.config.history, self.clock(), self.stop, seconds)

    def queue_digests(self, history: History) -> list[DigestNotice]:
        """Compose and queue each digest whose time has come and whose period is settled, or waited for."""
        self.learn(history)
        return [
            self.queue_digest(history, settings, period)
            for settings in self.config.digests
            for period in self._due_periods(history, settings)
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
        return Renderer(self.config.templates, self.config.site)

    @property
    def horizon(self) -> Horizon:
        """How far back figures are wanted, and how they settle, as far as that was learned."""
        return self._horizon(self.config.poll.history_days)

    def learn(self, history: History) -> None:
        """With ``settle = "auto"``: how long figures change, from what was seen in the last 30 days."""
        if not self.config.poll.settle_is_learned:
            return
        table = TABLES["user_trend"]
        since = Period.newest_closed(self.clock()).shift(-_LEARNED_FROM_DAYS)
        changes = history.observations.last_changes(table, since)
        ages = (at - period.closes() for period, at in changes)
        # What was filled in, or read after an outage of the poll, tells of the poll and not of the source.
        self._settle = learned_settle(age for age in ages if age <= _LEARNED_UP_TO)

    def _horizon(self, days: int) -> Horizon:
        poll = self.config.poll
        return Horizon(days, self._settle or poll.settle, poll.recheck_days)

    @cached_property
    def _client(self) -> Client:
        return make_client(self.config, self.stop)

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self.config.platform, self._client.oauth)

    @cached_property
    def _sources(self) -> list[polling.Source]:
        return [*self._app_sources(), *self._platform_sources()]

    def _app_sources(self) -> Iterator[polling.Source]:
        for settings in self.config.apps:
            token = self._tokens.of(settings)
            if token is not None:
                for table in settings.tables:
                    yield polling.Source(Target(table, settings.app.id), token)

    def _platform_sources(self) -> Iterator[polling.Source]:
        if self._tokens.platform is not None:
            for scene in ("", *self.config.platform.scenes):
                yield polling.Source(Target(TABLES["tp_data"], None, scene), self._tokens.platform)

    @property
    def scope(self) -> evaluating.Scope:
        """What is judged, for whom, and how figures settle."""
        config = self.config
        apps = tuple(
            evaluating.Watched(each.app, frozenset(table.name for table in each.tables))
            for each in config.apps
        )
        return evaluating.Scope(
            rules=config.rules,
            apps=apps,
            routes=config.routes,
            horizon=self.horizon,
            of_platform=config.polls_platform,
            calendar=self._calendar,
            zone=config.timezone,
            maintenance=config.maintenance,
            receivers=frozenset(receiver.name for receiver in config.receivers),
        )

    @property
    def unknown_year(self) -> int | None:
        """A year whose holidays should be known by now, and are not."""
        return self.config.calendar.unknown_year(self.clock().astimezone(BEIJING).date())

    @cached_property
    def _calendar(self) -> Calendar:
        return self.config.calendar.among(each.app for each in self.config.apps)

    def _digest_scope(self, settings: DigestSettings) -> digesting.Scope:
        tags = set(settings.tags)
        apps = tuple(each.app for each in self.config.apps if not tags or tags & each.app.tags)
        polled = {each.target.app_id for each in self._sources if each.target.table is digesting.FIGURES}
        unpolled = frozenset(app.id for app in apps if app.id not in polled)
        return digesting.Scope(
            apps,
            self.config.rules,
            of_platform=not tags,
            language=settings.language,
            unpolled=unpolled,
            horizon=self.horizon,
            calendar=self._calendar,
            receivers=frozenset(receiver.name for receiver in self.config.receivers),
            tags=settings.tags,
            zone=str(self.config.timezone),
            maintenance=self.config.maintenance,
        )

    def _due_periods(self, history: History, settings: DigestSettings) -> Iterator[Period]:
        """The closed periods whose digest is due and was not composed yet, oldest first."""
        now, scope = self.clock(), self._digest_scope(settings)
        for period, due in reversed(list(self._recent_periods(history, settings, now))):
            if now < due or history.digests.has(settings.name, period):
                continue
            if not digesting.reaches_back_to(history, scope, period):
                continue
            if now >= due + settings.wait or digesting.is_settled(history, scope, period, self.horizon):
                yield period

    def _recent_periods(
        self, history: History, settings: DigestSettings, now: datetime
    ) -> Iterator[tuple[Period, datetime]]:
        """The closed periods whose digest is still news, newest first, with the time it is due at."""
        period = Period.newest_closed(now, settings.period)
        first = _first_period(history, settings, period)
        while period >= first:
            due = first_after(settings.schedule, period.closes(), self.config.timezone)
            if now >= due + settings.wait + STILL_NEWS[settings.period]:
                return
            yield period, due
            period = period.shift(-1)

    def ailments(self, history: History) -> tuple[Ailment, ...]:
        """What ails the service now."""
        return examine(history, self._patient, self.clock())

    def note_error(self, history: History, error: str) -> None:
        """Keep that a cycle ended by an error, in words, and queue what is to be told of it."""
        note_error(history, error, self.clock())
        self._complaints(history).tell_all(self.ailments(history), self.clock())

    @property
    def _patient(self) -> Patient:
        try:
            overdue = overdue_expiry(self.config, wall_clock())
            known = self._tokens.credentials.apps()
        except CredentialsError:  # which the next poll tells of
            return Patient.of(self.config, self.refused_settings)
        return Patient.of(self.config, self.refused_settings, [overdue] if overdue else [], known)

    def _complaints(self, history: History) -> Complaints:
        receivers = tuple(each.name for each in self.config.receivers)
        return Complaints(history, receivers, self.config.routes)

    @property
    def quiet_hours(self) -> Mapping[str, QuietHours]:
        """When which receiver is left alone with what is not critical."""
        return {
            settings.name: QuietHours(*settings.quiet_hours, self.config.timezone)
            for settings in self.config.receivers
            if settings.quiet_hours is not None
        }

    @cached_property
    def _senders(self) -> Mapping[str, delivering.Sender]:
        return {
            settings.name: delivering.LateSender(
                partial(make_sender, settings, self.renderer, self.stop.wait)
            )
            for settings in self.config.receivers
        }


def _first_period(history: History, settings: DigestSettings, newest: Period) -> Period:
    """The first period of a digest: what was the newest when the digest was first thought of."""
    key = f"digest_since/{settings.name}/{settings.period}"
    noted = history.note(key)
    if noted is None:
        history.set_note(key, str(newest))
        return newest
    return Period.parse(noted)
