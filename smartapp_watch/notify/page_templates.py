"""The pages' templates: the operator's own before the shipped ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from smartapp_watch.notify.template_faults import place, what
from smartapp_watch.notify.templating import html_value, make_environment, write_whole
from smartapp_watch.shipped_files import shipped

log = logging.getLogger(__name__)


class PageTemplates:
    """Writes the pages of ``templates/web/``; thread-safe.

    ``folder``: the operator's templates, looked up first; None or missing for the shipped ones alone. One of
    theirs that fails costs its wording, never the page: the shipped one takes its place.
    """

    def __init__(self, folder: Path | None = None) -> None:
        shipped_folder = shipped("templates")
        self._folder = folder if folder is not None and folder.is_dir() else None
        self._shipped = make_environment((shipped_folder,), html_value, {})
        self._own = self._shipped
        if self._folder:
            self._own = make_environment((self._folder, shipped_folder), html_value, {})

    def write(self, name: str, variables: Mapping[str, object]) -> str:
        """The page of that name: ``overview`` is ``web/overview.html.j2``."""
        file = f"web/{name}.html.j2"
        try:
            return write_whole(self._own, file, variables)
        except Exception as error:
            # A template may fail in any way, and a fault in a macro is a fault of all that import it.
            if self._own is self._shipped:
                raise
            where = place(error, (self._folder or Path()) / file)
            log.warning("template %s:%d failed (%s); the built-in one was used", *where, what(error)[0])
        return write_whole(self._shipped, file, variables)
