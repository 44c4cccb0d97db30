"""What is said of a whole fleet: how far all of it moved, and how much of it is in breach."""

from __future__ import annotations

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.numbers import amount
from smartapp_watch.notify.words import Subject, metric_words
from smartapp_watch.rules.fleet import BREACHING, ELIGIBLE

FLEET = Words("全部小程序", "The whole fleet")
IN_BREACH = Words("触发规则", "in breach")
OWN_ALERTS = Words(
    "各小程序在此规则下的告警暂不单独通知；本告警结束时仍未恢复的，届时再通知。",
    "The mini-programs’ own alerts of this rule wait; what is open when this one is over is told then.",
)


def fleet_sentence(notice: AlertNotice, subject: Subject, language: Language) -> str:
    """``daily new users 20% lower than usual across the fleet; 12 of 300 mini-programs in breach (4%)``."""
    metric, found = metric_words(subject, language), breaching_words(notice, subject, language)
    breach = Words(f"{found}触发规则", f"{found} in breach").in_(language)
    percent = notice.figures.change_percent
    if not percent:
        return breach
    size = amount(abs(percent), Unit.PERCENT, language)
    lower = percent < 0
    moved = Words(
        f"{metric}整体比往常{'低' if lower else '高'} {size}（中位数）",
        f"{metric} {size} {'lower' if lower else 'higher'} than usual across the fleet (median)",
    )
    return Words("；", "; ").in_(language).join((moved.in_(language), breach))


def breaching_words(notice: AlertNotice, subject: Subject, language: Language) -> str:
    """How many are in breach, of how many that can be judged: ``12 of 300 mini-programs (4%)``."""
    counts = dict(notice.figures.counts)
    breaching, eligible = counts.get(BREACHING, 0.0), counts.get(ELIGIBLE, 0.0)
    some, every = (amount(each, Unit.COUNT, language) for each in (breaching, eligible))
    share = amount(100 * breaching / eligible if eligible else 0.0, Unit.PERCENT, language)
    by_dimension = subject.report is not None and bool(subject.report.dimensions)
    things = Words("项", "series") if by_dimension else Words("个小程序", "mini-programs")
    chinese = f"{every} {things.zh}中有 {some} {things.zh[0]}（{share}）"
    return Words(chinese, f"{some} of {every} {things.en} ({share})").in_(language)
