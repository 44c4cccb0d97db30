"""Every page answers over HTTP, in both languages, and what is not there is said plainly."""

from __future__ import annotations

import pytest
import requests


def read(address: str, **cookies: str) -> str:
    answer = requests.get(address, timeout=30, cookies=cookies)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_overview_lists_what_needs_a_look_worst_first(pages: str) -> None:
    page = read(f"{pages}/")
    assert "3 条告警未解除" in page
    assert page.index("次日留存率下降") < page.index("页面退出率上升") < page.index("流失率上升")


@pytest.mark.parametrize("path", ["/alerts/99", "/alerts/99999999999999999999", "/nothing"])
def test_what_is_not_there_is_said_in_the_visitors_language(pages: str, path: str) -> None:
    answer = requests.get(f"{pages}{path}", params={"lang": "en"}, timeout=30)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_the_language_that_was_chosen_is_remembered(pages: str) -> None:
    with requests.Session() as visitor:
        assert "3 alerts are open" in visitor.get(f"{pages}/?lang=en", timeout=30).text
        assert "3 alerts are open" in visitor.get(f"{pages}/", timeout=30).text
        assert "3 条告警未解除" in visitor.get(f"{pages}/?lang=zh", timeout=30).text
        assert "3 条告警未解除" in visitor.get(f"{pages}/?lang=fr", timeout=30).text
