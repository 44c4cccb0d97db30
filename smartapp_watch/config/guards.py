"""How little is too little to judge, and over how long: ``at_least``, ``window`` and ``significant``."""

from __future__ import annotations

from smartapp_watch.config.document import Part
from smartapp_watch.config.wording import did_you_mean, listed
from smartapp_watch.config.written_rule import CHANGES, WrittenRule
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric, Table, Unit


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


def check_window(part: Part, written: WrittenRule, table: Table, metric: Metric) -> None:
    """Refuse a window over what does not add up from day to day."""
    if written.window is None:
        return
    if table.granularity is not Granularity.DAY:
        what = f"`window` adds up days, but the rule judges {table.granularity}s"
        part.mistake("window", what, 'leave it out, or every = "day"')
    elif metric.unit is not Unit.COUNT:
        what = f"`window` adds up counts, and `{metric.name}` is none"
        part.mistake("window", what, "leave it out, or watch a count")
    elif table.report.last_nth > 1:
        what = f"`window` adds up days, but a row of `{table.report.name}` is what became of one"
        part.mistake("window", what, "leave it out")


def check_significance(part: Part, written: WrittenRule, condition: str | None, metric: Metric) -> None:
    """Refuse a test of chance that there is nothing to make from."""
    if not written.significant:
        return
    if condition is not None and condition not in CHANGES:
        what = f"`significant` beside `{condition}`: only changes are tested"
        part.mistake("significant", what, "leave it out")
    elif metric.unit is not Unit.PERCENT:
        meant = "leave it out" if metric.unit is Unit.NUMBER else 'leave it out, or use `unusual = "either"`'
        part.mistake("significant", f"`significant` is for ratios, and `{metric.name}` is none", meant)
    elif metric.of is None:
        what = (
            f"`significant` needs the counts that `{metric.name}` is made of, and the API does not give them"
        )
        part.mistake("significant", what, "leave it out: the condition alone judges")
