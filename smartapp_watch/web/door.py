"""What the guard, and the way in, go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from smartapp_watch.web.attempts import Attempts
from smartapp_watch.web.sessions import Sessions
from smartapp_watch.web.terms import Terms


@dataclass(slots=True)
class Door:
    """``terms`` may be replaced at any time, on any thread: who needs them twice looks once. ``refused``:
    hears why something was refused, and from where."""

    terms: Terms
    sessions: Sessions
    attempts: Attempts
    refused: Callable[[str, str], None]
