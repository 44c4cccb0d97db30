"""The templates of a folder in four forms: each escapes what comes from outside in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from smartapp_watch.alerts.notification import Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import markdown
from smartapp_watch.notify.block_kit import assemble, mrkdwn
from smartapp_watch.notify.chart import Album
from smartapp_watch.notify.emoji import EMOJI
from smartapp_watch.notify.message import Picture, RobotMessage, SlackMessage
from smartapp_watch.notify.text import cut, one_line, text_table
from smartapp_watch.notify.views import ROW_STEPS, Surroundings, variables
from smartapp_watch.shipped_files import shipped

HTML_BYTES = 90_000
"""Gmail cuts a mail off at about 102 KB, and with it the footer."""

_SUBJECT = 200
_BRACKETS = str.maketrans("[]", "()")
_ADDRESS = re.compile(r"https?://[^\s<>|\"]+")
_LINK_STYLE = "color:#175cd3"
_EXAMPLE = Surroundings("https://watch.example.com")


class Templates:
    """The templates of some folders, in four forms: each escapes what comes from outside in its own way."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._slack = make_environment(folders, _slack_value, {"link": _slack_link})
        self._text = make_environment(folders, _text_value, {"link": _text_link, "table": _text_table})
        self._html = make_environment(folders, html_value, {"link": _html_link})
        self._markdown = make_environment(folders, _markdown_value, {"link": _markdown_link})

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

    def robot(self, name: str, variables: Mapping[str, object], tone: str) -> RobotMessage:
        return markdown.assemble(_blocks(self._markdown, name, variables), tone)

    def html(
        self, name: str, notice: Notice, language: Language, around: Surroundings
    ) -> tuple[str, tuple[Picture, ...]]:
        """The page with as many rows in its tables as there is room for, and the pictures that it shows."""
        for rows in ROW_STEPS:
            album = Album()
            known = variables(notice, language, rows, around) | {"picture": album.add}
            html = write_whole(self._html, name, known).strip() + "\n"
            if len(html.encode()) <= HTML_BYTES:
                return html, album.pictures
        raise ValueError(f"the mail is larger than {HTML_BYTES:,} bytes")

    def attempt(self, name: str, notice: Notice, language: Language) -> None:
        """Render once, for the errors alone."""
        known = variables(notice, language, around=_EXAMPLE)
        if name.startswith("slack/"):
            self.slack(name, known, language)
        elif name.startswith("markdown/"):
            self.robot(name, known, "")
        elif name.endswith(".html.j2"):
            self.html(name, notice, language, _EXAMPLE)
        else:
            self.mail(name, known)

    def block_names(self, name: str) -> set[str]:
        """The blocks that the template itself has."""
        forms = {"slack": self._slack, "markdown": self._markdown}
        return set(forms.get(name.partition("/")[0], self._text).get_template(name).blocks)


def make_environment(
    folders: tuple[Path, ...], finalize: Callable[[object], object], names: Mapping[str, object]
) -> SandboxedEnvironment:
    """An environment whose ``finalize`` sees every value that a template shows.

    Autoescape is on in all forms, so that what macros and blocks return is Markup and is not escaped
    twice; in all but HTML ``finalize`` has escaped already. A template of the user
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


def write_whole(environment: SandboxedEnvironment, name: str, variables: Mapping[str, object]) -> str:
    """Everything that a template writes; an error keeps its place in the template, as render() would not."""
    template = environment.get_template(name)
    return "".join(template.root_render_func(template.new_context(dict(variables))))


def html_value(value: object) -> object:
    """A value on one line; autoescape sees to the rest."""
    return value if isinstance(value, Markup) else one_line(str(value))


def _markdown_value(value: object) -> object:
    return (
        value if isinstance(value, Markup) else _shown(EMOJI.get(str(value)) or markdown.masked(str(value)))
    )


def _markdown_link(address: str, words: str) -> Markup:
    return _shown(markdown.link(address, words))


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
