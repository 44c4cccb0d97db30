"""A sign to stop while judging: it ends soon, and the history is as if it had not begun."""

from __future__ import annotations

import threading
from math import inf

import pytest

from smartapp_watch.errors import Stopped
from smartapp_watch.evaluate import evaluate
from smartapp_watch.history.database import History
from tests.build import DAY, change, rule
from tests.daily import APP, DROP, OTHER, WEEKS_OF_100, noon_after, scope, tell, told

RISE = rule("user_trend.session_count", change("rises_by 30% against 4_weeks"), name="sessions-rise")
WATCHED = scope(DROP, RISE, apps=(APP, OTHER))


class StopAfter(threading.Event):
    """Set as soon as it was asked more often than so many times."""

    def __init__(self, times: float) -> None:
        super().__init__()
        self.times = times
        self.asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > self.times


@pytest.fixture
def fallen(history: History) -> History:
    """Two mini-programs whose figures fell on the newest day; nothing is judged yet."""
    for app in (APP, OTHER):
        history.observations.save(tell(app, [*WEEKS_OF_100, 60]), noon_after(DAY))
    return history


def contents(history: History) -> list[str]:
    return list(history._connection.raw.iterdump())


def test_judging_asks_whether_to_stop_at_each_period_and_before_each_message(fallen: History) -> None:
    stop = StopAfter(inf)
    assert len(evaluate(fallen, WATCHED, noon_after(DAY), stop=stop)) == 2
    assert stop.asked >= 2 * len(WEEKS_OF_100) + 2


@pytest.mark.parametrize("share", [0, 0.3, 0.7, 1])
def test_what_was_stopped_has_changed_nothing_and_the_next_one_does_all(
    fallen: History, share: float
) -> None:
    before, asks = contents(fallen), StopAfter(inf)
    evaluate(fallen, WATCHED, noon_after(DAY), dry_run=True, stop=asks)
    with pytest.raises(Stopped, match="stopped while judging; the next evaluation begins anew"):
        evaluate(fallen, WATCHED, noon_after(DAY), stop=StopAfter(share * (asks.asked - 1)))
    assert contents(fallen) == before
    events = told(evaluate(fallen, WATCHED, noon_after(DAY)))
    assert sorted(events) == sorted(("fire", app.name, str(DAY)) for app in (APP, OTHER))
