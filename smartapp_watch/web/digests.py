"""A digest in the browser: the page that was mailed, with its pictures in it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.export import export
from smartapp_watch.web.source import Source

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Mail programs want its styles where they are used. Nothing in it runs, and nothing is fetched."""


def routes(source: Source, language: Callable[[Request], Language]) -> list[BaseRoute]:
    """Where digests are; each as it was composed, in the visitor's language."""

    def show(request: Request) -> Response:
        with source.reading() as history:
            notice = history.digests.find(request.path_params["name"], request.path_params["period"])
        if notice is None:
            raise HTTPException(404)
        renderer = source.current.watch.renderer
        page = export(renderer, notice, language(request))
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    return [Route("/digests/{name:path}/{period}", show, name="digest")]
