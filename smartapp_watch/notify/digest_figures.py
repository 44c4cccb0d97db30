"""The figures of a digest as a template sees them: the fleet's, each mini-program's, and whose moved most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.alert_view import NAME
from smartapp_watch.notify.numbers import (
    NO_DATA,
    Change,
    amount,
    bar_heights,
    change_of,
    digits_for,
    relative_change,
    sparkline,
)
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import capitalised, subject_of

APP_NAME = 40
"""How much of a mini-program's name a table shows."""

_HIGHEST, _LEAST = 16, 2
_DAYS = Words("{}/{} 天", "{}/{} days")
_ALERTS = Words("{} 条告警", "{} alerts")
_ONE_ALERT = Words("1 条告警", "1 alert")


@dataclass(frozen=True, slots=True)
class TotalView:
    """One figure of the fleet, or of one mini-program; ``templates/README.md`` describes every field."""

    label: str
    value: str
    before: str
    change: str
    judgement: str
    tone: str
    usual: str
    from_usual: str
    spark: str
    bars: tuple[int, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """Label, value, the value before, both changes, and bars, for a table of text."""
        change = f"{self.change} {self.judgement}".strip()
        return self.label, self.value, self.before, change, self.from_usual, self.spark


@dataclass(frozen=True, slots=True)
class AppRow:
    """One mini-program in the table of all; ``templates/README.md`` describes every field."""

    name: str
    totals: tuple[TotalView, ...]
    days: str
    mark: str

    @property
    def bars(self) -> tuple[int, ...]:
        """The bars of its first figure."""
        return self.totals[0].bars if self.totals else ()

    @property
    def cells(self) -> tuple[str, ...]:
        """Name and values, for a table of text."""
        name = " ".join(part for part in (self.name, self.mark, self.days) if part)
        return name, *(f"{total.value} {total.change}".strip() for total in self.totals)


@dataclass(frozen=True, slots=True)
class MoverView:
    """A mini-program whose users became many more, or many fewer."""

    name: str
    value: str
    before: str
    change: str
    tone: str
    spark: str
    bars: tuple[int, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """Name, value, change and bars, for a table of text."""
        return self.name, self.value, self.change, self.spark


def label_of(total: Total, language: Language) -> str:
    """What a figure is called: an average says so."""
    words = subject_of(total.metric).metric.words
    if total.a_day:
        words = Words(f"日均{words.zh}", f"{words.en} a day")
    return capitalised(short(words.in_(language), NAME))


def total_view(total: Total, language: Language) -> TotalView:
    """The view of one figure."""
    metric = subject_of(total.metric).metric
    change = _change(total, language)
    digits = digits_for(_difference(total)) if metric.unit is Unit.PERCENT else 1
    known = total.usual is not None and total.usual_of is not None
    usual_of = 0.0 if total.usual_of is None or total.usual is None else total.usual_of - total.usual
    from_usual = _moved(usual_of, total.from_usual_percent, total, language) if known else Change()
    return TotalView(
        label=label_of(total, language),
        value=amount(total.value, metric.unit, language, digits),
        before=amount(total.before, metric.unit, language, digits),
        change=str(change),
        judgement=change.judgement,
        tone=change.tone,
        usual=amount(total.usual, metric.unit, language, digits) if known else "",
        from_usual=str(from_usual),
        spark=sparkline(total.daily),
        bars=_bars(total.daily),
    )


def row_view(app: AppLine, metrics: Sequence[str], days: int, alerts: int, language: Language) -> AppRow:
    """A line of the table of all; ``days``: of the period; ``alerts``: how many it has open."""
    totals = {total.metric: total for total in app.totals}
    empty = TotalView("", NO_DATA.in_(language), "", "", "", "", "", "", "", ())
    mark = (_ONE_ALERT if alerts == 1 else _ALERTS).in_(language).format(alerts) if alerts else ""
    return AppRow(
        name=app_name(app),
        totals=tuple(
            total_view(totals[metric], language) if metric in totals else empty for metric in metrics
        ),
        days="" if app.days_known >= days or days == 1 else _DAYS.in_(language).format(app.days_known, days),
        mark=mark,
    )


def mover_view(app: AppLine, language: Language) -> MoverView:
    """The view of a mini-program that moved, by its first figure."""
    total = app.totals[0]
    metric = subject_of(total.metric).metric
    change = change_of(_difference(total), total.change_percent, metric.unit, metric.good, language)
    return MoverView(
        name=app_name(app),
        value=amount(total.value, metric.unit, language),
        before=amount(total.before, metric.unit, language),
        change=str(change),
        tone=change.tone,
        spark=sparkline(total.daily),
        bars=_bars(total.daily),
    )


def app_name(app: AppLine) -> str:
    """A mini-program's name, or its number."""
    return short(app.name, APP_NAME) or str(app.app_id)


def _bars(values: Sequence[float | None]) -> tuple[int, ...]:
    """Heights in pixels; 0 where nothing is known."""
    heights = bar_heights(values, _HIGHEST - _LEAST)
    return tuple(0 if height is None else _LEAST + height for height in heights)


def _difference(total: Total) -> float | None:
    """How far what can be compared moved: a mini-program that is new is no rise."""
    return None if total.comparable is None or total.before is None else total.comparable - total.before


def _change(total: Total, language: Language) -> Change:
    difference = _difference(total)
    return Change() if difference is None else _moved(difference, total.change_percent, total, language)


def _moved(difference: float, percent: float | None, total: Total, language: Language) -> Change:
    """Ratios in points, all else in per cent alone, as there is little room."""
    metric = subject_of(total.metric).metric
    if metric.unit is Unit.PERCENT or percent is None:
        return change_of(difference, None, metric.unit, metric.good, language)
    return relative_change(percent, metric.good, language)
