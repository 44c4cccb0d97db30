"""Whoever asks for pages over HTTP, with every header of their own choosing; and the port that they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network

import requests

from smartapp_watch.clock import frozen
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import PersonSettings, WatchConfig, WebSettings
from smartapp_watch.history.database import open_history
from smartapp_watch.web.server import Web
from tests.cli.desk import NOW
from tests.running import free_port

TOKEN, ANOTHER = "f3ca1e7b0d2245aa91c6", "0b6f5d1c8e7a43f29d10"
PUBLIC = "https://watch.example.com"
_FORM_TOKEN = re.compile(r'name="form_token" value="(\w+)"')


_Body = Mapping[str, str] | bytes | None


def person(name: str, token: str) -> PersonSettings:
    return PersonSettings(name, Secret(SecretSource.PLAIN, (token,)))


PEOPLE = (person("zhang.wei", TOKEN), person("李娜", ANOTHER))


@dataclass
class Visitor:
    """A browser, or what pretends to be one. ``host``: the name it asks for; ``origin``: of its forms."""

    port: int
    host: str = ""
    origin: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.host = self.host or f"127.0.0.1:{self.port}"
        self.origin = self.origin or f"http://{self.host}"

    def ask(
        self, method: str, path: str, body: Mapping[str, str] | bytes | None = None, **headers: str | None
    ) -> requests.Response:
        """One request. Headers are written with underscores; None leaves out what is usual."""
        usual: dict[str, str | None] = {"host": self.host}
        if self.cookies:
            usual["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in (usual | given).items() if value is not None}
        address = f"http://127.0.0.1:{self.port}{path}"
        answer = requests.request(
            method,
            address,
            data=body,
            headers=sent,
            timeout=30,
            allow_redirects=False,
        )
        answer.encoding = "utf-8"
        if set_cookie := answer.headers.get("set-cookie"):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies = {**self.cookies, name: value}
        return answer

    def get(self, path: str, **headers: str | None) -> requests.Response:
        return self.ask("GET", path, None, **headers)

    def token(self, path: str = "/") -> str:
        """What the forms of a page bring back."""
        found = _FORM_TOKEN.search(self.get(path).text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, fields: Mapping[str, str] | bytes = b"", **headers: str | None
    ) -> requests.Response:
        usual: dict[str, str | None] = {"origin": self.origin}
        if isinstance(fields, bytes):
            usual["content_type"] = "application/x-www-form-urlencoded"
        return self.ask("POST", path, fields, **(usual | headers))

    def sign_in(self, token: str, back: str = "/") -> requests.Response:
        return self.post("/sign-in", {"token": token, "next": back, "form_token": self.token("/sign-in")})


@dataclass
class Port:
    """The open port. ``passed``: seconds that passed; ``woken``: how often something was to be shown anew."""

    config: WatchConfig
    settings: WebSettings
    web: Web
    passed: list[float]
    woken: list[int]

    def visitor(self) -> Visitor:
        return Visitor(self.settings.port)

    def public(self) -> Visitor:
        """Somebody who comes by way of the proxy that speaks https."""
        return Visitor(self.settings.port, PUBLIC.partition("://")[2], PUBLIC)

    @property
    def answered(self) -> list[object]:
        """What is on record: acknowledgements, then silences."""
        with open_history(self.config.history.path, read_only=True) as history:
            acks = [(each.alert, each.by, each.note, each.via) for each in history.silences.acks().values()]
            silences = [
                (each.matchers.words, each.by, each.because, each.via) for each in history.silences.all()
            ]
        return [*acks, *silences]


@contextmanager
def open_port(config: WatchConfig, **choices: object) -> Iterator[Port]:
    """The pages of ``config`` at a port of loopback; ``choices``: further settings."""
    settings = WebSettings(port=free_port(), **choices)  # type: ignore[arg-type]
    passed, woken = [0.0], [0]

    def wake() -> None:
        woken[0] += 1

    web = Web(lambda: config, frozen(NOW + timedelta(minutes=5)), wake, lambda: passed[0])
    web.take(settings)
    try:
        yield Port(config, settings, web, passed, woken)
    finally:
        web.close()


def behind(address: str = "127.0.0.1") -> dict[str, object]:
    """The settings of pages behind a proxy that says who asks."""
    return {"url": PUBLIC, "proxy_header": "X-Forwarded-User", "trusted_proxies": (ip_network(address),)}
