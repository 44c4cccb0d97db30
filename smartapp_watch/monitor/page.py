"""The port of ``[service]``: ``/metrics`` for Prometheus, ``/healthz`` for whoever asks whether all is well.

It is loopback's alone, shows nothing of any mini-program, and changes nothing.
"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from smartapp_watch.monitor.exposition import Exposition
from smartapp_watch.monitor.observer import Observer
from smartapp_watch.monitor.standing import faults
from smartapp_watch.scheduler import Scheduler
from smartapp_watch.serving import Server

HOST = "127.0.0.1"

_NAMES = (HOST, "localhost")
"""Else a page in a browser of this host could give its own name this address, and read along."""

_NOT_KEPT = {"Cache-Control": "no-store"}


def server(scheduler: Scheduler, observer: Observer, port: int) -> Server:
    """Answers at ``port`` of loopback from its start; WatchError where the port is not to be had."""
    return Server(application(scheduler, observer), HOST, port, "web")


def application(scheduler: Scheduler, observer: Observer) -> Starlette:
    """What is asked, answered one after another: each answer takes milliseconds, on one thread."""
    started_at = scheduler.watch.clock()
    exposition = Exposition(scheduler, observer, started_at)

    async def metrics(_request: Request) -> Response:
        return Response(exposition.text(), media_type=CONTENT_TYPE_LATEST, headers=_NOT_KEPT)

    async def healthz(_request: Request) -> Response:
        found = list(faults(scheduler, started_at))
        text = "\n".join(found or ["well"]) + "\n"
        return PlainTextResponse(text, status_code=503 if found else 200, headers=_NOT_KEPT)

    return Starlette(
        routes=[Route("/metrics", metrics), Route("/healthz", healthz)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_NAMES)],
    )
