"""Signing in with a token, once for each browser, and out again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from smartapp_watch.web.door import Door
from smartapp_watch.web.guard import SIGN_IN, local_address
from smartapp_watch.web.terms import Terms, digest
from smartapp_watch.web.visitor import Visitor, cookie

Show = Callable[[Request, str, object, int], Response]
"""Answers with the page of a name; what its template may use; the status."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the template may use. ``back``: where to go then. ``trouble``: ``unknown``, ``wait`` or empty."""

    back: str
    trouble: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Signing:
    """The way in and out. All of it runs on the server's one thread, where nothing comes between."""

    door: Door
    show: Show

    def routes(self) -> list[BaseRoute]:
        """Where one signs in and out."""
        return [
            Route(SIGN_IN, self._ask),
            Route(SIGN_IN, self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
        ]

    async def _ask(self, request: Request) -> Response:
        back = local_address(request.query_params.get("next", "/"))
        if Visitor.at(request).person is not None:
            return RedirectResponse(back, 303)
        if not _terms(request).settings.people:
            return RedirectResponse("/", 303)  # where it says that the proxy named nobody
        return self.show(request, "sign_in", SignInPage(back), 200)

    async def _sign_in(self, request: Request) -> Response:
        visitor, terms = Visitor.at(request), _terms(request)
        fields: dict[str, str] = request.state.fields
        back = local_address(fields.get("next", "/"))
        wait = self.door.attempts.wait(visitor.address)
        if wait:
            self.door.refused("it was tried too often to sign in", visitor.address)
            answer = self.show(request, "sign_in", SignInPage(back, "wait", ceil(wait / 60)), 429)
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        token = fields.get("token", "").strip()
        person = terms.bearer(token)
        if person is None:
            self.door.attempts.failed(visitor.address)
            self.door.refused("somebody tried to sign in with a token that is nobody's", visitor.address)
            return self.show(request, "sign_in", SignInPage(back, "unknown"), 403)
        self.door.sessions.end(visitor.browser)
        lasts = terms.settings.session.total_seconds()
        browser = self.door.sessions.begin(person, digest(token), lasts)
        log.info("%s signed in to the pages from %s", person, visitor.address)
        return RedirectResponse(back, 303, {"Set-Cookie": cookie(terms, browser, lasts)})

    async def _sign_out(self, request: Request) -> Response:
        visitor = Visitor.at(request)
        self.door.sessions.end(visitor.browser)
        if visitor.may_sign_out:
            log.info("%s signed out of the pages from %s", visitor.person, visitor.address)
        gone = cookie(_terms(request), "", 0)
        return RedirectResponse("/", 303, {"Set-Cookie": gone, "Clear-Site-Data": '"cache"'})


def _terms(request: Request) -> Terms:
    """Those that a request was let by under."""
    found: Terms = request.state.terms
    return found
