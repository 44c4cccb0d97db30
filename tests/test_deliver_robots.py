"""From the outbox to robots that break off and lose answers: at least once, and twice only after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.deliver import deliver
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.simulator.inbox import RobotTrouble
from tests.notify.robots import KINDS, robot_inbox, robot_sender
from tests.outbox import NOW, notice, queue

ALERTS = range(1, 5)

_few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def told(kind: str, troubles: Sequence[RobotTrouble | None], history: History) -> list[str]:
    """What arrives of four alerts, as the mini-programs they are of."""
    queue(
        history, *(replace(notice(alert), app_name=f"app-{alert}-") for alert in ALERTS), receivers=("chat",)
    )
    with robot_inbox(kind, a_minute=1000) as inbox:
        inbox.trouble_next(*troubles)
        now = NOW
        while history.outbox.undelivered():
            deliver(history, {"chat": robot_sender(inbox, kind)}, now)
            now += timedelta(minutes=11)
        posts = [post.text for post in inbox.posts]
    return [f"app-{alert}-" for text in posts for alert in ALERTS if f"app-{alert}-" in text]


@pytest.mark.parametrize("kind", KINDS)
@_few
@given(troubles=st.lists(st.none() | st.sampled_from(RobotTrouble), max_size=9))
def test_every_message_arrives_and_comes_twice_only_where_the_answer_was_lost(
    kind: str, troubles: list[RobotTrouble | None], tmp_path_factory: pytest.TempPathFactory, blank: bytes
) -> None:
    path = tmp_path_factory.mktemp("outbox") / "history.db"
    path.write_bytes(blank)
    with open_history(path) as history:
        arrived = told(kind, troubles, history)
    assert set(arrived) == {f"app-{alert}-" for alert in ALERTS}
    assert len(arrived) - len(ALERTS) <= troubles.count(RobotTrouble.DROPPED_AFTER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_robot_that_is_gone_is_off_and_loses_nothing(kind: str, history: History) -> None:
    queue(history, notice(1), receivers=("chat",))
    with robot_inbox(kind) as inbox:
        gone = robot_sender(inbox.webhook_url + "x", kind)
        assert deliver(history, {"chat": gone}, NOW).retry == 1
        (trouble,) = history.outbox.troubles.all()
        assert trouble.is_off
        assert deliver(history, {"chat": robot_sender(inbox, kind)}, NOW + timedelta(minutes=2)).sent == 1
        assert len([post for post in inbox.posts if post.text]) == 1
    assert history.outbox.troubles.all() == []


def test_an_answer_that_nobody_knows_holds_up_no_other_message(history: History) -> None:
    queue(history, notice(1), notice(2), receivers=("chat",))
    with robot_inbox("wecom") as inbox:
        inbox.trouble_next(RobotTrouble.BUSY)
        result = deliver(history, {"chat": robot_sender(inbox, "wecom")}, NOW)
        assert (result.sent, result.retry) == (1, 1)
    (waiting,) = history.outbox.undelivered()
    assert waiting.state is MessageState.RETRY
    assert "77777" in waiting.error
