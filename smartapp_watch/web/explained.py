"""Why an alert fired, in words of one language: everything that ``explain`` finds out about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smartapp_watch.alerts.alert import Alert, is_of_fleet
from smartapp_watch.evaluate.explain import Explanation, explain_alert
from smartapp_watch.history.database import History
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.cause_words import cause_words
from smartapp_watch.notify.dates import period_words
from smartapp_watch.notify.hints import occasion_words
from smartapp_watch.notify.numbers import MINUS, POINTS, amount
from smartapp_watch.notify.words import capitalised, reason_words
from smartapp_watch.rules.account import Candidate, Guard, Scored, Significance
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.rules.verdict import Verdict
from smartapp_watch.web.source import Current, Source

_PATIENCE = 1.5
"""Seconds that a page waits for an explanation; after that it comes without."""

_WHY_NOT: Mapping[str, Words] = {
    "own episode": Words("属于本规则自己的告警期", "within an alert of the same rule"),
    "another rule's episode": Words("属于另一规则的告警期", "within an alert of another rule"),
    "newer ones are enough": Words("较近的日期已足够", "newer ones are enough"),
    "excluded day": Words("节假日或被排除的日期", "a day that the calendar leaves out"),
    "unknown": Words("没有可用数据", "not known"),
}
_VERDICTS: Mapping[Verdict, Words] = {
    Verdict.BREACH: Words("满足告警条件", "the condition is met"),
    Verdict.CLEAR: Words("正常", "clear"),
    Verdict.HOLD: Words("介于两者之间，保持原状", "neither: it stays as it was"),
    Verdict.UNKNOWN: Words("无法判断", "cannot be judged"),
    Verdict.EXCLUDED: Words("节假日或被排除的日期，不判断", "a day that the calendar leaves out"),
}
_SIDES = {"present": Words("当前", "now"), "baseline": Words("比较基准", "of what it is compared with")}


@dataclass(frozen=True, slots=True)
class Compared:
    """A period that the value might be compared with; ``why_not``: empty where it was."""

    period: str
    value: str
    why_not: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What there is to say of how the verdict came about, by today's data. ``guards``: in sentences."""

    verdict: str
    period: str
    compared: tuple[Compared, ...]
    guards: tuple[str, ...]
    causes: tuple[str, ...]
    occasions: tuple[str, ...]


def may_be_explained(current: Current, alert: Alert) -> bool:
    """Whether there is anything to judge again: not of a whole fleet, nor by a rule that is gone or goes by
    the clock."""
    rule = current.rules.get(alert.rule)
    return rule is not None and not is_of_fleet(alert.dimensions) and not isinstance(rule.condition, Late)


def explained(
    source: Source, current: Current, history: History, alert: Alert, language: Language
) -> Explained | None:
    """The explanation of an alert; None where there is none, or where it takes longer than a page waits."""
    if not may_be_explained(current, alert):
        return None
    state = id(current), history.alerts.evaluated_at(), alert.period
    found = source.kept.get(
        ("explained", alert.id), state, lambda: _explain(source, current, alert), _PATIENCE
    )
    return _in_words(found[0], language) if found else None


def _explain(source: Source, current: Current, alert: Alert) -> list[Explanation]:
    with source.reading() as history:
        current.watch.learn(history)
        return explain_alert(history, current.scope, alert, source.clock())


def _in_words(each: Explanation, language: Language) -> Explained:
    rule, account = each.rule, each.account
    change = each.judgement.figures.change if each.judgement else None
    return Explained(
        verdict=_verdict(each, language),
        period=period_words(str(each.period), language),
        compared=tuple(_compared(candidate, rule, language) for candidate in account.candidates),
        guards=tuple(capitalised(words.in_(language)) for words in _guards(each, language)),
        causes=tuple(capitalised(words.in_(language)) for words in cause_words(each.origin, change or 0)),
        occasions=tuple(capitalised(occasion_words(each).in_(language)) for each in each.occasions),
    )


def _verdict(each: Explanation, language: Language) -> str:
    judgement = each.judgement
    if judgement is None:
        return Words("尚未判断", "not judged yet").in_(language)
    words = _VERDICTS[judgement.verdict].in_(language)
    if judgement.reason is None:
        return words
    reason = reason_words(judgement.reason, language)
    return Words(f"{words}：{reason}", f"{words}: {reason}").in_(language)


def _compared(candidate: Candidate, rule: Rule, language: Language) -> Compared:
    why_not = candidate.why_not
    if why_not in _WHY_NOT:
        why_not = _WHY_NOT[why_not].in_(language)
    value = "" if candidate.value is None else amount(candidate.value, rule.metric.unit, language, 2)
    return Compared(period_words(str(candidate.period), language), value, reason_words(why_not, language))


def _guards(each: Explanation, language: Language) -> Iterator[Words]:
    account = each.account
    for guard in account.guards:
        yield _floor(guard, each.rule, language)
    if account.significance:
        yield _chance(account.significance)
    if account.scored:
        yield _score(account.scored)
    shift = each.evidence.fleet.shift
    if shift != 1:
        yield Words(
            f"全部小程序当天为往常的 {100 * shift:.1f}%，判断时已扣除这一共同变化",
            f"all mini-programs together were at {100 * shift:.1f}% of what is usual, which is allowed for",
        )


def _floor(guard: Guard, rule: Rule, language: Language) -> Words:
    name = rule.table.report.metric(guard.column)
    value, floor, side = amount(guard.value, name.unit, language), f"{guard.floor:,.10g}", _SIDES[guard.side]
    met = Words("足够", "enough") if guard.is_met else Words("不足", "too little")
    return Words(
        f"{name.words.zh}（{side.zh}）{value}，至少需要 {floor}：{met.zh}",
        f"{name.words.en} {side.en}: {value}, at least {floor} needed: {met.en}",
    )


def _chance(tested: Significance) -> Words:
    low, high = (f"{value:+.2f}".replace("-", MINUS) for value in (tested.low, tested.high))
    if not tested.consistent:
        answer = Words("计数与比率不一致，只看条件", "the counts do not make the ratio, so it is not asked")
    elif tested.beyond_chance:
        answer = Words("超出偶然波动", "more than chance")
    else:
        answer = Words("可能只是偶然波动", "it may be chance")
    return Words(
        f"{tested.share:.2f}% 对 {tested.baseline_share:.2f}%：99% 的把握差值在 {low} 到 "
        f"{high}{POINTS.zh}之间（离散系数 {tested.dispersion:.2f}）：{answer.zh}",
        f"{tested.share:.2f}% against {tested.baseline_share:.2f}%: at 99% the difference lies between {low} "
        f"and {high}{POINTS.en} (overdispersion {tested.dispersion:.2f}): {answer.en}",
    )


def _score(scored: Scored) -> Words:
    score = f"{scored.score:.2f}".replace("-", MINUS)
    noise = f"{100 * scored.noise:.1f}%"
    return Words(
        f"偏离度 {score}，每单位 {scored.spread:.4g}（全体波动 {noise}）；达到 {scored.cut:g} 才告警",
        f"{score} spreads of {scored.spread:.4g} from what is usual (noise of the fleet {noise}); "
        f"a breach from {scored.cut:g} on",
    )
