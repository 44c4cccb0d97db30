"""What a rule's condition is called: the move it looks for, what it demands, what it compares with."""

from __future__ import annotations

import re

from smartapp_watch.alerts.compared import Compared
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import SPANS, parse_period, weekday
from smartapp_watch.notify.numbers import POINTS, amount

_AMOUNT = r"(?P<amount>-?[\d.,]+(?:e\+?\d+)?)\s*(?P<scale>%|pp)?"
_CONDITION = re.compile(
    rf"(?P<key>above|below|rises_by|drops_by|changes_by)\s*=?\s*\"?{_AMOUNT}\"?"
    r"(?:\s*,?\s*against\s*=?\s*\"?(?P<against>\w+)\"?)?"
)
_UNUSUAL = re.compile(
    r"(?P<key>unusual (?:drop|rise|either)), score (?P<score>[\d.]+) over (?P<weeks>\d{1,3}) weeks"
    rf"(?:, by at least {_AMOUNT})?"
)
_LATE = re.compile(r"late_after (?P<time>\d\d:\d\d)")
_WEEKS = re.compile(r"(?P<weeks>\d{1,3})_weeks")

_MOVES = {
    "above": Words("{}偏高", "{} high"),
    "below": Words("{}偏低", "{} low"),
    "rises_by": Words("{}上升", "{} rose"),
    "drops_by": Words("{}下降", "{} fell"),
    "changes_by": Words("{}异常波动", "{} changed"),
    "unusual rise": Words("{}异常上升", "unusual rise in {}"),
    "unusual drop": Words("{}异常下降", "unusual drop in {}"),
    "unusual either": Words("{}异常波动", "unusual change in {}"),
    "late": Words("{}数据迟到", "{} report late"),
    "": Words("{}异常", "{} unusual"),
}
_DEMANDS = {
    "above": Words("高于 {}", "above {}"),
    "below": Words("低于 {}", "below {}"),
    "rises_by": Words("上升 ≥ {}", "up by {} or more"),
    "drops_by": Words("下降 ≥ {}", "down by {} or more"),
    "changes_by": Words("变动 ≥ {}", "a change of {} or more"),
    "unusual rise": Words("异常上升", "an unusual rise"),
    "unusual drop": Words("异常下降", "an unusual drop"),
    "unusual either": Words("异常波动", "an unusual change"),
}
_FLOORS = {
    "unusual rise": Words("，且升幅 ≥ {}", ", by {} or more"),
    "unusual drop": Words("，且降幅 ≥ {}", ", by {} or more"),
    "unusual either": Words("，且变动 ≥ {}", ", by {} or more"),
}
_HOLIDAYS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def late_after(condition: str) -> str:
    """The time of day of a rule of lateness, ``14:00``; empty for every other rule."""
    match = _LATE.fullmatch(condition.strip())
    return match["time"] if match else ""


def move_words(condition: str, name: str, language: Language) -> str:
    """What the rule is about, the same for every event of an alert: ``页面退出率上升``."""
    match = _CONDITION.match(condition) or _UNUSUAL.match(condition)
    key = match["key"] if match else "late" if late_after(condition) else ""
    return _MOVES[key].in_(language).format(name)


def condition_words(condition: str, unit: Unit, language: Language) -> str:
    """A rule's condition in words; unchanged where it says something that this does not know."""
    condition = condition.strip()
    if time := late_after(condition):
        return Words(f"次日 {time} 仍无数据", f"no data by {time} the next day").in_(language)
    if match := _UNUSUAL.fullmatch(condition):
        return _unusual_words(match, unit, language)
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return condition
    demand = _DEMANDS[match["key"]].in_(language).format(_demanded(match, unit, language))
    reference = _reference(match["against"] or "")
    if reference is None:
        return demand
    return Words(f"{reference.zh}{demand}", f"{demand} {reference.en}").in_(language)


def _unusual_words(match: re.Match[str], unit: Unit, language: Language) -> str:
    demand, score, weeks = _DEMANDS[match["key"]], match["score"], match["weeks"]
    words = Words(
        f"较前 {weeks} 周同期{demand.zh}（偏离度 ≥ {score}）",
        f"{demand.en} against {weeks} weeks (score {score} or more)",
    ).in_(language)
    if match["amount"] is None:
        return words
    return words + _FLOORS[match["key"]].in_(language).format(_demanded(match, unit, language))


def _reference(against: str) -> Words | None:
    """What a change is measured on; None where nothing, or nothing known, is."""
    if against == "previous":
        return Words("较前一期", "on the period before")
    if against == "last_week":
        return Words("较前一周同期", "on the week before")
    if match := _WEEKS.fullmatch(against):
        weeks = match["weeks"]
        return Words(f"较前 {weeks} 周同期中位数", f"on the median of {weeks} weeks")
    return None


def _demanded(match: re.Match[str], unit: Unit, language: Language) -> str:
    plain = match["amount"]
    if match["scale"] == "pp":
        return plain + POINTS.in_(language)
    if match["scale"] == "%" or unit is Unit.PERCENT:
        return f"{plain}%"
    try:
        return amount(float(plain.replace(",", "")), unit, language)
    except ValueError:
        return plain


def usual_words(notice: AlertNotice, period: Period | None, language: Language) -> str:
    """What the value is compared with: ``往常周日``, ``usual Sunday``; without a baseline, the limit."""
    against, compared = notice.against, notice.compared
    if compared.holiday:
        return _holiday_words(compared).in_(language)
    if period is None or _reference(against) is None:
        return (Words("参考值", "baseline") if against else Words("界限", "limit")).in_(language)
    if notice.window > 1:
        last = Words("一周前", "a week earlier")
        return (last if against == "last_week" else Words("往常", "usually")).in_(language)
    if against == "previous":
        one = SPANS[period.granularity][0]
        return Words(f"前一{one.zh}", f"the {one.en} before").in_(language)
    if period.granularity in (Granularity.WEEK, Granularity.MONTH):
        last = Words("前一周", "the week before")
        return (last if against == "last_week" else Words("往常", "usual")).in_(language)
    day = weekday((parse_period(compared.day) or period).first, language)
    if period.granularity is Granularity.HOUR:
        day += Words(f" {period.hour} 时", f" {period.hour:02d}:00").in_(language)
    last = Words(f"前一个{day}", f"the {day} before")
    return (last if against == "last_week" else Words(f"往常{day}", f"usual {day}")).in_(language)


def _holiday_words(compared: Compared) -> Words:
    """``2025、2024 年国庆节同日（折算）``: carried over to this year, as figures have grown since."""
    name = _HOLIDAYS.get(compared.holiday, compared.holiday)
    chinese, english = ("、".join(map(str, compared.years)), " and ".join(map(str, compared.years)))
    return Words(
        f"{chinese} 年{name}同日（折算）", f"same day of {compared.holiday} in {english}, scaled to this year"
    )
