"""Which receivers an alert goes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from smartapp_watch.metrics.observation import App
from smartapp_watch.rules.rule import Severity


@dataclass(frozen=True, slots=True)
class Route:
    """One ``[[routes]]``; an empty matcher matches everything. Tags, apps and rules are globs."""

    receivers: tuple[str, ...]
    severity: tuple[Severity, ...] = ()
    tags: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def matches(self, rule: str, severity: Severity, app: App | None) -> bool:
        """Whether an alert takes this route; one without an app takes only routes without apps and tags."""
        if self.severity and severity not in self.severity:
            return False
        return concerns(rule, app, self.rules, self.apps, self.tags)


def concerns(
    rule: str, app: App | None, rules: tuple[str, ...], apps: tuple[str, ...], tags: tuple[str, ...]
) -> bool:
    """Whether globs of rules, of mini-programs and of tags all match an alert; empty ones match everything.

    An alert without an app matches only where neither apps nor tags are named.
    """
    if rules and not _any_glob(rules, [rule]):
        return False
    if app is None:
        return not tags and not apps
    if apps and not _any_glob(apps, [str(app.id), app.name]):
        return False
    return not tags or _any_glob(tags, app.tags)


def receivers_of(routes: Iterable[Route], rule: str, severity: Severity, app: App | None) -> tuple[str, ...]:
    """The receivers of every route that matches, each once, in the order of the routes."""
    found = (name for route in routes if route.matches(rule, severity, app) for name in route.receivers)
    return tuple(dict.fromkeys(found))


def _any_glob(patterns: Iterable[str], values: Iterable[str]) -> bool:
    values = tuple(values)
    return any(fnmatchcase(value, pattern) for pattern in patterns for value in values)
