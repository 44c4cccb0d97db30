"""Refused pushes are counted, and cannot fill the log."""

from __future__ import annotations

import pytest

from smartapp_watch.refusals import Refusals
from tests.pushes.made import Heard


def test_a_refusal_is_told_at_once_and_the_next_ones_together(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    refusals = Refusals(lambda: heard.now, "pushes")
    for _ in range(1000):
        refusals.add("its signature is wrong", "192.0.2.7")
    assert caplog.messages == ["refused 1 pushes; the last, from 192.0.2.7: its signature is wrong"]
    heard.later(seconds=59)
    refusals.look()
    assert len(caplog.messages) == 1
    heard.later(seconds=1)
    refusals.look()
    refusals.look()
    assert caplog.messages[1:] == ["refused 999 pushes; the last, from 192.0.2.7: its signature is wrong"]
    assert refusals.count == 1000


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("2001:db8::1", "2001:db8::1"),
        ("", "an unknown address"),
        ("1.2.3.4\nforged line", "an unknown address"),
    ],
)
def test_only_an_address_is_shown_as_one(sender: str, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    Refusals(lambda: Heard().now, "pushes").add("it is no JSON", sender)
    assert caplog.messages == [f"refused 1 pushes; the last, from {shown}: it is no JSON"]


def test_a_clock_that_was_set_back_does_not_keep_refusals_untold(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    refusals = Refusals(lambda: heard.now, "pushes")
    refusals.add("it is no JSON", "")
    heard.later(days=-1)
    refusals.add("it is no JSON", "")
    assert len(caplog.messages) == 2
