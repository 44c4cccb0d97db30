"""Who may ask for the pages, by what name, and whose word is taken: what follows from ``[web]``."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from smartapp_watch.config import forms
from smartapp_watch.config.forms import is_loopback
from smartapp_watch.config.settings import WebSettings

ANYBODY = "web"
"""Who asks where nobody has to say so."""

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings say. ``hosts``: the names that the pages are asked for by, as a browser writes them;
    ``origins``: those of the pages themselves. ``digests``: of everybody's token, by name."""

    settings: WebSettings
    hosts: frozenset[str]
    origins: frozenset[str]
    digests: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, settings: WebSettings, tokens: Mapping[str, str]) -> Terms:
        """The terms of ``settings``; ``tokens``: everybody's, by name."""
        origins = set()
        if settings.url:
            origins.add(_origin(settings.url))
        if is_loopback(settings.host):
            bare = f"[{settings.host}]" if ":" in settings.host else settings.host
            origins |= {_origin(f"http://{name}:{settings.port}") for name in {*_LOCAL, bare}}
        hosts = {origin.partition("://")[2] for origin in origins}
        digests = {name: digest(token) for name, token in tokens.items()}
        return cls(settings, frozenset(hosts), frozenset(origins), digests)

    @property
    def is_encrypted(self) -> bool:
        """Whether people reach the pages over https."""
        return self.settings.url.startswith("https://")

    @property
    def public_host(self) -> str:
        """The name and port of ``url``; empty where there is none."""
        return _origin(self.settings.url).partition("://")[2] if self.settings.url else ""

    def bearer(self, token: str) -> str | None:
        """Whose token it is; how long it takes to say so tells nothing of how near it comes."""
        given, found = digest(token), None
        for name, known in self.digests.items():
            if hmac.compare_digest(given, known):
                found = name
        return found

    def named_by_proxy(self, peer: str, headers: Mapping[str, Sequence[str]]) -> str | None:
        """Who a trusted proxy says is asking; None where none says so, or not in one word."""
        name = self.settings.proxy_header.lower()
        said = headers.get(name, ()) if name else ()
        if len(said) != 1 or not self._trusts(peer):
            return None
        try:
            return forms.name(said[0].encode("latin-1").decode("utf-8"))
        except ValueError:
            return None

    def address(self, peer: str, headers: Mapping[str, Sequence[str]]) -> str:
        """From where a request comes: what trusted proxies say of it, the last of them first."""
        hops = [hop.strip() for line in headers.get("x-forwarded-for", ()) for hop in line.split(",")]
        while hops and self._trusts(peer):
            hop = hops.pop()
            if _parsed(hop) is None:
                break
            peer = hop
        return peer

    def was_forwarded(self, headers: Mapping[str, Sequence[str]]) -> bool:
        """Whether a request says of itself that it did not begin here."""
        return any(name in headers for name in _FORWARDED)

    def _trusts(self, peer: str) -> bool:
        address = _parsed(peer)
        return address is not None and any(address in each for each in self.settings.trusted_proxies)


def digest(token: str) -> bytes:
    """What is kept of a token: all of the same length, and of no use to whoever sees it."""
    return hashlib.sha256(token.encode()).digest()


def _origin(address: str) -> str:
    """The origin of a web address as a browser writes it: in small letters, without the usual port."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if "%" in address:  # what names a network card may be any text
        return None
    return getattr(found, "ipv4_mapped", None) or found
