"""What is wrong only where settings and rules are seen together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartapp_watch.config.document import Part
from smartapp_watch.config.polling import Polling
from smartapp_watch.config.review import unmatched, warn_unmatched
from smartapp_watch.config.top import Top
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.rules.baseline import choice_of
from smartapp_watch.rules.rule import Rule

_LEAST_DAYS = {Granularity.WEEK: 70, Granularity.MONTH: 124}
"""Days that a new mini-program is filled with at least, by granularity: nine weeks, three months."""


def review_together(part: Part, top: Top, polling: Polling, rules: Sequence[Rule]) -> None:
    """Note what only shows where settings and rules are seen together."""
    if not rules and not part.findings.mistakes:
        part.warn(
            "rules",
            f"there are no rules in {show(str(top.rules.name))}: nothing is judged",
            "a *.toml with a [[rule]]",
        )
    _check_keeping(part.table("history"), top, polling)
    _check_baselines(part.table("poll"), polling, rules)
    if polling.complete:
        _check_digests(part, polling)
    if not part.findings.mistakes:
        _check_routes(part, polling, rules)


def _check_keeping(part: Part, top: Top, polling: Polling) -> None:
    """What is deleted before it is as old as what is filled would be asked for again, for ever."""
    needed = polling.poll.history_days
    for granularity in polling.poll.granularity:
        needed = max(needed, _LEAST_DAYS.get(granularity, 0))
    kept = {"keep_days": top.history.keep_days, "keep_breakdown_days": top.history.keep_breakdown_days}
    for key, days in kept.items():
        least = needed if key == "keep_days" else polling.poll.history_days
        if 0 < days < least:
            what = (
                f"`{key}` is {days}, but [poll] fills {least} days: the rest would be polled again and again"
            )
            part.mistake(key, what, f"0 (all), or at least {least}")


def _check_baselines(part: Part, polling: Polling, rules: Iterable[Rule]) -> None:
    days = polling.poll.history_days
    needed = {rule.name: _days_of_baseline(rule) for rule in rules}
    name = max(needed, key=lambda each: needed[each], default="")
    if name and needed[name] > days:
        what = f"`history_days` is {days}: a rule such as {show(name)} waits for its baseline"
        part.warn("history_days", what, f"at least {needed[name]}")


def _days_of_baseline(rule: Rule) -> int:
    """How many days before a period its whole baseline reaches back; 0 of weeks, which are filled anyway."""
    choice = choice_of(rule)
    if choice is None or rule.every not in {Granularity.DAY, Granularity.HOUR}:
        return 0
    return choice.most * 7 + rule.window - 1 if choice.weeks else 0


def _check_routes(part: Part, polling: Polling, rules: Sequence[Rule]) -> None:
    names = {
        "tags": polling.tags,
        "apps": [text for entry in polling.apps for text in (str(entry.app.id), entry.app.name) if text],
        "rules": [rule.name for rule in rules],
    }
    for route in (*part.tables("routes"), *part.tables("maintenance")):
        for key, known in names.items():
            warn_unmatched(route, key, known)


def _check_digests(part: Part, polling: Polling) -> None:
    for digest in part.tables("digests"):
        for number, pattern in unmatched(digest.data.get("tags"), polling.tags):
            tags = (
                f"the tags are {listed(polling.tags, 'and')}" if polling.tags else "no mini-program has a tag"
            )
            what = f"`tags` has {show(pattern)}, which no mini-program has"
            digest.mistake(("tags", number), what, did_you_mean(pattern, polling.tags, tags))
