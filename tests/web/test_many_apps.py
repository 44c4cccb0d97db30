"""Among ten thousand mini-programs the one that is looked for is found."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, expect

from bench.fleet import NOW, fill
from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.history.database import open_history
from tests.waiting import wait_until
from tests.web.conftest import served

COUNT = 10_000
SETTINGS = """
apps_file = "apps.csv"
language = "en"
[poll]
reports = ["user_trend"]
[platform]
access_token = "a token"
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages of ten thousand mini-programs with nine days of figures."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "watch.toml").write_text(SETTINGS)
    rows = (f"{number},shop {number:05},group{number % 3}" for number in range(1, COUNT + 1))
    (folder / "apps.csv").write_text("\n".join(("id,name,tags", *rows)))
    config = load(folder / "watch.toml")
    with open_history(config.history.path) as history:
        fill(history, COUNT, 9, ("user_trend",))
    with served(lambda: config, frozen(NOW)) as found:
        yield found


def listed(address: str, **query: str | int) -> list[str]:
    """The names on one page of the list."""
    answer = requests.get(f"{address}/apps", params=query, timeout=60)
    assert answer.status_code == 200
    return re.findall(r'<a href="/apps/\d+">(.*?)</a>', answer.text)


def changes(address: str, **query: str) -> list[float]:
    """How far the users of each of one page moved, in per cent."""
    rows = requests.get(f"{address}/apps", params=query, timeout=60).text.split('<th scope="row">')[1:]
    found = (re.search(r"[▲▼] ([+−])([\d.]+)%", row.split("</td>")[1]) for row in rows)
    return [float(each[2]) * (1 if each[1] == "+" else -1) for each in found if each]


def test_one_is_found_by_a_part_of_its_name_and_by_its_number(address: str) -> None:
    assert listed(address, q="SHOP 07777") == ["shop 07777"]
    assert listed(address, q="7777") == ["shop 07777"]
    assert listed(address, q="nobody") == []


def test_every_one_is_on_some_page_and_none_on_two(address: str) -> None:
    pages = [listed(address, q="99", sort="name", page=number) for number in (1, 2, 3, 4, 5, 6)]
    expected = [f"shop {number:05}" for number in range(1, COUNT + 1) if "99" in f"{number:05}"]
    assert [name for page in pages for name in page] == expected
    assert listed(address, q="99", sort="name", page=700) == pages[-1]


def test_a_tag_chooses_those_that_have_it(address: str) -> None:
    assert listed(address, tag="group1", sort="name")[:2] == ["shop 00001", "shop 00004"]


def test_those_that_fell_most_come_first_or_last_as_was_asked(address: str) -> None:
    wait_until(lambda: bool(changes(address)))  # figures of so many are read aside
    falling, rising = changes(address, sort="falling"), changes(address, sort="rising")
    assert falling == sorted(falling)
    assert rising == sorted(rising, reverse=True)
    assert falling[0] < 0 < rising[0]


def test_a_visitor_searches_and_turns_pages_in_a_browser(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto("/apps")
        page.get_by_label("Name or number").fill("shop 012")
        page.get_by_label("Sorted by").select_option("name")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("status")).to_contain_text("100 of 10,000 mini-programs")
        page.get_by_role("link", name="Next page").click()
        expect(page.get_by_role("link", name="shop 01250")).to_be_visible()
        expect(page.get_by_role("link", name="shop 01249")).to_have_count(0)
        page.get_by_role("link", name="shop 01250").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("shop 01250")
