"""Every page, at its address; each is written on a thread of its own, from a history opened to read."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from smartapp_watch.errors import HistoryError
from smartapp_watch.web import alert, app, apps, overview, rules, status
from smartapp_watch.web.source import Source
from smartapp_watch.web.visit import LANGUAGE_COOKIE, Visit

View = Callable[[Source, Visit, Request], object]
"""Makes what a page's template may use; NotThere where there is nothing to show."""

STATIC = Path(__file__).parent / "static"

_A_YEAR = 365 * 24 * 3600

logger = logging.getLogger(__name__)


class _Files(StaticFiles):
    """Files whose address is another when they are: no browser has to ask for one twice."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; HTTPException where there is none."""
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = f"max-age={_A_YEAR}, immutable"
        return response


class Pages:
    """Answers with pages, in the visitor's language."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def routes(self) -> list[BaseRoute]:
        """Every page at its address; all are GET, and change nothing."""
        return [
            Route("/", self._page("overview", overview.view), name="overview"),
            Route("/apps", self._page("apps", apps.view), name="apps"),
            Route("/apps/{id:int}", self._page("app", app.view), name="app"),
            Route("/alerts/{id:int}", self._page("alert", alert.view), name="alert"),
            Route("/rules", self._page("rules", rules.view), name="rules"),
            Route("/status", self._page("status", status.view), name="status"),
            Mount("/static", _Files(directory=STATIC), name="static"),
        ]

    def answer(self, request: Request, name: str, page: object, status: int = HTTPStatus.OK) -> Response:
        """The page of that name; ``page``: what its template may use of it."""
        visit = self.visit(request)
        variables = {"page": page, "visit": visit, "language": visit.language.value, "version": _version()}
        html = self.source.current.templates.write(name, variables)
        response = HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
        if visit.chosen:
            response.set_cookie(
                LANGUAGE_COOKIE, visit.language.value, max_age=_A_YEAR, httponly=True, samesite="lax"
            )
        return response

    def visit(self, request: Request) -> Visit:
        """What a request asks for."""
        return Visit.of(request, self.source.current.watch.config.language)

    def missing(self, request: Request, _error: Exception) -> Response:
        """That there is no such page."""
        return self.answer(request, "trouble", "missing", HTTPStatus.NOT_FOUND)

    def unreadable(self, request: Request, error: Exception) -> Response:
        """That the history cannot be read."""
        logger.warning("a page could not be read: %s", error)
        return self.answer(request, "trouble", "unreadable", HTTPStatus.SERVICE_UNAVAILABLE)

    def _page(self, name: str, view: View) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            return self.answer(request, name, view(self.source, self.visit(request), request))

        return answer


def application(
    pages: Pages, actions: Sequence[BaseRoute] = (), middleware: Sequence[Middleware] = ()
) -> Starlette:
    """All pages, with further routes before them and whatever stands around them."""
    served = Starlette(
        routes=[*actions, *pages.routes()],
        middleware=middleware,
        exception_handlers={HTTPStatus.NOT_FOUND: pages.missing, HistoryError: pages.unreadable},
    )
    served.router.redirect_slashes = False  # it would lead to http where a proxy speaks https
    return served


@cache
def _version() -> str:
    """What the static files are: others have another address, and nobody keeps old ones."""
    files = sorted(STATIC.iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
