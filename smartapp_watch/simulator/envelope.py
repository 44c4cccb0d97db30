"""The two shapes of the API's errors, and its success."""

from __future__ import annotations

import json

from smartapp_watch.simulator.loopback import Reply


def success(data: object) -> Reply:
    """errno 0 and the figures."""
    return _reply({"errno": 0, "msg": "success", "data": data})


def service_error(code: int, message: str) -> Reply:
    """An error of the mini-program service."""
    return _reply({"errno": code, "msg": message})


def gateway_error(code: int, message: str, status: int = 200) -> Reply:
    """An error of the gateway before it."""
    return _reply({"error_code": code, "error_msg": message}, status)


def _reply(document: object, status: int = 200) -> Reply:
    return Reply(json.dumps(document, ensure_ascii=False).encode(), status)
