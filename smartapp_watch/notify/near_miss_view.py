"""What came near to an alert, as a template of a digest sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartapp_watch.alerts.notification import DigestNotice, NearMisses
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import NAME, AlertView, alert_view
from smartapp_watch.notify.text import short

_RULES = 5
_SERIES = 5
_FEW_ROWS = 10
"""Where there is room for no more mini-programs, there is none for what came near."""


@dataclass(frozen=True, slots=True)
class NearMissView:
    """The near misses of one rule; ``templates/README.md`` describes every field."""

    rule: str
    matter: str
    series: tuple[AlertView, ...]
    more: int


def near_miss_views(notice: DigestNotice, language: Language, rows: int) -> tuple[NearMissView, ...]:
    """By rule, that with the strongest first; ``rows``: how many mini-programs the table may show."""
    if rows <= _FEW_ROWS:
        return ()
    return tuple(_view(each, language) for each in notice.near_misses[:_RULES] if each.series)


def more_near_misses(notice: DigestNotice, views: Sequence[NearMissView]) -> int:
    """How many series there are of rules that are not among ``views``."""
    return max(0, notice.tally.near_misses - sum(len(each.series) + each.more for each in views))


def _view(each: NearMisses, language: Language) -> NearMissView:
    series = tuple(alert_view(alert, language) for alert in each.series[:_SERIES])
    return NearMissView(short(each.rule, NAME), series[0].headline, series, max(0, each.count - len(series)))
