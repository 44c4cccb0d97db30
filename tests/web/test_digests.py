"""A digest in the browser: the page that was mailed, and the file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.export import export
from smartapp_watch.notify.render import Renderer
from tests.cli.desk import NOW
from tests.web.visitors import Port, open_port

PATH = "/digests/weekly/2026-W47"


@pytest.fixture
def port(config: WatchConfig) -> Iterator[Port]:
    with open_port(config) as opened:
        yield opened


def test_a_digest_is_shown_as_it_was_composed_in_the_visitors_language(port: Port) -> None:
    page = port.visitor().get(PATH)
    assert page.status_code == 200
    assert "第47周" in page.text
    assert "Week 47" in port.visitor().get(f"{PATH}?lang=en").text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "script-src" not in policy


def test_a_digest_of_any_name_is_found(port: Port) -> None:
    with open_history(port.config.history.path) as history, history.transaction():
        notice = history.digests.find("weekly", "2026-W47")
        assert notice is not None
        history.digests.freeze(replace(notice, name="周报 1/2"), NOW)
    assert port.visitor().get("/digests/%E5%91%A8%E6%8A%A5%201%2F2/2026-W47").status_code == 200


@pytest.mark.parametrize("path", ["/digests/weekly/2026-W46", "/digests/none/2026-W47", "/digests/weekly/.."])
def test_a_digest_that_is_not_there_is_not_found(port: Port, path: str) -> None:
    assert port.visitor().get(path).status_code == 404


def test_it_looks_right_in_a_browser_and_breaks_no_rule_of_its_own(port: Port, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://127.0.0.1:{port.settings.port}{PATH}")
        assert page.locator("img").count() > 0
        assert page.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        assert [each for each in said if "favicon" not in each] == []


def test_the_exported_file_opens_without_a_network_and_holds_its_table(
    config: WatchConfig, tmp_path: Path, browser: Browser
) -> None:
    with open_history(config.history.path, read_only=True) as history:
        notice = history.digests.find("weekly", "2026-W47")
    assert notice is not None
    file = tmp_path / "week.html"
    file.write_text(export(Renderer(), notice, Language.ZH), encoding="utf-8")
    with browser.new_context(offline=True, accept_downloads=True) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert page.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        with page.expect_download() as download:
            page.get_by_text("下载全部小程序的数据").click()
        table = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename == "fleet-2026-W47.csv"
    assert "15263713" in table
    assert [each for each in asked if not each.startswith(("file:", "data:"))] == []
