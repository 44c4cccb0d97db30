"""A day on which a whole fleet is a fifth lower: eight rules see it, and a receiver gets one message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smartapp_watch.alerts.alert import is_of_fleet
from smartapp_watch.alerts.notification import GroupNotice
from smartapp_watch.deliver import deliver
from smartapp_watch.evaluate import evaluate
from smartapp_watch.history.database import History
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from smartapp_watch.rules.rule import Direction, Scale, Unusual
from tests.build import DAY, change, rule
from tests.daily import TREND, noon_after, scope
from tests.outbox import Receiver
from tests.test_fleet import MANY, usual

METRICS = ("user_count", "new_user_count", "old_user_count", "session_count")
ODD = Unusual(Direction.DROP, weeks=5, by_at_least=10, scale=Scale.PERCENT)
RULES = tuple(
    rule(f"user_trend.{metric}", condition, name=f"{metric}-{name}")
    for metric in METRICS
    for name, condition in (("falls", change("drops_by 30% against 4_weeks")), ("odd", ODD))
)
DAYS = 7 * 5 + 1
APPS = tuple(App(number) for number in range(1, MANY + 1))


def save(history: History, first: Period, last: Period, share: float) -> None:
    names = [metric.name for metric in TREND.report.metrics]
    for app in APPS:
        rows = tuple(
            Observation(
                day,
                (),
                (),
                tuple(round(share * usual(app.id, day)) if name in METRICS else None for name in names),
            )
            for day in periods_between(first, last)
        )
        history.observations.save(Reading(Query(TREND, app.id, first, last), rows), noon_after(last))


@pytest.mark.parametrize("updates", [False, True], ids=["says it again", "changes what it said"])
def test_eight_rules_that_see_the_whole_fleet_fall_are_one_message_and_one_more_when_it_is_over(
    history: History, updates: bool
) -> None:
    ops, watched, before = Receiver(updates=updates), scope(*RULES, apps=APPS), DAY.shift(-1)
    save(history, DAY.shift(-DAYS), before, 1.0)
    evaluate(history, watched, noon_after(before))
    deliver(history, {"ops": ops}, noon_after(before))
    ops.messages.clear()
    for number, share in enumerate((0.8, 1.0)):
        day = DAY.shift(number)
        save(history, day, day, share)
        evaluate(history, watched, noon_after(day))
        deliver(history, {"ops": ops}, noon_after(day) + timedelta(minutes=1))
        assert len(ops.messages) == number + 1
        notice = ops.messages[-1].notice
        assert isinstance(notice, GroupNotice)
        assert {each.rule for each in notice.alerts} == {each.name for each in RULES}
        assert all(is_of_fleet(each.dimensions) for each in notice.alerts)
    assert "全部小程序" in Renderer().slack(notice, Language.ZH).text
