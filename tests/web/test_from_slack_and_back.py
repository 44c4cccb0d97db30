"""The way from a message in Slack to an acknowledgement that Slack then shows, with the daemon running."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pytest_httpserver import HTTPServer

from smartapp_watch.history.database import open_history
from tests.cli.desk import Desk, open_desk
from tests.running import Start, end, free_port, read_until, start
from tests.waiting import wait_until
from tests.web.visitors import ANOTHER, TOKEN, Visitor

__all__ = ["start"]  # a fixture

PATIENCE = 60_000
"""Milliseconds that the browser waits for what comes by itself."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.slack.files.unknown_for = 0
        yield opened


def serve(desk: Desk, people: dict[str, str]) -> str:
    """Pages, for these people; their address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    lines = ["[web]", f'listen = "127.0.0.1:{port}"', f'url = "{address}"']
    for name, token in people.items():
        (desk.folder / f"token-{name}").write_text(token)
        lines += ["[[web.people]]", f'name = "{name}"', f'token = {{ file = "token-{name}" }}']
    desk.change('[[receivers]]\nname = "ops"', "\n".join([*lines, '[[receivers]]\nname = "ops"']))
    return address


def links(desk: Desk) -> list[str]:
    """The addresses that Slack's messages lead to."""
    return [
        link
        for each in desk.slack.messages
        for link in re.findall(r"<(http://[^|>]+/alerts/\d+)\|", str(each.blocks))
    ]


def shown(desk: Desk) -> str:
    """What Slack's messages show by now."""
    return str([each.blocks for each in desk.slack.messages])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def tab_to(page: Page, selector: str) -> None:
    """Go to an element by the keyboard alone."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {selector}")


def test_an_acknowledgement_comes_back_to_slack_by_the_keyboard_alone(
    desk: Desk, start: Start, page: Page
) -> None:
    address = serve(desk, {"zhang.wei": TOKEN})
    daemon = start(desk)
    wait_until(lambda: bool(links(desk)))
    link = links(desk)[0]
    assert link.startswith(f"{address}/alerts/")
    assert "正在处理" not in shown(desk)

    page.goto(link)
    assert page.url == f"{address}/sign-in?next={link.removeprefix(address).replace('/', '%2F')}"
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url(link)
    tab_to(page, "form[action$='/ack'] input[name='note']")
    page.keyboard.type("已联系开发")
    tab_to(page, "form[action$='/ack'] button")
    page.keyboard.press("Enter")
    page.get_by_text("zhang.wei 正在处理：已联系开发").first.wait_for()
    assert page.url == link
    wait_until(lambda: "zhang.wei 处理中" in shown(desk))

    tab_to(page, "form[action$='/silence'] select")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form[action$='/silence'] input[name='because']")
    page.keyboard.type("上线")
    page.keyboard.press("Enter")
    wait_until(lambda: "静默至" in shown(desk))
    with open_history(desk.history, read_only=True) as history:
        ((number, ack),) = history.silences.acks().items()
        (silence,) = history.silences.all()
    assert link.endswith(f"/alerts/{number}")
    assert (ack.by, ack.via) == ("zhang.wei", "web, 127.0.0.1")
    assert (silence.by, silence.because, silence.via) == ("zhang.wei", "上线", "web, 127.0.0.1")
    assert (silence.ends - silence.begins).days == 3
    log = "\n".join(end(daemon, within=20))
    assert "zhang.wei signed in to the pages from 127.0.0.1" in log
    assert TOKEN not in log
    assert TOKEN.encode() not in desk.history.read_bytes()


def test_a_page_of_another_site_can_do_nothing_in_the_browser_of_who_is_signed_in(
    desk: Desk, start: Start, page: Page, httpserver: HTTPServer
) -> None:
    serve(desk, {"zhang.wei": TOKEN})
    start(desk)
    wait_until(lambda: bool(links(desk)))
    link = links(desk)[0]
    page.goto(link)
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url(link)
    asked: list[str] = []
    evil = f"""
      <iframe src="{link}"></iframe><img src="{link}" onload="document.title='drawn'">
      <script src="{link}" onload="document.title='run'"></script>
      <form id=f method=post action="{link}/ack"><input name=form_token value=x></form>
      <script>
        addEventListener("load", async () => {{
          const kind = {{"Content-Type": "application/x-www-form-urlencoded"}};
          const form = {{method: "POST", mode: "no-cors", headers: kind, body: "form_token=x"}};
          for (const [where, how] of [["{link}", {{}}], ["{link}/ack", form]])
            await fetch(where, {{credentials: "include", ...how}}).then(
              answer => {{ if (answer.type !== "opaque") document.title = "read" }}, () => 0);
          document.body.append("all was tried");
        }});
      </script>"""
    httpserver.expect_request("/").respond_with_data(evil, content_type="text/html")
    answered: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.on("response", lambda answer: answered.append(f"{answer.status} {answer.url}"))
    page.goto(httpserver.url_for("/").replace("127.0.0.1", "localhost"))
    page.get_by_text("all was tried").wait_for()
    assert page.title() == ""
    assert asked.count(f"POST {link}/ack") == 1
    with page.expect_navigation() as forged:
        page.evaluate("document.forms.f.submit()")
    assert forged.value.status == 403
    assert not [each for each in answered if link in each and not each.startswith("403 ")]
    page.goto(link)  # and whoever is led here is still signed in
    assert page.url == link
    with open_history(desk.history, read_only=True) as history:
        assert history.silences.acks() == {}


def test_a_reload_takes_new_people_or_nothing(desk: Desk, start: Start) -> None:
    address = serve(desk, {"zhang.wei": TOKEN})
    daemon = start(desk)
    read_until(daemon, "pages are at http://127.0.0.1:")
    zhang, li = (Visitor(int(address.rpartition(":")[2])) for _ in range(2))
    assert zhang.sign_in(TOKEN).status_code == 303
    person = '\n[[web.people]]\nname = "li.na"\ntoken = { file = "token-li" }\n'
    desk.settings.write_text(desk.settings.read_text() + person)
    (desk.folder / "token-li").write_text("short")
    daemon.send_signal(signal.SIGHUP)
    read_until(daemon, "the settings stay as they were")
    read_until(daemon, "it is shorter than 16 characters, and could be guessed")
    assert li.sign_in(ANOTHER).status_code == 403
    (desk.folder / "token-li").write_text(ANOTHER)
    daemon.send_signal(signal.SIGHUP)
    read_until(daemon, "took new settings")
    assert li.sign_in(ANOTHER).status_code == 303
    assert zhang.get("/status").status_code == 200
    end(daemon, within=20)
