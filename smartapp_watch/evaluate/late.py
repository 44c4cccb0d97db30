"""Rules of lateness: judged by the clock, since nothing settles that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from smartapp_watch.alerts.alert import Alert, Event
from smartapp_watch.alerts.lifecycle import Subject, advance
from smartapp_watch.evaluate.lane import Session
from smartapp_watch.history.finality import numbers
from smartapp_watch.history.reading_log import Awaited
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.rules.verdict import Judgement, Verdict

_USUAL_DAYS = 3
_OF_DAYS = 7


@dataclass(slots=True)
class LateWatch:
    """One rule of lateness on a set of mini-programs; ``zone`` is that of its time of day."""

    session: Session
    rule: Rule
    condition: Late
    zone: tzinfo

    def judge(self, ids: list[int | None]) -> list[Event]:
        """Fire for those that have nothing of yesterday by now, resolve for those whose figures came."""
        yesterday = Period.newest_closed(self.session.now)
        days = [yesterday.shift(-number) for number in range(_OF_DAYS + 1)]
        known = {alert.app_id: alert for alert in self.session.alerts.open_alerts(self.rule.name)}
        events: list[Event] = []
        there = self._arrived(yesterday, ids)
        is_due = self.session.now >= self._deadline(yesterday)
        unsettled = [each for each in ids if each in known or (is_due and each not in there)]
        arrived = {day: self._arrived(day, unsettled) for day in days} if unsettled else {}
        for app_id in unsettled:
            days_there = {day for day in days if app_id in arrived[day]}
            verdict = self._verdict(days_there, yesterday, known.get(app_id))
            if verdict is not None:
                events.extend(self._move(app_id, known.get(app_id), *verdict))
        return events

    def _arrived(self, day: Period, ids: list[int | None]) -> set[int | None]:
        """Those of the mini-programs that there is anything of."""
        awaited = Awaited(self.rule.table, day, day.closes())
        found = self.session.knowledge.arrivals(awaited, None if None in ids else numbers(ids))
        return found.final | found.provisional

    def _verdict(
        self, there: set[Period], yesterday: Period, known: Alert | None
    ) -> tuple[Period, Verdict] | None:
        """What there is to say now, and of which day; None where nothing is new."""
        if yesterday in there:
            return (yesterday, Verdict.CLEAR) if known else None
        if known is not None and known.period == yesterday:
            return None
        if self.session.now >= self._deadline(yesterday):
            usual = len(there) >= _USUAL_DAYS or known is not None
            return (yesterday, Verdict.BREACH) if usual else None
        return (known.period, Verdict.CLEAR) if known is not None and known.period in there else None

    def _deadline(self, day: Period) -> datetime:
        return datetime.combine(day.shift(1).first, self.condition.after, self.zone)

    def _move(
        self, app_id: int | None, known: Alert | None, day: Period, verdict: Verdict
    ) -> Iterator[Event]:
        alerts, now = self.session.alerts, self.session.now
        step = advance(self.rule, Subject(app_id, ()), known, day, Judgement(verdict, deviation=1.0))
        if step.alert is None:
            if known is not None:
                alerts.forget(known)
            return
        saved = alerts.save(step.alert, now)
        if step.event:
            yield alerts.add_event(replace(step.event, alert=saved), now)
