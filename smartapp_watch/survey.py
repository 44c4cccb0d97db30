"""API → credentials: the name and the status of each mini-program, once a day.

They cost calls that figures are read with, so they never take more than a small share of those.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime

from smartapp_watch.api.access_token import Token
from smartapp_watch.api.oauth import OAuth
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import AppRecord
from smartapp_watch.errors import ApiError, BadPayload, CredentialsError, Refused, Stopped, TokenRejected
from smartapp_watch.metrics.period import beijing_day

SHARE = 20
"""A survey makes at most one call for so many calls of the poll before it."""

LEAST = 10
"""Calls that it may make in any case; a poll that found nothing new makes hardly any."""

_OF_THE_APP = (TokenRejected, Refused, BadPayload)
"""What fails for one mini-program; anything else would fail for the next as well."""

log = logging.getLogger(__name__)


def survey(
    credentials: Credentials,
    oauth: OAuth,
    tokens: Mapping[int, Token],
    *,
    now: datetime,
    polled: int,
    stop: threading.Event,
) -> int:
    """Ask for those that were not asked for today (Beijing), longest ago first; gives how many were.

    ``tokens``: by the number of the mini-program. ``polled``: the calls of the poll before.
    """
    try:
        return _survey(credentials, oauth, tokens, now=now, calls=max(LEAST, polled // SHARE), stop=stop)
    except CredentialsError as error:
        log.warning("the status of mini-programs is not known: %s", error)
        return 0


def _survey(
    credentials: Credentials,
    oauth: OAuth,
    tokens: Mapping[int, Token],
    *,
    now: datetime,
    calls: int,
    stop: threading.Event,
) -> int:
    known = credentials.apps()
    records = (known.get(app_id) or AppRecord(app_id) for app_id in tokens)
    due = [each for each in records if _is_due(each, now)]
    due.sort(key=lambda each: each.asked.timestamp() if each.asked else 0.0)
    asked = 0
    for record in due[:calls]:
        if stop.is_set():
            break
        try:
            _ask(credentials, oauth, record.app_id, tokens[record.app_id], now)
        except Stopped:
            break
        except ApiError as error:
            log.info("the status of mini-programs is asked for later: %s", error)
            break
        asked += 1
    return asked


def _is_due(record: AppRecord, now: datetime) -> bool:
    return record.asked is None or beijing_day(record.asked) != beijing_day(now)


def _ask(credentials: Credentials, oauth: OAuth, app_id: int, token: Token, now: datetime) -> None:
    try:
        info = oauth.app_info(token.value())
    except _OF_THE_APP as error:
        log.info("mini-program %d: its status is not known: %s", app_id, error)
        credentials.change(app_id, asked=now)
    else:
        credentials.note_info(app_id, info.name, info.status, now)
