"""The user's templates: overriding, checking, and failing without losing a message."""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.digest_parts import Polls
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import AlertView, Fact
from smartapp_watch.notify.block_kit import PARTS
from smartapp_watch.notify.digest_figures import AppRow, MoverView, TotalView
from smartapp_watch.notify.digest_service import FlappingView, GapView
from smartapp_watch.notify.digest_view import AlertCounts, DigestView
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.group_view import GroupRow, GroupSection, GroupView
from smartapp_watch.notify.notice_view import NoticeView
from smartapp_watch.notify.render import Renderer
from smartapp_watch.shipped_files import shipped

ZH = Language.ZH
FIRE = example_alert(EventType.FIRE, ZH)
SLACK = "slack/alert.zh.j2"


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_shipped_templates_have_no_problems() -> None:
    assert Renderer().faults() == set()


def test_templates_that_nobody_changed_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(shipped("templates"), tmp_path / "templates")
    changed = tmp_path / "templates" / SLACK
    with monkeypatch.context() as never:
        never.setattr(Renderer, "faults", lambda _: pytest.fail("it takes seconds"))
        assert Renderer(tmp_path / "templates").problems() == ()
    changed.write_text(changed.read_text() + "{{ alert.vaule }}")
    assert Renderer(tmp_path / "templates").problems() != ()


def test_a_folder_that_is_missing_is_no_problem(tmp_path: Path) -> None:
    renderer = Renderer(tmp_path / "missing")
    assert renderer.problems() == ()
    assert renderer.slack(FIRE, ZH) == Renderer().slack(FIRE, ZH)


def test_a_template_of_the_user_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    _write(tmp_path, SLACK, "{% block text %}{{ alert.app }} 出事了{% endblock %}")
    message = Renderer(tmp_path).slack(FIRE, ZH)
    assert (message.text, message.blocks) == ("云上生鲜 出事了", ())
    assert Renderer(tmp_path).mail(FIRE, ZH) == Renderer().mail(FIRE, ZH)


def test_one_block_of_a_shipped_template_can_be_replaced(tmp_path: Path) -> None:
    text = '{% extends "shipped/slack/alert.zh.j2" %}{% block look %}{{ super() }}\n值班：小王{% endblock %}'
    _write(tmp_path, SLACK, text)
    message, shipped_one = Renderer(tmp_path).slack(FIRE, ZH), Renderer().slack(FIRE, ZH)
    assert "值班：小王" in str(message.blocks[3])
    assert message.blocks[:3] == shipped_one.blocks[:3]
    assert Renderer(tmp_path).problems() == ()


def test_the_wording_of_all_forms_is_one_file(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "words/alert.zh.j2",
        '{% import "shipped/words/alert.zh.j2" as shipped %}'
        "{% macro happened(alert) %}{{ alert.value }} <& *超标*{% endmacro %}"
        "{% macro origin(alert) %}{{ shipped.origin(alert) }}{% endmacro %}"
        "{% macro data(alert) %}{{ shipped.data(alert) }}{% endmacro %}",
    )
    renderer = Renderer(tmp_path)
    assert "61.0% <& *超标*" in renderer.mail(FIRE, ZH).text
    assert "61.0% <& *超标*" in renderer.mail(FIRE, ZH).html
    assert "61.0% <& *超标*" in str(renderer.slack(FIRE, ZH).blocks)
    assert renderer.problems() == ()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n{{ alert.vaule }}", 2, "there is no variable vaule; perhaps value was meant"),
        ("\n\n{{ alrt.value }}", 3, "'alrt' is undefined"),
        ("\n{% if %}", 2, "Expected an expression"),
        ("{% for f in alert.facts %}\n{{ f.lable }}{% endfor %}", 2, "lable; perhaps label was meant"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ('\n{% include "slack/none.j2" %}', 2, "slack/none.j2"),
        ("\n{{ alert.__class__ }}", 2, "unsafe"),
    ],
)
def test_a_mistake_is_found_with_its_place_and_does_not_cost_the_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, line: int, words: str
) -> None:
    path = _write(tmp_path, SLACK, "{% block text %}x" + text + "{% endblock %}")
    renderer = Renderer(tmp_path)
    problems = renderer.problems()
    assert [(problem.file, problem.line) for problem in problems] == [(str(path), line)]
    assert words in str(problems[0])
    assert not problems[0].warning
    with caplog.at_level(logging.WARNING):
        assert renderer.slack(FIRE, ZH) == Renderer().slack(FIRE, ZH)
    assert len(caplog.records) == 1
    assert f"{path}:{line}" in caplog.text


def test_a_template_without_its_text_is_a_mistake(tmp_path: Path) -> None:
    path = _write(tmp_path, SLACK, "{% block txt %}x{% endblock %}")
    (problem,) = Renderer(tmp_path).problems()
    assert (problem.file, problem.line, problem.what) == (str(path), 0, "the block text is empty")
    assert Renderer(tmp_path).slack(FIRE, ZH) == Renderer().slack(FIRE, ZH)


def test_a_mistake_that_only_some_events_meet_is_found(tmp_path: Path) -> None:
    _write(
        tmp_path,
        SLACK,
        '{% block text %}x{% if alert.type == "retract" %}\n{{ alert.corrected }}{% endif %}{% endblock %}',
    )
    problems = Renderer(tmp_path).problems()
    assert [problem.line for problem in problems] == [2]


def test_each_part_of_a_mail_falls_back_by_itself(tmp_path: Path) -> None:
    _write(tmp_path, "email/alert.zh.html.j2", "{{ nothing }}")
    _write(
        tmp_path, "email/alert.zh.txt.j2", "{% block subject %}S{% endblock %}{% block body %}B{% endblock %}"
    )
    mail = Renderer(tmp_path).mail(FIRE, ZH)
    assert (mail.subject, mail.text) == ("S", "B\n")
    assert mail.html == Renderer().mail(FIRE, ZH).html


def test_a_page_that_is_too_large_falls_back(tmp_path: Path) -> None:
    _write(tmp_path, "email/digest.zh.html.j2", "<p>" + "x" * 100_000)
    renderer = Renderer(tmp_path)
    assert renderer.mail(example_digest(ZH), ZH).html == Renderer().mail(example_digest(ZH), ZH).html
    assert "larger than 90,000 bytes" in renderer.problems()[0].what


def test_a_macro_file_that_is_broken_is_reported_once_at_its_own_place(tmp_path: Path) -> None:
    path = _write(tmp_path, "words/digest.en.j2", "{% macro title(digest) %}\n{{ digest.nme }}{% endmacro %}")
    problems = Renderer(tmp_path).problems()
    assert {problem.file for problem in problems if problem.line} >= {str(path)}
    assert "3 of 7" in Renderer(tmp_path).slack(example_digest(Language.EN), Language.EN).text


def test_a_file_that_nothing_uses_is_a_warning_with_the_nearest_name(tmp_path: Path) -> None:
    _write(tmp_path, "slack/alert.cn.j2", "x")
    _write(tmp_path, "_own_macros.j2", "x")
    _write(tmp_path, "README.md", "x")
    (problem,) = Renderer(tmp_path).problems()
    assert problem.warning
    assert problem.file.endswith("slack/alert.cn.j2")
    assert "slack/alert.en.j2" in problem.meant or SLACK in problem.meant


def test_a_block_that_nothing_shows_is_a_warning(tmp_path: Path) -> None:
    _write(tmp_path, SLACK, "{% block text %}x{% endblock %}{% block feilds %}y{% endblock %}")
    (problem,) = Renderer(tmp_path).problems()
    assert problem.warning
    assert problem.meant == "perhaps fields was meant"


def test_a_template_cannot_reach_into_the_program(tmp_path: Path) -> None:
    for attack in ("alert.__class__.__mro__", "''.__class__", "cycler.__init__.__globals__"):
        _write(tmp_path, SLACK, "{% block text %}{{ " + attack + " }}{% endblock %}")
        assert Renderer(tmp_path).problems()


def test_the_readme_describes_every_variable_and_block() -> None:
    text = (shipped("templates") / "README.md").read_text()
    for view in (
        GroupView,
        GroupSection,
        GroupRow,
        AlertView,
        Fact,
        DigestView,
        AlertCounts,
        TotalView,
        AppRow,
        MoverView,
        GapView,
        FlappingView,
        Polls,
        NoticeView,
    ):
        section = text.split(f"### {view.__name__}\n")[1].split("\n### ")[0]
        described = re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)
        real = [(field.name, str(field.type).replace(" | ", " or ")) for field in fields(view)]
        assert [(name, kind.replace("list of ", "")) for name, kind in described] == [
            (name, {"tuple[str, ...]": "str"}.get(kind, kind.removeprefix("tuple[").removesuffix(", ...]")))
            for name, kind in real
        ]
    assert all(f"`{part}`" in text for part in PARTS)
    for path in shipped("templates").rglob("*.j2"):
        name = path.relative_to(shipped("templates")).as_posix()
        assert re.sub(r"\.(zh|en)\.", ".LANGUAGE.", name) in text
