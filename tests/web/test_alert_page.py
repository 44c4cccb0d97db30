"""The page of an alert tells what ``explain`` knows, who is on it, and what keeps it quiet."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from smartapp_watch.acknowledge import acknowledge
from smartapp_watch.alerts.silence import Matchers
from smartapp_watch.clock import frozen
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from smartapp_watch.history.silences import Ack
from tests.cli.desk import NOW
from tests.waiting import wait_until
from tests.web.conftest import SOON, served

EXIT_RATE, RETENTION = 1, 2


def read(address: str, alert: int = EXIT_RATE, language: str = "en") -> str:
    """The text of an alert's page, once its explanation is there."""
    found: list[str] = []

    def explained() -> bool:
        answer = requests.get(f"{address}/alerts/{alert}", params={"lang": language}, timeout=30)
        assert answer.status_code == 200
        found.append(answer.text)
        return "being worked out" not in answer.text and "正在计算" not in answer.text

    wait_until(explained)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[-1]))


def test_it_shows_the_figures_the_guards_and_what_they_were_compared_with(pages: str) -> None:
    page = read(pages)
    assert "61.6% of views ended the visit (usual Sunday 40.4%)" in page
    assert "Views now: 1,212, at least 500 needed: enough" in page
    assert "more than chance" in page
    assert "Sun 15 Nov 40.44% yes" in page
    assert "a day that the calendar leaves out" in page


def test_it_shows_what_happened_and_who_was_told(pages: str) -> None:
    page = read(pages)
    assert "fired Sun 22 Nov 2026-11-23 10:40" in page
    assert re.search(r"ops fired sent .* growth fired sent", page)


def test_it_says_the_same_in_chinese(pages: str) -> None:
    page = read(pages, RETENTION, "zh")
    assert "14.6% 的活跃用户次日再次启动（往常周六 28.1%）" in page
    assert "活跃用户数（当前）8,412，至少需要 1,000：足够" in page
    assert "ops 触发 已送达" in page


def test_who_is_on_it_is_shown_at_once_and_the_alert_goes_behind_the_others(config: WatchConfig) -> None:
    with served(lambda: config, frozen(SOON)) as address:
        assert "Nobody yet." in read(address, RETENTION)
        with open_history(config.history.path) as history:
            acknowledge(history, Ack(RETENTION, "Li", "asking the vendor", NOW), ("ops", "growth"))
        assert "Li is on it: asking the vendor" in read(address, RETENTION)
        overview = requests.get(address, params={"lang": "en"}, timeout=30).text
        assert "3 alerts are open, 1 of them in somebody’s hands" in overview
        assert overview.index("/alerts/1") < overview.index("/alerts/3") < overview.index("/alerts/2")


def test_a_silence_is_shown_on_the_alert_and_in_the_list(config: WatchConfig) -> None:
    with open_history(config.history.path) as history, history.transaction():
        matchers = Matchers(rules=("page-exit-*",))
        history.silences.add(matchers, NOW, NOW + timedelta(days=1), "a release", "Li")
    with served(lambda: config, frozen(SOON)) as address:
        assert "not told: silence 1: a release" in read(address)
        assert "silenced" in requests.get(address, params={"lang": "en"}, timeout=30).text


@pytest.mark.parametrize("gone", ["rule", "app"])
def test_an_alert_whose_rule_or_mini_program_is_gone_still_has_a_page(config: WatchConfig, gone: str) -> None:
    changed = replace(config, rules=()) if gone == "rule" else replace(config, apps=config.apps[1:])
    with served(lambda: changed, frozen(SOON)) as address:
        page = read(address)
        assert "61.6" in page
        assert "fired Sun 22 Nov" in page


def test_the_forms_carry_the_alert_and_nothing_that_is_guessed(pages: str) -> None:
    page = requests.get(f"{pages}/alerts/{EXIT_RATE}", timeout=30).text
    for action in ("ack", "silence"):
        assert f'<form method="post" action="/alerts/{EXIT_RATE}/{action}">' in page
    assert page.count('name="form_token" value=""') == 2
