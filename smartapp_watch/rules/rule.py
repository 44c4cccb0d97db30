"""A rule: which series it watches, the condition that is a breach, and how little is too little to judge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256

from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Table


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


@dataclass(frozen=True, slots=True)
class Threshold:
    """``above`` (RISE) or ``below`` (DROP) a limit, in the metric's unit."""

    direction: Direction
    limit: float

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``above 30``."""
        return f"{'above' if self.direction is Direction.RISE else 'below'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Change:
    """A move by at least ``amount`` (on ``scale``, always positive) from a baseline."""

    direction: Direction
    amount: float
    scale: Scale
    against: Against

    @property
    def words(self) -> str:
        """The condition as a rule writes it: ``rises_by 5pp against 4_weeks``."""
        key = {Direction.RISE: "rises_by", Direction.DROP: "drops_by", Direction.EITHER: "changes_by"}
        suffix = "" if self.scale is Scale.UNITS else self.scale
        return f"{key[self.direction]} {self.amount:g}{suffix} against {self.against}"


Condition = Threshold | Change


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

    ``at_least``: pairs of (count column of the metric's row, smallest value).
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
    file: str = ""
    line: int = 0

    @property
    def metric_name(self) -> str:
        """``report.field``: a field's name alone means different things in different reports."""
        return f"{self.table.report.name}.{self.metric.name}"

    @property
    def every(self) -> Granularity:
        """The granularity of the periods that it judges."""
        return self.table.granularity

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
            self.metric_name,
            self.every,
            self.condition,
            self.apps,
            self.where,
            self.at_least,
            self.for_,
        )
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def watches(self, app: App) -> bool:
        """Whether it judges this mini-program."""
        return not self.apps or any(selector.matches(app) for selector in self.apps)
