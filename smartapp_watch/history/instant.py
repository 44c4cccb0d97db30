"""How the history writes instants: UTC text of one width, so that they sort; seconds are exact enough."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

# Both ways are cached: the rows of a poll share a few instants.


@lru_cache(maxsize=64)
def write_instant(at: datetime) -> str:
    """``2026-11-22T01:30:00Z``; ValueError where ``at`` has no zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def read_instant(text: str) -> datetime:
    """The instant that ``text`` writes, in UTC."""
    return datetime.fromisoformat(text)
