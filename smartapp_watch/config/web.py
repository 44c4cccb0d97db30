"""``[web]``: where the pages are, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import is_loopback
from smartapp_watch.config.review import Names, check_exposure, check_secret
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import PersonSettings, WebSettings
from smartapp_watch.config.wording import show
from smartapp_watch.config.written import WrittenPerson, WrittenWeb
from smartapp_watch.errors import ConfigError, Problem

SHORTEST_TOKEN = 16
_TOO_SHORT = f"is shorter than {SHORTEST_TOKEN} characters, and could be guessed"
_LONG_ONE = "a random one: openssl rand -hex 16"
_EXTRA = ("starlette", "uvicorn")


def read_web(top: Part, folder: Path) -> WebSettings | None:
    """``[web]``, every mistake in it noted; None where there are no pages, or there is a mistake."""
    if "web" not in top.data:
        return None
    part = top.table("web")
    if not isinstance(top.data["web"], dict):
        return None
    if any(find_spec(name) is None for name in _EXTRA):
        what = "`[web]` needs packages that are not installed here"
        top.mistake("web", what, "pip install 'smartapp-watch[web]'")
    people = tuple(_read_people(part.tables("people"), folder))
    written = read_part(part, WrittenWeb, folder, without=frozenset({"people"}))
    if written is None:
        return None
    settings = WebSettings(
        *written.listen,
        written.url,
        written.session,
        people,
        written.proxy_header,
        tuple(written.trusted_proxies),
    )
    _check_proxy(part, settings)
    _check_place(part, settings)
    return settings


def reveal_tokens(settings: WebSettings) -> dict[str, str]:
    """Everybody's token, by name; ConfigError, showing nothing of it, where one cannot be had or used."""
    found: dict[str, str] = {}
    for person in settings.people:
        token = person.token.reveal()
        if len(token) < SHORTEST_TOKEN:
            raise ConfigError((Problem(person.token.described, 0, f"it {_TOO_SHORT}", _LONG_ONE),))
        twin = next((name for name, known in found.items() if known == token), None)
        if twin is not None:
            what = f"it is the token of {show(twin)}, and so does not say who {show(person.name)} is"
            raise ConfigError((Problem(person.token.described, 0, what, "one for each of them"),))
        found[person.name] = token
    return found


def _read_people(parts: Iterable[Part], folder: Path) -> Iterator[PersonSettings]:
    names = Names("person")
    tokens: dict[Secret, str] = {}
    for part in parts:
        written = read_part(part, WrittenPerson, folder)
        if written is None:
            continue
        names.add(part, written.name)
        check_secret(part, "token", written.token)
        twin = tokens.setdefault(written.token, written.name)
        if twin != written.name:
            part.mistake("token", f"`token` is the one of {show(twin)}", "one for each of them")
        if written.token.source is SecretSource.PLAIN and len(written.token.reference[0]) < SHORTEST_TOKEN:
            part.mistake("token", f"`token` {_TOO_SHORT}", _LONG_ONE)
        yield PersonSettings(written.name, written.token)


def _check_proxy(part: Part, settings: WebSettings) -> None:
    if settings.proxy_header and not settings.trusted_proxies:
        what = "`proxy_header` without `trusted_proxies`: anybody could write it"
        part.mistake("proxy_header", what, 'the proxy\'s own address: trusted_proxies = ["127.0.0.1"]')


def _check_place(part: Part, settings: WebSettings) -> None:
    """Nobody but this machine's own people comes in without saying who they are."""
    if settings.url:
        check_exposure(part, "url", settings.url)
    reachable = not is_loopback(settings.host)
    if not settings.knows_people and (reachable or (settings.url and not is_loopback(settings.url))):
        key, value = ("listen", settings.host) if reachable else ("url", settings.url)
        # A mistake in a person is told of already.
        if not part.data.get("people"):
            what = f"`{key}` is {show(value)}: others could see the pages, and answer, without signing in"
            part.mistake(key, what, "[[web.people]] with a name and a token, or proxy_header")
    if reachable and not settings.url:
        what = f"`listen` is {show(settings.host)}, and no `url` says by what name people ask for the pages"
        part.mistake("listen", what, 'url = "https://watch.example.com"')
    elif reachable:
        what = f"`listen` is {show(settings.host)}: the port is open to others, and not encrypted"
        part.warn("listen", what, '"127.0.0.1:…" behind a proxy that speaks https')
