"""The page to sign in on, in a real browser: fit for everybody, and what is wrong is said where it is."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from smartapp_watch.config.settings import WatchConfig
from tests.web.visitors import PEOPLE, TOKEN, open_port

WORDS = {"zh": ("没有人使用这个令牌。", "退出登录"), "en": ("Nobody has this token.", "Sign out")}


@pytest.mark.parametrize("language", WORDS)
def test_signing_in_and_out_is_fit_for_everybody(
    config: WatchConfig, browser: Browser, language: str
) -> None:
    wrong, leave = WORDS[language]
    with open_port(config, people=PEOPLE) as port, browser.new_context() as context:
        page = context.new_page()
        broken: list[str] = []
        page.on("console", lambda message: broken.append(message.text) if "Policy" in message.text else None)
        page.goto(f"http://127.0.0.1:{port.settings.port}/sign-in?lang={language}")
        assert Axe().run(page).violations_count == 0
        expect(page.locator(":focus")).to_have_attribute("name", "token")
        page.keyboard.type("guessed")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text(wrong)
        assert Axe().run(page).violations_count == 0
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        page.get_by_role("button", name=leave).click()
        page.wait_for_url("**/sign-in")
        assert broken == []
