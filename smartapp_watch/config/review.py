"""Checks that several tables share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice

from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import is_loopback, is_web_address
from smartapp_watch.config.schedule import find_fault, joins_days
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.wording import did_you_mean, listed, show


def check_secret(part: Part, key: str, secret: Secret | None) -> None:
    """Warn of a secret that cannot be had from where it is said to be, or that others can read."""
    doubt = secret.doubt() if secret is not None else ""
    if doubt:
        what, _, meant = doubt.partition("; ")
        part.warn(key, f"`{key}`: {what}", meant)


def check_schedule(part: Part, key: str, schedule: str) -> None:
    """Refuse a crontab line that is none, or that never comes."""
    fault = find_fault(schedule)
    if fault is not None:
        what, meant = fault
        part.mistake(key, f"`{key}` {what}", meant)
    elif joins_days(schedule):
        part.warn(key, f"`{key}` has a day of the month and a weekday: both must hold", "leave one of them *")


def check_exposure(part: Part, key: str, address: str) -> None:
    """Warn of a web address that secrets would travel to unencrypted."""
    if address.startswith("http:") and not is_loopback(address):
        part.warn(key, f"`{key}` is not encrypted: everyone on the way can read the tokens", "https://")


def check_address(part: Part, key: str, address: Secret, meant: str) -> None:
    """Look at an address that stands in the file itself; it may be a secret, so it is not shown."""
    if address.source is not SecretSource.PLAIN:
        return
    if is_web_address(address.reference[0]):
        check_exposure(part, key, address.reference[0])
    else:
        part.mistake(key, f"`{key}` is no http or https address", meant)


def refuse_repeats(part: Part, key: str, values: Sequence[str]) -> None:
    """Refuse a value that a list holds twice."""
    for number, value in enumerate(values):
        if value in islice(values, number):
            part.mistake((key, number), f"`{key}` has {show(value)} twice", "leave one of them out")


def warn_unmatched(part: Part, key: str, known: Iterable[str]) -> None:
    """Warn of globs of a list that match nothing known."""
    known = tuple(known)
    for number, pattern in unmatched(part.data.get(key), known):
        what = f"`{key}` has {show(pattern)}, which matches nothing"
        part.warn((key, number), what, did_you_mean(pattern, known))


def unmatched(patterns: object, known: Iterable[str]) -> list[tuple[int, str]]:
    """The globs of a list that match nothing known, each with its number."""
    known = tuple(known)
    return [
        (number, pattern)
        for number, pattern in enumerate(patterns if isinstance(patterns, list) else [])
        if isinstance(pattern, str) and not any(fnmatchcase(value, pattern) for value in known)
    ]


def refuse_unknown(part: Part, key: str, values: Sequence[str], known: Iterable[str], what: str) -> None:
    """Refuse a name that a list holds and nothing bears; ``what`` is what bears such names."""
    known = list(dict.fromkeys(known))
    refuse_repeats(part, key, values)
    for number, value in enumerate(values):
        if value not in known:
            others = f"the {what}s are {listed(map(show, known), 'and')}" if known else f"no {what} is listed"
            part.mistake(
                (key, number), f"there is no {what} {show(value)}", did_you_mean(value, known, others)
            )


class Names:
    """The names of one kind of thing: each may be given once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: dict[str, Part] = {}

    @property
    def given(self) -> tuple[str, ...]:
        """Every name, in the order they were given."""
        return tuple(self._seen)

    def add(self, part: Part, name: str) -> None:
        """Note a name, and a mistake where another bears it."""
        first = self._seen.setdefault(name, part)
        if first is not part:
            place = f"{first.document.shown}:{first.line_of('name')}"
            part.mistake("name", f"there are two {self._what}s {show(name)}", f"the first is at {place}")
