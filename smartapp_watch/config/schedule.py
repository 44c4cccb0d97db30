"""Checks a crontab line with the very trigger that the daemon uses, but for what that one misreads."""

from __future__ import annotations

from datetime import UTC, datetime

from smartapp_watch.config.wording import listed, show

_FIELDS = (
    ("minute", "minute", "0 to 59"),
    ("hour", "hour", "0 to 23"),
    ("day", "day of the month", "1 to 31"),
    ("month", "month", "1 to 12, or jan to dec"),
    ("day_of_week", "weekday", "mon to sun"),
)
_ANY_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def find_fault(schedule: str) -> tuple[str, str] | None:
    """What is wrong with a crontab line, and what was probably meant; None where nothing is."""
    words = schedule.split()
    if len(words) != len(_FIELDS):
        fields = listed((name for _, name, _ in _FIELDS), "and")
        return f"is {show(schedule)}, {len(words)} fields instead of 5", f'{fields}, as in "7,37 8-23 * * *"'
    if any(character.isdigit() for character in words[-1]):
        # Cron counts weekdays from Sunday, the trigger from Monday: a number means the wrong day to somebody.
        return (
            f"has the weekday {show(words[-1])}; numbers mean other days elsewhere",
            "weekdays by name, mon to sun",
        )
    return _fault_of_fields(words) or _fault_of_all(words, schedule)


def _fault_of_fields(words: list[str]) -> tuple[str, str] | None:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 -- it is slow to import

    for (key, name, range_), word in zip(_FIELDS, words, strict=True):
        try:
            CronTrigger(**{key: word}, timezone=UTC)
        except ValueError:
            return f"has the {name} {show(word)}", f"{range_}; *, lists, ranges that rise, and */n"
    return None


def _fault_of_all(words: list[str], schedule: str) -> tuple[str, str] | None:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    fields = {key: word for (key, _, _), word in zip(_FIELDS, words, strict=True)}
    trigger = CronTrigger(**fields, second="0", timezone=UTC)
    if trigger.get_next_fire_time(None, _ANY_YEAR) is None:
        return f"is {show(schedule)}, a time that never comes", "a day that the month has"
    return None


def joins_days(schedule: str) -> bool:
    """Whether both the day of the month and the weekday are limited; here both must hold."""
    words = schedule.split()
    return len(words) == len(_FIELDS) and not words[2].startswith("*") and not words[4].startswith("*")
