"""Every word of the pages is there in both languages, and may be the operator's own."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from smartapp_watch.clock import frozen
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.metrics.words import Language
from smartapp_watch.shipped_files import shipped
from tests.web.conftest import SOON, served

FOLDER = shipped("templates") / "web"


def defined(language: Language) -> set[str]:
    text = (FOLDER / f"words.{language}.j2").read_text()
    return set(re.findall(r"{% (?:set|macro) (\w+)", text))


def test_both_languages_have_the_same_words_but_for_grammar() -> None:
    assert defined(Language.EN) - defined(Language.ZH) == {"count"}
    assert defined(Language.ZH) - defined(Language.EN) == set()


def test_every_word_that_a_template_asks_for_is_there_and_none_is_there_for_nothing() -> None:
    texts = [path.read_text() for path in FOLDER.glob("*.html.j2")]
    used = {name for text in texts for name in re.findall(r"\bwords\.(\w+)", text)}
    assert used == defined(Language.ZH)


def test_a_template_of_the_operators_takes_the_place_of_the_shipped_one(config: WatchConfig) -> None:
    write(config, "words.zh.j2", "总览", "驾驶舱")
    with served(lambda: config, frozen(SOON)) as address:
        assert "<title>驾驶舱" in requests.get(address, timeout=30).text


def test_one_that_fails_costs_its_wording_and_not_the_page(
    config: WatchConfig, caplog: pytest.LogCaptureFixture
) -> None:
    write(config, "overview.html.j2", "page.day", "page.dya")
    with served(lambda: config, frozen(SOON)) as address, caplog.at_level(logging.WARNING):
        assert "3 条告警未解除" in requests.get(address, timeout=30).text
    assert re.search(r"\.j2:[1-9]\d* failed \(.* has no attribute 'dya'\)", caplog.text)


def write(config: WatchConfig, name: str, old: str, new: str) -> None:
    """Change a word of a template in the operator's folder."""
    assert config.templates is not None
    path: Path = config.templates / "web" / name
    path.write_text(path.read_text().replace(old, new))


def test_names_from_outside_play_no_tricks_on_a_page(config: WatchConfig) -> None:
    first, *others = config.apps
    evil = replace(first, app=replace(first.app, name='<script>"x"</script>', tags=frozenset({"'><b>"})))
    changed = replace(config, apps=(evil, *others))
    with served(lambda: changed, frozen(SOON)) as address:
        for path in ("/", "/apps", f"/apps/{first.app.id}", "/alerts/1", "/rules", "/status"):
            text = requests.get(f"{address}{path}", timeout=30).text
            assert "<script>" not in text
            assert "<b>&#39;" not in text
            assert "'><b>" not in text


def test_settings_that_were_read_anew_are_shown_at_once(config: WatchConfig) -> None:
    known = [config]
    with served(lambda: known[-1], frozen(SOON)) as address:
        assert "城市公交" in requests.get(f"{address}/apps", timeout=30).text
        known.append(replace(config, apps=config.apps[:1], language=Language.EN))
        text = requests.get(f"{address}/apps", timeout=30).text
        assert "城市公交" not in text
        assert "Mini-programs" in text
