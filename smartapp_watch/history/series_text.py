"""How the history writes what tells a series apart, and what stands beside it; shared, as pages recur."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from smartapp_watch.alerts.alert import Dimensions

Pairs = tuple[tuple[str, Any], ...]


def write_dimensions(dimensions: Dimensions) -> str:
    """Dimension values as they stand in the history: a JSON object, compact, in the order of the table."""
    return json.dumps(dict(dimensions), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def read_dimensions(text: str) -> Dimensions:
    """What :func:`write_dimensions` wrote."""
    return tuple(json.loads(text).items())


def write_pairs(pairs: Pairs) -> str:
    """Pairs of (column, text or count) as a JSON array."""
    return json.dumps(pairs, ensure_ascii=False)


@lru_cache(maxsize=4096)
def read_pairs(text: str) -> Pairs:
    """What :func:`write_pairs` wrote."""
    return tuple((column, value) for column, value in json.loads(text))
