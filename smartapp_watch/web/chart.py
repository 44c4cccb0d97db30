"""A chart as its macro draws it: every coordinate worked out, every value in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dates import date_words, parse_period, period_words
from smartapp_watch.notify.numbers import amount, digits_for

WIDTH, HEIGHT = 360, 150
"""Of the drawing, in its own units: about a phone's width, so that its letters have a good size there."""

_TOP, _BOTTOM, _RIGHT = 12, 26, 8
_LETTER = 6.2
_MARK_HEIGHT = 5
DAYS_A_WEEK = 7

Value = float | None


@dataclass(frozen=True, slots=True)
class Span:
    """An alert on the time line. ``until``: None while it is open; ``kind``: its severity; ``words``: what
    the table says of the periods that it covers."""

    since: Period
    until: Period | None
    kind: str
    words: str

    def covers(self, period: Period) -> bool:
        """Whether it was there at ``period``."""
        return self.since <= period and (self.until is None or period <= self.until)


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn, oldest first. ``lows`` and ``highs``: between what a value would have been usual."""

    periods: Sequence[Period]
    values: Sequence[Value]
    unit: Unit
    lows: Sequence[Value] = ()
    highs: Sequence[Value] = ()
    spans: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One period in the table beside a drawing."""

    period: str
    value: str
    usual: str
    alerts: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drawing stands in its page: a name of its own; the table, and the column of it, that holds
    what it shows, counted from 0."""

    name: str
    table: str
    column: int = 0


class Mark(NamedTuple):
    """A rectangle on the time line."""

    x: float
    width: float
    kind: str


class Label(NamedTuple):
    """A word at an axis, and the line that it names."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """What the macro draws. ``left`` and ``step``: where the first period stands, and how far each is from
    the one before. ``line`` and ``band``: paths. ``dots``: values with none beside them. ``rings``: the same
    weekday as the last."""

    place: Place
    title: str
    alt: str
    left: float
    step: float
    line: str
    band: str
    dots: tuple[tuple[float, float], ...]
    rings: tuple[tuple[float, float], ...]
    last: tuple[float, float] | None
    tone: str
    marks: tuple[Mark, ...]
    scale: tuple[Label, ...]
    days: tuple[Label, ...]
    width: int = WIDTH
    height: int = HEIGHT
    bottom: int = field(default=HEIGHT - _BOTTOM)


def chart_view(
    place: Place, title: str, alt: str, series: Series, language: Language, *, tone: str = ""
) -> ChartView:
    """The drawing of a series of which anything is known."""
    known = [value for value in (*series.values, *series.lows, *series.highs) if _is_known(value)]
    words = _wording(series, language)
    plot = _Plot.of(series, [value for value in known if value is not None], words)
    points = [plot.point(number, value) for number, value in enumerate(series.values)]
    return ChartView(
        place=place,
        title=title,
        alt=alt,
        left=round(plot.left, 1),
        step=round(plot.step, 3),
        line=_path(points),
        band=plot.band(series.lows, series.highs),
        dots=tuple(_lonely(points)),
        rings=tuple(_same_weekdays(series.periods, points)),
        last=points[-1],
        tone=tone,
        marks=tuple(plot.marks(series)),
        scale=tuple(plot.scale(words)),
        days=tuple(plot.days(series.periods, language)),
    )


Wording = Callable[[Value], str]


def _wording(series: Series, language: Language) -> Wording:
    known = [value for value in series.values if value is not None and isfinite(value)]
    digits = digits_for(max(known) - min(known))
    return lambda value: amount(value, series.unit, language, digits)


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where values lie: ``low`` at the bottom, ``high`` at the top."""

    left: float
    step: float
    low: float
    high: float

    @classmethod
    def of(cls, series: Series, known: Sequence[float], words: Wording) -> _Plot:
        low, high = min(known), max(known)
        if low == high:
            low, high = low - (abs(low) or 1), high + (abs(high) or 1)
        if min(known) >= 0:
            low = max(low, 0.0)
        left = _LETTER * max(len(words(low)), len(words(high))) + 8
        step = (WIDTH - left - _RIGHT) / max(1, len(series.periods) - 1)
        return cls(left, step, low, high)

    def x(self, number: float) -> float:
        return round(self.left + self.step * number, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(_TOP + (1 - share) * (HEIGHT - _BOTTOM - _TOP - _MARK_HEIGHT), 1)

    def point(self, number: int, value: Value) -> tuple[float, float] | None:
        return (self.x(number), self.y(value)) if value is not None and isfinite(value) else None

    def band(self, lows: Sequence[Value], highs: Sequence[Value]) -> str:
        """A closed path around each run of periods with a range."""
        runs: list[list[int]] = [[]]
        for number, (low, high) in enumerate(zip(lows, highs, strict=True)):
            if low is None or high is None:
                runs.append([])
            else:
                runs[-1].append(number)
        return "".join(self._around(run, lows, highs) for run in runs if run)

    def _around(self, run: Sequence[int], lows: Sequence[Value], highs: Sequence[Value]) -> str:
        half = self.step / 2
        over = [(self.x(number), self.y(highs[number] or 0.0)) for number in run]
        under = [(self.x(number), self.y(lows[number] or 0.0)) for number in reversed(run)]
        if len(run) == 1:
            (x, top), (_, bottom) = over[0], under[0]
            over, under = [(x - half, top), (x + half, top)], [(x + half, bottom), (x - half, bottom)]
        return f"M{'L'.join(f'{x:g} {y:g}' for x, y in (*over, *under))}Z"

    def marks(self, series: Series) -> Iterator[Mark]:
        first, last = series.periods[0], series.periods[-1]
        numbers = {period: number for number, period in enumerate(series.periods)}
        for span in series.spans:
            begin, end = max(span.since, first), min(span.until or last, last)
            if begin <= end:
                x = max(self.x(numbers[begin] - 0.5), round(self.left - _RIGHT / 2, 1))
                yield Mark(x, round(min(self.x(numbers[end] + 0.5), WIDTH) - x, 1), span.kind)

    def scale(self, words: Wording) -> Iterator[Label]:
        for value in (self.high, (self.low + self.high) / 2, self.low):
            yield Label(round(self.left - 6, 1), self.y(value), words(value), "end")

    def days(self, periods: Sequence[Period], language: Language) -> Iterator[Label]:
        last = len(periods) - 1
        for number, anchor in ((0, "start"), (last // 2, "middle"), (last, "end")):
            if number not in (0, last) or number == 0 or last > 0:
                yield Label(self.x(number), HEIGHT - 6, _day(periods[number], language), anchor)


def _day(period: Period, language: Language) -> str:
    if period.granularity is Granularity.DAY:
        return date_words(period.first, language)
    return period_words(str(period), language)


def _is_known(value: Value) -> bool:
    return value is not None and isfinite(value)


Point = tuple[float, float]


def _path(points: Iterable[Point | None]) -> str:
    """A line through the points, broken where nothing is known."""
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
        else:
            path.append(f"{pen}{point[0]:g} {point[1]:g}")
            pen = "L"
    return "".join(path)


def _lonely(points: Sequence[Point | None]) -> Iterator[Point]:
    for before, point, after in zip((None, *points), points, (*points[1:], None), strict=False):
        if point is not None and before is None and after is None:
            yield point


def _same_weekdays(periods: Sequence[Period], points: Sequence[Point | None]) -> Iterator[Point]:
    if periods[-1].granularity is Granularity.DAY:
        for point in points[-1 - DAYS_A_WEEK :: -DAYS_A_WEEK]:
            if point is not None:
                yield point


def rows_of(series: Series, language: Language) -> Iterator[Row]:
    """The table beside a drawing, oldest first."""
    words = _wording(series, language)
    nothing: Sequence[Value] = [None] * len(series.periods)
    lows, highs = series.lows or nothing, series.highs or nothing
    for period, value, low, high in zip(series.periods, series.values, lows, highs, strict=True):
        usual = "" if low is None or high is None else words(low)
        if usual and low != high:
            usual += f"–{words(high)}"
        alerts = [span.words for span in series.spans if span.covers(period)]
        yield Row(period_words(str(period), language), words(value), usual, ", ".join(alerts))


def periods_of(texts: Iterable[str]) -> tuple[Period, ...] | None:
    """The periods that are written; None where one is none."""
    found = [parse_period(text) for text in texts]
    return None if None in found else tuple(each for each in found if each is not None)
