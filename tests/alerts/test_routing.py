"""Who is told."""

from __future__ import annotations

import pytest

from smartapp_watch.alerts.routing import Route, receivers_of
from smartapp_watch.metrics.observation import App
from smartapp_watch.rules.rule import Severity

APP = App(15263713, "预约挂号", frozenset({"health", "flagship"}))


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (Route(("ops",)), True),
        (Route(("ops",), severity=(Severity.WARNING,)), True),
        (Route(("ops",), severity=(Severity.CRITICAL,)), False),
        (Route(("ops",), tags=("flag*",)), True),
        (Route(("ops",), tags=("travel",)), False),
        (Route(("ops",), apps=("15263713",)), True),
        (Route(("ops",), apps=("预约*",)), True),
        (Route(("ops",), apps=("城市*",)), False),
        (Route(("ops",), rules=("new-users-*",)), True),
        (Route(("ops",), rules=("lost-*",)), False),
        (Route(("ops",), tags=("health",), rules=("lost-*",)), False),
    ],
)
def test_every_matcher_of_a_route_must_match(route: Route, expected: bool) -> None:
    assert route.matches("new-users-drop", Severity.WARNING, APP) is expected


def test_an_alert_of_the_platform_takes_only_routes_without_apps_and_tags() -> None:
    routes = (
        Route(("a",)),
        Route(("b",), tags=("*",)),
        Route(("c",), apps=("*",)),
        Route(("d",), rules=("*",)),
    )
    assert receivers_of(routes, "platform-users-drop", Severity.INFO, None) == ("a", "d")


def test_a_receiver_of_two_routes_is_told_once() -> None:
    routes = (Route(("ops", "growth")), Route(("growth",)))
    assert receivers_of(routes, "x", Severity.INFO, APP) == ("ops", "growth")
