"""Memory that a daemon has no use for while it rests goes back to the system.

glibc keeps what is freed for later, in up to eight arenas a processor, each as full of holes as the threads
that used it left it; a poll has such threads, and the settings of a large fleet leave holes too. A daemon
works for minutes a day. With another C library nothing is done.
"""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

_ARENA_MAX = -8
"""What glibc's malloc.h calls M_ARENA_MAX."""


def share_arenas() -> None:
    """Let all threads share two arenas; for those that have begun it is too late."""
    library = _glibc()
    if library is not None:
        library.mallopt(_ARENA_MAX, 2)


def give_back() -> None:
    """Give what is free to the system; it takes milliseconds."""
    gc.collect()
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> CDLL | None:
    try:
        from ctypes import CDLL  # noqa: PLC0415 - a host that forbids what it sets up still has a daemon

        library = CDLL(None)
    except (ImportError, MemoryError, OSError):
        return None
    return library if hasattr(library, "malloc_trim") else None
