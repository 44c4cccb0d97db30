"""What things are called in a message: metrics, series, states, severities, reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass

from smartapp_watch.alerts.alert import EventType, is_of_fleet
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Report, Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.conditions import late_after, move_words
from smartapp_watch.notify.dates import SPANS, count_words, period_words
from smartapp_watch.notify.numbers import amount, digits_for
from smartapp_watch.rules.rule import Severity

PLATFORM = Words("平台汇总", "Platform totals")
NO_NAME = Words("未命名", "no name")
WHOLE_APP = Words("整个小程序", "the whole mini-program")
MORE = Words("另有 {} 项", "+{} more")

SEVERITIES = {
    Severity.INFO: Words("提示", "info"),
    Severity.WARNING: Words("警告", "warning"),
    Severity.CRITICAL: Words("严重", "critical"),
}

VARIANTS = {
    "brand": Words("品牌", "brand"),
    "device": Words("机型", "device"),
    "os": Words("操作系统", "operating system"),
    "screen": Words("分辨率", "screen"),
    "network": Words("网络", "network"),
    "age": Words("年龄", "age"),
    "sex": Words("性别", "sex"),
    "interest": Words("兴趣", "interest"),
    "depth": Words("访问深度", "depth of visit"),
    "time": Words("使用时长", "time of use"),
    "interval": Words("启动间隔", "time between launches"),
    "frequency": Words("启动频次", "launches a day"),
}

NOTES = {
    "visit_page.bounce_ratio": Words(
        "页面退出率 = 退出页次数 ÷ 访问次数，即在这一页离开小程序的比例，不是网页统计里的“跳出率”。",
        "Exit rate is exits of views: how often people left the mini-program from this page. "
        "It is not the web’s bounce rate.",
    ),
    "activity_user.lost_ratio": Words(
        "流失率统计的是 60 天未启动的用户，今天的变化大约由 60 天前的用户流失造成。",
        "Lost users are those not seen for 60 days: a move today was caused about 60 days ago.",
    ),
    "source.new_user_count": Words(
        "来源分析中的新用户指 90 天内的新用户，与用户趋势中的“当日新用户”口径不同。",
        "Sources count users new within 90 days; the user trend counts those new that day.",
    ),
}
"""What a reader must know of a metric so as not to misread it."""

_ADDED_UP = Words(
    "各天人数直接相加：同一用户在多天启动会重复计数。",
    "The days are added up: a user who came on several days counts once for each.",
)

_NEXT = 2
"""The cell of a cohort's next period: the first is its own."""

_SENTENCES = {
    "visit_page.bounce_ratio": Words("{} 的访问在这一页离开了小程序", "{} of views ended the visit"),
    "activity_user.lost_ratio": Words(
        "{} 的累计用户已有 60 天没有启动", "{} of all users ever have not come back for 60 days"
    ),
}

_REASONS = {
    "absent": Words("没有数据", "there are no data"),
    "not_fetched": Words("数据尚未取到", "the data could not be fetched"),
    "provisional": Words("数据尚未稳定", "the data are not final"),
    "unripe": Words("留存周期尚未结束", "the cohort’s period is not over"),
    "low_volume": Words("数据量太小，不足以判断", "the numbers are too small to judge by"),
    "thin_baseline": Words("可比的历史数据太少", "there is too little to compare with"),
    "no_earlier_holiday": Words(
        "往年没有可比的同一节日", "there is no such holiday of earlier years to compare with"
    ),
    "under_cut": Words("达到规则的偏离度，未达整体的界限", "it passed the rule’s score, not the fleet’s cut"),
    "late": Words("数据到得较晚，此告警为补发", "told late, as the data came late"),
    "still": Words("", ""),
    "flapping": Words(
        "最近反复告警又恢复，之后不再逐条通知，只在摘要中汇报",
        "it comes and goes; from here on the digest alone tells of it",
    ),
    "silence ended": Words("静默已结束，补发", "told now, as a silence ended"),
    "maintenance ended": Words("维护窗口已结束，补发", "told now, as a maintenance window ended"),
    "shadow ended": Words("规则已转为正式，补发", "told now, as the rule is no longer in shadow"),
    "fleet alert ended": Words(
        "全部小程序的告警已结束，补发", "told now, as the alert of the whole fleet is over"
    ),
    "new level": Words("异常持续过久，已按新的水平重新判断", "it lasted so long that this is the new level"),
    "no data": Words("长时间没有数据", "no data for too long"),
    "rule changed": Words(
        "规则或日历已修改，按现在的设置不再成立",
        "the rule or the calendar was changed; it no longer holds",
    ),
    "rule gone": Words("规则已删除", "the rule is gone"),
    "app gone": Words("小程序已移出监控", "the mini-program is no longer watched"),
    "out of where": Words("该维度值已不在规则范围内", "the rule no longer covers this series"),
}

_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?"
_CORRECTION = re.compile(rf"corrected(?: from (?P<before>{_NUMBER}) to (?P<after>{_NUMBER}))?")


@dataclass(frozen=True, slots=True)
class Subject:
    """The metric of a notice as the catalog knows it; ``report`` is None where it does not.

    ``name``: ``report.field``. ``nth``: which period of a cohort it is, of retention. ``window``: over how
    many days it is added up.
    """

    name: str
    metric: Metric
    report: Report | None
    nth: int | None = None
    granularity: Granularity = Granularity.DAY
    window: int = 1


def subject_of(name: str, nth: int | None = None, granularity: Granularity = Granularity.DAY) -> Subject:
    """The metric that ``report.field`` names; one the catalog does not know is called as it is written."""
    report_name, _, field = name.partition(".")
    report = REPORTS.get(report_name)
    unknown = Metric(field or name, Unit.NUMBER, Words(name, name))
    if report is None:
        return Subject(name, unknown, None, nth, granularity)
    try:
        metric = report.metric(field)
    except KeyError:
        metric = unknown if field else Metric("", Unit.NUMBER, report.words)
    return Subject(name, metric, report, nth, granularity)


def metric_words(subject: Subject, language: Language) -> str:
    """What the metric is called, a retention cell with its distance from the cohort: ``次日留存率``."""
    words, nth = subject.metric.words, subject.nth
    if subject.window > 1:
        return Words(f"近 {subject.window} 天{words.zh}", f"{subject.window}-day {words.en}").in_(language)
    if nth is None or nth < _NEXT:
        return words.in_(language)
    later = count_words(nth - 1, subject.granularity, language)
    if nth > _NEXT:
        return Words(f"{later}后{words.zh}", f"{words.en} {later} later").in_(language)
    one = SPANS[subject.granularity][0]
    return Words(_next_chinese(subject.granularity) + words.zh, f"next-{one.en} {words.en}").in_(language)


def _next_chinese(granularity: Granularity) -> str:
    return {Granularity.WEEK: "次周", Granularity.MONTH: "次月"}.get(granularity, "次日")


def value_sentence(subject: Subject, value: str, language: Language) -> str:
    """The value in half a sentence: ``61.0% of views ended the visit``; an empty one is none at all."""
    words = metric_words(subject, language)
    if not value:
        return Words(f"{words}没有数据", f"no data for {words}").in_(language)
    if subject.window > 1:
        name, days = subject.metric.words, subject.window
        return Words(f"{name.zh}近 {days} 天合计 {value}", f"{value} {name.en} in {days} days").in_(language)
    if subject.name == "retained_user.retained_ratio" and subject.nth is not None and subject.nth >= _NEXT:
        return _retention_sentence(subject, subject.nth, value).in_(language)
    if subject.name in _SENTENCES:
        return _SENTENCES[subject.name].in_(language).format(value)
    return Words(f"{words}为 {value}", f"{words} at {value}").in_(language)


def late_sentence(subject: Subject, kind: EventType, time: str, period: str, language: Language) -> str:
    """That a report is not there: ``截至 14:00 仍没有 11月22日（周日）的用户趋势数据``; or that it came."""
    report = subject.metric.words
    if kind is EventType.RESOLVE:
        return Words(f"{report.zh}数据已到", f"the {report.en} report is in").in_(language)
    day = period_words(period, language)
    return Words(
        f"截至 {time} 仍没有 {day}的{report.zh}数据", f"nothing of {day} in the {report.en} report by {time}"
    ).in_(language)


def note_words(subject: Subject, language: Language) -> str:
    """What a reader must know so as not to misread the figure; mostly nothing."""
    name = subject.metric.name
    notes = [NOTES[subject.name]] if subject.name in NOTES else []
    if subject.window > 1 and name.endswith("user_count") and "new_user" not in name:
        notes.append(_ADDED_UP)
    return Words("", " ").in_(language).join(note.in_(language) for note in notes)


def _retention_sentence(subject: Subject, nth: int, value: str) -> Words:
    chinese, one = _next_chinese(subject.granularity), SPANS[subject.granularity][0]
    english = f"the next {one.en}"
    if nth > _NEXT:
        chinese = count_words(nth - 1, subject.granularity, Language.ZH) + "后"
        english = count_words(nth - 1, subject.granularity, Language.EN) + " later"
    return Words(f"{value} 的活跃用户{chinese}再次启动", f"{value} of active users came back {english}")


def counts_words(subject: Subject, part: str, whole: str, language: Language) -> tuple[str, str]:
    """The counts behind a ratio as (label, text): ``exits``, ``2,318 of 3,800 views``."""
    if subject.report is None or subject.metric.of is None:
        return "", ""
    names = [subject.report.metric(name).words.in_(language) for name in subject.metric.of]
    chinese, english = f"{part} / {names[1]} {whole}", f"{part} of {whole} {names[1]}"
    return names[0], Words(chinese, english).in_(language)


def series_words(
    subject: Subject,
    dimensions: tuple[tuple[str, str | int], ...],
    texts: tuple[tuple[str, str], ...],
    language: Language,
) -> str:
    """Where the value was measured: a page's path, a brand, a region; empty where the app is all there is."""
    texts_by_name = dict(texts)
    if page := texts_by_name.get("page"):
        alias = texts_by_name.get("alias")
        return page if not alias else Words(f"{page}（{alias}）", f"{page} ({alias})").in_(language)
    places = [(name, str(value)) for name, value in dimensions if name != "nth"]
    if not places or is_of_fleet(dimensions):
        return ""
    if not any(value for _, value in places):
        of_platform = subject.report is not None and subject.report.of_platform
        return "" if of_platform else WHOLE_APP.in_(language)
    return _place_words(subject, places, texts_by_name.get("name", ""), language)


def _place_words(subject: Subject, places: list[tuple[str, str]], name: str, language: Language) -> str:
    """``品牌：华为``; the first dimension's variant names the second, where there is one."""
    known = {d.name: d.words for d in subject.report.dimensions} if subject.report else {}
    if len(places) > 1 and places[0][1] in VARIANTS and places[0][0] != "source":
        pairs = [(VARIANTS[places[0][1]].in_(language), places[1][1])]
    else:
        pairs = [
            (known[column].in_(language) if column in known else column, value)
            for column, value in places
            if value
        ]
    between, comma = Words("：", ": ").in_(language), Words("，", ", ").in_(language)
    words = comma.join(f"{label}{between}{value}" for label, value in pairs)
    return words if not name else Words(f"{name}（{words}）", f"{name} ({words})").in_(language)


_EVENTS = {
    EventType.RESOLVE: Words("{}已恢复正常", "{} back to normal"),
    EventType.STALE: Words("{}暂时无法判断", "{} cannot be judged now"),
    EventType.RETRACT: Words("{}告警已撤回", "{}: alert withdrawn"),
    EventType.REOPEN: Words("{}告警重新打开", "{}: alert open again"),
    EventType.CLOSED: Words("{}告警已关闭", "{}: alert closed"),
}
_LATE_EVENTS = {
    EventType.FIRE: Words("数据迟到", "figures late"),
    EventType.RESOLVE: Words("数据已到", "figures are in"),
}
_WORSE = {"bad": Words("{}进一步恶化", "{} got worse"), "": Words("{}变动加大", "{} moved further")}


def event_words(kind: EventType, condition: str, name: str, tone: str, language: Language) -> str:
    """What happened: ``页面退出率已恢复正常``."""
    if late_after(condition):
        if kind in _LATE_EVENTS:
            return _LATE_EVENTS[kind].in_(language)
        name = move_words(condition, name, language)
    if kind is EventType.WORSE:
        return _WORSE["bad" if tone == "bad" else ""].in_(language).format(name)
    if kind in _EVENTS:
        return _EVENTS[kind].in_(language).format(name)
    return move_words(condition, name, language)


def correction_words(reason: str, unit: Unit, language: Language) -> str:
    """What was corrected into what: ``当时的 60 已修正为 95``; empty where that is not the reason."""
    match = _CORRECTION.fullmatch(reason)
    if match is None or match["before"] is None:
        return ""
    before, after = float(match["before"]), float(match["after"])
    digits = digits_for(after - before)
    old, new = (amount(value, unit, language, digits) for value in (before, after))
    # Both may look the same where they are rounded; then the numbers would say nothing.
    return (
        ""
        if old == new
        else Words(f"当时的 {old} 已修正为 {new}", f"{old} was corrected to {new}").in_(language)
    )


def reason_words(reason: str, language: Language) -> str:
    """Why an alert closed, or is told only now; unchanged where it is no known reason.

    A correction is none: a message that withdraws an alert speaks of it anyway.
    """
    if _CORRECTION.fullmatch(reason):
        return ""
    return _REASONS[reason].in_(language) if reason in _REASONS else reason


def capitalised(text: str) -> str:
    """``text`` as the start of a sentence or a label; Chinese has no capitals."""
    return text[:1].upper() + text[1:]
