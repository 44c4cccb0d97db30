"""Several alerts in one message as a template sees them: in sections, the worst first, the rest counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from smartapp_watch.alerts.alert import EventType, is_of_fleet
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Layout
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.alert_view import NAME, AlertView, alert_view
from smartapp_watch.notify.dates import parse_period, period_words, span_words
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import NO_NAME

ROWS = 40
"""How many alerts a message lists."""

_CELL = 44
_OPEN, _OVER, _WITHDRAWN = "open", "over", "withdrawn"
_STATES = {EventType.RESOLVE: _OVER, EventType.CLOSED: _OVER, EventType.RETRACT: _WITHDRAWN}
_MARKS = {
    EventType.STALE: Words("暂时无法判断", "cannot be judged now"),
    EventType.REOPEN: Words("重新打开", "open again"),
    EventType.RESOLVE: Words("已恢复", "back to normal"),
    EventType.CLOSED: Words("已关闭", "closed"),
    EventType.RETRACT: Words("已撤回", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One alert of a group. ``mark``: what became of it, in a word; empty where it is simply open."""

    alert: AlertView
    mark: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Where, value, usual value, change, mark and number, for a table of text."""
        alert = self.alert
        place = f"{alert.app} · {alert.where}" if alert.where else alert.app
        usual = f"{alert.usual_label} {alert.usual}" if alert.usual else ""
        return (
            short(place, _CELL),
            alert.value,
            usual,
            alert.change,
            self.mark,
            f"#{alert.id}" if alert.id else "",
        )


@dataclass(frozen=True, slots=True)
class GroupSection:
    """Alerts of one rule, or of one state; ``templates/README.md`` describes every field."""

    state: str
    rule: str
    matter: str
    alerts: int
    open: int
    rows: tuple[GroupRow, ...]
    more: int

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The rows for a table of text, without the columns that are empty in all of them."""
        columns = [column for column in zip(*(row.cells for row in self.rows), strict=True) if any(column)]
        return tuple(zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class GroupView:
    """What the templates of a group may use; ``templates/README.md`` describes every field."""

    layout: str
    icon: str
    tone: str
    app: str
    matter: str
    same_matter: bool
    alerts: int
    open: int
    apps: int
    period: str
    worst: AlertView
    sections: tuple[GroupSection, ...]
    more: int


def group_view(notice: GroupNotice, language: Language, rows: int = ROWS) -> GroupView:
    """The view of a group; ``rows``: how many alerts it may list at most."""
    if len({(alert.app_id, is_of_fleet(alert.dimensions)) for alert in notice.alerts}) > 1:
        notice = _of_several(notice)
    worst = next((alert for alert in notice.alerts if _state(alert) == _OPEN), notice.alerts[0])
    view = alert_view(worst, language)
    sections = tuple(_sections(notice, language, rows))
    return GroupView(
        layout=notice.layout.value,
        icon=view.icon,
        tone=view.tone,
        app=view.app if notice.layout is Layout.APP else "",
        matter=_matter(notice.alerts[0], language),
        same_matter=len({(alert.rule, alert.metric) for alert in notice.alerts}) == 1,
        alerts=len(notice.alerts),
        open=sum(_state(alert) == _OPEN for alert in notice.alerts),
        apps=len({alert.app_id for alert in notice.alerts} - {None}),
        period=_periods(notice.alerts, language),
        worst=view,
        sections=sections,
        more=len(notice.alerts) - sum(section.alerts for section in sections),
    )


def _of_several(notice: GroupNotice) -> GroupNotice:
    """A whole fleet and the platform have no number both, and are not one all the same."""
    return replace(notice, layout=Layout.RULES) if notice.layout is Layout.APP else notice


def _state(alert: AlertNotice) -> str:
    return _STATES.get(alert.type, _OPEN)


def _periods(alerts: Sequence[AlertNotice], language: Language) -> str:
    """What the figures are of: one period, or the days from the first to the last."""
    texts = {alert.period for alert in alerts}
    periods = [period for text in texts if (period := parse_period(text))]
    if len(texts) == 1 or not periods:
        return period_words(alerts[0].period, language)
    first, last = min(period.first for period in periods), max(period.last for period in periods)
    return span_words(str(first), str(last), language)


def _matter(alert: AlertNotice, language: Language) -> str:
    """What the alert began with, whatever became of it: ``页面退出率上升``."""
    return alert_view(replace(alert, type=EventType.FIRE), language).headline


def _sections(notice: GroupNotice, language: Language, rows: int) -> Iterable[GroupSection]:
    """By rule, as many of each as there is room for all of them; or by state, those that are open first."""
    if notice.layout is Layout.RULES:
        parts = _by_rule(notice.alerts)
        for alerts, share in zip(parts, _shares([len(part) for part in parts], rows), strict=True):
            if share:
                rule, matter = (
                    short(alerts[0].rule, NAME) or NO_NAME.in_(language),
                    _matter(alerts[0], language),
                )
                yield _section(alerts, share, language, rule=rule, matter=matter)
        return
    for state in (_OPEN, _OVER, _WITHDRAWN):
        if alerts := [alert for alert in notice.alerts if _state(alert) == state]:
            yield _section(alerts, rows, language, state=state)
            rows = max(0, rows - len(alerts))


def _by_rule(alerts: Iterable[AlertNotice]) -> Sequence[Sequence[AlertNotice]]:
    """The alerts of each rule, in the order of the first of each."""
    rules: dict[str, list[AlertNotice]] = {}
    for alert in alerts:
        rules.setdefault(alert.rule, []).append(alert)
    return list(rules.values())


def _shares(sizes: Sequence[int], rows: int) -> Sequence[int]:
    """How many of each part are listed, so that a large one leaves room for the others."""
    shares = [0] * len(sizes)
    while rows and shares != list(sizes):
        for number, size in enumerate(sizes):
            if rows and shares[number] < size:
                shares[number] += 1
                rows -= 1
    return shares


def _section(
    alerts: Sequence[AlertNotice],
    rows: int,
    language: Language,
    *,
    state: str = "",
    rule: str = "",
    matter: str = "",
) -> GroupSection:
    shown = alerts[:rows]
    return GroupSection(
        state=state,
        rule=rule,
        matter=matter,
        alerts=len(alerts),
        open=sum(_state(alert) == _OPEN for alert in alerts),
        rows=tuple(_row(alert, language) for alert in shown),
        more=len(alerts) - len(shown),
    )


def _row(alert: AlertNotice, language: Language) -> GroupRow:
    mark = _MARKS.get(alert.type)
    return GroupRow(alert_view(alert, language), mark.in_(language) if mark else "")
