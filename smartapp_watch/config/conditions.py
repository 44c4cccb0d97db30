"""When a rule is in breach: its one condition, what that compares with, and where a breach is over."""

from __future__ import annotations

from datetime import time

from smartapp_watch.config.document import Part
from smartapp_watch.config.wording import listed, show
from smartapp_watch.config.written_rule import THRESHOLDS, UNUSUAL, WrittenRule
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Unit
from smartapp_watch.rules.rule import Against, Change, Condition, Direction, Late, Scale, Threshold, Unusual

_DIRECTIONS = {
    "above": Direction.RISE,
    "below": Direction.DROP,
    "rises_by": Direction.RISE,
    "drops_by": Direction.DROP,
    "changes_by": Direction.EITHER,
}
_CHANGE_OF = {Direction.RISE: "rises_by", Direction.DROP: "drops_by", Direction.EITHER: "changes_by"}
_AGAINST = {
    Granularity.HOUR: tuple(Against),
    Granularity.DAY: tuple(Against),
    Granularity.WEEK: (Against.PREVIOUS, Against.FOUR_WEEKS, Against.EIGHT_WEEKS),
    Granularity.MONTH: (Against.PREVIOUS,),
}
_UNITS = {
    Unit.COUNT: "as a bare number",
    Unit.SECONDS: "seconds as a bare number",
    Unit.NUMBER: "as a bare number",
}
_FULL = 100


def read_condition(part: Part, key: str, written: WrittenRule, metric: Metric) -> Condition | None:
    """The condition that ``key`` gives (any but lateness); None, and a mistake, where it cannot be judged."""
    if key in THRESHOLDS:
        return _threshold(part, key, written, metric)
    if key == UNUSUAL:
        return _unusual(part, written, metric)
    return _change(part, key, written, metric)


def read_lateness(written: WrittenRule) -> Late:
    """The condition that ``late_after`` gives."""
    return Late(written.late_after or time())


def _threshold(part: Part, key: str, written: WrittenRule, metric: Metric) -> Condition:
    direction, limit = _DIRECTIONS[key], float(getattr(written, key))
    fault = _fault_of_limit(key, limit, metric)
    if fault is not None:
        part.mistake(key, *fault)
    elif written.clears_at is not None:
        fault = _fault_of_end(key, limit, written.clears_at, metric)
        if fault is not None:
            part.mistake("clears_at", *fault)
    return Threshold(direction, limit, written.clears_at)


def _fault_of_limit(key: str, limit: float, metric: Metric) -> tuple[str, str] | None:
    if limit < 0:
        return f"`{key}` is {limit:g}; no metric is below 0", "0 or more"
    if key == "below" and limit == 0:
        return "`below` is 0, and nothing is ever below that", "a number above 0"
    if key == "above" and metric.unit is Unit.PERCENT and limit >= _FULL:
        return f"`above` is {limit:g}, and no ratio is ever above that", "ratios are per cent, 0 to 100"
    return None


def _fault_of_end(key: str, limit: float, end: float, metric: Metric) -> tuple[str, str] | None:
    """A breach must neither be over while it lasts, nor last for ever."""
    side = "less" if key == "above" else "more"
    if (end > limit) if key == "above" else (end < limit):
        what = f"`clears_at` is {end:g}, which is in breach of `{key} = {limit:g}`"
        return what, f"{limit:g} or {side}"
    if end < 0:
        return f"`clears_at` is {end:g}; no metric is below 0", f"0 to {limit:g}"
    if metric.unit is Unit.PERCENT and end > _FULL:
        return f"`clears_at` is {end:g}, which no ratio ever reaches", f"{limit:g} to 100"
    return None


def _change(part: Part, key: str, written: WrittenRule, metric: Metric) -> Condition | None:
    amount, scale = getattr(written, key)
    direction = _DIRECTIONS[key]
    fault = _fault_of_scale(key, amount, scale, metric) or _fault_of_size(key, direction, amount, scale)
    if fault is not None:
        part.mistake(key, *fault)
    against = _against(part, written)
    clears_by = _clears_by(part, key, (amount, scale), written.clears_by)
    return Change(direction, amount, scale, against, clears_by) if against is not None else None


def _fault_of_scale(key: str, amount: float, scale: Scale, metric: Metric) -> tuple[str, str] | None:
    """Per cent of a ratio and points of a ratio differ: neither is ever guessed."""
    ratio = metric.unit is Unit.PERCENT
    if scale is Scale.POINTS and not ratio:
        what = f'`{key}` is "{amount:g}pp", but `{metric.name}` is no ratio: it has no percentage points'
        return what, f'"{amount:g}%" of the baseline, or {amount:g} {_UNITS[metric.unit]}'
    if scale is Scale.UNITS and ratio:
        what = f"`{key}` is {amount:g}, but `{metric.name}` is a ratio: say what of"
        return what, f'"{amount:g}pp" for percentage points, or "{amount:g}%" of the baseline'
    return None


def _fault_of_size(key: str, direction: Direction, amount: float, scale: Scale) -> tuple[str, str] | None:
    if scale is Scale.PERCENT and direction is Direction.DROP and amount > _FULL:
        return f'`{key}` is "{amount:g}%", and nothing drops by more than all of it', '"100%" or less'
    if scale is Scale.POINTS and amount > _FULL:
        return f'`{key}` is "{amount:g}pp", more than a ratio can change', '"100pp" or less'
    return None


def _clears_by(
    part: Part, key: str, change: tuple[float, Scale], end: tuple[float, Scale] | None
) -> float | None:
    """The change under which a breach is over, in the unit that the condition is in."""
    if end is None:
        return None
    if end[1] is not change[1]:
        what = f"`clears_by` is {_amount(*end)}, but `{key}` is {_amount(*change)}: two different units"
        part.mistake("clears_by", what, f"{_amount(end[0], change[1])}, if it is meant so")
    elif end[0] > change[0]:
        what = f"`clears_by` is {_amount(*end)}, which is in breach of `{key} = {_amount(*change)}`"
        part.mistake("clears_by", what, f"{_amount(*change)} or less")
    return end[0]


def _amount(size: float, scale: Scale) -> str:
    """An amount of change as it stands in the file."""
    return f"{size:g}" if scale is Scale.UNITS else f'"{size:g}{scale}"'


def _against(part: Part, written: WrittenRule) -> Against | None:
    possible = _AGAINST[Granularity(written.every)]
    judged = f"{written.every}s"
    if written.window is not None and written.every == "day":
        # Today's window and yesterday's have all days but two in common.
        possible = tuple(against for against in possible if against is not Against.PREVIOUS)
        judged = "windows"
    words = listed([show(str(against)) for against in possible])
    if written.against is None:
        part.mistake("name", "`against` is missing: a change from what?", f"against = {words}")
        return None
    against = Against(written.against)
    if against in possible:
        return against
    what = f"`against` is {show(written.against)}, which {judged} are not compared with"
    last_week = written.every == "week" and against is Against.LAST_WEEK
    part.mistake("against", what, 'the week before is "previous"' if last_week else words)
    return None


def _unusual(part: Part, written: WrittenRule, metric: Metric) -> Condition:
    direction = Direction(written.unusual or Direction.EITHER)
    if metric.unit not in {Unit.COUNT, Unit.SECONDS}:
        kind = "a ratio" if metric.unit is Unit.PERCENT else "neither"
        what = f"`unusual` is for counts and seconds, and `{metric.name}` is {kind}"
        part.mistake(UNUSUAL, what, f"`{_CHANGE_OF[direction]}` with `against`")
    elif written.every == "month":
        what = "`unusual` compares with the weeks before, which months have not"
        part.mistake(UNUSUAL, what, f'every = "week", or `{_CHANGE_OF[direction]}` against "previous"')
    if written.by_at_least is None:
        return Unusual(direction, written.score, written.weeks)
    amount, scale = written.by_at_least
    if metric.unit is not Unit.PERCENT:
        fault = _fault_of_scale("by_at_least", amount, scale, metric)
        fault = fault or _fault_of_size("by_at_least", direction, amount, scale)
        if fault is not None:
            part.mistake("by_at_least", *fault)
    return Unusual(direction, written.score, written.weeks, amount, scale)
