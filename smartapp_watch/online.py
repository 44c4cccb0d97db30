"""Settings → every token and every receiver, tried without posting a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from smartapp_watch.api.access_token import Token
from smartapp_watch.api.client import Client
from smartapp_watch.config.settings import AppSettings, ReceiverSettings, WatchConfig
from smartapp_watch.errors import WatchError
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from smartapp_watch.senders import make_sender
from smartapp_watch.tokens import Tokens, make_client

_CHEAPEST = TABLES["user_trend"]
"""One call brings a day of it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one try. ``name``: of what; ``works`` is None where it cannot be tried without posting."""

    name: str
    works: bool | None
    words: str


def try_all(config: WatchConfig, now: datetime) -> Iterator[Trial]:
    """Try the platform's token, each mini-program's, and each receiver."""
    yield from _try_tokens(config, now)
    renderer = Renderer(config.templates, config.site)
    for receiver in config.receivers:
        yield _try_receiver(receiver, renderer)


def _try_tokens(config: WatchConfig, now: datetime) -> Iterator[Trial]:
    client = make_client(config, attempts=2)
    try:
        for name, token, table, app_id in _tokens(config, Tokens(config.platform, client.oauth)):
            period = Period.newest_closed(now, table.granularity)
            query = Query(table, app_id, period, period)
            yield _try_token(client, name, token, query)
    finally:
        client.close()


def _tokens(config: WatchConfig, tokens: Tokens) -> Iterator[tuple[str, Token, Table, int | None]]:
    """Each token with whose it is, and the report to try it on."""
    if tokens.platform is not None:
        yield "the platform", tokens.platform, TABLES["tp_data"], None
    for each in config.apps:
        token = tokens.of(each)
        if token is not None:
            name = f"mini-program {each.app.id}" + (f" ({each.app.name})" if each.app.name else "")
            yield name, token, _table_of(each), each.app.id


def _table_of(app: AppSettings) -> Table:
    return _CHEAPEST if _CHEAPEST in app.tables or not app.tables else app.tables[0]


def _try_token(client: Client, name: str, token: Token, query: Query) -> Trial:
    try:
        client.read(query, token)
    except WatchError as error:
        return Trial(name, works=False, words=str(error))
    return Trial(name, works=True, words=f"{query.table.report.name} of {query.first} can be read")


def _try_receiver(settings: ReceiverSettings, renderer: Renderer) -> Trial:
    trial = Trial(f"receiver {settings.name}", works=None, words="")
    try:
        sender = make_sender(settings, renderer)
        words = sender.probe() if isinstance(sender, SlackSender | EmailSender) else ""
    except WatchError as error:
        return replace(trial, works=False, words=str(error))
    if words:
        return replace(trial, works=True, words=words)
    return replace(trial, words=f"cannot be tried without posting; notify test {settings.name} does")
