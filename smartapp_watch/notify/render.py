"""Messages from templates: the user's own before the shipped ones, each in its receiver's form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from smartapp_watch.alerts.notification import DigestNotice, Kind, Notice
from smartapp_watch.errors import Problem
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import markdown
from smartapp_watch.notify.block_kit import PARTS
from smartapp_watch.notify.chart import Drawing, picture_of
from smartapp_watch.notify.digest_csv import digest_csv
from smartapp_watch.notify.examples import example_alerts, example_notices
from smartapp_watch.notify.examples_digests import example_digests
from smartapp_watch.notify.examples_groups import example_groups
from smartapp_watch.notify.message import Attachment, MailMessage, Picture, RobotMessage, SlackMessage
from smartapp_watch.notify.template_faults import nearest, place, what
from smartapp_watch.notify.templating import Templates
from smartapp_watch.notify.views import Surroundings, address_of, variables
from smartapp_watch.shipped_files import shipped

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_EXAMPLES: Mapping[Kind, Callable[[Language], Sequence[Notice]]] = {
    Kind.ALERT: example_alerts,
    Kind.GROUP: example_groups,
    Kind.DIGEST: example_digests,
    Kind.NOTICE: example_notices,
}
_MAIN = tuple(f"{form}/{kind}." for form in ("slack", "email", "markdown") for kind in Kind)
_BLOCKS = {"slack": PARTS, "email": ("subject", "body"), "markdown": markdown.BLOCKS}


class Renderer:
    """Writes messages from templates.

    ``folder``: the user's templates, looked up first; None or missing for the shipped ones alone. A user's
    template that fails costs its wording, never the message: the shipped one takes its place. ``site``: the
    address of the pages that messages lead to; empty where there are none.
    """

    def __init__(self, folder: Path | None = None, site: str = "") -> None:
        self._folder = folder
        self._around = Surroundings(site)

    def slack(self, notice: Notice, language: Language, *, buttons: bool = False) -> SlackMessage:
        """The message as a Slack post, within Block Kit's limits; ``buttons`` will stand below it."""
        name = f"slack/{notice.kind}.{language}.j2"
        known = variables(notice, language, around=replace(self._around, buttons=buttons))
        message = self._render(name, lambda templates: templates.slack(name, known, language))
        return replace(message, picture=_picture(known[notice.kind.value]))

    def mail(self, notice: Notice, language: Language, *, alone: bool = False) -> MailMessage:
        """The message as a mail, its HTML under 90 KB; ``alone``: the HTML is to be a page of its own."""
        name = f"email/{notice.kind}.{language}"
        around = replace(self._around, alone=alone)
        known = variables(notice, language, around=around)
        subject, text = self._render(f"{name}.txt.j2", lambda found: found.mail(f"{name}.txt.j2", known))
        page = self._render(
            f"{name}.html.j2", lambda found: found.html(f"{name}.html.j2", notice, language, around)
        )
        html, pictures = page
        return MailMessage(subject, text, html, pictures, tuple(_attachments(notice, language)))

    def address(self, notice: Notice) -> str:
        """Where the pages show what it is about; empty where there are none."""
        return address_of(notice, self._around.site)

    def subject(self, notice: Notice, language: Language) -> str:
        """The subject of its mail alone, for the mails that tell more of it."""
        name = f"email/{notice.kind}.{language}.txt.j2"
        known = variables(notice, language)
        return self._render(name, lambda templates: templates.mail(name, known))[0]

    def robot(self, notice: Notice, language: Language) -> RobotMessage:
        """The message for a chat robot, of any length."""
        name = f"markdown/{notice.kind}.{language}.j2"
        known = variables(notice, language, around=self._around)
        view = known[notice.kind.value]
        tone = getattr(view, "tone", "")
        message = self._render(name, lambda templates: templates.robot(name, known, tone))
        return replace(message, picture=_picture(view))

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the operator's templates; where none was changed, nothing is looked at."""
        found = set(self._strangers())
        if not self._is_as_shipped():
            found |= self.faults()
        return tuple(sorted(found))

    def faults(self) -> set[Problem]:
        """What is wrong, found by rendering each template with examples of every kind: it takes seconds."""
        return {problem for name in _main_templates() for problem in self._problems_of(name)}

    def _is_as_shipped(self) -> bool:
        """Whether the operator changed no template."""
        if self._folder is None or not self._folder.is_dir():
            return True
        own = {name: self._folder / name for name in _shipped_names()}
        return all(
            path.read_bytes() == (shipped("templates") / name).read_bytes()
            for name, path in own.items()
            if path.is_file()
        )

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
        if name.endswith(".html.j2"):
            return set()
        known = _BLOCKS[name.partition("/")[0]]
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


def _attachments(notice: Notice, language: Language) -> Iterator[Attachment]:
    """Of a digest, the figures of every mini-program."""
    if isinstance(notice, DigestNotice) and notice.apps:
        yield digest_csv(notice, language)


def _picture(view: object) -> Picture | None:
    """The one picture of a message that can have only one: of what its view calls its chart."""
    drawing = getattr(view, "chart", None)
    return picture_of(drawing) if isinstance(drawing, Drawing) else None


def _shipped_names() -> tuple[str, ...]:
    folder = shipped("templates")
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2")))


def _main_templates() -> Sequence[str]:
    """The templates that messages are made from; the others hold macros, or what several have in common."""
    return [name for name in _shipped_names() if name.startswith(_MAIN)]
