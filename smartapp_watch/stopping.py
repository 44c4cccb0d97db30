"""The one sign that ends all work, and by which it is seen whether the work goes on at all."""

from __future__ import annotations

import threading
import time


class Stop(threading.Event):
    """Set, it ends every loop soon. Whatever works asks for it again and again; who does not, hangs."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_at = time.monotonic()

    def is_set(self) -> bool:
        """Whether to end; asking is a sign of life."""
        self._asked_at = time.monotonic()
        return super().is_set()

    @property
    def silence(self) -> float:
        """Seconds since anybody asked."""
        return time.monotonic() - self._asked_at
