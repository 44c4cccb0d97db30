"""How a series went, as a template sees it: a picture and its words, bars, and a line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from smartapp_watch.alerts.trend import Trend
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.chart import Drawing
from smartapp_watch.notify.dates import count_words, parse_period, period_words, span_words, weekday
from smartapp_watch.notify.numbers import amount, bar_heights, digits_for, sparkline
from smartapp_watch.notify.words import Subject, metric_words

BARS = 14
"""How many of the last periods are shown in bars and in text."""

_BAND = Words("灰色为往常范围", "grey: what is usual")
_LINE = Words("灰线为比较基准", "grey: what it is compared with")
_NO_DRAWING = Drawing()
_HIGHEST = 32
_LEAST = 3


@dataclass(frozen=True, slots=True)
class TrendView:
    """What an alert's view takes over. ``span``: of ``spark`` and ``bars``, *Last 14 days*."""

    chart: Drawing = _NO_DRAWING
    alt: str = ""
    legend: str = ""
    spark: str = ""
    span: str = ""
    bars: tuple[int, ...] = ()


def trend_view(
    trend: Trend | None, subject: Subject, tone: str, usual_label: str, language: Language
) -> TrendView:
    """The view of a trend; empty where it tells nothing. ``usual_label``: what its band is called."""
    if trend is None or not _is_whole(trend):
        return TrendView()
    alt = _alt(trend, subject, usual_label, language)
    last = trend.values[-BARS:]
    return TrendView(
        chart=Drawing(trend, subject.metric.unit, tone, alt),
        alt=alt,
        legend=_legend(trend, subject.granularity, language),
        spark=sparkline(last),
        span=_span(len(last), subject.granularity, language),
        bars=tuple(
            0 if height is None else _LEAST + height for height in bar_heights(last, _HIGHEST - _LEAST)
        ),
    )


def _is_whole(trend: Trend) -> bool:
    """Whether anything is known, and every period has its values: a message is not lost over a trend."""
    lengths = {len(each) for each in (trend.periods, trend.values, trend.lows, trend.highs)}
    return len(lengths) == 1 and any(value is not None and isfinite(value) for value in trend.values)


def _span(count: int, granularity: Granularity, language: Language) -> str:
    words = count_words(count, granularity, language)
    return Words(f"近 {words}", f"Last {words}").in_(language)


def _legend(trend: Trend, granularity: Granularity, language: Language) -> str:
    """What stands below a picture: how long it is, and what its grey and its rings are."""
    parts = [
        Words(
            _span(len(trend.values), granularity, Language.ZH),
            _span(len(trend.values), granularity, Language.EN),
        )
    ]
    band = [(low, high) for low, high in zip(trend.lows, trend.highs, strict=True) if low is not None]
    if band:
        parts.append(_LINE if all(low == high for low, high in band) else _BAND)
    last = parse_period(trend.periods[-1])
    if last is not None and granularity is Granularity.DAY:
        parts.append(
            Words(f"圆圈为{weekday(last.first, Language.ZH)}", f"rings: {weekday(last.first, Language.EN)}s")
        )
    return Words("；", "; ").in_(language).join(part.in_(language) for part in parts)


def _alt(trend: Trend, subject: Subject, usual_label: str, language: Language) -> str:
    """What a picture says, for those who do not see it."""
    known = [value for value in trend.values if value is not None and isfinite(value)]
    digits = digits_for(max(known) - min(known))

    def words(value: float | None) -> str:
        return amount(value, subject.metric.unit, language, digits)

    name, days = metric_words(subject, language), _days(trend, language)
    high, low = words(max(known)), words(min(known))
    return Words(
        f"图：{name}，{days}，最高 {high}，最低 {low}；",
        f"Chart: {name}, {days}, between {low} and {high}; ",
    ).in_(language) + _last_words(trend, words, usual_label, language)


def _last_words(
    trend: Trend, words: Callable[[float | None], str], usual_label: str, language: Language
) -> str:
    """``11月22日（周日）为 61.0%，往常周日 38.2%–41.0%``."""
    day, last = period_words(trend.periods[-1], language), words(trend.values[-1])
    if trend.values[-1] is None:
        return Words(f"{day}{last}", f"{day}: {last}").in_(language)
    usual = _usual(trend, words(trend.lows[-1]), words(trend.highs[-1]), usual_label)
    end = Words(f"，{usual}", f", {usual}").in_(language) if usual else ""
    return Words(f"{day}为 {last}", f"{day}: {last}").in_(language) + end


def _usual(trend: Trend, low: str, high: str, label: str) -> str:
    if not label or trend.lows[-1] is None or trend.highs[-1] is None:
        return ""
    return f"{label} {low}" if low == high else f"{label} {low}–{high}"


def _days(trend: Trend, language: Language) -> str:
    first, last = parse_period(trend.periods[0]), parse_period(trend.periods[-1])
    if first is None or last is None:
        return f"{period_words(trend.periods[0], language)}–{period_words(trend.periods[-1], language)}"
    return span_words(str(first.first), str(last.last), language)
