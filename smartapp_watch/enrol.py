"""Mini-programs that are watched though nobody listed them, and everybody's authorisation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from smartapp_watch.api.client import Client
from smartapp_watch.config.settings import TokenWay, WatchConfig
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import AppRecord, Gone
from smartapp_watch.errors import ApiError, UsageError
from smartapp_watch.tokens import Tokens

_LOG = logging.getLogger(__name__)

STATUSES = {
    1: "normal",
    -1: "banned",
    2: "in review",
    4: "suspended",
    5: "forced offline",
    6: "to be rectified",
    7: "traffic offline",
}
"""What Baidu's numbers for the status of a mini-program mean."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """How it stands with one mini-program.

    ``way``: where its access token comes from. ``expires``:
    of the access token at hand. ``problem``: why Baidu grants none, and until when it is not asked again.
    """

    app_id: int
    name: str
    listed: bool
    way: TokenWay
    status: int | None
    expires: datetime | None
    problem: str
    next_try: datetime | None


def authorisations(config: WatchConfig) -> Iterator[Authorisation]:
    """Every mini-program that is watched, as it is known without a call; CredentialsError."""
    known = Credentials(config.platform.credentials).apps()
    for each in config.apps:
        record = known.get(each.app.id) or AppRecord(each.app.id)
        yield Authorisation(
            record.app_id,
            each.app.name or record.name,
            not record.enrolled,
            config.way_of(each),
            record.status,
            record.lease.expires,
            record.refused,
            record.next_try,
        )


def enrol(config: WatchConfig, client: Client, app_id: int, code: str = "") -> AppRecord:
    """Gain a mini-program's tokens, by its owner's ``code`` or by asking Baidu for one, and watch it.

    UsageError where the settings leave nothing to gain; every kind of ApiError, and then nothing has changed
    but what is known of the tokens. A name and a status that cannot be had are left for the next time.
    """
    listed = {each.app.id: each for each in config.apps}.get(app_id)
    if listed is not None and config.way_of(listed) in {TokenWay.SETTINGS, TokenWay.SERVICE}:
        raise UsageError(f"the mini-program {app_id} has its access_token from the settings already")
    tokens = Tokens(config.platform, client.oauth)
    token = tokens.renewed(app_id, listed.refresh_token if listed is not None else None)
    if token is None:
        raise UsageError(
            "[platform] has neither an access_token nor a client_id, which tokens are gained with"
        )
    before = tokens.credentials.app(app_id)
    tokens.credentials.save(replace(before, refused="", next_try=None))
    if code:
        token.begin(code)
    access_token = token.value()
    known = tokens.credentials.app(app_id)
    try:
        info = client.oauth.app_info(access_token)
    except ApiError as error:
        _LOG.warning("mini-program %d: its name and status are not known: %s", app_id, error)
    else:
        known = replace(known, name=info.name, status=info.status)
    record = replace(known, enrolled=known.enrolled or listed is None)
    tokens.credentials.save(record)
    return record


def dismiss(config: WatchConfig, app_id: int) -> None:
    """Watch an enrolled mini-program no more, and forget its tokens; UsageError where it is none of those."""
    credentials = Credentials(config.platform.credentials)
    if not credentials.app(app_id).enrolled:
        listed = any(each.app.id == app_id for each in config.apps)
        where = f"is listed in {config.file.name}; take it out there" if listed else "is not watched"
        raise UsageError(f"the mini-program {app_id} {where}")
    credentials.save(Gone(app_id))
