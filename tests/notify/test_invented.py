"""Alerts invented for a preview: of every rule that is shipped, and of one of each condition."""

from __future__ import annotations

import pytest

from smartapp_watch.config.load import load_rules
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.invented import invented_notice
from smartapp_watch.notify.render import Renderer
from smartapp_watch.rules.rule import Direction, Rule
from smartapp_watch.shipped_files import shipped
from tests.build import change
from tests.build import rule as make_rule

SHIPPED = load_rules(shipped("rules"))
SUNDAY = Period.parse("2026-11-22")
APP = App(15263713, "预约挂号")


def newest(rule: Rule) -> Period:
    """A period of the rule's own length."""
    return Period.containing(SUNDAY.first, rule.every)


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.name)
@pytest.mark.parametrize("language", Language)
def test_every_shipped_rule_has_a_look(rule: Rule, language: Language) -> None:
    renderer = Renderer()
    app = None if rule.table.report.of_platform else APP
    notice = invented_notice(rule, app, newest(rule))
    assert (app.name if app else "") in renderer.mail(notice, language).text
    for said in (renderer.slack(notice, language).text, "".join(renderer.robot(notice, language).lines)):
        assert "None" not in said
        assert "{" not in said


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.name)
def test_what_is_invented_is_beyond_the_rules_limit(rule: Rule) -> None:
    figures = invented_notice(rule, APP, newest(rule)).figures
    direction = getattr(rule.condition, "direction", None)
    if direction is None:
        assert figures.value is None
        return
    assert figures.value is not None
    assert figures.change is not None
    assert (figures.change < 0) == (direction is Direction.DROP)
    if rule.metric.unit is Unit.PERCENT:
        assert 0 <= figures.value <= 100
    counts = dict(figures.counts)
    assert all(counts[name] >= least for name, least in rule.at_least if name in counts)


def test_places_are_those_that_the_rule_watches() -> None:
    condition = change("rises_by 5pp against 4_weeks")
    rule = make_rule("visit_page.bounce_ratio", condition, where=[("page", "pages/checkout/*")])
    assert dict(invented_notice(rule, APP, SUNDAY).texts)["page"] == "pages/checkout/index"
