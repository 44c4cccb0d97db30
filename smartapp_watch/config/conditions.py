"""When a rule is in breach: its one condition, what it compares with, and the smallest counts it judges."""

from __future__ import annotations

from smartapp_watch.config.document import Part
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.config.written_rule import CHANGES, THRESHOLDS, WrittenRule
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Table, Unit
from smartapp_watch.rules.rule import Against, Change, Condition, Direction, Scale, Threshold

_DIRECTIONS = {
    "above": Direction.RISE,
    "below": Direction.DROP,
    "rises_by": Direction.RISE,
    "drops_by": Direction.DROP,
    "changes_by": Direction.EITHER,
}
_AGAINST = {
    Granularity.HOUR: (Against.PREVIOUS, Against.LAST_WEEK, Against.FOUR_WEEKS),
    Granularity.DAY: (Against.PREVIOUS, Against.LAST_WEEK, Against.FOUR_WEEKS),
    Granularity.WEEK: (Against.PREVIOUS, Against.FOUR_WEEKS),
    Granularity.MONTH: (Against.PREVIOUS,),
}
_UNITS = {
    Unit.COUNT: "as a bare number",
    Unit.SECONDS: "seconds as a bare number",
    Unit.NUMBER: "as a bare number",
}
_FULL = 100


def read_condition(part: Part, written: WrittenRule, metric: Metric) -> Condition | None:
    """The rule's one condition; None, and a mistake, where there is not exactly one that can be judged."""
    given = [key for key in (*THRESHOLDS, *CHANGES) if getattr(written, key) is not None]
    if not given:
        if not type(written).unbuilt.intersection(part.data):
            part.mistake("name", "the rule has no condition", f"one of {listed((*THRESHOLDS, *CHANGES))}")
        return None
    if len(given) > 1:
        keys = listed([f"`{key}`" for key in given], "and")
        part.mistake(given[1], f"the rule has {len(given)} conditions, {keys}", "a rule for each")
        return None
    (key,) = given
    if key in THRESHOLDS:
        return _threshold(part, key, getattr(written, key), metric)
    return _change(part, key, written, metric)


def _threshold(part: Part, key: str, limit: float, metric: Metric) -> Condition | None:
    if "against" in part.data:
        what = f"`against` beside `{key}`, which compares with nothing"
        part.mistake(
            "against", what, f"leave it out, or use `{'rises_by' if key == 'above' else 'drops_by'}`"
        )
    direction = _DIRECTIONS[key]
    if limit < 0:
        part.mistake(key, f"`{key}` is {limit:g}; no metric is below 0", "0 or more")
    elif direction is Direction.DROP and limit == 0:
        part.mistake(key, "`below` is 0, and nothing is ever below that", "a number above 0")
    elif direction is Direction.RISE and metric.unit is Unit.PERCENT and limit >= _FULL:
        part.mistake(
            key, f"`above` is {limit:g}, and no ratio is ever above that", "ratios are per cent, 0 to 100"
        )
    return Threshold(direction, limit)


def _change(part: Part, key: str, written: WrittenRule, metric: Metric) -> Condition | None:
    amount, scale = getattr(written, key)
    fault = _fault_of_scale(key, amount, scale, metric) or _fault_of_size(key, amount, scale)
    if fault is not None:
        part.mistake(key, *fault)
    against = _against(part, written)
    return Change(_DIRECTIONS[key], amount, scale, against) if against is not None else None


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


def _fault_of_size(key: str, amount: float, scale: Scale) -> tuple[str, str] | None:
    if scale is Scale.PERCENT and key == "drops_by" and amount > _FULL:
        return f'`drops_by` is "{amount:g}%", and nothing drops by more than all of it', '"100%" or less'
    if scale is Scale.POINTS and amount > _FULL:
        return f'`{key}` is "{amount:g}pp", more than a ratio can change', '"100pp" or less'
    return None


def _against(part: Part, written: WrittenRule) -> Against | None:
    possible = _AGAINST[Granularity(written.every)]
    words = listed([show(str(against)) for against in possible])
    if written.against is None:
        part.mistake("name", "`against` is missing: a change from what?", f"against = {words}")
        return None
    against = Against(written.against)
    if against in possible:
        return against
    what = f"`against` is {show(written.against)}, which {written.every}s are not compared with"
    hint = 'the week before is "previous"' if written.every == "week" else words
    part.mistake("against", what, hint)
    return None


def read_floors(
    part: Part, written: WrittenRule, table: Table, metric: Metric
) -> tuple[tuple[str, float], ...]:
    """The smallest counts for a judgement, each mistake noted."""
    counts = [known.name for known in table.report.metrics if known.unit is Unit.COUNT]
    for name, least in written.at_least.items():
        place = ("at_least", name)
        if name not in counts:
            part.mistake(place, *_no_count(table, name, counts))
        elif written.below is not None and name == metric.name:
            what = f"`below` judges `{name}` itself: a floor under it would hide the breach"
            part.mistake(place, what, f"another count, or above {_others(counts, name)}")
        elif least <= 0:
            part.mistake(place, f"`at_least.{name}` is {least:g}, which is no floor", "more than 0")
    return tuple(written.at_least.items())


def _others(counts: list[str], name: str) -> str:
    return listed([other for other in counts if other != name] or ["none"])


def _no_count(table: Table, name: str, counts: list[str]) -> tuple[str, str]:
    report = table.report.name
    if not counts:
        return f"`{report}` has no counts, so `at_least` has nothing to look at", "leave it out"
    if name in table.columns:
        return f"`{name}` is no count", listed(counts)
    return f"`{report}` has no count `{name}`", did_you_mean(name, counts, f"it has {listed(counts, 'and')}")
