"""How the service fared, as a digest says it: what it did not read, and whom it did not reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smartapp_watch.alerts.digest_parts import EMPTY, NOT_READ, STOPPED, UNPOLLED, Gap, Unread
from smartapp_watch.alerts.notification import DigestNotice, Flapping
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.alert_view import NAME, PLACE, alert_view
from smartapp_watch.notify.dates import count_words, date_words, moment_words, parse_period, span_words
from smartapp_watch.notify.text import short

_NAMES = 10
_APP_NAME = 40
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

CAUSES = {
    "token": Words("授权失效", "access token rejected"),
    "renewal": Words("令牌无法续期", "no token could be renewed"),
    "refused": Words("接口拒绝访问", "refused by the API"),
    "payload": Words("接口返回的内容无法识别", "an answer that makes no sense"),
    "unavailable": Words("接口出错", "API error"),
    "too_fast": Words("请求过快被限流", "too many calls at once"),
    "quota": Words("当日调用次数已用完", "no calls left that day"),
    "platform": Words("接口拒绝了整个平台", "the API shut the platform out"),
    UNPOLLED: Words("未配置抓取", "not polled"),
    EMPTY: Words("百度没有给出数据", "Baidu gave no figures"),
    STOPPED: Words("抓取提前结束", "the poll ended early"),
    NOT_READ: Words("尚未抓取", "not fetched yet"),
}


@dataclass(frozen=True, slots=True)
class GapView:
    """Days that nothing is known of; ``templates/README.md`` describes every field."""

    names: tuple[str, ...]
    more: int
    days: str
    cause: str


@dataclass(frozen=True, slots=True)
class FlappingView:
    """A series whose alerts come and go; ``templates/README.md`` describes every field."""

    topic: str
    times: int
    rule: str
    key: str


def gap_views(notice: DigestNotice, language: Language) -> tuple[GapView, ...]:
    """What is missing; of a digest that was frozen without causes, the names alone."""
    if not notice.gaps and notice.missing:
        return (_gap(Gap((), "?", notice.missing, len(notice.missing)), language),)
    return tuple(_gap(gap, language) for gap in notice.gaps)


def _gap(gap: Gap, language: Language) -> GapView:
    names = tuple(short(name, _APP_NAME) for name in gap.names[:_NAMES])
    cause = CAUSES.get(gap.cause)
    return GapView(
        names, max(0, gap.count - len(names)), _days(gap.days, language), cause.in_(language) if cause else ""
    )


def _days(days: Sequence[str], language: Language) -> str:
    """Days, those next to one another as a span: ``11月16日、11月19日–22日``."""
    runs: list[list[str]] = []
    for day in days:
        period = parse_period(day)
        before = parse_period(runs[-1][-1]) if runs else None
        if period and before and before.granularity is Granularity.DAY and before.shift(1) == period:
            runs[-1].append(day)
        else:
            runs.append([day])
    comma = Words("、", ", ").in_(language)
    return comma.join(_short_span(run[0], run[-1], language) for run in runs)


def _short_span(first: str, last: str, language: Language) -> str:
    """A span of days; a single one without its weekday."""
    if first != last:
        return span_words(first, last, language)
    period = parse_period(first)
    if period is None or period.granularity is not Granularity.DAY:
        return span_words(first, last, language)
    return date_words(period.first, language)


def failure_lines(notice: DigestNotice, language: Language) -> tuple[str, ...]:
    """What could not be read, in words, with what the API said."""
    lines = [_unread(unread, language) for unread in notice.unread]
    return tuple(short(line, 2 * PLACE) for line in (*lines, *notice.failures))


def _unread(unread: Unread, language: Language) -> str:
    table = TABLES.get(unread.report)
    report = table.report.words.in_(language) if table else unread.report
    names = Words("、", ", ").in_(language).join(short(name, _APP_NAME) for name in unread.names)
    more = unread.count - len(unread.names)
    if more:
        names += Words(f" 等 {unread.count} 个小程序", f" and {more} more").in_(language)
    first, _, last = unread.period.partition("..")
    days = _short_span(first, last or first, language)
    cause = CAUSES.get(unread.kind)
    what = " · ".join(part for part in (names, report, days) if part)
    why = cause.in_(language) if cause else ""
    said = short(unread.message, PLACE)
    chinese = f"{what}：" + (f"{why}（{said}）" if why and said else why or said)
    english = f"{what}: " + (f"{why} ({said})" if why and said else why or said)
    return Words(chinese, english).in_(language)


def flapping_view(flapping: Flapping, language: Language) -> FlappingView:
    """A series that flaps, with the key of its rule that would calm it."""
    alert = alert_view(flapping.alert, language)
    return FlappingView(alert.topic, flapping.times, alert.rule, _calming_key(flapping.alert.condition))


def _calming_key(condition: str) -> str:
    """What lets an alert of such a condition end later than it begins."""
    word = condition.split(" ", 1)[0]
    if word in ("above", "below"):
        return "clears_at"
    return "clears_by" if word in ("rises_by", "drops_by", "changes_by") else "keep"


def waiting_lines(notice: DigestNotice, language: Language) -> tuple[str, ...]:
    """The messages that a receiver did not get, a line for each receiver and fate."""
    return tuple(_waiting(notice, language))


def _waiting(notice: DigestNotice, language: Language) -> Iterator[str]:
    for each in notice.waiting:
        receiver, error = short(each.receiver, NAME), short(each.error, PLACE)
        chinese = f"{receiver}：{each.count} 条{'已放弃' if each.given_up else '等待重发'}"
        english = f"{receiver}: {each.count} {'given up' if each.given_up else 'waiting'}"
        if error:
            chinese, english = f"{chinese}（{error}）", f"{english} ({error})"
        yield Words(chinese, english).in_(language)


def off_lines(notice: DigestNotice, language: Language) -> tuple[str, ...]:
    """The receivers that get nothing until somebody changes something."""
    return tuple(
        Words(
            f"{short(each.name, NAME)}：自 {moment_words(each.since)} 起停用（{short(each.error, PLACE)}）",
            f"{short(each.name, NAME)}: off since {moment_words(each.since)} ({short(each.error, PLACE)})",
        ).in_(language)
        for each in notice.receivers_off
    )


def duration_words(seconds: float | None, language: Language) -> str:
    """A span of time, roughly: ``42 分钟``, ``5 hours``; empty where there is none."""
    if seconds is None:
        return ""
    minutes = max(1, round(seconds / _MINUTE))
    if seconds < _HOUR:
        return Words(f"{minutes} 分钟", f"{minutes} min").in_(language)
    if seconds < 2 * _DAY:
        return Words(f"{round(seconds / _HOUR)} 小时", f"{round(seconds / _HOUR)} h").in_(language)
    return count_words(round(seconds / _DAY), Granularity.DAY, language)


def end_words(last: str, language: Language) -> str:
    """The end of a day in Beijing: ``11月22日 24:00``."""
    return f"{_short_span(last, last, language)} 24:00"


def language_name(language: Language) -> str:
    """What a language calls itself."""
    return Words("中文", "English").in_(language)
