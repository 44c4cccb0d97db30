"""The address that pushes are posted to: reads a body within limits, and answers as Baidu wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from smartapp_watch.bodies import Unread, read_body
from smartapp_watch.errors import PushRefused, WatchError

LARGEST = 65536
"""Bytes of a body; a push has less than a thousand."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Endpoint:
    """Answers POST at ``path`` with ``success`` where ``take`` kept the push, and only then.

    ``take``: on a thread of its own; PushRefused where it is no push. ``refused``: hears why, and from which
    address, of every request that was not taken. ``arrives_within``: seconds for a body to arrive.
    ``path`` may be replaced at any time.
    """

    path: str
    take: Callable[[bytes], None]
    refused: Callable[[str, str], None]
    arrives_within: float = 10.0

    def application(self) -> Starlette:
        """What a server serves."""
        return Starlette(routes=[Route("/{any:path}", self._post, methods=["POST"])])

    async def _post(self, request: Request) -> Response:
        if request.url.path != self.path:
            return _answer(404, "nothing is here")
        try:
            await run_in_threadpool(self.take, await read_body(request, LARGEST, self.arrives_within))
        except PushRefused as error:
            return self._refuse(request, 403, str(error))
        except Unread as error:
            return self._refuse(request, error.status, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is that keeps it from being kept
            # An unexpected error may show the ticket that it was about.
            why = error if isinstance(error, WatchError) else type(error).__name__
            log.error("a push could not be kept; Baidu sends it again: %s", why)  # noqa: TRY400
            return _answer(503, "try again")
        return _answer(200, "success")

    def _refuse(self, request: Request, status: int, why: str) -> Response:
        self.refused(why, request.client.host if request.client else "")
        return _answer(status, "refused")


def _answer(status: int, words: str) -> Response:
    # What is left unread of a body would be taken for the next request.
    headers = {} if status == 200 else {"connection": "close"}  # noqa: PLR2004
    return PlainTextResponse(words, status, headers)
