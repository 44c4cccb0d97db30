"""A rule: which series it watches, the condition that is a breach, and how little is too little to judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256

from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Table, Unit


class Severity(StrEnum):
    """How much a breach matters; ordered by ``rank``."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)


class Direction(StrEnum):
    """The way that a value goes, or stands, to be in breach."""

    RISE = "rise"
    DROP = "drop"
    EITHER = "either"


class Scale(StrEnum):
    """What the amount of a change is measured in."""

    PERCENT = "%"
    """Of the baseline."""
    POINTS = "pp"
    """Percentage points: of ratios only."""
    UNITS = "unit"
    """The metric's own unit: of everything but ratios."""


class Against(StrEnum):
    """What the present is compared with."""

    PREVIOUS = "previous"
    LAST_WEEK = "last_week"
    FOUR_WEEKS = "4_weeks"
    EIGHT_WEEKS = "8_weeks"


@dataclass(frozen=True, slots=True)
class Threshold:
    """``above`` (RISE) or ``below`` (DROP) a limit, in the metric's unit.

    ``clears_at``: where a breach counts as over; None is the limit itself.
    """

    direction: Direction
    limit: float
    clears_at: float | None = None

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``above 30``."""
        return f"{'above' if self.direction is Direction.RISE else 'below'} {self.limit:.12g}"


@dataclass(frozen=True, slots=True)
class Change:
    """A move by at least ``amount`` (on ``scale``, always positive) from a baseline.

    ``clears_by``: the move, on the same scale, under which a breach counts as over; None is the amount.
    """

    direction: Direction
    amount: float
    scale: Scale
    against: Against
    clears_by: float | None = None

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``rises_by 5pp against 4_weeks``."""
        key = {Direction.RISE: "rises_by", Direction.DROP: "drops_by", Direction.EITHER: "changes_by"}
        suffix = "" if self.scale is Scale.UNITS else self.scale
        return f"{key[self.direction]} {self.amount:.12g}{suffix} against {self.against}"


@dataclass(frozen=True, slots=True)
class Unusual:
    """A move that the series' own scatter does not explain: ``score`` spreads from the median.

    ``weeks``: how far back the same weekdays (and hours) reach that it is measured by. ``by_at_least``: the
    smallest move that matters, on ``scale`` (percent of the baseline, or the metric's unit).
    """

    direction: Direction
    score: float = 3.5
    weeks: int = 8
    by_at_least: float = 0.0
    scale: Scale = Scale.PERCENT

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``unusual drop, score 3.5 over 8 weeks``."""
        floor = f", by at least {self.by_at_least:.12g}{'' if self.scale is Scale.UNITS else self.scale}"
        return f"unusual {self.direction}, score {self.score:g} over {self.weeks} weeks" + (
            floor if self.by_at_least else ""
        )


@dataclass(frozen=True, slots=True)
class Late:
    """Nothing of yesterday is there at ``after``, a time of day in the settings' zone."""

    after: time

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``late_after 14:00``."""
        return f"late_after {self.after:%H:%M}"


Condition = Threshold | Change | Unusual | Late


class SelectorKind(StrEnum):
    """How ``apps`` names mini-programs."""

    ID = "id"
    TAG = "tag"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Selector:
    """One entry of ``apps``: a number, ``tag:flagship``, or ``name:预约*``; tags and names may be globs."""

    kind: SelectorKind
    pattern: str

    def matches(self, app: App) -> bool:
        """Whether the entry names this mini-program."""
        match self.kind:
            case SelectorKind.ID:
                return self.pattern == str(app.id)
            case SelectorKind.TAG:
                return any(fnmatchcase(tag, self.pattern) for tag in app.tags)
            case SelectorKind.NAME:
                return fnmatchcase(app.name, self.pattern)


@dataclass(frozen=True, slots=True)
class Where:
    """One entry of ``where``: a dimension or text column, and the values (globs) that it may have."""

    column: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``[[rule]]``. ``file`` and ``line`` are where it stands; ``for_`` is the key ``for``.

    ``at_least``: pairs of (count column of the metric's row, smallest value). ``window``: it judges the sum
    of a count over so many days. ``keep``: clear periods before an alert resolves. ``significant``: a
    ratio's change must be more than chance. ``shadow``: judged and listed, but not sent.
    """

    name: str
    table: Table
    metric: Metric
    condition: Condition
    description: str = ""
    severity: Severity = Severity.WARNING
    runbook: str = ""
    apps: tuple[Selector, ...] = ()
    where: tuple[Where, ...] = ()
    at_least: tuple[tuple[str, float], ...] = ()
    for_: int = 1
    keep: int = 1
    window: int = 1
    significant: bool = True
    shadow: bool = False
    file: str = ""
    line: int = 0

    @property
    def metric_name(self) -> str:
        """``report.field``: a field's name alone means different things in different reports."""
        return f"{self.table.report.name}.{self.metric.name}"

    @property
    def subject(self) -> str:
        """What it watches, as it is written: the metric, or the report whose lateness it tells of."""
        return self.table.report.name if isinstance(self.condition, Late) else self.metric_name

    @property
    def mode(self) -> str:
        """``live`` or ``shadow``, as it is written."""
        return "shadow" if self.shadow else "live"

    @property
    def every(self) -> Granularity:
        """The granularity of the periods that it judges."""
        return self.table.granularity

    @property
    def tests_significance(self) -> bool:
        """Whether a change must be more than chance: of a ratio whose counts the API gives."""
        return self.significant and self.metric.of is not None and isinstance(self.condition, Change)

    @property
    def needs_fleet(self) -> bool:
        """Whether its verdicts depend on what all series of the rule have in common."""
        return self.tests_significance or isinstance(self.condition, Unusual)

    @property
    def moves_with_fleet(self) -> bool:
        """Whether a series is compared with its fleet, too: a relative change of counts or times."""
        match self.condition:
            case Unusual() | Change(scale=Scale.PERCENT):
                of_many = not self.table.report.of_platform
                return of_many and self.metric.unit in (Unit.COUNT, Unit.SECONDS)
            case _:
                return False

    @property
    def cells(self) -> tuple[int, ...]:
        """The retention cells that it watches; (1,) where the report has none."""
        report = self.table.report
        if report.last_nth == 1:
            return (1,)
        patterns = [where.patterns for where in self.where if where.column == "nth"]
        return tuple(
            nth
            for nth in range(2, report.last_nth + 1)
            if all(any(fnmatchcase(str(nth), pattern) for pattern in each) for each in patterns)
        )

    @property
    def meaning(self) -> str:
        """What decides its verdicts, as text: words, severity and routes are not part of it."""
        parts = (
            *(self.metric_name, self.every, self.condition, self.apps, self.where, self.at_least),
            *(self.for_, self.keep, self.window, self.significant),
        )
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def watches(self, app: App) -> bool:
        """Whether it judges this mini-program."""
        return not self.apps or any(selector.matches(app) for selector in self.apps)
