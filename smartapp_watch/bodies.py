"""The body of a request, read within limits: whoever sends it may be anybody."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request


class Unread(Exception):
    """A body that is not read to its end. ``status``: what HTTP calls it.

    What is left unread of it would be taken for the next request: the connection is to be closed.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def read_body(request: Request, largest: int, within: float) -> bytes:
    """At most ``largest`` bytes that arrive within so many seconds; Unread where they do not."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > largest:
        raise Unread(413, "it is too large")
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise Unread(413, "it is too large")
    except TimeoutError:
        raise Unread(408, "it did not arrive in time") from None
    except ClientDisconnect:
        raise Unread(400, "it broke off") from None
    return bytes(body)
