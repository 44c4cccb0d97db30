"""What people answer to an alert on its page: that they deal with it, or that it is not to be told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.answers import Answer
from smartapp_watch.clock import Clock
from smartapp_watch.config import forms
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import HistoryError, WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.web.signing import Show
from smartapp_watch.web.visitor import Visitor

LONGEST = 500
"""Characters of a note, or of a reason."""

log = logging.getLogger(__name__)


class _Unusable(Exception):
    """What was written is no answer. ``why``: of the words of the page ``refused``."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """What the template may use. ``why``: ``over``, ``because``, ``lasts``, ``text`` or ``unwritten``."""

    why: str
    back: str


@dataclass(frozen=True, slots=True)
class Actions:
    """Notes what people answer, each on a thread of its own. ``done``: called when there is something to
    show anew."""

    config: Callable[[], WatchConfig]
    clock: Clock
    done: Callable[[], object]
    show: Show

    def routes(self) -> list[BaseRoute]:
        """Where the forms of an alert's page are sent to."""
        return [
            Route("/alerts/{id:int}/ack", self._acknowledge, methods=["POST"]),
            Route("/alerts/{id:int}/silence", self._silence, methods=["POST"]),
        ]

    def _acknowledge(self, request: Request) -> Response:
        return self._note(request, _acknowledging)

    def _silence(self, request: Request) -> Response:
        return self._note(request, _silencing)

    def _note(self, request: Request, reads: Callable[[Mapping[str, str]], _Noting]) -> Response:
        """Do it, and back to the alert's page, which then shows it."""
        number: int = request.path_params["id"]
        visitor, back = Visitor.at(request), f"/alerts/{number}"
        try:
            noting = reads(request.state.fields)
            with self._writing() as history, history.transaction():
                answer = Answer(self.config(), visitor.person or "", f"web, {visitor.address}", self.clock())
                noting(answer, history, _open_alert(history, number))
        except _Unusable as error:
            return self.show(request, "refused", RefusedPage(error.why, back), error.status)
        except WatchError as error:
            log.error("what %s answered was not noted: %s", visitor.person, error)  # noqa: TRY400
            return self.show(request, "refused", RefusedPage("unwritten", back), 503)
        self.done()
        return RedirectResponse(back, 303)

    @contextmanager
    def _writing(self) -> Iterator[History]:
        path = self.config().history.path
        if not path.exists():
            raise HistoryError(f"there is no history at {path}")  # opening it to write would make one
        with open_history(path) as history:
            yield history


_Noting = Callable[[Answer, History, Alert], object]
"""Notes what somebody answers to an alert."""


def _acknowledging(fields: Mapping[str, str]) -> _Noting:
    note = _line(fields.get("note", ""))
    return lambda answer, history, alert: answer.acknowledge(history, [alert], note)


def _silencing(fields: Mapping[str, str]) -> _Noting:
    lasts, because = _duration(fields.get("for", "")), _line(fields.get("because", ""))
    if not because:
        raise _Unusable("because")
    return lambda answer, history, alert: answer.silence(history, [alert], lasts, because)


def _open_alert(history: History, number: int) -> Alert:
    alert = history.alerts.alert(number) if number < 2**63 else None
    if alert is None:
        raise HTTPException(404)
    if alert.state not in OPEN or alert.state is State.PENDING:
        raise _Unusable("over", 409)
    return alert


def _duration(text: str) -> timedelta:
    try:
        return forms.duration(text.strip())
    except ValueError:
        raise _Unusable("lasts") from None


def _line(text: str) -> str:
    """A line of text, without the spaces around it."""
    try:
        line = forms.line_of_text(text.strip())
    except ValueError:
        raise _Unusable("text") from None
    if len(line) > LONGEST:
        raise _Unusable("text")
    return line
