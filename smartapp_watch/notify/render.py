"""Messages from templates: the user's own before the shipped ones, each in its receiver's form."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, Kind, Notice
from smartapp_watch.errors import Problem
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import alert_view, digest_view, notice_view
from smartapp_watch.notify.block_kit import PARTS, assemble, mrkdwn
from smartapp_watch.notify.examples import example_alerts, example_digests, example_notices
from smartapp_watch.notify.message import MailMessage, SlackMessage
from smartapp_watch.notify.text import cut, one_line, text_table
from smartapp_watch.shipped_files import shipped

log = logging.getLogger(__name__)

HTML_BYTES = 90_000
"""Gmail cuts a mail off at about 102 KB, and with it the footer."""

_Result = TypeVar("_Result")

_SUBJECT = 200
_ROW_STEPS = (digest_view.ROWS, 20, 10, 0)
_BRACKETS = str.maketrans("[]", "()")
_ADDRESS = re.compile(r"https?://[^\s<>|\"]+")
_LINK_STYLE = "color:#175cd3"
_VIEWS = {
    view.__name__: tuple(field.name for field in fields(view))
    for view in (
        alert_view.AlertView,
        alert_view.Fact,
        digest_view.DigestView,
        digest_view.TotalView,
        digest_view.AppRow,
        notice_view.NoticeView,
    )
}
_NO_ATTRIBUTE = re.compile(r"'[\w.]*?(\w+) object' has no attribute '(\w+)'")
_EXAMPLES: Mapping[Kind, Callable[[Language], Sequence[Notice]]] = {
    Kind.ALERT: example_alerts,
    Kind.DIGEST: example_digests,
    Kind.NOTICE: example_notices,
}
_MAIN = tuple(f"{form}/{kind}." for form in ("slack", "email") for kind in Kind)
_MAIL_BLOCKS = ("subject", "body")


class Renderer:
    """Writes messages from templates.

    ``folder``: the user's templates, looked up first; None or missing for the shipped ones alone. A user's
    template that fails costs its wording, never the message: the shipped one takes its place.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def slack(self, notice: Notice, language: Language) -> SlackMessage:
        """The message as a Slack post, within Block Kit's limits."""
        name = f"slack/{notice.kind}.{language}.j2"
        variables = _variables(notice, language)
        return self._render(name, lambda templates: templates.slack(name, variables, language))

    def mail(self, notice: Notice, language: Language) -> MailMessage:
        """The message as a mail, its HTML under 90 KB."""
        name = f"email/{notice.kind}.{language}"
        variables = _variables(notice, language)
        subject, text = self._render(f"{name}.txt.j2", lambda found: found.mail(f"{name}.txt.j2", variables))
        html = self._render(f"{name}.html.j2", lambda found: found.html(f"{name}.html.j2", notice, language))
        return MailMessage(subject, text, html)

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the templates, found by rendering each with an example of every kind of notice."""
        found = set(self._strangers())
        for name in _main_templates():
            found.update(self._problems_of(name))
        return tuple(sorted(found))

    def _render(self, name: str, render: Callable[[_Templates], _Result]) -> _Result:
        try:
            return render(self._own)
        except Exception as error:
            # A template may fail in any way, and a fault in a macro is a fault of all that import it.
            if self._own is self._shipped:
                raise
            place = _place(error, self._own.path(name))
            log.warning("template %s:%d failed (%s); the built-in one was used", *place, _what(error)[0])
        return render(self._shipped)

    @cached_property
    def _shipped(self) -> _Templates:
        return _Templates((shipped("templates"),))

    @cached_property
    def _own(self) -> _Templates:
        if self._folder is None or not self._folder.is_dir():
            return self._shipped
        return _Templates((self._folder, shipped("templates")))

    def _problems_of(self, name: str) -> set[Problem]:
        main, language_code, *_ = name.split(".")
        language, kind = Language(language_code), Kind(main.split("/")[1])
        found = set()
        for notice in _EXAMPLES[kind](language):
            try:
                self._own.attempt(name, notice, language)
            except Exception as error:  # noqa: BLE001  a template may fail in any way
                found.add(Problem(*_place(error, self._own.path(name)), *_what(error)))
        return found or self._unknown_blocks(name)

    def _unknown_blocks(self, name: str) -> set[Problem]:
        known = PARTS if name.startswith("slack/") else _MAIL_BLOCKS
        if name.endswith(".html.j2"):
            return set()
        unknown = self._own.block_names(name) - set(known)
        path = str(self._own.path(name))
        return {
            Problem(path, 0, f"nothing shows the block {block}", _nearest(block, known), warning=True)
            for block in unknown
        }

    def _strangers(self) -> Sequence[Problem]:
        """Warnings for files of the user that no message would ever be made from."""
        if self._folder is None or not self._folder.is_dir():
            return []
        known = _shipped_names()
        names = [path.relative_to(self._folder) for path in self._folder.rglob("*") if path.is_file()]
        return [
            Problem(
                str(self._folder / name), 0, "no message uses this file", _nearest(str(name), known), True
            )
            for name in names
            if name.as_posix() not in known and not name.name.startswith(("_", ".", "README"))
        ]


class _Templates:
    """The templates of some folders, in three forms: each escapes what comes from outside in its own way."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._slack = _environment(folders, _slack_value, {"link": _slack_link})
        self._text = _environment(folders, _text_value, {"link": _text_link, "table": _text_table})
        self._html = _environment(folders, _html_value, {"link": _html_link})

    def path(self, name: str) -> Path:
        """The file that the template comes from."""
        return next((folder / name for folder in self._folders if (folder / name).exists()), Path(name))

    def slack(self, name: str, variables: Mapping[str, object], language: Language) -> SlackMessage:
        return assemble(_blocks(self._slack, name, variables), language)

    def mail(self, name: str, variables: Mapping[str, object]) -> tuple[str, str]:
        """Subject and text."""
        blocks = _blocks(self._text, name, variables)
        subject = cut(one_line(_block(blocks, "subject")).translate(_BRACKETS), _SUBJECT)
        return subject, _block(blocks, "body").strip() + "\n"

    def html(self, name: str, notice: Notice, language: Language) -> str:
        """The page with as many rows in its tables as there is room for."""
        template = self._html.get_template(name)
        for rows in _ROW_STEPS:
            context = template.new_context(_variables(notice, language, rows))
            html = "".join(template.root_render_func(context)).strip() + "\n"
            if len(html.encode()) <= HTML_BYTES:
                return html
        raise ValueError(f"the mail is larger than {HTML_BYTES:,} bytes")

    def attempt(self, name: str, notice: Notice, language: Language) -> None:
        """Render once, for the errors alone."""
        if name.startswith("slack/"):
            self.slack(name, _variables(notice, language), language)
        elif name.endswith(".html.j2"):
            self.html(name, notice, language)
        else:
            self.mail(name, _variables(notice, language))

    def block_names(self, name: str) -> set[str]:
        """The blocks that the template itself has."""
        environment = self._slack if name.startswith("slack/") else self._text
        return set(environment.get_template(name).blocks)


def _environment(
    folders: tuple[Path, ...], finalize: Callable[[object], object], names: Mapping[str, object]
) -> SandboxedEnvironment:
    """An environment whose ``finalize`` sees every value that a template shows.

    Autoescape is on in all three forms, so that what macros and blocks return is Markup and is not
    escaped twice; in Slack's and in plain text ``finalize`` has escaped already. A template of the user
    may extend the shipped one of its name: ``{% extends "shipped/slack/alert.zh.j2" %}``.
    """
    builtin = PrefixLoader({"shipped": FileSystemLoader(shipped("templates"))})
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folders), builtin]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(names)
    return environment


def _shown(text: str) -> Markup:
    """Text that is harmless in its form already."""
    return Markup(text)  # noqa: S704


def _slack_value(value: object) -> object:
    return value if isinstance(value, Markup) else _shown(mrkdwn(one_line(str(value))))


def _text_value(value: object) -> object:
    return value if isinstance(value, Markup) else _shown(one_line(str(value)))


def _html_value(value: object) -> object:
    return value if isinstance(value, Markup) else one_line(str(value))


def _slack_link(address: str, words: str) -> Markup:
    if not _ADDRESS.fullmatch(address):
        return _shown(mrkdwn(one_line(f"{words}: {address}")))
    return Markup("<{}|{}>").format(_shown(address.replace("&", "&amp;")), _shown(mrkdwn(one_line(words))))


def _text_link(address: str, words: str) -> Markup:
    return _shown(one_line(f"{words} {address}"))


def _html_link(address: str, words: str) -> Markup:
    if not _ADDRESS.fullmatch(address):
        return escape(one_line(f"{words}: {address}"))
    return Markup('<a href="{}" style="{}">{}</a>').format(address, _LINK_STYLE, one_line(words))


def _text_table(
    rows: Iterable[Iterable[object]], heading: Sequence[object] = (), right: bool = True
) -> Markup:
    """Lines of text with aligned columns."""
    lines = [heading, *rows] if heading else list(rows)
    return _shown(text_table([[one_line(str(cell)) for cell in line] for line in lines], right=right))


def _blocks(environment: SandboxedEnvironment, name: str, variables: Mapping[str, object]) -> dict[str, str]:
    """Every block of the template, of those it extends too, rendered by itself."""
    template = environment.get_template(name)
    context = template.new_context(dict(variables))
    for _ in template.root_render_func(context):
        pass  # this makes the context know the imports of the template and the blocks of its parents
    return {block: "".join(stack[0](context)) for block, stack in context.blocks.items()}


def _block(blocks: Mapping[str, str], name: str) -> str:
    if not blocks.get(name, "").strip():
        raise ValueError(f"the block {name} is missing or empty")
    return blocks[name]


def _variables(notice: Notice, language: Language, rows: int = digest_view.ROWS) -> dict[str, object]:
    view: object
    if isinstance(notice, AlertNotice):
        view = alert_view.alert_view(notice, language)
    elif isinstance(notice, DigestNotice):
        view = digest_view.digest_view(notice, language, rows)
    else:
        view = notice_view.notice_view(notice)
    return {notice.kind.value: view, "language": language.value}


def _shipped_names() -> tuple[str, ...]:
    folder = shipped("templates")
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2")))


def _main_templates() -> Sequence[str]:
    """The templates that messages are made from; the others hold macros, or what several have in common."""
    return [name for name in _shipped_names() if name.startswith(_MAIN)]


def _place(error: BaseException, path: Path) -> tuple[str, int]:
    """File and line of the template where it failed."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or str(path), error.lineno
    place = str(path), 0
    step: TracebackType | None = error.__traceback__
    while step is not None:
        template = step.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            place = str(template.filename), template.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return place


def _what(error: BaseException) -> tuple[str, str]:
    """What went wrong, and what was probably meant."""
    text = one_line(str(error)) or type(error).__name__
    match = _NO_ATTRIBUTE.search(text)
    if match and match[1] == "TemplateModule":
        return f"the file that it imports has no macro {match[2]}", ""
    if match and match[1] in _VIEWS:
        return f"there is no variable {match[2]}", _nearest(match[2], _VIEWS[match[1]])
    return text, ""


def _nearest(word: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(word, known, 1)
    return f"perhaps {nearest[0]} was meant" if nearest else f"known are {', '.join(known)}"
