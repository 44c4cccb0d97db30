"""Messages from templates: the user's own before the shipped ones, each in its receiver's form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from smartapp_watch.alerts.notification import Kind, Notice
from smartapp_watch.errors import Problem
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.block_kit import PARTS
from smartapp_watch.notify.examples import example_alerts, example_digests, example_notices
from smartapp_watch.notify.message import MailMessage, SlackMessage
from smartapp_watch.notify.template_faults import nearest, place, what
from smartapp_watch.notify.templating import Templates
from smartapp_watch.notify.views import variables
from smartapp_watch.shipped_files import shipped

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

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
        known = variables(notice, language)
        return self._render(name, lambda templates: templates.slack(name, known, language))

    def mail(self, notice: Notice, language: Language) -> MailMessage:
        """The message as a mail, its HTML under 90 KB."""
        name = f"email/{notice.kind}.{language}"
        known = variables(notice, language)
        subject, text = self._render(f"{name}.txt.j2", lambda found: found.mail(f"{name}.txt.j2", known))
        html = self._render(f"{name}.html.j2", lambda found: found.html(f"{name}.html.j2", notice, language))
        return MailMessage(subject, text, html)

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the templates, found by rendering each with an example of every kind of notice."""
        found = set(self._strangers())
        for name in _main_templates():
            found.update(self._problems_of(name))
        return tuple(sorted(found))

    def _render(self, name: str, render: Callable[[Templates], _Result]) -> _Result:
        try:
            return render(self._own)
        except Exception as error:
            # A template may fail in any way, and a fault in a macro is a fault of all that import it.
            if self._own is self._shipped:
                raise
            where = place(error, self._own.path(name))
            log.warning("template %s:%d failed (%s); the built-in one was used", *where, what(error)[0])
        return render(self._shipped)

    @cached_property
    def _shipped(self) -> Templates:
        return Templates((shipped("templates"),))

    @cached_property
    def _own(self) -> Templates:
        if self._folder is None or not self._folder.is_dir():
            return self._shipped
        return Templates((self._folder, shipped("templates")))

    def _problems_of(self, name: str) -> set[Problem]:
        main, language_code, *_ = name.split(".")
        language, kind = Language(language_code), Kind(main.split("/")[1])
        found = set()
        for notice in _EXAMPLES[kind](language):
            try:
                self._own.attempt(name, notice, language)
            except Exception as error:  # noqa: BLE001  a template may fail in any way
                found.add(Problem(*place(error, self._own.path(name)), *what(error)))
        return found or self._unknown_blocks(name)

    def _unknown_blocks(self, name: str) -> set[Problem]:
        known = PARTS if name.startswith("slack/") else _MAIL_BLOCKS
        if name.endswith(".html.j2"):
            return set()
        unknown = self._own.block_names(name) - set(known)
        path = str(self._own.path(name))
        return {
            Problem(path, 0, f"nothing shows the block {block}", nearest(block, known), warning=True)
            for block in unknown
        }

    def _strangers(self) -> Sequence[Problem]:
        """Warnings for files of the user that no message would ever be made from."""
        if self._folder is None or not self._folder.is_dir():
            return []
        known = _shipped_names()
        names = [path.relative_to(self._folder) for path in self._folder.rglob("*") if path.is_file()]
        return [
            Problem(str(self._folder / name), 0, "no message uses this file", nearest(str(name), known), True)
            for name in names
            if name.as_posix() not in known and not name.name.startswith(("_", ".", "README"))
        ]


def _shipped_names() -> tuple[str, ...]:
    folder = shipped("templates")
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2")))


def _main_templates() -> Sequence[str]:
    """The templates that messages are made from; the others hold macros, or what several have in common."""
    return [name for name in _shipped_names() if name.startswith(_MAIN)]
