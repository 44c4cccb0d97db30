"""What a mini-program's page, the rules and the state of the service say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import requests

from smartapp_watch.clock import frozen
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from tests.cli.desk import NOW
from tests.waiting import wait_until
from tests.web.conftest import SOON, served

APP = 15263713


def read(address: str, path: str, **query: str | int) -> str:
    """The text of a page in English."""
    answer = requests.get(f"{address}{path}", params={"lang": "en", **query}, timeout=30)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_mini_program_shows_its_metrics_alerts_cohorts_and_parts(pages: str) -> None:
    page = read(pages, f"/apps/{APP}")
    assert "Lost users 710,794 ▲ +7.4% (+48,992)" in page
    assert "Exit rate rose pages/checkout/index (结算) since Sun 22 Nov · firing" in page
    assert "Sat 21 Nov 8,412 14.6% Fri 20 Nov 8,251 28.1% 19.8%" in page
    assert "pages/checkout/index (结算) 1,212 ▼ −0.2% 61.6% ▲ +21.2 pp" in page


def test_the_charts_go_back_as_far_as_was_asked(pages: str) -> None:
    assert "26 Oct–22 Nov 2026" in read(pages, f"/apps/{APP}")
    assert "25 Aug–22 Nov 2026" in read(pages, f"/apps/{APP}", days=90)
    assert "26 Oct–22 Nov 2026" in read(pages, f"/apps/{APP}", days=5000)


def test_a_mini_program_that_nobody_watches_has_no_page(pages: str) -> None:
    assert requests.get(f"{pages}/apps/1", timeout=30).status_code == 404


def test_every_rule_comes_with_what_it_would_have_told_of(pages: str) -> None:
    wait_until(lambda: "being worked out" not in read(pages, "/rules"))
    page = read(pages, "/rules")
    (exit_rate,) = re.findall(r"page-exit-rate-rise .*? a week .*?(?= platform-)", page)
    assert "up by 10 pp or more on the median of 4 weeks" in exit_rate
    assert "watches 3 mini-programs · 1 alert open" in exit_rate
    assert "1 alert in these days, 0.12 a week" in exit_rate
    assert "Sun 22 Nov 预约挂号 pages/checkout/index (结算)" in exit_rate


def test_a_service_that_is_well_says_so_and_how_fresh_its_figures_are(pages: str) -> None:
    page = read(pages, "/status")
    assert "The service is well" in page
    assert "User trend Sun 22 Nov 3 / 3" in page
    assert "Retention Sat 21 Nov 3 / 3" in page


def test_a_poll_that_is_overdue_and_a_receiver_that_is_off_are_seen(config: WatchConfig) -> None:
    with open_history(config.history.path) as history, history.transaction():
        history.outbox.troubles.note("ops", "invalid_auth", NOW, is_off=True)
    with served(lambda: config, frozen(NOW + timedelta(hours=4))) as address:
        page = read(address, "/status")
    assert "Something ails the service" in page
    assert "A poll is overdue since 2026-11-23 11:07" in page
    assert "ops off , since 2026-11-23 10:40: invalid_auth" in page


def test_without_a_history_every_page_says_that_it_cannot_be_read(config: WatchConfig) -> None:
    missing = replace(config, history=replace(config.history, path=config.history.path.with_name("none.db")))
    with served(lambda: missing, frozen(SOON)) as address:
        answer = requests.get(address, params={"lang": "en"}, timeout=30)
    assert answer.status_code == 503
    assert "The figures cannot be read now" in answer.text


def test_looking_at_every_page_changes_nothing(config: WatchConfig) -> None:
    before = config.history.path.read_bytes()
    with served(lambda: config, frozen(SOON)) as address:
        for path in ("/", "/apps", f"/apps/{APP}", "/alerts/1", "/rules", "/status"):
            read(address, path)
    assert config.history.path.read_bytes() == before
