"""How often signing in may fail: from one address, and from all of them together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

_WITHIN = 600.0
_MOST_EACH = 10
_MOST = 200
_REMEMBERED = 4096
"""Addresses; of more, the one that was quiet for longest is forgotten, and what all failed still counts."""

_HOME = 64
"""Bits of an address of version 6 that its owner does not choose at will."""


@dataclass(slots=True)
class _Bucket:
    """Failures that leak away evenly: ``most`` within ten minutes."""

    most: int
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until one more may fail; 0 where it may now."""
        self._leak(now)
        return max(0.0, (self.level + 1 - self.most) * _WITHIN / self.most)

    def add(self, count: float, now: float) -> None:
        self._leak(now)
        self.level = max(0.0, self.level + count)

    def _leak(self, now: float) -> None:
        self.level = max(0.0, self.level - (now - self.at) * self.most / _WITHIN)
        self.at = now


@dataclass(slots=True)
class Attempts:
    """Counts attempts to sign in, on one thread. ``clock``: seconds that pass."""

    clock: Callable[[], float]
    _all: _Bucket = field(default_factory=lambda: _Bucket(_MOST))
    _each: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def wait(self, address: str) -> float:
        """Seconds until somebody may try from an address; 0 where they may now."""
        now, known = self.clock(), self._each.get(_home(address))
        return max(self._all.wait(now), known.wait(now) if known else 0.0)

    def failed(self, address: str) -> None:
        """Count an attempt that failed."""
        now, home = self.clock(), _home(address)
        bucket = self._each.setdefault(home, _Bucket(_MOST_EACH, at=now))
        self._each.move_to_end(home)
        while len(self._each) > _REMEMBERED:
            self._each.popitem(last=False)
        bucket.add(1, now)
        self._all.add(1, now)


def _home(address: str) -> str:
    """An address, or the network that one owner has all addresses of."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), _HOME), strict=False))
    return str(parsed)
