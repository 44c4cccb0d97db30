"""The pages in a real browser: nobody is shut out, keys are enough, and a phone has room for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

PAGES = ("/", "/apps", "/apps/15263713", "/apps/15263713?days=90", "/alerts/1", "/rules", "/status", "/none")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def page(browser: Browser, pages: str) -> Iterator[Page]:
    """A page on a phone, whose addresses are the demonstration's."""
    with browser.new_context(base_url=pages, viewport=PHONE, has_touch=True) as context:  # type: ignore[arg-type]
        yield context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_an_audit_of_accessibility_finds_nothing(page: Page, path: str, language: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    for details in page.locator("details").all():
        details.evaluate("each => each.open = true")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(page: Page, path: str, language: str) -> None:
    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_keys_are_enough_to_find_a_mini_program_and_its_alert(page: Page) -> None:
    page.goto("/apps")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("挂号")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("3 个小程序中的 1 个")
    tab_to(page, "预约挂号")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("预约挂号")
    tab_to(page, "页面退出率上升")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("页面退出率上升")
    tab_to(page, "我来处理")
    tab_to(page, "静默")


def tab_to(page: Page, words: str) -> None:
    """Go on with the tab key until what has the focus says just that."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == words:
            return
    pytest.fail(f"the tab key never comes to {words}")


def test_a_chart_says_the_value_under_the_pointer(page: Page) -> None:
    page.goto("/apps/15263713?lang=en")
    chart = page.locator("figure").filter(has_text="Share of lost users")
    chart.locator("svg").hover(position={"x": 325, "y": 40})
    expect(chart.get_by_text("Sun 22 Nov · 28.31%")).to_be_visible()
    page.mouse.move(0, 0)
    expect(chart.get_by_text("Sun 22 Nov · 28.31%")).to_be_hidden()


def test_without_scripts_every_page_still_says_everything(browser: Browser, pages: str) -> None:
    with browser.new_context(base_url=pages, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/alerts/1")
        page.get_by_text("数据表：页面退出率").click()
        expect(page.get_by_role("row", name="11月22日（周日） 61.6%")).to_be_visible()


def test_nothing_is_asked_of_other_hosts_and_no_script_fails(page: Page, pages: str) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for path in PAGES:
        page.goto(path)
    assert [url for url in asked if not url.startswith(pages)] == []
    assert wrong == []
