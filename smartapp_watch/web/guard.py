"""What stands before every page and every answer: lets nothing by that is forged, foreign or too large.

It is the outermost part: what is refused has met nothing else, and whatever is answered, an error too, bears
the headers that keep other pages away from it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from smartapp_watch.bodies import Unread, read_body
from smartapp_watch.serving import Application
from smartapp_watch.web.door import Door
from smartapp_watch.web.terms import Terms
from smartapp_watch.web.visitor import Headers, Visitor, cookie, headers_of

SIGN_IN = "/sign-in"

LARGEST = 16384
"""Bytes of a form; those there are have some hundred."""

ARRIVES_WITHIN = 10.0

_MOST_FIELDS = 20
_OPEN = re.compile(rf"{SIGN_IN}|/static/[\w.-]+")
"""What anybody may ask for who knows the pages' name: nothing of it is about what is watched."""

_ALERT = re.compile(r"(/alerts/\d+)/\w+")
_LOCAL = re.compile(r"/(?![/\\])[!-~]{0,1000}")
_A_YEAR = 365 * 24 * 3600

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with less, browsers would not say where a form comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class _Refused(Exception):
    """A request that nothing is done about. ``words``: for whoever sent it; they tell nothing."""

    def __init__(self, status: int, why: str, words: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.words = words or why


@dataclass(slots=True)
class Guard:
    """``inner`` behind the guard of one port. ``terms`` may be replaced at any time, by those of this port.

    What is let by has ``request.state.person``, ``.form_token``, ``.visitor``, ``.terms``, and of a form
    ``.fields``.
    """

    inner: Application
    door: Door
    terms: Terms
    arrives_within: float = ARRIVES_WITHIN

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        terms = self.terms  # those of now, to the end of the request
        visitor = Visitor.of(scope, terms, self.door.sessions)
        known, new_cookie = _headers(terms, headers_of(scope)), ""
        answer: Application
        try:
            answer = await self._let_by(Request(scope, receive), terms, visitor) or self.inner
        except _Refused as error:
            self.door.refused(str(error), visitor.address)
            answer = _refusal(error.status, error.words)
        else:
            if visitor.is_new:
                new_cookie = cookie(terms, visitor.browser)
        await answer(scope, receive, _sending(send, known, new_cookie))

    async def _let_by(self, request: Request, terms: Terms, visitor: Visitor) -> Response | None:
        """An answer in place of what is asked for, if any; _Refused where there is none."""
        headers = headers_of(request.scope)
        _check_host(headers, terms)
        if request.method == "POST":
            _check_origin(headers, terms)
        elif request.method in {"GET", "HEAD"}:
            _check_use(headers)
        else:
            raise _Refused(405, "its method is neither GET nor POST")
        if visitor.person is None and not _OPEN.fullmatch(request.scope["path"]):
            return _ask_who(request, terms)
        request.state.visitor, request.state.terms = visitor, terms
        request.state.person = visitor.person or ""
        request.state.form_token = visitor.form_token
        request.state.may_sign_out = visitor.may_sign_out
        if request.method == "POST":
            request.state.fields = await self._read_form(request, visitor)
        return None

    async def _read_form(self, request: Request, visitor: Visitor) -> dict[str, str]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise _Refused(415, "it is no form")
        try:
            body = await read_body(request, LARGEST, self.arrives_within)
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except Unread as error:
            raise _Refused(error.status, str(error)) from None
        except ValueError:
            raise _Refused(400, "it is no form") from None
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise _Refused(400, "a field comes twice")
        given, person = fields.pop("form_token", ""), visitor.person or ""
        if visitor.is_new or not self.door.sessions.is_form_token(given, visitor.browser, person):
            raise _Refused(403, "its form is of another page, person or start of the service", _STALE)
        return fields


_STALE = (
    "页面已过期，什么都没有改动：请返回并刷新页面，再试一次。\n"
    "The page is out of date, and nothing was changed: go back, load it anew and try again."
)
_FOREIGN = (
    "请求来自别的网站，什么都没有改动。\n"
    "The request comes from another site, and nothing was changed. "
    "Should it be this one: is the address in your browser the `url` of [web]?"
)
_NOT_NAMED = (
    "代理没有说明您是谁。\n"
    "These pages are for people whom a proxy names, and it named nobody. docs/web.md says how it does."
)


def local_address(text: str) -> str:
    """``text``, where it is an address of these pages; else that of the first one. It leads nowhere else."""
    return text if _LOCAL.fullmatch(text) and "\\" not in text else "/"


def _check_host(headers: Headers, terms: Terms) -> None:
    """Only by the names it goes by: another site could give its own name this address, and read along."""
    hosts = headers.get("host", ())
    if len(hosts) != 1 or hosts[0].lower() not in terms.hosts:
        words = "these pages are not known by this name; `url` of [web] says by which others"
        raise _Refused(421, "it asks for another host", words)


def _check_origin(headers: Headers, terms: Terms) -> None:
    """A change is asked for by these pages alone. Every browser says from where a form is sent."""
    origins, site = headers.get("origin", ()), headers.get("sec-fetch-site", ["same-origin"])
    if len(origins) != 1 or origins[0].lower() not in terms.origins or list(site) != ["same-origin"]:
        raise _Refused(403, "it comes from another site, or does not say from where", _FOREIGN)


def _check_use(headers: Headers) -> None:
    """Other sites may lead here, and do nothing else: neither show, nor embed, nor measure anything."""
    site = headers.get("sec-fetch-site", ["none"])[-1]
    mode, use = (headers.get(f"sec-fetch-{name}", [""])[-1] for name in ("mode", "dest"))
    if site not in {"none", "same-origin"} and (mode, use) != ("navigate", "document"):
        raise _Refused(403, "another site wants to use it", _FOREIGN)


def _ask_who(request: Request, terms: Terms) -> Response:
    """The way to sign in, and back; the same for whatever is asked for, be it there or not."""
    if not terms.settings.people:
        raise _Refused(401, "nobody says who it is", _NOT_NAMED)
    path = request.scope.get("raw_path", b"/").decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    back = f"{path}?{query}" if query else path
    if request.method == "POST":
        alert = _ALERT.fullmatch(path)
        back = alert[1] if alert else "/"
    back = local_address(back)
    question = f"?{urlencode({'next': back})}" if back != "/" else ""
    return RedirectResponse(f"{SIGN_IN}{question}", 303, headers={"Connection": "close"})


def _refusal(status: int, words: str) -> Response:
    # What is left unread of a body would be taken for the next request.
    return PlainTextResponse(f"{words}\n", status, {"Connection": "close"})


def _headers(terms: Terms, asked: Headers) -> dict[str, str]:
    """What every answer bears."""
    if terms.is_encrypted and list(asked.get("host", ())) == [terms.public_host]:
        return {**_HEADERS, "Strict-Transport-Security": f"max-age={_A_YEAR}"}
    return dict(_HEADERS)


def _sending(send: _Send, known: Mapping[str, str], new_cookie: str) -> _Send:
    """``send``, with the headers that every answer bears, but for those that an answer has of its own."""

    async def send_on(message: _Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in known.items():
                headers.setdefault(name, value)
            own = new_cookie.partition("=")[0]
            if own and not any(each.startswith(f"{own}=") for each in headers.getlist("set-cookie")):
                headers.append("set-cookie", new_cookie)
        await send(message)

    return send_on
