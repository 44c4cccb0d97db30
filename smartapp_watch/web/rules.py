"""The rules: what each looks for, what is open, and what it would have told of in the last 60 days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from smartapp_watch.evaluate.backtest import Backtest, Episode, backtest
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.conditions import condition_words
from smartapp_watch.notify.dates import period_words
from smartapp_watch.notify.words import SEVERITIES, capitalised, series_words, subject_of
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.web.source import Current, Source
from smartapp_watch.web.visit import Visit

DAYS = 60
_NEWEST = 3
_PATIENCE = 1.0
"""Seconds that the page waits for a backtest that nobody asked for yet; after that it comes without."""
_BAR = 10


@dataclass(frozen=True, slots=True)
class Would:
    """An alert that there would have been."""

    app_id: str
    app: str
    where: str
    since: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a rule would have told of. ``bars``: how many a day, as (day, height); ``alt``: their words."""

    count: int
    per_week: float
    bars: tuple[tuple[int, float], ...]
    newest: tuple[Would, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule. ``watched``: how many mini-programs; None where it is of the platform. ``replay``: None while
    it is being worked out, and for a rule of lateness."""

    name: str
    description: str
    about: str
    condition: str
    severity: str
    severity_words: str
    shadow: bool
    place: str
    runbook: str
    watched: int | None
    open: int
    replay: Replay | None


@dataclass(frozen=True, slots=True)
class RulesPage:
    """What the template of the rules may use. ``days``: of the backtest; ``until``: its last day."""

    rules: tuple[RuleView, ...]
    days: int
    until: str
    replayed: bool


def view(source: Source, visit: Visit, _request: Request) -> RulesPage:
    """Every rule, in the order of the files."""
    current, language = source.current, visit.language
    until, found = _replayed(source, current)
    with source.reading() as history:
        counts = Counter(alert.rule for alert in history.alerts.open_alerts() if alert.state != "pending")
    past = _Past(found, until, current, language)
    return RulesPage(
        rules=tuple(
            _rule_view(rule, current, counts[rule.name], past.of(rule), language)
            for rule in current.rules.values()
        ),
        days=DAYS,
        until=period_words(str(until), language),
        replayed=found is not None,
    )


def _replayed(source: Source, current: Current) -> tuple[Period, Backtest | None]:
    """The newest backtest of all rules, with its last day; worked out once a day, aside."""
    until = Period.newest_closed(source.clock())

    def run() -> tuple[Period, Backtest]:
        with source.reading() as history:
            current.watch.learn(history)
            return until, backtest(history, current.scope, source.clock(), DAYS)

    found = source.replayed.get(("backtest", current.watch.config.rules), until, run, _PATIENCE)
    return found or (until, None)


def _rule_view(
    rule: Rule, current: Current, opened: int, replay: Replay | None, language: Language
) -> RuleView:
    report = rule.table.report
    about = report.words if isinstance(rule.condition, Late) else rule.metric.words
    return RuleView(
        name=rule.name,
        description=rule.description,
        about=capitalised(about.in_(language)),
        condition=condition_words(rule.condition.words, rule.metric.unit, language),
        severity=rule.severity.value,
        severity_words=SEVERITIES[rule.severity].in_(language),
        shadow=rule.shadow,
        place=f"{rule.file}:{rule.line}",
        runbook=rule.runbook,
        watched=None if report.of_platform else current.watched[rule.name],
        open=opened,
        replay=replay,
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """A backtest up to ``until``, in words; ``found`` is None while it is being worked out."""

    found: Backtest | None
    until: Period
    current: Current
    language: Language

    def of(self, rule: Rule) -> Replay | None:
        """What the rule would have told of; None of a rule of lateness, which goes by the clock."""
        if self.found is None or isinstance(rule.condition, Late):
            return None
        episodes = [each for each in self.found.episodes if each.rule == rule.name]
        return Replay(
            count=len(episodes),
            per_week=self.found.per_week.get(rule.name, 0.0),
            bars=tuple(_bars(episodes, self.until)),
            newest=tuple(self._would(each, rule) for each in episodes[: -_NEWEST - 1 : -1]),
        )

    def _would(self, each: Episode, rule: Rule) -> Would:
        app = self.current.apps.get(each.app_id) if each.app_id is not None else None
        number = "" if each.app_id is None else str(each.app_id)
        return Would(
            app_id=number,
            app=app.app.title if app else number,
            where=series_words(subject_of(rule.metric_name), each.dimensions, each.texts, self.language),
            since=period_words(str(each.from_), self.language),
        )


def _bars(episodes: Sequence[Episode], until: Period) -> Iterator[tuple[int, float]]:
    """On which of the days alerts began, counted from the first, and how high that day's bar is."""
    begun = Counter(DAYS - 1 - (until.first - each.from_.first).days for each in episodes)
    most = max(begun.values(), default=1)
    for day, count in sorted(begun.items()):
        yield max(0, day), round(max(2.0, _BAR * count / most), 1)
