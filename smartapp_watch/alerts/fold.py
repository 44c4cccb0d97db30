"""The verdicts of one series, folded in the order of time, and what of that is told. Pure.

What is told is the difference between the episodes that the fold finds and those on record. So catching up
after a week tells of each incident that is open now, once, and not of every step on the way; and when data
are corrected, running the fold again takes back what is no longer true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from smartapp_watch.alerts.alert import OPEN, Alert, Event, EventType, State
from smartapp_watch.alerts.lifecycle import NEW_LEVEL, Subject, advance, close
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Figures, Judgement, Verdict

LATE = "late"
"""The reason of a fire whose first breaches were not judged when they were new."""

RULE_CHANGED = "rule changed"

CORRECTED = "corrected"
"""The reason of a withdrawal; with both figures behind it, where they are of one period."""

_NOT_SPOILING = (NEW_LEVEL, RULE_CHANGED)
"""Why an episode is closed that may be a baseline: its level is usual now, or it is none by today's rule."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An episode on record; ``told``: people were told that it began, and not since that it was withdrawn."""

    alert: Alert
    told: bool

    @property
    def is_open(self) -> bool:
        """Whether it is not over, as far as the record says."""
        return self.alert.state in OPEN

    @property
    def episode(self) -> Episode:
        """The periods that it covers."""
        return episode_of(self.alert)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What folding leads to: alerts to write, some to forget, and events to tell (of the alerts written)."""

    alerts: tuple[Alert, ...] = ()
    forgotten: tuple[Alert, ...] = ()
    events: tuple[Event, ...] = ()


def episode_of(alert: Alert) -> Episode:
    """The periods that an alert covers; one that is over ends before the period that ended it."""
    return Episode(alert.since, None if alert.state in OPEN else alert.period)


@dataclass(slots=True)
class Fold:
    """One series while it is judged.

    ``record``: its episodes on record. ``replayed``: the fold starts before them and runs over the past
    again, because the rule, its calendar or the data changed; otherwise it goes on from the one that is open.
    ``rule_changed``: not the data, but the rule or its calendar; what no longer holds was not wrong then, so
    it is closed, not withdrawn. ``judged``: how far it was judged before; what a replay finds up to there is
    no news, but for beginnings and ends.
    """

    rule: Rule
    record: tuple[Recorded, ...] = ()
    replayed: bool = False
    rule_changed: bool = False
    judged: Period | None = None
    alert: Alert | None = None
    _ended: Alert | None = None
    _found: list[Alert] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _judgements: dict[Period, Judgement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.replayed:
            self.alert = next((each.alert for each in self.record if each.is_open), None)

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The series' own episodes, earlier ones and the open one, that must not be a baseline."""
        past = [] if self.replayed else [each.alert for each in self.record if not each.is_open]
        spoiling = [alert for alert in (*past, *self._found) if _spoils_baselines(alert)]
        present = [Episode(self.alert.since)] if self.alert else []
        return (*map(episode_of, spoiling), *present)

    def step(self, subject: Subject, period: Period, judgement: Judgement) -> None:
        """Take in the verdict of the next period."""
        step = advance(self.rule, subject, self.alert, period, judgement)
        self._judgements[period] = judgement
        self.alert, self._ended = step.alert, None
        if step.event:
            self._events.append(step.event)
        if step.alert and step.alert.state not in OPEN:
            self._found.append(step.alert)
            self.alert, self._ended = None, step.alert

    @property
    def newest(self) -> Alert | None:
        """The alert after the newest step; one that the step ended says so by its state."""
        return self.alert or self._ended

    def outcome(self) -> Outcome:
        """What is to be written and told, once every period that can be judged was."""
        found = [*self._found, *([self.alert] if self.alert else [])]
        left = list(self.record if self.replayed else [each for each in self.record if each.is_open])
        alerts: list[Alert] = []
        events: list[Event] = []
        for each in found:
            known = self._take_known(left, each)
            alert = _continue(known, each) if known else each
            alerts.append(alert)
            events.extend(self._tell(known, alert))
        for gone in left:
            step = self._gone(gone)
            if step:
                alerts.append(step.alert)
                events.append(step)
        forgotten = tuple(each.alert for each in left if each.alert.state is State.PENDING)
        return Outcome((*alerts, *self._of_another_meaning(left)), forgotten, tuple(events))

    def _of_another_meaning(self, left: list[Recorded]) -> Iterator[Alert]:
        """Episodes that are over, and were found by the rule as it was: nothing to compare with any more."""
        for each in left if self.rule_changed else ():
            if not each.is_open and each.alert.state is not State.CLOSED:
                yield replace(each.alert, state=State.CLOSED, reason=RULE_CHANGED)

    def _take_known(self, left: list[Recorded], alert: Alert) -> Recorded | None:
        """The episode on record that is the same one, best one that people know of; taken off the list.

        A replay may find it to begin on another day; a fold that goes on knows its own.
        """
        candidates = [each for each in left if each.alert.since == alert.since]
        if self.replayed and alert.state is not State.PENDING:
            candidates += [each for each in left if _overlap(each, alert)]
        if not candidates:
            return None
        best = max(candidates, key=lambda each: (each.told, each.is_open, each.alert.since == alert.since))
        left.remove(best)
        return best

    def _tell(self, known: Recorded | None, alert: Alert) -> list[Event]:
        """What is new about an episode to people who know what is on record; one event at the most."""
        told = known is not None and known.told
        if alert.state is State.PENDING:
            return [self._take_back(known, alert)] if known is not None and told else []
        if alert.state not in OPEN:
            return self._end(alert) if known is not None and told and known.is_open else []
        if not told:
            return [Event(EventType.FIRE, alert, LATE if alert.breaches > self.rule.for_ else "")]
        if known is not None and not known.is_open:
            return [Event(EventType.REOPEN, alert)]
        return self._worse_or_stale(alert)

    def _end(self, alert: Alert) -> list[Event]:
        kind = EventType.RESOLVE if alert.state is State.RESOLVED else EventType.CLOSED
        ends = (event for event in self._events if event.type is kind and event.alert.period == alert.period)
        reason = next((event.reason for event in ends), "")
        return [Event(kind, alert, reason)]

    def _worse_or_stale(self, alert: Alert) -> list[Event]:
        news = (EventType.WORSE, EventType.STALE)
        events = [
            event
            for event in self._events
            if event.type in news
            and event.alert.since == alert.since
            and (self.judged is None or event.alert.period > self.judged)
        ]
        if not events or (self.replayed and self.judged is None):
            return []
        last = events[-1]
        if last.type is EventType.STALE and alert.state is not State.STALE:
            return []
        return [Event(last.type, alert, last.reason)]

    def _gone(self, gone: Recorded) -> Event | None:
        """The end of an episode on record that the fold no longer finds."""
        alert = gone.alert
        if not gone.told or alert.state is State.CLOSED or not self._contradicts(alert):
            return None
        if self.rule_changed:
            return close(alert, RULE_CHANGED).event if gone.is_open else None
        return self._withdraw(gone, replace(alert, state=State.RETRACTED))

    def _contradicts(self, alert: Alert) -> bool:
        """Whether the first day of an episode was judged again, with another outcome.

        That nothing is known of it now (it was not reached, its baseline is gone) takes nothing back; that
        somebody had the day left out since does.
        """
        judgement = self._judgements.get(alert.since)
        if judgement is not None and judgement.verdict is Verdict.EXCLUDED:
            return self.rule_changed
        return judgement is not None and judgement.verdict is not Verdict.UNKNOWN

    def _take_back(self, known: Recorded, alert: Alert) -> Event:
        """What was told was too early: by today's data, or today's rule, it is only pending."""
        if self.rule_changed:
            return Event(EventType.CLOSED, alert, RULE_CHANGED)
        return self._withdraw(known, alert)

    def _withdraw(self, known: Recorded, alert: Alert) -> Event:
        """By today's data there was nothing; the alert shows today's figures of its first day."""
        judgement = self._judgements.get(alert.since)
        figures = judgement.figures if judgement else alert.figures
        told = known.alert
        same_day = told.period == told.since and told.since == alert.since
        reason = _correction(told.figures, figures) if same_day else CORRECTED
        return Event(EventType.RETRACT, replace(alert, figures=figures), reason)


def _overlap(recorded: Recorded, alert: Alert) -> bool:
    passed_over = recorded.alert.state in (State.RETRACTED, State.PENDING)
    return not passed_over and recorded.episode.overlaps(episode_of(alert))


def _continue(known: Recorded, alert: Alert) -> Alert:
    """The episode under the number that it has on record; it may turn out to have begun on another day."""
    told = max(known.alert.told, alert.told) if known.told else alert.told
    return replace(alert, id=known.alert.id, told=told)


def _spoils_baselines(alert: Alert) -> bool:
    return alert.state is not State.RETRACTED and alert.reason not in _NOT_SPOILING


def _correction(before: Figures, after: Figures) -> str:
    if before.value is None or after.value is None or before.value == after.value:
        return CORRECTED
    return f"corrected from {before.value:.12g} to {after.value:.12g}"
