"""Who sends a request: from where, with which browser, and as whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from smartapp_watch.web.sessions import Sessions, is_id, new_id
from smartapp_watch.web.terms import ANYBODY, Terms

Headers = Mapping[str, Sequence[str]]
"""What a request brings along, by name in small letters; a name may stand several times."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """``person``: None where nobody knows. ``browser``: what it is known by; ``is_new``: to us alone as yet.
    ``form_token``: what its forms have to bring back. ``may_sign_out``: it was here that they signed in."""

    person: str | None
    address: str
    browser: str
    is_new: bool
    form_token: str
    may_sign_out: bool

    @classmethod
    def of(cls, scope: Mapping[str, Any], terms: Terms, sessions: Sessions) -> Visitor:
        """Who sends a request, as far as ``terms`` let anybody be believed."""
        headers, (peer, _) = headers_of(scope), scope.get("client") or ("", 0)
        known = _cookie(headers, cookie_name(terms))
        browser = known if is_id(known) else new_id()
        person = terms.named_by_proxy(peer, headers)
        signed_in = sessions.person(browser, terms.digests) if person is None else None
        if not terms.settings.knows_people and not terms.was_forwarded(headers):
            person = ANYBODY
        person = person or signed_in
        return cls(
            person,
            terms.address(peer, headers),
            browser,
            browser != known,
            sessions.form_token(browser, person or ""),
            signed_in is not None,
        )

    @classmethod
    def at(cls, request: Request) -> Visitor:
        """Who sent a request that was let by."""
        found: Visitor = request.state.visitor
        return found


def headers_of(scope: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every header of a request."""
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def cookie_name(terms: Terms) -> str:
    """The cookie's name. Over https no other machine can set it; else no other port of this one has it."""
    return "__Host-watch" if terms.is_encrypted else f"watch-{terms.settings.port}"


def cookie(terms: Terms, browser: str, lasts: float | None = None) -> str:
    """What has a browser say what it is known by, for so many seconds; without them, until it is closed."""
    # Lax, so that whoever follows a link in a message is still signed in.
    parts = [f"{cookie_name(terms)}={browser}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if lasts is not None:
        parts.append(f"Max-Age={int(lasts)}")
    return "; ".join([*parts, "Secure"] if terms.is_encrypted else parts)


def _cookie(headers: Headers, name: str) -> str:
    """A cookie's value; empty where it does not come exactly once."""
    pairs = [pair.strip().partition("=") for line in headers.get("cookie", ()) for pair in line.split(";")]
    values = [value for key, _, value in pairs if key == name]
    return values[0] if len(values) == 1 else ""
