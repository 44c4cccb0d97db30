"""Mini-programs that are watched though nobody listed them, and everybody's authorisation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.api.client import Client
from smartapp_watch.config.settings import AppSettings, TokenWay, WatchConfig
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import AppRecord, Gone
from smartapp_watch.errors import ApiError, UsageError
from smartapp_watch.tokens import Tokens

_LOG = logging.getLogger(__name__)


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
            not each.enrolled,
            config.way_of(each),
            record.status,
            record.lease.expires,
            record.refused,
            record.next_try,
        )


def enrol(config: WatchConfig, client: Client, app_id: int, now: datetime, code: str = "") -> AppRecord:
    """Gain a mini-program's tokens, by its owner's ``code`` or by asking Baidu for one, and watch it.

    ``now``: when Baidu is asked. UsageError where the settings leave nothing to gain; every kind of ApiError,
    and then nothing has changed but what is known of the tokens. A name and a status that cannot be had are
    left for the next time.
    """
    listed = _listed(config, app_id)
    if listed is not None and config.way_of(listed) in {TokenWay.SETTINGS, TokenWay.SERVICE}:
        raise UsageError(f"the mini-program {app_id} has its access_token from the settings already")
    tokens = Tokens(config.platform, client.oauth)
    token = tokens.renewed(app_id, listed.refresh_token if listed is not None else None)
    if token is None:
        raise UsageError(
            "[platform] has neither an access_token nor a client_id, which tokens are gained with"
        )
    tokens.credentials.change(app_id, refused="", next_try=None)
    if code:
        token.begin(code)
    access_token = token.value()
    try:
        info = client.oauth.app_info(access_token)
    except ApiError as error:
        _LOG.warning("mini-program %d: its name and status are not known: %s", app_id, error)
    else:
        tokens.credentials.note_info(app_id, info.name, info.status, now)
    return tokens.credentials.change(app_id, enrolled=listed is None)


def dismiss(config: WatchConfig, app_id: int) -> None:
    """Watch an enrolled mini-program no more, and forget its tokens; UsageError where it is none of those."""
    refuse_listed(config, app_id)
    credentials = Credentials(config.platform.credentials)
    if not credentials.app(app_id).enrolled:
        raise UsageError(f"the mini-program {app_id} is not watched")
    credentials.save(Gone(app_id))


def refuse_listed(config: WatchConfig, app_id: int) -> None:
    """UsageError where the settings list the mini-program: what they list is the operator's."""
    if _listed(config, app_id) is not None:
        raise UsageError(f"the mini-program {app_id} is listed in {config.file.name}; take it out there")


def _listed(config: WatchConfig, app_id: int) -> AppSettings | None:
    return next((each for each in config.apps if each.app.id == app_id and not each.enrolled), None)
