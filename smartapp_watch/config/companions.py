"""Which keys stand beside which condition: one that would be ignored is a mistake."""

from __future__ import annotations

from smartapp_watch.config.document import Part
from smartapp_watch.config.wording import listed
from smartapp_watch.config.written_rule import CHANGES, CONDITIONS, LATE, THRESHOLDS, UNUSUAL, WrittenRule

_JUDGING = (*THRESHOLDS, *CHANGES, UNUSUAL)
_BESIDE: dict[str, tuple[str, ...]] = {
    "metric": _JUDGING,
    "report": (LATE,),
    "where": _JUDGING,
    "every": _JUDGING,
    "window": _JUDGING,
    "against": CHANGES,
    "score": (UNUSUAL,),
    "weeks": (UNUSUAL,),
    "by_at_least": (UNUSUAL,),
    "at_least": _JUDGING,
    "significant": _JUDGING,
    "for": _JUDGING,
    "keep": _JUDGING,
    "clears_at": THRESHOLDS,
    "clears_by": CHANGES,
}
"""The conditions that a key goes with; keys that are not listed go with every one."""


def find_condition(part: Part, written: WrittenRule) -> str | None:
    """The key of the rule's one condition; None, and a mistake, where there is not exactly one."""
    given = [key for key in CONDITIONS if getattr(written, key) is not None]
    if not given:
        part.mistake("name", "the rule has no condition", f"one of {listed(CONDITIONS)}")
        return None
    if len(given) > 1:
        keys = listed([f"`{key}`" for key in given], "and")
        part.mistake(given[1], f"the rule has {len(given)} conditions, {keys}", "a rule for each")
        return None
    return given[0]


def require_subject(part: Part) -> None:
    """Refuse a rule that says neither which metric it judges nor which report it waits for."""
    if "metric" not in part.data and "report" not in part.data:
        key, example = (
            ("report", "user_trend") if LATE in part.data else ("metric", "user_trend.new_user_count")
        )
        part.mistake(key, f"`{key}` is missing", f'write {key} = "{example}"')


def check_companions(part: Part, condition: str) -> None:
    """Refuse each key that says nothing beside ``condition``."""
    for key, conditions in _BESIDE.items():
        if key in part.data and condition not in conditions:
            what = f"`{key}` beside `{condition}`, {_nature(condition)}"
            part.mistake(key, what, _meant(part, key, condition))


def _nature(condition: str) -> str:
    if condition in THRESHOLDS:
        return "which compares with nothing"
    if condition in CHANGES:
        return "which is a change from a baseline"
    if condition == UNUSUAL:
        return "which is measured by the series' own scatter"
    return "which only asks whether the report is there"


def _meant(part: Part, key: str, condition: str) -> str:
    """What to do about the key: most often nothing else is missed when it is left out."""
    instead = {
        ("metric", LATE): "" if "report" in part.data else 'written report = "user_trend"',
        ("against", "above"): "leave it out, or use `rises_by`",
        ("against", "below"): "leave it out, or use `drops_by`",
        ("against", UNUSUAL): "leave it out; `weeks` says how far back",
        **{("clears_by", each): "`clears_at`, a limit" for each in THRESHOLDS},
        **{("clears_at", each): "`clears_by`, a change" for each in CHANGES},
        **{("by_at_least", each): f"leave it out; `{each}` itself says how much" for each in CHANGES},
    }
    if key == "report" and "metric" not in part.data:
        return 'written metric = "user_trend.user_count"'
    if _BESIDE[key] == (UNUSUAL,) and condition != LATE:
        return instead.get((key, condition)) or "leave it out, or use `unusual`"
    return instead.get((key, condition)) or "leave it out"
