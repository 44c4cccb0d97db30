"""What is served behind the guard: pages, digests, answers, and the way in."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette

from smartapp_watch.clock import Clock
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.web import digests
from smartapp_watch.web.actions import Actions
from smartapp_watch.web.door import Door
from smartapp_watch.web.pages import Pages, application
from smartapp_watch.web.signing import Signing
from smartapp_watch.web.source import Source


def compose(
    config: Callable[[], WatchConfig], clock: Clock, done: Callable[[], object], door: Door
) -> Starlette:
    """What to serve. ``config``: the settings in force. ``done``: called when somebody answered."""
    source = Source(config, clock)
    pages = Pages(source)
    routes = [
        *Signing(door, pages.answer).routes(),
        *Actions(config, clock, done, pages.answer).routes(),
        *digests.routes(source, lambda request: pages.visit(request).language),
    ]
    return application(pages, routes)
