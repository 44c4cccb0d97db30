"""What ails the service: the signs are read from the history and the host, and judged.

A way to take each sign that there is; :func:`smartapp_watch.health.ailments` says what it means.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from types import MappingProxyType

from smartapp_watch.alerts.notification import Topic
from smartapp_watch.config.settings import TokenWay, WatchConfig
from smartapp_watch.credentials.record import RESTRICTED, STATUSES, AppRecord
from smartapp_watch.errors import ApiError, NoRenewal, PlatformRefused, Refused, TokenRejected
from smartapp_watch.health import (
    FIGURES,
    Ailment,
    Disk,
    Polled,
    Restriction,
    Spell,
    TokenExpiry,
    Vitals,
    ailments,
    late_hour,
)
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TP_DATA
from smartapp_watch.poll import OUT_OF_TIME, STOPPED, PollResult

_REFUSED = (TokenRejected.kind, Refused.kind)


@dataclass(frozen=True, slots=True)
class Patient:
    """The service, as far as its health depends on its settings.

    ``names``: of what is polled, by number (None: the platform). ``trended``: the numbers of those whose
    figures are awaited each day. ``hour``: from when on they are late. ``receivers``: those there are.
    ``settings``: why it does not run on the settings in the files. ``restricted``: those of the polled that
    Baidu keeps from their users.
    """

    names: Mapping[int | None, str]
    trended: Sequence[int]
    hour: time
    zone: tzinfo
    receivers: tuple[str, ...]
    tokens: Sequence[TokenExpiry] = ()
    settings: Spell | None = None
    restricted: Sequence[Restriction] = ()

    @classmethod
    def of(
        cls,
        config: WatchConfig,
        settings: Spell | None = None,
        tokens: Sequence[TokenExpiry] = (),
        known: Mapping[int, AppRecord] = MappingProxyType({}),
    ) -> Patient:
        """The service with these settings; ``settings`` and ``tokens`` as above, ``known`` by number."""
        polled = [each for each in config.apps if config.way_of(each) is not TokenWay.NONE]
        names: dict[int | None, str] = {each.app.id: each.app.title for each in polled}
        if config.polls_platform:
            names[None] = TP_DATA.name
        return cls(
            names=names,
            trended=[each.app.id for each in polled if FIGURES in each.tables],
            hour=late_hour(config.rules),
            zone=config.timezone,
            receivers=tuple(each.name for each in config.receivers),
            tokens=tokens,
            settings=settings,
            restricted=[
                Restriction(names[each.app_id], STATUSES[each.status], each.status_since)
                for each in known.values()
                if each.app_id in names and each.status in RESTRICTED and each.status_since
            ],
        )


def note_poll(history: History, patient: Patient, result: PollResult, now: datetime) -> None:
    """Keep what a poll of everything says of the service's health; one that was stopped says nothing."""
    if result.stopped == STOPPED:
        return
    refusals = {each.app_id: each.message for each in result.failures if each.kind in _REFUSED}
    newest = result.failures[-1].message if result.failures else ""
    poll = Polled(
        at=now,
        planned=result.planned,
        answered=frozenset(result.answered),
        refusals=refusals,
        error=newest or result.stopped,
        shut_out=_first_words(result, PlatformRefused),
        no_renewal=_first_words(result, NoRenewal),
        whole=result.stopped != OUT_OF_TIME,
        arrivals=history.health.arrivals(patient.trended, patient.hour, patient.zone, now),
    )
    history.health.save_record(history.health.record().after_poll(poll))


def _first_words(result: PollResult, error: type[ApiError]) -> str:
    return next((each.message for each in result.failures if each.kind == error.kind), "")


def note_error(history: History, error: str, now: datetime) -> None:
    """Keep that a cycle ended by an error, in words."""
    history.health.save_record(history.health.record().after_error(now, error))


def note_success(history: History) -> None:
    """Keep that a cycle ran to its end."""
    record = history.health.record()
    if record.cycles:
        history.health.save_record(replace(record, cycles=None))


def examine(history: History, patient: Patient, now: datetime) -> tuple[Ailment, ...]:
    """Everything that ails the service, what keeps figures away first, receivers last."""
    total, size = shutil.disk_usage(history.path.parent).total, history.storage.size()
    vitals = Vitals(
        record=history.health.record(),
        names=patient.names,
        disk=Disk(size.disk_free, total, size.a_day),
        tokens=patient.tokens,
        settings=patient.settings,
        restricted=patient.restricted,
    )
    return (*ailments(vitals, now), *_receivers(history, patient.receivers))


def _receivers(history: History, receivers: tuple[str, ...]) -> Iterator[Ailment]:
    for trouble in history.outbox.troubles.all():
        if trouble.receiver in receivers and (trouble.is_off or trouble.in_part):
            topic = Topic.RECEIVER_OFF if trouble.is_off else Topic.RECIPIENTS_REFUSED
            yield Ailment(topic, trouble.since, trouble.error, receiver=trouble.receiver)
