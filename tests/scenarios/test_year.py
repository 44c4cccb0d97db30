"""A year of 200 mini-programs under the shipped rules: they find what is scripted, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from smartapp_watch.alerts.alert import Alert, EventType, State
from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.evaluate import Scope
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch
from tests.scenarios.script import (
    BEGINS,
    CLOSELY,
    FIRST,
    FLAGSHIP,
    LAST,
    Happening,
    app_id,
    fleet,
    happenings,
    reports_of,
    tags_of,
)
from tests.scenarios.year import Daemon

SEED = 7
NOON = time(12)
TIMES = (time(8), NOON, time(12, 30), time(18, 30))
STANDSTILL = timedelta(days=112)
"""How long nobody looks, where it does not matter when something is read; a fold goes 120 days back."""

FALSE_ALARMS = 0
"""In 205 years of mini-programs; with two other seeds there is none in as many years either."""

OWN_RULES = """
[[rule]]
name = "users-rise"
metric = "user_trend.user_count"
apps = ["tag:rise"]
rises_by = "30%"
against = "4_weeks"
at_least = { user_count = 500 }

[[rule]]
name = "users-move"
metric = "user_trend.user_count"
apps = ["tag:rise"]
changes_by = "35%"
against = "last_week"
at_least = { user_count = 500 }

[[rule]]
name = "users-of-a-week"
metric = "user_trend.user_count"
apps = ["tag:weekly"]
every = "week"
changes_by = "15%"
against = "4_weeks"
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The alerts of the year beside what was scripted."""

    script: Sequence[Happening]
    alerts: Sequence[Alert]

    @property
    def incidents(self) -> list[Happening]:
        return [each for each in self.script if not each.is_trap]

    @property
    def traps(self) -> list[Happening]:
        return [each for each in self.script if each.is_trap]

    @property
    def missed(self) -> list[Happening]:
        return [each for each in self.incidents if not self.found(each)]

    def found(self, incident: Happening) -> list[Alert]:
        """The alerts that the rule which has to find it began on one of its days."""
        return [
            alert
            for alert in self.alerts
            if alert.rule == incident.found_by
            and number_of(alert) == incident.app
            and incident.first <= alert.since.first <= incident.last
            and (not incident.page or ("page", incident.page) in alert.texts)
        ]

    @property
    def false_alarms(self) -> list[Alert]:
        """Alerts that nothing in the script is a reason for."""
        return [alert for alert in self.alerts if not any(each.allows(alert.rule) for each in self.at(alert))]

    def at(self, alert: Alert) -> list[Happening]:
        """What happened to the alert's mini-program when it began."""
        return [each for each in self.script if each.concerns(number_of(alert), alert.since.first)]

    def fallen_for(self, alerts: Sequence[Alert]) -> list[tuple[str, Alert]]:
        """The traps among what happened, for alerts that nothing is a reason for."""
        return [(each.name, alert) for alert in alerts for each in self.at(alert) if each.is_trap]


def test_the_shipped_rules_find_forty_incidents_of_a_year_and_fall_for_no_trap(
    path: Path, tmp_path: Path
) -> None:
    script = happenings()
    daemon, alerts = live_through(script, path, tmp_path)
    told = [event.alert for _, event in daemon.events if event.type is EventType.FIRE]
    result = Result(script, [each for each in alerts if each.state not in (State.PENDING, State.RETRACTED)])
    report(result)
    assert (len(result.incidents), len(result.traps)) == (40, 20)
    assert result.missed == []
    assert result.fallen_for(result.false_alarms) == []
    assert len(result.false_alarms) <= FALSE_ALARMS
    corrected = {app_id(each.app or 0) for each in script if each.misreading and each.misreading.is_believed}
    untrue = Result(script, [each for each in told if each.app_id not in corrected])
    assert untrue.false_alarms == []
    assert_taken_back(daemon, corrected)


def assert_taken_back(daemon: Daemon, corrected: set[int]) -> None:
    """What a final, but wrong figure made people believe was told, and withdrawn when it was corrected."""
    story = {
        (event.alert.app_id, event.alert.rule, event.type)
        for _, event in daemon.events
        if event.alert.app_id in corrected
    }
    fired = {(app, rule) for app, rule, kind in story if kind is EventType.FIRE}
    assert {app for app, _ in fired} == corrected
    assert {(app, rule) for app, rule, kind in story if kind is EventType.RETRACT} == fired


def live_through(script: Sequence[Happening], path: Path, folder: Path) -> tuple[Daemon, list[Alert]]:
    """The daemon after the year, and every alert that ever was."""
    incidents = tuple(incident for each in script for incident in each.incidents)
    world = World(SEED, fleet(), incidents, begins=BEGINS)
    misreadings = {app_id(each.app or 0): each.misreading for each in script if each.misreading}
    with open_history(path) as history:
        daemon = Daemon(history, world, shipped_scope(folder, world), misreadings)
        everybody, closely = world.apps.values(), [world.apps[each] for each in misreadings]
        read = BEGINS
        for now in looks():
            if now.time() == NOON:
                daemon.look(now, read, everybody)
                read = now.date()
            else:
                daemon.look(now, now.date() - timedelta(days=3), closely)
        return daemon, history.alerts.all_alerts()


def looks() -> Iterator[datetime]:
    """When somebody looks: after long standstills, and four times a day while that matters.

    At noon everything is read, before and after it what may have changed.
    """
    day, end = BEGINS, LAST + timedelta(days=1)
    while day < end:
        closely = CLOSELY[0] <= day < CLOSELY[1]
        until = CLOSELY[0] if day < CLOSELY[0] else end
        day = day + timedelta(days=1) if closely else min(day + STANDSTILL, until)
        for hour in TIMES if closely else (NOON,):
            yield datetime.combine(day, hour, BEIJING)


def shipped_scope(folder: Path, world: World) -> Scope:
    """The shipped rules, and a few of the test's own, for all of the world, as settings describe it."""
    shutil.copytree(shipped("rules"), folder / "rules")
    (folder / "rules" / "own.toml").write_text(OWN_RULES)
    apps = "\n".join(
        f'[[apps]]\nid = {app.id}\nname = "{app.name}"\naccess_token = {{ env = "TOKEN" }}\n'
        f"tags = {list(tags_of(number))}\nreports = {list(reports_of(number))}"
        for number, app in enumerate(world.apps.values(), start=1)
    )
    settings = folder / "watch.toml"
    settings.write_text(
        f'[platform]\naccess_token = {{ env = "TOKEN" }}\n[poll]\ngranularity = ["day", "week"]\n{apps}\n'
    )
    return Watch(load(settings), frozen(datetime.combine(FIRST, NOON, BEIJING))).scope


def number_of(alert: Alert) -> int | None:
    """The number of the mini-program in the script."""
    return None if alert.app_id is None else alert.app_id - app_id(0)


def report(result: Result) -> None:
    """What was found, missed and mistaken, with the figures."""
    alerts, wrong = len(result.alerts), result.false_alarms
    found = len(result.incidents) - len(result.missed)
    days = [
        min(each.since.first for each in result.found(one)) - one.first
        for one in result.incidents
        if result.found(one)
    ]
    years = FLAGSHIP * (LAST - FIRST).days / 365.25
    print(f"\nrecall {found}/{len(result.incidents)}, {sum(not each for each in days)} on the first day")
    print(f"precision {alerts - len(wrong)}/{alerts}")
    print(
        f"false alarms: {len(wrong)} in {years:.0f} years of mini-programs, {len(wrong) / years:.4f} a year"
    )
    for each in result.missed:
        print("missed:", each.app, each.name, each.first, each.last)
    for alert in wrong:
        traps = [each.name for each in result.at(alert) if each.is_trap]
        print(
            "false alarm:", alert.rule, number_of(alert), alert.dimensions, alert.since, alert.figures, traps
        )
