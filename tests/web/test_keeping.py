"""What takes a while is worked out once, aside, and nobody waits longer than they want to."""

from __future__ import annotations

import logging
import threading

import pytest

from smartapp_watch.web.keeping import Keeper
from tests.waiting import wait_until

LONG = 60.0


def test_what_was_worked_out_is_kept_for_its_state_alone() -> None:
    keeper, made = Keeper("test"), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [keeper.get("it", "now", make, LONG) for _ in range(3)] == [1, 1, 1]
    wait_until(lambda: keeper.get("it", "later", make, LONG) == 2)
    assert len(made) == 2


def test_a_visitor_goes_without_rather_than_wait_and_the_next_one_has_it() -> None:
    keeper, allowed = Keeper("test"), threading.Event()

    def make() -> str:
        assert allowed.wait(LONG)
        return "made"

    assert keeper.get("it", "now", make, 0.01) is None
    allowed.set()
    assert keeper.get("it", "now", make, LONG) == "made"


def test_what_was_known_before_is_shown_while_it_is_made_anew() -> None:
    keeper, allowed = Keeper("test"), threading.Event()
    assert keeper.get("it", "before", lambda: "old", LONG) == "old"

    def make() -> str:
        assert allowed.wait(LONG)
        return "new"

    assert keeper.get("it", "after", make, LONG) == "old"
    allowed.set()
    wait_until(lambda: keeper.get("it", "after", make, LONG) == "new")


def test_a_failure_is_logged_costs_nothing_else_and_is_tried_anew(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Keeper("test")

    def fail() -> str:
        raise ValueError("no such thing")

    with caplog.at_level(logging.ERROR):
        assert keeper.get("it", "now", fail, LONG) is None
    assert "no such thing" in caplog.text
    assert keeper.get("it", "now", lambda: "made", LONG) == "made"
