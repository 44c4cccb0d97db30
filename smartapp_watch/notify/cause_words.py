"""What carries a change, in words: which source, region, device, page or hour."""

from __future__ import annotations

from collections.abc import Iterator

from smartapp_watch.alerts.causes import AGO, Cause, Cohort, Origin, Way
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import period_words
from smartapp_watch.notify.numbers import amount
from smartapp_watch.notify.text import short

_NAME = 60
_UNNAMED = Words("未命名", "unnamed")
_PLACES = {
    "source": Words("来源", "source"),
    "region": Words("地域", "region"),
    "brand": Words("品牌", "brand"),
    "device": Words("机型", "device"),
    "os": Words("系统", "system"),
    "screen": Words("屏幕", "screen"),
    "network": Words("网络", "network"),
    "page": Words("页面", "page"),
    "hour": Words("时段", "hour"),
}
_WHOLES = {"page": Words("访问", "views")}
_SESSIONS = Words("启动次数", "sessions")
_MOSTLY = 0.5
_ALL = 0.995


def cause_words(origin: Origin, change: float) -> Iterator[Words]:
    """What a change comes from, the most telling first; each about half a sentence."""
    for cause in origin.values:
        yield _words(cause, fell=change < 0)
    if origin.cohort:
        yield _cohort_words(origin.cohort)


def _words(cause: Cause, *, fell: bool) -> Words:
    place, whole = _PLACES[cause.place], _WHOLES.get(cause.place, _SESSIONS)
    zh, en = (f"{place.in_(each)} {_value(cause, each)}" for each in (Language.ZH, Language.EN))
    usual = _percent(cause.usual)
    if cause.way is Way.AUDIENCE:
        return Words(
            f"当日用户构成有变：{zh} 占{whole.zh}的 {_percent(cause.share)}（往常 {usual}）",
            f"the day’s users were others: {en} made {_percent(cause.share)} of {whole.en} (usual {usual})",
        )
    move = Words("下降", "drop") if fell else Words("上升", "rise")
    share = _share_words(cause.share)
    why = _of_mean(cause) if cause.way is Way.MEAN else Words("", "")
    return Words(
        f"{zh} 占{move.zh}的{share.zh}（往常占{whole.zh}的 {usual}）{why.zh}",
        f"{en} carries {share.en} of the {move.en} (usually {usual} of {whole.en}){why.en}",
    )


def _of_mean(cause: Cause) -> Words:
    """Whether its sessions are themselves others, or more or fewer of them."""
    if cause.rate >= _MOSTLY * cause.share:
        return Words("，其自身时长变了", ": its sessions themselves changed")
    return Words("，其占比变了", ": there are more or fewer of them")


def _cohort_words(cohort: Cohort) -> Words:
    (first_zh, last_zh), (first_en, last_en) = (
        tuple(period_words(day, each) for day in (cohort.first, cohort.last))
        for each in (Language.ZH, Language.EN)
    )
    now_zh, now_en, usual_zh, usual_en = (
        amount(value, Unit.COUNT, each)
        for value in (cohort.new_users, cohort.usual)
        for each in (Language.ZH, Language.EN)
    )
    return Words(
        f"流失按 {AGO} 天未启动计算，请看 {first_zh}至{last_zh} 的新用户：{now_zh}（往常一周 {usual_zh}）",
        f"users count as lost after {AGO} days: look at those new from {first_en} to {last_en}: {now_en} "
        f"(usual in a week: {usual_en})",
    )


def _value(cause: Cause, language: Language) -> str:
    if cause.place == "hour":
        hour = int(cause.value)
        return f"{hour:02d}:00–{hour + 1:02d}:00"
    return short(cause.value, _NAME) or _UNNAMED.in_(language)


def _share_words(share: float) -> Words:
    percent = _percent(share)
    return Words("全部", "all") if share >= _ALL else Words(f" {percent}", percent)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
