"""What a rule needs to know of a set of mini-programs: which series it is about, and their values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.finality import Arrived, Finality, days_of, numbers
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.observations import Row
from smartapp_watch.history.reading_log import CellKey
from smartapp_watch.history.suspicion import Suspicion
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Episode, candidates, clean, same_weekdays
from smartapp_watch.rules.bound import bound_of
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.carried import carry_over
from smartapp_watch.rules.judge import Evidence, Point
from smartapp_watch.rules.lookback import Lookback
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Reason

_MANY_PERIODS = 28
"""From so many on, going through all of them at once takes less time than looking back from each."""


@dataclass(slots=True)
class _Loaded:
    """The final values of one period, and the words of its rows, as far as they were read.

    ``up_to_date``: everything that is in focus now is among it.
    """

    app_ids: set[int | None] = field(default_factory=set)
    keys: set[SeriesKey] = field(default_factory=set)
    points: dict[SeriesKey, Point] = field(default_factory=dict)
    texts: dict[SeriesKey, tuple[str | None, ...]] = field(default_factory=dict)
    up_to_date: bool = False


@dataclass
class Window:
    """A rule's inputs for a set of mini-programs, of one retention cell (``nth``; 1 where there is none).

    ``span``: the first and the last period that will be judged, if somebody knows. ``beside``: further
    columns of the rows, that points tell along with the rule's counts. ``arrived``: what other windows on
    the same cell and mini-programs found out of how far periods came.

    Who may be in breach is asked of all of them at once. Rows are read only of what is then in focus: the
    series that are judged, and mini-programs that are looked at as a whole.
    """

    knowledge: Knowledge
    horizon: Horizon
    calendar: Calendar
    rule: Rule
    nth: int
    ids: list[int | None]
    now: datetime
    span: tuple[Period, Period] | None = None
    beside: tuple[str, ...] = ()
    arrived: Arrived = field(default_factory=dict)
    _restless_ones: dict[tuple[int, int] | None, set[SeriesKey]] = field(default_factory=dict)
    _focus: tuple[set[int | None], set[SeriesKey]] = (set(), set())
    _loaded: dict[Period, _Loaded] = field(default_factory=dict)
    _usual: dict[tuple[Period, Period | None], list[tuple[Period, _Loaded]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.finality = Finality(
            self.knowledge, self.horizon, self.rule, self.nth, self.ids, self.now, self.arrived
        )
        self.lookback = Lookback(self.rule, self.calendar, self.nth, lambda: self.finality.oldest)
        self._focus = (set(self.ids), set())

    def read_ahead(self, periods: Iterable[Period]) -> None:
        """Read all that the values of ``periods`` are made of at once, in place of one after another."""
        wanted = dict.fromkeys(day for period in periods for day in days_of(self.rule, period))
        days = [day for day in wanted if day not in self._loaded]
        app_ids, _ = self._focus
        self._loaded.update({day: _Loaded(set(app_ids), up_to_date=True) for day in days})
        self.finality.read_ahead(days)
        self._read(days, app_ids)

    def series(
        self,
        ready: set[int | None],
        period: Period,
        *,
        alerting: Iterable[SeriesKey] = (),
        wanted: Iterable[SeriesKey] = (),
        disturbed: Iterable[SeriesKey] = (),
        closely: Collection[int | None] = (),
        shift: float = 1.0,
        common: Iterable[Episode] = (),
    ) -> set[SeriesKey]:
        """The series of the mini-programs that a verdict at ``period`` can mean something for.

        ``alerting``: series with an alert, which are judged whether they are still there or not. ``wanted``:
        those that are judged if they are there, and ``closely``, mini-programs of which all are.
        ``disturbed``: those with episodes among what they are compared with. ``shift``: how many times what
        is usual is to be expected at the period. ``common``: when the whole fleet was outside its band.
        """
        whole = ready.intersection(closely)
        suspects = {key for key in wanted if key[0] in ready}
        if self.lookback.why_not(period) is None:
            suspicion = self._suspicion(period, shift, common)
            whole |= ready if suspicion is None else self._unbounded(suspicion, ready - whole)
            if suspicion is not None:
                bounded = ready.intersection(self.finality.complete(period)) - whole
                suspects.update(self._suspects(suspicion, bounded, disturbed))
        alerts = {key for key in alerting if key[0] in ready}
        return self._look_at(whole, suspects | alerts, period) | alerts

    def evidence(
        self,
        key: SeriesKey,
        period: Period,
        episodes: tuple[Episode, ...],
        others: tuple[Episode, ...] = (),
        common: tuple[Episode, ...] = (),
    ) -> Evidence:
        """What is known of a series when ``period`` is judged. Excluded periods are no past.

        ``others``: what other rules have found unusual of it. ``common``: when the whole fleet was outside
        its band.
        """
        precedents = self.lookback.precedents(period)
        if precedents and precedents.years:
            carried = carry_over(precedents, partial(self._known, key), (*episodes, *others, *common))
            present = self.point(key, period)
            return Evidence(
                present,
                carried.past,
                episodes,
                others=others,
                precedents=precedents,
                level=carried.level,
                common=common,
            )
        open_since = next((episode.since for episode in episodes if episode.until is None), None)
        compared = self._compared(period, open_since)
        if self.rule.window == 1 and not self._vanishing_counts:
            known = ((each, loaded.points.get(key)) for each, loaded in compared)
            past = {each: point for each, point in known if point is not None}
        else:
            points = ((each, self.point(key, each)) for each, _ in compared)
            past = {each: point for each, point in points if isinstance(point, Point)}
        return Evidence(
            self.point(key, period), past, episodes, others=others, precedents=precedents, common=common
        )

    def point(self, key: SeriesKey, period: Period) -> Point | Reason:
        """The final value of a series at a period (with a window: the sum), or why there is none."""
        if self.rule.window == 1:
            return self._single(key, period)
        points: list[Point] = []
        for day in days_of(self.rule, period):
            point = self._single(key, day)
            if isinstance(point, Reason):
                return point
            points.append(point)
        columns = {column for point in points for column in point.counts}
        counts = {column: sum(point.counts.get(column) or 0 for point in points) for column in columns}
        return Point(sum(point.value for point in points), counts)

    def _known(self, key: SeriesKey, period: Period) -> Point | None:
        point = self.point(key, period)
        return None if isinstance(point, Reason) else point

    def texts(self, key: SeriesKey, period: Period) -> tuple[tuple[str, str], ...]:
        """The row's words, or those of the newest earlier row where it is gone."""
        for each in (period, *self.lookback.candidates(period)):
            words = self._load(each).texts.get(key)
            if words is not None:
                names = (text.name for text in self.rule.table.report.texts)
                return tuple((name, word) for name, word in zip(names, words, strict=True) if word)
        return ()

    def forget_before(self, period: Period) -> None:
        """Give back the memory of periods that no later one is compared with, as a rule."""
        oldest = min(candidates(self.rule, period) + same_weekdays(self.rule, period), default=period)
        reach = oldest.shift(-self.rule.window)
        for each in [each for each in self._loaded if each < reach]:
            del self._loaded[each]
        self.finality.forget_before(reach)
        self._usual.clear()

    def _suspicion(self, period: Period, shift: float, common: Iterable[Episode]) -> Suspicion | None:
        """What makes a suspect; None where everybody is one."""
        bound = bound_of(self.rule)
        precedents = self.lookback.precedents(period)
        if bound is None or (precedents and precedents.years):
            return None
        past = tuple(each for each in self.lookback.candidates(period) if not self.lookback.excludes(each))
        newest = past[: bound.choice.most] if bound.choice else ()
        disturbed = len(clean(newest, common)) < len(newest)
        return Suspicion(self.rule, bound, period, past, self.finality.where, shift, disturbed)

    def _unbounded(self, suspicion: Suspicion, app_ids: set[int | None]) -> set[int | None]:
        """Those of whom the bound says nothing: not all that is stored of them is known, and final."""
        choice = suspicion.bound.choice
        newest = suspicion.past[: choice.most] if choice else ()
        # Of older periods any may count, so that one is stored that does not count stops no suspect.
        past = newest if self.knowledge.is_as_stored(self.rule.table) else suspicion.past
        doubtful = self.finality.doubtful((suspicion.period, *past))
        return app_ids & (doubtful | self.finality.provisional(newest))

    def _suspects(
        self, suspicion: Suspicion, app_ids: set[int | None], disturbed: Iterable[SeriesKey]
    ) -> Iterator[SeriesKey]:
        # Where a fleet has shifted, a series that stands still may be in breach.
        by_kind = self._judges_many and suspicion.bound.distance is not None and suspicion.shift == 1
        others: Iterable[SeriesKey] = self._restless(suspicion) if by_kind else disturbed
        if app_ids and not by_kind:
            yield from self.knowledge.suspects(suspicion, numbers(app_ids))
        among = [key for key in others if key[0] in app_ids]
        if among:
            yield from self.knowledge.suspects_among(suspicion, among)

    def _restless(self, suspicion: Suspicion) -> set[SeriesKey]:
        """The series that any of the periods like this one may be a breach of."""
        kind = self.lookback.kind(suspicion.period)
        if kind not in self._restless_ones:
            assert self.span is not None  # noqa: S101 - there are many periods
            oldest = min(candidates(self.rule, self.span[0]), default=self.span[0])
            periods = [
                each for each in periods_between(oldest, self.span[1]) if self.lookback.kind(each) == kind
            ]
            found = self.knowledge.restless(suspicion, periods, numbers(self.ids))
            self._restless_ones[kind] = set(found)
        return self._restless_ones[kind]

    @cached_property
    def _judges_many(self) -> bool:
        return self.span is not None and self.span[0].shift(_MANY_PERIODS) <= self.span[1]

    def _look_at(self, app_ids: set[int | None], keys: set[SeriesKey], period: Period) -> set[SeriesKey]:
        """From now on, read the rows of these; the series of them that there are, or were."""
        self._focus = (app_ids, {key for key in keys if key[0] not in app_ids})
        self._usual.clear()
        for loaded in self._loaded.values():
            loaded.up_to_date = False
        there = (period, *self.lookback.candidates(period)) if self._vanishing_counts else (period,)
        found = (key for each in there for key in self._load(each).points)
        return {key for key in found if key[0] in app_ids or key in keys}

    def _compared(self, period: Period, open_since: Period | None) -> list[tuple[Period, _Loaded]]:
        """The periods that ``period`` may be compared with; the same for every series without an alert."""
        found = self._usual.get((period, open_since))
        if found is None:
            wanted = dict.fromkeys(self.lookback.past(period, open_since))
            found = [(each, self._load(each)) for each in wanted if not self.lookback.excludes(each)]
            self._usual[period, open_since] = found
        return found

    def _single(self, key: SeriesKey, period: Period) -> Point | Reason:
        loaded = self._load(period)
        point = loaded.points.get(key)
        if point is not None:
            return point
        app_id, scene = key[0], self._scene_of(key)
        if not self.finality.is_final(app_id, scene, period):
            return self.finality.why_not(app_id, scene, period)
        return Point(0, {}) if self._vanishing_counts and key not in loaded.texts else Reason.ABSENT

    @cached_property
    def _vanishing_counts(self) -> bool:
        """Whether a dimension value that is missing from a complete reading counts as 0."""
        return self.rule.table.is_breakdown and self.rule.metric.unit is Unit.COUNT

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        rule = self.rule
        counts = (column for column, _ in rule.at_least)
        wanted = (rule.metric.name, *(rule.metric.of or ()), *counts, *self.beside)
        return tuple(dict.fromkeys(wanted))

    def _load(self, period: Period) -> _Loaded:
        loaded = self._loaded.get(period)
        if loaded is None:
            loaded = self._loaded[period] = _Loaded()
        if not loaded.up_to_date:
            loaded.up_to_date = True
            app_ids, keys = self._focus
            app_ids = app_ids - loaded.app_ids
            keys = {key for key in keys - loaded.keys if key[0] not in loaded.app_ids}
            loaded.app_ids |= app_ids
            loaded.keys |= keys
            if app_ids:
                self._read([period], app_ids)
            if keys:
                self._read([period], {key[0] for key in keys}, keys)
        return loaded

    def _read(
        self, periods: Sequence[Period], app_ids: set[int | None], keys: set[SeriesKey] | None = None
    ) -> None:
        rule, names = self.rule, [each.name for each in self.rule.table.report.dimensions]
        columns, of = self._columns, None if None in app_ids else numbers(app_ids)
        named = {str(period): period for period in periods}
        provisional = self.finality.provisional_cells(periods, of)
        for row in self.knowledge.rows(rule.table, periods, columns, self.finality.where, of, keys=keys):
            period = named[row.period]
            loaded, key = self._loaded[period], (row.app_id, tuple(zip(names, row.dimensions, strict=True)))
            loaded.texts[key] = row.texts
            values = dict(zip(columns, row.values, strict=True))
            if provisional:
                _take_out(provisional, row, values)
            value = values[rule.metric.name]
            if value is not None and self.finality.is_final(row.app_id, self._scene_of(key), period):
                loaded.points[key] = Point(value, values)

    def _scene_of(self, key: SeriesKey) -> str:
        return str(key[1][0][1]) if self.rule.table.report.of_platform else ""


def _take_out(provisional: Collection[CellKey], row: Row, values: dict[str, float | None]) -> None:
    for column in values:
        if (row.app_id, row.period, row.dimensions, column) in provisional:
            values[column] = None
