"""What the guard, and the way in, remember from request to request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smartapp_watch.web.attempts import Attempts
from smartapp_watch.web.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Door:
    """Who is signed in, and how often signing in failed. ``refused``: hears why something was refused, and
    from where."""

    sessions: Sessions
    attempts: Attempts
    refused: Callable[[str, str], None]
