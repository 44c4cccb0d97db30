"""A day's sessions by source, region, terminal, page and hour, as the history knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from smartapp_watch.alerts.causes import (
    AGO,
    NOWHERE,
    Breakdown,
    Cohort,
    Day,
    Origin,
    causes_of,
    is_of_lost_users,
    way_of,
)
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.observations import Row
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Rule, Where

MOST_DAYS = 4
"""How many earlier days a day is compared with."""

_LEAST_WEEKS = 2

_SOURCE, _TREND, _HOURS = TABLES["source"], TABLES["user_trend"], TABLES["user_trend_hour"]
_CHILDREN = (Where("source", ("*",)), Where("scene", ("*",)))


@dataclass(slots=True)
class _Days:
    """The days of one breakdown, as their rows come."""

    values: dict[str, dict[str, tuple[float, float | None]]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, day: str, name: str, count: float | None, length: float | None) -> None:
        """Take in a row; what is called the same is added together. A count that is not known is no zero."""
        if count is None:
            self.unknown.add(day)
            return
        values = self.values.setdefault(day, {})
        if name not in values:
            values[name] = count, length
            return
        before, its_length = values[name]
        both = before + count
        known = its_length is not None and length is not None and both
        mean = (before * (its_length or 0) + count * (length or 0)) / both if known else None
        values[name] = both, mean

    def of(self, day: Period) -> Day | None:
        """What is known of a day; None where not all of it is."""
        return None if str(day) in self.unknown else self.values.get(str(day))


@dataclass(frozen=True, slots=True)
class _Split:
    """Where breakdowns are stored: ``weight`` counts the sessions of a row, ``mean`` is the length of one.

    ``mean`` is empty where what is counted has another length. ``place``: what they are by; empty where the
    first dimension says it. ``names``: the columns that a value may be called by, the best first.
    """

    place: str
    table: Table
    weight: str
    mean: str
    names: tuple[str, ...]


_SPLITS = (
    _Split(
        "region",
        TABLES["region"],
        "session_count_district",
        "average_session_time_district",
        ("region",),
    ),
    _Split("", TABLES["terminal"], "accumulative_session_count", "average_use_time", ("name",)),
    _Split("page", TABLES["visit_page"], "pv_count", "", ("page", "page_id")),
)


def trace(
    knowledge: Knowledge,
    rule: Rule,
    app_id: int | None,
    day: Period,
    *,
    change: float,
    usual: Sequence[Period],
) -> Origin:
    """Where the change of a rule's figure comes from, by what is stored of ``day``.

    ``usual``: the days to compare it with, newest first. Nothing of longer periods: their breakdowns are
    stored by the day, and users of several days cannot be added up.
    """
    if app_id is None or rule.window > 1 or rule.every is not Granularity.DAY:
        return NOWHERE
    if is_of_lost_users(rule.metric_name):
        return Origin(cohort=cohort_of(knowledge, app_id, day.shift(-AGO)))
    way = way_of(rule.metric_name)
    if way is None:
        return NOWHERE
    return Origin(causes_of(way, change, breakdowns_of(knowledge, app_id, day, usual)))


def breakdowns_of(
    knowledge: Knowledge, app_id: int, day: Period, usual: Sequence[Period]
) -> Iterator[Breakdown]:
    """Every breakdown of ``day`` that is stored, beside those of the newest of the ``usual`` days."""
    wanted = [day, *usual]
    found = {"source": _by_source(knowledge, app_id, wanted)}
    for split in _SPLITS:
        found |= _by_split(knowledge, app_id, wanted, split)
    found["hour"] = _by_hour(knowledge, app_id, wanted)
    for place, days in found.items():
        present = days.of(day)
        past = [known for each in usual if (known := days.of(each))][:MOST_DAYS]
        if present and past:
            yield Breakdown(place, present, past)


def cohort_of(knowledge: Knowledge, app_id: int, last: Period) -> Cohort | None:
    """The new users of the week up to ``last``, and of a usual week before; None where that is not known."""
    weeks = [[last.shift(-day - 7 * back) for day in range(7)] for back in range(MOST_DAYS + 1)]
    wanted = [each for week in weeks for each in week]
    rows = knowledge.rows(_TREND, wanted, ["new_user_count"], (), [app_id])
    known = {row.period: row.values[0] for row in rows if row.values[0] is not None}
    whole = [
        sum(known[str(each)] for each in week) if all(str(each) in known for each in week) else None
        for week in weeks
    ]
    present, past = whole[0], [each for each in whole[1:] if each is not None]
    if present is None or len(past) < _LEAST_WEEKS:
        return None
    return Cohort(str(weeks[0][-1]), str(last), present, median(past))


def _by_split(knowledge: Knowledge, app_id: int, wanted: Sequence[Period], split: _Split) -> dict[str, _Days]:
    columns = [split.weight, *filter(None, (split.mean,))]
    found: dict[str, _Days] = {}
    for row in knowledge.rows(split.table, wanted, columns, (), [app_id]):
        count, length = row.values[0], row.values[1] if split.mean else None
        days = found.setdefault(split.place or str(row.dimensions[0]), _Days())
        days.add(row.period, _name(split.table, split.names, row), count, length)
    return found


def _by_source(knowledge: Knowledge, app_id: int, wanted: Sequence[Period]) -> _Days:
    """The scenes, and those groups that have none; of sessions, the API gives their share only."""
    columns = ["session_scale", "average_session_time"]
    scenes = list(knowledge.rows(_SOURCE, wanted, columns, _CHILDREN, [app_id]))
    with_scenes = {(row.period, row.dimensions[0]) for row in scenes}
    groups = knowledge.rows(_SOURCE, wanted, columns, (), [app_id])
    alone = [row for row in groups if (row.period, row.dimensions[0]) not in with_scenes]
    totals = {
        row.period: row.values[0] for row in knowledge.rows(_TREND, wanted, ["session_count"], (), [app_id])
    }
    days = _Days()
    for row in (*scenes, *alone):
        (share, length), whole = row.values, totals.get(row.period)
        count = None if share is None or whole is None else share * whole / 100
        days.add(row.period, _name(_SOURCE, ("name", "scene", "source"), row), count, length)
    return days


def _by_hour(knowledge: Knowledge, app_id: int, wanted: Sequence[Period]) -> _Days:
    hours = [Period(Granularity.HOUR, each.first, hour) for each in wanted for hour in range(24)]
    days = _Days()
    for row in knowledge.rows(_HOURS, hours, ["session_count", "average_session_time"], (), [app_id]):
        day, _, hour = row.period.partition("T")
        days.add(day, hour, *row.values)
    return days


def _name(table: Table, columns: Iterable[str], row: Row) -> str:
    report = table.report
    dimensions = zip((each.name for each in report.dimensions), row.dimensions, strict=True)
    texts = zip((each.name for each in report.texts), row.texts, strict=True)
    known: Mapping[str, object] = {**dict(dimensions), **dict(texts)}
    return next((str(known[column]) for column in columns if known[column]), "")
