"""Where a template failed, what went wrong, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType

from jinja2 import TemplateSyntaxError

from smartapp_watch.notify.text import one_line
from smartapp_watch.notify.views import VIEWS

_NO_ATTRIBUTE = re.compile(r"'[\w.]*?(\w+) object' has no attribute '(\w+)'")


def place(error: BaseException, path: Path) -> tuple[str, int]:
    """File and line of the template where it failed."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or str(path), error.lineno
    found = str(path), 0
    step: TracebackType | None = error.__traceback__
    while step is not None:
        template = step.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            found = str(template.filename), template.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return found


def what(error: BaseException) -> tuple[str, str]:
    """What went wrong, and what was probably meant."""
    text = one_line(str(error)) or type(error).__name__
    match = _NO_ATTRIBUTE.search(text)
    if match and match[1] == "TemplateModule":
        return f"the file that it imports has no macro {match[2]}", ""
    if match and match[1] in VIEWS:
        return f"there is no variable {match[2]}", nearest(match[2], VIEWS[match[1]])
    return text, ""


def nearest(word: str, known: Sequence[str]) -> str:
    """Which of the known words was probably meant."""
    found = get_close_matches(word, known, 1)
    return f"perhaps {found[0]} was meant" if found else f"known are {', '.join(known)}"
