"""Invented notices of several alerts at once, for the same uses as those of one."""

from __future__ import annotations

from dataclasses import replace

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Layout
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_alerts, example_retraction, example_window
from smartapp_watch.rules.rule import Severity
from smartapp_watch.rules.verdict import Figures


def example_groups(language: Language) -> tuple[GroupNotice, ...]:
    """One of every layout, some of whose alerts are over by now, or all of them."""
    app, rules = example_app_group(language), example_rules_group(language)
    return (
        app,
        example_changed_group(language),
        replace(app, alerts=tuple(_resolved(alert) for alert in app.alerts)),
        rules,
        replace(rules, alerts=(_resolved(rules.alerts[0]), *rules.alerts[1:])),
        example_quiet_group(language),
        GroupNotice(Layout.QUIET, example_alerts(language)),
    )


def example_app_group(language: Language) -> GroupNotice:
    """Three alerts of one mini-program, the worst first."""
    fire = example_alert(EventType.FIRE, language)
    alerts = _examples(language)
    retention, users = alerts["next-day-retention-drop"], alerts["new-users-drop"]
    return GroupNotice(
        Layout.APP,
        (
            _at(retention, fire, 31),
            fire,
            replace(_at(users, fire, 32), severity=Severity.INFO),
        ),
    )


def example_changed_group(language: Language) -> GroupNotice:
    """The same after the first of them is over and another one got worse."""
    first, second, third = example_app_group(language).alerts
    worse = replace(second, type=EventType.WORSE, period="2026-11-23", breaches=4)
    return GroupNotice(Layout.APP, (_resolved(first), worse, third))


def example_rules_group(language: Language) -> GroupNotice:
    """Twelve alerts of three rules."""
    alerts = _examples(language)
    apps = {alert.app_id: alert for alert in alerts.values() if alert.app_id is not None}
    shares = ("new-users-drop", 6), ("next-day-retention-drop", 4), ("sessions-unusual", 2)
    return GroupNotice(
        Layout.RULES,
        tuple(
            _shrunk(_at(alerts[rule], app, 40 + 10 * number + place), place)
            for number, (rule, count) in enumerate(shares)
            for place, app in enumerate(list(apps.values())[:count])
        ),
    )


def example_quiet_group(language: Language) -> GroupNotice:
    """What a night left: three alerts that are open, one that is over, one that was withdrawn."""
    first, second, _ = example_app_group(language).alerts
    over = _resolved(_examples(language)["new-users-drop"])
    alerts = first, second, example_window(language), over, example_retraction(language)
    return GroupNotice(Layout.QUIET, alerts)


def _examples(language: Language) -> dict[str, AlertNotice]:
    """An alert that is open of each rule."""
    return {alert.rule: alert for alert in example_alerts(language) if alert.type is EventType.FIRE}


def _at(alert: AlertNotice, place: AlertNotice, number: int) -> AlertNotice:
    """The alert as one of another mini-program, under a number of its own."""
    return replace(alert, alert=number, app_id=place.app_id, app_name=place.app_name)


def _shrunk(alert: AlertNotice, place: int) -> AlertNotice:
    """The same of a smaller mini-program, ratios of course unchanged."""
    figures, part = alert.figures, 1 / (place + 1)
    if "ratio" in alert.metric or figures.value is None:
        return alert
    known = Figures(
        figures.value * part,
        figures.baseline and figures.baseline * part,
        figures.change and figures.change * part,
        figures.change_percent,
    )
    return replace(alert, figures=known)


def _resolved(alert: AlertNotice) -> AlertNotice:
    """The next day, when it is nearly as usual."""
    usual = alert.figures.baseline or 0.0
    figures = Figures(0.98 * usual, usual, -0.02 * usual, -2.0)
    return replace(alert, type=EventType.RESOLVE, period="2026-11-23", figures=figures)
