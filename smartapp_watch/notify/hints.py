"""Where to look first: what is known beside an alert's own figures, each in half a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import sqrt

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.trend import Beside
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.cause_words import cause_words
from smartapp_watch.notify.dates import span_words
from smartapp_watch.notify.numbers import amount
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import Subject, capitalised, subject_of
from smartapp_watch.rules.occasion import Occurrence, Side

MOST = 3

_EVENTS = 2
_CAUSES = 2
_COMPANIONS = 2
_CLEAR_SHARE = 0.2
_CLEAR_POINTS = 5
_CLEAR_SPREADS = 3

_NAME = 60

_SIDES = {
    Side.WITHIN: Words("正值{}", "within {}"),
    Side.BEFORE: Words("临近{}", "shortly before {}"),
    Side.AFTER: Words("刚过{}", "shortly after {}"),
}

_PLACES = {
    "visit_page": (Words("页面", "page"), Words("个页面", "pages")),
    "region": (Words("地域", "region"), Words("个地域", "regions")),
    "terminal": (Words("终端", "kind of device"), Words("种终端", "kinds of device")),
    "source": (Words("来源", "source"), Words("个来源", "sources")),
    "visit_character": (Words("分组", "group of users"), Words("个分组", "groups of users")),
    "visit_attribute": (Words("人群", "group of users"), Words("个人群", "groups of users")),
}
"""What a report's rows are, one and counted; the others have one row a mini-program."""


def hints(notice: AlertNotice, subject: Subject, language: Language) -> tuple[str, ...]:
    """At most three facts that tell where to look, the most telling first."""
    causes = islice(_causes(notice), _CAUSES)
    moved = islice(_moved(notice), _COMPANIONS)
    events = islice(_occasions(notice), _EVENTS)
    found = (*events, *_elsewhere(notice), *causes, *moved, *_here(notice, subject))
    return tuple(capitalised(words.in_(language)) for words in found[:MOST])


def main_cause(notice: AlertNotice, language: Language) -> str:
    """What carries most of the change, and the event it fell on; empty where nobody can say."""
    found = (*islice(_causes(notice), 1), *islice(_occasions(notice), 1))
    return capitalised(Words("；", "; ").in_(language).join(words.in_(language) for words in found))


def occasion_words(each: Occurrence) -> Words:
    """``within 618 (16–20 Jun)``."""
    name = short(each.name, _NAME)
    spans = [span_words(each.first, each.last, language) for language in (Language.ZH, Language.EN)]
    side = _SIDES[each.side]
    return Words(side.zh.format(f"{name}（{spans[0]}）"), side.en.format(f"{name} ({spans[1]})"))


def _occasions(notice: AlertNotice) -> Iterator[Words]:
    return map(occasion_words, notice.occasions)


def _causes(notice: AlertNotice) -> Iterator[Words]:
    return cause_words(notice.origin, notice.figures.change or 0)


def _elsewhere(notice: AlertNotice) -> Iterator[Words]:
    count = notice.others_elsewhere
    if count:
        programs = "mini-program is" if count == 1 else "mini-programs are"
        yield Words(
            f"另有 {count} 个小程序触发同一规则，原因可能不在这个小程序本身",
            f"{count} other {programs} in alert by the same rule, so the cause may lie outside this one",
        )


def _here(notice: AlertNotice, subject: Subject) -> Iterator[Words]:
    """Whether it is only this page of the mini-program; of its total that says nothing."""
    report, count = subject.report, notice.others_here
    is_total = not any(value for name, value in notice.dimensions if name != "nth")
    if report is None or report.name not in _PLACES or is_total or count is None:
        return
    one, many = _PLACES[report.name]
    if not count:
        yield Words(
            f"该小程序的其他{one.zh}没有触发这条规则", f"no other {one.en} of the mini-program is in alert"
        )
    else:
        verb, places = ("is", one.en) if count == 1 else ("are", many.en)
        yield Words(
            f"该小程序另有 {count} {many.zh}触发这条规则",
            f"{count} other {places} of the mini-program {verb} in alert too",
        )


def _moved(notice: AlertNotice) -> Iterator[Words]:
    """The companions that moved too, those with the largest share first."""
    shown = dict(notice.figures.counts)
    clear = [each for each in notice.beside if each.metric.partition(".")[2] not in shown and _is_clear(each)]
    for each in sorted(clear, key=_share, reverse=True):
        metric, usual = subject_of(each.metric).metric, each.usual or 0.0
        rose = each.value > usual
        now, before = (
            (amount(value, metric.unit, Language.ZH), amount(value, metric.unit, Language.EN))
            for value in (each.value, usual)
        )
        yield Words(
            f"{metric.words.zh}同期{'上升' if rose else '下降'}：{before[0]} → {now[0]}",
            f"{metric.words.en} {'rose' if rose else 'fell'} as well: {before[1]} → {now[1]}",
        )


def _is_clear(each: Beside) -> bool:
    """Whether a figure is farther from its usual value than it may well be on any day."""
    if each.usual is None:
        return False
    move = abs(each.value - each.usual)
    match subject_of(each.metric).metric.unit:
        case Unit.PERCENT:
            return move >= _CLEAR_POINTS
        case Unit.COUNT:
            return _share(each) >= _CLEAR_SHARE and move >= _CLEAR_SPREADS * sqrt(max(each.usual, 1.0))
        case _:
            return _share(each) >= _CLEAR_SHARE


def _share(each: Beside) -> float:
    """How far a figure is from its usual value, in shares of that."""
    return abs(each.value - (each.usual or 0.0)) / abs(each.usual) if each.usual else float("inf")
