from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Query, Reading
from smartapp_watch.metrics.period import Period
from tests.api.loopback import Loopback, Server

TOKEN = "45.262dcf08e4ac06bb3fd657741a540d40.2592000.1568538447.YaEGtZv0CrUcnG0OokJV4w-1W3JTSQ"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
        server.shutdown()


@pytest.fixture
def baidu(server: Server) -> Iterator[Loopback]:
    loopback = Loopback(server)
    yield loopback
    loopback.quiet.set()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def secret() -> str:
    return TOKEN


@pytest.fixture
def token() -> AccessToken:
    return AccessToken(lambda: TOKEN)


MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(baidu: Loopback, stop: threading.Event) -> Iterator[MakeClient]:
    made: list[Client] = []

    def make(**options: Any) -> Client:
        chosen: dict[str, Any] = {
            "requests_per_second": 5000,
            "timeout": 2,
            "deadline": 5,
            "backoff": 0.005,
            "stop": stop,
        } | options
        made.append(Client(chosen.pop("base_url", baidu.url), **chosen))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture
def ask() -> Callable[..., Query]:
    """``ask("user_trend", "2026-11-20", "2026-11-22")``: a query, about app 7 or the platform."""

    def query(table: str, first: str, last: str | None = None, scene: str = "") -> Query:
        found = TABLES[table]
        app = None if found.report.of_platform else 7
        return Query(found, app, Period.parse(first), Period.parse(last or first), scene)

    return query


@pytest.fixture
def read(client: Client, token: AccessToken, ask: Callable[..., Query]) -> Callable[..., Reading]:
    """Like ``ask``, and the client's answer to it."""
    return lambda *asked, **more: client.read(ask(*asked, **more), token)


@pytest.fixture
def read_trend(
    make_client: MakeClient, token: AccessToken, ask: Callable[..., Query]
) -> Callable[..., Reading]:
    """One day of user_trend, read by a client made with these options."""
    return lambda **options: make_client(**options).read(ask("user_trend", "2026-11-22"), token)
