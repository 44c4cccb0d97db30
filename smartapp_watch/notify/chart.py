"""The picture of an alert: PNG with a line, a band and digits, and no words, so that it needs no font.

Opaque white and mid-tones, which survive a dark mail program. Without Pillow (the extra ``charts``) there
are no pictures.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, TypeVar

from smartapp_watch.alerts.trend import Trend
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dates import parse_period
from smartapp_watch.notify.message import Picture
from smartapp_watch.notify.numbers import MINUS, amount, digits_for

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

log = logging.getLogger(__name__)

_GROUND = "#ffffff"
_BAND = "#e4e7ec"
_EDGE = "#c4cad4"
_GRID = "#eef0f3"
_LABEL = "#475467"
_LINE = "#344054"
_TONES = {"bad": "#b42318", "good": "#067647"}

_COLOURS = 64
_OVERSIZE = 2
"""How much larger it is drawn at first, so that edges come out smooth."""

_DAYS_A_WEEK = 7

_Item = TypeVar("_Item")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a picture is made of; ``tone`` colours its last point, ``alt`` says in words what it shows."""

    trend: Trend | None = None
    unit: Unit = Unit.NUMBER
    tone: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How large a picture is, in pixels; shown at half of that on most screens."""

    width: int
    height: int
    stroke: int
    dot: int
    font: int = 0
    """Of the axis; 0 for none."""

    @property
    def margin(self) -> int:
        """What is left free on every side."""
        return 2 * self.dot


CARD = Form(1200, 320, stroke=6, dot=12, font=34)
SPARKLINE = Form(240, 64, stroke=3, dot=5)


def picture_of(drawing: Drawing, form: Form = CARD) -> Picture | None:
    """The picture, the same bytes each time; None where nothing is known, where Pillow is missing, or where
    it fails: a picture must not cost the message."""
    try:
        png = _png(drawing.trend, drawing.unit, drawing.tone, form)
    except Exception:
        log.exception("a chart could not be drawn")
        return None
    return Picture(f"{sha256(png).hexdigest()[:16]}.png", png, drawing.alt) if png else None


class Album:
    """The pictures that one mail shows."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}

    def add(self, drawing: Drawing) -> str:
        """The name under which the mail shows the picture; empty where there is none."""
        picture = picture_of(drawing)
        if picture is None:
            return ""
        self._pictures[picture.name] = picture
        return picture.name

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Each once, in the order they were shown."""
        return tuple(self._pictures.values())


@lru_cache(maxsize=64)
def _png(trend: Trend | None, unit: Unit, tone: str, form: Form) -> bytes:
    """The file, or nothing. Kept: one alert goes to several receivers, and a mail may be written twice."""
    values = _finite(trend.values) if trend else ()
    if trend is None or not any(value is not None for value in values):
        return b""
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return b""
    plot = _Plot.of(form, values, _finite(trend.lows), _finite(trend.highs))
    labels = tuple(_value_labels(plot, unit)) if form.font else ()
    font = ImageFont.load_default(form.font) if form.font else None
    if font:
        plot = replace(plot, left=plot.left + max(font.getlength(text) for text, _ in labels) + form.font / 2)
    large = Image.new("RGB", (form.width * _OVERSIZE, form.height * _OVERSIZE), _GROUND)
    pen = _Pen(ImageDraw.Draw(large), plot)
    pen.grid([y for _, y in labels])
    pen.band()
    pen.line(_weekdays(trend) if font else (), _TONES.get(tone, _LINE))
    image = large.resize((form.width, form.height), Image.Resampling.BOX)
    if font:
        _write(ImageDraw.Draw(image), plot, labels, _date_labels(trend), font)
    file = BytesIO()
    image.quantize(_COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _finite(values: Sequence[float | None]) -> tuple[float | None, ...]:
    return tuple(value if value is not None and isfinite(value) else None for value in values)


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where on a form the values of a trend lie. ``low`` and ``high`` are shares of ``scale``, the largest
    of all: so nothing is too large to be subtracted."""

    form: Form
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]
    scale: float
    low: float
    high: float
    left: float
    bottom: float

    @classmethod
    def of(
        cls,
        form: Form,
        values: tuple[float | None, ...],
        lows: tuple[float | None, ...],
        highs: tuple[float | None, ...],
    ) -> _Plot:
        known = [value for value in (*values, *lows, *highs) if value is not None]
        scale = max(map(abs, known)) or 1.0
        shares = [value / scale for value in known]
        bottom = form.height - form.margin - 1.6 * form.font
        return cls(form, values, lows, highs, scale, min(shares), max(shares), form.margin, bottom)

    @property
    def step(self) -> float:
        """How far it is from one period to the next."""
        return (self.form.width - self.form.margin - self.left) / max(1, len(self.values) - 1)

    def x(self, index: int) -> float:
        return self.form.width - self.form.margin - (len(self.values) - 1 - index) * self.step

    def y(self, value: float) -> float:
        span = self.high - self.low
        share = (value / self.scale - self.low) / span if span > 0 else 0.5
        return self.bottom - share * (self.bottom - self.form.margin)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws a plot on a canvas that is larger by ``_OVERSIZE``."""

    canvas: ImageDraw.ImageDraw
    plot: _Plot

    def grid(self, heights: Iterable[float]) -> None:
        """A line across at each of ``heights``."""
        right = self.plot.form.width - self.plot.form.margin
        for y in heights:
            self._stroke([(self.plot.left, y), (right, y)], _GRID, 2)

    def band(self) -> None:
        """Between what the values would have been usual; a line where that is one value."""
        plot = self.plot
        both = [
            None if low is None or high is None else (low, high)
            for low, high in zip(plot.lows, plot.highs, strict=True)
        ]
        for run in _runs(both):
            lower = [(plot.x(index), plot.y(low)) for index, (low, _) in run]
            upper = [(plot.x(index), plot.y(high)) for index, (_, high) in run]
            if len(run) == 1:  # something to be seen where its neighbours are not known
                lower = [(x + side * plot.step / 3, y) for x, y in lower for side in (-1, 1)]
                upper = [(x + side * plot.step / 3, y) for x, y in upper for side in (-1, 1)]
            self.canvas.polygon(_enlarged([*lower, *reversed(upper)]), fill=_BAND)
            for edge in (lower, upper):
                self._stroke(edge, _EDGE, 2)

    def line(self, weekdays: Iterable[int], tone: str) -> None:
        """The values, with a ring on those of ``weekdays`` and a dot on the last; a gap stays a gap."""
        plot, form = self.plot, self.plot.form
        points = [
            None if value is None else (plot.x(index), plot.y(value))
            for index, value in enumerate(plot.values)
        ]
        for run in _runs(points):
            self._stroke([point for _, point in run], _LINE, form.stroke)
            for _, point in (run[0], run[-1]):
                self._dot(point, form.stroke / 2, _LINE)
        for same_day in (points[index] for index in weekdays):
            if same_day:
                self._dot(same_day, 0.6 * form.dot, _LINE)
                self._dot(same_day, 0.3 * form.dot, _GROUND)
        if last := points[-1]:
            self._dot(last, 1.4 * form.dot, _GROUND)
            self._dot(last, form.dot, tone)

    def _stroke(self, points: Sequence[Point], colour: str, width: float) -> None:
        self.canvas.line(_enlarged(points), fill=colour, width=round(width * _OVERSIZE), joint="curve")

    def _dot(self, point: Point, radius: float, colour: str) -> None:
        x, y = point
        self.canvas.ellipse(_enlarged([(x - radius, y - radius), (x + radius, y + radius)]), fill=colour)


def _enlarged(points: Sequence[Point]) -> list[Point]:
    return [(x * _OVERSIZE, y * _OVERSIZE) for x, y in points]


def _runs(items: Sequence[_Item | None]) -> Iterator[list[tuple[int, _Item]]]:
    """What stands next to one another, each with its place: nothing is drawn across a gap."""
    run: list[tuple[int, _Item]] = []
    for index, item in enumerate(items):
        if item is not None:
            run.append((index, item))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _value_labels(plot: _Plot, unit: Unit) -> Iterator[tuple[str, float]]:
    """The highest and the lowest value, each with its height; one where they would touch."""
    known = [value for value in plot.values if value is not None]
    high, low = max(known), min(known)
    digits = digits_for(high - low)
    yield _number(high, unit, digits), plot.y(high)
    if plot.y(low) - plot.y(high) > plot.form.font:
        yield _number(low, unit, digits), plot.y(low)


def _number(value: float, unit: Unit, digits: int) -> str:
    return amount(value, unit, Language.EN, digits).replace(MINUS, "-")


def _date_labels(trend: Trend) -> tuple[str, str]:
    """The first and the last period, in digits."""
    return _date(trend.periods[0]), _date(trend.periods[-1])


def _date(text: str) -> str:
    period = parse_period(text)
    if period is None:
        return ""
    match period.granularity:
        case Granularity.HOUR:
            return f"{period.first:%m-%d} {period.hour:02d}:00"
        case Granularity.DAY:
            return f"{period.first:%m-%d}"
        case Granularity.WEEK | Granularity.MONTH:
            return str(period)


def _weekdays(trend: Trend) -> Sequence[int]:
    """Which of a trend's days are the weekday of the last."""
    last = parse_period(trend.periods[-1])
    if last is None or last.granularity is not Granularity.DAY:
        return ()
    return range(len(trend.periods) - 1 - _DAYS_A_WEEK, -1, -_DAYS_A_WEEK)


def _write(
    canvas: ImageDraw.ImageDraw,
    plot: _Plot,
    labels: Iterable[tuple[str, float]],
    dates: tuple[str, str],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Digits beside the grid, and below it the first and the last date."""
    form = plot.form
    for text, y in labels:
        canvas.text((plot.left - form.font / 2, y), text, _LABEL, font, anchor="rm")
    below = form.height - form.margin / 2
    canvas.text((plot.left, below), dates[0], _LABEL, font, anchor="lb")
    canvas.text((form.width - form.margin, below), dates[1], _LABEL, font, anchor="rb")
